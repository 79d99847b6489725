"""Identities of the methods that share a score out: sums that are known, and closed forms."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax
from scipy.ndimage import gaussian_filter

from cnnviz_widgets import methods
from cnnviz_widgets.methods.attribution.decomposition import COMPOSITES
from cnnviz_widgets.network import Composite, InputError, Network, UnknownOperationError
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SIZE = (8, 6, 3)
shapes = st.tuples(st.integers(4, 9), st.integers(4, 9), st.integers(1, 3))


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return pictures(SIZE, 2, seed=1)


def _max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _avg_pool(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def _unbiased(pool, stride):
    """Convolutions, a residual addition, a concatenation, a pool and dense layers; no bias."""

    def model(params, x):
        first, second, dense, head = params
        x = jax.nn.relu(conv(x, first, window_strides=(stride, stride)))
        x = jnp.concatenate([x, x + jax.nn.relu(conv(x, second))], -1)
        return jax.nn.relu(pool(x).mean((1, 2)) @ dense) @ head

    return model


def _sums(found):
    return found.values.reshape(len(found.values), -1).sum(1)


def _assert_conserved(shape, stride, pool, composite, seed):
    sizes = ((3, 3, shape[2], 6), (3, 3, 6, 6), (12, 10), (10, 4))
    net = Network(_unbiased(pool, stride), params=weights(*sizes, seed=seed), input_shape=shape)
    x = pictures(shape, 2, seed)
    found = methods.lrp(net, x, target=1, composite=composite)
    logits = np.asarray(net(x))[:, 1]
    # What the stabilisers of 1e-6 take is more where a positive part is small.
    np.testing.assert_allclose(_sums(found), logits, rtol=2e-3, atol=1e-5)
    assert_same(found.delta, _sums(found) - logits, tolerance=1e-5)


@pytest.mark.parametrize("pool", [_max_pool, _avg_pool])
@pytest.mark.parametrize("composite", COMPOSITES)
def test_relevance_is_conserved_without_biases(composite, pool):
    _assert_conserved((7, 6, 3), 1, pool, composite, 0)


@settings(max_examples=3, derandomize=True)
@given(shape=shapes, stride=st.sampled_from([1, 2]), seed=st.integers(0, 99))
def test_relevance_is_conserved_for_any_shape(shape, stride, seed):
    _assert_conserved(shape, stride, _max_pool, "epsilon_plus_flat", seed)


def test_a_bias_takes_its_share(images):
    """The rule written out: each input gets x W / (x W + b) of what its output has."""
    matrix, bias = weights((144, 3), (3,))
    net = Network(
        lambda p, x: x.reshape(len(x), -1) @ p[0] + p[1][None],
        params=[matrix, bias],
        input_shape=SIZE,
    )
    flat, weight = images.reshape(2, -1).astype(np.float64), np.asarray(matrix, np.float64)[:, 2]
    own = flat @ weight + float(bias[2])
    for epsilon in (0.0, 0.25):
        composite = Composite("epsilon", "epsilon", "epsilon", epsilon=epsilon)
        found = methods.lrp(net, images, target=2, composite=composite)
        wanted = flat * weight * (own / (own + np.copysign(epsilon, own)))[:, None]
        assert_same(found.values, wanted.reshape(images.shape))
        assert_same(found.delta, wanted.sum(1) - own)


def test_what_the_flat_rule_sees_is_all_that_counts(images):
    """A dense layer hands every input the same."""
    matrix = weights((144, 3))[0]
    net = Network(lambda p, x: x.reshape(len(x), -1) @ p, params=matrix, input_shape=SIZE)
    found = methods.lrp(net, images, target=0)
    logits = np.asarray(net(images))[:, 0]
    wanted = np.broadcast_to(logits[:, None, None, None] / 144, images.shape)
    assert_same(found.values, wanted)


def test_a_composite_is_checked():
    with pytest.raises(InputError, match="z_box for the first layer only"):
        Composite("flat", "z_box", "epsilon")
    with pytest.raises(InputError, match="epsilon to be a number"):
        Composite(epsilon=-1.0)
    with pytest.raises(InputError, match="expected a rule"):
        Composite("omega")


ACTIVATIONS = {
    "relu": jax.nn.relu,
    "gelu": jax.nn.gelu,
    "exact gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "silu": jax.nn.silu,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "sigmoid": jax.nn.sigmoid,
    "elu": jax.nn.elu,
}


def _squeeze_and_excite(x):
    share = jax.nn.sigmoid(x.mean((1, 2)) @ weights((6, 6), seed=3)[0])
    return x * share[:, None, None, :]


def _layer_norm(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-3)


def _attention(x, causal=False):
    tokens = x.reshape(x.shape[0], -1, x.shape[-1])
    query, key, value = (tokens @ matrix for matrix in weights((6, 6), (6, 6), (6, 6), seed=4))
    scores = jnp.einsum("nqk,npk->nqp", query, key)
    if causal:
        scores = jnp.where(jnp.tril(jnp.ones_like(scores[:1])) > 0, scores, -jnp.inf)
    shares = jax.nn.softmax(scores)
    return tokens + jnp.einsum("nqp,npk->nqk", shares, value)


BLOCKS = {
    **ACTIVATIONS,
    "max_pool": _max_pool,
    "overlapping max_pool": lambda x: lax.reduce_window(
        x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"
    ),
    "residual": lambda x: x + jax.nn.relu(conv(x, weights((3, 3, 6, 6), seed=5)[0])),
    "concat": lambda x: jnp.concatenate([x, jax.nn.relu(-x)], -1)[..., 2:8],
    "squeeze and excitation": _squeeze_and_excite,
    "layer norm": _layer_norm,
    "attention": _attention,
    "causal attention": lambda x: _attention(x, causal=True),
    "softmax": lambda x: jax.nn.softmax(x, -1),
    "division": lambda x: x / (1 + jnp.abs(x).mean((1, 2, 3), keepdims=True)),
}


def _with_block(block):
    def model(params, x):
        x = block(conv(x - 0.3, params[0]) + 0.1)
        x = jax.nn.relu(x)
        return x.mean(tuple(range(1, x.ndim - 1))) @ params[1]

    return model


@pytest.mark.parametrize("block", BLOCKS)
def test_deep_lift_sums_to_the_difference(images, block):
    params = weights((3, 3, 3, 6), (6, 4))
    net = Network(_with_block(BLOCKS[block]), params=params, input_shape=SIZE)
    start = pictures(SIZE, 2, seed=7)
    found = methods.deep_lift(net, images, target=[0, 3], baseline=start)
    ends = np.asarray(net(images) - net(start))[[0, 1], [0, 3]]
    size = np.abs(found.values).sum((1, 2, 3)).max()
    assert np.abs(_sums(found) - ends).max() <= 1e-5 * size
    assert np.abs(found.delta).max() <= 1e-5 * size


@settings(max_examples=3, derandomize=True)
@given(shape=shapes, pool=st.sampled_from([_max_pool, _avg_pool]), seed=st.integers(0, 99))
def test_deep_lift_sums_to_the_difference_for_any_shape(shape, pool, seed):
    params = weights((3, 3, shape[2], 6), (3, 3, 6, 6), (12, 10), (10, 4), seed=seed)
    net = Network(_unbiased(pool, 1), params=params, input_shape=shape)
    found = methods.deep_lift(net, pictures(shape, 2, seed), target=1, baseline="noise")
    assert np.abs(found.delta).max() <= 1e-5 * np.abs(found.values).sum((1, 2, 3)).max()


def test_nothing_to_explain_where_image_and_baseline_are_one(images):
    net = Network(_with_block(jax.nn.gelu), params=weights((3, 3, 3, 6), (6, 4)), input_shape=SIZE)
    found = methods.deep_lift(net, images, target=0, baseline=images)
    assert not found.values.any()
    assert np.abs(found.delta).max() == 0


@pytest.mark.parametrize(
    ("method", "block", "named"),
    [
        ("lrp", lambda x: jnp.sort(x, 1), "sort"),
        ("deep_lift", lambda x: jnp.sort(x, 1), "sort"),
        ("deep_lift", lambda x: lax.cummax(x, 1), "cummax"),
        ("deep_lift", lambda x: lax.cumprod(x, 1), "cumprod"),
    ],
)
def test_an_operation_without_a_rule_is_refused_by_name(images, method, block, named):
    params = weights((3, 3, 3, 6), (6, 4))
    net = Network(_with_block(block), params=params, input_shape=SIZE)
    with pytest.raises(UnknownOperationError, match=f"the operation '{named}'"):
        getattr(methods, method)(net, images, target=0)


def _smooth(params, x):
    first, second, head = params
    x = jnp.tanh(conv(jax.nn.softplus(conv(x - 0.5, first)), second))
    return x.mean((1, 2)) @ head


@pytest.mark.parametrize("layer", ["softplus", "conv_2", "tanh"])
def test_conductance_sums_as_integrated_gradients_do(images, layer):
    params = weights((3, 3, 3, 6), (3, 3, 6, 8), (8, 5))
    net = Network(_smooth, params=params, input_shape=SIZE)
    found = methods.conductance(net, images, target=2, layer=layer, steps=12)
    pixels = methods.integrated_gradients(net, images, target=2, steps=12)
    assert_same(_sums(found), _sums(pixels))
    assert np.abs(found.delta).max() <= 1e-5
    coarse = methods.conductance(net, images, target=2, layer=layer, steps=200, preset="captum")
    assert np.abs(coarse.delta).max() <= 0.05 * np.abs(_sums(pixels)).max()


@settings(max_examples=3, derandomize=True)
@given(shape=shapes, pool=st.sampled_from([_max_pool, _avg_pool]), seed=st.integers(0, 99))
def test_full_grad_leaves_nothing_out_in_a_network_of_relus(shape, pool, seed):
    sizes = ((3, 3, shape[2], 6), (6,), (3, 3, 6, 6), (6,), (6, 4), (4,))
    params = weights(*sizes, seed=seed)

    def model(p, x):
        x = (conv(x - 0.5, p[0]) + p[1][None, None, None] - 0.2) * 1.5 + 0.1
        x = pool(jax.nn.relu(x))
        x = x + jax.nn.relu(conv(x, p[2]) + p[3][None, None, None])
        return x.mean((1, 2)) @ p[4] + p[5][None]

    net = Network(model, params=params, input_shape=shape)
    x = pictures(shape, 2, seed)
    found = methods.full_grad(net, x, target=1)
    assert np.abs(found.delta).max() <= 1e-5


SEGMENTS = np.array([[0, 1, 1], [2, 1, 3], [2, 3, 3]]).repeat(3, 0).repeat(2, 1)[:8]


@pytest.fixture(scope="module")
def linear() -> tuple[Network, np.ndarray]:
    matrix = weights((144, 3), seed=6)[0]
    net = Network(lambda p, x: x.reshape(len(x), -1) @ p, params=matrix, input_shape=SIZE)
    return net, np.asarray(matrix)[:, 1].reshape(SIZE)


class TestALinearModel:
    @pytest.mark.parametrize("method", ["deep_lift", "integrated_gradients", "guided_ig"])
    def test_paths_give_the_change_times_the_weight(self, linear, images, method):
        net, weight = linear
        start = pictures(SIZE, 2, seed=9)
        options = {"steps": 10} if method != "deep_lift" else {}
        found = getattr(methods, method)(net, images, target=1, baseline=start, **options)
        assert_same(found.values, (images - start) * weight)
        assert np.abs(found.delta).max() <= 1e-5

    def test_blur_ig_begins_at_the_strongest_blur(self, linear, images):
        net, weight = linear
        found = methods.blur_ig(net, images, target=1, steps=7, sigma=2.0)
        blurred = gaussian_filter(images, (0, 2.0, 2.0, 0), mode="nearest", truncate=3.0)
        assert_same(found.values, (images - blurred) * weight)
        assert np.abs(found.delta).max() <= 1e-5

    def test_expected_gradients_are_of_the_references(self, linear, images):
        net, weight = linear
        one = pictures(SIZE, 1, seed=9)
        found = methods.expected_gradients(net, images, target=1, references=one, samples=5)
        assert_same(found.values, (images - one) * weight)

    def test_occlusion_is_the_mean_loss_of_the_windows(self, linear, images):
        net, weight = linear
        share = (images * weight).sum(-1)
        found = methods.occlusion(net, images, target=1, window=(3, 2), stride=(2, 2))
        total, covered = np.zeros_like(share), np.zeros(SIZE[:2])
        for row, column in itertools.product((0, 2, 4, 6), (0, 2, 4)):
            area = np.s_[row : row + 3, column : column + 2]
            total[:, *area] += share[:, *area].sum((1, 2))[:, None, None]
            covered[area] += 1
        assert_same(found.values, total / covered)

    @pytest.mark.parametrize(
        ("method", "options"),
        [
            ("feature_ablation", {}),
            ("kernel_shap", {}),
            ("kernel_shap", {"samples": 10}),  # not all coalitions, and enough of them
            ("lime", {"ridge": 0.0, "samples": 60}),
        ],
    )
    def test_segments_get_their_sums(self, linear, images, method, options):
        net, weight = linear
        share = (images * weight).sum(-1)
        found = getattr(methods, method)(
            net, images, target=1, segments=SEGMENTS, baseline="black", **options
        )
        for number in range(4):
            inside = number == SEGMENTS
            wanted = np.repeat(share[:, inside].sum(1)[:, None], inside.sum(), 1)
            assert_same(found.values[:, inside], wanted)


def test_kernel_shap_equals_the_shapley_values_counted_out(images):
    net = Network(_with_block(_squeeze_and_excite), params=weights((3, 3, 3, 6), (6, 4)),
                  input_shape=SIZE)  # fmt: skip
    found = methods.kernel_shap(net, images, target=2, segments=SEGMENTS, baseline="mean")
    start = np.broadcast_to(images.mean((1, 2), keepdims=True), images.shape)
    parts = range(4)
    subsets = [s for size in range(5) for s in itertools.combinations(parts, size)]
    value = {
        s: np.asarray(net(np.where(np.isin(SEGMENTS, s)[..., None], images, start)))[:, 2]
        for s in subsets
    }
    for part in parts:
        wanted = sum(
            math.factorial(len(s)) * math.factorial(3 - len(s)) / math.factorial(4)
            * (value[tuple(sorted((*s, part)))] - value[s])
            for s in subsets if part not in s
        )  # fmt: skip
        inside = np.argwhere(part == SEGMENTS)[0]
        assert_same(found.values[:, *inside], wanted)
    assert np.abs(found.delta).max() <= 1e-6


def test_expected_gradients_tend_to_integrated_ones(images):
    """With one reference they are integrated gradients at random points."""
    params = weights((3, 3, 3, 6), (3, 3, 6, 8), (8, 5))
    net = Network(_smooth, params=params, input_shape=SIZE)
    start = pictures(SIZE, 1, seed=9)
    wanted = methods.integrated_gradients(net, images, target=1, baseline=start, steps=20).values
    found = methods.expected_gradients(net, images, target=1, references=start, samples=100).values
    assert np.abs(found - wanted).mean() <= 0.1 * np.abs(wanted).mean()
