"""Attribution of texts: what is attributed to are the vectors that the ids are looked up as.

A whole number has no gradient, and a token that is 5 is not more of anything than one that is 4.
So every attribution method, given a network of tokens, works on what follows the lookup, at the
vectors (T, E) of the ids: values come for each entry of each vector. `per_token` sums them.

References:
    Kokhlikyan et al. 2020, https://arxiv.org/abs/2009.07896, LayerIntegratedGradients.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Array, Float, Num

from ...network import InputError, Network, Replay


def per_token(values: Float[np.ndarray, "n t ..."]) -> Float[np.ndarray, "n t"]:
    """One number for each token: the sum over the entries of its vector.

    Sums of values that add up to a difference of logits, as those of integrated gradients do, add
    up to it, too.

    Args:
        values: of an attribution of sequences, (N, T, E), or of a map over time, (N, T).

    Raises:
        InputError: if they are of something else.

    Example:
        >>> found = integrated_gradients(net, cw.text("Guten Morgen"), target="German")
        >>> per_token(found.values)[0]
    """
    if values.ndim not in (2, 3):
        raise InputError(f"expected values (N, T, E) or (N, T), got shape {values.shape}.")
    return values if values.ndim == 2 else values.sum(-1)


def vectors(net: Network, x: Any, layer: str | None = None) -> Float[Array, "n t e"]:
    """What the ids of a text are looked up as.

    Args:
        net: a network that takes ids of tokens.
        x: ids (T,) or (N, T), or `Tokens`.
        layer: that gives the vectors; the one that looks them up if left out.

    Raises:
        InputError: if there is no lookup, or the ids are not what the network takes.
        UnknownLayerError: if there is no such layer.
    """
    found = net.lookup if layer is None else net[layer]
    if found is None:
        raise InputError("expected a network that looks ids of tokens up in a table, got another.")
    batch = net.batch(x)
    return net.at(batch.shape).run(_vectors, batch, layer=found.name)


def on_vectors(frames: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """An attribution method that takes networks of tokens, too, and says what it did then."""
    options_known = inspect.signature(frames).parameters

    @functools.wraps(frames)
    def found(net: Network, x: Any, *args: Any, **options: Any) -> Iterator[Any]:
        if net.lookup is None:
            yield from frames(net, x, *args, **options)
            return
        notes = (
            f"Values are of the vectors of {net.lookup.name}, in which the tokens are looked up.",
        )
        if "baseline" in options_known:
            baseline = options.get("baseline", "black")
            if isinstance(baseline, str) and baseline == "black":
                notes += ("The baseline is the zero vector for each token.",)
            elif _is_ids(baseline):
                ids = np.broadcast_to(np.asarray(baseline), net.batch(x).shape)
                options = {**options, "baseline": vectors(net, ids)}
        after = net.embedded(x)
        for each in frames(after, vectors(net, x), *args, **options):
            yield replace(each, notes=(*each.notes, *notes))

    return found


def _is_ids(baseline: Any) -> bool:
    """Whether a baseline is given as tokens: one id for all places, or a row of them."""
    return not isinstance(baseline, str) and np.asarray(baseline).dtype.kind in "iu"


def _vectors(replay: Replay, x: Num[Array, "n ..."], *, layer: str) -> Float[Array, "n t e"]:
    return replay(x, [layer])[layer]
