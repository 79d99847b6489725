"""NNX models that write down what each layer gives, so that running them by hand is the reference.

`steps` calls every module itself and returns the values by the name that each layer should have in
the network; the model is its last step.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

Steps = dict[str, jax.Array]
List = getattr(nnx, "List", list)  # before 0.12, Flax follows a plain list


class Stepped(nnx.Module):
    """A model given by its steps; `shape` is that of one example."""

    shape: tuple[int, ...]
    tolerance = 2e-5

    def steps(self, x: jax.Array) -> Steps:
        raise NotImplementedError

    def __call__(self, x: jax.Array) -> jax.Array:
        return list(self.steps(x).values())[-1]

    def names(self, x: np.ndarray) -> list[str]:
        """The steps in their order, which a dictionary that JAX returns has lost."""
        found: list[str] = []
        jax.eval_shape(lambda x: found.extend(self.steps(x)), x)
        return found


def _conv(inputs, outputs, *window, rngs, **options):
    return nnx.Conv(inputs, outputs, window, rngs=rngs, **options)


class Relu(nnx.Module):
    def __call__(self, x: jax.Array) -> jax.Array:
        return nnx.relu(x)


class Halve(nnx.Module):
    def __call__(self, x: jax.Array) -> jax.Array:
        return nnx.max_pool(x, (2, 2), (2, 2))


class Reused(Stepped):
    """One ReLU module used three times, one pool twice in a row, one convolution twice."""

    shape = (16, 20, 1)

    def __init__(self, rngs):
        self.first = _conv(1, 4, 3, 3, rngs=rngs)
        self.conv = _conv(4, 4, 3, 3, rngs=rngs)
        self.act, self.pool = Relu(), Halve()

    def steps(self, x):
        s = {"first": self.first(x)}
        s["act"] = self.act(s["first"])
        s["conv"] = self.conv(s["act"])
        s["act_2"] = self.act(s["conv"])
        s["conv_2"] = self.conv(s["act_2"])
        s["act_3"] = self.act(s["conv_2"])
        s["pool"] = self.pool(s["act_3"])
        s["pool_2"] = self.pool(s["pool"])
        return s


class Block(nnx.Module):
    def __init__(self, width, rngs):
        self.conv1 = _conv(width, width, 3, 3, use_bias=False, rngs=rngs)
        self.bn1 = nnx.BatchNorm(width, rngs=rngs)
        self.conv2 = _conv(width, width, 3, 3, rngs=rngs)
        self.bn2 = nnx.BatchNorm(width, use_scale=False, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def steps(self, x):
        s = {"conv1": self.conv1(x)}
        s["bn1"] = self.bn1(s["conv1"])
        s["relu"] = nnx.relu(s["bn1"])
        s["conv2"] = self.conv2(s["relu"])
        s["bn2"] = self.bn2(s["conv2"])
        s["add"] = self.drop(s["bn2"]) + x
        s["relu_2"] = nnx.relu(s["add"])
        return s

    def __call__(self, x):
        return self.steps(x)["relu_2"]


class Residual(Stepped):
    """Blocks of a list, batch norms with statistics of their own, dropout."""

    shape = (12, 20, 5)

    def __init__(self, rngs):
        self.stem = _conv(5, 6, 3, 3, strides=2, rngs=rngs)
        self.blocks = List([Block(6, rngs), Block(6, rngs)])
        self.head = nnx.Linear(6, 3, rngs=rngs)

    def steps(self, x):
        s = {"stem": self.stem(x)}
        x = s["stem"]
        for k, block in enumerate(self.blocks):
            inner = block.steps(x)
            s |= {f"blocks/{k}/{name}": value for name, value in inner.items()}
            s[f"blocks/{k}"] = x = inner["relu_2"]
        s["mean"] = x.mean((1, 2))
        s["head"] = self.head(s["mean"])
        return s

    def __call__(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((1, 2)))


class Inception(Stepped):
    shape = (10, 14, 3)

    def __init__(self, rngs):
        self.one = _conv(3, 2, 1, 1, rngs=rngs)
        self.three = _conv(3, 4, 3, 3, rngs=rngs)
        self.five = _conv(3, 3, 5, 5, rngs=rngs)
        self.dense = nnx.Linear(12 * 5 * 7, 4, rngs=rngs)

    def steps(self, x):
        s = {"one": self.one(x), "three": self.three(x), "five": self.five(x)}
        s["max_pool"] = nnx.max_pool(x, (3, 3), (1, 1), "SAME")
        s["concat"] = jnp.concatenate([s["one"], s["three"], s["five"], s["max_pool"]], -1)
        s["avg_pool"] = nnx.avg_pool(s["concat"], (2, 2), (2, 2))
        s["flatten"] = s["avg_pool"].reshape(len(x), -1)
        s["dense"] = self.dense(s["flatten"])
        s["softmax"] = nnx.softmax(s["dense"])
        return s


class Convolutions(Stepped):
    """Depthwise, dilated, grouped, transposed; activations of every make."""

    shape = (16, 12, 4)

    def __init__(self, rngs):
        self.depthwise = _conv(4, 8, 3, 3, feature_group_count=4, rngs=rngs)
        self.dilated = _conv(8, 6, 3, 3, kernel_dilation=2, padding="VALID", rngs=rngs)
        self.grouped = _conv(6, 4, 3, 1, feature_group_count=2, rngs=rngs)
        self.up = nnx.ConvTranspose(4, 3, (3, 3), strides=(2, 2), rngs=rngs)
        self.norm = nnx.GroupNorm(3, num_groups=3, rngs=rngs)

    def steps(self, x):
        s = {"depthwise": self.depthwise(x)}
        s["gelu"] = nnx.gelu(s["depthwise"])
        s["dilated"] = self.dilated(s["gelu"])
        s["silu"] = nnx.silu(s["dilated"])
        s["grouped"] = self.grouped(s["silu"])
        s["tanh"] = jnp.tanh(s["grouped"])
        s["up"] = self.up(s["tanh"])
        s["norm"] = self.norm(s["up"])
        s["leaky_relu"] = nnx.leaky_relu(s["norm"])
        return s


class Sequence(Stepped):
    """One-dimensional convolution, then a GRU."""

    shape = (18, 5)

    def __init__(self, rngs):
        self.conv = _conv(5, 6, 3, rngs=rngs)
        self.rnn = nnx.RNN(nnx.GRUCell(6, 4, rngs=rngs))

    def steps(self, x):
        s = {"conv": self.conv(x)}
        s["max_pool"] = nnx.max_pool(s["conv"], (2,), (2,))
        s["rnn"] = self.rnn(s["max_pool"])
        return s


class Volume(Stepped):
    shape = (6, 7, 8, 2)

    def __init__(self, rngs):
        self.conv = _conv(2, 4, 3, 3, 3, rngs=rngs)

    def steps(self, x):
        s = {"conv": self.conv(x)}
        s["max_pool"] = nnx.max_pool(s["conv"], (2, 2, 2), (2, 2, 2))
        s["mean"] = s["max_pool"].mean((1, 2, 3))
        return s


class Attention(Stepped):
    shape = (8, 8, 3)

    def __init__(self, rngs):
        self.patches = _conv(3, 12, 4, 4, strides=4, rngs=rngs)
        self.norm = nnx.LayerNorm(12, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(3, 12, decode=False, rngs=rngs)

    def steps(self, x):
        s = {"patches": self.patches(x)}
        tokens = s["patches"].reshape(len(x), -1, 12)
        s["norm"] = self.norm(tokens)
        s["attention"] = self.attention(s["norm"])
        s["add"] = tokens + s["attention"]
        return s


class HalfPrecision(Stepped):
    shape = (12, 10, 3)
    tolerance = 3e-2

    def __init__(self, rngs):
        half = {"dtype": jnp.bfloat16, "param_dtype": jnp.bfloat16, "rngs": rngs}
        self.conv = nnx.Conv(3, 6, (3, 3), **half)
        self.bn = nnx.BatchNorm(6, **half)
        self.dense = nnx.Linear(6, 4, **half)

    def steps(self, x):
        s = {"conv": self.conv(x)}
        s["bn"] = self.bn(s["conv"])
        s["relu"] = nnx.relu(s["bn"])
        s["mean"] = s["relu"].mean((1, 2))
        s["dense"] = self.dense(s["mean"])
        return s


MODELS: dict[str, type[Stepped]] = {
    cls.__name__: cls
    for cls in (
        Reused,
        Residual,
        Inception,
        Convolutions,
        Sequence,
        Volume,
        Attention,
        HalfPrecision,
    )
}


def made(cls: Callable[..., nnx.Module], seed: int = 0):
    """A model with weights, biases and statistics as if it had been trained.

    Only its shapes come from its own initialisers, which compile a function for each weight.
    """
    random = np.random.default_rng(seed)

    def value(leaf):
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(seed)
        if leaf.ndim < 2:
            drawn = random.uniform(0.3, 1.5, leaf.shape)
        else:
            drawn = random.normal(0, np.sqrt(2 / np.prod(leaf.shape[:-1])), leaf.shape)
        return jnp.asarray(drawn.astype(leaf.dtype))

    definition, state = nnx.split(nnx.eval_shape(lambda: cls(rngs=nnx.Rngs(seed))))
    return nnx.merge(definition, jax.tree_util.tree_map(value, state))


def reference(model: Stepped, x) -> Steps:
    """What every step gives in evaluation mode, on a copy."""
    copy = nnx.clone(model)
    copy.eval()
    return nnx.jit(type(model).steps)(copy, jnp.asarray(x))
