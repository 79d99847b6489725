"""Views of sequences: maps as strips, ascents as waves that can be heard, and all side by side."""

import io
import wave

import jax
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.widgets import Attribution, GradientAscent, ImageChooser, Selection, Waveform
from tests.models.functions import weights

from .conftest import PATIENCE


def _model(params, x):
    kernel, head = params
    with jax.named_scope("conv"):
        maps = jax.lax.conv_general_dilated(
            x, kernel, (4,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )
    return jax.nn.softmax(20 * jax.nn.relu(maps).mean(1) @ head)


@pytest.fixture(scope="module")
def ear() -> Network:
    """A small network for sounds of any length."""
    params = weights((8, 1, 5), (5, 3))
    return Network(
        _model, params=params, input_shape=(512, 1), classes=list("abc"), value_range=(-1, 1)
    )


@pytest.fixture(scope="module")
def rows() -> Network:
    """One for sequences of four features."""
    return Network(_model, params=weights((8, 4, 5), (5, 3)), input_shape=(40, 4))


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.9, 0.9, (512, 1)).astype(np.float32)


def _maps(frame):
    codes = np.frombuffer(frame["codes"], np.uint8).reshape(-1, frame["rows"], frame["cols"])
    limits = np.frombuffer(frame["limits"], "<f4").reshape(-1, 2)
    low, high = limits[:, 0, None, None], limits[:, 1, None, None]
    return low + codes / 255 * (high - low), high - low


def test_a_sounds_maps_are_strips_of_stretches(ear, sound, page_of):
    view = Attribution(ear, sound, ["occlusion", "saliency"], target="b",
                       options={"occlusion": {"window": 64}})  # fmt: skip
    view.wait(PATIENCE)
    page = page_of(view)
    frame = page.traits["frame"]
    assert view.state == "done"
    assert (frame["rows"], frame["cols"]) == (1, 256)
    assert page.traits["picture"] is None
    found, spans = _maps(frame)
    signed = cw.methods.occlusion(ear, sound, target=1, window=64).values[0]
    plain = np.abs(cw.methods.saliency(ear, sound, target=1).values[0, :, 0])
    for values, wanted, span in zip(
        found, (signed.reshape(256, 2).sum(1), plain.reshape(256, 2).mean(1)), spans, strict=True
    ):
        limit = np.percentile(np.abs(wanted), 99.5)
        assert np.abs(values[0] - wanted.clip(-limit, limit)).max() <= span.item() / 255 + 1e-6
    known = page.traits["wave"]
    bounds = np.frombuffer(known["bounds"], "<f4").reshape(-1, 2)
    assert known["length"] == len(bounds) == 512
    np.testing.assert_allclose(bounds[:, 0], sound[:, 0], atol=1e-6)
    assert any(line["text"].startswith("Deletion") for line in frame["trust"][0])
    still = Image.open(io.BytesIO(view._still() or b""))
    assert still.width > still.height


def test_an_attack_on_a_sound_is_in_its_range(ear, sound):
    view = Attribution(ear, sound, "saliency")
    view.epsilon = 8
    view.wait(PATIENCE)
    frame = view.frame
    assert frame["epsilon"] == 8
    attacked = cw.methods.pgd(ear, sound, epsilon=2 * 8 / 255, steps=7)
    share = float(frame["seen"][0][1])
    np.testing.assert_allclose(share, np.asarray(ear(attacked.images)).max(), atol=1e-4)


def test_a_sequence_of_features_is_shown_as_rows_of_cells(rows, page_of):
    x = np.random.default_rng(1).normal(size=(40, 4)).astype(np.float32)
    view = Attribution(rows, x, "input_x_gradient")
    view.wait(PATIENCE)
    page = page_of(view)
    assert page.traits["wave"] is None
    picture = page.traits["picture"]
    assert (picture["width"], picture["height"]) == (40, 4)
    pixels = np.frombuffer(picture["pixels"], np.uint8).reshape(4, 40, 3)[..., 0]
    order = np.argsort(x.T.ravel())
    assert (np.diff(pixels.ravel()[order].astype(int)) >= 0).all()
    assert (page.traits["frame"]["rows"], page.traits["frame"]["cols"]) == (1, 40)
    assert view._still()


