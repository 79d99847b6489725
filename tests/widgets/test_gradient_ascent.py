"""A run of GradientAscent: its frames, what it climbs, and looking back through it."""

import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.widgets import GradientAscent

from .conftest import LONG, PATIENCE, worker_threads


@pytest.fixture(scope="module")
def ascent(digits):
    """The same ascent, by the method alone."""
    return list(cw.methods.ascend(digits, "conv3:5", steps=12))


def pixels(frame):
    return np.frombuffer(frame["pixels"], np.uint8).reshape(frame["height"], frame["width"], 3)


def as_page_sees(image):
    return np.rint(np.repeat(image, 3, -1) * 255)


def news(page):
    """The streamed frames that tell of a run."""
    return [message for message in page.messages if not message.get("replay")]


def test_nothing_runs_before_play(make_ascent):
    view, page = make_ascent()
    assert (view.state, view.frame, view.image, len(view.frames)) == ("idle", None, None, 0)
    assert page.numbers == []
    assert "image/png" not in view._repr_mimebundle_()[0]


def test_a_run_is_the_method_s_ascent(make_ascent, ascent):
    view, page = make_ascent()
    view.play()
    view.wait(PATIENCE)
    assert (page.traits["state"], view.error) == ("done", None)
    assert view.frames.steps() == list(range(13))
    for expected in ascent:
        np.testing.assert_allclose(view.frames.get(expected.step).image, expected.image, atol=1e-5)
    assert ascent[-1].score > ascent[0].score


def test_the_page_sees_the_run(make_ascent, ascent):
    view, page = make_ascent()
    page.command("play")
    view.wait(PATIENCE)
    streamed = [message["step"] for message in news(page)]
    assert streamed == sorted(set(streamed))
    assert page.numbers == sorted(set(page.numbers))
    for message in news(page):
        expected = ascent[message["step"]]
        assert message["score"] == pytest.approx(expected.score, rel=1e-3, abs=1e-4)
        assert np.abs(pixels(message) - as_page_sees(expected.image)).max() <= 1
        assert (message["run"], message["steps"], message["objective"]) == (1, 12, "conv3:5")
    first = np.frombuffer(news(page)[0]["scores"], "<f4")
    np.testing.assert_allclose(first, [ascent[0].score], rtol=1e-3, atol=1e-4)


