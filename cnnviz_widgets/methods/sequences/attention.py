"""Attention: what each head of each layer looks at, read from the traced program.

One pass gives all layers. `attention_rollout` and `attention_flow` follow attention down to the
input; `attention_distance` and `attention_entropy` say how far and how widely each head looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Num

from ...network import (
    AttentionLayer,
    InputError,
    Network,
    Replay,
    TokenGrid,
    TracedProgram,
    find_attention,
    find_fused_attention,
    find_grid,
    find_hidden_attention,
    find_windowed,
)
from ...network.errors import UnknownLayerError, suggest
from ...network.reading.loops import body_of, turn_by_turn
from .attention_numbers import distances, entropies

_HIDING = {"while": "a while loop", "cond": "a branch", "scan": "a loop that is no stack of layers"}


@dataclass(frozen=True)
class AttentionMaps:
    """The attention of a network for some images.

    Attributes:
        weights: for each attention layer, in order, float32 (N, heads, queries, keys): what share
            of each key's value a query takes; each row of keys adds up to 1.
        grid: where in the picture the tokens lie; `None` where they are no patches of one.
        notes: sentences about attention that the network pays and that cannot be shown.
    """

    weights: dict[str, Float[np.ndarray, "n heads queries keys"]]
    grid: TokenGrid | None
    notes: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the attention layers, in order."""
        return tuple(self.weights)

    def check(self, layer: str) -> str:
        """The name of an attention layer, if there is one.

        Raises:
            UnknownLayerError: names the nearest ones.
        """
        if layer not in self.weights:
            raise UnknownLayerError(
                "expected the name of an attention layer, got "
                f"{layer!r}: {suggest(layer, self.weights)}"
            )
        return layer

    @property
    def words(self) -> str:
        """What the tokens were found to be, and what is not shown."""
        return " ".join((self._tokens, *self.notes))

    @property
    def _tokens(self) -> str:
        if self.grid is not None:
            return self.grid.words
        counts = {weights.shape[-1] for weights in self.weights.values()}
        tokens = " or ".join(str(count) for count in sorted(counts))
        return f"{tokens} tokens, which are no patches of a picture with rows and columns."


def attention(net: Network, x: Any, layers: Sequence[str] | str | None = None) -> AttentionMaps:
    """What every head of every attention layer looks at.

    Attention is found in the traced program, as a softmax over the product of two activations
    whose result sums the values of the tokens. Queries may be learnt, if the model repeats them
    for every example. So it does not matter who wrote it: `flax.nnx`,
    `flax.linen`, Keras, `jax.nn.dot_product_attention`, or a formula of one's own. Where a `scan`
    runs one layer several times, as large language models do, each turn is a layer: `layers[0]`,
    `layers[1]` and so on. What cannot be shown is told in `notes`: attention of a fused kernel,
    whose weights never are a value, within windows of the picture, and what may be attention in a
    `while` loop, a branch or a loop within a loop. Not seen: additive attention and sigmoids,
    whose weights are no softmax over products.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes.
        layers: names of some of the attention layers; all of them if left out.

    Returns:
        The weights by the name of the layer, (N, heads, queries, keys), each row of keys summing
        to 1, and the grid of patches that the tokens are.

    Raises:
        InputError: if `x` is not what the network takes, or the network pays no attention.
        UnknownLayerError: if there is no such attention layer; names the nearest ones.

    References:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762.

    Example:
        >>> found = attention(cw.load("photos_vit"), cw.image("cat")[:128, :128])
        >>> found.weights["blocks/0/attention"].shape, found.grid.words
    """
    batch = net.batch(x)
    traced = net.at(batch.shape)
    known, notes = _seen(traced)
    if not known:
        raise InputError(
            "expected a network with attention that can be shown: a softmax over the product of "
            "two activations; its program has none (additive attention has no product, linear "
            f"attention no softmax). {' '.join(notes)}".rstrip()
        )
    names = _names(known, layers)
    found = traced.run(_weights, batch, chosen=tuple(known[name] for name in names))
    arrays = [np.asarray(value, np.float32) for value in found]
    grid = find_grid(traced, known[names[0]])
    return AttentionMaps(dict(zip(names, arrays, strict=True)), grid, notes)


