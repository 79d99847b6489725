"""Makes captum.npz: what Captum gives for the networks of make_networks.py.

pip install torch==2.15.0 captum==0.9.0; python tests/golden/make_captum.py
"""

from pathlib import Path

import numpy as np
import torch
from captum import attr, robust
from captum.attr._utils.lrp_rules import EpsilonRule
from make_networks import images, networks, segments, to_jax
from torch import nn

STEPS = 20
LAYERS = {
    "plain": {"relu1": "relu", "conv2": "conv_2"},
    "residual": {"relu2": "relu_2"},
    "dense": {"pool": "avg_pool"},
}
"""Modules, and the names of the same layers in the package."""


def lrp(model: nn.Module, x: torch.Tensor, target: torch.Tensor, epsilon: float) -> torch.Tensor:
    """The epsilon rule, where the layers' own stabilisers are those of the package.

    A convolution and its batch norm have two epsilons here, and one in the package, which merges
    the two. They are the same if the batch norm has it and the convolution none. A mean has its
    stabiliser here, its sum in the package.
    """
    children = dict(model.named_children())
    merged = {"conv1"} if "norm" in children else set()
    summands = {"pool": 4, "mean": 120 if "norm" in children else 30}
    for name, module in children.items():
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)):
            module.rule = EpsilonRule(1e-12 if name in merged else epsilon)
        elif isinstance(module, nn.MaxPool2d) or name == "join":
            module.rule = EpsilonRule(1e-12)
        elif not isinstance(module, nn.ReLU):
            module.rule = EpsilonRule(1e-6 / summands.get(name, 1))
    return attr.LRP(model).attribute(x, target=target)


def pixels(model: nn.Module) -> dict[str, torch.Tensor]:
    x, start, target = images()
    of = {"inputs": x, "target": target}
    loss = nn.CrossEntropyLoss(reduction="none")
    parts = segments()[None, None]
    from_start = {**of, "baselines": start}
    small = {"sliding_window_shapes": (3, 4, 3), "strides": (3, 2, 2)}
    large = {"sliding_window_shapes": (3, 5, 4), "strides": (3, 4, 3)}
    fgsm, pgd = robust.FGSM(model, loss, 0.0, 1.0), robust.PGD(model, loss, 0.0, 1.0)
    fgsm.zero_thresh = pgd.fgsm.zero_thresh = 0.0  # small gradients have a sign, too
    return {
        "saliency": attr.Saliency(model).attribute(**of),
        "input_x_gradient": attr.InputXGradient(model).attribute(**of),
        "integrated_gradients": attr.IntegratedGradients(model).attribute(**of, n_steps=STEPS),
        "guided_backpropagation": attr.GuidedBackprop(model).attribute(**of),
        "deconvnet": attr.Deconvolution(model).attribute(**of),
        "guided_grad_cam": attr.GuidedGradCam(model, model.relu1).attribute(**of),
        "deep_lift/black": attr.DeepLift(model).attribute(**of),
        "deep_lift/start": attr.DeepLift(model).attribute(**from_start),
        "lrp/1e-09": lrp(model, x, target, 1e-9),
        "lrp/0.1": lrp(model, x, target, 0.1),
        "fgsm": fgsm.perturb(x, 0.03, target),
        "pgd": pgd.perturb(x, 0.05, 0.02, 7, target),
        "pgd/targeted": pgd.perturb(x, 0.05, 0.02, 7, target, targeted=True),
        "occlusion/4 3, 2 2": attr.Occlusion(model).attribute(**of, **small),
        "occlusion/5 4, 4 3": attr.Occlusion(model).attribute(**from_start, **large),
        "feature_ablation": attr.FeatureAblation(model).attribute(**from_start, feature_mask=parts),
        "kernel_shap": attr.ShapleyValues(model).attribute(**from_start, feature_mask=parts),
    }  # fmt: skip


def inside(model: nn.Module, name: str) -> dict[str, torch.Tensor]:
    """What is asked of one layer."""
    x, start, target = images()
    layer = getattr(model, name)
    times = attr.LayerGradientXActivation(model, layer).attribute(x, target=target)
    conductance = attr.LayerConductance(model, layer)
    return {
        "layer_gradient": times,
        "conductance": conductance.attribute(x, start, target=target, n_steps=STEPS),
        "neuron_gradient": attr.NeuronGradient(model, layer).attribute(x, (1, 1, 3)),
        "grad_cam": attr.LayerGradCam(model, layer).attribute(x, target=target)[:, 0],
    }


def main() -> None:
    found: dict[str, np.ndarray] = {}
    for network, model in networks().items():
        for key, value in pixels(model).items():
            value = to_jax(value)
            flat = key.split("/")[0] in ("occlusion", "feature_ablation", "kernel_shap")
            found[f"{network}/{key}"] = value[..., 0] if flat else value  # alike in all colours
        for module, layer in LAYERS[network].items():
            for key, value in inside(model, module).items():
                found[f"{network}/{key}/{layer}"] = to_jax(value)
    np.savez_compressed(Path(__file__).with_name("captum.npz"), **found)


if __name__ == "__main__":
    main()
