"""Words for people follow what a network reads."""

import jax.numpy as jnp
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods.attribution.guide import GUIDE, guide_for
from cnnviz_widgets.methods.attribution.terms import terms
from cnnviz_widgets.network import Network

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
