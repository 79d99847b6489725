"""Muting every channel in turn, beside doing so one by one."""

import jax
import numpy as np
import pytest

from cnnviz_widgets.methods import (
    Edit,
    channel_effect_frames,
    channel_effects,
    intervene,
)
from cnnviz_widgets.network import InputError, Network, UnknownLayerError, UnknownTargetError
from tests.compiling import compilations
from tests.models import functions
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SHAPE = (8, 7, 3)


@pytest.fixture(scope="module")
def net() -> Network:
    def model(params, x):
        hidden = jax.nn.relu(conv(x - 0.7, params["first"]))
        return jax.nn.relu(conv(hidden, params["second"])).mean((1, 2)) @ params["head"]

    first, second, head = weights((3, 3, 3, 11), (3, 3, 11, 6), (6, 4))
    first = first.at[..., 4].set(0)  # a dead channel
    params = {"first": first, "second": second, "head": head}
    return Network(model, params=params, input_shape=SHAPE)


def one_by_one(net, x, layer, classes):
    rows = np.arange(len(x))
    logits, shares = [], []
    for channel in range(net[layer].channels):
        found = intervene(net, x, Edit(layer, "mute", channel))
        logits.append((found.after.logits - found.before.logits)[rows, classes])
        shares.append((found.after.probabilities - found.before.probabilities)[rows, classes])
    return np.stack(logits, 1), np.stack(shares, 1)


@pytest.mark.parametrize("together", [1, 4, 64])
def test_is_what_muting_one_by_one_gives(net, together):
    x = pictures(SHAPE)
    found = channel_effects(net, x, "relu", target=[1, 2], together=together)
    logits, shares = one_by_one(net, x, "relu", [1, 2])
    assert_same(found.logits, logits)
    assert_same(found.probabilities, shares)
    assert (found.target, found.progress) == ((1, 2), 1.0)
    assert not found.logits[:, 4].any()
    mean = np.abs(found.logits).mean(0)
    assert (np.diff(mean[found.order()]) <= 0).all()
    assert len(found.order()) == 11


def test_edits_are_in_force_and_a_vector_has_channels_too(net):
    x = pictures(SHAPE)
    edited = net.with_edits([Edit("relu", "boost", 3, value=4.0)])
    pooled = net.layers[-2].name
    found = channel_effects(edited, x, pooled, target=0)
    assert_same(found.logits, one_by_one(edited, x, pooled, [0, 0])[0])


def test_channels_first():
    _, case = functions.equinox()
    net = Network(case.function, params=case.params, input_shape=case.shape)
    x = pictures(case.shape)
    found = channel_effects(net, x, "relu", target=3, together=3)
    assert_same(found.logits, one_by_one(net, x, "relu", [3, 3])[0])


def test_frames_grow_from_the_strongest_channels_on(net):
    x = pictures(SHAPE, 1)
    frames = list(channel_effect_frames(net, x, "relu", target=0, together=3))
    known = [int((~np.isnan(frame.logits)).sum()) for frame in frames]
    assert known == [4, 7, 10, 11]  # the silent one is known from the start
    assert [frame.progress for frame in frames] == [0.25, 0.5, 0.75, 1.0]
    for frame in frames:
        assert_same(frame.logits[0, frame.order()], frames[-1].logits[0, frame.order()])


def test_another_class_or_image_compiles_nothing(net):
    channel_effects(net, pictures(SHAPE, 1), "relu", target=0)
    with compilations() as compiled:
        channel_effects(net, pictures(SHAPE, 1, seed=3), "relu", target=2)
    assert compiled == []


def test_a_layer_that_is_silent_costs_no_pass(net):
    silent = net.with_edits([Edit("relu", "mute")])
    found = channel_effects(silent, pictures(SHAPE, 1), "relu", target=0)
    assert not found.logits.any()


def test_says_what_is_wrong(net):
    x = pictures(SHAPE, 1)
    with pytest.raises(UnknownLayerError, match="relu"):
        channel_effects(net, x, "rellu")
    with pytest.raises(UnknownTargetError, match="from 0 to 3"):
        channel_effects(net, x, "relu", target=9)
    with pytest.raises(InputError, match="together from 1"):
        channel_effects(net, x, "relu", together=0)
