"""What an ascent makes larger.

An objective is which layers it needs, a function of their values, and that function's arguments.
Layers and function are fixed when the step is compiled; the arguments (which channel, which
position, which class) and the weight are traced, so another channel of the same layer, or another
factor before it, compiles nothing.

Objectives are added, subtracted and multiplied: `channel("conv3", 5) - 0.1 * total_variation()`. A
sum has its parts' layers and functions fixed and their arguments and weights traced, too. Where a
part is a text, it stands for a unit or a layer: `"conv3:5" + diversity("conv3")`.

Signs: whatever an objective is named after grows when it is climbed. So `diversity` makes pictures
differ and `alignment` makes them alike, while `total_variation`, `l1`, `l2`, `blur` and
`boundary_complexity` are there to be subtracted.
"""

from __future__ import annotations

import numbers
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..network import InputError, Layer, Network, UnknownTargetError
from ..network.errors import suggest

Values = Mapping[str, jax.Array]
Scores = Float[Array, " n"]
Score = Callable[..., Any]
Weighed = tuple[Any, Any]
"""An objective's weight and arguments: all of it that is traced."""

INPUT = "input picture"
"""Stands for the picture itself, before any transform, among the layers of an objective."""

OPACITY = "opacity"
"""Likewise for the picture's opacity, (N, H, W, 1); one everywhere if it has no transparency."""

OF_THE_PICTURE = frozenset([INPUT, OPACITY])


class Place(NamedTuple):
    """What of a layer an objective asks for, to be checked against the network.

    Attributes:
        layer: its name.
        channel: that there has to be.
        row: likewise.
        column: likewise.
        width: how many channels the layer must have.
        extent: rows and columns that there have to be from `row` and `column` on.
    """

    layer: str
    channel: int | None = None
    row: int | None = None
    column: int | None = None
    width: int | None = None
    extent: tuple[int, int] = (1, 1)


class Form(NamedTuple):
    """What is fixed when an objective is compiled.

    Attributes:
        layers: whose values are needed; they come with channels last.
        score: from those values and the arguments to one number for each image, (N,).
        one_channel: whether `score` looks at nothing but channel `arguments[0]` of its one layer.
    """

    layers: tuple[str, ...]
    score: Score
    one_channel: bool = False

    def __call__(self, values: Values, weighed: Weighed) -> Any:
        """The weighted score of each image."""
        weight, arguments = weighed
        return weight * self.score({name: values[name] for name in self.layers}, arguments)

    def channels(self, weighed: Weighed) -> Iterator[tuple[str, Any]]:
        """Each layer with the channel that is looked at, or with `None` for the whole of it."""
        if isinstance(self.score, Composite):
            yield from self.score.channels(weighed[1])
        else:
            for name in self.layers:
                yield name, weighed[1][0] if self.one_channel else None


class Composite(ABC):
    """A score that is made of those of other forms, and passes their weights and arguments on."""

    @abstractmethod
    def __call__(self, values: Values, arguments: Any) -> Any:
        """The score of each image, (N,)."""

    @abstractmethod
    def channels(self, arguments: Any) -> Iterator[tuple[str, Any]]:
        """As `Form.channels`, for all parts."""


@dataclass(frozen=True)
class Objective:
    """A number for each image of a batch.

    Attributes:
        label: for people, such as "conv3:5".
        layers: whose values are needed; they come with channels last. `INPUT` is the picture.
        score: from those values and `arguments` to one number for each image, (N,).
        arguments: numbers or arrays that may change without compiling anything.
        one_channel: whether `score` looks at nothing but channel `arguments[0]` of its one layer,
            so that no other channel need be computed.
        weight: what the score is multiplied by.
        places: what there must be in the network.

    Example:
        >>> goal = objective(net, "conv3:5") - 0.2 * objective(net, "conv3:7")
    """

    label: str
    layers: tuple[str, ...]
    score: Score
    arguments: tuple[Any, ...] = ()
    one_channel: bool = False
    weight: Any = 1.0
    places: tuple[Place, ...] = ()

    @property
    def form(self) -> Form:
        """What of it is compiled in."""
        return Form(self.layers, self.score, self.one_channel)

    @property
    def weighed(self) -> Weighed:
        """What of it is traced."""
        return self.weight, self.arguments

    def __call__(self, values: Values) -> Any:
        """The weighted score of each image, (N,), from the values of its layers."""
        return self.form(values, self.weighed)

    def __add__(self, other: Any) -> Objective:
        return combined(_Sum, "+", self, other)

    def __radd__(self, other: Any) -> Objective:
        return self if isinstance(other, int) and other == 0 else as_objective(other) + self

    def __sub__(self, other: Any) -> Objective:
        subtracted = -as_objective(other)
        return replace(self + subtracted, label=f"{self.label} - {_factor(other)}")

    def __rsub__(self, other: Any) -> Objective:
        return as_objective(other) - self

    def __mul__(self, other: Any) -> Objective:
        if isinstance(other, numbers.Real):
            return replace(
                self, weight=self.weight * float(other), label=f"{other:g} * {_factor(self)}"
            )
        return combined(_Product, "*", self, other)

    def __rmul__(self, other: Any) -> Objective:
        return self * other if isinstance(other, numbers.Real) else as_objective(other) * self

    def __neg__(self) -> Objective:
        return replace(self, weight=-self.weight, label=f"-{_factor(self)}")


