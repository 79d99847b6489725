"""Figures of layers over many images, against NumPy on the activations themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.methods import in_batches
from cnnviz_widgets.methods.statistics.power_bins import BINS, PowerBins, bin_count
from cnnviz_widgets.network import InputError, Network
from tests.compiling import compilations
from tests.models.functions import conv, weights

RANDOM = np.random.default_rng(3)
IMAGES = RANDOM.uniform(size=(45, 9, 7, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def net() -> Network:
    kernel, head = weights((3, 3, 1, 6), (6, 5), seed=1)
    bias = jnp.asarray([0.0, -50.0, 50.0, 0.0, 0.0, 0.0])  # the second is dead, the third always on

    def model(params, x):
        kernel, bias, head = params
        with jax.named_scope("conv"):
            x = conv(x, kernel) + bias[None, None, None]
        x = jax.nn.relu(x)
        return jnp.tanh(30 * x.mean((1, 2)) @ head)

    return Network(model, params=(kernel, bias, head), input_shape=(9, 7, 1))


@pytest.fixture
def _few_at_once(monkeypatch):
    monkeypatch.setattr(in_batches, "MOST", 8)


@pytest.mark.usefixtures("_few_at_once")
def test_all_figures_are_those_of_numpy(net):
    found = methods.activation_statistics(net, IMAGES)
    values = methods.activations(net, IMAGES)
    assert [each.layer for each in found.layers] == [layer.name for layer in net.layers]
    assert (found.images, found.of) == (45, 45)
    for each in found.layers:
        known = np.asarray(values[each.layer], np.float64)
        flat = known.reshape(-1, known.shape[-1])
        size = np.abs(flat).max() + 1e-6
        np.testing.assert_allclose(each.mean, flat.mean(0), rtol=1e-5, atol=1e-6 * size)
        np.testing.assert_allclose(each.spread, flat.std(0), rtol=1e-4, atol=1e-6 * size)
        np.testing.assert_array_equal(each.zeros, (flat == 0).mean(0))
        np.testing.assert_allclose(each.low, flat.min(0), atol=1e-6 * size)
        np.testing.assert_allclose(each.high, flat.max(0), atol=1e-6 * size)
        np.testing.assert_allclose(each.overall, (flat.mean(), flat.std()), rtol=1e-4)
        assert each.values == len(flat)
        assert len(each.edges) <= bin_count(flat.shape[1]) + 1
    relu = next(each for each in found.layers if each.operation == "relu")
    assert relu.dead.tolist() == [1]
    assert 2 in relu.always_on
    tanh = next(each for each in found.layers if each.operation == "tanh")
    expected = (abs(np.asarray(values[tanh.layer])) >= 0.98).mean(0)
    np.testing.assert_allclose(tanh.saturated, expected, atol=1e-6)


@pytest.mark.usefixtures("_few_at_once")
def test_every_value_is_in_its_bin():
    """Values far apart from batch to batch, known to the last bit: a product with one."""
    net = Network(lambda one, x: x * one, params=jnp.ones(()), input_shape=(5, 4))
    scale = np.repeat(10.0 ** np.arange(-3, 3), 8)[:48]
    x = (RANDOM.standard_normal((48, 5, 4)) * scale[:, None, None]).astype(np.float32)
    x[0] = 0
    (found,) = methods.activation_statistics(net, x).layers
    flat = x.reshape(-1, 4).astype(np.float64)
    for channel in range(4):
        expected, _ = np.histogram(flat[:, channel], found.edges)
        np.testing.assert_array_equal(found.counts[channel], expected)
    assert found.histogram.sum() == flat.size
    widths = np.diff(found.edges)
    assert (widths == widths[0]).all()
    assert np.log2(widths[0]) % 1 == 0
    used = np.flatnonzero(found.histogram)
    assert used[-1] - used[0] >= BINS // 4


@pytest.mark.parametrize(
    "values",
    [[0.0], [7.25], [-3.0, -3.0], [1e30, -1e30], [1e6, 1e6 + 0.5], [1e-38, 2e-30]],
    ids=str,
)
def test_odd_ranges_are_binned_too(values):
    net = Network(lambda one, x: x * one, params=jnp.ones(()), input_shape=(2,))
    x = np.repeat(np.asarray(values, np.float32), 3)[:, None] * np.ones((1, 2), np.float32)
    (found,) = methods.activation_statistics(net, x).layers
    for channel in range(2):
        expected, _ = np.histogram(x[:, channel].astype(np.float64), found.edges)
        np.testing.assert_array_equal(found.counts[channel], expected)
    assert found.histogram.sum() == x.size


def test_histograms_join_as_if_they_were_one():
    one = PowerBins.of(0, -3, np.eye(1, 4, dtype=int) + 1)
    far = PowerBins.of(-80, 2**30, np.ones((1, 2), int))
    both = one.joined(far)
    assert both.counts.sum() == one.counts.sum() + 2
    assert (both.exponent, both.start) == (0, -3)
    wide = one.joined(PowerBins.of(3, 100, np.ones((1, 1), int)))
    assert wide.counts.shape[1] <= BINS
    assert wide.counts.sum() == one.counts.sum() + 1
    assert wide.edges[0] <= -3
    assert wide.edges[-1] > 800


def test_values_that_are_no_numbers_count_apart():
    net = Network(lambda one, x: one / x, params=jnp.ones(()), input_shape=(3,))
    x = np.array([[1, 2, 4], [0, 2, 8]], np.float32)
    (found,) = methods.activation_statistics(net, x).layers
    assert found.nonfinite == 1
    np.testing.assert_allclose(found.mean, [1, 0.5, 3 / 16])
    assert found.histogram.sum() == 5


@pytest.mark.usefixtures("_few_at_once")
def test_frames_tell_all_that_is_known_and_nothing_compiles_on_the_way(net):
    frames = methods.activation_statistics_frames(net, IMAGES[:19])
    first = next(frames)
    with compilations() as compiled:
        rest = list(frames)
    assert not compiled
    assert [each.images for each in (first, *rest)] == [8, 16, 19]
    part = methods.activation_statistics(net, IMAGES[:16])
    for seen, alone in zip(rest[0].layers, part.layers, strict=True):
        np.testing.assert_array_equal(seen.counts, alone.counts)
        np.testing.assert_allclose(seen.mean, alone.mean, atol=1e-6)


def test_pictures_in_whole_numbers_and_lists_are_taken(net):
    whole = (255 * IMAGES[:6]).astype(np.uint8)
    found = methods.activation_statistics(net, list(whole), "conv").layers[0]
    expected = methods.activation_statistics(net, whole.astype(np.float32) / 255, "conv").layers[0]
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-5)
    with pytest.raises(InputError, match="one shape"):
        methods.activation_statistics(net, [IMAGES[0], IMAGES[0, :5]])
    with pytest.raises(InputError, match="channels"):
        methods.activation_statistics(net, np.zeros((3, 9, 7, 2), np.float32))
    spoilt = IMAGES.copy()
    spoilt[40] = 3.0
    with pytest.raises(InputError, match="examples 0 to 44"):
        methods.activation_statistics(net, spoilt)


def test_sequences_have_figures_too():
    def model(params, x):
        def step(state, row):
            state = jnp.tanh(state + row @ params)
            return state, state

        _, states = jax.lax.scan(step, jnp.zeros((x.shape[0], 3)), jnp.moveaxis(x, 1, 0))
        return states[-1]

    net = Network(model, params=jnp.eye(4, 3), input_shape=(5, 4))
    x = RANDOM.standard_normal((12, 5, 4)).astype(np.float32)
    found = methods.activation_statistics(net, x)
    values = methods.activations(net, x)
    assert any(np.ndim(value) == 3 for value in values.values())
    for each in found.layers:
        flat = np.asarray(values[each.layer], np.float64).reshape(-1, each.mean.size)
        np.testing.assert_allclose(each.mean, flat.mean(0), atol=1e-6)
