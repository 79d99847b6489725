"""What an ascent makes larger.

An objective is which layers it needs, a function of their values, and that function's arguments.
Layers and function are fixed when the step is compiled; the arguments (which channel, which
position, which class) are traced, so another channel of the same layer compiles nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..network import Layer, Network, UnknownTargetError
from ..network.errors import suggest

Values = Mapping[str, jax.Array]
Scores = Float[Array, " n"]
Score = Callable[[Values, Any], Scores]


@dataclass(frozen=True)
class Objective:
    """A number for each image of a batch.

    Attributes:
        label: for people, such as "conv3:5".
        layers: whose values are needed; they come with channels last.
        score: from those values and `arguments` to one number for each image, (N,).
        arguments: numbers or arrays that may change without compiling anything.
        one_channel: whether `score` looks at nothing but channel `arguments[0]` of its one layer,
            so that no other channel need be computed.
    """

    label: str
    layers: tuple[str, ...]
    score: Score
    arguments: tuple[int, ...] = ()
    one_channel: bool = False


def objective(net: Network, target: Objective | str | int) -> Objective:
    """The objective that a short text or a number stands for.

    Args:
        net: the network.
        target: "layer:channel" (mean of a channel), "layer:channel@row,column" (one unit),
            "layer" (mean square of the layer, as in DeepDream), or a class by name or number
            (its logit).

    Raises:
        UnknownLayerError, UnknownTargetError: say what there is.
    """
    if isinstance(target, Objective):
        return target
    if not isinstance(target, str):
        return _class(net, net.class_index(target))
    if target in net:
        return _layer(net[target])
    if net.classes and target in net.classes:
        return _class(net, net.class_index(target))
    name, colon, unit = target.rpartition(":")
    if colon:
        return _unit(net[name], unit)
    known = [*(layer.name for layer in net.layers), *(net.classes or ())]
    raise UnknownTargetError(
        f'expected "layer:channel", "layer:channel@row,column", a layer or a class, got '
        f"{target!r}: {suggest(target, known)}"
    )


def _layer(layer: Layer) -> Objective:
    return Objective(layer.name, (layer.name,), _mean_square)


def _class(net: Network, index: int) -> Objective:
    label = net.classes[index] if net.classes else f"class {index}"
    return Objective(label, (net.logits.name,), _logit, (index,))


def _unit(layer: Layer, text: str) -> Objective:
    match = re.fullmatch(r"(\d+)(?:@(\d+),(\d+))?", text.replace(" ", ""))
    if match is None:
        raise UnknownTargetError(
            f'expected "{layer.name}:channel" or "{layer.name}:channel@row,column" with whole '
            f'numbers, got "{layer.name}:{text}".'
        )
    channel, row, column = (None if part is None else int(part) for part in match.groups())
    assert channel is not None
    check_index(f"a channel of {layer.name}", channel, layer.channels)
    label = f"{layer.name}:{text}"
    if row is None or column is None:
        return Objective(label, (layer.name,), _channel_mean, (channel,), one_channel=True)
    if len(layer.spatial) != 2:
        raise UnknownTargetError(f"{layer.name!r} has no rows and columns; leave out @row,column.")
    return Objective(label, (layer.name,), _unit_value, (channel, row, column), one_channel=True)


def check_position(found: Objective, layer: Layer) -> None:
    """Refuse a unit that lies outside its layer at the size at hand.

    Raises:
        UnknownTargetError: says which rows and columns there are.
    """
    if found.score is _unit_value:
        for what, given, axis in zip(
            ("row", "column"), found.arguments[1:], layer.spatial, strict=True
        ):
            check_index(f"a {what} of {layer.name}", given, layer.shape[axis])


def check_index(what: str, given: int, count: int) -> None:
    """Refuse a number of something that there is not.

    Raises:
        UnknownTargetError: says what was expected.
    """
    if not 0 <= given < count:
        raise UnknownTargetError(f"expected {what} from 0 to {count - 1}, got {given}.")


def _only(values: Values) -> jax.Array:
    (value,) = values.values()
    return value.astype(jnp.float32)


def _take(value: jax.Array, channel: Any) -> jax.Array:
    return jax.lax.dynamic_index_in_dim(value, channel, axis=-1, keepdims=False)


def _channel_mean(values: Values, arguments: Any) -> Scores:
    (channel,) = arguments
    taken = _take(_only(values), channel)
    return taken.reshape(taken.shape[0], -1).mean(1)


def _unit_value(values: Values, arguments: Any) -> Scores:
    channel, row, column = arguments
    taken = _take(_only(values), channel)
    return jax.vmap(lambda one: one[row, column])(taken)


def _mean_square(values: Values, _: Any) -> Scores:
    value = _only(values)
    return jnp.square(value.reshape(value.shape[0], -1)).mean(1)


def _logit(values: Values, arguments: Any) -> Scores:
    (index,) = arguments
    value = _only(values)
    return _take(value.reshape(value.shape[0], -1), index)
