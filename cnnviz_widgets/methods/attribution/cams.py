"""Class activation maps: a layer's feature maps, weighted by what they do for a class.

One mechanism: the layer's values and the gradient of the logit to them, from one pass, and a
formula that weights the one by the other. The sum over channels is brought to the image's size.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import FAST, InputError, Layer, Network, Program, Replay
from ...network.tracing.vocabulary import AFFINE, PLUMBING
from ..channels_last import channels_last, with_a_row
from .method import (
    Attribution,
    Target,
    attribution_method,
    class_scores,
    targets,
    value_batch,
)
from .saliency import guided_backpropagation

Maps = Float[Array, "n i j k"]
Map = Float[Array, "n i j"]
Formula = Callable[[Maps, Maps], Maps]

AUGMENTED = tuple((flip, factor) for flip in (False, True) for factor in (0.9, 1.0, 1.1))
"""Whether an image is mirrored, and what it is multiplied by: those of pytorch-grad-cam."""


@attribution_method
def grad_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    relu: bool = True,
    resize: str = "linear",
    augment: bool = False,
    first_component: bool = False,
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
        augment: whether to average the maps of six copies, mirrored or not and 0.9, 1 and 1.1
            times as bright; each is first brought to 0 to 1. Steadier, at six times the cost.
        first_component: whether the first principal component over channels is taken in place of
            their sum, which leaves out much noise.

    Returns:
        `.values` (N, H, W) at the image's size; `.layer` and, in `.notes`, why it was chosen.

    Raises:
        InputError: if `x` is not what the network takes, or a layer has no rows and columns.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391.
    """
    yield from _cam(
        "grad_cam", net, x, target, layer, _grad_cam, augment, first_component, relu, resize
    )


@attribution_method
def grad_cam_plus_plus(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    augment: bool = False,
    first_component: bool = False,
) -> Iterator[Attribution]:
    """Grad-CAM with weights that let several instances of a class count alike.

    Args, returns and errors as for `grad_cam`.

    References:
        Chattopadhay, Sarkar, Howlader and Balasubramanian 2018, https://arxiv.org/abs/1710.11063.
    """
    yield from _cam(
        "grad_cam_plus_plus", net, x, target, layer, _grad_cam_plus_plus, augment, first_component
    )


@attribution_method
def hires_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    augment: bool = False,
    first_component: bool = False,
) -> Iterator[Attribution]:
    """Values times gradients, place by place: what the layer itself contributes.

    Args, returns and errors as for `grad_cam`.

    References:
        Draelos and Carin 2020, https://arxiv.org/abs/2011.08891.
    """
    yield from _cam("hires_cam", net, x, target, layer, _hires_cam, augment, first_component)


@attribution_method
def xgrad_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    augment: bool = False,
    first_component: bool = False,
) -> Iterator[Attribution]:
    """Grad-CAM with each place's gradient weighted by its share of the channel.

    Args, returns and errors as for `grad_cam`.

    References:
        Fu et al. 2020, https://arxiv.org/abs/2008.02312.
    """
    yield from _cam("xgrad_cam", net, x, target, layer, _xgrad_cam, augment, first_component)


@attribution_method
def layer_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    augment: bool = False,
    first_component: bool = False,
) -> Iterator[Attribution]:
    """Values weighted by their own positive gradients: fine maps from early layers, too.

    Args, returns and errors as for `grad_cam`.

    References:
        Jiang, Zhang, Hou, Cheng and Wei 2021, https://ieeexplore.ieee.org/document/9462463.
    """
    yield from _cam("layer_cam", net, x, target, layer, _layer_cam, augment, first_component)


@attribution_method
def eigen_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """The first principal component of a layer's maps: what varies most, whatever the class.

    Args, returns and errors as for `grad_cam`; the class changes nothing. The component's sign is
    the one that makes its largest value positive.

    References:
        Bany Muhammad and Yeasin 2020, https://arxiv.org/abs/2008.00299.
    """
    yield from _cam("eigen_cam", net, x, target, layer, _values, first_component=True)


