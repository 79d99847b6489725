"""LRP through attention, gates, norms and loops: against the rules written out in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import lax

import cnnviz_widgets as cw
from cnnviz_widgets import methods
from cnnviz_widgets.network import Composite, InputError, Network, UnknownOperationError
from tests.models import nnx_models
from tests.models.functions import weights
from tests.models.taps import assert_same

TOKENS, WIDTH, CLASSES = 5, 6, 3
EPSILON = 1e-6


def _epsilon(attention="constant"):
    return Composite("epsilon", "epsilon", "epsilon", attention=attention)


def _masked(scores, mask):
    return jnp.where(mask[None], scores, -jnp.inf)


def _block(mask=None, softmax=jax.nn.softmax):
    """One head of attention, added to what came in; then a mean and a dense layer."""

    def model(params, x):
        query, key, value, out, head = params
        scores = jnp.einsum("nqc,nkc->nqk", x @ query, x @ key) / 2.0
        shares = softmax(scores if mask is None else _masked(scores, mask))
        mixed = jnp.einsum("nqk,nkc->nqc", shares, x @ value)
        return (x + mixed @ out).mean(1) @ head

    return model


def _share(relevance, result):
    return relevance / (result + np.where(result < 0, -EPSILON, EPSILON))


def _dense(x, matrix, relevance):
    """The epsilon rule of `x @ matrix`."""
    return x * (_share(relevance, x @ matrix) @ matrix.T)


def _by_hand(params, x, target, taylor, mask=None):
    """Relevance of each of (tokens, width) values, by the rules' formulas."""
    query, key, value, out, head = (np.asarray(each, np.float64) for each in params)
    q, k, v = x @ query, x @ key, x @ value
    scores = q @ k.T / 2
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    shares = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    mixed = shares @ v
    added = mixed @ out
    summed = x + added
    logits = summed.mean(0) @ head
    start = np.eye(len(logits))[target] * logits
    pooled = _dense(summed.mean(0), head, start)
    each = summed / len(x) * _share(pooled, summed.mean(0))
    found, rest = (part * _share(each, summed) for part in (x, added))
    of_mixed = _dense(mixed, out, rest)
    weight = _share(of_mixed / (2 if taylor else 1), mixed)
    of_values = v * (shares.T @ weight)
    found = found + _dense(x, value, of_values)
    if taylor:
        of_shares = shares * (weight @ v.T)
        tangent = of_shares - shares * of_shares.sum(1, keepdims=True)
        of_scores = np.where(shares > 0, np.where(shares > 0, scores, 0) * tangent, 0)
        raw = np.where(shares > 0, scores, 0) * 2
        half = _share(of_scores / 2, raw)
        found = found + _dense(x, query, q * (half @ k)) + _dense(x, key, k * (half.T @ q))
    return found


def _written_out(scores):
    raised = jnp.exp(scores)
    return raised / raised.sum(-1, keepdims=True)


@pytest.fixture(scope="module")
def params():
    square = (WIDTH, WIDTH)
    return weights(square, square, square, square, (WIDTH, CLASSES), seed=3)


@pytest.fixture(scope="module")
def tokens():
    return np.random.default_rng(4).normal(size=(2, TOKENS, WIDTH)).astype(np.float32)


CAUSAL = np.tril(np.ones((TOKENS, TOKENS), bool))


@pytest.mark.parametrize("attention", ["constant", "taylor"])
@pytest.mark.parametrize(
    ("mask", "softmax"),
    [(None, jax.nn.softmax), (CAUSAL, jax.nn.softmax), (None, _written_out)],
    ids=["whole", "causal", "written out"],
)
def test_a_block_of_attention(params, tokens, attention, mask, softmax):
    net = Network(_block(mask, softmax), params=params, input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=1, composite=_epsilon(attention))
    taylor = attention == "taylor"
    wanted = [_by_hand(params, each, 1, taylor, mask) for each in tokens.astype(np.float64)]
    # The stabilisers' share is rounded differently where a sum is close to zero.
    assert_same(found.values, np.stack(wanted), tolerance=2e-4)


@pytest.mark.parametrize("composite", ["epsilon", "gamma"])
def test_constant_attention_conserves_relevance(params, tokens, composite):
    """There is no bias that could take a share: all comes back."""
    net = Network(_block(), params=params, input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=2, composite=composite)
    sums = found.values.sum((1, 2))
    size = np.abs(found.values).sum((1, 2))
    assert (np.abs(sums - np.asarray(net(tokens))[:, 2]) <= 1e-4 * size).all()
    assert (np.abs(found.delta) <= 1e-4 * size).all()


