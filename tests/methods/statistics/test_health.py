"""Each fault is planted and found; in the bundled networks none is found that isn't there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets import methods, zoo
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.zoo import digits_data, photos_data
from tests.models.functions import conv
from tests.models.functions import weights as random_weights

SHAPE = (8, 8, 1)
DEPTH = 6


def _model(params, x):
    """A convolution, a deep run of dense layers, and 4 classes."""
    x = jax.nn.relu(conv(x, params["kernel"]) + params["bias"][None, None, None])
    x = x.mean((1, 2))
    for matrix in params["deep"]:
        x = jnp.tanh(x @ matrix)
    return x @ params["head"]


@pytest.fixture(scope="module")
def net() -> Network:
    kernel, head, *deep = random_weights((3, 3, 1, 10), (10, 4), *[(10, 10)] * DEPTH, seed=4)
    params = {"kernel": kernel, "bias": np.zeros(10, np.float32), "head": head, "deep": deep}
    return Network(_model, params=params, input_shape=SHAPE)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).uniform(size=(60, *SHAPE)).astype(np.float32)


def changed(net: Network, **changes) -> Network:
    """The network with some weights replaced by what a function makes of them."""
    weights = net.weights
    return net.with_weights(
        {name.replace("__", "/"): make(np.array(weights[name.replace("__", "/")]))
         for name, make in changes.items()}
    )  # fmt: skip


def kinds(found: methods.Health, *severities: str) -> set[str]:
    return {each.kind for each in found.findings if each.severity in (severities or
            ("error", "warning", "note"))}  # fmt: skip


def the(found: methods.Health, kind: str) -> methods.Finding:
    (one,) = [each for each in found.findings if each.kind == kind]
    return one


def with_bias(values):
    return lambda bias: np.asarray(values, np.float32)


def test_a_sound_network_has_nothing_wrong(net, images):
    assert kinds(methods.health(net, images), "error", "warning") == set()


def test_dead_units_are_found_with_their_channels(net, images):
    bias = np.zeros(10)
    bias[[2, 7]] = -100
    found = the(methods.health(changed(net, bias=with_bias(bias)), images), "dead units")
    assert (found.layer, found.channels, found.severity) == ("relu", (2, 7), "warning")
    assert found.number == pytest.approx(0.2)
    assert "2 of 10 channels of relu give one value for every image" in found.words


def test_units_that_are_never_off_are_noted(net, images):
    bias = np.zeros(10)
    bias[3] = 100
    found = the(methods.health(changed(net, bias=with_bias(bias)), images), "always on")
    assert found.severity == "note"
    assert 3 in found.channels


def test_saturated_activations_are_found(net, images):
    loud = changed(net, deep__0=lambda w: 1000 * w)
    found = the(methods.health(loud, images), "saturated")
    assert (found.layer, found.severity) == ("tanh", "warning")
    assert len(found.channels) >= 9


def test_vanishing_and_exploding_gradients_are_found(net, images):
    loud = {f"deep__{k}": lambda w: 40 * w for k in range(DEPTH)}  # each slope is next to none
    found = methods.health(changed(net, **loud), images)
    assert the(found, "vanishing gradient").severity == "error"
    assert the(found, "vanishing gradient").number < 1e-4

    def linear(params, x):  # so that nothing saturates
        x = x.mean((1, 2))
        for matrix in params[:-1]:
            x = x @ matrix
        return x @ params[-1]

    first, last = np.full((1, 4), 1e-3, np.float32), np.eye(4, dtype=np.float32)
    deep = [100 * np.eye(4, dtype=np.float32)] * 3
    steep = Network(linear, params=[first, *deep, last], input_shape=SHAPE)
    assert "exploding gradient" in kinds(methods.health(steep, images), "error")


def test_filters_that_are_the_same_up_to_scale_are_found(net, images):
    def twice(kernel):
        kernel[..., 5] = 2 * kernel[..., 1]
        kernel[..., 8] = -kernel[..., 2]  # the opposite is another filter
        return kernel

    found = the(methods.health(changed(net, kernel=twice), images), "duplicate filters")
    assert found.channels == (1, 5)
    assert "1 and 5" in found.words


def test_nan_is_found_where_it_first_appears(net, images):
    def broken(matrix):
        matrix[3, 4] = np.nan
        return matrix

    found = methods.health(changed(net, deep__2=broken), images)
    weight, value = found.findings
    assert {each.kind for each in found.findings} == {"not finite"}
    assert weight.number == 1
    assert "deep/2" in weight.words
    first = value.layer
    values = methods.activations(changed(net, deep__2=broken), images)
    clean = [name for name in values if np.isfinite(values[name]).all()]
    assert clean == list(values)[: list(values).index(first)]
    assert value.channels == (4,)
    overflow = methods.health(changed(net, kernel=lambda w: np.full_like(w, 3e38)), images)
    assert overflow.findings[0].layer == net.layers[0].name


@pytest.fixture(scope="module")
def digits() -> Network:
    return cw.load("digits")


@pytest.fixture(scope="module")
def held_out() -> tuple[np.ndarray, np.ndarray]:
    return digits_data.held_out_digits()


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return digits_data.training_digits()[0][:500]


def test_images_unlike_the_training_set_are_found(digits, held_out, known):
    odd = np.random.default_rng(0).uniform(size=(20, 28, 28, 1)).astype(np.float32)
    mixed = np.concatenate([held_out[0][:100], odd])
    found = the(methods.health(digits, mixed, reference=known), "unlike the reference")
    assert found.severity == "warning"
    assert len(found.images) >= 8
    assert min(found.images) >= 100  # none of the digits is among them


def test_confidence_is_held_against_accuracy(digits, held_out):
    images, labels = held_out
    wrong = labels.copy()
    wrong[::4] = (wrong[::4] + 1) % 10  # a quarter of the labels is not what it was trained on
    found = methods.health(digits, images, wrong)
    assert the(found, "overconfident").number == pytest.approx(0.25, abs=0.03)
    shuffled = np.random.default_rng(0).permutation(labels)
    assert (
        the(methods.health(digits, images, shuffled), "no better than chance").severity == "error"
    )
    sure = found.calibration
    p = np.asarray(methods.probabilities(digits, images), np.float64)
    assert sure.confidence == pytest.approx(p.max(1).mean())
    assert sure.accuracy == pytest.approx((p.argmax(1) == wrong).mean())


def test_the_calibration_error_is_that_of_a_hand_count():
    table = [[0.95, 0.05], [0.9, 0.1], [0.3, 0.7], [0.45, 0.55]]
    found = methods.calibration(table, [0, 1, 1, 0], bins=2)  # all four in the upper bin
    assert found.counts.tolist() == [0, 4]
    assert found.confidences[1] == pytest.approx(0.775)
    assert found.accuracies[1] == 0.5
    assert found.error == pytest.approx(0.275)
    ten = methods.calibration(table, [0, 1, 1, 0], bins=10)
    assert ten.error == pytest.approx((abs(0.925 * 2 - 1) + 0.3 + 0.55) / 4)


def test_digits_has_units_that_are_dead_and_nothing_else(digits, held_out, known):
    found = methods.health(digits, *held_out, reference=known)
    assert kinds(found) == {"dead units", "always on"}
    for each in found.findings:
        values = np.concatenate(
            [np.asarray(methods.activations(digits, held_out[0][at : at + 60], [each.layer])
             [each.layer]).reshape(-1, digits[each.layer].channels) for at in range(0, 360, 60)]
        )  # fmt: skip
        own = values.max(0) == 0 if each.kind == "dead units" else values.min(0) > 0
        assert np.flatnonzero(own).tolist() == list(each.channels)


def test_photos_is_well(net):
    assert "photos" in zoo.NAMES
    images, labels = photos_data.evaluation_pieces()
    chosen = np.random.default_rng(0).permutation(len(images))[:64]
    assert methods.health(cw.load("photos"), images[chosen], labels[chosen]).findings == ()


def test_what_makes_no_sense_is_said(net, images):
    with pytest.raises(InputError, match="one label for each of 60 images"):
        methods.health(net, images, np.zeros(5))
    with pytest.raises(InputError, match="50 reference images or more, got 3"):
        methods.health(net, images, reference=images[:3])


def test_it_reads_as_a_page(net, images):
    found = methods.health(changed(net, bias=with_bias([-100] * 10)), images)
    assert str(found).startswith("error: 10 of 10 channels of relu give one value")
    assert str(methods.health(net, images[:5])) == "Nothing found with 5 images."
