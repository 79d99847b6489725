"""A model traced for one input shape, with its layers, its weights and its compiled functions.

A method is a pure function of a `Replay` and arrays. `TracedProgram.run` compiles it once for each
set of static choices and hands it, as arguments, everything that does not depend on the input:
weights, and values computed from weights alone (a batch norm's scale, flipped kernels). None of
that becomes a constant in the compiled code, nor is it computed twice.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from .adapters import Traceable
from .edits import Change, changed
from .errors import InputError, ModelError, UnknownLayerError, suggest
from .given_away import refuse_given_away
from .lookup import Lookup, find_lookup
from .one_channel import channel_axis, convolution_behind, convolve_some
from .one_row import ONE_ROW, out_of_row, program_in_row, shape_out_of_row
from .reading.axes import find_axes
from .reading.layers import Layer, Layout
from .reading.loops import Loop, find_loops
from .reading.reader import find_layers
from .tracing.operation import Operation
from .tracing.program import Edit, Program, Replacement, trace
from .tracing.rules import NO_RULES, RuleBook

Arrays = dict[int, jax.Array]
Changes = Mapping[str, Change]


class Replay:
    """A program bound to its weights and rules, to be called inside compiled functions."""

    def __init__(
        self,
        traced: TracedProgram,
        values: Arrays,
        rules: RuleBook,
        prepared: dict[int, Any],
        changes: Changes,
    ) -> None:
        self._traced = traced
        self._values = values
        self._rules = rules
        self._prepared = prepared
        layers = {name: traced.layer(name) for name in changes}
        self._own_edits: dict[int, Edit] = {
            layer.value: functools.partial(changed, change=changes[name], layer=layer)
            for name, layer in layers.items()
        }

    def __call__(
        self, x: jax.Array, names: Sequence[str], edits: Mapping[str, Edit] | None = None
    ) -> dict[str, jax.Array]:
        """The values of layers, as the framework gives them.

        Args:
            x: the checked batch.
            names: of layers, blocks or parts.
            edits: what to make of a layer's value before anything else sees it, by name.
        """
        numbers = [self.layer(name).value for name in names]
        edited = {self.layer(name).value: edit for name, edit in (edits or {}).items()}
        return dict(zip(names, self.values(x, numbers, edited), strict=True))

    def channel(self, x: jax.Array, name: str, channel: jax.Array) -> jax.Array:
        """The values of a layer of which only `channel` (traced) is right; the rest is anything.

        Where a convolution makes the layer, it computes that channel alone.
        """
        return self.channels(x, {name: jnp.reshape(channel, (1,))})[name]

    def channels(
        self, x: jax.Array, wanted: Mapping[str, jax.Array | None]
    ) -> dict[str, jax.Array]:
        """The values of layers of which only some channels are right; the rest is anything.

        Where a convolution makes a layer, and nothing else that is wanted needs it whole, it
        computes those channels alone.

        Args:
            x: the checked batch.
            wanted: for each name of a layer the channels (K,), traced, or `None` for all.
        """
        numbers = {name: self.layer(name).value for name in wanted}
        replaced: dict[int, Replacement] = {}
        for name, channels in wanted.items():
            others = [number for other, number in numbers.items() if other != name]
            convolution = None if channels is None else self._replaceable(name, others)
            if convolution is None or channels is None:
                continue
            if len(channels) == 1 or 2 * len(channels) <= self.layer(name).channels:
                function = convolve_some(convolution, channels)
                replaced[convolution.index] = Replacement(convolution.inputs, function)
        found = self.values(x, list(numbers.values()), replaced=replaced)
        return dict(zip(wanted, found, strict=True))

    def _replaceable(self, name: str, others: Sequence[int]) -> Operation | None:
        """The convolution that makes a layer, if no other value comes from it."""
        layer, program = self.layer(name), self._traced.program
        convolution = convolution_behind(program, layer.value)
        if (
            convolution is None
            or channel_axis(convolution) != layer.channel_axis
            or not self._rules.is_plain(convolution)
        ):
            return None
        shared = program.needed(others, self._values)
        return None if any(each.index == convolution.index for each in shared) else convolution

    def values(
        self,
        x: jax.Array,
        numbers: Sequence[int],
        edits: Mapping[int, Edit] | None = None,
        replaced: Mapping[int, Replacement] | None = None,
    ) -> list[jax.Array]:
        """The program's values by number; `edits` and `replaced` as `Program.replay` has them.

        The network's own edits come before those of a caller.
        """
        program = self._traced.program
        edits = _one_after_the_other(self._own_edits, edits or {})
        known = {**self._values, program.x: x}
        self._traced.check(self._rules, program.needed(numbers, known, replaced))
        return program.replay(
            known,
            numbers,
            edits=edits,
            rules=self._rules,
            prepared=self._prepared,
            replaced=replaced,
        )

    def taken(self, x: jax.Array, operation: Operation) -> list[Any]:
        """All that an operation takes: arrays, and numbers where the program has them.

        Args:
            x: the checked batch.
            operation: of the network's program.
        """
        numbers, literals = operation.inputs, self.program.literals
        computed = [number for number in numbers if number not in literals]
        known = {number: self._values.get(number, value) for number, value in literals.items()}
        known |= dict(zip(computed, self.values(x, computed), strict=True))
        return [known[number] for number in numbers]

    @property
    def program(self) -> Program:
        """The operations that are replayed, for methods that read them one by one.

        Raises:
            InputError: if the network has edits, which such a method would pass over.
        """
        if self._own_edits:
            raise InputError(
                "expected a network without edits: this method reads each operation by itself, and "
                "would pass over what is edited between them. Choose another, or net.unedited."
            )
        return self._traced.program

    @property
    def layout(self) -> Layout:
        """What the operations are part of."""
        return self._traced.layout

    @property
    def frozen(self) -> Arrays:
        """All values that do not depend on the input, by number."""
        return self._values

    def outputs(self, x: jax.Array) -> list[jax.Array]:
        """The model's own outputs, flat."""
        return self.values(x, self._traced.program.outputs)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in the order of execution."""
        return self.layout.layers

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The recurrent loops, in the order of execution."""
        return self._traced.loops

    def layer(self, name: str) -> Layer:
        """A layer, block or part, as it is at this input's shape."""
        return self._traced.layer(name)