def test_halves_of_a_product_make_the_whole(tokens):
    """Values by values, no gate: both sides get a half, and a sum's parts what they add."""

    def model(_, x):
        return (x[:, :, :3] * x[:, :, 3:]).sum(1) + jnp.einsum("nqc,nqd->nc", x, x)[:, :3]

    net = Network(model, input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=0)
    assert np.abs(found.delta).max() <= 1e-4 * np.abs(found.values).max()
    product = tokens[:, :, 0] * tokens[:, :, 3]
    square = tokens[:, :, 0] * tokens.sum(-1)
    other = tokens[:, :, 0, None] * tokens
    wanted = other / 2
    wanted[:, :, 0] += square / 2 + product / 2
    wanted[:, :, 3] += product / 2
    assert_same(found.values, wanted, tolerance=1e-4)


def test_a_gate_only_lets_through(tokens):
    matrix, head = weights((WIDTH, WIDTH), (WIDTH, CLASSES), seed=8)

    def model(params, x):
        return (x * jax.nn.sigmoid(x @ params[0])).sum(1) @ params[1]

    net = Network(model, params=[matrix, head], input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=1, composite="epsilon")
    gate = 1 / (1 + np.exp(-tokens @ np.asarray(matrix)))
    assert_same(found.values, tokens * gate * np.asarray(head)[:, 1], tolerance=1e-4)


def test_a_mask_made_of_the_input_is_a_gate(tokens):
    """The mean over those tokens that are not zero: which ones these are gets nothing."""
    (matrix,) = weights((WIDTH, CLASSES), seed=8)

    def model(params, x):
        mask = jnp.any(x != 0, -1, keepdims=True).astype(x.dtype)
        return ((x @ params) * mask).sum(1) / mask.sum(1)

    padded = tokens.copy()
    padded[0, 3:] = padded[1, 0] = 0
    net = Network(model, params=matrix, input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, padded, target=1, composite="epsilon")
    count = np.array([3, 4])[:, None, None]
    assert_same(found.values, padded * np.asarray(matrix)[:, 1] / count, tolerance=1e-4)


def _centred_first(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-3)


def _with_variance(x):
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-3)


def _two_moments(x):
    mean = x.mean(-1, keepdims=True)
    spread = jnp.square(x).mean(-1, keepdims=True) - jnp.square(mean)
    return (x - mean) * lax.rsqrt(spread + 1e-3)


FORMULAS = {
    "centred first": _centred_first,
    "with a variance": _with_variance,
    "two moments": _two_moments,
    "standardize": lambda x: jax.nn.standardize(x, epsilon=1e-3),
}


@pytest.mark.parametrize("norm", FORMULAS)
def test_a_norm_written_as_a_formula_passes_relevance_on(tokens, norm):
    matrix, head = weights((WIDTH, WIDTH), (WIDTH, CLASSES), seed=8)

    def model(params, x):
        return FORMULAS[norm](x @ params[0]).sum(1) @ params[1]

    net = Network(model, params=[matrix, head], input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=1, composite="epsilon")
    before = tokens.astype(np.float64) @ np.asarray(matrix, np.float64)
    spread = np.sqrt(before.var(-1, keepdims=True) + 1e-3)
    normed = (before - before.mean(-1, keepdims=True)) / spread
    wanted = _dense(tokens, np.asarray(matrix), normed * np.asarray(head)[:, 1])
    assert_same(found.values, wanted, tolerance=2e-4)


def test_a_quotient_counts_what_it_is_divided_by_as_constant(tokens):
    def model(params, x):
        return (x / (1 + jnp.abs(x).sum(-1, keepdims=True))).sum(1) @ params

    (head,) = weights((WIDTH, CLASSES), seed=8)
    net = Network(model, params=head, input_shape=(TOKENS, WIDTH))
    found = methods.lrp(net, tokens, target=1, composite="epsilon")
    below = 1 + np.abs(tokens).sum(-1, keepdims=True)
    assert_same(found.values, tokens / below * np.asarray(head)[:, 1], tolerance=1e-4)


# --- loops


class Recurrent(nnx.Module):
    def __init__(self, rngs):
        self.rnn = nnx.RNN(nnx.GRUCell(3, 5, rngs=rngs), rngs=rngs)
        self.head = nnx.Linear(5, 4, rngs=rngs)

    def __call__(self, x):
        return self.head(self.rnn(x)[:, -1])


