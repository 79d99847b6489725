"""Sanity checks: does the explanation change when the weights are drawn anew?

An explanation that stays the same although the network has forgotten what it learnt shows the
image, not the network. The paper's other check, on a network trained with shuffled labels, is left
out: it takes the training data and a training run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float32

from ..methods.attribution.method import Target, targets, value_batch
from ..network import InputError, Network
from .explaining import Method, check_method, explain, name_of
from .randomised import layers_with_weights, randomised
from .similarity import hog, spearman, ssim

MODES = ("cascading", "independent")


@dataclass(frozen=True)
class SanityCheck:
    """How alike an explanation is to the original one, step by step.

    Attributes:
        method: its name.
        mode: "cascading" or "independent".
        layers: whose weights are drawn anew, a step each, from the top down. In the cascading mode
            those before it are drawn anew as well.
        spearman: rank correlation of the absolute values with those of the original, a row for
            each step and a column for each image; from -1 to 1, and 0 where one is constant.
        ssim: structural similarity of the absolute values, each divided by the largest; from -1
            to 1.
        hog: correlation of their histograms of oriented gradients, from -1 to 1; NaN for sequences
            and without scikit-image.
        values: the explanation of the newest step, (N, H, W) or (N, H, W, C); of sequences
            (N, T) or (N, T, C).
        target: the class of each image; it stays.
        progress: from 0 to 1, the share of the steps that is done.
    """

    method: str
    mode: str
    layers: tuple[str, ...]
    spearman: Float32[np.ndarray, "steps n"]
    ssim: Float32[np.ndarray, "steps n"]
    hog: Float32[np.ndarray, "steps n"]
    values: Float32[np.ndarray, "n ..."]
    target: tuple[int, ...]
    progress: float


def sanity_check(
    net: Network,
    x: Any,
    method: Method,
    *,
    target: Target = None,
    mode: str = "cascading",
    seed: int = 0,
    key: jax.Array | None = None,
    **options: Any,
) -> SanityCheck:
    """Whether an explanation depends on what the network has learnt. Lower similarity is better.

    The weights are drawn anew, layer by layer from the top, and the explanation of the same class
    is compared with the original one: with all weights drawn anew it should have nothing to do
    with it. Gradients and Grad-CAM pass; guided backpropagation does not.

    Args:
        net: the network; it is not changed.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        method: the name of an attribution method, or a function `method(net, x, target=…)` that
            gives an `Attribution` or an array.
        target: class index or name, one for all images or one for each; the class that the
            original network sees if left out.
        mode: "cascading" (a layer and all above it) or "independent" (one layer at a time).
        seed: of the weights.
        key: a JAX key in place of `seed`.
        options: of the method.

    Returns:
        The similarities at every step.

    Raises:
        InputError: if `x`, the method, what it gives or an option are not what is expected, or the
            network has no weights.
        UnknownTargetError: if there is no such class.

    References:
        Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, https://arxiv.org/abs/1810.03292.

    Example:
        >>> found = cw.evaluate.sanity_check(net, x, "grad_cam", target="cat")
        >>> dict(zip(found.layers, found.spearman.mean(1)))
    """
    *_, last = sanity_check_frames(
        net, x, method, target=target, mode=mode, seed=seed, key=key, **options
    )
    return last


def sanity_check_frames(
    net: Network,
    x: Any,
    method: Method,
    *,
    target: Target = None,
    mode: str = "cascading",
    seed: int = 0,
    key: jax.Array | None = None,
    **options: Any,
) -> Iterator[SanityCheck]:
    """The steps of a sanity check as they come; args and errors as for `sanity_check`.

    The first frame has the original explanation and no step.
    """
    if mode not in MODES:
        raise InputError(f"expected a mode of {MODES}, got {mode!r}.")
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    method = check_method(method)
    layers = layers_with_weights(net)
    if not layers:
        raise InputError(
            "expected a network with weights, this one has none. Pass them as params=… instead of "
            "closing over them."
        )
    original = explain(method, net, batch, classes, **options)
    wanted, values = _scaled(original, batch.ndim), original
    alike = np.zeros((3, 0, len(original)), np.float32)
    for done in range(len(layers) + 1):
        if done:
            drawn = _drawn(net, mode, layers, done, seed, key)
            values = explain(method, drawn, batch, classes, **options)
            found = _scaled(values, batch.ndim)
            flat, wanted_flat = (maps.reshape(len(maps), -1) for maps in (found, wanted))
            pair = found, wanted
            new = np.stack([spearman(flat, wanted_flat), ssim(*pair), hog(*pair)])
            alike = np.concatenate([alike, new[:, None]], 1)
        yield SanityCheck(
            method=name_of(method),
            mode=mode,
            layers=layers[:done],
            spearman=alike[0],
            ssim=alike[1],
            hog=alike[2],
            values=values,
            target=classes,
            progress=done / len(layers),
        )


def _drawn(
    net: Network, mode: str, layers: tuple[str, ...], done: int, seed: int, key: jax.Array | None
) -> Network:
    if mode == "cascading":
        return randomised(net, layers_from_top=done, seed=seed, key=key)
    return randomised(net, layer=layers[done - 1], seed=seed, key=key)


def _scaled(values: Float32[np.ndarray, "n ..."], axes: int) -> Float32[np.ndarray, "n ..."]:
    whole = values.ndim == axes and axes > 2  # else it is one number for each place already
    maps = np.abs(values.sum(-1) if whole else values)
    largest = maps.max(tuple(range(1, maps.ndim)), keepdims=True)
    return maps / np.where(largest > 0, largest, 1)
