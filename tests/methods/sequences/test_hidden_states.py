"""States, gates and predictions of every step, against each framework's own cell step by step."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx
from jax import lax

import cnnviz_widgets as cw
from cnnviz_widgets.methods.sequences.hidden_states import OF_ITSELF, STANDS_STILL
from cnnviz_widgets.network import InputError, Network, UnknownLayerError
from tests.compiling import compilations
from tests.models import functions, keras_models, linen_models, nnx_models

STEPS, FEATURES, UNITS, CLASSES = 7, 5, 4, 3
GATES = {
    "GRUCell": {"update", "reset"},
    "LSTMCell": {"input", "forget", "output"},
    "OptimizedLSTMCell": {"input", "forget", "output"},
    "SimpleCell": set(),
}


def sequences(count: int = 2, steps: int = STEPS, features: int = FEATURES) -> np.ndarray:
    shape = (count, steps, features)
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def read(net: Network, x: Any, **options: Any) -> Any:
    return cw.methods.hidden_states(net, x, **options)


class Reader(nnx.Module):
    """A cell that reads a sequence, and a dense layer that reads its last state."""

    def __init__(self, cell, rngs):
        self.rnn = nnx.RNN(cell(FEATURES, UNITS, rngs=rngs), rngs=rngs)
        self.head = nnx.Linear(UNITS, CLASSES, rngs=rngs)

    def __call__(self, x):
        return nnx.softmax(self.head(self.rnn(x)[:, -1]))


def reader(name: str) -> tuple[Any, Network]:
    model = nnx_models.made(lambda rngs: Reader(getattr(nnx, name), rngs))
    return model, Network(model, input_shape=(STEPS, FEATURES), classes=["a", "b", "c"])


def step_by_step(model: Reader, x: np.ndarray) -> tuple[list, list]:
    """What the cell carries after each step, and what the head says of it."""
    cell = model.rnn.cell
    carry = cell.initialize_carry((len(x), FEATURES), nnx.Rngs(0))
    carried, said = [], []
    for t in range(x.shape[1]):
        carry, shown = cell(carry, jnp.asarray(x[:, t]))
        carried.append(carry)
        said.append(nnx.softmax(model.head(shown)))
    return carried, said


@pytest.mark.parametrize("name", GATES)
def test_cells_of_nnx(name, lenient_ranks):
    model, net = reader(name)
    x = sequences()
    found = read(net, x)
    carried, said = step_by_step(model, x)
    parts = {"cell": 0, "state": 1} if "LSTM" in name else {"state": None}
    assert set(found.states) == set(parts)
    for part, place in parts.items():
        wanted = np.stack([each if place is None else each[place] for each in carried], 1)
        np.testing.assert_allclose(found.states[part], wanted, atol=1e-6)
    np.testing.assert_allclose(found.predictions, np.stack(said, 1), atol=1e-6)
    np.testing.assert_allclose(found.predictions[:, -1], net(x), atol=1e-6)
    np.testing.assert_array_equal(found.inputs, x)
    assert set(found.gates) == GATES[name]
    assert found.predicted == STANDS_STILL
    assert found.reads == (0, 0, 1, 1)
    assert any("No gates" in note for note in found.notes) == (not GATES[name])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_gates_of_a_gru_blend_its_states():
    model, net = reader("GRUCell")
    x = sequences()
    found = read(net, x)
    cell = model.rnn.cell
    states = np.concatenate([np.zeros((2, 1, UNITS), np.float32), found.states["state"]], 1)
    h, old, new = states[:, :-1], states[:, :-1], states[:, 1:]
    of_h = h @ np.asarray(cell.dense_h.kernel[...])
    of_x = x @ np.asarray(cell.dense_i.kernel[...]) + np.asarray(cell.dense_i.bias[...])
    reset, update = (
        sigmoid(of_h[..., k * UNITS : (k + 1) * UNITS] + of_x[..., k * UNITS : (k + 1) * UNITS])
        for k in (0, 1)
    )
    np.testing.assert_allclose(found.gates["reset"], reset, atol=1e-5)
    np.testing.assert_allclose(found.gates["update"], update, atol=1e-5)
    fresh = np.tanh(of_x[..., 2 * UNITS :] + reset * of_h[..., 2 * UNITS :])
    np.testing.assert_allclose(update * old + (1 - update) * fresh, new, atol=1e-5)


@pytest.mark.parametrize("name", ["LSTMCell", "OptimizedLSTMCell"])
def test_gates_of_an_lstm_are_told_apart(name):
    _, net = reader(name)
    found = read(net, sequences())
    cell = found.states["cell"]
    # The output gate shows the cell, and no other gate does.
    np.testing.assert_allclose(
        found.gates["output"] * np.tanh(cell), found.states["state"], atol=1e-6
    )
    # What forgetting keeps, and what is let in: at most as large as the input gate is open.
    let_in = cell[:, 1:] - found.gates["forget"][:, 1:] * cell[:, :-1]
    assert (np.abs(let_in) <= found.gates["input"][:, 1:] + 1e-6).all()
    # Before the first step the cell is empty: only what is let in is there.
    assert (np.abs(cell[:, 0]) <= found.gates["input"][:, 0] + 1e-6).all()


@pytest.mark.parametrize("cell", [nn.GRUCell, nn.OptimizedLSTMCell, nn.SimpleCell, nn.MGUCell])
def test_cells_of_linen(cell):
    class Model(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(CLASSES)(nn.RNN(cell(UNITS), name="rnn")(x)[:, -1])

    model = Model()
    variables = linen_models.variables(model, (STEPS, FEATURES))
    net = Network(model, variables=variables, input_shape=(STEPS, FEATURES))
    x = sequences()
    found = read(net, x)
    inner = cell(UNITS)
    params = next(v for k, v in variables["params"].items() if "Cell" in k or k == "rnn")
    params = params.get("cell", params)
    carry = inner.initialize_carry(jax.random.key(0), (2, FEATURES))
    for t in range(STEPS):
        carry, shown = inner.apply({"params": params}, carry, x[:, t])
        np.testing.assert_allclose(found.states["state"][:, t], shown, atol=1e-6)
    # The network ends in logits: what is given are their probabilities.
    for t in (2, STEPS - 1):
        said = jax.nn.softmax(model.apply(variables, jnp.asarray(x[:, : t + 1])))
        np.testing.assert_allclose(found.predictions[:, t], said, atol=1e-6)


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "SimpleRNN"])
def test_layers_of_keras(layer, lenient_ranks):
    given = keras.Input((STEPS, FEATURES))
    recurrent = getattr(keras.layers, layer)(UNITS, return_sequences=True)
    states = recurrent(given)
    model = keras_models.randomised(
        keras.Model(given, keras.layers.Dense(CLASSES, activation="softmax")(states[:, -1]))
    )
    x = sequences()
    found = read(Network(model), x)
    wanted = keras_models.run(keras.Model(given, {"states": states}), x)["states"]
    np.testing.assert_allclose(found.states["state"], wanted, atol=1e-5)
    gates = {"LSTM": {"input", "forget", "output"}, "GRU": {"update", "reset"}}.get(layer, set())
    assert set(found.gates) == gates
    np.testing.assert_allclose(found.predictions[:, -1], model(x), atol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_bare_scan(reverse):
    """It stacks nothing, and carries a count beside its state."""

    def function(params, x):
        again, fresh, last = params

        def step(carry, row):
            count, h = carry
            return (count + 1, jnp.tanh(row @ fresh + h @ again)), None

        start = (0, jnp.zeros((len(x), UNITS)))
        return lax.scan(step, start, jnp.moveaxis(x, 1, 0), reverse=reverse)[0][1] @ last

    params = functions.weights((UNITS, UNITS), (FEATURES, UNITS), (UNITS, CLASSES))
    net = Network(function, params=params, input_shape=(STEPS, FEATURES))
    x = sequences()
    found = read(net, x)
    again, fresh, last = map(np.asarray, params)
    h = np.zeros((2, UNITS))
    for t in reversed(range(STEPS)) if reverse else range(STEPS):
        h = np.tanh(x[:, t] @ fresh + h @ again)
        np.testing.assert_allclose(found.states["state"][:, t], h, atol=1e-5)
        said = jax.nn.softmax(jnp.asarray(h @ last))
        np.testing.assert_allclose(found.predictions[:, t], said, atol=1e-5)
    assert found.reverse is reverse


def test_of_stacked_layers_each_is_shown_and_all_of_them_end_together():
    class Two(nnx.Module):
        def __init__(self, rngs):
            self.first = nnx.RNN(nnx.GRUCell(FEATURES, UNITS, rngs=rngs), rngs=rngs)
            self.second = nnx.RNN(nnx.LSTMCell(UNITS, 6, rngs=rngs), rngs=rngs)
            self.head = nnx.Linear(6, CLASSES, rngs=rngs)

        def __call__(self, x):
            return nnx.softmax(self.head(self.second(self.first(x))[:, -1]))

    model = nnx_models.made(Two)
    net = Network(model, input_shape=(STEPS, FEATURES))
    assert cw.methods.recurrent_layers(net) == ("first", "second")
    x = sequences()
    for layer, units in (("first", UNITS), ("second", 6)):
        found = read(net, x, layer=layer)
        assert found.states["state"].shape == (2, STEPS, units)
        for t in (0, 3, STEPS - 1):
            wanted = model(jnp.asarray(x[:, : t + 1]))  # the framework, on the shortened sequence
            np.testing.assert_allclose(found.predictions[:, t], wanted, atol=1e-6)
    assert read(net, x).layer == "second"


def test_a_network_that_answers_at_every_step():
    class Tagger(nnx.Module):
        def __init__(self, rngs):
            self.rnn = nnx.RNN(nnx.SimpleCell(FEATURES, UNITS, rngs=rngs), rngs=rngs)
            self.head = nnx.Linear(UNITS, CLASSES, rngs=rngs)

        def __call__(self, x):
            return nnx.softmax(self.head(self.rnn(x)))

    model = nnx_models.made(Tagger)
    x = sequences()
    found = read(Network(model, input_shape=x.shape[1:]), x)
    np.testing.assert_allclose(found.predictions, model(jnp.asarray(x)), atol=1e-6)
    assert found.predicted == OF_ITSELF


def test_steps_that_read_several_places(lenient_ranks):
    """After a convolution and a pool, a step sees a stretch of the input."""
    model = nnx_models.made(nnx_models.Sequence)
    net = Network(model, input_shape=nnx_models.Sequence.shape)
    found = read(net, sequences(1, *nnx_models.Sequence.shape))
    assert found.reads == (0, -1, 2, 4)
    np.testing.assert_allclose(
        found.inputs, cw.methods.activations(net, sequences(1, 18, 5), "max_pool")["max_pool"]
    )


def test_what_is_not_recurrent_is_refused(digits):
    with pytest.raises(InputError, match="expected a network with a recurrent layer"):
        read(digits, np.zeros((28, 28, 1)))
    case = functions.CASES["loops"]  # the same step three times over: no sequence is read
    net = Network(case.function, params=case.params, input_shape=case.shape)
    assert cw.methods.recurrent_layers(net) == ()


def test_another_layer_is_refused():
    _, net = reader("GRUCell")
    with pytest.raises(UnknownLayerError, match="recurrent layer, got 'head'"):
        read(net, sequences(), layer="head")


def test_another_sequence_compiles_nothing():
    _, net = reader("GRUCell")
    read(net, sequences())
    with compilations() as compiled:
        read(net, 2 * sequences())
    assert compiled == []


def test_the_bundled_network_makes_up_its_mind_while_it_reads():
    net = cw.load("digits_gru")
    images = np.stack([net.fit(cw.image(f"digit-{k}")) for k in range(10)])
    found = read(net, images)
    assert found.states["state"].shape == (10, 28, 48)
    assert set(found.gates) == {"update", "reset"}
    assert found.reads == (0, 0, 1, 1)
    np.testing.assert_array_equal(found.inputs, images[..., 0])
    sure = found.predictions[np.arange(10), :, np.arange(10)]
    assert (sure[:, -1] > 0.5).all()
    assert (sure[:, 2] < 0.5).all()  # of two rows it cannot know


class BothWays(nnx.Module):
    """Reads a sequence from both ends, and answers by both last states."""

    def __init__(self, rngs):
        ahead, back = (
            nnx.RNN(nnx.GRUCell(FEATURES, UNITS, rngs=rngs), rngs=rngs) for _ in range(2)
        )
        self.both = nnx.Bidirectional(ahead, back, rngs=rngs)
        self.head = nnx.Linear(2 * UNITS, CLASSES, rngs=rngs)

    def __call__(self, x):
        read = self.both(x)
        return self.head(jnp.concatenate([read[:, -1, :UNITS], read[:, 0, UNITS:]], -1))


def test_both_directions_of_nnx_stand_in_the_order_of_the_sequence(lenient_ranks):
    model = nnx_models.made(BothWays)
    net = Network(model, input_shape=(STEPS, FEATURES))
    x = sequences()
    wanted = np.asarray(model.both(x))
    ahead, back = cw.methods.recurrent_layers(net)
    for layer, part, reverse in ((ahead, slice(UNITS), False), (back, slice(UNITS, None), True)):
        found = read(net, x, layer=layer)
        assert found.reverse is reverse
        np.testing.assert_allclose(found.states["state"], wanted[..., part], atol=1e-6)
        np.testing.assert_allclose(found.inputs, x, atol=1e-6)
        assert found.reads == (0, 0, 1, 1)
        last = 0 if reverse else -1  # when all was read
        np.testing.assert_allclose(found.predictions[:, last], jax.nn.softmax(net(x)), atol=1e-6)
        (note,) = found.notes
        assert "from the other end" in note


@pytest.mark.parametrize("layer", ["LSTM", "GRU"])
def test_both_directions_of_keras(layer, lenient_ranks):
    given = keras.Input((STEPS, FEATURES))
    recurrent = getattr(keras.layers, layer)(UNITS, return_sequences=True)
    both_ways = keras.layers.Bidirectional(recurrent, name="both")
    states = both_ways(given)
    both = keras.layers.Concatenate()([states[:, -1, :UNITS], states[:, 0, UNITS:]])
    model = keras_models.randomised(keras.Model(given, keras.layers.Dense(CLASSES)(both)))
    net = Network(model)
    x = sequences()
    wanted = keras_models.run(keras.Model(given, {"states": states}), x)["states"]
    ahead, back = cw.methods.recurrent_layers(net)
    for name, part, reverse in ((ahead, slice(UNITS), False), (back, slice(UNITS, None), True)):
        found = read(net, x, layer=name)
        assert found.reverse is reverse
        np.testing.assert_allclose(found.states["state"], wanted[..., part], atol=1e-5)
        cell = (both_ways.backward_layer if reverse else both_ways.forward_layer).cell
        seen = x if layer == "LSTM" else x @ np.asarray(cell.kernel) + np.asarray(cell.bias)[0]
        np.testing.assert_allclose(found.inputs, seen, atol=1e-5)  # a GRU is given it multiplied
        last = 0 if reverse else -1
        said = jax.nn.softmax(jnp.asarray(net(x)))
        np.testing.assert_allclose(found.predictions[:, last], said, atol=1e-5)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_a_convolutional_lstm_of_keras(dimensions, lenient_ranks):
    shape = (4, *(6, 5)[:dimensions], 2)
    given = keras.Input(shape)
    recurrent = getattr(keras.layers, f"ConvLSTM{dimensions}D")
    states = recurrent(3, 3, padding="same", return_sequences=True)(given)
    flat = keras.layers.Flatten()(states[:, -1])
    model = keras_models.randomised(keras.Model(given, keras.layers.Dense(CLASSES)(flat)))
    x = np.random.default_rng(4).random((2, *shape), np.float32)
    found = read(Network(model), x)
    wanted = keras_models.run(keras.Model(given, {"states": states}), x)["states"]
    np.testing.assert_allclose(found.states["state"], wanted.reshape(2, 4, -1), atol=1e-5)
    assert set(found.gates) == {"input", "forget", "output"}
    shown = found.gates["output"] * np.tanh(found.states["cell"])
    np.testing.assert_allclose(shown, found.states["state"], atol=1e-5)
    np.testing.assert_array_equal(found.inputs, x.reshape(2, 4, -1))
    said = jax.nn.softmax(jnp.asarray(model(x)))
    np.testing.assert_allclose(found.predictions[:, -1], said, atol=1e-5)
    assert any(" x ".join(map(str, (*shape[1:-1], 3))) in note for note in found.notes)
