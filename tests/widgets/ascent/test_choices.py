"""GradientAscent's choices: what is climbed, how, and how many at once."""

import jax
import numpy as np
import pytest
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import Fourier, channel, class_probability, neuron
from cnnviz_widgets.widgets import FeatureMaps, GradientAscent, Selection
from cnnviz_widgets.widgets.ascent.aim import block
from tests.widgets.conftest import PATIENCE

LONG = 10**6
SIDE = 12


@pytest.fixture(scope="module")
def digits():
    """A small network instead of the bundled one, so that steps compile fast."""
    draw = np.random.default_rng(0)
    sizes = {"conv2": (3, 3, 1, 12), "conv3": (3, 3, 12, 12), "dense": (12, 10)}
    params = {name: draw.normal(0, 0.3, size).astype("f4") for name, size in sizes.items()}

    def model(params, x):
        for name in ("conv2", "conv3"):
            with jax.named_scope(name):
                x = jax.lax.conv_general_dilated(
                    x, params[name], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
            x = jax.nn.relu(x)
        with jax.named_scope("dense"):
            return x.mean((1, 2)) @ params["dense"]

    return cw.Network(
        model, params=params, input_shape=(SIDE, SIDE, 1), classes=[str(k) for k in range(10)]
    )


@pytest.fixture(scope="module")
def three():
    return np.full((SIDE, SIDE, 1), 0.5, np.float32)


@pytest.fixture
def make(digits, page_of):
    def make(*given, steps=2, **options):
        view = GradientAscent(digits, *given, steps=steps, transforms=(), **options)
        page = page_of(view)
        page.paints = True
        return view, page

    return make


def ran(view):
    view.play()
    view.wait(PATIENCE)
    assert view.error is None
    return view.frames.newest


def ascended(net, target, steps=2, **options):
    return list(cw.methods.ascend(net, target, steps=steps, transforms=(), **options))[-1]


SETTINGS = {
    "preset": {"preset": "pixel"},
    "parameterisation": {"parameterisation": "pixels"},
    "size": {"size": 40},
    "sides": {"size": [36, 44]},
    "seed": {"seed": 7},
    "rate": {"learning_rate": 0.01},
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_the_page_chooses_reaches_the_method(digits, make, name):
    view, page = make("conv3:5")
    plain = ran(view).images
    page.set(**SETTINGS[name])
    found = ran(view).images
    given = dict(SETTINGS[name])
    if name == "parameterisation":
        given["parameterisation"] = cw.methods.Pixels()
    if name == "sides":
        given["size"] = (36, 44)
    np.testing.assert_allclose(found, ascended(digits, "conv3:5", **given).images, atol=1e-4)
    assert found.shape != plain.shape or np.abs(found - plain).max() > 1e-3


@pytest.mark.parametrize("name", SETTINGS)
def test_another_setting_begins_a_new_run(make, name):
    view, page = make("conv3:5", steps=LONG)
    view.play()
    page.wait_for(lambda: page.messages)
    page.set(**SETTINGS[name])
    page.wait_for(lambda: page.messages[-1]["run"] == 2)
    view.stop()
    page.wait_for_state("idle")


def test_settings_given_in_python_are_what_the_controls_show(make):
    options = {"preset": "lucid", "size": (30, 50), "seed": 4, "learning_rate": 0.2}
    _, page = make("conv3:5", parameterisation="pixels", **options)
    assert {name: page.traits[name] for name in options} == options | {"size": [30, 50]}
    assert page.traits["parameterisation"] == "pixels"
    assert [each["name"] for each in page.traits["presets"]][:2] == ["default", "lucid"]


def test_a_preset_brings_its_number_of_steps_unless_one_was_given(digits, make):
    view = GradientAscent(digits, preset="pixel")
    assert view.steps == 512
    view.preset = "distill2017"
    assert view.steps == 2560
    view, _ = make(steps=7)
    view.preset = "pixel"
    assert view.steps == 7


def test_steps_that_come_with_a_preset_were_chosen_after_it(digits, page_of):
    view = GradientAscent(digits, "conv3:5")
    page = page_of(view)
    page.set(preset="pixel", steps=9)
    assert (view.preset, view.steps) == ("pixel", 9)
    page.set(preset="distill2017", seed=1)
    assert view.steps == 2560
    steps = {each["name"]: each["steps"] for each in page.traits["presets"]}
    assert (steps["pixel"], steps["distill2017"]) == (512, 2560)  # for the page to set them itself
    fixed = page_of(GradientAscent(digits, steps=7))
    assert {each["steps"] for each in fixed.traits["presets"]} == {None}


def test_an_own_parameterisation_can_be_left_and_taken_up_again(digits, make):
    own = Fourier(decay=2.0)
    view, page = make("conv3:5", parameterisation=own)
    first = ran(view).image
    expected = ascended(digits, "conv3:5", parameterisation=own).image
    np.testing.assert_allclose(first, expected, atol=1e-4)
    page.set(parameterisation="fourier")
    assert np.abs(ran(view).image - first).max() > 1e-3
    page.set(parameterisation="own")
    np.testing.assert_allclose(ran(view).image, first, atol=1e-5)


def test_rows_and_columns_follow_the_size(make):
    view, page = make("conv3:5@1,1", size=14)
    before = page.traits["layers"]
    page.set(size=56)
    info = {each["name"]: each["rows"] for each in page.traits["layers"]}
    assert info["conv2"] >= next(each["rows"] for each in before if each["name"] == "conv2")
    assert ran(view).image.shape[:2] == (56, 56)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("size", 0, "expected a size"),
        ("size", [4, 4, 4], "expected a size"),
        ("size", "big", "expected a size"),
        ("preset", "lucit", "lucit"),
        ("parameterisation", "own", "expected parameterisation as one of"),
        ("objective", "own", "none was"),
        ("seed", -1, "-1"),
        ("learning_rate", 0.0, "learning_rate"),
        ("channels", 5, "channels"),
    ],
)
def test_a_bad_choice_is_refused_in_words(make, name, value, words):
    view, page = make("conv3:5")
    before = getattr(view, name)
    with pytest.raises(TraitError, match=words):
        setattr(view, name, value)
    page.set(**{name: value})
    assert words in page.traits["message"]
    assert getattr(view, name) == page.traits[name] == before


