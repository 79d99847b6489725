"""Many pictures, of any size and from any source, in groups that go through a network together."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float32

from ...network import InputError, Network
from ...network.images import check_batch, fit_image

BATCH = 16
"""Pictures that go through the network together."""


class Picture(NamedTuple):
    """One of many.

    Attributes:
        number: in the order in which they came.
        image: as the network takes it, in [0, 1].
        progress: the share of all pictures that are looked at once it is; `None` where their
            number is not known.
    """

    number: int
    image: Float32[np.ndarray, "h w c"]
    progress: float | None


def groups(net: Network, given: Any) -> Iterator[list[Picture]]:
    """Pictures that follow one another and are of one size, as many as go together.

    Args:
        net: the network.
        given: a batch (N, H, W, C), or pictures or batches in a list or an iterator, uint8 or
            float in [0, 1]. A picture of a size that the network does not take is brought to its
            own.

    Raises:
        InputError: if there are none, or the network cannot take one.
    """
    picture = None
    for _, alike in itertools.groupby(_pictures(net, given), key=lambda one: one.image.shape):
        while group := list(itertools.islice(alike, BATCH)):
            picture = group[-1]
            yield group
    if picture is None:
        raise InputError("expected pictures to search, got none.")


def batches(group: Sequence[Picture]) -> list[Float32[np.ndarray, "n h w c"]]:
    """A group as the batches that the network sees: one, or singles for a short group.

    So there are two shapes to compile for, however many pictures there are.
    """
    images = np.stack([picture.image for picture in group])
    return [images] if len(group) == BATCH else [image[None] for image in images]


def _pictures(net: Network, given: Any) -> Iterator[Picture]:
    """Single pictures as the network takes them."""
    items = [given] if isinstance(given, (np.ndarray, jax.Array)) else given
    if not isinstance(items, Iterable) or isinstance(items, (str, bytes)):
        raise InputError(f"expected pictures to search, got {type(given).__name__}.")
    takes = functools.cache(net.takes)
    total = len(items) if isinstance(items, Sized) else None
    numbers = itertools.count()
    for index, item in enumerate(items):
        batch = item if np.ndim(item) == 4 else [item]
        for k, image in enumerate(batch):
            share = None if total is None else (index + (k + 1) / len(batch)) / total
            number = next(numbers)
            try:
                yield Picture(number, _fitted(net, image, takes), share)
            except InputError as error:
                raise InputError(f"picture {number}: {error}") from error


def _fitted(
    net: Network, image: Any, takes: Callable[[tuple[int, ...]], bool]
) -> Float32[np.ndarray, "h w c"]:
    shape = np.shape(image)
    if len(shape) == 3 and takes(shape):
        return np.asarray(check_batch(image, net.input_shape))[0]
    return fit_image(image, net.input_shape, None, takes)
