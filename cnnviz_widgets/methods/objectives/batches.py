"""Objectives for several pictures at once: to differ, to resemble, to lie between two.

`each` makes one objective of a list of them, one for each picture. Those of one kind share their
compiled code: their channels become one array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...network import InputError
from .algebra import Objective, as_objective
from .form import Composite, Form, Place, Scores, Values
from .scores import only


def diversity(layer: str) -> Objective:
    """How much the pictures of a batch differ in a layer's style; at most 0.

    The style of a picture is its matrix of products of channels, brought to length one. A
    picture's score is minus the mean product of its style with those of the others.

    An ascent of one picture, or of a list of targets with a picture each, refuses it.

    Args:
        layer: its name.

    References:
        Olah, Mordvintsev and Schubert 2017, https://distill.pub/2017/feature-visualization.
    """
    return Objective(f"diversity in {layer}", (layer,), _diversity, places=(Place(layer),))


def alignment(layer: str, decay: float = 2.0) -> Objective:
    """How alike neighbouring pictures of a batch are in a layer, place by place; at most 0.

    One picture alone is refused, as by `diversity`.

    Args:
        layer: its name.
        decay: by how much less pictures count with each step between them, up to four.
    """
    label = f"alignment in {layer}"
    return Objective(label, (layer,), _alignment, (float(decay),), places=(Place(layer),))


def interpolation(first: Any, second: Any) -> Objective:
    """From one objective to another, over the pictures of a batch.

    The first picture of the batch climbs `first`, the last one `second`, the others mixtures. One
    picture alone climbs `first`.

    Args:
        first: an `Objective`, or a text such as "conv3:5".
        second: likewise.

    Example:
        >>> ascend(net, interpolation("conv3:5", "conv3:9"), batch=6)
    """
    a, b = as_objective(first), as_objective(second)
    return Objective(
        f"{a.label} to {b.label}",
        tuple(dict.fromkeys((*a.layers, *b.layers))),
        _Between(a.form, b.form),
        (a.weighed, b.weighed),
        places=(*a.places, *b.places),
    )


def each(goals: Sequence[Objective]) -> Objective:
    """One objective for a batch whose pictures each have their own.

    Args:
        goals: one for each picture. None may look at other pictures than its own, as diversity
            does.

    Raises:
        InputError: if there is none.
    """
    if not goals:
        raise InputError("expected at least one objective, got an empty list.")
    kinds: dict[Any, list[int]] = {}
    for number, goal in enumerate(goals):
        kinds.setdefault((goal.form, _shapes(goal.weighed)), []).append(number)
    groups = tuple((form, tuple(members)) for (form, _), members in kinds.items())
    return Objective(
        ", ".join(goal.label for goal in goals),
        tuple(dict.fromkeys(name for goal in goals for name in goal.layers)),
        _Each(groups),
        tuple(_stacked([goals[number].weighed for number in members]) for _, members in groups),
        places=tuple(dict.fromkeys(place for goal in goals for place in goal.places)),
    )


def _shapes(arguments: Any) -> tuple[Any, ...]:
    leaves, structure = jax.tree_util.tree_flatten(arguments)
    return structure, tuple(np.shape(leaf) for leaf in leaves)


def _stacked(weighed: list[Any]) -> Any:
    return jax.tree_util.tree_map(lambda *leaves: np.stack(leaves), *weighed)


@dataclass(frozen=True)
class _Each(Composite):
    """Groups of pictures that have objectives of one form, by their numbers in the batch."""

    groups: tuple[tuple[Form, tuple[int, ...]], ...]

    def __call__(self, values: Values, arguments: Any) -> Scores:
        found, order = [], []
        for (form, members), weighed in zip(self.groups, arguments, strict=True):
            chosen = np.asarray(members)
            own = {name: values[name][chosen] for name in form.layers}
            found.append(jax.vmap(lambda v, w, form=form: self._alone(form, v, w))(own, weighed))
            order.extend(members)
        return jnp.concatenate(found)[np.argsort(order)]

    @staticmethod
    def _alone(form: Form, values: Values, weighed: Any) -> Any:
        score = form({name: value[None] for name, value in values.items()}, weighed)
        return jnp.reshape(score, ())

    def channels(self, arguments: Any) -> Iterator[tuple[str, Any]]:
        """As `Form.channels`; a channel is an array, one for each picture of a group."""
        for (form, _), weighed in zip(self.groups, arguments, strict=True):
            yield from form.channels(weighed)


@dataclass(frozen=True)
class _Between(Composite):
    first: Form
    second: Form

    def __call__(self, values: Values, arguments: Any) -> Scores:
        a = self.first(values, arguments[0])
        b = self.second(values, arguments[1])
        part = jnp.linspace(0.0, 1.0, a.shape[0])
        return (1 - part) * a + part * b

    def channels(self, arguments: Any) -> Iterator[tuple[str, Any]]:
        """As `Form.channels`, for both ends."""
        yield from self.first.channels(arguments[0])
        yield from self.second.channels(arguments[1])


def _several(values: Values, name: str) -> jax.Array:
    """The one value that there is, of a batch of pictures that can be compared."""
    value = only(values)
    if len(value) < 2:
        raise InputError(
            f"expected several pictures of one target for {name}, which compares them, got one. "
            "Pass batch=4."
        )
    return value


def _diversity(values: Values, _: Any) -> Scores:
    value = _several(values, "diversity")
    places = value.reshape(value.shape[0], -1, value.shape[-1])
    grams = jnp.einsum("npc,npd->ncd", places, places).reshape(value.shape[0], -1)
    lengths = jnp.sqrt(jnp.maximum(jnp.square(grams).sum(1), 1e-10))
    styles = grams / lengths[:, None]
    products = styles @ styles.T
    others = products * (1 - jnp.eye(len(products)))
    return -others.sum(1) / max(len(products), 1)


def _alignment(values: Values, arguments: Any) -> Scores:
    value, (decay,) = _several(values, "alignment"), arguments
    flat = value.reshape(value.shape[0], -1)
    total = jnp.zeros(flat.shape[0])
    for apart in range(1, min(5, flat.shape[0])):
        distance = jnp.square(flat[apart:] - flat[:-apart]).mean(1) / decay**apart
        half = distance / 2  # each of a pair bears its half
        total = total.at[apart:].add(half).at[:-apart].add(half)
    return -total
