"""Every objective's ascent raises it, whatever paints and whatever transforms."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from cnnviz_widgets import methods as m
from cnnviz_widgets.network import Network, UnknownLayerError, UnknownTargetError
from cnnviz_widgets.network.errors import InputError
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import pictures

SIDES = (12, 10, 3)
IMAGE = pictures(SIDES, 1, 5)[0] * 0.8 + 0.1
RNG = np.random.default_rng(2)
VECTOR = RNG.normal(size=4).astype(np.float32)


@pytest.fixture(scope="module")
def net() -> Network:
    """Two convolutions and three classes."""

    def model(params, x):
        with jax.named_scope("one"):
            x = jax.nn.relu(conv(x - 0.5, params[0]))
        with jax.named_scope("two"):
            x = conv(x, params[1])
        return jax.nn.softmax(3 * x.mean((1, 2))[:, :3])

    kernels = weights((3, 3, 3, 4), (3, 3, 4, 4))
    return Network(model, params=kernels, input_shape=SIDES, classes=("red", "green", "blue"))


def _brightest(taps):
    return taps["two"].max((1, 2, 3))


OBJECTIVES = {
    "neuron": lambda net: m.neuron("two", 1, 3, 4),
    "middle": lambda net: m.neuron("two", 2),
    "channel": lambda net: m.channel("two", 1),
    "negative": lambda net: m.channel("two", 1, "negative"),
    "layer": lambda net: m.layer("two"),
    "logit": lambda net: m.class_logit(net, "green"),
    "probability": lambda net: m.class_probability(net, 2),
    "direction": lambda net: m.direction("two", VECTOR),
    "cosine": lambda net: m.direction("two", VECTOR, cosine_power=1.0),
    "direction at": lambda net: m.direction_at("two", VECTOR, 2, 3),
    "direction in the middle": lambda net: m.direction_at("two", VECTOR),
    "tensor direction": lambda net: m.tensor_direction("two", RNG.normal(size=(3, 2, 4))),
    "local group": lambda net: m.local_group("two", 1, 2, 3, 3),
    "weighted group": lambda net: m.local_group("two", 1, 2, 2, 4, VECTOR),
    "alignment": lambda net: m.alignment("two"),
    "diversity": lambda net: m.diversity("two"),
    "interpolation": lambda net: m.interpolation("two:1", "two:2"),
    "difference": lambda net: -m.activation_difference(net, IMAGE, ["two"]),
    "likeness": lambda net: m.likeness(net, IMAGE, "two"),
    "input difference": lambda net: m.input_difference(IMAGE),
    "total variation": lambda net: m.total_variation(),
    "L1": lambda net: m.l1(),
    "L2 of a layer": lambda net: m.l2("two", 0.0),
    "blur": lambda net: -m.blur(),
    "boundary complexity": lambda net: -m.boundary_complexity(2),
    "own": lambda net: m.of_taps("two", _brightest),
    "sum": lambda net: m.channel("two", 1) - 0.5 * m.channel("two", 2) + 1,
    "product": lambda net: m.channel("two", 1) * (1 - m.l2()),
    "texts": lambda net: "two:1" + 2 * m.objective(net, "two:3@1,1"),
    "expression": lambda net: m.objective(net, "two:1 - 0.5*two:2 + red"),
}
IN_BATCH = {"alignment", "diversity", "interpolation"}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objectives_ascent_raises_it(net, name):
    goal = OBJECTIVES[name](net)
    assert goal.label
    batch = 3 if name in IN_BATCH else 1
    frames = list(
        m.ascend(net, goal, steps=12, parameterisation=m.Pixels(0.3), jitter=0, batch=batch)
    )
    for frame in frames:
        assert frame.images.shape == (batch, *SIDES)
        assert frame.scores.shape == (batch,)
        assert np.isfinite(frame.scores).all()
    assert frames[-1].scores.sum() > frames[0].scores.sum()


PAINTED = [
    m.Pixels(), m.Fourier(), m.LowResolution(2), m.LaplacianPyramid(2), m.Bilinear(6, 5),
    m.CPPN(6, 2), m.Alpha(), m.Maco(),
]  # fmt: skip


@pytest.mark.parametrize("chosen", PAINTED, ids=repr)
def test_every_parameterisation_can_be_climbed_with(net, chosen):
    """One step of the start is scored with another random background than the next."""
    rate = 0.2 if isinstance(chosen, m.Maco) else 0.05
    frames = list(
        m.ascend(net, "two:1", steps=20, parameterisation=chosen, jitter=0, learning_rate=rate)
    )
    assert frames[-1].score > frames[0].score
    assert (frames[-1].opacity is not None) == isinstance(chosen, m.Alpha | m.Maco)
    if frames[-1].opacity is not None:
        assert frames[-1].opacity.shape == (1, *SIDES[:2])
        assert 0 <= frames[-1].opacity.min() < frames[-1].opacity.max() <= 1


def test_a_channel_is_climbed_where_it_costs_least_opacity(net):
    """Whether opacity is subtracted or multiplied by, it ends below that of the channel alone."""

    def opacity(goal):
        *_, last = m.ascend(
            net, goal, steps=24, parameterisation=m.Alpha(m.Pixels(), m.Pixels()), jitter=0
        )
        assert last.opacity is not None
        return last.opacity.mean()

    alone = opacity("two:1")
    assert opacity(m.channel("two", 1) * (1 - m.opacity())) < alone - 0.1
    assert opacity(m.channel("two", 1) - 5.0 * m.opacity()) < alone - 0.1
    assert opacity(m.opacity()) > 0.85


@pytest.mark.parametrize("chosen", [m.Fourier(), m.Pixels(), m.Maco()], ids=repr)
def test_opacity_without_transparency_is_refused_before_the_first_step(net, chosen):
    for goal in (m.channel("two", 1) * (1 - m.opacity()), ["two:1", "two:2" - m.opacity()]):
        with pytest.raises(InputError, match=r"such as Alpha\(\), for 'two:\d .*opaque"):
            m.ascend(net, goal, parameterisation=chosen)


TRANSFORMS = [
    m.Pad(2), m.Jitter(2), m.Shift(2), m.Crop(1), m.Scale((0.9, 1.1)), m.Rotate((-9.0, 9.0)),
    m.Affine((-9.0, 9.0), (0.9, 1.1)),
    m.Flip(), m.Blur(0.5), m.Noise(0.02), m.Crops(3),
]  # fmt: skip


@pytest.mark.parametrize("transform", TRANSFORMS, ids=repr)
def test_every_transform_can_be_climbed_through(net, transform):
    frames = list(
        m.ascend(net, "two:1", steps=12, parameterisation=m.Pixels(), transforms=transform)
    )
    assert frames[-1].score > frames[0].score
    assert frames[-1].image.shape == SIDES


@pytest.mark.parametrize("name", list(m.PRESETS))
def test_every_preset_climbs(net, name):
    frames = list(m.ascend(net, "two:1", preset=name, size=(20, 20), steps=4))
    assert [frame.step for frame in frames] == [0, 1, 2, 3, 4]
    assert frames[-1].score > frames[0].score
    assert frames[-1].image.shape == (20, 20, 3)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (m.channel("two", 0), m.channel("two", 3, "negative")),
        (m.neuron("two", 0, 1, 1), 0.5 * m.neuron("two", 3, 5, 2)),
        (m.direction("two", VECTOR), m.direction("two", -VECTOR, cosine_power=2.0)),
        (m.channel("two", 0) - 0.1 * m.l2(), 2 * m.channel("two", 1) - 3.0 * m.l2()),
        (m.interpolation("two:0", "two:1"), m.interpolation("two:3", "two:2")),
        ([m.channel("two", 0), m.channel("two", 1)], [m.channel("two", 1), -m.channel("two", 1)]),
    ],
    ids=["channel", "neuron", "direction", "sum", "interpolation", "list"],
)
def test_another_of_the_same_kind_compiles_nothing(net, first, second):
    options = {"steps": 2, "parameterisation": m.Pixels(), "jitter": 0}
    list(m.ascend(net, first, **options))
    with compilations() as found:
        list(m.ascend(net, second, l2=0.1, learning_rate=0.02, seed=3, **options))
    assert not [each for each in found if "call" in each or "step" in each], found


def _scores(goal, values):
    return np.asarray(goal({name: jnp.asarray(v) for name, v in values.items()}))


def test_algebra_is_that_of_numbers():
    values = {"a": pictures((3, 4, 5), 2)}
    a, b = m.channel("a", 1), m.neuron("a", 2, 1, 3)
    x, y = values["a"][..., 1].mean((1, 2)), values["a"][:, 1, 3, 2]
    for goal, wanted in [
        (a + b, x + y), (a - b, x - y), (-a, -x), (2 * a, 2 * x), (a * 3, 3 * x),
        (a * b, x * y), (1 - a, 1 - x), (a + 1, x + 1), (a - 1, x - 1), ("a:2@1,3" + a, x + y),
        (sum([a, b]), x + y), (a - "a:2@1,3", x - y), (-(a + b) * 0.5, -(x + y) / 2),
        ("a" * a, x * np.square(values["a"]).mean((1, 2, 3))),
    ]:  # fmt: skip
        np.testing.assert_allclose(_scores(goal, values), wanted, rtol=1e-5)


def test_labels_read_as_what_was_written():
    a, b = m.channel("a", 1), m.channel("b", 2)
    assert (a + 0.5 * b).label == "a:1 + 0.5 * b:2"
    assert (a - b).label == "a:1 - b:2"
    assert (2 * (a + b)).label == "2 * (a:1 + b:2)"
    assert (-a).label == "-a:1"
    assert m.channel("a", 1, "negative").label == "a:1 negative"


def test_formulas_of_directions():
    value = pictures((5, 4, 4), 2) - 0.3
    dot = value @ VECTOR
    cosine = dot / np.linalg.norm(value, axis=-1) / np.linalg.norm(VECTOR)
    taps, powered = {"a": value}, dot * np.maximum(0.1, cosine) ** 2
    patch = RNG.normal(size=(3, 2, 4)).astype(np.float32)
    for goal, wanted in [
        (m.direction("a", VECTOR), dot.mean((1, 2))),
        (m.direction("a", VECTOR, cosine_power=2), powered.mean((1, 2))),
        (m.direction_at("a", VECTOR, 4, 1), dot[:, 4, 1]),
        (m.direction_at("a", VECTOR), dot[:, 2, 2]),
        (m.tensor_direction("a", patch), (value[:, 1:4, 1:3] * patch).sum(-1).mean((1, 2))),
        (m.local_group("a", 1, 2, 3, 2), value[:, 1:4, 2:4].mean((1, 2, 3))),
        (m.local_group("a", 1, 2, 3, 2, VECTOR), (value[:, 1:4, 2:4] * VECTOR).mean((1, 2, 3))),
    ]:
        np.testing.assert_allclose(_scores(goal, taps), wanted, rtol=1e-3, atol=1e-5)


def test_formulas_of_batches():
    value = pictures((3, 4, 5), 4) - 0.4
    flat = value.reshape(4, -1, 5)
    grams = np.stack([one.T @ one / np.linalg.norm(one.T @ one) for one in flat])
    alike = [[(a * b).sum() for b in grams] for a in grams]
    wanted = -(np.asarray(alike) * (1 - np.eye(4))).sum(1) / 4
    np.testing.assert_allclose(_scores(m.diversity("a"), {"a": value}), wanted, rtol=1e-4)
    apart = sum(
        np.square(value[i] - value[i + d]).mean() / 2.0**d for d in (1, 2, 3) for i in range(4 - d)
    )
    got = _scores(m.alignment("a"), {"a": value})
    assert got.sum() == pytest.approx(-apart, rel=1e-4)
    between = _scores(m.interpolation("a:1", "a:4"), {"a": value})
    ends = value.mean((1, 2))[:, [1, 4]]
    part = np.linspace(0, 1, 4)
    np.testing.assert_allclose(between, (1 - part) * ends[:, 0] + part * ends[:, 1], rtol=1e-4)


def test_formulas_of_pictures():
    x = pictures((12, 11, 3), 2)
    rough = np.abs(np.diff(x, axis=1)).mean((1, 2, 3)) + np.abs(np.diff(x, axis=2)).mean((1, 2, 3))
    edge = np.ones((12, 11, 1))
    edge[2:-2, 2:-2] = 0
    blurred = {side: _box(x, side) for side in (3, 5)}
    complexity = (np.square(blurred[5] - x) + 0.8 * np.square(x - 0.5)) * edge
    for goal, wanted in [
        (m.total_variation(), rough),
        (m.l1(), np.abs(x - 0.5).mean((1, 2, 3))),
        (m.l2(constant=0.2), np.square(x - 0.2).mean((1, 2, 3))),
        (m.blur(), 0.5 * np.square(x - blurred[3]).mean((1, 2, 3))),
        (m.boundary_complexity(2), complexity.mean((1, 2, 3))),
        (m.input_difference(x[1]), np.sqrt(np.square(x - x[1]).mean((1, 2, 3)))),
    ]:
        np.testing.assert_allclose(_scores(goal, {m.INPUT: x}), wanted, rtol=1e-4, atol=1e-5)


def _box(x, side):
    """The mean over a square whose outermost pixels count half, without those outside."""
    total, count, reach = np.zeros_like(x), np.zeros(x.shape[1:3]), side // 2
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            weight = 0.5 if reach in (abs(dy), abs(dx)) else 1.0
            for r in range(x.shape[1]):
                for c in range(x.shape[2]):
                    if 0 <= r + dy < x.shape[1] and 0 <= c + dx < x.shape[2]:
                        total[:, r, c] += weight * x[:, r + dy, c + dx]
                        count[r, c] += weight
    return total / count[None, :, :, None]


@pytest.mark.parametrize(
    ("goal", "error", "words"),
    [
        (lambda: m.channel("too", 1), UnknownLayerError, "too"),
        (lambda: m.channel("two", 4), UnknownTargetError, "from 0 to 3, got 4"),
        (lambda: m.channel("two", -1), UnknownTargetError, "whole number"),
        (lambda: m.channel("two", 1, "both"), InputError, "negative"),
        (lambda: m.neuron("two", 1, 99, 0), UnknownTargetError, "a row of two from 0 to 11"),
        (lambda: m.direction("two", [1.0, 2.0]), InputError, "4 numbers"),
        (lambda: m.direction("two", [0.0] * 4), InputError, "not zero"),
        (lambda: m.direction("two", [np.nan] * 4), InputError, "finite"),
        (lambda: m.tensor_direction("two", np.ones((20, 2, 4))), InputError, "no larger"),
        (lambda: m.local_group("two", 10, 0, 5, 1), UnknownTargetError, "got 14"),
        (lambda: m.input_difference(np.zeros((3, 3, 3))), InputError, "expected an image of shape"),
        (lambda: m.of_taps("two", lambda taps: taps["two"]), InputError, "one number for each"),
        (lambda: m.channel("two", 1) + None, TypeError, "an Objective, a number or a text"),
        (lambda: "two:1" + m.diversity("two"), InputError, "for diversity.*Pass batch=4"),
        (lambda: m.alignment("two"), InputError, "several pictures of one target for alignment"),
        (lambda: ["two:1" + m.diversity("two")] * 2, InputError, "got one"),
        (lambda: [], InputError, "at least one"),
        (lambda: "two:1 + nothing", UnknownTargetError, "nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(net, goal, error, words):
    with pytest.raises(error, match=words):
        next(iter(m.ascend(net, goal(), jitter=0)))


def test_any_optimiser_of_optax(net):
    for optimizer in (optax.sgd(2.0), optax.rmsprop(0.05), optax.adamw(0.05)):
        frames = list(m.ascend(net, "two:1", steps=8, optimizer=optimizer, jitter=0))
        assert frames[-1].score > frames[0].score
