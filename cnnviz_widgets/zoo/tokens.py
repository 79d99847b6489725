"""A text as a network takes it: the numbers of its tokens, with a label for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, eq=False)
class Tokens:
    """The tokens of one text; goes wherever an image goes.

    Attributes:
        ids: numbers of the tokens, (T,). Those after the last label are padding.
        labels: what a person reads for each token: characters or words.
        text: that they were made of; the labels in a row if left out.

    Raises:
        ValueError: if there are more labels than ids, or the ids are no row of whole numbers.

    Example:
        >>> words = cw.Tokens([4, 17, 2, 0, 0], ["the", "quick", "fox"])
        >>> words.padding
        2
    """

    ids: Int[np.ndarray, " t"]
    labels: tuple[str, ...]
    text: str = ""

    def __init__(self, ids: Any, labels: Sequence[str], text: str | None = None) -> None:
        row = np.asarray(ids)
        if row.ndim != 1 or row.dtype.kind not in "iu":
            raise ValueError(
                f"expected ids as one row of whole numbers, got {row.dtype} of shape {row.shape}."
            )
        names = tuple(str(label) for label in labels)
        if not 0 < len(names) <= len(row):
            raise ValueError(
                f"expected a label for each token, from 1 to {len(row)} of them, got {len(names)}. "
                "Ids after the last label are taken for padding."
            )
        object.__setattr__(self, "ids", row)
        object.__setattr__(self, "labels", names)
        object.__setattr__(self, "text", "".join(names) if text is None else text)

    @property
    def padding(self) -> int:
        """How many ids at the end stand for no token."""
        return len(self.ids) - len(self.labels)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The ids, so that every method takes the tokens as they are."""
        return np.array(self.ids, dtype)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Tokens({self.text!r}, {len(self)} of {len(self.ids)} ids, the rest is padding)"
