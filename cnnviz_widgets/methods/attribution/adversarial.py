"""Small changes of an image that change what the network sees in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int32

from ...network import FAST, InputError, Network, Replay
from ..baselines import known_range
from ..checks import check_count, check_range
from .method import Target, all_scores, targets, value_batch

NORMS = ("linf", "l2")

Ends = tuple[float, float] | None
"""The least and the largest value of an input, if known."""


@dataclass(frozen=True)
class Adversarial:
    """An attack on a batch, as far as it has come.

    Attributes:
        images: float32 (N, H, W, C) in [0, 1], or sequences (N, T, C) in the network's own range,
            within `epsilon` of the originals.
        target: the class of each image that the attack leaves, or that it makes for if `targeted`.
        before: the class that the network sees in each original.
        after: the class that it sees in each changed image.
        probability: of `target`, after, (N,).
        targeted: whether the attack makes for `target`.
        step: how many steps have been made.
    """

    images: Float32[np.ndarray, "n ..."]
    target: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    probability: Float32[np.ndarray, " n"]
    targeted: bool
    step: int

    @property
    def succeeded(self) -> tuple[bool, ...]:
        """Whether each image is now taken for what the attack wants."""
        return tuple(
            (seen == wanted) == self.targeted
            for seen, wanted in zip(self.after, self.target, strict=True)
        )


def fgsm(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    targeted: bool = False,
    epsilon: float | None = None,
) -> Adversarial:
    """The fast gradient sign method: one step of `epsilon` in each value.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each: what to get away from, by
            default what the network sees; with `targeted` what to get to.
        targeted: whether to make for `target`.
        epsilon: how far each value may move, in units of the input; 8/255 of the network's range
            if left out.

    Returns:
        An `Adversarial`.

    Raises:
        InputError: if `x` is not what the network takes, `epsilon` is out of range, or a targeted
            attack has no target.
        UnknownTargetError: if there is no such class.

    References:
        Goodfellow, Shlens and Szegedy 2015, https://arxiv.org/abs/1412.6572.
    """
    epsilon = 8 / 255 * _span(net) if epsilon is None else epsilon
    *_, found = attack(
        net, x, target=target, targeted=targeted, epsilon=epsilon, steps=1, step_size=epsilon
    )
    return found


def pgd(net: Network, x: Any, **options: Any) -> Adversarial:
    """Projected gradient descent: small steps, each brought back within `epsilon`.

    Args, returns and errors as for `attack`, whose last frame this is.

    References:
        Madry, Makelov, Schmidt, Tsipras and Vladu 2018, https://arxiv.org/abs/1706.06083.
    """
    *_, found = attack(net, x, **options)
    return found


def attack(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    targeted: bool = False,
    norm: str = "linf",
    epsilon: float | None = None,
    steps: int = 10,
    step_size: float | None = None,
    random_start: bool = False,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Adversarial]:
    """Projected gradient descent, step by step.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each: what to get away from, by
            default what the network sees; with `targeted` what to get to.
        targeted: whether to make for `target`.
        norm: "linf", each value by itself, or "l2", the root of the sum of squares of an image.
        epsilon: how far an image may be changed, in that norm; if left out 8/255 or 1, times the
            span of the network's range (1 for pictures, 2 for sounds).
        steps: how many.
        step_size: in that norm; 2.5 * epsilon / steps if left out.
        random_start: whether to start from a random place within `epsilon`.
        seed: of the random start.
        key: a JAX key in place of `seed`.

    Yields:
        An `Adversarial` after each step.

    Raises:
        InputError: if `x` is not what the network takes, a number is out of range, or a targeted
            attack has no target.
        UnknownTargetError: if there is no such class.
    """
    if norm not in NORMS:
        raise InputError(f"expected a norm of {NORMS}, got {norm!r}.")
    if targeted and target is None:
        raise InputError("expected a target for a targeted attack: the class to get to.")
    usual = {"linf": 8 / 255, "l2": 1.0}[norm] * _span(net)
    epsilon = usual if epsilon is None else epsilon
    check_range("epsilon", epsilon, 0, 1e4)
    check_count("steps", steps)
    step_size = 2.5 * epsilon / steps if step_size is None else step_size
    check_range("step_size", step_size, 0, 1e4)
    if net.lookup is not None:
        raise InputError(
            "expected a network that takes numbers, this one takes ids of tokens, of which none is "
            "a little more than another. Attack what follows the lookup, net.embedded(x), at the "
            f"vectors that activations(net, x, [{net.lookup.name!r}]) gives."
        )
    batch = value_batch(net, x)
    before = targets(net, batch, None)
    wanted = targets(net, batch, target) if target is not None else before
    chosen, run = np.asarray(wanted, np.int32), net.at(batch.shape).run
    at = batch
    if random_start:
        key = jax.random.key(seed) if key is None else key
        # one draw for all images, so that an image gets the same alone and in a batch
        noise = jax.random.uniform(key, batch.shape[1:], minval=-1, maxval=1)
        at = _project(
            batch + epsilon * noise[None], batch, np.float32(epsilon), norm, net.value_range
        )
    for step in range(1, steps + 1):
        at, after, probability = run(
            _step, at, batch, chosen,
            np.float32(step_size if targeted else -step_size), np.float32(epsilon),
            rules=FAST, logits=net.logits.name, norm=norm, ends=net.value_range,
        )  # fmt: skip
        yield Adversarial(
            np.asarray(at), wanted, before, tuple(int(k) for k in np.asarray(after)),
            np.asarray(probability), targeted, step,
        )  # fmt: skip


def _span(net: Network) -> float:
    low, high = known_range(net)
    return high - low


def _step(
    replay: Replay,
    at: Float[Array, "n ..."],
    x: Float[Array, "n ..."],
    target: Int32[Array, " n"],
    step: Float[Array, ""],
    epsilon: Float[Array, ""],
    *,
    logits: str,
    norm: str,
    ends: Ends,
) -> tuple[Float[Array, "n ..."], Int32[Array, " n"], Float[Array, " n"]]:
    def likelihood(at: jax.Array) -> jax.Array:
        return _of(target, jax.nn.log_softmax(all_scores(replay, at, logits=logits))).sum()

    slope = jax.grad(likelihood)(at)
    moved = at + step * (jnp.sign(slope) if norm == "linf" else _scaled(slope, _lengths(slope)))
    found = _project(moved, x, epsilon, norm, ends)
    scores = all_scores(replay, found, logits=logits)
    return found, scores.argmax(1).astype(jnp.int32), _of(target, jax.nn.softmax(scores))


def _of(target: Int32[Array, " n"], values: Float[Array, "n k"]) -> Float[Array, " n"]:
    return jnp.take_along_axis(values, target[:, None], 1)[:, 0]


def _project(
    at: Float[Array, "n ..."], x: Float[Array, "n ..."], epsilon: Any, norm: str, ends: Ends
) -> Float[Array, "n ..."]:
    """The nearest image within `epsilon` of `x` and within the network's range."""
    change = at - x
    if norm == "linf":
        change = jnp.clip(change, -epsilon, epsilon)
    else:
        change *= jnp.minimum(1, epsilon / jnp.maximum(_lengths(change), 1e-12))
    return x + change if ends is None else jnp.clip(x + change, *ends)


def _lengths(change: Float[Array, "n ..."]) -> Float[Array, "n ..."]:
    return jnp.sqrt(jnp.square(change).sum(tuple(range(1, change.ndim)), keepdims=True))


def _scaled(change: Float[Array, "n ..."], length: Float[Array, "n ..."]) -> Float[Array, "n ..."]:
    return change / jnp.maximum(length, 1e-12)
