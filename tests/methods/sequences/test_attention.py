"""Attention, against what the frameworks record themselves and against NumPy."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx
from jax.experimental import pallas
from scipy.optimize import linprog

from cnnviz_widgets.methods import (
    attention,
    attention_distance,
    attention_entropy,
    attention_flow,
    attention_rollout,
)
from cnnviz_widgets.network import InputError, Network
from tests.models import transformers
from tests.models.taps import pictures
from tests.models.transformers import PICTURE

CLOSE = {"rtol": 2e-5, "atol": 2e-6}


@pytest.fixture(scope="module")
def encoder():
    return transformers.NnxEncoder(nnx.Rngs(0))


@pytest.fixture(scope="module")
def net(encoder):
    return Network(encoder, input_shape=PICTURE)


@pytest.fixture(scope="module")
def x():
    return pictures(PICTURE)


def test_an_nnx_encoder_against_numpy(encoder, net, x):
    found = attention(net, x)
    assert found.layers == ("first", "second")
    for name, wanted in zip(found.layers, encoder.attention(x), strict=True):
        assert found.weights[name].shape == (len(x), 2, 13, 13)
        np.testing.assert_allclose(found.weights[name], wanted, **CLOSE)


def test_layers_can_be_chosen_and_unknown_ones_are_refused(net, x):
    assert attention(net, x, "second").layers == ("second",)
    with pytest.raises(KeyError, match="'second'"):
        attention(net, x, ["secnd"])


def test_a_class_token_and_the_grid_behind_it_are_told(net, x):
    grid = attention(net, x).grid
    assert (grid.rows, grid.columns, grid.first, grid.others) == (4, 3, 1, (0,))
    assert grid.patch == (4, 4)
    assert "4 x 3 patches, one for each 4 x 4 pixels" in grid.words
    assert "class token" in grid.words
    assert grid.label(0) == "class token"
    assert grid.label(1 + 3 * 2 + 1) == "row 2, column 1"


def test_a_masked_linen_encoder_against_what_it_sows(lenient_ranks, x):
    module = transformers.LinenEncoder()
    variables = {"params": module.init(jax.random.key(0), x)["params"]}
    net = Network(module, variables=variables, input_shape=PICTURE)
    _, sown = module.apply(variables, x, mutable="intermediates")
    (wanted,) = sown["intermediates"]["look"]["attention_weights"]
    found = attention(net, x)
    assert found.layers == ("look",)
    np.testing.assert_allclose(found.weights["look"], wanted, **CLOSE)
    assert (found.grid.rows, found.grid.columns, found.grid.extra) == (4, 3, 0)


def test_keras_against_the_scores_it_returns(lenient_ranks):
    inputs = keras.Input((8, 8, 3))
    patches = keras.layers.Conv2D(12, 4, strides=4)(inputs)
    tokens = keras.layers.Reshape((4, 12))(patches)
    layer = keras.layers.MultiHeadAttention(3, 4, name="heads")
    mixed, scores = layer(tokens, tokens, return_attention_scores=True)
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(mixed))
    x = pictures((8, 8, 3))
    found = attention(Network(model), x)
    wanted = keras.Model(inputs, scores)(x, training=False)
    np.testing.assert_allclose(found.weights["heads"], wanted, **CLOSE)
    assert (found.grid.rows, found.grid.columns) == (2, 2)


def test_keras_without_scores_uses_another_path_and_gives_the_same(lenient_ranks):
    inputs = keras.Input((5, 12))
    layer = keras.layers.MultiHeadAttention(3, 4, name="heads")
    _, scores = layer(inputs, inputs, return_attention_scores=True)
    model = keras.Model(inputs, layer(inputs, inputs))
    x = np.random.default_rng(0).normal(size=(2, 5, 12)).astype(np.float32)
    wanted = keras.Model(inputs, scores)(x, training=False)
    (found,) = attention(Network(model), x).weights.values()
    np.testing.assert_allclose(found, wanted, **CLOSE)


def test_a_bare_formula_with_patches_cut_by_a_reshape(x):
    params = transformers.formula_params()
    net = Network(transformers.formula, params=params, input_shape=PICTURE)
    found = attention(net, x)
    (weights,) = found.weights.values()
    np.testing.assert_allclose(weights, transformers.formula_attention(params, x), rtol=1e-3)
    assert (found.grid.rows, found.grid.columns, found.grid.patch) == (4, 3, (4, 4))
    assert found.grid.words.endswith("no class token.")


@pytest.mark.parametrize("groups", [1, 2])
def test_text_through_jax_s_own_function_with_shared_keys(groups):
    params = transformers.text_params(groups=groups)
    net = Network(transformers.text, params=params, input_shape=(7,))
    words = np.random.default_rng(1).integers(20, size=(3, 7)).astype(np.float32)
    found = attention(net, words)
    (weights,) = found.weights.values()
    wanted = transformers.text_attention(params, words)
    assert weights.shape == wanted.shape == (3, 2 * groups, 7, 7)
    np.testing.assert_allclose(weights, wanted, rtol=1e-4, atol=1e-6)
    assert found.grid is None
    assert "7 tokens" in found.words


def test_examples_joined_with_heads_come_apart():
    def joined(params, x):
        q = jnp.einsum("ntd,dhk->nhtk", x, params["query"])
        q = q.reshape(-1, *q.shape[2:])
        weights = jax.nn.softmax(q @ q.swapaxes(1, 2))
        return (weights @ q).reshape(len(x), -1)

    random = np.random.default_rng(0)
    params = {"query": random.normal(size=(6, 3, 4)).astype(np.float32)}
    x = random.normal(size=(2, 5, 6)).astype(np.float32)
    (found,) = attention(Network(joined, params=params, input_shape=(5, 6)), x).weights.values()
    q = np.einsum("ntd,dhk->nhtk", x, params["query"])
    np.testing.assert_allclose(
        found, transformers.softmax(q @ q.swapaxes(-1, -2)), rtol=1e-4, atol=1e-6
    )


def test_cross_attention_has_more_keys_than_queries():
    def cross(params, x):
        few = x[:, :2] @ params["query"][None]
        weights = jax.nn.softmax(few @ x.swapaxes(1, 2))
        return (weights @ x).mean(1)

    random = np.random.default_rng(0)
    params = {"query": random.normal(size=(6, 6)).astype(np.float32)}
    x = random.normal(size=(2, 5, 6)).astype(np.float32)
    net = Network(cross, params=params, input_shape=(5, 6))
    (found,) = attention(net, x).weights.values()
    wanted = transformers.softmax(x[:, :2] @ params["query"] @ x.swapaxes(1, 2))
    np.testing.assert_allclose(found[:, 0], wanted, rtol=1e-4, atol=1e-6)
    with pytest.raises(InputError, match=r"queries.*\(2, 5\)"):
        attention_rollout(net, x)


def test_a_network_without_attention_is_refused_in_words(digits):
    with pytest.raises(InputError, match="softmax over the product of two activations"):
        attention(digits, np.zeros((28, 28, 1), np.float32))


def test_entropy_and_distance_by_hand(net, x):
    weights = attention(net, x).weights["first"].astype(np.float64)
    wanted = -(weights * np.log2(weights)).sum(-1).mean(-1)
    np.testing.assert_allclose(attention_entropy(net, x)["first"], wanted, rtol=1e-5)
    expected = np.zeros(weights.shape[:2])
    for query in range(12):
        for key in range(12):
            (a, b), (c, d) = divmod(query, 3), divmod(key, 3)
            share = weights[..., 1 + query, 1 + key] / weights[..., 1 + query, 1:].sum(-1)
            expected += share * 4 * np.hypot(a - c, b - d) / 12
    np.testing.assert_allclose(attention_distance(net, x)["first"], expected, rtol=1e-5)


def test_distance_needs_a_picture():
    net = Network(transformers.text, params=transformers.text_params(), input_shape=(7,))
    with pytest.raises(InputError, match="7 tokens"):
        attention_distance(net, np.zeros((1, 7), np.float32))


@pytest.mark.parametrize("fusion", ["mean", "max", "min"])
def test_rollout_is_the_product_of_the_layers(net, x, fusion):
    found = attention_rollout(net, x, fusion=fusion, residual=0.25)
    product = np.eye(13)[None]
    for weights in attention(net, x).weights.values():
        one = getattr(np, fusion)(weights.astype(np.float64), axis=1)
        one /= one.sum(-1, keepdims=True)
        product = (0.75 * one + 0.25 * np.eye(13)) @ product
    np.testing.assert_allclose(found, product, rtol=1e-4)
    np.testing.assert_allclose(found.sum(-1), 1, rtol=1e-5)


def test_rollout_through_the_first_layer_is_that_layer(net, x):
    found = attention_rollout(net, x, through="first")
    weights = attention(net, x).weights["first"].mean(1)
    np.testing.assert_allclose(found, 0.5 * weights + 0.5 * np.eye(13), rtol=1e-5)


def test_flow_is_the_solution_of_the_linear_programme(net, x):
    """SciPy's linear programming knows nothing of graphs."""
    found = attention_flow(net, x[:1], query=0)[0]
    matrices = [
        0.5 * each[0].mean(0) + 0.5 * np.eye(13) for each in attention(net, x[:1]).weights.values()
    ]
    for token in (0, 5):
        assert found[token] == pytest.approx(programme(matrices, 0, token), rel=1e-5)


