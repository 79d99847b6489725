"""Histograms whose bins are a power of two wide: two of them join without loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

BINS = 128
"""At most; half of them at least are between the smallest and the largest value, unless the values
are few."""

MOST_COUNTS = 1 << 22


def bin_count(channels: int) -> int:
    """How many bins a histogram of so many channels has at most."""
    return max(8, min(BINS, MOST_COUNTS // channels))


@dataclass(frozen=True)
class PowerBins:
    """Counts of values by channel and bin.

    Attributes:
        exponent: bins are `2 ** exponent` wide.
        start: the first bin begins at `start * 2 ** exponent`.
        counts: int64 (C, B); the first and the last bin are not empty, unless all are.
    """

    exponent: int
    start: int
    counts: Int64[np.ndarray, "c b"]

    @staticmethod
    def of(exponent: Any, start: Any, counts: Any) -> PowerBins:
        """Without the empty bins at both ends."""
        used = np.flatnonzero(np.asarray(counts).any(0))
        first, last = (int(used[0]), int(used[-1])) if len(used) else (0, 0)
        kept = np.asarray(counts, np.int64)[:, first : last + 1]
        return PowerBins(int(exponent), int(start) + first, kept)

    @property
    def edges(self) -> Float64[np.ndarray, " b_and_1"]:
        """Of the bins."""
        return (self.start + np.arange(self.counts.shape[1] + 1)) * 2.0**self.exponent

    def coarser(self, exponent: int) -> PowerBins:
        """With wider bins, each of several of these."""
        shift = min(exponent - self.exponent, 62)  # more is the same, and NumPy knows no more
        if shift == 0:
            return self
        bins = (self.start + np.arange(self.counts.shape[1])) >> shift
        counts = np.zeros((len(self.counts), int(bins[-1] - bins[0]) + 1), np.int64)
        np.add.at(counts.T, bins - bins[0], self.counts.T)
        return PowerBins(exponent, int(bins[0]), counts)

    def joined(self, other: PowerBins) -> PowerBins:
        """The values of both, in no more bins than one may have."""
        if not other.counts.any():
            return self
        if not self.counts.any():
            return other
        exponent = max(self.exponent, other.exponent)
        while True:
            parts = self.coarser(exponent), other.coarser(exponent)
            start = min(part.start for part in parts)
            end = max(part.start + part.counts.shape[1] for part in parts)
            if end - start <= bin_count(len(self.counts)):
                break
            exponent += 1
        counts = np.zeros((len(self.counts), end - start), np.int64)
        for part in parts:
            at = part.start - start
            counts[:, at : at + part.counts.shape[1]] += part.counts
        return PowerBins(exponent, start, counts)
