"""How soon the largest dense layer of VGG16 (25088 x 4096) is on the screen."""

from benchmarks.compare import percentile
from benchmarks.measured import Measured
from benchmarks.notebooks import notebooks
from tests.browser.jupyterlab import Notebook

ROUNDS = 5
TARGET = 1.0  # seconds
NETWORK = """
import jax
from benchmarks import vgg16
import cnnviz_widgets as cw
net, _ = vgg16.network()
jax.block_until_ready(list(net.weights.values()))  # they are drawn in the background
"""
OPEN = """
view = cw.Weights(net, layer="fc1")
view.show = "matrix"
view
"""
# From the run of a cell to the first paint of the matrix in it.
TIME = """async code => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const at = content.model.cells.length;
    content.model.sharedModel.insertCell(at, { cell_type: "code", source: code });
    content.activeCellIndex = at;
    const start = performance.now();
    window.jupyterapp.commands.execute("notebook:run-cell");
    const seen = () => [...content.node.querySelectorAll(".cnnviz[data-view='weights']")]
        .some(view => !view.dataset.timed && Number(view.dataset.frame) > 0
            && view.querySelector(".cv-matrix-map")?.dataset.level && (view.dataset.timed = 1));
    while (!seen()) await new Promise(done => requestAnimationFrame(done));
    return (performance.now() - start) / 1000;
}"""


def measure() -> list[Measured]:
    """All rows of this suite."""
    with notebooks() as open_notebook:
        return [_opening(open_notebook(NETWORK))]


def _opening(notebook: Notebook) -> Measured:
    notebook.run_all()
    times = [notebook.page.evaluate(TIME, OPEN) for _ in range(ROUNDS)]
    notebook.close()
    details = (
        f"median of {ROUNDS} in Chromium, from running the cell to the first paint of the matrix; "
        f"the first {times[0]:.2f} s, at most {max(times):.2f} s"
    )
    what = "`Weights` of VGG16's largest dense layer (25088 x 4096) opens"
    return Measured(what, "s", percentile(times, 50), TARGET, details=details)
