"""VGG16 at 224 x 224, one picture: attribution against Captum, and the memory that it takes."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import cnnviz_widgets as cw
from benchmarks import compare, vgg16
from benchmarks.measured import Measured
from benchmarks.peers.process import Peer
from cnnviz_widgets.network import Network

CLASS = 3  # and what follows: as in peers/torch_vgg16.py
STEPS = 50
WINDOW, STRIDE = 56, 42
AGREE = 5e-3
"""How far apart the two sides may be, as the length of the difference by that of the values. Where
rounding turns one ReLU deep in the network, the gradient of all that it sees changes: that of plain
`jax.grad` is 1.6e-3 away from that of double precision here, ours 0.7e-3."""


@dataclass(frozen=True)
class _Case:
    title: str
    target: float
    rounds: int
    repeats: int
    options: dict[str, Any]


CASES = {
    "saliency": _Case("Saliency", 1.0, 15, 3, {}),
    "grad_cam": _Case("Grad-CAM at block5_conv3", 1.3, 15, 3, {"layer": "block5_conv3"}),
    "guided_backpropagation": _Case("Guided backpropagation", 1.2, 15, 3, {}),
    "integrated_gradients": _Case(
        f"Integrated gradients, {STEPS} steps", 1.2, 3, 1, {"steps": STEPS}
    ),
    "occlusion": _Case("Occlusion, 25 windows", 1.0, 7, 1, {"window": WINDOW, "stride": STRIDE}),
}
MEMORY = {
    "integrated_gradients": ("Integrated gradients", "steps"),
    "smooth_grad": ("SmoothGrad", "samples"),
    "rise": ("RISE", "samples"),
}
FEW, MANY = 5, 25
PEAK = """
import re, sys
from pathlib import Path
import jax
from benchmarks import vgg16
import cnnviz_widgets as cw
net, x = vgg16.network()
jax.block_until_ready(list(net.weights.values()))  # drawing them takes more than all the rest
Path("/proc/self/clear_refs").write_text("5")
method, name, count = sys.argv[1:]
getattr(cw.methods, method)(net, x, target=3, **{name: int(count)})
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def measure() -> list[Measured]:
    """All rows of this suite."""
    memory = [_memory(method) for method in MEMORY]  # first, while there is most of it
    with vgg16.both() as (net, x, torch):
        return [*(_speed(name, net, x, torch) for name in CASES), *memory]


def _speed(name: str, net: Network, x: np.ndarray, torch: Peer) -> Measured:
    case = CASES[name]
    method: Callable[..., cw.methods.Attribution] = getattr(cw.methods, name)

    def values() -> np.ndarray:
        return method(net, x, target=CLASS, **case.options).values

    def ours() -> list[float]:
        seconds = []
        for _ in range(case.repeats):
            start = time.perf_counter()
            values()
            seconds.append(time.perf_counter() - start)
        return seconds

    error = _difference(name, values(), np.asarray(torch(f"values/{name}")))
    sides = {"ours": ours, "Captum": lambda: torch(f"captum/{name}", case.repeats)}
    samples = compare.in_turns(sides, torch.id, rounds=case.rounds)
    value, details = compare.ratio(samples, "Captum", "ours")
    details += f"; values are {error:.0e} apart"
    what = f"{case.title}, VGG16, against Captum"
    return Measured(what, "x", value, case.target, more_is_better=True, details=details)


def _difference(name: str, ours: np.ndarray, theirs: np.ndarray) -> float:
    error = float(np.linalg.norm(ours.ravel() - theirs) / np.linalg.norm(theirs))
    assert error < AGREE, f"{name} is not Captum's: relative error {error}"
    return error


def _memory(method: str) -> Measured:
    """The most memory that a process of its own holds; Keras and the weights are in it."""
    title, name = MEMORY[method]
    few, many = (_peak(method, name, count) for count in (FEW, MANY))
    details = f"peak of a process, {MANY} {name}; {few:.2f} GB with {FEW}"
    return Measured(f"Memory of {title}, VGG16", "GB", many, 2.0, details=details)


def _peak(method: str, name: str, count: int) -> float:
    command = [sys.executable, "-c", PEAK, method, name, str(count)]
    found = subprocess.run(command, capture_output=True, check=True, text=True)
    return int(found.stdout.splitlines()[-1]) * 1024 / 1e9
