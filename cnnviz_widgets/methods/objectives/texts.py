"""From what a person writes to the objective that it stands for."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ...network import Network, UnknownTargetError
from ...network.errors import suggest
from .algebra import Objective, layer_objective, unit_objective
from .checks import check_units
from .scores import logit


def objective(net: Network, target: Objective | str | int | np.integer) -> Objective:
    """The objective that a short text or a number stands for.

    Args:
        net: the network.
        target: "layer:channel" (mean of a channel), "layer:channel@row,column" (one unit; of a
            layer over a sequence "layer:channel@step"),
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


def _class(net: Network, index: int) -> Objective:
    label = net.classes[index] if net.classes else f"class {index}"
    return Objective(label, (net.logits.name,), logit, (index,))
