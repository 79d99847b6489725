"""Films: their colours, sizes and lengths."""

import io

import numpy as np
import pytest
from PIL import Image

import cnnviz_widgets as cw
from cnnviz_widgets.widgets.shared.picture import to_pixels
from cnnviz_widgets.widgets.shared.run_files import FILM_SIDE, FRAME_MS, LAST_MS, MOST_FRAMES, film

CAT = to_pixels(cw.image("cat")[40:240, 120:380])


def read(pictures, kind):
    return Image.open(io.BytesIO(film(pictures, kind, Image.fromarray)))


def of_blocks(pixels):
    """The mean colours of squares of 10 pixels."""
    rows, columns, _ = pixels.shape
    return pixels.reshape(rows // 10, 10, columns // 10, 10, 3).astype(float).mean((1, 3))


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_rare_colours_stay_what_they_are(kind):
    """As those of the eyes do: with Pillow's own 256 colours they are off by 12."""
    shown = np.asarray(read([CAT], kind).convert("RGB"))
    np.testing.assert_allclose(of_blocks(shown), of_blocks(CAT), atol=4)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_pictures_of_several_sizes_become_those_of_the_largest(kind):
    found = read([CAT[::4, ::4], CAT[::2, ::2], CAT], kind)
    assert (found.n_frames, found.size) == (3, (260, 200))
    found.seek(0)
    coarse = np.asarray(Image.fromarray(CAT[::4, ::4]).resize(found.size), float)
    assert np.abs(np.asarray(found.convert("RGB"), float) - coarse).mean() < 6


def test_a_long_run_is_thinned_and_its_last_picture_stays_longer():
    shades = [np.full((4, 8, 3), shade, np.uint8) for shade in range(200)]
    found = read(shades, "gif")
    assert (found.n_frames, found.size) == (MOST_FRAMES, (FILM_SIDE, FILM_SIDE // 2))
    lengths = []
    for number in range(found.n_frames):
        found.seek(number)
        lengths.append(found.info["duration"])
    assert lengths == [FRAME_MS] * (MOST_FRAMES - 1) + [LAST_MS]
    assert found.convert("RGB").getpixel((0, 0)) == (199, 199, 199)
