import signal
import sys
import threading
import types

import jax.numpy as jnp
import numpy as np
import pytest
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.live import Job, shared_worker
from cnnviz_widgets.methods import AscentFrame
from cnnviz_widgets.network import InputError, UnknownLayerError, UnknownTargetError
from cnnviz_widgets.widgets import FeatureMaps, GradientAscent
from cnnviz_widgets.widgets.ascent_record import MOST_PICTURES, AscentRecord

from .conftest import PATIENCE, worker_threads

LONG = 10**6  # steps: more than a test waits for


@pytest.fixture
def make(digits, page_of):
    """A view and its page, which paints at once."""

    def make(objective="conv3:5", *, steps=12, paints=True, **options):
        view = GradientAscent(digits, objective, steps=steps, **options)
        page = page_of(view)
        page.paints = paints
        return view, page

    return make


@pytest.fixture
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


def test_nothing_runs_before_play(make):
    view, page = make()
    assert (view.state, view.frame, view.image, len(view.frames)) == ("idle", None, None, 0)
    assert page.numbers == []
    assert "image/png" not in view._repr_mimebundle_()[0]


def test_a_run_is_the_method_s_ascent(make, ascent):
    view, page = make()
    view.play()
    view.wait(PATIENCE)
    assert (page.traits["state"], view.error) == ("done", None)
    assert view.frames.steps() == list(range(13))
    for expected in ascent:
        np.testing.assert_allclose(view.frames.get(expected.step).image, expected.image, atol=1e-5)
    assert ascent[-1].score > ascent[0].score


def test_the_page_sees_the_run(make, ascent):
    view, page = make()
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


