"""Small transformers of every style, each with attention that is computed in another way.

The reference is the framework's own record of its attention where it keeps one, and NumPy's
softmax of queries times keys elsewhere.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from flax import nnx

WIDTH, HEADS, GRID = 8, 2, (4, 3)
PICTURE = (16, 12, 3)  # 4x4 pixels a patch


def softmax(scores):
    """Along the last axis, in float64."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


class NnxEncoder(nnx.Module):
    """Patches by a convolution, a class token in front, two layers of attention."""

    def __init__(self, rngs):
        self.patches = nnx.Conv(3, WIDTH, (4, 4), strides=4, padding="VALID", rngs=rngs)
        self.token = nnx.Param(jax.random.normal(rngs.params(), (1, 1, WIDTH)))
        self.first = nnx.MultiHeadAttention(HEADS, WIDTH, decode=False, rngs=rngs)
        self.second = nnx.MultiHeadAttention(HEADS, WIDTH, decode=False, rngs=rngs)
        self.head = nnx.Linear(WIDTH, 5, rngs=rngs)

    def tokens(self, x):
        x = self.patches(x).reshape(len(x), -1, WIDTH)
        return jnp.concatenate([jnp.tile(self.token[...], (len(x), 1, 1)), x], 1)

    def __call__(self, x):
        x = self.tokens(x)
        x = x + self.first(x)
        x = x + self.second(x)
        return nnx.softmax(self.head(x[:, 0]))

    def attention(self, x):
        """By NumPy, from the layers' weights."""
        x = self.tokens(jnp.asarray(x))
        found = []
        for layer in (self.first, self.second):
            q, k = (_projected(part, x) for part in (layer.query, layer.key))
            found.append(softmax(q @ k.swapaxes(-1, -2) / np.sqrt(WIDTH / HEADS)))
            x = x + layer(x)
        return found


def _projected(part, x):
    """What a dense layer makes of tokens, as (N, heads, tokens, width of a head)."""
    kernel, bias = (np.asarray(each[...], np.float64) for each in (part.kernel, part.bias))
    return np.einsum("ntd,dhk->nhtk", x, kernel) + bias[:, None]


class Pooled(nnx.Module):
    """Learnt queries that look at all tokens, as big_vision's and SigLIP's heads do."""

    def __init__(self, rngs):
        self.probe = nnx.Param(jax.random.normal(rngs.params(), (1, 3, WIDTH)))
        self.look = nnx.MultiHeadAttention(HEADS, WIDTH, decode=False, rngs=rngs)

    def __call__(self, x):
        return self.look(jnp.tile(self.probe[...], (len(x), 1, 1)), x).mean(1)


class PicturePooled(nnx.Module):
    """Patches that look at one another, and then learnt queries that look at them."""

    def __init__(self, rngs):
        self.patches = nnx.Conv(3, WIDTH, (4, 4), strides=4, rngs=rngs)
        self.among = nnx.MultiHeadAttention(2, WIDTH, decode=False, rngs=rngs)
        self.pool = Pooled(rngs)

    def __call__(self, x):
        x = self.patches(x).reshape(len(x), -1, WIDTH)
        return self.pool(x + self.among(x))


class LinenEncoder(nn.Module):
    """One layer over the patches alone; masked, so that no token sees a later one."""

    @nn.compact
    def __call__(self, x):
        x = nn.Conv(WIDTH, (4, 4), strides=4, name="patches")(x)
        x = x.reshape(len(x), -1, WIDTH)
        mask = nn.make_causal_mask(jnp.ones(x.shape[:2]))
        y = nn.MultiHeadDotProductAttention(HEADS, name="look")(x, mask=mask, sow_weights=True)
        return nn.Dense(5, name="head")((x + y).mean(1))


class ScannedEncoder(nn.Module):
    """Three layers of attention, run by `nn.scan` over stacked weights."""

    @nn.compact
    def __call__(self, x):
        layers = nn.scan(
            ScannedLayer,
            variable_axes={"params": 0, "intermediates": 0},
            split_rngs={"params": True},
            length=3,
        )
        x, _ = layers(name="layers")(x, None)
        return x.mean(1)


class ScannedLayer(nn.Module):
    """One of them."""

    @nn.compact
    def __call__(self, x, _):
        look = nn.MultiHeadDotProductAttention(HEADS, name="look")
        return x + look(x, sow_weights=True), None


def formula_params(seed=0):
    """Weights of the bare formula."""
    random = np.random.default_rng(seed)
    shapes = {
        "embed": (48, WIDTH),
        "query": (WIDTH, HEADS, 4),
        "key": (WIDTH, HEADS, 4),
        "value": (WIDTH, HEADS, 4),
        "out": (HEADS, 4, 5),
    }
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


