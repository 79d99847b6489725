"""What GradientAscent refuses, in which words, and that it goes on after it."""

import numpy as np
import pytest
from traitlets import TraitError

from cnnviz_widgets.network import InputError, UnknownLayerError, UnknownTargetError
from cnnviz_widgets.widgets import GradientAscent
from tests.widgets.conftest import LONG, PATIENCE, worker_threads

BAD_ARGUMENTS = {
    "layer": ({"objective": "conv9:1"}, UnknownLayerError, "conv9"),
    "channel": ({"objective": "conv1:99"}, UnknownTargetError, "from 0 to 31, got 99"),
    "class": ({"objective": 10}, UnknownTargetError, "from 0 to 9, got 10"),
    "word": ({"objective": "cat"}, UnknownTargetError, "cat"),
    "place": ({"objective": "conv1:0@26,0"}, UnknownTargetError, "from 0 to 25, got 26"),
    "steps": ({"steps": 0}, InputError, "expected steps from 1"),
    "rate": ({"learning_rate": -1.0}, InputError, "expected learning_rate from"),
    "size": ({"size": 0}, InputError, "expected a size"),
    "preset": ({"preset": "lucit"}, InputError, "did you mean 'lucid'"),
    "painter": ({"parameterisation": "oil"}, TraitError, "expected parameterisation as one of"),
    "end": ({"end": "upper"}, TraitError, "upper"),
    "grid": ({"channels": 5}, TraitError, "channels"),
    "two names": ({"objective": 1, "target": 2}, TypeError, "two names"),
    "jitter": ({"jitter": -1}, InputError, "jitter"),
    "start": ({"start": np.zeros((28, 28, 3))}, InputError, "3 channels"),
}


@pytest.mark.parametrize("name", BAD_ARGUMENTS)
def test_a_bad_argument_is_refused(digits, name):
    options, kind, words = BAD_ARGUMENTS[name]
    with pytest.raises(kind, match=words):
        GradientAscent(digits, **options)
    assert not worker_threads()


def test_a_setting_that_ascend_does_not_have_is_refused_with_advice(digits):
    with pytest.raises(TypeError, match="takes no argument 'learning_rat': did you mean 'learn"):
        GradientAscent(digits, learning_rat=0.1)
    with pytest.raises(TypeError, match="takes no argument 'jiter': did you mean 'jitter'"):
        GradientAscent(digits, jiter=3)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("target", 10, "expected a class from 0 to 9, got 10"),
        ("target", "cat", "cat"),
        ("objective", "neuron", "neuron"),
        ("layer", "conv9", "did you mean 'conv"),
        ("channel", 64, "from 0 to 63, got 64"),
        ("steps", 0, "0"),
        ("iteration", -2, "-2"),
    ],
)
def test_a_bad_value_is_refused_and_the_view_goes_on(make_ascent, name, value, words):
    view, page = make_ascent(steps=2)
    with pytest.raises(TraitError, match=words):
        setattr(view, name, value)
    page.set(**{name: value})
    assert words in page.traits["message"]
    assert page.traits["state"] == "error"
    page.command("play")
    view.wait(PATIENCE)
    assert (page.traits["state"], page.traits["message"], view.error) == ("done", "", None)


def test_a_bad_value_does_not_disturb_a_run(make_ascent):
    view, page = make_ascent(steps=LONG)
    view.play()
    page.wait_for(lambda: len(page.messages) > 2)
    page.set(channel=64)
    assert (page.traits["state"], view.channel) == ("running", 5)
    page.command("pause")
    page.wait_for_state("paused")
    page.set(channel=64)
    assert "got 64" in page.traits["message"]
    assert page.traits["state"] == "paused"
    page.command("play")
    page.wait_for_state("running")
    view.stop()
    page.wait_for_state("idle")


def test_an_unknown_command_is_dropped(make_ascent):
    view, page = make_ascent()
    page.command("explode")
    assert (view.state, view.message) == ("idle", "")
