import base64
import io
import json
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import ValueExplainer, explain_value
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import FeatureMaps, Operation, operation
from cnnviz_widgets.widgets.records.operation_told import told
from tests.models import functions, nnx_models
from tests.models.taps import pictures

from .conftest import PATIENCE, worker_threads
from .operation_page import assert_adds_up, read


@pytest.fixture
def view(digits, three):
    view = Operation(digits, three, layer="conv2", channel=5, position=(3, 4))
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def assert_shows(frame, net, image, **place):
    expected = explain_value(net, image, **place)
    shown = frame["layer"], frame["channel"], tuple(frame["position"])
    assert shown == (expected.layer, expected.channel, expected.position)
    assert frame["value"] == expected.value
    assert [step["name"] for step in frame["steps"]] == [step.name for step in expected.steps]
    assert_adds_up(frame)


def assert_told_adds_up(net, x):
    """Some places of all layers, as frames that JSON can hold; returns the kinds of step."""
    explain = ValueExplainer(net, x)
    met = set()
    for layer in net.at(np.shape(x)).layout.layers:
        for channel in (0, -1):
            channels = len(explain.channels_at(layer.name))
            found = explain(layer=layer.name, channel=channel % channels)
            frame = told(net, explain, found, None)
            plain = {key: value for key, value in frame.items() if not isinstance(value, bytes)}
            json.dumps(plain, allow_nan=False)
            met |= assert_adds_up(frame)
    return met


def test_what_the_page_gets_of_the_digits_adds_up(digits, three):
    met = assert_told_adds_up(digits, three[None])
    assert met == {"convolution", "activation", "pool", "copy", "dense", "softmax"}


def test_what_the_page_gets_of_the_photos_adds_up(photos):
    image = photos.fit(cw.image("cat"), longest=64)
    assert "scaling" in assert_told_adds_up(photos, image[None])


@pytest.mark.parametrize("name", ["Residual", "Inception"])
def test_what_the_page_gets_of_branches_adds_up(name):
    cls = nnx_models.MODELS[name]
    net = cw.Network(nnx_models.made(cls), input_shape=cls.shape)
    met = assert_told_adds_up(net, pictures(cls.shape, 1))
    assert met & {"combination", "concatenation"}


def test_what_the_page_gets_of_channels_first_adds_up():
    _, case = functions.equinox()  # a dilated convolution in two groups, too
    net = cw.Network(case.function, params=case.params, input_shape=case.shape)
    assert_told_adds_up(net, pictures(case.shape, 1))