def programme(matrices, query, token):
    """The greatest flow from a token after two layers to one before them."""
    lower, upper = matrices
    count = len(lower)
    # upper[query, k] feeds token k in between, which passes it on to `token` only
    variables = np.zeros((count, 2 * count))
    variables[:, :count], variables[:, count:] = np.eye(count), -np.eye(count)
    bounds = [(0, c) for c in upper[query]] + [(0, c) for c in lower[:, token]]
    gain = np.r_[np.zeros(count), -np.ones(count)]
    return -linprog(gain, A_eq=variables, b_eq=np.zeros(count), bounds=bounds).fun


@pytest.mark.parametrize(
    ("method", "wrong", "words"),
    [
        (attention_rollout, {"fusion": "sum"}, "mean, max, min"),
        (attention_rollout, {"residual": 1.0}, "residual from 0"),
        (attention_flow, {"query": 13}, "query from 0 to 12"),
    ],
)
def test_what_makes_no_sense_is_refused(net, x, method, wrong, words):
    with pytest.raises(InputError, match=words):
        method(net, x, **wrong)


def test_other_inputs_compile_nothing(net, x):
    attention(net, x)
    before = dict(net.at(x.shape)._compiled)
    attention(net, 1 - x)
    assert net.at(x.shape)._compiled == before


