"""VGG16 at 224 x 224, one picture: gradients and bare ascents, against torch and Lucent."""

import time
from typing import Any

import jax
import numpy as np

from benchmarks import compare, vgg16
from benchmarks.measured import Measured
from benchmarks.peers.process import Peer
from benchmarks.suites.ascents import REPEATS, ROUNDS, TARGETS, against_lucent
from cnnviz_widgets.network import FROZEN, Network, Replay


def measure() -> list[Measured]:
    """All rows of this suite."""
    with vgg16.both() as (net, x, torch):
        return [
            _gradient(net, x, torch),
            *(against_lucent(net, layer, torch, bare=True) for layer in TARGETS),
        ]


def _saliency(replay: Replay, x: jax.Array, index: Any, *, layer: str) -> jax.Array:
    return jax.grad(lambda x: replay(x, [layer])[layer][0, index])(x)


def _gradient(net: Network, x: np.ndarray, torch: Peer) -> Measured:
    program, image = net.at(x.shape), jax.device_put(x)

    def ours() -> list[float]:
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            found = program.run(_saliency, image, 3, rules=FROZEN, layer=net.logits.name)
            jax.block_until_ready(found)
            seconds.append(time.perf_counter() - start)
        return seconds

    sides = {"ours": ours, "torch": lambda: torch("gradient", REPEATS)}
    samples = compare.in_turns(sides, torch.id, rounds=ROUNDS)
    value, details = compare.ratio(samples, "torch", "ours")
    what = "Gradient of a logit to the input, VGG16, against `torch.autograd.grad`"
    return Measured(what, "x", value, 1.0, more_is_better=True, details=details)
