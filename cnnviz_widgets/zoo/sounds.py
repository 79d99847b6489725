"""The bundled sounds, made by formulas: half a second each, at 8,000 samples a second.

Seven kinds of sound that differ in what a listener would name: a steady tone, one that rises or
falls, noise, a drum, a plucked string, a voice that holds a vowel. Every one has a random pitch,
length, loudness, beginning, and a little noise. `sound` gives one fixed example of each.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from .images import unknown

SOUND_RATE = 8000
"""Samples a second."""

SOUND_LENGTH = 4096
"""Samples of a sound."""

_EXAMPLE_SEED = 37

_Wave = np.ndarray


def sounds() -> tuple[str, ...]:
    """Names of the bundled sounds, which are the classes of the `sounds` network."""
    return tuple(_KINDS)


def sound(name: str) -> Float32[np.ndarray, "t 1"]:
    """A bundled sound.

    Args:
        name: one of `sounds()`.

    Returns:
        float32 (4096, 1) in [-1, 1], `SOUND_RATE` samples a second.

    Raises:
        ValueError: no sound has this name; the message names the nearest ones.
    """
    if name not in _KINDS:
        raise ValueError(unknown("sound", name, _KINDS))
    return synthesise(name, np.random.default_rng(_EXAMPLE_SEED), noise=0.004)


def synthesise(
    name: str, rng: np.random.Generator, noise: float | None = None
) -> Float32[np.ndarray, "t 1"]:
    """A sound of a kind, drawn at random.

    Args:
        name: one of `sounds()`.
        rng: source of all randomness; the same seed gives the same sound.
        noise: spread of the noise over it; drawn too if left out, up to 0.05.

    Returns:
        float32 (4096, 1) in [-1, 1].
    """
    length = int(rng.uniform(0.45, 0.95) * SOUND_LENGTH)
    begin = int(rng.integers(SOUND_LENGTH - length + 1))
    wave = _KINDS[name](np.arange(length) / SOUND_RATE, rng)
    wave = wave / max(1e-9, np.abs(wave).max()) * rng.uniform(0.3, 0.95)
    spread = rng.uniform(0, 0.05) if noise is None else noise
    whole = rng.normal(0, spread, SOUND_LENGTH)
    whole[begin : begin + length] += wave * _soft_ends(length)
    return whole.clip(-1, 1).astype(np.float32)[:, None]


def _soft_ends(length: int) -> _Wave:
    """No click where a sound begins and ends: 4 ms of rising and falling."""
    ramp = np.minimum(1, np.arange(length) / 32)
    return ramp * ramp[::-1]


def _overtones(phase: _Wave, rng: np.random.Generator) -> _Wave:
    """A wave of a pitch, with a few weaker ones above it."""
    weights = [1, *(rng.uniform(0, 0.4) / k for k in (2, 3))]
    return np.sum([w * np.sin((k + 1) * phase) for k, w in enumerate(weights)], axis=0)


def _sweep(time: _Wave, first: float, last: float, rng: np.random.Generator) -> _Wave:
    """A pitch that moves from one to another, evenly in octaves."""
    pitch = first * (last / first) ** (time / time[-1])
    return _overtones(2 * np.pi * np.cumsum(pitch) / SOUND_RATE, rng)


def _tone(time: _Wave, rng: np.random.Generator) -> _Wave:
    return _overtones(2 * np.pi * np.exp(rng.uniform(np.log(200), np.log(1200))) * time, rng)


def _rising(time: _Wave, rng: np.random.Generator) -> _Wave:
    first = np.exp(rng.uniform(np.log(180), np.log(500)))
    return _sweep(time, first, first * 2 ** rng.uniform(0.8, 1.8), rng)


def _falling(time: _Wave, rng: np.random.Generator) -> _Wave:
    last = np.exp(rng.uniform(np.log(180), np.log(500)))
    return _sweep(time, last * 2 ** rng.uniform(0.8, 1.8), last, rng)


def _noise(time: _Wave, rng: np.random.Generator) -> _Wave:
    white = rng.normal(size=len(time) + 8)
    width = int(rng.integers(1, 5))  # the wider, the duller
    return np.convolve(white, np.ones(width) / width, "same")[: len(time)]


def _drum(time: _Wave, rng: np.random.Generator) -> _Wave:
    """A skin whose pitch drops as it comes to rest, and the crack of the stick."""
    low, fast = rng.uniform(50, 110), rng.uniform(18, 35)
    pitch = low * (1 + rng.uniform(1, 3) * np.exp(-40 * time))
    skin = np.sin(2 * np.pi * np.cumsum(pitch) / SOUND_RATE) * np.exp(-0.5 * fast * time)
    crack = rng.normal(size=len(time)) * np.exp(-4 * fast * time)
    return skin + rng.uniform(0.2, 0.6) * crack


def _pluck(time: _Wave, rng: np.random.Generator) -> _Wave:
    """A string by Karplus and Strong: noise that goes round and is smoothed at every turn."""
    period = int(SOUND_RATE / np.exp(rng.uniform(np.log(110), np.log(440))))
    ring = rng.uniform(-1, 1, period)
    wave = np.empty(len(time))
    for start in range(0, len(time), period):
        part = wave[start : start + period]
        part[:] = ring[: len(part)]
        ring = 0.497 * (ring + np.roll(ring, 1))
    return wave


_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))
"""The first three formants of a, i, u and e, in hertz (Peterson and Barney 1952)."""


def _voice(time: _Wave, rng: np.random.Generator) -> _Wave:
    """Overtones of a voice, loud near the formants of a vowel, with a slight vibrato."""
    formants = _VOWELS[rng.integers(len(_VOWELS))]
    base = rng.uniform(90, 230)
    pitch = base * (1 + 0.02 * np.sin(2 * np.pi * rng.uniform(4, 7) * time))
    phase = 2 * np.pi * np.cumsum(pitch) / SOUND_RATE
    wave = np.zeros(len(time))
    for k in range(1, int(3500 / base)):
        loud = sum(np.exp(-(((k * base - f) / 120) ** 2)) / (n + 1) for n, f in enumerate(formants))
        wave += (loud + 0.02) * np.sin(k * phase)
    return wave


_KINDS: dict[str, Callable[[_Wave, np.random.Generator], _Wave]] = {
    "tone": _tone,
    "rising": _rising,
    "falling": _falling,
    "noise": _noise,
    "drum": _drum,
    "pluck": _pluck,
    "voice": _voice,
}
