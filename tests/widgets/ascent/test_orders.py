"""What Play, Pause, Stop and Step do to a run, however quickly they follow one another."""

import threading

import pytest

from cnnviz_widgets.live import Job, shared_worker
from cnnviz_widgets.widgets import FeatureMaps
from tests.widgets.conftest import LONG, PATIENCE


def test_pause_step_play_and_stop_by_the_page(make_ascent):
    view, page = make_ascent(steps=LONG)
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


def test_pause_step_resume_and_stop_by_python(make_ascent):
    view, page = make_ascent(steps=LONG)
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
def test_the_last_of_quick_orders_counts(make_ascent, keep_the_worker_busy, orders):
    view, page = make_ascent(steps=LONG)
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


def test_nothing_starts_when_the_goal_changes_after_stop(make_ascent, keep_the_worker_busy):
    view, page = make_ascent(steps=LONG)
    page.command("play")
    page.wait_for(lambda: len(page.messages) > 2)
    go_on = keep_the_worker_busy()
    page.command("stop")
    page.set(channel=6)
    go_on.set()
    page.wait_for_state("idle")
    assert view.frame["run"] == 1


def test_a_slow_page_has_two_frames_at_most_before_it(make_ascent, digits, three):
    view, page = make_ascent(steps=LONG, paints=False)
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


def test_a_page_opened_in_mid_run_takes_up_the_stream(make_ascent):
    """The old page is gone with two frames; the new one hears of the run by itself."""
    view, page = make_ascent(steps=LONG)
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
