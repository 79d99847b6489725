import base64
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import AscentDivergedError, deep_dream
from cnnviz_widgets.network import InputError, UnknownLayerError
from cnnviz_widgets.widgets import DeepDream
from cnnviz_widgets.widgets.records.dream_record import LONGEST
from cnnviz_widgets.widgets.shared.picture import to_pixels

from .conftest import PATIENCE, worker_threads

SMALL = cw.image("cat")[80:144, 150:214]
QUICK = {"layer": "conv2", "octaves": (-1, 0), "iterations": 3}


@pytest.fixture
def view(photos):
    return DeepDream(photos, SMALL, **QUICK)


@pytest.fixture
def page(view, page_of):
    page = page_of(view)
    page.paints = True
    return page


def streamed(page):
    return [message for message in page.messages if message["type"] == "frame"]


def pixels_of(frame):
    shape = frame["height"], frame["width"], 3
    return np.frombuffer(frame["pixels"], np.uint8).reshape(shape)


def test_every_iteration_of_every_octave_reaches_the_page(view, page, photos):
    assert page.traits["state"] == "idle"
    page.command("play")
    view.wait(PATIENCE)
    assert page.traits["state"] == "done"
    expected = list(deep_dream(photos, view.image, **QUICK))
    assert view.frames.steps() == [frame.step for frame in expected] == list(range(7))
    last = page.traits["frame"]
    assert (last["octave"], last["octaves"], last["iteration"], last["steps"]) == (1, 2, 3, 6)
    assert last["label"] == "conv2"
    np.testing.assert_array_equal(pixels_of(last), to_pixels(expected[-1].image))
    for frame in streamed(page):
        np.testing.assert_array_equal(pixels_of(frame), to_pixels(expected[frame["step"]].image))
        assert frame["score"] == pytest.approx(expected[frame["step"]].score, rel=1e-4)
    assert list(np.frombuffer(last["kept"], "<i4")) == list(range(7))


def test_a_kept_frame_is_shown_on_request(view, page):
    view.play()
    view.wait(PATIENCE)
    page.send({"type": "show", "step": 1})
    answer = streamed(page)[-1]
    assert (answer["step"], answer["octave"], answer["replay"]) == (1, 0, True)
    np.testing.assert_array_equal(pixels_of(answer), to_pixels(view.frames.get(1).image))
    page.set(iteration=2)
    assert view.dream is view.frames.get(2).image
    page.set(iteration=-1)
    assert view.dream is view.frames.newest.image


def test_pause_play_and_restart(photos, page_of):
    view = DeepDream(photos, SMALL, layer="conv2", octaves=1, iterations=400)
    page = page_of(view)
    page.paints = True
    page.command("play")
    page.wait_for(lambda: len(page.numbers) > 3)
    page.command("pause")
    page.wait_for_state("paused")
    run, step = page.traits["frame"]["run"], page.traits["frame"]["step"]
    page.command("play")
    page.wait_for(lambda: streamed(page)[-1]["step"] > step)
    assert streamed(page)[-1]["run"] == run
    page.command("pause")
    page.wait_for_state("paused")
    step = page.traits["frame"]["step"]
    view.step()
    page.wait_for(lambda: page.traits["frame"]["step"] == step + 1)
    page.command("restart")
    page.wait_for(lambda: streamed(page)[-1]["run"] == run + 1)
    page.command("stop")
    page.wait_for_state("idle")
    assert 0 <= page.traits["frame"]["step"] < 400


def test_a_change_in_mid_dream_begins_a_new_one(photos, page_of):
    view = DeepDream(photos, SMALL, layer="conv2", octaves=1, iterations=400)
    page = page_of(view)
    page.paints = True
    page.command("play")
    page.wait_for(lambda: page.numbers)
    page.set(channel=7)  # which the whole layer does not look at
    page.set(objective="channel", iterations=2)
    view.wait(PATIENCE)
    last = page.traits["frame"]
    assert (last["run"], last["label"], last["steps"]) == (2, "conv2:7", 2)


def test_a_preset_brings_its_numbers(view, page):
    page.set(preset="tensorflow")
    assert page.traits["octaves"] == view.octaves == [-2, -1, 0, 1, 2]
    assert view.iterations == 100
    assert view.strength == pytest.approx(0.005 * 255)
    page.set(preset="original")
    assert page.traits["octaves"] == [-3, -2, -1, 0]
    assert (view.iterations, view.strength) == (10, 1.5)


