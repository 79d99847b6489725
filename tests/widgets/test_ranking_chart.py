"""The chart of a ranking shows the ranking's own numbers."""

from typing import Any

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.evaluate import Ranking
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import ranking_chart

PATIENCE = 120.0


def finished(progress: float = 1.0) -> Ranking:
    scores = np.array([[0.2, -0.1], [0.6, 0.3], [0.5, 0.1]], np.float32)[..., None]
    methods = ("poor", "<b>good</b>", "random_map")
    metrics = ("deletion", "insertion")
    return Ranking(methods, metrics, ("higher", "higher"), scores, progress, ("poor is poor",))


def parts(chart: cw.RankingChart, metric: str) -> tuple[Any, Any]:
    bars, floor = chart.figures[metric].marks
    return bars, floor


def test_it_shows_what_rank_finds(digits, three):
    chart = cw.RankingChart(digits, three, ["saliency", "grad_cam"], ["sparseness"])
    chart.wait(PATIENCE)
    assert chart.error is None
    assert chart.state == "done"
    expected = cw.evaluate.rank(digits, three, ["saliency", "grad_cam"], ["sparseness"])
    assert chart.ranking is not None
    np.testing.assert_array_equal(chart.ranking.scores, expected.scores)
    bars, floor = parts(chart, "sparseness")
    best_first = [name for name in expected.order if name != "random_map"]
    assert list(bars.x) == best_first[::-1]
    by_name = dict(zip(expected.methods, expected.values[:, 0], strict=True))
    np.testing.assert_allclose(bars.y, [by_name[name] for name in bars.x])
    np.testing.assert_allclose(floor.x, [by_name["random_map"]] * 2)


def test_a_finished_ranking_is_shown_at_once():
    chart = cw.RankingChart(finished())
    bars, floor = parts(chart, "insertion")
    assert list(bars.x) == ["poor", "<b>good</b>"]  # the best is on top
    np.testing.assert_allclose(bars.y, [-0.1, 0.3], rtol=1e-6)
    np.testing.assert_allclose(floor.x, [0.1, 0.1], rtol=1e-6)
    assert list(bars.colors) == [ranking_chart.WORSE, ranking_chart.BETTER]
    assert bars.color_mode == "group"  # by "element", bqplot gives all bars the first colour
    scale = bars.scales["y"]
    assert scale.min < -0.1
    assert scale.max > 0.3


def test_words_say_which_direction_is_better_and_why_something_is_missing():
    chart = cw.RankingChart(finished(0.5))
    row, said = chart.children
    assert "higher is better, a random map has 0.5" in row.children[0].children[0].value
    assert "50% done." in said.value
    assert "poor is poor" in said.value


def test_the_order_stays_while_it_grows():
    bars, _ = parts(cw.RankingChart(finished(0.5)), "insertion")
    assert list(bars.x) == ["<b>good</b>", "poor"]  # from the bottom: as they were given


def test_what_is_not_known_yet_has_no_bar():
    scores = np.full((2, 1, 1), np.nan, np.float32)
    bars, floor = parts(
        cw.RankingChart(Ranking(("a", "random_map"), ("sparseness",), ("higher",), scores, 0.1)),
        "sparseness",
    )
    np.testing.assert_array_equal(bars.y, [0.0])
    assert len(floor.x) == 0


def test_what_rank_refuses_is_told(digits, three):
    chart = cw.RankingChart(digits, three, ["saliency"], ["sparsenes"])
    chart.wait(PATIENCE)
    assert chart.state == "error"
    assert isinstance(chart.error, InputError)
    assert "sparseness" in chart.children[1].value


def test_a_network_needs_images_and_a_ranking_none(digits, three):
    for arguments in ((digits,), (finished(), three)):
        with pytest.raises(InputError, match="a network and images, or a finished Ranking alone"):
            cw.RankingChart(*arguments)
    with pytest.raises(TypeError, match="seed"):
        cw.RankingChart(finished(), sed=1)  # pyright: ignore


def test_it_can_be_closed_at_work_and_twice(digits, three):
    chart = cw.RankingChart(digits, three)
    chart.close()
    chart.close()
    assert chart.state == "idle"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 0.8, [0, 0.2, 0.4, 0.6, 0.8]), (-0.3, 0.5, [-0.2, 0, 0.2, 0.4]), (0, 0, [0])],
)
def test_numbers_at_the_axis_are_round(low, high, expected):
    np.testing.assert_allclose(ranking_chart._round_numbers(low, high), expected, atol=1e-12)