class TracedProgram:
    """The model at one input shape.

    Args:
        model: the adapted model.
        preprocess: of the network.
        shape: of the batch.
        first: whether this is the first shape that is tried.
        axes: of what the model takes.
        dtype: of the batch.
        whole: the program at a shape that the model takes. If given, the model may refuse this one:
            then the program ends there, and has the layers that are computed as they are in
            `whole`.

    Attributes:
        shape: of the batch.
        program: the traced operations.
        layout: its layers.

    Raises:
        InputError: if a model that can be traced at another shape cannot take this one.
        ModelError: if the model fails; says in which layer.
    """

    def __init__(
        self,
        model: Traceable,
        preprocess: Callable[[jax.Array], jax.Array] | None,
        shape: tuple[int, ...],
        first: bool = True,
        axes: int | None = None,
        dtype: Any = jnp.float32,
        whole: TracedProgram | None = None,
    ) -> None:
        self.shape = shape
        self._model = model
        self._lock = threading.RLock()
        self._compiled: dict[Hashable, Callable[..., Any]] = {}
        self._frozen: Arrays | None = None
        self._prepared: dict[RuleBook, dict[int, Any]] = {NO_RULES: {}}
        self._preparing: dict[RuleBook, Callable[[Arrays], dict[int, Any]]] = {}
        self._plain: TracedProgram = self  # without edits
        self._changes: Callable[[], Changes] = dict
        self._structure: Any = None  # of the model's output; known once it is traced

        def apply(weights: Sequence[Any], x: jax.Array) -> Any:
            if axes is not None and x.ndim - 1 != axes:
                with jax.named_scope(ONE_ROW):
                    x = out_of_row(x, axes)
            if preprocess is not None:
                with jax.named_scope("preprocess"):
                    x = preprocess(x)
            try:
                leaves, self._structure = jax.tree_util.tree_flatten(model.apply(weights, x))
            except Exception:
                if whole is None:
                    raise
                return []  # what was traced until then is kept
            return leaves

        try:
            self.program: Program
            if model.program is not None:
                axes = len(shape) - 1 if axes is None else axes
                self.program, self._structure = model.program(shape_out_of_row(shape, axes))
                if len(shape) - 1 != axes:
                    self.program = program_in_row(self.program, shape, axes)
            else:
                x = jax.ShapeDtypeStruct(shape, dtype)
                self.program = trace(apply, model.weights, x, model.root)
        except InputError:
            raise
        except Exception as error:
            raise _trace_error(error, model, shape, first) from error
        if whole is not None:
            self.program = replace(self.program, outputs=self.program.loose_ends)
        self.layout: Layout = find_layers(self.program, model.classes)
        if whole is not None:
            self.layout = self._alike(whole)
        self._by_name = {layer.name: layer for layer in self.layout.everything()}
        self._freezing = _freezing(self.program)
        if not self.layout.layers:
            raise InputError(
                "expected a model whose output is computed from its input; this one does nothing "
                "with it. Is the input passed on?"
            )
        empty = next((layer for layer in self.layout.layers if 0 in layer.shape), None)
        if empty is not None:
            raise InputError(
                f"an input of {_size(shape)} is too small: nothing of it is left in layer "
                f"{empty.name!r}. Give a larger image."
            )

    def _alike(self, whole: TracedProgram) -> Layout:
        """The layers that take as many operations, from the input on, as those of that name do.

        The others are cut off in their midst, or depend on the size in ways of their own.
        """
        known = {layer.name: layer for layer in whole.layout.everything()}

        def is_alike(layer: Layer) -> bool:
            return layer.name in known and self._work(layer) == whole._work(known[layer.name])

        layers = tuple(layer for layer in self.layout.layers if is_alike(layer))
        blocks = tuple(layer for layer in self.layout.blocks if is_alike(layer))
        return replace(self.layout, layers=layers, blocks=blocks, logits=None)

    def _work(self, layer: Layer) -> int:
        return len(self.program.needed([layer.value], [self.program.x]))

    def with_model(self, model: Traceable) -> TracedProgram:
        """The same program for a model that differs in its weights only; compiles nothing anew.

        What is compiled takes the weights as arguments, so both share it.
        """
        other = copy.copy(self)
        other._model = model
        other._frozen = None
        other._prepared = {NO_RULES: {}}
        other._plain = other
        return other

    def with_changes(self, changes: Callable[[], Changes]) -> TracedProgram:
        """The same program with edits; compiles anew only where other layers are edited.

        Args:
            changes: gives the edits of each layer by its name; called when something is run.
        """
        other = copy.copy(self)
        other._changes = functools.cache(changes)
        return other

    @property
    def structure(self) -> Any:
        """Of the model's output, as a pytree."""
        return self._structure

    @functools.cached_property
    def lookup(self) -> Lookup | None:
        """The step that looks the input up in a table, if there is one."""
        return find_lookup(self.program)

    @functools.cached_property
    def loops(self) -> tuple[Loop, ...]:
        """The recurrent loops, in the order of execution."""
        return find_loops(self.program, self.layout.owners, find_axes(self.program))

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def layer(self, name: str) -> Layer:
        """The layer, block or part of that name, as it is at this shape."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownLayerError(
                f"expected the name of a layer, got {name!r}: {suggest(name, self._by_name)}"
            ) from None

    def check(self, rules: RuleBook, operations: Iterable[Operation]) -> None:
        """Refuse operations for which `rules` have none, by name."""
        for operation in operations:
            found = self.layout.steps.get(operation.index)
            if found is not None:
                rules.check(*found)

    def output(self, x: jax.Array) -> Any:
        """The model's own output."""
        return jax.tree_util.tree_unflatten(self._structure, self.run(Replay.outputs, x))

    def run(
        self,
        function: Callable[..., Any],
        *arrays: Any,
        rules: RuleBook = NO_RULES,
        **static: Hashable,
    ) -> Any:
        """Call `function(replay, *arrays, **static)`, compiled once for each set of statics.

        Args:
            function: pure and at module level; it may differentiate through the replay.
            arrays: pytrees of arrays; other values never compile anything.
            rules: how operations are differentiated. Under any but `NO_RULES`, weights count as
                constants.
            static: hashable choices, such as the names of layers.

        Raises:
            ModelError: if a training step has taken the memory of the weights.
        """
        changes = self._changes()
        compiled = self._plain._compile(function, rules, static, tuple(sorted(changes)))
        try:
            return compiled(self.frozen, self.prepared(rules), changes, *arrays)
        except (ValueError, RuntimeError):
            refuse_given_away(self._model.weights)
            raise

    def _compile(
        self,
        function: Callable[..., Any],
        rules: RuleBook,
        static: Mapping[str, Hashable],
        edited: tuple[str, ...],
    ) -> Callable[..., Any]:
        key = (function, rules, tuple(sorted(static.items())), edited)
        with self._lock:
            if key not in self._compiled:

                def call(
                    values: Arrays, prepared: dict[int, Any], changes: Changes, *arrays: Any
                ) -> Any:
                    replay = Replay(self, values, rules, prepared, changes)
                    return function(replay, *arrays, **static)

                self._compiled[key] = jax.jit(call)
            return self._compiled[key]

    @property
    def frozen(self) -> Arrays:
        """Everything that the input's operations take and that does not depend on the input."""
        if self._plain is not self:
            return self._plain.frozen
        with self._lock:
            if self._frozen is None:
                self._frozen = self._freezing(self._model.weights)
            return self._frozen

    def prepared(self, rules: RuleBook) -> dict[int, Any]:
        """What `rules` compute once from frozen values, by the operation's index."""
        if self._plain is not self:
            return self._plain.prepared(rules)
        with self._lock:
            if rules not in self._prepared:
                if rules not in self._preparing:
                    self._preparing[rules] = _preparing(self.program, rules)
                self._prepared[rules] = self._preparing[rules](self.frozen)
            return self._prepared[rules]


