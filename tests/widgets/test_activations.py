"""Activations sends what the method finds, batch by batch."""

import numpy as np
import pytest
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.methods import in_batches
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets.records import activations_frame
from tests.models.learning import SHAPE, Small, examples

from .conftest import PATIENCE, worker_threads

COUNT = 30


@pytest.fixture(scope="module")
def net() -> cw.Network:
    net = cw.Network(Small(), input_shape=SHAPE)
    bias = np.array(net.weights["conv1/bias"])
    bias[2], bias[3] = -100, 100
    return net.with_weights({"conv1/bias": bias})


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return examples(COUNT)[0]


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch):
    monkeypatch.setattr(in_batches, "MOST", 16)


def numbers_of(frame, layer):
    at = next(k for k, row in enumerate(frame["layers"]) if row["layer"] == layer)
    row = frame["layers"][at]
    numbers = np.frombuffer(frame[f"numbers{at}"], "<f4").reshape(6, row["channels"])
    marks = np.frombuffer(frame[f"marks{at}"], np.uint8)
    heat = np.frombuffer(frame[f"heat{at}"], np.uint8).reshape(row["channels"], -1)
    return row, numbers, marks, heat


def test_frames_come_batch_by_batch_and_hold_all_that_is_known(net, images, page_of):
    view = cw.Activations(net, images)
    page = page_of(view)
    page.paints = True
    view.wait(PATIENCE)
    streamed = [each["images"] for each in page.messages if each["type"] == "frame"]
    frame = page.traits["frame"]
    assert streamed[:1] == [16]
    assert (frame["images"], frame["of"], page.traits["state"]) == (COUNT, COUNT, "done")
    found = methods.activation_statistics(net, images)
    for each in found.layers:
        row, numbers, _, heat = numbers_of(frame, each.layer)
        np.testing.assert_allclose(numbers[0], each.mean, rtol=1e-6)
        np.testing.assert_allclose(numbers[2], each.zeros, rtol=1e-6)
        assert row["told"]
        zeros = np.rint(each.zeros * each.counts.sum(1)).sum()
        assert sum(row["counts"]) == each.histogram.sum() - zeros
        assert heat.shape[1] == -(-len(row["counts"]) // row["rough"])
    relu, _, marks, _ = numbers_of(frame, "relu")
    assert (relu["dead"], marks[2]) == (1, 1)
    assert marks[3] == 2
    assert view["relu"].dead.tolist() == [2]
    assert view.layer == "relu"
    data, _ = view._repr_mimebundle_()
    assert data["image/png"]


def test_a_chosen_channel_is_shared(net, images, page_of):
    chosen = cw.Selection()
    view = cw.Activations(net, images, selection=chosen)
    assert (chosen.layer, chosen.channel) == ("relu", None)
    page_of(view).set(channel=2, order="dead")
    assert (chosen.channel, view.order) == (2, "dead")
    chosen.layer = "conv2"
    assert view.layer == "conv2"


def test_a_layer_too_large_to_be_told_with_all_others_is_told_when_it_is_chosen(
    net, images, page_of, monkeypatch
):
    monkeypatch.setattr(activations_frame, "MOST_BYTES", 1)
    view = cw.Activations(net, images)
    view.wait(PATIENCE)
    page = page_of(view)
    assert [row["layer"] for row in page.traits["frame"]["layers"] if row["told"]] == ["relu"]
    page.set(layer="conv2")
    view.wait(PATIENCE)
    assert [row["layer"] for row in page.traits["frame"]["layers"] if row["told"]] == ["conv2"]
    numbers_of(page.traits["frame"], "conv2")


def test_it_can_be_stopped_and_begun_anew(net, images, page_of):
    many = np.concatenate([images] * 60)
    view = cw.Activations(net, many)
    page = page_of(view)
    page.paints = True
    page.wait_for(lambda: page.messages)
    page.command("pause")
    page.wait_for_state("paused")
    page.command("stop")
    page.wait_for_state("idle")
    assert view.statistics is not None
    assert 0 < view.statistics.images < len(many)
    page.command("play")
    view.wait(PATIENCE)
    assert view.statistics.images == len(many)


def test_with_few_images_nothing_is_called_dead(net, images, page_of):
    view = cw.Activations(net, images[:5])
    view.wait(PATIENCE)
    row, _, marks, _ = numbers_of(page_of(view).traits["frame"], "relu")
    assert row["dead"] is None
    assert 1 not in marks


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"layer": "relu_9"}, TraitError, "did you mean"),
        ({"channel": 99}, TraitError, "expected a channel"),
        ({"images": np.zeros((3, 5))}, InputError, "expected"),
        ({"chanel": 1}, TypeError, "did you mean 'channel'"),
    ],
    ids=["layer", "channel", "images", "name"],
)
def test_what_makes_no_sense_is_refused(net, images, options, kind, words):
    with pytest.raises(kind, match=words):
        cw.Activations(net, **({"images": images} | options))
    assert not worker_threads()
