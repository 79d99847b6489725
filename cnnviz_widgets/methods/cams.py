"""Class activation maps: a layer's feature maps, weighted by what they do for a class.

One mechanism: the layer's values and the gradient of the logit to them, from one pass, and a
formula that makes a map of the two. The map is brought to the image's size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from ..network import FROZEN, InputError, Layer, Network, Replay
from .attribution import (
    Attribution,
    Target,
    attribution_method,
    class_scores,
    picture_batch,
    targets,
)
from .channels_last import channels_last

Maps = Float[Array, "n i j k"]
Map = Float[Array, "n i j"]
Formula = Callable[[Maps, Maps], Map]


@attribution_method
def grad_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    relu: bool = True,
    resize: str = "linear",
) -> Iterator[Attribution]:
    """The layer's feature maps, each weighted by its mean gradient: where the class is seen.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        layer: with rows and columns; the last one that has them if left out.
        relu: whether what speaks against the class is left out, as in the paper. Captum keeps it
            by default.
        resize: "linear" as in the paper, or "nearest" as in Captum.

    Returns:
        `.values` (N, H, W) at the image's size; `.layer` and, in `.notes`, why it was chosen.

    Raises:
        InputError: if `x` is not what the network takes, or a layer has no rows and columns.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391.
    """
    yield _cam("grad_cam", net, x, target, layer, _grad_cam, relu=relu, resize=resize)


@attribution_method
def grad_cam_plus_plus(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Grad-CAM with weights that let several instances of a class count alike.

    Args, returns and errors as for `grad_cam`.

    References:
        Chattopadhay, Sarkar, Howlader and Balasubramanian 2018, https://arxiv.org/abs/1710.11063.
    """
    yield _cam("grad_cam_plus_plus", net, x, target, layer, _grad_cam_plus_plus)


@attribution_method
def hires_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Values times gradients, place by place: what the layer itself contributes.

    Args, returns and errors as for `grad_cam`.

    References:
        Draelos and Carin 2020, https://arxiv.org/abs/2011.08891.
    """
    yield _cam("hires_cam", net, x, target, layer, _hires_cam)


@attribution_method
def xgrad_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Grad-CAM with each place's gradient weighted by its share of the channel.

    Args, returns and errors as for `grad_cam`.

    References:
        Fu et al. 2020, https://arxiv.org/abs/2008.02312.
    """
    yield _cam("xgrad_cam", net, x, target, layer, _xgrad_cam)


@attribution_method
def layer_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Values weighted by their own positive gradients: fine maps from early layers, too.

    Args, returns and errors as for `grad_cam`.

    References:
        Jiang, Zhang, Hou, Cheng and Wei 2021, https://ieeexplore.ieee.org/document/9462463.
    """
    yield _cam("layer_cam", net, x, target, layer, _layer_cam)


def spatial_layer(net: Network, name: str | None) -> tuple[Layer, tuple[str, ...]]:
    """The layer to look at, and in words why it was chosen.

    Raises:
        InputError: if the layer, or every layer, is without rows and columns.
    """
    if name is not None:
        layer = net[name]
        if len(layer.spatial) != 2:
            raise InputError(
                f"expected a layer with rows and columns, got {name!r} of shape {layer.shape}: "
                f"choose one of {', '.join(each.name for each in _spatial(net)[-5:]) or 'none'}."
            )
        return layer, ()
    found = _spatial(net)
    if not found:
        raise InputError("expected a network with a layer of rows and columns; this one has none.")
    chosen = found[-1]
    return chosen, (f"{chosen.name} was chosen: the last layer with rows and columns.",)


def _spatial(net: Network) -> list[Layer]:
    return [
        layer for layer in net.layers
        if len(layer.spatial) == 2 and min(layer.shape[axis] for axis in layer.spatial) > 1
    ]  # fmt: skip


def _cam(
    method: str,
    net: Network,
    x: Any,
    target: Target,
    layer: str | None,
    formula: Formula,
    relu: bool = True,
    resize: str = "linear",
) -> Attribution:
    if resize not in ("linear", "nearest"):
        raise InputError(f'expected resize "linear" or "nearest", got {resize!r}.')
    batch = picture_batch(net, x)
    chosen, notes = spatial_layer(net, layer)
    classes = targets(net, batch, target)
    maps = net.at(batch.shape).run(
        _maps, batch, np.asarray(classes, np.int32),
        rules=FROZEN, layer=chosen.name, logits=net.logits.name,
        formula=formula, relu=relu, resize=resize,
    )  # fmt: skip
    values = np.asarray(maps)
    flat = [str(k) for k, each in enumerate(values) if not each.any()]
    if flat:
        said = f"The map is zero everywhere for image {', '.join(flat)}: nothing in {chosen.name}"
        notes += (f"{said} speaks for the class.",)
    return Attribution(method, values, classes, layer=chosen.name, notes=notes)


def _maps(
    replay: Replay,
    x: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
    formula: Formula,
    relu: bool,
    resize: str,
) -> Float[Array, "n h w"]:
    values, gradients = at_layer(replay, x, target, layer=layer, logits=logits)
    found = formula(values, gradients)
    found = jnp.maximum(found, 0) if relu else found
    return jax.image.resize(found, x.shape[:3], resize)


def at_layer(
    replay: Replay,
    x: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Maps, Maps]:
    """A layer's values, and the gradient of each image's logit to them, channels last."""
    shape = jax.eval_shape(lambda x: replay(x, [layer])[layer], x)

    def score(change: jax.Array) -> tuple[jax.Array, jax.Array]:
        edit = {layer: lambda value: value + change}
        found = class_scores(replay, x, target, logits=logits, edits=edit)
        return found.sum(), replay(x, [layer], edit)[layer]

    zero = jnp.zeros(shape.shape, shape.dtype)
    gradient, value = jax.grad(score, has_aux=True)(zero)
    info = replay.layer(layer)
    return channels_last(value, info), channels_last(gradient, info)


def _weighted(values: Maps, weights: Float[Array, "n k"]) -> Map:
    return jnp.einsum("nhwc,nc->nhw", values, weights)


def _grad_cam(values: Maps, gradients: Maps) -> Map:
    return _weighted(values, gradients.mean((1, 2)))


def _grad_cam_plus_plus(values: Maps, gradients: Maps) -> Map:
    square, cube = gradients**2, gradients**3
    sums = values.sum((1, 2), keepdims=True)
    alphas = square / (2 * square + sums * cube + 1e-6)
    alphas = jnp.where(gradients != 0, alphas, 0)
    return _weighted(values, (jnp.maximum(gradients, 0) * alphas).sum((1, 2)))


def _hires_cam(values: Maps, gradients: Maps) -> Map:
    return (values * gradients).sum(-1)


def _xgrad_cam(values: Maps, gradients: Maps) -> Map:
    sums = values.sum((1, 2), keepdims=True)
    return _weighted(values, (gradients * values / (sums + 1e-7)).sum((1, 2)))


def _layer_cam(values: Maps, gradients: Maps) -> Map:
    return (jnp.maximum(gradients, 0) * values).sum(-1)
