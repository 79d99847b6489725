"""A picture as a small network from coordinates to colours: smooth, and of any resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...network import InputError
from ..checks import check_range

REACH = 3**0.5
"""Coordinates go from minus to plus this, so that their variance is one."""


@dataclass(frozen=True)
class CPPN:
    """A compositional pattern-producing network, as in Lucid.

    Each layer is followed by both the arctangent and its square, scaled to about variance one. The
    last layer starts at zero, so that the picture at the start is grey, without noise.

    Attributes:
        hidden: units of a layer, 1 to 1024.
        layers: how many, 1 to 32.
        bias: standard deviation of the biases at the start.

    References:
        Stanley 2007, Compositional pattern producing networks: a novel abstraction of development.
        Mordvintsev, Pezzotti, Schubert and Olah 2018,
        https://distill.pub/2018/differentiable-parameterizations.
    """

    hidden: int = 24
    layers: int = 8
    bias: float = 0.1

    def __post_init__(self) -> None:
        check_range("hidden", self.hidden, 1, 1024)
        check_range("layers", self.layers, 1, 32)

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> list[dict[str, jax.Array]]:
        """Weights whose outputs have about the variance of their inputs; the last are zero."""
        count, channels = shape[0], shape[3]
        scaling = jax.nn.initializers.variance_scaling(1.0, "fan_in", "truncated_normal")
        found, inputs = [], 2
        for layer in range(self.layers):
            weights, biases = jax.random.split(jax.random.fold_in(key, layer))
            kernels = jax.vmap(lambda k, i=inputs: scaling(k, (i, self.hidden)))
            found.append(
                {
                    "kernel": kernels(jax.random.split(weights, count)),
                    "bias": self.bias * jax.random.normal(biases, (count, self.hidden)),
                }
            )
            inputs = 2 * self.hidden
        kernel = jnp.zeros((count, inputs, channels))
        return [*found, {"kernel": kernel, "bias": jnp.zeros((count, channels))}]

    def invert(self, image: Float[Array, "n h w c"]) -> Any:  # noqa: ARG002
        """There is no way from an image to such a network.

        Raises:
            InputError: always.
        """
        raise InputError(
            "CPPN() cannot begin from an image. Leave out start, or take Fourier() or Pixels()."
        )

    def image(self, parameters: Any, shape: tuple[int, ...]) -> Float[Array, "n h w c"]:
        """The colours at all coordinates."""
        down, right = (jnp.linspace(-REACH, REACH, size) for size in shape[1:3])
        y, x = jnp.meshgrid(down, right, indexing="ij")
        values = jnp.broadcast_to(jnp.stack([x, y], -1)[None], (shape[0], *x.shape, 2))
        *layers, last = parameters
        for layer in layers:
            bent = jnp.arctan(_dense(values, layer))
            values = jnp.concatenate([bent / 0.67, jnp.square(bent) / 0.6], -1)
        return jax.nn.sigmoid(_dense(values, last))


def _dense(values: jax.Array, layer: dict[str, jax.Array]) -> jax.Array:
    product = jnp.einsum("nhwi,nio->nhwo", values, layer["kernel"])
    return product + layer["bias"][:, None, None]
