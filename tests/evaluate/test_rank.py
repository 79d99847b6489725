"""The ranking: its numbers, its order, its tables, its frames."""

import jax
import numpy as np
import pytest

from cnnviz_widgets import evaluate, methods
from cnnviz_widgets.evaluate import METRICS, Metric, Ranking
from cnnviz_widgets.network import InputError, Network
from tests.evaluate.conftest import SIZE

_OPTIONS = {"options": {"deletion": {"steps": 5}}}


@pytest.fixture(scope="module")
def ranking(net, images) -> Ranking:
    return evaluate.rank(
        net, images, ["saliency", "input_x_gradient"], ["deletion", "sparseness"], target=1,
        **_OPTIONS,
    )  # fmt: skip


def test_the_numbers_are_those_of_the_metrics(net, images, ranking):
    assert ranking.methods == ("saliency", "input_x_gradient", "random_map")
    assert ranking.metrics == ("deletion", "sparseness")
    assert ranking.better == ("lower", "higher")
    assert ranking.scores.shape == (3, 2, 3)
    found = methods.saliency(net, images, target=1)
    np.testing.assert_array_equal(
        ranking.scores[0, 0], evaluate.deletion(net, images, found, steps=5)
    )
    floor = evaluate.random_map(net, images, target=1)
    np.testing.assert_array_equal(ranking.scores[2, 1], evaluate.sparseness(net, images, floor))
    np.testing.assert_allclose(ranking.values, ranking.scores.mean(-1))


def test_a_key_makes_a_ranking_reproducible(net, images):
    def ranked(**drawn):
        return evaluate.rank(
            net, images[:1], ["smooth_grad"], ["mu_fidelity"], target=1,
            options={"mu_fidelity": {"samples": 20}}, **drawn,
        ).scores  # fmt: skip

    key = jax.random.key(3)
    np.testing.assert_array_equal(ranked(key=key), ranked(key=key))
    np.testing.assert_array_equal(ranked(key=key), ranked(seed=3))  # a seed is a key's
    assert (ranked(key=key) != ranked()).all()
    maps = methods.smooth_grad(net, images[:1], target=1, key=key)
    wanted = evaluate.mu_fidelity(net, images[:1], maps, samples=20, key=key)
    np.testing.assert_array_equal(ranked(key=key)[0, 0], wanted)


def _made(values, better, **more) -> Ranking:
    scores = np.asarray(values, np.float32)[..., None]
    names = tuple(f"m{k}" for k in range(len(values) - 1))
    metrics = tuple(f"metric{k}" for k in range(len(better)))
    return Ranking((*names, "random_map"), metrics, better, scores, **more)


def test_places_follow_the_direction_and_equals_share():
    found = _made([[1, 1], [2, 3], [2, 5], [3, 9]], ("lower", "higher"))
    np.testing.assert_array_equal(found.ranks, [[1, 4], [2.5, 3], [2.5, 2], [4, 1]])
    np.testing.assert_array_equal(found.mean_ranks, [2.5, 2.75, 2.25, 2.5])
    assert found.order == ("m2", "m0", "random_map", "m1")
    np.testing.assert_array_equal(
        found.no_better_than_random, [[False, True]] * 3 + [[False, False]]
    )


def test_what_is_not_there_yet_has_no_place():
    found = _made([[1, np.nan], [np.nan, np.nan], [2, 3]], ("lower", "higher"), progress=0.5)
    np.testing.assert_array_equal(found.ranks, [[1, np.nan], [np.nan, np.nan], [2, 1]])
    assert found.order == ("m0", "random_map", "m1")
    assert "50% done" in str(found)
    assert "–" in str(found)


def test_the_text_is_a_table_with_directions_and_the_floor_below(ranking):
    lines = str(ranking).splitlines()
    assert lines[0].split() == ["method", "deletion", "↓", "sparseness", "↑", "mean", "rank", "↓"]
    assert [lines[k].split()[0] for k in (2, 3)] == [m for m in ranking.order if m != "random_map"]
    assert lines[5].startswith("random_map")
    assert f"{ranking.values[0, 0]:.3g}" in next(x for x in lines if x.startswith("saliency"))
    assert lines[-1].startswith("Mean over 3 images.")


