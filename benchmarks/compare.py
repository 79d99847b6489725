"""Two ways to the same thing, measured in turns, so that a noisy machine is noisy to both."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks import machine

Samples = dict[str, list[float]]


def in_turns(
    sides: Mapping[str, Callable[[], Sequence[float]]], *processes: int, rounds: int
) -> Samples:
    """The seconds that each side takes, round by round.

    A round in which others kept the machine busy is measured anew, at most as often as there are
    rounds; what is left then counts, for a noisy figure is better than none.

    Args:
        sides: by name, what runs a few times and tells the seconds of each.
        processes: of the peers.
        rounds: how many must be quiet.
    """
    for side in sides.values():
        side()  # compiles, and warms the caches
    quiet: list[dict[str, float]] = []
    noisy: list[dict[str, float]] = []
    while len(quiet) < rounds and len(quiet) + len(noisy) < 2 * rounds:
        found, share = machine.shared(
            lambda: {name: statistics.median(side()) for name, side in sides.items()}, *processes
        )
        (quiet if share <= machine.QUIET else noisy).append(found)
    chosen = [*quiet, *noisy][:rounds]
    return {name: [found[name] for found in chosen] for name in sides}


def ratio(samples: Samples, peer: str, ours: str) -> tuple[float, str]:
    """How many times as fast as a peer we are: the median of the rounds, and the rest in words."""
    ratios = sorted(a / b for a, b in zip(samples[peer], samples[ours], strict=True))
    seconds = {name: statistics.median(samples[name]) for name in (ours, peer)}
    said = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items())
    low, high = ratios[len(ratios) // 4], ratios[(3 * len(ratios)) // 4]
    return statistics.median(
        ratios
    ), f"{said}; half of {len(ratios)} rounds {low:.2f} to {high:.2f}"


def no_lower(ratios: Sequence[float]) -> tuple[float, float, str]:
    """The mean of ratios, the least that counts as no lower than 1, and how sure it is in words.

    Lower is what is so by more than two standard errors.
    """
    error = statistics.stdev(ratios) / math.sqrt(len(ratios))
    least = math.floor(1000 * (1 - 2 * error)) / 1000
    return statistics.mean(ratios), least, f"standard error {error:.2%}"


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]
