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
from .full_gradients import full_grad
from .gradient_paths import blur_ig, expected_gradients, guided_ig
from .inside import conductance, layer_gradient, neuron_gradient
from .masking import kernel_shap, lime, rise
from .objectives import Objective, objective
from .occluding import feature_ablation, occlusion
from .parameterisations import Fourier, Parameterisation, Pixels
from .predictions import probabilities
from .regions import xrai
from .saliency import deconvnet, guided_backpropagation, input_x_gradient, saliency
from .thumbnails import Thumbnails, thumbnails
from .tiles import TileSheet, TileSheets, tile_sheets

__all__ = [
    "Adversarial",
    "AscentFrame",
    "Attribution",
    "Fourier",
    "Objective",
    "Parameterisation",
    "Pixels",
    "Thumbnails",
    "TileSheet",
    "TileSheets",
    "ablation_cam",
    "activations",
    "ascend",
    "attack",
    "blur_ig",
    "cam",
    "conductance",
    "deconvnet",
    "deep_lift",
    "eigen_cam",
    "expected_gradients",
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
    "thumbnails",
    "tile_sheets",
    "var_grad",
    "xgrad_cam",
    "xrai",
]