def test_names_are_escaped(net, images):
    evil = {"<script>alert(1)</script>": "saliency"}
    metric = Metric("<b>", METRICS["sparseness"].function, "higher")
    found = evaluate.rank(net, images, evil, [metric])
    html = found._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count("<tr") == 3
    assert "<script>" in str(found)


def test_frames_grow_from_the_floor_and_end_in_the_plain_call(net, images, ranking):
    frames = list(
        evaluate.rank_frames(
            net, images, ["saliency", "input_x_gradient"], ["deletion", "sparseness"], target=1,
            **_OPTIONS,
        )
    )  # fmt: skip
    assert [frame.progress for frame in frames] == [k / 6 for k in range(1, 7)]
    judged = [int((~np.isnan(frame.values)).sum()) for frame in frames]
    assert judged == [1, 2, 3, 4, 5, 6]  # an earlier frame does not change later
    assert not np.isnan(frames[1].values[-1]).any()
    np.testing.assert_array_equal(frames[-1].scores, ranking.scores)


def test_functions_and_partials_have_names(net, images):
    def mine(net, x, *, target):
        return np.asarray(x)

    found = evaluate.rank(net, images, [mine, methods.saliency], ["sparseness"])
    assert found.methods == ("mine", "saliency", "random_map")


def test_a_metric_that_explains_again_gets_the_method(net, images):
    found = evaluate.rank(
        net, images, ["saliency"], ["max_sensitivity"], target=0,
        options={"max_sensitivity": {"samples": 2}},
    )  # fmt: skip
    wanted = evaluate.max_sensitivity(net, images, "saliency", target=0, samples=2)
    np.testing.assert_array_equal(found.scores[0, 0], wanted)
    assert found.values[1, 0] > found.values[0, 0]


def test_metrics_of_places_get_the_object(net, images):
    mask = np.zeros(SIZE[:2], bool)
    mask[:2] = True
    found = evaluate.rank(net, images, ["saliency"], ["relevance_mass"], where=mask)
    assert found.values.shape == (2, 1)
    with pytest.raises(InputError, match="where= for relevance_mass"):
        evaluate.rank(net, images, ["saliency"], ["relevance_mass"])


def test_a_method_that_cannot_run_has_a_note(images):
    import jax.numpy as jnp

    smooth = Network(lambda _, x: jnp.tanh(x).mean((1, 2)), input_shape=SIZE)
    found = evaluate.rank(
        smooth, images, ["guided_backpropagation", "saliency"], ["sparseness"], target=0
    )
    assert np.isnan(found.scores[0]).all()
    assert not np.isnan(found.scores[1:]).any()
    assert found.order[-1] == "guided_backpropagation"
    assert "guided_backpropagation could not run" in str(found)
    assert "tanh" in found.notes[0]


@pytest.mark.parametrize(
    ("given", "metrics", "options", "said"),
    [
        (["salience"], ["deletion"], {}, "did you mean 'saliency'"),
        ("saliency", ["deletion"], {}, "list of methods"),
        ([], ["deletion"], {}, "at least one method"),
        (["saliency"], ["deletions"], {}, "did you mean 'deletion'"),
        (["saliency"], [], {}, "at least one metric"),
        (["saliency"], ["deletion"], {"road": {}}, "options of a metric of this ranking"),
    ],
)
def test_what_is_not_known_is_refused(net, images, given, metrics, options, said):
    with pytest.raises(InputError, match=said):
        evaluate.rank(net, images, given, metrics, options=options)


def test_a_metric_of_ones_own_must_give_a_number_an_image(net, images):
    wrong = Metric("wrong", lambda net, x, values, *, target: np.zeros(2), "higher")
    with pytest.raises(InputError, match="one number for each of 3 images"):
        evaluate.rank(net, images, ["saliency"], [wrong])
