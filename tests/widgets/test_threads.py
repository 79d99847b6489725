"""Cells, the page's messages and the worker in threads of their own, as in JupyterLab."""

import threading

import pytest

from cnnviz_widgets.widgets import FeatureMaps, GradientAscent, Selection

from .conftest import PATIENCE


@pytest.fixture
def together():
    """Runs functions in threads at once, and raises what they raise."""

    def run(*functions):
        errors = []

        def guarded(function):
            try:
                function()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=guarded, args=[each]) for each in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        if errors:
            raise errors[0]

    return run


def test_page_and_cell_may_change_a_view_at_once(digits, three, page_of, together):
    view = FeatureMaps(digits, three)
    page = page_of(view)
    names = [layer.name for layer in digits.layers]

    def drag():
        for k in range(300):
            page.set(layer=names[k % len(names)], channel=k % 10)

    def program():
        for k in range(300):
            view.colormap = ("viridis", "magma")[k % 2]
            view.layer = names[-1 - k % len(names)]

    together(drag, program)
    view.wait(PATIENCE)
    assert view.error is None
    assert page.traits["frame"]["layer"] == view.layer
    assert page.traits["colormap"] == view.colormap
    assert 0 <= view.channel < view.frame["channels"]


def test_linked_views_do_not_wait_for_one_another(digits, three, page_of, together):
    chosen = Selection()
    views = [FeatureMaps(digits, three, selection=chosen) for _ in range(2)]
    pages = [page_of(view) for view in views]

    def drag(page, layers):
        for k in range(200):
            page.set(layer=layers[k % 2])

    together(
        lambda: drag(pages[0], ["conv1", "conv2"]),
        lambda: drag(pages[1], ["conv3", "relu"]),
        lambda: [setattr(chosen, "channel", k % 8) for k in range(200)],
    )
    for view, page in zip(views, pages, strict=True):
        view.wait(PATIENCE)
        assert view.layer == chosen.layer == page.traits["frame"]["layer"]
        assert view.channel == chosen.channel


def test_a_run_and_a_slider_take_turns(digits, three, page_of):
    ascent = GradientAscent(digits, "conv3:5", steps=10**6)
    maps = FeatureMaps(digits, three)
    pages = [page_of(view) for view in (ascent, maps)]
    for page in pages:
        page.paints = True
    ascent.play()
    pages[0].wait_for(lambda: pages[0].messages)
    names = [layer.name for layer in digits.layers]
    for name in names:
        before = pages[0].messages[-1]["step"]
        pages[1].set(layer=name)
        maps.wait(PATIENCE)
        assert pages[1].traits["frame"]["layer"] == name
        pages[0].wait_for(lambda before=before: pages[0].messages[-1]["step"] > before)
    ascent.stop()
    pages[0].wait_for_state("idle")


def test_waiting_in_an_observer_does_not_lock_the_worker_out(digits, three):
    view = FeatureMaps(digits, three)
    view.wait(PATIENCE)
    seen = []

    def observer(_change):
        view.wait(PATIENCE)
        seen.append(view.frame["layer"])

    view.observe(observer, "layer")
    view.layer = "conv2"
    assert seen == ["conv2"]
