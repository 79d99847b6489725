import numpy as np
import pytest
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import Waveform

from .conftest import PATIENCE


@pytest.fixture(scope="module")
def heard() -> cw.Network:
    return cw.load("sounds")


@pytest.fixture
def view(heard):
    view = Waveform(heard, cw.sound("drum"))
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def numbers(value: bytes) -> np.ndarray:
    return np.frombuffer(value, "<f4")


def test_the_page_gets_the_samples_and_what_they_contribute(view, page, heard):
    frame = page.traits["frame"]
    sound = cw.sound("drum")
    np.testing.assert_array_equal(numbers(frame["samples"]), sound[:, 0])
    found = cw.methods.integrated_gradients(heard, sound)
    shares = numbers(frame["shares"])
    assert len(shares) == 256
    np.testing.assert_allclose(shares, found.values[0].reshape(256, -1).sum(1), atol=1e-5)
    assert frame["target"] == cw.zoo.sounds().index("drum")
    assert numbers(frame["probabilities"]).argmax() == frame["target"]
    decibels = numbers(frame["decibels"]).reshape(-1, frame["bins"])
    np.testing.assert_allclose(decibels, cw.methods.spectrogram(sound, 8000).decibels)


def test_another_class_and_method_are_computed(view, page):
    page.set(target=0)
    view.wait(PATIENCE)
    assert page.traits["frame"]["target"] == 0
    page.set(method="grad_cam")
    view.wait(PATIENCE)
    assert view.result.method == "grad_cam"
    assert not page.traits["frame"]["signed"]
    assert (numbers(page.traits["frame"]["shares"]) >= 0).all()
    assert "places in time" in page.traits["frame"]["notes"][0]


@pytest.mark.parametrize("method", ["saliency", "input_x_gradient", "smooth_grad"])
def test_every_method_answers(heard, method):
    view = Waveform(heard, cw.sound("voice"), method=method, target="drum")
    view.wait(PATIENCE)
    assert view.state == "done"
    assert view.frame["method"] == method


def test_the_selection_is_shared(heard):
    chosen = cw.Selection(target=2)
    view = Waveform(heard, cw.sound("tone"), selection=chosen)
    assert view.target == 2
    view.target = 4
    assert chosen.target == 4
    chosen.image = cw.sound("noise")
    view.wait(PATIENCE)
    np.testing.assert_array_equal(numbers(view.frame["samples"]), cw.sound("noise")[:, 0])


def test_the_still_picture(view):
    data, _ = view._repr_mimebundle_()
    assert "image/png" in data


def test_what_there_is_not_is_refused(heard, digits):
    with pytest.raises(TraitError, match="a method for sounds"):
        Waveform(heard, cw.sound("drum"), method="rise")
    with pytest.raises(ValueError, match="expected a class of the network, got 'piano'"):
        Waveform(heard, cw.sound("drum"), target="piano")
    with pytest.raises(TraitError, match="expected a class from 0 to 6, got 7"):
        Waveform(heard, cw.sound("drum")).target = 7
    with pytest.raises(InputError, match=r"a network for sounds \(samples, 1\)"):
        Waveform(digits)
    with pytest.raises(InputError, match="a rate from 3000"):
        Waveform(heard, cw.sound("drum"), rate=10)
