"""The Gini index: known answers and properties."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnnviz_widgets import evaluate
from cnnviz_widgets.network import Network
from tests.models.taps import assert_same

_NET = Network(lambda _, x: x.mean((1, 2)), input_shape=(4, 5, 3))
_X = np.zeros((1, 4, 5, 3), np.float32)
_MAPS = arrays.arrays(np.float32, (1, 4, 5), elements=st.floats(-100, 100, width=16))


def _gini(values):
    return evaluate.sparseness(_NET, _X, values, target=0)


def test_one_pixel_all_pixels_and_none():
    one = np.zeros((1, 4, 5))
    one[0, 2, 3] = -7
    assert_same(_gini(one), [1 - 1 / 20])
    np.testing.assert_array_equal(_gini(np.full((1, 4, 5), 0.1)), np.zeros(1))
    np.testing.assert_array_equal(_gini(np.zeros((1, 4, 5))), np.zeros(1))
    half = np.zeros((1, 4, 5))
    half[:, :2] = 1
    assert_same(_gini(half), [0.5])


@settings(max_examples=30, derandomize=True)
@given(values=_MAPS, seed=st.integers(0, 99), scale=st.sampled_from([0.5, 3.0, -2.0]))
def test_only_sizes_matter_not_places_units_or_signs(values, seed, scale):
    found = _gini(values)
    assert 0 <= found[0] <= 1 - 1 / 20 + 1e-6
    mixed = np.random.default_rng(seed).permutation(values.ravel()).reshape(values.shape)
    assert_same(_gini(scale * mixed), found, tolerance=1e-5)


@settings(max_examples=30, derandomize=True)
@given(values=_MAPS)
def test_is_the_mean_difference_of_all_pairs(values):
    sizes = np.abs(values.ravel()).astype(np.float64)
    if sizes.sum() == 0:
        return
    pairs = np.abs(sizes[:, None] - sizes[None]).mean()
    assert_same(_gini(values), [pairs / (2 * sizes.mean())], tolerance=1e-5)
