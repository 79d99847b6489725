"""The visualisation methods: arrays in, arrays or an iterator of frames out."""

from .activations import activations
from .ascent import AscentFrame, ascend
from .attribution import Attribution, frames
from .averaged_gradients import integrated_gradients, smooth_grad, square_grad, var_grad
from .cams import grad_cam, grad_cam_plus_plus, hires_cam, layer_cam, xgrad_cam
from .deconvolution import Box, Deconvolution, Unit, deconvolution
from .objectives import Objective, objective
from .parameterisations import Fourier, Parameterisation, Pixels
from .predictions import probabilities
from .saliency import deconvnet, guided_backpropagation, input_x_gradient, saliency
from .tiles import TileSheet, TileSheets, tile_sheets
from .top_examples import TopExample, TopExamples, top_example_frames, top_examples

__all__ = [
    "AscentFrame",
    "Attribution",
    "Box",
    "Deconvolution",
    "Fourier",
    "Objective",
    "Parameterisation",
    "Pixels",
    "TileSheet",
    "TileSheets",
    "TopExample",
    "TopExamples",
    "Unit",
    "activations",
    "ascend",
    "deconvnet",
    "deconvolution",
    "frames",
    "grad_cam",
    "grad_cam_plus_plus",
    "guided_backpropagation",
    "hires_cam",
    "input_x_gradient",
    "integrated_gradients",
    "layer_cam",
    "objective",
    "probabilities",
    "saliency",
    "smooth_grad",
    "square_grad",
    "tile_sheets",
    "top_example_frames",
    "top_examples",
    "var_grad",
    "xgrad_cam",
]
