"""The edges between layers, against Keras's own graph and against edges written by hand."""

import functools
import itertools

import jax
import jax.numpy as jnp
import keras
import pytest
from flax import nnx

from cnnviz_widgets.network import InputError, Network, layer_graph
from cnnviz_widgets.network.graph import LayerGraph
from tests.models import functions, keras_models, linen_models, nnx_models

pytestmark = pytest.mark.usefixtures("lenient_ranks")


def pairs(graph: LayerGraph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


@functools.cache
def of_keras(name: str) -> tuple[keras.Model, LayerGraph]:
    keras.backend.clear_session()  # or layers are numbered on from other tests' models
    with keras.utils.custom_object_scope(keras_models.ZEROS):
        model = getattr(keras.applications, name)(weights=None)
    return model, layer_graph(Network(model))


def edges_by_keras(model: keras.Model, graph: LayerGraph) -> set[tuple[str, str]]:
    """Keras's own inbound nodes, past layers that do nothing (dropout)."""
    named = {layer.name for layer in graph.layers}

    def sources(layer: keras.Layer) -> set[str]:
        found: set[str] = set()
        for node in layer._inbound_nodes:
            for tensor in node.input_tensors:
                before = tensor._keras_history.operation
                if isinstance(before, keras.layers.InputLayer):
                    found.add(graph.input)
                else:
                    found |= {before.name} if before.name in named else sources(before)
        return found

    return {
        (source, layer.name)
        for layer in model.layers
        if layer.name in named
        for source in sources(layer)
    }


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("ResNet50", ["conv2", "conv3", "conv4", "conv5"]),
        (
            "InceptionV3",
            [
                "conv2d … max_pooling2d_1",
                "mixed0 … mixed2",
                "mixed3 … mixed7",
                "mixed8 … mixed10",
            ],
        ),
        ("MobileNet", None),
    ],
)
def test_edges_are_those_of_keras(name: str, blocks: list[str] | None):
    model, graph = of_keras(name)
    assert pairs(graph) == edges_by_keras(model, graph)
    assert {layer.name for layer in graph.layers} >= {
        layer.name
        for layer in model.layers
        if not isinstance(layer, (keras.layers.InputLayer, keras.layers.Dropout))
    }
    shapes = {layer.name: layer.shape for layer in graph.layers}
    for edge in graph.edges:
        assert edge.shapes == (shapes.get(edge.source, graph.input_shape),)
    outer = [group.name for group in graph.groups if group.parent is None]
    assert blocks is None or outer == blocks
    assert len(top(graph)) < 25


def top(graph: LayerGraph) -> list[str]:
    """What stands at the outermost level."""
    loose = [layer.name for layer in graph.layers if layer.name not in graph.around]
    return loose + [group.name for group in graph.groups if group.parent is None]


def test_the_residual_blocks_of_resnet50_are_its_groups():
    _, graph = of_keras("ResNet50")
    groups = {group.name: group for group in graph.groups}
    assert groups["conv4"].members == tuple(f"conv4_block{k}" for k in range(1, 7))
    block = groups["conv4_block2"]
    assert (block.parent, block.output, block.module) == ("conv4", "conv4_block2_out", False)
    assert block.members[0] == "conv4_block2_1_conv"
    assert sorted(graph.inputs("conv4_block2_add")) == ["conv4_block1_out", "conv4_block2_3_bn"]
    assert sorted(graph.outputs("conv4_block1_out")) == [
        "conv4_block2_1_conv",
        "conv4_block2_add",
    ]


@pytest.mark.parametrize("case", ["residual", "inception", "pool_twice"])
def test_edges_of_small_keras_models(case: str):
    graph = layer_graph(Network(keras_models.CASES[case]().model))
    assert (
        pairs(graph)
        == {
            "residual": {
                *chain("input stem bn relu conv_a bn_a relu_2 conv_b bn_b sum relu_3 mean head"),
                *chain("relu project sum"),
            },
            "inception": {
                *chain("input stem one join half flat"),
                *chain("stem three join"),
                *chain("stem five join"),
                *chain("stem pool join"),
            },
            "pool_twice": chain("input conv pool other pool_2 pool_3"),
        }[case]
    )


def chain(names: str) -> set[tuple[str, str]]:
    """The edges of layers in a row."""
    listed = names.split()
    return set(itertools.pairwise(listed))