GEOMETRIES = {
    "stride": {"strides": (2, 3), "padding": "SAME"},
    "dilation": {"kernel_dilation": 2, "padding": "SAME"},
    "groups": {"feature_group_count": 2},
    "depthwise": {"feature_group_count": 4, "out_features": 8},
    "pointwise": {"kernel_size": (1, 1)},
    "wide": {"kernel_size": (7, 1), "padding": ((3, 3), (0, 0))},
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_any_geometry_adds_up(name):
    options = {"in_features": 4, "out_features": 6, "kernel_size": (3, 3), **GEOMETRIES[name]}
    net = cw.Network(nnx.Conv(**options, rngs=nnx.Rngs(0)), input_shape=(12, 10, 4))
    x = pictures((12, 10, 4), 1)
    explain = ValueExplainer(net, x)
    layer = net.layers[0].name
    for position in [(0, 0), None]:
        frame = told(net, explain, explain(layer=layer, channel=3, position=position), None)
        assert_adds_up(frame)
        (step,) = frame["steps"]
        window, states = read(np.frombuffer(frame["numbers"]), step["window"]), step["states"]
        rows, columns = step["places"]
        for at, (row, column) in enumerate((r, c) for r in rows for c in columns):
            inside = 0 <= row < 12 and 0 <= column < 10
            assert states[at] == (0 if inside else 1)
            if inside:
                assert window[at] == x[0, int(row), int(column), step["open"]]


def test_a_transposed_convolution_adds_up():
    layer = nnx.ConvTranspose(3, 4, (3, 3), strides=2, rngs=nnx.Rngs(0))
    net = cw.Network(layer, input_shape=(5, 6, 3))
    frame = told_of(net, pictures((5, 6, 3), 1), position=(4, 5))
    assert_adds_up(frame)
    assert 2 in frame["steps"][0]["states"]


def told_of(net, x, layer=None, channel=0, position=None, source=None):
    explain = ValueExplainer(net, x)
    layer = layer or net.layers[0].name
    return told(net, explain, explain(layer=layer, channel=channel, position=position), source)


def test_the_maps_on_both_sides(digits, three):
    frame = told_of(digits, three, "conv1", 5, (5, 20))
    assert (frame["inputName"], frame["inputChannel"]) == ("input", 0)
    assert frame["places"] == [[5, 6, 7], [20, 21, 22]]
    for name, values in (
        ("input", three[..., 0]),
        ("output", cw.methods.activations(digits, three, ["conv1"])["conv1"][0, ..., 5]),
    ):
        info = frame[name]
        assert (info["rows"], info["cols"]) == values.shape
        codes = np.frombuffer(frame[f"{name}Codes"], np.uint8).reshape(values.shape)
        shown = info["low"] + codes / 255 * (info["high"] - info["low"])
        np.testing.assert_allclose(shown, values, atol=(info["high"] - info["low"]) / 500)


def test_the_input_channel_that_is_open(digits, three):
    strongest = told_of(digits, three, "conv2", 5, (3, 4))
    (step,) = strongest["steps"]
    assert step["open"] == step["channels"][0] == strongest["inputChannel"]
    other = told_of(digits, three, "conv2", 5, (3, 4), source=step["channels"][3])
    assert other["steps"][0]["open"] == other["inputChannel"] == step["channels"][3]
    assert_adds_up(other)


@pytest.mark.parametrize("framework", ["nnx", "keras"])
def test_the_four_numbers_of_a_batch_norm(framework, photos, lenient_ranks):
    if framework == "nnx":
        net, x = photos, photos.fit(cw.image("cat"), longest=64)
        names = {"mean": "bn2/mean", "variance": "bn2/var", "scale": "bn2/scale",
                 "shift": "bn2/bias"}  # fmt: skip
        layer = "bn2"
    else:
        keras = pytest.importorskip("keras")
        norm = keras.layers.BatchNormalization(name="norm")
        model = keras.Sequential([keras.Input((6, 6, 3)), norm])
        norm.set_weights([np.asarray(k, np.float32) for k in ([1, 2, 3], [4, 5, 6], [7, 8, 9],
                                                              [1, 4, 9])])  # fmt: skip
        net, x, layer = cw.Network(model), pictures((6, 6, 3), 1)[0], "norm"
        (prefix,) = {name.rpartition("/")[0] for name in net.weights}
        names = {"mean": f"{prefix}/moving_mean", "variance": f"{prefix}/moving_variance",
                 "scale": f"{prefix}/gamma", "shift": f"{prefix}/beta"}  # fmt: skip
    frame = told_of(net, x, layer, 1)
    (step,) = frame["steps"]
    kept = step["parameters"]
    assert kept == {name: float(net.weights[at][1]) for name, at in names.items()}
    given = (step["input"] - kept["mean"]) / np.sqrt(kept["variance"] + 1e-5)
    assert given * kept["scale"] + kept["shift"] == pytest.approx(step["result"], rel=2e-3)


def test_a_dense_layer_holds_the_classes_against_each_other(digits, three):
    frame = told_of(digits, three, "dense2", 1)
    (step,) = frame["steps"]
    logits = np.asarray(cw.methods.activations(digits, three, ["dense2"])["dense2"][0])
    rivals = step["rivals"]
    assert [each["channel"] for each in rivals[:-1]] == np.argsort(-logits)[:5].tolist()
    assert (rivals[-1]["channel"], frame["label"]) == (1, "1")
    for each in rivals:
        assert each["result"] == pytest.approx(logits[each["channel"]], abs=1e-4)
        own = explain_value(digits, three, layer="dense2", channel=each["channel"]).steps[-1]
        order = np.argsort(-np.abs(own.products))[:3]
        assert [k for k, _ in each["contributions"]] == order.tolist()
    assert told_of(digits, three, "dense1", 1)["steps"][0]["rivals"] == []  # 64 that are no classes


def test_numbers_that_json_cannot_hold_reach_the_page():
    net = cw.Network(lambda p, x: jnp.log(x * p), params=jnp.zeros(()), input_shape=(4, 4, 3))
    frame = told_of(net, np.ones((4, 4, 3), np.float32), net.layers[-1].name)
    assert frame["value"] == "-Infinity"
    plain = {key: value for key, value in frame.items() if not isinstance(value, bytes)}
    json.dumps(plain, allow_nan=False)


# --- the view


def test_the_number_asked_for_is_shown(view, page, digits, three):
    assert view.state == page.traits["state"] == "done"
    frame = page.traits["frame"]
    assert_shows(frame, digits, three, layer="conv2", channel=5, position=(3, 4))
    assert view.result.value == frame["value"]


@pytest.mark.parametrize(
    "change",
    [
        {"layer": "relu_3", "channel": 2},
        {"layer": "max_pool", "channel": 2},
        {"layer": "softmax", "channel": 3},
        {"channel": 40},
        {"position": [0, 10]},
        {"position": None},
    ],
    ids=str,
)
def test_the_page_asks_for_something_else(view, page, digits, three, change):
    page.set(**change)
    view.wait(PATIENCE)
    place = {"layer": "conv2", "channel": 5, "position": [3, 4]} | change
    if place["layer"] == "softmax":
        place["position"] = None  # the layer has no such place
    elif place["layer"] == "relu_3":
        place["position"] = None
    assert_shows(page.traits["frame"], digits, three, **place)


def test_an_input_channel_is_opened_until_the_layer_changes(view, page):
    page.set(source=7)
    view.wait(PATIENCE)
    assert page.traits["frame"]["steps"][0]["open"] == 7
    page.set(position=[0, 0])
    view.wait(PATIENCE)
    assert page.traits["frame"]["steps"][0]["open"] == 7
    page.set(layer="conv3")
    view.wait(PATIENCE)
    assert view.source is None


def test_a_look_at_another_place_leaves_the_chosen_one(view, page, digits, three):
    page.send({"type": "look", "row": 8, "column": 2})
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, three, layer="conv2", channel=5, position=(8, 2))
    assert view.position == [3, 4]
    page.send({"type": "look"})
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, three, layer="conv2", channel=5, position=(3, 4))


