"""LRP and DeepLIFT through recurrent loops: against the rules written out in NumPy."""

import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx
from jax import lax

from cnnviz_widgets import methods
from cnnviz_widgets.network import Composite, Network, UnknownOperationError
from tests.models import functions, keras_models, nnx_models
from tests.models.taps import assert_same

STEPS, FEATURES, UNITS, CLASSES = 7, 3, 5, 4
SHAPE = (STEPS, FEATURES)
EPSILON = 1e-6

pytestmark = pytest.mark.usefixtures("lenient_ranks")


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(2, *SHAPE)).astype(np.float32)


@pytest.fixture(scope="module")
def start() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(2, *SHAPE)).astype(np.float32)


# --- one LSTM, as each framework packs it

WEIGHTS = {
    name: np.asarray(each)
    for name, each in zip(
        ("fresh", "again", "bias", "head", "offset"),
        functions.weights(
            (FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,), (UNITS, CLASSES), (CLASSES,),
            seed=5,
        ),
        strict=True,
    )
}  # fmt: skip
"""Of the gates input, forget, candidate and output, side by side."""

PARTS = [slice(k * UNITS, (k + 1) * UNITS) for k in range(4)]


class _Reader(nnx.Module):
    def __init__(self, cell, rngs):
        self.rnn = nnx.RNN(cell(FEATURES, UNITS, rngs=rngs), rngs=rngs)
        self.head = nnx.Linear(UNITS, CLASSES, rngs=rngs)

    def __call__(self, x):
        return self.head(self.rnn(x)[:, -1])


def _nnx(cell):
    model = nnx_models.made(lambda rngs: _Reader(cell, rngs))
    model.head.kernel[...], model.head.bias[...] = WEIGHTS["head"], WEIGHTS["offset"]
    return model


def _of_nnx():
    model = _nnx(nnx.LSTMCell)
    for part, name in zip(PARTS, "ifgo", strict=True):
        fresh = getattr(model.rnn.cell, "if_" if name == "f" else f"i{name}")
        again = getattr(model.rnn.cell, f"h{name}")
        fresh.kernel[...] = WEIGHTS["fresh"][:, part]
        again.kernel[...], again.bias[...] = WEIGHTS["again"][:, part], WEIGHTS["bias"][part]
    return Network(model, input_shape=SHAPE)


def _of_nnx_at_once():
    model = _nnx(nnx.OptimizedLSTMCell)
    fresh, again = model.rnn.cell.dense_i, model.rnn.cell.dense_h
    fresh.kernel[...] = WEIGHTS["fresh"]
    again.kernel[...], again.bias[...] = WEIGHTS["again"], WEIGHTS["bias"]
    return Network(model, input_shape=SHAPE)


def _of_linen():
    class Model(nn.Module):
        @nn.compact
        def __call__(self, x):
            cell = nn.OptimizedLSTMCell(UNITS, name="cell")
            return nn.Dense(CLASSES, name="head")(nn.RNN(cell)(x)[:, -1])

    model = Model()
    cell = {f"i{name}": {"kernel": WEIGHTS["fresh"][:, p]}
            for name, p in zip("ifgo", PARTS, strict=True)}  # fmt: skip
    cell |= {f"h{name}": {"kernel": WEIGHTS["again"][:, p], "bias": WEIGHTS["bias"][p]}
             for name, p in zip("ifgo", PARTS, strict=True)}  # fmt: skip
    head = {"kernel": WEIGHTS["head"], "bias": WEIGHTS["offset"]}
    return Network(model, variables={"params": {"cell": cell, "head": head}}, input_shape=SHAPE)


def _of_keras():
    given = keras.Input(SHAPE)
    model = keras.Model(given, keras.layers.Dense(CLASSES)(keras.layers.LSTM(UNITS)(given)))
    model.set_weights(list(WEIGHTS.values()))
    return Network(model)


