"""Gradient ascent on a picture: `x <- x + eta grad f(x)`, as an iterator of frames.

Four parts are put together: an objective (what to raise), a parameterisation (what to turn),
transforms (so that a feature does not depend on single pixels) and an optimiser (of optax). A
preset holds the last three. One compiled step serves every channel, class and position of a layer.

A sequence is climbed as a picture of one row: its waves, shifts and stretches are those of a line.
All is painted in [0, 1] and brought to the range of the network's inputs before it is looked at, so
that mid grey is the middle of the range: silence, for a sound.

References:
    Erhan, Bengio, Courville and Vincent 2009, Visualizing higher-layer features of a deep network.
    Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...network import InputError, Layer, Network, to_row
from ...network.images import MAX_SIDE
from ..baselines import known_range
from ..objectives import OPACITY, Objective, check_position, each, objective
from .climb import Climb, Part, pictures_at_once
from .frame import AscentFrame, of_sequences
from .parameterisations import Parameterisation
from .presets import preset_for
from .step import Penalties, Settings, begin
from .transforms import Compose, Transform, compose

Target = Objective | str | int

MAX_STEPS = 2**20
"""Of a sequence: two minutes of sound."""


def ascend(
    net: Network,
    target: Target | Sequence[Target],
    *,
    steps: int | None = None,
    size: int | tuple[int, int] | None = None,
    preset: str = "default",
    parameterisation: Parameterisation | None = None,
    transforms: Transform | Sequence[Transform] | None = None,
    optimizer: optax.GradientTransformation | None = None,
    learning_rate: float | None = None,
    start: Any = None,
    batch: int = 1,
    jitter: int | None = None,
    l2: float = 0.0,
    total_variation: float = 0.0,
    redirect: int | None = None,
    seed: int = 0,
    key: jax.Array | None = None,
    steps_per_frame: int | None = None,
    memory: float | None = None,
) -> Iterator[AscentFrame]:
    """Paint the picture that a unit, a channel, a layer or a class answers to most.

    Args:
        net: the network.
        target: "layer:channel", "layer:channel@row,column" (of a sequence "layer:channel@step"),
            "layer", a class name or number, a sum of such ("conv3:5 - 0.5*conv3:7"), or an
            `Objective`; or a list of them, with one picture for each.
        steps: how many; the frames are numbered 0 (the start) to `steps`.
        size: of the picture, one number or (rows, columns); the preset's, or the network's own, if
            left out. A `start` has its own. Where the layers that are climbed cannot take the
            picture, they see it resized; dense layers behind them do not matter.
            Of a sequence the number of steps.
        preset: where settings come from that are left out: "default", "lucid", "distill2017",
            "maco" or "pixel"; for sequences "default" or "pixel".
        parameterisation: what is turned, such as `Fourier()` or `Pixels()`.
        transforms: what is done to the picture before the network sees it.
        optimizer: one of optax that needs gradients only.
        learning_rate: of the preset's optimiser, when there is no `optimizer`.
        start: an image to begin from, float32 (H, W, C) in [0, 1] or uint8; what the
            parameterisation starts with (grey with a little noise) if left out.
        batch: how many pictures climb one target, for objectives such as `diversity`.
        jitter: in place of `transforms`, how many pixels the picture is shifted at most; another
            number compiles nothing.
        l2: weight of the mean squared distance from grey.
        total_variation: weight of the mean absolute difference of neighbouring pixels.
        redirect: for how many steps a start from which no gradient passes is helped by redirected
            ReLU.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.
        steps_per_frame: how many steps are between frames; by default 1 on a CPU, and on an
            accelerator as many as give 30 frames a second.
        memory: bytes that a step may take; a list of targets is cut into parts for it.

    Yields:
        `AscentFrame`s, the last one being that of step `steps`.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such target.
        InputError: if the network cannot take such a picture, or a number is out of range.
        AscentDivergedError: a FloatingPointError, if the score becomes NaN or infinite, or the
            picture is black and white and the score below that of the start; the frames before it
            are good, and it has the last one.

    Example:
        >>> for frame in ascend(net, "conv3:5", preset="lucid"): print(frame.step, frame.score)
    """
    given, net = net, net.pictured
    chosen = preset_for(given, preset)
    steps = chosen.steps if steps is None else steps
    rate = chosen.learning_rate if learning_rate is None else learning_rate
    redirect = chosen.redirect if redirect is None else redirect
    _check_numbers(
        steps=steps,
        steps_per_frame=steps_per_frame,
        jitter=jitter,
        learning_rate=rate,
        l2=l2,
        total_variation=total_variation,
        batch=batch,
        redirect=redirect,
        memory=memory,
    )
    _check_parts(parameterisation, transforms, optimizer)
    parameterisation = parameterisation or chosen.parameterisation
    changes = _transforms(transforms, jitter, chosen.transforms)
    image = None if start is None else to_row(given.batch(start), len(given.input_shape))
    shape = _shape(net, chosen.size if size is None else size, size, image)
    goals, listed = _goals(net, target, batch)
    taps = {name for goal in goals for name in goal.taps}
    window, sides = _window(net, shape, changes, taps)
    one = (1, *sides, shape[3])
    for goal in goals:
        check_position(goal, net.at(one, taps).layer)
        _check_opacity(goal, parameterisation, shape)
    key = jax.random.key(seed) if key is None else key
    ends = None if given is net else known_range(given)
    method = chosen.optimizer if optimizer is None else optimizer
    settings = (
        Penalties(float(l2), float(total_variation)),
        -float(rate) if optimizer is None else 1.0,
        int(steps),
        None if jitter is None else int(jitter),
    )

    def part(number: int, goal: Objective, count: int) -> Part:
        own = key if number == 0 else jax.random.fold_in(key, number)
        sizes = (count, *shape[1:])
        if image is None:
            parameters = parameterisation.init(own, sizes)
        else:
            parameters = parameterisation.invert(jnp.repeat(_painted(image, ends), count, 0))
        copies = _transformed(changes, sizes)[0]
        return Part(
            net,
            goal,
            begin(parameters, method, own, sizes, parameterisation),
            Settings(goal.weighed, *settings),
            (copies, *sides, shape[3]),
            {
                "form": goal.form,
                "shape": sizes,
                "window": window,
                "sides": sides,
                "parameterisation": parameterisation,
                "transforms": changes,
                "optimizer": method,
                "ends": ends,
            },
        )

    if not listed:
        parts = [part(0, goals[0], batch)]
    else:
        copies = _transformed(changes, shape)[0]
        most = max(pictures_at_once(net, goals, one, memory) // copies, 1)
        parts = [part(*given) for given in _parts(goals, most)]
    wanted = len(goals) if listed else batch
    as_given = None
    if ends is not None:
        as_given = functools.partial(of_sequences, ends=ends, rank=len(given.input_shape))
    return Climb(parts, wanted, redirect, as_given).frames(steps, steps_per_frame)


def layers_seen(
    net: Network,
    *,
    preset: str = "default",
    size: int | tuple[int, int] | None = None,
    transforms: Transform | Sequence[Transform] | None = None,
    jitter: int | None = None,
    start: Any = None,
) -> tuple[Layer, ...]:
    """The layers as they are for what the network sees of one picture of their ascents.

    Of a sequence there is one row.

    Args:
        net: the network.
        preset: as in `ascend`, and so are the others.
        size: likewise.
        transforms: likewise.
        jitter: likewise.
        start: likewise.
    """
    given, net = net, net.pictured
    chosen = preset_for(given, preset)
    changes = _transforms(transforms, jitter, chosen.transforms)
    image = None if start is None else to_row(given.batch(start), len(given.input_shape))
    shape = _shape(net, chosen.size if size is None else size, size, image)

    def seen(name: str) -> Layer:
        _, sides = _window(net, shape, changes, [name])
        return net.at((1, *sides, shape[3]), [name]).layer(name)

    return tuple(seen(layer.name) for layer in net.layers)


def _goals(net: Network, target: Any, batch: int) -> tuple[list[Objective], bool]:
    """The objectives, and whether each has a picture of its own."""
    if isinstance(target, (Objective, str, int, np.integer)):
        return [objective(net, target)], False
    if batch != 1:
        raise InputError(f"expected batch with one target, got {batch} with a list of them.")
    if not isinstance(target, Iterable):
        raise InputError(
            "expected a unit such as 'conv3:5', a layer, a class, an Objective, or a list of such, "
            f"got {target!r}."
        )
    goals = [objective(net, one) for one in target]
    if not goals:
        raise InputError("expected at least one target, got an empty list.")
    return goals, True


def _parts(goals: Sequence[Objective], most: int) -> Iterator[tuple[int, Objective, int]]:
    """Objectives cut into parts of equal size; the last one is filled up with its last one."""
    count = math.ceil(len(goals) / math.ceil(len(goals) / most))
    for number, first in enumerate(range(0, len(goals), count)):
        own = list(goals[first : first + count])
        own += [own[-1]] * (count - len(own))
        yield number, each(own) if count > 1 else own[0], count


def _transforms(
    given: Transform | Sequence[Transform] | None, jitter: int | None, usual: Compose
) -> Compose:
    if given is not None and jitter is not None:
        raise InputError("expected transforms or jitter, got both: jitter=4 is Shift(4).")
    if jitter is not None:
        return compose()  # the step itself shifts, so that another jitter compiles nothing
    if given is None:
        return usual
    return compose(*([given] if isinstance(given, Transform) else given))


@functools.lru_cache(maxsize=64)  # to trace them takes longer than some ascents
def _transformed(changes: Compose, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of transformed pictures."""
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    return jax.eval_shape(lambda x: changes(x, jax.random.key(0)), x).shape


