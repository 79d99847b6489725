"""The visualisation methods: arrays in, arrays or an iterator of frames out."""

from ..network import Edit
from .activations import activations
from .ascent.ascend import ascend
from .ascent.coarse_to_fine import Bilinear, LaplacianPyramid, LowResolution, read_texture
from .ascent.cppn import CPPN
from .ascent.deepdream import DREAM_PRESETS, DreamFrame, DreamPreset, deep_dream
from .ascent.frame import AscentDivergedError, AscentFrame
from .ascent.inversion import caricature, invert_features
from .ascent.maco import Maco
from .ascent.parameterisations import Fourier, Parameterisation, Pixels
from .ascent.presets import PRESETS, Preset
from .ascent.transforms import (
    Affine,
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
from .ascent.transparency import Alpha
from .attribution.adversarial import Adversarial, attack, fgsm, pgd
from .attribution.averaged_gradients import integrated_gradients, smooth_grad, square_grad, var_grad
from .attribution.cams import (
    cam,
    eigen_cam,
    grad_cam,
    grad_cam_plus_plus,
    guided_grad_cam,
    hires_cam,
    layer_cam,
    xgrad_cam,
)
from .attribution.cams_by_passes import ablation_cam, score_cam
from .attribution.channel_shares import channel_shares
from .attribution.decomposition import deep_lift, lrp
from .attribution.full_gradients import full_grad
from .attribution.gradient_paths import blur_ig, expected_gradients, guided_ig
from .attribution.guide import GUIDE, guide_for
from .attribution.inside import conductance, layer_gradient, neuron_gradient
from .attribution.lost_logits import lost_logits
from .attribution.masking import kernel_shap, lime, rise
from .attribution.method import Attribution, frames
from .attribution.occluding import feature_ablation, occlusion
from .attribution.regions import xrai
from .attribution.saliency import deconvnet, guided_backpropagation, input_x_gradient, saliency
from .attribution.tokens import per_token
from .examples.deconvolution import Box, Deconvolution, Unit, deconvolution
from .examples.real_examples import Example, real_examples
from .examples.text_matches import TextMatch, text_matches
from .examples.thumbnails import Thumbnails, thumbnails
from .examples.tiles import TileSheet, TileSheets, tile_sheets
from .examples.top_examples import TopExample, TopExamples, top_example_frames, top_examples
from .filters import filters
from .interventions.channel_effects import ChannelEffects, channel_effect_frames, channel_effects
from .interventions.intervention import Intervened, Outcome, intervene
from .layout.atlas import ICON_STEPS, Atlas, activation_atlas
from .layout.factors import Factors, factorise
from .layout.layer_vectors import LayerVectors, layer_vector_frames, layer_vectors
from .layout.neighbours import nearest_neighbours
from .layout.tsne import TsneFrame, tsne, tsne_frames
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
from .operation import ValueExplained, ValueExplainer, explain_value
from .predictions import probabilities
from .sequences.attention import AttentionMaps, attention, attention_distance, attention_entropy
from .sequences.attention_flow import attention_flow, attention_rollout
from .sequences.hidden_states import StatesOverTime, hidden_states, recurrent_layers
from .sequences.spectrogram import Spectrogram, spectrogram
from .statistics.activation_statistics import (
    ActivationStatistics,
    LayerStatistics,
    activation_statistics,
    activation_statistics_frames,
)
from .statistics.calibration import Calibration, calibration
from .statistics.event_files import EventFiles, Scalars, read_scalars
from .statistics.health import Finding, Health, LayerHealth, health
from .statistics.layer_norms import gradient_norms, layer_norms
from .statistics.unit_statistics import UnitStatistics, unit_statistics
from .statistics.unlike import Unlike, unlike
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
    "Affine",
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
