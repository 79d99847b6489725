"""Records real views for the page without a kernel: `python -m js.dev.record`.

The views are those of the screenshots. All that each would send to its page goes into
`js/dev/recorded/`, which is not committed; `npm run dev` then shows them beside the made-up scenes.
What a page does alone works there as ever; what it asks the kernel for stays unanswered.
"""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path
from typing import Any

from cnnviz_widgets.widgets.base import View
from tests.browser.test_screenshots import CELLS, NAMES

FOLDER = Path(__file__).parent / "recorded"
PATIENCE = 300.0
PRIVATE = "_"  # how traits begin that belong to ipywidgets or hold the front end's own files


def main() -> None:
    """Record all views, and list them in an index."""
    FOLDER.mkdir(exist_ok=True)
    names, namespace = [], {}
    for name, cell in zip(NAMES, CELLS, strict=True):
        view = run_cell(cell, namespace)
        if isinstance(view, View):  # others are made of views, and of other packages' widgets
            view.wait(PATIENCE)
            (FOLDER / f"{name}.json").write_text(as_json(view))
            names.append(name)
            print(f"{name}: {(FOLDER / f'{name}.json').stat().st_size / 1e6:.1f} MB")
    (FOLDER / "index.json").write_text(json.dumps(names))


def run_cell(cell: str, namespace: dict[str, Any]) -> Any:
    """Run the code of a cell as a notebook does; the value of its last expression."""
    *before, last = ast.parse(cell).body
    exec(compile(ast.Module(before, []), "<cell>", "exec"), namespace)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)


def as_json(view: View) -> str:
    """A view's name and traits; binary values in base64."""
    traits = {
        name: value for name, value in view.get_state().items() if not name.startswith(PRIVATE)
    }
    traits.pop("layout", None)
    told = {"view": view.bundle, "traits": traits}
    return json.dumps(told, default=_binary, allow_nan=False)


def _binary(value: Any) -> dict[str, str]:
    return {"$bytes": base64.b64encode(bytes(value)).decode()}


if __name__ == "__main__":
    main()
