"""VGG16 at 224 x 224 with one picture, and torch's own with the same weights beside it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from benchmarks.peers.process import Peer, peer
from cnnviz_widgets.network import Network


def network() -> tuple[Network, np.ndarray]:
    """VGG16 with random weights, and a random picture."""
    keras.utils.set_random_seed(0)
    model = keras.applications.VGG16(weights=None, classifier_activation=None)  # pyright: ignore
    return Network(model), np.random.default_rng(0).random((1, 224, 224, 3), np.float32)


@contextmanager
def both() -> Iterator[tuple[Network, np.ndarray, Peer]]:
    """The network, the picture and torch's side, which give the same logits."""
    net, x = network()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "vgg16.npz")
        save(path, net, x)
        with peer("torch_vgg16.py", str(os.cpu_count()), path) as torch:
            _assert_same(net, x, torch)
            yield net, x, torch


def save(path: str, net: Network, x: np.ndarray) -> None:
    """Write the weights, in Keras's order, and the picture."""
    weights = {f"w{number}": np.asarray(w) for number, w in enumerate(net.weights.values())}
    np.savez(path, allow_pickle=False, x=x, **weights)


def _assert_same(net: Network, x: np.ndarray, torch: Peer) -> None:
    ours, theirs = np.asarray(net(x))[0], np.asarray(torch("logits"))
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert error < 1e-3, f"the two sides do not compute the same: relative error {error}"
