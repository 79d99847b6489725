import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz_widgets.live import History


def filled(limit, steps):
    history = History(limit)
    for step in steps:
        history.add(step, f"frame {step}")
    return history


def test_a_short_run_is_kept_whole():
    history = filled(10, range(9))
    assert history.steps() == list(range(9))
    assert history.get(4) == "frame 4"


def test_when_full_every_second_frame_goes():
    assert filled(10, range(10)).steps() == [0, 2, 4, 6, 8, 9]
    assert filled(10, range(20)).steps() == [0, 4, 8, 12, 16, 19]


def test_the_nearest_kept_frame_is_found():
    history = filled(10, range(20))
    assert [history.get(step) for step in (-5, 5, 7, 18, 99)] == [
        "frame 0",
        "frame 4",
        "frame 8",
        "frame 19",
        "frame 19",
    ]


def test_an_empty_history_says_so():
    history = History(10)
    assert history.steps() == []
    assert history.newest is None
    with pytest.raises(LookupError, match="no frame is kept yet"):
        history.get(0)


def test_steps_must_rise():
    history = filled(10, [5])
    with pytest.raises(ValueError, match="step 5 comes after step 5"):
        history.add(5, "again")


def test_a_history_of_one_frame_is_refused():
    with pytest.raises(ValueError, match="2 frames or more, not 1"):
        History(1)


@given(limit=st.integers(2, 40), count=st.integers(1, 700), jump=st.integers(1, 9))
def test_what_stays_is_bounded_and_spread_evenly(limit, count, jump):
    history = filled(limit, range(0, count * jump, jump))
    steps = history.steps()
    assert len(steps) <= limit
    assert steps[0] == 0
    assert steps[-1] == (count - 1) * jump
    assert history.newest == f"frame {steps[-1]}"
    gaps = {later - earlier for earlier, later in itertools.pairwise(steps[:-1])}
    assert len(gaps) <= 1
    assert len(steps) >= min(count, limit / 2)
