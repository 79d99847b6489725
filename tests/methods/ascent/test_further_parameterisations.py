"""Low resolution, pyramid, texture, CPPN, transparency and MACO, each against a formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import cnnviz_widgets as cw
from cnnviz_widgets.methods import (
    CPPN,
    Alpha,
    Bilinear,
    Fourier,
    LaplacianPyramid,
    LowResolution,
    Maco,
    Parameterisation,
    Pixels,
    read_texture,
)
from cnnviz_widgets.methods.ascent.maco import photographs_spectrum
from cnnviz_widgets.network import InputError
from cnnviz_widgets.zoo.images import PHOTOGRAPHS
from tests.models.taps import pictures

ROOT = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]]) / 0.46195
SHAPES = [(2, 8, 12, 3), (1, 9, 7, 1), (2, 6, 6, 5)]
ALL = [
    Pixels(), Fourier(), LowResolution(2), LaplacianPyramid(3), Bilinear(5, 4), CPPN(6, 3),
    Alpha(), Alpha(Pixels(), LowResolution(2)), Maco(),
]  # fmt: skip


def _picture(waves):
    if waves.shape[-1] == 3:
        waves = np.einsum("nhwc,dc->nhwd", waves, ROOT)
    return 1 / (1 + np.exp(-waves))


def _enlarged(small, rows, columns):
    """Half-way coordinates, edges going on."""
    at = [np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
          for old, new in zip(small.shape[1:3], (rows, columns), strict=True)]  # fmt: skip
    grid = np.meshgrid(*at, indexing="ij")
    one = lambda plane: ndimage.map_coordinates(np.float64(plane), grid, order=1)  # noqa: E731
    return np.stack([np.stack([one(p) for p in np.moveaxis(x, -1, 0)], -1) for x in small])


def _noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _image(chosen, parameters, shape):
    return np.asarray(jax.jit(lambda given: chosen.image(given, shape))(parameters))


@pytest.mark.parametrize("shape", SHAPES)
def test_low_resolution_is_an_enlarged_picture(shape):
    n, rows, columns, channels = shape
    small = _noise((n, rows // 2, columns // 2, channels))
    wanted = _picture(_enlarged(small, rows, columns))
    np.testing.assert_allclose(_image(LowResolution(2), small, shape), wanted, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_laplacian_pyramid_is_a_sum_of_enlarged_pictures(shape):
    n, rows, columns, channels = shape
    levels = [_noise((n, rows // k, columns // k, channels), k) for k in (1, 2, 4)]
    wanted = _picture(sum(_enlarged(level, rows, columns) for level in levels))
    np.testing.assert_allclose(_image(LaplacianPyramid(3), tuple(levels), shape), wanted, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_bilinear_is_a_texture_that_repeats(shape):
    n, rows, columns, channels = shape
    texture = _noise((n, 5, 4, channels))
    grid = np.meshgrid((np.arange(rows) + 0.5) / rows * 5 - 0.5,
                       (np.arange(columns) + 0.5) / columns * 4 - 0.5, indexing="ij")  # fmt: skip
    read = [
        [ndimage.map_coordinates(np.float64(one[..., c]), grid, order=1, mode="grid-wrap")
         for c in range(channels)]
        for one in texture
    ]  # fmt: skip
    wanted = _picture(np.moveaxis(np.asarray(read), 1, -1))
    np.testing.assert_allclose(_image(Bilinear(5, 4), texture, shape), wanted, atol=1e-5)


def test_a_texture_is_read_at_any_place():
    texture = jnp.asarray(pictures((4, 4, 2), 1))
    places = jnp.asarray([[0.125, 0.125], [1.125, 0.375], [0.25, 0.25]])
    got = read_texture(texture, places)[0]
    np.testing.assert_allclose(got[0], texture[0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(got[1], texture[0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(got[2], texture[0, :2, :2].mean((0, 1)), atol=1e-6)


def test_cppn_is_lucids_network():
    shape, chosen = (2, 5, 6, 3), CPPN(7, 3)
    parameters = chosen.init(jax.random.key(0), shape)
    parameters[-1]["kernel"] = jnp.asarray(_noise((2, 14, 3)))
    got = _image(chosen, parameters, shape)
    for n in range(2):
        for row, y in enumerate(np.linspace(-(3**0.5), 3**0.5, 5)):
            for column, x in enumerate(np.linspace(-(3**0.5), 3**0.5, 6)):
                values = np.array([x, y])
                for layer in parameters[:-1]:
                    bent = np.arctan(values @ np.float64(layer["kernel"][n]) + layer["bias"][n])
                    values = np.concatenate([bent / 0.67, bent**2 / 0.6])
                last = parameters[-1]
                values = values @ np.float64(last["kernel"][n]) + last["bias"][n]
                np.testing.assert_allclose(
                    got[n, row, column], 1 / (1 + np.exp(-values)), atol=1e-5
                )


def test_cppn_begins_grey():
    shape = (2, 8, 8, 3)
    grey = _image(CPPN(), CPPN().init(jax.random.key(1), shape), shape)
    np.testing.assert_array_equal(grey, 0.5)


@pytest.mark.parametrize("shape", [(2, 8, 12, 3), (1, 9, 7, 1)])
def test_maco_is_the_papers_formula(shape):
    n, rows, columns, channels = shape
    phases = _noise((n, channels, rows, columns // 2 + 1))
    strength = photographs_spectrum(rows, columns, channels).astype(np.float64)
    wanted = []
    for phase in phases.astype(np.float64):
        phase = (phase - phase.mean()) / (phase.std() + 1e-5)
        waves = np.fft.irfft2(strength * np.exp(1j * phase), (rows, columns))
        wanted.append(np.moveaxis((waves - waves.mean()) / (waves.std() + 1e-5), 0, -1))
    np.testing.assert_allclose(_image(Maco(), phases, shape), _picture(np.stack(wanted)), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_macos_spectrum_is_that_of_the_bundled_photographs(channels):
    """A discrete Fourier transform written out, of photographs brought to 8 x 6."""
    rows, columns = 8, 6
    down = np.exp(-2j * np.pi * np.outer(np.arange(rows), np.arange(rows)) / rows)
    across = np.exp(
        -2j * np.pi * np.outer(np.arange(columns), np.arange(columns // 2 + 1)) / columns
    )
    total = 0
    for name in PHOTOGRAPHS:
        full = cw.image(name)
        share = min(full.shape[0] / rows, full.shape[1] / columns)
        high, wide = round(rows * share), round(columns * share)
        top, left = (full.shape[0] - high) // 2, (full.shape[1] - wide) // 2
        piece = Image.fromarray(np.uint8(full[top : top + high, left : left + wide] * 255))
        pixels = np.asarray(piece.resize((columns, rows), Image.Resampling.BICUBIC)) / 255
        pixels = pixels - pixels.mean((0, 1))
        colours = np.linalg.solve(ROOT, pixels.reshape(-1, 3).T).reshape(3, rows, columns)
        planes = colours if channels == 3 else pixels.mean(2)[None]
        total = total + np.abs(np.einsum("uh,chw,wv->cuv", down, planes, across))
    got = photographs_spectrum(rows, columns, channels)
    np.testing.assert_allclose(got, total / len(PHOTOGRAPHS), rtol=1e-4, atol=1e-4)


def test_alpha_has_the_opacity_last():
    shape, chosen = (2, 8, 6, 3), Alpha(Pixels(), Pixels())
    colour, opacity = _noise(shape), _noise((2, 8, 6, 1), 1)
    got = _image(chosen, (colour, opacity), shape)
    np.testing.assert_allclose(got[..., :3], 1 / (1 + np.exp(-colour)), atol=1e-6)
    np.testing.assert_allclose(got[..., 3:], 1 / (1 + np.exp(-opacity)), atol=1e-6)


@pytest.mark.parametrize("chosen", ALL, ids=repr)
@pytest.mark.parametrize("shape", [(1, 8, 12, 3), (3, 7, 9, 1)])
def test_contract_of_a_parameterisation(chosen, shape):
    """Hashable, in [0, 1], of the right shape, repeatable, and every value can be turned."""
    assert isinstance(chosen, Parameterisation)
    assert hash(chosen) == hash(chosen)
    parameters = chosen.init(jax.random.key(0), shape)
    image = _image(chosen, parameters, shape)
    assert image.shape[:3] == shape[:3]
    assert image.shape[3] == shape[3] + isinstance(chosen, Alpha)
    assert 0 <= image.min() <= image.max() <= 1
    again = _image(chosen, chosen.init(jax.random.key(0), shape), shape)
    np.testing.assert_array_equal(image, again)
    gradient = jax.grad(lambda given: jnp.square(chosen.image(given, shape) - 0.3).sum())(
        parameters
    )
    assert all(np.isfinite(leaf).all() for leaf in jax.tree_util.tree_leaves(gradient))
    assert any(np.any(leaf) for leaf in jax.tree_util.tree_leaves(gradient))


@pytest.mark.parametrize("chosen", ALL[:-1], ids=repr)
def test_start_is_grey_with_a_little_noise(chosen):
    shape = (1, 64, 64, 3)
    image = _image(chosen, chosen.init(jax.random.key(0), shape), shape)
    assert image.mean() == pytest.approx(0.5, abs=0.02)
    assert image.std() < 0.1


@pytest.mark.parametrize("deviation", [0.01, 0.05])
def test_noise_at_the_start_has_the_stated_deviation(deviation):
    shape, key = (1, 64, 64, 3), jax.random.key(0)
    for chosen in (Pixels(deviation), LowResolution(2, deviation), Bilinear(64, 64, deviation)):
        assert float(chosen.init(key, shape).std()) == pytest.approx(deviation, rel=0.05)
    for level in LaplacianPyramid(2, deviation).init(key, shape):
        assert float(level.std()) == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize("chosen", [LaplacianPyramid(3), LowResolution(1), Bilinear(8, 12)])
def test_invert_takes_a_picture_back(chosen):
    image = jnp.asarray(0.1 + 0.8 * pictures((8, 12, 3), 2))
    np.testing.assert_allclose(_image(chosen, chosen.invert(image), image.shape), image, atol=1e-4)


@pytest.mark.parametrize("chosen", [CPPN(), Maco()], ids=repr)
def test_what_cannot_begin_from_an_image_says_so(chosen):
    with pytest.raises(InputError, match="cannot begin from an image"):
        chosen.invert(jnp.zeros((1, 8, 8, 3)))