def _gru_by_hand(model, x, target):
    """Arras et al. for a GRU whose reset gate comes after the matrix: gates are constants."""
    cell = model.rnn.cell
    read, bias = (np.asarray(each[...]) for each in (cell.dense_i.kernel, cell.dense_i.bias))
    again = np.asarray(cell.dense_h.kernel[...])
    states, past = [np.zeros(5)], []
    for step in x:
        of_x, of_h = step @ read + bias, states[-1] @ again
        reset, update = (1 / (1 + np.exp(-(of_x[k : k + 5] + of_h[k : k + 5]))) for k in (0, 5))
        bent = np.tanh(of_x[10:] + reset * of_h[10:])
        past.append((of_x[10:], of_h[10:], reset, update, bent))
        states.append((1 - update) * bent + update * states[-1])
    kernel, offset = (np.asarray(each[...]) for each in (model.head.kernel, model.head.bias))
    logits = states[-1] @ kernel + offset
    start = np.eye(4)[target] * logits
    relevance = states[-1] * (kernel @ _share(start, logits))
    found = np.zeros_like(x)
    for t in reversed(range(len(x))):
        of_x, of_h, reset, update, bent = past[t]
        new, old = (
            part * _share(relevance, states[t + 1])
            for part in ((1 - update) * bent, update * states[t])
        )
        into = of_x + reset * of_h
        to_x, to_h = of_x * _share(new, into), reset * of_h * _share(new, into)
        found[t] = x[t] * (read[:, 10:] @ _share(to_x, of_x))
        relevance = old + states[t] * (again[:, 10:] @ _share(to_h, of_h))
    return found


def test_a_loop_hands_relevance_back_turn_by_turn():
    model = nnx_models.made(Recurrent)
    x = np.random.default_rng(2).normal(size=(2, 7, 3)).astype(np.float32)
    net = Network(model, input_shape=(7, 3))
    found = methods.lrp(net, x, target=1, composite="epsilon")
    wanted = np.stack([_gru_by_hand(model, each, 1) for each in x.astype(np.float64)])
    assert_same(found.values, wanted, tolerance=1e-3)


def test_blocks_in_a_scan_are_blocks_in_a_row(tokens):
    square = (2, WIDTH, WIDTH)
    params = weights(square, square, square, square, (WIDTH, CLASSES), seed=6)

    def block(x, given):
        query, key, value, out = given
        x = _centred_first(x)
        shares = jax.nn.softmax(jnp.einsum("nqc,nkc->nqk", x @ query, x @ key))
        return x + jax.nn.gelu(jnp.einsum("nqk,nkc->nqc", shares, x @ value) @ out)

    def scanned(params, x):
        *stacked, head = params
        x, _ = lax.scan(lambda x, given: (block(x, given), None), x, stacked)
        return x.mean(1) @ head

    def unrolled(params, x):
        *stacked, head = params
        for layer in range(2):
            x = block(x, [each[layer] for each in stacked])
        return x.mean(1) @ head

    one, other = (
        methods.lrp(Network(f, params=params, input_shape=(TOKENS, WIDTH)), tokens, target=0)
        for f in (scanned, unrolled)
    )
    assert np.abs(one.values).max() > 0
    assert_same(one.values, other.values, tolerance=1e-3)


def test_what_has_no_rule_is_refused_by_name(tokens):
    def model(params, x):
        x = lax.while_loop(lambda x: jnp.abs(x).max() > 1, lambda x: x / 2, x)
        return x.mean(1) @ params

    (head,) = weights((WIDTH, CLASSES))
    net = Network(model, params=head, input_shape=(TOKENS, WIDTH))
    with pytest.raises(UnknownOperationError, match="the operation 'while'"):
        methods.lrp(net, tokens, target=0)
    with pytest.raises(InputError, match='attention to be "constant" or "taylor"'):
        Composite(attention="rollout")


def test_the_bundled_transformer():
    net = cw.load("photos_vit")
    x = net.fit(cw.image("cat"), longest=64)
    found = methods.lrp(net, x)
    assert found.delta is not None
    (logit,) = np.asarray(found.values.sum((1, 2, 3)) - found.delta)
    assert logit > 0
    # Biases, the class token and the positions take their part, which is no multiple of the whole.
    assert abs(found.delta[0]) < logit
    other = methods.lrp(net, x, target=(found.target[0] + 1) % 3)
    assert np.abs(found.values - other.values).max() > 0.01 * np.abs(found.values).max()
