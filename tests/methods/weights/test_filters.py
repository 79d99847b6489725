"""Filters as they stand in the model, whichever way it stores them."""

import jax
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import Network, UnknownLayerError
from tests.models.functions import weights
from tests.models.learning import SHAPE, Small


def test_filters_of_convolutions_and_dense_layers():
    model = Small()
    net = Network(model, input_shape=SHAPE)
    kernel = np.asarray(model.conv2.kernel[...])  # rows, columns, inputs, outputs
    np.testing.assert_array_equal(methods.filters(net, "conv2"), kernel.transpose(3, 2, 0, 1))
    matrix = np.asarray(model.dense.kernel[...])
    np.testing.assert_array_equal(methods.filters(net, "dense"), matrix.T)
    assert methods.filters(net, "relu") is None
    with pytest.raises(UnknownLayerError):
        methods.filters(net, "conv9")


def test_channels_first_and_weights_on_the_left():
    kernel, matrix = weights((5, 2, 3, 1), (4, 5), seed=3)

    def model(params, x):
        x = jax.lax.conv(x.transpose(0, 3, 1, 2), params[0], (1, 1), "VALID")
        return (params[1] @ x.mean((2, 3)).T).T

    net = Network(model, params=[kernel, matrix], input_shape=(6, 7, 2))
    first, last = (layer.name for layer in net.layers if layer.kind in ("conv", "dense"))
    np.testing.assert_array_equal(methods.filters(net, first), kernel)
    np.testing.assert_array_equal(methods.filters(net, last), matrix)
