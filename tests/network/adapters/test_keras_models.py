"""Keras models of every style, against sub-models that Keras makes itself."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest
from keras import layers

from cnnviz_widgets.network import InputError, ModelError, Network
from tests.models import keras_models
from tests.models.taps import assert_same, assert_taps, pictures, taps

pytestmark = pytest.mark.usefixtures("lenient_ranks")  # Keras's dense layer adds a vector bias


@pytest.fixture(autouse=True)
def _quick_initialisers() -> Iterator[None]:
    with keras.utils.custom_object_scope(keras_models.ZEROS):
        yield


@pytest.mark.parametrize("name", keras_models.CASES)
def test_taps_parameters_and_output_are_kerass_own(name):
    case = keras_models.CASES[name]()
    net = Network(case.model)
    shape = tuple(case.model.inputs[0].shape[1:])
    assert net.input_shape == shape
    assert net.parameters == case.model.count_params()
    assert sum(layer.parameters for layer in net.layers) == case.model.count_params()
    x = pictures(shape)
    assert_taps(net, x, case.wanted(x), case.tolerance)
    assert_same(net(x), keras_models.run(case.model, x), "the output", case.tolerance)


def test_full_vgg16_has_its_published_size():
    model = keras.applications.VGG16(weights=None)
    net = Network(model)
    assert net.parameters == model.count_params() == 138_357_544
    for layer in model.layers[1:]:
        assert net[layer.name].parameters == layer.count_params()
        assert net[layer.name].shape == tuple(layer.output.shape[1:])
    assert [layer.name for layer in net.layers] == [layer.name for layer in model.layers[1:]]
    assert net.logits.name == "predictions/dense"
    # Simonyan and Zisserman's configuration D: channels, and the side of the maps
    plan = [(64, 224)] * 2 + [(128, 112)] * 2 + [(256, 56)] * 3 + [(512, 28)] * 3 + [(512, 14)] * 3
    before = [3, *(channels for channels, _ in plan[:-1])]
    products = sum(9 * a * b * side**2 for a, (b, side) in zip(before, plan, strict=True))
    products += 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert products == 15_470_264_320
    assert 1 <= net.flops / (2 * products) < 1.002  # biases, ReLU and pooling are the rest


def test_subclassed_model():
    model = keras_models.subclassed()
    net = Network(model, input_shape=(12, 10, 3))
    x = pictures((12, 10, 3))
    assert_taps(net, x, model.steps(x))
    assert net.parameters == model.count_params()
    assert net["again_2"].parameters == 0  # counted where it was used first


def test_layers_inside_nested_models_bear_their_path():
    case = keras_models.nested()
    net = Network(case.model)
    assert {"inner/rescale", "inner/deep/conv", "inner/relu", "inner/bn"} <= {
        layer.name for layer in net.layers
    }
    assert [block.name for block in net.blocks] == ["inner", "inner/deep"]
    assert [part.name for part in net["inner/deep"].parts] == ["inner/deep/conv"]
    inner = case.model.get_layer("inner")
    x = pictures(net.input_shape)
    rescaled = inner.get_layer("rescale")(x)
    found = taps(net, x, ["inner/rescale", "inner/deep/conv"])
    assert_same(found["inner/rescale"], rescaled, "rescale")
    assert_same(found["inner/deep/conv"], inner.get_layer("deep")(rescaled), "conv")


def test_fused_activation_is_a_part():
    i = keras.Input((8, 8, 3))
    conv = layers.Conv2D(4, 3, activation="gelu", name="conv")
    model = keras_models.randomised(keras.Model(i, conv(i)))
    net = Network(model)
    layer = net["conv"]
    assert (layer.kind, [part.operation for part in layer.parts]) == ("conv", ["conv", "gelu"])
    linear = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3)])
    linear.set_weights(keras_models.weights(model))
    x = pictures((8, 8, 3))
    found = taps(net, x, ["conv/conv", "conv/gelu"])
    assert_same(found["conv/conv"], linear(x), "before the activation")
    assert_same(found["conv/gelu"], model(x), "after it")


def test_hidden_states_of_an_lstm():
    i = keras.Input((9, 4))
    sequence, last, memory = layers.LSTM(6, return_sequences=True, return_state=True, name="lstm")(
        i
    )
    reference = keras_models.randomised(keras.Model(i, [sequence, last, memory]))
    plain = layers.LSTM(6, name="lstm")
    model = keras.Model(i, plain(i))
    model.set_weights(keras_models.weights(reference))
    net = Network(model)
    x = pictures((9, 4))
    wanted = reference(x)
    assert_same(taps(net, x, ["lstm/states"])["lstm/states"].swapaxes(0, 1), wanted[0], "states")
    assert net["lstm"].kind == "recurrent"
    assert_same(net(x), wanted[1], "last state")


def test_model_and_its_statistics_stay_as_they_are():
    case = keras_models.residual()
    before = keras_models.weights(case.model)
    net = Network(case.model)
    net(pictures(net.input_shape))
    assert case.model.trainable
    for old, new in zip(before, keras_models.weights(case.model), strict=True):
        np.testing.assert_array_equal(old, new)


def test_weights_are_those_of_the_moment():
    """Training on does not reach into a network that was read before."""
    case = keras_models.inception()
    net = Network(case.model)
    x = pictures(net.input_shape)
    before = net(x)
    case.model.set_weights([0 * weight for weight in keras_models.weights(case.model)])
    assert_same(net(x), before)
    assert not np.asarray(Network(case.model)(x)).any()


def test_two_inputs_are_refused():
    a, b = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    with pytest.raises(InputError, match=r"one input, got one with 2: left, right"):
        Network(keras.Model([a, b], layers.Add()([a, b])))


def test_free_size_wants_an_input_shape():
    i = keras.Input((None, None, 3))
    model = keras.Model(i, layers.Conv2D(4, 3, name="conv")(i))
    with pytest.raises(InputError, match=r"input_shape=\(224, 224, 3\)"):
        Network(model)
    assert Network(model, input_shape=(20, 16, 3))["conv"].shape == (18, 14, 4)


def test_unbuilt_model_is_refused():
    with pytest.raises(InputError, match="expected a built model"):
        Network(keras.Sequential([layers.Conv2D(4, 3)]), input_shape=(8, 8, 3))


@pytest.mark.filterwarnings("ignore:.*build:UserWarning")
def test_model_with_unbuilt_layers_is_refused():
    """Keras calls it built, yet its layers would draw fresh weights at every trace."""
    model = keras_models.Subclassed()
    model.build((None, 12, 10, 3))
    if model.weights:
        pytest.skip("this Keras builds the layers of a subclassed model")
    with pytest.raises(InputError, match="built"):
        Network(model, input_shape=(12, 10, 3))


class Failing(layers.Layer):
    def compute_output_shape(self, shape):
        return shape

    def call(self, x):
        if x.shape[1] == 6:
            raise RuntimeError("no luck today")
        return x


def test_failure_names_the_layer():
    i = keras.Input((None, None, 3))
    x = layers.Conv2D(4, 3, name="fine")(i)
    model = keras.Model(i, Failing(name="broken")(x))
    with pytest.raises(ModelError, match=r"(?s)in layer '[\w/]*broken'.*no luck today"):
        Network(model, input_shape=(8, 8, 3))


def test_wrong_size_names_the_layer():
    i = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="fine")(i)
    model = keras.Model(i, layers.Dense(2, name="dense")(layers.Flatten()(x)))
    net = Network(model)
    with pytest.raises(InputError, match=r"['\"]dense['\"]"):
        net.batch(np.zeros((9, 9, 3)))


def test_weights_that_a_training_took_are_told_and_can_be_had_again():
    i = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(i))
    x = layers.Dropout(0.5)(layers.Flatten()(x))
    model = keras.Model(i, layers.Dense(2)(x))
    net = Network(model)
    x = pictures((8, 8, 3))
    assert_same(net(x), model(x, training=False), "before")
    assert len(net.weights) == len(model.weights)  # and no state of the dropout's
    model.compile("sgd", "mse")
    model.fit(x, np.ones((len(x), 2)), verbose=0)
    if not any(weight.is_deleted() for weight in net._model.weights):
        pytest.skip("this Keras gives no memory away")
    with pytest.raises(ModelError, match=r"net.refreshed\(model\)"):
        net(x)
    with pytest.raises(ModelError, match=r"net.refreshed\(model\)"):
        net.weights  # noqa: B018
    assert_same(net.refreshed(model)(x), model(x, training=False), "after")
