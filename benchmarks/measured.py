"""One row of the results: what was measured, what it must reach, what it reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One figure.

    Attributes:
        what: in words, with the setting.
        unit: "ms", "s", "frames/s", "GB", "%" or "x" (how many times as fast as the peer).
        value: the figure that is held against the target.
        target: what it must reach, or `None` where it only says what is so.
        more_is_better: whether the target is a lower bound.
        details: everything else worth knowing, for the results file.
    """

    what: str
    unit: str
    value: float
    target: float | None
    more_is_better: bool = False
    details: str = ""

    @property
    def reached(self) -> bool:
        """Whether the target was met."""
        if self.target is None:
            return True
        return self.value >= self.target if self.more_is_better else self.value <= self.target
