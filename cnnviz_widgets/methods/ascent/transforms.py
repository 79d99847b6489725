"""What is done to a picture before the network sees it, anew at each step.

A feature that survives being moved, scaled and turned does not hang on single pixels. A transform
is a frozen dataclass, hashable, so that equal ones share compiled code; what it draws is traced:
another draw compiles nothing. All are differentiable, and run on the device with the step. One draw
serves all pictures of a batch.

A sequence is a picture of one row, which has no border above or below and cannot be turned.

The canvas is the same whatever is drawn, with grey beyond the picture where it is smaller, so that
a step has one shape.

References:
    Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...network import InputError
from ..checks import check_range
from .resampling import GREY, blurred, boxes, rotated, scaled


@runtime_checkable
class Transform(Protocol):
    """From pictures to pictures; instances are hashable."""

    def __call__(
        self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0
    ) -> Float[Array, "m r s c"]:
        """Change pictures.

        Args:
            x: the pictures.
            key: of the random numbers.
            progress: how much of the ascent is done, 0 to 1; may be traced.

        Returns:
            The changed pictures, or as many of each: then those of the first picture come first.
        """
        ...


@dataclass(frozen=True)
class Compose:
    """One transform after another.

    Attributes:
        transforms: the first one sees the picture.
    """

    transforms: tuple[Transform, ...] = ()

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:
        """As `Transform`."""
        for number, transform in enumerate(self.transforms):
            x = transform(x, jax.random.fold_in(key, number), progress)
        return x


def compose(*transforms: Transform) -> Compose:
    """One transform after another, as one.

    Example:
        >>> compose(Pad(12), Jitter(8), Scale((0.9, 1.0, 1.1)))
    """
    return Compose(tuple(transforms))


@dataclass(frozen=True)
class Pad:
    """A border around the picture.

    Attributes:
        width: in pixels.
        fill: a number, "reflect" for the picture mirrored at its edge, or "edge" for its outermost
            pixels repeated.
    """

    width: int
    fill: float | str = GREY

    def __post_init__(self) -> None:
        check_range("width", self.width, 0, 4096)
        if isinstance(self.fill, str) and self.fill not in ("reflect", "edge"):
            raise InputError(f'expected a number, "reflect" or "edge" as fill, got {self.fill!r}.')

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; gives (n, h + 2 width, w + 2 width, c)."""
        down = 0 if x.shape[1] == 1 else self.width
        around = ((0, 0), (down, down), (self.width, self.width), (0, 0))
        if isinstance(self.fill, str):
            return jnp.pad(x, around, self.fill)
        return jnp.pad(x, around, constant_values=self.fill)


@dataclass(frozen=True)
class Jitter:
    """A random piece that is smaller than the picture, as in Lucid.

    Attributes:
        most: by how many pixels it is smaller, on either axis.
    """

    most: int

    def __post_init__(self) -> None:
        check_range("most", self.most, 0, 4096)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; gives (n, h - most, w - most, c)."""
        sides = _left_over(x, self.most)
        row, column = jax.random.randint(key, (2,), 0, self.most + 1)
        row = jnp.zeros_like(row) if x.shape[1] == 1 else row
        return jax.lax.dynamic_slice(
            x, (jnp.zeros_like(row), row, column, jnp.zeros_like(row)),
            (x.shape[0], *sides, x.shape[3]),
        )  # fmt: skip


@dataclass(frozen=True)
class Shift:
    """The picture moved at random; what leaves it on one side comes in on the other.

    Attributes:
        most: pixels, either way; below 1, a share of the picture's shorter side.
    """

    most: float

    def __post_init__(self) -> None:
        check_range("most", self.most, 0, 4096)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        pixels = self.most if self.most >= 1 else self.most * min(x.shape[1:3])
        return shifted(x, key, round(pixels))


@dataclass(frozen=True)
class Crop:
    """The picture without its border.

    Attributes:
        margin: how many pixels are left off on each side.
    """

    margin: int

    def __post_init__(self) -> None:
        check_range("margin", self.margin, 0, 4096)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; gives (n, h - 2 margin, w - 2 margin, c)."""
        rows, columns = _left_over(x, 2 * self.margin)
        top = 0 if x.shape[1] == 1 else self.margin
        return x[:, top : top + rows, self.margin : self.margin + columns]


@dataclass(frozen=True)
class Scale:
    """Made larger or smaller about the middle.

    Attributes:
        factors: of which one is drawn.
        fill: what is beyond the picture.
    """

    factors: tuple[float, ...]
    fill: float = GREY

    def __post_init__(self) -> None:
        _check_choices("factors", self.factors, 0.01, 100)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        return scaled(x, _drawn(key, self.factors), self.fill)


@dataclass(frozen=True)
class Rotate:
    """Turned about the middle, on a canvas of the same size.

    Attributes:
        degrees: of which one is drawn; anticlockwise.
        fill: what is beyond the picture.
    """

    degrees: tuple[float, ...]
    fill: float = GREY

    def __post_init__(self) -> None:
        _check_choices("degrees", self.degrees, -360, 360)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        _check_turns("Rotate", x)
        return rotated(x, _drawn(key, self.degrees), self.fill)


