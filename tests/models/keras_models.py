"""Keras models with the tensor that each named layer gives, so that Keras itself is the reference.

A `Case` holds a model and `tensors`: for the name that a layer has in the network, the Keras tensor
of that call. A second call of one layer is `name_2`, which `layer.output` could not say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import keras
import numpy as np
from keras import layers


@dataclass
class Case:
    model: keras.Model
    tensors: dict[str, object]
    tolerance: float = 2e-5

    def wanted(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """What Keras gives for every tensor, from a sub-model with all of them as outputs."""
        return run(keras.Model(self.model.inputs[0], self.tensors), x)


class _Chain:
    """Applies layers and writes down what each gave, numbered as it is called again."""

    def __init__(self, *shape: int | None) -> None:
        self.input = keras.Input(shape)
        self.tensors: dict[str, object] = {}

    def __call__(self, layer, x):
        y, number, name = layer(x), 2, layer.name
        while name in self.tensors:
            name, number = f"{layer.name}_{number}", number + 1
        self.tensors[name] = y
        return y

    def case(self, output, **options) -> Case:
        return Case(randomised(keras.Model(self.input, output)), self.tensors, **options)


ZEROS = dict.fromkeys(["glorot_uniform", "orthogonal", "GlorotUniform"], keras.initializers.Zeros)
"""Custom objects in place of Keras's initialisers, each of which compiles a function a shape."""


def randomised(model: keras.Model, seed: int = 7) -> keras.Model:
    """Weights of a trained size everywhere, also where Keras starts with zeros and ones."""
    random = np.random.default_rng(seed)

    def value(variable) -> np.ndarray:
        shape = tuple(variable.shape)
        if variable.path.endswith("variance"):
            return random.uniform(0.5, 2, shape)
        if len(shape) < 2:
            return random.normal(0.3, 0.3, shape)
        return random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)

    model.set_weights([value(variable) for variable in model.weights])
    return model


def run(model: keras.Model, x: np.ndarray):
    """What Keras gives in evaluation mode, compiled: one operation after the other takes long."""
    groups = (model.trainable_variables, model.non_trainable_variables)
    values = [[variable.value for variable in group] for group in groups]
    return jax.jit(lambda values, x: model.stateless_call(*values, x, training=False)[0])(values, x)


def weights(model: keras.Model) -> list[np.ndarray]:
    """Copies of all weights. Keras's own `get_weights` trips over NumPy 2's `copy` keyword."""
    return [np.array(variable.value) for variable in model.weights]


def vgg16() -> Case:
    model = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(64, 64, 3), pooling="avg"
    )
    return Case(randomised(model), {layer.name: layer.output for layer in model.layers[1:]})


