"""A model made visible: named layers, taps, edits and gradient rules."""

from .bundled import load
from .edits import Edit
from .errors import (
    InputError,
    ModelError,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from .gradients.composite import Composite
from .gradients.frozen import FAST, FROZEN
from .gradients.pieces import Piece, find_pieces
from .gradients.relevance import relevance
from .gradients.relu import GUIDED, REDIRECTED, relu_rules
from .gradients.rescale import multipliers
from .graph import Edge, LayerGraph, LayerGroup, layer_graph
from .network import Network
from .one_row import from_row, picture_shape, to_row, to_row_of_places
from .patterns.attention import AttentionLayer
from .patterns.fused_attention import find_fused_attention, find_hidden_attention
from .patterns.token_grid import TokenGrid, find_grid
from .patterns.windows import find_attention, find_windowed
from .patterns.wiring import Product, Wiring, find_wiring
from .reading.layers import Layer, ReceptiveField
from .reading.loops import Loop
from .traced import Replay, TracedProgram
from .tracing.program import Program
from .tracing.rules import NO_RULES, Rule, RuleBook

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
