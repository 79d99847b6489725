"""Gradient ascent on a picture: `x <- x + eta grad f(x)`, as an iterator of frames.

Four parts are put together: an objective (what to raise), a parameterisation (what to turn), a
transform (jitter, so that a feature does not depend on its place to the pixel) and an optimiser
(of optax). One compiled step serves every channel, class and position of a layer.

On a CPU one step is one frame, in a Python loop: XLA runs convolutions inside a compiled loop
several times slower there. On an accelerator a frame takes as many steps as fit in its time.

References:
    Erhan, Bengio, Courville and Vincent 2009, Visualizing higher-layer features of a deep network.
    Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32

from ..network import FAST, InputError, Network, Replay
from ..network.images import MAX_SIDE
from .channels_last import channels_last
from .objectives import Objective, Score, check_position, objective
from .parameterisations import Fourier, Parameterisation

FRAME_SECONDS = 1 / 30
"""How long a frame may take on an accelerator."""

_ADAM = optax.scale_by_adam()  # one object, so that its steps are compiled once


@dataclass(frozen=True)
class AscentFrame:
    """One moment of an ascent.

    Attributes:
        step: number of the step, 0 for the start.
        image: float32 (H, W, C) in [0, 1].
        score: the objective's value for this image, as jittered; penalties are not in it.
    """

    step: int
    image: Float32[np.ndarray, "h w c"]
    score: float


class Penalties(NamedTuple):
    """Weights of what is taken off the score. Traced: changing them compiles nothing."""

    l2: float
    total_variation: float


class _State(NamedTuple):
    parameters: Any
    optimizer: Any
    key: jax.Array


def ascend(
    net: Network,
    target: Objective | str | int,
    *,
    steps: int = 256,
    size: int | tuple[int, int] | None = None,
    parameterisation: Parameterisation = Fourier(),  # noqa: B008 (frozen)
    optimizer: optax.GradientTransformation | None = None,
    learning_rate: float = 0.05,
    start: Any = None,
    jitter: int = 4,
    l2: float = 0.0,
    total_variation: float = 0.0,
    seed: int = 0,
    key: jax.Array | None = None,
    steps_per_frame: int | None = None,
) -> Iterator[AscentFrame]:
    """Paint the picture that a unit, a channel, a layer or a class answers to most.

    Args:
        net: the network.
        target: "layer:channel", "layer:channel@row,column", "layer", a class name or number, or an
            `Objective`.
        steps: how many; the frames are numbered 0 (the start) to `steps`.
        size: of the picture, one number or (rows, columns); the network's own if left out. A
            `start` has its own.
        parameterisation: `Fourier()` or `Pixels()`.
        optimizer: one of optax that needs gradients only; Adam with `learning_rate` (Lucid's
            choice) if left out.
        learning_rate: of Adam, when there is no `optimizer`.
        start: an image to begin from, float32 (H, W, C) in [0, 1] or uint8; grey with a little
            noise if left out.
        jitter: how many pixels the picture is shifted at most before each step.
        l2: weight of the mean squared distance from grey.
        total_variation: weight of the mean absolute difference of neighbouring pixels.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.
        steps_per_frame: how many steps are between frames; by default 1 on a CPU, and on an
            accelerator as many as give 30 frames a second.

    Yields:
        `AscentFrame`s, the last one being that of step `steps`.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such target.
        InputError: if the network cannot take such a picture, or a number is out of range.
        FloatingPointError: if the score becomes NaN or infinite; the frames before it are good.

    Example:
        >>> for frame in ascend(net, "conv3:5", steps=64): print(frame.step, frame.score)
    """
    _check_numbers(
        steps=steps,
        steps_per_frame=steps_per_frame,
        jitter=jitter,
        learning_rate=learning_rate,
        l2=l2,
        total_variation=total_variation,
    )
    shape = _shape(net, size, start)
    goal = objective(net, target)
    for name in goal.layers:
        check_position(goal, net.at(shape).layer(name))
    key = jax.random.key(seed) if key is None else key
    if start is None:
        parameters = parameterisation.init(key, shape)
    else:
        parameters = parameterisation.invert(net.batch(start))
    chosen = _ADAM if optimizer is None else optimizer
    climb = _Climb(net, goal, shape, parameterisation, chosen)
    climb.settings = (
        goal.arguments,
        Penalties(float(l2), float(total_variation)),
        -float(learning_rate) if optimizer is None else 1.0,
        int(jitter),
    )
    return climb.frames(_State(parameters, chosen.init(parameters), key), steps, steps_per_frame)


class _Climb:
    """One ascent: what is compiled, and the numbers it is called with."""

    settings: tuple[Any, ...]

    def __init__(
        self,
        net: Network,
        goal: Objective,
        shape: tuple[int, ...],
        parameterisation: Parameterisation,
        optimizer: optax.GradientTransformation,
    ) -> None:
        self.goal = goal
        self.program = net.at(shape)
        self.static = {
            "layers": goal.layers,
            "score": goal.score,
            "one_channel": goal.one_channel,
            "shape": shape,
            "parameterisation": parameterisation,
            "optimizer": optimizer,
        }

    def advance(self, state: _State, count: int) -> tuple[jax.Array, jax.Array, _State]:
        """The picture of `state`, its score, and the state `count` steps on."""
        if count == 1:
            return self.program.run(_step, state, self.settings, rules=FAST, **self.static)
        return self.program.run(_steps, state, self.settings, count, rules=FAST, **self.static)

    def frames(self, state: _State, steps: int, per_frame: int | None) -> Iterator[AscentFrame]:
        pace = _Pace(per_frame)
        step, count = 0, min(pace.steps, max(steps, 1))
        coming = self.advance(state, count)
        while True:
            image, score, state = coming
            shown, step = step, step + count
            if shown < steps:  # start on the next frame while this one is looked at
                count = min(pace.steps, steps - step) if step < steps else 1
                coming = self.advance(state, count)
            value = float(score)
            if not np.isfinite(value):
                raise FloatingPointError(
                    f"the ascent of {self.goal.label!r} diverged at step {shown}: the score is "
                    f"{value}. Lower the learning rate, or look for NaN in the network's weights."
                )
            yield AscentFrame(shown, np.asarray(image), value)
            pace.note()
            if shown >= steps:
                return


class _Pace:
    """How many steps to take between frames."""

    def __init__(self, fixed: int | None) -> None:
        self.adapting = fixed is None and jax.default_backend() != "cpu"
        self.steps = fixed or 1
        self.last = time.perf_counter()

    def note(self) -> None:
        """Adapt to how long the last frame took, at most twofold at a time."""
        now = time.perf_counter()
        if self.adapting:
            wanted = self.steps * FRAME_SECONDS / max(now - self.last, 1e-4)
            self.steps = int(np.clip(wanted, max(self.steps // 2, 1), self.steps * 2))
        self.last = now


def _step(
    replay: Replay,
    state: _State,
    settings: tuple[Any, ...],
    *,
    layers: tuple[str, ...],
    score: Score,
    one_channel: bool,
    shape: tuple[int, ...],
    parameterisation: Parameterisation,
    optimizer: optax.GradientTransformation,
) -> tuple[jax.Array, jax.Array, _State]:
    arguments, penalties, scale, jitter = settings
    key, shift_key = jax.random.split(state.key)
    shift = jax.random.randint(shift_key, (2,), -jitter, jitter + 1)

    def loss(parameters: Any) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        image = parameterisation.image(parameters, shape)
        shifted = jnp.roll(image, shift, (1, 2))
        if one_channel:
            values = {layers[0]: replay.channel(shifted, layers[0], arguments[0])}
        else:
            values = replay(shifted, layers)
        values = {name: channels_last(v, replay.layer(name)) for name, v in values.items()}
        reached = score(values, arguments)
        return _penalty(image, penalties) - reached.sum(), (image, reached)

    gradient, (image, reached) = jax.grad(loss, has_aux=True)(state.parameters)
    updates, memory = optimizer.update(gradient, state.optimizer, state.parameters)
    moved = jax.tree_util.tree_map(lambda p, u: p + scale * u, state.parameters, updates)
    return image[0], reached[0], _State(moved, memory, key)


def _steps(
    replay: Replay, state: _State, settings: tuple[Any, ...], count: jax.Array, **static: Any
) -> tuple[jax.Array, jax.Array, _State]:
    """`count` steps in one compiled loop; `count` is traced, so any number serves."""
    image, reached, state = _step(replay, state, settings, **static)
    body = lambda _, state: _step(replay, state, settings, **static)[2]  # noqa: E731
    return image, reached, jax.lax.fori_loop(1, count, body, state)


def _penalty(image: Float[Array, "n h w c"], penalties: Penalties) -> Float[Array, ""]:
    """Lucid's L2 (around grey) and total variation, as means so that size does not matter."""
    grey = jnp.square(image - 0.5).mean()
    down = jnp.abs(image[:, 1:] - image[:, :-1]).mean()
    across = jnp.abs(image[:, :, 1:] - image[:, :, :-1]).mean()
    return penalties.l2 * grey + penalties.total_variation * (down + across)


