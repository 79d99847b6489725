"""What Captum gives for the same weights and images; see tests/golden/make_captum.py."""

import jax
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import Composite, Network
from tests.models.golden import (
    MODELS,
    NETWORKS,
    SEGMENTS,
    START,
    TARGET,
    X,
    apart,
    golden,
    network,
)

GOLDEN = golden("captum")
STEPS, CLOSE = 20, 1e-5
DIFFERENCES = 1e-4  # small ones, of logits of up to 8
BASELINES = {"black": "black", "start": START}
INSIDE = [tuple(key.split("/")) for key in GOLDEN if key.split("/")[1] == "layer_gradient"]


@pytest.fixture(scope="module")
def lenient():
    jax.config.update("jax_numpy_rank_promotion", "allow")
    yield
    jax.config.update("jax_numpy_rank_promotion", "raise")


@pytest.fixture(scope="module")
def nets(lenient) -> dict[str, Network]:
    return {name: network(name) for name in MODELS}


@pytest.fixture(params=MODELS)
def name(request) -> str:
    return request.param


WITH_SPACE = pytest.mark.parametrize("name", ["plain", "residual"])  # to the last layer but one


def test_the_networks_are_the_same(nets, name):
    assert apart(np.asarray(nets[name](X)), NETWORKS[f"{name}/logits"]) <= 1e-5


@WITH_SPACE
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("saliency", {}),
        ("input_x_gradient", {}),
        ("integrated_gradients", {"steps": STEPS}),
        ("guided_backpropagation", {}),
        ("deconvnet", {}),
        # Captum enlarges the map by repeating; this layer is as large as the image.
        ("guided_grad_cam", {"layer": "relu"}),
    ],
)
def test_pixel_methods_agree(nets, name, method, options):
    found = getattr(methods, method)(nets[name], X, target=TARGET, **options)
    assert found.target == (0, 3, 4)
    assert apart(found.values, GOLDEN[f"{name}/{method}"]) <= CLOSE


@pytest.mark.parametrize("baseline", BASELINES)
def test_deep_lift_agrees(nets, name, baseline):
    given = BASELINES[baseline]
    found = methods.deep_lift(nets[name], X, target=TARGET, baseline=given)
    assert apart(found.values, GOLDEN[f"{name}/deep_lift/{baseline}"]) <= CLOSE


@pytest.mark.parametrize("epsilon", [1e-9, 0.1])
def test_lrp_with_the_epsilon_rule_agrees(nets, name, epsilon):
    """A batch norm's rule is that of the convolution before it; see there how Captum is told so."""
    composite = Composite("epsilon", "epsilon", "epsilon", epsilon=epsilon)
    found = methods.lrp(nets[name], X, target=TARGET, composite=composite)
    assert apart(found.values, GOLDEN[f"{name}/lrp/{epsilon}"]) <= CLOSE


@pytest.mark.parametrize(
    ("window", "stride", "baseline"),
    [
        ((4, 3), (2, 2), "black"),
        ((5, 4), (4, 3), "start"),  # the last row of windows runs over the border
    ],
)
def test_occlusion_agrees(nets, name, window, stride, baseline):
    found = methods.occlusion(
        nets[name], X, target=TARGET, window=window, stride=stride, baseline=BASELINES[baseline]
    )
    key = ", ".join(f"{rows} {columns}" for rows, columns in (window, stride))
    assert apart(found.values, GOLDEN[f"{name}/occlusion/{key}"]) <= DIFFERENCES


@pytest.mark.parametrize("method", ["feature_ablation", "kernel_shap"])
def test_leaving_segments_out_agrees(nets, name, method):
    """Captum's Shapley values are the mean over all orders; ours are a fit to all coalitions."""
    found = getattr(methods, method)(
        nets[name], X, target=TARGET, segments=SEGMENTS, baseline=START
    )
    assert apart(found.values, GOLDEN[f"{name}/{method}"]) <= DIFFERENCES


@pytest.mark.parametrize(("name", "layer"), [(name, layer) for name, _, layer in INSIDE])
class TestInside:
    def test_gradient_times_activation_agrees(self, nets, name, layer):
        found = methods.layer_gradient(
            nets[name], X, target=TARGET, layer=layer, times_activation=True
        )
        assert apart(found.values, GOLDEN[f"{name}/layer_gradient/{layer}"]) <= CLOSE

    def test_conductance_agrees(self, nets, name, layer):
        found = methods.conductance(
            nets[name], X, target=TARGET, layer=layer, baseline=START, steps=STEPS, preset="captum"
        )
        assert apart(found.values, GOLDEN[f"{name}/conductance/{layer}"]) <= CLOSE

    def test_a_neurons_gradient_agrees(self, nets, name, layer):
        found = methods.neuron_gradient(nets[name], X, unit=f"{layer}:1@1,3")
        assert apart(found.values, GOLDEN[f"{name}/neuron_gradient/{layer}"]) <= CLOSE

    def test_grad_cam_agrees(self, nets, name, layer):
        """Captum's is without the ReLU, and at the layer's size."""
        found = methods.grad_cam(
            nets[name], X, target=TARGET, layer=layer, relu=False, resize="nearest"
        )
        wanted = GOLDEN[f"{name}/grad_cam/{layer}"]
        rows, columns = wanted.shape[1:]
        assert apart(found.values[:, :: 12 // rows, :: 10 // columns], wanted) <= CLOSE


@WITH_SPACE
@pytest.mark.parametrize(
    ("attack", "targeted", "options"),
    [
        ("fgsm", False, {"epsilon": 0.03}),
        ("pgd", False, {"epsilon": 0.05, "step_size": 0.02, "steps": 7}),
        ("pgd", True, {"epsilon": 0.05, "step_size": 0.02, "steps": 7}),
    ],
)
def test_attacks_agree(nets, name, attack, targeted, options):
    """Only "linf": in "l2" Captum still makes steps of one size in every value."""
    found = getattr(methods, attack)(nets[name], X, target=TARGET, targeted=targeted, **options)
    wanted = GOLDEN[f"{name}/{attack}{'/targeted' if targeted else ''}"]
    assert apart(found.images - X, wanted - X) <= CLOSE
