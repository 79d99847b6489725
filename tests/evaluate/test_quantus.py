"""What Quantus gives for the same weights, images and values; see tests/golden/make_quantus.py."""

from pathlib import Path

import jax
import numpy as np
import pytest

from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.evaluate.imputation import impute
from cnnviz_widgets.network import Network
from tests.models.functions import conv

GOLDEN = dict(np.load(Path(__file__).parent.parent / "golden" / "quantus.npz"))
X, VALUES, MASK, TARGET = (GOLDEN[key] for key in ("x", "values", "mask", "target"))
CLASS = TARGET.tolist()


def _model(p, x):
    x = jax.nn.relu(conv(x, p["conv.weight"]) + p["conv.bias"][None, None, None]).mean((1, 2))
    x = jax.nn.relu(x @ p["hidden.weight"] + p["hidden.bias"][None])
    return x @ p["head.weight"] + p["head.bias"][None]


@pytest.fixture(scope="module")
def net() -> Network:
    own = {k.split("/")[1]: v for k, v in GOLDEN.items() if k.startswith("weights/")}
    return Network(_model, params=own, input_shape=X.shape[1:])


def _assert_agrees(got, wanted) -> None:
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= 1e-3 * np.abs(wanted).max()


def test_the_networks_are_the_same(net):
    _assert_agrees(np.asarray(net(X)), GOLDEN["logits"])
    found = methods.frames("input_x_gradient", net, X, target=CLASS)
    _assert_agrees(next(found).values[..., 0], X[..., 0] * GOLDEN["gradient"])


def test_pixel_flipping(net):
    """Quantus leaves out the score before the first flip."""
    found = evaluate.pixel_flipping_curve(net, X, VALUES, target=CLASS, pixels_in_step=1)
    _assert_agrees(found[:, 1:], GOLDEN["pixel_flipping_curve"])
    whole = np.concatenate([GOLDEN["logits"][range(3), CLASS][:, None], found[:, 1:]], 1)
    area = evaluate.pixel_flipping(net, X, VALUES, target=CLASS, pixels_in_step=1)
    _assert_agrees(area, (whole[:, 1:] + whole[:, :-1]).mean(1) / 2)


@pytest.mark.parametrize("k", range(3))
def test_faithfulness_correlation(net, k):
    found = evaluate.faithfulness_correlation(
        net, X[k], VALUES[k : k + 1], target=CLASS[k], subsets=GOLDEN["subsets"]
    )
    _assert_agrees(found, GOLDEN["faithfulness_correlation"][k : k + 1])


def test_infidelity(net):
    """Blocks of Quantus go black one after the other, so changes accumulate."""
    changes, gone = [], np.zeros((8, 8, 1), np.float32)
    for row in (0, 4):
        for column in (0, 4):
            gone = gone.copy()
            gone[row : row + 4, column : column + 4] = 1
            changes.append(X * gone)
    found = evaluate.infidelity(net, X, GOLDEN["gradient"], target=CLASS, changes=changes)
    _assert_agrees(found, GOLDEN["infidelity"])


def test_max_sensitivity(net):
    def gradient(net, x, *, target):
        return methods.smooth_grad(net, x, target=target, sigma=0.0, samples=1)

    found = evaluate.max_sensitivity(net, X, gradient, target=CLASS, noise=GOLDEN["noise"])
    _assert_agrees(found, GOLDEN["max_sensitivity"])


def test_completeness(net):
    """Quantus says only whether the two are equal, so they are compared apart."""
    found = evaluate.completeness(net, X, VALUES, target=CLASS)
    wanted = VALUES.sum((1, 2)) - GOLDEN["completeness_difference"]
    _assert_agrees(found, np.abs(wanted))


def test_sparseness(net):
    _assert_agrees(evaluate.sparseness(net, X, VALUES), GOLDEN["sparseness"])


def test_relevance_mass(net):
    found = evaluate.relevance_mass(net, X, np.abs(VALUES), where=MASK)
    _assert_agrees(found, GOLDEN["relevance_mass"])


def test_relevance_rank(net):
    found = evaluate.relevance_rank(net, X, VALUES, where=MASK)
    _assert_agrees(found, GOLDEN["relevance_rank"])


def test_pointing_game(net):
    found = evaluate.pointing_game(net, X, VALUES, where=MASK)
    np.testing.assert_array_equal(found, GOLDEN["pointing_game"])


@pytest.mark.parametrize("count", [5, 30, 57])
def test_imputation(count):
    found = impute(GOLDEN["picture"], GOLDEN[f"missing/{count}"])
    _assert_agrees(found, GOLDEN[f"imputed/{count}"])
