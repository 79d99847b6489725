"""What each operation does to the numbers of channels that `wiring` follows.

An operation without a rule here mixes channels as far as anyone can tell: labels end there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..tracing.operation import Operation
from ..tracing.vocabulary import REDUCTIONS

Labels = Mapping[str, np.ndarray]
Shape = tuple[int, ...]


def carried(
    operation: Operation,
    given: Sequence[Labels],
    shapes: Sequence[Shape],
    outputs: Sequence[Shape],
    alike: bool,
) -> list[Labels]:
    """Labels of an operation's outputs.

    Args:
        operation: what is done.
        given: labels of each input, by source.
        shapes: of the inputs.
        outputs: their shapes.
        alike: whether each element comes from the elements at its own place.
    """
    name = operation.equation.primitive.name
    if alike:
        return [_united(given, shapes, outputs[0])] * len(outputs)
    if name == "concatenate":
        return [_concatenated(operation.params["dimension"], given, shapes)]
    if name == "split":
        return _split(operation, given[0])
    moved = _MOVES.get("reduce" if name in REDUCTIONS else name)
    if moved is None:
        moved = _windowed if name.startswith(("reduce_window", "cum")) else None
    if moved is None:
        return [{}] * len(outputs)
    first = next((k for k, labels in enumerate(given) if labels), 0)
    found = {
        source: new
        for source, labels in given[first].items()
        if (new := moved(operation.params, labels, shapes[first], outputs[0])) is not None
    }
    return [found] * len(outputs)


def _united(given: Sequence[Labels], shapes: Sequence[Shape], output: Shape) -> Labels:
    found: dict[str, np.ndarray] = {}
    for labels, shape in zip(given, shapes, strict=True):
        if len(shape) == len(output):
            found = {**labels, **found}  # the first says it
    return found


def _concatenated(along: int, given: Sequence[Labels], shapes: Sequence[Shape]) -> Labels:
    sources = dict.fromkeys(source for labels in given for source in labels)
    return {source: _joined(source, along, given, shapes) for source in sources}


def _joined(
    source: str, along: int, given: Sequence[Labels], shapes: Sequence[Shape]
) -> np.ndarray:
    rank = len(shapes[0])
    none = np.full([1] * rank, -1, np.int32)
    parts = [labels.get(source, none) for labels in given]
    around = np.broadcast_shapes(*(_without(part.shape, along) for part in parts))
    full = [
        np.broadcast_to(part, [shape[along] if k == along else n for k, n in enumerate(around)])
        for part, shape in zip(parts, shapes, strict=True)
    ]
    return _narrow(np.concatenate(full, along))


def _without(shape: Sequence[int], axis: int) -> Shape:
    return tuple(1 if k == axis else n for k, n in enumerate(shape))


def _split(operation: Operation, given: Labels) -> list[Labels]:
    along, sizes = operation.params["axis"], operation.params["sizes"]
    ends = np.cumsum(sizes)[:-1].tolist()
    results: list[dict[str, np.ndarray]] = [{} for _ in sizes]
    for source, labels in given.items():
        whole = labels.shape[along] == 1
        parts = [labels] * len(sizes) if whole else np.split(labels, ends, along)
        for result, part in zip(results, parts, strict=True):
            result[source] = part
    return list(results)


def _narrow(labels: np.ndarray) -> np.ndarray:
    """Axes along which the labels are all the same, brought to size one."""
    for axis in range(labels.ndim):
        first = labels.take([0], axis)
        if labels.shape[axis] > 1 and (labels == first).all():
            labels = first
    return np.ascontiguousarray(labels)


def _reduced(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray | None:
    if any(labels.shape[axis] > 1 for axis in params["axes"]):
        return None
    return labels.squeeze(tuple(params["axes"]))


def _windowed(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray | None:
    window = params.get("window_dimensions")
    if window is None:  # a cumulative operation
        return None if labels.shape[params["axis"]] > 1 else labels
    mixes = any(n > 1 and m > 1 for n, m in zip(labels.shape, window, strict=True))
    return None if mixes else labels


def _reshaped(_params: Any, labels: np.ndarray, shape: Shape, output: Shape) -> np.ndarray:
    return _narrow(np.broadcast_to(labels, shape).reshape(output))


def _transposed(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    return labels.transpose(params["permutation"])


def _broadcast(params: Any, labels: np.ndarray, _shape: Shape, output: Shape) -> np.ndarray:
    sizes = [1] * len(output)
    for axis, target in enumerate(params["broadcast_dimensions"]):
        sizes[target] = labels.shape[axis]
    return labels.reshape(sizes)


def _squeezed(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    return labels.squeeze(tuple(params["dimensions"]))


def _expanded(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    return np.expand_dims(labels, tuple(params["dimensions"]))


def _turned(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    return np.flip(labels, params["dimensions"])


def _sliced(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    strides = params["strides"] or (1,) * labels.ndim
    starts, ends = params["start_indices"], params["limit_indices"]
    where = tuple(
        slice(None) if n == 1 else slice(start, end, stride)
        for n, start, end, stride in zip(labels.shape, starts, ends, strides, strict=True)
    )
    return labels[where]


def _padded(params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray | None:
    config = [tuple(map(int, each)) for each in params["padding_config"]]
    varying = [pad if n > 1 else (0, 0, 0) for n, pad in zip(labels.shape, config, strict=True)]
    if any(inside or low < 0 or high < 0 for low, high, inside in varying):
        return None
    return np.pad(labels, [pad[:2] for pad in varying], constant_values=-1)


def _same(_params: Any, labels: np.ndarray, _shape: Shape, _output: Shape) -> np.ndarray:
    return labels


_MOVES: Mapping[str, Callable[[Any, np.ndarray, Shape, Shape], np.ndarray | None]] = {
    "reduce": _reduced,
    "reshape": _reshaped,
    "transpose": _transposed,
    "broadcast_in_dim": _broadcast,
    "squeeze": _squeezed,
    "expand_dims": _expanded,
    "rev": _turned,
    "slice": _sliced,
    "pad": _padded,
    "bitcast_convert_type": _same,
}