OWN = {
    "expression": ("conv2:3 - 0.2*conv2:4", ["conv2:3 - 0.2 * conv2:4"]),
    "objective": (channel("conv3", 5), ["conv3:5"]),
    "middle": (neuron("conv3", 5), ["conv3:5@middle"]),
    "sum": (channel("conv3", 5) + "conv2", ["conv3:5 + conv2"]),
    "list": (["conv2:0", "3", channel("conv2", 1)], ["conv2:0", "3", "conv2:1"]),
}


@pytest.mark.parametrize("name", OWN)
def test_what_the_controls_cannot_say_is_climbed_as_it_is(digits, make, name):
    target, labels = OWN[name]
    view, page = make(target=target)
    found = ran(view)
    assert (view.objective, page.traits["objective"]) == ("own", "own")
    assert page.traits["own"] == page.traits["frame"]["objective"]
    assert [tile["label"] for tile in page.traits["frame"]["tiles"]] == labels
    np.testing.assert_allclose(found.images, ascended(digits, target).images, atol=1e-4)


def test_an_own_objective_can_be_left_and_taken_up_again(make):
    view, page = make("conv2:3 - 0.2*conv2:4")
    page.set(objective="channel", layer="conv3", channel=2)
    ran(view)
    assert page.traits["frame"]["objective"] == "conv3:2"
    page.set(objective="own")
    ran(view)
    assert page.traits["frame"]["objective"].startswith("conv2:3 -")


def test_the_other_views_follow_the_first_unit_of_an_own_objective(digits):
    chosen = Selection()
    GradientAscent(digits, ["conv2:7", "conv2:1"], selection=chosen)
    assert (chosen.layer, chosen.channel) == ("conv2", 7)


