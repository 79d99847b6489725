"""Two presets beside each other are the two ascents by themselves."""

import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.methods import AscentDivergedError
from tests.widgets.conftest import PATIENCE

STEPS = 3


def _climbed(net, unit, **settings):
    return list(cw.methods.ascend(net, unit, steps=STEPS, **settings))


def test_pictures_and_scores_are_those_of_either_preset(digits, page_of):
    view = cw.GradientAscent(digits, "conv3:5", compare="pixel", channels=4, steps=STEPS, images=[])
    page = page_of(view)
    view.play()
    view.wait(PATIENCE)
    assert view.state == "done", view.error
    alone = [_climbed(digits, "conv3:5"), _climbed(digits, "conv3:5", preset="pixel", size=28)]
    for step in range(STEPS + 1):
        shown = view.frames.get(step)
        for number, frames in enumerate(alone):
            np.testing.assert_allclose(shown.images[number], frames[step].image, atol=1e-5)
            assert shown.scores[number] == pytest.approx(frames[step].score, abs=1e-4)
    labels = [tile["label"] for tile in page.traits["frame"]["tiles"]]
    assert labels == ["conv3:5, default", "conv3:5, pixel"]


def test_another_comparison_is_another_run(digits, page_of):
    view = cw.GradientAscent(digits, "conv3:5", steps=STEPS, images=[])
    page_of(view)
    view.step()
    view.wait(PATIENCE)
    view.compare = "lucid"
    view.play()
    view.wait(PATIENCE)
    assert len(view.images) == 2
    view.compare = ""
    view.play()
    view.wait(PATIENCE)
    assert len(view.images) == 1


def test_a_preset_that_diverges_is_named(digits, page_of):
    bias = digits.weights["conv3/bias"]
    broken = digits.with_weights({"conv3/bias": bias.at[5].set(np.nan)})
    view = cw.GradientAscent(broken, "conv3:5", preset="pixel", compare="default", images=[])
    page_of(view)
    view.play()
    view.wait(PATIENCE)
    assert isinstance(view.error, AscentDivergedError)
    assert str(view.error).startswith("preset pixel: ")


def test_an_unknown_preset_is_refused(digits):
    with pytest.raises(Exception, match="nonsense"):
        cw.GradientAscent(digits, "conv3:5", compare="nonsense")
