"""Watch a network learn, from any loop: curves, filters, a unit's map and what drives it.

The loop stays the person's own. It tells this view of each step (`watch.step(model, loss=loss)`),
and now and then, in the thread of the loop, the view looks at the network: so frames leave while
the cell runs wherever that is possible at all, Colab included, and what watching costs can be
counted and kept within its share. Weights are arguments of all that is compiled; a look after a
step compiles nothing.

Some of the networks on the way are kept, so that the Iteration slider goes back through the
training, for a unit that is chosen later as well, and `watch.at(step)` gives any other view such a
network. The curves are drawn on a canvas of the view's own rather than by bqplot: the view has to
stand alone where ipywidgets' containers and bqplot do not run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..live import Frame, Pace
from ..methods.statistics.event_files import EventFiles, Scalars, read_scalars
from ..methods.statistics.layer_norms import gradient_norms, layer_norms
from ..methods.statistics.training_look import UnitLook, first_filters, layer_figures, unit_look
from ..network import InputError, Network
from .image_chooser import pictures_for
from .records.training_frame import news, seen
from .records.training_record import Moment, TrainingRecord, copied
from .selection import Selection
from .shared.layered import LayeredView, convolutions
from .shared.locked import LOCK
from .stills.training import training_picture

MOST_IMAGES = 64
NEWS = 0.25
"""Seconds between two messages that only bring the curves up to date."""

LAG = 2
"""Steps whose numbers are not read yet between two looks: a device may still be at work on them."""

NEWEST = -1


class Training(LayeredView):
    """Shows a network while it is trained, and afterwards each stage that it went through.

    Tell it of every step; everything else it does itself. Without `every` it looks at the network
    as often as fits into `share` of the time.

    Attributes:
        layer: of the unit that is followed.
        channel: likewise.
        iteration: the step that is shown; -1 for the newest.

    Args:
        model: the network, or a `flax.nnx.Module` or `keras.Model` (whose network is made with
            `images` as its input). A Linen module or a function comes as a `Network`.
        images: what the network looks at: one, or a batch of up to 64 for the share of dead units
            and the gradients, HWC or NHWC, uint8 or float in [0, 1]. The feature map is of the
            first. If left out, a bundled one that suits the network.
        labels: the class of each image. With them, gradients are those of the cross-entropy on
            `images`, where `step` is not given the loop's own.
        unit: such as "conv2:5"; channel 0 of the last convolution if left out.
        every: look after the steps that are a multiple of it, whatever it costs.
        share: of the training's time that looking may take.
        ascent_steps: of the ascent in each look.
        logdir: folder for TensorBoard's event files; needs `pip install
            cnnviz_widgets[tensorboard]`.
        compare: folder of an earlier run's event files, whose curves are drawn beside.
        rate: frames a second where no acknowledgements can arrive, as in Colab.
        selection: to share layer, channel and iteration with other views.

    Raises:
        InputError: if the network cannot take the images, or a number is out of range.

    Example:
        >>> watch = cw.Training(model, images, labels, unit="conv2:5")
        >>> display(watch)
        >>> for batch in batches:
        ...     loss = train_step(model, optimizer, batch)
        ...     watch.step(model, loss=loss)
        >>> watch.end()
        >>> keras_model.fit(x, y, callbacks=[watch.keras()])
    """

    bundle = "training"
    _learning = False

    iteration = t.Int(NEWEST, min=NEWEST).tag(sync=True, echo_update=False)

    def __init__(
        self,
        model: Any,
        images: Any = None,
        labels: Any = None,
        *,
        unit: str | None = None,
        every: int | None = None,
        share: float = 0.03,
        ascent_steps: int = 16,
        logdir: str | Path | None = None,
        compare: str | Path | None = None,
        rate: float = 4.0,
        selection: Selection | None = None,
    ) -> None:
        _check(every=every, share=share, ascent_steps=ascent_steps)
        self._model = None if isinstance(model, Network) else model
        self._network = _network_of(model, images)
        self._images = _batch_of(self._network, images)
        self._labels = None if labels is None else np.atleast_1d(np.asarray(labels))
        if self._labels is not None and len(self._labels) != len(self._images):
            raise InputError(
                f"expected one label for each of {len(self._images)} images, got "
                f"{len(self._labels)}."
            )
        self._others: dict[str, Scalars] = {} if compare is None else read_scalars(compare)
        self._files = None if logdir is None else EventFiles(logdir)
        self._steps_of_ascent = ascent_steps
        self._pace = Pace(share, every)
        self._record = TrainingRecord(self._network)
        self._before: tuple[int, Mapping[str, Any]] | None = None  # weights ahead of an update
        self._last_look: Frame = {}
        self._told = 0.0  # when the page heard of it last
        super().__init__(rate=rate)
        self._at_close.append(self._leave)
        self._runner.outbox.stall = 1 / rate
        with self._building():
            self._offer_layers(self._network.layers)
            self.layer = convolutions(self._network)[-1]
            self._choose(selection, ("layer", "channel"), *_unit(unit))
            if selection is not None:
                self._at_close.append(selection.join(self, ("iteration",), ("iteration",)))
        self.observe(self._look_again, ["layer", "channel", "iteration"])
        self._runner.start(self._begin, stream=False)

    # --- the loop

    def step(
        self,
        model: Any = None,
        *,
        loss: Any = None,
        accuracy: Any = None,
        grads: Any = None,
        updates: Any = None,
        step: int | None = None,
        **scalars: Any,
    ) -> None:
        """Tell of a step of the training that was just made.

        It returns at once in most steps. The first one waits until all that a look needs is
        compiled.

        Args:
            model: with its new weights: the model itself, or a tree of its weights (a
                `flax.nnx.State`, variables or "params" of Linen, the params of a function). May be
                left out where `Training` was given a model that the loop changes in place.
            loss: a number, or an array that need not be computed yet.
            accuracy: likewise; so any other, by its name.
            grads: gradients of this step, in a tree like the weights.
            updates: what was added to the weights, likewise; if left out, the difference to the
                weights before, which costs a copy of them.
            step: its number, if it is not one more than the last.
            scalars: further numbers to draw, by name.

        Raises:
            InputError: if `model` has none of the network's weights, or the number did not rise.
        """
        known = {"loss": loss, "accuracy": accuracy, **scalars}
        told = {name: value for name, value in known.items() if value is not None}
        self._advance(lambda: self._model if model is None else model, told, grads, updates, step)

    def _advance(
        self,
        read: Callable[[], Any],
        scalars: Mapping[str, Any],
        grads: Any = None,
        updates: Any = None,
        number: int | None = None,
    ) -> None:
        """What `step` does; `read` gives the model, if it is needed."""
        if not self._learning:
            self._start_watching()
        number = self._record.step + 1 if number is None else int(number)
        if number <= self._record.step:
            raise InputError(f"expected a step after {self._record.step}, got {number}.")
        self._record.note(number, scalars)
        if self._before is not None or (updates is not None and self._pace.due(number)):
            if self._pace.every is None or self._pace.due(number):
                with self._after(number):
                    self._look(number, read(), grads, updates)
        elif updates is None and self._prepares(number):
            with self._after(number):
                net = self._network.refreshed(_given(read()))
                self._before = (number, self._own_weights(net))
        elif time.perf_counter() > self._told + NEWS:
            with self._after(number - LAG):
                self._write(self._record.settle(number - LAG))
                self._push()

    @contextmanager
    def _after(self, number: int) -> Iterator[None]:
        """Count what is done inside as the cost of watching.

        A loop runs ahead of the device: to wait until it has made the step is the training's time.
        """
        self._record.wait(number)
        with self._pace.look():
            yield

    def _prepares(self, number: int) -> bool:
        """Whether the update of the next step will be looked at."""
        return self._pace.due(number if self._pace.every is None else number + 1)

    def _await_first_look(self) -> None:
        self._runner.rests(600.0)  # it compiles everything
        if self._runner.error is not None:
            raise self._runner.error

    def _start_watching(self) -> None:
        self._await_first_look()
        self._learning = True
        self._pace.begin()
        newest = self._record.moments.newest
        if self._pace.every == 1 and newest is not None:  # a step may have taken the first weights
            before = self._network.weights_in(newest.weights)
            self._before = (self._record.step, before)
        with LOCK:
            self.note_state("running", None)
        _at_the_end_of_the_cell(self)

    def _look(self, number: int, model: Any, grads: Any, updates: Any) -> None:
        net = self._network.refreshed(_given(model))
        norms = None
        if updates is not None:
            norms = layer_norms(net, updates)
        elif self._before is not None:
            norms = _moved(net, self._before[1], number - self._before[0])
        moment = self._moment(net, number, grads, norms)
        next_too = self._pace.every is not None and self._pace.due(number + 1)
        self._before = (number, self._own_weights(net)) if next_too else None
        self._record.moments.add(number, moment)
        look = self._unit(moment, net)
        self._write(self._record.settle())
        self._write_moment(moment, look)
        self._last_look = seen(moment, look)
        self._push()

    def _own_weights(self, net: Network) -> dict[str, Any]:
        return net.weights_in(net.weights)

    def _moment(self, net: Network, number: int, grads: Any = None, updates: Any = None) -> Moment:
        if grads is not None:
            gradients = layer_norms(net, grads)
        elif self._labels is not None:
            gradients = gradient_norms(net, self._images, self._labels)
        else:
            gradients = None
        figures = layer_figures(
            net, self._images, weights=layer_norms(net), gradients=gradients, updates=updates
        )
        return Moment(number, copied(net.weights), figures, first_filters(net))

    def _unit(self, moment: Moment, net: Network | None = None) -> UnitLook:
        """What the chosen unit had come to; computed once."""
        unit = self.layer, self.channel
        if unit not in moment.looks:
            net = self._network.with_weights(moment.weights) if net is None else net
            moment.looks[unit] = unit_look(net, self._images[0], *unit, steps=self._steps_of_ascent)
        return moment.looks[unit]

    def _push(self) -> None:
        self._told = time.perf_counter()
        frame = news(self._record, self._pace.cost, self._others) | self._last_look
        self._runner.outbox.offer(self._runner.outbox.stamp(frame))

    def end(self) -> None:
        """The training is over, or rests: look once more, and keep what is shown.

        In a notebook the end of the cell does this too. A later `step` goes on where this ended.
        """
        if not self._learning:
            return
        self._write(self._record.settle())
        self._learning = False
        self._before = None
        self._pace.rest()
        if self._files is not None:
            self._files.flush()
        frame = news(self._record, self._pace.cost, self._others) | self._last_look
        kept = self.settle_frame(self._runner.outbox.stamp(frame))
        self._runner.outbox.offer(kept, settled=True)
        with LOCK:
            self.note_state("done", None)
        if self.iteration != NEWEST:  # what a page that is opened later has to begin with
            self._look_again()

    def keras(self) -> Any:
        """A `keras.callbacks.Callback` for `model.fit(…, callbacks=[watch.keras()])`."""
        from .training_keras import callback

        return callback(self)

    # --- what is kept

    @property
    def scalars(self) -> dict[str, Scalars]:
        """All numbers so far, by name: `.steps` and `.values`."""
        return self._record.scalars()

    @property
    def kept(self) -> list[int]:
        """The steps after which the network is kept."""
        return self._record.moments.steps()

    @property
    def cost(self) -> float:
        """The share of the training's time that watching took, from 0 to 1."""
        return self._pace.cost

    def at(self, step: int) -> Network:
        """The network as it was after a step, or after the nearest that is kept.

        It compiles nothing that its likes have compiled, so any view is quick to open on it. Right
        after this view was made it waits for the first look.

        Example:
            >>> cw.FeatureMaps(watch.at(100), image)
        """
        if self._record.moments.newest is None:
            self._await_first_look()
        return self._network.with_weights(self._record.moments.get(step).weights)

    def note_state(self, state: Any, error: Exception | None, /) -> None:
        """As all views, but what is answered in between does not end the training."""
        goes_on = self._learning and error is None
        super().note_state("running" if goes_on else state, error)

    def _leave(self) -> None:
        self._learning = False
        if self._files is not None:
            self._files.close()

    # --- the page

    def _begin(self) -> Iterator[Frame]:
        """The network before its first step; compiles what every look needs."""
        net = self._network.refreshed(self._network.weights)
        _moved(net, self._own_weights(self._network), 1)
        moment = self._moment(net, 0)
        self._unit(moment, net)
        self._record.moments.add(0, moment)
        yield from self._answer()

    def _look_again(self, _change: Any = None) -> None:
        self._runner.start(self._answer, stream=False)

    def _answer(self) -> Iterator[Frame]:
        moments, wanted = self._record.moments, self.iteration
        moment = moments.newest if wanted == NEWEST else moments.get(wanted)
        assert moment is not None
        found = seen(moment, self._unit(moment))
        if wanted == NEWEST:
            self._last_look = found
        yield news(self._record, self._pace.cost, self._others) | found

    def _write(self, told: list[tuple[int, str, float]]) -> None:
        if self._files is not None:
            for number, name, value in told:
                self._files.scalar(name, number, value)

    def _write_moment(self, moment: Moment, look: UnitLook) -> None:
        if self._files is None:
            return
        for each in moment.figures:
            for what in ("gradient", "update", "dead"):
                value = getattr(each, what)
                if value is not None:
                    self._files.scalar(f"{what}/{each.layer}", moment.step, value)
        if look.ascent is not None:
            self._files.picture(f"ascent/{look.layer}:{look.channel}", moment.step, look.ascent)

    def _still(self) -> bytes | None:
        moment = self._record.moments.newest
        if moment is None:
            return None
        return training_picture(self._record, moment, moment.looks.get((self.layer, self.channel)))


def _moved(net: Network, before: Mapping[str, Any], steps: int) -> dict[str, float]:
    """By how much each layer's weights moved in a step."""
    now = net.weights
    change = {name: now[name] - old for name, old in before.items()}
    return {name: norm / steps for name, norm in layer_norms(net, change).items()}


def _given(model: Any) -> Any:
    if model is None:
        raise InputError(
            "expected the model with its new weights: watch.step(model, loss=loss), where model is "
            "what is trained, or a tree of its weights."
        )
    return model


def _network_of(model: Any, images: Any) -> Network:
    if isinstance(model, Network):
        return model
    if images is None:
        return Network(model)  # a Keras model knows its input; others say what is missing
    shape = np.shape(images)
    return Network(model, input_shape=shape[-3:] if len(shape) > 3 else shape)


def _batch_of(net: Network, images: Any) -> np.ndarray:
    if images is None:
        names = pictures_for(net)
        if not names:
            raise InputError(
                "expected images: no bundled one suits a network that takes "
                f"{net.input_shape}. Pass Training(net, images)."
            )
        images = net.fit(zoo.image(names[0]))
    batch = np.asarray(net.batch(images))
    if len(batch) > MOST_IMAGES:
        raise InputError(f"expected up to {MOST_IMAGES} images to look at, got {len(batch)}.")
    return batch


def _unit(unit: str | None) -> tuple[str | None, int | None]:
    if unit is None:
        return None, None
    layer, colon, channel = unit.rpartition(":")
    if not colon or not channel.isdigit():
        raise InputError(f'expected a unit such as "conv2:5", got {unit!r}.')
    return layer, int(channel)


def _check(every: int | None, share: float, ascent_steps: int) -> None:
    if every is not None and every < 1:
        raise InputError(f"expected every from 1, got {every}.")
    if not 0 < share <= 1:
        raise InputError(f"expected share from 0 to 1, got {share}.")
    if not 0 <= ascent_steps <= 4096:
        raise InputError(f"expected ascent_steps from 0 to 4096, got {ascent_steps}.")


def _at_the_end_of_the_cell(view: Training) -> None:
    """End the training when the cell does, also where an error or the person's stop ended it."""
    shell = sys.modules.get("IPython")
    shell = None if shell is None else shell.get_ipython()
    if shell is None:
        return

    def ended(*_: Any) -> None:
        shell.events.unregister("post_run_cell", ended)
        view.end()

    shell.events.register("post_run_cell", ended)
