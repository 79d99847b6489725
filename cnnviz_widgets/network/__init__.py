"""A model made visible: named layers, taps, edits and gradient rules."""

from .bundled import load
from .errors import (
    InputError,
    ModelError,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from .frozen import FAST, FROZEN
from .layers import Layer, ReceptiveField
from .network import Network
from .relu import GUIDED, relu_rules
from .rules import NO_RULES, Rule, RuleBook
from .traced import Replay, TracedProgram

__all__ = [
    "FAST",
    "FROZEN",
    "GUIDED",
    "NO_RULES",
    "InputError",
    "Layer",
    "ModelError",
    "Network",
    "ReceptiveField",
    "Replay",
    "Rule",
    "RuleBook",
    "TracedProgram",
    "UnknownLayerError",
    "UnknownOperationError",
    "UnknownTargetError",
    "load",
    "relu_rules",
]
