"""Kernels, statistics, levels, likeness and connections, against what NumPy and frameworks give."""

from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from keras import layers
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import cnnviz_widgets as cw
from cnnviz_widgets.methods import (
    Kernels,
    MatrixLevels,
    NoKernelError,
    connections,
    filter_similarity,
    kernels,
    project_filters,
    singular_values,
    weight_statistics,
)
from cnnviz_widgets.methods.weights import filters, levels
from cnnviz_widgets.network import InputError, Network, UnknownLayerError
from tests.models import functions, linen_models, nnx_models

pytestmark = pytest.mark.usefixtures("lenient_ranks")
RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="module")
def digits() -> cw.Network:
    return cw.load("digits")


@pytest.fixture(scope="module")
def of_digits(digits: cw.Network) -> Kernels:
    return kernels(digits)


def of_nnx(cls: type[nnx_models.Stepped]) -> tuple[Any, Kernels]:
    model = nnx_models.made(cls)
    return model, kernels(Network(model, input_shape=cls.shape))


def test_kernels_are_the_weights_outputs_first(digits, of_digits):
    assert list(of_digits) == ["conv1", "conv2", "conv3", "dense1", "dense2"]
    stored = np.asarray(digits.weights["conv2/kernel"])
    np.testing.assert_array_equal(of_digits["conv2"].values, np.transpose(stored, (3, 2, 0, 1)))
    stored = np.asarray(digits.weights["dense1/kernel"])
    np.testing.assert_array_equal(of_digits["dense1"].values, stored.T)


def test_the_inputs_of_a_dense_layer_are_folded_by_the_flattened_map(digits, of_digits):
    kernel = of_digits["dense1"]
    assert (kernel.inputs, kernel.places) == (64, (3, 3))
    stored = np.asarray(digits.weights["dense1/kernel"]).reshape(3, 3, 64, 64)
    np.testing.assert_array_equal(kernel.slices(7), np.moveaxis(stored[..., 7], -1, 0))


def test_grouped_depthwise_dilated_and_transposed_convolutions():
    model, found = of_nnx(nnx_models.Convolutions)
    grouped = found["grouped"]
    assert (grouped.values.shape, grouped.groups, grouped.inputs) == ((4, 3, 3, 1), 2, 6)
    assert grouped.taken(1).tolist() == [0, 1, 2]
    assert grouped.taken(2).tolist() == [3, 4, 5]
    depthwise = found["depthwise"]
    assert [depthwise.taken(k).tolist() for k in range(4)] == [[0], [0], [1], [1]]
    stored = np.asarray(model.depthwise.kernel[...])
    np.testing.assert_array_equal(depthwise.slices(5)[0], stored[:, :, 0, 5])
    assert found["up"].inputs == 4


def test_windows_of_one_and_three_axes_are_pictures_too():
    _, found = of_nnx(nnx_models.Sequence)
    assert found["conv"].slices(0).shape == (5, 1, 3)
    _, found = of_nnx(nnx_models.Volume)
    assert found["conv"].slices(0).shape == (2, 9, 3)


def test_half_precision_is_shown_as_single():
    _, found = of_nnx(nnx_models.HalfPrecision)
    assert found["conv"].values.dtype == np.float32


def test_equinox_and_its_transposed_products():
    model, case = functions.equinox()
    found = kernels(Network(case.function, params=case.params, input_shape=case.shape))
    names = list(found)
    np.testing.assert_array_equal(found[names[0]].values, np.asarray(model.conv1.weight))
    np.testing.assert_array_equal(found[names[2]].values, np.asarray(model.head.weight))
    assert found[names[2]].sources[names[1]].tolist() == [0, 1, 2, 3]


def test_keras_and_its_fused_layers():
    separable = layers.SeparableConv2D(
        8, 3, depth_multiplier=2, depthwise_initializer="zeros", pointwise_initializer="zeros",
        activation="relu", name="separable",
    )  # fmt: skip
    found = kernels(Network(keras.Sequential([keras.Input((6, 6, 5)), separable])))
    assert "separable" not in found
    depthwise, pointwise = found.of_layer("separable")
    assert (found[depthwise].groups, found[depthwise].outputs) == (5, 10)
    assert found[pointwise].values.shape == (8, 10, 1, 1)
    assert found[pointwise].sources[depthwise].tolist() == list(range(10))
    with pytest.raises(NoKernelError, match=f"several kernels: {depthwise} and {pointwise}"):
        found["separable"]


def test_linen():
    module, shape = linen_models.CASES["volume"]
    variables = linen_models.variables(module, shape)
    found = kernels(Network(module, variables=variables, input_shape=shape))
    (name,) = found
    stored = np.asarray(variables["params"][name]["kernel"])
    np.testing.assert_array_equal(found[name].values, np.moveaxis(stored, (-1, -2), (0, 1)))


