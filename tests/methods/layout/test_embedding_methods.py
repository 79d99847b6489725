"""Vectors of a layer, neighbours and t-SNE, against NumPy and scikit-learn."""

import importlib

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.manifold import TSNE, trustworthiness
from sklearn.neighbors import NearestNeighbors

from cnnviz_widgets import methods
from cnnviz_widgets.methods import in_batches
from cnnviz_widgets.methods.layout import neighbours
from cnnviz_widgets.network import InputError
from tests.compiling import compilations

RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.uniform(size=(21, 28, 28, 1)).astype(np.float32)


@pytest.mark.parametrize("pooling", ["mean", "max", "none"])
def test_vectors_are_the_activations_pooled(digits, monkeypatch, pooling):
    monkeypatch.setattr(in_batches, "MOST", 8)
    frames = methods.layer_vector_frames(digits, IMAGES, "relu_2", pooling)
    first = next(frames)
    with compilations() as compiled:
        *_, last = frames
    assert not compiled
    assert (len(first.values), len(last.values), last.of) == (8, 21, 21)
    values = np.asarray(methods.activations(digits, IMAGES, ["relu_2"])["relu_2"])
    expected = {
        "mean": values.mean((1, 2)),
        "max": values.max((1, 2)),
        "none": values.reshape(21, -1),
    }[pooling]
    np.testing.assert_allclose(last.values, expected, atol=1e-5)
    said = np.asarray(methods.probabilities(digits, IMAGES))
    np.testing.assert_allclose(last.probabilities, said, atol=1e-5)


def test_vectors_that_do_not_fit_are_refused(digits, monkeypatch):
    module = importlib.import_module("cnnviz_widgets.methods.layout.layer_vectors")
    monkeypatch.setattr(module, "MOST_VALUES", 1000)
    with pytest.raises(InputError, match="Pool them"):
        methods.layer_vectors(digits, IMAGES, "relu_2", "none")
    with pytest.raises(KeyError, match="did you mean"):
        methods.layer_vectors(digits, IMAGES, "relu_9")


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_neighbours_are_those_of_scikit_learn(metric):
    rows = RANDOM.standard_normal((80, 6)).astype(np.float32)
    other = NearestNeighbors(metric=metric, algorithm="brute").fit(rows)
    for number in (0, 41, 79):
        found, far = methods.nearest_neighbours(rows, number, 7, metric)
        distances, numbers = other.kneighbors(rows[number : number + 1], 8)
        assert found.tolist() == numbers[0, 1:].tolist()
        np.testing.assert_allclose(far, distances[0, 1:], atol=1e-5)


def test_odd_questions_for_neighbours():
    rows = np.array([[0, 0], [1, 0], [2, 0], [0, 1]], np.float32)
    found, far = methods.nearest_neighbours(rows, 1)
    assert found.tolist() == [2, 0, 3]  # a row of zeros is neither near nor far
    np.testing.assert_allclose(far, [0, 1, 1], atol=1e-6)
    with pytest.raises(InputError, match="from 0 to 3"):
        methods.nearest_neighbours(rows, 4)


def test_neighbours_of_all_rows_come_in_blocks(monkeypatch):
    rows = RANDOM.standard_normal((50, 4)).astype(np.float32)
    monkeypatch.setattr(neighbours, "BLOCK", 50 * 12)
    blocks = list(neighbours.neighbour_blocks(rows, 5))
    assert [start for start, _, _ in blocks] == [0, 12, 24, 36, 48]
    distances, numbers = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows)
    found = np.sort(np.concatenate([found for _, found, _ in blocks]), 1)
    np.testing.assert_array_equal(found, np.sort(numbers[:, 1:], 1))
    far = np.sort(np.concatenate([far for _, _, far in blocks]), 1)
    np.testing.assert_allclose(far, np.square(distances[:, 1:]), atol=1e-4)


def test_tsne_is_as_good_as_that_of_scikit_learn():
    rows = load_iris(return_X_y=True)[0].astype(np.float32)
    frames = list(methods.tsne_frames(rows, perplexity=20))
    last = frames[-1]
    assert (frames[0].step, last.step, last.steps) == (0, 750, 750)
    assert [each.step for each in frames] == sorted(each.step for each in frames)
    peer = TSNE(perplexity=20, init="pca", random_state=0, method="exact").fit(rows)
    assert last.divergence < 1.1 * peer.kl_divergence_
    ours, theirs = (
        trustworthiness(rows, places, n_neighbors=10) for places in (last.places, peer.embedding_)
    )
    assert ours > theirs - 0.005
    late = next(each for each in frames if each.step > 300)
    assert last.divergence <= late.divergence
    again = methods.tsne(rows, perplexity=20)
    np.testing.assert_array_equal(again.places, last.places)


def test_tsne_keeps_groups_apart():
    centres = 4 * RANDOM.standard_normal((3, 20))
    rows = np.repeat(centres, 12, 0) + RANDOM.standard_normal((36, 20)) / 4
    places = methods.tsne(rows.astype(np.float32), perplexity=5).places
    far = np.linalg.norm(places[:, None] - places[None], axis=-1)
    same = np.repeat(np.arange(3), 12)[:, None] == np.repeat(np.arange(3), 12)[None]
    assert far[same].max() < far[~same].min()


@pytest.mark.parametrize("rows", [np.eye(3), np.ones((9, 2))], ids=["few", "alike"])
def test_tsne_refuses_what_cannot_be_laid_out(rows):
    with pytest.raises(InputError, match="at least four vectors that differ"):
        methods.tsne(rows.astype(np.float32))


def test_repulsion_in_blocks_is_the_whole_sum():
    module = importlib.import_module("cnnviz_widgets.methods.layout.tsne")
    places = RANDOM.standard_normal((23, 2)).astype(np.float32)
    push, total = module._repulsion(jnp.asarray(places), 5)
    apart = places[:, None] - places[None]
    q = 1 / (1 + np.square(apart).sum(-1))
    np.testing.assert_allclose(push, (q[..., None] ** 2 * apart).sum(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(total, q.sum() - 23, rtol=1e-5)


def test_widths_give_the_perplexity():
    module = importlib.import_module("cnnviz_widgets.methods.layout.tsne")
    squares = np.square(RANDOM.standard_normal((9, 40))) * 10.0 ** RANDOM.integers(-4, 5, (9, 1))
    likely = module._likely(squares, 12.0)
    entropy = -(likely * np.log(likely)).sum(1)
    np.testing.assert_allclose(np.exp(entropy), 12, rtol=1e-6)
