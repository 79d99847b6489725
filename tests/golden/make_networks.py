"""Makes networks.npz: weights and images of the networks that the other scripts here explain.

    pip install torch==2.15.0 numpy; python tests/golden/make_networks.py

Arrays are in the order of JAX: images NHWC, kernels HWIO, dense matrices (inputs, outputs).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent


class Plain(nn.Module):
    """Convolutions, a max-pool, the mean over places, a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        # Hooks need a module for each use, and for pools and additions.
        self.relu1, self.pool = nn.ReLU(), nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.relu2, self.mean = nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # A copy, for Captum asks the ReLU's output before the pool has had its say in it.
        x = self.pool(self.relu1(self.conv1(x)).clone())
        return self.head(self.mean(self.relu2(self.conv2(x))).flatten(1))


class Add(nn.Module):
    def forward(self, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
        return one + two


class Join(nn.Module):
    def forward(self, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
        return torch.cat([one, two], 1)


class Residual(nn.Module):
    """Batch norm, a residual addition, a concatenation."""

    def __init__(self, add: nn.Module) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.norm, self.relu1 = nn.BatchNorm2d(6), nn.ReLU()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.add, self.relu2 = add, nn.ReLU()
        self.join, self.mean = Join(), nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(12, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.relu1(self.norm(self.conv1(x)))
        second = self.relu2(self.add(first, self.conv2(first)))
        return self.head(self.mean(self.join(first, second)).flatten(1))


class Dense(nn.Module):
    """An average pool, and two dense layers behind a change of shape."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.relu1, self.pool = nn.ReLU(), nn.AvgPool2d(2)
        self.dense, self.relu2 = nn.Linear(180, 12), nn.ReLU()
        self.head = nn.Linear(12, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        return self.head(self.relu2(self.dense(x.flatten(1))))


def networks(add: Callable[[], nn.Module] = Add) -> dict[str, nn.Module]:
    """Always the same; `add` makes the module of the residual addition."""
    torch.manual_seed(3)  # one that gives logits well apart, the best ones positive
    found = {"plain": Plain(), "residual": Residual(add()), "dense": Dense()}
    for net in found.values():
        for weight in (each for each in net.parameters() if each.ndim > 1):
            nn.init.kaiming_normal_(weight)
    norm = found["residual"].norm
    for statistic in (norm.running_mean, norm.running_var):
        statistic.data = torch.rand(6) + 0.5
    norm.weight.data, norm.bias.data = torch.randn(6), torch.randn(6)
    return {name: net.eval() for name, net in found.items()}


def images() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Images, what stands for nothing in each of them, and the classes to explain."""
    numbers = torch.Generator().manual_seed(1)
    x, start = torch.rand(2, 3, 3, 12, 10, generator=numbers)
    return x, start, torch.tensor([0, 3, 4])


def segments() -> torch.Tensor:
    """Four parts of the image, of different sizes and shapes."""
    row, column = torch.arange(12)[:, None], torch.arange(10)[None]
    return (row + column > 8).long() + 2 * (row * 2 > column + 9).long()


def to_jax(value: torch.Tensor) -> np.ndarray:
    """Images NHWC, maps NHW and vectors as they are."""
    order = {4: (0, 2, 3, 1), 3: (0, 1, 2), 2: (0, 1), 1: (0,)}[value.ndim]
    return value.detach().numpy().transpose(order)


def main() -> None:
    x, start, target = images()
    found = {"x": to_jax(x), "start": to_jax(start), "target": target.numpy()}
    found["segments"] = segments().numpy()
    order = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}
    for name, net in networks().items():
        for key, value in net.state_dict().items():
            if value.ndim:
                found[f"{name}/{key}"] = value.numpy().transpose(order[value.ndim])
        found[f"{name}/logits"] = net(x).detach().numpy()
        print(name, net(x).detach().gather(1, target[:, None])[:, 0])
    np.savez_compressed(HERE / "networks.npz", **found)


if __name__ == "__main__":
    main()
