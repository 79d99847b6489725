"""Weights drawn anew: what changes, what stays, and which explanations notice."""

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.network import InputError, Network
from tests.compiling import compilations
from tests.evaluate.conftest import SIZE
from tests.models.functions import weights


def _changed(net, other):
    return {name for name, old in net.weights.items() if (other.weights[name] != old).any()}


def test_layers_are_drawn_from_the_top_down(photos):
    layers = evaluate.layers_with_weights(photos)
    assert layers[:3] == ("dense", "bn5", "conv5")
    assert layers[-1] == "conv1"
    for count in (0, 1, 3):
        other = evaluate.randomised(photos, layers_from_top=count)
        names = {n for layer in layers[:count] for n in photos.weights_of(layer)}
        assert _changed(photos, other) == names
    assert _changed(photos, evaluate.randomised(photos)) == set(photos.weights)


def test_one_layer_alone(photos):
    other = evaluate.randomised(photos, layer="conv3")
    assert _changed(photos, other) == {"conv3/kernel"}
    all_of_them = evaluate.randomised(photos)  # the same draw as in the cascade
    np.testing.assert_array_equal(
        other.weights["conv3/kernel"], all_of_them.weights["conv3/kernel"]
    )


def test_size_is_kept_and_nothing_else(photos):
    other = evaluate.randomised(photos)
    for name, old in photos.weights.items():
        old, new = np.asarray(old), np.asarray(other.weights[name])
        if old.ndim > 1:
            assert new.std() == pytest.approx(old.std(), rel=0.1)
            assert abs(np.corrcoef(old.ravel(), new.ravel())[0, 1]) < 0.1
        else:
            np.testing.assert_array_equal(np.sort(old), np.sort(new))  # a variance stays positive


def test_weights_of_one_shape_are_drawn_apart():
    first, second = weights((20, 20), (20, 20))
    net = Network(
        lambda p, x: (x.mean(1) @ p[0]) @ p[1], params=[first, second], input_shape=(2, 20)
    )
    drawn = [np.ravel(each) for each in evaluate.randomised(net).weights.values()]
    assert abs(np.corrcoef(*drawn)[0, 1]) < 0.2


def test_the_users_network_and_model_stay(photos):
    x = photos.fit(cw.image("cat"))
    before = np.asarray(photos(x))
    other = evaluate.randomised(photos)
    assert np.abs(np.asarray(other(x)) - before).max() > 1e-2
    np.testing.assert_array_equal(photos(x), before)


def test_seeds_and_keys(net):
    import jax

    one, other = (evaluate.randomised(net, seed=s) for s in (0, 1))
    assert _changed(one, other) == set(net.weights)
    assert not _changed(other, evaluate.randomised(net, key=jax.random.key(1)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"layers_from_top": 3}, "from 0 to 2"),
        ({"layers_from_top": 1, "layer": "conv_2d"}, "got both"),
        ({"layer": "relu"}, "layer with weights, got 'relu'"),
    ],
)
def test_layers_that_are_not_there_are_refused(net, options, said):
    with pytest.raises(InputError, match=said):
        evaluate.randomised(net, **options)


@pytest.mark.parametrize("mode", ["cascading", "independent"])
def test_frames_are_the_steps_and_end_in_the_plain_call(net, images, mode):
    options = {"target": 1, "mode": mode}
    frames = list(evaluate.sanity_check_frames(net, images, "saliency", **options))
    assert [len(frame.layers) for frame in frames] == [0, 1, 2]
    assert [frame.progress for frame in frames] == [0, 0.5, 1]
    assert all(frame.target == (1, 1, 1) for frame in frames)
    wanted = methods.saliency(net, images, target=1).values
    np.testing.assert_array_equal(frames[0].values, wanted)
    last = evaluate.sanity_check(net, images, "saliency", **options)
    assert last.layers == evaluate.layers_with_weights(net)
    assert last.spearman.shape == last.ssim.shape == (2, 3)
    np.testing.assert_array_equal(last.spearman, frames[-1].spearman)
    np.testing.assert_array_equal(last.spearman[:1], frames[1].spearman)
    layers = evaluate.layers_with_weights(net)
    choice = {"cascading": {"layers_from_top": 2}, "independent": {"layer": layers[1]}}[mode]
    drawn = evaluate.randomised(net, **choice)
    np.testing.assert_array_equal(last.values, methods.saliency(drawn, images, target=1).values)


def test_steps_compile_nothing(net, images):
    methods.saliency(net, images, target=0)
    evaluate.sanity_check(net, images, "saliency", target=0)
    with compilations() as compiled:
        evaluate.sanity_check(net, images, "saliency", target=[1, 2, 3], seed=4)
    assert compiled == []


def test_what_ignores_the_network_stays_alike_and_a_random_map_does_not(net, images):
    def edges(net, x, *, target):
        return np.asarray(x)

    stays = evaluate.sanity_check(net, images, edges)
    np.testing.assert_allclose(stays.spearman, 1, atol=1e-6)
    np.testing.assert_allclose(stays.ssim, 1, atol=1e-6)
    np.testing.assert_allclose(stays.hog, 1, atol=1e-5)
    seeds = iter(range(9))

    def other(net, x, *, target):
        return evaluate.random_map(net, x, target=target, seed=next(seeds))

    assert np.abs(evaluate.sanity_check(net, images, other).spearman).mean() < 0.3


def test_maps_of_nothing_are_like_nothing(net, images):
    def nothing(net, x, *, target):
        return np.zeros(np.shape(x)[:3])

    found = evaluate.sanity_check(net, images, nothing)
    np.testing.assert_array_equal(found.spearman, 0)
    assert np.isfinite(found.ssim).all()


def test_gradients_notice_and_guided_backpropagation_hardly(photos):
    """As Adebayo et al. found: with the upper half of the layers drawn anew."""
    x = cw.image("collage")
    alike = {
        method: evaluate.sanity_check(photos, x, method, target="cat").spearman[:, 0]
        for method in ("saliency", "guided_backpropagation", "grad_cam")
    }
    upper = slice(0, 6)
    guided = alike["guided_backpropagation"][upper].mean()
    assert guided > 0.6
    assert alike["saliency"][upper].mean() < guided - 0.2
    assert alike["grad_cam"][upper].mean() < guided - 0.2
    assert abs(alike["saliency"][-1]) < 0.3


def test_a_network_without_weights_and_other_modes_are_refused(net, images):
    bare = Network(lambda _, x: x.mean((1, 2)), input_shape=SIZE)
    with pytest.raises(InputError, match="this one has none"):
        evaluate.sanity_check(bare, images, "saliency")
    with pytest.raises(InputError, match="mode"):
        evaluate.sanity_check(net, images, "saliency", mode="labels")
