"""One page for one test after the other.

JupyterLab takes seconds to load, so a page that is as it was when it came is handed on to the next
test. Whatever is in doubt is closed, and the next test gets a new page: one that a test failed in
or that reported an error, one with something left in it, and after some turns any, since a
browser's memory grows.
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
        self._errors: list[object] = []

    def take(self) -> Page:
        """A page of the usual size: empty, or with a JupyterLab that has nothing open."""
        if self._page is None:
            self._page = self._context.new_page()
            self._turns = 0
            self._errors = errors = []
            self._page.on("pageerror", lambda error: errors.append(error))
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
        if not (sound and self._turns < TURNS and not self._errors and self._is_bare()):
            self._page.close()
            self._page = None

    def _is_bare(self) -> bool:
        return self._page is not None and bool(self._page.evaluate(IS_BARE))
