"""A model made visible: named layers, taps, edits and gradient rules."""

from .attention import AttentionLayer
from .bundled import load
from .composite import Composite
from .edits import Edit
from .errors import (
    InputError,
    ModelError,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from .frozen import FAST, FROZEN
from .fused_attention import find_fused_attention, find_hidden_attention
from .graph import Edge, LayerGraph, LayerGroup, layer_graph
from .layers import Layer, ReceptiveField
from .loops import Loop
from .network import Network
from .one_row import from_row, picture_shape, to_row, to_row_of_places
from .pieces import Piece, find_pieces
from .program import Program
from .relevance import relevance
from .relu import GUIDED, REDIRECTED, relu_rules
from .rescale import multipliers
from .rules import NO_RULES, Rule, RuleBook
from .token_grid import TokenGrid, find_grid
from .traced import Replay, TracedProgram
from .windows import find_attention, find_windowed
from .wiring import Product, Wiring, find_wiring

__all__ = [
    "FAST",
    "FROZEN",
    "GUIDED",
    "NO_RULES",
    "REDIRECTED",
    "AttentionLayer",
    "Composite",
    "Edge",
    "Edit",
    "InputError",
    "Layer",
    "LayerGraph",
    "LayerGroup",
    "Loop",
    "ModelError",
    "Network",
    "Piece",
    "Product",
    "Program",
    "ReceptiveField",
    "Replay",
    "Rule",
    "RuleBook",
    "TokenGrid",
    "TracedProgram",
    "UnknownLayerError",
    "UnknownOperationError",
    "UnknownTargetError",
    "Wiring",
    "find_attention",
    "find_fused_attention",
    "find_grid",
    "find_hidden_attention",
    "find_pieces",
    "find_windowed",
    "find_wiring",
    "from_row",
    "layer_graph",
    "load",
    "multipliers",
    "picture_shape",
    "relevance",
    "relu_rules",
    "to_row",
    "to_row_of_places",
]