@pytest.mark.parametrize(("layer", "words"), [
    ("relu", "relu (activation) has no weights. The nearest kernels are in conv1 and conv2."),
    ("softmax", "softmax (activation) has no weights. The nearest kernels are in dense2."),
])  # fmt: skip
def test_a_layer_without_weights_names_the_nearest(of_digits, layer, words):
    with pytest.raises(NoKernelError) as caught:
        of_digits[layer]
    assert str(caught.value) == words


def test_a_norm_has_parameters_but_no_kernel():
    _, found = of_nnx(nnx_models.Residual)
    with pytest.raises(NoKernelError, match=r"\(norm\) has parameters, but no kernel"):
        found["blocks/0/bn1"]
    with pytest.raises(UnknownLayerError, match="did you mean"):
        found["blocks/0/conv9"]


# --- who feeds whom


def test_a_residual_gives_several_sources_nearest_first():
    _, found = of_nnx(nnx_models.Residual)
    head = found["head"]
    assert list(head.sources) == ["blocks/1/conv2", "blocks/0/conv2", "stem"]
    assert [each.name for each in found.wiring.after("stem")] == [
        "blocks/0/conv1", "blocks/1/conv1", "head",
    ]  # fmt: skip


def test_channels_are_followed_through_a_join_and_flattening():
    """Against the network itself: only a followed channel's weights see a change of it."""
    model, found = of_nnx(nnx_models.Inception)
    dense = found["dense"]
    assert set(dense.sources) == {"one", "three", "five", "input"}
    assert (dense.inputs, dense.places) == (12, (5, 7))
    assert dense.channels_of("three").tolist() == [-1, -1, 0, 1, 2, 3] + 6 * [-1]
    net = Network(model, input_shape=model.shape)
    x = jnp.asarray(RANDOM.random((1, *model.shape)), jnp.float32)

    def flat(replay, x, more):
        return replay(x, ["flatten"], {"three": lambda v: v.at[..., 2].add(more)})["flatten"]

    moved = np.asarray(net.at(x.shape).run(flat, x, 1.0) - net.at(x.shape).run(flat, x, 0.0))[0]
    np.testing.assert_array_equal(np.abs(moved) > 1e-6, dense.sources["three"] == 2)


def test_the_followed_channels_are_those_that_gradients_find():
    """A dense layer's weights by channel, against the derivative through a linear network."""
    kernel = jnp.asarray(RANDOM.normal(size=(3, 3, 2, 4)), jnp.float32)
    dense = jnp.asarray(RANDOM.normal(size=(24, 5)), jnp.float32)

    def model(params, x):
        y = functions.conv(x, params[0])
        y = jnp.transpose(y, (0, 3, 1, 2))[:, ::-1]  # channels first, in reverse
        return y.reshape(1, -1) @ params[1]

    net = Network(model, params=[kernel, dense], input_shape=(2, 3, 2))
    found = kernels(net)
    conv, last = found
    ties = connections(found, last, 3)
    steps = jax.jacobian(
        lambda y: jnp.transpose(y, (0, 3, 1, 2))[:, ::-1].reshape(1, -1) @ dense
    )(jnp.zeros((1, 2, 3, 4)))  # fmt: skip
    by_channel = np.asarray(steps)[0, 3, 0].reshape(6, 4)
    assert [links.layer for links in ties.before] == [conv]
    np.testing.assert_allclose(ties.before[0].strength, np.linalg.norm(by_channel, axis=0), 1e-5)
    np.testing.assert_allclose(ties.before[0].total, by_channel.sum(0), 1e-4, 1e-5)


def test_a_channel_is_tied_alike_seen_from_both_ends(of_digits):
    for first, second in pairwise(of_digits):
        forward = connections(of_digits, first, 3).after[0]
        assert forward.layer == second
        for channel in forward.strongest(3):
            back = connections(of_digits, second, channel).before[0]
            assert back.strength[3] == pytest.approx(forward.strength[channel], rel=1e-6)
            assert back.total[3] == pytest.approx(forward.total[channel], rel=1e-4, abs=1e-6)


def test_ties_end_at_the_borders_of_groups():
    _, found = of_nnx(nnx_models.Convolutions)
    assert np.flatnonzero(connections(found, "grouped", 3).before[0].strength).tolist() == [3, 4, 5]
    after = connections(found, "dilated", 4).after[0]
    assert np.flatnonzero(after.strength).tolist() == [2, 3]
    expected = np.linalg.norm(found["grouped"].values[2:, 1].reshape(2, -1), axis=1)
    np.testing.assert_allclose(after.strength[2:], expected, 1e-6)


