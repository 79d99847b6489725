"""Maps of which is known where they point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnviz_widgets as cw
from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.zoo import Cell
from tests.models.taps import assert_same

SIDE = 6
CELLS = (
    Cell("a", 0, 0, 3, 3), Cell("b", 0, 3, 3, 3), Cell("b", 3, 0, 3, 3), Cell("c", 3, 3, 3, 3),
)  # fmt: skip
NET = Network(lambda _, x: x.mean((1, 2)), input_shape=(SIDE, SIDE, 3), classes=["a", "b", "d"])
X = np.zeros((1, SIDE, SIDE, 3), np.float32)


def _spot(row, column, value=1.0):
    values = np.zeros((1, SIDE, SIDE), np.float32)
    values[0, row, column] = value
    return values


def _mask(rows, columns):
    mask = np.zeros((SIDE, SIDE), bool)
    mask[rows, columns] = True
    return mask


def test_the_largest_value_hits_or_misses():
    mask = _mask(slice(0, 3), slice(0, 3))
    hit, miss = (evaluate.pointing_game(NET, X, _spot(k, k), where=mask)[0] for k in (1, 4))
    assert (hit, miss) == (1, 0)
    near = [
        evaluate.pointing_game(NET, X, _spot(4, 2), where=mask, tolerance=t)[0] for t in (0, 1.9, 2)
    ]
    assert near == [0, 0, 1]  # two rows below


def test_a_constant_map_gets_what_chance_would():
    mask = _mask(slice(0, 2), slice(0, 3))
    constant = np.ones((1, SIDE, SIDE))
    assert_same(evaluate.pointing_game(NET, X, constant, where=mask), [6 / 36])
    assert_same(evaluate.relevance_mass(NET, X, constant, where=mask), [6 / 36])
    zero = evaluate.relevance_mass(NET, X, 0 * constant, where=mask)
    np.testing.assert_array_equal(zero, np.zeros(1))


def test_mass_counts_positive_values_only():
    values = _spot(0, 0, 3.0) + _spot(5, 5, 1.0) + _spot(0, 1, -50.0)
    mask = _mask(slice(0, 3), slice(0, 3))
    assert_same(evaluate.relevance_mass(NET, X, values, where=mask), [0.75])


def test_rank_counts_as_many_as_the_object_has_pixels():
    values = np.arange(36, dtype=np.float32).reshape(1, 6, 6)
    assert_same(evaluate.relevance_rank(NET, X, values, where=_mask(5, slice(None))), [1])
    assert_same(evaluate.relevance_rank(NET, X, values, where=_mask(0, slice(None))), [0])
    half = _mask(slice(4, 6), slice(0, 3))  # of the last six values, three lie in it
    assert_same(evaluate.relevance_rank(NET, X, values, where=half), [0.5])


def test_all_cells_of_the_class_count():
    values = _spot(0, 0, 1.0) + _spot(0, 5, 2.0) + _spot(5, 0, 4.0) + _spot(5, 5, 8.0)
    shares = [evaluate.grid_pointing_game(NET, X, values, target=t, cells=CELLS)[0] for t in "ab"]
    assert_same(shares, [1 / 15, 6 / 15])
    batch = np.concatenate([X, X])
    both = evaluate.grid_pointing_game(
        NET, batch, np.concatenate([values, values]), target=["a", "b"], cells=CELLS
    )
    assert_same(both, shares)


def test_classes_without_names_are_numbers():
    plain = Network(lambda _, x: x.mean((1, 2)), input_shape=(SIDE, SIDE, 3))
    cells = (Cell("1", 0, 0, 3, 6), Cell("2", 3, 0, 3, 6))
    found = evaluate.grid_pointing_game(plain, X, _spot(0, 0), target=1, cells=cells)
    assert_same(found, [1])


@settings(max_examples=20, derandomize=True)
@given(seed=st.integers(0, 999))
def test_shares_of_all_classes_sum_to_one(seed):
    values = np.random.default_rng(seed).normal(size=(1, SIDE, SIDE)).astype(np.float32)
    one = Network(lambda _, x: x.mean((1, 2)), input_shape=(SIDE, SIDE, 3), classes=list("abc"))
    shares = [evaluate.grid_pointing_game(one, X, values, target=t, cells=CELLS)[0] for t in "abc"]
    assert sum(shares) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (np.zeros((SIDE, SIDE), bool), "image 0 is empty"),
        (np.ones((SIDE, SIDE)), "mask > 0 makes booleans"),
        (np.ones((SIDE, SIDE + 1), bool), "mask of booleans of shape"),
        ((Cell("a", 0, 0, 3, SIDE + 1),), "within the picture's 6 x 6"),
        ((Cell("c", 0, 0, 3, 3),), "shows the class 'a', got one of c"),
        ("collage", "mask of booleans"),
    ],
)
def test_objects_that_do_not_fit_are_refused(where, said):
    with pytest.raises(InputError, match=said):
        evaluate.pointing_game(NET, X, _spot(0, 0), target="a", where=where)


def test_a_collage_without_the_class_is_refused():
    with pytest.raises(InputError, match="shows the class 'd', got one of a, b, c"):
        evaluate.grid_pointing_game(NET, X, _spot(0, 0), target="d", cells=CELLS)
    with pytest.raises(InputError, match="cells of a collage"):
        evaluate.grid_pointing_game(NET, X, _spot(0, 0), target="d", cells=_mask(0, 0))


def test_grad_cam_finds_the_cat_in_the_collage(photos):
    x = cw.image("collage")
    found = methods.grad_cam(photos, x, target="cat")
    cells = cw.zoo.cells("collage")
    assert evaluate.grid_pointing_game(photos, x, found, cells=cells)[0] > 0.5
    assert evaluate.pointing_game(photos, x, found, where=cells)[0] == 1