def _one_after_the_other(first: Mapping[int, Edit], then: Mapping[int, Edit]) -> dict[int, Edit]:
    """Edits of values, those of `then` after those of `first`."""

    def both(number: int) -> Edit:
        return lambda value: then[number](first[number](value))

    return {**first, **then, **{number: both(number) for number in first.keys() & then.keys()}}


def _freezing(program: Program) -> Callable[[Sequence[Any]], Arrays]:
    """What makes, of weights, all that the input's operations take; compiled once."""
    live = [op for op in program.operations if any(v in program.live for v in op.inputs)]
    taken = {value for op in live for value in op.inputs} | set(program.outputs)
    derived = sorted(taken - program.live - set(program.weights) - program.literals.keys())
    derive = jax.jit(lambda known: program.replay(known, derived))
    # arrays that the model closed over are large enough to be arguments too
    closed_over = {n: jnp.asarray(v) for n, v in program.literals.items() if jnp.ndim(v)}

    def freeze(weights: Sequence[Any]) -> Arrays:
        known = dict(zip(program.weights, weights, strict=True))
        arrays = {
            number: jnp.asarray(weight) for number, weight in known.items() if number in taken
        }
        if derived:
            arrays.update(zip(derived, derive(known), strict=True))
        return arrays | closed_over

    return freeze


