"""Weights: what reaches the page is what the methods give."""

import io

import jax.numpy as jnp
import numpy as np
import pytest
import traitlets
from PIL import Image

import cnnviz_widgets as cw
from cnnviz_widgets.methods import kernels, project_filters, weight_statistics
from cnnviz_widgets.methods.weights import connections
from cnnviz_widgets.widgets.records import weights_told
from tests.models import nnx_models
from tests.widgets.conftest import PATIENCE


@pytest.fixture(scope="module")
def of_digits(digits):
    return kernels(digits)


@pytest.fixture
def view(digits):
    found = cw.Weights(digits, layer="conv2", channel=5)
    found.wait(PATIENCE)
    return found


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def numbers(frame, at, shape):
    values = np.frombuffer(frame["numbers"], "<f4")
    return values[at : at + np.prod(shape)].reshape(shape)


def test_a_channel_is_told_with_its_kernel_and_ties(page, of_digits):
    frame = page.traits["frame"]
    assert (frame["layer"], frame["channel"]) == ("conv2", 5)
    kernel = of_digits["conv2"]
    np.testing.assert_array_equal(numbers(frame, frame["kernel"], (32, 3, 3)), kernel.slices(5))
    assert np.frombuffer(frame["taken"], "<i4").tolist() == list(range(32))
    ties = connections(of_digits, "conv2", 5)
    (before,), (after,) = frame["before"], frame["after"]
    for told, links in ((before, ties.before[0]), (after, ties.after[0])):
        assert (told["layer"], told["count"]) == (links.layer, len(links.strength))
        strength = numbers(frame, told["strength"], len(links.strength))
        np.testing.assert_array_equal(strength, links.strength)
        assert [each["channel"] for each in told["partners"]] == links.strongest(6)
        assert all(each["map"] is None for each in told["partners"])
    partner = after["partners"][0]
    expected = of_digits["conv3"].values[partner["channel"], 5]
    np.testing.assert_array_equal(numbers(frame, partner["kernel"], (3, 3)), expected)


def test_a_layer_is_told_once(page, view, of_digits):
    about = page.traits["about"]
    found = weight_statistics(of_digits["conv2"].values)
    assert about["statistics"]["std"] == pytest.approx(found.std)
    np.testing.assert_array_equal(np.frombuffer(about["counts"], "<i4"), found.counts)
    assert (about["outputs"], about["inputs"], about["window"]) == (64, 32, [3, 3])
    page.updates.clear()
    page.set(channel=9)
    view.wait(PATIENCE)
    assert page.traits["frame"]["channel"] == 9
    assert not any("about" in update or "arrangement" in update for update in page.updates)
    page.set(layer="conv3")
    view.wait(PATIENCE)
    assert page.traits["about"]["layer"] == page.traits["arrangement"]["layer"] == "conv3"


def test_the_first_layer_is_sent_with_all_filters(photos, page_of):
    view = cw.Weights(photos)
    view.wait(PATIENCE)
    about = page_of(view).traits["about"]
    assert (about["layer"], about["color"]) == ("conv1", True)
    stored = np.asarray(photos.weights["conv1/kernel"])
    sent = np.frombuffer(about["filters"], "<f4").reshape(24, 3, 7, 7)
    np.testing.assert_array_equal(sent, np.transpose(stored, (3, 2, 0, 1)))
    view.layer = "conv2"
    view.wait(PATIENCE)
    assert "filters" not in view.about