@dataclass(frozen=True)
class Affine:
    """Turned and scaled about the middle in one reading: two, one after the other, blur twice.

    Attributes:
        degrees: of which one is drawn; anticlockwise.
        factors: likewise; above 1 for larger.
        fill: what is beyond the picture.
        grow: whether the canvas is as large as the largest factor needs; as large as the picture
            if not.
    """

    degrees: tuple[float, ...]
    factors: tuple[float, ...]
    fill: float = GREY
    grow: bool = False

    def __post_init__(self) -> None:
        _check_choices("degrees", self.degrees, -360, 360)
        _check_choices("factors", self.factors, 0.01, 100)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape, or gives the shape of the grown canvas."""
        _check_turns("Affine", x)
        if self.grow:
            largest = max(*self.factors, 1.0)
            around = [_around(size, math.ceil(size * largest)) for size in x.shape[1:3]]
            x = jnp.pad(x, ((0, 0), *around, (0, 0)), constant_values=self.fill)
        turn, size = jax.random.split(key)
        return rotated(x, _drawn(turn, self.degrees), self.fill, _drawn(size, self.factors))


@dataclass(frozen=True)
class Flip:
    """Mirrored left to right, now and then.

    Attributes:
        probability: of that.
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        check_range("probability", self.probability, 0, 1)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        return jnp.where(jax.random.bernoulli(key, self.probability), x[:, :, ::-1], x)


@dataclass(frozen=True)
class Blur:
    """A Gaussian blur of random width.

    Attributes:
        least: its standard deviation in pixels, at least; above 0.
        most: at most; as `least` if left out.
    """

    least: float
    most: float | None = None

    def __post_init__(self) -> None:
        check_range("least", self.least, 1e-3, 256)
        check_range("most", self.highest, self.least, 256)

    @property
    def highest(self) -> float:
        """The largest standard deviation that is drawn."""
        return self.least if self.most is None else self.most

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        deviation = jax.random.uniform(key, (), minval=self.least, maxval=self.highest)
        return blurred(x, deviation, int(4 * self.highest + 0.5))


@dataclass(frozen=True)
class Noise:
    """Noise added to each value.

    Attributes:
        deviation: standard deviation of its Gaussian part.
        spread: its even part goes from minus this to plus this.
    """

    deviation: float
    spread: float = 0.0

    def __post_init__(self) -> None:
        check_range("deviation", self.deviation, 0, 100)
        check_range("spread", self.spread, 0, 100)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:  # noqa: ARG002
        """As `Transform`; keeps the shape."""
        bell, even = jax.random.split(key)
        x = x + self.deviation * jax.random.normal(bell, x.shape, x.dtype)
        if not self.spread:
            return x
        return x + jax.random.uniform(even, x.shape, x.dtype, -self.spread, self.spread)


@dataclass(frozen=True)
class Crops:
    """Several square pieces of each picture, enlarged to its size; smaller ones later on.

    Attributes:
        count: of pieces.
        largest: their mean side at the start, as a share of the picture.
        smallest: at the end; no piece is smaller.
        deviation: standard deviation of a piece's side.
        off_centre: standard deviation of a piece's middle, as a share of the picture.
        pixels: sides of the smallest piece at least: in a small picture the shares of large ones
            would leave next to nothing.

    References:
        Fel et al. 2023, Unlocking feature visualization for deeper networks with magnitude
        constrained optimization, https://arxiv.org/abs/2306.06805.
    """

    count: int = 32
    largest: float = 0.5
    smallest: float = 0.05
    deviation: float = 0.05
    off_centre: float = 0.15
    pixels: int = 8

    def __post_init__(self) -> None:
        check_range("count", self.count, 1, 4096)
        check_range("smallest", self.smallest, 1e-3, self.largest)
        check_range("largest", self.largest, self.smallest, 1)
        check_range("pixels", self.pixels, 1, 4096)

    def __call__(self, x: Float[Array, "n h w c"], key: jax.Array, progress: Any = 0.0) -> Any:
        """As `Transform`; gives (n * count, h, w, c)."""
        where, how_large = jax.random.split(key)
        centres = 0.5 + self.off_centre * jax.random.normal(where, (self.count, 2))
        mean = self.largest + (self.smallest - self.largest) * progress
        side = mean + self.deviation * jax.random.normal(how_large, (self.count,))
        shorter = x.shape[2] if x.shape[1] == 1 else min(x.shape[1:3])
        least = min(max(self.smallest, self.pixels / shorter), 1.0)
        pieces = boxes(x, centres, jnp.clip(side, least, 1.0))
        return pieces.reshape(-1, *x.shape[1:])


def shifted(x: Float[Array, "n h w c"], key: jax.Array, most: Any) -> Float[Array, "n h w c"]:
    """As `Shift`; `most` may be traced."""
    return jnp.roll(x, jax.random.randint(key, (2,), -most, most + 1), (1, 2))


def _around(size: int, grown: int) -> tuple[int, int]:
    """The border that makes `grown` of `size`."""
    more = grown - size
    return more // 2, more - more // 2


def _drawn(key: jax.Array, choices: Sequence[float]) -> jax.Array:
    table = jnp.asarray(np.asarray(choices, np.float32))
    return table[jax.random.randint(key, (), 0, len(choices))]


def _left_over(x: jax.Array, less: int) -> tuple[int, int]:
    rows, columns = x.shape[1] - (0 if x.shape[1] == 1 else less), x.shape[2] - less
    if min(rows, columns) < 1:
        raise InputError(
            f"expected a picture of more than {less} pixels on each side, which a transform cuts "
            f"off, got {x.shape[1]} x {x.shape[2]}. Give a larger size, or other transforms."
        )
    return rows, columns


def _check_turns(name: str, x: jax.Array) -> None:
    if x.shape[1] == 1:
        raise InputError(
            f"expected pictures for {name}(), got a sequence, or a picture of one row. Leave it "
            "out, or give a larger size."
        )


def _check_choices(name: str, choices: Sequence[float], low: float, high: float) -> None:
    if not choices:
        raise InputError(f"expected at least one number in {name}, got none.")
    for choice in choices:
        check_range(name, choice, low, high)
