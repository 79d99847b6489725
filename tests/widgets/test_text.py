import numpy as np
import pytest
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import Text
from tests.models import transformers
from tests.models.functions import weights

from .conftest import PATIENCE

SENTENCE = "Alle Menschen sind frei"


@pytest.fixture(scope="module")
def reader() -> cw.Network:
    return cw.load("texts")


@pytest.fixture
def view(reader):
    view = Text(reader, SENTENCE, channel=5)
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def numbers(value: bytes) -> np.ndarray:
    return np.frombuffer(value, "<f4")


def test_the_page_gets_the_letters_and_what_they_contribute(view, page, reader):
    frame = page.traits["frame"]
    assert frame["tokens"] == list(SENTENCE)
    assert frame["padding"] == 96 - len(SENTENCE)
    found = cw.methods.integrated_gradients(reader, SENTENCE)
    shares = cw.methods.per_token(found.values)[0]
    np.testing.assert_allclose(numbers(frame["shares"]), shares[: len(SENTENCE)], atol=1e-5)
    assert not shares[len(SENTENCE) :].any()  # padding has no share in anything
    assert numbers(frame["probabilities"]).argmax() == frame["target"]
    assert reader.classes[frame["target"]] == "German"
    assert any("zero vector" in note for note in frame["notes"])


def test_the_channel_and_what_it_looks_for(view, page, reader):
    frame = page.traits["frame"]
    assert (frame["layer"], frame["channel"], frame["window"]) == ("relu", 5, 5)
    maps = np.asarray(cw.methods.activations(reader, SENTENCE, "relu")["relu"])[0]
    np.testing.assert_allclose(numbers(frame["response"]), maps[:, 5], atol=1e-6)
    texts = [cw.text(m.text) for m in cw.zoo.messages() if m.held_out]
    wanted = cw.methods.text_matches(reader, texts, layer="relu", channel=5, count=12)
    assert frame["matches"] == [[list(m.labels), m.activation, m.count] for m in wanted]
    assert frame["searched"] == len(texts)
    shares = cw.methods.channel_shares(reader, SENTENCE, layer="relu")[0]
    best = np.argsort(-shares, kind="stable")[:6]
    assert frame["strongest"] == [[k, shares[k]] for k in best]
    page.set(layer="dense", channel=2)
    view.wait(PATIENCE)
    frame = page.traits["frame"]
    assert (frame["matches"], frame["window"]) == ([], 0)
    assert len(numbers(frame["response"])) == 1


def test_what_is_typed_is_read(view, page, reader):
    page.set(text="Hyvää huomenta, kaikki")
    view.wait(PATIENCE)
    frame = page.traits["frame"]
    assert "".join(frame["tokens"]) == "Hyvää huomenta, kaikki"
    assert reader.classes[frame["target"]] == "Finnish"
    assert view.image.text == "Hyvää huomenta, kaikki"
    view.image = cw.text("Bom dia")
    assert page.traits["text"] == "Bom dia"
    page.set(text="a" * 961)
    assert "a text of 1 to 960 characters, got 961" in page.traits["message"]
    assert page.traits["text"] == "Bom dia"


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "smooth_grad"])
def test_every_method_answers(reader, method):
    view = Text(reader, SENTENCE, method=method, target="Dutch", examples=())
    view.wait(PATIENCE)
    assert view.state == "done"
    assert view.frame["method"] == method
    assert view.frame["target"] == reader.classes.index("Dutch")
    if method in ("saliency",):
        assert (numbers(view.frame["shares"]) >= 0).all()


def test_the_selection_is_shared(reader):
    chosen = cw.Selection(target=2)
    view = Text(reader, SENTENCE, selection=chosen)
    maps = cw.FeatureMaps(reader, cw.text(SENTENCE), selection=chosen)
    for each in (view, maps):
        each.wait(PATIENCE)
    assert maps.tokens == list(SENTENCE)
    view.layer, view.channel, view.position = "conv", 9, [0, 3]
    assert (maps.layer, maps.channel, maps.position) == ("conv", 9, [0, 3])
    chosen.image = cw.text("Buona sera")
    for each in (view, maps):
        each.wait(PATIENCE)
    assert view.text == "Buona sera"
    assert maps.tokens == list("Buona sera")
    assert view.target == 2


def test_a_network_of_ones_own_with_labels_for_its_ids():
    net = cw.Network(transformers.text, params=transformers.text_params(), input_shape=(5,))
    words = ["<b>", "quick", "brown", "fox", "jumps"]
    view = Text(net, np.arange(5), tokens=words)
    view.wait(PATIENCE)
    assert view.state == "done", view.message
    assert view.frame["tokens"] == words
    assert view.frame["searched"] == 0
    assert not view.editable
    unlabelled = Text(net, np.arange(5))
    unlabelled.wait(PATIENCE)
    assert unlabelled.frame["tokens"] == list("01234")
    with pytest.raises(InputError, match=r"expected a text: pass Text\(net, ids"):
        Text(net)


def test_the_still_picture(view):
    data, _ = view._repr_mimebundle_()
    assert "image/png" in data


def test_what_there_is_not_is_refused(reader, digits):
    with pytest.raises(TraitError, match="a method for texts"):
        Text(reader, SENTENCE, method="rise")
    with pytest.raises(ValueError, match="expected a class of the network, got 'Latin'"):
        Text(reader, SENTENCE, target="Latin")
    with pytest.raises(TraitError, match="expected a class from 0 to 11, got 12"):
        Text(reader, SENTENCE).target = 12
    with pytest.raises(InputError, match="a network that looks ids of tokens up in a table"):
        Text(digits)
    bag = cw.Network(
        lambda p, ids: p[0][ids].mean(1) @ p[1], params=weights((10, 6), (6, 3)), input_shape=(4,),
        dtype="int32",
    )  # fmt: skip
    with pytest.raises(InputError, match="a label for each token, from 1 to 4 of them, got 5"):
        Text(bag, np.arange(4), tokens=list("abcde"))
