"""The patches of many pictures that fire a channel most, with what the channel answered to in them.

The pictures go by in groups of one size each; of those seen, only the best few are kept. A set of
pictures of one size compiles one pass over a whole group, and two over a single picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from ...network import InputError, Network
from .deconvolution import (
    Unit,
    channel_maps,
    check_channel,
    kept_places,
    reconstruct,
    strongest_places,
    unit_at,
)
from .picture_groups import Picture, batches, groups


@dataclass(frozen=True)
class TopExample:
    """A patch that fires a channel.

    Attributes:
        picture: the number of its picture, in the order in which they came.
        unit: where, how much, and the patch.
        image: the picture as the network took it, float32 (H, W, C) in [0, 1].
        reconstruction: what the unit answered to in it, signed, (H, W, C).
    """

    picture: int
    unit: Unit
    image: Float32[np.ndarray, "h w c"]
    reconstruction: Float32[np.ndarray, "h w c"]


@dataclass(frozen=True)
class TopExamples:
    """The patches that fire a channel most, among the pictures so far.

    Attributes:
        layer: its name.
        channel: its number.
        examples: the strongest first; fewer than asked for where the channel fires in fewer.
        searched: how many pictures were looked at.
        progress: from 0 to 1, the share of the pictures; `None` where their number is not known.
        notes: what a reader should know, such as that the channel does not fire.
    """

    layer: str
    channel: int
    examples: tuple[TopExample, ...]
    searched: int
    progress: float | None = None
    notes: tuple[str, ...] = ()


def top_examples(
    net: Network,
    pictures: Any,
    *,
    layer: str,
    channel: int,
    count: int = 9,
    per_picture: int = 1,
) -> TopExamples:
    """Find the patches that fire a channel most, and bring what fired it back to pixels.

    Args:
        net: the network.
        pictures: a batch (N, H, W, C), or pictures or batches in a list or an iterator, uint8 or
            float in [0, 1]. They are gone through once, and only the best are kept. A picture of a
            size that the network does not take is brought to its own; each other size is compiled.
        layer: its name.
        channel: its number.
        count: how many patches to find at most.
        per_picture: how many of them may come from one picture; 1 in the paper.

    Returns:
        The patches with an activation above zero, the strongest first; of equal ones the one that
        came first.

    Raises:
        InputError: if there are no pictures, the network cannot take one, or a number is below 1.
        UnknownLayerError, UnknownTargetError: if there is no such layer or channel.
        UnknownOperationError: if there is an activation other than ReLU on the way down.

    References:
        Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901, figure 2.

    Example:
        >>> found = top_examples(net, pictures, layer="relu_3", channel=5)
        >>> [example.unit.patch for example in found.examples]
    """
    *_, found = top_example_frames(
        net, pictures, layer=layer, channel=channel, count=count, per_picture=per_picture
    )
    return found


def top_example_frames(
    net: Network,
    pictures: Any,
    *,
    layer: str,
    channel: int,
    count: int = 9,
    per_picture: int = 1,
) -> Iterator[TopExamples]:
    """The search of `top_examples` as it goes: the best so far, after every few pictures.

    Args and errors as for `top_examples`.

    Yields:
        `TopExamples`, the last of which is the result.

    Example:
        >>> for frame in top_example_frames(net, pictures, layer="relu_3", channel=5):
        ...     print(frame.progress, len(frame.examples))
    """
    check_channel(net[layer], channel)
    for name, given in {"count": count, "per_picture": per_picture}.items():
        if given < 1:
            raise InputError(f"expected {name} to be at least 1, got {given}.")
    return _search(net, pictures, layer, channel, count, per_picture)


class _Found(NamedTuple):
    """A patch that may be among the best."""

    picture: Picture
    place: int
    activation: float


def _search(
    net: Network, pictures: Any, layer: str, channel: int, count: int, per_picture: int
) -> Iterator[TopExamples]:
    best: list[_Found] = []
    known: dict[tuple[int, int], TopExample] = {}  # what the last frame had
    searched = 0
    for group in groups(net, pictures):
        best += _firing(net, group, layer, channel, per_picture)
        best = sorted(best, key=lambda found: -found.activation)[:count]
        known = {
            (found.picture.number, found.place): known.get((found.picture.number, found.place))
            or _example(net, found, layer, channel)
            for found in best
        }
        searched += len(group)
        notes = _notes(layer, channel, len(best), count, searched)
        progress = group[-1].progress
        yield TopExamples(layer, channel, tuple(known.values()), searched, progress, notes)


def _firing(
    net: Network, group: list[Picture], layer: str, channel: int, per_picture: int
) -> Iterator[_Found]:
    """The strongest places of each picture, if the channel fires there."""
    maps = np.concatenate(
        [channel_maps(net, jnp.asarray(x), layer, channel) for x in batches(group)]
    )
    for picture, activations, places in zip(
        group, maps, strongest_places(maps, per_picture), strict=True
    ):
        for place in places:
            if activations[place] > 0:
                yield _Found(picture, int(place), float(activations[place]))


def _example(net: Network, found: _Found, layer: str, channel: int) -> TopExample:
    picture = found.picture
    batch = jnp.asarray(picture.image[None])
    info = net.at(batch.shape).layer(layer)
    values = reconstruct(net, batch, layer, channel, kept_places(info, [[found.place]]))
    unit = unit_at(info, picture.image, found.place, found.activation)
    return TopExample(picture.number, unit, picture.image, values[0])


def _notes(layer: str, channel: int, found: int, wanted: int, searched: int) -> tuple[str, ...]:
    if found == wanted:
        return ()
    among = "1 picture" if searched == 1 else f"{searched} pictures"
    how_many = f"only {found} patches" if found > 1 else "only 1 patch" if found else "no patch"
    return (f"Among {among}, {how_many} fired channel {channel} of {layer}.",)
