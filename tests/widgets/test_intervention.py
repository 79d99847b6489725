"""Edits made from Python and from the page, and what the page is told of them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.methods import Edit
from cnnviz_widgets.network import InputError, Network, UnknownTargetError
from cnnviz_widgets.widgets import FeatureMaps, Intervention, Selection
from cnnviz_widgets.widgets.records.edit_stack import MOST, EditStack

from .conftest import PATIENCE


@pytest.fixture
def view(digits, three):
    view = Intervention(digits, three, layer="conv2", channel=5, seen="conv3")
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def numbers(frame, key):
    return np.frombuffer(frame[key], "<f4")


def values(frame, key):
    """The maps of a kind, back from their codes."""
    codes = np.frombuffer(frame[key], np.uint8).reshape(-1, frame["rows"], frame["cols"]) / 255
    limits = numbers(frame, "tile_ranges").reshape(-1, 2)
    if key == "difference":
        limits = np.full_like(limits, frame["most"]) * (-1, 1)
    low, high = limits[:, :1, None], limits[:, 1:, None]
    return low + codes * (high - low)


def assert_shows(frame, net, image, edits, seen):
    """What the frame holds is what the methods give."""
    found = methods.intervene(net, image, edits, seen)
    before, after = (np.asarray(each.values[seen])[0] for each in (found.before, found.after))
    channels = np.frombuffer(frame["tile_channels"], "<i4")
    change = np.abs(after - before).mean((0, 1))
    assert set(channels[:4]) == set(np.argsort(-change)[:4])
    step = np.ptp(numbers(frame, "tile_ranges").reshape(-1, 2), 1).max() / 255
    for key, wanted in {"before": before, "after": after}.items():
        close = np.moveaxis(wanted[..., channels], -1, 0)
        np.testing.assert_allclose(values(frame, key), close, atol=0.51 * step)
    difference = np.moveaxis((after - before)[..., channels], -1, 0)
    shown = values(frame, "difference")
    np.testing.assert_allclose(shown, difference, atol=0.0045 * frame["most"])
    shares = numbers(frame, "shares").reshape(-1, 2).T
    for given, each in zip(shares, (found.before, found.after), strict=True):
        np.testing.assert_allclose(
            given, np.asarray(each.probabilities)[0, frame["shown_classes"]], atol=1e-6
        )


def test_the_page_is_shown_what_the_methods_give(view, page, digits, three):
    page.send({"type": "edit", "kind": "mute"})
    view.wait(PATIENCE)
    assert [edit.title for edit in view.edits] == ["mute conv2:5"]
    assert_shows(view.frame, digits, three, view.edits, "conv3")
    page.set(region=[2, 3, 6, 8], channel=7)
    page.send({"type": "edit", "kind": "boost"})
    page.send({"type": "change", "edit": 1, "value": -3.5})
    view.wait(PATIENCE)
    assert view.edits[1].title == "boost conv2:7 [2:6, 3:8] × -3.5"
    assert_shows(view.frame, digits, three, view.edits, "conv3")
    own = np.asarray(methods.activations(view.net, three, "conv2")["conv2"])[0, ..., 7]
    info = view.frame["own"]
    codes = np.frombuffer(view.frame["own_codes"], np.uint8).reshape(own.shape) / 255
    shown = info["low"] + codes * (info["high"] - info["low"])
    inside = np.clip(own, info["low"], info["high"])
    np.testing.assert_allclose(shown, inside, atol=0.51 * (info["high"] - info["low"]) / 255)


def test_the_attribution_is_that_of_both_networks(view, three):
    view.whole = True
    view.replace(0.3)
    view.wait(PATIENCE)
    frame = view.frame
    for key, net in {"before": view.net.unedited, "after": view.net}.items():
        found = methods.grad_cam(net, three, target=frame["target"]).values[0]
        codes = np.frombuffer(frame[f"attribution_{key}"], np.uint8).reshape(found.shape)
        most = frame["attribution"]["most"]
        np.testing.assert_allclose(codes / 255 * most, found, atol=0.51 * most / 255)


def test_edits_are_switched_named_taken_back_and_made_again(view, page):
    page.send({"type": "edit", "kind": "mute"})
    page.send({"type": "edit", "kind": "negate"})
    page.send({"type": "change", "edit": 0, "name": "no edges"})
    page.send({"type": "change", "edit": 0, "on": False})
    assert [(each["title"], each["on"]) for each in page.traits["stack"]] == [
        ("no edges", False), ("negate conv2:5", True),
    ]  # fmt: skip
    page.command("undo")
    assert view.edits[0].on
    page.command("undo")
    page.command("undo")
    assert len(view.edits) == 1
    page.command("redo")
    assert len(view.edits) == 2
    page.send({"type": "remove", "edit": 0})
    assert [edit.kind for edit in view.edits] == ["negate"]
    page.command("clear")
    assert page.traits["history"] == {"undo": True, "redo": False, "clear": False}
    page.command("undo")
    assert [edit.kind for edit in view.edits] == ["negate"]
    view.wait(PATIENCE)
    assert view.state == "done"


def test_what_is_switched_off_changes_nothing(view):
    view.mute()
    view.wait(PATIENCE)
    assert view.frame["changed"] > 0
    view.change(0, on=False)
    view.wait(PATIENCE)
    assert view.frame["changed"] == 0
    assert view.frame["most"] == 0
    assert set(view.frame["difference"]) == {128}


def test_a_slider_on_its_way_is_one_step_back():
    stack = EditStack()
    stack.add(Edit("conv1", "boost"))
    for value in (2.5, 3.0, 3.5):
        stack.change(0, value=value)
    stack.undo()
    assert stack.edits[0].value == 2.0
    stack.redo()
    assert stack.edits[0].value == 3.5
    with pytest.raises(InputError, match="finite"):
        stack.change(0, value=float("inf"))
    with pytest.raises(InputError, match="below 1, got 3"):
        stack.remove(3)
    for _ in range(MOST - 1):
        stack.add(Edit("conv1"))
    with pytest.raises(InputError, match="at most"):
        stack.add(Edit("conv1"))


def test_takes_over_from_another_image(view, page, digits, three):
    assert "digit-5" in page.traits["donors"]
    page.send({"type": "edit", "kind": "transplant", "from": "digit-5"})
    view.wait(PATIENCE)
    assert view.stack[0]["title"] == "transplant conv2:5 from digit-5"
    other = digits.fit(cw.image("digit-5"))
    found, wanted = (
        np.asarray(methods.activations(net, image, "conv2")["conv2"])
        for net, image in ((view.net, three), (digits, other))
    )
    np.testing.assert_allclose(found[..., 5], wanted[..., 5], atol=1e-5)
    page.send({"type": "edit", "kind": "transplant", "from": "digit-77"})
    assert "digit-77" in view.message


def test_own_donors_and_means(digits, three):
    others = np.stack([three, 1 - three])
    view = Intervention(digits, three, donors={"inverse": 1 - three}, reference=others)
    assert view.donors == ["inverse"]
    assert view.means
    view.use_mean()
    view.wait(PATIENCE)
    found = np.asarray(methods.activations(view.net, three, "conv1")["conv1"])[0, ..., 0]
    wanted = np.asarray(methods.activations(digits, others, "conv1")["conv1"])[..., 0].mean()
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
    plain = Intervention(digits, three)
    with pytest.raises(InputError, match="reference="):
        plain.use_mean()


def test_ranks_and_can_be_stopped(view, page, digits, three):
    view.mute()
    page.command("rank")
    view.wait(PATIENCE)
    assert view.state == "done"
    wanted = methods.channel_effects(view.net, three, "conv2", target=view.frame["target"])
    channels = np.frombuffer(view.frame["effect_channels"], "<i4")
    np.testing.assert_array_equal(channels, wanted.order()[: len(channels)])
    logits = numbers(view.frame, "effect_logits")
    np.testing.assert_allclose(logits, wanted.logits[0, channels], atol=1e-4)
    assert view.frame["effects"]["current"]
    assert not view.frame["ranking"]
    view.undo()
    view.wait(PATIENCE)
    assert not view.frame["effects"]["current"]
    view.layer = "conv3"
    view.wait(PATIENCE)
    assert "effects" not in view.frame


def test_an_edit_ends_a_ranking(view, page):
    page.command("rank")
    page.wait_for(lambda: any(each.get("ranking") for each in page.messages))
    view.mute()
    view.wait(PATIENCE)
    assert view.frame["changed"] > 0
    page.command("rank")
    page.command("stop")
    view.wait(PATIENCE)
    assert view.state in ("idle", "done")


def test_views_share_a_selection_and_the_edited_network(digits, three):
    chosen = Selection(image=three, layer="conv2", channel=3)
    view = Intervention(digits, selection=chosen)
    assert (view.layer, view.channel) == ("conv2", 3)
    chosen.channel = 9
    view.mute()
    view.wait(PATIENCE)
    assert view.edits[0].channels == (9,)
    maps = FeatureMaps(view.net, three, selection=chosen)
    maps.wait(PATIENCE)
    assert maps.sheet is not None
    assert maps.sheet.strength[9] == 0
    view.target = 7
    assert chosen.target == 7


def test_a_vector_and_a_network_without_maps():
    net = Network(lambda p, x: np.float32(2) * (x @ p), params=np.eye(4, dtype=np.float32),
                  input_shape=(4,))  # fmt: skip
    view = Intervention(net, np.arange(4, dtype=np.float32), channel=3)
    view.wait(PATIENCE)
    assert (view.state, view.method, view.methods, view.donors) == ("done", "", [], [])
    view.boost(3.0)
    view.wait(PATIENCE)
    assert view.frame["changed"] == 1
    assert view.frame["attribution"] is None


def test_the_still_picture_is_of_before_and_after(view):
    view.mute()
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width > 3 * 250


def test_says_what_is_wrong(view, page, digits, three):
    with pytest.raises(UnknownTargetError, match="from 0 to 63, got 64"):
        view.add(Edit("conv2", "mute", 64))
    assert view.edits == ()
    with pytest.raises(TraitError, match="11 rows and 11 columns of conv2"):
        view.region = [0, 0, 12, 3]
    with pytest.raises(TraitError, match="did you mean"):
        view.seen = "conv33"
    page.send({"type": "edit", "kind": "mute"})
    page.send({"type": "change", "edit": 5, "on": False})
    assert "number of an edit" in view.message
    page.send({"type": "edit", "kind": "negate"})
    page.send({"type": "change", "edit": 1, "value": 3})
    assert "no value" in view.message
    view.transplant(np.zeros((28, 28, 1)))
    view.wait(PATIENCE)
    assert view.state == "done"
    with pytest.raises(InputError, match="expected"):
        view.transplant(np.zeros((5, 5, 9)))
    with pytest.raises(TypeError, match="did you mean 'edits'"):
        Intervention(digits, three, edit=[])  # type: ignore[call-arg]


def test_what_no_page_sends_is_ignored(view, page):
    for message in (
        {"type": "edit", "kind": "explode"},
        {"type": "change", "edit": 0, "value": "much"},
        {"type": "change", "edit": -1, "on": True},
        {"type": "command", "command": "dance"},
    ):
        page.send(message)
    assert (view.edits, view.message) == ((), "")
