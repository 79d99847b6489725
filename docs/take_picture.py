"""Takes the README's picture of the bench: `python -m docs.take_picture`."""

from pathlib import Path

from benchmarks.notebooks import notebooks
from tests.browser.jupyterlab import await_frame, await_refresh, await_state

PICTURE = Path(__file__).with_name("bench.png")
WIDTH = 1400
BENCH = """
import cnnviz_widgets as cw
net = cw.load("photos")
bench = cw.Explorer(net, cw.image("cat"))
bench.selection.layer, bench.selection.channel = "conv3", 5
bench.gradient_ascent.steps = 256
bench
"""


def main() -> None:
    """Take it."""
    with notebooks() as open_notebook:
        notebook = open_notebook(BENCH)
        notebook.page.set_viewport_size({"width": 1500, "height": 2000})
        notebook.run_all()
        notebook.set_width(WIDTH)
        ascent = notebook.view("gradient-ascent")
        await_frame(notebook.view("feature-maps"))
        ascent.get_by_role("button", name="Play").click()
        await_state(ascent, "done", timeout=120)
        await_refresh(notebook.page)
        area = notebook.page.locator(".jp-OutputArea-output").last
        area.screenshot(path=PICTURE, animations="disabled")
        notebook.close()


main()
