"""A network small enough to be trained in a test, and what trains it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

SHAPE = (8, 8, 1)
CLASSES = 3
RATE = 0.1


class Small(nnx.Module):
    """Two convolutions with ReLU, the mean over all places, a dense layer."""

    def __init__(self, seed: int = 0) -> None:
        rngs = nnx.Rngs(seed)
        self.conv1 = nnx.Conv(1, 4, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(4, 6, (3, 3), rngs=rngs)
        self.dense = nnx.Linear(6, CLASSES, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = nnx.relu(self.conv2(nnx.relu(self.conv1(x))))
        return self.dense(x.mean((1, 2)))


def examples(count: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures with a bright row, column or corner, and which of them it is."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int32) % CLASSES
    images = rng.uniform(0, 0.3, (count, *SHAPE)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        at = rng.integers(1, 6)
        where = [np.s_[at], np.s_[:, at], np.s_[at : at + 2, at : at + 2]][label]
        image[where] += 0.6
    return images, labels


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@nnx.jit
def _train(model: Small, images: jax.Array, labels: jax.Array) -> tuple[jax.Array, nnx.State]:
    loss, grads = nnx.value_and_grad(lambda m: cross_entropy(m(images), labels))(model)
    moved = jax.tree.map(lambda w, g: w - RATE * g, nnx.state(model, nnx.Param), grads)
    nnx.update(model, moved)
    return loss, grads


class Loop:
    """Plain gradient descent on a `Small`, one `step` at a time."""

    def __init__(self) -> None:
        self.model = Small()
        self.images, self.labels = examples()

    def step(self) -> tuple[jax.Array, nnx.State]:
        return _train(self.model, jnp.asarray(self.images), jnp.asarray(self.labels))

    def weights(self) -> dict[str, np.ndarray]:
        """Copies, by layer and name."""
        parts = {"conv1": self.model.conv1, "conv2": self.model.conv2, "dense": self.model.dense}
        return {
            f"{name}/{kind}": np.array(getattr(part, kind)[...])
            for name, part in parts.items()
            for kind in ("kernel", "bias")
        }
