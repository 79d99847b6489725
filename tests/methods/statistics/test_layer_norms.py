"""Norms of weights and gradients by layer, against NumPy and `jax.grad` on the model itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from cnnviz_widgets import methods, zoo
from cnnviz_widgets.methods.statistics.layer_norms import least_likely
from cnnviz_widgets.network import InputError, Network
from tests.models.learning import SHAPE, Small, cross_entropy, examples


@pytest.fixture(scope="module")
def model() -> Small:
    return Small()


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=SHAPE)


def norm(*arrays) -> float:
    return float(np.sqrt(sum((np.asarray(array, np.float64) ** 2).sum() for array in arrays)))


def test_norms_of_weights_by_layer(net, model):
    found = methods.layer_norms(net)
    assert list(found) == ["conv1", "conv2", "dense"]
    for name, value in found.items():
        part = getattr(model, name)
        assert value == pytest.approx(norm(part.kernel[...], part.bias[...]), rel=1e-6)


def test_gradients_are_those_of_the_loss_on_the_model(net, model):
    images, labels = examples(9)
    loss = lambda m: cross_entropy(m(jnp.asarray(images)), jnp.asarray(labels))  # noqa: E731
    grads = nnx.grad(loss)(model)
    found = methods.gradient_norms(net, images, labels)
    for name, value in found.items():
        own = norm(*jax.tree.leaves(grads[name]))
        assert value == pytest.approx(own, rel=1e-4)
    assert methods.layer_norms(net, grads) == pytest.approx(found, rel=1e-4)


def test_the_keys_of_random_streams_have_no_norm():
    class Dropped(nnx.Module):
        def __init__(self, rngs):
            self.dense = nnx.Linear(3, 4, rngs=rngs)
            self.dropout = nnx.Dropout(0.5, rngs=rngs)

        def __call__(self, x):
            return self.dropout(self.dense(x))

    model = Dropped(nnx.Rngs(0))
    model.eval()
    found = methods.layer_norms(Network(model, input_shape=(3,)))
    weights = jax.tree.leaves(nnx.state(model.dense, nnx.Param))
    assert found["dense"] == pytest.approx(norm(*weights), rel=1e-6)


def test_running_statistics_are_no_weights_that_training_moves():
    net = zoo_photos()
    assert "bn1" in methods.layer_norms(net)
    weights = net.weights
    only = {name: w for name, w in weights.items() if name.startswith("bn1/") and "mean" not in name
            and "var" not in name}  # fmt: skip
    assert methods.layer_norms(net)["bn1"] == pytest.approx(norm(*only.values()), rel=1e-6)


def zoo_photos() -> Network:
    import cnnviz_widgets as cw

    assert "photos" in zoo.NAMES
    return cw.load("photos")


def test_the_least_likely_class_is_that_of_the_lowest_logit(net, model):
    images, _ = examples(7)
    np.testing.assert_array_equal(least_likely(net, images), np.argmin(model(images), 1))


def test_labels_and_trees_are_checked(net):
    images, labels = examples(6)
    with pytest.raises(InputError, match=r"one label for each of 6 images, got \(5,\)"):
        methods.gradient_norms(net, images, labels[:5])
    with pytest.raises(InputError, match="expected the model of this network or a tree"):
        methods.layer_norms(net, {"elsewhere": np.zeros(3)})
