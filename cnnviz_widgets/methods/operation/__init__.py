"""How one number of a network comes about, with the real numbers.

`explainer` walks from an activation back through the traced program, one element at a time:
`elements` follows an element through what only moves it, `values` holds what one pass of an image
gave, `products`, `windows` and `curves` read the sums, the pools and the activations, and
`explained` is what comes out. No framework is asked: what is shown is what was computed.
"""

from .explained import (
    Activation,
    Arithmetic,
    Combination,
    Concatenation,
    Convolution,
    Copy,
    Dense,
    ExplainedStep,
    Opaque,
    Pool,
    Scaling,
    Softmax,
    Source,
    ValueExplained,
    Window,
)
from .explainer import ValueExplainer, explain_value
from .fields import Even, Field, Slid, StepField

__all__ = [
    "Activation",
    "Arithmetic",
    "Combination",
    "Concatenation",
    "Convolution",
    "Copy",
    "Dense",
    "Even",
    "ExplainedStep",
    "Field",
    "Opaque",
    "Pool",
    "Scaling",
    "Slid",
    "Softmax",
    "Source",
    "StepField",
    "ValueExplained",
    "ValueExplainer",
    "Window",
    "explain_value",
]