def test_the_frame_that_stays_tells_of_the_whole_run(make_ascent, ascent):
    view, page = make_ascent()
    view.play()
    view.wait(PATIENCE)
    frame = page.traits["frame"]
    assert frame["step"] == 12
    assert frame["number"] == max(page.numbers)
    scores = np.frombuffer(frame["scores"], "<f4")
    np.testing.assert_allclose(scores, [each.score for each in ascent], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(np.frombuffer(frame["kept"], "<i4"), range(13))
    assert view._repr_mimebundle_()[0]["image/png"]


def test_a_new_run_has_a_new_number(make_ascent):
    view, page = make_ascent(steps=2)
    for run in (1, 2):
        view.play()
        view.wait(PATIENCE)
        assert page.traits["frame"]["run"] == run
        assert page.traits["frame"]["step"] == 2


OBJECTIVES = {
    "conv3:7": {"objective": "channel", "layer": "conv3", "channel": 7},
    "conv2:3@4,5": {"objective": "unit", "layer": "conv2", "channel": 3, "position": [4, 5]},
    "relu_2": {"objective": "layer", "layer": "relu_2"},
    "dense1:9": {"objective": "channel", "layer": "dense1", "channel": 9},
    "8": {"objective": "class", "target": 8},
    4: {"objective": "class", "target": 4},
}


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
def test_an_objective_in_short_is_what_the_controls_show(make_ascent, objective):
    view, page = make_ascent(objective, steps=1)
    for name, value in OBJECTIVES[objective].items():
        assert page.traits[name] == value
    view.play()
    view.wait(PATIENCE)
    assert view.error is None
    assert page.traits["frame"]["objective"] == str(objective)


def test_without_an_objective_the_last_convolution_is_chosen(digits):
    view = GradientAscent(digits)
    assert (view.objective, view.layer, view.channel) == ("channel", "conv3", 0)
    assert view.classes == list("0123456789")


def test_a_unit_without_a_place_is_the_middle_one(make_ascent):
    view, page = make_ascent(steps=1)
    page.set(objective="unit", position=None)
    view.play()
    view.wait(PATIENCE)
    assert page.traits["frame"]["objective"] == "conv3:5@1,1"
    page.set(position=[0, 9])  # from a larger layer
    view.play()
    view.wait(PATIENCE)
    assert page.traits["frame"]["objective"] == "conv3:5@1,1"


def test_a_unit_of_a_layer_without_places(make_ascent):
    view, page = make_ascent("dense1:3", steps=1)
    page.set(objective="unit")
    view.play()
    view.wait(PATIENCE)
    assert (view.error, view.frame["objective"]) == (None, "dense1:3")


def test_a_change_while_it_runs_begins_a_new_run(make_ascent):
    view, page = make_ascent(steps=LONG)
    view.play()
    page.wait_for(lambda: len(page.messages) > 3)
    page.set(channel=6)
    page.wait_for(lambda: page.messages[-1]["run"] == 2)
    assert page.messages[-1]["objective"] == "conv3:6"
    page.set(objective="class", target=2)
    page.wait_for(lambda: page.messages[-1]["objective"] == "2")
    page.set(channel=9)  # which a class has nothing to do with
    page.wait_for(lambda: page.messages[-1]["step"] > 3)
    assert page.messages[-1]["objective"] == "2"
    view.stop()
    page.wait_for_state("idle")
    assert len({message["run"] for message in news(page)}) <= 4


def test_a_change_while_nothing_runs_only_chooses(make_ascent):
    view, page = make_ascent(steps=LONG)
    page.set(channel=6)
    assert page.numbers == []
    view.step()
    view.wait(PATIENCE)
    page.set(channel=7)
    assert view.state == "paused"
    view.step()
    page.wait_for(lambda: page.traits["frame"]["objective"] == "conv3:7")
    assert page.traits["frame"]["step"] == 0


def test_the_iteration_chooses_the_picture(make_ascent, ascent):
    view, page = make_ascent()
    view.play()
    view.wait(PATIENCE)
    np.testing.assert_allclose(view.image, ascent[12].image, atol=1e-5)
    page.set(iteration=4)
    np.testing.assert_allclose(view.image, ascent[4].image, atol=1e-5)
    view.iteration = 99
    np.testing.assert_allclose(view.image, ascent[12].image, atol=1e-5)
    view.play()
    view.wait(PATIENCE)
    assert page.traits["iteration"] == -1


def test_the_page_can_ask_for_a_kept_picture(make_ascent, ascent):
    view, page = make_ascent()
    view.play()
    view.wait(PATIENCE)
    page.send({"type": "show", "step": 4})
    reply = page.messages[-1]
    assert (reply["replay"], reply["step"], reply["run"]) == (True, 4, 1)
    assert reply["number"] == max(page.numbers)
    assert np.abs(pixels(reply) - as_page_sees(ascent[4].image)).max() <= 1
    page.send({"type": "show", "step": 10**6})
    assert page.messages[-1]["step"] == 12


def test_the_page_can_look_back_during_the_run(make_ascent):
    view, page = make_ascent(steps=LONG)
    view.play()
    page.wait_for(lambda: page.messages and page.messages[-1]["step"] > 5)
    page.send({"type": "show", "step": 2})
    page.wait_for(lambda: any(message.get("replay") for message in page.messages))
    newest = page.messages[-1]["step"]
    page.wait_for(lambda: page.messages[-1]["step"] > newest + 3)
    view.stop()
    page.wait_for_state("idle")


def test_asking_before_the_first_run_is_harmless(make_ascent):
    view, page = make_ascent()
    page.send({"type": "show", "step": 0})
    assert page.messages == []
    assert view.error is None


def test_an_ascent_that_fails_says_so_in_words(page_of):
    def model(params, x):
        return jnp.sqrt(params - x.mean((1, 2)) * 1e4)

    net = cw.Network(model, params=jnp.full((1, 3), 5.0e3), input_shape=(8, 8, 3))
    view = GradientAscent(net, 0, learning_rate=1.0, seed=1)
    page_of(view).paints = True
    view.play()
    view.wait(PATIENCE)
    assert isinstance(view.error, FloatingPointError)
    assert "diverged at step" in page_of(view).traits["message"]
    assert page_of(view).traits["state"] == "error"


def test_settings_reach_the_method(digits, make_ascent):
    view, _ = make_ascent(steps=2, jitter=0, seed=3, learning_rate=0.2)
    view.play()
    view.wait(PATIENCE)
    expected = list(
        cw.methods.ascend(digits, "conv3:5", steps=2, jitter=0, seed=3, learning_rate=0.2)
    )
    np.testing.assert_allclose(view.image, expected[-1].image, atol=1e-5)


def test_closing_ends_the_run(make_ascent):
    view, page = make_ascent(steps=LONG)
    view.play()
    page.wait_for(lambda: len(page.messages) > 2)
    (thread,) = worker_threads()
    view.close()
    thread.join(PATIENCE)
    assert not worker_threads()
    count = len(page.messages)
    assert not page.open
    view.close()
    assert len(page.messages) == count