def _preparing(program: Program, rules: RuleBook) -> Callable[[Arrays], dict[int, Any]]:
    """What makes, of frozen values, all that `rules` compute once; compiled once."""

    @jax.jit
    def prepare(frozen: Arrays) -> dict[int, Any]:
        return {
            operation.index: rule.prepare(operation, [frozen.get(v) for v in operation.inputs])
            for operation in program.operations
            if (rule := rules.table.get(operation.name)) and rule.prepare
        }

    return lambda frozen: {
        index: made for index, made in prepare(frozen).items() if made is not None
    }


def _trace_error(
    error: Exception, model: Traceable, shape: tuple[int, ...], first: bool
) -> Exception:
    what = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
    failed = f"the model fails {_place(error, model)} on an input of {_size(shape)}: {what[:800]}."
    if first:
        return ModelError(
            f"{failed} Check that input_shape is right and that the model runs on one such batch."
        )
    return InputError(
        f"{failed} It runs at its own input_shape; net.fit(image) brings a picture there."
    )


def _place(error: Exception, model: Traceable) -> str:
    """The innermost module in the traceback, else the innermost line of the user's own code."""
    layer, line, traceback = None, None, error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        layer = model.place(traceback.tb_frame.f_locals.get("self")) or layer
        if "site-packages" not in code.co_filename and not code.co_filename.startswith(_HERE):
            line = f"in {code.co_name}, line {traceback.tb_lineno} of {code.co_filename}"
        traceback = traceback.tb_next
    return f"in layer {layer!r}" if layer else line or "while it is traced"


_HERE = str(Path(__file__).parent)


def _size(shape: Sequence[int]) -> str:
    return " x ".join(str(n) for n in shape[1:])
