"""Records real views for the page without a kernel: `python -m js.dev.record`.

The views are those of the screenshots. All that each would send to its page goes into
`js/dev/recorded/`, which is not committed; `npm run dev` then shows them beside the made-up scenes.
What a page does alone works there as ever; what it asks the kernel for stays unanswered.

Names of scenes (`python -m js.dev.record weights attention`) record these alone; cells that they
build on are run, too. The index lists all that was ever recorded.
"""

from __future__ import annotations

import argparse
import ast
import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cnnviz_widgets.widgets.shared.base import View
from tests.browser.test_screenshots import CELLS, NAMES

FOLDER = Path(__file__).parent / "recorded"
PATIENCE = 600.0  # seconds; some views look at a whole set of pictures
PRIVATE = "_"  # how traits begin that belong to ipywidgets or hold the front end's own files


def main(arguments: Sequence[str] | None = None) -> None:
    """Record the views that are named, or all, and list what there is in an index."""
    parser = argparse.ArgumentParser(description="Records views for the page without a kernel.")
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(NAMES)}")
    wanted = set(parser.parse_args(arguments).names) or set(NAMES)
    if unknown := sorted(wanted - set(NAMES)):
        parser.error(f"there is no scene {', '.join(unknown)}; expected some of {', '.join(NAMES)}")
    record(dict(zip(NAMES, CELLS, strict=True)), wanted, FOLDER)


def record(cells: Mapping[str, str], wanted: Iterable[str], folder: Path) -> None:
    """Run cells one after the other, and write down the views that they end with.

    Args:
        cells: code by the name of its scene.
        wanted: names of the scenes to write down; cells after the last of them are not run.
        folder: where one JSON file a scene goes, and `index.json`.
    """
    folder.mkdir(exist_ok=True)
    wanted, namespace = set(wanted), {}
    for name, cell in cells.items():
        if not wanted:
            break
        view = run_cell(cell, namespace)
        if name not in wanted:
            continue
        wanted.discard(name)
        if isinstance(view, View):  # others are made of views, and of other packages' widgets
            view.wait(PATIENCE)
            file = folder / f"{name}.json"
            file.write_text(as_json(view))
            print(f"{name}: {file.stat().st_size / 1e6:.1f} MB", flush=True)
    known = {file.stem for file in folder.glob("*.json")} - {"index"}
    names = [name for name in cells if name in known]
    (folder / "index.json").write_text(json.dumps(names))


def run_cell(cell: str, namespace: dict[str, Any]) -> Any:
    """Run the code of a cell as a notebook does; the value of its last expression.

    What a cell waits for has as long as here is patience: a browser test's cell runs on a machine
    that does nothing else.
    """
    *before, last = ast.parse(cell.replace(".wait()", f".wait({PATIENCE})")).body
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
