"""Methods for pictures on sequences (steps, features): against computations by hand."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets import methods as m
from cnnviz_widgets.methods.attribution.method import METHODS
from cnnviz_widgets.network import Edit, InputError, Network, UnknownTargetError
from tests.compiling import compilations
from tests.models import nnx_models
from tests.models.functions import weights
from tests.models.taps import assert_same


class Reader(nnx.Module):
    """A convolution over time, the mean, and a dense layer."""

    shape = (24, 3)

    def __init__(self, rngs):
        self.conv = nnx.Conv(3, 6, (5,), strides=2, rngs=rngs)
        self.head = nnx.Linear(6, 4, rngs=rngs)

    def after(self, maps):
        return self.head(nnx.relu(maps).mean(1))

    def __call__(self, x):
        return self.after(self.conv(x))


@pytest.fixture(scope="module")
def model() -> Any:
    return nnx_models.made(Reader)


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=Reader.shape)


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(2, *Reader.shape)).astype(np.float32)


MATRIX = np.random.default_rng(7).normal(size=(8, 3, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def linear() -> Network:
    """Each class a weighted sum of (8, 3) values."""
    return Network(
        lambda p, x: x.reshape(len(x), -1) @ p.reshape(24, 4),
        params=jnp.asarray(MATRIX),
        input_shape=(8, 3),
        value_range=(-2, 2),
    )


@pytest.fixture(scope="module")
def short() -> np.ndarray:
    return np.random.default_rng(8).uniform(-2, 2, (2, 8, 3)).astype(np.float32)


def logit(model, x, target):
    return np.asarray(model(jnp.asarray(x, jnp.float32)))[:, target]


# --- every method

_FEW = {
    "smooth_grad": {"samples": 2},
    "square_grad": {"samples": 2},
    "var_grad": {"samples": 2},
    "integrated_gradients": {"steps": 2},
    "expected_gradients": {"samples": 2},
    "guided_ig": {"steps": 2},
    "blur_ig": {"steps": 2, "sigma": 3},
    "conductance": {"steps": 2, "layer": "conv"},
    "layer_gradient": {"layer": "conv"},
    "neuron_gradient": {"unit": "conv:2@5"},
    "rise": {"samples": 3, "cells": 3},
    "lime": {"samples": 4, "count": 4},
    "kernel_shap": {"samples": 4, "count": 4},
    "occlusion": {"window": 6},
    "feature_ablation": {"count": 4},
    "cam": {"layer": "relu"},
}
_OF_PICTURES = {"xrai"}
_INSIDE = {"conductance", "layer_gradient"}


@pytest.mark.parametrize("method", sorted(METHODS.keys() - _OF_PICTURES))
def test_every_method_takes_sequences(method, net, x):
    def run(x, target):
        return getattr(m, method)(net, x, target=target, **_FEW.get(method, {}))

    found = run(x, [1, 3])
    shapes = [(2, 12, 6)] if method in _INSIDE else [(2, 24), (2, 24, 3)]
    assert found.values.shape in shapes
    assert np.isfinite(found.values).all()
    assert found.values.any()
    assert found.progress == 1
    with compilations() as compiled:
        run(x, [0, 2])
    assert compiled == []
    alone = run(x[1], 3)
    assert_same(alone.values[0], found.values[1], tolerance=1e-4)


def test_what_is_of_pictures_says_so(net, x):
    for method in _OF_PICTURES:
        with pytest.raises(InputError, match=r"expected a network for pictures .* takes \(24, 3\)"):
            getattr(m, method)(net, x)
    with pytest.raises(InputError, match='expected segments="grid"'):
        m.lime(net, x, segments="superpixels")
    with pytest.raises(InputError, match=r"sequences .* takes \(2, 3, 4, 5\)"):
        m.saliency(
            Network(lambda p, x: x.sum((2, 3, 4)), params=(), input_shape=(2, 3, 4, 5)),
            np.zeros((2, 3, 4, 5)),
        )


# --- gradients and maps


def test_gradients_are_those_of_the_framework(model, net, x):
    wanted = jax.grad(lambda x: model(x)[:, 2].sum())(jnp.asarray(x))
    found = m.saliency(net, x, target=2)
    np.testing.assert_allclose(found.values, np.abs(wanted), atol=1e-6)
    product = m.input_x_gradient(net, x, target=2)
    np.testing.assert_allclose(product.values, x * wanted, atol=1e-6)
    same = m.smooth_grad(net, x, target=2, sigma=0.0, samples=2)  # keeps signs
    np.testing.assert_allclose(same.values, wanted, atol=1e-6)


@pytest.mark.parametrize("baseline", ["black", "mean", "blur"])
def test_integrated_gradients_add_up(model, net, x, baseline):
    found = m.integrated_gradients(net, x, target=1, steps=64, baseline=baseline)
    assert found.values.shape == x.shape
    np.testing.assert_allclose(found.delta, 0, atol=2e-2)
    if baseline == "black":
        ends = model(jnp.asarray(x))[:, 1] - model(jnp.zeros_like(x))[:, 1]
        np.testing.assert_allclose(found.values.sum((1, 2)), ends, atol=2e-2)


def test_grad_cam_is_a_map_over_time(model, net, x):
    found = m.grad_cam(net, x, target=3, layer="conv", resize="nearest")
    maps = model.conv(jnp.asarray(x))
    slopes = jax.grad(lambda maps: model.after(maps)[:, 3].sum())(maps)
    wanted = np.maximum((maps * slopes.mean(1, keepdims=True)).sum(-1), 0)
    np.testing.assert_allclose(found.values, np.repeat(wanted, 2, 1), atol=1e-6)


def test_grad_cam_chooses_the_last_layer_with_places(net, x):
    found = m.grad_cam(net, x)
    assert found.values.shape == x.shape[:2]
    assert found.layer == "relu"
    assert "the last layer with places in time" in found.notes[0]
    for method in (m.grad_cam, m.score_cam):
        with pytest.raises(InputError, match="expected a layer with places in time, got 'head'"):
            method(net, x, layer="head")


def test_the_gradient_of_a_step_is_that_of_the_framework(model, net, x):
    wanted = jax.grad(lambda x: model.conv(x)[:, 5, 2].sum())(jnp.asarray(x))
    found = m.neuron_gradient(net, x, unit="conv:2@5")
    np.testing.assert_allclose(found.values, wanted, atol=1e-6)
    for unit, said in (("conv:2@5,0", "no rows and columns; expected @step"),
                       ("conv:2@12", "a step of conv from 0 to 11, got 12"),
                       ("head:1@0", "no steps; leave out @step")):  # fmt: skip
        with pytest.raises(UnknownTargetError, match=said):
            m.neuron_gradient(net, x, unit=unit)


def test_ablation_cam_is_what_is_lost_without_a_channel(model, net, x):
    found = m.ablation_cam(net, x, target=1, layer="conv")
    maps = np.asarray(model.conv(jnp.asarray(x)))
    own = np.asarray(model.after(jnp.asarray(maps)))[:, 1]
    small = np.zeros(maps.shape[:2], np.float32)
    for channel in range(maps.shape[-1]):
        without = maps.copy()
        without[..., channel] = 0
        lost = (own - np.asarray(model.after(jnp.asarray(without)))[:, 1]) / np.abs(own)
        small += lost[:, None] * maps[..., channel]
    wanted = jax.image.resize(np.maximum(small, 0), (2, 24), "linear")
    np.testing.assert_allclose(found.values, wanted, atol=1e-5)


# --- parts that are left out


@pytest.mark.parametrize(("window", "stride"), [(5, 2), (6, None), ((4,), (3,))])
def test_occlusion_is_what_a_covered_window_costs(model, net, x, window, stride):
    found = m.occlusion(net, x, target=2, window=window, stride=stride, baseline="mean")
    width = int(np.atleast_1d(window)[0])
    step = width // 2 if stride is None else int(np.atleast_1d(stride)[0])
    total, times = np.zeros((2, 24)), np.zeros(24)
    for first in range(0, 24 - width + step, step):
        covered = x.copy()
        covered[:, first : first + width] = x.mean(1, keepdims=True)
        total[:, first : first + width] += (logit(model, x, 2) - logit(model, covered, 2))[:, None]
        times[first : first + width] += 1
    np.testing.assert_allclose(found.values, total / times, atol=1e-5)


def test_feature_ablation_takes_lengths_of_ones_own(model, net, x):
    numbers = np.repeat([0, 1, 2], [5, 12, 7])
    black = m.feature_ablation(net, x, target=0, segments=numbers)
    start = np.full_like(x[0], 0.5)
    own = m.feature_ablation(net, x, target=0, segments=numbers, baseline=start)
    for found, fill in ((black, 0.0), (own, 0.5)):
        for number in range(3):
            there = numbers == number
            without = np.where(there[:, None], np.float32(fill), x)
            lost = logit(model, x, 0) - logit(model, without, 0)
            wanted = np.repeat(lost[:, None], there.sum(), 1)
            np.testing.assert_allclose(found.values[:, there], wanted, atol=1e-5)


def test_the_grid_of_a_line_is_lengths(net, x):
    found = m.feature_ablation(net, x, count=5)
    edges = np.flatnonzero(np.diff(found.values[0])) + 1
    assert list(edges) == [5, 10, 15, 20]


def test_shapley_values_of_a_sum_are_its_summands(linear, short):
    found = m.kernel_shap(linear, short, target=1, count=4, samples=200, baseline="black")
    each = (short * MATRIX[..., 1]).sum(-1).reshape(2, 4, 2).sum(-1)
    np.testing.assert_allclose(found.values, np.repeat(each, 2, 1), atol=1e-4)
    near = m.lime(linear, short, target=1, count=4, samples=300, ridge=0.0, baseline="black")
    np.testing.assert_allclose(near.values, np.repeat(each, 2, 1), atol=1e-3)


def test_rise_is_that_of_a_picture_of_one_row(model, net):
    x = np.random.default_rng(1).random((2, *Reader.shape)).astype(np.float32)
    row = Network(lambda p, x: x[:, 0, ::2].mean(1) @ p, params=MATRIX[0], input_shape=(1, 24, 3))
    line = Network(lambda p, x: x[:, ::2].mean(1) @ p, params=MATRIX[0], input_shape=(24, 3))
    found = m.rise(line, x, target=1, samples=5)
    same = m.rise(row, x[:, None], target=1, samples=5)
    np.testing.assert_allclose(found.values, same.values[:, 0], atol=1e-6)
    assert found.values.any()


# --- rules that share the score out


def test_relevance_is_conserved_by_every_composite():
    params = weights((5, 3, 6), (6, 4))

    def model(params, x):
        kernel, head = params
        maps = jax.lax.conv_general_dilated(
            x, kernel, (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC")
        )
        return jax.nn.relu(maps).mean(1) @ head

    net = Network(model, params=params, input_shape=(24, 3), value_range=(-3, 3))
    x = np.random.default_rng(3).uniform(-3, 3, (2, 24, 3)).astype(np.float32)
    own = np.asarray(net(x))[:, 2]
    for composite in ("epsilon", "gamma", "epsilon_gamma_box"):
        found = m.lrp(net, x, target=2, composite=composite)
        np.testing.assert_allclose(found.values.sum((1, 2)), own, rtol=2e-3, atol=1e-4)
    for composite in ("epsilon_plus_flat", "z_plus"):
        found = m.lrp(net, x, target=2, composite=composite)
        assert np.isfinite(found.values).all()
        np.testing.assert_allclose(found.delta, found.values.sum((1, 2)) - own, atol=1e-4)


def test_relevance_of_a_sum_by_each_rule(linear, short):
    weight = MATRIX[..., 1]
    own = (short * weight).sum((1, 2), keepdims=True)
    epsilon = m.lrp(linear, short, target=1, composite="epsilon")
    np.testing.assert_allclose(epsilon.values, short * weight, rtol=1e-4, atol=1e-4)
    low, high = -2 * np.maximum(weight, 0), 2 * np.minimum(weight, 0)
    shares = short * weight - low - high
    boxed = m.lrp(linear, short, target=1, composite="epsilon_gamma_box")
    wanted = shares / shares.sum((1, 2), keepdims=True) * own  # within the range of the network
    np.testing.assert_allclose(boxed.values, wanted, rtol=1e-3, atol=1e-4)
    flat = m.lrp(linear, short, target=1)
    np.testing.assert_allclose(flat.values, np.broadcast_to(own / 24, short.shape), rtol=1e-4)


@pytest.mark.parametrize("baseline", ["black", "white", "mean", "blur", "noise"])
def test_deep_lift_shares_out_the_whole_difference(model, net, linear, x, short, baseline):
    found = m.deep_lift(net, x, target=0, baseline=baseline)
    np.testing.assert_allclose(found.delta, 0, atol=1e-4)
    if baseline == "black":
        ends = logit(model, x, 0) - logit(model, 0 * x, 0)
        np.testing.assert_allclose(found.values.sum((1, 2)), ends, atol=1e-4)
    if baseline == "white":  # the largest value of the range
        exact = m.deep_lift(linear, short, target=1, baseline=baseline)
        np.testing.assert_allclose(exact.values, (short - 2) * MATRIX[..., 1], atol=1e-4)


def test_full_gradients_sum_to_the_logit(net, x):
    found = m.full_grad(net, x, target=1)
    np.testing.assert_allclose(found.delta, 0, atol=1e-4)


def test_occlusion_goes_through_a_loop():
    class Recurrent(nnx.Module):
        def __init__(self, rngs):
            self.rnn = nnx.RNN(nnx.GRUCell(3, 5, rngs=rngs), rngs=rngs)
            self.head = nnx.Linear(5, 4, rngs=rngs)

        def __call__(self, x):
            return self.head(self.rnn(x)[:, -1])

    model = nnx_models.made(Recurrent)
    net = Network(model, input_shape=(7, 3))
    x = np.random.default_rng(2).normal(size=(1, 7, 3)).astype(np.float32)
    found = m.occlusion(net, x, target=1, window=1, stride=1)
    for step in range(7):
        without = x.copy()
        without[:, step] = 0
        wanted = logit(model, x, 1) - logit(model, without, 1)
        np.testing.assert_allclose(found.values[:, step], wanted, atol=1e-5)


def test_cams_of_a_layer_without_channels():
    """Without its one map nothing is left of the score: the map counts in full."""
    (matrix,) = weights((30, 3))

    def rows(params, x):
        return jnp.abs(jnp.tanh(x[..., 0]).reshape(len(x), -1) @ params)

    net = Network(rows, params=matrix, input_shape=(6, 5, 1))
    x = np.random.default_rng(2).random((2, 6, 5, 1), np.float32)
    found = m.ablation_cam(net, x, layer="reshape", target=1)
    np.testing.assert_allclose(found.values, x[..., 0], rtol=1e-4)
    slope = jax.grad(lambda x: rows(matrix, x)[:, 1].sum())(x)
    each = m.hires_cam(net, x, layer="reshape", target=1)
    np.testing.assert_allclose(each.values, np.maximum(slope * x, 0)[..., 0], atol=1e-5)
    whole = m.grad_cam(net, x, layer="reshape", target=1)
    wanted = np.maximum(slope.mean((1, 2, 3), keepdims=True) * x, 0)[..., 0]
    np.testing.assert_allclose(whole.values, wanted, atol=1e-5)


# --- attacks


def test_an_attack_stays_in_the_networks_range(linear, short):
    found = m.fgsm(linear, short, target=1, epsilon=0.3)
    share = np.asarray(jax.nn.softmax(linear(short)))
    slope = MATRIX[None, ..., 1] - np.einsum("nk,tck->ntc", share, MATRIX)
    wanted = np.clip(short - 0.3 * np.sign(slope), -2, 2)
    np.testing.assert_allclose(found.images, wanted, atol=1e-5)
    usual = m.fgsm(linear, short, target=1)
    np.testing.assert_allclose(np.abs(usual.images - short).max(), 4 * 8 / 255, atol=1e-5)
    near = m.pgd(linear, short, norm="l2", epsilon=0.5)
    lengths = np.linalg.norm((near.images - short).reshape(2, -1), axis=1)
    assert (lengths <= 0.5 + 1e-5).all()
    assert (near.probability < np.asarray(jax.nn.softmax(linear(short))).max(1)).all()


def test_without_a_range_an_attack_is_not_clipped(net, x):
    found = m.fgsm(net, 100 * x, epsilon=0.3)
    np.testing.assert_allclose(np.abs(found.images - 100 * x), 0.3, atol=1e-4)


# --- vectors


def test_features_of_a_vector_are_places():
    matrix = MATRIX.reshape(24, 4)
    net = Network(lambda p, x: x @ p, params=matrix, input_shape=(24,))
    x = np.random.default_rng(4).normal(size=(2, 24)).astype(np.float32)
    each = x * matrix[:, 3]
    for method, options in {
        "occlusion": {"window": 1, "stride": 1},
        "feature_ablation": {"count": 24},
        "deep_lift": {},
        "integrated_gradients": {},
        "lrp": {"composite": "epsilon"},
    }.items():
        found = getattr(m, method)(net, x, target=3, **options)
        np.testing.assert_allclose(found.values, each, rtol=1e-3, atol=1e-3, err_msg=method)
    middle = m.integrated_gradients(net, x, target=3, baseline="mean")
    wanted = (x - x.mean(1, keepdims=True)) * matrix[:, 3]
    np.testing.assert_allclose(middle.values, wanted, atol=1e-4)


# --- the network as one for pictures


def test_a_picture_of_one_row_is_the_sequence(net, x):
    row = net.pictured
    assert row.input_shape == (1, 24, 3)
    assert row.pictured is row
    assert net.pictured is row
    np.testing.assert_allclose(row(x[:, None]), net(x), atol=1e-6)
    for one, other in zip(row.layers, net.layers, strict=True):
        assert (one.name, one.kind, one.shape, one.spatial) == (
            other.name, other.kind, other.shape, other.spatial
        )  # fmt: skip
        assert one.receptive_field == other.receptive_field
    assert row.logits.name == net.logits.name
    digits = Network(lambda p, x: x.mean((1, 2)), params=(), input_shape=(4, 4, 1))
    assert digits.pictured is digits


def test_other_weights_and_edits_reach_the_picture_of_one_row(net, x):
    m.occlusion(net, x, window=12)
    kernel = net.weights_of("head")[1]
    other = net.with_weights({kernel: 2 * net.weights[kernel]})
    with compilations() as compiled:
        found = m.occlusion(other, x, target=0, window=12)
    assert compiled == []
    assert not np.allclose(found.values, m.occlusion(net, x, target=0, window=12).values)
    for edit in (Edit("conv", "mute", channels=2), Edit("conv", "transplant", value=x[0])):
        edited = net.with_edits([edit])
        np.testing.assert_allclose(edited.pictured(x[:, None]), edited(x), atol=1e-6)
        assert not np.allclose(edited(x[1:]), net(x[1:]))


def test_a_range_of_values_is_checked():
    make = lambda **given: Network(lambda p, x: x.mean(1), params=(), **given)  # noqa: E731
    assert make(input_shape=(4, 3), value_range=(-1, 1)).value_range == (-1.0, 1.0)
    assert make(input_shape=(4, 3)).value_range is None
    assert make(input_shape=(4, 4, 3)).value_range == (0.0, 1.0)
    assert cw.load("sounds").value_range == (-1.0, 1.0)
    for wrong in ((1, -1), (0, np.inf), (1, 2, 3)):
        with pytest.raises(InputError, match="the least and the largest value"):
            make(input_shape=(4, 3), value_range=wrong)
    with pytest.raises(InputError, match="expected no value_range for pictures"):
        make(input_shape=(4, 4, 3), value_range=(-1, 1))
