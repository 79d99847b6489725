"""A graph of layers as a still picture: boxes from top to bottom, lines between them.

It stands where no widgets run, so it is plain: each box lies below all that it takes, and a line
past boxes goes around them on the right.
"""

from __future__ import annotations

import itertools
from collections.abc import Set

from PIL import Image, ImageDraw

from ...network import LayerGraph
from ..shared.picture import INK, PAPER

WIDTH, HEIGHT = 190, 34
ACROSS, DOWN = 18, 22
EDGE = 12
LINE, FILL, QUIET = (150, 156, 166), (243, 244, 246), (89, 97, 109)
STEP = 7  # between lines side by side
LONGEST = 30  # letters of a name


def graph_picture(graph: LayerGraph, unfolded: Set[str]) -> Image.Image:
    """Draw a graph.

    Args:
        graph: the layers.
        unfolded: names of the groups whose layers are drawn one by one.
    """
    shown = _Shown(graph, unfolded)
    places = shown.places()
    far = [(a, b) for a, b in shown.edges if shown.rank[b] - shown.rank[a] > 1]
    right = max(x for x, _ in places.values()) + WIDTH
    width = right + EDGE + STEP * (len(far) + 1 if far else 0)
    height = max(y for _, y in places.values()) + HEIGHT + EDGE
    image = Image.new("RGB", (width, height), PAPER)
    canvas = ImageDraw.Draw(image)
    for source, target in shown.edges:
        (x1, y1), (x2, y2) = places[source], places[target]
        start, end = (x1 + WIDTH // 2, y1 + HEIGHT), (x2 + WIDTH // 2, y2)
        if (source, target) in far:
            lane = right + STEP * (far.index((source, target)) + 1)
            y1, y2 = y1 + HEIGHT // 2, y2 + HEIGHT // 2
            points = [(x1 + WIDTH, y1), (lane, y1), (lane, y2), (x2 + WIDTH, y2)]
            canvas.line(points, LINE, 1)
        else:
            canvas.line([start, end], LINE, 1)
    for name, (x, y) in places.items():
        canvas.rectangle([x, y, x + WIDTH, y + HEIGHT], FILL, LINE)
        canvas.text((x + 8, y + 4), _plain(name), INK)
        canvas.text((x + 8, y + 18), _plain(shown.words[name]), QUIET)
    return image


class _Shown:
    """What is seen of a graph when some of its groups are folded."""

    def __init__(self, graph: LayerGraph, unfolded: Set[str]) -> None:
        parents = {group.name: group.parent for group in graph.groups}

        def seen(layer: str) -> str:
            found, group = layer, graph.around.get(layer)
            while group is not None:
                found = found if group in unfolded else group
                group = parents[group]
            return found

        layers = {layer.name: layer for layer in graph.layers}
        inside = {name: seen(name) for name in [graph.input, *layers]}
        pairs = [(inside[edge.source], inside[edge.target]) for edge in graph.edges]
        self.edges = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
        self.words = {graph.input: _size(graph.input_shape)}
        for name, box in list(inside.items())[1:]:
            folded = box != name
            kind = "block" if folded else layers[name].kind
            self.words[box] = f"{kind}, {_size(layers[name].shape)}"
        self.rank = dict.fromkeys(self.words, 0)
        for name in self.rank:  # in order of execution, so what is taken has its rank already
            ranks = [self.rank[source] + 1 for source, target in self.edges if target == name]
            self.rank[name] = max(ranks, default=0)

    def places(self) -> dict[str, tuple[int, int]]:
        """The upper left corner of each box; rows are centred."""
        by_rank = sorted(self.rank, key=lambda name: self.rank[name])
        rows = [list(row) for _, row in itertools.groupby(by_rank, key=self.rank.__getitem__)]
        widest = max(map(len, rows))
        return {
            name: (
                EDGE + (widest - len(row)) * (WIDTH + ACROSS) // 2 + k * (WIDTH + ACROSS),
                EDGE + at * (HEIGHT + DOWN),
            )
            for at, row in enumerate(rows)
            for k, name in enumerate(row)
        }


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "1"


def _plain(text: str) -> str:
    """Letters that the built-in font has, and not too many of them."""
    plain = text.replace("…", "...").encode("latin-1", "replace").decode("latin-1")
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 12]}...{plain[-9:]}"