def test_what_changes_nothing_makes_no_frame(view, page):
    numbers = len(page.numbers)
    view.layer = "conv2"
    page.send({"type": "look"})
    page.send({"type": "look", "row": 3, "column": 4})
    assert len(page.numbers) == numbers


@pytest.mark.parametrize("message", [
    {"type": "look", "row": 11, "column": 0}, {"type": "look", "row": 0},
    {"type": "look", "row": 0, "column": "0"}, {"type": "command", "command": "jump"},
], ids=str)  # fmt: skip
def test_messages_that_no_page_sends_are_dropped(view, page, message):
    numbers = len(page.numbers)
    page.send(message)
    assert len(page.numbers) == numbers
    assert view.state == "done"


def test_a_new_image_is_answered(view, page, digits, seven):
    view.image = seven
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, seven, layer="conv2", channel=5, position=(3, 4))


def test_steps_go_along_the_rows(view, page, digits, three):
    view.position = [3, 10]  # the last of its row
    view.wait(PATIENCE)
    page.command("step")
    page.wait_for(lambda: page.traits["frame"]["position"] == [4, 0])
    page.wait_for_state("paused")
    page.command("step")
    page.wait_for(lambda: page.traits["frame"]["position"] == [4, 1])
    assert view.position == page.traits["position"] == [4, 1]
    frame = page.traits["frame"]
    assert frame["walking"] is True
    assert_adds_up(frame)


def test_playing_goes_on_to_the_end_and_from_there_to_the_start(view, page, monkeypatch):
    monkeypatch.setattr(operation, "PACE", 0.0)
    page.paints = True
    view.position = [10, 8]
    view.wait(PATIENCE)
    first = len(page.numbers)
    page.command("play")
    page.wait_for(lambda: page.traits["position"] == [10, 10])
    page.wait_for_state("done")
    assert len(page.numbers) - first >= 2
    view.step()
    page.wait_for(lambda: page.traits["position"] == [0, 0])


