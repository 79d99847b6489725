"""When to look: by a clock of the test's own."""

import pytest

from cnnviz_widgets.live import Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("cost", [0.001, 0.05, 2.0])
def test_looks_stay_within_their_share_whatever_they_cost(cost):
    clock = Clock()
    pace = Pace(0.03, clock=clock)
    pace.begin()
    looks = 0
    for step in range(200_000):
        clock.now += 0.01
        if pace.due(step):
            looks += 1
            with pace.look():
                clock.now += cost
        if looks == 20:
            break
    assert looks >= 2
    assert pace.cost <= 0.03 + cost / clock.now + 1e-9  # one look over it at most


def test_every_nth_step_is_looked_at_whatever_it_costs():
    pace = Pace(0.01, every=5)
    pace.begin()
    assert [step for step in range(1, 16) if pace.due(step)] == [5, 10, 15]


def test_a_rest_counts_for_nothing():
    clock = Clock()
    pace = Pace(0.5, clock=clock)
    assert pace.cost == 0
    pace.begin()
    clock.now = 10
    with pace.look():
        clock.now = 11
    pace.rest()
    clock.now = 1000
    assert pace.cost == pytest.approx(1 / 11)
    pace.begin()
    clock.now = 1009
    assert pace.cost == pytest.approx(1 / 20)
