"""Networks of tokens: the lookup is found, and what follows it is a network of its own."""

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets.methods.attribution.tokens import vectors as vectors_of
from cnnviz_widgets.network import InputError, Network
from tests.models import nnx_models
from tests.models.functions import weights

IDS = np.array([[3, 1, 4, 1, 5, 9, 2, 0], [6, 5, 3, 5, 8, 9, 7, 0]], np.int32)


class Reader(nnx.Module):
    """Embedding, convolution, maximum over time, dense."""

    shape = (8,)

    def __init__(self, rngs):
        self.embed = nnx.Embed(10, 6, rngs=rngs)
        self.conv = nnx.Conv(6, 5, (3,), rngs=rngs)
        self.head = nnx.Linear(5, 4, rngs=rngs)

    def after(self, x):
        return self.head(nnx.relu(self.conv(x)).max(1))

    def __call__(self, ids):
        return self.after(self.embed(ids))


class Masked(Reader):
    """The mean of the tokens that are no padding."""

    def masked(self, x, ids):
        mask = (ids != 0)[..., None]
        return self.head((self.conv(x) * mask).sum(1) / mask.sum(1))

    def __call__(self, ids):
        return self.masked(self.embed(ids), ids)


def by_one_hot(params, ids):
    vectors = jnp.einsum("ntk,ke->nte", jax.nn.one_hot(ids, 10), params[0])
    return vectors.mean(1) @ params[1]


def by_index(params, ids):
    return params[0][ids].mean(1) @ params[1]


@pytest.fixture(scope="module")
def model() -> Any:
    return nnx_models.made(Reader)


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=Reader.shape)


def test_a_model_that_refuses_floats_is_given_ids(model, net):
    assert net.dtype == np.int32
    assert "8 ids" in repr(net)
    np.testing.assert_allclose(net(IDS), model(jnp.asarray(IDS)), atol=1e-6)
    assert net.batch(IDS[0]).dtype == jnp.int32
    assert net.batch(IDS.astype(np.uint8)).shape == (2, 8)


def test_the_lookup_is_found_and_its_places_are_those_of_the_tokens(net):
    assert net.lookup is not None
    assert (net.lookup.name, net.lookup.kind) == ("embed", "embedding")
    assert (net.lookup.shape, net.lookup.spatial, net.lookup.channel) == ((8, 6), (0,), 1)
    field = net["conv"].receptive_field
    assert field is not None
    assert (field.size, field.start, field.stride) == ((3,), (-1,), (1,))


@pytest.mark.parametrize("function", [by_index, by_one_hot])
def test_a_table_may_be_looked_up_in_any_way(function):
    params = weights((10, 6), (6, 3))
    net = Network(function, params=params, input_shape=(8,), dtype="int32")
    assert net.lookup is not None
    vectors = vectors_of(net, IDS)
    np.testing.assert_allclose(vectors, np.asarray(params[0])[IDS], atol=1e-6)
    with pytest.raises(InputError, match=r"expected ids from 0 to 9, the rows .* got 3 to 10"):
        net(np.arange(3, 11))


@pytest.mark.usefixtures("lenient_ranks")
def test_keras_says_that_it_takes_ids():
    model = keras.Sequential(
        [
            keras.Input((8,), dtype="int32"),
            keras.layers.Embedding(10, 6, name="words"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(3),
        ]
    )
    net = Network(model)
    assert net.dtype == np.int32
    assert net.lookup is not None
    assert net.lookup.name.endswith("words")
    vectors = cw.methods.activations(net, IDS, net.lookup.name)[net.lookup.name]
    np.testing.assert_allclose(net.embedded()(vectors), model(IDS), atol=1e-5)


def test_what_follows_the_lookup_is_a_network_like_any_other(model, net):
    after = net.embedded()
    vectors = model.embed(jnp.asarray(IDS))
    np.testing.assert_allclose(after(vectors), model(jnp.asarray(IDS)), atol=1e-6)
    assert [layer.name for layer in after.layers] == [
        layer.name for layer in net.layers if layer.name != "embed"
    ]
    assert after.input_shape == (8, 6)
    assert after["conv"].spatial == (0,)
    assert net.embedded() is after  # and what it compiled stays


def test_after_a_layer_of_choice(model, net):
    maps = model.conv(model.embed(jnp.asarray(IDS)))
    np.testing.assert_allclose(net.embedded(layer="conv")(maps), model(jnp.asarray(IDS)), atol=1e-6)
    with pytest.raises(InputError, match="one vector for each of 8 ids, got 'head'"):
        net.embedded(layer="head")


def test_a_mask_stays_that_of_the_ids():
    model: Any = nnx_models.made(Masked)
    net = Network(model, input_shape=(8,))
    vectors = model.embed(jnp.asarray(IDS))
    with pytest.raises(InputError, match=r"what follows 'embed' needs them, too\. net\.embedded"):
        net.embedded()
    np.testing.assert_allclose(net.embedded(IDS)(vectors), model(jnp.asarray(IDS)), atol=1e-6)
    other = np.where(IDS == 5, 0, IDS)  # more padding, and nothing is traced anew
    wanted = model.masked(vectors, jnp.asarray(other))
    np.testing.assert_allclose(net.embedded(other)(vectors), wanted, atol=1e-6)
    with pytest.raises(InputError, match=r"vectors for the ids of shape \(2, 8\)"):
        net.embedded(IDS)(vectors[:1])


def test_weights_and_edits_go_on_behind_the_lookup(model, net):
    name = net.weights_of("head")[0]
    silent = net.with_weights({name: 0 * net.weights[name]})
    vectors = model.embed(jnp.asarray(IDS))
    np.testing.assert_allclose(silent.embedded()(vectors), silent(IDS), atol=1e-6)
    muted = net.with_edits([cw.methods.Edit("conv", "mute", channels=2)])
    np.testing.assert_allclose(muted.embedded()(vectors), muted(IDS), atol=1e-6)
    assert np.abs(np.asarray(muted(IDS)) - np.asarray(net(IDS))).max() > 1e-4


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (IDS.astype(np.float32), r"whole numbers, got float32: convert with \.astype\(int\)"),
        (IDS[None], r"expected ids of shape \(8\) or a batch \(N, 8\), got .* \(1, 2, 8\)"),
        (IDS - 1, "got -1 to 8. Was the text read by the tokenizer of another"),
        ("words", r"got a text, and the network has no tokenize"),
        ([cw.Tokens([1, 2], "ab"), cw.Tokens([1], "a")], "equally many ids, got 2, 1: pad them"),
    ],
)
def test_what_are_no_ids_is_refused_in_words(net, x, words):
    with pytest.raises(InputError, match=words):
        net.batch(x)


def test_a_network_reads_texts_by_its_own_tokenizer(model):
    def tokenize(text):
        ids = np.zeros(8, np.int32)
        ids[: len(text)] = [ord(c) - ord("a") + 1 for c in text]
        return cw.Tokens(ids, text)

    net = Network(model, input_shape=(8,), tokenize=tokenize)
    np.testing.assert_array_equal(net.batch("cad"), [[3, 1, 4, 0, 0, 0, 0, 0]])
    assert net.batch(["cad", "bee"]).shape == (2, 8)


def test_pictures_are_not_looked_up(net):
    digits = cw.load("digits")
    assert digits.lookup is None
    with pytest.raises(InputError, match="found no such step"):
        digits.embedded()
    with pytest.raises(InputError, match="expected a dtype of numbers"):
        Network(by_index, params=weights((10, 6), (6, 3)), input_shape=(8,), dtype="bool")
