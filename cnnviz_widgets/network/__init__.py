"""A model made visible: named layers, taps, edits and gradient rules."""

from .bundled import load
from .errors import (
    InputError,
    ModelError,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from .layers import Layer, ReceptiveField
from .network import Network
from .rules import FROZEN, GUIDED, NO_RULES, Rule, RuleBook, relu_rules
from .traced import Replay, TracedProgram

__all__ = [
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
