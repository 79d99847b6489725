"""Training tells what happened: against the model's own weights, gradients and outputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.widgets import Selection, Training
from cnnviz_widgets.widgets.records.training_record import thinned
from tests.compiling import compilations
from tests.models.functions import conv
from tests.models.functions import weights as random_weights
from tests.models.keras_models import keras
from tests.models.learning import CLASSES, SHAPE, Loop, Small, cross_entropy, examples

from .conftest import PATIENCE

FAST = {"ascent_steps": 2}


@pytest.fixture(scope="module")
def net() -> Network:
    """One for all, so that it is compiled once; loops have models of their own."""
    return Network(Small(), input_shape=SHAPE)


@pytest.fixture
def watched(net):
    """Six steps, watched at every second one, with what the loop itself knows of each."""
    loop = Loop()
    watch = Training(net, loop.images, loop.labels, unit="conv2:3", every=2, **FAST)
    past = {0: loop.weights()}
    losses, grads = [], {}
    for step in range(1, 7):
        loss, grads[step] = loop.step()
        losses.append(float(loss))
        watch.step(loop.model, loss=loss, accuracy=0.5, grads=grads[step])
        past[step] = loop.weights()
    watch.end()
    return watch, past, losses, grads


def test_the_numbers_and_the_networks_on_the_way_are_kept(watched):
    watch, past, losses, _ = watched
    assert watch.kept == [0, 2, 4, 6]
    np.testing.assert_array_equal(watch.scalars["loss"].steps, np.arange(1, 7))
    np.testing.assert_allclose(watch.scalars["loss"].values, losses, rtol=1e-6)
    assert losses[-1] < losses[0]
    for step in watch.kept:
        weights = watch.at(step).weights
        for name, wanted in past[step].items():
            np.testing.assert_array_equal(weights[name], wanted)
    assert watch.state == "done"
    assert 0 < watch.cost < 1


def test_the_figures_of_layers_are_those_of_the_step(watched):
    watch, past, _, grads = watched
    for step in (2, 4, 6):
        figures = {each.layer: each for each in watch._record.moments.get(step).figures}
        assert list(figures) == ["conv1", "conv2", "dense"]
        for name, each in figures.items():
            size = lambda parts: np.sqrt(sum((np.asarray(p) ** 2).sum() for p in parts))  # noqa: E731
            now = {key: w for key, w in past[step].items() if key.startswith(name + "/")}
            moved = [w - past[step - 1][key] for key, w in now.items()]
            assert each.gradient == pytest.approx(
                size(jax.tree.leaves(grads[step][name])), rel=1e-4
            )
            assert each.update == pytest.approx(size(moved) / size(now.values()), rel=1e-3)
    dead = figures["conv2"].dead
    net, images = watch.at(6), watch._images
    relu = [layer.name for layer in net.layers if layer.operation == "relu"][1]
    values = np.asarray(methods.activations(net, images, [relu])[relu])
    assert dead == pytest.approx((values.max((0, 1, 2)) == values.min((0, 1, 2))).mean())
    assert figures["dense"].dead is None


def test_a_changed_weight_compiles_nothing(net):
    loop = Loop()
    loop.step()
    again = Training(net, loop.images, loop.labels, unit="conv2:3", every=1, **FAST)
    loss, grads = loop.step()
    again.step(loop.model, loss=loss, grads=grads)
    loss, grads = loop.step()
    jax.block_until_ready(loss)
    with compilations() as compiled:
        again.step(loop.model, loss=loss, grads=grads)
    assert compiled == []
    assert again.kept == [0, 1, 2]


def test_the_slider_goes_back_for_a_unit_that_is_chosen_later(watched, page_of):
    watch, *_ = watched
    page = page_of(watch)
    page.set(iteration=2)
    page.wait_for(lambda: page.traits["frame"]["at"] == 2)
    page.set(layer="conv1", channel=1)
    page.wait_for(lambda: page.traits["frame"]["layer"] == "conv1"
                  and page.traits["frame"]["channel"] == 1)  # fmt: skip
    frame = page.traits["frame"]
    assert frame["at"] == 2
    values = np.asarray(methods.activations(watch.at(2), watch._images[:1], ["conv1"])["conv1"])
    low, high = frame["map_range"]
    codes = np.frombuffer(frame["map"], np.uint8).reshape(frame["map_size"])
    np.testing.assert_allclose(
        low + codes / 255 * (high - low), values[0, ..., 1], atol=(high - low) / 400 + 1e-6
    )
    count, rows, columns, colours = frame["filters_size"]
    kernel = watch.at(2).weights["conv1/kernel"]
    codes = np.frombuffer(frame["filters"], np.uint8).reshape(count, rows, columns, colours)
    found = (codes / 255 * 2 - 1) * frame["filters_range"]
    np.testing.assert_allclose(found, np.moveaxis(kernel, -1, 0), atol=frame["filters_range"] / 200)
    page.set(iteration=-1)
    page.wait_for(lambda: page.traits["frame"]["at"] == 6)


def test_curves_reach_the_page_while_the_loop_runs(net, page_of):
    loop = Loop()
    watch = Training(net, loop.images[:1], every=3, **FAST)
    page = page_of(watch)
    page.paints = True
    for _ in range(3):
        watch.step(loop.model, loss=loop.step()[0])
    assert page.traits["state"] == "running"
    page.wait_for(lambda: any(m.get("type") == "frame" for m in page.messages))
    frame = [m for m in page.messages if m.get("type") == "frame"][-1]
    assert (frame["step"], frame["at"]) == (3, 3)
    assert [curve["name"] for curve in frame["curves"]] == ["loss"]
    values = np.frombuffer(frame["values"], "<f4")
    np.testing.assert_allclose(values, watch.scalars["loss"].values, rtol=1e-6)
    assert [row[1] for row in frame["figures"]] == [None] * 3  # neither labels nor gradients
    watch.end()
    page.wait_for_state("done")
    watch.step(loop.model, loss=loop.step()[0])  # goes on
    assert watch.state == "running"
    assert watch.scalars["loss"].steps.tolist() == [1, 2, 3]


def test_the_network_before_its_first_step_is_there_at_once(net):
    watch = Training(net, Loop().images, **FAST)
    for name, weight in watch.at(0).weights.items():  # in the cell that made the view
        np.testing.assert_array_equal(weight, net.weights[name])


def test_a_page_that_is_opened_after_the_training_has_the_step_that_is_chosen(net, page_of):
    loop = Loop()
    watch = Training(net, loop.images[:1], every=1, **FAST)
    page = page_of(watch)
    for _ in range(3):
        watch.step(loop.model, loss=loop.step()[0])
    page.set(iteration=1)
    page.wait_for(lambda: page.traits["frame"]["at"] == 1)
    watch.step(loop.model, loss=loop.step()[0])
    watch.end()
    watch.wait()
    page.wait_for_state("done")
    assert (page.traits["frame"]["step"], page.traits["frame"]["at"]) == (4, 1)


def test_without_every_looks_keep_within_their_share(net):
    loop = Loop()
    watch = Training(net, loop.images, share=0.2, **FAST)
    for _ in range(400):
        watch.step(loop.model, loss=loop.step()[0])
    watch.end()
    assert len(watch.kept) > 2
    assert watch.cost < 0.5


def test_params_whose_memory_the_step_takes():
    kernel, head = random_weights((3, 3, 1, 4), (4, CLASSES), seed=2)

    def model(params, x):
        return jax.nn.relu(conv(x, params["kernel"])).mean((1, 2)) @ params["head"]

    images, labels = examples(6)

    def loss(params):
        return cross_entropy(model(params, jnp.asarray(images)), jnp.asarray(labels))

    @jax.jit
    def slope(params):
        return jax.value_and_grad(loss)(params)

    move = jax.jit(
        lambda params, grads: jax.tree.map(lambda w, g: w - 0.1 * g, params, grads),
        donate_argnums=0,
    )
    params = {"kernel": jnp.array(kernel), "head": jnp.array(head)}
    watch = Training(Network(model, params=params, input_shape=SHAPE), images, every=1, **FAST)
    past = []
    for _ in range(3):
        value, grads = slope(params)
        params = move(params, grads)
        past.append(np.array(params["kernel"]))
        watch.step(params, loss=value, grads=grads, updates=jax.tree.map(lambda g: -0.1 * g, grads))
    watch.end()
    for step in (1, 2, 3):
        np.testing.assert_array_equal(watch.at(step).weights["kernel"], past[step - 1])


def test_linen_variables_and_params_alone():
    import flax.linen as nn

    module = nn.Sequential([nn.Conv(3, (3, 3)), nn.relu, lambda x: x.mean((1, 2)), nn.Dense(2)])
    images = examples(3)[0]
    variables = module.init(jax.random.key(0), images)
    watch = Training(
        Network(module, variables=variables, input_shape=SHAPE), images, every=1, **FAST
    )
    doubled = jax.tree.map(lambda w: 2 * w, variables)
    watch.step(doubled)
    tripled = jax.tree.map(lambda w: 3 * w, variables)
    watch.step(tripled["params"])
    for step, wanted in ((1, doubled), (2, tripled)):
        np.testing.assert_allclose(watch.at(step)(images), module.apply(wanted, images), rtol=1e-5)


def test_a_model_that_the_loop_changes_in_place_need_not_be_told():
    loop = Loop()
    watch = Training(loop.model, loop.images, every=1, **FAST)
    loss, _ = loop.step()
    watch.step(loss=loss)
    kernel = watch.at(1).weights["conv1/kernel"]
    np.testing.assert_array_equal(kernel, loop.weights()["conv1/kernel"])


def test_keras_tells_by_a_callback(lenient_ranks, tmp_path):
    images, labels = examples(24)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.1),  # whose random state is no weight
            keras.layers.Dense(CLASSES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=["accuracy"])
    past = {}

    class Note(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.jax_state_sync()
            past[len(past) + 1] = [np.array(w.value) for w in self.model.weights]

    watch = Training(model, images[:4], labels[:4], every=2, **FAST)
    model.fit(
        images, labels, batch_size=6, epochs=2, verbose=0, validation_data=(images, labels),
        callbacks=[watch.keras(), Note()],
    )  # fmt: skip
    assert watch.kept == [0, 2, 4, 6, 8]
    for step in watch.kept[1:]:
        for found, wanted in zip(watch.at(step).weights.values(), past[step], strict=True):
            np.testing.assert_array_equal(found, wanted)
    assert set(watch.scalars) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert watch.scalars["val_loss"].steps.tolist() == [4, 8]
    assert (watch._record.moments.get(8).figures[0].update or 0) > 0
    assert watch.state == "done"


def test_event_files_are_written_and_compared_with(net, tmp_path, page_of):
    pytest.importorskip("tensorboardX")
    loop = Loop()
    watch = Training(net, loop.images, loop.labels, every=2, logdir=tmp_path, **FAST)
    for _ in range(4):
        watch.step(loop.model, loss=loop.step()[0])
    watch.end()
    watch.close()
    found = cw.methods.read_scalars(tmp_path)
    np.testing.assert_allclose(found["loss"].values, watch.scalars["loss"].values, rtol=1e-6)
    assert found["gradient/conv1"].steps.tolist() == [2, 4]
    later = Training(net, loop.images, compare=tmp_path, **FAST)
    later.wait(PATIENCE)
    curves = page_of(later).traits["frame"]["curves"]
    assert {"name": "loss", "other": True, "points": 4} in curves


def test_a_selection_is_shared(net):
    chosen = Selection(layer="conv1", channel=2, iteration=4)
    other = Training(net, examples(1)[0], selection=chosen, **FAST)
    assert (other.layer, other.channel) == ("conv1", 2)
    other.channel = 3
    assert chosen.channel == 3


def test_a_long_curve_is_thinned_to_means():
    steps = np.arange(1, 1001)
    found = thinned(methods.Scalars(steps, np.where(steps > 500, 2.0, 1.0)), most=10)
    assert found.steps.tolist() == list(range(100, 1001, 100))
    assert found.values.tolist() == [1.0] * 5 + [2.0] * 5


def test_what_makes_no_sense_is_said(net):
    images, labels = examples(4)
    for options, words in (
        ({"labels": labels[:3]}, "one label for each of 4 images, got 3"),
        ({"unit": "conv2"}, 'expected a unit such as "conv2:5"'),
        ({"every": 0}, "expected every from 1"),
        ({"share": 0}, "expected share from 0 to 1"),
    ):
        with pytest.raises(InputError, match=words):
            Training(net, images, **options)
    with pytest.raises(InputError, match="up to 64 images"):
        Training(net, np.zeros((65, *SHAPE), np.float32))
    watch = Training(net, images, every=1, **FAST)
    with pytest.raises(InputError, match=r"watch.step\(model, loss=loss\)"):
        watch.step(loss=1.0)
    with pytest.raises(InputError, match="expected a step after 1, got 1"):
        watch.step(Small(1), step=1)


def test_places_without_widgets_get_a_picture(watched):
    watch, *_ = watched
    data, _ = watch._repr_mimebundle_()
    assert data["image/png"]
    assert data["text/plain"] == "<Training, done>"
