"""Weights whose memory a training step took for the new ones.

Compiled training steps may give their old weights away (`donate_argnums`), as `keras.Model.fit`
does. A network that was made before then has none left, and JAX would only say that a buffer has
been deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax

from .errors import ModelError


def refuse_given_away(weights: Iterable[Any]) -> None:
    """Say what to do where weights are gone.

    Raises:
        ModelError: if the memory of one was given away.
    """
    if any(isinstance(each, jax.Array) and each.is_deleted() for each in weights):
        raise ModelError(
            "expected the weights that the network was made with, but a training step has taken "
            "their memory since, as model.fit of Keras does. Take net.refreshed(model), or make "
            "the Network after the training."
        )
