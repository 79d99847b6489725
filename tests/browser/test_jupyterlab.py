"""The ground that all browser tests stand on: cells run, and an anywidget draws and answers."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook

COUNTER = '''
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = """export default { render({ model, el }) {
        const button = document.createElement("button");
        const show = () => { button.textContent = `count is ${model.get("count")}`; };
        button.onclick = () => {
            model.set("count", model.get("count") + 1);
            model.save_changes();
        };
        model.on("change:count", show);
        show();
        el.append(button);
    } }"""
    count = traitlets.Int(41).tag(sync=True)

counter = Counter()
counter
'''


def test_a_cell_gives_its_result(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook()
    assert notebook.run("1 + 1") == "2"


def test_a_widget_draws_and_answers_the_kernel(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(COUNTER)
    notebook.run_all()
    notebook.page.get_by_role("button", name="count is 41").click()
    expect(notebook.page.get_by_role("button", name="count is 42")).to_be_visible()
    assert notebook.run("counter.count") == "42"


def test_a_restarted_kernel_knows_nothing(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook("known = 1")
    notebook.run_all()
    notebook.restart()
    assert notebook.run("'known' in globals()") == "False"
