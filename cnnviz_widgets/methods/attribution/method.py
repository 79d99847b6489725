"""What every attribution method gives, and the one mechanism that they share.

A method is an iterator of frames: running estimates, each of which could be the last. The plain
call runs it to its end, `frames` hands out every one, and a live view shows them as they come. A
method that needs one pass has one frame.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int32, Num

from ...network import (
    InputError,
    Network,
    Replay,
    UnknownTargetError,
    from_row,
    picture_shape,
    to_row,
)
from ...network.errors import suggest
from .tokens import on_vectors

P = ParamSpec("P")
Edit = Callable[[jax.Array], jax.Array]
Target = int | str | Sequence[int | str] | None

METHODS: dict[str, Callable[..., Iterator[Attribution]]] = {}
"""All attribution methods by name, as iterators of frames."""


@dataclass(frozen=True)
class Attribution:
    """How much each part of the input contributes to a class.

    Attributes:
        method: its name.
        values: float32, (N, H, W, C) for methods that judge input values, (N, H, W) at the image's
            size for maps; of sequences (N, T, C) and (N, T), of vectors (N, C), of texts (N, T, E)
            for the vectors of their tokens.
        target: the class of each image.
        layer: that was looked at, or `None`.
        delta: for methods whose values should sum to a known number, by how much the sum of each
            image misses it, (N,); `None` for the others.
        samples: how many passes are in the estimate.
        progress: from 0 to 1, the share of the work that is done.
        notes: what a reader of the values should know, such as why a layer was chosen.
    """

    method: str
    values: Float32[np.ndarray, "n ..."]
    target: tuple[int, ...]
    layer: str | None = None
    delta: Float32[np.ndarray, " n"] | None = None
    samples: int = 1
    progress: float = 1.0
    notes: tuple[str, ...] = ()


def attribution_method(frames: Callable[P, Iterator[Attribution]]) -> Callable[P, Attribution]:
    """Make an iterator of frames known by its name, and a function that gives its last one.

    Both take networks of tokens, too, of which they judge the vectors.
    """
    known = METHODS[frames.__name__] = on_vectors(frames)

    @functools.wraps(frames)
    def last(*args: P.args, **kwargs: P.kwargs) -> Attribution:
        *_, found = known(*args, **kwargs)
        return found

    return last


def on_rows(frames: Callable[P, Iterator[Attribution]]) -> Callable[P, Iterator[Attribution]]:
    """Let a method for pictures take sequences and vectors too, as pictures of one row.

    Baselines, references, segments and windows are given in the shape of the input, and so are the
    values that come back.
    """
    cuts = "segments" in inspect.signature(frames).parameters

    @functools.wraps(frames)
    def of_any_input(*args: P.args, **kwargs: P.kwargs) -> Iterator[Attribution]:
        given: dict[str, Any] = dict(kwargs)
        inputs: list[Any] = [*args, *(given.pop(name) for name in ("net", "x")[len(args) :])]
        net, x = inputs
        rank = len(net.input_shape)
        if rank == 3:
            yield from frames(*args, **kwargs)
            return
        rows: Callable[..., Iterator[Attribution]] = frames
        batch = to_row(value_batch(net, x), rank)
        given |= {name: _in_a_row(net, name, value) for name, value in given.items()}
        if cuts:
            given.setdefault("segments", "grid")
        for found in rows(net.pictured, batch, **given):
            yield replace(found, values=from_row(found.values, rank))

    return of_any_input


def _in_a_row(net: Network, name: str, value: Any) -> Any:
    """An option of a method, for a sequence as a picture of one row."""
    if value is None:
        return None
    if name in ("baseline", "references") and not isinstance(value, str):
        return to_row(net.batch(value), len(net.input_shape))
    if name in ("window", "stride"):
        return (1, *np.atleast_1d(value).tolist())
    if name == "segments":
        if not isinstance(value, str):
            return np.asarray(value)[..., None, :]
        if value == "superpixels":
            raise InputError(
                'expected segments="grid" (lengths), or whole numbers of one for each place, got '
                '"superpixels", which are of pictures.'
            )
    return value


def frames(method: str, net: Network, x: Any, **options: Any) -> Iterator[Attribution]:
    """The running estimates of a method, each a usable `Attribution`.

    Args:
        method: its name, such as "smooth_grad".
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        options: of the method.

    Raises:
        ValueError: if there is no such method; names the nearest ones.

    Example:
        >>> for frame in frames("smooth_grad", net, x, target="cat"): print(frame.progress)
    """
    if method not in METHODS:
        raise ValueError(
            f"expected the name of an attribution method, got {method!r}: "
            f"{suggest(str(method), METHODS)}"
        )
    return METHODS[method](net, x, **options)


def targets(net: Network, batch: Float[Array, "n ..."], target: Target) -> tuple[int, ...]:
    """The class of each image: the given ones, else the ones that the network sees.

    Raises:
        UnknownTargetError: if there is no such class, or there are not as many as images.
    """
    count = batch.shape[0]
    if target is None:
        found = net.at(batch.shape).run(all_scores, batch, logits=net.logits.name)
        return tuple(int(index) for index in np.asarray(found).argmax(1))
    if isinstance(target, (int, np.integer, str)):
        return (net.class_index(target),) * count
    if len(target) != count:
        raise UnknownTargetError(
            f"expected one class, or one for each of {count} images, got {len(target)}."
        )
    return tuple(net.class_index(each) for each in target)


def picture_batch(net: Network, x: Any) -> Float[Array, "n h w c"]:
    """`x` as the network takes it, if it takes pictures.

    Raises:
        InputError: if it does not.
    """
    if len(net.input_shape) != 3:
        raise InputError(
            f"expected a network for pictures (rows, columns, channels), this one takes "
            f"{net.input_shape}. Choose a method that takes sequences, too, such as "
            "integrated_gradients."
        )
    return net.batch(x)


def value_batch(net: Network, x: Any) -> Float[Array, "n ..."]:
    """`x` as the network takes it, if it takes pictures, sequences or vectors.

    For methods that ask about single values of the input, or places of a layer: a sequence of
    (steps, features) has these as a picture has.

    Raises:
        InputError: if the network takes something else.
    """
    picture_shape(net.input_shape)  # refuses what is none of them
    return net.batch(x)


def all_scores(
    replay: Replay,
    x: Num[Array, "n ..."],
    *,
    logits: str,
    edits: Mapping[str, Edit] | None = None,
) -> Float[Array, "n k"]:
    """The logits of all classes, given what to make of layers."""
    found = replay(x, [logits], edits)[logits]
    return found.astype(jnp.float32).reshape(found.shape[0], -1)


def class_scores(
    replay: Replay,
    x: Float[Array, "n ..."],
    target: Int32[Array, " n"],
    *,
    logits: str,
    edits: Mapping[str, Edit] | None = None,
) -> Float[Array, " n"]:
    """The logit of each image's class, given what to make of layers; classes are traced."""
    scores = all_scores(replay, x, logits=logits, edits=edits)
    return jnp.take_along_axis(scores, target[:, None], 1)[:, 0]


