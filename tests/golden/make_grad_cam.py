"""Makes grad_cam.npz: what pytorch-grad-cam gives for the networks of make_networks.py.

pip install torch==2.15.0 grad-cam==1.5.7; python tests/golden/make_grad_cam.py
"""

import copy
from pathlib import Path

import numpy as np
import pytorch_grad_cam as theirs
from make_networks import images, networks
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CAMS = {
    "grad_cam": theirs.GradCAM,
    "grad_cam_plus_plus": theirs.GradCAMPlusPlus,
    "hires_cam": theirs.HiResCAM,
    "xgrad_cam": theirs.XGradCAM,
    "layer_cam": theirs.LayerCAM,
}
LAYERS = {
    "plain": "relu2",  # half the image's size; the others have it whole
    "residual": "relu1",
    "dense": "relu1",
}
"""A module of each network."""


def merged(model: nn.Module) -> nn.Module:
    """A network without batch norms, which the package takes into the convolution before them.

    Its logits are larger, which changes no map but for the 1e-7 that is added to their largest.
    """
    model = copy.deepcopy(model)
    model.head.weight.data *= 1000
    if hasattr(model, "norm"):
        model.conv1 = fuse_conv_bn_eval(model.conv1, model.norm)
        model.norm = nn.Identity()
    return model


def seen(cam: theirs.base_cam.BaseCAM) -> list[np.ndarray]:
    """The layer's values, and their gradients if there are any."""
    kept = cam.activations_and_grads
    return [each.numpy() for each in (*kept.activations, *kept.gradients)]


def main() -> None:
    x, _, target = images()
    wanted = [ClassifierOutputTarget(int(each)) for each in target]
    found: dict[str, np.ndarray] = {}
    for network, model in networks().items():
        # Ablation-CAM divides by the logit, and turns its sign where that is negative.
        best = model(x).argmax(1)
        highest = [ClassifierOutputTarget(int(each)) for each in best]
        found[f"{network}/best"] = best.numpy()
        found[f"{network}/full_grad"] = theirs.FullGrad(merged(model), [])(x, wanted)
        place = [getattr(model, LAYERS[network])]
        cam = theirs.EigenCAM(model, place)
        cam(x, wanted)
        found[f"{network}/eigen_cam"] = get_2d_projection(seen(cam)[0])
        found[f"{network}/score_cam"] = theirs.ScoreCAM(model, place)(x, wanted)
        found[f"{network}/ablation_cam"] = theirs.AblationCAM(model, place)(x, highest)
        for name, method in CAMS.items():
            key = f"{network}/{name}"
            found[key] = method(model, place)(x, wanted)
            found[f"{key}/augment"] = method(model, place)(x, wanted, aug_smooth=True)
            cam = method(model, place)
            cam(x, wanted)
            # Before the ReLU: a component's sign is arbitrary.
            image = cam.get_cam_image(x, place[0], wanted, *seen(cam), eigen_smooth=True)
            found[f"{key}/first_component"] = image
    np.savez_compressed(Path(__file__).with_name("grad_cam.npz"), **found)


if __name__ == "__main__":
    main()
