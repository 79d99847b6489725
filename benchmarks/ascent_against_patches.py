"""Whether an ascent's picture fires a channel more than any of many real patches does.

python -m benchmarks.ascent_against_patches [photos] [digits] [--patches 1000] [--channels 6] …

Small by default; `--patches 10000 --channels 0` takes all channels of all layers. Both sides are
the mean of the channel over all places, for pictures of the same size, without transforms.
"""

import argparse
import time
from collections.abc import Iterator, Sequence

import numpy as np

import cnnviz_widgets as cw
from cnnviz_widgets.network import Network
from cnnviz_widgets.zoo.digits_data import training_digits
from cnnviz_widgets.zoo.photos_data import training_batches

KINDS = ("conv", "norm", "activation", "pool", "dense")
BATCH = 64


def patches(name: str, count: int) -> Iterator[np.ndarray]:
    """Real pictures of a bundled network, in batches: pieces of photographs, or digits."""
    rng = np.random.default_rng(0)
    if name == "photos":
        for _, (pictures, _) in zip(range(0, count, BATCH), training_batches(rng), strict=False):
            yield pictures
    else:
        digits, _ = training_digits()
        for first in range(0, min(count, len(digits)), BATCH):
            yield digits[first : first + BATCH]


def channel_means(net: Network, pictures: np.ndarray, layers: Sequence[str]) -> list[np.ndarray]:
    """For each layer (N, C): the mean of each channel over all places."""
    found = cw.methods.activations(net, pictures, list(layers))
    values = [np.asarray(found[name]) for name in layers]
    return [value.reshape(len(value), -1, value.shape[-1]).mean(1) for value in values]


def strongest(net: Network, name: str, layers: Sequence[str], count: int) -> list[np.ndarray]:
    """For each layer (C,): the largest mean of each channel among real patches."""
    best: list[np.ndarray] = []
    for batch in patches(name, count):
        if len(batch) < BATCH:  # another shape would be traced for the last few alone
            batch = np.concatenate([batch, batch[: BATCH - len(batch)]])[:BATCH]
        found = [value.max(0) for value in channel_means(net, batch[:BATCH], layers)]
        best = found if not best else [np.maximum(*pair) for pair in zip(best, found, strict=True)]
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=["photos", "digits"])
    parser.add_argument("--patches", type=int, default=1000)
    parser.add_argument("--channels", type=int, default=6, help="of each layer; 0 for all")
    parser.add_argument("--layers", nargs="*", help="all with channels, if left out")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--rate", type=float)
    given = parser.parse_args()
    for name in given.networks:
        measure(name, given)


def measure(name: str, given: argparse.Namespace) -> None:
    """Print one line for each layer of a network, and one for all."""
    net = cw.load(name)
    size = 64 if name == "photos" else 28
    known = [layer.name for layer in net.layers if layer.kind in KINDS and layer.name != "softmax"]
    layers = [layer for layer in given.layers or known if layer in net]
    real = strongest(net, name, layers, given.patches)
    above = total = 0
    for layer, best in zip(layers, real, strict=True):
        began = time.perf_counter()
        count = len(best)
        chosen = np.arange(count)
        if given.channels and given.channels < count:
            chosen = np.linspace(0, count - 1, given.channels).round().astype(int)
        goals = [f"{layer}:{channel}" for channel in chosen]
        *_, last = cw.methods.ascend(
            net, goals, size=size, steps=given.steps, preset=given.preset, learning_rate=given.rate
        )
        (means,) = channel_means(net, last.images, [layer])
        reached = means[np.arange(len(chosen)), chosen]
        wanted = best[chosen]
        silent = net[layer].kind in ("activation", "pool")  # elsewhere, 0 means nothing
        dead = (reached <= 0) & (wanted <= 0) & silent
        good = (reached > wanted) & ~dead
        above, total = above + good.sum(), total + (~dead).sum()
        words = ", ".join(
            f"{channel}: {got:.3g} of {want:.3g}"
            for channel, got, want, fine, gone in zip(
                chosen, reached, wanted, good, dead, strict=True
            )
            if not fine and not gone
        )
        print(
            f"{name} {layer}: {good.sum()} of {(~dead).sum()} above the strongest patch, median "
            f"{np.median(reached[~dead] / np.maximum(wanted[~dead], 1e-9)):.2f}x; "
            f"dead: {chosen[dead].tolist()}; "
            f"below: {words or 'none'} ({time.perf_counter() - began:.0f} s)",
            flush=True,
        )
    print(f"{name}: {above} of {total} ({above / max(total, 1):.1%})", flush=True)


if __name__ == "__main__":
    main()