def test_the_frame_that_stays_tells_of_the_whole_run(make, ascent):
    view, page = make()
    view.play()
    view.wait(PATIENCE)
    frame = page.traits["frame"]
    assert frame["step"] == 12
    assert frame["number"] == max(page.numbers)
    scores = np.frombuffer(frame["scores"], "<f4")
    np.testing.assert_allclose(scores, [each.score for each in ascent], rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(np.frombuffer(frame["kept"], "<i4"), range(13))
    assert view._repr_mimebundle_()[0]["image/png"]


def test_a_new_run_has_a_new_number(make):
    view, page = make(steps=2)
    for run in (1, 2):
        view.play()
        view.wait(PATIENCE)
        assert page.traits["frame"]["run"] == run
        assert page.traits["frame"]["step"] == 2


def test_pause_step_play_and_stop_by_the_page(make):
    view, page = make(steps=LONG)
    page.command("play")
    page.wait_for(lambda: len(page.messages) > 3)
    assert page.traits["state"] == "running"
    page.command("pause")
    page.wait_for_state("paused")
    step = page.traits["frame"]["step"]
    assert step == view.frames.steps()[-1]
    page.command("step")
    page.wait_for(lambda: page.traits["frame"]["step"] == step + 1)
    page.wait_for_state("paused")
    page.command("play")
    page.wait_for(lambda: page.messages[-1]["step"] > step + 3)
    assert page.messages[-1]["run"] == 1
    page.command("stop")
    page.wait_for_state("idle")
    assert page.traits["frame"]["step"] == view.frames.steps()[-1] > step + 3
    assert page.traits["frame"]["run"] == 1


def test_pause_step_resume_and_stop_by_python(make):
    view, page = make(steps=LONG)
    view.step()
    view.wait(PATIENCE)
    assert (view.state, view.frame["step"]) == ("paused", 0)
    view.step()
    page.wait_for(lambda: page.traits["frame"]["step"] == 1)
    view.resume()
    page.wait_for(lambda: page.messages[-1]["step"] > 4)
    view.pause()
    view.wait(PATIENCE)
    assert view.state == "paused"
    view.stop()
    page.wait_for_state("idle")
    view.stop()
    assert view.state == "idle"


@pytest.fixture
def keep_the_worker_busy():
    """Keeps the worker from carrying out orders until the test lets it go."""

    class Nobody:
        def delay(self):
            return 0.0

        def show(self, frame):
            pass

        def tell(self, state, error):
            pass

    busy, go_on = threading.Event(), threading.Event()

    def frames():
        busy.set()
        go_on.wait(PATIENCE)
        yield

    def keep():
        shared_worker.submit("busy", Job(frames, Nobody()))
        busy.wait(PATIENCE)
        return go_on

    yield keep
    go_on.set()
    shared_worker.close("busy")


@pytest.mark.parametrize("orders", [("pause", "play"), ("stop", "play"), ("step", "play")])
def test_the_last_of_quick_orders_counts(make, keep_the_worker_busy, orders):
    view, page = make(steps=LONG)
    page.command("play")
    page.wait_for(lambda: len(page.messages) > 2)
    go_on = keep_the_worker_busy()
    for order in orders:
        page.command(order)
    count = len(page.messages)
    go_on.set()
    page.wait_for(lambda: len(page.messages) > count + 5)
    assert view.state == "running"
    assert page.messages[-1]["run"] == (2 if "stop" in orders else 1)
    page.command("stop")
    page.wait_for_state("idle")


def test_nothing_starts_when_the_goal_changes_after_stop(make, keep_the_worker_busy):
    view, page = make(steps=LONG)
    page.command("play")
    page.wait_for(lambda: len(page.messages) > 2)
    go_on = keep_the_worker_busy()
    page.command("stop")
    page.set(channel=6)
    go_on.set()
    page.wait_for_state("idle")
    assert view.frame["run"] == 1


def test_a_slow_page_has_two_frames_at_most_before_it(make, digits, three):
    view, page = make(steps=LONG, paints=False)
    view._runner.outbox.stall = 1e6
    view.play()
    page.wait_for(lambda: page.numbers)
    page.paint()
    for _ in range(5):
        painted = page.numbers[-1]
        page.wait_for(lambda painted=painted: page.numbers[-1] >= painted + 2)
        before = list(page.numbers)
        FeatureMaps(digits, three).wait(PATIENCE)  # so the worker had the time
        assert page.numbers == before
        assert sum(number > painted for number in page.numbers) <= 2
        page.paint()


def test_a_page_opened_in_mid_run_takes_up_the_stream(make):
    """The old page is gone with two frames; the new one hears of the run by itself."""
    view, page = make(steps=LONG)
    view._runner.outbox.stall = 0.01
    view.play()
    page.wait_for(lambda: len(page.numbers) > 3)
    page.paints = False
    page.wait_for(lambda: len(page.messages) > 6)
    page.request_state()
    seen = len(page.messages)
    page.paints = True
    page.wait_for(lambda: len(page.messages) > seen + 5)
    view.stop()
    page.wait_for_state("idle")


OBJECTIVES = {
    "conv3:7": {"objective": "channel", "layer": "conv3", "channel": 7},
    "conv2:3@4,5": {"objective": "unit", "layer": "conv2", "channel": 3, "position": [4, 5]},
    "relu_2": {"objective": "layer", "layer": "relu_2"},
    "dense1:9": {"objective": "channel", "layer": "dense1", "channel": 9},
    "8": {"objective": "class", "target": 8},
    4: {"objective": "class", "target": 4},
}


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
def test_an_objective_in_short_is_what_the_controls_show(make, objective):
    view, page = make(objective, steps=1)
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


def test_a_unit_without_a_place_is_the_middle_one(make):
    view, page = make(steps=1)
    page.set(objective="unit", position=None)
    view.play()
    view.wait(PATIENCE)
    assert page.traits["frame"]["objective"] == "conv3:5@1,1"
    page.set(position=[0, 9])  # from a larger layer
    view.play()
    view.wait(PATIENCE)
    assert page.traits["frame"]["objective"] == "conv3:5@1,1"


def test_a_unit_of_a_layer_without_places(make):
    view, page = make("dense1:3", steps=1)
    page.set(objective="unit")
    view.play()
    view.wait(PATIENCE)
    assert (view.error, view.frame["objective"]) == (None, "dense1:3")


def test_a_change_while_it_runs_begins_a_new_run(make):
    view, page = make(steps=LONG)
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


def test_a_change_while_nothing_runs_only_chooses(make):
    view, page = make(steps=LONG)
    page.set(channel=6)
    assert page.numbers == []
    view.step()
    view.wait(PATIENCE)
    page.set(channel=7)
    assert view.state == "paused"
    view.step()
    page.wait_for(lambda: page.traits["frame"]["objective"] == "conv3:7")
    assert page.traits["frame"]["step"] == 0


def test_the_iteration_chooses_the_picture(make, ascent):
    view, page = make()
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


def test_the_page_can_ask_for_a_kept_picture(make, ascent):
    view, page = make()
    view.play()
    view.wait(PATIENCE)
    page.send({"type": "show", "step": 4})
    reply = page.messages[-1]
    assert (reply["replay"], reply["step"], reply["run"]) == (True, 4, 1)
    assert reply["number"] == max(page.numbers)
    assert np.abs(pixels(reply) - as_page_sees(ascent[4].image)).max() <= 1
    page.send({"type": "show", "step": 10**6})
    assert page.messages[-1]["step"] == 12


def test_the_page_can_look_back_during_the_run(make):
    view, page = make(steps=LONG)
    view.play()
    page.wait_for(lambda: page.messages and page.messages[-1]["step"] > 5)
    page.send({"type": "show", "step": 2})
    page.wait_for(lambda: any(message.get("replay") for message in page.messages))
    newest = page.messages[-1]["step"]
    page.wait_for(lambda: page.messages[-1]["step"] > newest + 3)
    view.stop()
    page.wait_for_state("idle")


def test_asking_before_the_first_run_is_harmless(make):
    view, page = make()
    page.send({"type": "show", "step": 0})
    assert page.messages == []
    assert view.error is None


def test_a_long_run_keeps_a_bounded_number_of_pictures():
    record = AscentRecord(1, "conv1:0", 5000, 224 * 224 * 3 * 4)
    image = np.zeros((2, 2, 3), np.float32)
    for step in range(5000):
        record.add(AscentFrame(step, image, float(step)))
    kept = record.pictures.steps()
    assert 20 <= len(kept) <= 32e6 / (224 * 224 * 3 * 4)
    assert (kept[0], kept[-1]) == (0, 4999)
    past = record.past()
    np.testing.assert_array_equal(np.frombuffer(past["kept"], "<i4"), kept)
    np.testing.assert_array_equal(np.frombuffer(past["scores"], "<f4"), range(5000))
    reply = record.replay(kept[3] + 1)
    assert reply["step"] == kept[3]


def test_small_pictures_are_bounded_by_number():
    record = AscentRecord(1, "conv1:0", 5000, 4)
    for step in range(3 * MOST_PICTURES):
        record.add(AscentFrame(step, np.zeros((1, 1, 1), np.float32), 0.0))
    assert len(record.pictures) <= MOST_PICTURES


def test_scores_between_frames_lie_on_a_line():
    record = AscentRecord(1, "conv1:0", 10, 4)
    for step, score in [(0, 1.0), (4, 3.0), (6, 0.0)]:
        record.add(AscentFrame(step, np.zeros((1, 1, 1), np.float32), score))
    found = np.frombuffer(record.past()["scores"], "<f4")
    np.testing.assert_allclose(found, [1, 1.5, 2, 2.5, 3, 1.5, 0])


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
def test_a_bad_value_is_refused_and_the_view_goes_on(make, name, value, words):
    view, page = make(steps=2)
    with pytest.raises(TraitError, match=words):
        setattr(view, name, value)
    page.set(**{name: value})
    assert words in page.traits["message"]
    assert page.traits["state"] == "error"
    page.command("play")
    view.wait(PATIENCE)
    assert (page.traits["state"], page.traits["message"], view.error) == ("done", "", None)


def test_a_bad_value_does_not_disturb_a_run(make):
    view, page = make(steps=LONG)
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


def test_an_unknown_command_is_dropped(make):
    view, page = make()
    page.command("explode")
    assert (view.state, view.message) == ("idle", "")


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


def test_settings_reach_the_method(digits, make):
    view, _ = make(steps=2, jitter=0, seed=3, learning_rate=0.2)
    view.play()
    view.wait(PATIENCE)
    expected = list(
        cw.methods.ascend(digits, "conv3:5", steps=2, jitter=0, seed=3, learning_rate=0.2)
    )
    np.testing.assert_allclose(view.image, expected[-1].image, atol=1e-5)


def test_run_streams_in_the_calling_thread(make):
    view, page = make(steps=30, rate=1e6)
    view.run()
    assert (view.state, page.traits["frame"]["step"]) == ("done", 30)


def test_run_sends_at_its_rate_when_no_acknowledgement_can_arrive(make):
    view, page = make(steps=30, rate=1e-3, paints=False)
    view.run()
    assert view.state == "done"
    assert len(page.messages) == 2
    assert page.traits["frame"]["step"] == 30


def test_an_interrupt_pauses_a_foreground_run_which_can_go_on(make):
    view, page = make(steps=LONG)

    def interrupt():
        page.wait_for(lambda: len(page.messages) > 5)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        view.run()
    thread.join()
    assert (view.state, page.traits["state"]) == ("paused", "paused")
    step = page.traits["frame"]["step"]
    page.command("play")
    page.wait_for(lambda: page.messages[-1]["step"] > step + 2)
    assert page.messages[-1]["run"] == 1
    page.command("stop")
    page.wait_for_state("idle")


def test_another_thread_pauses_a_foreground_run(make):
    view, page = make(steps=LONG)

    def pause():
        page.wait_for(lambda: len(page.messages) > 5)
        page.command("pause")

    thread = threading.Thread(target=pause)
    thread.start()
    view.run()
    thread.join()
    assert view.state == "paused"


def test_a_change_in_a_foreground_run_is_followed_there(make):
    view, page = make(steps=LONG)

    def change():
        page.wait_for(lambda: len(page.messages) > 3)
        page.set(channel=9)
        page.wait_for(lambda: page.messages[-1]["run"] == 2)
        page.command("stop")

    thread = threading.Thread(target=change)
    thread.start()
    view.run()
    thread.join()
    assert (view.state, page.traits["frame"]["objective"]) == ("idle", "conv3:9")


@pytest.fixture
def _colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


@pytest.mark.usefixtures("_colab")
def test_in_colab_everything_runs_in_the_thread_that_asks(make, digits, three, page_of):
    _, page = make(steps=5)
    page.command("play")
    assert (page.traits["state"], page.traits["frame"]["step"]) == ("done", 5)
    maps = FeatureMaps(digits, three)
    assert maps.state == "done"
    page_of(maps).set(layer="conv3")
    assert page_of(maps).traits["frame"]["layer"] == "conv3"
    assert not worker_threads()


@pytest.mark.usefixtures("_colab")
def test_in_colab_an_interrupt_pauses_and_play_goes_on(make):
    _, page = make(steps=40)
    receive = page.receive

    def interrupt_once(*message):
        receive(*message)
        if len(page.messages) == 4:
            page.receive = receive
            signal.raise_signal(signal.SIGINT)

    page.receive = interrupt_once
    page.command("play")
    assert page.traits["state"] == "paused"
    assert page.traits["message"] == "Interrupted. Play goes on."
    step = page.traits["frame"]["step"]
    assert step < 40
    page.command("play")
    assert (page.traits["state"], page.traits["message"]) == ("done", "")
    assert [page.traits["frame"][key] for key in ("run", "step")] == [1, 40]


def test_closing_ends_the_run(make):
    view, page = make(steps=LONG)
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
