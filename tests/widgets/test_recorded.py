"""The page for developers: real views recorded for it, and every view in its list."""

import base64
import json

import pytest

from js.dev import record
from tools.console import ROOT

from .conftest import VIEWS

SCENES = {
    "none": "unseen = 1 / 0",  # comes after the last one that is wanted
    "maps": """
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
cw.FeatureMaps(net, image, layer="conv1", channel=3)
""",
    "pair": "import ipywidgets\nipywidgets.HBox([cw.widgets.LayerList(net)])",
    "list": 'cw.widgets.LayerList(net, layer="conv2")',
}
ORDER = ("maps", "pair", "list", "none")


def revived(told):
    return base64.b64decode(told["$bytes"]) if "$bytes" in told else told


def test_what_is_recorded_is_all_that_a_page_gets(tmp_path, page_of, monkeypatch):
    views = {}
    run = record.run_cell

    def keeping(cell, namespace):
        views[cell] = run(cell, namespace)
        return views[cell]

    monkeypatch.setattr(record, "run_cell", keeping)
    record.record({name: SCENES[name] for name in ORDER}, ["maps", "pair", "list"], tmp_path)
    assert json.loads((tmp_path / "index.json").read_text()) == ["maps", "list"]
    for name, bundle in (("maps", "feature-maps"), ("list", "layer-list")):
        told = json.loads((tmp_path / f"{name}.json").read_text(), object_hook=revived)
        assert told["view"] == bundle
        page = page_of(views[SCENES[name]])
        page.request_state()
        own = {name for name in page.traits if not name.startswith("_")} - {"layout"}
        assert told["traits"] == {name: page.traits[name] for name in own}


def test_a_scene_that_there_is_none_of_is_refused(capsys):
    with pytest.raises(SystemExit):
        record.main(["wieghts"])
    assert "there is no scene wieghts; expected some of feature-maps" in capsys.readouterr().err


def test_every_view_has_a_place_on_the_page():
    script, styles = ((ROOT / "js/dev" / name).read_text() for name in ("dev.ts", "dev.css"))
    for view in VIEWS:
        assert f'from "../src/{view}/index"' in script
        assert f'"../src/{view}/style.css"' in styles
