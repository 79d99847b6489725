"""The architectures of the bundled networks.

All are plain flax.nnx modules: convolutions, norms and dense layers are attributes, which give a
viewer their names; ReLU, pooling and softmax are functions between them, as most people write
them. `logits` is what training wants; calling the network gives probabilities.
"""

from typing import Any

import jax.numpy as jnp
from flax import nnx
from jax import Array

DIGIT_CLASSES = tuple(str(digit) for digit in range(10))


def _pool(x: Array) -> Array:
    return nnx.max_pool(x, window_shape=(2, 2), strides=(2, 2))


class DigitsCNN(nnx.Module):
    """A small network for 28x28 grey digits: 93,322 parameters.

    Three 3x3 convolutions without padding (32, 64 and 64 channels), max-pooling after the first
    two, a dense layer of 64 and one of 10.
    """

    def __init__(self, rngs: nnx.Rngs):
        self.conv1 = nnx.Conv(1, 32, (3, 3), padding="VALID", rngs=rngs)
        self.conv2 = nnx.Conv(32, 64, (3, 3), padding="VALID", rngs=rngs)
        self.conv3 = nnx.Conv(64, 64, (3, 3), padding="VALID", rngs=rngs)
        self.dense1 = nnx.Linear(3 * 3 * 64, 64, rngs=rngs)
        self.dense2 = nnx.Linear(64, len(DIGIT_CLASSES), rngs=rngs)

    def logits(self, x: Array) -> Array:
        """(N, 28, 28, 1) in [0, 1] to (N, 10) before the softmax."""
        x = _pool(nnx.relu(self.conv1(x)))
        x = _pool(nnx.relu(self.conv2(x)))
        x = nnx.relu(self.conv3(x))
        x = nnx.relu(self.dense1(x.reshape(len(x), -1)))
        return self.dense2(x)

    def __call__(self, x: Array) -> Array:
        """(N, 28, 28, 1) in [0, 1] to probabilities (N, 10)."""
        return nnx.softmax(self.logits(x))


class DigitsGRU(nnx.Module):
    """A recurrent network for the same digits, read row by row from the top.

    Each of the 28 rows is one step of a gated recurrent unit of 48; a dense layer reads the state
    after the last row.
    """

    def __init__(self, rngs: nnx.Rngs):
        self.gru = nnx.RNN(nnx.GRUCell(28, 48, rngs=rngs), rngs=rngs)
        self.dense = nnx.Linear(48, len(DIGIT_CLASSES), rngs=rngs)

    def logits(self, x: Array) -> Array:
        """(N, 28, 28, 1) in [0, 1] to (N, 10) before the softmax."""
        states: Any = self.gru(x[..., 0])  # rows are steps, columns are features
        return self.dense(states[:, -1])

    def __call__(self, x: Array) -> Array:
        """(N, 28, 28, 1) in [0, 1] to probabilities (N, 10)."""
        return nnx.softmax(self.logits(x))


class PhotosCNN(nnx.Module):
    """A fully convolutional network for RGB pictures of any size from 64x64 up.

    Five convolutions with batch norm, the mean over all positions, one dense layer. The first
    kernel is drawn small, at 0.01: from the usual He initialisation it stays noise, because
    batch norm hides its scale from the loss and nothing pulls the noise out.

    Args:
        classes: number of classes.
        rngs: random streams for the initial weights.
    """

    def __init__(self, classes: int, rngs: nnx.Rngs):
        def conv(inputs: int, outputs: int) -> nnx.Conv:
            return nnx.Conv(inputs, outputs, (3, 3), use_bias=False, rngs=rngs)

        self.conv1 = nnx.Conv(
            3,
            24,
            (7, 7),
            strides=2,
            use_bias=False,
            kernel_init=nnx.initializers.normal(0.01),
            rngs=rngs,
        )
        self.bn1 = nnx.BatchNorm(24, rngs=rngs)
        self.conv2 = conv(24, 48)
        self.bn2 = nnx.BatchNorm(48, rngs=rngs)
        self.conv3 = conv(48, 64)
        self.bn3 = nnx.BatchNorm(64, rngs=rngs)
        self.conv4 = conv(64, 96)
        self.bn4 = nnx.BatchNorm(96, rngs=rngs)
        self.conv5 = conv(96, 96)
        self.bn5 = nnx.BatchNorm(96, rngs=rngs)
        self.dense = nnx.Linear(96, classes, rngs=rngs)

    def logits(self, x: Array) -> Array:
        """(N, H, W, 3), centred, to (N, classes) before the softmax."""
        x = _pool(nnx.relu(self.bn1(self.conv1(x))))
        x = _pool(nnx.relu(self.bn2(self.conv2(x))))
        x = nnx.relu(self.bn3(self.conv3(x)))
        x = _pool(nnx.relu(self.bn4(self.conv4(x))))
        x = nnx.relu(self.bn5(self.conv5(x)))
        return self.dense(x.mean((1, 2)))

    def __call__(self, x: Array) -> Array:
        """(N, H, W, 3), centred, to probabilities (N, classes)."""
        return nnx.softmax(self.logits(x))


