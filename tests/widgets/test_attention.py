"""The attention view, on small transformers: what it sends is what the methods give."""

import numpy as np
import pytest
from flax import nnx
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import (
    attention,
    attention_distance,
    attention_entropy,
    attention_flow,
    attention_rollout,
)
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import Attention
from cnnviz_widgets.widgets.records.attention_record import shrunk
from tests.models import transformers
from tests.models.taps import pictures

from .conftest import PATIENCE

TOKENS = 13  # a class token and 4 x 3 patches


@pytest.fixture(scope="module")
def net():
    return cw.Network(transformers.NnxEncoder(nnx.Rngs(0)), input_shape=transformers.PICTURE)


@pytest.fixture(scope="module")
def image():
    return pictures(transformers.PICTURE, 1)[0]


@pytest.fixture
def view(net, image):
    view = Attention(net, image)
    view.wait(PATIENCE)
    return view


def numbers(frame, name):
    return np.frombuffer(frame[name], "<f4")


def looks(view, **traits):
    """The frame after some traits were set."""
    for name, value in traits.items():
        setattr(view, name, value)
    view.wait(PATIENCE)
    return view.frame


def test_it_opens_with_the_last_layer_seen_by_the_class_token(view, net, image):
    assert [each["name"] for each in view.layers] == ["first", "second"]
    assert (view.layer, view.head, view.query, view.show) == ("second", 0, 0, "head")
    assert view.tokens[:3] == ["class token", "row 0, column 0", "row 0, column 1"]
    assert view.grid["words"] == attention(net, image).grid.words
    weights = view.result.weights
    np.testing.assert_array_equal(numbers(view.frame, "row"), weights["second"][0, 0, 0])
    every = np.concatenate([each[0, :, 0].ravel() for each in weights.values()])
    np.testing.assert_array_equal(numbers(view.frame, "rows"), every)


def test_the_numbers_of_the_heads_are_those_of_the_methods(view, net, image):
    for name, method in (("entropy", attention_entropy), ("distance", attention_distance)):
        wanted = np.concatenate([each[0] for each in method(net, image).values()])
        np.testing.assert_allclose(numbers(view.frame, name), wanted, rtol=1e-6)


def test_every_choice_is_answered(view, net, image):
    weights = attention(net, image).weights["first"][0]
    frame = looks(view, layer="first", head=1, query=5)
    np.testing.assert_allclose(numbers(frame, "row"), weights[1, 5], rtol=1e-6)
    codes = np.frombuffer(frame["matrix"], np.uint8).reshape(TOKENS, TOKENS)
    np.testing.assert_allclose(
        codes / 255 * frame["matrix_high"], weights[1], atol=frame["matrix_high"] / 500
    )
    frame = looks(view, show="mean")
    np.testing.assert_allclose(numbers(frame, "row"), weights.mean(0)[5], rtol=1e-6)
    frame = looks(view, show="rollout", layer="second")
    np.testing.assert_allclose(
        numbers(frame, "row"), attention_rollout(net, image)[0, 5], rtol=1e-6
    )
    frame = looks(view, show="flow")
    assert frame["progress"] == 1
    np.testing.assert_allclose(
        numbers(frame, "row"), attention_flow(net, image, query=5)[0], rtol=1e-6
    )


def test_a_position_is_a_query_and_the_other_way_round(net, image):
    chosen = cw.Selection(image=image)
    view = Attention(net, selection=chosen)
    chosen.position = [2, 1]
    assert view.query == 1 + 2 * 3 + 1
    view.query = 3
    assert chosen.position == [0, 2]
    chosen.position = [40, 40]  # of a larger map: stays
    assert view.query == 3
    chosen.layer = "first"
    assert view.layer == "first"
    chosen.layer = "head"  # pays no attention: stays
    assert view.layer == "first"


def test_a_selection_is_not_moved_by_what_a_view_opens_with(net, image):
    chosen = cw.Selection(image=image)
    Attention(net, selection=chosen)
    assert chosen.layer is None


def test_the_page_looks_from_a_token_without_choosing_it(view, page_of):
    page = page_of(view)
    page.paints = True
    page.send({"type": "look", "token": 4})
    view.wait(PATIENCE)
    assert (view.frame["query"], view.query) == (4, 0)
    page.send({"type": "look"})
    view.wait(PATIENCE)
    assert view.frame["query"] == 0
    page.send({"type": "look", "token": TOKENS})  # no page of ours does that
    assert view.state == "done"


def test_another_image_is_read_anew(view, net):
    other = pictures(transformers.PICTURE, 2)[1]
    frame = looks(view, image=other)
    wanted = attention(net, other).weights["second"][0, 0, 0]
    np.testing.assert_allclose(numbers(frame, "row"), wanted, rtol=1e-6)


def test_words_for_tokens(page_of):
    net = cw.Network(transformers.text, params=transformers.text_params(), input_shape=(7,))
    words = np.arange(7, dtype=np.float32)
    view = Attention(net, words, tokens=list("abcdefg"), query=6)
    view.wait(PATIENCE)
    assert view.grid is None
    assert view.tokens == list("abcdefg")
    frame = view.frame
    assert "distance" not in frame
    assert frame["small_sides"] == [[7, 7]] * 4
    assert page_of(view).traits["tokens"] == list("abcdefg")
    assert view._repr_mimebundle_()[0]["image/png"]
    with pytest.raises(InputError, match=r"expected 7 words in tokens.* got 3"):
        Attention(net, words, tokens=["a", "b", "c"])


def test_a_still_picture(view):
    assert view._repr_mimebundle_()[0]["image/png"]


def test_many_tokens_are_shown_by_means_of_blocks():
    matrix = np.random.default_rng(0).random((12, 9))
    wanted = matrix.reshape(3, 4, 3, 3).mean((1, 3))
    np.testing.assert_allclose(shrunk(matrix, 3), wanted)
    assert shrunk(matrix, 12) is matrix


@pytest.mark.parametrize(
    "wrong", [{"layer": "third"}, {"head": 2}, {"query": 13}, {"show": "all"}], ids=str
)
def test_what_there_is_not_is_refused(net, image, wrong):
    with pytest.raises(TraitError):
        Attention(net, image, **wrong)


def test_a_network_without_attention_is_refused(digits):
    with pytest.raises(InputError, match="expected a network with attention"):
        Attention(digits, np.zeros((28, 28, 1), np.float32))


def test_learnt_queries_are_no_patches(image, page_of):
    net = cw.Network(transformers.PicturePooled(nnx.Rngs(0)), input_shape=transformers.PICTURE)
    view = Attention(net, image, query=7)
    view.wait(PATIENCE)
    assert (view.layer, view.error) == ("pool/look", None)
    page = page_of(view)
    assert page.traits["layers"][1] == {"name": "pool/look", "heads": 2, "queries": 3, "keys": 12}
    distance = np.frombuffer(page.traits["frame"]["distance"], np.float32)
    assert np.isfinite(distance).tolist() == [True, True, False, False]
    wanted = attention(net, image).weights["pool/look"][0, 0, 2]  # the last one
    np.testing.assert_allclose(np.frombuffer(page.traits["frame"]["row"], np.float32), wanted)
    assert view._repr_mimebundle_()[0]["image/png"]
    assert view._looker() == "query 2"