def test_the_negative_end_is_climbed_down(digits, make):
    view, page = make("conv3:5", end="negative", steps=8)
    found = ran(view)
    np.testing.assert_allclose(
        found.image, ascended(digits, channel("conv3", 5, "negative"), 8).image, atol=1e-4
    )
    assert page.traits["frame"]["objective"] == "-conv3:5"
    page.set(end="positive")
    assert ran(view).image != pytest.approx(found.image, abs=1e-2)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "conv3:5, both ends"), (4, "conv3:4, 5, 6, 7, both ends")]
)
def test_both_ends_are_climbed_side_by_side(digits, make, count, words):
    view, page = make("conv3:5", end="both", channels=count)
    found, frame = ran(view), page.traits["frame"]
    first = 5 if count == 1 else 4
    goals = [
        channel("conv3", first + k, end) for k in range(count) for end in ("positive", "negative")
    ]
    expected = ascended(digits, goals)
    np.testing.assert_allclose(found.images, expected.images, atol=1e-4)
    assert [tile["label"] for tile in frame["tiles"][:2]] == [f"conv3:{first}", f"-conv3:{first}"]
    assert frame["objective"] == words


def test_a_minus_before_a_channel_is_its_negative_end(make):
    view, page = make("-conv3:5")
    assert (view.objective, view.channel, page.traits["end"]) == ("channel", 5, "negative")


def test_a_probability_is_climbed(digits, make):
    view, page = make("8", steps=4)
    page.set(objective="probability")
    found = ran(view)
    expected = ascended(digits, class_probability(digits, 8), 4)
    np.testing.assert_allclose(found.image, expected.image, atol=1e-4)
    assert 0 <= found.score <= 1
    assert page.traits["frame"]["objective"] == "probability of 8"


@pytest.mark.parametrize(("count", "first"), [(4, 4), (9, 0)])
def test_a_grid_shows_the_neighbours_of_the_channel(digits, make, count, first):
    view, page = make("conv3:5", channels=count)
    found = ran(view)
    frame = page.traits["frame"]
    numbers = list(range(first, first + count))
    assert [tile["channel"] for tile in frame["tiles"]] == numbers
    assert {tile["layer"] for tile in frame["tiles"]} == {"conv3"}
    expected = ascended(digits, [f"conv3:{k}" for k in numbers])
    np.testing.assert_allclose(found.images, expected.images, atol=1e-4)
    np.testing.assert_allclose(frame["each"], expected.scores, rtol=1e-3, atol=1e-3)
    assert frame["score"] == pytest.approx(expected.scores.mean(), rel=1e-3, abs=1e-3)
    assert len(frame["pixels"]) == count * frame["width"] * frame["height"] * 3


def test_another_channel_of_the_grid_is_only_selected(digits, make, three):
    chosen = Selection()
    view, page = make("conv3:5", steps=LONG, channels=4, selection=chosen)
    maps = FeatureMaps(digits, three, selection=chosen)
    view.play()
    page.wait_for(lambda: page.messages)
    page.set(layer="conv3", channel=6)  # a click on a tile
    assert (chosen.channel, maps.channel) == (6, 6)
    count = len(page.messages)
    page.wait_for(lambda: len(page.messages) > count + 3)
    assert page.messages[-1]["run"] == 1
    page.set(channel=8)
    page.wait_for(lambda: page.messages[-1]["run"] == 2)
    assert page.messages[-1]["objective"] == "conv3:8, 9, 10, 11"
    view.stop()
    page.wait_for_state("idle")


def test_the_last_block_of_channels_may_be_short():
    assert block(31, 9, 32) == (27, 28, 29, 30, 31)
    assert block(5, 1, 32) == (5,)


def test_large_pictures_of_a_grid_are_shrunk_for_the_page_alone(make):
    view, page = make("conv3:5", channels=9, size=300, steps=1)
    assert ran(view).images.shape[:3] == (9, 300, 300)
    frame = page.traits["frame"]
    assert frame["width"] * frame["height"] * 9 <= 512 * 512


def test_pictures_of_one_objective_are_numbered(make):
    view, page = make("conv3:5", batch=2)
    ran(view)
    assert [tile["label"] for tile in page.traits["frame"]["tiles"]] == ["conv3:5, 1", "conv3:5, 2"]


def test_a_grid_s_still_picture_holds_all_of_it(make):
    view, _ = make("conv3:5", channels=4)
    ran(view)
    assert view.images.shape[0] == 4
    assert view._repr_mimebundle_()[0]["image/png"]
