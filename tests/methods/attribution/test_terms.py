"""Words for people follow what a network reads."""

import jax.numpy as jnp
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods.attribution.guide import GUIDE, guide_for
from cnnviz_widgets.methods.attribution.terms import terms
from cnnviz_widgets.network import Composite, Network

FORBIDDEN = {
    "sounds": ("pixel", "image", "picture", "colour", "photograph", "letter"),
    "texts": ("pixel", "image", "picture", "colour", "photograph", "sample"),
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_network_that_sees_nothing_is_told_of_nothing_seen(name):
    for entry in guide_for(cw.load(name)).values():
        said = f"{entry.shows} {entry.cannot} {entry.warning}".lower()
        assert not [word for word in FORBIDDEN[name] if word in said], said
        assert "{" not in said


def test_of_pictures_it_is_the_guide_itself(digits):
    assert guide_for(digits) == GUIDE
    assert GUIDE["saliency"].shows.startswith("Which pixels,")


def _said_of_lrp(net, composite=None):
    entry = guide_for(net, composite)["lrp"]
    return f"{entry.cannot} {entry.warning}"


def test_of_lrp_is_told_what_holds_for_the_rule_that_runs(digits):
    loop = cw.load("digits_gru")
    assert "z+ rule of the middle" in _said_of_lrp(digits)
    assert "Gates" not in _said_of_lrp(digits)
    assert _said_of_lrp(loop).startswith("The gamma rule")
    assert "Gates and the shares of attention count as constants" in _said_of_lrp(loop)
    assert _said_of_lrp(digits, "epsilon_gamma_box").startswith("The gamma rule")
    assert "With the epsilon rule" in _said_of_lrp(loop, "epsilon")
    assert not guide_for(loop, "epsilon")["lrp"].warning
    assert "all pixels that a layer sees" in _said_of_lrp(digits, Composite("flat", "flat", "flat"))


@pytest.mark.parametrize(
    ("shape", "places"),
    [((4, 4, 3), "pixels"), ((9, 1), "samples"), ((9, 3), "steps"), ((9,), "values")],
)
def test_the_shape_of_an_input_tells(shape, places):
    net = Network(lambda _, x: x.reshape(len(x), -1)[:, :2] * 1.0, input_shape=shape)
    assert terms(net).places == places


def test_tokens_are_letters_if_they_are_spelt():
    letters = cw.load("texts")
    assert terms(letters).places == "letters"
    table = jnp.ones((5, 3))
    bare = Network(lambda p, ids: p[ids].mean(1), params=table, input_shape=(4,), dtype="int32")
    assert terms(bare).places == "tokens"
