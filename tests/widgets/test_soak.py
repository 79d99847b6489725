"""A minute of hard dragging, pressed together."""

import gc

import psutil

from cnnviz_widgets.widgets import FeatureMaps

from .conftest import PATIENCE, worker_threads

EVENTS = 5000
GROWTH = 20e6  # bytes


def test_five_thousand_slider_events(digits, three, page_of):
    view = FeatureMaps(digits, three)
    page = page_of(view)
    page.paints = True
    names = [layer.name for layer in digits.layers]

    def drag(count):
        for k in range(count):
            page.set(layer=names[k * 7 % len(names)], channel=k % 10)
            del page.updates[:], page.numbers[:-1]  # what a page does not keep either
        page.set(layer="conv2")
        view.wait(PATIENCE)
        gc.collect()

    drag(EVENTS // 5)  # what is compiled, fetched and cached once
    before = psutil.Process().memory_info().rss
    drag(EVENTS)
    growth = psutil.Process().memory_info().rss - before
    assert view.error is None
    assert page.traits["frame"]["layer"] == "conv2"
    assert page.traits["frame"]["number"] == page.numbers[-1]
    assert growth < GROWTH
    (thread,) = worker_threads()
    view.close()
    thread.join(PATIENCE)
    assert not worker_threads()
