"""How loud each pitch of a sound is at each moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from ...network import InputError


@dataclass(frozen=True)
class Spectrogram:
    """A sound by time and frequency.

    Attributes:
        decibels: float32 (frames, bins), relative to the loudest; `floor` where there is nothing.
        times: of the middle of each frame, in seconds.
        frequencies: of each bin, in hertz.
    """

    decibels: Float32[np.ndarray, "frames bins"]
    times: Float32[np.ndarray, " frames"]
    frequencies: Float32[np.ndarray, " bins"]


def spectrogram(
    samples: Any, rate: float, *, window: int = 256, hop: int = 32, floor: float = -60.0
) -> Spectrogram:
    """The short-time Fourier transform of a sound, under a Hann window.

    Frame `k` lies around sample `(k + 0.5) * hop`, beyond the ends there is silence: the frames
    share their time axis with the samples.

    Args:
        samples: (T,) or (T, 1).
        rate: samples a second.
        window: samples under the window; the more, the finer in pitch and the coarser in time.
        hop: samples from frame to frame.
        floor: the lowest level that is told, in decibels below the loudest.

    Raises:
        InputError: if the samples are not one row of numbers, or a length is not positive.
    """
    wave = np.asarray(samples, np.float64)
    wave = wave[:, 0] if wave.ndim == 2 and wave.shape[1] == 1 else wave
    if wave.ndim != 1 or wave.size == 0:
        raise InputError(f"expected samples (T,) or (T, 1), got shape {np.shape(samples)}.")
    if window < 2 or hop < 1 or not rate > 0 or not floor < 0:
        raise InputError(
            "expected a window of at least 2, a hop of at least 1, a positive rate and a negative "
            f"floor, got {window}, {hop}, {rate} and {floor}."
        )
    count = -(-len(wave) // hop)
    before = window // 2 - hop // 2
    padded = np.pad(wave, (max(0, before), window + hop))[max(0, -before) :]
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    loud = np.abs(np.fft.rfft(frames * np.hanning(window + 1)[:-1], axis=1))
    most = loud.max()
    share = np.maximum(loud / most, 10 ** (floor / 20)) if most > 0 else np.zeros_like(loud)
    decibels = 20 * np.log10(share) if most > 0 else np.full_like(loud, floor)
    return Spectrogram(
        decibels.astype(np.float32),
        ((np.arange(count) + 0.5) * hop / rate).astype(np.float32),
        np.fft.rfftfreq(window, 1 / rate).astype(np.float32),
    )
