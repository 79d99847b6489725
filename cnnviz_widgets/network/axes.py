"""What each axis of each value means: the batch, a place in the picture, or a channel.

Walking the program once from the input, every axis is given a role. A spatial axis also carries
its receptive field: output `i` sees the input places `start + i * stride` to
`start + i * stride + size - 1` (Araujo, Norris and Sim 2019, https://distill.pub/2019/
computing-receptive-fields). Where a value mixes a whole axis (global pooling, flattening, dense),
the axis is gone and with it any claim about places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jax.extend import core

from .program import Program
from .vocabulary import CUSTOM_CALLS, ELEMENTWISE, INLINED, REDUCTIONS, inner_jaxpr, name_of


@dataclass(frozen=True)
class Axis:
    """The role of one axis.

    Attributes:
        role: "batch", "channel", "time", or "spatial".
        source: which spatial axis of the input a spatial axis comes from (0 is the rows).
        start: first input place that output 0 sees; negative where padding is seen.
        stride: input places between neighbouring outputs.
        size: how many input places an output sees.
    """

    role: str
    source: int = -1
    start: float = 0
    stride: float = 1
    size: float = 1


BATCH, CHANNEL, TIME = Axis("batch"), Axis("channel"), Axis("time")
Axes = tuple[Axis | None, ...]


def input_axes(rank: int) -> Axes:
    """Roles of a batch with channels last, such as NHWC."""
    return (BATCH, *(Axis("spatial", k) for k in range(rank - 2)), *([CHANNEL] * (rank > 1)))


def find_axes(program: Program) -> dict[int, Axes]:
    """The roles of every value that depends on the input."""
    axes = {program.x: input_axes(len(program.avals[program.x].shape))}
    for operation in program.operations:
        if not any(value in program.live for value in operation.inputs):
            continue
        given = [axes.get(value) for value in operation.inputs]
        results = _step(operation.name, operation.equation, given)
        for value, found in zip(operation.outputs, results, strict=True):
            rank = len(program.avals[value].shape)
            axes[value] = found if found is not None and len(found) == rank else (None,) * rank
    return axes


def _step(name: str, equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    primitive = equation.primitive.name
    handler = _HANDLERS.get(primitive)
    if handler is not None:
        return handler(equation, given)
    shape = _shape(equation.outvars[0])
    shapes = [_shape(atom) for atom in equation.invars]
    if name in ELEMENTWISE or (primitive in CUSTOM_CALLS and shape in shapes):
        return [_merged([a for a, s in zip(given, shapes, strict=True) if a and s == shape])]
    if primitive in REDUCTIONS:
        gone = equation.params["axes"]
        return [tuple(a for k, a in enumerate(_first(given)) if k not in gone)]
    if primitive.startswith("cum") or primitive in ("sort", "rev"):
        return [given[0]] * len(equation.outvars)
    return [_carried(_shape(variable), shapes, given) for variable in equation.outvars]


def _shape(atom: Any) -> tuple[int, ...]:
    return tuple(atom.aval.shape)


def _carried(
    shape: Sequence[int], shapes: Sequence[Sequence[int]], given: Sequence[Axes | None]
) -> Axes | None:
    """For an operation without a rule here: keep what an unchanged size leaves no doubt about."""
    for axes, old in zip(given, shapes, strict=True):
        if axes is not None and len(old) == len(shape):
            return tuple(
                axis if axis is not None and axis.role != "spatial" and new == before else None
                for axis, before, new in zip(axes, old, shape, strict=True)
            )
    return None


def _first(given: Sequence[Axes | None]) -> Axes:
    return next((axes for axes in given if axes is not None), ())


def _merged(all_axes: Sequence[Axes]) -> Axes | None:
    """Roles of values that are combined place by place; fields of view are joined."""
    if not all_axes:
        return None
    return tuple(_union(group) for group in zip(*all_axes, strict=True))


def _union(axes: Sequence[Axis | None]) -> Axis | None:
    known = [axis for axis in axes if axis is not None]
    if not known or len({(a.role, a.source, a.stride) for a in known}) > 1:
        return None
    start = min(axis.start for axis in known)
    size = max(axis.start + axis.size for axis in known) - start
    return replace(known[0], start=start, size=size)


def _windowed(
    axis: Axis | None,
    window: int,
    stride: int,
    padding: tuple[int, int],
    dilation: int,
    base_dilation: int = 1,
) -> Axis | None:
    """The axis after a window has moved over it."""
    if axis is None or axis.role != "spatial":
        return axis
    step = axis.stride / base_dilation
    reach = (window - 1) * dilation * step
    return replace(
        axis,
        start=axis.start - padding[0] * step,
        stride=step * stride,
        size=reach + axis.size,
    )


def _convolution(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p, axes = equation.params, given[0]
    if axes is None:
        return [None]
    dims = p["dimension_numbers"]
    result: list[Axis | None] = [None] * len(axes)
    result[dims.out_spec[0]] = axes[dims.lhs_spec[0]]
    result[dims.out_spec[1]] = CHANNEL
    for k, (source, target) in enumerate(zip(dims.lhs_spec[2:], dims.out_spec[2:], strict=True)):
        result[target] = _windowed(
            axes[source],
            _shape(equation.invars[1])[dims.rhs_spec[2 + k]],
            p["window_strides"][k],
            p["padding"][k],
            p["rhs_dilation"][k],
            p["lhs_dilation"][k],
        )
    return [tuple(result)]


def _reduce_window(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p = equation.params
    moved = tuple(
        _windowed(axis, *rest)
        for axis, *rest in zip(
            _first(given),
            p["window_dimensions"],
            p["window_strides"],
            p["padding"],
            p["window_dilation"],
            p["base_dilation"],
            strict=True,
        )
    )
    return [moved] * len(equation.outvars)


def _dot(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    contract, batch = equation.params["dimension_numbers"]
    sides = []
    for side in (0, 1):
        axes = given[side] or (None,) * len(_shape(equation.invars[side]))
        used = {*contract[side], *batch[side]}
        free = [axis for k, axis in enumerate(axes) if k not in used]
        if given[side] is None:  # the weights' side gives the new features
            free = [CHANNEL] * len(free)
        sides.append((axes, free))
    shared = [sides[0][0][k] or sides[1][0][m] for k, m in zip(*batch, strict=True)]
    if given[0] is not None and given[1] is not None:  # every place meets every other
        sides = [(a, [axis if axis in (BATCH, TIME) else None for axis in f]) for a, f in sides]
    return [(*shared, *sides[0][1], *sides[1][1])]


def _reshape(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    """Axes that keep their size keep their role; those split or joined lose their places."""
    axes, old, new = given[0], _shape(equation.invars[0]), tuple(equation.params["new_sizes"])
    if axes is None or equation.params.get("dimensions") is not None:
        return [None]
    result: list[Axis | None] = []
    i = j = 0
    while j < len(new):
        if i < len(old) and old[i] == new[j]:
            result.append(axes[i])
            i, j = i + 1, j + 1
        elif new[j] == 1:
            result.append(None)
            j += 1
        elif i < len(old) and old[i] == 1:
            i += 1
        else:
            i, j, joined = _joined(axes, old, new, i, j)
            result.extend(joined)
    return [tuple(result)]


def _joined(
    axes: Axes, old: Sequence[int], new: Sequence[int], i: int, j: int
) -> tuple[int, int, list[Axis | None]]:
    """Match the smallest runs of axes of equal product from `old[i:]` and `new[j:]`."""
    first, begin = i, j
    left, right, i, j = old[i], new[j], i + 1, j + 1
    while left != right:
        if left < right:
            left, i = left * old[i], i + 1
        else:
            right, j = right * new[j], j + 1
    run = axes[first:i]
    if j - begin > 1:  # split
        return i, j, [None] * (j - begin)
    if any(axis == BATCH for axis in run):
        others = (size for axis, size in zip(run, old[first:i], strict=True) if axis != BATCH)
        return i, j, [BATCH if all(size == 1 for size in others) else None]
    return i, j, [CHANNEL]


def _broadcast(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    result: list[Axis | None] = [None] * len(equation.params["shape"])
    for source, target in enumerate(equation.params["broadcast_dimensions"]):
        if _shape(equation.invars[0])[source] == equation.params["shape"][target]:
            result[target] = _first(given)[source]
    return [tuple(result)]


def _transpose(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    return [tuple(_first(given)[k] for k in equation.params["permutation"])]


def _squeeze(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    gone = {k % len(_shape(equation.invars[0])) for k in equation.params["dimensions"]}
    return [tuple(a for k, a in enumerate(_first(given)) if k not in gone)]


def _concatenate(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    merged = _merged([axes for axes in given if axes is not None])
    along = equation.params["dimension"]
    if merged is None or (merged[along] is not None and merged[along].role == "channel"):
        return [merged]
    return [tuple(None if k == along else axis for k, axis in enumerate(merged))]


def _pad(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    config = equation.params["padding_config"]
    return [
        tuple(
            _windowed(axis, 1, 1, (low, high), 1, inside + 1)
            for axis, (low, high, inside) in zip(_first(given), config, strict=True)
        )
    ]


def _slice(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p = equation.params
    strides = p["strides"] or (1,) * len(_shape(equation.invars[0]))
    return [
        tuple(
            _windowed(axis, 1, stride, (-start, 0), 1)
            for axis, start, stride in zip(_first(given), p["start_indices"], strides, strict=True)
        )
    ]


def _split(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    along = equation.params["axis"]
    kept = tuple(
        None if k == along and axis is not None and axis.role == "spatial" else axis
        for k, axis in enumerate(_first(given))
    )
    return [kept] * len(equation.outvars)


def _scan(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    """Read the loop's body once: what is stacked has time in front."""
    p = equation.params
    body, _ = inner_jaxpr(p["jaxpr"])
    fixed = p["num_consts"] + p["num_carry"]
    env: dict[Any, Axes | None] = {}
    for k, (variable, axes) in enumerate(zip(body.invars, given, strict=True)):
        env[variable] = axes if k < fixed else (axes[1:] if axes else None)
    results = _body(body, env)
    carry, stacked = results[: p["num_carry"]], results[p["num_carry"] :]
    return [*carry, *((TIME, *axes) if axes is not None else None for axes in stacked)]


