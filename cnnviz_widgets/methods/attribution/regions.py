"""XRAI: which regions of the image matter most, the best first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import distance_transform_edt, find_objects, zoom

from ...network import Network
from .averaged_gradients import integrated_gradients
from .method import (
    Attribution,
    Target,
    attribution_method,
    picture_batch,
    targets,
    zero_gradient_note,
)
from .segments import scikit_image

SCALES = (50, 100, 150, 250, 500, 1200)
SIGMA, LEAST, DILATION, SIDE = 0.8, 150, 5, 224
"""Of Felzenszwalb's segments, and the side of the image that the sizes are meant for."""

LEAST_GAIN = 50  # pixels that a region must add, on an image of SIDE


@attribution_method
def xrai(net: Network, x: Any, *, target: Target = None, steps: int = 25) -> Iterator[Attribution]:
    """Regions ranked by their mean integrated gradient, from black and from white.

    Segments of six coarsenesses compete; the best one is taken, what it covers is no longer
    counted, and so on. Each pixel gets the gain of the region that it came with.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        steps: of integrated gradients, for each of the two baselines.

    Returns:
        `.values` (N, H, W), in units of the logit per pixel; the same within a region.

    Raises:
        InputError: if `x` is not what the network takes.
        ImportError: without scikit-image; says how to install it.
        UnknownTargetError: if there is no such class.

    References:
        Kapishnikov, Bolukbasi, Viégas and Terry 2019, https://arxiv.org/abs/1906.02825.
    """
    batch = picture_batch(net, x)
    scikit_image()  # refuses before the work is done
    classes = targets(net, batch, target)
    black, white = (
        integrated_gradients(net, batch, target=classes, baseline=baseline, steps=steps).values
        for baseline in ("black", "white")
    )
    gains = ((black + white) / 2).max(-1)
    values = np.stack(
        [
            _ranked(gain, _regions(image.tobytes(), image.shape))
            for gain, image in zip(gains, np.asarray(batch, np.float32), strict=True)
        ]
    )
    yield Attribution("xrai", values, classes, samples=2 * steps, notes=zero_gradient_note(gains))


@lru_cache(maxsize=4)  # another class of the same picture has the same regions
def _regions(content: bytes, shape: tuple[int, int, int]) -> Bool[np.ndarray, "segments h w"]:
    """Overlapping segments of all scales, each a little enlarged, of a float32 picture."""
    image = np.frombuffer(content, np.float32).reshape(shape)
    rows, columns = image.shape[:2]
    factor = SIDE / max(rows, columns)
    large = np.asarray(zoom(image, (factor, factor, 1), order=1)) if factor > 1 else image
    down, across = (
        np.minimum(np.arange(small) * whole // small, whole - 1)
        for small, whole in zip((rows, columns), large.shape[:2], strict=True)
    )
    found = []
    for scale in SCALES:
        numbers = scikit_image().felzenszwalb(
            large * 2 - 1, scale=scale, sigma=SIGMA, min_size=LEAST, channel_axis=-1
        )
        found += [whole[np.ix_(down, across)] for whole in _enlarged(numbers)]
    return np.stack(found)


def _enlarged(numbers: Int[np.ndarray, "h w"]) -> Iterator[Bool[np.ndarray, "h w"]]:
    """Each segment with all that is within a disk around its pixels, looked for near it only."""
    for number, (rows, columns) in enumerate(find_objects(numbers + 1)):
        near = tuple(
            slice(max(0, side.start - DILATION), side.stop + DILATION) for side in (rows, columns)
        )
        whole = np.zeros(numbers.shape, bool)
        whole[near] = np.asarray(distance_transform_edt(numbers[near] != number)) <= DILATION
        yield whole


def _ranked(
    gains: Float[np.ndarray, "h w"], regions: Bool[np.ndarray, "segments h w"]
) -> Float[np.ndarray, "h w"]:
    """The gain of the region that each pixel came with; the rest gets the mean of what is left."""
    least = max(1, round(LEAST_GAIN * gains.size / SIDE**2))
    covered = np.zeros(gains.shape, bool)
    values = np.zeros(gains.shape, np.float32)
    remaining = regions.reshape(len(regions), -1)
    flat = gains.reshape(-1).astype(np.float64)
    while len(remaining):
        free = remaining & ~covered.reshape(-1)
        counts = free.sum(1)
        remaining, free, counts = (each[counts >= least] for each in (remaining, free, counts))
        if not len(remaining):
            break
        means = free @ flat / counts
        best = int(np.argmax(means))
        added = free[best].reshape(gains.shape)
        values[added] = means[best]
        covered |= added
        remaining = np.delete(remaining, best, 0)
    if not covered.all():
        values[~covered] = gains[~covered].mean()
    return values
