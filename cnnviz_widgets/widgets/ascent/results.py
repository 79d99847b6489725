"""What comes with the pictures of an ascent: real examples, advice on a poor result, and files."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from ... import zoo
from ...live import State
from ...methods import AscentDivergedError, Objective
from ...methods.ascent.presets import presets_for
from ...network import InputError
from ..deconvolution import bundled_pictures
from ..image_chooser import pictures_for
from ..shared.aside import Aside
from ..shared.picture import as_png, to_pixels
from ..shared.run_files import film, mosaic, sound
from ..shared.saved import SavedView, no_run
from ..shared.sequence_picture import from_minus_1_to_1, is_wave, sequence_pixels
from .advice import Advice, Tried, on_divergence, on_result, on_silence
from .compared import presets_of
from .examples import Found, search, unit_of
from .record import AscentRecord
from .settings import ClimbingView

PAUSE = 0.25
"""Seconds between two reports of a search."""


class ResultsView(SavedView, ClimbingView):
    """An ascent view's results.

    Attributes:
        examples: real patches that fire the unit most, and least, once the climb is over.
        advice: what is wrong with the result, and what helps; `None` if nothing is known to be.
        sample_rate: at which a sequence of single values is played, samples a second.
    """

    examples = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    advice = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)

    sample_rate: Any = t.Float(float(zoo.SOUND_RATE), min=3000, max=384_000).tag(
        sync=True, kernel_only=True
    )

    _pictures: Iterable[Any] | None
    _record: AscentRecord | None = None
    _goals: Sequence[Objective] = ()
    _found: Found | None = None
    _closed = False

    formats = ("png", "gif", "webp", "wav")

    def __init__(self, *, rate: float) -> None:
        super().__init__(rate=rate)
        self._search = Aside(self._complain)
        self._asides += (self._search,)

    def _prepare_results(self, pictures: Iterable[Any] | None) -> None:
        if isinstance(pictures, Iterator):
            raise InputError(
                "expected images that can be gone through again for another unit, got an "
                "iterator. Pass list(images)."
            )
        self._pictures = pictures
        self._judged: Advice | None = None
        self.observe(self._selected, ["layer", "channel"])

    def close(self) -> None:
        """End the view's jobs and take the view off the page."""
        self._closed = True
        super().close()

    # --- the parts that a run calls

    def _forget_results(self) -> None:
        """A new run begins."""
        self._search.close()
        self._found = self._judged = None
        self.examples = self.advice = None

    def _judge(self, settings: Mapping[str, Any], error: AscentDivergedError | None) -> None:
        """Say what is wrong with the newest run, if something is."""
        record = self._record
        chosen = presets_for(self._network)[settings["preset"]]
        redirect = settings["redirect"]
        tried = Tried(
            settings["preset"],
            settings["learning_rate"] or chosen.learning_rate,
            settings["seed"],
            chosen.redirect if redirect is None else redirect,
            chosen.learning_rate,
            tuple(presets_for(self._network)),
        )
        if error is not None:
            self._tell_advice(on_divergence(tried, error.last is not None))
        elif record is not None and record.pictures.newest is not None:
            own = slice(len(record.tiles) // len(presets_of(settings)))  # not those compared with
            images, scores = record.pictures.newest.images[own], record.scores()[:, own]
            if images.ndim < 4:  # from 0 to 1, as pictures are
                images = (from_minus_1_to_1(self._network, images) + 1) / 2
            self._tell_advice(on_result(record.tiles[own], scores, images, tried))

    def note_state(self, state: State, error: Exception | None, /) -> None:
        """Show the state of the job, and look for examples when it is over."""
        super().note_state(state, error)
        over = state in ("done", "idle", "error")
        if over and self._record is not None and not self._closed:
            self._look_for_examples()

    # --- real examples

    def _selected(self, _change: Any) -> None:
        """Another tile of a grid: its examples, if there is a run and it is over."""
        if self._found is not None and self.state in ("done", "idle", "error"):
            self._look_for_examples()

    def _look_for_examples(self) -> None:
        goal = self._shown_goal()
        unit = None if goal is None else unit_of(self._network, goal)
        if goal is None or unit is None or (self._found is not None and self._found.unit == unit):
            return
        self._found = Found(unit, goal.label)
        self._search.start(lambda: self._searching(unit, goal.label))

    def _shown_goal(self) -> Objective | None:
        """What the selected tile climbs, or else the first."""
        if self._record is None or not self._goals:
            return None
        for tile, goal in zip(self._record.tiles, self._goals, strict=False):
            if (tile.layer, tile.channel) == (self.layer, self.channel):
                return goal
        return self._goals[0]

    def _searching(self, unit: str, label: str) -> Iterator[None]:
        pictures = self._pictures
        if pictures is None:
            pictures = bundled_pictures(self._network) if pictures_for(self._network) else ()
        told = time.monotonic()
        for found in search(self._network, pictures, unit, label):
            self._found = found
            if found.over or time.monotonic() - told > PAUSE:
                self.examples = found.frame() if found.searched else None
                told = time.monotonic()
            if found.silent() and self._judged is not None and self._judged.kind == "dead":
                self._tell_advice(on_silence(found.searched, label, self._judged))
            yield

    def _tell_advice(self, advice: Advice | None) -> None:
        self._judged = advice
        self.advice = None if advice is None else advice.state()

    # --- files

    def _file(self, kind: str) -> bytes:
        images, record = self._shown_images(), self._record
        if images is None or record is None:
            raise no_run()
        if kind == "wav":
            if images.ndim == 4 or not is_wave(images[0]):
                raise InputError("expected a network for sounds to save one, this takes others.")
            chosen = from_minus_1_to_1(self._network, images[self._shown_tile()])
            return sound(chosen, self.sample_rate)
        if kind == "png":
            return as_png(mosaic(images, self._paint))
        frames = [record.pictures.get(step) for step in record.pictures.steps()]
        return film(frames, kind, lambda frame: mosaic(frame.images, self._paint))

    def _paint(self, image: np.ndarray) -> np.ndarray:
        """A picture, or a sequence, as uint8 RGB."""
        return to_pixels(image) if image.ndim == 3 else sequence_pixels(self._network, image)

    def _shown_tile(self) -> int:
        """The number of the selected picture, or else 0."""
        tiles = () if self._record is None else self._record.tiles
        chosen = (self.layer, self.channel)
        found = (k for k, tile in enumerate(tiles) if (tile.layer, tile.channel) == chosen)
        return next(found, 0)

    def _shown_images(self) -> np.ndarray | None:
        raise NotImplementedError

    def _file_name(self) -> str:
        return "ascent" if self._record is None else self._record.label
