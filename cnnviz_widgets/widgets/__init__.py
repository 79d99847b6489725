"""Floor 5: the views, one file each, as widgets.

A view checks what a person asks for, hands a job to the floor below, and sends what comes back to
its page. `selection` ties views to one another. In `shared` is what all have in common: `base`,
`running`, which ties a view to its jobs, and `wire`, which is how frames and messages look on their
way. In `records` is what single views send, in `stills` their pictures where no page runs.
"""

from .activation_atlas import ActivationAtlas
from .activations import Activations
from .architecture import Architecture
from .attention import Attention
from .attribution import Attribution
from .deconvolution import Deconvolution
from .deep_dream import DeepDream
from .embedding import Embedding
from .explorer import Explorer
from .feature_maps import FeatureMaps
from .gradient_ascent import GradientAscent
from .health import Health
from .hidden_states import HiddenStates
from .image_chooser import ImageChooser
from .intervention import Intervention
from .layer_list import LayerList
from .operation import Operation
from .selection import Selection
from .shared.base import View
from .text import Text
from .training import Training
from .waveform import Waveform
from .weights import Weights

__all__ = [
    "ActivationAtlas",
    "Activations",
    "Architecture",
    "Attention",
    "Attribution",
    "Deconvolution",
    "DeepDream",
    "Embedding",
    "Explorer",
    "FeatureMaps",
    "GradientAscent",
    "Health",
    "HiddenStates",
    "ImageChooser",
    "Intervention",
    "LayerList",
    "Operation",
    "Selection",
    "Text",
    "Training",
    "View",
    "Waveform",
    "Weights",
]
