"""A text as a network reads it: which letters speak for a class, and what a filter looks for.

Every keystroke in the text box is a new text; the newest one wins. Attribution is of the vectors
that the tokens are looked up as, and travels as one number a token, their sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..methods import (
    Attribution,
    TextMatch,
    activations,
    channel_shares,
    frames,
    per_token,
    probabilities,
    text_matches,
)
from ..methods.attribution.tokens import vectors
from ..network import InputError, Layer, Network
from ..zoo import Tokens
from .selection import Selection
from .shared.base import in_words
from .shared.layered import convolutions
from .shared.names import check_class, check_name
from .shared.pictured import PicturedLayers
from .shared.running import Frame
from .shared.texts_given import as_tokens
from .shared.wire import floats
from .stills.text import text_picture

METHODS: Mapping[str, Mapping[str, Any]] = {
    "integrated_gradients": {},
    "input_x_gradient": {},
    "deep_lift": {},
    "lrp": {},
    "occlusion": {"window": 1, "stride": 1},  # one token after the other
    "saliency": {},
    "smooth_grad": {},
}
"""What is offered, with settings."""

UNSIGNED = {"saliency", "smooth_grad"}

MATCHES = 12
"""Runs of tokens that are listed for a channel."""

STRONGEST = 6
"""Channels that are named for adding most to the class."""

NOISE = 0.15
"""Of SmoothGrad, as a share of the range of the vectors' entries."""


