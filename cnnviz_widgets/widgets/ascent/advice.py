"""What may be wrong with a poor result, in plain words, and what helps."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .aim import Tile

STILL = 1e-6
"""Scores that move by less than this share of their size do not move."""

TRIED = 12
"""Steps without a rise before it is worth a word."""

EXTREME = 0.49
"""Values farther than this from mid grey are as good as black or white."""

TOO_MANY = 0.5
"""Share of such values above which a picture is saturated."""

LONGER = 256
"""Steps of redirected ReLU that are offered."""


@dataclass(frozen=True)
class Remedy:
    """What helps, and the settings that do it."""

    label: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Advice:
    """Words for the person, and what can be tried.

    Attributes:
        kind: dead, flat, saturated or diverged.
        words: what is the matter.
        remedies: the likeliest first.
    """

    kind: str
    words: str
    remedies: tuple[Remedy, ...]

    def state(self) -> dict[str, Any]:
        """As the page takes it."""
        remedies = [{"label": each.label, "settings": {**each.settings}} for each in self.remedies]
        return {"kind": self.kind, "words": self.words, "remedies": remedies}


@dataclass(frozen=True)
class Tried:
    """How the run was made: what a remedy changes.

    Attributes:
        preset: its name.
        rate: the learning rate that counted.
        seed: of the random numbers.
        redirect: steps for which a dead start was helped.
        usual: the preset's learning rate.
        presets: all that there are for the network.
    """

    preset: str
    rate: float
    seed: int
    redirect: int
    usual: float
    presets: Collection[str] = ("lucid",)

    def slower(self, times: float) -> Remedy:
        """A lower learning rate: the preset's, if it is."""
        if self.rate > self.usual:
            return Remedy(f"Learning rate {self.usual:g}", {"learning_rate": None})
        rate = float(f"{self.rate / times:.2g}")
        return Remedy(f"Learning rate {rate:g}", {"learning_rate": rate})

    def other_preset(self) -> Remedy:
        """The preset that is best known to work, or else the gentlest."""
        known = "lucid" if "lucid" in self.presets else "pixel"
        name = known if self.preset == "default" else "default"
        return Remedy(f"Preset {name}", {"preset": name, "learning_rate": None})

    def longer(self) -> tuple[Remedy, ...]:
        """Redirected ReLU for more steps, if it was for less."""
        if self.redirect >= LONGER:
            return ()
        return (Remedy(f"Redirected ReLU for {LONGER} steps", {"redirect": LONGER}),)

    def other_seed(self) -> Remedy:
        """Another start."""
        return Remedy("Another seed", {"seed": self.seed + 1})


def on_divergence(tried: Tried, kept: bool) -> Advice:
    """After an `AscentDivergedError`."""
    words = (
        "The ascent ran away, as it does when steps are too large. The picture is the last good "
        "one." if kept else "The ascent had no good picture to begin with."
    )  # fmt: skip
    return Advice("diverged", words, (tried.slower(10), tried.other_preset()))


def on_result(
    tiles: Sequence[Tile], scores: np.ndarray, images: np.ndarray, tried: Tried
) -> Advice | None:
    """Of a run's pictures: what is wrong with them, if something is.

    Args:
        tiles: what each picture climbs.
        scores: (steps, N).
        images: (N, H, W, C) in [0, 1], the newest.
        tried: how the run was made.
    """
    if len(scores) < TRIED:
        return None
    dead, flat = _unmoved(scores), _unrisen(scores)
    grey = np.abs(images - 0.5).reshape(len(images), -1)
    extreme = (grey > EXTREME).mean(1)
    if dead.any():
        start = scores[0][dead][0]
        words = (
            f"{_names(tiles, dead)}: the score stays at {start:.3g}, so no gradient reaches the "
            "picture. The unit may be dead, or only off at this start."
        )
        return Advice("dead", words, (*tried.longer(), tried.other_seed(), tried.other_preset()))
    if flat.any():
        words = f"{_names(tiles, flat)}: the score does not rise. The steps may be too large" + (
            "."
            if tried.preset == "pixel"
            else ", or what fires the unit does not bear the preset's shifts and turns."
        )
        pixel = Remedy("Preset pixel", {"preset": "pixel", "learning_rate": None})
        other = tried.other_preset() if tried.preset == "pixel" else pixel
        return Advice("flat", words, (tried.slower(4), other, tried.other_seed()))
    if (extreme > TOO_MANY).any():
        words = (
            f"{_names(tiles, extreme > TOO_MANY)}: {extreme.max():.0%} of the values are black or "
            "white, where they can hardly move any more. Smaller steps keep tones between."
        )
        return Advice("saturated", words, (tried.slower(4), tried.other_preset()))
    return None


def on_silence(found_in: int, label: str, before: Advice) -> Advice:
    """After a search in which no picture made a difference either."""
    words = (
        f"{label}: dead. Its value is the same at all places of {found_in} real pictures, and the "
        "ascent finds nothing that moves it. No setting helps; choose another one."
    )
    return Advice("dead", words, before.remedies[:1])


def _unmoved(scores: np.ndarray) -> np.ndarray:
    """Of which pictures the score is the same at all steps."""
    spread = scores.max(0) - scores.min(0)
    return spread <= STILL * np.maximum(np.abs(scores).max(0), STILL)


def _unrisen(scores: np.ndarray) -> np.ndarray:
    """Of which pictures the score is not above that of the start at the end."""
    newest = scores[-max(len(scores) // 8, 1) :].mean(0)
    return newest <= scores[0]


def _names(tiles: Sequence[Tile], chosen: np.ndarray) -> str:
    names = [tile.label for tile, bad in zip(tiles, chosen, strict=True) if bad]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} of {len(tiles)}"
