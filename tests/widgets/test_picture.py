import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnnviz_widgets
from cnnviz_widgets.methods import TileSheet
from cnnviz_widgets.widgets.shared import picture

ANCHORS = Path(cnnviz_widgets.__file__).parent.parent / "js/src/lib/colormap-anchors.ts"
NAMES = {"viridis": "VIRIDIS", "magma": "MAGMA", "cividis": "CIVIDIS", "diverging": "VIK"}


def sheet(tiles, low, high):
    tiles = np.asarray(tiles, np.uint8)
    low, high = (np.asarray(bound, np.float32) for bound in (low, high))
    found = TileSheet("conv", tiles, low, high, np.zeros(len(tiles), np.float32), 0)
    strength = np.abs(found.values()).mean((1, 2))
    return TileSheet("conv", tiles, low, high, strength, 0)


def colours(image):
    """The colours of an image, without the gaps."""
    pixels = np.asarray(image).reshape(-1, 3)
    return {tuple(int(value) for value in pixel) for pixel in pixels} - {picture.PAPER}


def colour(colormap, code):
    return tuple(int(value) for value in picture.palette(colormap)[code])


def grid(tiles, colormap="viridis", scale="channel", order="index"):
    return picture.sheet_picture(None, tiles, colormap, scale, order)


@pytest.mark.parametrize("name", NAMES)
def test_colours_are_those_of_the_front_end(name):
    body = re.search(rf"export const {NAMES[name]} =\s*([^;]*);", ANCHORS.read_text())
    assert body is not None
    code = bytes.fromhex("".join(re.findall(r'"(\w+)"', body[1])))
    published = np.frombuffer(code, np.uint8).reshape(-1, 3).astype(int)
    np.testing.assert_array_equal(picture.palette(name)[::15], published[::3])
    assert np.abs(picture.palette(name)[::5] - published).max() <= 8


def test_gray_is_a_ramp():
    ramp = np.repeat(np.arange(256)[:, None], 3, 1)
    np.testing.assert_array_equal(picture.palette("gray"), ramp)


def test_grey_colour_and_other_images_become_rgb():
    grey = np.array([[[0.0], [1.0]]], np.float32)
    np.testing.assert_array_equal(picture.to_pixels(grey), [[[0, 0, 0], [255, 255, 255]]])
    colour = np.array([[[1.0, 0.5, 0.0]]], np.float32)
    np.testing.assert_array_equal(picture.to_pixels(colour), [[[255, 128, 0]]])
    five = np.array([[[1.0, 0.0, 0.0, 0.0, 0.0]]], np.float32)
    np.testing.assert_array_equal(picture.to_pixels(five), [[[51, 51, 51]]])


def test_values_outside_of_the_range_are_cut():
    wild = np.array([[[-1.0], [2.0], [np.nan]]], np.float32)
    np.testing.assert_array_equal(picture.to_pixels(wild)[0, :, 0], [0, 255, 0])


def test_a_channel_spans_the_colours_by_itself_or_with_its_layer():
    tiles = sheet([[[0, 255]], [[0, 255]]], [0, 0], [1, 2])
    ends = {colour("viridis", 0), colour("viridis", 255)}
    assert colours(grid(tiles)) == ends
    assert colours(grid(tiles, scale="layer")) == ends | {colour("viridis", 128)}


def test_a_signed_layer_diverges_around_zero():
    tiles = sheet([[[0, 85, 255]]], [-1], [2])
    expected = {colour("diverging", code) for code in (64, 128, 255)}
    assert colours(grid(tiles, "auto")) == expected
    assert colours(grid(sheet([[[0, 255]]], [0], [2]), "auto")) == {
        colour("viridis", 0),
        colour("viridis", 255),
    }


def test_a_constant_channel_can_be_drawn():
    assert colours(grid(sheet([[[0, 0]]], [0], [0]))) == {colour("viridis", 0)}


def test_a_channel_without_a_range_does_not_spoil_the_others():
    tiles = sheet([[[0, 255]], [[0, 0]]], [0, np.nan], [1, np.nan])
    for scale in ("channel", "layer"):
        assert colours(grid(tiles, "auto", scale)) == {colour("viridis", 0), colour("viridis", 255)}


def test_the_strongest_channel_comes_first():
    tiles = sheet([[[255]], [[255]]], [0, 0], [1, 2])
    first = np.asarray(grid(tiles, scale="layer", order="strongest"))[0, 0]
    assert tuple(first) == colour("viridis", 255)
    assert tuple(np.asarray(grid(tiles, scale="layer"))[0, 0]) == colour("viridis", 128)


SHAPES = [(1, 1, 1), (1000, 1, 1), (3, 200, 3), (3, 1, 500), (512, 14, 14)]


@pytest.mark.parametrize("shape", SHAPES)
def test_any_number_of_any_tiles_fits(shape):
    tiles = sheet(np.zeros(shape), np.zeros(shape[0]), np.ones(shape[0]))
    drawn = grid(tiles)
    assert drawn.width <= picture.GRID_WIDTH
    assert 1 <= drawn.height <= 8000


def test_the_input_stands_beside_the_grid():
    tiles = sheet(np.zeros((4, 2, 2)), np.zeros(4), np.ones(4))
    pixels = np.full((10, 20, 3), (255, 0, 0), np.uint8)
    drawn = picture.sheet_picture(pixels, tiles, "viridis", "channel", "index")
    assert drawn.getpixel((0, 0)) == (255, 0, 0)
    assert drawn.getpixel((drawn.width - 1, 0)) == colour("viridis", 0)


def test_a_picture_is_enlarged_in_squares_and_shrunk_by_means():
    two = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert colours(picture.fitted(two, 8)) == {(0, 0, 0)}
    assert picture.fitted(two, 8).size == (8, 4)
    assert picture.fitted(two, 1).getpixel((0, 0)) == (128, 128, 128)


def test_a_png_file_holds_the_pixels():
    image = Image.new("RGB", (3, 2), (1, 2, 3))
    found = Image.open(io.BytesIO(picture.as_png(image)))
    assert (found.format, found.size, found.getpixel((0, 0))) == ("PNG", (3, 2), (1, 2, 3))


def test_no_lines_make_an_empty_picture():
    assert picture.lines_picture([]).height > 0