def _seen(traced: TracedProgram) -> tuple[dict[str, AttentionLayer], tuple[str, ...]]:
    """The attention layers that can be shown, by name, and words about all others."""
    known = {each.name: each for each in find_attention(traced)}
    notes = [
        f"{each.name} looks within {count} windows of {each.keys} tokens each, and is not shown."
        for each, count in find_windowed(traced)
    ]
    for name in find_fused_attention(traced):
        notes.append(
            f"The attention of {name} is computed by a fused kernel, which never has its weights "
            "as a value; to see them, let the model use jax.nn.dot_product_attention with "
            'implementation="xla", or keras.config.disable_flash_attention().'
        )
    for name, hidden in find_hidden_attention(traced):
        notes.append(
            f"A softmax and products in {name!r} lie inside of {_HIDING[hidden]}: if they are "
            "attention, it is not shown; only the program itself and stacks of layers in a scan "
            "are looked through."
        )
    return known, tuple(notes)


def _names(known: Mapping[str, Any], layers: Sequence[str] | str | None) -> tuple[str, ...]:
    chosen = tuple(known) if layers is None else (layers,) if isinstance(layers, str) else layers
    for name in chosen:
        if name not in known:
            raise UnknownLayerError(
                f"expected the name of an attention layer, got {name!r}: {suggest(name, known)}"
            )
    return tuple(chosen)


def _weights(
    replay: Replay, x: Num[Array, "n ..."], chosen: tuple[AttentionLayer, ...]
) -> list[jax.Array]:
    plain = [each.value for each in chosen if each.loop is None]
    found = dict(zip(plain, replay.values(x, plain), strict=True))
    turns = {loop: _turns(replay, x, loop, chosen) for loop in _loops(chosen)}
    values = [
        found[each.value] if each.loop is None else _of_turn(turns[each.loop][each.value], each)
        for each in chosen
    ]
    return [each.arranged(value, len(x)) for each, value in zip(chosen, values, strict=True)]


def _of_turn(values: jax.Array, layer: AttentionLayer) -> jax.Array:
    return values if layer.turn is None else values[layer.turn]


def _loops(chosen: Sequence[AttentionLayer]) -> list[int]:
    return sorted({each.loop for each in chosen if each.loop is not None})


def _turns(
    replay: Replay, x: Num[Array, "n ..."], loop: int, chosen: Sequence[AttentionLayer]
) -> dict[int, jax.Array]:
    """The weights of all turns of a loop, by their number in its body."""
    scan = replay.program.operations[loop]
    wanted = sorted({each.value for each in chosen if each.loop == loop})
    inputs = replay.taken(x, scan)
    return dict(zip(wanted, turn_by_turn(scan, body_of(scan), inputs, wanted), strict=True))


def attention_distance(net: Network, x: Any) -> dict[str, Float[np.ndarray, "n heads"]]:
    """How far heads look: the mean distance from a patch to the patches it looks at, in pixels.

    Weighted by attention, and averaged over all patches that look. Class tokens, which lie
    nowhere, count neither as queries nor as keys; what is left of a row is made to sum to 1.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].

    Returns:
        For each attention layer float32 (N, heads), from 0 to the picture's diagonal; NaN where
        queries or keys are not the patches, as learnt queries are not.

    Raises:
        InputError: if `x` is not what the network takes, it pays no attention, or its tokens are
            no patches of a picture.

    References:
        Dosovitskiy et al. 2021, figure 7, https://arxiv.org/abs/2010.11929.
    """
    found = attention(net, x)
    if found.grid is None:
        raise InputError(f"expected tokens that are patches of a picture; found {found.words}")
    return {name: distances(each, found.grid) for name, each in found.weights.items()}


def attention_entropy(net: Network, x: Any) -> dict[str, Float[np.ndarray, "n heads"]]:
    """How widely heads look: the entropy of what a query looks at, in bits.

    0 where every query looks at one token, `log2(keys)` where all tokens weigh the same; averaged
    over all queries.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes.

    Returns:
        For each attention layer float32 (N, heads), in bits, from 0 to log2(keys).

    Raises:
        InputError: if `x` is not what the network takes, or it pays no attention.

    References:
        Clark et al. 2019, https://arxiv.org/abs/1906.04341, section 3.3 (there in nats).
    """
    return {name: entropies(each) for name, each in attention(net, x).weights.items()}