@pytest.mark.parametrize("remat", [False, True])
def test_layers_in_a_scan_are_shown_turn_by_turn(lenient_ranks, remat):
    params = transformers.stacked_params()

    def model(params, x):
        return transformers.stacked(params, x, remat)

    net = Network(model, params=params, input_shape=(7,))
    words = np.random.default_rng(1).integers(20, size=(2, 7)).astype(np.float32)
    found = attention(net, words)
    wanted = transformers.stacked_attention(params, words)
    assert found.layers == ("scan[0]", "scan[1]", "scan[2]")
    for weights, expected in zip(found.weights.values(), wanted, strict=True):
        assert weights.shape == (2, transformers.HEADS, 7, 7)
        np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-6)
    alone = attention(net, words[:1], "scan[1]").weights["scan[1]"]
    np.testing.assert_allclose(alone, wanted[1][:1], rtol=1e-4, atol=1e-6)
    assert attention_rollout(net, words).shape == (2, 7, 7)
    before = dict(net.at(words.shape)._compiled)
    attention(net, words[:, ::-1])
    assert net.at(words.shape)._compiled == before


def test_layers_that_linen_scans(lenient_ranks):
    """`nn.scan` over a block with an attention module, against what the module sows."""
    module = transformers.ScannedEncoder()
    x = np.random.default_rng(0).normal(size=(2, 5, transformers.WIDTH)).astype(np.float32)
    variables = {"params": module.init(jax.random.key(0), x)["params"]}
    net = Network(module, variables=variables, input_shape=(5, transformers.WIDTH))
    _, sown = module.apply(variables, x, mutable="intermediates")
    (wanted,) = sown["intermediates"]["layers"]["look"]["attention_weights"]
    found = attention(net, x)
    assert len(found.layers) == 3
    for turn, weights in enumerate(found.weights.values()):
        np.testing.assert_allclose(weights, wanted[turn], **CLOSE)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("heads_apart", [False, True])
