"""What an adapter makes of a framework's model: a pure function of weights and a batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Traceable:
    """A model in evaluation mode, ready to be traced.

    Attributes:
        apply: the model as `apply(weights, x)`; never changes the caller's model.
        weights: its weights, flat; JAX or NumPy arrays.
        names: a name for each weight.
        classes: class of each module by its path, as far as known; may fill up during a trace.
        root: path elements that the framework puts before all others, and that name nothing.
        place: the path of a module object, or `None`; finds the layer in which a trace failed.
        input_shape: of one example, where the model says it.
        dtype: of the input, where the model says that it takes whole numbers.
        program: gives the program and the structure of the output for a batch of a shape, where
            they are known and `apply` is not to be traced.
        examples: in the batch with which it is looked at first.
    """

    apply: Callable[[Sequence[Any], jax.Array], Any]
    weights: tuple[Any, ...]
    names: tuple[str, ...]
    classes: MutableMapping[str, str] = field(default_factory=dict)
    root: tuple[str, ...] = ()
    place: Callable[[Any], str | None] = lambda _: None
    input_shape: tuple[int, ...] | None = None
    dtype: str | None = None
    program: Callable[[Sequence[int]], tuple[Any, Any]] | None = None
    examples: int = 1


# Arguments by which models are told that they are not being trained.
_EVALUATION: Mapping[str, bool] = {
    "train": False,
    "training": False,
    "is_training": False,
    "deterministic": True,
    "use_running_average": True,
    "inference": True,
}


def evaluation_arguments(call: Callable[..., Any]) -> dict[str, bool]:
    """The keyword arguments that put `call` in evaluation mode.

    Raises:
        InputError: if the model wants more than one input.
    """
    parameters = inspect.signature(call).parameters
    found = {name: value for name, value in _EVALUATION.items() if name in parameters}
    needed = [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        and name not in found
    ]
    refuse_several_inputs(needed)
    return found


def refuse_several_inputs(names: Sequence[str]) -> None:
    """Raise `InputError` if there is more than one name."""
    if len(names) > 1:
        raise InputError(
            f"expected a model with one input, got one with {len(names)}: {', '.join(names)}. "
            "Wrap it in a function of one input that fixes the others: "
            "cw.Network(lambda params, x: model(x, other), params=..., input_shape=...)."
        )


def flatten(tree: Any) -> tuple[tuple[Any, ...], tuple[str, ...], Any]:
    """Leaves of a pytree of weights, their names ("conv1/kernel"), and its structure."""
    paths, structure = jax.tree_util.tree_flatten_with_path(tree)
    names = tuple(jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in paths)
    names = tuple(name.removesuffix("/value").removesuffix("/get_value") for name in names)
    # NumPy arrays are copied: their owner may write into them later
    leaves = (jnp.array(leaf) if isinstance(leaf, np.ndarray) else leaf for _, leaf in paths)
    return tuple(leaves), names, structure
