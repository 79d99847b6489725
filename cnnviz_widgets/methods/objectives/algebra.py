"""An objective, its sums and products, and the short texts that stand for one.

Layers and function are fixed when the step is compiled; the arguments (which channel, which
position, which class) and the weight are traced, so another channel of the same layer, or another
factor before it, compiles nothing. A sum has its parts' layers and functions fixed and their
arguments and weights traced, too.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...network import UnknownTargetError
from .form import OF_THE_PICTURE, Composite, Form, Place, Score, Values, Weighed
from .scores import channel_mean, constant, mean_square, step_value, unit_value


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
    def taps(self) -> tuple[str, ...]:
        """The layers of the network among `layers`."""
        return tuple(name for name in self.layers if name not in OF_THE_PICTURE)

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
        return Objective(f"{given:g}", (), constant, (float(given),))
    if isinstance(given, str):
        name, colon, unit = given.rpartition(":")
        return unit_objective(name, unit) if colon else layer_objective(given)
    raise TypeError(
        f"expected an Objective, a number or a text such as 'conv3:5', got {type(given).__name__}."
    )


def layer_objective(name: str) -> Objective:
    """The mean square of a layer."""
    return Objective(name, (name,), mean_square, places=(Place(name),))


def unit_objective(name: str, text: str) -> Objective:
    """The objective of "channel", "channel@row,column" or "channel@step" in a layer.

    Raises:
        UnknownTargetError: if the text is something else.
    """
    match = re.fullmatch(r"(\d+)(?:@(\d+)(?:,(\d+))?)?", text.replace(" ", ""))
    if match is None:
        raise UnknownTargetError(
            f'expected "{name}:channel" or "{name}:channel@row,column" with whole '
            f'numbers, got "{name}:{text}".'
        )
    channel, row, column = (None if part is None else int(part) for part in match.groups())
    label, place = f"{name}:{text}", Place(name, channel, row, column)
    if row is None:
        return Objective(label, (name,), channel_mean, (channel,), True, places=(place,))
    if column is None:
        return Objective(label, (name,), step_value, (channel, row), True, places=(place,))
    return Objective(label, (name,), unit_value, (channel, row, column), True, places=(place,))
