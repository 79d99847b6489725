"""Torch's side, run by the peers' own Python: reads "task count" lines, answers with JSON.

Every answer is a list of seconds, one for each repetition; that of "logits" is the network's
output for the picture, and that of "values/<method>" are Captum's values, which show that both
sides compute the same.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
import torchvision
from captum import attr
from lucent.optvis import objectives, param, render

LAYERS = {"block2_conv2": "features_7", "block5_conv3": "features_28"}
CLASS = 3
STEPS = 50
WINDOW, STRIDE = 56, 42


def load(path: str) -> tuple[torch.nn.Module, torch.Tensor]:
    """VGG16 with the weights in a file, in Keras's order, and the picture that is with them."""
    arrays = np.load(path)
    model = torchvision.models.vgg16(weights=None).eval()
    values = [arrays[f"w{number}"] for number in range(32)]
    for number, (parameter, value) in enumerate(zip(model.parameters(), values, strict=True)):
        if value.ndim == 4:
            value = value.transpose(3, 2, 0, 1)
        elif number == 26:  # the first dense layer sees channels first here
            value = value.reshape(7, 7, 512, 4096).transpose(3, 2, 0, 1).reshape(4096, -1)
        elif value.ndim == 2:
            value = value.T
        parameter.data = torch.from_numpy(np.ascontiguousarray(value))
    return model, torch.from_numpy(arrays["x"].transpose(0, 3, 1, 2).copy())


def ascent(
    model: torch.nn.Module, layer: str, channel: int, count: int, transforms: list | None
) -> list[float]:
    """Seconds of each step of Lucent's own loop, between one look at the objective and the next.

    With its own transforms for `None`.
    """
    ticks: list[float] = []
    inner = objectives.channel(LAYERS[layer], channel)

    def timed(features: Callable[[str], torch.Tensor]) -> torch.Tensor:
        ticks.append(time.perf_counter())
        return inner(features)

    render.render_vis(
        model,
        objectives.Objective(timed, layer),
        lambda: param.image(224),
        transforms=transforms,
        preprocess=False,
        thresholds=(count + 1,),
        progress=False,
        show_image=False,
    )
    return np.diff(ticks).tolist()


def gradient(model: torch.nn.Module, x: torch.Tensor, count: int) -> list[float]:
    """Seconds for the gradient of a logit to the picture."""

    def once() -> None:
        image = x.clone().requires_grad_(True)
        torch.autograd.grad(model(image)[0, CLASS], image)

    return seconds_of(once, count)


def attributions(model: torch.nn.Module, x: torch.Tensor) -> dict[str, Callable[[], torch.Tensor]]:
    """Captum's methods, each ready to be called; values are channels last, as ours are."""
    for module in model.modules():
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False  # Captum's hooks cannot be on a ReLU that works in place
    saliency, guided = attr.Saliency(model), attr.GuidedBackprop(model)
    cam = attr.LayerGradCam(model, model.features[29])
    integrated, occlusion = attr.IntegratedGradients(model), attr.Occlusion(model)

    def grad_cam() -> torch.Tensor:
        found = cam.attribute(x, target=CLASS, relu_attributions=True)
        return attr.LayerAttribution.interpolate(found, x.shape[2:], "bilinear")

    def occluded() -> torch.Tensor:
        sides = {"sliding_window_shapes": (3, WINDOW, WINDOW), "strides": (3, STRIDE, STRIDE)}
        return occlusion.attribute(x, target=CLASS, **sides)[:, :1]

    return {
        "saliency": lambda: saliency.attribute(x, target=CLASS),
        "grad_cam": grad_cam,
        "guided_backpropagation": lambda: guided.attribute(x, target=CLASS),
        # one image at a time is the fastest for Captum here, and takes the least memory
        "integrated_gradients": lambda: integrated.attribute(
            x, target=CLASS, n_steps=STEPS, internal_batch_size=1
        ),
        "occlusion": occluded,
    }


def seconds_of(call: Callable[[], object], count: int) -> list[float]:
    """Seconds of each call."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    threads, path = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model, x = load(path)
    frozen, _ = load(path)
    frozen.requires_grad_(False)
    captum = attributions(load(path)[0].requires_grad_(False), x)
    for line in sys.stdin:
        task, count = line.split()
        kind, _, name = task.partition("/")
        if kind == "logits":
            with torch.no_grad():
                answer = model(x)[0].tolist()
        elif kind == "gradient":
            answer = gradient(frozen, x, int(count))
        elif kind == "captum":
            answer = seconds_of(captum[name], int(count))
        elif kind == "values":
            answer = captum[name]().permute(0, 2, 3, 1).flatten().tolist()
        else:
            chosen = frozen if kind.endswith("-frozen") else model
            transforms = [] if "-bare" in kind else None
            answer = ascent(chosen, name, 7, int(count), transforms)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
