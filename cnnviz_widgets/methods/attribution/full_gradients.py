"""Full-Grad: what the input and every bias contribute, put together as one map."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import Network, Replay, find_pieces
from ..channels_last import channels_last, with_a_row
from .method import (
    Attribution,
    Target,
    attribution_method,
    on_rows,
    only,
    picture_batch,
    targets,
    zero_gradient_note,
)

Biases = dict[int, jax.Array]


@attribution_method
@on_rows
def full_grad(net: Network, x: Any, *, target: Target = None) -> Iterator[Attribution]:
    """Input times gradient and each layer's biases times theirs, brought to the image and summed.

    In a network of ReLUs these shares sum to the logit exactly, which no single layer's do. A batch
    norm counts into the bias of the convolution before it.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.

    Returns:
        `.values` (N, H, W), at least 0: the absolute shares, each map from 0 to 1 before they are
        summed, as in the paper. `.delta` (N,): by how much the signed shares miss the logit, which
        tells of activations other than ReLU.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownTargetError: if there is no such class.

    References:
        Srinivas and Fleuret 2019, https://arxiv.org/abs/1905.00780.
    """
    batch = picture_batch(net, x)
    classes = targets(net, batch, target)
    maps, delta = net.at(batch.shape).run(
        _full, batch, np.asarray(classes, np.int32), logits=net.logits.name
    )
    values = np.asarray(maps)
    yield Attribution(
        "full_grad", values, classes, delta=np.asarray(delta), notes=zero_gradient_note(values)
    )


def _full(
    replay: Replay, x: Float[Array, "n h w c"], target: Int32[Array, " n"], *, logits: str
) -> tuple[Float[Array, "n h w"], Float[Array, " n"]]:
    number = replay.layer(logits).value
    products, others = _biases(replay, number)
    added = products | others
    zeros = {value: jnp.zeros_like(bias) for value, bias in added.items()}

    def score(x: jax.Array, changes: dict[int, jax.Array]) -> tuple[jax.Array, jax.Array]:
        edits = {value: functools.partial(jnp.add, change) for value, change in changes.items()}
        (scores,) = replay.values(x, [number], edits)
        chosen = _sums(scores * only(scores, target))
        return chosen.sum(), chosen

    (own, gradients), logit = jax.grad(score, (0, 1), has_aux=True)(x, zeros)
    shares = {value: bias * gradients[value] for value, bias in added.items()}
    found = _scaled(jnp.abs(x * own)).sum(-1)
    layers = {layer.value: layer for layer in replay.layout.everything()}
    for value in products.keys() & layers.keys():
        layer = layers[value]
        if len(layer.spatial) == (1 if x.shape[1] == 1 else 2):  # of a sequence as one row
            maps = _scaled(with_a_row(channels_last(jnp.abs(shares[value]), layer), layer))
            found += jax.image.resize(maps, (*x.shape[:3], maps.shape[-1]), "linear").sum(-1)
    explained = sum((_sums(share) for share in shares.values()), _sums(x * own))
    return found, explained - logit


def _biases(replay: Replay, number: int) -> tuple[Biases, Biases]:
    """What is added to products, and what is added elsewhere, by the value that it is in."""
    products: Biases = {}
    others: Biases = {}
    for piece in find_pieces(replay.program, replay.layout, [number]):
        value = piece.last.outputs[0]
        if piece.kind == "product":
            products[value], _ = piece.affine(replay.program, replay.frozen)
        elif piece.last.name in ("add", "sub") and len(piece.inputs) == 1:
            aval = replay.program.avals[piece.inputs[0]]
            zero = jnp.zeros(aval.shape, aval.dtype)
            (others[value],) = piece.function(replay.program, replay.frozen)(zero)
    return products, others


def _sums(values: Float[Array, "n ..."]) -> Float[Array, " n"]:
    return values.reshape(values.shape[0], -1).sum(1)


def _scaled(maps: Float[Array, "n i j k"]) -> Float[Array, "n i j k"]:
    """Each channel from 0 to 1."""
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    return (maps - low) / jnp.where(span > 0, span, 1)
