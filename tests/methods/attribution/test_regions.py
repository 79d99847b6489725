"""XRAI's regions: segments, each a little enlarged."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from cnnviz_widgets.methods import xrai
from cnnviz_widgets.methods.attribution import regions
from cnnviz_widgets.network import Network


@pytest.mark.parametrize("blocks", [(1, 1), (3, 4), (12, 9)])
def test_segments_are_enlarged_by_a_disk(blocks):
    """As SciPy does it on the whole picture, with the disk drawn out."""
    random = np.random.default_rng(0)
    coarse = random.permutation(blocks[0] * blocks[1]).reshape(blocks)
    numbers = np.repeat(np.repeat(coarse, 6, 0), 5, 1)
    numbers[random.random(numbers.shape) < 0.1] = 0  # scattered over the picture
    numbers = np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape)
    reach = np.arange(-regions.DILATION, regions.DILATION + 1)
    disk = np.hypot(reach[:, None], reach[None]) <= regions.DILATION
    enlarged = list(regions._enlarged(numbers))
    assert len(enlarged) == numbers.max() + 1
    for number, found in enumerate(enlarged):
        np.testing.assert_array_equal(found, binary_dilation(numbers == number, disk))


def test_another_class_looks_at_the_same_regions():
    random = np.random.default_rng(1)
    net = Network(lambda params, x: (x * x).mean((1, 2)), params={}, input_shape=(30, 40, 3))
    image = random.random((1, 30, 40, 3), np.float32)
    first = xrai(net, image, target=0, steps=2)
    before = regions._regions.cache_info()
    second = xrai(net, image, target=1, steps=2)
    after = regions._regions.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)
    assert (first.values != second.values).any()
