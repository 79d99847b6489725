"""The other metrics of faithfulness, and completeness: closed forms on a linear network."""

import numpy as np
import pytest
from scipy.special import softmax

from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.evaluate.imputation import impute
from cnnviz_widgets.network import Network
from tests.evaluate.conftest import SIZE
from tests.models.taps import assert_same


@pytest.fixture(scope="module")
def shares(linear, images):
    return methods.input_x_gradient(linear, images, target=1)


def _gradient(matrix, images, column):
    return np.broadcast_to(matrix[:, column].reshape(SIZE), images.shape)


@pytest.mark.parametrize("metric", ["mu_fidelity", "faithfulness_correlation"])
class TestCorrelations:
    def test_is_one_for_the_exact_shares(self, metric, linear, images, shares):
        run = getattr(evaluate, metric)
        assert_same(run(linear, images, shares, samples=20), np.ones(3), tolerance=1e-3)
        opposite = run(linear, images, -shares.values, target=1, samples=20)
        assert_same(opposite, -np.ones(3), tolerance=1e-3)

    def test_is_zero_for_a_constant_map_and_a_dead_network(self, metric, net, images, maps):
        run = getattr(evaluate, metric)
        constant = np.full(images.shape[:3], 0.1)
        np.testing.assert_array_equal(run(net, images, constant, target=0, samples=5), 0)
        dead = Network(lambda _, x: 0 * x.mean((1, 2)), input_shape=SIZE)
        np.testing.assert_array_equal(run(dead, images, maps, target=0, samples=5), 0)

    def test_another_seed_draws_others(self, metric, net, images, maps):
        run = getattr(evaluate, metric)
        one, other = (run(net, images, maps, target=0, samples=5, seed=s) for s in (0, 1))
        assert np.abs(one - other).max() > 1e-3


def test_mu_fidelity_asks_for_the_order_only(linear, images, shares):
    """With one cell at a time, any rising function of the cells' shares is as good."""
    cells = shares.values.sum(-1).reshape(3, 2, 3, 5)  # rows of cells
    rising = np.zeros((3, 6, 5), np.float32)
    for row in range(2):
        for places in (slice(0, 3), slice(3, 5)):
            total = cells[:, row, :, places].sum((1, 2))
            rising[:, 3 * row, places.start] = np.exp(5 * total / np.abs(cells).max())
    options = {"target": 1, "grid": 2, "share": 0.25, "samples": 12}
    assert_same(evaluate.mu_fidelity(linear, images, rising, **options), np.ones(3))
    assert_same(evaluate.mu_fidelity(linear, images, -rising, **options), -np.ones(3))


def test_random_subsets_have_their_size_and_differ():
    import jax

    from cnnviz_widgets.evaluate.subsets import random_subsets

    found = [np.asarray(each) for each in random_subsets(jax.random.key(0), 5, (12, 9), (4, 3), 5)]
    assert all(each.shape == (12, 9) and each.sum() == 5 * 9 for each in found)
    blocks = found[0].reshape(4, 3, 3, 3).transpose(0, 2, 1, 3).reshape(12, 9)  # a row each
    assert (blocks == blocks[:, :1]).all()
    assert len({each.tobytes() for each in found}) == 5


@pytest.mark.parametrize("changes", ["square", "gaussian"])
class TestInfidelity:
    def test_is_zero_for_the_gradient_of_a_linear_network(self, changes, linear, images, matrix):
        weights = _gradient(matrix, images, 1)
        found = evaluate.infidelity(linear, images, weights, target=1, changes=changes, samples=5)
        assert np.abs(found).max() < 1e-6

    def test_is_the_mean_squared_drop_for_nothing(self, changes, linear, images, matrix):
        nothing = evaluate.infidelity(
            linear, images, np.zeros(images.shape), target=1, changes=changes, samples=5
        )
        twice = evaluate.infidelity(
            linear, images, 2 * _gradient(matrix, images, 1), target=1, changes=changes, samples=5
        )
        assert nothing.min() > 1e-3
        assert_same(twice, nothing, tolerance=1e-4)  # as wrong to the other side

    def test_the_best_factor_makes_units_equal(self, changes, net, images, maps):
        options = {"target": 1, "changes": changes, "samples": 5, "scaled": True}
        one, thousand = (evaluate.infidelity(net, images, k * maps, **options) for k in (1, 1000))
        assert_same(one, thousand, tolerance=1e-4)
        factors = np.linspace(-3, 3, 25)
        plain = [
            evaluate.infidelity(net, images, k * maps, target=1, changes=changes, samples=5)
            for k in factors
        ]
        assert (one <= np.min(plain, 0) + 1e-5).all()


def test_a_square_goes_black_and_the_rest_stays(images):
    import jax

    from cnnviz_widgets.evaluate.infidelity import _square

    for seed in range(5):
        left = images - np.asarray(_square(jax.random.key(seed), images, np.int32(2)))
        gone = (left == 0).all((0, 3))
        rows, columns = np.nonzero(gone)
        assert gone.sum() == 4
        assert np.ptp(rows) == np.ptp(columns) == 1
        np.testing.assert_array_equal(left[:, ~gone], images[:, ~gone])


