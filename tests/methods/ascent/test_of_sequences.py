"""Ascents on sequences: waves along a line, in the range of the network's inputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets import methods as m
from cnnviz_widgets.methods.ascent.resampling import GREY, read_line, scaled, tent
from cnnviz_widgets.network import InputError, Network
from tests.compiling import compilations
from tests.models.functions import weights

SHAPE = (40, 2)


@pytest.fixture(scope="module")
def net() -> Network:
    """A convolution over time that looks for a short pattern, and three classes."""

    def model(params, x):
        with jax.named_scope("one"):
            maps = jax.lax.conv_general_dilated(
                x, params[0], (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
            )
        return jax.nn.relu(maps).mean(1) @ params[1]

    params = weights((7, 2, 4), (4, 3))
    return Network(model, params=params, input_shape=SHAPE, value_range=(-3, 1))


def last(frames) -> m.AscentFrame:
    *_, found = frames
    return found


def test_frames_are_sequences_in_the_networks_range(net):
    frames = list(m.ascend(net, "one:1", steps=30, seed=1))
    assert [frame.step for frame in frames] == list(range(31))
    for frame in frames:
        assert frame.image.shape == SHAPE
        assert frame.images.shape == (1, *SHAPE)
        assert frame.images.min() >= -3
        assert frame.images.max() <= 1
    np.testing.assert_allclose(frames[0].image, -1, atol=0.1)  # the middle of the range
    assert frames[-1].score > frames[0].score


def test_the_score_is_what_the_network_says_of_the_sequence(net):
    frame = last(m.ascend(net, 2, steps=8, preset="pixel"))
    np.testing.assert_allclose(frame.score, np.asarray(net(frame.image))[0, 2], rtol=1e-4)


@pytest.mark.parametrize("step", [0, 17, 39])
def test_a_unit_finds_its_own_kernel(net, step):
    """What a linear unit answers to most has the signs of its weights, at its place."""
    frame = last(m.ascend(net, f"one:3@{step}", steps=200, preset="pixel", learning_rate=0.2))
    kernel = np.asarray(weights((7, 2, 4), (4, 3))[0])[..., 3]
    seen = [(at, at - step + 3) for at in range(40) if 0 <= at - step + 3 < 7]
    at, tap = np.array(seen).T
    np.testing.assert_allclose(frame.image[at], np.where(kernel[tap] > 0, 1, -3), atol=0.1)
    rest = np.setdiff1d(np.arange(40), at)
    np.testing.assert_allclose(frame.image[rest], -1, atol=0.2)


def test_a_start_is_the_first_frame(net):
    start = np.random.default_rng(0).uniform(-2.9, 0.9, SHAPE).astype(np.float32)
    for painted in (m.Fourier(), m.Pixels()):
        frame = next(m.ascend(net, "one:0", start=start, steps=1, parameterisation=painted))
        np.testing.assert_allclose(frame.image, start, atol=1e-3)


@pytest.mark.parametrize(("decay", "flat"), [(1.0, 1.0), (0.5, 4.0)])
def test_waves_are_those_of_a_line(decay, flat):
    """Against NumPy's own inverse transform of coefficients scaled by hand."""
    shape = (1, 1, 40, 2)
    painter = m.Fourier(0.3, decay, flat=flat)
    parameters = painter.init(jax.random.key(3), shape)
    real, imaginary = np.asarray(parameters)[:, 0, :, 0]
    frequency = np.arange(21) / 40
    frequency[0] = 1 / 40
    scale = np.sqrt(40) / frequency**decay
    scale[0] *= flat
    waves = np.fft.irfft((real + 1j * imaginary) * scale, 40).T / 4
    painted = np.asarray(painter.image(parameters, shape))[0, 0]
    np.testing.assert_allclose(painted, 1 / (1 + np.exp(-waves)), atol=1e-5)


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.13])
def test_a_long_line_is_stretched_as_numpy_reads_it(factor):
    line = np.random.default_rng(2).random((1, 1, 700, 1)).astype(np.float32)
    places = (np.arange(700) - 349.5) / factor + 349.5
    around = np.concatenate([[GREY], line[0, 0, :, 0], [GREY]])
    wanted = np.interp(places, np.arange(-1, 701), around, GREY, GREY)
    found = np.asarray(scaled(jnp.asarray(line), factor))[0, 0, :, 0]
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    weighed = np.asarray(tent(jnp.asarray(places, jnp.float32), 700)) @ (line[0, 0] - GREY) + GREY
    read = read_line(jnp.asarray(line), jnp.asarray(places, jnp.float32))
    np.testing.assert_allclose(np.asarray(read)[0, 0], weighed, atol=2e-4)


