"""What a recurrent layer holds after each step of a sequence: states, gates, and the prediction.

The loop's body is run again with all that it has at each step kept. The prediction after a step is
what the network would say if the sequence ended there: all recurrent loops of the same length stand
still from that step on, and what follows them is run on that. For a network that reads the last
state this is its output for the shortened sequence; one that takes the mean over all steps takes it
over states of which the later ones repeat the last. A network that gives an answer at every step by
itself is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Num

from ...network import InputError, Loop, Network, Replay, UnknownLayerError
from ...network.errors import suggest
from ..channels_last import channels_last

STANDS_STILL = "after each step: the network's answer if it stood still from there on"
OF_ITSELF = "at each step, as the network itself gives them"


@dataclass(frozen=True)
class StatesOverTime:
    """What a recurrent layer does with sequences.

    Attributes:
        layer: its name.
        states: what it carries from step to step, by name (`state`, and `cell` of an LSTM), each
            (N, T, units): the values after each step.
        gates: what its gates let through, by name (`update`, `reset`, `forget`, `input`, `output`),
            each (N, T, units) in [0, 1]. Empty where none were found; `notes` then says so.
        inputs: what it reads at each step, (N, T, features); `None` where it does not read step by
            step.
        predictions: class probabilities after each step, (N, T, K), or `None`.
        predicted: what is meant by that, in words.
        reads: (axis, start, stride, size): step `t` sees the places `start + t * stride` up to, not
            including, that plus `size` of this axis of the input; `None` if that is not known.
        reverse: whether it begins with the last of the sequence.
        notes: what a person should know.
    """

    layer: str
    states: Mapping[str, Float32[np.ndarray, "n t _"]]
    gates: Mapping[str, Float32[np.ndarray, "n t _"]]
    inputs: Float32[np.ndarray, "n t _"] | None
    predictions: Float32[np.ndarray, "n t k"] | None
    predicted: str
    reads: tuple[int, float, float, float] | None
    reverse: bool
    notes: tuple[str, ...]


def recurrent_layers(net: Network, shape: Sequence[int] | None = None) -> tuple[str, ...]:
    """The names of the layers that `hidden_states` can show, in the order of execution.

    Args:
        net: the network.
        shape: of the batch; that of one example if left out.
    """
    return tuple(loop.name for loop in (net.at(shape) if shape else net).loops)


def hidden_states(net: Network, x: Any, *, layer: str | None = None) -> StatesOverTime:
    """States, gates and predictions of a recurrent layer after each step.

    Any layer that JAX runs as a `scan` over a sequence can be shown: those of Flax and of Keras,
    and a bare `jax.lax.scan`. A loop that Python has unrolled leaves no loop to be seen.

    Args:
        net: the network.
        x: one example or a batch, as the network takes them.
        layer: one of `recurrent_layers(net)`; the last if left out.

    Returns:
        Arrays in the order of the sequence, also where it is read from its end.

    Raises:
        InputError: if `x` is not what the network takes, or nothing in it is recurrent.
        UnknownLayerError: if there is no recurrent layer of that name.

    References:
        Karpathy, Johnson and Fei-Fei 2015, https://arxiv.org/abs/1506.02078;
        Strobelt et al. 2018, https://arxiv.org/abs/1606.07461.

    Example:
        >>> net = cw.load("digits_gru")
        >>> hidden_states(net, net.fit(cw.image("digit-3"))).states["state"].shape
        (1, 28, 48)
    """
    batch = net.batch(x)
    traced = net.at(batch.shape)
    loop = _chosen(traced.loops, layer)
    last = net.layers[-1].parts[-1] if net.layers[-1].parts else net.layers[-1]
    ready = last.operation in ("softmax", "sigmoid", "logistic")
    answer = last.name if ready else net.logits.name
    how = _how(traced.layer(answer).shape, loop.length)
    found = traced.run(_hidden_states, batch, layer=loop.name, answer=answer, ready=ready, how=how)
    arrays = jax.tree.map(lambda array: np.asarray(array, np.float32), found)
    reads = loop.reads
    place = None
    if reads is not None and reads.role == "spatial":
        place = (reads.source, reads.start, reads.stride, reads.size)
    return StatesOverTime(
        loop.name,
        {name: arrays["states"][name] for name in loop.states},
        {gate.name: arrays["gates"][gate.name] for gate in loop.gates},
        arrays["inputs"],
        arrays["predictions"],
        {"end": STANDS_STILL, "each": OF_ITSELF}.get(how, ""),
        place,
        loop.reverse,
        tuple(_notes(loop, how, traced.loops)),
    )


def _chosen(loops: Sequence[Loop], layer: str | None) -> Loop:
    if not loops:
        raise InputError(
            "expected a network with a recurrent layer that JAX runs as a scan over a sequence; "
            "this one has none. A loop that Python unrolls is not seen as one: use "
            "flax.nnx.RNN, a recurrent layer of Keras with unroll=False, or jax.lax.scan."
        )
    named = {loop.name: loop for loop in loops}
    if layer is None:
        return loops[-1]
    if layer not in named:
        raise UnknownLayerError(
            f"expected the name of a recurrent layer, got {layer!r}: {suggest(layer, named)}"
        )
    return named[layer]


def _how(answer: Sequence[int], steps: int) -> str:
    """Whether the network answers at its end, at each step, or in a way that is not known."""
    if len(answer) == 1:
        return "end" if answer[0] > 1 else ""
    return "each" if len(answer) == 2 and answer[0] == steps else ""


def _notes(loop: Loop, how: str, loops: Sequence[Loop]) -> list[str]:
    notes = []
    others = [each for each in loops if each.length == loop.length and each.reverse != loop.reverse]
    if others and how == "end":
        notes.append(
            f"{others[0].name} reads from the other end: a prediction is of both after as many "
            "steps, each from its own end."
        )
    if loop.kept_shape:
        size = " x ".join(str(n) for n in loop.kept_shape)
        notes.append(f"A state has the shape {size}; its units are listed in that order.")
    if not loop.gates:
        notes.append("No gates: nothing in this layer's step is a sigmoid that multiplies.")
    if not loop.read:
        notes.append("The layer reads nothing step by step, so there is no input to show.")
    if not how:
        notes.append("No predictions: the network's output is not a choice between classes.")
    return notes


def _hidden_states(
    replay: Replay, x: Num[Array, "n ..."], *, layer: str, answer: str, ready: bool, how: str
) -> dict[str, Any]:
    loop = next(each for each in replay.loops if each.name == layer)
    unrolled = {
        each.name: _unrolled(replay, x, each)
        for each in replay.loops
        if each is loop or each.length == loop.length
    }
    carried, _, gates = unrolled[layer]
    sequences = replay.values(x, [value for value, _ in loop.read])
    inputs = [
        _by_example(value, batch - 1, loop.flipped)
        for value, (_, batch) in zip(sequences, loop.read, strict=True)
    ]
    predictions = None
    if how == "each":
        predictions = channels_last(replay(x, [answer])[answer], replay.layer(answer))
    elif how == "end":
        edited = [(each, unrolled[each.name]) for each in replay.loops if each.name in unrolled]
        predictions = _after_each_step(replay, x, edited, answer, loop)
    if predictions is not None and not ready:
        predictions = jax.nn.softmax(predictions.astype(jnp.float32))
    return {
        "states": {
            name: _by_example(carried[k], loop.batch, loop.flipped)
            for name, k in loop.states.items()
        },
        "gates": {
            gate.name: _by_example(value, loop.batch, loop.flipped)
            for gate, value in zip(loop.gates, gates, strict=True)
        },
        "inputs": jnp.concatenate(inputs, -1) if inputs else None,
        "predictions": predictions,
    }


def _unrolled(replay: Replay, x: Num[Array, "n ..."], loop: Loop) -> Any:
    inputs = replay.taken(x, loop.operation)
    return loop.unroll(inputs, [gate.value for gate in loop.gates])


def _after_each_step(
    replay: Replay, x: Num[Array, "n ..."], loops: Sequence[Any], answer: str, chosen: Loop
) -> Float[Array, "n t k"]:
    """What the network answers if its loops stand still after each step."""

    def answered(step: jax.Array) -> jax.Array:
        edits = {}
        for loop, (carried, stacked, _) in loops:
            for value, held in zip(loop.operation.outputs, [*carried, *stacked], strict=True):
                edits[value] = _held(
                    loop, held, step, value in loop.operation.outputs[: loop.carried]
                )
        found = replay.layer(answer)
        return channels_last(replay.values(x, [found.value], edits)[0], found)

    steps = jnp.arange(chosen.length)
    found = jax.vmap(answered)(steps[::-1] if chosen.reverse else steps)
    return jnp.moveaxis(found, 0, 1)


def _held(loop: Loop, values: jax.Array, step: jax.Array, carry: bool) -> Any:
    """An edit: what the loop gives if nothing of it changes after `step` more were read."""
    at = loop.length - 1 - step if loop.runs_back else step
    then = values[at]

    def stacked(_: jax.Array) -> jax.Array:
        places = jnp.arange(loop.length)
        read = places >= at if loop.runs_back else places <= at
        return jnp.where(read.reshape(-1, *([1] * then.ndim)), values, then[None])

    return (lambda _: then) if carry else stacked


def _by_example(value: jax.Array, batch: int, flipped: bool) -> Float[Array, "n t _"]:
    """From time first to (N, T, units), in the order of the sequence."""
    value = value[::-1] if flipped else value
    value = jnp.moveaxis(value, 1 + batch, 0)
    return value.reshape(*value.shape[:2], -1)
