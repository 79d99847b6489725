"""The pieces of an ascent as Lucent has them; see tests/golden/make_lucent.py."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets.methods import Fourier, Pad, Rotate, Scale, ascend
from tests.models.golden import X, golden, network

GOLDEN = golden("lucent")
KEY = jax.random.key(0)
SHAPE = (1, 12, 10, 3)


def _names(kind: str) -> list[str]:
    return sorted(name.split("/")[1] for name in GOLDEN if name.startswith(f"{kind}/"))


def test_the_same_waves_are_the_same_picture_and_take_the_same_gradient():
    def total(parameters):
        picture = Fourier().image(parameters, SHAPE)
        return (picture * GOLDEN["slope"]).sum(), picture

    gradient, picture = jax.grad(total, has_aux=True)(jnp.asarray(GOLDEN["spectrum"]))
    np.testing.assert_allclose(picture, GOLDEN["picture"], atol=1e-5)
    np.testing.assert_allclose(gradient, GOLDEN["gradient"], atol=1e-5)


def test_a_border_is_the_same():
    np.testing.assert_array_equal(Pad(3)(jnp.asarray(X[:1]), KEY), GOLDEN["padded"])


@pytest.mark.parametrize("factor", _names("scaled"))
def test_a_scaled_picture_is_the_same_on_the_canvas(factor):
    """Lucent's canvas grows with the picture; ours stays, so that one step serves all scales."""
    scaled = Scale((float(factor),), fill=0.0)(jnp.asarray(X[:1, :9, :9]), KEY)
    theirs = GOLDEN[f"scaled/{factor}"]
    beyond = (theirs.shape[1] - 9) // 2
    np.testing.assert_allclose(
        scaled, theirs[:, beyond : beyond + 9, beyond : beyond + 9], atol=1e-5
    )


@pytest.mark.parametrize("degrees", _names("rotated"))
def test_a_turned_picture_is_the_same(degrees):
    turned = Rotate((float(degrees),), fill=0.0)(jnp.asarray(X[:1, :9, :9]), KEY)
    np.testing.assert_allclose(turned, GOLDEN[f"rotated/{degrees}"], atol=1e-5)


@pytest.mark.parametrize("layer", _names("climbed"))
def test_the_same_start_climbs_to_the_same_pictures(layer, lenient_ranks):
    """The whole loop: the objective, its gradient, Adam, and which picture is the last."""
    unit = {"conv1": "conv:2", "conv2": "conv_2:5"}[layer]
    start = np.asarray(Fourier().image(jnp.asarray(GOLDEN[f"start/{layer}"]), SHAPE))[0]
    frames = ascend(
        network("plain"), unit, preset="lucid", transforms=(), start=start,
        steps=len(GOLDEN[f"climbed/{layer}"]),
    )  # fmt: skip
    pictures = np.concatenate([frame.images for frame in frames])
    np.testing.assert_allclose(pictures[1:], GOLDEN[f"climbed/{layer}"], atol=1e-5)
