"""How the bundled networks are trained and judged.

One loop serves both; a `Recipe` holds what differs. All randomness comes from one seed, so that a
run can be repeated exactly on the same machine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from . import digits_data, photos_data
from .bundles import Architecture, architecture
from .examples import Examples


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        steps: number of steps unless told otherwise.
        optimizer: makes the optimiser for a number of steps.
        batches: endless batches of pictures in [0, 1] and classes.
        held_out: the pictures and classes the network is judged on.
    """

    steps: int
    optimizer: Callable[[int], optax.GradientTransformation]
    batches: Callable[[np.random.Generator], Iterator[Examples]]
    held_out: Callable[[], Examples]


@dataclass(frozen=True)
class Scores:
    """Share of held-out examples that a network classifies rightly.

    Attributes:
        accuracy: over all examples, in [0, 1].
        per_class: for each class, in [0, 1].
        examples: how many there are.
    """

    accuracy: float
    per_class: dict[str, float]
    examples: int


def _adam(steps: int) -> optax.GradientTransformation:
    return optax.adamw(optax.cosine_decay_schedule(2e-3, steps), weight_decay=1e-2)


def _nesterov(steps: int) -> optax.GradientTransformation:
    # The decay acts on kernels only; it wears off what noise a first kernel starts with.
    return optax.chain(
        optax.add_decayed_weights(
            2e-3, mask=lambda params: jax.tree.map(lambda array: array.ndim > 1, params)
        ),
        optax.sgd(optax.cosine_decay_schedule(0.08, steps), momentum=0.9, nesterov=True),
    )


RECIPES = {
    "digits": Recipe(1500, _adam, digits_data.training_batches, digits_data.held_out_digits),
    "photos": Recipe(2000, _nesterov, photos_data.training_batches, photos_data.evaluation_pieces),
}


def train(name: str, steps: int, seed: int, report: Callable[[int, float], None]) -> nnx.Module:
    """Trains a bundled network from scratch.

    Args:
        name: one of `zoo.NAMES`.
        steps: number of steps; the learning rate falls to zero over them.
        seed: for the initial weights and the batches.
        report: told the step, counted from 1, and its loss.

    Returns:
        The trained module, in evaluation mode.
    """
    known, recipe = architecture(name), RECIPES[name]
    module = known.build(nnx.Rngs(seed))
    module.train()
    graph, params, stats = nnx.split(module, nnx.Param, ...)
    optimizer = recipe.optimizer(steps)
    memory = optimizer.init(params)
    step = _step(graph, optimizer, known.preprocess or (lambda batch: batch))
    batches = recipe.batches(np.random.default_rng(seed))
    for count in range(1, steps + 1):
        params, stats, memory, loss = step(params, stats, memory, *next(batches))
        report(count, float(loss))
    nnx.update(module, params, stats)
    module.eval()
    return module


def evaluate(module: nnx.Module, known: Architecture, examples: Examples) -> Scores:
    """How well a module in evaluation mode classifies examples.

    Args:
        module: a network that gives probabilities.
        known: its classes and what to do with pictures first.
        examples: float32 (N, H, W, C) pictures in [0, 1] and (N,) class indices.

    Returns:
        The scores, over all and by class.
    """
    pictures, labels = examples
    batch = jnp.asarray(pictures)
    outputs = nnx.jit(type(module).__call__)(
        module, known.preprocess(batch) if known.preprocess else batch
    )
    right = np.asarray(outputs).argmax(-1) == labels
    per_class = {
        label: float(right[labels == index].mean()) for index, label in enumerate(known.classes)
    }
    return Scores(float(right.mean()), per_class, len(labels))


def _step(graph: Any, optimizer: optax.GradientTransformation, preprocess: Callable) -> Callable:
    """One jitted step of gradient descent on the cross-entropy."""

    def loss(module, pictures, labels):
        logits = module.logits(preprocess(pictures))
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    @jax.jit
    def step(params, stats, memory, pictures, labels):
        module = nnx.merge(graph, params, stats)
        value, slope = nnx.value_and_grad(loss)(module, pictures, labels)  # moves the statistics
        change, memory = optimizer.update(slope, memory, params)
        return (
            optax.apply_updates(params, change),
            nnx.state(module, nnx.Not(nnx.Param)),
            memory,
            value,
        )

    return step