class SoundsCNN(nnx.Module):
    """A one-dimensional network for 4,096 samples of sound.

    Four convolutions, the first over 64 samples (8 ms at 8,000 a second) with a stride of 4; the
    mean over time, one dense layer.

    Args:
        classes: number of classes.
        rngs: random streams for the initial weights.
    """

    def __init__(self, classes: int, rngs: nnx.Rngs):
        self.conv1 = nnx.Conv(1, 16, (64,), strides=4, rngs=rngs)
        self.conv2 = nnx.Conv(16, 32, (9,), rngs=rngs)
        self.conv3 = nnx.Conv(32, 48, (9,), rngs=rngs)
        self.conv4 = nnx.Conv(48, 64, (5,), rngs=rngs)
        self.dense = nnx.Linear(64, classes, rngs=rngs)

    def logits(self, x: Array) -> Array:
        """(N, T, 1) in [-1, 1] to (N, classes) before the softmax."""
        x = nnx.max_pool(nnx.relu(self.conv1(x)), (4,), (4,))
        x = nnx.max_pool(nnx.relu(self.conv2(x)), (2,), (2,))
        x = nnx.max_pool(nnx.relu(self.conv3(x)), (2,), (2,))
        x = nnx.relu(self.conv4(x))
        return self.dense(x.mean(1))

    def __call__(self, x: Array) -> Array:
        """(N, T, 1) in [-1, 1] to probabilities (N, classes)."""
        return nnx.softmax(self.logits(x))


class Embedding(nnx.Module):
    """A table with a vector for each token; that of token 0, the padding, is always zero.

    Args:
        tokens: how many there are, padding included.
        width: numbers in a vector.
        rngs: random streams for the initial weights.
    """

    def __init__(self, tokens: int, width: int, rngs: nnx.Rngs):
        draw = nnx.initializers.normal(0.3)
        self.embedding = nnx.Param(draw(rngs.params(), (tokens - 1, width)))

    def __call__(self, ids: Array) -> Array:
        """(N, T) whole numbers to (N, T, width)."""
        rows = self.embedding[...]
        return jnp.concatenate([jnp.zeros_like(rows[:1]), rows])[ids]


class TextsCNN(nnx.Module):
    """A network that reads characters: a convolution over 5, and the maximum over time.

    Args:
        tokens: how many ids there are.
        classes: number of classes.
        rngs: random streams for the initial weights.
    """

    def __init__(self, tokens: int, classes: int, rngs: nnx.Rngs):
        self.embed = Embedding(tokens, 24, rngs)
        self.conv = nnx.Conv(24, 128, (5,), rngs=rngs)
        self.dense = nnx.Linear(128, classes, rngs=rngs)

    def logits(self, ids: Array) -> Array:
        """(N, T) ids to (N, classes) before the softmax."""
        x = nnx.relu(self.conv(self.embed(ids)))
        return self.dense(x.max(1))

    def __call__(self, ids: Array) -> Array:
        """(N, T) ids to probabilities (N, classes)."""
        return nnx.softmax(self.logits(ids))
