"""Attribution of texts, and what filters look for: against jax.grad, closed forms and a search."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods import per_token
from cnnviz_widgets.network import InputError, Network
from tests.models import nnx_models
from tests.models.functions import weights
from tests.network.test_lookup import IDS, Masked, Reader


@pytest.fixture(scope="module", params=[Reader, Masked], ids=["plain", "masked"])
def model(request) -> Any:
    return nnx_models.made(request.param)


@pytest.fixture(scope="module")
def net(model) -> Network:
    return Network(model, input_shape=Reader.shape)


def behind(model, vectors, ids):
    """The model's own output for vectors in place of the ids."""
    if isinstance(model, Masked):
        return model.masked(vectors, jnp.asarray(ids))
    return model.after(vectors)


def test_gradients_are_those_to_the_vectors(model, net):
    vectors = model.embed(jnp.asarray(IDS))
    wanted = jax.grad(lambda v: behind(model, v, IDS)[:, 2].sum())(vectors)
    found = cw.methods.saliency(net, IDS, target=2)
    np.testing.assert_allclose(found.values, np.abs(wanted), atol=1e-6)
    assert "the vectors of embed" in found.notes[-1]
    product = cw.methods.input_x_gradient(net, IDS, target=2)
    np.testing.assert_allclose(product.values, vectors * wanted, atol=1e-6)
    np.testing.assert_allclose(per_token(product.values), (vectors * wanted).sum(-1), atol=1e-5)


@pytest.mark.parametrize("baseline", ["black", 0, IDS[::-1].copy()], ids=["zero", "pad", "other"])
def test_integrated_gradients_add_up(model, net, baseline):
    found = cw.methods.integrated_gradients(net, IDS, target=1, steps=200, baseline=baseline)
    start = model.embed(jnp.broadcast_to(jnp.asarray(baseline), IDS.shape)) if (
        not isinstance(baseline, str)
    ) else jnp.zeros((*IDS.shape, 6))  # fmt: skip
    whole = behind(model, model.embed(jnp.asarray(IDS)), IDS) - behind(model, start, IDS)
    np.testing.assert_allclose(per_token(found.values).sum(1), whole[:, 1], atol=2e-2)
    np.testing.assert_allclose(found.delta, per_token(found.values).sum(1) - whole[:, 1], atol=1e-4)
    said = "The baseline is the zero vector for each token." in found.notes
    assert said == isinstance(baseline, str)


def test_a_bag_of_words_has_a_closed_form():
    table, head = params = weights((10, 6), (6, 3))
    net = Network(
        lambda p, ids: p[0][ids].mean(1) @ p[1], params=params, input_shape=(8,), dtype="int32"
    )
    shares = np.asarray(table)[IDS] @ np.asarray(head)[:, 1] / 8  # of each token in the logit
    for method in (cw.methods.integrated_gradients, cw.methods.input_x_gradient):
        found = per_token(method(net, IDS, target=1).values)
        np.testing.assert_allclose(found, shares, atol=1e-5)
    pads = cw.methods.integrated_gradients(net, IDS, target=1, baseline=0)
    of_pad = np.asarray(table)[0] @ np.asarray(head)[:, 1] / 8
    np.testing.assert_allclose(per_token(pads.values), shares - of_pad, atol=1e-5)


@pytest.fixture(scope="module")
def texts() -> Network:
    return cw.load("texts")


def zeroed(model, ids, k):
    """The logits without a token: its vector is zero."""
    return behind(model, model.embed(jnp.asarray(ids)).at[:, k].set(0.0), ids)


def test_without_a_token(model, net):
    whole = behind(model, model.embed(jnp.asarray(IDS)), IDS)
    lost = np.stack([whole - zeroed(model, IDS, k) for k in range(IDS.shape[1])], 1)[..., 1]
    found = cw.methods.occlusion(net, IDS, target=1, window=1, stride=1)
    np.testing.assert_allclose(found.values, lost, atol=1e-5)


@pytest.mark.parametrize("length", [8, 5])
def test_shares_add_up_to_the_difference(model, net, length):
    """Of texts of another length than the network was made with, too."""
    ids = IDS[:, :length]
    vectors = model.embed(jnp.asarray(ids))
    whole = behind(model, vectors, ids) - behind(model, 0 * vectors, ids)
    found = cw.methods.deep_lift(net, ids, target=1)
    np.testing.assert_allclose(per_token(found.values).sum(1), whole[:, 1], atol=1e-4)
    found = cw.methods.lrp(net, ids, target=1)
    logits = behind(model, vectors, ids)[:, 1]
    np.testing.assert_allclose(found.values.sum((1, 2)) - found.delta, logits, atol=1e-4)


