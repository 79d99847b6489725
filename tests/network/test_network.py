"""The `Network` itself: what it refuses, and with which words."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import (
    InputError,
    ModelError,
    Network,
    UnknownLayerError,
    UnknownTargetError,
)
from tests.models.functions import conv, weights
from tests.models.taps import pictures


def _model(params, x):
    x = jax.nn.relu(conv(x, params[0]))
    return jax.nn.softmax(x.mean((1, 2)) @ params[1])


def _network(**options) -> Network:
    params = weights((3, 3, 3, 4), (4, 3))
    return Network(_model, params=params, input_shape=(8, 10, 3), **options)


def test_unknown_layer_names_the_nearest_and_is_a_key_error():
    net = _network()
    with pytest.raises(UnknownLayerError, match="got 'covn': did you mean 'conv'") as caught:
        net["covn"]
    assert isinstance(caught.value, KeyError)
    assert "\\" not in str(caught.value)  # as a KeyError's own text would have it
    assert "print(net)" in str(caught.value)
    assert "conv" in net
    assert "covn" not in net


@pytest.mark.parametrize("name", [3, None, ("conv",)])
def test_names_of_another_type_are_unknown(name):
    with pytest.raises((UnknownLayerError, TypeError)):
        _network()[name]


def test_classes_by_name_and_number():
    net = _network(classes=["cat", "dog", "owl"])
    assert net.classes == ("cat", "dog", "owl")
    assert net.class_index("dog") == net.class_index(1) == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("kat", "a class of the network, got 'kat': did you mean 'cat'"),
        (3, "a class from 0 to 2, got 3"),
        (-1, "a class from 0 to 2, got -1"),
        (True, "a class number or name, got True"),
    ],
)
def test_unknown_classes_are_refused(target, words):
    with pytest.raises(UnknownTargetError, match=words):
        _network(classes=["cat", "dog", "owl"]).class_index(target)


def test_without_names_the_range_is_said():
    with pytest.raises(UnknownTargetError, match="'cat': use 0 to 2"):
        _network().class_index("cat")


def test_number_of_class_names_must_be_right():
    with pytest.raises(InputError, match=r"expected 3 class names.*'dense', got 2"):
        _network(classes=["cat", "dog"])


def test_unknown_output_is_refused():
    with pytest.raises(UnknownLayerError, match=r"'densee'.*'dense'"):
        _network(output="densee")


@pytest.mark.parametrize("keyword", ["preproces", "input_size", "class_names"])
def test_unknown_keywords_are_refused(keyword):
    with pytest.raises(TypeError, match=keyword):
        _network(**{keyword: None})


def test_unknown_bundle_is_refused():
    with pytest.raises(ValueError, match="digit"):
        cw.load("digit")


def test_a_preprocess_that_fails_is_said():
    def preprocess(x):
        return x @ jnp.ones((7, 7))

    with pytest.raises((InputError, ModelError), match=r"preprocess|dot_general"):
        _network(preprocess=preprocess)


def test_model_that_asks_for_a_value_while_traced_says_so():
    def model(_, x):
        return x if x.sum() > 0 else -x

    with pytest.raises(ModelError, match="TracerBoolConversionError"):
        Network(model, input_shape=(4, 4, 1))


def test_a_network_calls_as_its_model_does():
    net = _network()
    x = pictures((8, 10, 3))
    wanted = _model(weights((3, 3, 3, 4), (4, 3)), jnp.asarray(x))
    np.testing.assert_allclose(net(x), wanted, rtol=1e-5)
    np.testing.assert_allclose(net(x[0]), wanted[:1], rtol=1e-5)
    np.testing.assert_allclose(net((x[0] * 255).astype(np.uint8)), wanted[:1], rtol=0.02)


def test_repr_is_one_line():
    assert repr(_network()) == "Network 8 × 10 × 3, 5 layers, 120 parameters, 18 kFLOPs"


def test_asking_whether_a_size_is_taken_drops_no_program():
    net = _network()
    first = net.at((1, 8, 10, 3))
    for side in range(3, 30):
        assert net.takes((side, side, 3))
    assert net.at((1, 8, 10, 3)) is first


def test_it_can_be_differentiated_as_any_function():
    kernel = weights((3, 3, 3, 4))[0]
    net = Network(lambda w, x: conv(x - 0.5, w), params=kernel, input_shape=(6, 5, 3))
    x = jnp.asarray(np.random.default_rng(0).random((2, 6, 5, 3), np.float32))
    wanted = jax.grad(lambda x: (conv(x - 0.5, kernel) ** 2).sum())(x)
    np.testing.assert_allclose(jax.grad(lambda x: (net(x) ** 2).sum())(x), wanted, rtol=1e-5)
    whole = (255 * np.asarray(x)).astype(np.uint8)
    np.testing.assert_allclose(jax.jit(net)(whole), net(whole), atol=1e-6)
    with pytest.raises(InputError, match="4 channels"):
        jax.grad(lambda x: net(x).sum())(jnp.ones((6, 5, 4)))
