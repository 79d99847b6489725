"""The last convolution before a value, for one channel alone, or a few.

Someone who looks at one channel of a layer needs one output channel of that layer's convolution:
of the cost of the whole, one in a hundred or so. The kernel of that channel is taken by a traced
number, so that another channel compiles nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import lax

from .tracing.operation import Operation
from .tracing.program import Program

_CHANNELWISE = frozenset(["relu", "add", "sub", "mul", "div", "neg", "convert_element_type"])


def convolution_behind(program: Program, value: int) -> Operation | None:
    """The convolution from which `value` is made, channel by channel and with its shape kept.

    `None` where there is another thing between, such as a residual addition, or where the
    convolution has groups: then there is no way but to compute the whole.
    """
    while (operation := program.producer.get(value)) is not None:
        live = [number for number in operation.inputs if number in program.live]
        if len(set(live)) != 1:
            return None
        if operation.name == "conv_general_dilated":
            params = operation.params
            plain = params["feature_group_count"] == params["batch_group_count"] == 1
            return operation if plain and live == [operation.inputs[0]] else None
        if operation.name not in _CHANNELWISE:
            return None
        if program.avals[live[0]].shape != program.avals[value].shape:
            return None
        (value,) = set(live)
    return None


def channel_axis(convolution: Operation) -> int:
    """Which axis of its output, batch included, counts the channels."""
    return convolution.params["dimension_numbers"].out_spec[1]


def convolve_some(
    convolution: Operation, channels: jax.Array
) -> Callable[[jax.Array, jax.Array], list[jax.Array]]:
    """`convolution` with a zero in every channel but `channels` (K,), which are traced."""
    params = convolution.params
    dims = params["dimension_numbers"]

    def convolve(x: jax.Array, kernel: jax.Array) -> list[jax.Array]:
        own = jnp.take(kernel, channels, dims.rhs_spec[0])
        y = lax.conv_general_dilated(
            x,
            own,
            window_strides=params["window_strides"],
            padding=params["padding"],
            lhs_dilation=params["lhs_dilation"],
            rhs_dilation=params["rhs_dilation"],
            dimension_numbers=dims,
            precision=params["precision"],
            preferred_element_type=params["preferred_element_type"],
        )
        axis = channel_axis(convolution)
        count = kernel.shape[dims.rhs_spec[0]]
        if len(channels) == 1:
            none = jnp.zeros((*y.shape[:axis], count, *y.shape[axis + 1 :]), y.dtype)
            return [lax.dynamic_update_slice_in_dim(none, y, channels[0], axis)]
        spread = jnp.moveaxis(y, axis, -1) @ _first_places(channels, count).astype(y.dtype)
        return [jnp.moveaxis(spread, -1, axis)]

    return convolve


def _first_places(channels: jax.Array, count: int) -> jax.Array:
    """(K, count): one where a channel belongs, if it was not there before."""
    same = channels[:, None] == channels[None]
    before = jnp.tril(same, -1).any(1)
    return (channels[:, None] == jnp.arange(count)[None]) & ~before[:, None]