@pytest.mark.parametrize(
    "method",
    ["guided_backpropagation", "lrp", "grad_cam", "score_cam", "rise", "lime", "full_grad"],
)
def test_other_methods_take_ids_too(texts, method):
    text = cw.text("Guten Morgen, wie geht es dir?")
    found = getattr(cw.methods, method)(texts, text, target="German")
    assert per_token(found.values).shape == (1, 96)
    assert np.abs(found.values).max() > 0


def test_a_text_is_an_example_like_any_other(texts):
    text = "Guten Morgen"
    for given in (text, texts.tokens(text), [text, text]):
        found = cw.methods.layer_vectors(texts, given, "relu")
        count = len(given) if isinstance(given, list) else 1
        wanted = cw.methods.layer_vectors(texts, np.stack([texts.tokens(text).ids] * count), "relu")
        np.testing.assert_array_equal(found.values, wanted.values)


def test_ids_are_not_attacked_but_their_vectors_are(texts):
    text = "Guten Morgen"
    for attack in (cw.methods.fgsm, cw.methods.pgd):
        with pytest.raises(InputError, match=r"net\.embedded\(x\).*activations\(net, x, \['embed"):
            attack(texts, text)
    after = texts.embedded(text)
    name = texts.lookup.name
    given = cw.methods.activations(texts, text, [name])[name]
    found = cw.methods.fgsm(after, given, epsilon=0.5)
    assert np.abs(found.images - given).max() == pytest.approx(0.5, rel=1e-3)


def test_frames_take_ids_too(net):
    *_, last = cw.methods.frames("smooth_grad", net, IDS, target=1, samples=3, sigma=0.1)
    assert last.values.shape == (2, 8, 6)
    assert last.progress == 1


def test_one_number_a_token_needs_tokens():
    with pytest.raises(InputError, match=r"expected values \(N, T, E\) or \(N, T\), got"):
        per_token(np.zeros((1, 4, 4, 3), np.float32))


def test_channels_share_the_logit_among_them(reader):
    net = Network(reader, input_shape=(8,))
    shares = cw.methods.channel_shares(net, IDS, layer="relu", target=2)
    kernel, bias = (
        np.asarray(part[...])[..., 2] for part in (reader.head.kernel, reader.head.bias)
    )
    maps = np.asarray(reader.conv(reader.embed(jnp.asarray(IDS))))
    np.testing.assert_allclose(shares, np.maximum(maps, 0).max(1) * kernel, atol=1e-5)
    logits = np.asarray(reader(jnp.asarray(IDS)))[:, 2]
    np.testing.assert_allclose(shares.sum(1) + bias, logits, atol=1e-5)


@pytest.fixture(scope="module")
def reader() -> Any:
    return nnx_models.made(Reader)


def test_matches_are_what_a_search_of_all_runs_finds(reader):
    net = Network(reader, input_shape=(8,))
    rows = np.random.default_rng(0).integers(1, 10, (300, 8)).astype(np.int32)
    texts = [cw.Tokens(row, [str(k) for k in row[:7]]) for row in rows]  # the last is padding
    found = cw.methods.text_matches(net, texts, layer="relu", channel=3, count=6)
    maps = np.maximum(np.asarray(reader.conv(reader.embed(jnp.asarray(rows))))[:, :, 3], 0)
    best: dict[tuple[int, ...], float] = {}
    where: dict[tuple[int, ...], set[int]] = {}
    for text, place in np.ndindex(maps.shape):
        run = tuple(rows[text, max(0, place - 1) : min(7, place + 2)].tolist())
        best[run] = max(best.get(run, 0), maps[text, place])
    strongest = sorted(best, key=lambda run: -best[run])[:6]
    for text, place in np.ndindex(maps.shape):
        run = tuple(rows[text, max(0, place - 1) : min(7, place + 2)].tolist())
        if abs(maps[text, place] - best[run]) < 1e-5:
            where.setdefault(run, set()).add(text)
    assert [match.labels for match in found] == [tuple(map(str, run)) for run in strongest]
    for match, run in zip(found, strongest, strict=True):
        assert match.activation == pytest.approx(best[run], abs=1e-5)
        assert match.count == len(where[run])
        row = rows[match.text, match.start : match.start + len(run)]
        assert tuple(row.tolist()) == run


def test_matches_need_texts_and_places(reader):
    net = Network(reader, input_shape=(8,))
    texts = [cw.Tokens(IDS[0], "abcdefg")]
    with pytest.raises(InputError, match="got none"):
        cw.methods.text_matches(net, [], layer="relu", channel=0)
    with pytest.raises(InputError, match="a place for each token, got 'head'"):
        cw.methods.text_matches(net, texts, layer="head", channel=0)
    with pytest.raises(ValueError, match="a channel of relu"):
        cw.methods.text_matches(net, texts, layer="relu", channel=5)