TRANSFORMS = [
    m.Pad(3), m.Pad(2, "reflect"), m.Jitter(4), m.Crop(2), m.Shift(5), m.Scale((0.9, 1.1)),
    m.Blur(1.0), m.Noise(0.1), m.Flip(), m.Crops(count=2),
]  # fmt: skip


@pytest.mark.parametrize("chosen", TRANSFORMS, ids=repr)
def test_transforms_leave_the_one_row(chosen):
    row = jnp.asarray(np.random.default_rng(1).random((1, 1, 40, 2)), jnp.float32)
    found = chosen(row, jax.random.key(0))
    assert found.shape[1] == 1
    assert np.isfinite(np.asarray(found)).all()
    gradient = jax.grad(lambda x: chosen(x, jax.random.key(0)).sum())(row)
    assert np.isfinite(np.asarray(gradient)).all()


def test_penalties_of_a_line_are_finite(net):
    loud = last(m.ascend(net, "one:1", steps=20, preset="pixel"))
    quiet = last(m.ascend(net, "one:1", steps=20, preset="pixel", l2=50, total_variation=50))
    assert np.isfinite(quiet.score)
    assert np.abs(quiet.image + 1).max() < np.abs(loud.image + 1).max()


def test_many_at_once_and_another_length_and_no_new_code(net):
    frame = last(m.ascend(net, ["one:0", "one:1", 2], steps=3, size=56))
    assert frame.images.shape == (3, 56, 2)
    last(m.ascend(net, "one:0", steps=2))
    with compilations() as compiled:
        last(m.ascend(net, "one:2", steps=2))
    assert compiled == []


def test_what_is_of_pictures_says_so(net):
    with pytest.raises(InputError, match=r"a preset of \['default', 'pixel'\] .* got 'lucid'"):
        m.ascend(net, "one:0", preset="lucid")
    with pytest.raises(InputError, match="expected pictures for Maco"):
        m.ascend(net, "one:0", parameterisation=m.Maco())
    with pytest.raises(InputError, match="expected pictures for Rotate"):
        m.ascend(net, "one:0", transforms=m.Rotate((5.0,)))
    with pytest.raises(InputError, match="a size of one number"):
        m.ascend(net, "one:0", size=(8, 8))


def test_without_a_range_it_is_from_minus_1_to_1():
    plain = Network(
        lambda p, x: x.mean(1) @ p, params=np.eye(3, dtype=np.float32), input_shape=(6, 3)
    )
    frame = last(m.ascend(plain, 1, steps=400, preset="pixel", learning_rate=0.3))
    np.testing.assert_allclose(frame.image[:, 1], 1, atol=0.05)
    np.testing.assert_allclose(frame.image[:, [0, 2]], 0, atol=0.05)


def test_a_sound_that_a_class_listens_for_is_heard_as_it():
    net = cw.load("sounds")
    drum = net.class_index("drum")
    frame = last(m.ascend(net, "drum", steps=24))
    assert frame.image.shape == (4096, 1)
    assert np.abs(frame.image).max() <= 1
    real = np.asarray(net(cw.sound("drum")))[0, drum]
    assert np.asarray(net(frame.image))[0, drum] >= real
