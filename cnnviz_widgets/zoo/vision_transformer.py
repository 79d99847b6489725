"""A small vision transformer, of the kind that Dosovitskiy et al. (2021) describe.

Three convolutions in place of one large patch embedding (Xiao et al. 2021, "Early convolutions
help transformers see better"): with few pictures to learn from, they make the difference. Each
halves the picture, so a token stands for 8x8 pixels. Blocks put the norm first. Attention is
`nnx.MultiHeadAttention`, as most people would write it; nothing here is made for being looked at.
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

PATCH = 8
GRID = 8  # patches a side in training, for which the position embedding is learnt
LONGEST = 128
_WIDTH, _HEADS, _DEPTH = 64, 4, 4


class Block(nnx.Module):
    """Self-attention, then a dense layer of twice the width; both added to what came in."""

    def __init__(self, rngs: nnx.Rngs):
        self.norm1 = nnx.LayerNorm(_WIDTH, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(_HEADS, _WIDTH, decode=False, rngs=rngs)
        self.norm2 = nnx.LayerNorm(_WIDTH, rngs=rngs)
        self.dense1 = nnx.Linear(_WIDTH, 2 * _WIDTH, rngs=rngs)
        self.dense2 = nnx.Linear(2 * _WIDTH, _WIDTH, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        """(N, tokens, width) to the same."""
        x = x + self.attention(self.norm1(x))
        return x + self.dense2(nnx.gelu(self.dense1(self.norm2(x))))


class PhotosViT(nnx.Module):
    """A transformer over patches of 8x8 pixels and a class token, which alone is classified.

    Takes pictures whose sides are multiples of 8, from 64 to 128 pixels. The learnt position
    embedding, of 8x8 places, is stretched to the grid of the picture.

    Args:
        classes: number of classes.
        rngs: random streams for the initial weights.
    """

    def __init__(self, classes: int, rngs: nnx.Rngs):
        def conv(inputs: int, outputs: int, side: int) -> nnx.Conv:
            return nnx.Conv(inputs, outputs, (side, side), strides=2, use_bias=False, rngs=rngs)

        def small(*shape: int) -> nnx.Param:
            return nnx.Param(0.02 * jax.random.normal(rngs.params(), shape))

        self.conv1 = conv(3, 16, 5)
        self.bn1 = nnx.BatchNorm(16, rngs=rngs)
        self.conv2 = conv(16, 32, 3)
        self.bn2 = nnx.BatchNorm(32, rngs=rngs)
        self.conv3 = conv(32, _WIDTH, 3)
        self.class_token = small(1, 1, _WIDTH)
        self.positions = small(1, GRID, GRID, _WIDTH)
        listed = getattr(nnx, "List", list)  # Flax before 0.11 takes plain lists, and has no other
        self.blocks = listed([Block(rngs) for _ in range(_DEPTH)])
        self.norm = nnx.LayerNorm(_WIDTH, rngs=rngs)
        self.dense = nnx.Linear(_WIDTH, classes, rngs=rngs)

    def logits(self, x: Array) -> Array:
        """(N, H, W, 3), centred, to (N, classes) before the softmax.

        Raises:
            ValueError: a side is no multiple of 8 from 64 to 128.
        """
        if any(side % PATCH or not GRID * PATCH <= side <= LONGEST for side in x.shape[1:3]):
            raise ValueError(
                f"expected sides that are multiples of {PATCH} from {GRID * PATCH} to {LONGEST} "
                f"pixels, got {x.shape[1]} x {x.shape[2]}. Scale the picture."
            )
        x = nnx.relu(self.bn1(self.conv1(x)))
        x = nnx.relu(self.bn2(self.conv2(x)))
        x = self.conv3(x)
        x = x + jax.image.resize(self.positions[...], (1, *x.shape[1:]), "bilinear")
        x = x.reshape(len(x), -1, _WIDTH)
        x = jnp.concatenate([jnp.tile(self.class_token[...], (len(x), 1, 1)), x], axis=1)
        for block in self.blocks:
            x = block(x)
        return self.dense(self.norm(x)[:, 0])

    def __call__(self, x: Array) -> Array:
        """(N, H, W, 3), centred, to probabilities (N, classes)."""
        return nnx.softmax(self.logits(x))
