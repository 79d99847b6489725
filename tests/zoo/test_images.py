"""The bundled pictures: what they are named, what they are made of, and where they come from."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from cnnviz_widgets import zoo
from cnnviz_widgets.zoo.images import PHOTOGRAPHS, PICTURES

COLLAGES = tuple(name for name in zoo.images() if name.startswith("collage"))


@pytest.mark.parametrize("name", zoo.images())
def test_every_picture_is_rgb_in_unit_range(name):
    picture = zoo.image(name)
    assert picture.dtype == np.float32
    assert picture.ndim == 3
    assert picture.shape[2] == 3
    assert max(picture.shape) <= 512
    assert 0 <= picture.min() < picture.max() <= 1
    assert picture.max() > 0.5  # not still divided twice


def test_names_cover_photographs_collages_and_digits():
    names = zoo.images()
    assert len(names) == len(set(names))
    assert {"cat", "astronaut", "coffee", "rocket", "brick", "temple", "flower"} <= set(names)
    assert {"collage", "digits", "digit-3"} <= set(names)


def test_a_picture_is_the_file_decoded():
    with Image.open(PICTURES / "cat.jpg") as file:
        expected = np.asarray(file.convert("RGB")) / 255
    np.testing.assert_allclose(zoo.image("cat"), expected, atol=1e-6)


def test_grey_photographs_have_three_equal_channels():
    picture = zoo.image("brick")
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])


@pytest.mark.parametrize("name", ["cat", "collage", "digits", "digit-7"])
def test_each_caller_gets_a_copy(name):
    first = zoo.image(name)
    first[:] = 0.25
    assert not np.array_equal(zoo.image(name), first)


@pytest.mark.parametrize(("wrong", "near"), [("cats", "cat"), ("tempel", "temple")])
def test_an_unknown_picture_names_the_nearest(wrong, near):
    with pytest.raises(ValueError, match=f"no picture named '{wrong}'.*'{near}'"):
        zoo.image(wrong)


def test_a_picture_without_cells_says_which_have_some():
    with pytest.raises(ValueError, match="collage-nine"):
        zoo.cells("cat")


@pytest.mark.parametrize("name", [*COLLAGES, "digits"])
def test_cells_cover_the_picture_once(name):
    height, width, _ = zoo.image(name).shape
    times = np.zeros((height, width), int)
    for cell in zoo.cells(name):
        assert times[cell.slices].shape == (cell.height, cell.width)
        times[cell.slices] += 1
    assert (times == 1).all()


@pytest.mark.parametrize("name", COLLAGES)
def test_cells_show_a_half_size_piece_of_their_photograph(name):
    collage = zoo.image(name)
    for cell in zoo.cells(name):
        assert _found_in(zoo.image(cell.label), collage[cell.slices])


def test_collages_hold_several_classes():
    for name in COLLAGES:
        counts = Counter(cell.label for cell in zoo.cells(name))
        assert len(counts) >= 4
        assert set(counts.values()) == {1}
        assert set(counts) <= set(PHOTOGRAPHS)


def test_the_sheet_has_ten_of_each_digit_and_single_digits_are_on_it():
    sheet, cells = zoo.image("digits"), zoo.cells("digits")
    assert Counter(cell.label for cell in cells) == {str(digit): 10 for digit in range(10)}
    for digit in range(10):
        single = zoo.image(f"digit-{digit}")
        assert single.shape == (28, 28, 3)
        assert any(
            np.array_equal(sheet[cell.slices], single) for cell in cells if cell.label == str(digit)
        )


def test_every_picture_is_credited():
    credits_page = (PICTURES / "CREDITS.md").read_text(encoding="utf-8")
    for file in PICTURES.iterdir():
        if file.suffix != ".md":
            assert f"| {file.stem} |" in credits_page


def test_pictures_stay_small():
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < 2_500_000


def _found_in(photograph, piece):
    """Whether shrinking the photograph from some even or odd corner gives the piece somewhere."""
    high, wide, _ = piece.shape
    for top in range(photograph.shape[0] - 2 * high + 1):
        # The first row of the piece decides where it is worth looking at the rest.
        rows = photograph[top : top + 2].mean(0)
        pairs = (rows[:-1] + rows[1:]) / 2
        for left in np.flatnonzero(np.abs(pairs - piece[0, 0]).max(-1) < 1e-5):
            square = photograph[top : top + 2 * high, left : left + 2 * wide]
            if square.shape != (2 * high, 2 * wide, 3):
                continue
            quarters = [square[i::2, j::2] for i in (0, 1) for j in (0, 1)]
            if np.allclose(sum(quarters) / 4, piece, atol=1e-5):
                return True
    return False
