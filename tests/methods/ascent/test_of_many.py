"""Several pictures in one ascent, dead starts, divergence, and networks of a fixed size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets import methods as m
from cnnviz_widgets.methods.ascent.ascend import layers_seen
from cnnviz_widgets.network import REDIRECTED, InputError, Network, UnknownTargetError
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SIDES = (12, 10, 3)
PLAIN = {"parameterisation": m.Pixels(0.2), "jitter": 0}
BORDERED = {"parameterisation": m.Pixels(0.2), "transforms": m.Pad(4)}


def _two_layers(params, x):
    return jax.nn.relu(conv(jax.nn.relu(conv(x - 0.5, params[0])), params[1]))


@pytest.fixture(scope="module")
def net() -> Network:
    return Network(_two_layers, params=weights((3, 3, 3, 4), (3, 3, 4, 6)), input_shape=SIDES)


def test_a_list_is_one_picture_each_as_if_climbed_alone(net):
    """Channels of one layer, one twice, and another kind; all from the same start."""
    targets = ["conv_2:1", "conv_2:4", "conv_2:1", "conv:2", m.channel("conv_2", 1, "negative")]
    start = pictures(SIDES, 1)[0]
    many = list(m.ascend(net, targets, steps=4, start=start, **PLAIN))
    assert many[-1].images.shape == (5, *SIDES)
    for number, target in enumerate(targets):
        alone = list(m.ascend(net, target, steps=4, start=start, **PLAIN))
        for one, all_ in zip(alone, many, strict=True):
            assert_same(all_.images[number], one.image, f"{target} at {one.step}", 1e-4)
            assert all_.scores[number] == pytest.approx(one.score, rel=1e-3, abs=1e-5)
    assert many[-1].image is not None
    np.testing.assert_array_equal(many[-1].image, many[-1].images[0])


def test_memory_decides_how_many_go_together_and_not_what_comes_out(net):
    targets = [f"conv_2:{channel}" for channel in range(5)]
    start = pictures(SIDES, 1)[0]
    options = {"steps": 3, "start": start, **PLAIN}
    together, apart = (
        list(m.ascend(net, targets, memory=memory, **options)) for memory in (1e9, 2e4)
    )
    assert [frame.step for frame in apart] == [0, 1, 2, 3]
    for one, other in zip(together, apart, strict=True):
        assert other.images.shape == (5, *SIDES)
        assert_same(one.images, other.images, tolerance=1e-4)
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-3, atol=1e-5)


def test_pictures_of_a_list_start_apart(net):
    first = next(iter(m.ascend(net, ["conv:0", "conv:1"], steps=1, **PLAIN)))
    assert not np.array_equal(first.images[0], first.images[1])


def test_diversity_makes_a_batch_differ(net):
    def spread(weight):
        goal = m.channel("conv_2", 1) + weight * m.diversity("conv_2")
        *_, last = m.ascend(net, goal, batch=3, steps=30, **PLAIN)
        values = m.activations(net, last.images, ["conv_2"])
        return float(m.diversity("conv_2")({"conv_2": values["conv_2"]}).sum())

    assert spread(50.0) > spread(0.0)


def test_a_list_with_a_batch_is_refused(net):
    with pytest.raises(InputError, match="batch"):
        m.ascend(net, ["conv:0", "conv:1"], batch=2)
    with pytest.raises(UnknownTargetError, match="from 0 to 3, got 9"):
        m.ascend(net, ["conv:0", "conv:9"])


@pytest.fixture(scope="module")
def dead() -> Network:
    """A ReLU that no grey picture wakes."""

    def model(params, x):
        return jax.nn.relu(conv(x, params[0]) - 4.0)

    kernel = np.abs(weights((3, 3, 3, 2))[0]) + 0.1
    return Network(model, params=[jnp.asarray(kernel)], input_shape=SIDES)


def test_redirected_relu_wakes_a_dead_start(dead):
    name = dead.layers[-1].name
    stays = list(m.ascend(dead, f"{name}:0", steps=40, redirect=0, jitter=0, learning_rate=0.3))
    wakes = list(m.ascend(dead, f"{name}:0", steps=40, jitter=0, learning_rate=0.3))
    assert stays[-1].score == 0
    np.testing.assert_array_equal(stays[-1].image, stays[0].image)
    assert wakes[0].score == 0
    assert wakes[-1].score > 0.1


def test_redirected_relu_is_lucids_rule_for_each_example():
    """The first example's gradient passes, the second's is dead, the third's pushes downwards."""
    net = Network(lambda _, x: jax.nn.relu(x - 0.5), input_shape=(1, 3, 1))
    x = jnp.asarray([[0.9, 0.1, 0.2], [0.1, 0.2, 0.3], [0.1, 0.5, 0.3]]).reshape(3, 1, 3, 1)
    g = jnp.asarray([[1.0, -1.0, 2.0], [-1.0, 2.0, -3.0], [1.0, 2.0, 3.0]]).reshape(x.shape)

    def pull_back(replay, x, g):
        (output,), vjp = jax.vjp(replay.outputs, x)
        return vjp([g.astype(output.dtype)])[0]

    got = np.asarray(net.at(x.shape).run(pull_back, x, g, rules=REDIRECTED)).reshape(3, 3)
    np.testing.assert_array_equal(got, [[1, 0, 0], [-1, 0, -3], [0, 2, 0]])


