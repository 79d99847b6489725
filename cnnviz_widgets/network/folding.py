"""Which layers fold into one block, so that a deep network can be read at a glance.

Where a model has modules, they are the blocks. Many models are one flat list of a hundred layers
instead (all of `keras.applications`). There, a block is read off the graph: between two places
where a single value is all that passes, whatever branches is one block. Names that speak of blocks
(`conv2_block1_1_bn`) put layers together that the graph leaves apart. Then blocks in a row that
give maps of one size are a stage; so are, in a chain without branches, the layers that do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .reading.layers import Layer

MOST = 24
"""Layers side by side that are left as they are."""

LONG = 8
"""Layers in a row beside blocks that are folded as well."""

_BLOCK_IN_NAME = re.compile(r"^(.*?block_?\d+[a-z]?)(?=_)", re.IGNORECASE)
_BLOCK = " block"
_WORD = re.compile(r"[_\-./ ]")


@dataclass(frozen=True)
class Fold:
    """A block: layers by their names, and blocks.

    Attributes:
        name: unique among layers and blocks.
        items: in the order of execution.
        output: name of its last layer.
        module: whether it is a module of the model.
    """

    name: str
    items: tuple[Fold | str, ...]
    output: str
    module: bool


Items = tuple[Fold | str, ...]


def find_folds(
    layers: Sequence[Layer],
    blocks: Sequence[Layer],
    edges: Iterable[tuple[str, str]],
    entry: str,
) -> Items:
    """Nest layers into blocks.

    Args:
        layers: in order of execution.
        blocks: the modules around layers, outer ones first.
        edges: pairs of names: what gives a value, and what takes it.
        entry: the name that stands for the network's input.

    Returns:
        What stands side by side at the outermost level.
    """
    return _Folder(layers, list(edges), entry).fold(_modules(layers, blocks))


def _modules(layers: Sequence[Layer], blocks: Sequence[Layer]) -> Items:
    """The layers nested as the modules are; a module around a single thing is not shown."""
    listed = [layer.name for layer in layers]

    def nest(names: Sequence[str], inside: Sequence[Layer]) -> Items:
        items: list[Fold | str] = []
        rest = iter(enumerate(names))
        for at, name in rest:
            block = next((b for b in inside if any(p.name == name for p in b.parts)), None)
            if block is None:
                items.append(name)
                continue
            own = {part.name for part in block.parts}
            held = [name for name in names[at:] if name in own]
            within = nest(held, [b for b in inside if b is not block and _holds(own, b)])
            items.extend([Fold(block.name, within, held[-1], True)] if len(within) > 1 else within)
            for _ in held[1:]:
                next(rest)
        return tuple(items)

    return nest(listed, blocks)


def _holds(names: set[str], block: Layer) -> bool:
    return all(part.name in names for part in block.parts)


class _Folder:
    """Finds blocks by shape and names where there are too many layers side by side."""

    def __init__(
        self, layers: Sequence[Layer], edges: Sequence[tuple[str, str]], entry: str
    ) -> None:
        self.layers: Mapping[str, Layer] = {layer.name: layer for layer in layers}
        self.edges = edges
        self.entry = entry
        self.given: set[str] = set()

    def fold(self, items: Items) -> Items:
        self._note(items)
        return self._fold(items)

    def _note(self, items: Items) -> None:
        for item in items:
            if isinstance(item, Fold):
                self.given.add(item.name)
                self._note(item.items)

    def _fold(self, items: Items) -> Items:
        inner = tuple(
            replace(item, items=self._fold(item.items)) if isinstance(item, Fold) else item
            for item in items
        )
        if len(inner) <= MOST:
            return inner
        return self._staged(self._blocks(inner))

    def _blocks(self, items: Items) -> Items:
        parts = [list(part) for part in self._between_cuts(items)]
        joined: list[list[Fold | str]] = []
        for part in parts:
            if joined and self._belong(joined[-1], part):
                joined[-1].extend(part)
            else:
                joined.append(part)
        found: list[Fold | str] = []
        for part in joined:
            found.extend([self._made(part)] if 1 < len(part) < len(items) else part)
        return tuple(found)

    def _between_cuts(self, items: Items) -> list[Items]:
        """Cut where only the value of the item before the cut is taken by what comes after."""
        place = {name: at for at, item in enumerate(items) for name in _names(item)}
        # the last item that takes a value of each; the network's input is given before all
        reach = dict.fromkeys(range(-1, len(items)), -1)
        for source, target in self.edges:
            if target in place:
                at = place.get(source, -1)
                reach[at] = max(reach[at], place[target])
        parts: list[Items] = []
        start, farthest = 0, reach[-1]
        for at in range(len(items)):
            if farthest <= at:  # all that was given before `at` has been taken by now
                parts.append(items[start : at + 1])
                start = at + 1
            farthest = max(farthest, reach[at])
        return [*parts, items[start:]] if start < len(items) else parts

    def _belong(self, block: Sequence[Fold | str], part: Sequence[Fold | str]) -> bool:
        """Whether two neighbours are one block: by their names, or as an activation after it."""
        before, after = _block_named(block), _block_named(part)
        if before or after:
            return before == after
        (first, *more) = part
        activation = isinstance(first, str) and self.layers[first].kind == "activation"
        return len(block) > 1 and not more and activation

    def _staged(self, items: Items) -> Items:
        """What gives maps of one size in a row, and long rows of layers beside blocks, as one."""
        branched = any(isinstance(item, Fold) for item in items)
        staged: list[Fold | str] = []
        for size, run in itertools.groupby(items, key=lambda item: self._size(item, branched)):
            row = list(run)
            fold = len(row) >= (2 if size else LONG) and len(row) < len(items)
            staged.extend([self._made(row)] if fold else row)
        return tuple(staged)

    def _size(self, item: Fold | str, branched: bool) -> tuple[int, ...]:
        """Of a block's maps; of a layer's where there are no blocks."""
        if branched and isinstance(item, str):
            return ()
        layer = self.layers[item.output if isinstance(item, Fold) else item]
        return tuple(layer.shape[axis] for axis in layer.spatial)

    def _made(self, items: Sequence[Fold | str]) -> Fold:
        last = items[-1].output if isinstance(items[-1], Fold) else items[-1]
        name = self._named(items, last)
        if name in self.layers:
            name += _BLOCK
        if name in self.given:
            name = next(n for k in itertools.count(2) if (n := f"{name} ({k})") not in self.given)
        self.given.add(name)
        return Fold(name, tuple(items), last, False)

    def _named(self, items: Sequence[Fold | str], last: str) -> str:
        """What the names inside have in common, or the branches' join, or from where to where."""
        inside = {name for item in items for name in _names(item)}
        common = _common_words(list(inside))
        if common and not any(_starts(name, common) for name in self.layers.keys() - inside):
            return common
        plain = not any(isinstance(item, Fold) for item in items)
        if plain and self.layers[last].kind in ("concat", "add", "combine"):
            return last
        return f"{_label(items[0])} … {_label(items[-1])}"


def _label(item: Fold | str) -> str:
    return item.name.removesuffix(_BLOCK) if isinstance(item, Fold) else item


def _names(item: Fold | str) -> list[str]:
    if isinstance(item, str):
        return [item]
    return [name for inner in item.items for name in _names(inner)]


def _block_named(items: Sequence[Fold | str]) -> str | None:
    """The block that names of layers speak of (`conv2_block1` in `conv2_block1_1_bn`)."""
    for item in items:
        for name in _names(item):
            found = _BLOCK_IN_NAME.match(name)
            if found:
                return found[1]
    return None


def _common_words(names: Sequence[str]) -> str:
    """What all names begin with, up to the end of a word."""
    common = names[0]
    while common and not all(_starts(name, common) for name in names):
        ends = [found.start() for found in _WORD.finditer(common)]
        common = common[: ends[-1]] if ends else ""
    return common


def _starts(name: str, words: str) -> bool:
    return name == words or (name.startswith(words) and bool(_WORD.match(name[len(words)])))
