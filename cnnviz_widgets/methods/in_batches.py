"""Many examples through a network, in batches of one size: nothing compiles on the way.

The last batch is filled up with copies of its last example; which examples are its own is told
beside it. Only one batch at a time is brought to float32, so memory does not grow with the number
of examples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Num

from ..network import InputError, Layer, Network
from ..zoo.tokens import Tokens
from .channels_last import channels_last

MOST = 128
"""Examples in a batch at most."""

BUDGET = 1 << 25
"""Values that the layers of a batch hold together, about: 128 MB."""


@dataclass(frozen=True)
class Batch:
    """Examples that go through the network together.

    Attributes:
        start: the number of the first one.
        count: how many there are; the rest only fills the batch.
        x: as the network takes them.
    """

    start: int
    count: int
    x: Num[Array, "n ..."]

    @property
    def own(self) -> Bool[np.ndarray, " n"]:
        """Which are no filling."""
        return np.arange(len(self.x)) < self.count


def as_examples(net: Network, x: Any) -> Any:
    """Many examples as one array, (N, ...), not yet brought to float32; the first one is checked.

    Args:
        net: the network.
        x: one example, a batch, or a list of examples of one shape, or of texts.

    Raises:
        InputError: if they differ in shape, or the network cannot take them.
    """
    if isinstance(x, (str, Tokens)) or _are_texts(x):
        return np.asarray(net.batch(x))
    if isinstance(x, (list, tuple)):
        shapes = sorted({np.shape(each) for each in x})
        if len(shapes) != 1:
            raise InputError(
                f"expected examples of one shape, got {shapes[:3] or 'none'}. Bring pictures to "
                "one size: [net.fit(picture) for picture in pictures]."
            )
        x = np.stack([np.asarray(each) for each in x])
    array = x if isinstance(x, (np.ndarray, jax.Array)) else np.asarray(x)
    array = array[None] if array.ndim == len(net.input_shape) else array
    net.batch(array[:1])
    return array


def as_chosen(net: Network, x: Any, examples: Any) -> Any:
    """What each of the examples is to other views: of texts their tokens, with what they say."""
    if not _are_texts(x):
        return examples
    return [net.tokens(each) if isinstance(each, str) else each for each in x]


def _are_texts(x: Any) -> bool:
    listed = isinstance(x, (list, tuple)) and len(x) > 0
    return listed and all(isinstance(each, (str, Tokens)) for each in x)


def batch_size(layers: Iterable[Layer], count: int) -> int:
    """How many of `count` examples go together: as many as keeps what is looked at within bounds.

    Args:
        layers: those whose values a batch holds at the same time.
        count: of examples.
    """
    held = sum(math.prod(layer.shape) for layer in layers)
    fitting = max(1, BUDGET // max(1, held))
    return min(MOST, 1 << (fitting.bit_length() - 1), count)


def in_batches(net: Network, x: Any, size: int) -> Iterator[Batch]:
    """Examples batch by batch.

    Args:
        net: the network.
        x: what `as_examples` gives.
        size: of each batch.

    Raises:
        InputError: if the network cannot take one of them; says of which batch it is.
    """
    for start in range(0, len(x), size):
        part = np.asarray(x[start : start + size])
        filled = np.concatenate([part, np.repeat(part[-1:], size - len(part), 0)])
        try:
            yield Batch(start, len(part), net.batch(filled))
        except InputError as error:
            raise InputError(f"examples {start} to {start + len(part) - 1}: {error}") from error


def by_channel(value: Array, layer: Layer, count: int) -> Float[Array, "n places c"]:
    """A layer's values as (examples, places, channels), float32."""
    return channels_last(value, layer).astype("float32").reshape(count, -1, layer.channels)
