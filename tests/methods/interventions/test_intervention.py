"""A network with edits is the model run by hand with these values changed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.methods import Edit, activations, intervene, probabilities
from cnnviz_widgets.network import InputError, Network, UnknownLayerError, UnknownTargetError
from tests.compiling import compilations
from tests.models import functions, nnx_models
from tests.models.taps import assert_same, pictures

SHAPE, ROWS, COLUMNS, CHANNELS, UNITS = (9, 8, 3), 7, 6, 5, 6


class Small(nnx.Module):
    def __init__(self, rngs):
        self.conv1 = nnx.Conv(3, CHANNELS, (3, 3), padding="VALID", rngs=rngs)
        self.conv2 = nnx.Conv(CHANNELS, 4, (3, 3), rngs=rngs)
        self.hidden = nnx.Linear(4, UNITS, rngs=rngs)
        self.head = nnx.Linear(UNITS, 3, rngs=rngs)

    def __call__(self, x):
        return self.after_hidden(self.hidden(self.pooled(self.conv1(x))))

    def pooled(self, first):
        return nnx.relu(self.conv2(nnx.relu(first))).mean((1, 2))

    def after_hidden(self, hidden):
        return self.head(nnx.relu(hidden))


@pytest.fixture(scope="module")
def model() -> Small:
    return Small(nnx.Rngs(0))


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=SHAPE)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return pictures(SHAPE)


def by_hand(values, edit: Edit, other=None, means=None) -> jnp.ndarray:
    """The edit as NumPy assignments."""
    found = np.array(values)
    assert edit.channels is None or isinstance(edit.channels, tuple)
    channels = edit.channels or range(found.shape[-1])
    top, left, bottom, right = edit.region or (0, 0, None, None)
    places = (slice(top, bottom), slice(left, right)) if found.ndim == 4 else ()
    for channel in channels if edit.on else ():
        at = (slice(None), *places, channel)
        put = {"mute": 0, "replace": edit.value, "mean": means}.get(edit.kind)
        if edit.kind in ("boost", "negate"):
            found[at] *= np.float32(-1 if edit.kind == "negate" else edit.value)
        elif edit.kind == "transplant":
            found[at] = np.asarray(other)[at]
        else:
            found[at] = np.broadcast_to(put, found.shape[-1:])[channel]
    return jnp.asarray(found)


factors = st.floats(-4, 4, width=32)
numbers = st.lists(st.integers(0, CHANNELS - 1), min_size=1, max_size=3, unique=True)


@st.composite
def regions(draw):
    top, left = draw(st.integers(0, ROWS - 1)), draw(st.integers(0, COLUMNS - 1))
    return top, left, draw(st.integers(top + 1, ROWS)), draw(st.integers(left + 1, COLUMNS))


@st.composite
def edits(draw, layer="conv1", region=True):
    kind = draw(st.sampled_from(["mute", "boost", "negate", "replace"]))
    return Edit(
        layer, kind, draw(st.none() | numbers), draw(st.none() | regions()) if region else None,
        draw(factors) if kind in ("boost", "replace") else None, on=draw(st.booleans()),
    )  # fmt: skip


@settings(max_examples=40)
@given(stack=st.lists(edits(), min_size=1, max_size=4), dense=edits("hidden", region=False))
def test_edits_of_a_map_and_of_a_vector_are_those_made_by_hand(model, net, x, stack, dense):
    first = model.conv1(x)
    for edit in stack:
        first = by_hand(first, edit)
    hidden = by_hand(model.hidden(model.pooled(first)), dense)
    found = intervene(net, x, [*stack, dense], layers=["conv1", "hidden"])
    assert_same(found.after.values["conv1"], first)
    assert_same(found.after.values["hidden"], hidden)
    assert_same(found.after.logits, model.after_hidden(hidden))
    assert_same(found.after.probabilities, jax.nn.softmax(model.after_hidden(hidden)))
    assert_same(found.before.logits, model(x))


@settings(max_examples=15)
@given(channels=st.none() | numbers, region=st.none() | regions())
def test_values_are_taken_over_from_other_pictures(model, net, x, channels, region):
    others = pictures(SHAPE, 3, seed=5)
    transplant = Edit("conv1", "transplant", channels, region, others[0])
    mean = Edit("conv1", "mean", channels, region, others)
    means = np.asarray(model.conv1(others)).mean((0, 1, 2))
    first = by_hand(model.conv1(x), transplant, other=model.conv1(others[:1]).repeat(len(x), 0))
    halved = by_hand(first, Edit("conv1", "boost", 1, value=0.5))
    last = by_hand(halved, mean, means=means)
    found = net.with_edits([transplant, Edit("conv1", "boost", 1, value=0.5), mean])
    assert_same(activations(found, x, "conv1")["conv1"], last)
    assert_same(found(x), model.after_hidden(model.hidden(model.pooled(last))))


def test_replaces_each_channel_by_a_number_of_its_own(model, net, x):
    wanted = np.linspace(-1, 1, CHANNELS, dtype=np.float32)
    edit = Edit("conv1", "replace", value=wanted, region=(1, 1, 3, 5))
    assert_same(
        activations(net.with_edits([edit]), x, "conv1")["conv1"], by_hand(model.conv1(x), edit)
    )


def test_channels_first_are_found_too():
    model, case = functions.equinox()
    net = Network(case.function, params=case.params, input_shape=case.shape)
    x, other = pictures(case.shape, 3), pictures(case.shape, 1, seed=4)
    edits = [Edit("relu", "boost", 2, (1, 2, 6, 9), 3.0), Edit("relu", "mute", 0)]
    last = [Edit("relu", "transplant", 3, (0, 0, 4, 12), other)]
    found = activations(net.with_edits(edits + last), x, "relu")["relu"]
    first = np.moveaxis([_relu(model, each) for each in x], 1, -1)
    donor = np.moveaxis([_relu(model, other[0])] * 3, 1, -1)
    for edit in edits + last:
        first = by_hand(first, edit, other=donor)
    assert_same(found, first)


def _relu(model, image):
    return jax.nn.relu(model.conv1(np.moveaxis(image, -1, 0)))


def test_a_network_knows_its_edits_and_the_other_stays(net, x):
    before = np.asarray(net(x))
    first = net.with_edits([Edit("conv1", "mute", 1)])
    both = first.with_edits([Edit("head", "replace", 0, value=7.0)])
    assert [edit.title for edit in both.edits] == ["mute conv1:1", "replace head:0 by 7"]
    assert "2 edits" in repr(both)
    assert both.unedited is net
    np.testing.assert_array_equal(both.unedited(x), before)
    assert_same(both(x)[:, 0], [7.0, 7.0])
    assert_same(both(x)[:, 1:], first(x)[:, 1:])
    assert float(np.abs(first(x) - before).max()) > 1e-3


def test_other_weights_keep_the_edits(model, net, x):
    edits = [Edit("conv1", "transplant", 2, value=x[1])]
    name = net.weights_of("head")[0]
    changed = net.with_edits(edits).with_weights({name: np.ones_like(net.weights[name])})
    assert_same(changed(x), net.with_weights({name: np.ones((3,))}).with_edits(edits)(x))


def test_a_slider_compiles_nothing(net, x):
    def look(channel, region, factor, on, more=()):
        edited = net.with_edits(
            [Edit("conv1", "boost", channel, region, factor, on=on), Edit("hidden", "mute"), *more]
        )
        methods.grad_cam(edited, x, target=0, layer="conv2")
        return intervene(edited, x, [], "conv2"), probabilities(edited, x)

    look(0, None, 2.0, True)
    further = [Edit("conv1", "negate", [1, 2], (0, 0, 2, 2)), Edit("conv1", "replace", value=1)]
    with compilations() as compiled:
        look(1, (1, 2, 3, 4), -0.5, True)
        look(None, None, 0.0, False, further)
    assert compiled == []


def test_a_gradient_is_that_of_the_edited_network(model, net, x):
    edit = Edit("conv1", "boost", 2, (1, 1, 5, 4), -3.0)
    mask = np.zeros((1, ROWS, COLUMNS, CHANNELS), np.float32)
    mask[:, 1:5, 1:4, 2] = 1

    def score(x):
        first = model.conv1(x) * (1 - 4 * mask)
        return model.after_hidden(model.hidden(model.pooled(first)))[:, 1].sum()

    wanted = jax.grad(score)(jnp.asarray(x))
    edited = net.with_edits([edit])
    found = methods.input_x_gradient(edited, x, target=1).values
    assert_same(found, x * wanted)
    # of one channel alone, where the others are not computed
    assert_same(_one(edited, x, 2), np.asarray(model.conv1(x) * (1 - 4 * mask))[..., 2])


def _one(net, x, channel):
    batch = net.batch(x)
    return net.at(batch.shape).run(_channel, batch, np.int32(channel), name="conv1")


def _channel(replay, x, channel, *, name):
    return jnp.take(replay.channel(x, name, channel), channel, -1)


def test_a_value_that_is_not_a_number_can_be_muted():
    def broken(params, x):
        first = x @ params
        return jnp.concatenate([first[:, :1] / 0.0 * 0.0, first[:, 1:]], 1) * 1.0

    net = Network(broken, params=jnp.eye(3), input_shape=(3,))
    name = net.layers[-1].name
    with jax.debug_nans(False):
        assert np.isnan(net(np.ones(3))).any()
        for edit in (Edit(name, "mute", 0), Edit(name, "replace", 0, value=0.0)):
            assert_same(net.with_edits([edit])(np.ones(3)), [[0, 1, 1]])


def test_all_methods_see_the_edits_or_say_that_they_do_not(net, x):
    edited = net.with_edits([Edit("conv1", "mute")])
    silent = methods.tile_sheets(edited, x[:1])["conv1"]
    assert not silent.strength.any()
    assert not methods.saliency(edited, x, target=0).values.any()
    for refuse in (
        lambda: methods.lrp(edited, x, target=0),
        lambda: methods.deep_lift(edited, x, target=0),
        lambda: methods.full_grad(edited, x, target=0),
        lambda: methods.explain_value(edited, x[0], layer="conv1", channel=0),
    ):
        with pytest.raises(InputError, match=r"without edits.*net\.unedited"):
            refuse()


WRONG = {
    "layer": ({"layer": "conv9"}, UnknownLayerError, "conv1"),
    "kind": ({"layer": "conv1", "kind": "mutte"}, InputError, "did you mean 'mute'"),
    "channel": ({"layer": "conv1", "channels": 5}, UnknownTargetError, "from 0 to 4, got 5"),
    "negative": ({"layer": "conv1", "channels": [-1]}, UnknownTargetError, "from 0 to 4, got -1"),
    "order": ({"layer": "conv1", "region": (3, 0, 3, 2)}, InputError, "beyond top and left"),
    "outside": ({"layer": "conv1", "region": (0, 0, 8, 2)}, InputError, "7 rows and 6 columns"),
    "no places": ({"layer": "hidden", "region": (0, 0, 1, 1)}, InputError, "no rows and columns"),
    "factor": ({"layer": "conv1", "kind": "boost", "value": np.nan}, InputError, "finite number"),
    "per channel": (
        {"layer": "conv1", "kind": "replace", "value": [1, 2]}, InputError, "5 channels"
    ),
    "needless": ({"layer": "conv1", "kind": "mute", "value": 2}, InputError, "no value"),
    "no donor": ({"layer": "conv1", "kind": "transplant"}, InputError, "image to take over"),
    "donor": (
        {"layer": "conv1", "kind": "transplant", "value": np.zeros((12, 8, 3))}, InputError,
        "image of 9 x 8 x 3.*got 12 x 8 x 3",
    ),
    "donors": (
        {"layer": "conv1", "kind": "transplant", "value": np.zeros((2, *SHAPE))}, InputError,
        "one image to take conv1 over from, got 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_says_what_is_wrong(net, x, name):
    given, error, words = WRONG[name]
    with pytest.raises(error, match=words):
        intervene(net, x, Edit(**given))


def test_whole_numbers_are_not_edited():
    net = Network(lambda p, x: jnp.argmax(x @ p, -1), params=jnp.eye(3), input_shape=(3,))
    with pytest.raises(InputError, match="real numbers"):
        intervene(net, np.ones(3), Edit(net.layers[-1].name, "mute"))


def test_a_block_and_its_last_layer_are_one_value():
    model = nnx_models.made(nnx_models.Residual)
    net, x = Network(model, input_shape=model.shape), pictures(model.shape)
    block = net.blocks[-1]
    both = net.with_edits(
        [Edit(block.name, "boost", value=3.0), Edit(block.parts[-1].name, "mute")]
    )
    assert not np.asarray(activations(both, x, block.name)[block.name]).any()


def test_an_edit_of_all_maps_of_the_bundled_network_is_that_of_its_model(digits):
    image = digits.fit(cw.image("digit-3"))
    found = intervene(digits, image, Edit("softmax", "replace", 2, value=0.5), "softmax")
    assert found.after.probabilities[0, 2] == found.after.values["softmax"][0, 2] == 0.5
    assert_same(found.after.logits, found.before.logits)
