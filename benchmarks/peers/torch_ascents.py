"""Lucent's own pictures: `render_vis` with its defaults, on the weights that a file holds.

A task is network/layer/channel/seed with a number of steps; the answer is the last picture. With
0 steps it is what the layer's channels have on average for the picture in VGG16's file. The task
start/seed is answered with the picture that all ascents of this seed begin with.
"""

import json
import random
import sys

import numpy as np
import torch
from lucent.optvis import render
from lucent.optvis.param import image
from torch.nn import functional
from torch_vgg16 import LAYERS, load

SIZE = 224  # Lucent resizes what is smaller


class Photos(torch.nn.Module):
    """The bundled "photos" network, with its weights."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        for number in range(1, 6):
            kernel = torch.from_numpy(weights[f"conv{number}/kernel"].transpose(3, 2, 0, 1).copy())
            conv = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], kernel.shape[2], bias=False)
            conv.stride = 2 if number == 1 else 1
            conv.weight.data = kernel
            norm = torch.nn.BatchNorm2d(kernel.shape[0])
            scale, bias, mean, var = (
                torch.from_numpy(weights[f"bn{number}/{name}"])
                for name in ("scale", "bias", "mean", "var")
            )
            norm.weight.data, norm.bias.data = scale, bias
            norm.running_mean, norm.running_var = mean, var
            self.add_module(f"conv{number}", conv)
            self.add_module(f"bn{number}", norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Up to the last convolution; the classes are not asked for."""
        x = (x - 0.5) / 0.25
        for number in range(1, 6):
            conv, norm = getattr(self, f"conv{number}"), getattr(self, f"bn{number}")
            x = functional.relu(norm(conv(functional.pad(x, _same(x, conv)))))
            if number in (1, 2, 4):
                x = functional.max_pool2d(x, 2)
        return x


def _same(x: torch.Tensor, conv: torch.nn.Conv2d) -> tuple[int, int, int, int]:
    """XLA's "SAME": the odd one of the border's pixels is on the right and below."""
    stride, window = conv.stride, conv.kernel_size[0]
    sides = []
    for length in (x.shape[3], x.shape[2]):
        lacking = max((-(-length // stride) - 1) * stride + window - length, 0)
        sides += [lacking // 2, lacking - lacking // 2]
    return tuple(sides)


def means(model: torch.nn.Module, name: str, x: torch.Tensor) -> list[float]:
    """Of each channel of a layer, as Lucent sees it: after a ReLU that works in place."""
    module = dict(model.named_modules())[name.replace("features_", "features.")]
    found: list[torch.Tensor] = []
    handle = module.register_forward_hook(lambda *given: found.append(given[-1]))
    model(x)
    handle.remove()
    return found[0].mean((0, 2, 3)).tolist()


def begin(seed: int) -> None:
    """Let all random numbers begin anew."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - Lucent draws from it
    torch.manual_seed(seed)


def main() -> None:
    threads, vgg16, photos = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with np.load(photos) as arrays:
        deep, x = load(vgg16)
        models = {"vgg16": deep, "photos": Photos(dict(arrays)).eval()}
    for model in models.values():
        model.requires_grad_(False)  # as fast as Lucent can be; the picture is the same
    for line in sys.stdin:
        task, steps = line.split()
        if task.startswith("start/"):
            begin(int(task.removeprefix("start/")))
            print(
                json.dumps(render.tensor_to_img_array(image(SIZE)[1]()).ravel().tolist()),
                flush=True,
            )
            continue
        network, layer, channel, seed = task.split("/")
        name = LAYERS.get(layer, layer)
        if steps == "0":
            print(json.dumps(means(models[network], name, x)), flush=True)
            continue
        begin(int(seed))
        found = render.render_vis(
            models[network],
            f"{name}:{channel}",
            lambda: image(SIZE),
            preprocess=False,
            thresholds=(int(steps),),
            progress=False,
            show_image=False,
        )
        print(json.dumps(found[-1][0].ravel().tolist()), flush=True)


if __name__ == "__main__":
    main()
