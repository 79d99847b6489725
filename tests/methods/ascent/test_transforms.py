"""Transforms against NumPy and SciPy, and that whatever they draw is compiled once."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from cnnviz_widgets.methods import (
    Affine,
    Blur,
    Compose,
    Crop,
    Crops,
    Flip,
    Jitter,
    Noise,
    Pad,
    Rotate,
    Scale,
    Shift,
    Transform,
    compose,
)
from cnnviz_widgets.methods.ascent.resampling import resized
from cnnviz_widgets.network import InputError
from tests.compiling import compilations
from tests.models.taps import pictures

SHAPE = (9, 12, 3)
ALL = [
    Pad(2),
    Pad(3, "reflect"),
    Jitter(3),
    Shift(2),
    Crop(2),
    Scale((0.8, 1.0, 1.3)),
    Rotate((-20.0, 0.0, 35.0)),
    Affine((-20.0, 35.0), (0.8, 1.0, 1.3)),
    Affine((-20.0, 35.0), (0.8, 1.0, 1.3), grow=True),
    Flip(),
    Blur(0.5, 1.5),
    Noise(0.1, 0.05),
    Crops(3),
    compose(Pad(4), Jitter(4), Rotate((5.0,)), Noise(0.01)),
]


def _planes(function, x, *arguments):
    """A function of one plane, applied to every channel of every picture, in float64."""
    found = [
        [function(np.asarray(x[n, ..., c], np.float64), *arguments) for c in range(x.shape[-1])]
        for n in range(len(x))
    ]
    return np.moveaxis(np.asarray(found), 1, -1)


def _read(plane, y, x, fill):
    return ndimage.map_coordinates(plane, [y, x], order=1, mode="grid-constant", cval=fill)


def _scaled(plane, factor, fill):
    y, x = np.mgrid[: plane.shape[0], : plane.shape[1]].astype(float)
    middle = [(size - 1) / 2 for size in plane.shape]
    return _read(plane, (y - middle[0]) / factor + middle[0],
                 (x - middle[1]) / factor + middle[1], fill)  # fmt: skip


def _grown(plane, factor, fill):
    more = [math.ceil(size * factor) - size for size in plane.shape]
    return np.pad(plane, [(each // 2, each - each // 2) for each in more], constant_values=fill)


def _rotated(plane, degrees, fill, factor=1.0):
    turn = np.deg2rad(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / factor
    middle = (np.asarray(plane.shape) - 1) / 2
    return ndimage.affine_transform(
        plane, matrix, middle - matrix @ middle, order=1, mode="grid-constant", cval=fill
    )


KEY = jax.random.key(4)
FORMULAS = [
    (Pad(2), lambda p: np.pad(p, 2, constant_values=0.5)),
    (Pad(1, 0.25), lambda p: np.pad(p, 1, constant_values=0.25)),
    (Pad(3, "reflect"), lambda p: np.pad(p, 3, "reflect")),
    (Pad(3, "edge"), lambda p: np.pad(p, 3, "edge")),
    (Crop(2), lambda p: p[2:-2, 2:-2]),
    (Scale((0.8,)), lambda p: _scaled(p, 0.8, 0.5)),
    (Scale((1.3,), fill=0.0), lambda p: _scaled(p, 1.3, 0.0)),
    (Rotate((35.0,)), lambda p: _rotated(p, 35, 0.5)),
    (Rotate((-110.0,), fill=1.0), lambda p: _rotated(p, -110, 1.0)),
    (Affine((35.0,), (0.8,)), lambda p: _rotated(p, 35, 0.5, 0.8)),
    (Affine((-20.0,), (1.2,), 0.0, grow=True),
     lambda p: _rotated(_grown(p, 1.2, 0.0), -20, 0, 1.2)),
    (Affine((0.0,), (0.7,), grow=True), lambda p: _scaled(p, 0.7, 0.5)),
    (Flip(1.0), lambda p: p[:, ::-1]),
    (Flip(0.0), lambda p: p),
    (Blur(1.2), lambda p: ndimage.gaussian_filter(p, 1.2, mode="nearest")),
    (Blur(0.6), lambda p: ndimage.gaussian_filter(p, 0.6, mode="nearest")),
    (Noise(0.0), lambda p: p),
    (compose(Pad(3), Scale((0.9,)), Crop(1)),
     lambda p: _scaled(np.pad(p, 3, constant_values=0.5), 0.9, 0.5)[1:-1, 1:-1]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("transform", "formula"),
    FORMULAS,
    ids=[repr(transform)[:40] for transform, _ in FORMULAS],
)
def test_a_transform_is_the_formula_of_numpy_or_scipy(transform, formula):
    x = pictures(SHAPE, 2)
    np.testing.assert_allclose(transform(jnp.asarray(x), KEY), _planes(formula, x), atol=1e-5)


def test_rotation_is_anticlockwise_by_its_degrees():
    x = pictures((7, 7, 1), 1)
    np.testing.assert_allclose(Rotate((90.0,))(jnp.asarray(x), KEY)[0], np.rot90(x[0]), atol=1e-5)


def test_jitter_and_shift_draw_every_piece_and_nothing_else():
    x = jnp.asarray(pictures((5, 6, 1), 1))
    jitter, shift = jax.jit(Jitter(2)), jax.jit(Shift(1))
    pieces = {x[0, r : r + 3, c : c + 4].tobytes() for r in range(3) for c in range(3)}
    rolled = {np.roll(x[0], (r, c), (0, 1)).tobytes() for r in (-1, 0, 1) for c in (-1, 0, 1)}
    keys = jax.random.split(KEY, 120)
    assert {np.asarray(jitter(x, key))[0].tobytes() for key in keys} == pieces
    assert {np.asarray(shift(x, key))[0].tobytes() for key in keys} == rolled


def test_noise_has_the_stated_deviation():
    found = np.asarray(Noise(0.1)(jnp.full((1, 200, 200, 1), 0.5), KEY)) - 0.5
    assert found.std() == pytest.approx(0.1, rel=0.02)
    found = np.asarray(Noise(0.0, 0.04)(jnp.full((1, 200, 200, 1), 0.5), KEY)) - 0.5
    assert np.abs(found).max() == pytest.approx(0.04, rel=0.02)


def test_crops_are_boxes_that_shrink():
    """Against a plain reading of each box; the pieces of the first picture come first."""
    x = pictures((17, 17, 1), 2)
    where, _ = jax.random.split(KEY)
    centres = 0.5 + 0.1 * np.asarray(jax.random.normal(where, (4, 2)))
    for progress, pixels, side in ((0.0, 1, 0.5), (1.0, 1, 0.25), (1.0, 6, 6 / 17)):
        crops = Crops(4, 0.5, 0.25, deviation=0.0, off_centre=0.1, pixels=pixels)
        got = np.asarray(crops(jnp.asarray(x), KEY, progress)).reshape(2, 4, 17, 17, 1)
        across = np.linspace(-0.5, 0.5, 17) * side
        for n in range(2):
            for k in range(4):
                y, z = np.meshgrid(
                    (centres[k, 0] + across) * 16, (centres[k, 1] + across) * 16, indexing="ij"
                )
                wanted = _read(x[n, ..., 0].astype(float), y, z, 0.5)
                np.testing.assert_allclose(got[n, k, ..., 0], wanted, atol=1e-5)


@pytest.mark.parametrize("sides", [(9, 12), (18, 24), (13, 7), (4, 40)])
def test_resizing_is_bilinear_between_middles_of_pixels(sides):
    x = pictures(SHAPE, 2)

    def formula(plane):
        at = [np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
              for old, new in zip(plane.shape, sides, strict=True)]  # fmt: skip
        return ndimage.map_coordinates(plane, np.meshgrid(*at, indexing="ij"), order=1)

    np.testing.assert_allclose(resized(jnp.asarray(x), sides), _planes(formula, x), atol=1e-5)


@pytest.mark.parametrize("transform", ALL, ids=repr)
def test_contract_of_a_transform(transform):
    """Hashable, compiled once whatever is drawn, and differentiable: as finite differences are."""
    assert isinstance(transform, Transform)
    assert hash(transform) == hash(transform)
    x, way = (jnp.asarray(pictures(SHAPE, 1, seed)) for seed in (0, 1))

    def loss(x, key, progress):
        return jnp.square(transform(x, key, progress)).mean()

    both = jax.jit(jax.value_and_grad(loss))
    both(x, KEY, 0.5)
    with compilations() as found:
        for number, key in enumerate(jax.random.split(KEY, 5)):
            assert np.isfinite(both(x, key, number / 5)[1]).all()
        near = [both(x + step * way, KEY, 0.5)[0] for step in (0.01, -0.01)]
    assert not [each for each in found if "loss" in each]
    slope = jnp.vdot(both(x, KEY, 0.5)[1], way)
    assert float(slope) == pytest.approx(float(near[0] - near[1]) / 0.02, rel=1e-3, abs=1e-5)


def test_the_same_key_draws_the_same_and_parts_draw_apart():
    x = jnp.asarray(pictures(SHAPE, 1))
    both = Compose((Noise(0.1), Noise(0.1)))
    np.testing.assert_array_equal(both(x, KEY), both(x, KEY))
    noise = np.asarray(both(x, KEY) - x)
    assert noise.std() == pytest.approx(0.1 * 2**0.5, rel=0.15)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Pad(-1), "width"),
        (lambda: Pad(1, "wrap"), "reflect"),
        (lambda: Jitter(-1), "most"),
        (lambda: Scale(()), "factors"),
        (lambda: Scale((0.0,)), "factors"),
        (lambda: Rotate((400.0,)), "degrees"),
        (lambda: Affine((400.0,), (1.0,)), "degrees"),
        (lambda: Affine((0.0,), (0.0,)), "factors"),
        (lambda: Flip(1.5), "probability"),
        (lambda: Blur(0.0), "least"),
        (lambda: Noise(-0.1), "deviation"),
        (lambda: Crops(0), "count"),
        (lambda: Crops(pixels=0), "pixels"),
        (lambda: Jitter(9)(jnp.zeros((1, 9, 9, 1)), KEY), "more than 9 pixels"),
        (lambda: Crop(5)(jnp.zeros((1, 9, 9, 1)), KEY), "more than 10 pixels"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()
