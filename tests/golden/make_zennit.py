"""Makes zennit.npz: what Zennit's composites give for the networks of make_networks.py.

pip install torch==2.15.0 zennit==0.5.1; python tests/golden/make_zennit.py
"""

from pathlib import Path

import numpy as np
import torch
from make_networks import images, networks, to_jax
from torch import nn
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonGammaBox, EpsilonPlusFlat
from zennit.layer import Sum


class Add(nn.Module):
    """An addition as Zennit knows it."""

    def __init__(self) -> None:
        super().__init__()
        self.sum = Sum()

    def forward(self, one: torch.Tensor, two: torch.Tensor) -> torch.Tensor:
        return self.sum(torch.stack([one, two], -1))


COMPOSITES = {
    "epsilon_plus_flat": (EpsilonPlusFlat, {}),
    "epsilon_gamma_box": (EpsilonGammaBox, {"low": 0.0, "high": 1.0}),
}


def main() -> None:
    x, _, target = images()
    found: dict[str, np.ndarray] = {}
    for network, model in networks(Add).items():
        logits = model(x)
        start = logits.detach() * nn.functional.one_hot(target, logits.shape[1])
        for name, (composite, options) in COMPOSITES.items():
            rules = composite(canonizers=[SequentialMergeBatchNorm()], **options)
            with Gradient(model=model, composite=rules) as attributor:
                found[f"{network}/{name}"] = to_jax(attributor(x, start)[1])
    np.savez_compressed(Path(__file__).with_name("zennit.npz"), **found)


if __name__ == "__main__":
    main()