def test_windows_are_not_taken_for_heads(lenient_ranks, heads_apart, count):
    def model(params, x):
        return transformers.windowed(params, x, heads_apart=heads_apart)

    net = Network(model, params=transformers.windowed_params(), input_shape=(8, 8, 3))
    with pytest.raises(InputError, match="16 windows of 4 tokens each"):
        attention(net, pictures((8, 8, 3), count))


def test_windowed_layers_are_left_out_and_told(lenient_ranks):
    """Beside them, what looks at all patches is shown."""
    params = transformers.windowed_params()

    def model(params, x):
        tokens = x.reshape(len(x), -1, 3)
        weights = jax.nn.softmax(tokens @ tokens.swapaxes(1, 2))
        return transformers.windowed(params, (weights @ tokens).reshape(x.shape))

    x = pictures((4, 4, 3))
    found = attention(Network(model, params=params, input_shape=(4, 4, 3)), x)
    (weights,) = found.weights.values()
    tokens = x.reshape(len(x), 16, 3).astype(np.float64)
    wanted = transformers.softmax(tokens @ tokens.swapaxes(1, 2))
    np.testing.assert_allclose(weights[:, 0], wanted, rtol=1e-4)
    (note,) = found.notes
    assert "4 windows of 4 tokens each" in note
    assert note in found.words