def _body(jaxpr: Any, env: dict[Any, Axes | None]) -> list[Axes | None]:
    def read(atom: Any) -> Axes | None:
        return None if isinstance(atom, core.Literal) else env.get(atom)

    for equation in jaxpr.eqns:
        given = [read(atom) for atom in equation.invars]
        if not any(given):
            continue
        inlined = INLINED.get(equation.primitive.name)
        if inlined:
            inner, _ = inner_jaxpr(equation.params[inlined])
            results = _body(inner, dict(zip(inner.invars, given, strict=True)))
        else:
            results = _step(name_of(equation), equation, given)
        for variable, found in zip(equation.outvars, results, strict=True):
            rank = len(variable.aval.shape)
            env[variable] = found if found is not None and len(found) == rank else (None,) * rank
    return [read(atom) for atom in jaxpr.outvars]


_Handler = Callable[[Any, Sequence["Axes | None"]], "list[Axes | None]"]
_HANDLERS: dict[str, _Handler] = {
    "conv_general_dilated": _convolution,
    "reduce_window_max": _reduce_window,
    "reduce_window_min": _reduce_window,
    "reduce_window_sum": _reduce_window,
    "reduce_window": _reduce_window,
    "dot_general": _dot,
    "reshape": _reshape,
    "broadcast_in_dim": _broadcast,
    "transpose": _transpose,
    "squeeze": _squeeze,
    "concatenate": _concatenate,
    "pad": _pad,
    "slice": _slice,
    "split": _split,
    "scan": _scan,
}
