"""Where in the picture a transformer's tokens lie, read from the traced program.

Before the attention there is a last value that still has rows and columns: what the patch
embedding gives, or the picture itself where a reshape cuts it into patches. If as many places as
there are tokens are in it, row by row, these are the patches; a few more tokens than places are
class tokens or the like, and a concatenation tells whether they stand in front or behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ..reading.axes import find_axes
from ..reading.axis import Axis
from ..traced import TracedProgram
from ..tracing.program import Program
from .attention import AttentionLayer

_MOST_EXTRA = 8  # a class token, a distillation token, registers


@dataclass(frozen=True)
class TokenGrid:
    """Patches as tokens, row by row.

    Attributes:
        rows: of patches.
        columns: of patches.
        patch: from one patch to the next, in pixels down and across.
        first: number of the first patch among the tokens.
        extra: how many tokens are no patches.
        sees: how many pixels of the picture a patch's token comes from, down and across.
    """

    rows: int
    columns: int
    patch: tuple[float, float]
    first: int
    extra: int
    sees: tuple[float, float]

    @property
    def patches(self) -> int:
        """How many there are."""
        return self.rows * self.columns

    @property
    def others(self) -> tuple[int, ...]:
        """Numbers of the tokens that are no patches."""
        last = self.first + self.patches
        return (*range(self.first), *range(last, self.patches + self.extra))

    @property
    def words(self) -> str:
        """What was inferred, as a sentence."""
        down, across = (f"{size:g}" for size in self.patch)
        said = f"{self.rows} x {self.columns} patches, one for each {down} x {across} pixels"
        if self.sees != self.patch:
            said += " (a token sees {:g} x {:g})".format(*self.sees)
        if not self.extra:
            return f"{said}; no class token."
        where = "first" if self.first else "last"
        if self.extra == 1:
            return f"{said}; the {where} token is no patch: the class token."
        return f"{said}; {self.extra} {where} tokens are no patches."

    def label(self, token: int) -> str:
        """What a token is: "class token", "token 2", or "row 3, column 5" of the patches."""
        if token in self.others:
            return "class token" if self.extra == 1 else f"token {token}"
        row, column = divmod(token - self.first, self.columns)
        return f"row {row}, column {column}"


def find_grid(traced: TracedProgram, layer: AttentionLayer) -> TokenGrid | None:
    """The patches that a layer's keys are; `None` where its tokens are no patches of a picture."""
    program = traced.program
    for rows, columns in maps_before(program, layer):
        extra = layer.keys - rows[0] * columns[0]
        if rows[0] * columns[0] > 1 and 0 <= extra <= _MOST_EXTRA:
            return TokenGrid(
                rows[0],
                columns[0],
                (rows[1].stride, columns[1].stride),
                _first(program, layer, rows[0] * columns[0], extra),
                extra,
                (rows[1].size, columns[1].size),
            )
    return None


_Side = tuple[int, Axis]


def maps_before(program: Program, layer: AttentionLayer) -> Iterator[tuple[_Side, _Side]]:
    """Rows and columns of the values before the attention that have them, the last one first."""
    axes = find_axes(program)
    operations = program.needed([layer.seen_from(program)], ())
    values = [program.x, *(value for op in operations for value in op.outputs)]
    for value in reversed(values):
        shape = program.avals[value].shape
        places = [
            (axis.source, k, axis)
            for k, axis in enumerate(axes.get(value, ()))
            if axis is not None and axis.role == "spatial"
        ]
        if len(places) != 2:
            continue
        (_, row, down), (_, column, across) = sorted(places, key=lambda place: place[0])
        for op in operations:
            if op.name == "reshape" and op.inputs[0] == value and row + 1 == column:
                cut = _cut(shape, tuple(op.params["new_sizes"]), row)
                if cut:
                    (tall, high), (wide, broad) = cut
                    yield (tall, _coarser(down, high)), (wide, _coarser(across, broad))
        yield (int(shape[row]), down), (int(shape[column]), across)


def _cut(
    old: tuple[int, ...], new: tuple[int, ...], row: int
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """How (…, H, W, …) is cut into (…, rows, height, columns, width, …): two pairs."""
    if new[:row] != old[:row] or len(new) < row + 4:
        return None
    tall, high, wide, broad = new[row : row + 4]
    fits = tall * high == old[row] and wide * broad == old[row + 1]
    return ((tall, high), (wide, broad)) if fits else None


def _coarser(axis: Axis, factor: int) -> Axis:
    size = axis.size + (factor - 1) * axis.stride
    return Axis(axis.role, axis.source, axis.start, axis.stride * factor, size)


def _first(program: Program, layer: AttentionLayer, patches: int, extra: int) -> int:
    """Number of the first patch: what a concatenation puts before as many tokens as patches."""
    if not extra:
        return 0
    for operation in reversed(program.needed([layer.seen_from(program)], ())):
        if operation.name != "concatenate":
            continue
        along = operation.params["dimension"]
        sizes = [program.avals[value].shape[along] for value in operation.inputs]
        if math.fsum(sizes) == layer.keys and patches in sizes:
            return sum(sizes[: sizes.index(patches)])
    return extra
