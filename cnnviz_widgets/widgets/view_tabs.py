"""Views behind tabs, each made when it is first looked at: a bench opens with what is in sight."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import ipywidgets

from .shared.base import View, listen_where_the_page_speaks
from .shared.locked import LOCK

V = TypeVar("V", bound=View)
Maker = Callable[[], View]


class ViewTabs(ipywidgets.Tab):
    """Kinds of views, a tab each.

    Args:
        makers: what makes a view of each kind, in the order of the tabs; the first one is open.
    """

    _ipython_display_ = None  # that of ipywidgets 7 would leave out the still picture

    def __init__(self, makers: Mapping[type[View], Maker]) -> None:
        self._makers = dict(makers)
        self._kinds = tuple(makers)
        self._made: dict[type[View], View] = {}
        super().__init__([ipywidgets.Box() for _ in self._kinds])
        listen_where_the_page_speaks(self.comm)  # a tab opens while a cell trains
        self.add_class("cnnviz-tabs")  # the style sheet of the list of layers has a rule for it
        for index, kind in enumerate(self._kinds):
            self.set_title(index, _title(kind))
        self.view(self._kinds[0])
        self.selected_index = 0
        self.observe(self._open, "selected_index")

    def view(self, kind: type[V]) -> V:
        """The view of a kind; it is made if there was none yet.

        Raises:
            KeyError: names the kinds that there are.
            InputError: if such a view cannot be made of this network or image.
        """
        if kind not in self._kinds:
            names = ", ".join(each.__name__ for each in self._kinds)
            raise KeyError(f"expected one of {names}, got {getattr(kind, '__name__', kind)!r}.")
        with LOCK:
            if kind not in self._made:
                self._made[kind] = self._makers[kind]()
                self._place(self._kinds.index(kind), self._made[kind])
        return cast("V", self._made[kind])

    @property
    def views(self) -> tuple[View, ...]:
        """Those that were made."""
        return tuple(self._made.values())

    def _open(self, change: Any) -> None:
        if change.new is None:  # all tabs are closed
            return
        kind = self._kinds[change.new]
        try:
            self.view(kind)
        except ValueError as error:  # which InputError is
            self._place(change.new, _in_words(error))

    def _place(self, index: int, widget: ipywidgets.Widget) -> None:
        self.children = [widget if at == index else child for at, child in enumerate(self.children)]


def _in_words(error: Exception) -> ipywidgets.HTML:
    """As text, whatever names are in it; a `Label` would cut it off at the end of the line."""
    words = ipywidgets.HTML(html.escape(str(error)))
    words.layout.padding = "8px"
    return words


def _title(kind: type[View]) -> str:
    """HiddenStates as "Hidden states"."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda found: f" {found[0].lower()}", kind.__name__)
