"""The visualisation methods: arrays in, arrays or an iterator of frames out."""

from ..network import Edit
from .activation_statistics import (
    ActivationStatistics,
    LayerStatistics,
    activation_statistics,
    activation_statistics_frames,
)
from .activations import activations
from .adversarial import Adversarial, attack, fgsm, pgd
from .ascent import ascend
from .ascent_frame import AscentDivergedError, AscentFrame
from .atlas import ICON_STEPS, Atlas, activation_atlas
from .attention import AttentionMaps, attention, attention_distance, attention_entropy
from .attention_flow import attention_flow, attention_rollout
from .attribution import Attribution, frames
from .averaged_gradients import integrated_gradients, smooth_grad, square_grad, var_grad
from .calibration import Calibration, calibration
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
from .channel_effects import ChannelEffects, channel_effect_frames, channel_effects
from .channel_shares import channel_shares
from .coarse_to_fine import Bilinear, LaplacianPyramid, LowResolution, read_texture
from .cppn import CPPN
from .decomposition import deep_lift, lrp
from .deconvolution import Box, Deconvolution, Unit, deconvolution
from .deepdream import DREAM_PRESETS, DreamFrame, DreamPreset, deep_dream
from .event_files import EventFiles, Scalars, read_scalars
from .factors import Factors, factorise
from .filters import filters
from .full_gradients import full_grad
from .gradient_paths import blur_ig, expected_gradients, guided_ig
from .guide import GUIDE, guide_for
from .health import Finding, Health, LayerHealth, health
from .hidden_states import StatesOverTime, hidden_states, recurrent_layers
from .inside import conductance, layer_gradient, neuron_gradient
from .intervention import Intervened, Outcome, intervene
from .inversion import caricature, invert_features
from .layer_norms import gradient_norms, layer_norms
from .layer_vectors import LayerVectors, layer_vector_frames, layer_vectors
from .lost_logits import lost_logits
from .maco import Maco
from .masking import kernel_shap, lime, rise
from .neighbours import nearest_neighbours
from .objectives import (
    INPUT,
    OPACITY,
    Objective,
    Place,
    activation_difference,
    alignment,
    blur,
    boundary_complexity,
    channel,
    class_logit,
    class_probability,
    direction,
    direction_at,
    diversity,
    each,
    input_difference,
    interpolation,
    l1,
    l2,
    layer,
    likeness,
    local_group,
    neuron,
    objective,
    of_taps,
    opacity,
    tensor_direction,
    total_variation,
)
from .occluding import feature_ablation, occlusion
from .operation import ValueExplained, ValueExplainer, explain_value
from .parameterisations import Fourier, Parameterisation, Pixels
from .predictions import probabilities
from .presets import PRESETS, Preset
from .real_examples import Example, real_examples
from .regions import xrai
from .saliency import deconvnet, guided_backpropagation, input_x_gradient, saliency
from .spectrogram import Spectrogram, spectrogram
from .text_matches import TextMatch, text_matches
from .thumbnails import Thumbnails, thumbnails
from .tiles import TileSheet, TileSheets, tile_sheets
from .tokens import per_token
from .top_examples import TopExample, TopExamples, top_example_frames, top_examples
from .transforms import (
    Blur,
    Compose,
    Crop,
    Crops,
    Flip,
    Jitter,
    Noise,
    Pad,
    Rotate,
    Scale,
    Shift,
    Transform,
    compose,
)
from .transparency import Alpha
from .tsne import TsneFrame, tsne, tsne_frames
from .unit_statistics import UnitStatistics, unit_statistics
from .unlike import Unlike, unlike
from .weights import (
    Connections,
    FilterMap,
    Kernel,
    Kernels,
    Links,
    MatrixLevels,
    MatrixTile,
    NoKernelError,
    SingularValues,
    WeightStatistics,
    connections,
    filter_similarity,
    kernels,
    project_filters,
    singular_values,
    weight_statistics,
)

