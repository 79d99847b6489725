"""Metrics on sequences: what they are on pictures of one row, and what a hand count gives."""

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.evaluate.metric import METRICS
from cnnviz_widgets.evaluate.similarity import ssim
from cnnviz_widgets.network import InputError, Network

SHAPE = (12, 2)
MATRIX = np.random.default_rng(1).normal(size=(24, 3)).astype(np.float32)
_FEW = {
    "mu_fidelity": {"samples": 6},
    "faithfulness_correlation": {"samples": 6},
    "infidelity": {"samples": 4},
    "max_sensitivity": {"samples": 2},
    "road": {"percentiles": (30, 60)},
    "deletion": {"steps": 4},
    "insertion": {"steps": 4},
}
WHERE = np.arange(12) // 4 == 1


def _of(shape) -> Network:
    def model(params, x):
        return (x.reshape(len(x), 24) - 0.5) @ params

    given = {} if len(shape) == 3 else {"value_range": (0, 1)}
    return Network(model, params=MATRIX, input_shape=shape, **given)


@pytest.fixture(scope="module")
def line() -> Network:
    return _of(SHAPE)


@pytest.fixture(scope="module")
def row() -> Network:
    return _of((1, *SHAPE))


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(2).random((2, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def maps() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(2, 12)).astype(np.float32)


# Cells are of collages, which are pictures.
@pytest.mark.parametrize("name", sorted(k for k in METRICS if METRICS[k].needs != "cells"))
def test_a_sequence_is_judged_as_a_picture_of_one_row(name, line, row, x, maps):
    metric, options = METRICS[name], dict(_FEW.get(name, {}))
    judged = (maps, maps[:, None])
    if metric.needs == "method":
        judged = ("occlusion", "occlusion")
        options |= {"window": 3, "stride": 3}
    where = ({}, {})
    if metric.needs == "where":
        where = ({"where": WHERE}, {"where": WHERE[None]})
    own = {"window": (1, 3), "stride": (1, 3)} if metric.needs == "method" else {}
    found = metric.function(line, x, judged[0], target=1, **options, **where[0])
    wanted = metric.function(row, x[:, None], judged[1], target=1, **{**options, **own}, **where[1])
    assert found.shape == (2,)
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_deletion_of_steps_by_hand(line, x, maps):
    found = cw.evaluate.deletion(line, x, maps, target=2, steps=12, baseline=x[1])
    curves = []
    for image, order in zip(x, np.argsort(-maps, kind="stable"), strict=True):
        points = []
        for count in range(13):
            gone = np.isin(np.arange(12), order[:count])
            logits = (np.where(gone[:, None], x[1], image).reshape(24) - 0.5) @ MATRIX
            points.append(np.exp(logits[2]) / np.exp(logits).sum())
        curves.append(np.trapezoid(points, dx=1 / 12))
    np.testing.assert_allclose(found, curves, rtol=1e-4)


def test_ranking_and_sanity_check_take_sequences(line, x):
    found = cw.evaluate.rank(
        line, x, ["saliency", "occlusion"], ["deletion", "sparseness"], target=0,
        options={"deletion": {"steps": 3}},
    )  # fmt: skip
    assert np.isfinite(found.scores).all()
    checked = cw.evaluate.sanity_check(line, x, "input_x_gradient", target=0)
    assert checked.values.shape == x.shape
    assert (np.abs(checked.spearman) < 1).all()


def test_values_of_another_size_are_refused(line, x):
    with pytest.raises(InputError, match=r"values of shape \(2, 12\) or \(2, 12, 2\)"):
        cw.evaluate.deletion(line, x, np.zeros((2, 11)))


def test_similarity_of_lines():
    random = np.random.default_rng(0)
    a, b = random.random((2, 3, 40))
    np.testing.assert_allclose(ssim(a, a), 1, atol=1e-6)
    wanted = []
    for one, other in zip(a, b, strict=True):
        pieces = [(one[k : k + 7], other[k : k + 7]) for k in range(34)]
        windows = [(*np.cov(p, q).ravel(), p.mean(), q.mean()) for p, q in pieces]
        va, cov, _, vb, ma, mb = np.array(windows).T
        wanted.append(
            np.mean(
                (2 * ma * mb + 1e-4)
                * (2 * cov + 9e-4)
                / ((ma**2 + mb**2 + 1e-4) * (va + vb + 9e-4))
            )
        )
    np.testing.assert_allclose(ssim(a, b), wanted, rtol=1e-5)
