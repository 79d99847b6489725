import io

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.widgets import ImageChooser, Selection
from cnnviz_widgets.widgets.image_chooser import pictures_for

DIGITS = tuple(f"digit-{k}" for k in range(10))


@pytest.fixture
def view(digits):
    return ImageChooser(digits)


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def network(*shape):
    def model(params, x):
        return x.mean((1, 2)) * params

    return cw.Network(model, params=jnp.ones(()), input_shape=shape)


def upload(page, pixels, name="mine.png", **changes):
    height, width = pixels.shape[:2]
    content = {"type": "upload", "name": name, "width": width, "height": height} | changes
    page.send(content, pixels.tobytes())


def test_the_pictures_suit_the_network(digits):
    assert pictures_for(digits) == DIGITS
    photographs = pictures_for(network(64, 64, 3))
    assert {"cat", "astronaut", "rocket"} <= set(photographs)
    assert not {"digits", *DIGITS} & set(photographs)
    assert pictures_for(network(224, 224, 1)) == photographs
    assert pictures_for(network(64, 64, 5)) == ()


def test_every_picture_has_a_thumbnail(page):
    assert page.traits["names"] == list(DIGITS)
    sizes = [Image.open(io.BytesIO(png)).size for png in page.traits["thumbnails"]]
    assert sizes == [(56, 56)] * 10


def test_a_choice_of_the_page(view, page, digits):
    page.set(name="digit-7")
    np.testing.assert_array_equal(view.image, digits.fit(cw.image("digit-7")))
    assert page.traits["state"] == "idle"


def test_every_bundled_picture_is_taken_by_its_network(view, digits):
    for name in DIGITS:
        view.name = name
        assert digits.batch(view.image).shape == (1, 28, 28, 1)


def test_photographs_are_shrunk_to_what_is_quick():
    view = ImageChooser(network(64, 64, 3), name="cat")
    assert view.image.shape[2] == 3
    assert max(view.image.shape) == 256


def test_an_unknown_name_is_refused(view, page):
    with pytest.raises(TraitError, match="did you mean 'digit-"):
        view.name = "digit-10"
    page.set(name="upload: never seen")
    assert "got 'upload: never seen'" in page.traits["message"]
    assert page.traits["state"] == "error"
    assert page.traits["name"] == ""
    page.set(name="digit-1")
    assert (page.traits["state"], page.traits["message"], view.error) == ("idle", "", None)


def test_an_own_picture(view, page, digits):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 40, 3), np.uint8)
    upload(page, pixels)
    assert view.name == page.traits["name"] == "upload: mine.png"
    np.testing.assert_array_equal(view.image, digits.fit(pixels))
    page.set(name="digit-2")
    page.set(name="upload: mine.png")
    np.testing.assert_array_equal(view.image, digits.fit(pixels))


def test_another_file_of_the_same_name(view, page, digits):
    for value in (10, 200):
        pixels = np.full((30, 30, 3), value, np.uint8)
        upload(page, pixels)
        np.testing.assert_array_equal(view.image, digits.fit(pixels))


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 41},
        {"width": 0},
        {"width": -40},
        {"width": 2**31},
        {"width": 40.0},
        {"height": None},
        {"name": None},
        {"name": 7},
    ],
)
def test_a_malformed_upload_is_dropped(view, page, changes):
    upload(page, np.zeros((60, 40, 3), np.uint8), **changes)
    assert (view.image, view.name, view.message) == (None, "", "")


def test_an_upload_without_pixels_is_dropped(view, page):
    page.send({"type": "upload", "name": "a", "width": 1, "height": 1})
    page.send({"type": "upload", "name": "a", "width": 1, "height": 1}, b"abc", b"abc")
    assert view.image is None


def test_an_upload_that_the_network_cannot_take_is_answered_in_words(page_of):
    view = ImageChooser(network(8, 8, 5))
    upload(page_of(view), np.zeros((9, 9, 3), np.uint8))
    assert "grey or colour pictures" in page_of(view).traits["message"]
    assert view.state == "error"
    assert "grey or colour pictures" in str(view.error)


def test_a_picture_from_elsewhere_has_no_name(digits, seven, page_of):
    chosen = Selection()
    view = ImageChooser(digits, name="digit-1", selection=chosen)
    assert chosen.image is view.image
    chosen.image = seven
    assert view.image is seven
    assert page_of(view).traits["name"] == ""


def test_the_still_picture_is_the_image(digits):
    assert "image/png" not in ImageChooser(digits)._repr_mimebundle_()[0]
    assert "image/png" in ImageChooser(digits, name="digit-1")._repr_mimebundle_()[0]
