"""DeepDream: whatever layers see in a picture, more of it.

The picture is climbed at several sizes (octaves), from small to large, so that features of all
sizes appear. A large picture is climbed in tiles, so that memory does not grow with it; each step
moves the picture by another amount before it is cut, so that no seams stay.

References:
    Mordvintsev, Olah and Tyka 2015, Inceptionism: going deeper into neural networks,
    https://research.google/blog/inceptionism-going-deeper-into-neural-networks.
    https://www.tensorflow.org/tutorials/generative/deepdream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32

from ...network import FAST, InputError, Network, Replay
from ...network.errors import suggest
from ..attribution.method import picture_batch
from ..checks import check_count, check_range
from ..objectives import (
    INPUT,
    OPACITY,
    Form,
    Objective,
    Place,
    Scores,
    Values,
    check_units,
    only,
    per_image,
    wanted_values,
)
from .frame import AscentDivergedError, AscentFrame
from .resampling import resized
from .step import looked_up

MOST_GUIDES = 512
"""Places of the guiding image that are compared with; evenly taken from all."""


@dataclass(frozen=True)
class DreamPreset:
    """Settings of a dream that belong together.

    Attributes:
        octaves: powers of `scale`, in order; the picture's own size is 0.
        scale: of one octave to the next.
        iterations: for each octave.
        rate: by how much the picture changes, in its range of 0 to 1.
        jitter: pixels by which it is shifted at most, before each iteration.
        unit: what the gradient is divided by: its mean size ("mean") or its deviation ("std").
        measure: of a layer: half its mean square ("square") or its mean ("mean").
        detail: whether each octave begins with the picture itself plus what was dreamt so far, or
            with the last octave enlarged.
        tile: pixels on a side that are climbed at once.
    """

    octaves: tuple[int, ...]
    scale: float
    iterations: int
    rate: float
    jitter: int
    unit: str
    measure: str
    detail: bool
    tile: int = 512


DREAM_PRESETS = {
    "original": DreamPreset((-3, -2, -1, 0), 1.4, 10, 1.5 / 255, 32, "mean", "square", detail=True),
    "tensorflow": DreamPreset(
        (-2, -1, 0, 1, 2), 1.3, 100, 0.01 / 2, 512, "std", "mean", detail=False
    ),
}
"""The original notebook's settings, and those of TensorFlow's tutorial, for pictures in [0, 1]."""


@dataclass(frozen=True)
class DreamFrame(AscentFrame):
    """One moment of a dream; `image` has the size of its octave.

    Attributes:
        octave: number of the octave, from 0.
        octaves: how many there are.
        iteration: within the octave, from 0: before the first one.
        steps: the number of the last frame.
    """

    octave: int = 0
    octaves: int = 1
    iteration: int = 0
    steps: int = 0


def deep_dream(
    net: Network,
    x: Any,
    *,
    layer: str | Sequence[str] | Mapping[str, float] | Objective | None = None,
    preset: str = "original",
    octaves: Sequence[int] | None = None,
    scale: float | None = None,
    iterations: int | None = None,
    rate: float | None = None,
    jitter: int | None = None,
    tile: int | None = None,
    guide: Any = None,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[DreamFrame]:
    """Amplify what layers see in a picture.

    Args:
        net: the network.
        x: one image, HWC, uint8 or float in [0, 1], of any size: layers of a fixed size, such as
            dense ones, see tiles of their own.
        layer: a name, several, several with weights, or an `Objective`; a convolution at two
            thirds of the depth if left out.
        preset: where settings come from that are left out: "original" (10 iterations at each of 4
            octaves, scale 1.4, 1.5/255 over the mean gradient; the default, which is fast) or
            "tensorflow" (100 at each of 5, scale 1.3, 0.01 of a range of 2 over the deviation).
        octaves: powers of `scale`, such as (-2, -1, 0). Those too small for the network are left
            out.
        scale: of one octave to the next, 1.01 to 4.
        iterations: for each octave.
        rate: by how much the picture changes at each, 0 to 1.
        jitter: pixels by which the picture is shifted at most; a picture in tiles moves by up to a
            tile.
        tile: pixels on a side that are climbed at once, from 16.
        guide: another image, of the network's own size or one that it takes: each place of a
            layer is drawn to that place of the guide which it resembles most.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Yields:
        `DreamFrame`s: the start and every iteration of every octave.

    Raises:
        InputError: if `x` is not one image, or a number is out of range.
        UnknownLayerError: if there is no such layer.
        AscentDivergedError: if the score becomes NaN or infinite.

    Example:
        >>> *_, last = deep_dream(net, cw.image("cat"), layer="conv4")
    """
    if preset not in DREAM_PRESETS:
        raise InputError(
            f"expected a preset, got {preset!r}: {suggest(str(preset), DREAM_PRESETS)}"
        )
    given = {"octaves": None if octaves is None else tuple(int(power) for power in octaves),
             "scale": scale, "iterations": iterations, "rate": rate, "jitter": jitter,
             "tile": tile}  # fmt: skip
    settings = replace(
        DREAM_PRESETS[preset], **{name: value for name, value in given.items() if value is not None}
    )
    _check(settings)
    image = one_picture(net, x)
    goal = _goal(net, layer, settings.measure, guide)
    check_units(goal, net.__getitem__)
    sizes = _sizes(net, goal, (image.shape[1], image.shape[2]), settings)
    return _dream(net, image, goal, settings, sizes, jax.random.key(seed) if key is None else key)


def _dream(
    net: Network, image: jax.Array, goal: Objective, settings: DreamPreset,
    sizes: Sequence[tuple[int, int]], key: jax.Array,
) -> Iterator[DreamFrame]:  # fmt: skip
    steps = len(sizes) * settings.iterations
    picture, last = resized(image, sizes[0]), None
    base = picture
    for octave, sides in enumerate(sizes):
        if octave and settings.detail:
            dreamt = resized(picture - base, sides)
            base = resized(image, sides)
            picture = jnp.clip(base + dreamt, 0, 1)
        elif octave:
            picture = resized(picture, sides)
        tiles = _Tiles(net, goal, sides, settings.tile)
        for iteration in range(settings.iterations + (octave == len(sizes) - 1)):
            step = octave * settings.iterations + iteration
            shift = tiles.shift(jax.random.fold_in(key, step), settings.jitter)
            moved, score = tiles.step(picture, shift, settings)
            value = float(score)
            if not np.isfinite(value):
                raise AscentDivergedError(
                    f"the dream of {goal.label!r} diverged at step {step}: the score is {value}. "
                    "Lower the rate (the strength of a view), or look for NaN in the network's "
                    "weights.",
                    last,
                )
            last = DreamFrame(
                step, np.asarray(picture[0]), value, octave=octave, octaves=len(sizes),
                iteration=iteration, steps=steps,
            )  # fmt: skip
            yield last
            picture = moved


class _Tiles:
    """The pieces of equal size in which a picture of one octave is climbed.

    They are spread evenly; where they overlap, their gradients are averaged.
    """

    def __init__(self, net: Network, goal: Objective, sides: tuple[int, int], tile: int) -> None:
        channels = net.input_shape[2]
        own = net.input_shape[:2]
        fixed = _is_fixed(net, goal)
        wide = [min(tile, limit) if fixed else tile for limit in own]
        self.sizes = tuple(min(side, most) for side, most in zip(sides, wide, strict=True))
        self.seen = self.sizes if net.takes((*self.sizes, channels), goal.taps) else own
        starts = [
            np.linspace(0, side - size, math.ceil(side / size)).round().astype(int).tolist()
            for side, size in zip(sides, self.sizes, strict=True)
        ]
        self.corners = [(row, column) for row in starts[0] for column in starts[1]]
        covered = np.zeros((1, *sides, 1), np.float32)
        for row, column in self.corners:
            covered[:, row : row + self.sizes[0], column : column + self.sizes[1]] += 1
        self.covered = jnp.asarray(covered)
        self.run = net.at((1, *self.seen, channels), goal.taps).run
        self.goal = goal

    def shift(self, key: jax.Array, jitter: int) -> jax.Array:
        """By how much the picture is moved: by up to a tile where there are several."""
        most = max(jitter, *self.sizes) if len(self.corners) > 1 else jitter
        return jax.random.randint(key, (2,), -most, most + 1)

    def step(
        self, picture: jax.Array, shift: jax.Array, settings: DreamPreset
    ) -> tuple[jax.Array, jax.Array]:
        """The picture one iteration on, and its score: the mean over tiles."""
        rolled = _rolled(picture, shift)
        total, score = jnp.zeros_like(rolled), jnp.zeros(())
        for corner in self.corners:  # one after the other, which is what bounds the memory
            gradient, found = self.run(
                _tile_gradient, _cut(rolled, corner, self.sizes), self.goal.weighed,
                rules=FAST, form=self.goal.form, seen=self.seen,
            )  # fmt: skip
            total, score = _added(total, gradient, corner), score + found / len(self.corners)
        gradient = _rolled(total / self.covered, -shift)
        return _moved(picture, gradient, settings.rate, settings.unit), score


def _tile_gradient(
    replay: Replay,
    tile: Float[Array, "1 h w c"],
    weighed: Any,
    *,
    form: Form,
    seen: tuple[int, int],
) -> tuple[Float[Array, "1 h w c"], Float[Array, ""]]:
    def score(tile: jax.Array) -> tuple[jax.Array, jax.Array]:
        values = looked_up(replay, resized(tile, seen), form, weighed)
        found = form({**values, INPUT: tile}, weighed)
        return found.sum(), found.sum()

    return jax.grad(score, has_aux=True)(tile)


@jax.jit
def _rolled(picture: jax.Array, shift: jax.Array) -> jax.Array:
    return jnp.roll(picture, shift, (1, 2))


@partial(jax.jit, static_argnums=2)
def _cut(picture: jax.Array, corner: tuple[Any, Any], sizes: tuple[int, int]) -> jax.Array:
    start = (0, *corner, 0)
    return jax.lax.dynamic_slice(picture, start, (1, *sizes, picture.shape[3]))


@jax.jit
def _added(total: jax.Array, part: jax.Array, corner: tuple[Any, Any]) -> jax.Array:
    start = (0, *corner, 0)
    known = jax.lax.dynamic_slice(total, start, part.shape)
    return jax.lax.dynamic_update_slice(total, known + part, start)


@partial(jax.jit, static_argnums=3)
def _moved(picture: jax.Array, gradient: jax.Array, rate: Any, unit: str) -> jax.Array:
    size = jnp.abs(gradient).mean() if unit == "mean" else gradient.std()
    return jnp.clip(picture + rate * gradient / jnp.maximum(size, 1e-20), 0, 1)


def _goal(net: Network, layer: Any, measure: str, guide: Any) -> Objective:
    """The objective of layers with weights, or one that is given."""
    if isinstance(layer, Objective):
        if guide is not None:
            raise InputError("expected layers with a guide, got an Objective.")
        if OPACITY in layer.layers:
            raise InputError(f"expected no opacity, which dreams do not have, got {layer.label!r}.")
        return layer
    if layer is None:
        known = [each.name for each in net.layers if each.kind == "conv"]
        known = known or [each.name for each in net.layers]
        layer = known[round(2 / 3 * (len(known) - 1))]
    weights = layer if isinstance(layer, Mapping) else dict.fromkeys(
        [layer] if isinstance(layer, str) else layer, 1.0
    )  # fmt: skip
    if not weights:
        raise InputError("expected at least one layer, got none.")
    for weight in weights.values():
        check_range("the weight of a layer", weight, -1e6, 1e6)
    found = [_of_layer(net, net[name].name, measure, guide) for name in weights]
    parts = [
        part if weight == 1 else weight * part
        for part, weight in zip(found, weights.values(), strict=True)
    ]
    return sum(parts[1:], parts[0])


def _of_layer(net: Network, name: str, measure: str, guide: Any) -> Objective:
    place = (Place(name),)
    if guide is None:
        score = _half_square if measure == "square" else _mean
        return Objective(name, (name,), score, places=place)
    features = wanted_values(net, guide, (name,))[name]
    features = features.reshape(-1, features.shape[-1])
    chosen = np.linspace(0, len(features) - 1, min(len(features), MOST_GUIDES)).round().astype(int)
    return Objective(f"guided {name}", (name,), _nearest, (features[chosen],), places=place)


def _half_square(values: Values, _: Any) -> Scores:
    return per_image(0.5 * jnp.square(only(values)))


def _mean(values: Values, _: Any) -> Scores:
    return per_image(only(values))


def _nearest(values: Values, arguments: Any) -> Scores:
    (features,) = arguments
    value = only(values)
    return per_image(jnp.einsum("n...c,qc->n...q", value, jnp.asarray(features)).max(-1))


def one_picture(net: Network, x: Any) -> Float32[Array, "1 h w c"]:
    """The image, of any size, with the network's number of channels."""
    array = np.asarray(x)
    if array.ndim == 3 and not net.takes(array.shape):
        if len(net.input_shape) != 3:
            picture_batch(net, x)  # says that it is a network for no pictures
        if array.shape[2] != net.input_shape[2] or array.dtype.kind not in "uf":
            net.batch(x)  # says what is wrong with it
        array = array.astype(np.float32) / (255 if array.dtype == np.uint8 else 1)
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise InputError("expected an image in [0, 1] or uint8, got values beyond.")
        return jnp.asarray(array[None])
    batch = picture_batch(net, x)
    if batch.shape[0] != 1:
        raise InputError(f"expected one image, got a batch of {batch.shape[0]}. Pass x[0].")
    return batch