def test_what_a_channel_takes_is_shown_for_an_image(digits, three, page_of):
    view = cw.Weights(digits, three, layer="conv2", channel=5)
    view.wait(PATIENCE)
    frame = page_of(view).traits["frame"]
    assert (frame["own"]["rows"], frame["own"]["cols"]) == (11, 11)
    found = cw.methods.activations(digits, three, ["max_pool", "conv3", "relu_3"])
    for told, layer in ((frame["before"][0], "max_pool"), (frame["after"][0], "conv3")):
        for partner in told["partners"]:
            assert_map(frame, partner["map"], found[layer][0, ..., partner["channel"]])
    view.layer = "dense1"
    view.wait(PATIENCE)
    partner = view.frame["before"][0]["partners"][0]
    assert_map(view.frame, partner["map"], found["relu_3"][0, ..., partner["channel"]])
    view.layer = "conv1"
    view.wait(PATIENCE)
    partner = view.frame["before"][0]["partners"][0]
    assert_map(view.frame, partner["map"], three[..., 0])


def assert_map(frame, told, values):
    size = told["rows"] * told["cols"]
    codes = np.frombuffer(frame["codes"], np.uint8)[told["at"] : told["at"] + size]
    shown = told["low"] + codes.reshape(told["rows"], -1) / 255 * (told["high"] - told["low"])
    values = np.asarray(values)
    assert shown.shape == values.shape
    span = float(values.max() - values.min())
    np.testing.assert_allclose(shown, values, atol=span / 250 + 1e-6)


def test_a_step_of_a_walk_moves_layer_and_channel_everywhere(digits, three, page_of):
    chosen = cw.Selection(image=three)
    view = cw.Weights(digits, layer="conv3", channel=60, selection=chosen)
    maps = cw.FeatureMaps(digits, three, layer="conv3", selection=chosen)
    view.wait(PATIENCE)
    page_of(view).set(layer="conv1", channel=30)
    view.wait(PATIENCE)
    maps.wait(PATIENCE)
    assert (chosen.layer, chosen.channel) == (maps.layer, maps.channel) == ("conv1", 30)
    assert (view.frame["layer"], view.frame["channel"]) == ("conv1", 30)


def test_a_layer_without_weights_says_so(view, page):
    view.layer = "max_pool"
    view.wait(PATIENCE)
    assert view.state == "done"
    assert view.kernel is None
    assert view.statistics is None
    about = page.traits["about"]
    assert about["words"].startswith("max_pool (pool) has no weights.")
    assert about["nearest"] == ["conv1", "conv2"]
    view.layer = "conv1"
    view.wait(PATIENCE)
    assert view.statistics.count == 288


@pytest.mark.parametrize("structure", ["pca", "tsne", "similarity", "singular"])
def test_structures(view, page, of_digits, structure):
    page.set(structure=structure)
    view.wait(PATIENCE)
    told, rows = page.traits["arrangement"], of_digits["conv2"].filters()
    assert (told["layer"], told["what"], told["words"]) == ("conv2", structure, "")
    if structure == "singular":
        values = np.frombuffer(told["values"], "<f4")
        np.testing.assert_allclose(values, np.linalg.svd(rows)[1], 1e-4)
    elif structure == "similarity":
        codes = np.frombuffer(told["cosines"], np.uint8).reshape(64, 64)
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        np.testing.assert_allclose((codes - 127.0) / 127, unit @ unit.T, atol=0.005)
    else:
        places = np.frombuffer(told["places"], "<f4").reshape(64, 2)
        assert np.frombuffer(told["numbers"], "<i4").tolist() == list(range(64))
        assert np.isfinite(places).all()
        assert (places.std(0) > 0).all()
        if structure == "pca":
            np.testing.assert_allclose(places, project_filters(rows).places, 1e-3, 1e-3)


