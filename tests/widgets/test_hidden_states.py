import io

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.widgets import FeatureMaps, HiddenStates
from tests.models import functions, nnx_models

from .conftest import PATIENCE, worker_threads


@pytest.fixture(scope="module")
def gru() -> Network:
    return cw.load("digits_gru")


@pytest.fixture
def view(gru, three):
    view = HiddenStates(gru, three, channel=7)
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def numbers(value: bytes) -> np.ndarray:
    return np.frombuffer(value, "<f4")


def test_the_page_gets_every_number_of_every_step(view, page, gru, three):
    found = cw.methods.hidden_states(gru, three)
    frame = page.traits["frame"]
    names = ["state", "reset", "update"]
    assert [told["name"] for told in frame["maps"]] == names == page.traits["shown"]
    assert [told["gate"] for told in frame["maps"]] == [False, True, True]
    arrays = {**found.states, **found.gates}
    values = np.concatenate([arrays[name].ravel() for name in names])
    np.testing.assert_array_equal(numbers(frame["values"]), values)
    np.testing.assert_array_equal(numbers(frame["inputs"]), three[..., 0].ravel())
    np.testing.assert_array_equal(numbers(frame["predictions"]), found.predictions.ravel())
    assert frame["classes"] == [str(k) for k in range(10)]
    assert frame["reads"] == [0, 0, 1, 1]
    assert (frame["steps"], frame["units"], frame["features"]) == (28, 48, 28)
    assert page.traits["picture"]["width"] == 28
    assert page.traits["step"] == 27
    assert view.result is not None


def test_moving_through_steps_and_units_asks_for_no_frame(view, page):
    before = list(page.numbers)
    page.set(step=3)
    page.set(channel=11)
    page.set(show="update")
    page.set(order="strongest")
    assert (view.step, view.channel, view.show, view.order) == (3, 11, "update", "strongest")
    view.wait(PATIENCE)
    assert page.numbers == before


def test_another_image_is_read_and_the_step_stays(view, page, seven):
    view.step = 5
    view.image = seven
    view.wait(PATIENCE)
    np.testing.assert_array_equal(numbers(page.traits["frame"]["inputs"]), seven[..., 0].ravel())
    assert view.step == 5


def test_a_longer_sequence_moves_what_stands_at_its_end():
    """With a bare scan that takes sequences of any length, and carries two states of one kind."""

    def function(params, x):
        again, fresh, last = params

        def step(carry, row):
            a, b = carry
            return (jnp.tanh(row @ fresh + b @ again), a), None

        start = (jnp.zeros((len(x), 4)), jnp.zeros((len(x), 4)))
        return lax.scan(step, start, jnp.moveaxis(x, 1, 0))[0][0] @ last

    params = functions.weights((4, 4), (5, 4), (4, 3))
    net = Network(function, params=params, input_shape=(7, 5), classes=["x", "y", "z"])
    random = np.random.default_rng(0)
    view = HiddenStates(net, random.normal(size=(7, 5)))
    view.wait(PATIENCE)
    assert view.shown == ["state 1", "state 2"]
    assert view.step == 6
    assert "No gates" in view.frame["notes"][0]
    assert view.picture is None
    view.image = random.normal(size=(9, 5))
    view.wait(PATIENCE)
    assert view.step == 8
    view.image = random.normal(size=(4, 5))
    view.wait(PATIENCE)
    assert view.step == 3
    assert view.state == "done"


def test_layers_are_chosen_among_recurrent_ones():
    class Two(nnx.Module):
        def __init__(self, rngs):
            self.first = nnx.RNN(nnx.GRUCell(5, 3, rngs=rngs), rngs=rngs)
            self.second = nnx.RNN(nnx.LSTMCell(3, 6, rngs=rngs), rngs=rngs)
            self.head = nnx.Linear(6, 20, rngs=rngs)

        def __call__(self, x):
            return self.head(self.second(self.first(x))[:, -1])

    view = HiddenStates(
        Network(nnx_models.made(Two), input_shape=(7, 5)), np.ones((7, 5)), show="output"
    )
    view.wait(PATIENCE)
    assert [info["name"] for info in view.layers] == ["first", "second"]
    assert [info["channels"] for info in view.layers] == [3, 6]
    assert view.shown == ["state", "cell", "input", "forget", "output"]
    assert len(view.frame["classes"]) == 16  # those that are ever the likeliest
    view.layer = "first"
    view.wait(PATIENCE)
    assert view.show == "state"  # there is no output gate here
    assert view.frame["units"] == 3


def test_the_selection_is_shared(gru, three, seven):
    chosen = cw.Selection(image=three)
    view = HiddenStates(gru, selection=chosen)
    maps = FeatureMaps(gru, three, layer="gru", selection=chosen)
    view.channel = 9
    assert maps.channel == 9
    maps.layer = "dense"  # not recurrent: the view stays where it is
    assert view.layer == "gru"
    chosen.image = seven
    view.wait(PATIENCE)
    assert view.result is not None
    assert view.result.inputs is not None
    np.testing.assert_array_equal(view.result.inputs[0], seven[..., 0])


def test_without_an_image_there_is_a_bundled_one(gru):
    view = HiddenStates(gru)
    view.wait(PATIENCE)
    assert view.state == "done"


def test_the_still_picture(view):
    data, _ = view._repr_mimebundle_()
    assert "image/png" in data
    picture = Image.open(io.BytesIO(view._still()))
    assert picture.width > 300


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"step": 28}, r"expected a step of gru from 0 to 27, got 28\."),
        ({"channel": 48}, r"expected a channel of gru from 0 to 47, got 48"),
        ({"show": "cell"}, r"a state or a gate"),
        ({"layer": "dense"}, r"the name of a layer"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_there_is_not_is_refused(gru, three, wrong, error):
    with pytest.raises(TraitError, match=error):
        HiddenStates(gru, three, **wrong)


def test_a_network_that_is_not_recurrent_is_refused(digits, three):
    with pytest.raises(InputError, match="expected a network with a recurrent layer"):
        HiddenStates(digits, three)


def test_closing_ends_its_job(view):
    view.close()
    assert view.state == "idle"
    assert len(worker_threads()) <= 1
