"""What Captum gives for the same weights and images; see tests/golden/make_captum.py."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cnnviz_widgets import methods
from cnnviz_widgets.network import Network
from tests.models.functions import conv

GOLDEN = dict(np.load(Path(__file__).parent.parent / "golden" / "captum.npz"))
STEPS = 20


def _plain(p, x):
    x = jax.nn.relu(conv(x, p["conv1.weight"]) + p["conv1.bias"])
    x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = conv(x, p["conv2.weight"]) + p["conv2.bias"]
    return jax.nn.relu(x).mean((1, 2)) @ p["head.weight"] + p["head.bias"]


def _residual(p, x):
    relu = jax.nn.relu  # one function for every use
    first = conv(x, p["conv1.weight"]) + p["conv1.bias"]
    scale = p["norm.weight"] / jnp.sqrt(p["norm.running_var"] + 1e-5)
    first = relu((first - p["norm.running_mean"]) * scale + p["norm.bias"])
    second = relu(first + (conv(first, p["conv2.weight"]) + p["conv2.bias"]))
    joined = jnp.concatenate([first, second], -1).mean((1, 2))
    return joined @ p["head.weight"] + p["head.bias"]


MODELS = {"plain": _plain, "residual": _residual}


@pytest.fixture(scope="module", params=MODELS)
def case(request, lenient) -> tuple[Network, dict[str, np.ndarray]]:
    name = request.param
    own = {key.split("/")[1]: value for key, value in GOLDEN.items() if key.startswith(name)}
    params = {key: value for key, value in own.items() if "." in key}
    return Network(MODELS[name], params=params, input_shape=(12, 10, 3)), own


@pytest.fixture(scope="module")
def lenient():
    jax.config.update("jax_numpy_rank_promotion", "allow")
    yield
    jax.config.update("jax_numpy_rank_promotion", "raise")


def _assert_agrees(got, wanted) -> None:
    assert got.shape == wanted.shape
    assert np.abs(got - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_the_networks_are_the_same(case):
    net, captum = case
    _assert_agrees(np.asarray(net(GOLDEN["x"])), captum["logits"])


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("saliency", {}),
        ("input_x_gradient", {}),
        ("integrated_gradients", {"steps": STEPS}),
        ("guided_backpropagation", {}),
        ("deconvnet", {}),
    ],
)
def test_pixel_methods_agree(case, method, options):
    net, captum = case
    found = getattr(methods, method)(net, GOLDEN["x"], target=GOLDEN["target"].tolist(), **options)
    assert found.target == (0, 3, 4)
    _assert_agrees(found.values, captum[method])


def test_grad_cam_agrees(case):
    """Captum's is without the ReLU, and at the layer's size."""
    net, captum = case
    layer = [layer.name for layer in net.layers if layer.kind == "conv"][1]
    options = {"layer": layer, "relu": False, "resize": "nearest"}
    found = methods.grad_cam(net, GOLDEN["x"], target=GOLDEN["target"].tolist(), **options)
    rows, columns = captum["grad_cam"].shape[1:]
    _assert_agrees(found.values[:, :: 12 // rows, :: 10 // columns], captum["grad_cam"])
