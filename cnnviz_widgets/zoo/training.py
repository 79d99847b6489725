"""How the bundled networks are trained and judged.

One loop serves all of them; a `Recipe` holds what differs. All randomness comes from one seed, so
that a run can be repeated exactly on the same machine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from . import digits_data, photos_data, sounds_data, texts_data
from .bundles import Architecture, architecture, pretrained
from .examples import Examples


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        steps: number of steps unless told otherwise.
        optimizer: makes the optimiser for a number of steps.
        batches: endless batches of pictures in [0, 1] and classes.
        held_out: the pictures and classes the network is judged on.
        teacher: name of a bundled network whose answers are half of what is to be learnt.
        half: whether the weights are kept in half precision; the network is judged with them.
        batches: endless batches of pictures in [0, 1], or sounds, and classes.
        held_out: the examples and classes the network is judged on.
    """

    steps: int
    optimizer: Callable[[int], optax.GradientTransformation]
    batches: Callable[[np.random.Generator], Iterator[Examples]]
    held_out: Callable[[], Examples]
    teacher: str | None = None
    half: bool = False


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


def _clipped_adam(steps: int) -> optax.GradientTransformation:
    # A recurrent network's gradient is now and then far too long.
    return optax.chain(optax.clip_by_global_norm(1.0), _adam(steps))


def _nesterov(steps: int) -> optax.GradientTransformation:
    # The decay acts on kernels only; it wears off what noise a first kernel starts with.
    return optax.chain(
        optax.add_decayed_weights(
            2e-3, mask=lambda params: jax.tree.map(lambda array: array.ndim > 1, params)
        ),
        optax.sgd(optax.cosine_decay_schedule(0.08, steps), momentum=0.9, nesterov=True),
    )


def _warmed_adam(steps: int) -> optax.GradientTransformation:
    # Attention diverges from a high rate at the start; the decay acts on kernels only.
    rates = optax.warmup_cosine_decay_schedule(0.0, 1.5e-3, max(1, steps // 12), steps)
    return optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(
            rates,
            b2=0.98,
            weight_decay=0.05,
            mask=lambda params: jax.tree.map(lambda array: array.ndim > 1, params),
        ),
    )


RECIPES = {
    "digits": Recipe(1500, _adam, digits_data.training_batches, digits_data.held_out_digits),
    "digits_gru": Recipe(
        3000, _clipped_adam, digits_data.training_batches, digits_data.held_out_digits
    ),
    "photos": Recipe(2000, _nesterov, photos_data.training_batches, photos_data.evaluation_pieces),
    "photos_vit": Recipe(
        1400,
        _warmed_adam,
        photos_data.training_batches,
        photos_data.evaluation_pieces,
        teacher="photos",
        half=True,
    ),
    "sounds": Recipe(900, _adam, sounds_data.training_batches, sounds_data.held_out_sounds),
    "texts": Recipe(2500, _adam, texts_data.training_batches, texts_data.held_out_texts, half=True),
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
    loss = _cross_entropy(recipe.teacher)
    step = _step(graph, optimizer, known.preprocess or (lambda batch: batch), loss)
    batches = recipe.batches(np.random.default_rng(seed))
    for count in range(1, steps + 1):
        params, stats, memory, loss = step(params, stats, memory, *next(batches))
        report(count, float(loss))
    nnx.update(module, params, stats)
    module.eval()
    if recipe.half:
        nnx.update(module, jax.tree.map(_rounded, nnx.state(module, nnx.Not(nnx.RngState))))
    return module


def _rounded(array: jax.Array) -> jax.Array:
    """As half precision keeps it."""
    return array.astype(jnp.float16).astype(array.dtype)


def evaluate(module: nnx.Module, known: Architecture, examples: Examples) -> Scores:
    """How well a module in evaluation mode classifies examples.

    Args:
        module: a network that gives probabilities.
        known: its classes and what to do with pictures first.
        examples: float32 (N, H, W, C) pictures in [0, 1], or (N, T, C) sounds, and (N,) class
            indices; of texts (N, T) ids.

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


def _cross_entropy(teacher: str | None) -> Callable[..., jax.Array]:
    """What is to be made small for logits, pictures and their labels."""
    if teacher is None:
        return lambda logits, _pictures, labels: optax.softmax_cross_entropy_with_integer_labels(
            logits, labels
        ).mean()
    bundle = pretrained(teacher)
    module: Any = bundle.module
    prepare: Callable[[jax.Array], jax.Array] = bundle.preprocess or (lambda batch: batch)

    def distilled(logits: jax.Array, pictures: jax.Array, labels: jax.Array) -> jax.Array:
        # At twice the temperature: how a sure teacher ranks the other classes says most.
        told = jax.nn.softmax(module.logits(prepare(pictures)) / 2)
        wanted = (jax.nn.one_hot(labels, logits.shape[-1]) + told) / 2
        return optax.softmax_cross_entropy(logits, wanted).mean()

    return distilled


def _step(
    graph: Any,
    optimizer: optax.GradientTransformation,
    preprocess: Callable,
    cross_entropy: Callable[..., jax.Array],
) -> Callable:
    """One jitted step of gradient descent on the cross-entropy."""

    def loss(module, pictures, labels):
        return cross_entropy(module.logits(preprocess(pictures)), pictures, labels)

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
