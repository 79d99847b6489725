"""What a metric judges: images, one map for each of them, and the classes that they are about.

Every metric begins here, so that all of them take the same and refuse the same. A sequence is
judged as a picture of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Array, Float32, Int32

from ..methods.attribution.method import Attribution, Target, targets, value_batch
from ..network import InputError, Network, to_row, to_row_of_places

Scores = Float32[np.ndarray, " n"]
Maps = Float32[np.ndarray, "n h w"]


@dataclass(frozen=True)
class Judged:
    """Checked images with their classes and values.

    Attributes:
        net: the network, as one for pictures.
        batch: (N, H, W, C) in [0, 1]; of sequences (N, 1, T, C), in their own range.
        classes: of each image.
        values: as they were given, (N, H, W) or (N, H, W, C).
        maps: their sum over channels, (N, H, W).
        given: the network as it was given.
    """

    net: Network
    batch: Float32[Array, "n h w c"]
    classes: Int32[np.ndarray, " n"]
    values: Float32[np.ndarray, "n h w *c"]
    maps: Maps
    given: Network

    def images(self, x: Any) -> Float32[Array, "n h w c"]:
        """Other inputs of the network, checked, in the form of the batch."""
        return to_row(self.given.batch(x), len(self.given.input_shape))

    def places(self, array: Any) -> np.ndarray:
        """An array with one number for each place of an input, in the form of a map."""
        return to_row_of_places(np.asarray(array), len(self.given.input_shape))

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of an image."""
        return self.maps.shape[1], self.maps.shape[2]

    @property
    def pixels(self) -> int:
        """How many places an image has."""
        return self.maps.shape[1] * self.maps.shape[2]

    def run(self, function: Callable[..., Any], *arrays: Any, **static: Hashable) -> Any:
        """Call `function(replay, *arrays, logits=…, **static)`, compiled once."""
        run: Callable[..., Any] = self.net.at(self.batch.shape).run
        return run(function, *arrays, logits=self.net.logits.name, **static)


def judge(net: Network, x: Any, values: Any, target: Target = None) -> Judged:
    """Check images and values.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or numbers of (N, H, W) or (N, H, W, C).
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.

    Raises:
        InputError: if `x` is not what the network takes, or the values are not numbers of its
            size.
        UnknownTargetError: if there is no such class.
    """
    batch = value_batch(net, x)
    if isinstance(values, Attribution):
        target = values.target if target is None else target
        values = values.values
    checked = check_values(values, batch.shape)
    classes = np.asarray(targets(net, batch, target), np.int32)
    rank = len(net.input_shape)
    whole = checked.ndim == batch.ndim and rank > 1
    rows = (to_row if whole else to_row_of_places)(checked, rank)
    return Judged(net.pictured, to_row(batch, rank), classes, rows, channel_sum(rows), net)


def check_values(values: Any, shape: tuple[int, ...]) -> Float32[np.ndarray, "n ..."]:
    """Values as float32, if they are finite numbers for inputs of `shape`, the batch's.

    Raises:
        InputError: says what was expected, what came, and the mend.
    """
    array = np.asarray(values)
    maps = shape[: max(len(shape) - 1, 2)]  # a vector has no channels
    wanted = f"values of shape {maps} or {tuple(shape)}, one for each pixel"
    if array.dtype.kind not in "fiub":
        raise InputError(f"expected {wanted}, got {type(values).__name__} of {array.dtype}.")
    if array.shape not in (maps, tuple(shape)):
        single = shape[0] == 1 and array.shape in (maps[1:], tuple(shape[1:]))
        mend = "values[None] adds the axis of the batch" if single else "Resize the map first"
        raise InputError(f"expected {wanted}, got {array.shape}. {mend}.")
    array = array.astype(np.float32)
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(int(k) for k in np.argwhere(~finite)[0])
        raise InputError(
            f"expected finite values, got {int((~finite).sum())} NaN or infinite ones, the first "
            f"at {place}. Look where they come from, or numpy.nan_to_num(values)."
        )
    return array


def channel_sum(values: Float32[np.ndarray, "n h w *c"]) -> Maps:
    """One number for each pixel: what its channels contribute together."""
    return values if values.ndim == 3 else values.sum(-1)


def check_whole(name: str, value: int, low: int, high: int) -> None:
    """Refuse a number out of its range.

    Raises:
        InputError: if it is not a whole number from `low` to `high`.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not low <= value <= high:
        raise InputError(f"expected {name} from {low} to {high}, got {value!r}.")


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of its range, ends excluded; NaN too.

    Raises:
        InputError: if it is out of range.
    """
    if not low < value < high:
        raise InputError(f"expected {name} between {low} and {high}, got {value!r}.")
