"""A run in the thread that asks for it: in scripts, in a busy cell, in Colab."""

import signal
import sys
import threading
import types

import pytest

from cnnviz_widgets.widgets import FeatureMaps
from tests.widgets.conftest import LONG, worker_threads


def test_run_streams_in_the_calling_thread(make_ascent):
    view, page = make_ascent(steps=30, rate=1e6)
    view.run()
    assert (view.state, page.traits["frame"]["step"]) == ("done", 30)


def test_run_sends_at_its_rate_when_no_acknowledgement_can_arrive(make_ascent):
    view, page = make_ascent(steps=30, rate=1e-3, paints=False)
    view.run()
    assert view.state == "done"
    assert len(page.messages) == 2
    assert page.traits["frame"]["step"] == 30


def test_an_interrupt_pauses_a_foreground_run_which_can_go_on(make_ascent):
    view, page = make_ascent(steps=LONG)

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


def test_another_thread_pauses_a_foreground_run(make_ascent):
    view, page = make_ascent(steps=LONG)

    def pause():
        page.wait_for(lambda: len(page.messages) > 5)
        page.command("pause")

    thread = threading.Thread(target=pause)
    thread.start()
    view.run()
    thread.join()
    assert view.state == "paused"


def test_a_change_in_a_foreground_run_is_followed_there(make_ascent):
    view, page = make_ascent(steps=LONG)

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
def test_in_colab_everything_runs_in_the_thread_that_asks(make_ascent, digits, three, page_of):
    _, page = make_ascent(steps=5)
    page.command("play")
    assert (page.traits["state"], page.traits["frame"]["step"]) == ("done", 5)
    maps = FeatureMaps(digits, three)
    assert maps.state == "done"
    page_of(maps).set(layer="conv3")
    assert page_of(maps).traits["frame"]["layer"] == "conv3"
    assert not worker_threads()


@pytest.mark.usefixtures("_colab")
def test_in_colab_an_interrupt_pauses_and_play_goes_on(make_ascent):
    _, page = make_ascent(steps=40)
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
