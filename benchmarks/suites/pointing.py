"""The grid pointing game: does a method look into the cell of the class that it is asked for?

A collage of photographs on the "photos" network, once for each class that it shows. Counted is the
share of the positive values that lies in the cell of the class, in percent; a map that knows
nothing of the class gets the cell's share of the picture.
"""

from typing import Any

import numpy as np

import cnnviz_widgets as cw
from benchmarks.measured import Measured
from cnnviz_widgets.methods.attribution.guide import GUIDE

COLLAGES = ("collage",)  # two by two photographs; the others take as long again and more
RANDOM = "random_map"


def measure() -> list[Measured]:
    """All rows of this suite: the best method first, the random map among them."""
    net = cw.load("photos")
    shares: dict[str, list[float]] = {name: [] for name in [*GUIDE, RANDOM]}
    for collage in COLLAGES:
        cells = cw.zoo.cells(collage)
        labels = [cell.label for cell in cells]
        images = np.stack([cw.image(collage)] * len(labels))
        for name, found in shares.items():
            print(f"{collage}: {name} …", flush=True)
            values = _values(name, net, images, labels)
            game = cw.evaluate.grid_pointing_game(net, images, values, target=labels, cells=cells)
            found.extend(game.tolist())
    floor = float(np.mean(shares[RANDOM]))
    ordered = sorted(shares, key=lambda name: -float(np.mean(shares[name])))
    return [_row(name, shares[name], floor) for name in ordered]


def _values(name: str, net: cw.Network, images: np.ndarray, labels: list[str]) -> np.ndarray:
    if name == RANDOM:
        draws = [cw.evaluate.random_map(net, x, seed=k).values for k, x in enumerate(images)]
        return np.concatenate(draws)
    options: dict[str, Any] = GUIDE[name].live
    return getattr(cw.methods, name)(net, images, target=labels, **options).values


def _row(name: str, shares: list[float], floor: float) -> Measured:
    title = "A random map" if name == RANDOM else GUIDE[name].title
    mean, low, high = (100 * float(f(shares)) for f in (np.mean, np.min, np.max))
    details = f"{len(shares)} classes, {low:.0f} to {high:.0f} %; a random map {100 * floor:.1f} %"
    what = f"Grid pointing game, “photos”: {title}"
    return Measured(what, "%", mean, None, more_is_better=True, details=details)
