import pytest

from cnnviz_widgets.live import Job


class Frames:
    """A generator that says whether it was closed."""

    def __init__(self, count=10**9):
        self.count = count
        self.closed = False

    def __call__(self):
        try:
            yield from range(self.count)
        finally:
            self.closed = True


def turns(job, count=10):
    """Give a job turns for as long as it wants some."""
    for _ in range(count):
        if job.delay() == 0.0:
            job.turn()


def test_a_job_runs_to_its_end(sink):
    frames = Frames(3)
    job = Job(frames, sink)
    turns(job)
    assert sink.frames == [0, 1, 2]
    assert sink.states == ["running", "done"]
    assert frames.closed
    assert job.ended
    assert job.delay() is None


def test_nothing_is_computed_before_the_first_turn(sink):
    def explode():
        raise AssertionError("too early")

    assert Job(explode, sink).delay() == 0.0
    assert sink.states == []


def test_it_waits_for_a_busy_sink(sink):
    job = Job(Frames(), sink)
    sink.busy_for = 0.5
    assert job.delay() == 0.5


def test_pause_and_resume_keep_the_place(sink):
    job = Job(Frames(6), sink)
    turns(job, 2)
    job.pause()
    turns(job)
    assert sink.frames == [0, 1]
    assert job.delay() is None
    job.resume()
    turns(job)
    assert sink.frames == [0, 1, 2, 3, 4, 5]
    assert sink.states == ["running", "paused", "running", "done"]


def test_a_pause_is_heard_by_a_busy_sink(sink):
    job = Job(Frames(), sink)
    turns(job, 2)
    sink.busy_for = 0.5
    job.pause()
    turns(job)
    assert sink.states == ["running", "paused"]


def test_a_step_makes_one_frame_and_pauses_again(sink):
    job = Job(Frames(), sink)
    job.step()
    turns(job)
    assert sink.frames == [0]
    assert sink.states == ["paused"]
    job.step()
    turns(job)
    assert sink.frames == [0, 1]
    assert sink.states == ["paused", "paused"]


def test_a_step_while_it_runs_pauses_after_the_next_frame(sink):
    job = Job(Frames(), sink)
    turns(job, 2)
    job.step()
    turns(job)
    assert sink.frames == [0, 1, 2]
    assert sink.states == ["running", "paused"]


def test_a_step_past_the_end_is_the_end(sink):
    job = Job(Frames(1), sink)
    job.step()
    turns(job)
    job.step()
    turns(job)
    assert sink.states == ["paused", "done"]


@pytest.mark.parametrize("paused", [False, True])
def test_stop_closes_the_iterator(sink, paused):
    frames = Frames()
    job = Job(frames, sink)
    turns(job, 3)
    if paused:
        job.pause()
        turns(job)
    job.stop()
    turns(job)
    assert sink.frames == [0, 1, 2]
    assert sink.states[-1] == "idle"
    assert frames.closed
    assert job.ended


def test_orders_after_the_end_change_nothing(sink):
    job = Job(Frames(1), sink)
    turns(job)
    for order in (job.resume, job.step, job.pause, job.stop):
        order()
        turns(job)
    job.turn()
    assert sink.frames == [0]
    assert sink.states == ["running", "done"]


def test_every_order_wakes_the_driver(sink):
    woken = []
    job = Job(Frames(), sink, wake=lambda: woken.append(1))
    for order in (job.pause, job.resume, job.step, job.stop):
        order()
    assert len(woken) == 4


def test_an_error_reaches_the_sink(sink):
    def frames():
        yield 0
        raise ValueError("conv2 got 3 channels")

    job = Job(frames, sink)
    turns(job)
    assert sink.frames == [0]
    assert sink.states == ["running", "error"]
    assert [str(error) for error in sink.errors] == ["conv2 got 3 channels"]
    assert job.ended


def test_an_error_before_the_first_frame_reaches_the_sink(sink):
    def frames():
        raise ValueError("no such layer")

    turns(Job(frames, sink))
    assert sink.states == ["running", "error"]


def test_an_error_of_the_sink_ends_the_job(sink):
    frames = Frames()
    sink.show = lambda _frame: 1 / 0
    turns(Job(frames, sink))
    assert sink.states == ["running", "error"]
    assert frames.closed


def test_an_error_while_closing_reaches_the_sink(sink):
    def frames():
        try:
            yield 0
        finally:
            raise ValueError("could not tidy up")

    job = Job(frames, sink)
    turns(job, 1)
    job.stop()
    turns(job)
    assert sink.states == ["running", "error"]


def test_an_interrupt_passes_through_and_ends_the_job(sink):
    def frames():
        yield 0
        raise KeyboardInterrupt

    job = Job(frames, sink)
    job.turn()
    with pytest.raises(KeyboardInterrupt):
        job.turn()
    assert sink.states == ["running", "idle"]
    assert job.ended


def test_a_discarded_job_closes_its_iterator_and_says_nothing(sink):
    frames = Frames()
    job = Job(frames, sink)
    turns(job, 1)
    job.discard()
    turns(job)
    assert frames.closed
    assert sink.states == ["running"]


def test_any_iterator_will_do(sink):
    turns(Job(lambda: iter("ab"), sink))
    assert sink.frames == ["a", "b"]
    assert sink.states == ["running", "done"]
