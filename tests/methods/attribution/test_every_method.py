"""All attribution methods: what holds for every one of them, and identities."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.methods.attribution.guide import GUIDE
from cnnviz_widgets.methods.attribution.method import METHODS
from cnnviz_widgets.network import InputError, Network, UnknownOperationError, UnknownTargetError
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

_CAMS = {name for name, entry in GUIDE.items() if entry.layered} - {"guided_grad_cam"}
_PARTS = {"xrai", "occlusion", "feature_ablation", "rise", "lime", "kernel_shap"}
_MAPS = _CAMS | _PARTS | {"full_grad"}
_INSIDE = {"layer_gradient", "conductance"}
_AT_A_LAYER = _CAMS | _INSIDE | {"guided_grad_cam", "neuron_gradient"}
_FEW = {
    "smooth_grad": {"samples": 3},
    "square_grad": {"samples": 3},
    "var_grad": {"samples": 3},
    "integrated_gradients": {"steps": 3},
    "expected_gradients": {"samples": 3},
    "guided_ig": {"steps": 3},
    "blur_ig": {"steps": 3},
    "conductance": {"steps": 3},
    "xrai": {"steps": 2},
    "rise": {"samples": 4, "cells": 3},
    "lime": {"samples": 5, "count": 6, "segments": "grid"},
    "kernel_shap": {"samples": 5, "count": 6, "segments": "grid"},
    "occlusion": {"window": 6},
    "feature_ablation": {"count": 6, "segments": "grid"},
}
_ITERATED = (_FEW.keys() - {"xrai"}) | {"score_cam", "ablation_cam"}
_GIVEN = {
    "neuron_gradient": {"unit": "relu:2"},
    "layer_gradient": {"layer": "relu"},
    "conductance": {"layer": "relu"},
}


def _model(params, x):
    first, second, head = params
    x = jax.nn.relu(conv(jax.nn.relu(conv(x - 0.5, first)), second))
    return x.mean((1, 2)) @ head


@pytest.fixture(scope="module")
def net() -> Network:
    params = weights((3, 3, 3, 6), (3, 3, 6, 8), (8, 5))
    return Network(_model, params=params, input_shape=(12, 10, 3), classes=list("abcde"))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.asarray(pictures((12, 10, 3), 3))


def _options(method, **options):
    return {**_FEW.get(method, {}), **_GIVEN.get(method, {}), **options}


def _run(method, net, x, **options):
    return getattr(methods, method)(net, x, **_options(method, **options))


@pytest.mark.parametrize("method", METHODS)
class TestEveryMethod:
    def test_gives_finite_values_of_the_images_size(self, method, net, images):
        found = _run(method, net, images, target="b")
        assert found.method == method
        assert found.values.dtype == np.float32
        shape = images.shape[:3] if method in _MAPS else images.shape
        assert found.values.shape == ((3, 12, 10, 6) if method in _INSIDE else shape)
        assert np.isfinite(found.values).all()
        assert found.values.any()
        assert found.target == (1, 1, 1)
        assert found.progress == 1
        assert (found.layer is not None) == (method in _AT_A_LAYER)

    def test_an_image_gets_the_same_alone_and_in_a_batch(self, method, net, images):
        together = _run(method, net, images, target=[0, 3, 4])
        for k, target in enumerate((0, 3, 4)):
            alone = _run(method, net, images[k], target=target)
            assert_same(alone.values[0], together.values[k], tolerance=1e-5)

    def test_the_class_that_the_network_sees_is_looked_at(self, method, net, images):
        found = _run(method, net, images)
        assert found.target == tuple(np.asarray(net(images)).argmax(1))

    def test_runs_alike_twice(self, method, net, images):
        first, second = (_run(method, net, images, target=2) for _ in range(2))
        np.testing.assert_array_equal(first.values, second.values)

    def test_another_class_compiles_nothing(self, method, net, images):
        _run(method, net, images, target=0)
        with compilations() as compiled:
            _run(method, net, images, target=4)
        assert compiled == []

    def test_frames_end_in_the_plain_call_and_can_be_left(self, method, net, images):
        options = _options(method, target=1)
        seen = list(methods.frames(method, net, images, **options))
        shares = [frame.progress for frame in seen]
        assert shares == sorted(set(shares))
        assert shares[-1] == 1
        assert (len(seen) > 1) == (method in _ITERATED)
        np.testing.assert_array_equal(seen[-1].values, _run(method, net, images, target=1).values)
        assert all(np.isfinite(frame.values).all() for frame in seen)
        kept = seen[0].values.copy()
        running = methods.frames(method, net, images, **options)
        first = next(running)
        next(running, None)
        np.testing.assert_array_equal(first.values, kept)  # a frame does not change later
        running.close()

    def test_refuses_what_is_no_class(self, method, net, images):
        with pytest.raises(UnknownTargetError, match="from 0 to 4, got 5"):
            _run(method, net, images, target=5)
        with pytest.raises(UnknownTargetError, match="got 'f'"):
            _run(method, net, images, target="f")
        with pytest.raises(UnknownTargetError, match="one for each of 3 images, got 2"):
            _run(method, net, images, target=[0, 1])

    def test_refuses_nan(self, method, net, images):
        with pytest.raises(InputError, match="NaN"):
            _run(method, net, np.full_like(images, np.nan))

    def test_says_when_there_is_nothing_to_show(self, method, images):
        dead = Network(
            lambda p, x: jax.nn.relu(conv(x, p[0]) - 100.0).mean((1, 2)) @ p[1],
            params=weights((3, 3, 3, 4), (4, 5)),
            input_shape=(12, 10, 3),
        )
        found = _run(method, dead, images, target=1)
        # These do not look at what the ReLU saw; to RISE one class is as likely as another.
        silent = method not in ("deconvnet", "layer_gradient", "rise")
        assert found.values.any() != silent
        assert any("zero everywhere" in note for note in found.notes) == silent


def test_an_unknown_method_is_refused_with_advice(net, images):
    with pytest.raises(ValueError, match="smooth_grad"):
        methods.frames("smoothgrad", net, images)


@settings(max_examples=10, derandomize=True)
@given(
    size=st.tuples(st.integers(2, 6), st.integers(2, 6), st.sampled_from([1, 3])),
    seed=st.integers(0, 9),
)
def test_a_linear_model_has_closed_forms(size, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(int(np.prod(size)), 3)).astype(np.float32)
    net = Network(
        lambda p, x: x.reshape(len(x), -1) @ p, params=jnp.asarray(matrix), input_shape=size
    )
    x = random.random((2, *size)).astype(np.float32)
    weight = matrix[:, 1].reshape(size)
    for name, wanted in {
        "saliency": np.broadcast_to(np.abs(weight), x.shape),
        "input_x_gradient": x * weight,
        "smooth_grad": np.broadcast_to(weight, x.shape),
        "square_grad": np.broadcast_to(weight**2, x.shape),
        "integrated_gradients": x * weight,
    }.items():
        assert_same(_run(name, net, x, target=1).values, wanted, name, 1e-5)
    assert np.abs(_run("var_grad", net, x, target=1).values).max() <= 1e-5


@pytest.mark.parametrize("baseline", ["black", "white", "mean", "blur", "noise", 0.25])
def test_integrated_gradients_sum_to_the_difference(net, images, baseline):
    start = np.full_like(images, baseline) if isinstance(baseline, float) else baseline
    few, many = (
        methods.integrated_gradients(net, images, target=2, baseline=start, steps=steps)
        for steps in (4, 128)
    )
    assert many.delta is not None
    scale = np.abs(np.asarray(net(images))[:, 2]).max()
    assert np.abs(many.delta).max() <= 5e-3 * scale  # a path over the kinks of ReLU
    assert np.abs(few.values - many.values).max() > 0


def test_the_delta_is_the_sum_less_the_difference(net, images):
    found = methods.integrated_gradients(net, images, target=2, baseline="white", steps=3)
    ends = np.asarray(net(images) - net(np.ones_like(images)))[:, 2]
    assert_same(found.delta, found.values.sum((1, 2, 3)) - ends, tolerance=1e-3)


def test_early_frames_of_a_long_way_are_spread_over_it(net, images):
    *_, fifth, _, _, _ = list(
        methods.frames("integrated_gradients", net, images, target=2, steps=8)
    )
    whole = methods.integrated_gradients(net, images, target=2, steps=8)
    error = np.abs(fifth.values - whole.values).mean() / np.abs(whole.values).mean()
    assert error < 0.5


def test_smooth_grad_without_noise_is_the_gradient(net, images):
    plain = methods.saliency(net, images, target=1).values
    smooth = methods.smooth_grad(net, images, target=1, sigma=0.0, samples=2).values
    assert_same(np.abs(smooth), plain)
    other = methods.smooth_grad(net, images, target=1, samples=2, key=jax.random.key(1)).values
    again = methods.smooth_grad(net, images, target=1, samples=2, seed=1).values
    np.testing.assert_array_equal(other, again)
    assert not np.array_equal(other, methods.smooth_grad(net, images, target=1, samples=2).values)


def test_cams_agree_behind_global_average_pooling(net, images):
    """The gradient is the same at every place there, so that the formulas meet."""
    layer = net.layers[[layer.name for layer in net.layers].index("mean") - 1].name
    grad, hires = (
        getattr(methods, name)(net, images, target=3, layer=layer)
        for name in ("grad_cam", "hires_cam")
    )
    places = 12 * 10
    assert_same(hires.values, grad.values)
    head = net.at((3, 12, 10, 3)).frozen  # CAM itself: the class's weights on the last maps
    matrix = next(np.asarray(a) for a in head.values() if a.shape == (8, 5))
    maps = np.asarray(methods.activations(net, images, layer)[layer])
    assert_same(grad.values * places, np.maximum(maps @ matrix[:, 3], 0))


def test_the_layer_is_chosen_with_a_reason_or_refused(net, images):
    found = methods.grad_cam(net, images)
    assert found.layer == "relu_2"
    assert found.notes == ("relu_2 was chosen: the last layer with rows and columns.",)
    with pytest.raises(InputError, match="rows and columns, got 'mean'"):
        methods.grad_cam(net, images, layer="mean")
    flat = Network(
        lambda p, x: x.reshape(len(x), -1) @ p, params=weights((48, 2))[0], input_shape=(4, 4, 3)
    )
    with pytest.raises(InputError, match="this one has none"):
        methods.grad_cam(flat, np.zeros((4, 4, 3), np.float32))


def test_cam_wants_global_pooling(net, images):
    with pytest.raises(InputError, match=r"global average pooling and one dense layer.*grad_cam"):
        methods.cam(net, images, layer="relu")
    flat = Network(
        lambda p, x: jax.nn.relu(conv(x, p[0])).reshape(len(x), -1) @ p[1],
        params=weights((3, 3, 3, 2), (12 * 10 * 2, 5)),
        input_shape=(12, 10, 3),
    )
    with pytest.raises(InputError, match="global average pooling"):
        methods.cam(flat, images)


def test_segments_may_be_one_s_own(net, images):
    halves = np.zeros((12, 10), int)
    halves[6:] = 7  # numbers need not follow one another
    found = methods.feature_ablation(net, images, target=1, segments=halves)
    top, bottom = (images * mask[None, :, :, None] for mask in (halves > 0, halves == 0))
    lost = np.asarray(net(images))[:, 1, None] - np.stack(
        [np.asarray(net(each))[:, 1] for each in (top, bottom)], 1
    )
    assert_same(found.values[:, [0, -1], 0], lost, tolerance=1e-5)
    assert found.samples == 2


def test_superpixels_without_scikit_image_say_how_to_get_it(net, images, monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage", None)
    for method in ("lime", "kernel_shap", "feature_ablation", "xrai"):
        with pytest.raises(ImportError, match=r"pip install 'cnnviz_widgets\[segments\]'"):
            getattr(methods, method)(net, images)


def test_rise_divides_by_what_was_drawn_or_by_what_is_expected(net, images):
    options = {"target": 1, "samples": 6, "share": 0.5, "cells": 3}
    live, paper = (methods.rise(net, images, preset=p, **options).values for p in ("live", "paper"))
    ratio = live / paper  # of expected to drawn, the same for all images
    assert_same(ratio, np.broadcast_to(ratio[:1], ratio.shape), tolerance=1e-4)
    shares = np.asarray(jax.nn.softmax(net(images)))[:, 1]
    assert (live.min((1, 2)) > 0.5 * shares).all()
    assert (live.max((1, 2)) < 2 * shares).all()


@pytest.mark.parametrize("method", ["guided_backpropagation", "deconvnet"])
def test_rules_refuse_what_they_do_not_know(method):
    net = Network(lambda _, x: jnp.tanh(x).mean((1, 2)), input_shape=(4, 4, 3))
    with pytest.raises(UnknownOperationError, match="'tanh'"):
        _run(method, net, np.zeros((4, 4, 3), np.float32), target=0)


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("smooth_grad", {"samples": 0}, "samples from 1"),
        ("smooth_grad", {"sigma": float("nan")}, "sigma from 0"),
        ("smooth_grad", {"preset": "lucid"}, "preset"),
        ("integrated_gradients", {"steps": 0}, "steps from 1"),
        ("integrated_gradients", {"baseline": "grey"}, "baseline"),
        ("integrated_gradients", {"baseline": np.zeros((2, 12, 10, 3))}, "baseline"),
        ("grad_cam", {"resize": "cubic"}, "resize"),
        ("score_cam", {"preset": "captum"}, "preset"),
        ("rise", {"preset": "half"}, "preset"),
        ("rise", {"share": 0.0}, "share from 0.001"),
        ("rise", {"cells": 0}, "cells from 1"),
        ("lime", {"width": 0.0, "segments": "grid"}, "width from"),
        ("lime", {"segments": "squares"}, "segments"),
        ("lime", {"segments": np.zeros((3, 3), int)}, "whole numbers of shape"),
        ("kernel_shap", {"count": 0, "segments": "grid"}, "count from 1"),
        ("feature_ablation", {"segments": np.zeros((12, 10))}, "whole numbers of shape"),
        ("occlusion", {"window": 13}, "a window within"),
        ("occlusion", {"window": (2, 2, 2)}, "one or two whole numbers"),
        ("occlusion", {"stride": 0}, "one or two whole numbers"),
        ("lrp", {"composite": "alpha_beta"}, "composite"),
        ("conductance", {"layer": "relu", "preset": "paper"}, "preset"),
        ("guided_ig", {"fraction": 0.0}, "fraction from"),
        ("blur_ig", {"sigma": -1.0}, "sigma from"),
        ("expected_gradients", {"references": np.zeros((2, 8, 10, 3))}, "references of"),
    ],
)
def test_options_out_of_range_are_refused(net, images, method, options, said):
    with pytest.raises(InputError, match=said):
        getattr(methods, method)(net, images, **options)


def test_on_the_bundled_network_the_cat_is_where_the_map_is():
    """Grad-CAM of “cat” on a collage of four pictures lies in the cat's cell, mostly."""
    net, size = cw.load("photos"), 128
    cells = [cw.image(name)[:size, :size] for name in ("coffee", "cat", "rocket", "flower")]
    cells[1] = cw.image("cat")[60 : 60 + size, 120 : 120 + size]
    collage = np.concatenate([np.concatenate(cells[:2], 1), np.concatenate(cells[2:], 1)], 0)
    values = methods.grad_cam(net, collage, target="cat").values[0]
    share = values[:size, size:].sum() / values.sum()
    assert share > 0.5


def test_guided_ig_moves_many_values_in_one_turn(net, images, monkeypatch):
    """A quarter of all at a time, and then all that are left: one by one would never end."""
    turns = []
    quantile = np.quantile
    monkeypatch.setattr(np, "quantile", lambda *a, **k: turns.append(1) or quantile(*a, **k))
    methods.guided_ig(net, images[:1], target="a", steps=4)
    assert 4 <= len(turns) <= 4 * 6
