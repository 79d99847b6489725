"""The order in which a known number of samples is gone through."""

from __future__ import annotations


def spread(count: int) -> list[int]:
    """0 to `count` - 1, in an order of which every beginning is spread over the whole.

    The bits of 0, 1, 2, … read backwards (van der Corput).
    """
    bits = max(count - 1, 1).bit_length()
    turned = (int(f"{k:0{bits}b}"[::-1], 2) for k in range(2**bits))
    return [k for k in turned if k < count]