def formula(params, x):
    """A transformer as one writes it on a board; patches are cut by a reshape."""
    n, height, width, channels = x.shape
    x = x.reshape(n, height // 4, 4, width // 4, 4, channels).transpose(0, 1, 3, 2, 4, 5)
    x = x.reshape(n, -1, 48) @ params["embed"][None]
    q, k, v = (jnp.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key", "value"))
    scores = q @ k.swapaxes(-1, -2) / 2.0
    raised = jnp.exp(scores - scores.max(-1, keepdims=True))
    mixed = (raised / raised.sum(-1, keepdims=True)) @ v
    return jnp.einsum("nhtk,hkc->nc", mixed, params["out"])


def formula_attention(params, x):
    """The same in NumPy."""
    n = len(x)
    x = x.reshape(n, 4, 4, 3, 4, 3).transpose(0, 1, 3, 2, 4, 5).reshape(n, 12, 48)
    x = x.astype(np.float64) @ params["embed"]
    q, k = (np.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key"))
    return softmax(q @ k.swapaxes(-1, -2) / 2)


def text_params(seed=0, groups=2):
    """Weights of a causal reader of 20 words; `groups` of query heads share keys."""
    random = np.random.default_rng(seed)
    shapes = {
        "embed": (20, WIDTH),
        "query": (WIDTH, groups * HEADS, 4),
        "key": (WIDTH, HEADS, 4),
        "value": (WIDTH, HEADS, 4),
        "out": (groups * HEADS, 4, 3),
    }
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


def text(params, x):
    """Word numbers (N, T) to (N, 3), by `jax.nn.dot_product_attention` with shared keys."""
    x = params["embed"][x.astype(int)]
    q, k, v = (jnp.einsum("ntd,dhk->nthk", x, params[name]) for name in ("query", "key", "value"))
    mixed = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return jnp.einsum("nthk,hkc->nc", mixed, params["out"])


def text_attention(params, x):
    """The same in NumPy, (N, heads, T, T)."""
    x = params["embed"].astype(np.float64)[x.astype(int)]
    q, k = (np.einsum("ntd,dhk->nhtk", x, params[name]) for name in ("query", "key"))
    k = np.repeat(k, q.shape[1] // k.shape[1], 1)
    scores = q @ k.swapaxes(-1, -2) / 2
    return softmax(np.where(np.tri(x.shape[1], dtype=bool), scores, -np.inf))


def stacked_params(layers=3, seed=0):
    """Weights of a causal reader whose layers lie stacked, as large language models have them."""
    random = np.random.default_rng(seed)
    shapes = {
        "embed": (20, WIDTH),
        "query": (layers, WIDTH, HEADS, 4),
        "key": (layers, WIDTH, HEADS, 4),
        "value": (layers, WIDTH, HEADS, 4),
        "out": (layers, HEADS, 4, WIDTH),
        "head": (WIDTH, 3),
    }
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}


def stacked(params, x, remat=False):
    """Word numbers (N, T) to (N, 3): one layer in a `scan` over stacked weights."""

    def layer(x, weights):
        q, k, v = (jnp.einsum("ntd,dhk->nthk", x, weights[name]) for name in _QKV)
        mixed = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        return x + jnp.einsum("nthk,hkd->ntd", mixed, weights["out"]), None

    x = params["embed"][x.astype(int)]
    layers = {name: params[name] for name in (*_QKV, "out")}
    x, _ = jax.lax.scan(jax.checkpoint(layer) if remat else layer, x, layers)
    return x.mean(1) @ params["head"]


def stacked_attention(params, x):
    """The same in NumPy: (N, heads, T, T) for each layer."""
    x = params["embed"].astype(np.float64)[x.astype(int)]
    found = []
    for turn in range(len(params["query"])):
        q, k, v = (np.einsum("ntd,dhk->nhtk", x, params[name][turn]) for name in _QKV)
        scores = q @ k.swapaxes(-1, -2) / 2
        weights = softmax(np.where(np.tri(x.shape[1], dtype=bool), scores, -np.inf))
        found.append(weights)
        x = x + np.einsum("nhtk,hkd->ntd", weights @ v, params["out"][turn])
    return found


_QKV = ("query", "key", "value")


def windowed(params, x, window=2, heads_apart=True):
    """Patches of a picture that look within windows of theirs, which are part of the batch."""
    n, height, width, _ = x.shape
    x = x @ params["embed"]
    cut = x.reshape(n, height // window, window, width // window, window, WIDTH)
    tokens = cut.transpose(0, 1, 3, 2, 4, 5).reshape(-1, window * window, WIDTH)
    heads = HEADS if heads_apart else 1
    q, k, v = (
        (tokens @ params[name].reshape(WIDTH, -1)).reshape(len(tokens), -1, heads, 8 // heads)
        for name in _QKV
    )
    q, k, v = (each.transpose(0, 2, 1, 3) for each in (q, k, v))
    if not heads_apart:
        q, k, v = (each[:, 0] for each in (q, k, v))
    mixed = jax.nn.softmax(q @ k.swapaxes(-1, -2)) @ v
    return mixed.reshape(n, -1) @ jnp.ones((mixed.size // n, 5))


def windowed_params(seed=0):
    """Weights of `windowed`."""
    random = np.random.default_rng(seed)
    shapes = {"embed": (3, WIDTH), **dict.fromkeys(_QKV, (WIDTH, HEADS, 4))}
    return {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
