"""Attribution of sequences (steps, features): against jax.grad of the framework's own model."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError, Network
from tests.models import nnx_models


class Reader(nnx.Module):
    """A convolution over time, the mean, and a dense layer."""

    shape = (24, 3)

    def __init__(self, rngs):
        self.conv = nnx.Conv(3, 6, (5,), strides=2, rngs=rngs)
        self.head = nnx.Linear(6, 4, rngs=rngs)

    def after(self, maps):
        return self.head(nnx.relu(maps).mean(1))

    def __call__(self, x):
        return self.after(self.conv(x))


@pytest.fixture(scope="module")
def model() -> Any:
    return nnx_models.made(Reader)


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=Reader.shape)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(2, *Reader.shape)).astype(np.float32)


def test_gradients_are_those_of_the_framework(model, net, x):
    wanted = jax.grad(lambda x: model(x)[:, 2].sum())(jnp.asarray(x))
    found = cw.methods.saliency(net, x, target=2)
    np.testing.assert_allclose(found.values, np.abs(wanted), atol=1e-6)
    product = cw.methods.input_x_gradient(net, x, target=2)
    np.testing.assert_allclose(product.values, x * wanted, atol=1e-6)
    same = cw.methods.smooth_grad(net, x, target=2, sigma=0.0, samples=2)  # keeps signs
    np.testing.assert_allclose(same.values, wanted, atol=1e-6)


@pytest.mark.parametrize("baseline", ["black", "mean", "blur"])
def test_integrated_gradients_add_up(model, net, x, baseline):
    found = cw.methods.integrated_gradients(net, x, target=1, steps=64, baseline=baseline)
    assert found.values.shape == x.shape
    np.testing.assert_allclose(found.delta, 0, atol=2e-2)
    if baseline == "black":
        ends = model(jnp.asarray(x))[:, 1] - model(jnp.zeros_like(x))[:, 1]
        np.testing.assert_allclose(found.values.sum((1, 2)), ends, atol=2e-2)


def test_grad_cam_is_a_map_over_time(model, net, x):
    found = cw.methods.grad_cam(net, x, target=3, layer="conv", resize="nearest")
    maps = model.conv(jnp.asarray(x))
    slopes = jax.grad(lambda maps: model.after(maps)[:, 3].sum())(maps)
    wanted = np.maximum((maps * slopes.mean(1, keepdims=True)).sum(-1), 0)
    np.testing.assert_allclose(found.values, np.repeat(wanted, 2, 1), atol=1e-6)


def test_grad_cam_chooses_the_last_layer_with_places(net, x):
    found = cw.methods.grad_cam(net, x)
    assert found.values.shape == x.shape[:2]
    assert found.layer == "relu"
    assert "the last layer with places in time" in found.notes[0]
    with pytest.raises(InputError, match="expected a layer with places in time, got 'head'"):
        cw.methods.grad_cam(net, x, layer="head")


def test_what_needs_pictures_says_so(net, x):
    with pytest.raises(InputError, match=r"expected a network for pictures .* takes \(24, 3\)"):
        cw.methods.occlusion(net, x)
