import base64
import io
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import activation_atlas, ascend, direction
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import ActivationAtlas
from cnnviz_widgets.widgets import activation_atlas as module
from cnnviz_widgets.widgets.shared.picture import to_pixels

from .conftest import PATIENCE, worker_threads

PICTURES = [
    0.25 + 0.75 * cw.image(name)[top : top + 16, left : left + 16]  # nowhere zero in the layer
    for name in ("cat", "moon", "flower")
    for top, left in ((0, 0), (100, 120), (200, 60))
]
QUICK = {"grid": 3, "steps": 20, "places": 3}


def made(net, **options):
    view = ActivationAtlas(net, "channels", PICTURES, **QUICK | options)
    view.wait(PATIENCE)
    return view


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)


@pytest.fixture(scope="module")
def small():
    """A network whose classes are easy to follow: the sum of each channel is one."""

    def model(params, x):
        with jax.named_scope("channels"):
            x = jax.nn.relu(x - params)
        return x.sum((1, 2))

    classes = ("red", "green", "blue")
    return cw.Network(model, params=jnp.full((), 0.2), input_shape=(8, 8, 3), classes=classes)


def test_cells_are_painted_batch_by_batch_the_fullest_first(small, page_of):
    view = ActivationAtlas(small, "channels", PICTURES, **QUICK)
    page = page_of(view)
    page.paints = True
    view.wait(PATIENCE)
    assert page.traits["state"] == "done"
    expected = activation_atlas(small, PICTURES, layer="channels", grid=3, places=3)
    last = page.traits["frame"]
    cells = np.frombuffer(last["cells"], "<i4").reshape(-1, 3)
    assert (np.diff(cells[:, 2]) <= 0).all()
    assert cells[:, 2].sum() == last["values"] == len(expected.places) == 27
    assert last["painted"] == len(cells) == len(view.pictures)
    streamed = [message for message in page.messages if message["type"] == "frame"]
    assert [each["read"] for each in streamed if "read" in each] == [0, 9]
    seen = [each["painted"] for each in streamed if "painted" in each]
    assert seen == sorted(seen)
    assert {0, 4} <= set(seen)
    goals = [direction("channels", cell.direction, cosine_power=2.0) for cell in view.cells[:4]]
    *_, wanted = ascend(small, goals, steps=20, size=8, preset="lucid", seed=0)
    for picture, image in zip(view.pictures, wanted.images, strict=False):
        np.testing.assert_array_equal(picture, to_pixels(image))
    side = last["side"]
    pixels = np.frombuffer(last["pixels"], np.uint8).reshape(-1, side, side, 3)
    np.testing.assert_array_equal(pixels, view.pictures)


def test_a_cell_votes_for_the_classes_that_lose_without_it(small):
    pictures = np.full((30, 8, 8, 3), 0.1, np.float32)
    for number, picture in enumerate(pictures):
        picture[..., number % 3] = 0.6 + 0.01 * number
    view = ActivationAtlas(small, "channels", pictures, grid=6, steps=1, places=2)
    view.wait(PATIENCE)
    assert {cell.votes[0][0] for cell in view.cells} == {"red", "green", "blue"}
    for cell in view.cells:
        strongest = int(np.argmax(cell.direction))
        assert cell.votes[0][0] == small.classes[strongest]
        lost = cell.direction  # each place adds its value to the sum of its channel
        assert cell.votes[0][1] == pytest.approx(lost[strongest] - lost.mean(), rel=1e-3)
    assert sum(cell.count for cell in view.cells) == 60


def test_finer_cells_need_no_new_look_at_the_pictures(small, page_of):
    view = made(small)
    page = page_of(view)
    page.paints = True
    before = len(page.messages)
    page.set(grid=2)
    view.wait(PATIENCE)
    streamed = [each for each in page.messages[before:] if each["type"] == "frame"]
    assert all("read" not in each for each in streamed)
    assert (page.traits["frame"]["grid"], page.traits["frame"]["run"]) == (2, 2)
    assert len(view.cells) <= 4
    assert sum(cell.count for cell in view.cells) == 27


