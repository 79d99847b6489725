"""What an explanation of one number holds. All numbers are float64 on the host.

Each step works its `result` out anew from the numbers that it shows; it differs from what the
network gave by rounding alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

INSIDE, PADDING, GAP = 0, 1, 2
"""What a place of a window is: a value of the input, padding, or a zero between two values (a
transposed convolution puts them there)."""


@dataclass(frozen=True)
class Source:
    """Where a number comes from: an element of a value of the program.

    Attributes:
        name: of the layer that gives it, "input", or "" for a value inside of a layer.
        value: number of the value in the program.
        index: of the element, batch included.
    """

    name: str
    value: int
    index: tuple[int, ...]


@dataclass(frozen=True)
class Arithmetic:
    """One operation on a number: `+ 0.2`, `× 1.5`, or a function without a second operand.

    Attributes:
        operation: add, subtract, subtract_from, multiply, divide, divide_into, maximum, minimum,
            or the name of a function.
        operand: the second number; `None` for a function of one.
        result: what comes out.
    """

    operation: str
    operand: float | None
    result: float


@dataclass(frozen=True)
class Window:
    """What a window sees of a map.

    Attributes:
        values: (I, *window), an input channel each; 0 where there is nothing, minus infinity for a
            max-pool.
        states: (*window) of `INSIDE`, `PADDING` or `GAP`.
        places: for each axis of the window, the rows (or columns) of the map that it lies on; they
            are below 0 or past the end in the padding, and broken in a gap.
        maps: (I, *map), the whole input, a view.
    """

    values: np.ndarray
    states: np.ndarray
    places: tuple[np.ndarray, ...]
    maps: np.ndarray


@dataclass(frozen=True)
class Step:
    """What all steps have.

    Attributes:
        name: of the layer or part.
        operation: what it does, in the field's word.
        source: where its input comes from; the first element where it takes many.
        result: what comes out.
    """

    name: str
    operation: str
    source: Source | None
    result: float


@dataclass(frozen=True)
class Convolution(Step):
    """The sum of window times kernel, then what is added to it.

    Attributes:
        channels: numbers of the input channels: all, or those of the group.
        window: what it sees.
        kernel: (I, *window).
        products: (I, *window).
        sums: (I,), of the products of each input channel.
        total: of all sums.
        tail: what is added or multiplied afterwards: the bias.
    """

    channels: np.ndarray
    window: Window
    kernel: np.ndarray
    products: np.ndarray
    sums: np.ndarray
    total: float
    tail: tuple[Arithmetic, ...]


@dataclass(frozen=True)
class Dense(Step):
    """The sum of inputs times weights, then what is added to it.

    Attributes:
        inputs: (n,).
        weights: (n,); of a product of two activations, those of the second.
        products: (n,).
        total: of the products.
        tail: what is added or multiplied afterwards: the bias.
    """

    inputs: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    total: float
    tail: tuple[Arithmetic, ...]

    def strongest(self, count: int) -> tuple[np.ndarray, float]:
        """Numbers of the largest contributions, and the sum of all others."""
        chosen = np.argsort(-np.abs(np.nan_to_num(self.products)), kind="stable")[:count]
        return chosen, float(np.delete(self.products, chosen).sum())


@dataclass(frozen=True)
class Activation(Step):
    """A function of one number.

    Attributes:
        input: what goes in.
        xs: where the function was tried, increasing, over all inputs of the layer and about zero.
        ys: what it gave there.
    """

    input: float
    xs: np.ndarray
    ys: np.ndarray


@dataclass(frozen=True)
class Softmax(Step):
    """`exp(input - largest)`, divided by the sum over all inputs.

    Attributes:
        inputs: (n,), all that compete.
        number: which of them is looked at.
        exponentials: (n,), of the inputs less the largest.
        total: their sum.
        logarithm: whether the logarithm of the share is the result.
    """

    inputs: np.ndarray
    number: int
    exponentials: np.ndarray
    total: float
    logarithm: bool


@dataclass(frozen=True)
class Pool(Step):
    """The largest of a window, or its sum and what it is divided by.

    Attributes:
        window: what it sees; `values` has one channel.
        kind: "max", "min" or "sum".
        winner: the place in the window of the value that was kept, or `None` for a sum.
        total: the largest, the smallest or the sum.
        tail: what follows: the division of a mean.
    """

    window: Window
    kind: str
    winner: tuple[int, ...] | None
    total: float
    tail: tuple[Arithmetic, ...]


@dataclass(frozen=True)
class Scaling(Step):
    """Numbers added to and multiplied with one number: a batch norm, a scale.

    Attributes:
        input: what goes in.
        tail: what is done to it, in order. Subtracting comes with the mean, multiplying with the
            scale over the standard deviation, adding with the shift.
    """

    input: float
    tail: tuple[Arithmetic, ...]


@dataclass(frozen=True)
class Combination(Step):
    """Several values, place by place: a residual addition, a gate.

    Attributes:
        terms: the values.
        sources: where each comes from.
        total: what they give together.
        tail: what follows.
    """

    terms: tuple[float, ...]
    sources: tuple[Source | None, ...]
    total: float
    tail: tuple[Arithmetic, ...]


@dataclass(frozen=True)
class Concatenation(Step):
    """A channel (or place) of one of several inputs.

    Attributes:
        sources: the inputs, by where their first element comes from.
        number: which of them it is.
        place: which channel of that input.
    """

    sources: tuple[Source, ...]
    number: int
    place: int


@dataclass(frozen=True)
class Copy(Step):
    """A number that only moved: a flattening, a transposition, or padding without a source."""


@dataclass(frozen=True)
class Opaque(Step):
    """A step that is not taken apart: a loop, an attention's rearrangement.

    Attributes:
        words: what goes in and comes out.
    """

    words: str


ExplainedStep = (
    Convolution
    | Dense
    | Activation
    | Softmax
    | Pool
    | Scaling
    | Combination
    | Concatenation
    | Copy
    | Opaque
)


@dataclass(frozen=True)
class ValueExplained:
    """How one activation comes about.

    Attributes:
        layer: its name.
        channel: number of its channel.
        position: its (row, column); (0, 0) in a layer without places.
        value: what the network gave.
        steps: what made it, in order; the result of the last is `value`, to rounding.
        then: what the next layers do with it, up to an activation.
    """

    layer: str
    channel: int
    position: tuple[int, int]
    value: float
    steps: tuple[Any, ...]
    then: tuple[Any, ...] = ()

    @property
    def result(self) -> float:
        """What the arithmetic of the steps gives."""
        return self.steps[-1].result


@dataclass(frozen=True)
class Around:
    """The map around a single element.

    Attributes:
        map: (rows, columns).
        place: row and column of the element.
        channel: its number; 0 without channels.
    """

    map: np.ndarray
    place: tuple[int, int]
    channel: int
