import base64

import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import (
    Activations,
    Attribution,
    Embedding,
    Explorer,
    Health,
    Operation,
    Training,
)
from tests.models.learning import SHAPE, Loop

from .conftest import PATIENCE, worker_threads


@pytest.fixture
def explorer(digits):
    explorer = Explorer(digits)
    explorer.wait(PATIENCE)
    return explorer


def bars(explorer):
    """The chart as a person reads it: names and values, the most likely first."""
    (marks,) = explorer.probabilities.figure.marks
    names = [str(name) for name in marks.x]
    return list(zip(names, np.asarray(marks.y).tolist(), marks.colors, strict=True))[::-1]


def test_it_begins_with_a_picture_that_suits_the_network(explorer, digits):
    assert explorer.image_chooser.name == "digit-0"
    np.testing.assert_array_equal(explorer.image, digits.fit(cw.image("digit-0")))
    assert explorer.feature_maps.image is explorer.image
    assert explorer.error is None


def test_several_pictures_have_tabs_of_their_own(digits, three, seven):
    images = [three, seven, 1 - three, 1 - seven, three / 2]
    explorer = Explorer(digits, images, [3, 7, 3, 7, 3])
    np.testing.assert_array_equal(explorer.image, images[0])
    embedding = explorer.tabs.view(Embedding)
    activations = explorer.tabs.view(Activations)
    explorer.wait(PATIENCE)
    embedding.number = 1
    explorer.wait(PATIENCE)
    np.testing.assert_array_equal(explorer.feature_maps.image, seven)
    assert activations.statistics.images == 5
    health = explorer.tabs.view(Health)
    explorer.wait(PATIENCE)
    wanted = cw.methods.health(digits, np.stack(images), [3, 7, 3, 7, 3])
    assert str(health.report) == str(wanted)
    assert health.report.calibration is not None
    few = Explorer(digits, images[:2])
    with pytest.raises(KeyError, match="expected one of"):
        few.tabs.view(Embedding)


def test_a_training_has_a_tab_whose_unit_is_shared():
    loop = Loop()
    watch = Training(loop.model, loop.images, loop.labels, every=2, ascent_steps=2)
    net = cw.Network(loop.model, input_shape=SHAPE)
    explorer = Explorer(net, loop.images, loop.labels, training=watch)
    assert explorer.tabs.view(Training) is watch
    explorer.selection.layer, explorer.selection.channel = "conv1", 3
    assert (watch.layer, watch.channel) == ("conv1", 3)
    watch.layer = "conv2"
    assert explorer.selection.layer == "conv2"
    loss, _ = loop.step()
    watch.step(loop.model, loss=loss)
    assert watch.state == "running"
    explorer.wait(PATIENCE)  # for all but the training
    explorer.close()
    assert watch.comm is not None
    watch.layer = "conv1"
    assert explorer.selection.layer == "conv2"
    watch.end()
    assert watch.state == "done"
    watch.close()


def test_what_is_no_training_is_refused(digits):
    with pytest.raises(InputError, match=r"expected a cw\.Training.*got Network"):
        Explorer(digits, training=digits)


def test_several_texts_have_tabs_of_their_own():
    net = cw.load("texts")
    texts = ["Guten Abend", "Buenos días", "Goedemorgen", "Dobrý den", "Bonjour"]
    explorer = Explorer(net, texts)
    embedding = explorer.tabs.view(Embedding)
    health = explorer.tabs.view(Health)
    explorer.wait(PATIENCE)
    assert health.error is None
    assert health.report.images == 5
    embedding.number = 2
    explorer.wait(PATIENCE)
    assert explorer.text.text == "Goedemorgen"
    assert explorer.error is None


def test_a_text_is_typed_and_all_views_follow():
    explorer = Explorer(cw.load("texts"), "Buenos días")
    assert explorer.feature_maps.image == "Buenos días"
    operation = explorer.tabs.view(Operation)
    explorer.text.text = "Guten Abend"
    explorer.wait(PATIENCE)
    assert explorer.feature_maps.image.text == "Guten Abend"
    np.testing.assert_array_equal(operation.image, cw.text("Guten Abend"))
    assert bars(explorer)[0][0] == explorer.text.classes[explorer.text.result.target[0]]
    with pytest.raises(KeyError, match="expected one of"):
        explorer.tabs.view(Attribution)


