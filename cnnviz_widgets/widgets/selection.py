"""What is being looked at: shared by views, so that all follow when one is pointed at something.

A view that cannot show what was chosen elsewhere (a layer that it does not have, a channel past its
last) stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import traitlets as t

from .shared.locked import LOCK, Locked


class Selection(Locked):
    """Image, layer, channel, position, class and iteration, for several views at once.

    Pass the same one to several views: `FeatureMaps(net, image, selection=chosen)`. Set a trait to
    move them all; observe it to follow them. `None` means that nothing was chosen yet.

    Attributes:
        image: the picture, HWC.
        layer: its name.
        channel: its number.
        position: (row, column) in cells of the layer.
        target: the number of a class.
        iteration: of an ascent; -1 for the newest.
    """

    image = t.Any(None, allow_none=True)
    layer = t.Unicode(None, allow_none=True)
    channel = t.Int(None, allow_none=True)
    position = t.List(t.Int(), None, allow_none=True, minlen=2, maxlen=2)
    target = t.Int(None, allow_none=True)
    iteration = t.Int(None, allow_none=True)

    def __init__(
        self,
        *,
        image: Any = None,
        layer: str | None = None,
        channel: int | None = None,
        position: Sequence[int] | None = None,
        target: int | None = None,
        iteration: int | None = None,
    ) -> None:
        super().__init__(
            image=image,
            layer=layer,
            channel=channel,
            position=None if position is None else list(position),
            target=target,
            iteration=iteration,
        )

    def __repr__(self) -> str:
        names = ("layer", "channel", "position", "target", "iteration")
        return f"Selection({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def join(
        self, view: t.HasTraits, names: Sequence[str], later: Sequence[str] = ()
    ) -> Callable[[], None]:
        """Tie traits of a view to those of the same names here, both ways.

        What is chosen here already goes to the view; for the rest the view's own is taken over.
        Neither holds for the names in `later`, which follow each other from the next change on:
        what a view begins with may be a guess of its own, and no one's choice.

        Returns:
            What unties them.
        """
        ties = [
            (source, partial(_pass_on, target), name)
            for name in names
            for source, target in ((self, view), (view, self))
        ]
        with LOCK:
            for name in [name for name in names if name not in later]:
                source, target = (view, self) if getattr(self, name) is None else (self, view)
                _pass_on(target, t.Bunch(name=name, new=getattr(source, name)))
            for source, handler, name in ties:
                source.observe(handler, name)

        def leave() -> None:
            for source, handler, name in ties:
                source.unobserve(handler, name)

        return leave


def _pass_on(target: t.HasTraits, change: Any) -> None:
    if getattr(target, change.name) is not change.new:  # an image cannot be compared otherwise
        with suppress(t.TraitError):
            setattr(target, change.name, change.new)
