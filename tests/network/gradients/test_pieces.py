"""Which operations have one rule together."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cnnviz_widgets.network import Network, find_pieces
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SIZE = (6, 5, 3)
KERNEL, AGAIN, BIAS, SCALE = weights((3, 3, 3, 4), (3, 3, 4, 4), (1, 1, 1, 4), (1, 1, 1, 4))


def _pieces(model, kinds=("activation",)):
    net = Network(lambda _, x: model(x), input_shape=SIZE)
    program = net.at((2, *SIZE))
    number = net.logits.value
    found = list(find_pieces(program.program, program.layout, [number], kinds))
    return program, found


def _names(found):
    return [(piece.kind, [each.name for each in piece.operations]) for piece in found]


def test_a_product_takes_its_bias_and_its_batch_norm():
    def model(x):
        return jax.nn.relu((conv(x, KERNEL) + BIAS - 0.5) * SCALE + 0.25).mean((1, 2))

    _, found = _pieces(model)
    assert _names(found)[:2] == [
        ("product", ["conv_general_dilated", "add", "sub", "mul", "add"]),
        ("activation", ["relu"]),
    ]
    assert found[1].inputs == found[0].last.outputs


def test_the_tail_of_a_product_is_a_shift_and_a_scale():
    def model(x):
        return (conv(x, KERNEL) + BIAS - 0.5) * SCALE + 0.25

    program, found = _pieces(model)
    (piece,) = found
    x = jnp.asarray(pictures(SIZE))
    bias, scale = piece.affine(program.program, program.frozen)
    assert scale is not None
    assert_same(conv(x, KERNEL) * scale + bias, model(x))
    (value,) = piece.function(program.program, program.frozen)(x)
    assert_same(value, model(x))


def test_a_bias_alone_scales_nothing():
    program, (piece,) = _pieces(lambda x: conv(x, KERNEL) + BIAS)
    bias, scale = piece.affine(program.program, program.frozen)
    assert scale is None
    assert_same(bias, np.broadcast_to(BIAS, (2, 6, 5, 4)))


def test_an_activation_written_as_a_formula_is_one_piece():
    def model(x):
        x = conv(x, KERNEL)
        x = 0.5 * x * (1 + jnp.tanh(0.8 * (x + 0.04 * x**3)))
        return x.mean((1, 2))

    _, found = _pieces(model)
    kinds = [piece.kind for piece in found]
    assert kinds[:2] == ["product", "activation"]
    assert len(found[1].operations) > 4
    assert len(found[1].inputs) == 1


def test_a_product_that_is_used_twice_keeps_its_tail_out():
    def model(x):
        first = conv(x, KERNEL)
        return first * SCALE + conv(jax.nn.relu(first), AGAIN)

    _, found = _pieces(model)
    assert _names(found) == [
        ("product", ["conv_general_dilated"]),
        ("single", ["mul"]),
        ("activation", ["relu"]),
        ("product", ["conv_general_dilated"]),
        ("single", ["add"]),
    ]


def test_a_product_of_two_values_is_none_with_weights():
    def model(x):
        x = x.reshape(x.shape[0], -1, 3)
        return jnp.einsum("nik,njk->nij", x, x * 2).sum(2)

    _, found = _pieces(model)
    assert all(piece.kind != "product" for piece in found)


def test_dividing_by_a_value_is_no_scale():
    def model(x):
        return lax.div(jnp.ones((2, 6, 5, 4)), conv(x, KERNEL) + 9.0)

    _, found = _pieces(model)
    assert _names(found) == [
        ("product", ["conv_general_dilated", "add"]), ("single", ["div"])
    ]  # fmt: skip