def residual() -> Case:
    """Batch norms with statistics of their own, one ReLU module used three times, a projection."""
    chain = _Chain(20, 28, 3)
    relu = layers.ReLU(name="relu")
    x = chain(layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem"), chain.input)
    x = short = chain(relu, chain(layers.BatchNormalization(name="bn"), x))
    x = chain(layers.Conv2D(12, 3, strides=2, padding="same", name="conv_a"), x)
    x = chain(relu, chain(layers.BatchNormalization(name="bn_a"), x))
    x = chain(layers.Conv2D(12, 3, padding="same", name="conv_b"), x)
    x = chain(layers.BatchNormalization(name="bn_b", scale=False), x)
    short = chain(layers.Conv2D(12, 1, strides=2, name="project"), short)
    x = chain(relu, chain(layers.Add(name="sum"), [x, short]))
    x = chain(layers.GlobalAveragePooling2D(name="mean"), x)
    x = chain(layers.Dropout(0.5, name="drop"), x)
    del chain.tensors["drop"]  # gives what it gets
    return chain.case(chain(layers.Dense(5, activation="softmax", name="head"), x))


def inception() -> Case:
    chain = _Chain(16, 16, 5)
    x = chain(layers.Conv2D(6, 3, activation="relu", padding="same", name="stem"), chain.input)
    a = chain(layers.Conv2D(3, 1, activation="relu", name="one"), x)
    b = chain(layers.Conv2D(4, 3, activation="elu", padding="same", name="three"), x)
    c = chain(layers.Conv2D(2, 5, activation="tanh", padding="same", name="five"), x)
    d = chain(layers.MaxPooling2D(3, strides=1, padding="same", name="pool"), x)
    x = chain(layers.Concatenate(name="join"), [a, b, c, d])
    x = chain(layers.MaxPooling2D(2, name="half"), x)
    return chain.case(chain(layers.Flatten(name="flat"), x))


def convolutions() -> Case:
    """Every kind of two-dimensional convolution, pooling and padding."""
    chain = _Chain(24, 18, 4)
    x = chain(layers.Conv2D(6, 3, dilation_rate=2, name="dilated"), chain.input)
    x = chain(layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"), x)
    x = chain(layers.SeparableConv2D(8, 3, activation="relu", name="separable"), x)
    x = chain(layers.Conv2D(8, (3, 1), groups=2, padding="same", name="grouped"), x)
    x = chain(layers.ZeroPadding2D(((1, 2), (0, 3)), name="padding"), x)
    x = chain(layers.AveragePooling2D(2, padding="same", name="average"), x)
    x = chain(layers.Conv2DTranspose(5, 3, strides=2, activation="gelu", name="transpose"), x)
    x = chain(layers.Cropping2D(2, name="crop"), x)
    x = chain(layers.LeakyReLU(0.1, name="leaky"), x)
    x = chain(layers.UpSampling2D(2, name="up"), x)
    x = chain(layers.LayerNormalization(name="layer_norm"), x)
    x = chain(layers.GlobalMaxPooling2D(name="largest"), x)
    return chain.case(chain(layers.Dense(3, activation="sigmoid", name="head"), x))


def pool_twice() -> Case:
    """One max-pool used twice, the second time with a convolution between and once without."""
    chain = _Chain(32, 32, 1)
    pool = layers.MaxPooling2D(2, name="pool")
    x = chain(pool, chain(layers.Conv2D(4, 3, padding="same", name="conv"), chain.input))
    x = chain(layers.Conv2D(4, 3, padding="same", name="other"), x)
    return chain.case(chain(pool, chain(pool, x)))


def default_names() -> Case:
    """Used twice, `conv2d` gives a second layer; Keras's own `conv2d_2` keeps its name."""
    chain = _Chain(12, 12, 3)
    conv = layers.Conv2D(3, 3, padding="same", name="conv2d")
    other = layers.Conv2D(3, 3, padding="same", name="conv2d_2")
    x = conv(layers.ReLU(name="re_lu")(conv(chain.input)))
    return chain.case(chain(other, x))


def nested() -> Case:
    """A functional model in a Sequential one in a functional one."""
    deepest = keras.Input((16, 12, 3))
    deep = keras.Model(deepest, layers.Conv2D(4, 3, name="conv")(deepest), name="deep")
    inner = keras.Sequential(
        [
            keras.Input((16, 12, 3)),
            layers.Rescaling(2.0, offset=-1.0, name="rescale"),
            deep,
            layers.ReLU(name="relu"),
            layers.BatchNormalization(name="bn"),
        ],
        name="inner",
    )
    chain = _Chain(16, 12, 3)
    x = chain(inner, chain.input)
    x = chain(layers.Flatten(name="flat"), x)
    return chain.case(chain(layers.Dense(6, activation="log_softmax", name="dense"), x))


def sequence() -> Case:
    chain = _Chain(20, 6)
    x = chain(layers.Conv1D(8, 3, padding="causal", activation="relu", name="conv"), chain.input)
    x = chain(layers.MaxPooling1D(2, name="pool"), x)
    x = chain(layers.GRU(5, return_sequences=True, name="gru"), x)
    x = chain(layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"), x)
    x = chain(layers.SimpleRNN(7, name="simple"), x)
    return chain.case(chain(layers.Dense(4, name="head"), x))


def volume() -> Case:
    chain = _Chain(8, 9, 10, 2)
    x = chain(layers.Conv3D(4, 3, activation="relu", name="conv"), chain.input)
    x = chain(layers.MaxPooling3D(2, name="pool"), x)
    x = chain(layers.Conv3DTranspose(2, 2, strides=2, name="transpose"), x)
    return chain.case(chain(layers.GlobalAveragePooling3D(name="mean"), x))


def attention() -> Case:
    chain = _Chain(8, 8, 3)
    x = chain(layers.Conv2D(12, 4, strides=4, name="patches"), chain.input)
    x = chain(layers.Reshape((4, 12), name="tokens"), x)
    mha = layers.MultiHeadAttention(3, 4, name="attention")
    x = layers.Add(name="sum")([x, mha(x, x)])
    chain.tensors["sum"] = x
    x = chain(layers.LayerNormalization(name="norm"), x)
    x = chain(layers.Dense(8, activation="gelu", name="mlp"), x)
    return chain.case(chain(layers.GlobalAveragePooling1D(name="mean"), x))


def half_precision() -> Case:
    chain = _Chain(16, 16, 3)
    options = {"dtype": "bfloat16"}
    x = chain(layers.Conv2D(8, 3, activation="relu", name="conv", **options), chain.input)
    x = chain(layers.BatchNormalization(name="bn", **options), x)
    x = chain(layers.MaxPooling2D(2, name="pool", **options), x)
    x = chain(layers.Flatten(name="flat", **options), x)
    return chain.case(chain(layers.Dense(4, name="head", **options), x), tolerance=2e-2)


def channels_first() -> Case:
    """Keras's `channels_first`: the picture is turned inside the model."""
    chain = _Chain(14, 10, 3)
    options = {"data_format": "channels_first"}
    x = chain(layers.Permute((3, 1, 2), name="permute"), chain.input)
    x = chain(layers.Conv2D(5, 3, activation="relu", name="conv", **options), x)
    x = chain(layers.MaxPooling2D(2, name="pool", **options), x)
    return chain.case(chain(layers.GlobalAveragePooling2D(name="mean", **options), x))


class Subclassed(keras.Model):
    """Layers called by hand, functions between them, one layer used again."""

    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.first = layers.Conv2D(6, 3, padding="same", name="first")
        self.norm = layers.BatchNormalization(name="norm")
        self.again = layers.Conv2D(6, 3, padding="same", name="again")
        self.drop = layers.Dropout(0.5, name="drop")
        self.head = layers.Dense(3, name="head")

    def call(self, x, training=False):
        return self.steps(x, training)["head"]

    def steps(self, x, training=False) -> dict[str, object]:
        """Every layer's value by the name that it should have."""
        found = {"first": self.first(x)}
        found["norm"] = self.norm(found["first"], training=training)
        found["relu"] = keras.ops.relu(found["norm"])
        found["again"] = self.again(found["relu"])
        found["relu_2"] = keras.ops.relu(found["again"])
        found["again_2"] = self.again(found["relu_2"])
        found["add"] = found["again_2"] + found["relu_2"]
        x = self.drop(found["add"], training=training)
        found["mean"] = keras.ops.mean(x, axis=(1, 2))
        return found | {"head": self.head(found["mean"])}


def subclassed() -> Subclassed:
    model = Subclassed()
    model(np.zeros((1, 12, 10, 3), np.float32))
    randomised(model)
    return model


CASES: dict[str, Callable[[], Case]] = {
    case.__name__: case
    for case in (
        vgg16,
        residual,
        inception,
        convolutions,
        pool_twice,
        default_names,
        nested,
        sequence,
        volume,
        attention,
        half_precision,
        channels_first,
    )
}