def _shape(net: Network, size: int | Sequence[int] | None, start: Any) -> tuple[int, ...]:
    if len(net.input_shape) != 3:
        raise InputError(
            f"expected a network for pictures (rows, columns, channels), this one takes "
            f"{net.input_shape}."
        )
    if start is not None:
        return _shape_of_start(net, size, start)
    sides = (size, size) if isinstance(size, int) else tuple(size or net.input_shape[:2])
    whole = all(isinstance(n, (int, np.integer)) and 0 < n <= MAX_SIDE for n in sides)
    if len(sides) != 2 or not whole:
        raise InputError(
            f"expected a size of one number or (rows, columns), from 1 to {MAX_SIDE} pixels, got "
            f"{size!r}."
        )
    shape = (1, int(sides[0]), int(sides[1]), net.input_shape[2])
    net.at(shape)  # refuses a size that the model cannot take
    return shape


def _shape_of_start(net: Network, size: Any, start: Any) -> tuple[int, ...]:
    if size is not None:
        raise InputError("expected size or start, got both: a start image has its own size.")
    shape = tuple(net.batch(start).shape)
    if shape[0] != 1:
        raise InputError(f"expected one image to start from, got a batch of {shape[0]}.")
    return shape


def _check_numbers(**given: Any) -> None:
    """Refuse numbers out of range, by name."""
    for name, (low, high) in _RANGES.items():
        value = given[name]
        if value is not None and not low <= value <= high:  # which NaN is not, either
            raise InputError(f"expected {name} from {low:g} to {high:g}, got {value}.")


_RANGES = {
    "steps": (1, 10**6),
    "steps_per_frame": (1, 10**6),
    "jitter": (0, MAX_SIDE),
    "learning_rate": (1e-12, 1e6),
    "l2": (0, 1e9),
    "total_variation": (0, 1e9),
}