def test_numbers_that_come_with_a_preset_were_chosen_after_it(view, page):
    page.set(preset="tensorflow", iterations=3, octaves=[0])
    assert (view.iterations, view.octaves) == (3, [0])
    assert view.strength == pytest.approx(0.005 * 255)
    for preset in page.traits["presets"]:  # for the page to set them itself
        view.preset = preset["name"]
        assert (view.octaves, view.iterations) == (preset["octaves"], preset["iterations"])
        assert view.strength == preset["strength"]


@pytest.mark.parametrize(
    ("options", "label", "climbed"),
    [
        ({"layer": "conv2:5"}, "conv2:5", cw.methods.channel("conv2", 5)),
        ({"layer": "conv2", "channel": 5}, "conv2:5", cw.methods.channel("conv2", 5)),
        ({"layer": ["conv2", "conv3"]}, "1 conv2 + 1 conv3", ["conv2", "conv3"]),
        ({"layer": {"conv2": 0.5, "conv3": 2}}, "0.5 conv2 + 2 conv3", {"conv2": 0.5, "conv3": 2}),
    ],
    ids=["unit-text", "channel", "several", "weights"],
)
def test_channels_and_weighted_layers(photos, options, label, climbed):
    view = DeepDream(photos, SMALL, octaves=1, iterations=1, **options)
    view.play()
    view.wait(PATIENCE)
    *_, expected = deep_dream(photos, SMALL, layer=climbed, octaves=(0,), iterations=1)
    assert view.frame["label"] == label
    np.testing.assert_array_equal(view.dream, expected.image)


def test_numbers_and_settings_are_passed_on(photos):
    view = DeepDream(photos, SMALL, layer="conv2", octaves=2, iterations=1, strength=6, seed=3)
    assert view.octaves == [-1, 0]
    view.play()
    view.wait(PATIENCE)
    *_, expected = deep_dream(
        photos, SMALL, layer="conv2", octaves=(-1, 0), iterations=1, rate=6 / 255, seed=3
    )
    np.testing.assert_array_equal(view.dream, expected.image)


def test_a_bundled_photograph_unless_another_is_given(photos, digits):
    view = DeepDream(photos)
    np.testing.assert_array_equal(view.image, cw.image("cat"))
    assert view.layer == "conv4"
    assert DeepDream(digits).image.shape == (28, 28, 1)
    odd = cw.Network(lambda p, x: jax.nn.relu(x * p), params=jnp.ones(()), input_shape=(8, 8, 4))
    with pytest.raises(InputError, match="Pass DeepDream"):
        DeepDream(odd)


def test_the_page_gets_a_large_picture_shrunk(photos):
    large = np.full((20, 2 * LONGEST, 3), 0.5, np.float32)
    view = DeepDream(photos, large, layer="conv1", octaves=1, iterations=1)
    assert (view.picture["width"], view.picture["height"]) == (LONGEST, 10)


def test_a_dream_that_diverges_says_so_and_keeps_the_last_good_picture(page_of):
    def model(bright, x):  # no number once the picture is brighter than that
        return (1 / jnp.sqrt(bright - x)).mean((1, 2))

    net = cw.Network(model, params=jnp.full((), 0.5), input_shape=(8, 8, 3))
    grey = np.full((8, 8, 3), 0.45, np.float32)
    last = net.layers[-1].name
    view = DeepDream(net, grey, layer=last, octaves=1, iterations=50, strength=4)
    page = page_of(view)
    page.paints = True
    view.play()
    view.wait(PATIENCE)
    assert page.traits["state"] == "error"
    assert "diverged at step" in page.traits["message"]
    assert "Lower the rate (the strength" in page.traits["message"]
    assert isinstance(view.error, AscentDivergedError)
    assert page.traits["frame"]["step"] == view.frames.newest.step == view.error.last.step > 0
    assert np.isfinite(view.dream).all()


def test_a_dream_that_drowns_its_photograph_says_so(photos, page_of):
    view = DeepDream(photos, SMALL, layer="conv2", octaves=1, iterations=4, strength=120)
    view.play()
    view.wait(PATIENCE)
    assert "Lower the strength" in view.frame["note"]
    view.strength = 1.5
    view.play()
    view.wait(PATIENCE)
    assert view.frame["note"] == ""