def _window(
    net: Network, shape: tuple[int, ...], changes: Compose, layers: Collection[str]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of the middle of the transformed picture that the network sees, and as what.

    All of it, if the network takes that as far as `layers`; else the picture's own size with half
    of the border that transforms gave it, or without. Where it takes none of these the last is
    resized for it: with the border, everything would be seen smaller than it is.
    """
    _, *canvas, channels = _transformed(changes, shape)
    own = [min(pair) for pair in zip(canvas, shape[1:3], strict=True)]
    half = [(a + b) // 2 for a, b in zip(canvas, own, strict=True)]
    for rows, columns in (canvas, half, own):
        if net.takes((rows, columns, channels), layers):
            return (rows, columns), (rows, columns)
    return (own[0], own[1]), (net.input_shape[0], net.input_shape[1])


def _shape(net: Network, sides_: Any, size: Any, start: Any) -> tuple[int, ...]:
    if start is not None:
        return _shape_of_start(size, start)
    wanted = net.input_shape[:2] if sides_ is None else sides_
    line = net.input_shape[0] == 1 and net.place_axes == 1
    both = (1, wanted) if line else (wanted, wanted)
    sides: tuple[Any, ...] = tuple(wanted) if isinstance(wanted, Iterable) else both
    most = MAX_STEPS if line else MAX_SIDE
    whole = all(isinstance(n, (int, np.integer)) and 0 < n <= most for n in sides)
    if len(sides) != 2 or not whole or (line and sides[0] != 1):
        what = "of one number" if line else "of one number or (rows, columns)"
        raise InputError(
            f"expected a size {what}, from 1 to {most} {'steps' if line else 'pixels'}, got "
            f"{size!r}."
        )
    return (1, int(sides[0]), int(sides[1]), net.input_shape[2])


def _shape_of_start(size: Any, start: jax.Array) -> tuple[int, ...]:
    if size is not None:
        raise InputError("expected size or start, got both: a start image has its own size.")
    shape = tuple(start.shape)
    if shape[0] != 1:
        raise InputError(f"expected one image to start from, got a batch of {shape[0]}.")
    return shape


def _check_parts(parameterisation: Any, transforms: Any, optimizer: Any) -> None:
    """Refuse what is none of its kind: names above all, which only presets have."""
    if not isinstance(parameterisation, Parameterisation | None):
        raise InputError(
            f"expected a parameterisation such as Fourier() or Pixels(), got {parameterisation!r}."
        )
    listed = [transforms] if isinstance(transforms, Transform) else transforms
    if listed is not None and (
        isinstance(listed, str)
        or not isinstance(listed, Sequence)
        or not all(isinstance(each, Transform) for each in listed)
    ):
        raise InputError(
            f"expected transforms such as [Pad(12), Jitter(8)], or () for none, got {transforms!r}."
        )
    if not isinstance(optimizer, optax.GradientTransformation | None):
        raise InputError(
            f"expected an optimizer of optax such as optax.adam(0.05), got {optimizer!r}."
        )


def _check_opacity(
    goal: Objective, parameterisation: Parameterisation, shape: tuple[int, ...]
) -> None:
    """Refuse an opacity that is 1 whatever is done: nothing climbs, and products with it stay."""
    if OPACITY not in goal.layers:
        return
    found = jax.eval_shape(
        lambda key: parameterisation.image(parameterisation.init(key, shape), shape),
        jax.random.key(0),
    )
    if found.shape[-1] == shape[-1]:
        raise InputError(
            f"expected a parameterisation with transparency, such as Alpha(), for {goal.label!r}: "
            f"{parameterisation!r} paints opaque pictures, whose opacity is 1 at every step."
        )


def _painted(image: jax.Array, ends: tuple[float, float] | None) -> jax.Array:
    """Values of the network's range as an ascent paints them, in [0, 1]."""
    if ends is None:
        return image
    low, high = ends
    return (image - low) / (high - low)


def _check_numbers(**given: Any) -> None:
    """Refuse what is no number, or out of range, by name."""
    for name, (low, high) in _RANGES.items():
        value = given[name]
        if value is None:
            continue
        whole = name in _WHOLE
        try:
            fits = low <= value <= high  # which NaN does not, either
        except TypeError:
            fits = False
        if not fits or (whole and not isinstance(value, numbers.Integral)):
            kind = ", a whole number" if whole else ""
            raise InputError(f"expected {name} from {low:g} to {high:g}{kind}, got {value!r}.")


_WHOLE = {"steps", "steps_per_frame", "jitter", "batch", "redirect"}

_RANGES = {
    "steps": (1, 10**6),
    "steps_per_frame": (1, 10**6),
    "jitter": (0, MAX_SIDE),
    "learning_rate": (1e-12, 1e6),
    "l2": (0, 1e9),
    "total_variation": (0, 1e9),
    "batch": (1, 4096),
    "redirect": (0, 10**6),
    "memory": (1, 1e15),
}
