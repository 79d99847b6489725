import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz_widgets.live import Outbox


class Page:
    """The far end: what has reached it, and an outbox that leads there."""

    def __init__(self, clock, **options):
        self.received = []
        self.outbox = Outbox(self.receive, clock=clock, **options)

    def receive(self, frame, settled):
        self.received.append((frame["number"], settled))

    def numbers(self):
        return [number for number, _ in self.received]

    def offer(self, count=1, settled=False):
        for _ in range(count):
            self.outbox.offer(self.outbox.stamp({}), settled=settled)


@pytest.fixture
def page(clock):
    return Page(clock)


def test_frames_are_numbered_from_one_and_keep_their_content(page):
    frames = [page.outbox.stamp({"layer": "conv1"}) for _ in range(3)]
    assert frames == [{"layer": "conv1", "number": n} for n in (1, 2, 3)]


def test_two_frames_are_on_their_way_and_the_newest_waits(page):
    page.offer(5)
    assert page.numbers() == [1, 2]
    page.outbox.acknowledge(1)
    assert page.numbers() == [1, 2, 5]


def test_an_acknowledgement_stands_for_all_earlier_frames(page):
    page.offer(2)
    page.outbox.acknowledge(2)
    page.offer(3)
    assert page.numbers() == [1, 2, 3, 4]


def test_nothing_waits_after_the_waiting_frame_was_sent(page):
    page.offer(3)
    page.outbox.acknowledge(3)
    page.outbox.acknowledge(3)
    assert page.numbers() == [1, 2, 3]


def test_the_limit_can_be_chosen(clock):
    page = Page(clock, limit=1)
    page.offer(3)
    assert page.numbers() == [1]


def test_a_settled_frame_is_sent_in_any_case_and_replaces_the_waiting_one(page):
    page.offer(3)
    page.offer(settled=True)
    page.outbox.acknowledge(4)
    assert page.received == [(1, False), (2, False), (4, True)]


def test_an_answering_page_is_waited_for(page, clock):
    page.offer(1)
    page.outbox.acknowledge(1)
    assert page.outbox.ready()
    page.offer(2)
    clock.now += 0.25
    assert not page.outbox.ready()
    assert page.outbox.delay() == pytest.approx(0.75)
    page.outbox.acknowledge(2)
    assert page.outbox.ready()


def test_a_page_that_never_answered_is_not_waited_for(page):
    page.offer(10)
    assert page.outbox.ready()
    assert page.numbers() == [1, 2]


def test_a_silent_page_holds_nothing_up_and_gets_one_frame_a_stall(page, clock):
    page.offer(1)
    page.outbox.acknowledge(1)
    page.offer(5)
    assert page.numbers() == [1, 2, 3]
    for expected in ([1, 2, 3, 7], [1, 2, 3, 7, 12]):
        clock.now += 1.0
        assert page.outbox.ready()
        page.offer(5)
        assert page.numbers() == expected
        assert page.outbox.ready()


def test_a_page_that_answers_again_gets_the_newest_frame_and_is_waited_for_again(page, clock):
    page.offer(1)
    page.outbox.acknowledge(1)
    page.offer(2)
    clock.now += 1.0
    page.offer(10)
    page.outbox.acknowledge(4)
    assert page.numbers() == [1, 2, 3, 4, 13]
    page.offer(1)
    assert not page.outbox.ready()


def test_a_frame_offered_while_another_is_sent_comes_after_it(clock):
    """The thread that sends hands over to itself, so that no two sends overlap."""
    received = []
    offers = iter([2, 3])

    def send(frame, _settled):
        if (next(offers, None)) is not None:
            outbox.acknowledge(frame["number"])
            outbox.offer(outbox.stamp({}))
        received.append(frame["number"])

    outbox = Outbox(send, clock=clock)
    outbox.offer(outbox.stamp({}))
    assert received == [1, 2, 3]


def test_a_send_that_fails_says_so_and_blocks_nothing(clock):
    received = []

    def send(frame, _settled):
        if frame["number"] == 1:
            raise ConnectionError("the page is gone")
        received.append(frame["number"])

    outbox = Outbox(send, clock=clock)
    with pytest.raises(ConnectionError, match="the page is gone"):
        outbox.offer(outbox.stamp({}))
    outbox.offer(outbox.stamp({}))
    assert received == [2]


def test_two_threads_keep_the_order(clock):
    page = Page(clock)
    numbers = itertools.count(1)

    def acknowledge():
        for number in itertools.islice(numbers, 3000):
            page.outbox.acknowledge(number)

    thread = threading.Thread(target=acknowledge)
    thread.start()
    page.offer(3000)
    thread.join()
    page.offer(settled=True)
    assert page.numbers() == sorted(set(page.numbers()))
    assert page.received[-1] == (3001, True)


@given(st.lists(st.sampled_from(["offer", "settle", "paint", "paint all", "wait"]), max_size=60))
def test_whatever_happens_the_page_is_never_flooded_and_ends_with_the_newest(events):
    now = [0.0]
    page = Page(lambda: now[0])
    painted = 0
    newest = 0
    for event in events:
        before = len(page.received)
        if event in ("offer", "settle"):
            newest += 1
            page.offer(settled=event == "settle")
            full = sum(number > painted for number in page.numbers()[:before]) >= 2
            if full and event == "offer" and now[0] == 0:
                assert len(page.received) == before
        elif event == "wait":
            now[0] += 0.3
        elif page.received:
            painted = page.numbers()[-1 if event == "paint all" else min(painted, before - 1)]
            page.outbox.acknowledge(painted)
        assert len(page.received) <= before + 1
    assert page.numbers() == sorted(set(page.numbers()))
    page.outbox.acknowledge(newest)
    assert newest == 0 or page.numbers()[-1] == newest