def _of_equinox():
    cell = eqx.nn.LSTMCell(FEATURES, UNITS, key=jax.random.key(0))
    cell = eqx.tree_at(
        lambda cell: (cell.weight_ih, cell.weight_hh, cell.bias), cell,
        tuple(jnp.asarray(WEIGHTS[name].T) for name in ("fresh", "again", "bias")),
    )  # fmt: skip

    def model(params, x):
        cell, head, offset = params

        def one(sequence):
            first = (jnp.zeros(UNITS), jnp.zeros(UNITS))
            (h, _), _ = lax.scan(lambda carry, row: (cell(row, carry), None), first, sequence)
            return h @ head + offset

        return jax.vmap(one)(x)

    return Network(model, params=[cell, WEIGHTS["head"], WEIGHTS["offset"]], input_shape=SHAPE)


def _of_formulas():
    def model(params, x):
        fresh, again, bias, head, offset = params

        def step(carry, row):
            h, c = carry
            i, f, g, o = jnp.split(row @ fresh + h @ again + bias, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        first = (jnp.zeros((len(x), UNITS)), jnp.zeros((len(x), UNITS)))
        return lax.scan(step, first, jnp.moveaxis(x, 1, 0))[0][0] @ head + offset

    return Network(model, params=list(WEIGHTS.values()), input_shape=SHAPE)


LSTMS = [_of_nnx, _of_nnx_at_once, _of_linen, _of_keras, _of_equinox, _of_formulas]


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _run(x):
    """Of one sequence, before and after each step: h, c, what is summed up, and the four gates."""
    h, c, steps = np.zeros(UNITS), np.zeros(UNITS), []
    for row in x:
        z = row @ WEIGHTS["fresh"] + h @ WEIGHTS["again"] + WEIGHTS["bias"]
        i, f, o = (_sigmoid(z[PARTS[k]]) for k in (0, 1, 3))
        g = np.tanh(z[PARTS[2]])
        after = f * c + i * g
        steps.append((h, c, z, (i, f, g, o), after))
        h, c = o * np.tanh(after), after
    return steps, h @ WEIGHTS["head"] + WEIGHTS["offset"], h


def _share(relevance, result):
    return relevance / (result + np.where(result < 0, -EPSILON, EPSILON))


def _relevance(x, target):
    """Arras et al.: all to what a gate lets through; a sum by what each summand adds to it."""
    steps, logits, h = _run(x)
    relevance = h * (WEIGHTS["head"] @ _share(np.eye(CLASSES)[target] * logits, logits))
    of_cell, found = np.zeros(UNITS), np.zeros_like(x)
    fresh, again = WEIGHTS["fresh"][:, PARTS[2]], WEIGHTS["again"][:, PARTS[2]]
    for t in reversed(range(len(x))):
        h, c, z, (i, f, g, _), after = steps[t]
        share = _share(of_cell + relevance, after)
        of_summed = _share(i * g * share, z[PARTS[2]])
        found[t] = x[t] * (fresh @ of_summed)
        relevance, of_cell = h * (again @ of_summed), f * c * share
    return found


@pytest.mark.parametrize("lstm", LSTMS)
def test_relevance_through_an_lstm(lstm, x):
    """A bias takes its share, wherever it is added."""
    net = lstm()
    wanted = np.stack([_relevance(each, 1) for each in x.astype(np.float64)])
    for composite in ("epsilon", Composite("gamma", "gamma", "gamma", gamma=0.0)):
        found = methods.lrp(net, x, target=1, composite=composite)
        assert_same(found.values, wanted, tolerance=1e-4)
        assert_same(found.delta, wanted.sum((1, 2)) - net(x)[:, 1], tolerance=1e-4)


def _differences(x, start, target):
    """DeepLIFT: slopes of lines; of a product each factor changes while the other is midway."""
    (steps, *_), (past, *_) = _run(x), _run(start)
    of_h, of_c = WEIGHTS["head"][:, target], np.zeros(UNITS)
    found = np.zeros_like(x)
    for t in reversed(range(len(x))):
        (_, c, z, (i, f, g, o), after), (_, c0, z0, (i0, f0, g0, o0), after0) = steps[t], past[t]
        shown, shown0 = np.tanh(after), np.tanh(after0)
        of_c = of_c + of_h * (o + o0) / 2 * (shown - shown0) / (after - after0)
        of_gates = [
            of_c * (g + g0) / 2, of_c * (c + c0) / 2, of_c * (i + i0) / 2,
            of_h * (shown + shown0) / 2,
        ]  # fmt: skip
        gates, gates0 = np.concatenate([i, f, g, o]), np.concatenate([i0, f0, g0, o0])
        of_z = np.concatenate(of_gates) * (gates - gates0) / (z - z0)
        found[t] = (x[t] - start[t]) * (WEIGHTS["fresh"] @ of_z)
        of_h, of_c = WEIGHTS["again"] @ of_z, of_c * (f + f0) / 2
    return found


@pytest.mark.parametrize("lstm", LSTMS)
def test_deep_lift_through_an_lstm(lstm, x, start):
    net = lstm()
    found = methods.deep_lift(net, x, target=1, baseline=start)
    each = zip(x.astype(np.float64), start.astype(np.float64), strict=True)
    assert_same(found.values, np.stack([_differences(*pair, 1) for pair in each]), tolerance=1e-4)
    assert_same(found.values.sum((1, 2)), (net(x) - net(start))[:, 1])
    assert np.abs(found.delta).max() <= 1e-5


# --- the layers of frameworks


def _keras(recurrent, *before):
    """A network of a recurrent layer, and a dense layer that has no bias."""
    given = value = keras.Input(SHAPE)
    for layer in (*before, recurrent, keras.layers.Dense(CLASSES, use_bias=False)):
        value = layer(value)
    return Network(keras_models.randomised(keras.Model(given, value)))


LAYERS = ["LSTM", "GRU", "SimpleRNN"]
COMPOSITES = ["epsilon", "gamma"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_loop_is_its_turns_in_a_row(layer, x, start):
    """The same layer without a loop."""

    def both(**options):
        layers = (getattr(keras.layers, layer)(UNITS, unroll=k, **options) for k in (False, True))
        return [_keras(each) for each in layers]

    # In a row the state before the first turn is known, and part of a bias: so here is none.
    loop, row = both(use_bias=False)
    for composite in COMPOSITES:
        one, other = (methods.lrp(net, x, target=1, composite=composite) for net in (loop, row))
        assert np.abs(one.values).max() > 0.01
        assert_same(one.values, other.values, tolerance=1e-4)
    one, other = (methods.deep_lift(net, x, target=1, baseline=start) for net in both())
    assert_same(one.values, other.values)


def _kept(found, logits):
    """Nothing is lost: there is no bias that could take a share."""
    size = np.abs(found.values).sum((1, 2))
    np.testing.assert_allclose(found.values.sum((1, 2)), logits, atol=1e-4 * size.max())
    assert (np.abs(found.delta) <= 1e-4 * size).all()


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("both", [False, True], ids=["ahead", "both ways"])
def test_relevance_is_conserved_through_layers_of_keras(layer, both, composite, x):
    recurrent = getattr(keras.layers, layer)(UNITS, use_bias=False)
    net = _keras(keras.layers.Bidirectional(recurrent) if both else recurrent)
    _kept(methods.lrp(net, x, target=2, composite=composite), net(x)[:, 2])


@pytest.mark.parametrize(
    "options", [{"recurrent_activation": "hard_sigmoid"}, {"reset_after": False}], ids=str
)
def test_relevance_is_conserved_through_variants_of_a_gru(options, x):
    net = _keras(keras.layers.GRU(UNITS, use_bias=False, **options))
    _kept(methods.lrp(net, x, target=2, composite="epsilon"), net(x)[:, 2])


def test_a_convolutional_lstm_is_a_loop(x):
    """It counts as a convolution among layers, and yet the default is the one for loops."""
    given = keras.Input(SHAPE)
    value = keras.layers.ConvLSTM1D(4, 3, use_bias=False)(given[..., None])
    value = keras.layers.Dense(CLASSES, use_bias=False)(keras.layers.Flatten()(value))
    net = Network(keras_models.randomised(keras.Model(given, value)))
    found = methods.lrp(net, x, target=2)
    _kept(found, net(x)[:, 2])
    assert_same(found.values, methods.lrp(net, x, target=2, composite="gamma").values)


def test_masked_steps_count_for_nothing(x):
    """A mask that is made of the input lets through, and gets nothing."""
    padded = np.concatenate([x, np.zeros_like(x)], 1)[:, : STEPS + 2]
    kept = {}
    for name, before in (("masked", [keras.layers.Masking()]), ("plain", [])):
        net = _keras(keras.layers.LSTM(UNITS, use_bias=False), *before)
        given = padded if before else x
        kept[name] = methods.lrp(net, given, target=0, composite="epsilon")
        _kept(kept[name], net(given)[:, 0])
    assert not kept["masked"].values[:, STEPS:].any()
    assert_same(kept["masked"].values[:, :STEPS], kept["plain"].values)
    with pytest.raises(UnknownOperationError, match=r"'reduce_or' in layer 'masking.*integrated"):
        methods.deep_lift(_keras(keras.layers.GRU(UNITS), keras.layers.Masking()), padded)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_padded_text_is_the_text_without_its_padding(layer):
    """The mask is made of the tokens, not of their vectors: nothing hangs on it."""
    given = keras.Input((STEPS,), dtype="int32")
    value = keras.layers.Embedding(20, FEATURES, mask_zero=True)(given)
    value = getattr(keras.layers, layer)(UNITS, use_bias=False)(value)
    value = keras.layers.Dense(CLASSES, use_bias=False)(value)
    net = Network(keras_models.randomised(keras.Model(given, value)))
    text = np.array([[3, 4, 5, 6, 7], [1, 2, 3, 4, 5]])
    padded = np.pad(text, ((0, 0), (0, STEPS - text.shape[1])))
    for method, options in ((methods.lrp, {"composite": "epsilon"}), (methods.deep_lift, {})):
        found, wanted = (method(net, each, target=1, **options) for each in (padded, text))
        assert np.abs(found.values).max() > 0.01
        assert not found.values[:, 5:].any()
        assert_same(found.values[:, :5], wanted.values)
        _kept(found, net(padded)[:, 1])  # of nothing, all states are zero


def test_a_loop_in_a_loop(x, start):
    """It counts its turns, reads from the end, and stacks what it has."""
    params = functions.weights((FEATURES, FEATURES), (FEATURES, FEATURES), (FEATURES, CLASSES))

    def model(params, x, loops):
        again, fresh, last = params

        def bend(h, _):
            return jnp.tanh(h @ again), None

        def step(carry, row):
            count, h = carry
            h = h + row @ fresh / (1.0 + count)
            h = lax.scan(bend, h, None, length=2)[0] if loops else bend(bend(h, 0)[0], 0)[0]
            return (count + 1, h), h * h[:, ::-1]

        carry, rows, stacked = (0, jnp.zeros((len(x), FEATURES))), jnp.moveaxis(x, 1, 0), []
        if loops:
            stacked = lax.scan(step, carry, rows, reverse=True)[1]
        for row in reversed(rows) if not loops else ():
            carry, found = step(carry, row)
            stacked.append(found)
        return (stacked.sum(0) if loops else sum(stacked)) @ last

    loop, row = (
        Network(lambda p, x, loops=loops: model(p, x, loops), params=params, input_shape=SHAPE)
        for loops in (True, False)
    )
    one, other = (methods.deep_lift(net, x, target=1, baseline=start) for net in (loop, row))
    assert np.abs(one.values).max() > 0.01
    assert_same(one.values, other.values)
    assert_same(one.values.sum((1, 2)), (loop(x) - loop(start))[:, 1])
    one, other = (methods.lrp(net, x, target=1, composite="epsilon") for net in (loop, row))
    assert_same(one.values, other.values, tolerance=1e-4)


def test_what_has_no_rule_in_a_loop_is_refused_by_name(x):
    def model(params, x):
        def step(h, row):
            return jnp.sort(jnp.tanh(h + row @ params), -1), None

        return lax.scan(step, jnp.zeros((len(x), CLASSES)), jnp.moveaxis(x, 1, 0))[0]

    net = Network(model, params=functions.weights((FEATURES, CLASSES))[0], input_shape=SHAPE)
    for method in (methods.deep_lift, methods.lrp):
        with pytest.raises(UnknownOperationError, match=r"the operation 'sort' in layer 'scan'"):
            method(net, x, target=0)
