"""Embedding sends thumbnails, places and neighbours, and shares the chosen image."""

import base64
import importlib.util
import io
import threading

import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.methods import in_batches
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets.records import embedding_layouts
from cnnviz_widgets.widgets.records.embedding_layouts import in_a_thread, lay_out
from cnnviz_widgets.widgets.stills import thumbnail_sheets
from tests.models.learning import SHAPE, Small, examples

from .conftest import PATIENCE, worker_threads

COUNT = 40


@pytest.fixture(scope="module")
def net() -> cw.Network:
    return cw.Network(Small(), input_shape=SHAPE)


@pytest.fixture(scope="module")
def data():
    return examples(COUNT)


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch):
    monkeypatch.setattr(in_batches, "MOST", 16)


@pytest.fixture
def view(net, data):
    view = cw.Embedding(net, *data)
    view.wait(PATIENCE)
    return view


def places_of(frame):
    return np.frombuffer(frame["places"], "<f4").reshape(-1, 2)


def test_images_are_placed_by_what_the_layer_says_of_them(net, data, page_of):
    view = cw.Embedding(net, *data, layer="conv2", pooling="max")
    page = page_of(view)
    page.paints = True
    view.wait(PATIENCE)
    doing = [(each["doing"], each["done"]) for each in page.messages if "doing" in each]
    assert doing[0] == ("thumbnails", COUNT)
    assert ("reading", 16) in doing
    frame = page.traits["frame"]
    vectors = methods.layer_vectors(net, data[0], "conv2", "max")
    expected = PCA(2, svd_solver="full").fit_transform(vectors.values)
    np.testing.assert_allclose(np.abs(places_of(frame)), np.abs(expected), atol=1e-4)
    np.testing.assert_array_equal(view.places, places_of(frame))
    predicted = np.frombuffer(frame["predicted"], "<i4")
    assert predicted.tolist() == vectors.probabilities.argmax(1).tolist()
    confidence = np.frombuffer(frame["confidence"], "<f4")
    np.testing.assert_allclose(confidence, vectors.probabilities.max(1), atol=1e-6)
    assert "variance" in frame["words"]
    about = page.traits["about"]
    assert np.frombuffer(about["codes"], "<i4").tolist() == data[1].tolist()
    assert (about["comparable"], view.color) == (True, "label")


def test_thumbnails_are_the_images_in_their_order(data, monkeypatch):
    monkeypatch.setattr(thumbnail_sheets, "ACROSS", 4)
    images = data[0]
    width, height = thumbnail_sheets.thumbnail_size(images)
    assert (height, width) == images.shape[1:3]  # small ones stay as they are
    sheets = list(thumbnail_sheets.thumbnail_sheets(images))
    assert len(sheets) == 3
    second = np.asarray(Image.open(io.BytesIO(sheets[1])))
    part = second[height : 2 * height, 2 * width : 3 * width]  # the seventh of it
    expected = np.rint(images[16 + 6] * 255)
    grey = expected.mean(-1)
    assert part.shape[:2] == grey.shape
    known = part if part.ndim == 2 else part.mean(-1)
    assert np.abs(known - grey).mean() < 12  # a JPEG may be off by a little
    tall = np.zeros((5000, 200, 100, 3), np.uint8)
    assert thumbnail_sheets.thumbnail_size(tall) == (14, 28)


def test_the_chosen_image_is_shared_and_its_neighbours_are_told(net, data, page_of):
    chosen = cw.Selection()
    view = cw.Embedding(net, *data, selection=chosen)
    view.wait(PATIENCE)
    page = page_of(view)
    page.set(number=7)
    np.testing.assert_array_equal(chosen.image, data[0][7])
    page.wait_for(lambda: page.traits["neighbours"])
    found, far = methods.nearest_neighbours(view.vectors.values, 7)
    told = page.traits["neighbours"]
    assert (told["of"], told["numbers"], told["metric"]) == (7, found.tolist(), "cosine")
    np.testing.assert_allclose(told["distances"], far, atol=1e-6)
    page.set(metric="euclidean")
    page.wait_for(lambda: (page.traits["neighbours"] or {}).get("metric") == "euclidean")
    chosen.image = 1 - data[0][3]  # none of the set
    assert view.number is None
    page.wait_for(lambda: page.traits["neighbours"] is None)
    view.wait(PATIENCE)


