"""A field says of every place what the explanation of that place says."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods import ValueExplainer
from cnnviz_widgets.methods.examples.tiles import tile_shape
from cnnviz_widgets.methods.operation import (
    Activation,
    Combination,
    Convolution,
    Even,
    Field,
    Pool,
    Scaling,
    StepField,
)
from cnnviz_widgets.methods.operation.arithmetic import fold
from tests.models import functions, nnx_models
from tests.models.taps import pictures

Place = tuple[int, int]


def at(values: Any, place: Place) -> float:
    """A number at a place; one that is the same everywhere, or along an axis, as it is."""
    if np.ndim(values) == 0:
        return float(values)
    return float(values[tuple(k if n > 1 else 0 for k, n in zip(place, values.shape, strict=True))])


def even_at(even: Even, place: Place) -> int:
    first, down, right = even
    return first + down * place[0] + right * place[1]


def assert_step(field: StepField, step: Any, place: Place) -> None:
    """The step at a place has the numbers that the field has there."""
    assert field.kind == type(step).__name__.lower()
    if field.slid is not None:
        assert_window(field, step, place)
    else:
        if isinstance(step, Activation | Scaling | Combination):
            terms = step.terms if isinstance(step, Combination) else [step.input]
            np.testing.assert_array_equal([at(each, place) for each in field.terms], terms)
        if step.source is not None:
            index = [even_at(each, place) for each in field.index]
            assert index == [int(k) for k in step.source.index[1:]]
    if field.result is not None:
        np.testing.assert_array_equal(at(field.result, place), step.result)
    tail = getattr(step, "tail", ())
    assert len(tail) in (0, len(field.lines))
    for line, told in zip(field.lines, tail, strict=False):
        given = line.operand is not None
        operand = at(line.operand, place) if given else None
        assert (line.operation, operand) == (told.operation, told.operand)


def assert_window(field: StepField, step: Convolution | Pool, place: Place) -> None:
    slid, window = field.slid, step.window
    assert slid is not None
    np.testing.assert_array_equal(slid.maps, window.maps)
    for along, spot, places in zip(slid.along, slid.spots, window.places, strict=True):
        np.testing.assert_array_equal(along.reach(even_at(spot, place)).places, places)
    if isinstance(step, Convolution):
        np.testing.assert_array_equal(slid.kernel, step.kernel)
        assert slid.first == step.channels[0]


def assert_fields(net: cw.Network, x: Any) -> tuple[set[str], set[str]]:
    """All layers with places, at some of these; which have a field, and which have none."""
    explain, draw = ValueExplainer(net, x), np.random.default_rng(0)
    have, lack = set(), set()
    for layer in net.at(np.shape(x)).layout.layers:
        channels, rows, columns = tile_shape(layer)
        if rows * columns == 1:
            continue
        field = explain.field(explain(layer=layer.name, channel=channels - 1))
        (lack if field is None else have).add(layer.name)
        for _ in range(4 if field else 0):
            place = int(draw.integers(rows)), int(draw.integers(columns))
            assert_place(field, explain, place)  # type: ignore[arg-type]
    return have, lack


def assert_place(field: Field, explain: ValueExplainer, place: Place) -> None:
    found = explain(layer=field.layer, channel=field.channel, position=place)
    assert at(field.value, place) == found.value
    for fields, steps in ((field.steps, found.steps), (field.then, found.then)):
        assert len(fields) == len(steps)
        for each, step in zip(fields, steps, strict=True):
            assert_step(each, step, place)


def test_the_digits():
    net = cw.load("digits")
    have, lack = assert_fields(net, net.fit(cw.image("digit-3"))[None])
    assert have == {"conv1", "relu", "max_pool", "conv2", "relu_2", "max_pool_2", "conv3", "relu_3"}
    assert not lack


@pytest.mark.parametrize("name", ["Residual", "Inception"])
def test_branches(name):
    cls = nnx_models.MODELS[name]
    net = cw.Network(nnx_models.made(cls), input_shape=cls.shape)
    have, lack = assert_fields(net, pictures(cls.shape, 1))
    assert have
    assert not lack


def test_channels_first_and_groups():
    _, case = functions.equinox()
    net = cw.Network(case.function, params=case.params, input_shape=case.shape)
    have, lack = assert_fields(net, pictures(case.shape, 1))
    assert have
    assert not lack


def attends(params: jax.Array, x: jax.Array) -> jax.Array:
    """A product of two activations, then a token in front of the others."""
    rows = x.reshape(-1, 12, 3) @ params
    mixed = jax.nn.softmax(rows @ jnp.swapaxes(rows, 1, 2), -1) @ rows
    with jax.named_scope("token"):
        return jnp.concatenate([jnp.ones_like(mixed[:, :1]), mixed], 1)


def test_what_differs_from_place_to_place_has_no_field():
    draw = np.random.default_rng(0)
    params = jnp.asarray(draw.normal(size=(3, 5)), jnp.float32)
    net = cw.Network(attends, params=params, input_shape=(3, 4, 3))
    have, lack = assert_fields(net, pictures((3, 4, 3), 1))
    assert have == {"dense", "transpose"}
    assert lack == {"reshape", "matmul", "matmul_2", "token"}


def test_the_numbers_of_a_dense_layer_at_every_place():
    draw = np.random.default_rng(1)
    weights = jnp.asarray(draw.normal(size=(3, 5)), jnp.float32)
    net = cw.Network(lambda p, x: x @ p + 0.5, params=weights, input_shape=(4, 6, 3))
    x = pictures((4, 6, 3), 1)
    explain = ValueExplainer(net, x)
    field = explain.field(explain(layer=net.layers[0].name, channel=2))
    assert field is not None
    (step,) = field.steps
    assert step.rows is not None
    np.testing.assert_array_equal(step.rows.values, np.asarray(x).reshape(24, 3))
    sums = step.rows.values @ step.rows.weights
    given = np.asarray(x)[0] @ np.asarray(weights) + 0.5
    np.testing.assert_allclose(field.value, given[..., 2], rtol=1e-5)
    _, results = fold(0.0, step.lines)
    assert results == 0.5
    np.testing.assert_allclose(sums + 0.5, given[..., 2].reshape(-1), rtol=1e-5)
    assert field.size >= step.rows.values.nbytes
