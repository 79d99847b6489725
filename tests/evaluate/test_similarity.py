"""Correlations and SSIM, against SciPy and scikit-image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cnnviz_widgets.evaluate.similarity import hog, pearson, spearman, ssim
from tests.models.taps import assert_same


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 999), levels=st.sampled_from([3, 1000]))
def test_correlations_are_those_of_scipy(seed, levels):
    random = np.random.default_rng(seed)
    a, b = random.integers(0, levels, (2, 4, 30)).astype(np.float32)  # with ties
    for ours, theirs in ((pearson, stats.pearsonr), (spearman, stats.spearmanr)):
        assert_same(ours(a, b), [theirs(*rows)[0] for rows in zip(a, b, strict=True)])


def test_what_is_constant_is_like_nothing():
    a = np.random.default_rng(0).random((2, 9), np.float32)
    flat = np.float32(0.1) + np.zeros_like(a)
    flat[:, 0] += np.float32(1e-8)  # rounding
    for correlation in (pearson, spearman):
        np.testing.assert_array_equal(correlation(a, flat), 0)
        np.testing.assert_array_equal(correlation(flat, flat), 0)


@pytest.mark.parametrize(("shape", "side"), [((12, 10), 7), ((7, 9), 7), ((6, 20), 5), ((3, 3), 3)])
def test_ssim_is_that_of_scikit_image(shape, side):
    metrics = pytest.importorskip("skimage.metrics")
    a, b = np.random.default_rng(0).random((2, 3, *shape))
    b[1] = a[1]
    wanted = [
        metrics.structural_similarity(*maps, data_range=1.0, win_size=side)
        for maps in zip(a, b, strict=True)
    ]
    found = ssim(a, b)
    assert_same(found, wanted, tolerance=1e-5)
    assert found[1] == pytest.approx(1)


def test_ssim_takes_maps_of_any_size():
    one = np.ones((2, 1, 1))
    assert_same(ssim(one, one), [1, 1])


def test_histograms_of_gradients_tell_directions_apart():
    pytest.importorskip("skimage.feature")
    rows = np.broadcast_to(np.sin(np.arange(30.0))[:, None], (1, 30, 30)) / 2 + 0.5
    brighter = 0.5 * rows + 0.2  # the same directions, with another contrast
    np.testing.assert_allclose(hog(rows, brighter), 1, atol=1e-3)
    assert hog(rows, rows.swapaxes(1, 2)) < 0
    assert hog(rows, np.ones_like(rows)) == 0
    assert np.isnan(hog(rows[:, 0], rows[:, 1])).all()  # sequences
    assert np.isnan(hog(rows[:, :2], rows[:, :2])).all()
