"""Makes lucent.npz: what Lucent paints, changes and climbs, on a network of make_networks.py.

pip install torch==2.15.0 torch-lucent==0.1.8; python tests/golden/make_lucent.py

Pictures are NHWC. The canvas of Lucent's `random_scale` grows with the picture, and what comes in
from beyond it is black. Its `random_rotate` shears what is not square (kornia 0.4.1 takes corners
of pixels for their middles), so that a square is turned.
"""

from pathlib import Path

import numpy as np
import torch
from lucent.optvis import render, transform
from lucent.optvis.param import image
from make_networks import images, networks, to_jax

ROWS, COLUMNS = 12, 10
STEPS = 12
SIDE = 9
FACTORS = {0.75: 0.75, 1.2: 1.25}
"""What Lucent is told, and by how much it scales a picture of `SIDE` pixels: it rounds the new size
up, and puts corners on corners."""
DEGREES = (-10, 5, 90)
UNITS = {"conv1": 2, "conv2": 5}


def painted(found: dict[str, np.ndarray]) -> None:
    """A spectrum, the picture made of it, and the way back for a gradient."""
    torch.manual_seed(2)
    (spectrum,), picture = image(COLUMNS, ROWS, sd=0.3)
    slope = torch.randn(1, 3, ROWS, COLUMNS)
    (picture() * slope).sum().backward()
    found["spectrum"] = np.moveaxis(spectrum.detach().numpy(), -1, 0)
    found["picture"], found["slope"] = to_jax(picture()), to_jax(slope)
    found["gradient"] = np.moveaxis(spectrum.grad.numpy(), -1, 0)


def changed(found: dict[str, np.ndarray]) -> None:
    """A test image, as each transform leaves it when it has one choice only."""
    x = images()[0][:1]
    found["padded"] = to_jax(transform.pad(3, mode="constant", constant_value=0.5)(x))
    square = x[:, :, :SIDE, :SIDE]
    for told, factor in FACTORS.items():
        found[f"scaled/{factor}"] = to_jax(transform.random_scale([told])(square))
    for degrees in DEGREES:
        found[f"rotated/{degrees}"] = to_jax(transform.random_rotate([degrees])(square))


def climbed(found: dict[str, np.ndarray]) -> None:
    """The pictures of its own loop after each step, and the spectrum that it began with."""
    model = networks()["plain"]
    for layer, channel in UNITS.items():
        torch.manual_seed(4)
        parameters, picture = image(COLUMNS, ROWS)
        found[f"start/{layer}"] = np.moveaxis(parameters[0].detach().numpy().copy(), -1, 0)
        frames = render.render_vis(
            model,
            f"{layer}:{channel}",
            lambda parameters=parameters, picture=picture: (parameters, picture),
            transforms=[],
            preprocess=False,
            fixed_image_size=(ROWS, COLUMNS),  # else it enlarges the picture
            thresholds=range(1, STEPS + 1),
            progress=False,
            show_image=False,
        )
        found[f"climbed/{layer}"] = np.concatenate(frames)


def main() -> None:
    found: dict[str, np.ndarray] = {}
    for part in (painted, changed, climbed):
        part(found)
    np.savez_compressed(Path(__file__).with_name("lucent.npz"), **found)


if __name__ == "__main__":
    main()