def test_a_chosen_cell_is_shared(small, page_of):
    chosen = cw.Selection()
    view = made(small, selection=chosen)
    assert (chosen.layer, chosen.channel, chosen.image) == ("channels", None, None)
    cell = view.cells[1]
    page_of(view).set(cell=[cell.row, cell.column])
    number, row, column = cell.source
    assert chosen.image is PICTURES[number]
    assert chosen.position == [row, column]
    assert chosen.channel == int(np.argmax(cell.direction))
    value = cw.methods.activations(small, PICTURES[number], ["channels"])["channels"][
        0, row, column
    ]
    inside = np.linalg.norm(np.asarray(value) - cell.direction)
    assert inside <= np.linalg.norm(cell.direction)


def test_a_cell_of_what_is_seen_is_chosen_while_another_atlas_is_on_its_way(small, page_of):
    chosen = cw.Selection()
    view = made(small, selection=chosen)
    page = page_of(view)
    page.paints = True
    cell = view.cells[0]
    page.set(grid=2)  # and before there is an atlas of it, a click on the one that is seen
    page.set(layer="channels", projection="pca", grid=3, cell=[cell.row, cell.column])
    view.wait(PATIENCE)
    assert (view.grid, view.cell) == (3, [cell.row, cell.column])
    assert chosen.image is PICTURES[cell.source[0]]
    page.set(cell=None)
    page.set(grid=2, cell=[0, 1])  # which there is only in the next one
    view.wait(PATIENCE)
    assert view.cell == [0, 1]
    (there,) = (each for each in view.cells if [each.row, each.column] == [0, 1])
    assert chosen.image is PICTURES[there.source[0]]
    assert chosen.position == list(there.source[1:])


def test_pause_and_play_and_another_layer(small, page_of):
    view = ActivationAtlas(small, "channels", PICTURES, grid=3, steps=4000, places=3)
    page = page_of(view)
    page.paints = True
    page.wait_for(lambda: any(message.get("pixels") for message in page.messages))
    page.command("pause")
    page.wait_for_state("paused")
    page.command("play")
    page.wait_for_state("running")
    page.set(layer="sum")
    page.wait_for(lambda: page.messages[-1].get("layer") == "sum")
    page.command("stop")
    page.wait_for_state("idle")


def test_bundled_pictures_unless_others_are_given(digits, page_of):
    view = ActivationAtlas(digits)
    page = page_of(view)
    page.wait_for(lambda: page.messages)
    assert (view.layer, page.messages[0]["of"]) == ("relu_3", 100)


def test_the_output_of_a_cell_has_a_still_picture(small):
    view = made(small)
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size == (3 * 8, 3 * 8)
    assert data["text/plain"] == "<ActivationAtlas, done>"


def test_a_silent_layer_is_said_to_be(small, page_of):
    view = ActivationAtlas(small, "channels", np.zeros((4, 8, 8, 3), np.float32))
    view.wait(PATIENCE)
    assert page_of(view).traits["state"] == "error"
    assert "at least three values that differ" in page_of(view).traits["message"]


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"layer": "relu_9"}, TraitError, "did you mean 'relu"),
        ({"grid": 1}, TraitError, "1"),
        ({"grid": 99}, TraitError, "99"),
        ({"projection": "tsne"}, InputError, "layout"),
        ({"places": 0}, InputError, "places"),
        ({"steps": 0}, InputError, "steps"),
        ({"images": cw.image("cat")}, InputError, "several images"),
        ({"images": [np.zeros((64, 64, 4), np.float32)]}, InputError, "channels"),
        ({"gird": 4}, TypeError, "did you mean 'grid'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing_behind(photos, options, kind, words):
    with pytest.raises(kind, match=words):
        ActivationAtlas(photos, **options)
    assert not worker_threads()


def test_umap_is_offered_only_where_it_is(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    view = ActivationAtlas(small, "channels", np.zeros((4, 8, 8, 3), np.float32))
    assert view.projections == ["pca"]
    with pytest.raises(ImportError, match="pip install"):
        ActivationAtlas(small, projection="umap")
