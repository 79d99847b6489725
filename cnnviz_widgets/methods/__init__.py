"""The visualisation methods: arrays in, arrays or an iterator of frames out."""

from .activations import activations
from .adversarial import Adversarial, attack, fgsm, pgd
from .ascent import AscentFrame, ascend
from .attribution import Attribution, frames
from .averaged_gradients import integrated_gradients, smooth_grad, square_grad, var_grad
from .cams import (
    cam,
    eigen_cam,
    grad_cam,
    grad_cam_plus_plus,
    guided_grad_cam,
    hires_cam,
    layer_cam,
    xgrad_cam,
)
from .cams_by_passes import ablation_cam, score_cam
from .decomposition import deep_lift, lrp
from .deconvolution import Box, Deconvolution, Unit, deconvolution
from .full_gradients import full_grad
from .gradient_paths import blur_ig, expected_gradients, guided_ig
from .inside import conductance, layer_gradient, neuron_gradient
from .masking import kernel_shap, lime, rise
from .objectives import Objective, objective
from .occluding import feature_ablation, occlusion
from .operation import ValueExplained, ValueExplainer, explain_value
from .parameterisations import Fourier, Parameterisation, Pixels
from .predictions import probabilities
from .regions import xrai
from .saliency import deconvnet, guided_backpropagation, input_x_gradient, saliency
from .tiles import TileSheet, TileSheets, tile_sheets
from .top_examples import TopExample, TopExamples, top_example_frames, top_examples

__all__ = [
    "Adversarial",
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
    "ValueExplained",
    "ValueExplainer",
    "ablation_cam",
    "activations",
    "ascend",
    "attack",
    "blur_ig",
    "cam",
    "conductance",
    "deconvnet",
    "deconvolution",
    "deep_lift",
    "eigen_cam",
    "expected_gradients",
    "explain_value",
    "feature_ablation",
    "fgsm",
    "frames",
    "full_grad",
    "grad_cam",
    "grad_cam_plus_plus",
    "guided_backpropagation",
    "guided_grad_cam",
    "guided_ig",
    "hires_cam",
    "input_x_gradient",
    "integrated_gradients",
    "kernel_shap",
    "layer_cam",
    "layer_gradient",
    "lime",
    "lrp",
    "neuron_gradient",
    "objective",
    "occlusion",
    "pgd",
    "probabilities",
    "rise",
    "saliency",
    "score_cam",
    "smooth_grad",
    "square_grad",
    "tile_sheets",
    "top_example_frames",
    "top_examples",
    "var_grad",
    "xgrad_cam",
    "xrai",
]