@attribution_method
def cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """A layer's maps weighted by the class's weights, behind global average pooling.

    Args and returns as for `grad_cam`; what speaks against the class is kept, as in the paper.

    Raises:
        InputError: as for `grad_cam`, or if between the layer and the logits there is more than
            global pooling and one dense layer; `grad_cam` works for any network.

    References:
        Zhou, Khosla, Lapedriza, Oliva and Torralba 2016, https://arxiv.org/abs/1512.04150.
    """
    chosen, _ = spatial_layer(net, layer)
    _check_pooling(net, chosen)
    yield from _cam("cam", net, x, target, layer, _cam_weights, relu=False)


@attribution_method
def guided_grad_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Guided backpropagation where Grad-CAM is: the detail of one, the place of the other.

    Args and errors as for `grad_cam` and `guided_backpropagation`, whose weakness it has.

    Returns:
        `.values` (N, H, W, C), signed.

    References:
        Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391.
    """
    where = grad_cam(net, x, target=target, layer=layer)
    what = guided_backpropagation(net, x, target=target)
    yield Attribution(
        "guided_grad_cam",
        where.values[..., None] * what.values,
        where.target,
        layer=where.layer,
        notes=where.notes + what.notes,
    )


def spatial_layer(net: Network, name: str | None) -> tuple[Layer, tuple[str, ...]]:
    """The layer to look at, and in words why it was chosen.

    Raises:
        InputError: if the layer, or every layer, is without rows and columns.
    """
    if name is not None:
        layer = net[name]
        if len(layer.spatial) != net.place_axes:
            known = ", ".join(each.name for each in spatial_layers(net)[-5:]) or "none"
            raise InputError(
                f"expected a layer with {_places(net)}, got {name!r} of shape {layer.shape}: "
                f"choose one of {known}."
            )
        return layer, ()
    found = spatial_layers(net)
    if not found:
        raise InputError(f"expected a network with a layer of {_places(net)}; this one has none.")
    chosen = found[-1]
    return chosen, (f"{chosen.name} was chosen: the last layer with {_places(net)}.",)


def spatial_layers(net: Network) -> list[Layer]:
    """The layers that a map can be made of."""
    return [
        layer for layer in net.layers
        if len(layer.spatial) == net.place_axes
        and min(layer.shape[axis] for axis in layer.spatial) > 1
    ]  # fmt: skip


def _places(net: Network) -> str:
    return "places in time" if net.place_axes == 1 else "rows and columns"


def _cam(
    method: str,
    net: Network,
    x: Any,
    target: Target,
    layer: str | None,
    formula: Formula,
    augment: bool = False,
    first_component: bool = False,
    relu: bool = True,
    resize: str = "linear",
) -> Iterator[Attribution]:
    if resize not in ("linear", "nearest"):
        raise InputError(f'expected resize "linear" or "nearest", got {resize!r}.')
    batch = value_batch(net, x)
    chosen, notes = spatial_layer(net, layer)
    classes = targets(net, batch, target)
    copies = AUGMENTED if augment else ((False, 1.0),)
    size = batch.shape[1:-1] if batch.ndim == 4 else (1, *batch.shape[1:-1])  # a map of one row
    total = np.zeros((batch.shape[0], *size), np.float32)
    for done, (flip, factor) in enumerate(copies, 1):
        seen = (batch[..., ::-1, :] if flip else batch) * factor
        values, gradients = net.at(batch.shape).run(
            at_layer, seen, np.asarray(classes, np.int32),
            rules=FAST, layer=chosen.name, logits=net.logits.name,
        )  # fmt: skip
        found = _map(
            with_a_row(values, chosen), with_a_row(gradients, chosen), formula=formula,
            first_component=first_component, relu=relu, resize=resize, size=size,
        )  # fmt: skip
        maps = np.asarray(found)
        maps = maps[:, :, ::-1] if flip else maps
        total += from_0_to_1(maps) if augment else maps
        yield map_attribution(
            method,
            (total / done).reshape(batch.shape[:-1]),
            classes,
            chosen,
            notes,
            done,
            done / len(copies),
        )


def map_attribution(
    method: str,
    values: Float[np.ndarray, "n ..."],
    classes: tuple[int, ...],
    layer: Layer,
    notes: tuple[str, ...],
    samples: int = 1,
    progress: float = 1.0,
) -> Attribution:
    """A map as an `Attribution`, with words where it is empty."""
    flat = [str(k) for k, each in enumerate(values) if not each.any()]
    if flat:
        said = f"The map is zero everywhere for input {', '.join(flat)}: nothing in {layer.name}"
        notes += (f"{said} speaks for the class.",)
    return Attribution(
        method, np.asarray(values, np.float32), classes,
        layer=layer.name, samples=samples, progress=progress, notes=notes,
    )  # fmt: skip


def from_0_to_1(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Each map from 0 at its least value to 1 at its largest; a constant one is 0."""
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    return np.where(span > 0, (maps - low) / np.where(span > 0, span, 1), 0).astype(np.float32)


