"""A sequence as a picture of one row: all that methods for pictures need to know of other inputs.

Places on a line are places on a grid that has one row. What is written for rows and columns (masks,
patches, segments, waves, blurs, rules of relevance) then serves a sound or a sentence as it is, and
its result is brought back to the shape of the input. The features of a vector are places on a line,
too, with one channel each.

| a network takes | as a picture | a map of it |
| --- | --- | --- |
| pictures (H, W, C) | itself | (N, H, W) |
| sequences (T, C) | (1, T, C) | (N, T) |
| vectors (C,) | (1, C, 1) | (N, C) |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from .edits import Edit
from .errors import InputError
from .tracing.program import Program, trace

PICTURE = 3
"""Axes of one picture."""

ONE_ROW = "a picture of one row"
"""The scope in which a picture of one row is made a sequence: no layer of the model."""


def picture_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of one input as a picture.

    Raises:
        InputError: if it has more axes than a picture.
    """
    if len(shape) > PICTURE:
        raise InputError(
            "expected a network for pictures (rows, columns, channels), sequences (steps, "
            f"features) or vectors (features,), this one takes {tuple(shape)}."
        )
    around = {1: (1, *shape, 1), 2: (1, *shape)}
    return around.get(len(shape), tuple(shape))


def to_row(array: Any, rank: int) -> Any:
    """An input, or a batch of them, as pictures.

    Args:
        array: (..., T, C) for `rank` 2, (..., C) for 1; pictures stay as they are.
        rank: axes of one input.
    """
    if rank == 1:
        array = array[..., None]
    return array if rank == PICTURE else array[..., None, :, :]


def to_row_of_places(array: Any, rank: int) -> Any:
    """One number for each place, (..., T), as a map of one row; those of pictures stay."""
    return array if rank == PICTURE else array[..., None, :]


def from_row(values: Any, rank: int) -> Any:
    """What belongs to pictures, as it belongs to the inputs that they stand for.

    Args:
        values: (N, 1, T) or (N, 1, T, C); those of real pictures stay.
        rank: axes of one input.
    """
    if rank == PICTURE:
        return values
    values = values[:, 0]
    return values[..., 0] if rank == 1 and values.ndim == PICTURE else values


def out_of_row(x: jax.Array, axes: int) -> jax.Array:
    """A batch of pictures of one row as a model for inputs of `axes` axes takes it.

    A change of shape and nothing more: what is traced knows of no slices.
    """
    return x.reshape(shape_out_of_row(x.shape, axes))


def shape_out_of_row(shape: Sequence[int], axes: int) -> tuple[int, ...]:
    """The shape of a batch for a model of `axes` axes, given that of pictures or its own."""
    if len(shape) == axes + 1:
        return tuple(shape)
    return (shape[0], *{1: shape[2:3], 2: shape[2:]}[axes])


def program_in_row(program: Program, shape: Sequence[int], axes: int) -> Program:
    """A program that begins in the midst of another, for pictures of one row.

    Its input takes them out of the row in place of the operation that gave it.

    Args:
        program: as `Program.after` gives it.
        shape: of a batch of pictures.
        axes: of one input of the program.
    """
    x = jax.ShapeDtypeStruct(tuple(shape), program.avals[program.x].dtype)
    (reshape,) = trace(lambda _, x: [out_of_row(x, axes)], [], x).operations
    before, row = program.producer[program.x], len(program.avals)
    first = replace(
        reshape, index=before.index, inputs=(row,), outputs=before.outputs, scope=(ONE_ROW,)
    )
    operations = list(program.operations)
    operations[before.index] = first
    return replace(
        program,
        operations=tuple(operations),
        avals=(*program.avals, x),
        x=row,
        live=program.live | {row},
        producer={**program.producer, program.x: first},
    )


def edit_in_row(edit: Edit, rank: int) -> Edit:
    """An edit of a network for sequences, for the same network as one for pictures."""
    if edit.kind not in ("mean", "transplant"):
        return edit
    return replace(edit, value=to_row(np.asarray(edit.value), rank))
