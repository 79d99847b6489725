"""One file for each framework; `read` finds the one that a model belongs to."""

from __future__ import annotations

import sys
from typing import Any

from ..errors import InputError
from .base import Traceable, flatten

__all__ = ["Traceable", "read", "weights_in"]


def read(model: Any, *, variables: Any = None, params: Any = None) -> Traceable:
    """Adapt a model of any known framework.

    A framework is looked for only where the caller has imported it: a model of it cannot exist
    otherwise.

    Raises:
        InputError: if `model` is of no known kind, or what belongs to it is missing.
    """
    if isinstance(model, Traceable):
        return model
    if _is_a(model, "flax.nnx", "Module"):
        from . import nnx_modules

        _refuse(variables=variables, params=params, kind="a flax.nnx.Module, which has its weights")
        return nnx_modules.read(model)
    if _is_a(model, "flax.linen", "Module"):
        from . import linen

        _refuse(params=params, kind="a flax.linen.Module, which takes variables")
        if variables is None:
            raise InputError(
                "a flax.linen.Module needs its variables: cw.Network(module, variables=variables, "
                "input_shape=...)."
            )
        return linen.read(model, variables)
    if _is_a(model, "keras", "Model"):
        from . import keras_models

        _refuse(variables=variables, params=params, kind="a keras.Model, which has its weights")
        return keras_models.read(model)
    if callable(model):
        from . import functions

        _refuse(variables=variables, kind="a function, which takes params")
        return functions.read(model, params)
    raise InputError(
        "expected a flax.nnx.Module, a flax.linen.Module with variables, a keras.Model on the JAX "
        f"backend, or a function fn(params, x); got {type(model).__module__}."
        f"{type(model).__qualname__}. A PyTorch or TensorFlow model must be converted first."
    )


def weights_in(model: Any) -> dict[str, Any]:
    """The weights that a model holds now, by the names that `read` gives them.

    Args:
        model: a `flax.nnx.Module`, a `keras.Model`, or any pytree of weights: Linen's variables,
            a `flax.nnx.State`, the params of a function.
    """
    if _is_a(model, "flax.nnx", "Module"):
        from flax import nnx

        model = nnx.split(model)[1]
    elif _is_a(model, "keras", "Model"):
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        return {variable.path: variable.value for variable in variables}
    leaves, names, _ = flatten(model)
    return dict(zip(names, leaves, strict=True))


def _is_a(model: Any, module: str, name: str) -> bool:
    found = sys.modules.get(module)
    return found is not None and isinstance(model, getattr(found, name))


def _refuse(*, kind: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name}= does not go with {kind}. Leave it out.")
