"""What the images of a set are said to be, by numbers or by names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int32

from ...network import InputError, Network


@dataclass(frozen=True)
class Labels:
    """Labels of a set of images.

    Attributes:
        names: of the labels that there can be.
        codes: int32 (N,), which of them each image has.
        classes: whether they are the network's classes, so that it can be right or wrong.
    """

    names: tuple[str, ...]
    codes: Int32[np.ndarray, " n"]
    classes: bool


def class_names(net: Network) -> tuple[str, ...]:
    """The names of the network's classes, or their numbers."""
    count = int(np.prod(net.logits.shape))
    return net.classes or tuple(str(k) for k in range(count))


def labels_of(net: Network, labels: Any, count: int) -> Labels | None:
    """Labels by code and name.

    Args:
        net: the network.
        labels: numbers or names, one for each image. Those that are all classes of the network are
            taken for these; others are labels of their own.
        count: of images.

    Raises:
        InputError: if they are not as many as the images.
    """
    if labels is None:
        return None
    given = np.asarray(labels)
    if given.shape != (count,):
        raise InputError(
            f"expected one label for each of {count} images, got an array of shape {given.shape}."
        )
    names = class_names(net)
    if np.issubdtype(given.dtype, np.integer) and given.min() >= 0 and given.max() < len(names):
        return Labels(names, given.astype(np.int32), True)
    words = [str(label) for label in given.tolist()]
    if set(words) <= set(names):
        numbers = {name: k for k, name in enumerate(names)}
        return Labels(names, np.array([numbers[word] for word in words], np.int32), True)
    own, codes = np.unique(words, return_inverse=True)
    return Labels(tuple(own.tolist()), codes.reshape(-1).astype(np.int32), False)
