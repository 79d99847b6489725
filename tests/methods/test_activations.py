"""Activations: names, batches, and channels last."""

import numpy as np
import pytest

from cnnviz_widgets.methods import activations
from cnnviz_widgets.network import InputError, Network, UnknownLayerError
from tests.models.nnx_models import MODELS, made
from tests.models.taps import assert_same, pictures, taps


@pytest.mark.parametrize("name", MODELS)
def test_all_layers_have_the_batch_first(name):
    cls = MODELS[name]
    net = Network(made(cls), input_shape=cls.shape)
    found = activations(net, pictures(cls.shape, 3))
    assert set(found) == {layer.name for layer in net.layers}
    for layer, values in found.items():
        assert values.shape[0] == 3, layer
        if net[layer].channel is not None:
            assert values.shape[-1] == net[layer].channels


def test_layers_come_in_their_order(digits):
    assert list(activations(digits, pictures((28, 28, 1)))) == [
        layer.name for layer in digits.layers
    ]
    assert list(activations(digits, pictures((28, 28, 1)), ["relu", "conv1"])) == ["relu", "conv1"]


def test_one_layer_by_its_name_or_in_a_list(digits):
    x = pictures((28, 28, 1))
    wanted = taps(digits, x, ["conv1"])["conv1"]
    for layers in ("conv1", ["conv1"], ("conv1",)):
        found = activations(digits, x, layers)
        assert list(found) == ["conv1"]
        assert_same(found["conv1"], wanted)


def test_blocks_and_parts_are_layers_too():
    cls = MODELS["Residual"]
    net = Network(made(cls), input_shape=cls.shape)
    x = pictures(cls.shape)
    found = activations(net, x, ["blocks/0", "blocks/0/relu_2"])
    assert_same(found["blocks/0"], found["blocks/0/relu_2"])


def test_examples_do_not_meet(digits):
    x = pictures((28, 28, 1), 3)
    together, alone = activations(digits, x), activations(digits, x[1])
    for name in together:
        assert_same(together[name][1:2], alone[name], name)


def test_other_sizes_of_picture():
    cls = MODELS["Convolutions"]
    net = Network(made(cls), input_shape=cls.shape)
    assert activations(net, pictures((20, 14, 4)), "depthwise")["depthwise"].shape == (2, 20, 14, 8)


def test_unknown_layer_names_the_nearest(digits):
    with pytest.raises(UnknownLayerError, match=r"'conv'.*did you mean 'conv[123]'"):
        activations(digits, pictures((28, 28, 1)), ["conv"])
    with pytest.raises(KeyError):
        activations(digits, pictures((28, 28, 1)), "nope")


def test_bad_input_is_refused(digits):
    with pytest.raises(InputError, match="expected an input of shape"):
        activations(digits, np.zeros((28, 28, 2)))
    with pytest.raises(TypeError, match="layer"):
        activations(digits, pictures((28, 28, 1)), layer="conv1")  # pyright: ignore
