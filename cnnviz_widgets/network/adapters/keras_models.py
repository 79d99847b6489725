"""Keras 3 models on the JAX backend: Sequential, functional and subclassed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import keras

from ..errors import InputError
from .base import Traceable, refuse_several_inputs


def read(model: keras.Model) -> Traceable:
    """Adapt `model.stateless_call`, which changes neither weights nor running statistics."""
    if keras.backend.backend() != "jax":
        raise InputError(
            f"expected Keras on the JAX backend, it runs on {keras.backend.backend()!r}. Set "
            'os.environ["KERAS_BACKEND"] = "jax" before the first import of keras.'
        )
    unbuilt = next(
        (
            layer.name
            for layer in (model, *(layer for _, layer in _paths(model)))
            if not layer.built
        ),
        None,
    )
    if unbuilt is not None:
        raise InputError(
            f"expected a built model, {unbuilt!r} has no weights yet. Call the model once on a "
            "batch first."
        )
    inputs = getattr(model, "inputs", None) or []
    refuse_several_inputs([tensor.name for tensor in inputs])
    trainable, others = model.trainable_variables, model.non_trainable_weights
    variables = [*trainable, *others]
    count = len(trainable)
    states = _states(model)
    takes_training = "training" in inspect.signature(model.call).parameters
    arguments = {"training": False} if takes_training else {}

    def apply(weights: Sequence[Any], x: jax.Array) -> Any:
        known = iter(weights[count:])
        others = [next(known) if state is None else state for state in states]
        return model.stateless_call(list(weights[:count]), others, x, **arguments)[0]

    shape = tuple(inputs[0].shape[1:]) if inputs else None
    return Traceable(
        apply,
        tuple(jax.numpy.asarray(variable.value) for variable in variables),
        tuple(variable.path for variable in variables),
        {path: type(layer).__name__ for path, layer in _paths(model)},
        place=lambda found: found.path if isinstance(found, keras.layers.Layer) else None,
        input_shape=shape if shape and None not in shape else None,
        dtype=inputs[0].dtype if inputs and "int" in inputs[0].dtype else None,
    )


def _states(model: keras.Model) -> list[jax.Array | None]:
    """For all that training leaves alone: a random generator's state, or `None` for a weight.

    States are no weights. They are copied, since `model.fit` gives the memory of its own away.
    """
    weights = {id(weight) for weight in model.non_trainable_weights}
    return [
        None if id(each) in weights else jax.numpy.array(each.value)
        for each in model.non_trainable_variables
    ]


def _paths(model: keras.Model, path: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    for layer in model.layers:
        yield path + layer.name, layer
        if isinstance(layer, keras.Model):
            yield from _paths(layer, f"{path}{layer.name}/")
