"""Look inside a convolutional network while it runs.

The names are imported when they are first used, so that `import cnnviz_widgets` is instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from . import evaluate as evaluate
    from . import methods as methods
    from . import network as network
    from . import zoo as zoo
    from .network import Layer as Layer
    from .network import Network as Network
    from .network import load as load
    from .widgets import ActivationAtlas as ActivationAtlas
    from .widgets import Activations as Activations
    from .widgets import Architecture as Architecture
    from .widgets import Attention as Attention
    from .widgets import Attribution as Attribution
    from .widgets import Deconvolution as Deconvolution
    from .widgets import DeepDream as DeepDream
    from .widgets import Embedding as Embedding
    from .widgets import Explorer as Explorer
    from .widgets import FeatureMaps as FeatureMaps
    from .widgets import GradientAscent as GradientAscent
    from .widgets import Health as Health
    from .widgets import HiddenStates as HiddenStates
    from .widgets import Intervention as Intervention
    from .widgets import Operation as Operation
    from .widgets import Selection as Selection
    from .widgets import Text as Text
    from .widgets import Training as Training
    from .widgets import Waveform as Waveform
    from .widgets import Weights as Weights
    from .widgets.ranking_chart import RankingChart as RankingChart
    from .zoo import Tokens as Tokens
    from .zoo import image as image
    from .zoo import images as images
    from .zoo import sound as sound
    from .zoo import text as text

_HOMES = {
    "evaluate": "evaluate",
    "methods": "methods",
    "network": "network",
    "zoo": "zoo",
    "Layer": "network",
    "Network": "network",
    "load": "network",
    "ActivationAtlas": "widgets",
    "Activations": "widgets",
    "Attention": "widgets",
    "Attribution": "widgets",
    "Deconvolution": "widgets",
    "DeepDream": "widgets",
    "Embedding": "widgets",
    "Architecture": "widgets",
    "Explorer": "widgets",
    "FeatureMaps": "widgets",
    "GradientAscent": "widgets",
    "Health": "widgets",
    "Intervention": "widgets",
    "HiddenStates": "widgets",
    "Operation": "widgets",
    "RankingChart": "widgets.ranking_chart",  # alone, since bqplot imports pandas: a second
    "Selection": "widgets",
    "Weights": "widgets",
    "Training": "widgets",
    "Waveform": "widgets",
    "Text": "widgets",
    "Tokens": "zoo",
    "image": "zoo",
    "images": "zoo",
    "sound": "zoo",
    "text": "zoo",
}

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
    "Intervention",
    "Layer",
    "Network",
    "Operation",
    "RankingChart",
    "Selection",
    "Text",
    "Tokens",
    "Training",
    "Waveform",
    "Weights",
    "__version__",
    "evaluate",
    "image",
    "images",
    "load",
    "methods",
    "network",
    "sound",
    "text",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    value = home if name == _HOMES[name] else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
