"""Gradient ascent: it climbs, it is repeatable, and its parts are what they say."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods import Fourier, Objective, Pixels, Shift, activations, ascend, objective
from cnnviz_widgets.network import InputError, Network, UnknownLayerError, UnknownTargetError
from cnnviz_widgets.zoo.digits_data import held_out_digits
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures


def _frames(*arguments, **options):
    return list(ascend(*arguments, **options))


def _scores(net, target, images) -> np.ndarray:
    """What an objective gives for real images."""
    goal = objective(net, target)
    return np.asarray(goal.score(activations(net, images, goal.layers), goal.arguments))


@pytest.fixture(scope="module")
def small() -> Network:
    """Two convolutions, in no time compiled."""

    def model(params, x):
        return jax.nn.relu(conv(jax.nn.relu(conv(x - 0.5, params[0])), params[1]))

    return Network(model, params=weights((3, 3, 3, 4), (3, 3, 4, 4)), input_shape=(12, 10, 3))


def _assert_far_above(frames, real: np.ndarray) -> None:
    """Beyond the best real image by half of what that one is beyond the mean, at least.

    The best of the last scores, for a unit's score hangs on where the picture is shifted to.
    """
    wanted = real.max() + 0.5 * (real.max() - real.mean())
    reached = max(frame.score for frame in frames[-8:])
    assert reached > wanted, (frames[0].score, reached, real.max())


@pytest.mark.parametrize("target", ["conv3:5", "relu_2:7@4,6", "conv2", "dense1:3", "7", 2])
def test_every_objective_rises_far_above_real_digits(digits, target):
    real = _scores(digits, target, held_out_digits()[0][:100])
    frames = _frames(digits, target, steps=256, learning_rate=0.1, jitter=1)
    _assert_far_above(frames, real)


@pytest.mark.parametrize("target", ["conv3:5", "relu_2:3@8,8", "relu_4", "cat", 12])
def test_every_objective_rises_far_above_real_photographs(photos, target):
    pieces = [cw.image(name)[-64:, -64:] for name in ("cat", "coffee", "brick", "rocket")]
    frames = _frames(photos, target, size=64, steps=256, jitter=2)
    _assert_far_above(frames, _scores(photos, target, np.stack(pieces)))


@pytest.mark.parametrize("parameterisation", [Pixels(), Fourier()])
@pytest.mark.parametrize("optimizer", [None, optax.sgd(5.0, momentum=0.9), optax.nadam(0.05)])
def test_any_parameterisation_goes_with_any_optimiser(small, parameterisation, optimizer):
    frames = _frames(
        small, "conv_2:1", steps=20, parameterisation=parameterisation, optimizer=optimizer
    )
    assert frames[-1].score > frames[0].score + 0.01


def test_jitter_is_a_shift(small):
    for jitter, transforms in ((3, Shift(3)), (0, ())):
        shifted = _frames(small, "conv_2:1", steps=6, jitter=jitter)
        wanted = _frames(small, "conv_2:1", steps=6, transforms=transforms)
        for one, other in zip(shifted, wanted, strict=True):
            np.testing.assert_allclose(one.image, other.image, atol=1e-6)
            assert one.score == pytest.approx(other.score, rel=1e-5)


def test_frames_are_numbered_whole_and_in_range(small):
    frames = _frames(small, "conv:1", steps=5)
    assert [frame.step for frame in frames] == [0, 1, 2, 3, 4, 5]
    for frame in frames:
        assert frame.image.shape == (12, 10, 3)
        assert frame.image.dtype == np.float32
        assert 0 <= frame.image.min() <= frame.image.max() <= 1
        assert isinstance(frame.score, float)
    assert not np.array_equal(frames[0].image, frames[-1].image)


def test_score_is_the_objectives_value_for_the_frames_image(small):
    """Without jitter, which moves the picture before it is scored."""
    for frame in _frames(small, "conv_2:2", steps=4, jitter=0):
        wanted = activations(small, frame.image, ["conv_2"])["conv_2"][..., 2].mean()
        assert frame.score == pytest.approx(float(wanted), rel=1e-4, abs=1e-6)


def test_one_step_of_plain_gradient_is_the_gradient(small):
    """x <- x + eta grad f(x), on the pixels before the sigmoid."""
    start = pictures((12, 10, 3), 1)[0] * 0.8 + 0.1
    first, second = _frames(
        small, "conv_2:2", steps=1, jitter=0, start=start,
        parameterisation=Pixels(), optimizer=optax.sgd(3.0),
    )  # fmt: skip
    assert_same(first.image, start)

    def loss(z):
        values = jax.nn.relu(conv(jax.nn.sigmoid(z) - 0.5, params[0]))
        return -conv(values, params[1])[..., 2].mean()

    params = weights((3, 3, 3, 4), (3, 3, 4, 4))
    z = jax.scipy.special.logit(jnp.asarray(start)[None])
    assert_same(second.image, jax.nn.sigmoid(z - 3.0 * jax.grad(loss)(z))[0])


def test_seed_and_key_decide(small):
    run = lambda **options: _frames(small, "conv:0", steps=3, **options)[-1].image  # noqa: E731
    np.testing.assert_array_equal(run(seed=3), run(seed=3))
    np.testing.assert_array_equal(run(seed=3), run(key=jax.random.key(3)))
    assert not np.array_equal(run(seed=3), run(seed=4))
    assert not np.array_equal(run(seed=3), run(seed=3, jitter=0))


def test_several_steps_a_frame_are_the_same_steps(small):
    single = _frames(small, "conv_2:1", steps=10)
    several = _frames(small, "conv_2:1", steps=10, steps_per_frame=4)
    assert [frame.step for frame in several] == [0, 4, 8, 10]
    for frame in several:
        assert_same(frame.image, single[frame.step].image, f"step {frame.step}", 1e-4)
        assert frame.score == pytest.approx(single[frame.step].score, rel=1e-3, abs=1e-5)


def test_start_is_the_first_frame(digits):
    start = held_out_digits()[0][0]
    for parameterisation in (Pixels(), Fourier()):
        first, *_ = _frames(digits, 3, steps=1, start=start, parameterisation=parameterisation)
        assert np.abs(first.image - start).max() <= 0.005  # a step of 8 bits from the ends
    first, *_ = _frames(digits, 3, steps=1, start=(start * 255).astype(np.uint8))
    assert np.abs(first.image - start).max() <= 0.01


def test_penalties_pull_towards_grey_and_smooth(small):
    def run(**options):
        return _frames(small, "conv_2:1", steps=40, parameterisation=Pixels(), **options)[-1].image

    free, grey, smooth = run(), run(l2=50.0), run(total_variation=50.0)
    roughness = lambda image: np.abs(np.diff(image, axis=0)).mean()  # noqa: E731
    assert np.abs(grey - 0.5).mean() < 0.5 * np.abs(free - 0.5).mean()
    assert roughness(smooth) < 0.5 * roughness(free)


def test_own_objective_and_own_size(small):
    goal = Objective(
        "both", ("conv", "conv_2"), lambda v, _: sum(a.mean((1, 2, 3)) for a in v.values())
    )
    frames = _frames(small, goal, steps=10, size=(16, 7))
    assert frames[-1].image.shape == (16, 7, 3)
    assert frames[-1].score > frames[0].score
    assert _frames(small, goal, steps=1, size=9)[0].image.shape == (9, 9, 3)


def test_divergence_is_said_with_its_step():
    """The gradient of the square root is infinite at zero."""

    def model(_, x):
        return jnp.where(x > 0.502, jnp.nan, x)

    net = Network(model, input_shape=(6, 6, 1))
    name = net.layers[-1].name
    frames = ascend(net, f"{name}:0", steps=500, parameterisation=Pixels(0.0001))
    seen = [next(frames).step]
    with pytest.raises(FloatingPointError, match=rf"'{name}:0' diverged at step (\d+)") as caught:
        seen.extend(frame.step for frame in frames)
    assert f"at step {len(seen)}:" in str(caught.value)


def test_a_running_ascent_can_be_closed(small):
    running = ascend(small, "conv:0", steps=1000)
    assert next(running).step == 0
    running.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert list(running) == []


def test_arguments_are_checked_at_the_call_and_not_at_the_first_frame(small):
    with pytest.raises(UnknownLayerError):
        ascend(small, "conf:0")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"steps_per_frame": 0}, "step"),
        ({"jitter": -1}, "jitter"),
        ({"learning_rate": 0.0}, "learning"),
        ({"learning_rate": float("nan")}, "learning"),
        ({"l2": -1.0}, "l2"),
        ({"l2": float("nan")}, "l2"),
        ({"total_variation": -1.0}, "total_variation"),
        ({"total_variation": float("inf")}, "total_variation"),
        ({"size": 0}, "size"),
        ({"size": (8, -1)}, "size"),
        ({"size": 100_000}, "size|pixels"),
        ({"size": 8, "start": np.full((12, 10, 3), 0.5)}, "size"),
        ({"start": np.full((2, 12, 10, 3), 0.5)}, "one image"),
        ({"start": np.full((12, 10), 0.5)}, "expected"),
        ({"start": np.full((12, 10, 3), 7.0)}, "expected"),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(small, options, words):
    with pytest.raises(InputError, match=words):
        ascend(small, "conv:0", **options)


OTHER_KINDS = [
    {"size": (8, 8, 3)}, {"size": "128"}, {"size": 8.5}, {"steps": "10"}, {"steps": 2.5},
    {"parameterisation": "fourier"}, {"transforms": "lucid"}, {"transforms": [4]},
    {"optimizer": "adam"}, {"target": None}, {"target": 2.0},
]  # fmt: skip


@pytest.mark.parametrize("given", OTHER_KINDS, ids=str)
def test_arguments_of_another_kind_are_refused_by_name(small, given):
    """By the function itself: a person's call has no types checked."""
    (name,) = given
    with pytest.raises(InputError, match="a unit" if name == "target" else name):
        inspect.unwrap(ascend)(small, **{"target": "conv:0", **given})


def test_unknown_keyword_is_refused(small):
    with pytest.raises(TypeError, match="learningrate"):
        ascend(small, "conv:0", learningrate=0.1)


def test_a_unit_outside_the_picture_is_refused(small):
    with pytest.raises(UnknownTargetError, match="a row of conv from 0 to 8, got 9"):
        ascend(small, "conv:0@9,0", size=9)
    assert next(ascend(small, "conv:0@9,0")).step == 0


def test_a_network_for_no_pictures_is_refused():
    net = Network(lambda _, x: jnp.tanh(x), input_shape=(2, 9, 4, 1))
    with pytest.raises(InputError, match="pictures"):
        ascend(net, "tanh:0")
