"""Linen models; `capture_intermediates` says what each of their modules gives."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np


class Block(nn.Module):
    """Batch norm on running statistics, dropout, one ReLU module used twice."""

    features: int

    @nn.compact
    def __call__(self, x, train: bool):
        relu = nn.relu
        y = nn.Conv(self.features, (3, 3), use_bias=False, name="conv1")(x)
        y = relu(nn.BatchNorm(use_running_average=not train, name="bn1")(y))
        y = nn.Conv(self.features, (3, 3), kernel_dilation=2, name="conv2")(y)
        y = nn.Dropout(0.5, deterministic=not train)(y)
        return relu(x + y)


class Pictures(nn.Module):
    """Nested blocks, a depthwise convolution, pooling, a dense layer."""

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Conv(6, (3, 3), strides=2, name="stem")(x)
        x = Block(6, name="block")(x, train)
        x = nn.Conv(12, (3, 3), feature_group_count=6, name="depthwise")(x)
        x = nn.gelu(nn.GroupNorm(3, name="norm")(x))
        x = nn.max_pool(x, (2, 2), (2, 2))
        return nn.Dense(4, name="head")(x.reshape(len(x), -1))


class Shared(nn.Module):
    """From `setup`: one convolution used twice."""

    def setup(self):
        self.conv = nn.Conv(3, (3, 3))
        self.last = nn.ConvTranspose(2, (2, 2), strides=(2, 2))

    def __call__(self, x, training):
        return self.last(nn.relu(self.conv(nn.relu(self.conv(x)))))


class Sequence(nn.Module):
    """A GRU after a one-dimensional convolution."""

    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(4, (3,), name="conv")(x))
        return nn.RNN(nn.GRUCell(5), name="rnn")(x)


class Encoder(nn.Module):
    """A transformer's layer."""

    @nn.compact
    def __call__(self, x, deterministic=False):
        y = nn.LayerNorm(name="norm")(x)
        y = nn.MultiHeadDotProductAttention(3, dropout_rate=0.5, name="attention")(
            y, deterministic=deterministic
        )
        return nn.Dense(7, name="mlp")(x + y)


CASES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "pictures": (Pictures(), (12, 20, 5)),
    "shared": (Shared(), (9, 8, 3)),
    "sequence": (Sequence(), (10, 4)),
    "encoder": (Encoder(), (6, 12)),
    "volume": (nn.Sequential([nn.Conv(3, (3, 3, 3)), nn.relu]), (4, 5, 6, 2)),
}


def variables(module: nn.Module, shape: tuple[int, ...], arguments=(), seed: int = 0):
    """Weights and statistics of a trained size."""
    random = np.random.default_rng(seed)
    x = jnp.zeros((1, *shape))
    shapes = jax.eval_shape(lambda x: module.init(jax.random.key(0), x, *arguments), x)

    def value(leaf):
        if leaf.ndim < 2:
            drawn = random.uniform(0.3, 1.5, leaf.shape)
        else:
            drawn = random.normal(0, np.sqrt(2 / np.prod(leaf.shape[:-1])), leaf.shape)
        return jnp.asarray(drawn.astype(leaf.dtype))

    return jax.tree_util.tree_map(value, shapes)
