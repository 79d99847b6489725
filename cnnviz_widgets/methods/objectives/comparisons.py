"""Objectives that compare a layer's values with those for an image: inversion and caricature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...network import InputError, Network
from ..activations import activations
from .algebra import Objective
from .directions import LEAST_COSINE
from .form import Place, Scores, Values
from .scores import only, per_image


def activation_difference(net: Network, image: Any, layers: str | Sequence[str]) -> Objective:
    """How far layers are from what they are for an image; to be subtracted.

    The mean over layers of the mean squared difference, each divided by the mean square for the
    image: 0 for the image itself, about 1 where nothing is left of it.

    Args:
        net: the network.
        image: one image, HWC, uint8 or float in [0, 1]. The picture that is painted must have its
            size, and may not be moved by transforms: pass `size=` and `transforms=()`.
        layers: one name or several.

    Raises:
        InputError: if the image is not one that the network takes; if the picture has another
            size, when the ascent begins.
        UnknownLayerError: if there is no such layer.

    References:
        Mahendran and Vedaldi 2015, Understanding deep image representations by inverting them,
        https://arxiv.org/abs/1412.0035.
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    known = wanted_values(net, image, names)
    return Objective(
        f"difference in {', '.join(names)}",
        names,
        _difference,
        ({name: known[name] for name in names},),
        places=tuple(Place(name) for name in names),
    )


def likeness(net: Network, image: Any, layer: str, *, cosine_power: float = 1.0) -> Objective:
    """How strongly a layer says what it says for an image: the more, the better.

    The product of both layers, times their cosine to a power. Length counts too, so that what the
    layer has seen is exaggerated: a caricature.

    Args:
        net: the network.
        image: as for `activation_difference`.
        layer: its name.
        cosine_power: the larger, the nearer to the image's own mixture of features.

    Raises:
        InputError, UnknownLayerError: as for `activation_difference`.

    References:
        Olah et al. 2018, The building blocks of interpretability,
        https://distill.pub/2018/building-blocks.
    """
    known = wanted_values(net, image, (layer,))[layer]
    arguments = (known, float(cosine_power))
    return Objective(f"likeness in {layer}", (layer,), _likeness, arguments, places=(Place(layer),))


def wanted_values(net: Network, image: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """What layers give for one image, (1, H, W, C) each.

    Raises:
        InputError: if it is more than one image.
    """
    found = activations(net, image, list(names))
    values = {name: np.asarray(value, np.float32) for name, value in found.items()}
    if any(len(value) != 1 for value in values.values()):
        raise InputError("expected one image, got a batch. Pass image[0].")
    return values


def _same_shape(name: str, value: jax.Array, wanted: Any) -> jax.Array:
    if value.shape[1:] != wanted.shape[1:]:
        raise InputError(
            f"expected {name} of shape {wanted.shape[1:]}, as for the image, got "
            f"{value.shape[1:]}. Give size= the image's rows and columns, and transforms=()."
        )
    return value.astype(jnp.float32)


def _difference(values: Values, arguments: Any) -> Scores:
    (wanted,) = arguments
    parts = []
    for name, known in wanted.items():
        value = _same_shape(name, values[name], known)
        apart = per_image(jnp.square(value - jnp.broadcast_to(known, value.shape)))
        parts.append(apart / (jnp.square(known).mean() + 1e-9))
    return sum(parts[1:], parts[0]) / len(parts)


def _likeness(values: Values, arguments: Any) -> Scores:
    known, power = arguments
    value = _same_shape("the layer", only(values), known)
    flat = value.reshape(value.shape[0], -1)
    other = jnp.broadcast_to(known, value.shape).reshape(flat.shape)
    product = (flat * other).sum(1)
    length, known_length = (jnp.sqrt(1e-12 + jnp.square(one).sum(1)) for one in (flat, other))
    cosine = product / (length * known_length + 1e-6)
    return product / known_length * jnp.maximum(LEAST_COSINE, cosine) ** power