def test_too_few_filters_and_missing_packages_are_said(monkeypatch, view, page):
    for module in ("umap", "sklearn.manifold"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    view.structure = "umap"
    view.wait(PATIENCE)
    assert "pip install 'cnnviz_widgets[projections]'" in page.traits["arrangement"]["words"]
    assert view.state == "done"
    tiny = cw.Network(lambda w, x: x @ w, params=jnp.ones((5, 3)), input_shape=(5,))
    small = cw.Weights(tiny)
    small.wait(PATIENCE)
    assert "has 3 filters: too few" in small.arrangement["words"]


@pytest.fixture(scope="module")
def wide():
    rows = np.random.default_rng(0).standard_normal((600, 300)).astype(np.float32)
    return cw.Network(lambda w, x: x @ w, params=jnp.asarray(rows), input_shape=(600,)), rows


def test_tiles_of_a_large_matrix_are_sent_when_asked_for(wide, page_of):
    net, rows = wide
    view = cw.Weights(net)
    view.wait(PATIENCE)
    page = page_of(view)
    matrix = page.traits["about"]["matrix"]
    assert (matrix["rows"], matrix["cols"], matrix["top"]) == (300, 600, 2)
    assert len(matrix["mean"]) == 2 * 75 * 150
    page.send({"type": "tile", "layer": view.layer, "level": 0, "row": 1, "column": 2})
    page.wait_for(lambda: any(each["type"] == "tile" for each in page.messages))
    tile = next(each for each in page.messages if each["type"] == "tile")
    part = rows.T[256:, 512:]
    codes = np.frombuffer(tile["extreme"], "<i2").reshape(part.shape)
    assert "mean" not in tile
    np.testing.assert_allclose(codes / 32767 * tile["extremeScale"], part, atol=2e-4)


@pytest.mark.parametrize("message", [
    {"type": "tile", "layer": "conv2", "level": 99, "row": 0, "column": 0},
    {"type": "tile", "layer": "relu", "level": 0, "row": 0, "column": 0},
    {"type": "tile", "layer": "conv2", "level": 0, "row": -1, "column": 0},
], ids=["level", "layer", "row"])  # fmt: skip
def test_messages_that_no_page_sends_are_dropped(view, page, message):
    page.send(message)
    assert not [each for each in page.messages if each["type"] == "tile"]
    assert view.state == "done"


def test_parts_of_a_fused_layer_and_groups(page_of):
    model = nnx_models.Convolutions
    net = cw.Network(nnx_models.made(model), input_shape=model.shape)
    view = cw.Weights(net)
    for name in ("depthwise", "dilated", "grouped", "up"):
        view.layer = name
        view.wait(PATIENCE)
        assert view.state == "done", view.error
    view.layer = "grouped"
    view.channel = 3
    view.wait(PATIENCE)
    assert np.frombuffer(view.frame["taken"], "<i4").tolist() == [3, 4, 5]
    kernels_of = {info["name"] for info in view.layers if info["kernel"]}
    assert kernels_of == {"depthwise", "dilated", "grouped", "up"}


def test_of_many_neighbours_the_nearest_are_told(monkeypatch):
    monkeypatch.setattr(weights_told, "SOURCES", 1)
    model = nnx_models.Residual
    net = cw.Network(nnx_models.made(model), input_shape=model.shape)
    view = cw.Weights(net, layer="head")
    view.wait(PATIENCE)
    assert [each["layer"] for each in view.frame["before"]] == ["blocks/1/conv2"]
    assert view.frame["more"] == [2, 0]


@pytest.mark.parametrize(("layer", "shades"), [("conv1", 9), ("dense1", 64)])
def test_the_still_picture(digits, layer, shades):
    """Of a kernel of 3 by 3, and of a matrix; words have colours of their own."""
    view = cw.Weights(digits, layer=layer)
    view.wait(PATIENCE)
    data, _ = view._repr_mimebundle_()
    assert "image/png" in data
    picture = np.asarray(Image.open(io.BytesIO(view._still())).convert("RGB"))
    colours = {tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()}
    assert len(colours) > shades


@pytest.mark.parametrize(("changes", "words"), [
    ({"layer": "conv9"}, "did you mean"), ({"channel": 64}, "from 0 to 63"),
    ({"structure": "som"}, "structure"), ({"show": "all"}, "show"),
], ids=["layer", "channel", "structure", "show"])  # fmt: skip
def test_what_is_not_there_is_refused(view, changes, words):
    with pytest.raises(traitlets.TraitError, match=words):
        view.set_trait(*next(iter(changes.items())))
