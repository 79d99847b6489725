"""What a short text stands for, and what it gives."""

import numpy as np
import pytest

from cnnviz_widgets.methods import activations, objective
from cnnviz_widgets.network import UnknownLayerError, UnknownTargetError
from tests.models.taps import assert_same, pictures


@pytest.mark.parametrize(
    ("target", "layer", "wanted"),
    [
        ("conv2:5", "conv2", lambda a: a[..., 5].mean((1, 2))),
        ("conv2:5@3,7", "conv2", lambda a: a[:, 3, 7, 5]),
        ("conv2: 5 @ 3, 7", "conv2", lambda a: a[:, 3, 7, 5]),
        ("conv2", "conv2", lambda a: np.square(a).mean((1, 2, 3))),
        ("dense1:9", "dense1", lambda a: a[:, 9]),
        ("dense1", "dense1", lambda a: np.square(a).mean(1)),
        ("7", "dense2", lambda a: a[:, 7]),
        (7, "dense2", lambda a: a[:, 7]),
    ],
)
def test_objective_gives_a_number_for_each_image(digits, target, layer, wanted):
    x = pictures((28, 28, 1), 3)
    goal = objective(digits, target)
    assert goal.layers == (layer,)
    values = activations(digits, x, [layer])
    score = goal.score(values, goal.arguments)
    assert score.shape == (3,)
    assert_same(score, wanted(np.asarray(values[layer])))


@pytest.mark.parametrize(
    ("target", "error", "words"),
    [
        ("conv9:1", UnknownLayerError, "'conv9'.*did you mean 'conv"),
        ("nonsense", UnknownTargetError, r'"layer:channel".*\'nonsense\''),
        ("conv2:64", UnknownTargetError, "a channel of conv2 from 0 to 63, got 64"),
        ("conv2:x", UnknownTargetError, '"conv2:channel@row,column" with whole numbers'),
        ("conv2:-1", UnknownTargetError, "whole numbers"),
        ("conv2:1@2", UnknownTargetError, "no steps; expected @row,column"),
        ("conv2:", UnknownTargetError, "whole numbers"),
        ("dense1:1@0,0", UnknownTargetError, "no rows and columns"),
        (10, UnknownTargetError, "a class from 0 to 9, got 10"),
        (-1, UnknownTargetError, "a class from 0 to 9, got -1"),
    ],
)
def test_what_there_is_not_is_refused(digits, target, error, words):
    with pytest.raises(error, match=words):
        objective(digits, target)


def test_an_objective_is_taken_as_it_is(digits):
    goal = objective(digits, "conv1:0")
    assert objective(digits, goal) is goal
    assert goal.label == "conv1:0"
    assert objective(digits, 3).label == "3"
