"""The programs of one model: one for each shape of a batch, traced when it is first wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from .adapters import Traceable
from .edits import Edit
from .errors import InputError
from .resolving import Runs, changes_of
from .traced import TracedProgram

MAX_SHAPES = 8  # programs kept; a program of VGG16 holds 60 MB of flipped kernels

Shape = tuple[int, ...]
Make = Callable[..., TracedProgram]


class Programs:
    """Programs by the shape of their batch; of each kind the last `MAX_SHAPES` are kept.

    Args:
        make: `TracedProgram` with all but `shape`, `first` and `whole`.
        home: the shape with which the model was read.
    """

    def __init__(self, make: Make, home: Shape) -> None:
        self._make = make
        self._home = home
        self._whole: dict[Shape, TracedProgram] = {}
        self._beginnings: dict[Shape, TracedProgram] = {}
        self._refused: set[Shape] = set()  # shapes that the model cannot run on
        self._lock = threading.RLock()

    def with_model(self, model: Traceable, make: Make) -> Programs:
        """The same programs for a model that differs in its weights only; traces nothing anew.

        Args:
            model: with the other weights.
            make: as above, of that model.
        """
        other = Programs(make, self._home)
        with self._lock:
            other._whole = {key: each.with_model(model) for key, each in self._whole.items()}
            other._beginnings = {
                key: each.with_model(model) for key, each in self._beginnings.items()
            }
            other._refused = set(self._refused)
        return other

    def at(self, shape: Sequence[int], layers: Iterable[str] | None = None) -> TracedProgram:
        """The program for a shape, as `Network.at` has it."""
        key = tuple(int(size) for size in shape)
        if layers is not None and key not in self._whole and not self.takes(key[1:]):
            found = self._beginning(key, layers)
            if found is not None:
                return found
        with self._lock:
            return _kept(self._whole, key, self._trace)

    def takes(self, shape: Sequence[int], layers: Iterable[str] | None = None) -> bool:
        """Whether there is one for an example of a shape, as `Network.takes` has it."""
        key = (1, *(int(size) for size in shape))
        try:
            if key not in self._whole and key not in self._refused:
                self._trace(key)  # not kept: sizes that are only tried would crowd out others
        except InputError:
            self._refused.add(key)
        if key not in self._refused:
            return True
        return layers is not None and self._beginning(key, layers) is not None

    def beginning(self, shape: Shape) -> TracedProgram:
        """What comes before the refusal of a shape.

        Raises:
            InputError: if nothing does.
        """
        with self._lock:
            return _kept(self._beginnings, shape, self._trace_beginning)

    def _trace(self, shape: Shape) -> TracedProgram:
        return self._make(shape=shape, first=not self._whole)

    def _trace_beginning(self, shape: Shape) -> TracedProgram:
        return self._make(shape=shape, first=False, whole=self.at(self._home))

    def _beginning(self, shape: Shape, layers: Iterable[str]) -> TracedProgram | None:
        with suppress(InputError):
            found = self.beginning(shape)
            return found if all(name in found for name in layers) else None


class EditedPrograms(Programs):
    """Those of a network with edits: the same programs, with values changed on their way.

    Args:
        plain: the network without edits.
        programs: its programs.
        edits: in their order.
    """

    def __init__(self, plain: Runs, programs: Programs, edits: Sequence[Edit]) -> None:
        super().__init__(programs._make, programs._home)
        self._plain = plain
        self._unedited = programs
        self._edits = tuple(edits)

    def _trace(self, shape: Shape) -> TracedProgram:
        return self._edited(self._unedited.at(shape), self._edits)

    def _trace_beginning(self, shape: Shape) -> TracedProgram:
        traced = self._unedited.beginning(shape)
        return self._edited(traced, [edit for edit in self._edits if edit.layer in traced])

    def _edited(self, traced: TracedProgram, edits: Sequence[Edit]) -> TracedProgram:
        return traced.with_changes(lambda: changes_of(edits, traced, self._plain))


def _kept(programs: dict[Shape, TracedProgram], shape: Shape, trace: Make) -> TracedProgram:
    found = programs.pop(shape, None) or trace(shape)
    programs[shape] = found  # the newest is last
    while len(programs) > MAX_SHAPES:
        programs.pop(next(iter(programs)))
    return found
