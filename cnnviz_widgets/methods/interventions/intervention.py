"""What becomes of everything that follows when values inside of the network are changed.

The way to ask what a part is for: take it away, strengthen it, put another's in its place, and see
what the network says then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Array, Float, Num

from ...network import Edit, Network, Replay
from ..attribution.method import all_scores
from ..channels_last import channels_last
from ..predictions import as_probabilities


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a network makes of images.

    Attributes:
        values: of the layers that were asked for, channels last, as `activations` gives them.
        logits: (N, K).
        probabilities: (N, K), as `probabilities` gives them.
    """

    values: dict[str, Num[Array, "n ..."]]
    logits: Float[Array, "n k"]
    probabilities: Float[Array, "n k"]


@dataclass(frozen=True, eq=False)
class Intervened:
    """What a network makes of images without and with edits.

    Attributes:
        before: without the edits.
        after: with them.
    """

    before: Outcome
    after: Outcome


def intervene(
    net: Network, x: Any, edits: Edit | Sequence[Edit], layers: Sequence[str] | str = ()
) -> Intervened:
    """Change values inside of a network, and compare what follows with what was.

    For other methods take the edited network itself, `net.with_edits(edits)`: an attribution or
    an ascent of it is that of the network with these values changed.

    Args:
        net: the network; edits that it has already are in force before and after.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        edits: one or several, made one after the other.
        layers: whose values are wanted, too.

    Returns:
        Values of the layers, logits and class probabilities, before and after.

    Raises:
        InputError: if `x` is not what the network takes, or an edit does not fit its layer.
        UnknownLayerError, UnknownTargetError: if there is no such layer or channel.

    References:
        Bau et al. 2019, https://arxiv.org/abs/1811.10597, for units switched off and on.

    Example:
        >>> found = intervene(net, cw.image("digit-3"), Edit("conv1", "mute", channels=5))
        >>> found.after.probabilities - found.before.probabilities
    """
    given = [edits] if isinstance(edits, Edit) else list(edits)
    return Intervened(outcome(net, x, layers), outcome(net.with_edits(given), x, layers))


def outcome(net: Network, x: Any, layers: Sequence[str] | str = ()) -> Outcome:
    """What a network makes of images, from one pass: values of layers, logits, probabilities."""
    batch = net.batch(x)
    given = (layers,) if isinstance(layers, str) else layers
    names = tuple(dict.fromkeys(net[name].name for name in given))
    found = net.at(batch.shape).run(_outcome, batch, names=names, logits=net.logits.name)
    return Outcome(*found)


def _outcome(
    replay: Replay, x: Num[Array, "n ..."], *, names: tuple[str, ...], logits: str
) -> tuple[dict[str, Num[Array, "n ..."]], Float[Array, "n k"], Float[Array, "n k"]]:
    values = {
        name: channels_last(value, replay.layer(name)) for name, value in replay(x, names).items()
    }
    return values, all_scores(replay, x, logits=logits), as_probabilities(replay, x, logits)
