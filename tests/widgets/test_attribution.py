import base64
import io

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets import evaluate
from cnnviz_widgets.methods.attribution.guide import GUIDE
from cnnviz_widgets.methods.attribution.method import METHODS
from cnnviz_widgets.network import InputError, UnknownTargetError
from cnnviz_widgets.widgets import Attribution, Selection

from .conftest import PATIENCE

_INSIDE = {"layer_gradient", "neuron_gradient", "conductance"}  # need a layer or a unit


@pytest.fixture
def view(digits, three):
    view = Attribution(digits, three, ["saliency", "integrated_gradients"])
    view.wait(PATIENCE)
    return view


def maps_of(frame):
    """What a page makes of a frame: the values of each map, as exact as codes can tell."""
    codes = np.frombuffer(frame["codes"], np.uint8).reshape(-1, frame["rows"], frame["cols"])
    limits = np.frombuffer(frame["limits"], "<f4").reshape(-1, 2)
    low, high = limits[:, 0, None, None], limits[:, 1, None, None]
    return low + codes / 255 * (high - low)


def assert_shows(found, wanted):
    """Up to half a code, and but for the half percent of spikes that are cut off."""
    limit = np.percentile(np.abs(wanted), 99.5)
    assert np.abs(found - wanted.clip(-limit, limit)).max() <= limit / 255 + 1e-6


def test_the_maps_are_those_of_the_methods(view, page_of, digits, three):
    page = page_of(view)
    frame = page.traits["frame"]
    assert view.state == page.traits["state"] == "done"
    saliency, gradients = maps_of(frame)
    assert_shows(saliency, cw.methods.saliency(digits, three, target=3).values[0].max(-1))
    steps = GUIDE["integrated_gradients"].live["steps"]
    wanted = cw.methods.integrated_gradients(digits, three, target=3, steps=steps)
    assert_shows(gradients, wanted.values[0].sum(-1))
    assert frame["target"] == 3
    assert frame["before"] == frame["seen"]
    assert frame["before"][0][0] == 3
    np.testing.assert_array_equal(
        np.frombuffer(page.traits["picture"]["pixels"], np.uint8).reshape(28, 28, 3)[..., :1],
        np.rint(three * 255),
    )
    np.testing.assert_array_equal(view.maps["integrated_gradients"].values, wanted.values)


def test_trust_is_measured_as_evaluate_does(view, page_of, digits, three):
    saliency, gradients = page_of(view).traits["frame"]["trust"]
    found = view.maps["saliency"]
    deletion, insertion = (
        float(metric(digits, three, found, steps=16)[0])
        for metric in (evaluate.deletion, evaluate.insertion)
    )
    assert f"Deletion {deletion:.2f}" in saliency[0]["text"]
    assert f"insertion {insertion:.2f}" in saliency[0]["text"]
    other = cw.methods.saliency(evaluate.randomised(digits), three, target=3)
    alike = spearmanr(*(np.abs(each.values).max(-1).ravel() for each in (other, found))).statistic
    assert saliency[1]["text"].endswith(f"random weights (rank correlation {alike:.2f})")
    assert gradients[0]["tone"] == "good"
    total = view.maps["integrated_gradients"].values.sum()
    assert f"sums to {total:.3g} of" in gradients[0]["text"]


def test_a_map_that_ignores_the_weights_is_told_on(digits, three):
    view = Attribution(digits, three, "occlusion", options={"occlusion": {"window": 28}})
    view.wait(PATIENCE)  # one window over all of it: the map is the same everywhere
    line = view.frame["trust"][0][0]
    assert line["tone"] != "good"


def test_each_iteration_can_be_looked_at_again(view, page_of):
    page = page_of(view)
    kept = np.frombuffer(page.traits["frame"]["kept"], "<i4")
    assert kept.tolist() == list(range(32))
    page.send({"type": "show", "step": 3})
    page.wait_for(lambda: any(m.get("replay") for m in page.messages))
    old = [m for m in page.messages if m.get("replay")][-1]
    assert old["step"] == 3
    assert np.frombuffer(old["progress"], "<f4").tolist() == [1, 0.125]


def test_choices_start_a_new_run(view, page_of, digits, three):
    page = page_of(view)
    first = page.traits["frame"]["run"]
    page.set(methods=["grad_cam"], target=5, layer="relu")
    page.wait_for(lambda: page.traits["frame"]["run"] > first)
    view.wait(PATIENCE)
    assert view.maps["grad_cam"].layer == "relu"
    wanted = cw.methods.grad_cam(digits, three, target=5, layer="relu").values
    np.testing.assert_array_equal(view.maps["grad_cam"].values, wanted)
    page.set(opacity=0.25)
    assert view.opacity == 0.25
    assert page.traits["frame"]["run"] == first + 1  # nothing is computed for a change of looks


