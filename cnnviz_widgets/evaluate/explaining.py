"""Methods as metrics call them: by name, or as functions of one's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float32

from ..methods.attribution.method import METHODS, Attribution, Target
from ..methods.attribution.method import frames as frames_of
from ..network import InputError, Network
from ..network.errors import suggest
from .judged import check_values

Method = str | Callable[..., Any]


def check_method(method: Any) -> Method:
    """A method, if it is the name of one or can be called.

    Raises:
        InputError: names the nearest ones.
    """
    if isinstance(method, str) and method not in METHODS:
        raise InputError(
            f"expected the name of an attribution method, got {method!r}: "
            f"{suggest(method, METHODS)}"
        )
    if not isinstance(method, str) and not callable(method):
        raise InputError(
            "expected the name of an attribution method, or a function method(net, x, target=…); "
            f"got {type(method).__name__}."
        )
    return method


def name_of(method: Method) -> str:
    """What to call a method in a table."""
    if isinstance(method, str):
        return method
    if isinstance(method, functools.partial):
        return name_of(method.func)
    return str(getattr(method, "__name__", type(method).__name__))


def explain(
    method: Method, net: Network, x: Any, target: Target, **options: Any
) -> Float32[np.ndarray, "n ..."]:
    """The values that a method gives, checked.

    Args:
        method: its name, or a function `method(net, x, target=…)` that gives an `Attribution` or
            an array.
        net: the network.
        x: a checked batch.
        target: of each image.
        options: of the method.

    Raises:
        InputError: if they are not finite numbers of the images' size.
    """
    if isinstance(method, str):
        *_, found = frames_of(method, net, x, target=target, **options)
    else:
        found = method(net, x, target=target, **options)
    values = found.values if isinstance(found, Attribution) else found
    return check_values(values, np.shape(x))
