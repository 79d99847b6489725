"""What every layer does over many images: moments, extremes and histograms, batch by batch.

One pass over the images is enough, and what is kept does not grow with their number. Two things
make that exact rather than approximate:

- Means and squared deviations of batches are joined by Chan's formula, in float64.
- A histogram's bins are a power of two wide and begin at a multiple of it. So the bin of a value is
  found without rounding, and a batch whose values reach further only makes bins join in pairs:
  no value is ever binned twice, or cut off.

References:
    Chan, Golub and LeVeque 1983, Algorithms for Computing the Sample Variance,
    https://doi.org/10.1080/00031305.1983.10483115.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64, Int, Int64, Num

from ...network import Layer, Network, Replay
from ..activations import named
from ..in_batches import as_examples, batch_size, by_channel, in_batches
from .power_bins import PowerBins, bin_count
from .unit_statistics import UnitStatistics, extremes


@dataclass(frozen=True)
class LayerStatistics(UnitStatistics):
    """The channels of one layer over many images.

    Attributes:
        kind: of the layer: conv, activation, …
        mean: float64 (C,), of the finite values of each channel.
        spread: float64 (C,), their standard deviation.
        zeros: float64 (C,), the share of values that are exactly 0.
        nonfinite: how many values are NaN or infinite; they count nowhere else.
        edges: float64 (B + 1,), of the histogram's bins, all as wide as one another.
        counts: int64 (C, B), how many values of each channel are in each bin: from its edge up to,
            not including, the next one.
    """

    kind: str
    mean: Float64[np.ndarray, " c"]
    spread: Float64[np.ndarray, " c"]
    zeros: Float64[np.ndarray, " c"]
    nonfinite: int
    edges: Float64[np.ndarray, " b_and_1"]
    counts: Int64[np.ndarray, "c b"]

    @property
    def histogram(self) -> Int64[np.ndarray, " b"]:
        """How many values of the layer are in each bin."""
        return self.counts.sum(0)

    @property
    def overall(self) -> tuple[float, float]:
        """Mean and standard deviation of all finite values of the layer."""
        weights = self.counts.sum(1)
        if not weights.any():
            return float("nan"), float("nan")
        mean = float(np.average(self.mean, weights=weights))
        within = np.square(self.spread) + np.square(self.mean - mean)
        return mean, float(np.sqrt(np.average(within, weights=weights)))


@dataclass(frozen=True)
class ActivationStatistics:
    """All layers over the images so far.

    Attributes:
        layers: in order of execution.
        images: how many were looked at.
        of: how many there are.
    """

    layers: tuple[LayerStatistics, ...]
    images: int
    of: int


def activation_statistics(
    net: Network, x: Any, layers: Sequence[str] | str | None = None
) -> ActivationStatistics:
    """How the values of layers are distributed over images.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes; a list of
            them will do. They are brought to float32 batch by batch.
        layers: names of layers, blocks or parts; all layers if left out.

    Returns:
        For each layer its moments, extremes, share of zeros and of saturated values by channel, and
        a histogram.

    Raises:
        InputError: if the network cannot take `x`.
        UnknownLayerError: if there is no such layer.

    Example:
        >>> found = activation_statistics(net, images)
        >>> [(each.layer, each.zeros.mean()) for each in found.layers]
    """
    *_, last = activation_statistics_frames(net, x, layers)
    return last


def activation_statistics_frames(
    net: Network, x: Any, layers: Sequence[str] | str | None = None
) -> Iterator[ActivationStatistics]:
    """The same as it goes: all that is known, after every batch.

    Args and errors as for `activation_statistics`.

    Yields:
        `ActivationStatistics`, the last of which is the result.
    """
    images = as_examples(net, x)
    names = named(net, layers)
    size = batch_size(net.at((1, *images.shape[1:])).layout.layers, len(images))
    totals: dict[str, _Total] | None = None
    for batch in in_batches(net, images, size):
        traced = net.at(batch.x.shape)
        found = jax.device_get(traced.run(_of_batch, batch.x, batch.own, names=names))
        new = {name: _Total.of(found[name]) for name in names}
        totals = new if totals is None else {k: totals[k].joined(new[k]) for k in names}
        seen = batch.start + batch.count
        told = tuple(totals[name].told(traced.layer(name), seen) for name in names)
        yield ActivationStatistics(told, seen, len(images))


@dataclass(frozen=True)
class _Total:
    """What is kept of one layer."""

    count: Float64[np.ndarray, " c"]
    mean: Float64[np.ndarray, " c"]
    squares: Float64[np.ndarray, " c"]  # of the deviations from the mean
    zeros: Float64[np.ndarray, " c"]
    saturated: Float64[np.ndarray, " c"]
    low: np.ndarray
    high: np.ndarray
    nonfinite: int
    bins: PowerBins

    @staticmethod
    def of(found: dict[str, Any]) -> _Total:
        names = ("count", "mean", "squares", "zeros", "saturated")
        moments = {name: np.asarray(found[name], np.float64) for name in names}
        bins = PowerBins.of(found["exponent"], found["start"], found["counts"])
        nonfinite = int(found["nonfinite"])
        return _Total(
            **moments, low=found["low"], high=found["high"], nonfinite=nonfinite, bins=bins
        )

    def joined(self, new: _Total) -> _Total:
        count = self.count + new.count
        share = new.count / np.maximum(count, 1)
        apart = new.mean - self.mean
        return _Total(
            count,
            self.mean + share * apart,
            self.squares + new.squares + np.square(apart) * self.count * share,
            self.zeros + new.zeros,
            self.saturated + new.saturated,
            np.minimum(self.low, new.low),
            np.maximum(self.high, new.high),
            self.nonfinite + new.nonfinite,
            self.bins.joined(new.bins),
        )

    def told(self, layer: Layer, images: int) -> LayerStatistics:
        values = images * max(1, int(np.prod(layer.shape)) // layer.channels)
        known = np.maximum(self.count, 1)
        return LayerStatistics(
            layer.name,
            layer.operation,
            self.low,
            self.high,
            (self.saturated / known).astype(np.float32),
            values,
            layer.kind,
            self.mean,
            np.sqrt(self.squares / known),
            self.zeros / known,
            self.nonfinite,
            self.bins.edges,
            self.bins.counts,
        )


def _of_batch(
    replay: Replay, x: Num[Array, "n ..."], own: Bool[Array, " n"], *, names: tuple[str, ...]
) -> dict[str, dict[str, Array]]:
    found = {}
    for name, value in replay(x, names).items():
        layer = replay.layer(name)
        flat = by_channel(value, layer, x.shape[0])
        finite = jnp.isfinite(flat)
        mask = finite & own[:, None, None]
        found[name] = {
            **extremes(flat, mask, layer.operation),
            **_moments(flat, mask),
            **_histogram(flat, mask),
            "nonfinite": jnp.sum(~finite & own[:, None, None]),
        }
    return found


def _moments(
    flat: Float[Array, "n places c"], mask: Bool[Array, "n places c"]
) -> dict[str, Float[Array, " c"]]:
    known = jnp.where(mask, flat, 0)
    count = jnp.sum(mask, (0, 1)).astype(jnp.float32)
    mean = _total(known) / jnp.maximum(count, 1)
    squares = _total(jnp.where(mask, jnp.square(known - mean[None, None]), 0))
    zeros = jnp.sum(mask & (flat == 0), (0, 1)).astype(jnp.float32)
    return {"count": count, "mean": mean, "squares": squares, "zeros": zeros}


def _total(values: Float[Array, "n places c"]) -> Float[Array, " c"]:
    """Sums by channel; image by image first, which rounds far less than one long sum."""
    return values.sum(1).sum(0)


def _histogram(
    flat: Float[Array, "n places c"], mask: Bool[Array, "n places c"]
) -> dict[str, Int[Array, " *shape"]]:
    """How many values of each channel are in each bin, and where the bins are.

    Their width is the least power of two at which the values of the batch fit into them, and not
    far below what float32 tells apart at their size.
    """
    channels = flat.shape[-1]
    bins = bin_count(channels)
    some = mask.any()
    low = jnp.where(some, jnp.min(jnp.where(mask, flat, jnp.inf)), 0)
    high = jnp.where(some, jnp.max(jnp.where(mask, flat, -jnp.inf)), 0)
    step = high / (bins - 2) - low / (bins - 2)
    finest = jnp.maximum(jnp.abs(low), jnp.abs(high)) * 2.0**-20
    exponent = _exponent_above(jnp.maximum(jnp.maximum(step, finest), 2.0**-100))
    scale = _power_of_two(-exponent)
    start = jnp.floor(low * scale)
    place = jnp.floor(jnp.where(mask, flat, low) * scale) - start
    number = jnp.arange(channels)[None, None] * bins + place.astype(jnp.int32)
    counts = jnp.zeros(channels * bins, jnp.int32).at[number.reshape(-1)].add(
        mask.reshape(-1).astype(jnp.int32)
    )  # fmt: skip
    counts = counts.reshape(channels, bins)
    return {"exponent": exponent, "start": start.astype(jnp.int32), "counts": counts}


def _exponent_above(value: Float[Array, ""]) -> Int[Array, ""]:
    """The exponent of the least power of two above a positive, normal number."""
    bits = jax.lax.bitcast_convert_type(value.astype(jnp.float32), jnp.int32)
    return (bits >> 23) - 126


def _power_of_two(exponent: Int[Array, ""]) -> Float[Array, ""]:
    """Put together from its bits: a power computed otherwise may be off by a rounding."""
    return jax.lax.bitcast_convert_type((exponent + 127) << 23, jnp.float32)