def test_an_attack_changes_the_picture_and_what_is_seen(view, digits, three):
    view.epsilon = 32
    view.wait(PATIENCE)
    wanted = cw.methods.pgd(digits, three, epsilon=32 / 255, steps=7)
    pixels = np.frombuffer(view.picture["pixels"], np.uint8).reshape(28, 28, 3)
    assert np.abs(pixels[..., :1] / 255 - wanted.images[0]).max() <= 0.5 / 255 + 1e-6
    assert view.frame["before"][0][0] == 3
    assert view.frame["seen"][0][0] == wanted.after[0]
    assert view.frame["target"] == 3


def test_the_guide_names_all_methods_that_give_a_value_for_each_pixel(view):
    assert {entry["name"] for entry in view.catalogue} == METHODS.keys() - _INSIDE
    assert all(entry["shows"] and entry["cannot"] for entry in view.catalogue)
    assert "Which pixels," in view.catalogue[0]["shows"]
    heard = Attribution(cw.load("sounds"), cw.sound("drum"), "saliency")
    assert "Which samples," in heard.catalogue[0]["shows"]
    heard.wait(PATIENCE)


def test_a_method_that_cannot_run_says_why():
    net = cw.Network(
        lambda p, x: jnp.tanh(x @ p).mean((1, 2)), params=jnp.eye(3), input_shape=(8, 8, 3)
    )
    image = np.random.default_rng(0).random((8, 8, 3)).astype(np.float32)
    view = Attribution(net, image, ["guided_backpropagation", "saliency"])
    view.wait(PATIENCE)
    assert view.state == "done"
    refused = view.frame["refused"]
    assert "'tanh'" in refused[0]
    assert refused[1] == ""
    assert "saliency" in view.maps


def test_bad_choices_are_refused(digits, three):
    with pytest.raises(TraitError, match="grad_cam"):
        Attribution(digits, three, "gradcam")
    with pytest.raises(TraitError, match="1 to 6 methods"):
        Attribution(digits, three, ["saliency", "saliency"])
    with pytest.raises(TraitError, match="1 to 6 methods"):
        Attribution(digits, three, list(GUIDE)[:7])
    with pytest.raises(UnknownTargetError, match="from 0 to 9, got 10"):
        Attribution(digits, three, target=10)
    with pytest.raises(TraitError, match="a layer with rows and columns"):
        Attribution(digits, three, layer="dense1")
    with pytest.raises(InputError, match="for pictures"):
        Attribution(
            cw.Network(lambda p, x: x.sum((1, 2, 3)), params=(), input_shape=(2, 2, 2, 3)),
            np.ones((2, 2, 2, 3)),
        )
    with pytest.raises(TypeError, match="method"):
        Attribution(digits, three, methd="saliency")


def test_of_lrp_is_told_what_holds_for_the_rule_that_runs(digits, three):
    chosen = {"lrp": {"composite": "epsilon_gamma_box"}}
    view = Attribution(digits, three, "lrp", options=chosen)
    view.close()
    (told,) = (entry for entry in view.catalogue if entry["name"] == "lrp")
    assert told["warning"].startswith("The gamma rule")
    with pytest.raises(InputError, match="a composite of"):
        Attribution(digits, three, "lrp", options={"lrp": {"composite": "gama"}})


def test_it_shares_image_class_and_layer(digits, three, seven):
    chosen = Selection(image=three, target=5)
    view = Attribution(digits, three, "grad_cam", selection=chosen)
    view.wait(PATIENCE)
    assert view.frame["target"] == 5
    chosen.image = seven
    chosen.layer = "relu"
    view.wait(PATIENCE)
    assert view.image is seven
    assert view.maps["grad_cam"].layer == "relu"
    view.target = 7
    assert chosen.target == 7
    chosen.layer = "dense1"  # has no rows and columns
    assert view.layer == "relu"


def test_the_still_picture_shows_the_image_and_its_maps(view):
    data, _ = view._repr_mimebundle_()
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as image:
        assert image.width == 3 * 280 + 2 * 8
        assert image.height == 280


def test_run_computes_in_the_calling_thread(digits, three):
    view = Attribution(digits, three, "saliency")
    view.wait(PATIENCE)
    view.run()
    assert view.state == "done"
    assert view.maps["saliency"].target == (3,)