def test_another_layer_is_read_and_a_known_one_is_not_read_again(view, page_of):
    page = page_of(view)
    page.paints = True
    first = view.layer
    page.set(layer="conv1")
    view.wait(PATIENCE)
    assert page.traits["frame"]["layer"] == "conv1"
    before = len(page.messages)
    page.set(layer=first)
    view.wait(PATIENCE)
    assert page.traits["frame"]["layer"] == first
    assert not any("doing" in each for each in page.messages[before:])


def test_tsne_can_be_watched_paused_and_stopped(net, data, page_of):
    view = cw.Embedding(net, *data, projection="tsne")
    page = page_of(view)
    page.paints = True
    page.wait_for(lambda: any(each.get("step", 0) > 0 for each in page.messages))
    page.command("pause")
    page.wait_for_state("paused")
    page.command("play")
    page.wait_for_state("done")
    frame = page.traits["frame"]
    assert (frame["step"], frame["steps"]) == (750, 750)
    assert "Near means alike" in frame["words"]
    page.command("restart")
    page.command("stop")
    page.wait_for_state("idle")


def test_other_views_go_on_while_a_thread_is_at_work():
    go, found = threading.Event(), []
    steps = in_a_thread(lambda: go.wait(PATIENCE), found)
    for _ in range(3):
        next(steps)
    assert not found
    go.set()
    for _ in steps:
        pass
    assert found == [True]

    def fails():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(in_a_thread(fails, []))


def test_umap_runs_beside_the_worker(monkeypatch):
    rows = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    monkeypatch.setattr(embedding_layouts, "umap", lambda rows, seed: rows[:, 2:] + seed)
    *_, last = lay_out(rows, "umap", "euclidean", 3)
    np.testing.assert_allclose(last.places, rows[:, 2:] + 3)


def test_sequences_are_dots_with_names(page_of):
    net = cw.load("sounds")
    sounds = np.stack([cw.sound(name) for name in cw.zoo.sounds()])
    names = [f"<b>{name}</b>" for name in cw.zoo.sounds()]
    view = cw.Embedding(net, sounds, names)
    view.wait(PATIENCE)
    traits = page_of(view).traits
    assert (traits["thumbnails"], traits["about"]["pictured"]) == (None, False)
    assert traits["about"]["labels"] == sorted(names)
    assert not traits["about"]["comparable"]
    assert view._repr_mimebundle_()[0]["image/png"]
    with pytest.raises(TraitError, match="classes of the network"):
        view.color = "right"


def test_labels_by_name_are_classes_where_all_of_them_are(page_of):
    net = cw.load("photos")
    pieces = [net.fit(piece) for piece in cw.zoo.pieces(["cat", "moon"], 96, 96)][::8]
    view = cw.Embedding(net, pieces, ["cat"] * len(pieces), color="right")
    told = page_of(view).traits["about"]
    assert told["comparable"]
    cat = net.classes.index("cat")
    assert set(np.frombuffer(told["codes"], "<i4")) == {cat}


def test_the_output_of_a_cell_has_a_still_picture(view):
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size == (600, 600)
    assert data["text/plain"] == "<Embedding, done>"


def test_images_that_are_all_alike_are_said_to_be(net, page_of):
    view = cw.Embedding(net, np.zeros((5, *SHAPE), np.float32))
    view.wait(PATIENCE)
    assert page_of(view).traits["state"] == "error"
    assert "same for all images" in page_of(view).traits["message"]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"layer": "relu_9"}, TraitError, "did you mean"),
        ({"images": np.zeros((3, *SHAPE), np.float32)}, InputError, "4 images or more"),
        ({"labels": [1, 2]}, InputError, "one label for each"),
        ({"projection": "som"}, TraitError, "projection"),
        ({"metric": "l7"}, TraitError, "metric"),
        ({"color": "label"}, TraitError, "expected labels"),
        ({"poling": "max"}, TypeError, "did you mean 'pooling'"),
    ],
    ids=["layer", "few", "labels", "projection", "metric", "color", "name"],
)
def test_what_makes_no_sense_is_refused(net, data, options, kind, words):
    with pytest.raises(kind, match=words):
        cw.Embedding(net, **({"images": data[0]} | options))
    assert not worker_threads()


@pytest.mark.skipif(importlib.util.find_spec("umap") is not None, reason="umap-learn is here")
def test_umap_says_what_to_install(net, data):
    with pytest.raises(ImportError, match="pip install 'cnnviz_widgets"):
        cw.Embedding(net, data[0], projection="umap")
    assert "umap" not in cw.Embedding(net, data[0]).projections
