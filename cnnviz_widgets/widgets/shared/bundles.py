"""The built front end: one script and one style sheet a view, in `cnnviz_widgets/static/`."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"


def read_bundle(name: str) -> str:
    """The text of a built file.

    Raises:
        FileNotFoundError: in a checkout whose front end is not built yet; says how to build it.
    """
    path = STATIC / name
    if not path.is_file():
        raise FileNotFoundError(
            f"expected the built front end in {STATIC}, but {name!r} is not there. In a checkout, "
            "run `make demo` or `make test`, which build it, or `npm ci && npm run build` in js/. "
            "An installed package has it: reinstall."
        )
    return path.read_text(encoding="utf-8")
