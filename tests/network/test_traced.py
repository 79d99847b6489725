"""Replaying a program: taps, edits, gradients; what is compiled, and how often."""

import gc
import weakref
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import FROZEN, Network, UnknownLayerError
from tests.compiling import compilations
from tests.models import nnx_models
from tests.models.functions import CASES, conv, weights
from tests.models.nnx_models import made
from tests.models.taps import assert_same, pictures, taps


@pytest.fixture(scope="module")
def digits() -> Network:
    return cw.load("digits")


def _edited(replay, x, added, *, name, wanted):
    return replay(x, wanted, {name: lambda value: value + added})


def _gradient_at(replay, x, *, name):
    shape = jax.eval_shape(lambda: replay(x, [name])[name])
    logits = replay.layers[-1].name

    def score(zero):
        return replay(x, [logits], {name: lambda value: value + zero})[logits][:, 1].sum()

    return jax.grad(score)(jnp.zeros(shape.shape))


def test_an_edit_is_seen_by_all_that_follows():
    model = made(nnx_models.Residual)
    net = Network(model, input_shape=model.shape)
    x = jnp.asarray(pictures(model.shape))
    added = 0.25
    wanted = ("stem", "blocks/0/relu", "head")
    found = net.at(x.shape).run(_edited, x, added, name="blocks/0/bn1", wanted=wanted)

    class Changed(nnx_models.Residual):
        def steps(self, x):
            s = {"stem": self.stem(x)}
            block, after = self.blocks
            y = jax.nn.relu(block.bn1(block.conv1(s["stem"])) + added)
            s["blocks/0/relu"] = y
            y = jax.nn.relu(block.bn2(block.conv2(y)) + s["stem"])
            s["head"] = self.head(after(y).mean((1, 2)))
            return s

    by_hand = nnx_models.reference(made(Changed), x)
    for name in wanted:
        assert_same(found[name], by_hand[name], name)


def test_editing_a_tapped_layer_shows_the_edited_value(digits):
    x = jnp.asarray(pictures((28, 28, 1)))
    found = digits.at(x.shape).run(_edited, x, 3.0, name="conv1", wanted=("conv1",))
    assert_same(found["conv1"], taps(digits, x, ["conv1"])["conv1"] + 3)


@pytest.mark.parametrize("rules", [None, FROZEN], ids=["plain", "frozen"])
def test_gradient_of_a_zero_added_is_the_layers_gradient(rules):
    first, second, matrix = weights((3, 3, 3, 4), (3, 3, 4, 4), (4, 3))

    def head(h):
        return jax.nn.relu(conv(jax.nn.relu(h), second)).mean((1, 2)) @ matrix

    params = {"first": first, "second": second, "matrix": matrix}
    net = Network(
        lambda p, x: (
            jax.nn.relu(conv(jax.nn.relu(conv(x, p["first"])), p["second"])).mean((1, 2))
            @ p["matrix"]
        ),
        params=params,
        input_shape=(8, 6, 3),
    )
    x = jnp.asarray(pictures((8, 6, 3)))
    options = {} if rules is None else {"rules": rules}
    got = net.at(x.shape).run(_gradient_at, x, name="conv", **options)
    wanted = jax.grad(lambda h: head(h)[:, 1].sum())(conv(x, first))
    assert_same(got, wanted)


def test_loops_and_custom_gradients_are_differentiated_as_jax_does():
    case = CASES["wrapped"]
    net = Network(case.function, params=case.params, input_shape=case.shape)
    x = jnp.asarray(pictures(case.shape))

    def gradient(replay, x):
        return jax.grad(lambda x: replay.outputs(x)[0].sum())(x)

    wanted = jax.grad(lambda x: case.function(case.params, x).sum())(x)
    for rules in ({}, {"rules": FROZEN}):
        assert_same(net.at(x.shape).run(gradient, x, **rules), wanted)


def test_same_function_is_compiled_once(digits):
    x = jnp.asarray(pictures((28, 28, 1)))
    program = digits.at(x.shape)
    program.run(_edited, x, 1.0, name="conv2", wanted=("dense2",))
    with compilations() as found:
        for added in (2.0, 3.0):
            program.run(_edited, x, added, name="conv2", wanted=("dense2",))
        assert found == []
        program.run(_edited, x, 1.0, name="conv3", wanted=("dense2",))
    assert len(found) == 1  # so that the count is known to work


def test_moving_about_an_ascent_compiles_nothing(digits):
    def climb(target, **options):
        return [f.score for f in cw.methods.ascend(digits, target, steps=2, **options)]

    for target in ("conv2:0", "conv2:0@1,1", 3):
        climb(target)
    start = pictures((28, 28, 1))[0]
    climb("conv2:1", start=start)
    climb("conv2:1", jitter=4)
    with compilations() as found:
        climb("conv2:5", learning_rate=0.2, l2=0.5, total_variation=0.1, seed=7)
        climb("conv2:63")
        climb("conv2:9@4,7")
        climb(8)
        climb("conv2:2", start=1 - start)
        climb("conv2:5", jitter=1)
        climb("conv2:5", jitter=0)
    assert found == []


def test_looking_at_pictures_compiles_nothing_again(digits):
    def look(x):
        cw.methods.tile_sheets(digits, x)["conv2"].values()
        cw.methods.activations(digits, x, ["conv1"])
        cw.methods.probabilities(digits, x)
        digits(x)

    look(pictures((28, 28, 1))[0])
    with compilations() as found:
        look(pictures((28, 28, 1), seed=5)[0])
    assert found == []


def test_weights_and_closed_over_arrays_are_no_constants():
    """They would be folded, printed and hashed: XLA then takes seven times as long."""
    large = weights((1, 64, 64, 3))[0]
    (kernel,) = weights((3, 3, 3, 512))
    net = Network(lambda k, x: conv(x + large, k), params=kernel, input_shape=(64, 64, 3))
    x = jnp.zeros((1, 64, 64, 3))
    program = net.at(x.shape)
    sizes = sorted(np.size(array) for array in program.frozen.values())
    assert sizes[-2:] == [large.size, kernel.size]
    program.run(_edited, x, 0.0, name="conv", wanted=("conv",))
    compiled: Any
    (compiled,) = program._compiled.values()
    text = compiled.lower(program.frozen, {}, {}, x, 0.0).as_text()
    assert len(text) < 20_000


def test_unknown_layer_names_the_nearest(digits):
    with pytest.raises(UnknownLayerError, match="did you mean 'conv1'"):
        taps(digits, pictures((28, 28, 1)), ["conv11"])


def test_programs_of_many_shapes_are_let_go():
    net = Network(lambda w, x: conv(x, w), params=weights((3, 3, 3, 2))[0], input_shape=(8, 8, 3))
    known = [weakref.ref(net.at((1, side, side, 3))) for side in range(4, 24)]
    gc.collect()
    assert [each() is not None for each in known] == [False] * 12 + [True] * 8
    assert net["conv"].shape == (8, 8, 2)
