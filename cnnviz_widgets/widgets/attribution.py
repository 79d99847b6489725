"""Which pixels, why, and how far to trust the picture: up to six methods side by side.

A run advances all chosen methods in turn, so that every map grows at once; each turn is a step that
the Iteration slider goes back to. When the maps are done, the run goes on to measure how far each
is to be trusted.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import methods
from ..methods.attribution.cams import spatial_layers
from ..methods.attribution.guide import GUIDE, guide_for
from ..methods.attribution.method import METHODS
from ..methods.attribution.method import Attribution as Found
from ..methods.baselines import known_range
from ..network import Network, picture_shape
from .records.attribution_record import AttributionRecord
from .records.trust import Floor, Line, completeness_line, randomised_line
from .selection import Selection
from .shared.base import in_words
from .shared.locked import LOCK
from .shared.names import check_class, check_name
from .shared.picture import as_png, maps_picture
from .shared.pictured import PicturedView
from .shared.running import Frame
from .shared.sequence_picture import as_wave, is_wave, sequence_pixels, stretches_of
from .shared.wire import pack, whole

MOST = 6
"""Methods side by side."""

FARTHEST = 32
"""Of the attack, in 255ths of the range."""

ATTACK_STEPS = 7
PATIENCE = 0.05  # seconds without a frame in which a run cannot be left


class Attribution(PicturedView):
    """Shows which pixels, samples or steps speak for a class, by up to six methods side by side.

    Set `image`, `methods`, `target`, `layer` or `epsilon` to change what is computed; `opacity` and
    `iteration` to change what is shown.

    Attributes:
        methods: names of the methods, 1 to 6; `cw.methods.guide_for` says what each shows.
        target: number of the class; `None` for the one that the network sees.
        layer: of the methods that look at one; "" for the one that each chooses.
        epsilon: how far an attack may change each value of the image, in 255ths of the range; 0 for
            none.
        opacity: of the maps over the image, 0 to 1.
        iteration: which step is shown; -1 for the newest.
        wave: a sequence of one value a step, as the page draws it.

    Args:
        net: the network; it takes pictures, sequences (T, C) or vectors (C,).
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1]; or one sequence.
        methods: a name or several; Grad-CAM and integrated gradients if left out.
        target: class index or name; what the network sees if left out.
        layer: name of a layer with rows and columns; each method's own choice if left out.
        options: of methods, by name: `{"rise": {"samples": 6000}}`.
        selection: to share image, class and layer with other views.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.

    Raises:
        InputError: if the network cannot take the image.
        UnknownTargetError: if there is no such class.
        traitlets.TraitError: if there is no such method or layer.

    Example:
        >>> cw.Attribution(cw.load("photos"), cw.image("cat"), ["grad_cam", "saliency"])
    """

    bundle = "attribution"

    wave = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    catalogue = t.List().tag(sync=True, kernel_only=True)
    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    layers = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    methods = t.List(t.Unicode()).tag(sync=True, echo_update=False)
    target = t.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    layer = t.Unicode("").tag(sync=True, echo_update=False)
    epsilon = t.Int(0, min=0, max=FARTHEST).tag(sync=True, echo_update=False)
    opacity = t.Float(0.6, min=0, max=1).tag(sync=True, echo_update=False)
    iteration = t.Int(-1, min=-1).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any,
        methods: str | Sequence[str] = ("grad_cam", "integrated_gradients"),
        *,
        target: int | str | None = None,
        layer: str | None = None,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        selection: Selection | None = None,
        rate: float = 4.0,
    ) -> None:
        picture_shape(net.input_shape)  # refuses what is neither picture nor sequence
        self._network = net
        self._options = {name: dict(given) for name, given in (options or {}).items()}
        self._runs = itertools.count(1)
        self._record: AttributionRecord | None = None
        super().__init__(rate=rate)
        self._handlers |= {"show": self._show}
        rules = self._options.get("lrp", {}).get("composite")
        with self._building():
            self.catalogue = [
                {
                    "name": name, "title": entry.title, "group": entry.group, "shows": entry.shows,
                    "cannot": entry.cannot, "warning": entry.warning, "layered": entry.layered,
                    "signed": entry.signed,
                }
                for name, entry in guide_for(net, rules).items()
            ]  # fmt: skip
            self.classes = [str(name) for name in net.classes or range(net.logits.shape[-1])]
            self.layers = [each.name for each in spatial_layers(net)]
            self.methods = [methods] if isinstance(methods, str) else list(methods)
            if selection is not None:
                names = ("image", "target", "layer")
                self._at_close.append(selection.join(self, names, later=("layer",)))
            if target is not None:
                self.target = net.class_index(target)
            if layer is not None:
                self.layer = layer
            self.image = image
        self.observe(self._look, ["image", "methods", "target", "layer", "epsilon"])
        self._look()

    @property
    def maps(self) -> dict[str, Found]:
        """The newest attribution of each method, as `cw.methods` gives it."""
        return {} if self._record is None else dict(self._record.found)

    def run(self) -> None:
        """Compute in the calling thread: returns when all is done. For Colab and scripts.

        Raises:
            KeyboardInterrupt: after an interrupt (the notebook's stop button).
        """
        self._look()
        self._runner.run_here()

    @t.validate("methods")
    def _check_methods(self, proposal: Any) -> list[str]:
        names = [check_name("the name of a method", name, GUIDE) for name in proposal.value]
        if not 1 <= len(names) <= MOST or len(set(names)) < len(names):
            raise t.TraitError(f"expected 1 to {MOST} methods, each once, got {names}.")
        return names

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int | None:
        return check_class(proposal.value, self.classes)

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        return check_name("a layer with rows and columns", proposal.value, ["", *self.layers])

    def settle_frame(self, frame: Frame) -> Frame:
        """Make the newest frame the one that stays, with what a new page has to know of the run."""
        past = {} if self._record is None else self._record.past()
        return super().settle_frame(frame | past)

    def _look(self, _change: Any = None) -> None:
        self.iteration = -1
        given = self.image, tuple(self.methods), self.target, self.layer, self.epsilon
        self._runner.start(lambda: self._frames(*given), stream=True)

    def _frames(
        self, image: Any, names: tuple[str, ...], target: int | None, layer: str, epsilon: int
    ) -> Iterator[Frame]:
        net = self._network
        batch = net.batch(image)
        seen = _ranked(methods.probabilities(net, batch))
        wanted = seen[0][0] if target is None else target
        shared = {"target": wanted, "before": seen, "epsilon": epsilon}
        if epsilon:
            low, high = known_range(net)
            farthest = epsilon / 255 * (high - low)
            found = methods.pgd(net, batch, epsilon=farthest, steps=ATTACK_STEPS)
            batch = net.batch(found.images)
        shared["seen"] = _ranked(methods.probabilities(net, batch)) if epsilon else seen
        self._show_picture(batch)
        record = AttributionRecord(next(self._runs), names, _size(batch), shared)
        options = {name: self._options_of(name, layer) for name in names}
        yield from self._grown(record, batch, wanted, options)
        yield from _trusted(net, record, batch, wanted, options)

    def _options_of(self, name: str, layer: str) -> dict[str, Any]:
        entry = GUIDE[name]
        at = {"layer": layer} if entry.layered and layer else {}
        return {**entry.live, **at, **self._options.get(name, {})}

    def _grown(
        self,
        record: AttributionRecord,
        batch: Any,
        target: int,
        options: Mapping[str, Mapping[str, Any]],
    ) -> Iterator[Frame]:
        """All methods in turn, an estimate each, until none has more."""
        running = {
            name: METHODS[name](self._network, batch, target=target, **options[name])
            for name in record.names
        }
        for step in itertools.count():
            for name in list(running):
                try:
                    found = next(running[name], None)
                except (ValueError, NotImplementedError, ImportError, TypeError) as error:
                    record.refused[name] = in_words(error)  # the others go on
                    found = None
                if found is None:
                    del running[name]
                else:
                    record.found[name] = found
            if not running and step > 0:
                return
            frame = record.add(step)
            if self._record is not record:  # only now: until then the last run stays
                self._record = record
            yield frame

    def _show(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        step = whole(content, "step")
        if self._record is not None:
            self.send(*pack(self._runner.outbox.stamp(self._record.replay(step))))

    def _show_picture(self, batch: Any) -> None:
        """Let the page have a checked image, or a sequence as a wave or as rows of cells."""
        super()._show_picture(batch)
        if batch.ndim == 4:
            return
        sequence = np.asarray(batch)[0]
        with LOCK:
            if is_wave(sequence):
                self.wave = as_wave(self._network, sequence)
            else:
                pixels = sequence_pixels(self._network, sequence)
                size = {"width": pixels.shape[1], "height": pixels.shape[0]}
                self.picture = {**size, "pixels": pixels.tobytes()}

    def _pixels(self) -> np.ndarray | None:
        if len(self._network.input_shape) == 3:
            return super()._pixels()
        return sequence_pixels(self._network, np.asarray(self._network.batch(self.image))[0])

    def _still(self) -> bytes | None:
        pixels = self._pixels()
        if self._record is None or pixels is None:
            return None
        return as_png(maps_picture(pixels, self._record.pictures(), self.opacity))


def _size(batch: Any) -> tuple[int, int]:
    """Rows and columns of a map; that of a sequence has one row of stretches."""
    return batch.shape[1:3] if batch.ndim == 4 else (1, stretches_of(batch.shape[1]))


def _ranked(shares: Any) -> list[tuple[int, float]]:
    """The three most likely classes of the first image, and how likely they are."""
    first = np.nan_to_num(np.asarray(shares)[0])
    return [(int(k), float(first[k])) for k in np.argsort(-first, kind="stable")[:3]]


def _trusted(
    net: Network,
    record: AttributionRecord,
    batch: Any,
    target: int,
    options: Mapping[str, Mapping[str, Any]],
) -> Iterator[Frame]:
    """How far each map is to be trusted, line by line."""
    for name, found in record.found.items():
        record.trust[name] += completeness_line(found)
    yield record.newest()
    floor = Floor(net, batch, target)
    for measure in (
        lambda found: floor.line(found),
        lambda found: randomised_line(net, batch, found, options[found.method]),
    ):
        for name, found in record.found.items():
            yield from _noted(record, name, measure(found))


def _noted(record: AttributionRecord, name: str, lines: Iterator[Line | None]) -> Iterator[Frame]:
    """Note the lines as they come; while none does, let others have their turn now and then."""
    left = time.monotonic()
    for line in lines:
        if line is not None:
            record.trust[name].append(line)
        if line is not None or time.monotonic() - left > PATIENCE:
            yield record.newest()
            left = time.monotonic()