@pytest.mark.parametrize(
    ("model", "edges"),
    [
        ("Reused", chain("input first act conv act_2 conv_2 act_3 pool pool_2")),
        (
            "Residual",
            chain(
                "input stem blocks/0/conv1 blocks/0/bn1 blocks/0/relu blocks/0/conv2 blocks/0/bn2 "
                "blocks/0/add blocks/0/relu_2 blocks/1/conv1 blocks/1/bn1 blocks/1/relu "
                "blocks/1/conv2 blocks/1/bn2 blocks/1/add blocks/1/relu_2 mean head"
            )
            | chain("stem blocks/0/add")
            | chain("blocks/0/relu_2 blocks/1/add"),
        ),
        (
            "Inception",
            chain("input one concat avg_pool flatten dense softmax")
            | chain("input three concat")
            | chain("input five concat")
            | chain("input max_pool concat"),
        ),
    ],
)
def test_edges_of_nnx_models(model: str, edges: set[tuple[str, str]]):
    made = nnx_models.made(nnx_models.MODELS[model])
    assert pairs(layer_graph(Network(made, input_shape=made.shape))) == edges


def test_modules_are_the_groups():
    made = nnx_models.made(nnx_models.Residual)
    graph = layer_graph(Network(made, input_shape=made.shape))
    groups = {group.name: group for group in graph.groups}
    assert list(groups) == ["blocks", "blocks/0", "blocks/1"]
    assert groups["blocks"].members == ("blocks/0", "blocks/1")
    assert groups["blocks/1"].parent == "blocks"
    assert groups["blocks/1"].output == "blocks/1/relu_2"
    assert all(group.module for group in graph.groups)
    assert graph.around["blocks/0/add"] == "blocks/0"
    assert "stem" not in graph.around


def test_edges_of_a_linen_model():
    module, shape = linen_models.CASES["pictures"]
    net = Network(module, variables=linen_models.variables(module, shape), input_shape=shape)
    graph = layer_graph(net)
    inside = [name for name in graph.around if graph.around[name] == "block"]
    assert {"block/conv1", "block/bn1", "block/conv2", "block/add"} <= set(inside)
    assert pairs(graph) >= chain("input stem block/conv1 block/bn1") | chain("stem block/add")
    assert pairs(graph) >= chain("depthwise norm gelu max_pool flatten head")


def test_edges_of_a_function_look_through_what_is_no_layer():
    """A condition on the whole batch is no layer, and still passes on what it was given."""
    case = functions.CASES["loops"]
    graph = layer_graph(Network(case.function, params=case.params, input_shape=case.shape))
    takers = {edge.target for edge in graph.edges}
    assert takers == {layer.name for layer in graph.layers}
    order = {name: at for at, name in enumerate([graph.input, *(x.name for x in graph.layers)])}
    assert all(order[edge.source] < order[edge.target] for edge in graph.edges)


def test_a_value_taken_twice_is_one_edge():
    def model(params, x):
        y = jnp.tanh(x @ params)
        return jnp.concatenate([y, y, x], -1)

    graph = layer_graph(Network(model, params=jnp.ones((3, 4)), input_shape=(3,)))
    (tanh,) = (layer.name for layer in graph.layers if layer.operation == "tanh")
    assert graph.inputs("concat") == [tanh, "input"]
    assert graph.edges[-1].shapes == ((3,),)


def test_a_layer_that_gives_two_values_has_both_on_its_edge():
    def model(params, x):
        def step(carry, row):
            carry = jnp.tanh(carry + row)
            return carry, carry * params

        last, states = jax.lax.scan(step, jnp.zeros((len(x), 4)), jnp.moveaxis(x, 1, 0))
        return last + states.sum(0)

    graph = layer_graph(Network(model, params=jnp.ones(4), input_shape=(6, 4)))
    shapes = {(edge.source, edge.target): edge.shapes for edge in graph.edges}
    assert shapes["scan", "sum"] == ((6, 4),)
    assert shapes["scan", "add"] == ((4,),)


class CalledInput(nnx.Module):
    def __init__(self, rngs):
        self.input = nnx.Linear(3, 3, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.input(x))


def test_the_input_takes_no_layers_name():
    graph = layer_graph(Network(CalledInput(nnx.Rngs(0)), input_shape=(3,)))
    assert graph.input == "input_2"
    assert pairs(graph) == chain("input_2 input relu")


class Deep(nnx.Module):
    """Thirty layers without a branch."""

    def __init__(self, rngs):
        for k in range(30):
            setattr(self, f"dense{k}", nnx.Linear(3, 3, rngs=rngs))

    def __call__(self, x):
        for k in range(30):
            x = getattr(self, f"dense{k}")(x)
        return x


def test_a_chain_without_blocks_is_left_as_it_is():
    graph = layer_graph(Network(nnx_models.made(Deep), input_shape=(3,)))
    assert graph.groups == ()
    assert len(graph.edges) == 30


def test_another_size_has_other_shapes_on_its_edges():
    def model(params, x):
        return jax.nn.relu(functions.conv(x, params))

    net = Network(model, params=jnp.ones((3, 3, 3, 2)), input_shape=(8, 8, 3))
    graph = layer_graph(net, (10, 12, 3))
    assert [edge.shapes for edge in graph.edges] == [((10, 12, 3),), ((10, 12, 2),)]
    with pytest.raises(InputError):
        layer_graph(net, (10, 12, 4))