def test_a_live_start_is_not_redirected(net):
    plain, helped = (
        list(m.ascend(net, "conv_2:1", steps=5, redirect=redirect, **PLAIN)) for redirect in (0, 16)
    )
    for one, other in zip(plain, helped, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_a_learning_rate_that_diverges_is_said_and_the_last_good_picture_kept(net):
    """Far too large steps leave a black and white picture that scores less than the start."""

    def model(_, x):
        return jax.nn.relu(1 - jnp.square(2 * x - 1)) + 0 * x

    hill = Network(model, input_shape=(6, 6, 1))
    goal = f"{hill.layers[-1].name}:0"
    frames = m.ascend(hill, goal, steps=50, learning_rate=1e4, **PLAIN)
    seen = []
    with pytest.raises(m.AscentDivergedError, match="Lower the learning rate") as caught:
        seen.extend(frames)
    assert isinstance(caught.value, FloatingPointError)
    assert caught.value.last is seen[-1]
    assert np.isfinite(seen[-1].image).all()


def test_a_network_of_a_fixed_size_sees_the_picture_resized():
    def model(params, x):
        return x.reshape(len(x), -1) @ params

    kernel = jnp.asarray(np.random.default_rng(0).normal(size=(48, 3)), jnp.float32)
    net = Network(model, params=kernel, input_shape=(4, 4, 3))
    frames = list(m.ascend(net, 1, size=(16, 12), steps=10, **PLAIN))
    assert frames[-1].image.shape == (16, 12, 3)
    assert frames[-1].score > frames[0].score


@pytest.mark.parametrize(("limit", "seen"), [(100, 24), (23, 20), (19, 16)])
def test_a_network_sees_as_much_of_the_border_as_it_takes(limit, seen):
    """The middle of the canvas: what lies there is never seen smaller than it is."""

    def model(kernel, x):
        if x.shape[1] > limit:
            raise ValueError(f"at most {limit} rows")
        return conv(x, kernel).mean((1, 2))

    net = Network(model, params=weights((3, 3, 3, 2))[0], input_shape=(8, 8, 3))
    shapes = {each.name: each.shape for each in layers_seen(net, size=16, transforms=m.Pad(4))}
    assert shapes["conv"] == (seen, seen, 2)
    picture = pictures((16, 16, 3), 1)[0]
    first = next(m.ascend(net, 1, start=picture, steps=1, **BORDERED))
    border = (seen - 16) // 2
    padded = np.pad(picture, ((border, border), (border, border), (0, 0)), constant_values=0.5)
    assert first.score == pytest.approx(float(net(padded)[0, 1]), rel=1e-5)


def test_a_channel_sees_all_of_the_border_where_only_the_layers_behind_it_refuse_that():
    def model(params, x):
        return conv(x, params[0]).reshape(len(x), -1) @ params[1]

    params = weights((3, 3, 3, 2), (512, 3))
    net = Network(model, params=params, input_shape=(16, 16, 3))
    alone = Network(lambda kernel, x: conv(x, kernel), params=params[0], input_shape=(16, 16, 3))
    picture = 0.1 + 0.8 * pictures((16, 16, 3), 1)[0]
    first = next(m.ascend(net, "conv:1", start=picture, steps=1, **BORDERED))
    padded = np.pad(picture, ((4, 4), (4, 4), (0, 0)), constant_values=0.5)
    assert first.score == pytest.approx(float(alone(padded)[..., 1].mean()), rel=1e-5)
    seen = {each.name: each.shape for each in layers_seen(net, size=16, transforms=m.Pad(4))}
    assert seen == {"conv": (24, 24, 2), "flatten": (1152,), "dense": (3,)}


def test_a_fixed_size_sees_the_picture_without_its_border():
    def model(params, x):
        return x.reshape(len(x), -1) @ params

    kernel = jnp.asarray(np.random.default_rng(0).normal(size=(48, 3)), jnp.float32)
    net = Network(model, params=kernel, input_shape=(4, 4, 3))
    picture = 0.1 + 0.8 * pictures((4, 4, 3), 1)[0]  # Pixels paints no quite black or white one
    first = next(m.ascend(net, 1, start=picture, steps=1, **BORDERED))
    assert first.score == pytest.approx(float(net(picture)[0, 1]), rel=1e-5)


def test_a_single_channel_and_five_channels():
    for channels in (1, 5):
        kernel = weights((3, 3, channels, 2))
        net = Network(lambda p, x: conv(x, p[0]), params=kernel, input_shape=(9, 9, channels))
        for preset in ("default", "maco"):
            frames = list(m.ascend(net, f"{net.layers[0].name}:1", preset=preset, size=9, steps=3))
            assert frames[-1].image.shape == (9, 9, channels)


@pytest.mark.parametrize("at", [0, 1, 3])
def test_an_ascent_can_be_left_at_any_frame(net, at):
    running = m.ascend(net, ["conv:0", "conv:1"], steps=5, **PLAIN)
    for _ in range(at + 1):
        next(running)
    running.close()
    assert list(running) == []


def test_presets_have_their_sources_settings():
    """As stated in Lucid's code, the Distill article and Xplique's."""
    lucid, distill, maco = (m.PRESETS[name] for name in ("lucid", "distill2017", "maco"))
    assert (lucid.learning_rate, lucid.steps, lucid.size) == (0.05, 512, 128)
    assert lucid.parameterisation == m.Fourier(0.01, 1.0)
    pad, jitter, affine, last, _ = lucid.transforms.transforms
    assert (pad, jitter, last) == (m.Pad(12, 0.5), m.Jitter(8), m.Jitter(4))
    np.testing.assert_allclose(affine.factors, np.arange(0.9, 1.11, 0.02))
    assert sorted(affine.degrees) == sorted([*range(-10, 11), *[0] * 5])
    assert (affine.fill, affine.grow) == (0, True)
    _, rows, columns, _ = lucid.transforms(jnp.zeros((1, 100, 60, 3)), jax.random.key(0)).shape
    assert min(rows - 1.1 * 100, columns - 1.1 * 60) >= 0  # nothing of the largest is cut off
    assert (distill.learning_rate, distill.steps) == (0.05, 2560)
    pad, jitter, scale, rotate, last, _ = distill.transforms.transforms
    assert (pad.width, jitter.most, last.most) == (16, 16, 8)
    assert set(scale.factors) == {1, 0.975, 1.025, 0.95, 1.05}
    assert set(rotate.degrees) == set(range(-5, 6))
    assert distill.transforms(jnp.zeros((1, 64, 48, 3)), jax.random.key(0)).shape == (1, 64, 48, 3)
    assert (maco.learning_rate, maco.steps, maco.size) == (1.0, 256, 512)
    crops, noise = maco.transforms.transforms
    assert crops == m.Crops(32, 0.5, 0.05, 0.05, 0.15)
    assert noise == m.Noise(0.08, 0.04)


def test_a_preset_is_known_by_its_name(net):
    with pytest.raises(InputError, match="lucid"):
        m.ascend(net, "conv:0", preset="lucd")
