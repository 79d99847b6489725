"""What one equation of a traced model does, in the field's words.

JAX names its primitives for the compiler (`reduce_window_max`, `custom_jvp_call`). Here each gets
the name a person would use, and the tables that say which primitives belong together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend import core

ABSOLUTE = "cnnviz:"
"""Marks a scope that is a whole path from the root, wherever in a name stack it stands."""

# Calls whose bodies are laid flat: they change how a thing is compiled, not what is computed.
INLINED = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}

# Kept whole: their gradient is their own, and what they wrap names them.
CUSTOM_CALLS = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}

LOOPS = {"scan": "recurrent", "while": "loop", "cond": "condition"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVATIONS = _words(
    "relu relu6 silu swish gelu elu selu celu leaky_relu softplus logaddexp mish glu sigmoid "
    "log_sigmoid hard_sigmoid hard_tanh hard_silu hard_swish squareplus soft_sign sparse_plus "
    "tanh logistic softmax log_softmax"
)
# Functions of jax.nn and jax.numpy that appear as jitted calls and are one step to a person.
KNOWN_FUNCTIONS = ACTIVATIONS | {"standardize", "dot_product_attention", "logsumexp", "one_hot"}

# Element by element, bends (as opposed to shifts or scales) its input.
NONLINEAR = ACTIVATIONS | _words(
    "exp exp2 log log1p expm1 erf erfc erf_inv sin cos tan abs sign integer_pow pow sqrt rsqrt "
    "cbrt square max min clamp select_n floor ceil round sinh cosh asinh acosh atanh asin acos atan"
)

AFFINE = _words("add sub mul div neg add_any")

# Changes of shape or type alone.
PLUMBING = _words(
    "reshape transpose squeeze expand_dims broadcast_in_dim convert_element_type copy copy_p "
    "stop_gradient rev slice reduce_precision bitcast_convert_type optimization_barrier"
)

REDUCTIONS = _words(
    "reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or argmax argmin"
)

COMPARISONS = _words("eq ne lt le gt ge and or not xor is_finite")

ELEMENTWISE = (
    NONLINEAR
    | AFFINE
    | COMPARISONS
    | {"convert_element_type", "copy", "copy_p", "stop_gradient", "reduce_precision"}
    | {"rem", "real", "imag", "nextafter", "optimization_barrier", "atan2"}
)


def inner_jaxpr(value: Any) -> tuple[core.Jaxpr, Sequence[Any]]:
    """The jaxpr inside an equation's parameter and the constants that it holds."""
    if isinstance(value, core.ClosedJaxpr):
        return value.jaxpr, value.consts
    return value, ()


def is_zero(atom: Any) -> bool:
    """Whether an equation's input is the number zero."""
    return isinstance(atom, core.Literal) and np.ndim(atom.val) == 0 and float(atom.val) == 0.0


def name_of(equation: core.JaxprEqn) -> str:
    """What an equation does: its primitive's name, or the function that a custom call wraps."""
    name = equation.primitive.name
    if name == "max" and any(is_zero(atom) for atom in equation.invars):
        return "relu"
    if name not in CUSTOM_CALLS:
        return name
    own = equation.params.get("name")
    if isinstance(own, str) and own in KNOWN_FUNCTIONS:
        return own
    body, _ = inner_jaxpr(equation.params[CUSTOM_CALLS[name]])
    if len(body.eqns) == 1:
        inner = body.eqns[0]
        wrapped = inner.params.get("name") if inner.primitive.name in INLINED else None
        return wrapped if isinstance(wrapped, str) else name_of(inner)
    return own if isinstance(own, str) else name


def scope_of(equation: core.JaxprEqn) -> tuple[str, ...]:
    """The module path that the equation was traced under, without the marks of transformations."""
    text = str(equation.source_info.name_stack).rsplit(ABSOLUTE, 1)[-1]
    # Under vmap, "vmap(conv1)" stands for conv1 and "vmap()" for no name of its own.
    for mark in ("vmap(", "jvp(", "transpose(", "jit(", "rematted_computation("):
        text = text.replace(mark, "(")
    parts = text.replace("(", "").replace(")", "").split("/")
    return tuple(part for part in parts if part and "->" not in part)  # einsum names its formula
