import subprocess
import sys
import threading
from pathlib import Path

import cnnviz_widgets
from cnnviz_widgets.live import Job

from .conftest import PATIENCE, Recorder, threads


class Gate:
    """Frames that come one by one, when the test lets them."""

    def __init__(self):
        self.permits = threading.Semaphore(0)
        self.closed_by = None
        self.closed = threading.Event()

    def __call__(self):
        try:
            n = 0
            while self.permits.acquire(timeout=PATIENCE):
                yield n
                n += 1
        finally:
            self.closed_by = threading.current_thread().name
            self.closed.set()

    def let(self, count=1):
        self.permits.release(count)


def count_to(number):
    return lambda: iter(range(number))


def job_of(worker, frames, sink):
    return Job(frames, sink, worker.wake)


def test_a_job_runs_in_the_worker_s_thread(worker, sink):
    worker.submit("view", job_of(worker, count_to(3), sink))
    sink.wait_for_state("done")
    assert sink.frames == [0, 1, 2]
    assert sink.threads == {"worker-under-test"}


def test_a_newer_job_replaces_an_older_one_of_the_same_view(worker):
    old, new = Recorder(), Recorder()
    gate = Gate()
    gate.let()
    worker.submit("view", job_of(worker, gate, old))
    old.wait_for_frames(1)
    worker.submit("view", job_of(worker, count_to(2), new))
    gate.let()  # the old job is in the middle of this frame
    new.wait_for_state("done")
    assert old.states == ["running"]
    assert len(old.frames) <= 2
    assert gate.closed.wait(PATIENCE)
    assert gate.closed_by == "worker-under-test"


def test_of_many_requests_the_last_one_is_answered(worker):
    first, blocker, gate = Recorder(), Recorder(), Gate()
    worker.submit("view", job_of(worker, count_to(1), first))
    first.wait_for_state("done")
    worker.submit("other", job_of(worker, gate, blocker))
    blocker.wait_for_state("running")
    sinks = [Recorder() for _ in range(100)]
    for sink in sinks:
        worker.submit("view", job_of(worker, count_to(1), sink))
    gate.let()
    sinks[-1].wait_for_frames(1)
    assert [len(sink.frames) for sink in sinks] == [0] * 99 + [1]
    worker.close("other")
    gate.let()


def test_jobs_take_turns_frame_by_frame(worker):
    order = []
    begun, go_on = threading.Event(), threading.Event()

    def frames(name):
        for n in range(3):
            order.append(name)
            begun.set()
            go_on.wait(PATIENCE)
            yield n

    a, b = Recorder(), Recorder()
    worker.submit("a", job_of(worker, lambda: frames("a"), a))
    begun.wait(PATIENCE)
    worker.submit("b", job_of(worker, lambda: frames("b"), b))
    go_on.set()
    b.wait_for_state("done")
    assert order == ["a", "a", "b", "a", "b", "b"]


def test_a_busy_sink_holds_up_its_own_job_only(worker):
    busy, free = Recorder(), Recorder()
    busy.busy_for = 1e6
    worker.submit("busy", job_of(worker, count_to(3), busy))
    worker.submit("free", job_of(worker, count_to(3), free))
    free.wait_for_state("done")
    assert busy.frames == []
    busy.busy_for = 0.0
    worker.wake()
    busy.wait_for_state("done")


def test_the_worker_looks_again_when_a_delay_is_over(worker, sink):
    delays = iter([0.001, 0.001])
    sink.delay = lambda: next(delays, 0.0)
    worker.submit("view", job_of(worker, count_to(1), sink))
    sink.wait_for_state("done")


def test_pause_step_resume_stop(worker, sink):
    gate = Gate()
    job = job_of(worker, gate, sink)
    worker.submit("view", job)
    gate.let()
    sink.wait_for_frames(1)
    job.pause()
    gate.let()
    sink.wait_for_state("paused")
    before = len(sink.frames)
    job.step()
    gate.let(2)
    sink.wait_for(lambda: len(sink.frames) == before + 1 and sink.states[-1] == "paused")
    job.resume()
    gate.let()
    sink.wait_for_state("running")
    job.stop()
    gate.let()
    sink.wait_for_state("idle")
    assert gate.closed.wait(PATIENCE)


def test_an_error_is_delivered_and_the_worker_lives_on(worker):
    broken, sound = Recorder(), Recorder()
    worker.submit("broken", job_of(worker, lambda: 1 / 0, broken))
    broken.wait_for_state("error")
    assert isinstance(broken.errors[0], ZeroDivisionError)
    worker.submit("sound", job_of(worker, count_to(1), sound))
    sound.wait_for_state("done")


def test_a_sink_that_fails_at_everything_does_not_stop_the_worker(worker, sink, caplog):
    class Broken(Recorder):
        def tell(self, state, error):
            raise RuntimeError(state, error)

    worker.submit("broken", job_of(worker, count_to(1), Broken()))
    worker.submit("view", job_of(worker, count_to(1), sink))
    sink.wait_for_state("done")
    assert "could not be told" in caplog.text


def test_closing_a_view_ends_its_job(worker, sink):
    gate = Gate()
    gate.let()
    worker.submit("view", job_of(worker, gate, sink))
    sink.wait_for_frames(1)
    worker.close("view")
    gate.let()
    assert gate.closed.wait(PATIENCE)
    assert gate.closed_by == "worker-under-test"
    assert sink.states == ["running"]


def test_no_thread_is_left_when_the_last_view_is_closed(worker, sink):
    assert not threads()
    worker.submit("a", job_of(worker, count_to(1), sink))
    worker.submit("b", job_of(worker, count_to(1), Recorder()))
    sink.wait_for_state("done")
    (thread,) = threads()
    worker.close("a")
    assert thread.is_alive()
    worker.close("b")
    thread.join(PATIENCE)
    assert not threads()
    worker.submit("c", job_of(worker, count_to(1), sink))
    sink.wait_for(lambda: sink.states.count("done") == 2)


def test_closing_what_is_unknown_is_no_error(worker):
    worker.close("never seen")
    worker.withdraw("never seen")


def test_a_withdrawn_job_can_go_on_elsewhere_and_come_back(worker, sink):
    gate = Gate()
    job = job_of(worker, gate, sink)
    worker.submit("view", job)
    gate.let()
    sink.wait_for_frames(1)
    worker.withdraw("view")
    gate.let(2)  # one for a turn that may have begun
    job.turn()
    sink.wait_for_frames(2)
    assert threading.current_thread().name in sink.threads
    worker.submit("view", job)
    gate.let(2)
    sink.wait_for_frames(4)
    worker.close("view")
    gate.let()


def test_shutdown_ends_everything(worker, sink):
    gate = Gate()
    gate.let()
    worker.submit("view", job_of(worker, gate, sink))
    sink.wait_for_frames(1)
    gate.let(2)
    worker.shutdown(PATIENCE)
    assert gate.closed.is_set()
    assert not threads()


SCRIPT = """
import threading
from cnnviz_widgets.live import Job, shared_worker

seen = threading.Event()

def frames():
    try:
        while True:
            yield 0
    finally:
        print("closed", flush=True)

class Sink:
    def delay(self): return 0.0
    def show(self, frame): seen.set()
    def tell(self, state, error): pass

shared_worker.submit("view", Job(frames, Sink()))
seen.wait()
"""


def test_python_exits_in_mid_job():
    """The iterator is closed, and nothing is complained of."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=Path(cnnviz_widgets.__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (result.stdout, result.stderr) == ("closed\n", "")
