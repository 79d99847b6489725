"""What holds for every metric: shapes, batches, classes without compilation, refusals."""

import numpy as np
import pytest

from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.evaluate import METRICS
from cnnviz_widgets.network import InputError, Network, UnknownTargetError
from cnnviz_widgets.zoo import Cell
from tests.compiling import compilations
from tests.evaluate.conftest import SIZE
from tests.models.taps import assert_same, pictures

_FEW = {
    "deletion": {"steps": 6},
    "insertion": {"steps": 6},
    "pixel_flipping": {"pixels_in_step": 7},
    "road": {"percentiles": (20, 50)},
    "mu_fidelity": {"samples": 6, "grid": 3},
    "faithfulness_correlation": {"samples": 6},
    "infidelity": {"samples": 4},
    "max_sensitivity": {"samples": 2},
}
_CELLS = tuple(
    Cell(label, row, column, 3, 2 + column // 2)
    for label, (row, column) in zip("abcd", ((0, 0), (0, 2), (3, 0), (3, 2)), strict=True)
)
_NEEDS = {"where": {"where": _CELLS}, "cells": {"cells": _CELLS}}
_GIVEN = [name for name, metric in METRICS.items() if metric.needs != "method"]


def run(name, net, x, values=None, **options):
    """A metric with few steps, and with a method where it needs one."""
    metric = METRICS[name]
    values = "saliency" if metric.needs == "method" else values
    return metric.function(
        net, x, values, **_NEEDS.get(metric.needs, {}), **{**_FEW.get(name, {}), **options}
    )


@pytest.mark.parametrize("name", METRICS)
class TestEveryMetric:
    def test_gives_a_number_for_each_image(self, name, net, images, maps):
        found = run(name, net, images, maps, target="b")
        assert found.shape == (3,)
        assert found.dtype == np.float32
        assert np.isfinite(found).all()

    def test_is_public_and_has_a_direction(self, name):
        assert getattr(evaluate, name) is METRICS[name].function
        assert METRICS[name].better in ("higher", "lower")
        words = METRICS[name].function.__doc__ or ""
        assert f"{METRICS[name].better.capitalize()} is better." in words
        assert "https://" in words

    def test_an_image_gets_the_same_alone_and_in_a_batch(self, name, net, images, maps):
        together = run(name, net, images, maps, target=[0, 3, 1])
        for k, target in enumerate((0, 3, 1)):
            alone = run(name, net, images[k], maps[k : k + 1], target=target)
            assert_same(alone, together[k : k + 1], name, 1e-4)

    def test_other_classes_images_and_values_compile_nothing(self, name, net, images, maps):
        run(name, net, images, maps, target=0)
        other = pictures(SIZE, 3, seed=9)
        with compilations() as compiled:
            run(name, net, other, maps[::-1] * 2, target=[3, 1, 2])
        assert compiled == []

    def test_runs_alike_twice(self, name, net, images, maps):
        first, second = (run(name, net, images, maps, target=2) for _ in range(2))
        np.testing.assert_array_equal(first, second)

    def test_refuses_what_is_no_class_and_no_image(self, name, net, images, maps):
        with pytest.raises(UnknownTargetError, match="from 0 to 3, got 4"):
            run(name, net, images, maps, target=4)
        with pytest.raises(InputError, match="NaN"):
            run(name, net, np.full_like(images, np.nan), maps)


@pytest.mark.parametrize("name", _GIVEN)
class TestMetricsOfValues:
    def test_channels_are_summed(self, name, net, images):
        if name == "infidelity":
            return  # it asks about every channel
        values = np.random.default_rng(2).normal(size=images.shape).astype(np.float32)
        apart, summed = (run(name, net, images, v, target=1) for v in (values, values.sum(-1)))
        np.testing.assert_array_equal(apart, summed)

    def test_an_attribution_brings_its_class(self, name, net, images):
        found = methods.saliency(net, images, target=[2, 0, 1])
        given = run(name, net, images, found)
        wanted = run(name, net, images, found.values, target=[2, 0, 1])
        np.testing.assert_array_equal(given, wanted)

    @pytest.mark.parametrize("level", [0.0, 1.0, -2.5])
    def test_a_constant_map_has_a_defined_result(self, name, net, images, level):
        constant = np.full(images.shape[:3], level, np.float32)
        assert np.isfinite(run(name, net, images, constant, target=1)).all()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda m: m[:2], r"shape \(3, 6, 5\) or \(3, 6, 5, 3\).*got \(2, 6, 5\)"),
            (lambda m: m[:, :4], "Resize the map"),
            (lambda m: np.where(m > 1, np.nan, m), "finite values, got .* NaN"),
            (lambda m: np.where(m > 1, np.inf, m), "infinite"),
            (lambda _: "saliency", "got str"),
            (lambda m: m.astype(complex), "complex"),
        ],
    )
    def test_refuses_values_that_do_not_fit(self, name, net, images, maps, change, said):
        with pytest.raises(InputError, match=said):
            run(name, net, images, change(maps), target=0)


def test_a_map_without_its_batch_is_told_how_to_get_one(net, images, maps):
    with pytest.raises(InputError, match=r"values\[None\]"):
        evaluate.deletion(net, images[0], maps[0])


def test_a_network_of_one_logit_has_no_probabilities(images, maps):
    single = Network(lambda _, x: x.mean((1, 2, 3))[:, None], input_shape=SIZE)
    with pytest.raises(InputError, match="two classes or more"):
        evaluate.deletion(single, images, maps, target=0)
    assert evaluate.pixel_flipping(single, images, maps, target=0).shape == (3,)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("deletion", {"steps": 0}, "steps from 1"),
        ("deletion", {"baseline": "grey"}, "baseline"),
        ("insertion", {"baseline": np.zeros((2, *SIZE))}, "one image or of 3"),
        ("pixel_flipping", {"pixels_in_step": 31}, "from 1 to 30"),
        ("pixel_flipping", {"output": "odds"}, "output of"),
        ("road", {"percentiles": ()}, "at least one"),
        ("road", {"percentiles": (50, 100)}, "between 0 and 100, got 100"),
        ("road", {"noise": float("nan")}, "noise"),
        ("mu_fidelity", {"grid": 1}, "grid from 2"),
        ("mu_fidelity", {"share": 1.0}, "share between 0 and 1"),
        ("mu_fidelity", {"samples": True}, "samples from 2"),
        ("faithfulness_correlation", {"subset_size": 30}, "from 1 to 29"),
        ("faithfulness_correlation", {"subsets": np.ones((1, 6, 5), bool)}, "two subsets"),
        ("faithfulness_correlation", {"subsets": np.ones((4, 5, 6), bool)}, "masks of booleans"),
        ("infidelity", {"changes": "circle"}, "changes of"),
        ("infidelity", {"changes": []}, "at least one"),
        ("infidelity", {"changes": [np.zeros((6, 5))]}, "finite numbers of shape"),
        ("infidelity", {"side": 6}, "side from 1 to 5"),
        ("infidelity", {"sigma": 0.0, "changes": "gaussian"}, "sigma"),
        ("max_sensitivity", {"radius": 0.0}, "radius between 0 and 1"),
        ("max_sensitivity", {"noise": []}, "at least one"),
        ("pointing_game", {"tolerance": -1}, "tolerance"),
    ],
)
def test_options_out_of_range_are_refused(net, images, maps, name, options, said):
    with pytest.raises(InputError, match=said):
        run(name, net, images, maps, target=0, **options)
