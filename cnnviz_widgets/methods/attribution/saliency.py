"""Plain and ruled gradients of a class to the input: one pass back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from ...network import FAST, GUIDED, Network, RuleBook, relu_rules
from .method import (
    Attribution,
    Target,
    attribution_method,
    gradient,
    targets,
    value_batch,
    zero_gradient_note,
)

DECONVNET = relu_rules("deconvnet", lambda g, _: jnp.maximum(g, 0))


@attribution_method
def saliency(net: Network, x: Any, *, target: Target = None) -> Iterator[Attribution]:
    """The absolute gradient of a class's logit: which input values would change it most.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1]; or sequences (T, C) or (N, T, C).
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.

    Returns:
        `.values` (N, H, W, C), of sequences (N, T, C), logit per unit of input, at least 0.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownTargetError: if there is no such class.

    References:
        Simonyan, Vedaldi and Zisserman 2013, https://arxiv.org/abs/1312.6034.
    """
    _, found, classes = _gradient(net, x, target, FAST)
    yield _attribution("saliency", np.abs(found), classes)


@attribution_method
def input_x_gradient(net: Network, x: Any, *, target: Target = None) -> Iterator[Attribution]:
    """Each input value times its gradient: its share in the logit of a network without biases.

    Args and errors as for `saliency`.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed.

    References:
        Shrikumar, Greenside, Shcherbina and Kundaje 2016, https://arxiv.org/abs/1605.01713.
    """
    batch, found, classes = _gradient(net, x, target, FAST)
    yield _attribution("input_x_gradient", batch * found, classes)


@attribution_method
def guided_backpropagation(net: Network, x: Any, *, target: Target = None) -> Iterator[Attribution]:
    """The gradient that passes a ReLU only where it is positive, forward and back.

    Sharp, but hardly changed when the weights are randomised (Adebayo et al. 2018): it shows what
    the network's first layers see rather than why it decides. Args as for `saliency`.

    Returns:
        `.values` (N, H, W, C), signed.

    Raises:
        UnknownOperationError: if the network has an activation other than ReLU.
        InputError, UnknownTargetError: as for `saliency`.

    References:
        Springenberg, Dosovitskiy, Brox and Riedmiller 2015, https://arxiv.org/abs/1412.6806.
    """
    _, found, classes = _gradient(net, x, target, GUIDED)
    yield _attribution("guided_backpropagation", found, classes)


@attribution_method
def deconvnet(net: Network, x: Any, *, target: Target = None) -> Iterator[Attribution]:
    """The gradient that passes a ReLU only where the gradient is positive.

    Args and errors as for `guided_backpropagation`, and the same caution.

    Returns:
        `.values` (N, H, W, C), signed.

    References:
        Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901.
    """
    _, found, classes = _gradient(net, x, target, DECONVNET)
    yield _attribution("deconvnet", found, classes)


def _gradient(
    net: Network, x: Any, target: Target, rules: RuleBook
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    run = net.at(batch.shape).run
    found, _ = run(
        gradient, batch, np.asarray(classes, np.int32), rules=rules, logits=net.logits.name
    )
    return np.asarray(batch), np.asarray(found), classes


def _attribution(method: str, values: np.ndarray, classes: tuple[int, ...]) -> Attribution:
    return Attribution(method, values, classes, notes=zero_gradient_note(values))
