"""What kind of layer a module is, by the name of its class."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What a module's class says about its kind, where it says anything.
_CLASSES = (
    (r"attention", "attention"),
    (r"conv", "conv"),
    (r"norm", "norm"),
    (r"pool", "pool"),
    (r"lstm|gru|rnn|recurrent", "recurrent"),
    (r"embed", "embedding"),
    (r"^(dense|linear|lineargeneral|densegeneral|einsum)", "dense"),
    (r"activation|relu|elu|gelu|silu|swish|sigmoid|tanh|softmax|softplus", "activation"),
    (r"flatten|reshape|permute", "reshape"),
    (r"rescaling|normalization", "scale"),
)


def kind_of_class(classes: Mapping[str, str], path: str) -> str | None:
    """The kind that a module's class tells, or `None` where it tells nothing.

    Args:
        classes: the class of each module by its path, as far as the framework says.
        path: of the module. Equinox names scopes by classes: `eqx.nn.Conv2d`.
    """
    text = classes.get(path, path.rsplit(".", 1)[-1] if "." in path else "").lower()
    return next((kind for pattern, kind in _CLASSES if re.search(pattern, text)), None)
