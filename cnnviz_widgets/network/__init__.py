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
from .graph import Edge, LayerGraph, LayerGroup, layer_graph
from .layers import Layer, ReceptiveField
from .network import Network
from .pieces import Piece, find_pieces
from .program import Program
from .relevance import Composite, relevance
from .relu import GUIDED, REDIRECTED, relu_rules
from .rescale import multipliers
from .rules import NO_RULES, Rule, RuleBook
from .traced import Replay, TracedProgram

__all__ = [
    "FAST",
    "FROZEN",
    "GUIDED",
    "NO_RULES",
    "REDIRECTED",
    "Composite",
    "Edge",
    "InputError",
    "Layer",
    "LayerGraph",
    "LayerGroup",
    "ModelError",
    "Network",
    "Piece",
    "Program",
    "ReceptiveField",
    "Replay",
    "Rule",
    "RuleBook",
    "TracedProgram",
    "UnknownLayerError",
    "UnknownOperationError",
    "UnknownTargetError",
    "find_pieces",
    "layer_graph",
    "load",
    "multipliers",
    "relevance",
    "relu_rules",
]
