import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import (
    Architecture,
    Explorer,
    FeatureMaps,
    GradientAscent,
    ImageChooser,
    LayerList,
)
from cnnviz_widgets.widgets.shared import bundles
from cnnviz_widgets.widgets.shared.base import in_words
from cnnviz_widgets.widgets.shared.wire import pack

from .conftest import PATIENCE

MAKERS = {
    "Architecture": lambda net, image, **options: Architecture(net, image, **options),
    "FeatureMaps": lambda net, image, **options: FeatureMaps(net, image, **options),
    "GradientAscent": lambda net, _, **options: GradientAscent(net, **options),
    "ImageChooser": lambda net, _, **options: ImageChooser(net, **options),
    "LayerList": lambda net, _, **options: LayerList(net, **options),
}


@pytest.fixture(params=MAKERS)
def make(request, digits, three):
    return lambda **options: MAKERS[request.param](digits, three, **options)


def test_a_view_carries_its_front_end(make, page_of, static):
    view = make()
    view.wait(PATIENCE)
    assert page_of(view).traits["_esm"] == (static / f"{view.bundle}.js").read_text()
    assert page_of(view).traits["_css"] == (static / f"{view.bundle}.css").read_text()


def test_a_front_end_that_is_not_built_is_told_of(make, monkeypatch, tmp_path):
    monkeypatch.setattr(bundles, "STATIC", tmp_path)
    with pytest.raises(FileNotFoundError, match="In a checkout, run `make demo` or `make test`"):
        make()


def test_an_unknown_keyword_is_refused_with_advice(make):
    with pytest.raises(TypeError, match="takes no argument 'selectoin': did you mean 'selection'"):
        make(selectoin=None)


def test_the_explorer_refuses_unknown_keywords_too(digits):
    with pytest.raises(TypeError, match="takes no argument 'imag': did you mean 'image'"):
        Explorer(digits, imag=None)


def test_a_page_that_asks_whether_anyone_is_there_is_answered(make, page_of):
    page = page_of(make())
    page.send({"type": "ping"})
    page.wait_for(lambda: {"type": "pong"} in page.messages)


def test_a_view_at_rest_is_not_waited_for(digits):
    LayerList(digits).wait(0)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "painted",
        {},
        {"type": None},
        {"type": ["painted"]},
        {"type": "unknown"},
        {"type": "painted"},
        {"type": "painted", "number": "1"},
        {"type": "painted", "number": True},
        {"type": "painted", "number": -1},
        {"type": "painted", "number": 1e9},
    ],
)
def test_a_malformed_message_is_logged_and_dropped(make, page_of, content, caplog):
    view = make()
    view.wait(PATIENCE)
    view.log.addHandler(caplog.handler)
    view.log.setLevel(logging.WARNING)
    page_of(view).send(content)
    assert "ignored a message from the page" in caplog.text
    assert (view.state, view.message) in [("idle", ""), ("done", "")]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["type", "number", "command", "step", "name", "width", "height"])
kinds = st.sampled_from(["painted", "command", "show", "upload", "ping"])


several = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
messages = json | st.dictionaries(names, json | kinds)


@several
@given(content=messages, buffers=st.lists(st.binary(), max_size=2))
def test_no_message_breaks_a_view(views, content, buffers):
    for view, page in views:
        page.send(content, *buffers)
        if isinstance(view, GradientAscent):
            view.stop()
        view.wait(PATIENCE)
        assert view.error is None


@several
@given(data=st.data())
def test_no_trait_from_the_page_breaks_a_view(views, data):
    for view, page in views:
        ours = view.traits(sync=True, kernel_only=True) | view.traits(sync=True, echo_update=False)
        page.set(**data.draw(st.dictionaries(st.sampled_from(sorted(ours)), json, max_size=3)))
        view.wait(PATIENCE)
        for name in view.traits(sync=True, echo_update=False):  # those that a page may set
            assert page.traits[name] == getattr(view, name)


@pytest.fixture
def views(digits, three, page_of):
    made = [make(digits, three) for make in MAKERS.values()]
    return [(view, page_of(view)) for view in made]


def test_a_frame_travels_as_plain_values_and_named_buffers():
    content, buffers = pack({"number": 3, "pixels": b"abc", "width": 1, "scores": b"\0"})
    assert content == {"type": "frame", "number": 3, "width": 1, "buffers": ["pixels", "scores"]}
    assert buffers == [b"abc", b"\0"]


def test_errors_for_people_stay_as_they_are_and_others_tell_their_kind():
    assert in_words(InputError("expected a picture.")) == "expected a picture."
    assert in_words(ZeroDivisionError("division by zero")) == "ZeroDivisionError: division by zero"
    assert in_words(RuntimeError()) == "RuntimeError: RuntimeError"


def test_a_state_request_is_answered_with_all_traits(digits, three, page_of):
    view = FeatureMaps(digits, three)
    view.wait(PATIENCE)
    page = page_of(view)
    frame = page.traits["frame"]
    page.traits.clear()
    page.request_state()
    assert page.traits["frame"] == frame
    assert page.traits["layer"] == "conv1"


def test_what_the_page_sets_of_a_trait_that_was_set_here_is_said_again(digits, three, page_of):
    view = FeatureMaps(digits, three, layer="conv1")
    page = page_of(view)
    page.set(channel=3)  # only the page has ever set it
    assert page.echoes == []
    view.channel = 4  # which may still be on its way when the page says
    page.set(channel=5)
    assert page.echoes == [{"channel": 5}]
    page.traits["channel"] = 4  # that came late
    page.set(channel=6, order="strongest")
    assert page.echoes[1:] == [{"channel": 6}]


def test_a_channel_that_comes_with_a_layer_stays_inside_of_it(digits, three, page_of):
    view = FeatureMaps(digits, three, layer="conv2")
    page = page_of(view)
    page.set(channel=60, layer="conv1")  # collected by a page while the kernel was busy
    assert (view.layer, view.channel, view.error) == ("conv1", 31, None)
    assert page.traits["channel"] == 31
    page.set(channel=60)  # a plain mistake is refused as ever
    assert (view.channel, page.traits["channel"]) == (31, 31)
    assert "expected a channel of conv1 from 0 to 31" in view.message


def test_an_order_comes_with_what_it_is_about(digits, page_of):
    view = GradientAscent(digits, "conv2:5", steps=2)
    page = page_of(view)
    chosen = {"objective": "channel", "layer": "conv1", "channel": 7}
    page.send({"type": "command", "command": "play", "chosen": chosen})
    view.wait(PATIENCE)
    assert page.traits["frame"]["objective"] == "conv1:7"


@pytest.mark.parametrize("chosen", [{"channel": 64}, {"layer": "conv9"}, ["layer"], 5])
def test_an_order_about_nothing_that_there_is_is_not_carried_out(digits, page_of, chosen):
    view = GradientAscent(digits, "conv2:5", steps=2)
    page_of(view).send({"type": "command", "command": "play", "chosen": chosen})
    view.wait(PATIENCE)
    assert (view.layer, view.channel, view.frame) == ("conv2", 5, None)
    assert (view.error is None) != isinstance(chosen, dict)