def _factor(given: Any) -> str:
    """The label of what stands behind a sign, in brackets if it is a sum."""
    label = given.label if isinstance(given, Objective) else str(given)
    return f"({label})" if re.search(r" [+-] ", label) else label


def combined(how: type[_Parts], sign: str, *given: Any) -> Objective:
    """Several objectives as the parts of one."""
    parts = [as_objective(each) for each in given]
    labels = [each.label if sign == "+" else _factor(each) for each in parts]
    return Objective(
        f" {sign} ".join(labels),
        tuple(dict.fromkeys(name for each in parts for name in each.layers)),
        how(tuple(each.form for each in parts)),
        tuple(each.weighed for each in parts),
        places=tuple(place for each in parts for place in each.places),
    )


@dataclass(frozen=True)
class _Parts(Composite):
    forms: tuple[Form, ...]

    def each(self, values: Values, arguments: Any) -> list[Any]:
        """The score of each part."""
        return [form(values, weighed) for form, weighed in zip(self.forms, arguments, strict=True)]

    def channels(self, arguments: Any) -> Iterator[tuple[str, Any]]:
        """As `Form.channels`, for all parts."""
        for form, weighed in zip(self.forms, arguments, strict=True):
            yield from form.channels(weighed)


class _Sum(_Parts):
    def __call__(self, values: Values, arguments: Any) -> Any:
        return sum(self.each(values, arguments))


class _Product(_Parts):
    def __call__(self, values: Values, arguments: Any) -> Any:
        first, second = self.each(values, arguments)
        return first * second


def as_objective(given: Any) -> Objective:
    """The objective that an operand stands for: itself, a number, a unit or a layer.

    Raises:
        TypeError: if it is of another kind.
        UnknownTargetError: if a text is malformed.
    """
    if isinstance(given, Objective):
        return given
    if isinstance(given, numbers.Real):
        return Objective(f"{given:g}", (), _constant, (float(given),))
    if isinstance(given, str):
        name, colon, unit = given.rpartition(":")
        return unit_objective(name, unit) if colon else layer_objective(given)
    raise TypeError(
        f"expected an Objective, a number or a text such as 'conv3:5', got {type(given).__name__}."
    )