def test_the_window_rests_and_goes_on(view, page, monkeypatch):
    monkeypatch.setattr(operation, "PACE", 0.01)
    page.paints = True
    view.play()
    page.wait_for(lambda: page.traits["position"] == [3, 6])
    page.command("pause")
    page.wait_for_state("paused")
    rested = view.position
    view.play()
    page.wait_for(lambda: page.traits["position"] > rested)
    page.set(position=[0, 0])  # whoever points at a place ends the walk
    view.wait(PATIENCE)
    assert (view.state, page.traits["frame"]["position"]) == ("done", [0, 0])
    assert "walking" not in page.traits["frame"]


def test_a_walk_is_stopped_and_begun_anew(view, page, monkeypatch):
    monkeypatch.setattr(operation, "PACE", 0.01)
    page.paints = True
    view.play()
    page.wait_for(lambda: page.traits["position"] == [3, 6])
    page.command("stop")
    page.wait_for_state("idle")
    stopped = view.position
    page.command("restart")
    page.wait_for(lambda: [0, 0] < page.traits["position"] < stopped)
    view.stop()
    page.wait_for_state("idle")


def test_pointing_does_not_disturb_a_walk(view, page, monkeypatch):
    monkeypatch.setattr(operation, "PACE", 0.01)
    page.paints = True
    view.play()
    page.wait_for(lambda: page.traits["position"] == [3, 6])
    page.send({"type": "look", "row": 0, "column": 0})
    page.wait_for(lambda: page.traits["position"] == [3, 9])
    view.pause()


def test_views_follow_each_other(digits, three, page_of):
    chosen = cw.Selection()
    maps = FeatureMaps(digits, three, layer="relu_2", selection=chosen)
    view = Operation(digits, selection=chosen)
    assert view.layer == "relu_2"
    assert view.image is three
    page_of(maps).set(channel=7, position=[4, 4])
    view.wait(PATIENCE)
    assert_shows(view.frame, digits, three, layer="relu_2", channel=7, position=(4, 4))
    view.step()
    page_of(maps).wait_for(lambda: page_of(maps).traits["position"] == [4, 5])
    assert chosen.position == [4, 5]


def test_without_an_image_there_is_a_bundled_one(digits):
    view = Operation(digits)
    view.wait(PATIENCE)
    assert view.image.shape == (28, 28, 1)
    assert view.layer == "conv1"
    net = cw.Network(lambda p, x: jax.nn.relu(x * p), params=jnp.ones(()), input_shape=(8, 8, 4))
    with pytest.raises(InputError, match=r"Pass Operation\(net, image\)"):
        Operation(net)


@pytest.mark.parametrize("layer", ["conv2", "relu", "max_pool", "dense2", "softmax", "flatten"])
def test_the_output_of_a_cell_has_a_still_picture(digits, three, layer):
    view = Operation(digits, three, layer=layer)
    view.wait(PATIENCE)
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.format == "PNG"
    assert data["text/plain"] == "<Operation, done>"


BAD = {
    "layer": ("conv9", "expected the name of a layer, got 'conv9'"),
    "channel": (64, "expected a channel of conv2 from 0 to 63, got 64"),
    "position": ([-1, 0], "-1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_argument_leaves_nothing_behind(digits, three, name):
    value, words = BAD[name]
    with pytest.raises(TraitError, match=words):
        Operation(digits, three, **{"layer": "conv2", name: value})
    assert not worker_threads()


def test_a_bad_image_is_refused(digits):
    with pytest.raises(InputError, match="3 channels"):
        Operation(digits, np.zeros((28, 28, 3)))
    with pytest.raises(TypeError, match="did you mean 'channel'"):
        Operation(digits, chanel=2)


def test_many_looks_are_answered_by_the_newest(view, page):
    here = threading.active_count()
    for at in range(60):
        page.send({"type": "look", "row": at % 11, "column": at // 11})
    view.wait(PATIENCE)
    assert page.traits["frame"]["position"] == [59 % 11, 59 // 11]
    assert threading.active_count() == here