class Text(PicturedLayers):
    """Shows a text with what speaks for a class in it, and what a channel answers to.

    Set `text` or `image` (the tokens), `target`, `method`, `layer` or `channel` to change what is
    shown.

    Attributes:
        text: what is read; may be set, and typed, if the network has a `tokenize`.
        method: of attribution.
        target: the number of a class; `None` for the one that the network reads.
        layer: whose channel is shown.
        channel: its number.
        position: (0, k) of the chosen token k, or `None`.

    Args:
        net: a network that takes ids of tokens (T,).
        image: one text: words, if the network has a `tokenize`; `cw.Tokens`; or ids.
        tokens: labels of the tokens, where the text comes as ids.
        method: integrated_gradients, input_x_gradient, deep_lift, lrp, occlusion (of one token at
            a time), saliency or smooth_grad.
        target: class index or name; the one that the network reads if left out.
        layer: the first one after a convolution if left out.
        channel: 0 if left out.
        examples: texts to look for what fires a channel in; the bundled ones for the bundled
            network.
        selection: to share text, layer, channel, token (as the position) and class with others.

    Raises:
        InputError: if the network takes no ids, or cannot take these.
        traitlets.TraitError: if there is no such method, class, layer or channel.

    Example:
        >>> cw.Text(cw.load("texts"), "Guten Morgen")
    """

    bundle = "text"

    text = t.Unicode("").tag(sync=True, echo_update=False)
    editable = t.Bool(False).tag(sync=True, kernel_only=True)
    method = t.Unicode(next(iter(METHODS))).tag(sync=True, echo_update=False)
    methods = t.List(t.Unicode(), list(METHODS)).tag(sync=True, kernel_only=True)
    target = t.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        tokens: Sequence[str] | None = None,
        method: str = "integrated_gradients",
        target: int | str | None = None,
        layer: str | None = None,
        channel: int | None = None,
        examples: Sequence[Tokens | str] | None = None,
        selection: Selection | None = None,
    ) -> None:
        if net.lookup is None:
            raise InputError(
                "expected a network that looks ids of tokens up in a table, this one takes "
                f"{net.input_shape} and does not."
            )
        self._labels = tokens
        self._examples = _bundled(net) if examples is None else tuple(examples)
        self._read: Tokens | None = None
        self._result: Attribution | None = None
        self._matches: dict[tuple[str, int], tuple[TextMatch, ...]] = {}
        super().__init__(net)
        with self._building():
            count = net.logits.channels
            self.classes = list(net.classes or (str(k) for k in range(count)))
            self.editable = net.tokenize is not None
            self.method = method
            self._offer_layers(net.layers)
            self.layer = _first_after_a_convolution(net)
            names = ("layer", "channel", "position", "image", "target")
            self._choose(selection, names, layer, channel)
            if target is not None:
                self.target = net.class_index(target)
            if image is not None or self.image is None:
                self.image = _first_text(net) if image is None else image
            self._tell_text()
        self.observe(self._tell_text, "image")
        self.observe(self._take_text, "text")
        self.observe(self._look, ["image", "method", "target", "layer", "channel"])
        self._look()

    @property
    def result(self) -> Attribution | None:
        """What each entry of each token's vector contributes; `None` until there is something."""
        return self._result

    @property
    def tokens(self) -> Tokens:
        """The text that is shown."""
        return as_tokens(self._network, self.image, self._labels)

    @t.validate("text")
    def _check_text(self, proposal: Any) -> str:
        if self._network.tokenize is not None:
            try:
                self._network.tokens(proposal.value)
            except Exception as error:  # of anybody's tokenizer
                raise t.TraitError(in_words(error)) from error
        return proposal.value

    @t.validate("method")
    def _check_method(self, proposal: Any) -> str:
        return check_name("a method for texts", proposal.value, METHODS)

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int | None:
        return check_class(proposal.value, self.classes)

    def _tell_text(self, _change: Any = None) -> None:
        self.text = self.tokens.text

    def _take_text(self, _change: Any) -> None:
        if self._network.tokenize is not None and self.text != self.tokens.text:
            self.image = self._network.tokens(self.text)

    def _look(self, _change: Any = None) -> None:
        wanted = self.tokens, self.method, self.target, self.layer, self.channel
        self._runner.start(lambda: self._answer(*wanted), stream=False)

    def _answer(
        self, read: Tokens, method: str, target: int | None, layer: str, channel: int
    ) -> Iterator[Frame]:
        net = self._network
        options = {**METHODS[method], "target": target}
        if method == "smooth_grad":
            entries = np.asarray(vectors(net, read))
            options["sigma"] = max(1e-6, NOISE * float(np.ptp(entries)))
        *_, found = frames(method, net, read, **options)
        self._show_input(read)
        self._read, self._result = read, found
        values = activations(net, read, layer)[layer]
        info = net.at(net.batch(read).shape).layer(layer)
        yield {
            "tokens": list(read.labels),
            "padding": read.padding,
            "shares": floats(per_token(found.values)[0][: len(read)]),
            "signed": method not in UNSIGNED,
            "method": method,
            "target": found.target[0],
            "probabilities": floats(np.asarray(probabilities(net, read))[0]),
            "layer": layer,
            "channel": channel,
            "response": floats(np.asarray(values)[0].reshape(-1, info.channels)[:, channel]),
            "matches": self._found(info, channel),
            "searched": len(self._examples),
            "window": _window(info),
            "strongest": self._strongest(read, info, found.target[0]),
            "notes": list(found.notes),
        }

    def _strongest(self, read: Tokens, layer: Layer, target: int) -> list[list[float]]:
        """The channels that add most to a class, with how much; [] up to the lookup."""
        if layer.name not in self._network.embedded(read) or layer.channels < 2:
            return []
        shares = channel_shares(self._network, read, layer=layer.name, target=target)[0]
        best = np.argsort(-shares, kind="stable")[:STRONGEST]
        return [[int(k), float(shares[k])] for k in best if shares[k] > 0]

    def _found(self, layer: Layer, channel: int) -> list[list[Any]]:
        """What fires a channel, as labels, activation and number of texts; [] if unknown."""
        if not self._examples or not _window(layer):
            return []
        key = layer.name, channel
        if key not in self._matches:
            self._matches[key] = text_matches(
                self._network, self._examples, layer=key[0], channel=channel, count=MATCHES
            )
        return [[list(m.labels), m.activation, m.count] for m in self._matches[key]]

    def _still(self) -> bytes | None:
        read, found = self._read, self._result
        if read is None or found is None:
            return None
        said = np.asarray(probabilities(self._network, read))[0]
        best = int(said.argmax())
        lines = [
            f"read as {self.classes[best]} ({said[best]:.0%})",
            f"{found.method} for {self.classes[found.target[0]]}",
        ]
        shares = per_token(found.values)[0][: len(read)]
        return text_picture(read.labels, shares, found.method not in UNSIGNED, lines)


def _window(layer: Layer) -> int:
    """How many tokens a place of a layer sees; 0 where it is no run of them."""
    field = layer.receptive_field
    if field is None or len(field.size) != 1 or not np.isfinite(field.size[0]):
        return 0
    return int(np.ceil(field.size[0]))


def _bundled(net: Network) -> tuple[Tokens, ...]:
    """The held-out sentences, for the network that is bundled."""
    if net.tokenize is not zoo.text:
        return ()
    return tuple(zoo.text(each.text) for each in zoo.messages() if each.held_out)


def _first_text(net: Network) -> Tokens:
    if net.tokenize is None:
        raise InputError("expected a text: pass Text(net, ids, tokens=[...]) or cw.Tokens.")
    return net.tokens("Alle Menschen sind frei und gleich an Würde und Rechten geboren.")


def _first_after_a_convolution(net: Network) -> str:
    names = [layer.name for layer in net.layers]
    at = names.index(convolutions(net)[0])
    following = net.layers[at + 1 : at + 2]
    return next((each.name for each in following if each.kind == "activation"), names[at])