def test_a_channel_that_is_not_there_is_refused(of_digits):
    with pytest.raises(InputError, match="a channel of conv1 from 0 to 31, got 32"):
        connections(of_digits, "conv1", 32)


def test_every_framework_and_block_is_walked_without_a_gap():
    model = keras.Sequential([
        keras.Input((9, 9, 2)), layers.Conv2D(3, 3, kernel_initializer="zeros"),
        layers.BatchNormalization(), layers.LeakyReLU(), layers.AveragePooling2D(2),
        layers.Conv2D(4, 1, kernel_initializer="zeros"), layers.GlobalMaxPooling2D(),
        layers.Dense(2, kernel_initializer="zeros"),
    ])  # fmt: skip
    found = kernels(Network(model))
    for before, after in pairwise(found):
        count = found[before].outputs
        assert found[after].sources[before].tolist() == list(range(count))


# --- numbers


@pytest.mark.parametrize("size", [1, 500, 2_000_000])
def test_statistics_are_numpys(size):
    values = (RANDOM.standard_normal(size) * 0.1 + 0.02).astype(np.float32).reshape(1, -1)
    found = weight_statistics(values)
    exact = values.astype(np.float64)
    assert (found.count, found.nonfinite) == (size, 0)
    assert found.mean == pytest.approx(exact.mean(), rel=1e-4)
    assert found.std == pytest.approx(exact.std(), rel=1e-4, abs=1e-9)
    assert found.norm == pytest.approx(np.linalg.norm(exact), rel=1e-5)
    assert (found.low, found.high) == (exact.min(), exact.max())
    assert found.counts.sum() == found.sampled == min(size, 1 << 20)
    near = (np.abs(exact) <= 0.01 * np.abs(exact).max()).mean()
    assert found.near_zero == pytest.approx(near, abs=0.002)


def test_a_drawn_histogram_is_near_the_whole_one():
    values = RANDOM.standard_normal((1500, 1000), np.float32)
    found = weight_statistics(values)
    whole, _ = np.histogram(values, found.edges)
    np.testing.assert_allclose(found.counts / found.sampled, whole / values.size, atol=1e-3)


def test_what_is_not_finite_is_counted_and_left_out():
    values = np.array([[1, 2, np.nan, np.inf, -3]], np.float32)
    found = weight_statistics(values)
    assert (found.nonfinite, found.low, found.high, found.mean) == (2, -3, 2, 0)
    found = weight_statistics(np.full((2, 2), np.nan, np.float32))
    assert found.nonfinite == 4
    assert np.isnan(found.mean)
    assert found.counts.sum() == 0
    with pytest.raises(InputError, match="expected weights"):
        weight_statistics(np.zeros((0, 3), np.float32))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(7, 5), (300, 1100), (1500, 900)])
