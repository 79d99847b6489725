"""Health sends what the method found, and takes a press on it."""

import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import InputError, Network
from cnnviz_widgets.widgets import Health, Selection
from tests.models.learning import SHAPE, Small, examples

from .conftest import PATIENCE


@pytest.fixture(scope="module")
def net() -> Network:
    net = Network(Small(), input_shape=SHAPE)
    bias = np.array(net.weights["conv1/bias"])
    bias[2] = -100
    return net.with_weights({"conv1/bias": bias})


@pytest.fixture(scope="module")
def data():
    return examples(60)


def test_the_page_gets_what_the_method_finds(net, data, page_of):
    images, labels = data
    chosen = Selection()
    view = Health(net, images, labels, selection=chosen)
    view.wait(PATIENCE)
    page = page_of(view)
    found = methods.health(net, images, labels)
    frame = page.traits["frame"]
    assert [each["words"] for each in frame["findings"]] == [each.words for each in found.findings]
    assert frame["layers"][0][0] == found.layers[0].layer
    assert sum(count for count, *_ in frame["calibration"]["bins"]) == 60
    assert view.report is not None
    assert str(view.report) == str(found)
    page.set(layer="relu", channel=2)
    assert (chosen.layer, chosen.channel) == ("relu", 2)
    page.send({"type": "image", "number": 7})
    np.testing.assert_array_equal(chosen.image, images[7])
    page.send({"type": "image", "number": 60})  # there is none; it is logged and dropped
    np.testing.assert_array_equal(chosen.image, images[7])
    data_, _ = view._repr_mimebundle_()
    assert data_["image/png"]


def test_without_labels_there_is_no_calibration(net, data, page_of):
    view = Health(net, data[0])
    view.wait(PATIENCE)
    assert page_of(view).traits["frame"]["calibration"] is None


def test_what_goes_wrong_is_said(net, data, page_of):
    with pytest.raises(InputError):
        Health(net, np.zeros((3, 5)))
    view = Health(net, data[0], data[1][:4])
    page = page_of(view)
    page.wait_for_state("error")
    assert "one label for each of 60 images" in page.traits["message"]
    page.set(layer="conv9")
    assert "expected the name of a layer" in page.traits["message"]
