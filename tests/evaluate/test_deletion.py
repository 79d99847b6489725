"""Deletion, insertion and pixel flipping: orders whose curves are known."""

import itertools

import numpy as np
import pytest
from scipy.special import softmax

from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.network import Network
from tests.compiling import compilations
from tests.models.taps import assert_same

SHARES = np.array([0.4, 0.1, 0.3, 0.2], np.float32)


@pytest.fixture(scope="module")
def four() -> Network:
    """Four pixels of which each adds its share to the logit of class 0; class 1 stays at 0."""

    def model(p, x):
        total = (x[..., 0] * p[None]).sum((1, 2))
        return np.array([[1.0, 0.0]], np.float32) * 10 * total[:, None]

    return Network(model, params=SHARES.reshape(2, 2), input_shape=(2, 2, 1))


def _area(order):
    """By hand: the trapezoid rule over the probabilities as pixels go in this order."""
    left = np.array([1 - SHARES[list(order[:k])].sum() for k in range(5)])
    p = 1 / (1 + np.exp(-10 * left))
    return ((p[1:] + p[:-1]) / 2).mean()


def test_the_area_is_that_by_hand_for_every_order(four):
    x = np.ones((1, 2, 2, 1), np.float32)
    found = {}
    for order in itertools.permutations(range(4)):
        values = np.empty(4, np.float32)
        values[list(order)] = (4, 3, 2, 1)
        got = evaluate.deletion(four, x, values.reshape(1, 2, 2), target=0)
        assert_same(got, [_area(order)], tolerance=1e-5)
        found[order] = got[0]
    assert min(found, key=found.get) == (0, 2, 3, 1)  # the perfect order
    assert max(found, key=found.get) == (1, 3, 2, 0)


def test_insertion_runs_deletion_backwards(net, images, maps):
    """Adding the largest values to black is taking the largest of the reversed map away."""
    added = evaluate.insertion(net, images, maps, target=1, steps=30, baseline="black")
    taken = evaluate.deletion(net, images, -maps, target=1, steps=30)
    assert_same(added, taken, tolerance=1e-5)


def test_few_steps_approach_many(net, images, maps):
    few, many = (evaluate.deletion(net, images, maps, target=1, steps=s) for s in (10, 30))
    assert 0 < np.abs(few - many).max() < 0.1


def test_another_number_of_steps_compiles_nothing(net, images, maps):
    evaluate.deletion(net, images, maps, target=1, steps=3)
    with compilations() as compiled:
        evaluate.deletion(net, images, maps, target=1, steps=11)
    assert compiled == []


def test_ends_of_the_curve_are_the_two_images(net, images, maps):
    curve = evaluate.pixel_flipping_curve(net, images, maps, target=2, baseline="white")
    assert curve.shape == (3, 31)
    assert_same(curve[:, 0], np.asarray(net(images))[:, 2])
    assert_same(curve[:, -1], np.asarray(net(np.ones_like(images)))[:, 2])


def test_the_last_step_flips_what_is_left(net, images, maps):
    curve = evaluate.pixel_flipping_curve(net, images, maps, target=2, pixels_in_step=8)
    assert curve.shape == (3, 5)
    assert_same(curve[:, -1], np.asarray(net(np.zeros_like(images)))[:, 2])


def test_output_is_the_probability_on_wish(net, images, maps):
    curve = evaluate.pixel_flipping_curve(net, images, maps, target=2, output="probability")
    assert_same(curve[:, 0], softmax(np.asarray(net(images)), 1)[:, 2])


def test_a_gradient_beats_a_random_order_on_a_linear_network(linear, images):
    values = methods.input_x_gradient(linear, images, target=0)
    random = evaluate.random_map(linear, images, target=0)
    for metric, sign in ((evaluate.pixel_flipping, 1), (evaluate.deletion, 1)):
        assert (sign * metric(linear, images, values) < sign * metric(linear, images, random)).all()
    assert (
        evaluate.insertion(linear, images, values, baseline="black")
        > evaluate.insertion(linear, images, random, baseline="black")
    ).all()


def test_equal_values_have_no_side(net, images):
    """A constant map is a random order, which is not that of rows."""
    size = images.shape[:3]
    constant = evaluate.pixel_flipping_curve(net, images, np.ones(size), target=0)
    rows = -np.arange(size[1] * size[2], dtype=np.float32).reshape(size[1:])
    by_rows = evaluate.pixel_flipping_curve(net, images, np.broadcast_to(rows, size), target=0)
    assert np.abs(constant - by_rows).max() > 1e-3


def test_blur_keeps_what_is_flat_and_the_mean_of_a_spot(net, images):
    from cnnviz_widgets.evaluate.baselines import blurred

    flat = np.full((1, 20, 20, 2), 0.3, np.float32)
    assert_same(blurred(flat), flat)
    spot = np.zeros((1, 31, 31, 1), np.float32)
    spot[0, 15, 15] = 1
    found = np.asarray(blurred(spot))[0, :, :, 0]
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found > 0).sum() == 121  # 11 x 11
    assert found[15, 15] / found[15, 20] == pytest.approx(np.exp(0.5), abs=1e-4)  # one sigma