def test_views_follow_each_other(photos, page_of):
    chosen = cw.Selection()
    moon = cw.image("moon")[:64, :64]
    first = DeepDream(photos, SMALL, layer="conv3", selection=chosen)
    second = DeepDream(photos, selection=chosen)
    assert second.layer == "conv3"
    assert second.image is first.image
    page_of(first).set(channel=7)
    chosen.image = moon
    assert (second.channel, chosen.channel) == (7, 7)
    assert second.image is moon
    assert page_of(second).traits["picture"]["pixels"] == to_pixels(moon).tobytes()


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_dream_is_saved_as_a_film_of_all_its_octaves(view, tmp_path, kind):
    view.play()
    view.wait(PATIENCE)
    with Image.open(view.save(tmp_path / f"dream.{kind}")) as film:
        assert (film.format, film.n_frames, film.size) == (kind.upper(), 7, (256, 256))
        for step in (0, 3, 6):  # two sizes, brought to that of the film; both formats lose a little
            film.seek(step)
            wanted = Image.fromarray(to_pixels(view.frames.get(step).image)).resize(film.size)
            shown = np.asarray(film.convert("RGB"), np.float32)
            assert np.abs(shown - np.asarray(wanted, np.float32)).mean() < 8


def test_the_picture_of_the_chosen_iteration_is_saved_in_full_size(photos, page_of, tmp_path):
    large = np.tile(SMALL, (1, 13, 1))
    view = DeepDream(photos, large, layer="conv1", octaves=1, iterations=1)
    page = page_of(view)
    page.paints = True
    view.play()
    view.wait(PATIENCE)
    view.iteration = 0
    with Image.open(view.save(tmp_path / "dream.png")) as saved:
        np.testing.assert_array_equal(np.asarray(saved), to_pixels(large))
    last = page.traits["frame"]
    assert (last["size"], last["width"]) == ([13 * 64, 64], LONGEST)


def test_the_page_gets_a_file(view, page, tmp_path):
    with pytest.raises(InputError, match="there was none yet"):
        view.save(tmp_path / "dream.gif")
    with pytest.raises(InputError, match=r"ends in \.png, \.gif or \.webp, got .*dream\.wav"):
        view.save(tmp_path / "dream.wav")
    view.play()
    view.wait(PATIENCE)
    page.send({"type": "save", "format": "webp"})
    view.wait(PATIENCE)
    page.wait_for(lambda: page.messages[-1]["type"] == "file")
    reply = page.messages[-1]
    assert (reply["name"], reply["media"]) == ("dream conv2.webp", "image/webp")
    assert reply["content"][8:12] == b"WEBP"
    page.send({"type": "save", "format": "wav"})  # which is for sounds
    assert (view.error, page.messages[-1]) == (None, reply)


def test_the_output_of_a_cell_has_a_still_picture(view):
    assert "image/png" not in view._repr_mimebundle_()[0]
    view.play()
    view.wait(PATIENCE)
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width > 500
    assert data["text/plain"] == "<DeepDream, done>"


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"layer": "conv9"}, UnknownLayerError, "conv"),
        ({"layer": "conv2:99"}, ValueError, "99"),
        ({"layer": "conv2:1@2,2"}, InputError, "one channel of it"),
        ({"layer": ["conv2"], "channel": 1}, InputError, "got several"),
        ({"layer": []}, InputError, "at least one layer"),
        ({"layer": "conv2", "channel": 99}, TraitError, "from 0 to 47"),
        ({"preset": "tensorflo"}, TraitError, "did you mean 'tensorflow'"),
        ({"octaves": 0}, InputError, "1 to 16 octaves"),
        ({"octaves": (20,)}, InputError, "side"),
        ({"iterations": 0}, TraitError, "0"),
        ({"strength": 300}, TraitError, "300"),
        ({"image": np.zeros((2, 32, 32, 3), np.float32)}, InputError, "one image"),
        ({"image": np.zeros((32, 32, 4), np.float32)}, InputError, "channels"),
        ({"image": np.full((32, 32, 3), 7.0)}, InputError, r"\[0, 1\]"),
        ({"strenght": 2}, TypeError, "did you mean 'strength'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing_behind(photos, options, kind, words):
    with pytest.raises(kind, match=words):
        DeepDream(photos, **options)
    assert not worker_threads()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("layer", "conv9", "did you mean 'conv"),
        ("preset", "lucid", "expected the name of a preset"),
        ("objective", "layers", "expected several layers"),
        ("strength", 0, "0"),
        ("octaves", [], "octaves"),
    ],
)
def test_a_bad_value_from_the_page_is_answered_in_words(view, page, name, value, words):
    before = getattr(view, name)
    page.set(**{name: value})
    assert getattr(view, name) == page.traits[name] == before
    assert words in page.traits["message"]
