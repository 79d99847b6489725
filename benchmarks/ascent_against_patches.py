"""Whether an ascent's picture fires a channel as much as the strongest of many real patches.

python -m benchmarks.ascent_against_patches [photos] [digits] [--patches 1000] [--channels 6] …

Small by default, to try settings; the suite `patches` takes all channels of all layers. Both sides
are the mean of the channel over all places, for pictures of the same size with 8 bits a colour (as
they are saved), without transforms. A channel that wants plain white has its best possible picture
among the patches and nothing can be higher, so as high to a thousandth counts.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import cnnviz_widgets as cw
from cnnviz_widgets.network import Network
from cnnviz_widgets.zoo import digits_data, photos_data

KINDS = ("conv", "norm", "activation", "pool", "dense")
BATCH = 64
THOUSANDTH = 1e-3
DATA = {"digits": digits_data, "photos": photos_data}


def patches(name: str, count: int) -> Iterator[np.ndarray]:
    """Real pictures that a bundled network learned from, in batches."""
    batches = DATA[name].training_batches(np.random.default_rng(0))
    for _, (pictures, _) in zip(range(0, count, BATCH), batches, strict=False):
        yield _as_saved(pictures)


def _as_saved(pictures: np.ndarray) -> np.ndarray:
    return np.round(pictures * 255) / np.float32(255)


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


@dataclass(frozen=True)
class Layer:
    """How the channels of one layer did.

    Attributes:
        name: of the layer.
        above: how many reached what the strongest real patch does.
        total: how many there are, without dead ones.
        dead: channels that neither the ascent nor any patch fires.
        below: channels that fell short, with what they reached and what a patch reached.
        middle: the median of what was reached, in units of the strongest patch.
    """

    name: str
    above: int
    total: int
    dead: list[int]
    below: dict[int, tuple[float, float]]
    middle: float

    def __str__(self) -> str:
        short = ", ".join(f"{k}: {got:.4g} of {want:.4g}" for k, (got, want) in self.below.items())
        return (
            f"{self.name}: {self.above} of {self.total}, median {self.middle:.2f}x"
            f"{f'; short: {short}' if short else ''}{f'; dead: {self.dead}' if self.dead else ''}"
        )


def compared(
    name: str,
    *,
    patches: int = 10_000,
    channels: int = 0,
    layers: Sequence[str] | None = None,
    **settings: Any,
) -> Iterator[Layer]:
    """Climb the channels of a bundled network's layers, and compare with its real patches.

    Args:
        name: of the network.
        patches: how many real patches.
        channels: how many of each layer; all if 0.
        layers: all with channels, if left out.
        settings: of the ascent.
    """
    net = cw.load(name)
    size = 64 if name == "photos" else 28
    known = [layer.name for layer in net.layers if layer.kind in KINDS and layer.name != "softmax"]
    chosen = [layer for layer in layers or known if layer in net]
    real = strongest(net, name, chosen, patches)
    for layer, best in zip(chosen, real, strict=True):
        units = np.arange(len(best))
        if channels and channels < len(best):
            units = np.linspace(0, len(best) - 1, channels).round().astype(int)
        goals = [f"{layer}:{unit}" for unit in units]
        *_, last = cw.methods.ascend(net, goals, size=size, **settings)
        (means,) = channel_means(net, _as_saved(last.images), [layer])
        silent = net[layer].kind in ("activation", "pool")  # elsewhere, 0 means nothing
        yield _judged(layer, units, means[np.arange(len(units)), units], best[units], silent)


def _judged(
    layer: str, units: np.ndarray, reached: np.ndarray, wanted: np.ndarray, silent: bool
) -> Layer:
    dead = (reached <= 0) & (wanted <= 0) & silent
    good = (reached >= wanted - THOUSANDTH * abs(wanted)) & ~dead
    return Layer(
        layer,
        int(good.sum()),
        int((~dead).sum()),
        units[dead].tolist(),
        {int(units[k]): (reached[k], wanted[k]) for k in np.flatnonzero(~good & ~dead)},
        float(np.median(reached[~dead] / np.maximum(wanted[~dead], 1e-9))),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=["photos", "digits"])
    parser.add_argument("--patches", type=int, default=1000)
    parser.add_argument("--channels", type=int, default=6, help="of each layer; 0 for all")
    parser.add_argument("--layers", nargs="*", help="all with channels, if left out")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--preset", default="default")
    parser.add_argument("--learning-rate", type=float)
    given = vars(parser.parse_args())
    for name in given.pop("networks"):
        for layer in compared(name, **given):
            print(f"{name} {layer}", flush=True)


if __name__ == "__main__":
    main()