def test_levels_are_means_and_extremes_of_blocks(shape, order):
    matrix = np.asarray(RANDOM.standard_normal(shape, np.float32), order=order)
    found = MatrixLevels(matrix)
    for level in range(found.top_level + 1):
        side = levels.TILE << level
        for row in range(-(-shape[0] // side)):
            for column in range(-(-shape[1] // side)):
                tile = found.tile(level, row, column)
                part = matrix[row * side :, column * side :][:side, :side]
                assert (tile.top, tile.left, tile.block) == (row * side, column * side, 1 << level)
                assert_blocks(tile, part)
    whole = found.tile(found.top_level, 0, 0)
    assert max(whole.mean.shape) <= levels.TILE


def assert_blocks(tile, part):
    block = tile.block
    rows, columns = (-(-n // block) for n in part.shape)
    assert tile.mean.shape == tile.extreme.shape == (rows, columns)
    for row in {0, rows // 2, rows - 1}:
        for column in {0, columns // 2, columns - 1}:
            cells = part[row * block :, column * block :][:block, :block]
            extreme = cells.flat[np.abs(cells).argmax()]
            assert tile.mean[row, column] == pytest.approx(cells.mean(), rel=1e-3, abs=1e-5)
            assert tile.extreme[row, column] == extreme


def test_a_broken_value_is_no_value_in_a_large_matrix():
    matrix = np.ones((1100, 1000), np.float32)
    matrix[500, 500], matrix[0, 0] = np.nan, -np.inf
    found = MatrixLevels(matrix)
    assert found.nonfinite == 2
    assert np.isfinite(found.tile(found.top_level, 0, 0).mean).all()


@pytest.mark.parametrize("at", [(9, 0, 0), (-1, 0, 0), (0, 1, 0), (0, 0, 2)])
def test_a_tile_that_is_not_there_is_refused(at):
    with pytest.raises(InputError, match="expected a tile of level 0 to 1"):
        MatrixLevels(np.zeros((20, 300), np.float32)).tile(*at)
    with pytest.raises(InputError, match="expected a matrix"):
        MatrixLevels(np.zeros((0, 3), np.float32))


def test_similarity_is_the_cosine():
    rows = RANDOM.standard_normal((5, 40)).astype(np.float32)
    rows[3], rows[4] = -2 * rows[0], 0
    found = filter_similarity(rows)
    for a in range(4):
        for b in range(4):
            cosine = rows[a] @ rows[b] / np.linalg.norm(rows[a]) / np.linalg.norm(rows[b])
            assert found[a, b] == pytest.approx(cosine, abs=1e-6)
    assert found[0, 3] == pytest.approx(-1)
    assert not found[4].any()


def test_singular_values_tell_the_rank():
    low = RANDOM.standard_normal((30, 3)) @ RANDOM.standard_normal((3, 80))
    found = singular_values(low.astype(np.float32))
    assert found.complete
    np.testing.assert_allclose(found.values[:3], np.linalg.svd(low)[1][:3], 1e-5)
    assert found.needed(0.999) in (1, 2, 3)
    assert (found.most, len(found.values)) == (30, 30)


def test_the_leading_singular_values_of_a_large_matrix(monkeypatch):
    monkeypatch.setattr(filters, "EXACT", 100)
    spread = np.diag(0.5 ** np.arange(60)) @ np.linalg.qr(RANDOM.standard_normal((90, 60)))[0].T
    matrix = (np.linalg.qr(RANDOM.standard_normal((70, 60)))[0] @ spread).astype(np.float32)
    found = singular_values(matrix)
    assert not found.complete
    np.testing.assert_allclose(found.values[:10], 0.5 ** np.arange(10), 1e-3)
    assert found.energy == pytest.approx(np.square(matrix).sum(), rel=1e-5)
    assert found.needed(0.9) == 2


def test_pca_is_that_of_scikit_learn(of_digits):
    rows = of_digits["conv2"].filters()
    found = project_filters(rows)
    other = PCA(2, svd_solver="full").fit(rows)
    places = other.transform(rows)
    np.testing.assert_allclose(np.abs(found.places), np.abs(places), rtol=1e-3, atol=1e-4)
    assert found.explained == pytest.approx(other.explained_variance_ratio_.sum(), rel=1e-4)
    assert found.filters.tolist() == list(range(64))


def test_tsne_puts_filters_that_are_alike_together():
    centres = RANDOM.standard_normal((3, 50))
    rows = np.repeat(centres, 12, 0) + 0.05 * RANDOM.standard_normal((36, 50))
    places = project_filters(rows.astype(np.float32), "tsne").places
    far = np.linalg.norm(places[:, None] - places[None], axis=-1)
    same = np.repeat(np.arange(3), 12)[:, None] == np.repeat(np.arange(3), 12)[None]
    assert far[same].max() < far[~same].min()
    again = project_filters(rows.astype(np.float32), "tsne").places
    np.testing.assert_array_equal(places, again)


@pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")
def test_umap_puts_filters_that_are_alike_together():
    """In groups that are those of the filters; the same for the same seed."""
    centres = RANDOM.standard_normal((3, 50))
    rows = np.repeat(centres, 12, 0) + 0.05 * RANDOM.standard_normal((36, 50))
    rows = rows.astype(np.float32)
    found = project_filters(rows, "umap")
    assert (found.method, found.places.shape, found.explained) == ("umap", (36, 2), None)
    far = np.linalg.norm(found.places[:, None] - found.places[None], axis=-1)
    np.fill_diagonal(far, np.inf)
    group = np.repeat(np.arange(3), 12)
    assert (group[far.argmin(1)] == group).all()
    assert trustworthiness(rows, found.places, n_neighbors=8) > 0.9
    np.testing.assert_array_equal(found.places, project_filters(rows, "umap").places)
    assert project_filters(rows[:4], "umap").places.shape == (4, 2)


def test_of_many_filters_the_strongest_are_laid_out(monkeypatch):
    monkeypatch.setattr(filters, "MOST", 10)
    rows = np.arange(1, 21, dtype=np.float32)[:, None] * RANDOM.standard_normal(6).astype("f4")
    assert project_filters(rows).filters.tolist() == list(range(10, 20))


def test_a_projection_says_what_it_lacks(monkeypatch):
    rows = RANDOM.standard_normal((9, 4)).astype(np.float32)
    with pytest.raises(InputError, match="expected a projection"):
        project_filters(rows, "som")
    with pytest.raises(InputError, match="at least four filters"):
        project_filters(rows[:3])
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(ImportError, match=r"umap-learn.*pip install 'cnnviz_widgets\[projections"):
        project_filters(rows, "umap")
