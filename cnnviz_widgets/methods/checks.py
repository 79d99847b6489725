"""Options within their range, or words that say so."""

from __future__ import annotations

from ..network import InputError


def check_count(name: str, value: int) -> int:
    """A number of samples or the like.

    Raises:
        InputError: if it is not from 1 to a million.
    """
    if not 1 <= value <= 10**6:
        raise InputError(f"expected {name} from 1 to 1000000, got {value}.")
    return int(value)


def check_range(name: str, value: float, low: float, high: float) -> float:
    """A number within bounds, which NaN is not.

    Raises:
        InputError: if it is not.
    """
    if not low <= value <= high:
        raise InputError(f"expected {name} from {low:g} to {high:g}, got {value}.")
    return float(value)