def of_taps(
    layers: str | Iterable[str],
    function: Callable[..., Any],
    *arguments: Any,
    label: str | None = None,
) -> Objective:
    """Your own objective, as a function of the values of layers.

    Args:
        layers: names of those that the function needs; `INPUT` stands for the picture.
        function: `function(values, *arguments)` from a mapping of name to (N, H, W, C) or (N, C),
            to one number for each image, (N,). What it does is compiled once for each function.
        arguments: numbers or arrays; others compile nothing.
        label: for people; the function's name if left out.

    Example:
        >>> bright = of_taps("conv3", lambda taps: taps["conv3"].max((1, 2, 3)))
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    found = tuple(Place(name) for name in names if name not in OF_THE_PICTURE)
    words = getattr(function, "__name__", "own") if label is None else label
    return Objective(words, names, _Own(function), tuple(arguments), places=found)


@dataclass(frozen=True)
class _Own:
    function: Callable[..., Any]

    def __call__(self, values: Values, arguments: Any) -> Any:
        return self.function(values, *arguments)


def objective(net: Network, target: Objective | str | int) -> Objective:
    """The objective that a short text or a number stands for.

    Args:
        net: the network.
        target: "layer:channel" (mean of a channel), "layer:channel@row,column" (one unit),
            "layer" (mean square of the layer, as in DeepDream), a class by name or number (its
            logit), or a sum of such, as in "conv3:5 - 0.5*conv3:7".

    Raises:
        UnknownLayerError, UnknownTargetError: say what there is.
    """
    if isinstance(target, Objective):
        check_units(target, net.__getitem__)
        return target
    if not isinstance(target, str):
        return _class(net, net.class_index(target))
    if target in net:
        return layer_objective(target)
    if net.classes and target in net.classes:
        return _class(net, net.class_index(target))
    if re.search(r"\s[+-]\s|^\s*-|^[\s\d.]+\*", target):
        return _expression(net, target)
    name, colon, unit = target.rpartition(":")
    if colon:
        found = replace(unit_objective(net[name].name, unit), label=target)
        check_units(found, net.__getitem__)
        return found
    known = [*(layer.name for layer in net.layers), *(net.classes or ())]
    raise UnknownTargetError(
        f'expected "layer:channel", "layer:channel@row,column", a layer or a class, got '
        f"{target!r}: {suggest(target, known)}"
    )


_TERM = re.compile(r"\s*(-?)\s*(?:(\d*\.?\d+(?:e[+-]?\d+)?)\s*\*\s*)?(.+?)\s*$")


def _expression(net: Network, text: str) -> Objective:
    """The sum that a text such as "conv3:5 - 0.5*conv3:7" stands for."""
    first, *rest = re.split(r"\s([+-])\s", text)
    total = _term(net, first)
    for sign, term in zip(rest[::2], rest[1::2], strict=True):
        total = total + _term(net, term) if sign == "+" else total - _term(net, term)
    return total


def _term(net: Network, text: str) -> Objective:
    match = _TERM.match(text)
    if match is None:
        raise UnknownTargetError(f'expected a term such as "0.5*conv3:7", got {text!r}.')
    minus, factor, name = match.groups()
    found = objective(net, int(name) if name.isdigit() else name)
    found = float(factor) * found if factor else found
    return -found if minus else found


def layer_objective(name: str) -> Objective:
    """The mean square of a layer."""
    return Objective(name, (name,), _mean_square, places=(Place(name),))


def _class(net: Network, index: int) -> Objective:
    label = net.classes[index] if net.classes else f"class {index}"
    return Objective(label, (net.logits.name,), _logit, (index,))


def unit_objective(name: str, text: str) -> Objective:
    """The objective of "channel" or "channel@row,column" in the layer of that name.

    Raises:
        UnknownTargetError: if the text is something else.
    """
    match = re.fullmatch(r"(\d+)(?:@(\d+),(\d+))?", text.replace(" ", ""))
    if match is None:
        raise UnknownTargetError(
            f'expected "{name}:channel" or "{name}:channel@row,column" with whole '
            f'numbers, got "{name}:{text}".'
        )
    channel, row, column = (None if part is None else int(part) for part in match.groups())
    label, place = f"{name}:{text}", Place(name, channel, row, column)
    if row is None:
        return Objective(label, (name,), _channel_mean, (channel,), True, places=(place,))
    return Objective(label, (name,), _unit_value, (channel, row, column), True, places=(place,))


def check_units(found: Objective, layer_of: Callable[[str], Layer]) -> None:
    """Refuse an objective whose layers or channels the network does not have.

    Args:
        found: the objective.
        layer_of: gives a layer by its name, or raises UnknownLayerError.

    Raises:
        UnknownLayerError, UnknownTargetError: say what there is.
        InputError: if a direction has another length than the layer has channels.
    """
    for place in found.places:
        layer = layer_of(place.layer)
        if place.channel is not None:
            check_index(f"a channel of {layer.name}", place.channel, layer.channels)
        if place.row is not None and len(layer.spatial) != 2:
            raise UnknownTargetError(
                f"{layer.name!r} has no rows and columns; leave out @row,column."
            )
        if place.width not in (None, layer.channels):
            raise InputError(
                f"expected a direction of {layer.channels} numbers, one for each channel of "
                f"{layer.name}, got {place.width}."
            )


def check_position(found: Objective, layer_of: Callable[[str], Layer]) -> None:
    """Refuse a unit that lies outside its layer at the size at hand.

    Raises:
        UnknownTargetError: says which rows and columns there are.
    """
    for place in found.places:
        given = (place.row, place.column)
        if place.row is None or place.column is None:
            continue
        layer = layer_of(place.layer)
        for what, first, reach, axis in zip(
            ("row", "column"), given, place.extent, layer.spatial, strict=True
        ):
            assert first is not None
            check_index(f"a {what} of {layer.name}", first, layer.shape[axis])
            check_index(f"a {what} of {layer.name}", first + reach - 1, layer.shape[axis])


def check_index(what: str, given: int, count: int) -> None:
    """Refuse a number of something that there is not.

    Raises:
        UnknownTargetError: says what was expected.
    """
    if not 0 <= given < count:
        raise UnknownTargetError(f"expected {what} from 0 to {count - 1}, got {given}.")


def only(values: Values) -> jax.Array:
    """The one value that there is, in float32."""
    (value,) = values.values()
    return value.astype(jnp.float32)


def take(value: jax.Array, channel: Any) -> jax.Array:
    """One channel, which may be traced."""
    return jax.lax.dynamic_index_in_dim(value, channel, axis=-1, keepdims=False)


def per_image(value: jax.Array) -> jax.Array:
    """The mean for each image, (N,)."""
    return value.reshape(value.shape[0], -1).mean(1)


def _constant(values: Values, arguments: Any) -> Any:  # noqa: ARG001 (a score's signature)
    return arguments[0]


def _channel_mean(values: Values, arguments: Any) -> Scores:
    return per_image(take(only(values), arguments[0]))


def _unit_value(values: Values, arguments: Any) -> Scores:
    channel, row, column = arguments
    taken = take(only(values), channel)
    return jax.vmap(lambda one: one[row, column])(taken)


def _mean_square(values: Values, _: Any) -> Scores:
    return per_image(jnp.square(only(values)))


def _logit(values: Values, arguments: Any) -> Scores:
    value = only(values)
    return take(value.reshape(value.shape[0], -1), arguments[0])


def whole_numbers(**given: Any) -> None:
    """Refuse what is no whole number, by name.

    Raises:
        UnknownTargetError: names it.
    """
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise UnknownTargetError(f"expected {name} as a whole number from 0, got {value!r}.")
