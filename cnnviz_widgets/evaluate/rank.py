"""Ranking methods on a network and a set of images, with a random map for the floor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from ..methods.attribution.method import METHODS, Target, targets, value_batch
from ..network import InputError, Network, UnknownOperationError
from ..network.errors import suggest
from .explaining import Method, check_method, explain, name_of
from .judged import Scores
from .metric import METRICS, Metric
from .random_map import random_map
from .ranking import Ranking

DEFAULT_METHODS = (
    "saliency",
    "input_x_gradient",
    "smooth_grad",
    "integrated_gradients",
    "guided_backpropagation",
    "grad_cam",
    "hires_cam",
    "layer_cam",
)
DEFAULT_METRICS = ("deletion", "insertion", "mu_fidelity", "sparseness")

Options = Mapping[str, Mapping[str, Any]]
Drawn = Mapping[str, Any]
"""A seed or a key, by its name."""


def rank(
    net: Network,
    x: Any,
    methods: Sequence[Method] | Mapping[str, Method] = DEFAULT_METHODS,
    metrics: Sequence[str | Metric] = DEFAULT_METRICS,
    *,
    target: Target = None,
    where: Any = None,
    cells: Any = None,
    options: Options | None = None,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Ranking:
    """Rank methods by metrics on a set of images.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        methods: names of attribution methods, or functions `method(net, x, target=…)`; a mapping
            gives them names of one's own.
        metrics: names of metrics, or `Metric`s of one's own.
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        where: the object, for metrics that need one; see `pointing_game`.
        cells: of a collage, for metrics that need them; see `grid_pointing_game`.
        options: of metrics, by their names: `{"deletion": {"steps": 20}}`.
        seed: of all that is drawn at random: the random map, and whatever methods and metrics known
            by name draw. The same seed gives the same ranking.
        key: a JAX key in place of `seed`.

    Returns:
        The numbers with a table of them. A method that cannot run on this network, such as guided
        backpropagation without ReLUs, has no numbers and a note.

    Raises:
        InputError: if `x`, a method, a metric or an option is not what is expected.
        UnknownTargetError: if there is no such class.

    Example:
        >>> print(cw.evaluate.rank(net, x, ["saliency", "grad_cam"], ["deletion", "insertion"]))
    """
    *_, last = rank_frames(
        net, x, methods, metrics, target=target, where=where, cells=cells, options=options,
        seed=seed, key=key,
    )  # fmt: skip
    return last


def rank_frames(
    net: Network,
    x: Any,
    methods: Sequence[Method] | Mapping[str, Method] = DEFAULT_METHODS,
    metrics: Sequence[str | Metric] = DEFAULT_METRICS,
    *,
    target: Target = None,
    where: Any = None,
    cells: Any = None,
    options: Options | None = None,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Ranking]:
    """The ranking as it grows, a frame for each number; args and errors as for `rank`.

    The random map comes first, so that every number has its floor.
    """
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    drawn = {"seed": seed} if key is None else {"key": key}
    rows = _rows(methods, drawn)
    columns = [_metric(each) for each in metrics]
    if not columns:
        raise InputError("expected at least one metric, got none.")
    extra = _extra(columns, where, cells, options or {}, drawn)
    scores = np.full((len(rows), len(columns), len(classes)), np.nan, np.float32)
    notes: list[str] = []
    done = 0
    for row in [len(rows) - 1, *range(len(rows) - 1)]:
        name, method = rows[row]
        values, refused = _explained(method, net, batch, classes, drawn)
        if refused:
            notes.append(f"{name} could not run: {refused}")
        for column, metric in enumerate(columns):
            done += 1
            if refused is None:
                judged: Any = method if metric.needs == "method" else values
                scores[row, column] = _scored(metric, net, batch, judged, classes, extra[column])
            yield Ranking(
                tuple(name for name, _ in rows),
                tuple(metric.name for metric in columns),
                tuple(metric.better for metric in columns),
                scores.copy(),
                done / (len(rows) * len(columns)),
                tuple(notes),
            )


def _rows(
    methods: Sequence[Method] | Mapping[str, Method], drawn: Drawn
) -> list[tuple[str, Method]]:
    if isinstance(methods, str):
        raise InputError(f"expected a list of methods, got {methods!r}. [{methods!r}] makes one.")
    named = (
        list(methods.items())
        if isinstance(methods, Mapping)
        else [(name_of(check_method(each)), each) for each in methods]
    )
    if not named:
        raise InputError("expected at least one method, got none.")

    def floor(net: Network, x: Any, *, target: Target) -> Any:
        return random_map(net, x, target=target, **drawn)

    return [(str(name), check_method(each)) for name, each in named] + [("random_map", floor)]


def _taken(function: Callable[..., Any], drawn: Drawn) -> Drawn:
    """What a function that draws random numbers is to draw them from; nothing for others."""
    return drawn if drawn.keys() <= inspect.signature(function).parameters.keys() else {}


def _metric(metric: str | Metric) -> Metric:
    if isinstance(metric, Metric):
        return metric
    if metric not in METRICS:
        raise InputError(
            f"expected the name of a metric, or a Metric, got {metric!r}: "
            f"{suggest(str(metric), METRICS)}"
        )
    return METRICS[metric]


def _extra(
    columns: Sequence[Metric], where: Any, cells: Any, options: Options, drawn: Drawn
) -> list[dict[str, Any]]:
    """What each metric is to be called with besides values and class."""
    names = [metric.name for metric in columns]
    for name in options:
        if name not in names:
            raise InputError(
                f"expected options of a metric of this ranking, got some of {name!r}: "
                f"{suggest(name, names)}"
            )
    found = []
    for metric in columns:
        own = options.get(metric.name, {})
        random = {} if own.keys() & {"seed", "key"} else _taken(metric.function, drawn)
        given: dict[str, Any] = {**random, **own}
        objects = {"where": cells if where is None else where, "cells": cells}
        if metric.needs in objects:
            if objects[metric.needs] is None:
                raise InputError(f"expected {metric.needs}= for {metric.name}, got none.")
            given[metric.needs] = objects[metric.needs]
        found.append(given)
    return found


def _explained(
    method: Method, net: Network, batch: Any, classes: tuple[int, ...], drawn: Drawn
) -> tuple[np.ndarray | None, str | None]:
    options = _taken(METHODS[method], drawn) if isinstance(method, str) else {}
    try:
        return explain(method, net, batch, classes, **options), None
    except (UnknownOperationError, InputError) as error:
        return None, str(error)


def _scored(
    metric: Metric,
    net: Network,
    batch: Any,
    judged: Any,
    classes: tuple[int, ...],
    options: Mapping[str, Any],
) -> Scores:
    found = np.asarray(metric.function(net, batch, judged, target=classes, **options), np.float32)
    if found.shape != (len(classes),):
        raise InputError(
            f"expected one number for each of {len(classes)} images from {metric.name}, got "
            f"{found.shape}."
        )
    return found
