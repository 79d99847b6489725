"""What pytorch-grad-cam gives for the same networks; see tests/golden/make_grad_cam.py.

Its maps go from 0 to 1, so ours are brought there, too. Both enlarge a layer's map linearly.
"""

from collections.abc import Iterator

import jax
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import Network
from tests.models.golden import MODELS, TARGET, X, apart, golden, network

GOLDEN = golden("grad_cam")
CLOSE = 1e-4
LAYERS = {"plain": "relu_2", "residual": "relu", "dense": "relu"}
LARGE = ("residual", "dense")  # where the layer is as large as the image
CAMS = ("grad_cam", "grad_cam_plus_plus", "hires_cam", "xgrad_cam", "layer_cam")


@pytest.fixture(scope="module")
def nets() -> Iterator[dict[str, Network]]:
    jax.config.update("jax_numpy_rank_promotion", "allow")
    yield {name: network(name) for name in MODELS}
    jax.config.update("jax_numpy_rank_promotion", "raise")


def _from_0_to_1(maps):
    low = maps.min((1, 2), keepdims=True)
    span = maps.max((1, 2), keepdims=True) - low
    return (maps - low) / np.where(span > 0, span, 1)


def _turned(component):
    """Its sign is arbitrary; ours makes the largest value positive."""
    low, high = component.min((1, 2)), component.max((1, 2))
    return np.maximum(np.where((-low > high)[:, None, None], -component, component), 0)


@pytest.mark.parametrize("name", ["plain", "residual"])
@pytest.mark.parametrize("method", CAMS)
def test_maps_agree(nets, name, method):
    found = getattr(methods, method)(nets[name], X, target=TARGET, layer=LAYERS[name])
    assert apart(_from_0_to_1(found.values), GOLDEN[f"{name}/{method}"]) <= CLOSE


@pytest.mark.parametrize("name", ["plain"])
@pytest.mark.parametrize("method", CAMS)
def test_augmented_maps_agree(nets, name, method):
    found = getattr(methods, method)(nets[name], X, target=TARGET, layer=LAYERS[name], augment=True)
    assert apart(found.values, GOLDEN[f"{name}/{method}/augment"]) <= CLOSE


@pytest.mark.parametrize("name", ["residual"])
@pytest.mark.parametrize("method", CAMS)
def test_first_components_agree(nets, name, method):
    found = getattr(methods, method)(
        nets[name], X, target=TARGET, layer=LAYERS[name], first_component=True
    )
    wanted = _turned(GOLDEN[f"{name}/{method}/first_component"])
    assert apart(found.values, wanted) <= CLOSE


@pytest.mark.parametrize("name", LARGE)
def test_eigen_cam_agrees(nets, name):
    found = methods.eigen_cam(nets[name], X, target=TARGET, layer=LAYERS[name])
    assert apart(found.values, _turned(GOLDEN[f"{name}/eigen_cam"])) <= CLOSE


@pytest.mark.parametrize("name", LARGE)
def test_score_cam_agrees(nets, name):
    """At the image's size only: theirs enlarges its masks corner to corner, ours does not."""
    found = methods.score_cam(nets[name], X, target=TARGET, layer=LAYERS[name], preset="paper")
    assert apart(_from_0_to_1(found.values), GOLDEN[f"{name}/score_cam"]) <= CLOSE


@pytest.mark.parametrize("name", LAYERS)
def test_ablation_cam_agrees(nets, name):
    """Of the best class, whose logit is positive: theirs divides by it, ours by its size."""
    found = methods.ablation_cam(nets[name], X, layer=LAYERS[name])
    assert found.target == tuple(GOLDEN[f"{name}/best"])
    assert (np.asarray(nets[name](X)).max(1) > 0).all()
    assert apart(_from_0_to_1(found.values), GOLDEN[f"{name}/ablation_cam"]) <= CLOSE


@pytest.mark.parametrize("name", MODELS)
def test_full_grad_agrees(nets, name):
    found = methods.full_grad(nets[name], X, target=TARGET)
    assert apart(_from_0_to_1(found.values), GOLDEN[f"{name}/full_grad"]) <= CLOSE
