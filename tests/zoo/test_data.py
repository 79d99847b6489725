"""What training may look at, and what it must never see."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz_widgets import zoo
from cnnviz_widgets.zoo import digits_data, photos_data
from cnnviz_widgets.zoo.held_out import held_out_mask, held_out_tiles
from cnnviz_widgets.zoo.images import PHOTOGRAPHS

names = st.sampled_from(PHOTOGRAPHS)


@given(names, st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_training_squares_touch_no_held_out_tile(name, seed):
    height, width, _ = zoo.image(name).shape
    square = photos_data.training_square(name, np.random.default_rng(seed))
    assert square.label == name
    assert 0 <= square.top <= height - square.height
    assert 0 <= square.left <= width - square.width
    assert photos_data.SMALLEST <= square.height == square.width <= photos_data.LARGEST
    assert not any(_overlap(square, tile) for tile in held_out_tiles(name, height, width))


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_evaluation_squares_lie_inside_held_out_tiles(name):
    height, width, _ = zoo.image(name).shape
    tiles = held_out_tiles(name, height, width)
    squares = photos_data.evaluation_squares(name)
    assert len(squares) >= 20
    for square in squares:
        assert any(_inside(square, tile) for tile in tiles)


@given(st.integers(300, 600), st.integers(300, 600))
@settings(deadline=None)
def test_a_fifth_of_the_tiles_is_held_out_and_none_touch(height, width):
    tiles = held_out_tiles("cat", height, width)
    assert 0.1 < held_out_mask(tiles, height, width).mean() < 0.3
    for one, other in itertools.combinations(tiles, 2):
        assert not _overlap(_grown(one), other)


def test_room_is_left_for_the_largest_square_in_every_photograph():
    for name in PHOTOGRAPHS:
        height, width, _ = zoo.image(name).shape
        free = ~held_out_mask(held_out_tiles(name, height, width), height, width)
        side = photos_data.LARGEST
        windows = np.lib.stride_tricks.sliding_window_view(free, (side, side))
        assert windows[::4, ::4].all((2, 3)).any(), name


@pytest.mark.parametrize("data", [digits_data, photos_data])
def test_batches_repeat_under_the_seed_and_differ_otherwise(data):
    def batches(seed):
        return list(itertools.islice(data.training_batches(np.random.default_rng(seed)), 2))

    for (pictures, labels), (again, labels_again) in zip(batches(3), batches(3), strict=True):
        np.testing.assert_array_equal(pictures, again)
        np.testing.assert_array_equal(labels, labels_again)
        assert pictures.dtype == np.float32
        assert 0 <= pictures.min() < pictures.max() <= 1
    assert not np.array_equal(batches(3)[0][0], batches(4)[0][0])
    assert not np.array_equal(batches(3)[0][0], batches(3)[1][0])


def test_held_out_digits_are_a_fixed_fair_fifth_that_training_has_not():
    pictures, labels = digits_data.held_out_digits()
    training, _ = digits_data.training_digits()
    assert (len(pictures), len(training)) == (360, 1437)
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 34
    assert counts.max() <= 38
    seen = {picture.tobytes() for picture in training}
    assert not any(picture.tobytes() in seen for picture in pictures)


def test_the_sheet_shows_held_out_digits_with_their_labels():
    pictures, labels = digits_data.held_out_digits()
    sheet = zoo.image("digits")[..., 0]
    for cell in zoo.cells("digits"):
        differences = np.abs(pictures[..., 0] - sheet[cell.slices]).max((1, 2))
        assert differences.min() < 1 / 255
        assert labels[differences.argmin()] == int(cell.label)


def _overlap(one, other):
    return (
        one.top < other.top + other.height
        and other.top < one.top + one.height
        and one.left < other.left + other.width
        and other.left < one.left + one.width
    )


def _inside(one, other):
    return (
        other.top <= one.top
        and one.top + one.height <= other.top + other.height
        and other.left <= one.left
        and one.left + one.width <= other.left + other.width
    )


def _grown(tile):
    return zoo.Cell(tile.label, tile.top - 1, tile.left - 1, tile.height + 2, tile.width + 2)
