"""Inversion, caricature, groups of channels, atlases and real examples."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.decomposition import NMF, PCA

from cnnviz_widgets import methods as m
from cnnviz_widgets.methods.layout.atlas import clipped, principal_components
from cnnviz_widgets.network import InputError, Network, UnknownLayerError, UnknownTargetError
from tests.models.functions import conv, weights
from tests.models.taps import pictures

SIDES = (12, 10, 3)
IMAGE = pictures(SIDES, 1)[0] * 0.6 + 0.2
MANY = pictures(SIDES, 12, 3)


def _model(params, x):
    with jax.named_scope("one"):
        x = jax.nn.relu(conv(x - 0.5, params[0]))
    with jax.named_scope("two"):
        x = conv(x, params[1])
    return jax.nn.softmax(x.mean((1, 2)))


@pytest.fixture(scope="module")
def net() -> Network:
    kernels = weights((3, 3, 3, 6), (3, 3, 6, 5))
    return Network(_model, params=kernels, input_shape=SIDES)


def test_inversion_brings_back_what_the_layer_kept(net):
    frames = list(m.invert_features(net, IMAGE, layer="one", steps=150, smoothness=0.0))
    assert frames[0].score < -0.9
    assert frames[-1].score > -0.1
    before, after = (np.abs(frame.image - IMAGE).mean() for frame in (frames[0], frames[-1]))
    assert after < 0.6 * before


def test_inversion_of_several_layers(net):
    frames = list(m.invert_features(net, IMAGE, layer=["one", "two"], steps=10))
    assert frames[-1].score > frames[0].score
    assert frames[-1].image.shape == SIDES


def test_caricature_exaggerates_what_the_layer_says(net):
    frames = list(m.caricature(net, IMAGE, layer="two", steps=60))
    values = [
        np.asarray(m.activations(net, image, ["two"])["two"]).ravel()
        for image in (IMAGE, frames[-1].image)
    ]
    cosine = values[0] @ values[1] / np.linalg.norm(values[0]) / np.linalg.norm(values[1])
    assert cosine > 0.7
    assert np.linalg.norm(values[1]) > np.linalg.norm(values[0])


def test_groups_explain_a_layer_as_well_as_scikit_learns(net):
    found = m.factorise(net, MANY, layer="one", groups=3, iterations=500)
    values = np.maximum(np.asarray(m.activations(net, MANY, ["one"])["one"]), 0).reshape(-1, 6)
    theirs = NMF(3, init="nndsvda", max_iter=500, tol=1e-5, random_state=0).fit(values)
    wanted = theirs.reconstruction_err_ / np.linalg.norm(values)
    assert found.error < 1.05 * wanted
    rebuilt = found.maps.reshape(-1, 3) @ found.directions
    error = np.linalg.norm(values - rebuilt) / np.linalg.norm(values)
    assert error == pytest.approx(found.error, rel=1e-3)
    assert found.maps.shape == (12, 12, 10, 3)
    assert found.maps.min() >= 0
    np.testing.assert_allclose(found.maps.max((0, 1, 2)), 1, rtol=1e-5)
    assert found.notes == ()


def test_every_group_is_visualised(net):
    found = m.factorise(net, IMAGE, layer="two", groups=2)
    assert "Negative" in found.notes[0]
    first, *_, last = m.ascend(net, found.objectives(), steps=10, jitter=0)
    assert last.images.shape == (2, *SIDES)
    assert (last.scores > first.scores).all()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"layer": "one", "groups": 7}, InputError),
        ({"layer": "one", "groups": 0}, InputError),
        ({"layer": "mean"}, InputError),
        ({"layer": "three"}, UnknownLayerError),
    ],
    ids=str,
)
def test_groups_that_make_no_sense_are_refused(net, options, error):
    with pytest.raises(error):
        m.factorise(net, IMAGE, **options)


def test_principal_components_are_scikit_learns():
    values = np.random.default_rng(0).normal(size=(40, 6)) * np.arange(1, 7)
    ours, theirs = principal_components(values), PCA(2).fit_transform(values)
    signs = np.sign((ours * theirs).sum(0))
    np.testing.assert_allclose(ours * signs, theirs, atol=1e-8)


def test_an_atlas_is_made_of_means_of_what_lies_together(net):
    atlas = m.activation_atlas(net, MANY, layer="one", grid=4, places=5)
    assert atlas.places.shape == (60, 2)
    assert 0 == atlas.places.min() < atlas.places.max() == 1
    assert atlas.counts.sum() == 60
    assert len({tuple(cell) for cell in atlas.cells.tolist()}) == len(atlas.cells)
    values = np.asarray(m.activations(net, MANY, ["one"])["one"])
    taken = values[tuple(atlas.sources.T)]
    np.testing.assert_allclose(atlas.places, clipped(principal_components(taken)), atol=1e-3)
    cells = np.minimum((atlas.places * 4).astype(int), 3)
    for cell, direction in zip(atlas.cells, atlas.directions, strict=True):
        inside = (cells == cell).all(1)
        np.testing.assert_allclose(direction, taken[inside].mean(0), rtol=1e-4, atol=1e-5)


def test_every_cell_of_an_atlas_is_visualised(net):
    atlas = m.activation_atlas(net, list(MANY), layer="one", grid=2, least=2)
    assert (atlas.counts >= 2).all()
    first, *_, last = m.ascend(net, atlas.objectives(), steps=10, jitter=0)
    assert len(last.images) == len(atlas.cells)
    assert last.scores.sum() > first.scores.sum()


def test_every_value_of_an_atlas_knows_its_cell(net):
    atlas = m.activation_atlas(net, MANY, layer="one", grid=4, places=5, least=3)
    inside = np.bincount(atlas.members[atlas.members >= 0], minlength=len(atlas.cells))
    np.testing.assert_array_equal(inside, atlas.counts)
    assert (atlas.members == -1).sum() == 60 - atlas.counts.sum() > 0
    for place, member in zip(atlas.places, atlas.members, strict=True):
        if member >= 0:
            np.testing.assert_array_equal(np.minimum(place * 4, 3).astype(int), atlas.cells[member])


def test_lost_logits_are_those_of_the_network_without_the_place(net):
    params = weights((3, 3, 3, 6), (3, 3, 6, 5))
    first = jax.nn.relu(conv(IMAGE[None] - 0.5, params[0]))
    own = conv(first, params[1]).mean((1, 2))[0]
    places = [0, 17, 119]
    found = m.lost_logits(net, IMAGE, layer="one", places=places)
    for lost, place in zip(found, places, strict=True):
        without = first.at[0, place // SIDES[1], place % SIDES[1]].set(0)
        wanted = own - conv(without, params[1]).mean((1, 2))[0]
        np.testing.assert_allclose(lost, wanted, atol=1e-6)
    gone = m.lost_logits(net, IMAGE, layer=net.logits.name, places=[0])
    np.testing.assert_allclose(gone[0], own, atol=1e-6)


def test_an_atlas_of_a_layer_without_places(net):
    atlas = m.activation_atlas(net, MANY, layer="mean", grid=3)
    assert atlas.places.shape == (12, 2)


def test_umap_is_an_extra_and_its_absence_says_how_to_install_it(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match=r"pip install 'cnnviz_widgets\[atlas\]'"):
        m.activation_atlas(net, MANY, layer="one", layout="umap")


@pytest.mark.parametrize(
    "options", [{"grid": 0}, {"places": 0}, {"layout": "tsne"}, {"least": 0}], ids=str
)
def test_atlases_that_make_no_sense_are_refused(net, options):
    with pytest.raises(InputError):
        m.activation_atlas(net, MANY, layer="one", **options)
    with pytest.raises(InputError):
        m.activation_atlas(net, IMAGE, layer="one")


@pytest.mark.parametrize("least", [False, True])
def test_real_examples_are_the_extreme_places(net, least):
    found = m.real_examples(net, MANY, unit="two:3", count=4, least=least)
    values = np.asarray(m.activations(net, MANY, ["two"])["two"])[..., 3]
    best = np.sort((values.min if least else values.max)((1, 2)))
    wanted = best[:4] if least else best[::-1][:4]
    np.testing.assert_allclose([one.value for one in found], wanted, rtol=1e-4, atol=1e-6)
    for one in found:
        assert values[one.image, one.row, one.column] == pytest.approx(one.value, rel=1e-4)
        top, left, bottom, right = one.box
        assert (bottom - top, right - left) == (5, 5) == one.patch.shape[:2]
        assert (top, left) == (one.row - 2, one.column - 2)
        inside = one.patch[max(-top, 0), max(-left, 0)]
        np.testing.assert_array_equal(inside, MANY[one.image][max(top, 0), max(left, 0)])


@pytest.mark.parametrize("least", [False, True])
def test_of_equally_strong_places_the_innermost_is_the_example(least):
    """A unit that is zero everywhere: a patch at a corner would be mostly beyond the picture."""
    model = lambda low, x: jax.nn.relu(x - low)  # noqa: E731
    silent = Network(model, params=jnp.full((), 2.0), input_shape=(9, 7, 1))
    unit = f"{silent.layers[-1].name}:0"
    images = pictures((9, 7, 1), 2)
    found = m.real_examples(silent, images, unit=unit, least=least, of_each=2)
    assert [(one.row, one.column) for one in found[::2]] == [(4, 3), (4, 3)]
    assert all(abs(one.row - 4) + abs(one.column - 3) == 1 for one in found[1::2])


def test_real_examples_of_what_has_no_places(net):
    one, *_ = m.real_examples(net, MANY[:3], unit="mean:1")
    assert one.box == (0, 0, 12, 10)
    with pytest.raises(UnknownTargetError):
        m.real_examples(net, MANY, unit="two")
    with pytest.raises(InputError):
        m.real_examples(net, [], unit="two:1")
