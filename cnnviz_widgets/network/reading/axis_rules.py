"""What each operation does to the roles of axes.

Where a value mixes a whole axis (global pooling, flattening, dense), the axis is gone and with it
any claim about places. An operation without a rule keeps only what leaves no doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from jax.extend import core

from ..tracing.vocabulary import (
    CUSTOM_CALLS,
    ELEMENTWISE,
    INLINED,
    REDUCTIONS,
    inner_jaxpr,
    name_of,
)
from .axis import BATCH, CHANNEL, TIME, TOKEN, Axes, Axis, merged, windowed


def step(name: str, equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    """The roles of what an operation gives, from the roles of what it takes."""
    primitive = equation.primitive.name
    handler = _HANDLERS.get(primitive)
    if handler is not None:
        return handler(equation, given)
    shape = _shape(equation.outvars[0])
    shapes = [_shape(atom) for atom in equation.invars]
    if name in ELEMENTWISE or (primitive in CUSTOM_CALLS and shape in shapes):
        return [merged([a for a, s in zip(given, shapes, strict=True) if a and s == shape])]
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


def _ints(pair: Sequence[Any]) -> tuple[int, int]:
    low, high = pair  # of NumPy's, before JAX 0.9
    return int(low), int(high)


def _convolution(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p, axes = equation.params, given[0]
    if axes is None:
        return [None]
    dims = p["dimension_numbers"]
    result: list[Axis | None] = [None] * len(axes)
    result[dims.out_spec[0]] = axes[dims.lhs_spec[0]]
    result[dims.out_spec[1]] = CHANNEL
    for k, (source, target) in enumerate(zip(dims.lhs_spec[2:], dims.out_spec[2:], strict=True)):
        result[target] = windowed(
            axes[source],
            _shape(equation.invars[1])[dims.rhs_spec[2 + k]],
            p["window_strides"][k],
            _ints(p["padding"][k]),
            p["rhs_dilation"][k],
            p["lhs_dilation"][k],
        )
    return [tuple(result)]


def _reduce_window(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p = equation.params
    moved = tuple(
        windowed(axis, *rest)
        for axis, *rest in zip(
            _first(given),
            p["window_dimensions"],
            p["window_strides"],
            map(_ints, p["padding"]),
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
    together = axes[0].size if axes[0] is not None and axes[0].role == "batch" else 1
    if together > 1 and new[0] * together == old[0]:  # a joined batch comes apart again
        result, i, j = [BATCH, None], 1, 2
    while j < len(new):
        if i < len(old) and old[i] == new[j]:
            result.append(axes[i])
            i, j = i + 1, j + 1
        elif new[j] == 1:
            result.append(None)
            j += 1
        elif i < len(old) and old[i] == 1 and axes[i] != BATCH:
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
    parts, joined = j - begin, axes[first:i]
    if parts > 1:  # the last part of split channels varies fastest, as channels do
        return i, j, [None] * (parts - 1) + [CHANNEL if joined == (CHANNEL,) else None]
    if joined[0] is not None and joined[0].role == "batch":
        together = joined[0].size * math.prod(old[first + 1 : i])
        return i, j, [replace(BATCH, size=together)]
    return i, j, [CHANNEL if CHANNEL in joined else TOKEN]


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
    joined = merged([axes for axes in given if axes is not None])
    along = equation.params["dimension"]
    if joined is None or (joined[along] is not None and joined[along].role == "channel"):
        return [joined]
    return [tuple(None if k == along else axis for k, axis in enumerate(joined))]


def _pad(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    config = equation.params["padding_config"]
    return [
        tuple(
            windowed(axis, 1, 1, (int(low), int(high)), 1, inside + 1)
            for axis, (low, high, inside) in zip(_first(given), config, strict=True)
        )
    ]


def _slice(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    p = equation.params
    strides = p["strides"] or (1,) * len(_shape(equation.invars[0]))
    return [
        tuple(
            windowed(axis, 1, stride, (-start, 0), 1)
            for axis, start, stride in zip(_first(given), p["start_indices"], strides, strict=True)
        )
    ]


def _gather(equation: Any, given: Sequence[Axes | None]) -> list[Axes | None]:
    """A table that is looked up: the places are those of the ids, and its rows are features."""
    shape = _shape(equation.outvars[0])
    if given[0] is not None or given[1] is None:
        shapes = [_shape(atom) for atom in equation.invars]
        return [_carried(shape, shapes, given)]
    offsets = equation.params["dimension_numbers"].offset_dims
    places = iter(axis if axis != CHANNEL else None for axis in given[1])
    return [tuple(CHANNEL if k in offsets else next(places) for k in range(len(shape)))]


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
            results = step(name_of(equation), equation, given)
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
    "gather": _gather,
    "split": _split,
    "scan": _scan,
}
