"""What `Operation` sends once, so that the page follows the pointer by itself.

That the page tells the same from it as the kernel does is for the tests of the front end to see;
they read a file that is held here against what the kernel tells now.
"""

import base64
import json

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.widgets import Operation, operation

from .conftest import PATIENCE
from .operation_fields import CASES, FILE, recorded


@pytest.fixture
def view(digits, three):
    view = Operation(digits, three, layer="conv2", channel=5, position=(3, 4))
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def ask(page, have=""):
    page.send({"type": "field", "have": have})
    message = page.messages[-1]
    assert message["type"] == "field"
    return message


def planes(message):
    kind = "<f4" if message["planes"].startswith("f4") else "<f8"
    return np.frombuffer(message["planeData"], kind)


def test_the_page_is_sent_what_the_layer_looks_at(view, page, digits, three):
    message = ask(page)
    frame = page.traits["frame"]
    for name in ("image", "layer", "channel"):
        assert message[name] == frame[name]
    (step,), (follows,) = message["steps"], message["then"]
    start, *shape = step["slid"]["maps"]
    seen = cw.methods.activations(digits, three, ["max_pool"])["max_pool"][0]
    sent = planes(message)[start : start + np.prod(shape)].reshape(shape)
    np.testing.assert_array_equal(sent, np.moveaxis(np.asarray(seen), -1, 0))
    numbers = np.frombuffer(message["numbers"])
    given = cw.methods.activations(digits, three, ["conv2", "relu_2"])
    for name, (first,) in (("conv2", message["value"]), ("relu_2", follows["result"])):
        values = numbers[first : first + 11 * 11].reshape(11, 11)
        np.testing.assert_allclose(values, given[name][0, ..., 5], atol=1e-5)
    json.dumps({key: value for key, value in message.items() if not isinstance(value, bytes)})


def test_the_maps_that_a_page_has_are_not_sent_again(view, page):
    first = ask(page)
    again = ask(page, first["planes"])
    assert "planeData" not in again
    page.set(channel=6)
    view.wait(PATIENCE)
    other = ask(page, first["planes"])
    assert (other["channel"], other["planes"]) == (6, first["planes"])
    assert "planeData" not in other
    assert len(other["numbers"]) < len(first["planeData"])
    page.set(layer="conv3")
    view.wait(PATIENCE)
    assert "planeData" in ask(page, first["planes"])


def test_too_much_is_not_sent(view, page, monkeypatch):
    size = len(ask(page)["planeData"])
    monkeypatch.setattr(operation, "LIMIT", size // 2)
    refused = ask(page)
    assert (refused["steps"], refused["layer"]) == (None, "conv2")
    assert "numbers" not in refused


def test_there_is_nothing_to_send_before_the_network_ran(view, page, seven):
    view._explainer = None  # as while the first pass, or that of another image, is at work
    assert ask(page) == {"type": "field", "steps": None, "later": True}
    view.image = seven
    view.wait(PATIENCE)
    assert ask(page)["image"] == page.traits["frame"]["image"] == 1


def test_a_message_that_no_page_sends_is_dropped(view, page):
    count = len(page.messages)
    page.send({"type": "field", "have": 3})
    assert len(page.messages) == count
    assert view.state == "done"


@pytest.mark.parametrize("name", CASES)
def test_what_the_front_end_is_tested_with_is_what_the_kernel_tells(name):
    assert_same(recorded(name), json.loads(FILE.read_text())[name])


KINDS = {"numbers": "<f8", "outputCodes": "u1", "inputCodes": "u1"}


def assert_same(found, written, kind=""):
    """The same, but for the last digits of what the network computes."""
    if isinstance(written, dict) and "bytes" in written:
        one, other = (
            np.frombuffer(base64.b64decode(each["bytes"]), kind).astype(float)
            for each in (found, written)
        )
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1 if kind == "u1" else 1e-4)
    elif isinstance(written, dict):
        assert found.keys() == written.keys()
        kinds = {**KINDS, "planeData": f"<{written.get('planes', '')[:2]}"}
        for key, value in written.items():
            if key != "planes":  # the name has the last digits in it
                assert_same(found[key], value, kinds.get(key, ""))
    elif isinstance(written, list):
        assert len(found) == len(written)
        for one, other in zip(found, written, strict=True):
            assert_same(one, other)
    elif isinstance(written, float):
        assert found == pytest.approx(written, rel=1e-4, abs=1e-4)
    else:
        assert found == written