def _check_pooling(net: Network, layer: Layer) -> None:
    program = net.at((1, *net.input_shape)).program
    behind = program.needed([net.logits.value], {layer.value, program.x})
    live = [op for op in behind if any(value in program.live for value in op.inputs)]
    names = {operation.name for operation in live}
    places = math.prod(layer.shape[axis] for axis in layer.spatial)
    pooled = any(
        operation.name in ("reduce_sum", "reduce_window_sum")
        and _size(program, operation.inputs[0]) == _size(program, operation.outputs[0]) * places
        for operation in live
    )
    plain = names <= PLUMBING | AFFINE | {"reduce_sum", "reduce_window_sum", "dot_general"}
    dense = sum(operation.name == "dot_general" for operation in live)
    if not (pooled and plain and dense == 1):
        raise InputError(
            f"expected global average pooling and one dense layer between {layer.name!r} and the "
            f"logits, got {', '.join(sorted(names - PLUMBING)) or 'nothing'}. Choose the layer "
            "before the pooling, or grad_cam, which needs neither."
        )


def _size(program: Program, value: int) -> int:
    return math.prod(program.avals[value].shape)


@functools.partial(
    jax.jit, static_argnames=["formula", "first_component", "relu", "resize", "size"]
)
def _map(
    values: Maps,
    gradients: Maps,
    *,
    formula: Formula,
    first_component: bool,
    relu: bool,
    resize: str,
    size: tuple[int, int],
) -> Float[Array, "n h w"]:
    """Compiled apart from the pass, which all class activation maps share."""
    weighted = formula(values, gradients)
    found = _first_component(weighted) if first_component else weighted.sum(-1)
    found = jnp.maximum(found, 0) if relu else found
    return jax.image.resize(found, (len(values), *size), resize)


def _first_component(maps: Maps) -> Map:
    """Each place's share in the direction of channels along which the places differ most."""
    places = maps.reshape(maps.shape[0], -1, maps.shape[3])
    centred = places - places.mean(1, keepdims=True)
    _, _, directions = jnp.linalg.svd(centred, full_matrices=False)
    found = jnp.einsum("npk,nk->np", centred, directions[:, 0])
    turned = jnp.abs(found.min(1)) > jnp.abs(found.max(1))  # a direction has no sign of its own
    return jnp.where(turned[:, None], -found, found).reshape(maps.shape[:3])


def at_layer(
    replay: Replay,
    x: Float[Array, "n ..."],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Float[Array, "n ..."], Float[Array, "n ..."]]:
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


def _weighted(values: Maps, weights: Float[Array, "n k"]) -> Maps:
    return values * weights[:, None, None, :]


def _values(values: Maps, _: Maps) -> Maps:
    return values


def _cam_weights(values: Maps, gradients: Maps) -> Maps:
    return _weighted(values, gradients.sum((1, 2)))  # the same everywhere, a share of each place


def _grad_cam(values: Maps, gradients: Maps) -> Maps:
    return _weighted(values, gradients.mean((1, 2)))


def _grad_cam_plus_plus(values: Maps, gradients: Maps) -> Maps:
    square, cube = gradients**2, gradients**3
    sums = values.sum((1, 2), keepdims=True)
    alphas = square / (2 * square + sums * cube + 1e-6)
    alphas = jnp.where(gradients != 0, alphas, 0)
    return _weighted(values, (jnp.maximum(gradients, 0) * alphas).sum((1, 2)))


def _hires_cam(values: Maps, gradients: Maps) -> Maps:
    return values * gradients


def _xgrad_cam(values: Maps, gradients: Maps) -> Maps:
    sums = values.sum((1, 2), keepdims=True)
    return _weighted(values, (gradients * values / (sums + 1e-7)).sum((1, 2)))


def _layer_cam(values: Maps, gradients: Maps) -> Maps:
    return jnp.maximum(gradients, 0) * values
