"""`Network`: any model, made visible.

A network holds the adapted model and, for each input shape that it meets, the program traced for
it. Methods ask for that program with `net.at(shape)` and run their own functions on it.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Num

from ..zoo.tokens import Tokens
from . import adapters, table
from .edits import Edit, check_edit
from .errors import InputError, ModelError, UnknownLayerError, UnknownTargetError, suggest
from .given_away import refuse_given_away
from .images import check_batch, check_shape, fit_image
from .lookup import Lookup, check_ids, following, needs_ids, vectors_of
from .one_row import PICTURE, edit_in_row, picture_shape
from .programs import EditedPrograms, Programs
from .reading.layers import Layer, Layout
from .reading.loops import Loop
from .reading.naming import Namer
from .traced import TracedProgram


class Network:
    """A model whose inside can be seen.

    Args:
        model: a `flax.nnx.Module`, a `flax.linen.Module` (with `variables`), a `keras.Model` on
            the JAX backend, or any function `fn(params, x)` that JAX can trace. It is never
            changed, and runs in evaluation mode.
        input_shape: of one example, channels last, such as (224, 224, 3). Keras models know theirs.
        variables: of a Linen module.
        params: of a function; any pytree of arrays.
        preprocess: what to do to a batch of images in [0, 1] before the model sees it, such as
            scaling; traced and differentiated with the model.
        classes: names of the model's classes, in order.
        output: name of the layer that holds the logits, where it is not found rightly.
        value_range: the least and the largest value of inputs that are no pictures, such as
            (-1, 1) for sound. An ascent paints within it, and an attack stays in it.
        dtype: of the input: "int32" for ids of tokens. Found if left out, where the model says it
            or takes nothing else.
        tokenize: what makes `cw.Tokens` of a text, so that methods and views take texts as they
            are.

    Raises:
        InputError: if an argument is not what the model needs.
        ModelError: if the model fails while it is traced; says in which layer.

    Attributes:
        input_shape: of one example.
        value_range: the least and the largest value of an input: (0, 1) for pictures; `None` for
            others of which it is not known.

    Example:
        >>> import cnnviz_widgets as cw
        >>> net = cw.load("digits")
        >>> net["conv1"].shape
        (28, 28, 32)
    """

    def __init__(
        self,
        model: Any,
        *,
        input_shape: Sequence[int] | int | None = None,
        variables: Any = None,
        params: Any = None,
        preprocess: Callable[[jax.Array], jax.Array] | None = None,
        classes: Sequence[str] | None = None,
        output: str | None = None,
        value_range: Sequence[float] | None = None,
        dtype: Any = None,
        tokenize: Callable[[str], Tokens] | None = None,
    ) -> None:
        self._model = adapters.read(model, variables=variables, params=params)
        shape = input_shape if input_shape is not None else self._model.input_shape
        self.input_shape = check_shape(shape)
        self.value_range = _checked_range(value_range, self.input_shape)
        self.preprocess = preprocess
        self._weight_names = _unique(self._model.names)
        self._lock = threading.RLock()
        self._unedited: Network | None = None
        self._pictured: Network | None = None
        self._after: dict[Any, Network] = {}  # what follows lookups
        self._axes = len(self.input_shape)  # of what the model takes
        self.edits: tuple[Edit, ...] = ()
        self.dtype = _checked_dtype(dtype or self._model.dtype or np.float32)
        self.tokenize = tokenize
        self._read_layout(output, guess=dtype is None and self._axes == 1)
        self.classes = self._checked_classes(classes)

    def _read_layout(self, output: str | None, *, guess: bool = False) -> None:
        self._layout = self._first_layout(guess)
        assert self._layout.logits is not None
        self._by_name = {layer.name: layer for layer in self._layout.everything()}
        looks_up = self._counts or self._axes == 1
        self._lookup: Lookup | None = self._home().lookup if looks_up else None
        self.logits: Layer = self[output] if output else self._layout.logits

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in the order of execution."""
        return self._layout.layers

    @property
    def blocks(self) -> tuple[Layer, ...]:
        """The modules around layers, outer ones first; their `parts` are their layers."""
        return self._layout.blocks

    @property
    def parameters(self) -> int:
        """Number of weights, running statistics included."""
        floats = (w for w in self._model.weights if jnp.issubdtype(w.dtype, jnp.floating))
        return sum(int(np.prod(w.shape)) for w in floats)

    @property
    def weights(self) -> dict[str, Any]:
        """All weights by the names that the framework gives them, running statistics included.

        Arrays that a function closed over are no weights, nor are the keys of random streams.

        Raises:
            ModelError: if a training step has taken their memory since.
        """
        refuse_given_away(self._model.weights)
        return self._known_weights()

    def _known_weights(self) -> dict[str, Any]:
        return dict(zip(self._weight_names, self._model.weights, strict=True))

    def weights_of(self, layer: str) -> tuple[str, ...]:
        """Names of the weights that a layer is the first to use; shared ones have one layer.

        Raises:
            KeyError: names the nearest layers.
        """
        return tuple(self._weight_names[k] for k in self[layer].weights)

    def with_weights(self, weights: Mapping[str, Any]) -> Network:
        """This network with some weights replaced; neither it nor the model is changed.

        Both share what is traced and compiled, so nothing is compiled anew.

        Args:
            weights: arrays by their names in `net.weights`; the others stay.

        Returns:
            A network of its own.

        Raises:
            InputError: if there is no weight of that name, or it has another shape.

        Example:
            >>> net = cw.load("digits")
            >>> first = net.weights_of("conv1")[0]
            >>> blind = net.with_weights({first: 0 * net.weights[first]})
        """
        if self._unedited is not None:
            return self._unedited.with_weights(weights).with_edits(self.edits)
        known = self._known_weights()
        for name, weight in weights.items():
            if name not in known:
                raise InputError(
                    f"expected the name of a weight, got {name!r}: {suggest(name, known)}"
                )
            if np.shape(weight) != np.shape(known[name]):
                raise InputError(
                    f"expected {name!r} of shape {np.shape(known[name])}, got {np.shape(weight)}."
                )
        arrays = (
            jnp.array(weights[name], old.dtype) if name in weights else old
            for name, old in known.items()
        )
        other = copy.copy(self)
        other._model = replace(self._model, weights=tuple(arrays))
        other._lock = threading.RLock()
        other._programs = self._programs.with_model(other._model, other._make())
        if self._pictured is not None:
            other._pictured = self._pictured.with_weights(weights)
        other._after = {}
        return other

    def refreshed(self, model: Any) -> Network:
        """This network with the weights that a model has now, such as in the midst of training.

        Nothing is traced or compiled anew, and the weights are copied: what the training does to
        its own afterwards (a step may take their memory for the new ones) does not matter.

        Args:
            model: the `flax.nnx.Module` or `keras.Model` that the network was made of, or a pytree
                of its weights: a `flax.nnx.State`, variables or "params" of Linen, or the params
                of a function. Weights that are not in it stay as they are.

        Returns:
            A network of its own.

        Raises:
            InputError: if it holds none of the weights, or one of another shape.

        Example:
            >>> later = net.refreshed(model)
        """
        return self.with_weights(self.weights_in(model))

    def weights_in(self, model: Any) -> dict[str, Any]:
        """What a model or a tree like its weights holds, by the names in `net.weights`.

        Args:
            model: as in `refreshed`; gradients and updates are such trees too.

        Returns:
            The floating-point arrays among it that belong to a weight.

        Raises:
            InputError: if there is none.
        """
        own = self._known_weights()
        floats = {name for name, old in own.items() if jnp.issubdtype(old.dtype, jnp.floating)}
        found = adapters.weights_in(model)
        for prefix in ("", "params/"):  # Linen's params are a part of its variables
            known = {prefix + name: array for name, array in found.items()}
            known = {name: array for name, array in known.items() if name in floats}
            if known:
                return known
        raise InputError(
            "expected the model of this network or a tree of its weights, got "
            f"{type(model).__name__} with {', '.join(list(found)[:3]) or 'no weights'}; the "
            f"network has {', '.join(list(own)[:3]) or 'none'}."
        )

    def with_edits(self, edits: Sequence[Edit]) -> Network:
        """This network with values changed on their way; neither it nor the model is changed.

        All methods and views work on it: what comes after an edit sees the edited values, and so
        does a tap. Both networks share what is traced and compiled; only edits of another set of
        layers are compiled anew. LRP, DeepLift, FullGrad and the explanation of a single number
        refuse such a network, since they read operations one by one.

        Args:
            edits: made one after the other, after those that there are.

        Returns:
            A network of its own.

        Raises:
            UnknownLayerError, UnknownTargetError: if there is no such layer or channel.
            InputError: if a layer cannot be edited so. That a region or another image does not fit
                is said when the network is run, since only then the sizes are known.

        Example:
            >>> net = cw.load("digits")
            >>> blind = net.with_edits([Edit("conv1", "mute", channels=5)])
            >>> cw.methods.probabilities(blind, cw.image("digit-3"))
        """
        for edit in edits:
            check_edit(edit, self[edit.layer])
        other = copy.copy(self)
        other._unedited = self.unedited
        other.edits = (*self.edits, *edits)
        other._lock = threading.RLock()
        plain = self.unedited
        other._programs = EditedPrograms(plain, plain._programs, other.edits)
        other._pictured = None
        other._after = {}
        return other

    @property
    def place_axes(self) -> int:
        """How many axes of an input are places: rows and columns, or steps in time."""
        return max(1, self._axes - 1)

    @property
    def pictured(self) -> Network:
        """This network as one for pictures: a sequence is a picture of one row.

        Its layers have the same names. A network for pictures is that itself.

        Raises:
            InputError: if an input has more axes than a picture, or is ids of tokens.
        """
        if len(self.input_shape) == PICTURE:
            return self
        if self._counts:
            raise InputError(
                "expected a network that takes numbers, this one takes ids of tokens, which are "
                "no picture of anything. net.embedded() takes their vectors; which runs of tokens "
                "a channel looks for, text_matches and cw.Text tell."
            )
        with self._lock:
            if self._pictured is None:
                self._pictured = self._as_pictured()
            return self._pictured

    def _as_pictured(self) -> Network:
        if self._unedited is not None:
            edits = [edit_in_row(edit, self._axes) for edit in self.edits]
            return self._unedited.pictured.with_edits(edits)
        other = copy.copy(self)
        other.input_shape = picture_shape(self.input_shape)
        other._lock = threading.RLock()
        other._read_layout(self.logits.name)
        return other

    @property
    def unedited(self) -> Network:
        """This network without its edits."""
        return self._unedited or self

    @property
    def flops(self) -> int:
        """Floating-point operations for one example at `input_shape`."""
        return sum(layer.flops for layer in self.layers)

    def __getitem__(self, name: str) -> Layer:
        """The layer, block or part of that name.

        Raises:
            KeyError: names the nearest layers.
        """
        try:
            return self._by_name[name]
        except (KeyError, TypeError):
            raise UnknownLayerError(
                f"expected the name of a layer, got {name!r}: {suggest(name, self._by_name)} "
                "print(net) lists them all."
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __call__(self, x: Any) -> Any:
        """The model's own output for images in [0, 1] (or uint8), HWC or NHWC, or for ids."""
        batch = self.batch(x)
        return self.at(batch.shape).output(batch)

    def batch(self, x: Any) -> Num[Array, "n ..."]:
        """Check images and bring them to the form that every method works on.

        Args:
            x: HWC or NHWC, uint8 or float in [0, 1]; for a network of tokens, ids (T,) or (N, T),
                `cw.Tokens`, or a text if it has a `tokenize`.

        Returns:
            float32 NHWC in [0, 1]; ids (N, T) of the network's `dtype`.

        Raises:
            InputError: says what was expected, what came, and the mend.
        """
        if self._counts:
            rows = None if self._lookup is None else self._lookup.rows
            batch = check_ids(self._read(x), self.input_shape, rows)
        else:
            batch = check_batch(x, self.input_shape, pictures=self._axes == PICTURE)
        self.at(batch.shape)  # refuses a size that the model cannot take
        return jnp.asarray(batch, self.dtype)

    @property
    def lookup(self) -> Layer | None:
        """The layer that looks ids of tokens up in a table, if the network takes ids."""
        if self._lookup is None:
            return None
        return self._by_name.get(self._layout.owners.get(self._lookup.operation.index, ""))

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The recurrent loops, in the order of execution."""
        return self._home().loops

    def tokens(self, text: str) -> Tokens:
        """The tokens of a text, by the network's own `tokenize`.

        Raises:
            InputError: if it has none.
        """
        if self.tokenize is None:
            raise InputError(
                "expected ids of tokens, got a text, and the network has no tokenize: pass "
                "cw.Network(..., tokenize=f), where f(text) gives cw.Tokens(ids, labels)."
            )
        return self.tokenize(text)

    def _read(self, x: Any) -> Any:
        """The ids of texts; anything else as it is."""
        if isinstance(x, str):
            return self.tokens(x)
        if isinstance(x, Sequence) and x and isinstance(x[0], (str, Tokens)):
            rows = [np.asarray(self._read(each)) for each in x]
            if len({len(row) for row in rows}) > 1:
                sizes = ", ".join(str(len(row)) for row in rows[:5])
                raise InputError(f"expected texts of equally many ids, got {sizes}: pad them.")
            return np.stack(rows)
        return x

    def embedded(self, x: Any = None, layer: str | None = None) -> Network:
        """What follows the lookup of tokens: a network that takes vectors (T, E) in place of ids.

        It is a network like any other, for all methods; `activations` of the layer are the vectors
        to begin with. It shares the weights, but not what is compiled.

        Args:
            x: ids (T,) or (N, T), where the model needs them also otherwise, as for a mask; what
                it sees of them there stays, and the network takes vectors for these ids alone.
            layer: that gives the vectors; `net.lookup` if left out.

        Raises:
            UnknownLayerError: if there is no such layer.
            InputError: if there is no lookup, the layer has not one vector for each id, or `x` is
                needed and not there.

        Example:
            >>> net, words = cw.load("texts"), cw.text("Guten Morgen")
            >>> vectors = cw.methods.activations(net, words, "embed")["embed"]
            >>> cw.methods.saliency(net.embedded(), vectors, target="German")
        """
        found = self.lookup if layer is None else self[layer]
        if found is None:
            raise InputError(
                "expected a network that looks up ids of tokens in a table, found no such step. "
                "If there is one, name the layer: net.embedded(layer=...)."
            )
        vectors_of(found, self.input_shape)
        ids = None
        if needs_ids(self._home().program, found.value):
            if x is None:
                raise InputError(
                    f"expected the ids: what follows {found.name!r} needs them, too. "
                    "net.embedded(x) takes them."
                )
            ids = self.batch(x)
        key = found.name, None if ids is None else ids.shape
        with self._lock:
            if key not in self._after:
                self._after[key] = self._following(found.name, ids)
            kept = self._after[key]
        return kept if ids is None else kept.with_weights({[*kept.weights][-1]: ids})

    def _following(self, layer: str, ids: Array | None) -> Network:
        plain = self.unedited

        def read(shape: Sequence[int]) -> tuple[Any, int, Any]:
            traced = plain.at(shape)
            return traced.program, traced.layer(layer).value, traced.structure

        traced = self._home() if ids is None else self.at(ids.shape)
        found = Network(
            following(plain._model, read, ids),
            input_shape=traced.layer(layer).shape,
            classes=self.classes,
            dtype=traced.program.avals[traced.layer(layer).value].dtype,
        )
        found.logits = found._by_name.get(self.logits.name, found.logits)
        kept = [edit for edit in self.edits if edit.layer in found]
        return found.with_edits(kept) if kept else found

    def fit(self, image: Any, longest: int | None = None) -> Float32[np.ndarray, "h w c"]:
        """Bring one picture of any size to what this network takes.

        A network that takes any size gets the picture as it is, shrunk to `longest` pixels.

        Args:
            image: HWC or HW, uint8 or float in [0, 1], with 1, 3 or 4 channels.
            longest: the longer side at most, for a network that takes any size.

        Returns:
            float32 HWC in [0, 1].
        """
        return fit_image(image, self.input_shape, longest, self.takes)

    def takes(self, shape: Sequence[int], layers: Iterable[str] | None = None) -> bool:
        """Whether the model can run on one example of this shape.

        Args:
            shape: of the example.
            layers: those that are needed, as in `at`; the whole model if left out.
        """
        return self._programs.takes(shape, layers)

    def class_index(self, target: int | np.integer | str) -> int:
        """The number of a class, from its number or name.

        Raises:
            UnknownTargetError: names the nearest classes, or the range.
        """
        count = int(self.logits.shape[-1])
        if isinstance(target, str):
            if self.classes and target in self.classes:
                return self.classes.index(target)
            hint = suggest(target, self.classes) if self.classes else f"use 0 to {count - 1}."
            raise UnknownTargetError(f"expected a class of the network, got {target!r}: {hint}")
        if isinstance(target, bool) or not isinstance(target, (int, np.integer)):
            raise UnknownTargetError(f"expected a class number or name, got {target!r}.")
        if not 0 <= int(target) < count:
            raise UnknownTargetError(f"expected a class from 0 to {count - 1}, got {target}.")
        return int(target)

    @property
    def _counts(self) -> bool:
        """Whether the network takes whole numbers: ids of tokens."""
        return np.issubdtype(self.dtype, np.integer)

    def _home(self) -> TracedProgram:
        """The program for the shape that the network was made with."""
        return self.at((self._model.examples, *self.input_shape))

    def _first_layout(self, guess: bool) -> Layout:
        """The layers; a model that refuses floats is tried with ids of tokens, if that may be."""
        self._programs = self._new_programs()
        try:
            return self._home().layout
        except ModelError:
            if not guess or self._counts:
                raise
            given, self.dtype = self.dtype, np.dtype(np.int32)
            self._programs = self._new_programs()
            with suppress(ModelError):
                return self._home().layout
            self.dtype = given
            raise

    def at(self, shape: Sequence[int], layers: Iterable[str] | None = None) -> TracedProgram:
        """The program for a batch of this shape, traced at the first call.

        Args:
            shape: of the batch.
            layers: those that are needed. Where the model refuses the shape behind them, as its
                dense layers do, the program ends there; the whole model if left out.

        Raises:
            InputError: if the model cannot take the shape.
        """
        return self._programs.at(shape, layers)

    def _make(self) -> Callable[..., TracedProgram]:
        """What traces the model, for a shape."""
        return functools.partial(
            TracedProgram, self._model, self.preprocess, axes=self._axes, dtype=self.dtype
        )

    def _new_programs(self) -> Programs:
        return Programs(self._make(), (self._model.examples, *self.input_shape))

    def _checked_classes(self, classes: Sequence[str] | None) -> tuple[str, ...] | None:
        if classes is None:
            return None
        names = tuple(str(name) for name in classes)
        count = self.logits.shape[-1] if self.logits.shape else 1
        if len(names) != count:
            raise InputError(
                f"expected {count} class names, one for each output of {self.logits.name!r}, "
                f"got {len(names)}."
            )
        return names

    def __repr__(self) -> str:
        size = " × ".join(str(n) for n in self.input_shape) + " ids" * self._counts
        return (
            f"Network {size}, {len(self.layers)} layers, {self.parameters:,} parameters, "
            f"{table.count(self.flops)}FLOPs{_said(self.edits)}"
        )

    def __str__(self) -> str:
        return table.as_text(self._summary())

    def _repr_html_(self) -> str:
        return table.as_html(self._summary())

    def _summary(self) -> table.Summary:
        return table.Summary(repr(self), self.layers, self.logits.name)


def _checked_range(
    given: Sequence[float] | None, shape: tuple[int, ...]
) -> tuple[float, float] | None:
    """The range of an input's values; that of pictures is from 0 to 1."""
    if len(shape) == PICTURE:
        if given is not None and tuple(given) != (0, 1):
            raise InputError(
                f"expected no value_range for pictures, which are in [0, 1], got {given!r}. What "
                "the model sees of them is made by preprocess=…"
            )
        return 0.0, 1.0
    if given is None:
        return None
    ends = tuple(float(end) for end in given)
    if len(ends) != 2 or not np.isfinite(ends).all() or ends[0] >= ends[1]:
        raise InputError(
            f"expected value_range as the least and the largest value, such as (-1, 1), got "
            f"{given!r}."
        )
    return ends


def _said(edits: Sequence[Edit]) -> str:
    return f", {len(edits)} edit{'s' * (len(edits) != 1)}" if edits else ""


def _checked_dtype(dtype: Any) -> np.dtype:
    found = np.dtype(dtype)
    if not (np.issubdtype(found, np.integer) or jnp.issubdtype(found, jnp.floating)):
        raise InputError(f"expected a dtype of numbers, such as 'int32' for ids, got {dtype!r}.")
    return found


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names, the second and later ones of a kind with a number: `kernel`, `kernel_2`."""
    name = Namer()
    return tuple(name(each) for each in names)
