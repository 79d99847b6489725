"""Attacks: how far they go, where they stay, and what they do to the class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz_widgets import methods
from cnnviz_widgets.network import InputError, Network
from tests.models.functions import weights
from tests.models.taps import assert_same, pictures


@settings(max_examples=5, derandomize=True)
@given(
    shape=st.tuples(st.integers(2, 6), st.integers(2, 6), st.sampled_from([1, 3])),
    epsilon=st.floats(0.001, 0.1),
    seed=st.integers(0, 99),
)
def test_fgsm_moves_every_value_by_epsilon(shape, epsilon, seed):
    matrix = weights((int(np.prod(shape)), 4), seed=seed)[0]
    net = Network(lambda p, x: x.reshape(len(x), -1) @ p, params=matrix, input_shape=shape)
    x = pictures(shape, 2, seed) * 0.8 + 0.1  # nothing has to be cut off at 0 or 1
    found = methods.fgsm(net, x, epsilon=epsilon)
    assert_same(np.abs(found.images - x), np.full_like(x, epsilon), tolerance=1e-6)
    assert found.before == found.target


@pytest.mark.parametrize(("norm", "epsilon"), [("linf", 0.06), ("l2", 1.5)])
@pytest.mark.parametrize("random_start", [False, True])
def test_pgd_stays_in_its_ball_and_is_an_image(digits, norm, epsilon, random_start):
    x = pictures(digits.input_shape, 3)
    options = {"norm": norm, "epsilon": epsilon, "random_start": random_start, "steps": 6}
    frames = list(methods.attack(digits, x, **options))
    assert [frame.step for frame in frames] == [1, 2, 3, 4, 5, 6]
    for frame in frames:
        change = (frame.images - x).reshape(3, -1)
        order = np.inf if norm == "linf" else 2
        assert np.linalg.norm(change, order, 1).max() <= epsilon * (1 + 1e-5) + 1e-6
        assert frame.images.min() >= 0
        assert frame.images.max() <= 1


def test_attacks_lower_the_classs_probability_and_targeted_ones_raise_it(digits):
    x = pictures(digits.input_shape, 3)
    before = np.asarray(methods.probabilities(digits, x))
    for attack in (methods.fgsm, methods.pgd):
        found = attack(digits, x)
        own = before[range(3), found.target]
        assert (found.probability < own).all()
        sought = attack(digits, x, target=7, targeted=True)
        assert (sought.probability > before[:, 7]).all()
    assert found.succeeded == tuple(a != b for a, b in zip(found.before, found.after, strict=True))


def test_a_targeted_attack_needs_a_target(digits):
    with pytest.raises(InputError, match="expected a target"):
        methods.pgd(digits, pictures(digits.input_shape, 1), targeted=True)
