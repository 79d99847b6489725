"""What a filter of a text network looks for: the runs of tokens that fire a channel most.

A place of a layer sees so many tokens, no more (Kim's filters see five). So what fires a channel
can be written down: its strongest places in many texts, as the tokens that they see.

References:
    Jacovi, Sar Shalom and Goldberg 2018, https://arxiv.org/abs/1809.08037.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int, Num

from ...network import InputError, Layer, Network, Replay
from ...zoo.tokens import Tokens
from ..channels_last import channels_last
from ..checks import check_count
from .deconvolution import check_channel

GROUP = 256
"""Texts in one pass."""


@dataclass(frozen=True)
class TextMatch:
    """A run of tokens that fires a channel.

    Attributes:
        labels: of its tokens; fewer than a place sees where that reaches beyond the text.
        activation: where it was strongest.
        text: number of the text in which that was.
        start: of the run in that text, in tokens.
        count: in how many of the texts it fires the channel.
    """

    labels: tuple[str, ...]
    activation: float
    text: int
    start: int
    count: int


def text_matches(
    net: Network, texts: Sequence[Tokens | str], *, layer: str, channel: int, count: int = 10
) -> tuple[TextMatch, ...]:
    """Find the runs of tokens that fire a channel most.

    Args:
        net: a network that takes ids of tokens.
        texts: `cw.Tokens`, all of equally many ids, or texts if the network has a `tokenize`.
        layer: name of a layer with a place for each token, or for several.
        channel: its number.
        count: how many runs to find at most, each once, however often it comes.

    Returns:
        Those with an activation above zero, the strongest first. Capital and small letters are told
        apart only where the network tells them apart, by their ids.

    Raises:
        InputError: if there are no texts, the network cannot take them, or the layer has no places.
        UnknownLayerError, UnknownTargetError: if there is no such layer or channel.

    Example:
        >>> net = cw.load("texts")
        >>> sentences = [message.text for message in cw.zoo.messages("Dutch")]
        >>> text_matches(net, sentences, layer="relu", channel=5)[0].labels
    """
    check_count("count", count)
    read = [net.tokens(each) if isinstance(each, str) else each for each in texts]
    if not read:
        raise InputError("expected texts to look for matches in, got none.")
    batch = np.asarray(net.batch(read))
    maps = np.concatenate(list(_maps(net, batch, layer, channel)))
    spans = _spans(net.at(batch[:1].shape).layer(layer), maps.shape[1])
    return tuple(_best(read, batch, maps, spans, count))


def _maps(
    net: Network, batch: Int[np.ndarray, "n t"], layer: str, channel: int
) -> Iterator[Float32[np.ndarray, "n places"]]:
    check_channel(net[layer], channel)
    for start in range(0, len(batch), GROUP):
        group = batch[start : start + GROUP]
        filled = np.concatenate([group, np.repeat(group[:1], GROUP - len(group), 0)])
        found = net.at(filled.shape).run(_channel, jnp.asarray(filled), channel, layer=layer)
        yield np.asarray(found)[: len(group)]


def _channel(
    replay: Replay, x: Num[Array, "n ..."], channel: Int[Array, ""], *, layer: str
) -> Float32[Array, "n places"]:
    info = replay.layer(layer)
    values = channels_last(replay.channel(x, layer, channel), info).astype(jnp.float32)
    values = values.reshape(x.shape[0], -1, info.channels)
    return jnp.take(values, channel, axis=2)


def _spans(layer: Layer, places: int) -> list[tuple[int, int]]:
    """From where to where each place sees tokens; before 0 and past the end is padding.

    Raises:
        InputError: if it has no places, or sees all from each.
    """
    field = layer.receptive_field
    if field is None or len(field.size) != 1 or not math.isfinite(field.size[0]):
        raise InputError(
            f"expected a layer with a place for each token, got {layer.name!r} of shape "
            f"{layer.shape}: from a convolution to what comes before the maximum or the mean."
        )
    starts = [math.floor(field.start[0] + k * field.stride[0]) for k in range(places)]
    return [(start, start + math.ceil(field.size[0])) for start in starts]


def _best(
    texts: Sequence[Tokens],
    batch: Int[np.ndarray, "n t"],
    maps: Float32[np.ndarray, "n places"],
    spans: Sequence[tuple[int, int]],
    count: int,
) -> list[TextMatch]:
    """The runs that fire most, each with the number of its texts.

    The same run is as strong wherever it stands, so all its places follow one another.
    """
    best: dict[tuple[int, ...], tuple[int, int]] = {}
    where: dict[tuple[int, ...], set[int]] = {}
    order = np.argsort(-maps, axis=None, kind="stable")
    for text, place in zip(*np.unravel_index(order, maps.shape), strict=True):
        start, end = max(0, spans[place][0]), min(len(texts[text]), spans[place][1])
        if not maps[text, place] > 0:
            break
        if start < end:
            run = tuple(int(each) for each in batch[text, start:end])
            if run not in best and len(best) == count:
                break
            best.setdefault(run, (int(text), int(place)))
            where.setdefault(run, set()).add(int(text))
    found = []
    for run, (text, place) in best.items():
        start = max(0, spans[place][0])
        labels = texts[text].labels[start : start + len(run)]
        strength = float(maps[text, place])
        found.append(TextMatch(labels, strength, text, start, len(where[run])))
    return found