def _is_fixed(net: Network, goal: Objective) -> bool:
    """Whether the layers that are climbed are there for pictures of the network's size only."""
    rows, columns, channels = net.input_shape
    return not net.takes((rows + 8, columns + 8, channels), goal.taps)


def _sizes(
    net: Network, goal: Objective, sides: tuple[int, int], settings: DreamPreset
) -> list[tuple[int, int]]:
    """Rows and columns of each octave that the network can take; of the picture itself, at least.

    A network of a fixed size takes tiles, enlarged if need be, so any octave will do.
    """
    fixed, channels = _is_fixed(net, goal), net.input_shape[2]
    found = []
    for power in settings.octaves:
        size = tuple(max(round(side * settings.scale**power), 1) for side in sides)
        check_range("the largest octave's side", max(size), 1, 4096)
        tile = [min(side, settings.tile) for side in size]
        if fixed or net.takes((*tile, channels), goal.taps):
            found.append(size)
    return found or [sides]


def _check(settings: DreamPreset) -> None:
    if not settings.octaves or max(map(abs, settings.octaves)) > 32:
        raise InputError(f"expected octaves from -32 to 32, got {settings.octaves}.")
    check_range("scale", settings.scale, 1.01, 4)
    check_count("iterations", settings.iterations)
    check_range("rate", settings.rate, 1e-9, 1)
    check_range("jitter", settings.jitter, 0, 4096)
    check_range("tile", settings.tile, 16, 4096)
