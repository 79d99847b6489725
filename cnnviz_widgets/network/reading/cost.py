"""How much arithmetic an operation is, in floating-point operations.

A multiplication with its addition counts as two, as is usual for networks' published figures that
say FLOPs (and twice the figure of those that count multiply-accumulates).
"""

from __future__ import annotations

import math
from typing import Any

from ..tracing.vocabulary import CUSTOM_CALLS, ELEMENTWISE, REDUCTIONS, inner_jaxpr

_BODIES = {"scan": "jaxpr", "jit": "jaxpr", "pjit": "jaxpr", "remat2": "jaxpr", **CUSTOM_CALLS}


def flops(equation: Any) -> int:
    """Floating-point operations of one equation; 0 for those that only move numbers."""
    name = equation.primitive.name
    out = math.prod(equation.outvars[0].aval.shape) if equation.outvars else 0
    if name == "conv_general_dilated":
        kernel = equation.invars[1].aval.shape
        out_axis = equation.params["dimension_numbers"].rhs_spec[0]
        return 2 * out * math.prod(kernel) // kernel[out_axis]
    if name == "dot_general":
        (contract, _), _ = equation.params["dimension_numbers"]
        return 2 * out * math.prod(equation.invars[0].aval.shape[axis] for axis in contract)
    if name.startswith("reduce_window"):
        return out * math.prod(equation.params["window_dimensions"])
    if name in REDUCTIONS:
        return math.prod(equation.invars[0].aval.shape)
    if name in _BODIES:
        body, _ = inner_jaxpr(equation.params[_BODIES[name]])
        return equation.params.get("length", 1) * sum(flops(inner) for inner in body.eqns)
    return out if name in ELEMENTWISE and name not in _FREE else 0


_FREE = {"convert_element_type", "copy", "copy_p", "stop_gradient", "optimization_barrier"}
