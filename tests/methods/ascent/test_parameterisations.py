"""Pictures from parameters, against the published formula in NumPy alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets.methods import Fourier, Pixels
from cnnviz_widgets.methods.ascent.parameterisations import from_picture
from tests.models.taps import pictures


def _lucid(spectrum: np.ndarray, rows: int, columns: int, decay: float) -> np.ndarray:
    """Lucid's FFT image with decorrelated colours, in float64, one plane at a time."""
    count, channels = spectrum.shape[:2]
    waves = np.zeros((count, rows, columns, channels))
    for v in range(rows):
        for u in range(columns // 2 + 1):
            f = np.hypot(v / rows if 2 * v < rows else v / rows - 1, u / columns)
            spectrum[:, :, v, u] *= (
                np.sqrt(rows * columns) / max(f, 1 / max(rows, columns)) ** decay
            )
    for n in range(count):
        for c in range(channels):
            waves[n, :, :, c] = np.fft.irfft2(spectrum[n, c], (rows, columns)) / 4
    if channels == 3:
        root = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
        root /= 0.46195  # its largest column norm, as published
        waves = np.einsum("nhwc,dc->nhwd", waves, root)
    return 1 / (1 + np.exp(-waves))


_image = jax.jit(lambda chosen, *given: chosen.image(*given), static_argnums=(0, 2))
_invert = jax.jit(lambda chosen, image: chosen.invert(image), static_argnums=0)


@pytest.mark.parametrize(("rows", "columns", "channels"), [(8, 8, 3), (9, 7, 3), (6, 11, 1)])
def test_fourier_is_lucids_formula(rows, columns, channels):
    shape = (2, rows, columns, channels)
    chosen = Fourier(decay=1.5)
    sizes = (2, 2, channels, rows, columns // 2 + 1)
    real, imaginary = parameters = 0.3 * np.random.default_rng(0).normal(size=sizes)
    wanted = _lucid(real + 1j * imaginary, rows, columns, 1.5)
    got = _image(chosen, jnp.asarray(parameters, jnp.float32), shape)
    np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize("chosen", [Pixels(), Fourier(), Fourier(0.01, 0.5, flat=16.0)], ids=repr)
@pytest.mark.parametrize("shape", [(1, 8, 10, 3), (2, 7, 9, 1), (1, 1, 1, 3), (1, 5, 4, 2)])
def test_invert_takes_a_picture_back(chosen, shape):
    image = jnp.asarray(0.02 + 0.96 * pictures(shape[1:], shape[0]))
    np.testing.assert_allclose(_image(chosen, _invert(chosen, image), shape), image, atol=1e-5)


@pytest.mark.parametrize("chosen", [Pixels(), Fourier()], ids=repr)
def test_black_and_white_come_back_within_a_step_of_eight_bits(chosen):
    image = (pictures((8, 8, 3), 1) > 0.5).astype(np.float32)
    got = _image(chosen, _invert(chosen, jnp.asarray(image)), image.shape)
    assert np.abs(got - image).max() < 1.1 / 255
    assert np.isfinite(got).all()


@pytest.mark.parametrize("chosen", [Pixels(0.02), Fourier(0.02)], ids=repr)
def test_start_is_grey_with_a_little_noise(chosen):
    shape = (1, 64, 64, 3)
    parameters = chosen.init(jax.random.key(0), shape)
    assert parameters.std() == pytest.approx(0.02, rel=0.05)
    assert abs(parameters.mean()) < 0.002
    image = np.asarray(_image(chosen, parameters, shape))
    assert image.mean() == pytest.approx(0.5, abs=0.05)
    assert 0.0005 < image.std() < 0.2


def test_the_mean_colour_moves_faster_by_flat():
    """From the same start, and with every other wave left alone."""
    shape, key = (1, 9, 7, 3), jax.random.key(0)
    plain, fast = Fourier(0.3), Fourier(0.3, flat=5.0)
    start = _image(plain, plain.init(key, shape), shape)
    np.testing.assert_allclose(_image(fast, fast.init(key, shape), shape), start, atol=1e-6)
    for row, times in ((0, 5.0), (2, 1.0)):
        step = jnp.zeros((2, 1, 3, 9, 4)).at[0, :, :, row, 0].set(0.01)
        moved, other = (
            from_picture(_image(each, step, shape), decorrelated=False) for each in (fast, plain)
        )
        np.testing.assert_allclose(moved, times * other, atol=1e-5)


def test_equal_ones_share_compiled_code():
    assert Fourier() == Fourier()
    assert hash(Pixels(0.1)) == hash(Pixels(0.1))
    assert Fourier() != Fourier(decay=2.0)
