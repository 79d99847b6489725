import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import (
    Attribution,
    FeatureMaps,
    GradientAscent,
    LayerList,
    Selection,
)

from .conftest import PATIENCE


@pytest.fixture
def chosen():
    return Selection()


@pytest.fixture
def maps(digits, three, chosen):
    return FeatureMaps(digits, three, selection=chosen)


@pytest.fixture
def ascent(digits, chosen):
    return GradientAscent(digits, selection=chosen)


@pytest.fixture
def layers(digits, chosen):
    return LayerList(digits, selection=chosen)


@pytest.fixture
def pages(maps, ascent, layers, page_of):
    return [page_of(view) for view in (maps, ascent, layers)]


def test_the_first_view_says_where_to_begin(maps, ascent, layers, chosen, three):
    assert (chosen.layer, chosen.channel, chosen.position) == ("conv1", 0, None)
    assert chosen.image is three
    assert (maps.layer, ascent.layer, layers.layer) == ("conv1", "conv1", "conv1")


def test_what_is_chosen_already_goes_to_a_new_view(digits, three):
    chosen = Selection(layer="conv2", channel=7, position=(3, 4), target=2)
    maps = FeatureMaps(digits, three, selection=chosen)
    ascent = GradientAscent(digits, selection=chosen)
    assert (maps.layer, maps.channel, maps.position) == ("conv2", 7, [3, 4])
    assert (ascent.layer, ascent.channel, ascent.position, ascent.target) == ("conv2", 7, [3, 4], 2)


def test_what_is_asked_for_comes_before_what_was_chosen(digits, three, seven):
    chosen = Selection(layer="conv2", channel=7, image=seven)
    maps = FeatureMaps(digits, three, layer="conv3", channel=9, selection=chosen)
    assert (maps.layer, maps.channel) == (chosen.layer, chosen.channel) == ("conv3", 9)
    assert maps.image is chosen.image is three
    GradientAscent(digits, "relu:3", selection=chosen)
    assert (maps.layer, maps.channel) == ("relu", 3)


def test_pointing_in_one_view_moves_all(pages, maps, ascent, chosen):
    pages[2].set(layer="conv3")
    assert (maps.layer, ascent.layer, chosen.layer) == ("conv3",) * 3
    assert [page.traits["layer"] for page in pages[:2]] == ["conv3"] * 2
    maps.wait(PATIENCE)
    assert pages[0].traits["frame"]["layer"] == "conv3"
    pages[0].set(channel=40, position=[1, 2])
    assert (ascent.channel, ascent.position) == (40, [1, 2])
    assert (chosen.channel, chosen.position) == (40, [1, 2])
    pages[1].set(layer="relu")
    assert (maps.layer, maps.channel, chosen.channel) == ("relu", 31, 31)


def test_python_moves_all_views(maps, ascent, layers, chosen, seven):
    chosen.layer = "conv2"
    chosen.channel = 12
    chosen.target = 3
    chosen.iteration = 8
    chosen.image = seven
    assert (maps.layer, ascent.layer, layers.layer) == ("conv2",) * 3
    assert (maps.channel, ascent.channel) == (12, 12)
    assert (ascent.target, ascent.iteration) == (3, 8)
    assert maps.image is seven


def test_a_view_that_cannot_follow_stays(maps, ascent, chosen):
    chosen.layer = "conv9"
    assert (maps.layer, ascent.layer) == ("conv1", "conv1")
    chosen.target = 99
    assert ascent.target == 0
    chosen.layer = None
    assert maps.layer == "conv1"


def test_an_image_that_the_network_cannot_take_is_refused(maps, chosen, three):
    with pytest.raises(InputError, match="3 channels"):
        chosen.image = np.zeros((28, 28, 3))
    assert maps.image is three
    assert maps.state in ("running", "done")


def test_a_slider_is_not_told_of_its_own_moves(pages, maps):
    maps.wait(PATIENCE)
    before = [len(page.updates) for page in pages]
    for channel in range(1, 32):
        pages[0].set(channel=channel)
    after = [len(page.updates) for page in pages]
    assert [new - old for old, new in zip(before, after, strict=True)] == [0, 31, 0]


def test_a_closed_view_follows_no_more(maps, ascent, chosen):
    maps.close()
    chosen.layer = "conv3"
    assert (maps.layer, ascent.layer) == ("conv1", "conv3")
    maps.layer = "conv2"
    assert chosen.layer == "conv3"


def test_a_misspelt_trait_is_refused():
    with pytest.raises(TypeError, match="chanel"):
        Selection(chanel=3)


moves = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["layer", "channel", "position"]),
    st.sampled_from(["conv1", "relu_2", "max_pool_2", "dense1", "softmax"]),
    st.integers(0, 63),
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(moves, max_size=12))
def test_views_always_agree(pages, maps, ascent, layers, chosen, sequence):
    for page, trait, layer, number in sequence:
        if trait == "layer":
            pages[page].set(layer=layer)
        elif trait == "channel" and page < 2:
            pages[page].set(channel=number)
        elif page < 2:
            pages[page].set(position=[number, 0])
        assert maps.layer == ascent.layer == layers.layer == chosen.layer
        assert maps.channel == ascent.channel == chosen.channel
        assert maps.position == ascent.position == chosen.position
    for view, page in zip((maps, ascent, layers), pages, strict=True):
        assert page.traits["layer"] == view.layer


def test_a_view_s_first_guess_can_be_kept_to_itself(digits, three):
    chosen = Selection(layer="conv2")
    view = GradientAscent(digits, selection=chosen)
    assert chosen.target is None
    view.target = 4
    assert chosen.target == 4
    maps = Attribution(digits, three, "grad_cam", selection=chosen)
    assert (maps.target, maps.layer) == (4, "")  # a CAM's layer is its own until one is pointed at
    chosen.layer = "relu"
    assert maps.layer == "relu"
