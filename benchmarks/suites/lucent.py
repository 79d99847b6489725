"""How high Lucent's pictures climb and ours: the same weights, settings, steps and seeds.

Both start at 224 x 224 from the same noise, Lucent's, with the transforms that Lucid has by default
(the preset "lucid"), which each draws by itself. Both last pictures are shown to the same network,
as they are: counted is the mean of the channel over all places.

What is drawn moves a height by more than the sides differ, so several seeds are climbed, in pairs
that share a start, and the standard error of the mean difference stands beside it. A side is lower
if it is so by more than two of them.
"""

import os
import statistics
import tempfile
from pathlib import Path

import numpy as np

import cnnviz_widgets as cw
from benchmarks import compare, vgg16
from benchmarks.measured import Measured
from benchmarks.peers.process import Peer, peer
from cnnviz_widgets.network import Network

SEEDS = range(8)
SIDE = 224
UNITS = {
    "vgg16": (48, ["block2_conv2:7", "block5_conv3:7"]),
    "photos": (128, ["conv2:5", "conv2:30", "conv3:20", "conv4:10", "conv4:60", "conv5:40"]),
}
"""The steps of each network's ascents, and what they climb."""


def measure() -> list[Measured]:
    """All rows of this suite."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder) / f"{name}.npz") for name in UNITS}
        deep, x = vgg16.network()
        vgg16.save(paths["vgg16"], deep, x)
        photos = cw.load("photos")
        np.savez(paths["photos"], allow_pickle=False, **_arrays(photos))
        networks = {"vgg16": deep, "photos": photos}
        with peer("torch_ascents.py", str(os.cpu_count()), *paths.values()) as lucent:
            for name, (steps, units) in UNITS.items():
                for unit in units:
                    _assert_same(networks[name], f"{name}/{unit.replace(':', '/')}/0", x, lucent)
                    ours, theirs = [], []
                    for seed in SEEDS:
                        task = f"{name}/{unit.replace(':', '/')}/{seed}"
                        start, end = (
                            np.asarray(lucent(*each), np.float32).reshape(1, SIDE, SIDE, 3)
                            for each in ((f"start/{seed}", 0), (task, steps))
                        )
                        theirs.append(_score(networks[name], unit, end))
                        last = _climbed(networks[name], unit, steps, seed, start[0])
                        ours.append(_score(networks[name], unit, last))
                    rows.append(_row(name, unit, steps, ours, theirs))
    return rows


def _arrays(net: Network) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in net.weights.items()}


def _assert_same(net: Network, task: str, x: np.ndarray, lucent: Peer) -> None:
    layer = task.split("/")[1]
    ours = np.asarray(cw.methods.activations(net, x, [layer])[layer]).mean((0, 1, 2))
    error = np.abs(ours - lucent(task, 0)).max() / np.abs(ours).max()
    assert error < 1e-3, f"the two sides do not compute the same {layer}: relative error {error}"


def _climbed(net: Network, unit: str, steps: int, seed: int, start: np.ndarray) -> np.ndarray:
    *_, last = cw.methods.ascend(net, unit, preset="lucid", start=start, steps=steps, seed=seed)
    return last.images


def _score(net: Network, unit: str, picture: np.ndarray) -> float:
    layer, channel = unit.split(":")
    found = cw.methods.activations(net, picture, [layer])[layer]
    return float(np.asarray(found)[..., int(channel)].mean())


def _row(name: str, unit: str, steps: int, ours: list[float], theirs: list[float]) -> Measured:
    size = abs(statistics.mean(theirs))  # a convolution's values go both ways
    ratios = [1 + (a - b) / size for a, b in zip(ours, theirs, strict=True)]
    mean, least, sure = compare.no_lower(ratios)
    what = f"Height of {unit}, {name}, {steps} steps of the preset “lucid”, against Lucent"
    details = (
        f"{len(ratios)} seeds, from the same start: {mean - 1:+.2%}, {sure}; "
        f"ours {statistics.mean(ours):.4g}, Lucent's {statistics.mean(theirs):.4g}"
    )
    return Measured(what, "x", mean, least, more_is_better=True, details=details)
