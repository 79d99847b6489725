"""How large weights, gradients and updates are, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int32, Num

from ...network import InputError, Network, Replay
from ..attribution.method import all_scores

# What batch norms note of the data; no gradient step moves it.
_STATISTICS = ("mean", "var", "moving_mean", "moving_variance")


def layer_norms(net: Network, tree: Any = None) -> dict[str, float]:
    """The Euclidean norm of each layer's weights, or of a tree like them.

    Args:
        net: the network.
        tree: gradients, updates or weights: a pytree, or names and arrays as `net.weights` gives
            them. The network's own weights if left out.

    Returns:
        For each layer that has weights in it, in order. Running statistics are left out.

    Raises:
        InputError: if nothing in it belongs to a weight of the network.

    Example:
        >>> layer_norms(net, grads)["conv1"]
    """
    arrays = net.weights if tree is None else net.weights_in(tree)
    squares = {  # keys of random streams, and counts, have no norm
        name: _square(array)
        for name, array in arrays.items()
        if jnp.issubdtype(array.dtype, jnp.floating)
    }
    return _by_layer(net, jax.device_get(squares))


def gradient_norms(net: Network, x: Any, labels: Any) -> dict[str, float]:
    """The norm of each layer's gradient of the mean cross-entropy on some images.

    The network is taken as it is in evaluation mode: dropout is off, and batch norms use their
    running statistics.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        labels: the class of each image, (N,).

    Returns:
        For each layer with weights, in order.

    Raises:
        InputError: if the network cannot take `x`, or there are not as many labels as images.
    """
    batch = net.batch(x)
    classes = np.atleast_1d(np.asarray(labels)).astype(np.int32)
    if classes.shape != batch.shape[:1]:
        raise InputError(
            f"expected one label for each of {batch.shape[0]} images, got {classes.shape}."
        )
    weights = list(net.weights.values())
    found = net.at(batch.shape).run(_squares, batch, classes, weights, logits=net.logits.name)
    names = list(net.weights)
    return _by_layer(net, {names[k]: value for k, value in jax.device_get(found).items()})


def _squares(
    replay: Replay,
    x: Num[Array, "n ..."],
    labels: Int32[Array, " n"],
    weights: list[Array],
    *,
    logits: str,
) -> dict[int, Float[Array, ""]]:
    """The summed square of the gradient to each floating-point weight, by its place."""
    program = replay.program
    chosen = {k: w for k, w in enumerate(weights) if jnp.issubdtype(w.dtype, jnp.floating)}

    def loss(chosen: dict[int, Array]) -> Array:
        known = dict(zip(program.weights, [chosen.get(k, w) for k, w in enumerate(weights)],
                         strict=True))  # fmt: skip
        value = program.replay({**known, program.x: x}, [replay.layer(logits).value])[0]
        scores = value.astype(jnp.float32).reshape(x.shape[0], -1)
        if scores.shape[1] == 1:
            return optax.sigmoid_binary_cross_entropy(scores[:, 0], labels).mean()
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()

    return {k: _square(slope) for k, slope in jax.grad(loss)(chosen).items()}


def least_likely(net: Network, x: Any) -> np.ndarray:
    """The class that the network holds for the least likely, (N,).

    A loss against it has a gradient whatever the network has learnt: the right class gives next
    to none once it is known.
    """
    batch = net.batch(x)
    scores = net.at(batch.shape).run(_scores, batch, logits=net.logits.name)
    if scores.shape[1] == 1:
        return np.asarray(scores[:, 0] <= 0, np.int32)
    return np.asarray(np.argmin(np.nan_to_num(scores, posinf=0, neginf=0), 1), np.int32)


def _scores(replay: Replay, x: Num[Array, "n ..."], *, logits: str) -> Float[Array, "n k"]:
    return all_scores(replay, x, logits=logits)


@jax.jit
def _square(array: Array) -> Float[Array, ""]:
    return jnp.sum(jnp.square(jnp.asarray(array).astype(jnp.float32)))


def _by_layer(net: Network, squares: Mapping[str, Any]) -> dict[str, float]:
    return {
        name: float(np.sqrt(sum(float(squares[each]) for each in weights)))
        for name, owned in weights_by_layer(net)
        if (weights := [each for each in owned if each in squares])
    }


def weights_by_layer(net: Network) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Layers in order, each with the names of its weights that training moves."""
    for layer in net.layers:
        owned = net.weights_of(layer.name)
        names = tuple(name for name in owned if name.rsplit("/", 1)[-1] not in _STATISTICS)
        if names:
            yield layer.name, names
