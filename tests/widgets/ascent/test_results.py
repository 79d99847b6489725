"""What comes with an ascent's pictures: real examples, advice, and files."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import cnnviz_widgets as cw
from cnnviz_widgets.methods import real_examples
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import GradientAscent
from cnnviz_widgets.widgets.ascent import advice as ascent_advice
from cnnviz_widgets.widgets.ascent.advice import Tried, on_result
from cnnviz_widgets.widgets.ascent.aim import Tile
from cnnviz_widgets.widgets.ascent.examples import unit_of
from tests.widgets.conftest import PATIENCE

SIDE = 8


def model(params, x):
    """Channel 0 is the mean colour of a place, channel 1 its opposite, channel 2 is dead."""
    with jax.named_scope("conv"):
        x = jnp.einsum("nhwc,cd->nhwd", x, params)
    x = jax.nn.relu(x)
    with jax.named_scope("head"):
        return x.mean((1, 2)) @ jnp.eye(4)


@pytest.fixture(scope="module")
def net():
    weights = np.tile(np.float32([[1, -1, 0, 2]]), (3, 1))
    return cw.Network(model, params=weights, input_shape=(SIDE, SIDE, 3))


@pytest.fixture(scope="module")
def pictures():
    draw = np.random.default_rng(0)
    return list(draw.random((9, SIDE, SIDE, 3)).astype("f4"))


@pytest.fixture
def make(net, pictures, page_of):
    def make(target="conv:0", *, steps=3, images=None, **options):
        shown = pictures if images is None else images
        view = GradientAscent(
            net, target, steps=steps, images=shown, transforms=(), preset="pixel", **options
        )
        page = page_of(view)
        page.paints = True
        return view, page

    return make


def ran(view):
    view.play()
    view.wait(PATIENCE)
    return view


def values(entries):
    return [each["value"] for each in entries]


@pytest.mark.parametrize("target", ["conv:0", "conv:0@2,3", "-conv:0"])
def test_the_examples_are_those_that_fire_the_unit_most_and_least(make, net, pictures, target):
    _, page = make(target)
    ran(_)
    found = page.traits["examples"]
    most = real_examples(net, pictures, unit="conv:0", count=6)
    least = real_examples(net, pictures, unit="conv:0", count=6, least=True)
    np.testing.assert_allclose(values(found["most"]), [each.value for each in most], rtol=1e-6)
    np.testing.assert_allclose(values(found["least"]), [each.value for each in least], rtol=1e-6)
    assert [each["image"] for each in found["most"]] == [each.image for each in most]
    assert (found["searched"], found["over"], found["label"]) == (9, True, target)
    sizes = [each["width"] * each["height"] * 3 for each in found["most"] + found["least"]]
    assert len(found["pixels"]) == sum(sizes)


def test_a_class_s_examples_are_pictures(make):
    view, page = make(3)
    ran(view)
    assert page.traits["examples"]["unit"].endswith(":3")


@pytest.mark.parametrize("target", ["conv", "conv:0 - conv:1"])
def test_what_is_no_unit_has_no_examples(make, net, target):
    assert unit_of(net, cw.methods.objective(net, target)) is None
    view, page = make(target)
    ran(view)
    assert page.traits["examples"] is None


def test_no_pictures_no_examples(make):
    view, page = make(images=[])
    ran(view)
    assert (page.traits["examples"], view.error) == (None, None)


def test_a_new_run_forgets_the_examples_and_a_tile_has_its_own(make):
    view, page = make(["conv:0", "conv:1"])
    ran(view)
    assert page.traits["examples"]["unit"] == "conv:0"
    page.set(layer="conv", channel=1)  # a click on a tile
    view.wait(PATIENCE)
    assert page.traits["examples"]["unit"] == "conv:1"
    view.steps = 10**6
    view.play()
    page.wait_for(lambda: page.traits["examples"] is None)
    view.stop()
    page.wait_for_state("idle")
    view.wait(PATIENCE)
    assert page.traits["examples"]["unit"] == "conv:1"


def test_a_picture_that_the_network_refuses_is_told_in_words(make):
    view, page = make(images=[np.zeros((4, 4, 2), np.float32)])
    ran(view)
    assert isinstance(view.error, InputError)
    assert page.traits["message"]


def test_images_must_last_for_more_than_one_search(net):
    with pytest.raises(InputError, match="iterator"):
        GradientAscent(net, images=iter([]))


def test_closing_in_the_middle_of_a_search_ends_it(make, pictures):
    def endless():
        while True:
            yield from pictures

    class Endless:
        def __iter__(self):
            return endless()

    view, page = make(images=Endless())
    view.play()
    page.wait_for(lambda: page.traits["examples"] is not None)
    view.close()


def test_a_dead_unit_is_called_dead_when_no_picture_moves_it(make):
    view, page = make("conv:2", steps=14)
    ran(view)
    advice = page.traits["advice"]
    assert advice["kind"] == "dead"
    assert "9 real pictures" in advice["words"]


def test_a_start_without_a_gradient_is_told_with_what_helps(make):
    view, page = make("conv:2", steps=14, images=[])
    ran(view)
    advice = page.traits["advice"]
    assert (advice["kind"], advice["words"][:6]) == ("dead", "conv:2")
    assert {"redirect": 256} in [each["settings"] for each in advice["remedies"]]


def test_a_remedy_s_settings_are_the_view_s(make):
    view, page = make("conv:2", steps=14, images=[])
    ran(view)
    for remedy in page.traits["advice"]["remedies"]:
        page.set(**remedy["settings"])
        assert {name: getattr(view, name) for name in remedy["settings"]} == remedy["settings"]
        assert view.error is None


def test_a_good_result_needs_no_advice_and_a_new_run_forgets_the_old(make):
    view, page = make("conv:2", steps=14, images=[])
    ran(view)
    page.set(channel=0)
    ran(view)
    assert page.traits["advice"] is None


def test_a_run_that_diverged_keeps_the_last_good_picture(page_of):
    def falls(params, x):
        return jnp.sqrt(params - x.mean((1, 2)) * 1e4)

    net = cw.Network(falls, params=jnp.full((1, 3), 5.2e3), input_shape=(8, 8, 3))
    view = GradientAscent(net, "-0", learning_rate=1.0, seed=1, transforms=(), images=[])
    page = page_of(view)
    page.paints = True
    ran(view)
    assert (page.traits["state"], page.traits["advice"]["kind"]) == ("error", "diverged")
    assert page.traits["advice"]["remedies"][0]["settings"] == {"learning_rate": None}
    assert np.isfinite(view.image).all()


TRIED = Tried("default", 0.1, 0, 16, 0.1)
TILES = [Tile("a:0", "a", 0), Tile("a:1", "a", 1)]
GREY = np.full((2, 4, 4, 3), 0.5, np.float32)
UP = np.linspace(0, 1, 20)


def judged(first, second, images=GREY):
    return on_result(TILES, np.stack([first, second], 1), images, TRIED)


def test_only_the_tiles_that_went_wrong_are_named():
    assert judged(UP, UP) is None
    found = judged(UP, -UP)
    assert found is not None
    assert (found.kind, found.words.partition(":")[0]) == ("flat", "a")
    assert found.words.startswith("a:1")
    found = judged(0 * UP + 3, UP)
    assert found is not None
    assert (found.kind, found.words[:3]) == ("dead", "a:0")


def test_black_and_white_is_saturated():
    images = GREY.copy()
    images[1] = np.round(np.random.default_rng(0).random(images[1].shape))
    found = judged(UP, UP, images)
    assert found is not None
    assert (found.kind, found.words[:3]) == ("saturated", "a:1")
    assert found.remedies[0].settings == {"learning_rate": 0.025}


def test_a_run_that_has_hardly_begun_is_not_judged():
    few = np.zeros((ascent_advice.TRIED - 1, 2))
    assert on_result(TILES, few, GREY, TRIED) is None


@pytest.mark.parametrize("kind", ["png", "gif", "webp"])
@pytest.mark.parametrize("count", [1, 4])
def test_a_run_is_saved(make, tmp_path, kind, count):
    view, _ = make(channels=count, images=[])
    ran(view)
    path = view.save(tmp_path / f"run.{kind}")
    with Image.open(path) as image:
        assert image.format == kind.upper()
        assert getattr(image, "n_frames", 1) == (1 if kind == "png" else 4)
        assert image.width >= SIDE * count**0.5
        if kind == "png" and count == 1:
            shown = np.rint(view.image * 255)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), shown)


def test_the_picture_of_the_chosen_iteration_is_saved(make, tmp_path):
    view, _ = make(images=[])
    ran(view)
    view.iteration = 0
    with Image.open(view.save(str(tmp_path / "first.PNG"))) as image:
        np.testing.assert_array_equal(
            np.asarray(image.convert("RGB")), np.rint(view.frames.get(0).image * 255)
        )


def test_saving_what_cannot_be_is_refused(make, tmp_path):
    view, page = make()
    with pytest.raises(InputError, match="there was none yet"):
        view.save(tmp_path / "run.gif")
    with pytest.raises(InputError, match=r"ends in \.png"):
        view.save(tmp_path / "run.jpg")
    page.send({"type": "save", "format": "exe"})
    assert (view.error, page.messages) == (None, [])


def test_the_page_gets_a_file(make):
    view, page = make(images=[])
    ran(view)
    page.send({"type": "save", "format": "gif"})
    page.wait_for(lambda: page.messages[-1]["type"] == "file")
    reply = page.messages[-1]
    assert (reply["name"], reply["media"]) == ("conv:0.gif", "image/gif")
    assert reply["content"][:4] == b"GIF8"
