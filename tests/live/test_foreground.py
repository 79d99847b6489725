import signal
import sys
import threading
import types

import pytest

from cnnviz_widgets.live import Job, in_colab, run_here


def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_a_job_runs_in_the_calling_thread(sink):
    run_here(Job(lambda: iter("abc"), sink))
    assert sink.frames == ["a", "b", "c"]
    assert sink.states == ["running", "done"]
    assert sink.threads == {threading.current_thread().name}


def test_it_waits_until_the_page_has_room(sink):
    slept = []

    def sleep(seconds):
        assert sink.frames == []
        slept.append(seconds)
        if len(slept) == 3:
            sink.busy_for = 0.0  # an acknowledgement, sooner than the delay

    sink.busy_for = 0.25
    run_here(Job(lambda: iter("ab"), sink), sleep)
    assert len(slept) == 3
    assert max(slept) < 0.02
    assert sink.frames == ["a", "b"]


def test_it_waits_no_longer_than_it_has_to(sink):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        sink.busy_for = 0.0

    sink.busy_for = 0.001
    run_here(Job(lambda: iter("ab"), sink), sleep)
    assert slept == [0.001]


def test_it_returns_when_another_thread_pauses_the_job(sink):
    def frames():
        yield 0
        other = threading.Thread(target=job.pause)
        other.start()
        other.join()
        yield 1
        yield 2

    job = Job(frames, sink)
    run_here(job)
    assert sink.frames == [0, 1]
    assert sink.states == ["running", "paused"]
    job.resume()
    run_here(job)
    assert sink.frames == [0, 1, 2]


def test_an_interrupt_pauses_between_two_frames(sink):
    before = signal.getsignal(signal.SIGINT)

    def frames():
        yield 0
        interrupt()
        yield 1
        yield 2

    job = Job(frames, sink)
    with pytest.raises(KeyboardInterrupt):
        run_here(job)
    assert sink.frames == [0, 1]
    assert sink.states == ["running", "paused"]
    assert signal.getsignal(signal.SIGINT) is before
    job.resume()
    run_here(job)
    assert sink.frames == [0, 1, 2]
    assert sink.states[-1] == "done"


def test_a_second_interrupt_cuts_the_frame_short(sink):
    def frames():
        interrupt()
        interrupt()
        yield 0

    job = Job(frames, sink)
    with pytest.raises(KeyboardInterrupt):
        run_here(job)
    assert sink.frames == []
    assert sink.states == ["running", "idle"]
    assert job.ended


def test_it_runs_in_threads_that_get_no_interrupts(sink):
    thread = threading.Thread(target=run_here, args=[Job(lambda: iter("ab"), sink)])
    thread.start()
    thread.join()
    assert sink.frames == ["a", "b"]


def test_an_error_is_the_sink_s_affair(sink):
    def frames():
        yield 0
        raise ValueError("no such layer")

    run_here(Job(frames, sink))
    assert sink.states == ["running", "error"]


def test_colab_is_known_by_its_module(monkeypatch):
    assert not in_colab()
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert in_colab()
