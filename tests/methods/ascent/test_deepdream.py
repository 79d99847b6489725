"""DeepDream: one iteration by hand, octaves, tiles, weights and guides."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods import (
    DREAM_PRESETS,
    channel,
    deep_dream,
    opacity,
    total_variation,
)
from cnnviz_widgets.network import InputError, Network, UnknownLayerError
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

PARAMS = weights((3, 3, 3, 4), (3, 3, 4, 4))
IMAGE = pictures((40, 32, 3), 1)[0] * 0.6 + 0.2


def _model(params, x):
    with jax.named_scope("one"):
        x = jax.nn.relu(conv(x - 0.5, params[0]))
    with jax.named_scope("two"):
        return conv(x, params[1])


@pytest.fixture(scope="module")
def net() -> Network:
    return Network(_model, params=PARAMS, input_shape=(24, 20, 3))


@pytest.mark.parametrize(
    ("preset", "measure", "unit", "rate"),
    [
        ("original", lambda a: jnp.square(a).sum(), lambda g: jnp.abs(g).mean(), 1.5 / 255),
        ("tensorflow", lambda a: a.mean(), lambda g: g.std(), 0.005),
    ],
)
def test_one_iteration_is_the_sources_step(net, preset, measure, unit, rate):
    first, second = deep_dream(
        net, IMAGE, layer="two", preset=preset, octaves=(0,), iterations=1, jitter=0
    )
    np.testing.assert_allclose(first.image, IMAGE, atol=1e-6)
    gradient = jax.grad(lambda x: measure(_model(PARAMS, x)))(jnp.asarray(IMAGE)[None])[0]
    wanted = np.clip(IMAGE + rate * gradient / unit(gradient), 0, 1)
    assert_same(second.image, wanted, tolerance=1e-4)


def test_every_octave_and_iteration_is_a_frame(net):
    frames = list(deep_dream(net, IMAGE, layer="two", iterations=2, octaves=(-2, -1, 0)))
    assert [frame.step for frame in frames] == list(range(7))
    assert [frame.octave for frame in frames] == [0, 0, 1, 1, 2, 2, 2]
    assert [frame.iteration for frame in frames] == [0, 1, 0, 1, 0, 1, 2]
    sizes = [frame.image.shape[:2] for frame in frames]
    assert sizes[::2] == [(20, 16), (29, 23), (40, 32), (40, 32)]
    for frame in frames:
        assert 0 <= frame.image.min() <= frame.image.max() <= 1
        assert (frame.octaves, frame.steps) == (3, 6)
    again = list(deep_dream(net, IMAGE, layer="two", iterations=2, octaves=(-2, -1, 0)))
    np.testing.assert_array_equal(frames[-1].image, again[-1].image)


def test_a_dream_raises_what_it_climbs(net):
    frames = list(deep_dream(net, IMAGE, layer="two", octaves=(0,), jitter=2))
    assert frames[-1].score > 1.5 * frames[0].score


def test_detail_keeps_the_photograph(net):
    """What the original adds to each octave is laid over the picture itself, not over a blur."""
    sharp = (pictures((40, 32, 3), 1, 3)[0] > 0.5).astype(np.float32) * 0.8 + 0.1
    options = {"layer": "two", "octaves": (-2, 0), "iterations": 1, "rate": 1e-6}
    kept = list(deep_dream(net, sharp, preset="original", **options))[-1].image
    lost = list(deep_dream(net, sharp, preset="tensorflow", **options))[-1].image
    assert np.abs(kept - sharp).max() < 0.01
    assert np.abs(lost - sharp).max() > 0.1


def test_tiles_add_up_to_the_whole(net):
    """Far from the seams, the step of a picture in tiles is that of the whole."""
    options = {"layer": "one", "octaves": (0,), "iterations": 1, "jitter": 0, "seed": 1}
    whole = list(deep_dream(net, IMAGE, **options))[-1].image - IMAGE
    tiled = list(deep_dream(net, IMAGE, tile=24, **options))[-1].image - IMAGE
    close = np.isclose(whole, tiled, rtol=0.2, atol=2e-4).mean()
    assert close > 0.6
    assert np.corrcoef(whole.ravel(), tiled.ravel())[0, 1] > 0.9


def test_layers_have_weights(net):
    scores = {
        name: next(deep_dream(net, IMAGE, layer=layers, octaves=(0,), jitter=0)).score
        for name, layers in {
            "one": "one", "two": "two", "both": ["one", "two"],
            "weighted": {"one": 2.0, "two": 0.5},
        }.items()
    }  # fmt: skip
    assert scores["both"] == pytest.approx(scores["one"] + scores["two"], rel=1e-4)
    wanted = 2 * scores["one"] + 0.5 * scores["two"]
    assert scores["weighted"] == pytest.approx(wanted, rel=1e-4)
    unit = next(deep_dream(net, IMAGE, layer=channel("two", 1), octaves=(0,), jitter=0)).score
    value = _model(PARAMS, jnp.asarray(IMAGE)[None])[..., 1].mean()
    assert unit == pytest.approx(float(value), rel=1e-3, abs=1e-5)


def test_a_guide_draws_each_place_to_what_resembles_it(net):
    guide = pictures((24, 20, 3), 1, 7)[0]
    first, *_, last = deep_dream(net, IMAGE, layer="two", octaves=(0,), guide=guide, jitter=0)
    mine = np.asarray(_model(PARAMS, jnp.asarray(IMAGE)[None])).reshape(-1, 4)
    theirs = np.asarray(_model(PARAMS, jnp.asarray(guide)[None])).reshape(-1, 4)
    assert first.score == pytest.approx((mine @ theirs.T).max(1).mean(), rel=1e-3)
    assert last.score > first.score


def test_a_network_of_a_fixed_size_sees_tiles_of_its_own():
    def model(params, x):
        return jax.nn.relu(conv(x, params[0])).reshape(len(x), -1) @ params[1]

    params = [*weights((3, 3, 1, 2)), jnp.ones((8 * 8 * 2, 3)) / 128]
    net = Network(model, params=params, input_shape=(8, 8, 1))
    image = pictures((20, 13, 1), 1)[0]
    frames = list(deep_dream(net, image, layer="dense", octaves=(-2, 0), iterations=2))
    assert frames[-1].image.shape == (20, 13, 1)


def test_a_convolution_sees_the_whole_picture_where_only_the_layers_behind_it_refuse_that():
    def model(params, x):
        return jax.nn.relu(conv(x, params[0])).reshape(len(x), -1) @ params[1]

    params = [*weights((3, 3, 1, 2)), jnp.ones((8 * 8 * 2, 3)) / 128]
    net = Network(model, params=params, input_shape=(8, 8, 1))
    alone = Network(
        lambda kernel, x: jax.nn.relu(conv(x, kernel)), params=params[0], input_shape=(8, 8, 1)
    )
    image = pictures((20, 13, 1), 1)[0]
    *_, ours = deep_dream(net, image, layer="relu", octaves=(-1, 0), iterations=2)
    *_, wanted = deep_dream(alone, image, layer="relu", octaves=(-1, 0), iterations=2)
    np.testing.assert_allclose(ours.image, wanted.image, rtol=1e-5, atol=1e-6)


def test_a_photograph_and_octaves_too_small_for_the_network():
    net = cw.load("photos")
    frames = list(deep_dream(net, cw.image("cat")[:90, :96], octaves=(-6, 0), iterations=1))
    assert frames[-1].octaves == 1


def test_presets_are_the_sources():
    original, tutorial = DREAM_PRESETS["original"], DREAM_PRESETS["tensorflow"]
    assert (original.iterations, len(original.octaves), original.scale) == (10, 4, 1.4)
    assert (original.rate * 255, original.jitter, original.unit) == (1.5, 32, "mean")
    assert (tutorial.iterations, tutorial.octaves) == (100, (-2, -1, 0, 1, 2))
    assert (tutorial.scale, tutorial.rate * 2, tutorial.tile) == (1.3, 0.01, 512)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "originel"}, "original"),
        ({"octaves": ()}, "octaves"),
        ({"octaves": (20,)}, "side"),
        ({"scale": 1.0}, "scale"),
        ({"iterations": 0}, "iterations"),
        ({"rate": 0.0}, "rate"),
        ({"jitter": -1}, "jitter"),
        ({"tile": 4}, "tile"),
        ({"layer": []}, "at least one layer"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(net, options, words):
    with pytest.raises(InputError, match=words):
        deep_dream(net, IMAGE, **options)


def test_bad_images_and_layers_are_refused(net):
    with pytest.raises(InputError, match="one image"):
        deep_dream(net, np.stack([IMAGE, IMAGE]))
    with pytest.raises(InputError):
        deep_dream(net, IMAGE + 3)
    with pytest.raises(UnknownLayerError):
        deep_dream(net, IMAGE, layer="three")


def test_an_objective_of_the_picture_is_that_of_what_is_dreamt(net):
    goal = channel("two", 1) - 5.0 * total_variation()
    first, second = deep_dream(net, IMAGE, layer=goal, octaves=(0,), iterations=1, jitter=0)

    def score(x):
        rough = jnp.abs(x[:, 1:] - x[:, :-1]).mean() + jnp.abs(x[:, :, 1:] - x[:, :, :-1]).mean()
        return _model(PARAMS, x)[..., 1].mean() - 5.0 * rough

    value, gradient = jax.value_and_grad(score)(jnp.asarray(IMAGE)[None])
    assert first.score == pytest.approx(float(value), rel=1e-4)
    moved = IMAGE + 1.5 / 255 * gradient[0] / jnp.abs(gradient).mean()
    assert_same(second.image, np.clip(moved, 0, 1), tolerance=1e-4)
    with pytest.raises(InputError, match="expected no opacity"):
        deep_dream(net, IMAGE, layer=goal * opacity())