@pytest.mark.parametrize("implementation", [None, "xla"])
def test_implementations_of_jax_that_have_weights(implementation):
    def model(params, x):
        q, k, v = (
            jnp.einsum("ntd,dhk->nthk", x, params[name]) for name in ("query", "key", "value")
        )
        return jax.nn.dot_product_attention(q, k, v, implementation=implementation).mean((1, 2))

    params = transformers.formula_params()
    x = np.random.default_rng(0).normal(size=(2, 5, transformers.WIDTH)).astype(np.float32)
    found = attention(Network(model, params=params, input_shape=x.shape[1:]), x)
    (weights,) = found.weights.values()
    q, k = (np.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key"))
    np.testing.assert_allclose(
        weights, transformers.softmax(q @ k.swapaxes(-1, -2) / 2), rtol=1e-4, atol=1e-6
    )


def test_a_fused_kernel_is_told_by_name():
    """One of Pallas, which runs here by interpretation; its weights never are a value."""

    def kernel(q, k, v, out):
        out[...] = jax.nn.softmax(q[...] @ k[...].T) @ v[...]

    def fused(x):
        call = pallas.pallas_call(kernel, x, interpret=True, name="flash_attention")
        return call(x, x, x)

    def model(params, x):
        with jax.named_scope("look"):
            mixed = jax.vmap(fused)(x @ params[None])
        return mixed.mean(1)

    params = np.random.default_rng(0).normal(size=(8, 8)).astype(np.float32)
    net = Network(model, params=params, input_shape=(8, 8))
    with pytest.raises(InputError, match=r"attention of look.* is computed by a fused kernel"):
        attention(net, np.zeros((1, 8, 8), np.float32))


@pytest.mark.parametrize("flash", [None, False])
def test_keras_with_and_without_its_choice_of_a_flash_kernel(lenient_ranks, flash):
    inputs = keras.Input((5, 12))
    layer = keras.layers.MultiHeadAttention(3, 4, name="heads", flash_attention=flash)
    _, scores = layer(inputs, inputs, return_attention_scores=True)
    model = keras.Model(inputs, layer(inputs, inputs))
    x = np.random.default_rng(0).normal(size=(2, 5, 12)).astype(np.float32)
    wanted = keras.Model(inputs, scores)(x, training=False)
    (found,) = attention(Network(model), x).weights.values()
    np.testing.assert_allclose(found, wanted, **CLOSE)


def _by_log_softmax(s, v):
    return jnp.exp(jax.nn.log_softmax(s)) @ v


def _by_logsumexp(s, v):
    return jnp.exp(s - jax.scipy.special.logsumexp(s, -1, keepdims=True)) @ v


def _divided_at_the_end(s, v):
    raised = jnp.exp(s - s.max(-1, keepdims=True))
    return (raised @ v) / raised.sum(-1, keepdims=True)


def _of_tokens(params, x, mix):
    q, k, v = (jnp.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key", "value"))
    return mix(q @ k.swapaxes(-1, -2) / 2, v).mean((1, 2))


@pytest.fixture(scope="module")
def tokens():
    """Parameters, 2 x 5 tokens, and what each head of 2 looks at, by NumPy."""
    params = transformers.formula_params()
    x = np.random.default_rng(0).normal(size=(2, 5, transformers.WIDTH)).astype(np.float32)
    q, k = (np.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key"))
    return params, x, transformers.softmax(q @ k.swapaxes(-1, -2) / 2)


@pytest.mark.parametrize("mix", [_by_log_softmax, _by_logsumexp, _divided_at_the_end])
def test_a_softmax_by_hand_however_it_is_written(tokens, mix):
    params, x, wanted = tokens
    net = Network(lambda p, x: _of_tokens(p, x, mix), params=params, input_shape=x.shape[1:])
    (found,) = attention(net, x).weights.values()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_a_loop_over_examples_is_one_layer(tokens):
    """Not a layer for each example, with examples taken for heads."""
    params, x, wanted = tokens

    def model(params, x):
        one = lambda row: _of_tokens(params, row[None], lambda s, v: jax.nn.softmax(s) @ v)[0]  # noqa: E731
        return jax.lax.map(one, x)

    (found,) = attention(Network(model, params=params, input_shape=x.shape[1:]), x).weights.values()
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_learnt_queries(tokens):
    model, x = transformers.Pooled(nnx.Rngs(0)), tokens[1]
    found = attention(Network(model, input_shape=x.shape[1:]), x)
    q = transformers._projected(model.look.query, np.asarray(model.probe[...]))
    k = transformers._projected(model.look.key, x)
    wanted = transformers.softmax(q @ k.swapaxes(-1, -2) / np.sqrt(4))
    assert found.layers == ("look",)
    np.testing.assert_allclose(found.weights["look"], wanted, **CLOSE)


def test_learnt_queries_are_at_no_distance(x):
    net = Network(transformers.PicturePooled(nnx.Rngs(0)), input_shape=PICTURE)
    found = attention_distance(net, x)
    assert found.keys() == {"among", "pool/look"}
    assert (found["among"] > 0).all()
    assert found["pool/look"].shape == (len(x), transformers.HEADS)
    assert np.isnan(found["pool/look"]).all()


def test_a_dense_layer_is_not_taken_for_learnt_queries(tokens):
    """The keys of linear attention are normalised over the tokens, too."""
    params, x, _ = tokens

    def model(params, x):
        q, k, v = (jnp.einsum("ntd,dhk->nhtk", x, params[n]) for n in ("query", "key", "value"))
        return (q @ (jax.nn.softmax(k, 2).swapaxes(-1, -2) @ v)).mean((1, 2))

    with pytest.raises(InputError, match="linear attention no softmax"):
        attention(Network(model, params=params, input_shape=x.shape[1:]), x)


def _while(f, x):
    return jax.lax.while_loop(lambda y: y.mean() < 0, f, x)


def _branch(f, x):
    return jax.lax.cond(x.mean() > 0, f, lambda y: y, x)


@pytest.mark.parametrize(("hide", "words"), [(_while, "a while loop"), (_branch, "a branch")])
def test_what_hides_attention_is_told(tokens, hide, words):
    params, x, _ = tokens

    def look(y):
        mixed = _of_tokens(params, y, lambda s, v: jax.nn.softmax(s) @ v)
        return y + mixed.mean()

    net = Network(lambda p, x: hide(look, x).mean(1), params=params, input_shape=x.shape[1:])
    with pytest.raises(InputError, match=f"softmax and products in '.*' lie inside of.*{words}"):
        attention(net, x)
