"""Inputs that are the numbers of tokens: their check, and the table in which a model looks them up.

A text comes to a network as whole numbers, one for each character or word. There is no gradient to
a whole number, so attribution begins one step later, at the vectors that the numbers stand for
(Captum calls that an interpretable embedding). `find_lookup` finds the step by reading the program:
the first `gather` from a table of weights by the ids, or the first product of such a table with
what compares the ids with numbers, which is a one-hot code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import core

from .adapters import Traceable
from .errors import InputError
from .images import as_array
from .reading.layers import Layer
from .tracing.operation import Operation
from .tracing.program import Program


class Lookup(NamedTuple):
    """Where ids become vectors.

    Attributes:
        operation: that does it.
        rows: how many vectors the table has.
    """

    operation: Operation
    rows: int


def find_lookup(program: Program) -> Lookup | None:
    """The first step that looks the input up in a table, if there is one."""
    for operation in program.operations:
        live = [value for value in operation.inputs if value in program.live]
        table = next((v for v in operation.inputs if _is_table(program, v)), None)
        if table is None or len(live) != 1:
            continue
        shape, params = program.avals[table].shape, operation.params
        if operation.name == "gather" and operation.inputs[0] == table:
            return Lookup(operation, int(shape[params["dimension_numbers"].start_index_map[0]]))
        if operation.name == "dot_general" and _is_one_hot(program, live[0]):
            side = operation.inputs.index(table)
            return Lookup(operation, int(shape[params["dimension_numbers"][0][side][0]]))
    return None


def _is_table(program: Program, value: int) -> bool:
    aval = program.avals[value]
    floating = jnp.issubdtype(aval.dtype, jnp.floating)
    return value not in program.live and floating and len(aval.shape) >= 2


def _is_one_hot(program: Program, value: int) -> bool:
    """Whether a value comes from a comparison of the input."""
    queue = [value]
    while queue:
        operation = program.producer.get(queue.pop())
        if operation is None:
            continue
        if operation.name == "eq":
            return True
        queue.extend(v for v in operation.inputs if v in program.live)
    return False


def check_ids(x: Any, input_shape: tuple[int, ...], rows: int | None) -> np.ndarray | jax.Array:
    """Check the ids of one example or of a batch, and give them a batch axis.

    Any number of tokens will do here; whether the model takes so many, the model says.

    Args:
        x: ids (T,) or (N, T).
        input_shape: of the network.
        rows: of the table that they are looked up in, where it is known.

    Raises:
        InputError: says what was expected, what came, and the mend.
    """
    array = as_array(x)
    rank = len(input_shape)
    if array.ndim == rank:
        array = array[None]
    if array.ndim != rank + 1 or 0 in array.shape:
        size = ", ".join(str(n) for n in input_shape)
        raise InputError(
            f"expected ids of shape ({size}) or a batch (N, {size}), got an array of shape "
            f"{tuple(np.shape(x))}."
        )
    if not jnp.issubdtype(array.dtype, jnp.integer):
        raise InputError(
            f"expected ids of tokens as whole numbers, got {array.dtype}: convert with "
            ".astype(int). For the vectors that they stand for there is net.embedded()."
        )
    if not isinstance(array, core.Tracer) and rows is not None:
        low, high = int(array.min()), int(array.max())
        if low < 0 or high >= rows:
            raise InputError(
                f"expected ids from 0 to {rows - 1}, the rows of the network's table, got {low} to "
                f"{high}. Was the text read by the tokenizer of another network?"
            )
    return array


def vectors_of(layer: Layer, input_shape: tuple[int, ...]) -> None:
    """Whether a layer has one vector for each id.

    Raises:
        InputError: if it has not.
    """
    if layer.shape[:-1] != input_shape or layer.batch != 0:
        raise InputError(
            f"expected a layer with one vector for each of {input_shape[0]} ids, got "
            f"{layer.name!r} of shape {layer.shape}. Leave it out for the layer that looks them up."
        )


def needs_ids(program: Program, value: int) -> bool:
    """Whether the outputs need the input also otherwise than through a value, as a mask does."""
    known = {*program.weights, value}
    taken = {v for each in program.needed(program.outputs, known) for v in each.inputs}
    return program.x in taken


def following(
    model: Traceable, read: Callable[[Sequence[int]], tuple[Program, int, Any]], ids: Any
) -> Traceable:
    """What of a model follows its lookup, as a model of its own.

    Args:
        model: that takes ids.
        read: gives its program for ids of a shape, the number of the vectors among its values, and
            the structure of its output.
        ids: what the rest sees of the ids besides their vectors, a batch; `None` for nothing.
    """

    def program(shape: Sequence[int]) -> tuple[Program, Any]:
        whole, value, structure = read(shape[:-1])
        if ids is not None and tuple(ids.shape) != tuple(shape[:-1]):
            raise InputError(
                f"expected vectors for the ids of shape {tuple(ids.shape)} that net.embedded was "
                f"given, got an input of shape {tuple(shape)}."
            )
        if tuple(whole.avals[value].shape) != tuple(shape):
            raise InputError(
                f"expected vectors of shape {tuple(whole.avals[value].shape)}, got {tuple(shape)}."
            )
        return whole.after(value, keep_input=ids is not None), structure

    weights, names = model.weights, model.names
    if ids is not None:
        weights, names = (*weights, ids), (*names, "ids")
    examples = 1 if ids is None else int(ids.shape[0])
    return replace(
        model, weights=weights, names=names, dtype=None, program=program, examples=examples
    )
