"""VGG16 at 224 x 224: ascents against Lucent's, and eight at once against each alone."""

import time
from typing import Any

import numpy as np

import cnnviz_widgets as cw
from benchmarks import compare, vgg16
from benchmarks.measured import Measured
from benchmarks.peers.process import Peer
from cnnviz_widgets.network import Network

ROUNDS = 15
REPEATS = 4
TARGETS = {"block2_conv2": 3.0, "block5_conv3": 1.8}
BATCH = 8


def measure() -> list[Measured]:
    """All rows of this suite."""
    with vgg16.both() as (net, _, torch):
        return [
            *(against_lucent(net, layer, torch, bare=False) for layer in TARGETS),
            *(_batch(net, layer) for layer in TARGETS),
        ]


def against_lucent(net: Network, layer: str, torch: Peer, *, bare: bool) -> Measured:
    """The step alone, or with the transforms that each side has by default in Lucid's name."""
    settings = {"transforms": ()} if bare else {"preset": "lucid"}
    theirs = "lucent-bare" if bare else "lucent"
    sides = {
        "ours": lambda: _steps(net, f"{layer}:7", **settings),
        "Lucent": lambda: torch(f"{theirs}/{layer}", REPEATS),
        "Lucent, weights frozen": lambda: torch(f"{theirs}-frozen/{layer}", REPEATS),
    }
    samples = compare.in_turns(sides, torch.id, rounds=ROUNDS)
    value, details = compare.ratio(samples, "Lucent", "ours")
    frozen, _ = compare.ratio(samples, "Lucent, weights frozen", "ours")
    details += f"; {frozen:.2f}x against Lucent with its weights' gradients switched off"
    with_ = "without transforms" if bare else "with all of Lucid's transforms"
    what = f"Ascent step to {layer}, VGG16, {with_}, against Lucent's loop"
    return Measured(what, "x", value, TARGETS[layer], more_is_better=True, details=details)


def _steps(net: Network, target: str | list[str], **settings: Any) -> list[float]:
    """The seconds of the steps of an ascent."""
    frames = cw.methods.ascend(net, target, size=224, steps=REPEATS + 2, **settings)
    ticks = [time.perf_counter() for _ in frames]
    return np.diff(ticks)[1:-1].tolist()  # a step is begun before its frame is looked at


def _batch(net: Network, layer: str) -> Measured:
    """The default preset: its transforms are paid for each picture, too.

    Without help for dead starts, which takes two looks a step: alone, units have other starts.
    """
    units = [f"{layer}:{channel}" for channel in range(BATCH)]
    sides = {
        "in the batch": lambda: [second / BATCH for second in _steps(net, units, redirect=0)],
        "alone": lambda: np.mean([_steps(net, unit, redirect=0) for unit in units], 0).tolist(),
    }
    samples = compare.in_turns(sides, rounds=ROUNDS)
    _, details = compare.ratio(samples, "alone", "in the batch")
    ratios = [a / b for a, b in zip(samples["alone"], samples["in the batch"], strict=True)]
    value, _, sure = compare.no_lower(ratios)
    what = f"A picture in a batch of {BATCH} to {layer}, VGG16, against the same alone"
    details = f"{sure}; {details}"
    return Measured(what, "x", value, 1.0, more_is_better=True, details=details)