def test_what_needs_pictures_says_so_beside_what_runs(ear, sound):
    view = Attribution(ear, sound, ["xrai", "lime"], options={"lime": {"samples": 5}})
    view.wait(PATIENCE)
    refused = view.frame["refused"]
    assert "expected a network for pictures" in refused[0]
    assert refused[1] == ""


def test_an_ascent_is_a_wave_that_can_be_heard(ear, page_of, tmp_path):
    view = GradientAscent(ear, "b", steps=6, sample_rate=4000)
    view.run()
    page = page_of(view)
    frame = page.traits["frame"]
    assert view.state == "done"
    image = view.image
    assert image is not None
    assert image.shape == (512, 1)
    assert frame["length"] == 512
    assert frame["pixels"] == b""
    samples = np.frombuffer(frame["samples"], "<f4")
    np.testing.assert_allclose(samples, image[:, 0], atol=1e-6)
    with wave.open(str(view.save(tmp_path / "heard.wav"))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (4000, 1, 2)
        stored = np.frombuffer(file.readframes(512), "<i2") / 32767
    np.testing.assert_allclose(stored, samples, atol=1 / 32767)
    for name in ("still.png", "film.gif"):
        with Image.open(view.save(tmp_path / name)) as drawn:
            assert drawn.width >= 512
    assert view._still()
    assert [each["name"] for each in view.presets] == ["default", "pixel"]
    assert view.parameterisations == ["auto", "fourier", "pixels"]
    for name in ("preset", "compare"):
        with pytest.raises(TraitError, match="expected a preset, got 'lucid'"):
            setattr(view, name, "lucid")


def test_a_unit_of_a_sequence_is_a_step(ear):
    view = GradientAscent(ear, "conv:2@17", steps=2)
    assert (view.objective, view.position) == ("unit", [0, 17])
    view.run()
    assert view.frame["objective"] == "conv:2@17"
    view.compare = "pixel"
    view.run()
    assert view.images.shape == (2, 512, 1)
    tiled = GradientAscent(ear, "conv:1", channels=4, steps=2)
    tiled.run()
    assert tiled.images.shape == (4, 512, 1)
    assert len(np.frombuffer(tiled.frame["samples"], "<f4")) == 4 * 512


def test_a_sequence_of_features_is_climbed_as_rows(rows, tmp_path):
    view = GradientAscent(rows, "conv:1", steps=3)
    view.run()
    assert (view.frame["width"], view.frame["height"]) == (40, 4)
    assert len(view.frame["pixels"]) == 40 * 4 * 3
    with pytest.raises(InputError, match="a network for sounds"):
        view.save(tmp_path / "none.wav")


def test_a_chooser_offers_sounds(ear, page_of):
    chosen = Selection()
    chooser = ImageChooser(ear, name="drum", selection=chosen)
    assert chooser.names == list(cw.zoo.sounds())
    assert not chooser.uploads
    np.testing.assert_array_equal(chosen.image, cw.sound("drum"))
    page = page_of(chooser)
    page.send({"type": "upload", "name": "a.png", "width": 1, "height": 1}, b"abc")
    assert chooser._upload is None  # which no page of ours sends
    assert chooser.name == "drum"


def test_the_explorer_opens_with_what_applies_to_sounds(ear):
    bench = cw.Explorer(ear)
    bench.wait(PATIENCE)
    assert bench.error is None
    assert bench.image_chooser.name == cw.zoo.sounds()[0]
    with pytest.raises(KeyError, match="Waveform"):
        bench.tabs.view(cw.Deconvolution)
    heard = bench.tabs.view(Waveform)
    bench.image_chooser.name = "noise"
    bench.wait(PATIENCE)
    np.testing.assert_array_equal(heard.image, cw.sound("noise"))
    for kind in (cw.Architecture, cw.Operation, cw.Weights, cw.Intervention):
        bench.tabs.view(kind)
    bench.wait(PATIENCE)
    assert bench.error is None
    bench.close()
