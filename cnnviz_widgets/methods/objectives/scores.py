"""Scores that several objectives are made of, and how they read a layer's values."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .form import Scores, Values


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


def constant(values: Values, arguments: Any) -> Any:  # noqa: ARG001 (a score's signature)
    """The same for every image."""
    return arguments[0]


def channel_mean(values: Values, arguments: Any) -> Scores:
    """The mean of channel `arguments[0]`."""
    return per_image(take(only(values), arguments[0]))


def unit_value(values: Values, arguments: Any) -> Scores:
    """The value at (channel, row, column)."""
    channel, row, column = arguments
    taken = take(only(values), channel)
    return jax.vmap(lambda one: one[row, column])(taken)


def step_value(values: Values, arguments: Any) -> Scores:
    """The value at (channel, step) of a layer over a sequence."""
    channel, step = arguments
    return take(only(values), channel)[:, step]


def mean_square(values: Values, _: Any) -> Scores:
    """The mean square of all values."""
    return per_image(jnp.square(only(values)))


def logit(values: Values, arguments: Any) -> Scores:
    """The value number `arguments[0]` of the layer that holds the logits."""
    value = only(values)
    return take(value.reshape(value.shape[0], -1), arguments[0])