__all__ = [
    "CPPN",
    "DREAM_PRESETS",
    "GUIDE",
    "ICON_STEPS",
    "INPUT",
    "OPACITY",
    "PRESETS",
    "ActivationStatistics",
    "Adversarial",
    "Alpha",
    "AscentDivergedError",
    "AscentFrame",
    "Atlas",
    "AttentionMaps",
    "Attribution",
    "Bilinear",
    "Blur",
    "Box",
    "Calibration",
    "ChannelEffects",
    "Compose",
    "Connections",
    "Crop",
    "Crops",
    "Deconvolution",
    "DreamFrame",
    "DreamPreset",
    "Edit",
    "EventFiles",
    "Example",
    "Factors",
    "FilterMap",
    "Finding",
    "Flip",
    "Fourier",
    "Health",
    "Intervened",
    "Jitter",
    "Kernel",
    "Kernels",
    "LaplacianPyramid",
    "LayerHealth",
    "LayerStatistics",
    "LayerVectors",
    "Links",
    "LowResolution",
    "Maco",
    "MatrixLevels",
    "MatrixTile",
    "NoKernelError",
    "Noise",
    "Objective",
    "Outcome",
    "Pad",
    "Parameterisation",
    "Pixels",
    "Place",
    "Preset",
    "Rotate",
    "Scalars",
    "Scale",
    "Shift",
    "SingularValues",
    "Spectrogram",
    "StatesOverTime",
    "TextMatch",
    "Thumbnails",
    "TileSheet",
    "TileSheets",
    "TopExample",
    "TopExamples",
    "Transform",
    "TsneFrame",
    "Unit",
    "UnitStatistics",
    "Unlike",
    "ValueExplained",
    "ValueExplainer",
    "WeightStatistics",
    "ablation_cam",
    "activation_atlas",
    "activation_difference",
    "activation_statistics",
    "activation_statistics_frames",
    "activations",
    "alignment",
    "ascend",
    "attack",
    "attention",
    "attention_distance",
    "attention_entropy",
    "attention_flow",
    "attention_rollout",
    "blur",
    "blur_ig",
    "boundary_complexity",
    "calibration",
    "cam",
    "caricature",
    "channel",
    "channel_effect_frames",
    "channel_effects",
    "channel_shares",
    "class_logit",
    "class_probability",
    "compose",
    "conductance",
    "connections",
    "deconvnet",
    "deconvolution",
    "deep_dream",
    "deep_lift",
    "direction",
    "direction_at",
    "diversity",
    "each",
    "eigen_cam",
    "expected_gradients",
    "explain_value",
    "factorise",
    "feature_ablation",
    "fgsm",
    "filter_similarity",
    "filters",
    "frames",
    "full_grad",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient_norms",
    "guide_for",
    "guided_backpropagation",
    "guided_grad_cam",
    "guided_ig",
    "health",
    "hidden_states",
    "hires_cam",
    "input_difference",
    "input_x_gradient",
    "integrated_gradients",
    "interpolation",
    "intervene",
    "invert_features",
    "kernel_shap",
    "kernels",
    "l1",
    "l2",
    "layer",
    "layer_cam",
    "layer_gradient",
    "layer_norms",
    "layer_vector_frames",
    "layer_vectors",
    "likeness",
    "lime",
    "local_group",
    "lost_logits",
    "lrp",
    "nearest_neighbours",
    "neuron",
    "neuron_gradient",
    "objective",
    "occlusion",
    "of_taps",
    "opacity",
    "per_token",
    "pgd",
    "probabilities",
    "project_filters",
    "read_scalars",
    "read_texture",
    "real_examples",
    "recurrent_layers",
    "rise",
    "saliency",
    "score_cam",
    "singular_values",
    "smooth_grad",
    "spectrogram",
    "square_grad",
    "tensor_direction",
    "text_matches",
    "thumbnails",
    "tile_sheets",
    "top_example_frames",
    "top_examples",
    "total_variation",
    "tsne",
    "tsne_frames",
    "unit_statistics",
    "unlike",
    "var_grad",
    "weight_statistics",
    "xgrad_cam",
    "xrai",
]
