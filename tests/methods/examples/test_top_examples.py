"""The patches that fire a channel most, beside the same search over all activations at once."""

import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets.methods import activations, deconvolution, top_example_frames, top_examples
from cnnviz_widgets.network import (
    InputError,
    Network,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from cnnviz_widgets.zoo.photos_data import evaluation_pieces
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SHAPE = (12, 10, 3)


@pytest.fixture(scope="module")
def net() -> Network:
    def model(params, x):
        return jax.nn.relu(conv(x - 0.5, params)).mean((1, 2))

    return Network(model, params=weights((3, 3, 3, 6))[0], input_shape=SHAPE)


@pytest.fixture(scope="module")
def many() -> np.ndarray:
    return pictures(SHAPE, 40)


def _found(result):
    return [(each.picture, each.unit.row, each.unit.column) for each in result.examples]


def _brute_force(net, many, channel, count, per_picture):
    values = np.asarray(activations(net, many, "relu")["relu"])[..., channel]
    kept = []
    for number, one in enumerate(values):
        places = sorted(np.ndindex(*one.shape), key=lambda at: -one[at])[:per_picture]
        kept += [(float(one[place]), (number, *place)) for place in places if one[place] > 0]
    return [place for _, place in sorted(kept, key=lambda each: -each[0])[:count]]


@pytest.mark.parametrize(("count", "per_picture"), [(9, 1), (9, 4), (3, 1), (100, 2)])
def test_finds_what_a_search_over_all_activations_finds(net, many, count, per_picture):
    found = top_examples(net, many, layer="relu", channel=2, count=count, per_picture=per_picture)
    assert _found(found) == _brute_force(net, many, 2, count, per_picture)
    assert (found.searched, found.progress) == (40, 1.0)


def test_the_reconstructions_are_those_of_the_units(net, many):
    for each in top_examples(net, many, layer="relu", channel=4, count=4).examples:
        np.testing.assert_array_equal(each.image, many[each.picture])
        at = each.unit.row, each.unit.column
        alone = deconvolution(net, each.image, layer="relu", channel=4, position=at)
        assert_same(each.reconstruction, alone.values[0])
        assert alone.units[0][0].box == each.unit.box
        np.testing.assert_array_equal(each.unit.patch, alone.units[0][0].patch)


def test_the_search_goes_on_by_usable_frames(net, many):
    frames = list(top_example_frames(net, many, layer="relu", channel=1))
    assert [frame.searched for frame in frames] == [16, 32, 40]
    assert [frame.progress for frame in frames] == [0.4, 0.8, 1.0]
    for frame in frames:
        assert _found(frame) == _brute_force(net, many[: frame.searched], 1, 9, 1)
        assert all(each.reconstruction.any() for each in frame.examples)


WAYS = {
    "list": lambda many: list(many),
    "batches": lambda many: [many[:7], many[7:30], many[30:]],
    "mixed": lambda many: [many[0], many[1:]],
    "bytes": lambda many: np.rint(many * 255).astype(np.uint8),
    "jax": lambda many: jnp.asarray(many),
}


@pytest.mark.parametrize("way", WAYS)
def test_pictures_may_come_in_any_form(net, many, way):
    if way == "bytes":
        many = np.rint(many * 255).astype(np.float32) / np.float32(255)
    frames = list(top_example_frames(net, WAYS[way](many), layer="relu", channel=3))
    assert _found(frames[-1]) == _brute_force(net, many, 3, 9, 1)
    shares = [frame.progress for frame in frames]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_one_picture_is_enough(net, many):
    found = top_examples(net, many[0], layer="relu", channel=3)
    assert _found(found) == _brute_force(net, many[:1], 3, 9, 1)
    assert found.notes == ("Among 1 picture, only 1 patch fired channel 3 of relu.",)


def test_a_stream_is_not_kept(net):
    alive: list[weakref.ref] = []
    most = 0

    def stream():
        nonlocal most
        for seed in range(80):
            picture = pictures(SHAPE, 1, seed)[0].copy()
            alive.append(weakref.ref(picture))
            yield picture
            most = max(most, sum(each() is not None for each in alive))

    found = top_examples(net, stream(), layer="relu", channel=0, count=2)
    assert (found.searched, found.progress, len(found.examples)) == (80, None, 2)
    assert most < 40


def test_pictures_of_another_size_are_fitted_only_where_they_have_to_be(many):
    def fixed(params, x):
        kernel, head = params
        return jax.nn.relu(conv(x, kernel)).reshape(x.shape[0], -1) @ head

    def free(params, x):
        return jax.nn.relu(conv(x, params)).mean((1, 2))

    kernel, head = weights((3, 3, 3, 4), (12 * 10 * 4, 2))
    large = pictures((24, 30, 3), 1)[0]
    grey = pictures((12, 10, 1), 1)[0]
    for model, params, shape in ((fixed, [kernel, head], SHAPE), (free, kernel, (24, 30, 3))):
        net = Network(model, params=params, input_shape=SHAPE)
        found = top_examples(net, [many[0], large, grey], layer="relu", channel=0)
        shapes = {each.picture: each.image.shape for each in found.examples}
        assert shapes == {0: SHAPE, 1: shape, 2: SHAPE}


def test_another_channel_compiles_nothing(net, many):
    top_examples(net, many, layer="relu", channel=0)
    with compilations() as compiled:
        top_examples(net, many[:33], layer="relu", channel=5, count=4, per_picture=2)
    assert compiled == []


def test_pieces_of_the_bundled_photographs_can_be_searched(photos):
    pieces, _ = evaluation_pieces()
    found = top_examples(photos, pieces[::18], layer="relu_3", channel=5, count=4)
    assert len(found.examples) == 4
    assert found.examples[0].unit.activation >= found.examples[-1].unit.activation > 0
    assert all(max(each.unit.patch.shape[:2]) <= 37 for each in found.examples)


def test_a_silent_channel_is_said_to_be(many):
    def model(params, x):
        return jax.nn.relu(conv(x, params) - 100.0).mean((1, 2))

    net = Network(model, params=weights((3, 3, 3, 4))[0], input_shape=SHAPE)
    found = top_examples(net, many, layer="relu", channel=1)
    assert found.examples == ()
    assert found.notes == ("Among 40 pictures, no patch fired channel 1 of relu.",)


BAD = {
    "layer": ({"layer": "rellu"}, UnknownLayerError, "did you mean 'relu'"),
    "channel": ({"channel": 6}, UnknownTargetError, "a channel of relu from 0 to 5, got 6"),
    "count": ({"count": 0}, InputError, "count to be at least 1"),
    "per picture": ({"per_picture": 0}, InputError, "per_picture to be at least 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_there_is_not_is_refused_at_once(net, many, name):
    options, kind, words = BAD[name]
    with pytest.raises(kind, match=words):
        top_example_frames(net, many, **{"layer": "relu", "channel": 0, **options})


BAD_PICTURES = {
    "none": (None, "expected pictures to search, got NoneType"),
    "a name": ("cat", "got str"),
    "empty": ([], "got none"),
    "NaN": ([np.zeros(SHAPE), np.full(SHAPE, np.nan)], "picture 1: expected finite"),
    "words": (["cat"], "picture 0: "),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_bad_pictures_are_refused(net, name):
    given, words = BAD_PICTURES[name]
    with pytest.raises(InputError, match=words):
        top_examples(net, given, layer="relu", channel=0)


def test_another_activation_is_refused_by_name(many):
    net = Network(
        lambda p, x: jnp.tanh(conv(x, p)), params=weights((3, 3, 3, 4))[0], input_shape=SHAPE
    )
    with pytest.raises(UnknownOperationError, match="'tanh'"):
        top_examples(net, many, layer="tanh", channel=0)
