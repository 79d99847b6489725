"""Makes captum.npz: what Captum gives for two small networks.

    pip install torch==2.13.0 captum==0.9.0; python tests/golden/make_captum.py

Arrays are in the order of JAX: images NHWC, kernels HWIO, dense matrices (inputs, outputs).
"""

from pathlib import Path

import numpy as np
import torch
from captum import attr
from torch import nn

STEPS = 20


class Plain(nn.Module):
    """Convolutions, a max-pool, the mean over places, a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.head = nn.Linear(8, 5)
        # Hooks need a module for each use.
        self.relu1, self.relu2, self.pool = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        return self.head(self.relu2(self.conv2(x)).mean((2, 3)))


class Residual(nn.Module):
    """Batch norm, a residual addition, a concatenation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(12, 5)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.relu1(self.norm(self.conv1(x)))
        second = self.relu2(first + self.conv2(first))
        return self.head(torch.cat([first, second], 1).mean((2, 3)))


def jax_order(value: torch.Tensor) -> np.ndarray:
    order = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}[value.ndim]
    return value.detach().numpy().transpose(order)


def main() -> None:
    torch.manual_seed(0)
    x, target = torch.rand(3, 3, 12, 10), torch.tensor([0, 3, 4])
    found: dict[str, np.ndarray] = {"x": x.numpy().transpose(0, 2, 3, 1), "target": target.numpy()}
    for name, model in (("plain", Plain()), ("residual", Residual())):
        if name == "residual":
            for statistic in (model.norm.running_mean, model.norm.running_var):
                statistic.data = torch.rand(6) + 0.5
            model.norm.weight.data = torch.randn(6)
            model.norm.bias.data = torch.randn(6)
        model.eval()
        for key, value in model.state_dict().items():
            if value.ndim:
                found[f"{name}/{key}"] = jax_order(value)
        found[f"{name}/logits"] = model(x).detach().numpy()
        pixels = {
            "saliency": attr.Saliency(model).attribute(x, target=target),
            "input_x_gradient": attr.InputXGradient(model).attribute(x, target=target),
            "integrated_gradients": attr.IntegratedGradients(model).attribute(
                x, target=target, n_steps=STEPS
            ),
            "guided_backpropagation": attr.GuidedBackprop(model).attribute(x, target=target),
            "deconvnet": attr.Deconvolution(model).attribute(x, target=target),
        }
        for key, value in pixels.items():
            found[f"{name}/{key}"] = value.detach().numpy().transpose(0, 2, 3, 1)
        maps = attr.LayerGradCam(model, model.conv2).attribute(x, target=target)
        found[f"{name}/grad_cam"] = maps.detach().numpy()[:, 0]
    np.savez_compressed(Path(__file__).with_name("captum.npz"), **found)


main()
