"""Objectives for directions among a layer's channels: a feature need not be a single channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...network import InputError
from .algebra import Objective
from .checks import whole_numbers
from .form import Place, Scores, Values
from .scores import only, per_image

LEAST_COSINE = 0.1
"""A cosine below it counts as this much, so that a start in the wrong direction can still move."""


def direction(layer: str, vector: Any, *, cosine_power: float = 0.0) -> Objective:
    """How far a layer's values point in a direction, as the mean over places.

    Args:
        layer: its name.
        vector: (C,), one number for each channel.
        cosine_power: above 0, the product is multiplied by max(0.1, cosine) to this power: length
            counts less, direction more.

    Raises:
        InputError: if the vector is not finite numbers, is zero, or has another length than the
            layer has channels (said by the ascent).

    References:
        Olah et al. 2018, The building blocks of interpretability,
        https://distill.pub/2018/building-blocks.
    """
    array = _finite(vector, 1)
    place = Place(layer, width=array.shape[0])
    arguments = (array, float(cosine_power))
    return Objective(f"direction in {layer}", (layer,), _direction, arguments, places=(place,))


def directions(layer: str, vectors: Iterable[Any], *, cosine_power: float) -> list[Objective]:
    """A `direction` for each vector, so that an ascent paints all of them as one batch."""
    return [direction(layer, vector, cosine_power=cosine_power) for vector in vectors]


def direction_at(
    layer: str, vector: Any, row: int | None = None, column: int | None = None,
    *, cosine_power: float = 0.0,
) -> Objective:  # fmt: skip
    """How far the values at one place point in a direction.

    Args and errors as for `direction`, and:
        row: of the place, from 0; the middle if left out.
        column: likewise.
    """
    array = _finite(vector, 1)
    if row is None or column is None:
        place = Place(layer, width=array.shape[0])
        arguments = (array, float(cosine_power))
        label = f"direction in {layer}@middle"
        return Objective(label, (layer,), _direction_in_the_middle, arguments, places=(place,))
    whole_numbers(row=row, column=column)
    place = Place(layer, row=int(row), column=int(column), width=array.shape[0])
    arguments = (array, float(cosine_power), int(row), int(column))
    label = f"direction in {layer}@{row},{column}"
    return Objective(label, (layer,), _direction_at, arguments, places=(place,))


def tensor_direction(layer: str, tensor: Any, *, cosine_power: float = 0.0) -> Objective:
    """How far the middle of a layer resembles a small arrangement of vectors, place by place.

    Args:
        layer: its name.
        tensor: (rows, columns, C), not larger than the layer.
        cosine_power: as for `direction`.

    Raises:
        InputError: as for `direction`; if it is larger than the layer, when the ascent begins.
    """
    array = _finite(tensor, 3)
    place = Place(layer, width=array.shape[2])
    arguments = (array, float(cosine_power))
    label = f"tensor direction in {layer}"
    return Objective(label, (layer,), _tensor_direction, arguments, places=(place,))


def local_group(
    layer: str, row: int, column: int, rows: int = 1, columns: int = 1, weights: Any = None
) -> Objective:
    """A rectangle of neighbouring places, with all channels there.

    Args:
        layer: its name.
        row: of the upper left place, from 0.
        column: likewise.
        rows: of the rectangle.
        columns: likewise.
        weights: (C,), of the channels; all equal if left out.

    Raises:
        InputError: as for `direction`.
        UnknownTargetError: if it reaches out of the layer, when the ascent begins.
    """
    whole_numbers(row=row, column=column, rows=rows, columns=columns)
    if min(rows, columns) < 1:
        raise InputError(f"expected at least one row and column, got {rows} x {columns}.")
    array = np.ones(1, np.float32) if weights is None else _finite(weights, 1)
    width = None if weights is None else array.shape[0]
    place = Place(layer, None, int(row), int(column), width, (int(rows), int(columns)))
    label = f"{layer}@{row},{column}+{rows}x{columns}"
    score = _Rectangle(int(rows), int(columns))
    return Objective(label, (layer,), score, (array, int(row), int(column)), places=(place,))


def _finite(given: Any, rank: int) -> np.ndarray:
    array = np.asarray(given, np.float32)
    if array.ndim != rank or array.size == 0 or not np.isfinite(array).all() or not array.any():
        raise InputError(
            f"expected a direction of finite numbers with {rank} "
            f"{'axis' if rank == 1 else 'axes'} that is not zero, got shape {array.shape}."
        )
    return array


def along(value: jax.Array, vector: Any, power: Any) -> jax.Array:
    """The product of values (..., C) with a direction, by a power of the cosine between them."""
    vector = jnp.asarray(vector)
    product = jnp.einsum("...c,...c->...", value, jnp.broadcast_to(vector, value.shape))
    lengths = _length(value) * jnp.broadcast_to(_length(vector), product.shape)
    cosine = jnp.maximum(LEAST_COSINE, product / (1e-6 + lengths))
    return product * cosine**power


def _length(value: jax.Array) -> jax.Array:
    return jnp.sqrt(1e-12 + jnp.square(value).sum(-1))  # has a gradient at zero, too


def _direction(values: Values, arguments: Any) -> Scores:
    vector, power = arguments
    return per_image(along(only(values), vector, power))


def _direction_in_the_middle(values: Values, arguments: Any) -> Scores:
    vector, power = arguments
    value = only(values)
    return along(value[(slice(None), *(n // 2 for n in value.shape[1:-1]))], vector, power)


def _direction_at(values: Values, arguments: Any) -> Scores:
    vector, power, row, column = arguments
    return jax.vmap(lambda one: along(one[row, column], vector, power))(only(values))


def _tensor_direction(values: Values, arguments: Any) -> Scores:
    tensor, power = arguments
    value = only(values)
    sizes = value.shape[1:3], tensor.shape[:2]
    if value.ndim != 4 or any(small > large for large, small in zip(*sizes, strict=True)):
        raise InputError(
            f"expected a tensor direction no larger than the layer's {value.shape[1:-1]} places, "
            f"got {tensor.shape[:2]}."
        )
    top, left = ((large - small) // 2 for large, small in zip(*sizes, strict=True))
    middle = value[:, top : top + tensor.shape[0], left : left + tensor.shape[1]]
    return per_image(along(middle, tensor, power))


@dataclass(frozen=True)
class _Rectangle:
    rows: int
    columns: int

    def __call__(self, values: Values, arguments: Any) -> Scores:
        weights, row, column = arguments
        value = only(values)
        sizes = (value.shape[0], self.rows, self.columns, value.shape[3])
        taken = jax.lax.dynamic_slice(value, (0, row, column, 0), sizes)
        return per_image(taken * jnp.broadcast_to(weights, taken.shape))