def only(scores: Float[Array, "n ..."], target: Int32[Array, " n"]) -> Float[Array, "n ..."]:
    """One where the class of each image is, zero elsewhere; in the shape of `scores`."""
    flat = scores.reshape(scores.shape[0], -1)
    hot = jax.nn.one_hot(target, flat.shape[1], dtype=scores.dtype)
    return hot.reshape(scores.shape)


def gradient(
    replay: Replay, x: Float[Array, "n ..."], target: Int32[Array, " n"], *, logits: str
) -> tuple[Float[Array, "n ..."], Float[Array, " n"]]:
    """The gradient of each image's logit to the image, and the logits."""

    def score(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = class_scores(replay, x, target, logits=logits)
        return found.sum(), found

    return jax.grad(score, has_aux=True)(x)


def zero_gradient_note(values: Float32[np.ndarray, "n ..."]) -> tuple[str, ...]:
    """Words for inputs whose values are zero everywhere, if there are any."""
    return _note_where_zero(
        values, "The gradient is zero everywhere for input {}: nothing to show."
    )


def unmoved_note(values: Float[np.ndarray, "n ..."]) -> tuple[str, ...]:
    """Words for inputs of which no part that was left out changed anything, if there are any."""
    return _note_where_zero(
        values, "Leaving parts out changes nothing for input {}: the map is zero everywhere."
    )


def _note_where_zero(values: Float[np.ndarray, "n ..."], words: str) -> tuple[str, ...]:
    flat = [str(k) for k, each in enumerate(values) if not each.any()]
    return (words.format(", ".join(flat)),) if flat else ()
