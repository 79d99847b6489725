"""Names that are not known, refused with advice.

ipywidgets takes any keyword and ignores it, so that a misspelt one would be passed over in silence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence

import traitlets

from ...network.errors import suggest


def refuse_unknown(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Check the names of keyword arguments.

    Raises:
        TypeError: names the nearest known ones.
    """
    known = list(known)
    for name in given:
        if name not in known:
            raise TypeError(f"{owner} takes no argument {name!r}: {suggest(name, known)}")


def takes_any(function: Callable[..., object]) -> bool:
    """Whether a function takes keywords of any name, and so has to look at them itself."""
    parameters = inspect.signature(function).parameters.values()
    return any(each.kind is each.VAR_KEYWORD for each in parameters)


def keywords_of(function: Callable[..., object], only: bool = False) -> list[str]:
    """The names that a function takes by keyword.

    Args:
        function: with a signature.
        only: leave out those that may be given by place, too.
    """
    kinds = [inspect.Parameter.KEYWORD_ONLY]
    if not only:
        kinds.append(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind in kinds and each.name != "self"]


def check_name(what: str, name: str, known: Iterable[str]) -> str:
    """Check a name that a trait is set to.

    Raises:
        TraitError: names the nearest known ones.
    """
    known = list(known)
    if name not in known:
        raise traitlets.TraitError(f"expected {what}, got {name!r}: {suggest(name, known)}")
    return name


def check_class(number: int | None, classes: Sequence[str]) -> int | None:
    """Check the number of a class that a trait is set to; `None` stands for the predicted one.

    Raises:
        TraitError: says which numbers there are.
    """
    if number is not None and not 0 <= number < len(classes):
        raise traitlets.TraitError(f"expected a class from 0 to {len(classes) - 1}, got {number}.")
    return number
