"""One page for one test after the other.

JupyterLab takes seconds to load, so a page that is as it was when it came is handed on to the next
test. Whatever is in doubt is closed, and the next test gets a new page: one that a test failed in
or that reported an error, one that was loaded anew and may still be restoring what it had, one with
something left in it, and after some turns any, since a browser's memory grows.
"""

from playwright.sync_api import BrowserContext, Page, ViewportSize

SIZE: ViewportSize = {"width": 1280, "height": 1000}  # a laptop's
TURNS = 12
# No document is open, no view is left, and no dialogue asks for an answer.
IS_BARE = """() => window.jupyterapp
    && ![...window.jupyterapp.shell.widgets("main")].some(widget => widget.context)
    && !document.querySelector(".cnnviz, .jp-Dialog")"""


class Pages:
    """Lends the pages of a browser's profile, one at a time."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._page: Page | None = None
        self._turns = 0
        self._loads: list[Page] = []
        self._errors: list[object] = []

    def take(self) -> Page:
        """A page of the usual size: empty, or with a JupyterLab that has nothing open."""
        if self._page is None:
            self._page = self._new()
        self._turns += 1
        self._page.set_viewport_size(SIZE)
        self._page.mouse.move(0, 0)
        return self._page

    def give_back(self, sound: bool) -> None:
        """Takes the page back, and keeps it for the next test if nothing speaks against it.

        Args:
            sound: whether the test that had it went well.
        """
        assert self._page is not None
        as_it_came = sound and not self._errors and len(self._loads) <= 1
        if not (as_it_came and self._turns < TURNS and self._page.evaluate(IS_BARE)):
            self._page.close()
            self._page = None

    def _new(self) -> Page:
        page = self._context.new_page()
        self._turns, self._loads, self._errors = 0, [], []
        loads, errors = self._loads, self._errors
        page.on("load", lambda page: loads.append(page))
        page.on("pageerror", lambda error: errors.append(error))
        return page