def test_values_without_channels_are_shared_out(net, images, maps):
    repeated = np.repeat(maps[..., None] / 3, 3, -1)
    found = [
        evaluate.infidelity(net, images, values, target=0, samples=3) for values in (maps, repeated)
    ]
    assert_same(*found)


def test_completeness_is_the_error_of_the_sum(linear, images, shares):
    assert np.abs(evaluate.completeness(linear, images, shares)).max() < 1e-4
    more = shares.values.copy()
    more[:, 0, 0, 0] += np.array([1, -2, 3], np.float32)
    assert_same(evaluate.completeness(linear, images, more, target=1), [1, 2, 3], tolerance=1e-4)


def test_completeness_knows_the_delta_of_integrated_gradients(net, images):
    found = methods.integrated_gradients(net, images, target=2, baseline="white", steps=3)
    error = evaluate.completeness(net, images, found, baseline="white")
    assert_same(error, np.abs(found.delta), tolerance=1e-3)


def test_average_drop_and_increase_by_hand(net, images, maps):
    shown = np.maximum(maps, 0) / maps.max((1, 2), keepdims=True)
    before, after = (softmax(np.asarray(net(x)), 1) for x in (images, images * shown[..., None]))
    fell = after < before
    assert fell.any()
    assert not fell.all()
    for target in range(4):
        drop = evaluate.average_drop(net, images, maps, target=target)
        rise = evaluate.average_increase(net, images, maps, target=target)
        wanted = np.maximum(before - after, 0) / before
        assert_same(drop, wanted[:, target], tolerance=1e-4)
        np.testing.assert_array_equal(rise, ~fell[:, target])


def test_a_constant_map_hides_nothing_or_all(net, images):
    ones = np.full(images.shape[:3], 3.0)
    np.testing.assert_array_equal(evaluate.average_drop(net, images, ones, target=1), 0)
    np.testing.assert_array_equal(evaluate.average_increase(net, images, ones, target=1), 0)
    black = np.asarray(net(np.zeros_like(images)))
    for target in (0, 1):
        before, after = (softmax(np.asarray(y), 1)[:, target] for y in (net(images), black))
        wanted = np.maximum(before - after, 0) / before
        nothing = evaluate.average_drop(net, images, -ones, target=target)
        assert_same(nothing, wanted, tolerance=1e-4)


def test_imputed_pixels_are_means_of_their_neighbours():
    picture = np.random.default_rng(0).random((5, 6, 2))
    missing = np.zeros((5, 6), bool)
    missing[2, 3] = True
    around = picture[1:4, 2:5]
    wanted = (
        (around[0, 1] + around[1, 0] + around[1, 2] + around[2, 1]) / 6
        + (around[0, 0] + around[0, 2] + around[2, 0] + around[2, 2]) / 12
    )  # fmt: skip
    found = impute(picture, missing)
    np.testing.assert_allclose(found[2, 3], wanted)
    np.testing.assert_array_equal(found[~missing], picture[~missing])
    corner = np.zeros((5, 6), bool)
    corner[0, 0] = True
    wanted = (picture[0, 1] + picture[1, 0]) * 0.4 + picture[1, 1] * 0.2
    np.testing.assert_allclose(impute(picture, corner)[0, 0], wanted)
    ramp = np.broadcast_to(np.arange(6.0)[None, :, None], (5, 6, 1))
    inner = np.zeros((5, 6), bool)
    inner[1:4, 1:5] = True  # a ramp is its own mean
    np.testing.assert_allclose(impute(ramp, inner), ramp, atol=1e-9)
    np.testing.assert_array_equal(impute(picture, np.zeros((5, 6), bool)), picture)


def test_road_by_hand(net, images, maps):
    found = evaluate.road(net, images, maps, target=1, percentiles=[20, 50], noise=0.0)
    wanted = np.zeros(3)
    for count in (6, 15):
        for sign, share in ((1, 0.5), (-1, -0.5)):  # first the least, then the largest
            for k in range(3):
                order = np.argsort(sign * maps[k].ravel())
                missing = np.zeros(30, bool)
                missing[order[:count]] = True
                image = impute(images[k], missing.reshape(6, 5)).clip(0, 1)
                wanted[k] += share * softmax(np.asarray(net(image)), 1)[0, 1] / 2
    assert_same(found, wanted, tolerance=1e-4)
    opposite = evaluate.road(net, images, -maps, target=1, percentiles=[20, 50], noise=0.0)
    assert_same(opposite, -wanted, tolerance=1e-4)
    noisy = evaluate.road(net, images, maps, target=1, percentiles=[20, 50], noise=0.3)
    assert 1e-4 < np.abs(noisy - found).max() < 0.5
