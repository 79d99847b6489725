"""A text as a view is given it: in words, as tokens, or as ids with or without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...network import InputError, Network
from ...zoo import Tokens


def as_tokens(net: Network, image: Any, labels: Sequence[str] | None = None) -> Tokens:
    """A text that was given in any way: as words, tokens or ids, which may have labels."""
    if isinstance(image, Tokens):
        return image
    if isinstance(image, str):
        return net.tokens(image)
    ids = np.asarray(net.batch(image))[0].astype(np.int32)
    try:
        return Tokens(ids, [str(k) for k in ids] if labels is None else labels)
    except ValueError as error:
        raise InputError(str(error)) from error
