"""Views behind tabs are made when they are first looked at."""

import ipywidgets
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.widgets import Explorer, LayerList
from cnnviz_widgets.widgets.view_tabs import ViewTabs

from .conftest import PATIENCE


@pytest.fixture
def explorer(digits):
    explorer = Explorer(digits)
    explorer.wait(PATIENCE)
    return explorer


def _titles(tabs):
    return [tabs.get_title(index) for index in range(len(tabs.children))]


def test_only_the_first_is_there_at_the_start(explorer):
    (view,) = explorer.tabs.views
    assert isinstance(view, cw.Attribution)
    assert explorer.tabs.children[0] is view is explorer.tabs.view(cw.Attribution)
    assert "Operation" in _titles(explorer.tabs)


def test_opening_a_tab_makes_its_view_of_what_is_looked_at(explorer):
    explorer.selection.layer = "conv2"
    explorer.selection.channel = 3
    index = _titles(explorer.tabs).index("Operation")
    explorer.tabs.selected_index = index
    explorer.wait(PATIENCE)
    view = explorer.tabs.children[index]
    assert isinstance(view, cw.Operation)
    assert (view.layer, view.channel, view.image is explorer.image) == ("conv2", 3, True)
    explorer.selection.layer = "conv3"
    assert view.layer == "conv3"
    explorer.tabs.selected_index = 0
    explorer.tabs.selected_index = index
    assert explorer.tabs.children[index] is view
    explorer.close()
    assert view.comm is None


def test_every_tab_opens(explorer):
    for index, title in enumerate(_titles(explorer.tabs)):
        explorer.tabs.selected_index = index
        explorer.wait(PATIENCE)
        child = explorer.tabs.children[index]
        if title == "Health":  # of one picture there is nothing to tell
            assert "Explorer(net, images, labels)" in child.value
        else:
            assert type(child).__name__.lower() == title.lower().replace(" ", "")
    assert explorer.error is None


@pytest.mark.parametrize(
    ("name", "title"), [("digits_gru", "Hidden states"), ("photos_vit", "Attention")]
)
def test_what_only_some_networks_have(name, title):
    explorer = Explorer(cw.load(name))
    explorer.tabs.selected_index = _titles(explorer.tabs).index(title)
    explorer.wait(PATIENCE)
    assert explorer.error is None
    assert len({"Hidden states", "Attention"} & set(_titles(explorer.tabs))) == 1


def test_a_view_that_the_network_cannot_have_says_so():
    def model(params, x):  # nothing of it can be undone
        return jnp.sort(x.reshape(len(x), -1))[:, :2] * params

    net = cw.Network(model, params=jnp.ones(()), input_shape=(8, 8, 3))
    explorer = Explorer(net, np.zeros((8, 8, 3), np.float32))
    for index in range(len(explorer.tabs.children)):
        explorer.tabs.selected_index = index
        child = explorer.tabs.children[index]
        assert isinstance(child, cw.widgets.View | ipywidgets.HTML)
        assert not isinstance(child, ipywidgets.HTML) or child.value


def test_words_in_a_tab_are_text_whatever_names_are_in_them(digits):
    def refuse():
        raise cw.network.InputError("expected a <b>layer</b>")

    tabs = ViewTabs({LayerList: lambda: LayerList(digits), cw.Health: refuse})
    tabs.selected_index = 1
    assert tabs.children[1].value == "expected a &lt;b&gt;layer&lt;/b&gt;"
    tabs.children[0].close()


def test_only_what_has_a_tab_can_be_asked_for(explorer):
    with pytest.raises(KeyError, match=r"Operation.*FeatureMaps"):
        explorer.tabs.view(cw.FeatureMaps)
