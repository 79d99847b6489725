"""The edits of a network as arrays, once the sizes of its layers are known.

What is taken over from other pictures is what the network without edits makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num

from .edits import Change, Edit, change_of, check_region
from .errors import InputError
from .reading.layers import Layer
from .traced import Replay, TracedProgram


@runtime_checkable
class Runs(Protocol):
    """A network, as far as it is needed here."""

    def batch(self, x: Any) -> jax.Array:
        """Images, checked."""
        ...

    def at(self, shape: Sequence[int]) -> TracedProgram:
        """The program for a shape."""
        ...


def changes_of(edits: Sequence[Edit], traced: TracedProgram, net: Runs) -> dict[str, Change]:
    """The edits of each layer, by its name.

    Args:
        edits: in their order.
        traced: the program that they are for.
        net: the network without edits.

    Raises:
        InputError: if a region, or an image to take over, does not fit.
    """
    found: dict[int, tuple[str, list[tuple[Edit, Any]]]] = {}
    for edit in edits:
        layer = traced.layer(edit.layer)  # a block and its last layer are the same value
        check_region(edit, layer)
        _check_numbers(traced, layer)
        _, those = found.setdefault(layer.value, (layer.name, []))
        those.append((edit, _put(edit, traced, net)))
    return {name: change_of(those, traced.layer(name)) for name, those in found.values()}


def _put(edit: Edit, traced: TracedProgram, net: Runs) -> Any:
    """What an edit puts in the place of a layer's values."""
    if edit.kind == "replace":
        return edit.value
    if edit.kind not in ("mean", "transplant"):
        return 0.0
    batch = net.batch(edit.value)
    if edit.kind == "mean":
        return np.asarray(net.at(batch.shape).run(_means, batch, layer=edit.layer))
    if batch.shape[1:] != traced.shape[1:]:
        raise InputError(
            f"expected to take over {edit.layer} from an image of {_size(traced.shape[1:])}, as "
            f"the one that is looked at, got {_size(batch.shape[1:])}. Bring both to one size."
        )
    if batch.shape[0] != 1:
        raise InputError(
            f"expected one image to take {edit.layer} over from, got {batch.shape[0]}."
        )
    return np.asarray(net.at(batch.shape).run(_value, batch, layer=edit.layer))


def _check_numbers(traced: TracedProgram, layer: Layer) -> None:
    dtype = traced.program.avals[layer.value].dtype
    if not jnp.issubdtype(dtype, jnp.floating):
        raise InputError(f"expected a layer of real numbers to edit, {layer.name!r} has {dtype}.")


def _value(replay: Replay, x: Num[Array, "1 ..."], *, layer: str) -> Array:
    return replay(x, [layer])[layer]


def _means(replay: Replay, x: Num[Array, "n ..."], *, layer: str) -> Float[Array, " c"]:
    value, axis = replay(x, [layer])[layer], replay.layer(layer).channel_axis
    rest = tuple(k for k in range(value.ndim) if k != axis)
    return jnp.reshape(value.mean(rest), (-1,))


def _size(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape)
