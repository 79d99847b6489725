"""How high Lucent's pictures climb and ours: the same weights, settings, steps and seeds.

Both start at 224 x 224 from their own noise, with the transforms that Lucid has by default (the
preset "lucid"). Both last pictures are shown to the same network, as they are: counted is the mean
of the channel over all places.
"""

import os
import statistics
import tempfile
from pathlib import Path

import numpy as np

import cnnviz_widgets as cw
from benchmarks import vgg16
from benchmarks.measured import Measured
from benchmarks.peers.process import Peer, peer
from cnnviz_widgets.network import Network

SEEDS = (0, 1, 2)
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
                        picture = np.reshape(lucent(task, steps), (1, SIDE, SIDE, 3))
                        theirs.append(_score(networks[name], unit, picture))
                        ours.append(_score(networks[name], unit, _climbed(
                            networks[name], unit, steps, seed)))  # fmt: skip
                    rows.append(_row(name, unit, steps, ours, theirs))
    return rows


def _arrays(net: Network) -> dict[str, np.ndarray]:
    return {name: np.asarray(value) for name, value in net.weights.items()}


def _assert_same(net: Network, task: str, x: np.ndarray, lucent: Peer) -> None:
    layer = task.split("/")[1]
    ours = np.asarray(cw.methods.activations(net, x, [layer])[layer]).mean((0, 1, 2))
    error = np.abs(ours - lucent(task, 0)).max() / np.abs(ours).max()
    assert error < 1e-3, f"the two sides do not compute the same {layer}: relative error {error}"


def _climbed(net: Network, unit: str, steps: int, seed: int) -> np.ndarray:
    *_, last = cw.methods.ascend(net, unit, preset="lucid", size=SIDE, steps=steps, seed=seed)
    return last.images


def _score(net: Network, unit: str, picture: np.ndarray) -> float:
    layer, channel = unit.split(":")
    found = cw.methods.activations(net, picture.astype(np.float32), [layer])[layer]
    return float(np.asarray(found)[..., int(channel)].mean())


def _row(name: str, unit: str, steps: int, ours: list[float], theirs: list[float]) -> Measured:
    mean = statistics.mean(theirs)  # may be negative: a convolution's values go both ways
    value = 1 + (statistics.mean(ours) - mean) / abs(mean)
    said = ", ".join(f"{a:.3g} to {b:.3g}" for a, b in zip(ours, theirs, strict=True))
    what = f"Height of {unit}, {name}, {steps} steps of the preset “lucid”, against Lucent"
    details = f"mean of {len(SEEDS)} seeds; ours to Lucent's: {said}"
    return Measured(what, "x", value, 1.0, more_is_better=True, details=details)
