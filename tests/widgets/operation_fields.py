"""What the kernel tells of small networks: fields, and places of them told one by one.

`python -m tests.widgets.operation_fields` writes them down for the tests of the front end, which
tells the same places from the fields alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets.methods import ValueExplainer
from cnnviz_widgets.methods.examples.tiles import tile_shape
from cnnviz_widgets.widgets.records.operation_field import FieldTelling
from cnnviz_widgets.widgets.records.operation_told import opened, rivals, told

FILE = Path(__file__).parents[2] / "js/test/fixtures/operation-fields.json"
DIMENSIONS = ("NHWC", "HWIO", "NHWC")


def windows(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    """Strides, paddings, dilations, groups, pools and what stands between them."""
    x = _conv(x, weights[0], (2, 1), "SAME") + weights[1]
    x = jax.nn.relu(x)
    x = nnx.max_pool(x, (3, 2), (1, 2), "SAME")
    y = _conv(x, weights[2], (1, 1), ((2, 1), (0, 2)), rhs_dilation=(2, 1), groups=2)
    x = jax.nn.gelu(y)
    x = x + _conv(x, weights[3], (1, 1), "SAME")
    x = jnp.concatenate([x, jnp.log(x)], -1)
    x = nnx.avg_pool(x, (2, 2), (1, 1), "VALID")
    with jax.named_scope("norm"):
        x = (x - weights[4]) * weights[5] + weights[4]
    with jax.named_scope("turned"):
        x = jnp.transpose(x, (0, 2, 1, 3))
    with jax.named_scope("sorted"):
        return jnp.sort(x, -1)


def rows(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    """A window on one axis, then sums and shares at every place."""
    x = jax.lax.conv_general_dilated(
        x, weights[0], (1,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
    )
    x = jnp.tanh(x) @ weights[1] + weights[2]
    return jax.nn.softmax(x, -1)


def spread(weights: list[jax.Array], x: jax.Array) -> jax.Array:
    """A transposed convolution, which has zeros between the values."""
    return jax.lax.conv_transpose(x, weights[0], (2, 2), "SAME", dimension_numbers=DIMENSIONS)


def _conv(x: jax.Array, kernel: jax.Array, strides: Any, padding: Any, **how: Any) -> jax.Array:
    groups = how.pop("groups", 1)
    return jax.lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=DIMENSIONS, feature_group_count=groups, **how
    )


Made = Callable[[list[jax.Array], jax.Array], jax.Array]
Shapes = list[tuple[int, ...]]
WINDOWS: Shapes = [
    (3, 2, 3, 30), (1, 1, 1, 30), (3, 3, 15, 4), (1, 1, 4, 4), (1, 1, 1, 8), (1, 1, 1, 8),
]  # fmt: skip
CASES: dict[str, tuple[Made, tuple[int, ...], Shapes]] = {
    "windows": (windows, (7, 6, 3), WINDOWS),
    "rows": (rows, (9, 2), [(3, 2, 16), (16, 40), (1, 1, 40)]),
    "spread": (spread, (3, 4, 2), [(3, 3, 2, 2)]),
}


def network(name: str) -> tuple[cw.Network, np.ndarray]:
    """One of the networks, and an image for it."""
    function, shape, weights = CASES[name]
    draw = np.random.default_rng(7)
    params = [jnp.asarray(draw.normal(size=each), jnp.float32) for each in weights]
    image = draw.uniform(size=shape).astype(np.float32)
    return cw.Network(function, params=params, input_shape=shape), image


def channels_with_places(net: cw.Network) -> Iterator[tuple[str, int]]:
    """The last channel of each layer that has places."""
    for layer in net.layers:
        count, height, width = tile_shape(layer)
        if height * width > 1:
            yield layer.name, count - 1


def recorded(name: str) -> list[dict[str, Any]]:
    """The layers of a network: a frame, the field, and some places told by the kernel."""
    net, image = network(name)
    explain = ValueExplainer(net, image[None])
    found = []
    for layer, channel in channels_with_places(net):
        first = explain(layer=layer, channel=channel)
        field = explain.field(first)
        if field is None or rivals(net, explain, first):
            continue
        height, width = field.value.shape
        places = [(0, 0), (height - 1, width - 1), (height // 2, width // 3)]
        asked = [(place, None) for place in places] + [(places[2], opened(first, 1))]
        tellings = [
            {"source": source, "frame": plain(told(net, explain, explain(
                layer=layer, channel=channel, position=place), source))}
            for place, source in asked
        ]  # fmt: skip
        message = {"image": 1, "type": "field", **FieldTelling(field).message()}
        known = {"image": 1, **told(net, explain, first, None)}
        found.append({"known": plain(known), "field": plain(message), "places": tellings})
    return found


def plain(frame: dict[str, Any]) -> dict[str, Any]:
    """A frame whose binary values are in base64."""
    return {
        key: {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for key, value in frame.items()
    }


def main() -> None:
    """Write all of them down."""
    cases = {name: recorded(name) for name in CASES}
    FILE.write_text(json.dumps(cases, allow_nan=False) + "\n")
    print(f"{FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
