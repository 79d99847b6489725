"""The filters of a layer: what each of its channels multiplies its inputs with."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32

from ..network import Network
from ..network.tracing.operation import Operation

Filters = Float32[np.ndarray, "out inputs ..."]


def filters(net: Network, layer: str) -> Filters | None:
    """The weights of a convolution or a dense layer, one filter for each of its channels.

    Args:
        net: the network.
        layer: its name.

    Returns:
        float32 (C, inputs, rows, columns) of a convolution, whichever way the framework stores it
        (with groups, the inputs of one group), (C, inputs) of a dense layer; `None` for a layer
        that is neither.

    Raises:
        UnknownLayerError: if there is no such layer.
    """
    name = net[layer].name
    traced = net.at((1, *net.input_shape))
    for operation in traced.program.operations:
        if traced.layout.owners.get(operation.index) != name or len(operation.inputs) != 2:
            continue
        place = next((k for k, n in enumerate(operation.inputs) if n in traced.frozen), None)
        if place is None:
            continue
        order = _order(operation, place)
        if order is not None:
            kernel = np.asarray(traced.frozen[operation.inputs[place]], np.float32)
            return _arranged(kernel, *order)
    return None


def _order(operation: Operation, place: int) -> tuple[list[int], list[int]] | None:
    """Which axes of the weights count outputs, and which are left, the inputs first."""
    numbers: Any = operation.params.get("dimension_numbers")
    if operation.name == "conv_general_dilated" and place == 1:
        out, *rest = numbers.rhs_spec
        return [out], list(rest)
    if operation.name == "dot_general":
        contracted, shared = numbers
        if shared[place]:
            return None  # each example has weights of its own
        inputs = list(contracted[place])
        aval: Any = operation.equation.invars[place].aval
        count = len(aval.shape)
        return [axis for axis in range(count) if axis not in inputs], inputs
    return None


def _arranged(kernel: np.ndarray, out: list[int], rest: list[int]) -> Filters:
    moved = np.transpose(kernel, (*out, *rest))
    many = int(np.prod([kernel.shape[axis] for axis in out]))
    shape = moved.shape[len(out) :]
    dense = len(out) > 1 or moved.ndim == 2
    return moved.reshape(many, -1) if dense else moved.reshape(many, *shape)
