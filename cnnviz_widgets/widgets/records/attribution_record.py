"""What is kept of one run of attribution methods, and its frames as the page takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...live import History
from ...methods.attribution.guide import GUIDE
from ...methods.attribution.method import Attribution
from ..shared.running import Frame
from ..shared.sequence_picture import stretched
from ..shared.wire import floats, integers
from .trust import Line

MEMORY = 32e6
"""Bytes of maps that are kept of a run; when it is long, every n-th step."""

SPIKES = 99.5
"""Percentile of the absolute values at which colours end: a few pixels tower above the rest."""


class AttributionRecord:
    """The past of one run of some methods on one image.

    Args:
        number: of the run.
        names: of the methods.
        size: rows and columns of the image.
        shared: what else goes into every frame.
    """

    def __init__(
        self, number: int, names: Sequence[str], size: tuple[int, int], shared: dict[str, Any]
    ) -> None:
        self.names = tuple(names)
        self.size = size
        bytes_a_step = size[0] * size[1] * len(names)
        self.maps: History[Frame] = History(int(np.clip(MEMORY // bytes_a_step, 8, 512)))
        self.found: dict[str, Attribution] = {}
        self.refused: dict[str, str] = {}
        self.trust: dict[str, list[Line]] = {name: [] for name in names}
        self._shared = {
            "run": number,
            "names": list(names),
            "rows": size[0],
            "cols": size[1],
            **shared,
        }

    def add(self, step: int) -> Frame:
        """Keep what there is at a step, and make a frame for the page of it."""
        self.maps.add(step, self._maps(step))
        return self.newest()

    def newest(self) -> Frame:
        """The newest step with all that is known of the run."""
        maps = self.maps.newest
        assert maps is not None
        return self._whole(maps)

    def pictures(self) -> list[tuple[np.ndarray, bool]]:
        """The codes of the newest maps, and whether 128 stands for zero."""
        maps = self.maps.newest
        assert maps is not None
        codes = np.frombuffer(maps["codes"], np.uint8).reshape(-1, *self.size)
        return [(code, GUIDE[name].signed) for name, code in zip(self.names, codes, strict=True)]

    def past(self) -> Frame:
        """What a page has to know of the run so far, if it was not there."""
        return {"kept": integers(self.maps.steps())}

    def replay(self, step: int) -> Frame:
        """The kept step nearest to a wanted one."""
        return self._whole(self.maps.get(step)) | self.past() | {"replay": True}

    def _whole(self, maps: Frame) -> Frame:
        return {**self._shared, **maps, "trust": [self.trust[name] for name in self.names],
                "refused": [self.refused.get(name, "") for name in self.names]}  # fmt: skip

    def _maps(self, step: int) -> Frame:
        found = [self.found.get(name) for name in self.names]
        codes, limits = [], []
        for name, each in zip(self.names, found, strict=True):
            code, limit = _quantised(name, each, self.size)
            codes.append(code.tobytes())
            limits.extend(limit)
        return {
            "step": step,
            "codes": b"".join(codes),
            "limits": floats(limits),
            "progress": floats([0 if each is None else each.progress for each in found]),
            "samples": integers([0 if each is None else each.samples for each in found]),
            "layers": ["" if each is None else each.layer or "" for each in found],
            "notes": [[] if each is None else list(each.notes) for each in found],
        }


def as_map(found: Attribution, size: tuple[int, int] | None = None) -> np.ndarray:
    """One number for each pixel of the first image: signed values summed, others their largest.

    Of a sequence one for each stretch.
    """
    values = found.values[0]
    if size is not None and size[0] == 1 and values.shape[:2] != size:
        return stretched(values, GUIDE[found.method].signed)[None]
    if values.ndim == 2:
        return values
    return values.sum(-1) if GUIDE[found.method].signed else np.abs(values).max(-1)


def _quantised(
    name: str, found: Attribution | None, size: tuple[int, int]
) -> tuple[np.ndarray, tuple[float, float]]:
    """Codes from 0 to 255, and the values of the two; 128 is zero for signed methods."""
    if found is None:
        return np.zeros(size, np.uint8), (0.0, 0.0)
    values = np.nan_to_num(as_map(found, size))
    largest = float(np.abs(values).max())
    if found.values.ndim == 4 or size[0] == 1:
        largest = float(np.percentile(np.abs(values), SPIKES)) or largest
    low = -largest if GUIDE[name].signed else min(float(values.min()), largest)
    span = largest - low
    share = (values - low) / span if span > 0 else np.zeros_like(values)
    return np.rint(255 * share.clip(0, 1)).astype(np.uint8), (low, largest)
