import base64
import io

import jax.numpy as jnp
import pytest
from flax import nnx
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.widgets import LayerList


def test_the_layers_are_listed_in_order(digits, page_of):
    page = page_of(LayerList(digits))
    assert page.traits["layers"] == [
        {
            "name": layer.name,
            "kind": layer.kind,
            "shape": list(layer.shape),
            "parameters": layer.parameters,
            "flops": layer.flops,
            "depth": 0,
        }
        for layer in digits.layers
    ]
    assert page.traits["layer"] == ""


class Block(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(3, 4, rngs=rngs)
        self.second = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        return self.second(nnx.relu(self.first(x)))


class Nested(nnx.Module):
    def __init__(self, rngs):
        self.stem = nnx.Linear(3, 3, rngs=rngs)
        self.block = Block(rngs)
        self.head = nnx.Linear(3, 2, rngs=rngs)

    def __call__(self, x):
        return self.head(self.block(self.stem(x)))


def test_blocks_come_before_their_layers(page_of):
    net = cw.Network(Nested(nnx.Rngs(0)), input_shape=(3,))
    listed = page_of(LayerList(net)).traits["layers"]
    assert [(entry["name"], entry["depth"]) for entry in listed] == [
        ("stem", 0),
        ("block", 0),
        ("block/first", 1),
        ("block/relu", 1),
        ("block/second", 1),
        ("head", 0),
    ]
    outer = [entry["parameters"] for entry in listed if entry["depth"] == 0]
    assert sum(outer) == net.parameters == 12 + 16 + 15 + 8


def test_a_layer_is_chosen_from_both_ends(digits, page_of):
    view = LayerList(digits, layer="conv2")
    page = page_of(view)
    assert page.traits["layer"] == "conv2"
    page.set(layer="relu")
    assert view.layer == "relu"
    view.layer = "dense1"
    assert page.traits["layer"] == "dense1"


def test_an_unknown_layer_is_refused(digits, page_of):
    with pytest.raises(TraitError, match="did you mean 'conv"):
        LayerList(digits, layer="conv9")
    view = LayerList(digits)
    page_of(view).set(layer="conv9")
    assert "got 'conv9'" in page_of(view).traits["message"]
    assert page_of(view).traits["layer"] == ""


def test_the_still_picture_shows_the_lines(digits):
    data, _ = LayerList(digits)._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.height > 10 * len(digits.layers)


def test_names_of_any_script_can_be_drawn():
    def model(params, x):
        return x * params

    net = cw.Network(model, params=jnp.ones((1, 3)), input_shape=(3,))
    view = LayerList(net)
    view.layers = [view.layers[0] | {"name": "слой 層 🙂"}]
    assert view._repr_mimebundle_()[0]["image/png"]
