"""The bundled networks, ready to look into."""

from __future__ import annotations

from .. import zoo
from .network import Network


def load(name: str) -> Network:
    """A bundled, trained network.

    Args:
        name: "digits", "digits_gru", "photos", "photos_vit", "sounds" or "texts";
            `cnnviz_widgets.zoo.NAMES` lists them.

    Raises:
        ValueError: names the bundled networks.
    """
    bundle = zoo.pretrained(name)
    return Network(
        bundle.module,
        input_shape=bundle.input_shape,
        classes=bundle.classes,
        preprocess=bundle.preprocess,
        value_range=bundle.value_range,
        dtype=None if bundle.tokenize is None else "int32",
        tokenize=bundle.tokenize,
    )