def test_a_picture_of_one_s_own(digits, three):
    own = 1 - three
    explorer = Explorer(digits, own)
    assert explorer.image is own
    assert explorer.image_chooser.name == ""


def test_a_bundled_picture_is_known_by_its_name(digits, three):
    explorer = Explorer(digits, three)
    assert explorer.image_chooser.name == "digit-3"
    np.testing.assert_array_equal(explorer.image, three)


def test_the_bars_are_the_class_probabilities(explorer, digits):
    expected = np.asarray(cw.methods.probabilities(digits, explorer.image))[0]
    found = bars(explorer)
    order = np.argsort(-expected, kind="stable")
    assert [name for name, _, _ in found] == [str(k) for k in order]
    np.testing.assert_allclose([value for _, value, _ in found], expected[order], atol=1e-6)
    assert found[0][0] == "0"


def test_many_classes_are_cut_to_the_most_likely():
    def model(params, x):
        return x.mean((1, 2)) @ params

    net = cw.Network(model, params=jnp.ones((3, 50)), input_shape=(8, 8, 3))
    explorer = Explorer(net, np.zeros((8, 8, 3), np.float32))
    explorer.wait(PATIENCE)
    assert len(bars(explorer)) == 10


def test_a_chosen_picture_moves_everything(explorer, page_of, seven):
    page_of(explorer.image_chooser).set(name="digit-7")
    explorer.wait(PATIENCE)
    np.testing.assert_array_equal(explorer.feature_maps.image, seven)
    assert bars(explorer)[0][0] == "7"


def test_a_chosen_layer_moves_everything(explorer, page_of):
    page_of(explorer.layer_list).set(layer="conv2")
    explorer.wait(PATIENCE)
    assert page_of(explorer.feature_maps).traits["frame"]["layer"] == "conv2"
    assert page_of(explorer.gradient_ascent).traits["layer"] == "conv2"
    assert explorer.selection.layer == "conv2"


def test_a_click_on_a_bar_chooses_the_class(explorer, page_of):
    (marks,) = explorer.probabilities.figure.marks
    page_of(marks).send({"event": "element_click", "data": {"index": len(marks.x) - 2}})
    second, *_ = bars(explorer)[1]
    assert explorer.selection.target == int(second)
    assert page_of(explorer.gradient_ascent).traits["target"] == int(second)
    plain = bars(explorer)[-1][2]
    assert [name for name, _, colour in bars(explorer) if colour != plain] == [second]


def test_python_sets_the_image(explorer, seven):
    explorer.image = seven
    explorer.wait(PATIENCE)
    assert bars(explorer)[0][0] == "7"
    with pytest.raises(InputError, match="3 channels"):
        explorer.image = np.zeros((28, 28, 3))


def test_it_shows_all_views(explorer):
    def inside(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from inside(child)

    shown = list(inside(explorer))
    assert set(explorer.views) | {explorer.probabilities.figure} <= set(shown)


def test_the_output_of_a_cell_is_the_explorer_with_a_still_picture(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == "<Explorer, done>"


def test_a_refused_image_leaves_nothing_behind(digits):
    with pytest.raises(InputError, match="3 channels"):
        Explorer(digits, np.zeros((28, 28, 3)))
    assert not worker_threads()


def test_a_network_for_other_data_needs_an_image():
    net = cw.Network(lambda params, x: x * params, params=jnp.ones(()), input_shape=(16, 5))
    with pytest.raises(InputError, match="no bundled picture or sound suits"):
        Explorer(net)


def test_closing_ends_everything(explorer, page_of):
    explorer.gradient_ascent.steps = 10**6
    explorer.gradient_ascent.play()
    pages = [page_of(view) for view in explorer.views]
    (thread,) = worker_threads()
    explorer.close()
    thread.join(PATIENCE)
    assert not worker_threads()
    assert not any(page.open for page in pages)
    explorer.close()
