"""What is wrong with a network: one call that looks for the usual faults, and says them in words.

Each check asks something that has an answer in the data given, and each threshold has a reason:

| kind | found when | because |
| --- | --- | --- |
| not finite | a weight or an activation is NaN or infinite | everything after it is meaningless |
| dead units | a channel gives one value for all images | no gradient moves it, nothing hears it |
| always on | a ReLU's channel is never switched off | linear there: a note, not a fault |
| saturated | 95 % of a channel's values lie next to a bound | hardly any slope is left there |
| vanishing, exploding | gradient over weight is 10^4 off the last layer's | no one rate fits both |
| duplicate filters | two point the same way, cosine over 0.999 | with 8 weights, no chance |
| unlike the reference | too many images far beyond it | chance is below one in 10^4 |
| over-, underconfident | it is off by 5 %, and by four standard errors | less is noise |
| no better than chance | accuracy is within three standard errors of guessing | nothing learnt |

Gradients are those of a loss against the least likely class: that of the right class says nothing
once it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32

from ...network import InputError, Network
from ..activations import activations
from ..filters import filters
from ..predictions import probabilities
from .calibration import Calibration, calibration
from .layer_norms import gradient_norms, layer_norms, least_likely
from .unit_statistics import UnitStatistics, unit_statistics
from .unlike import Unlike, unlike

Severity = Literal["error", "warning", "note"]

AT_ONCE = 64
GRADIENT_IMAGES = 32
SATURATED = 0.95
MANY = 0.1
"""The share of a layer's channels from which dead or saturated ones are a warning, not a note."""

FEWEST, FEW = 20, 50
"""With fewer images, or fewer values of a channel, that it never changed says nothing."""

APART = 1e4
SAME = 0.999
SMALLEST_FILTER = 8


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes:
        kind: "not finite", "dead units", "always on", "saturated", "vanishing gradient",
            "exploding gradient", "duplicate filters", "unlike the reference", "overconfident",
            "underconfident" or "no better than chance".
        severity: "error", "warning" or "note".
        words: what is so and what it means.
        layer: where, or `None` where it is about the whole network.
        channels: which of the layer's.
        images: numbers of the images that it is about.
        number: how much: a share, a ratio, a count; the words say of what.
    """

    kind: str
    severity: Severity
    words: str
    layer: str | None = None
    channels: tuple[int, ...] = ()
    images: tuple[int, ...] = ()
    number: float = 0.0


@dataclass(frozen=True)
class LayerHealth:
    """A layer's figures; `None` where one is not known or has no meaning.

    Attributes:
        layer: its name.
        dead: share of channels that give one value for all images.
        saturated: share of channels next to a bound nearly always.
        gradient: norm of the gradient over that of the weights.
    """

    layer: str
    dead: float | None = None
    saturated: float | None = None
    gradient: float | None = None


@dataclass(frozen=True)
class Health:
    """What `health` found.

    Attributes:
        findings: the worst first, then in the order of layers.
        layers: figures of the layers that have any, in order.
        calibration: confidence against accuracy; `None` without labels.
        unlike: how far each image is from the reference; `None` without one.
        images: how many were looked at.
    """

    findings: tuple[Finding, ...]
    layers: tuple[LayerHealth, ...]
    calibration: Calibration | None
    unlike: Unlike | None
    images: int

    def __str__(self) -> str:
        if not self.findings:
            return f"Nothing found with {self.images} images."
        return "\n".join(f"{each.severity}: {each.words}" for each in self.findings)


def health(net: Network, x: Any, labels: Any = None, *, reference: Any = None) -> Health:
    """Look for the usual faults of a network.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1]; some dozens at least, for what dead and
            always-on units do is told from them.
        labels: the class of each, (N,): for confidence against accuracy.
        reference: images like those that the network was trained on, for telling which of `x` are
            unlike them; 50 at least.

    Returns:
        What was found, the worst first; `str` of it is a page to read.

    Raises:
        InputError: if the network cannot take `x`, or there are not as many labels as images.

    References:
        Guo et al. 2017, On Calibration of Modern Neural Networks, https://arxiv.org/abs/1706.04599.
        Sun et al. 2022, Out-of-Distribution Detection with Deep Nearest Neighbors,
        https://arxiv.org/abs/2204.06507.

    Example:
        >>> print(cw.methods.health(net, images, labels))
    """
    images = np.asarray(net.batch(x))
    classes = _checked(labels, len(images))
    broken = list(_not_finite(net, images[:AT_ONCE]))
    if broken:  # whatever else there is to say follows from it
        return Health(tuple(broken), (), None, None, len(images))
    units = unit_statistics(net, images)
    gradients = _gradients(net, images[:GRADIENT_IMAGES])
    confidence = None if classes is None else calibration(_probabilities(net, images), classes)
    away = None if reference is None else unlike(net, images, reference)
    found = [
        *(_units(units) if len(images) >= FEWEST else ()),
        *_flow(gradients),
        *_duplicates(net),
        *([] if confidence is None else _confidence(confidence)),
        *([] if away is None else _unlike(away)),
    ]
    order = {"error": 0, "warning": 1, "note": 2}
    return Health(
        tuple(sorted(found, key=lambda each: order[each.severity])),
        _layers(net, units, gradients),
        confidence,
        away,
        len(images),
    )


def _checked(labels: Any, count: int) -> np.ndarray | None:
    if labels is None:
        return None
    classes = np.atleast_1d(np.asarray(labels)).astype(np.int64)
    if classes.shape != (count,):
        raise InputError(f"expected one label for each of {count} images, got {classes.shape}.")
    return classes


def _not_finite(net: Network, images: np.ndarray) -> Iterator[Finding]:
    """Weights that are not numbers, and the first layer whose values are not."""
    for layer in net.layers:
        for name in net.weights_of(layer.name):
            bad = int((~np.isfinite(np.asarray(net.weights[name], np.float32))).sum())
            if bad:
                words = f"{bad} values of the weight {name} are NaN or infinite."
                yield Finding("not finite", "error", words, layer.name, number=bad)
    values = activations(net, images)
    for layer in net.layers:
        found = np.asarray(values[layer.name], np.float32)
        wrong = ~np.isfinite(found)
        if wrong.any():
            rows = tuple(np.flatnonzero(wrong.reshape(len(found), -1).any(1)).tolist())
            last = wrong.reshape(-1, wrong.shape[-1]).any(0)
            words = (
                f"{layer.name} is the first layer whose values are NaN or infinite, for "
                f"{_count(len(rows), 'image')} of {len(images)}."
            )
            channels = tuple(np.flatnonzero(last).tolist())
            share = float(wrong.mean())
            yield Finding("not finite", "error", words, layer.name, channels, rows, share)
            return


def _units(units: Sequence[UnitStatistics]) -> Iterator[Finding]:
    for each in units:
        count = len(each.low)
        if each.values < FEW:
            continue
        if len(each.dead):
            share = len(each.dead) / count
            words = (
                f"{_of(len(each.dead), count)} of {each.layer} {_give(len(each.dead))} one value "
                "for every image: dead, nothing moves them."
            )
            severity = "error" if share > 0.9 else "warning" if share >= MANY else "note"
            yield Finding(
                "dead units", severity, words, each.layer, tuple(each.dead.tolist()), (), share
            )
        if len(each.always_on):
            share = len(each.always_on) / count
            words = (
                f"{_of(len(each.always_on), count)} of {each.layer} {_are(len(each.always_on))} "
                f"never switched off: {each.operation} does nothing there."
            )
            channels = tuple(each.always_on.tolist())
            yield Finding("always on", "note", words, each.layer, channels, (), share)
        full = np.flatnonzero(each.saturated >= SATURATED)
        if len(full):
            share = len(full) / count
            words = (
                f"{_of(len(full), count)} of {each.layer} {_are(len(full))} next to a bound of "
                f"{each.operation} nearly always: hardly any gradient passes."
            )
            severity = "warning" if share >= MANY else "note"
            yield Finding("saturated", severity, words, each.layer, tuple(full.tolist()), (), share)


def _gradients(net: Network, images: np.ndarray) -> dict[str, float]:
    """The norm of each layer's gradient over that of its weights."""
    slopes = gradient_norms(net, images, least_likely(net, images))
    sizes = layer_norms(net)
    return {name: slope / sizes[name] for name, slope in slopes.items() if sizes[name]}


def _flow(gradients: dict[str, float]) -> Iterator[Finding]:
    """Layers that learn far slower or faster than the last one, which the loss reaches first."""
    if len(gradients) < 2:
        return
    *_, last = gradients
    top = gradients[last]
    weak = [name for name, each in gradients.items() if each * APART < top or not each]
    strong = [name for name, each in gradients.items() if each > APART * top > 0]
    for kind, names in (("vanishing gradient", weak), ("exploding gradient", strong)):
        if not names or not top:
            continue
        worst = min(names, key=gradients.__getitem__) if names is weak else max(
            names, key=gradients.__getitem__)  # fmt: skip
        ratio = gradients[worst] / top
        how = f"{ratio:.0e} of" if names is weak else f"{ratio:.0e} times"
        others = f" So is that of {len(names) - 1} more." if len(names) > 1 else ""
        words = (
            f"The gradient of {worst}, relative to its weights, is {how} that of {last}: one "
            f"learning rate cannot serve both.{others}"
        )
        yield Finding(kind, "error", words, worst, number=ratio)


def _duplicates(net: Network) -> Iterator[Finding]:
    for layer in net.layers:
        found = filters(net, layer.name) if layer.kind in ("conv", "dense") else None
        if found is None or layer is net.logits:
            continue
        pairs = _same(found.reshape(len(found), -1))
        if pairs:
            channels = tuple(sorted({channel for pair in pairs for channel in pair}))
            listed = ", ".join(f"{a} and {b}" for a, b in pairs[:3])
            more = f" and {len(pairs) - 3} more pairs" if len(pairs) > 3 else ""
            words = f"Filters of {layer.name} are the same up to scale: {listed}{more}."
            severity = "warning" if len(channels) >= MANY * len(found) else "note"
            share = len(channels) / len(found)
            yield Finding("duplicate filters", severity, words, layer.name, channels, (), share)


def _same(rows: Float32[np.ndarray, "c weights"]) -> list[tuple[int, int]]:
    """Pairs of filters that point the same way; each filter is paired with the first of its kind.

    Some thousand are compared at once, so that a large dense layer fits into memory.
    """
    if rows.shape[1] < SMALLEST_FILTER:
        return []
    sizes = np.linalg.norm(rows, axis=1)
    alive = np.flatnonzero(sizes > 0)
    unit = rows[alive] / sizes[alive, None]
    pairs = []
    for start in range(0, len(unit), 1024):
        near = unit[start : start + 1024] @ unit.T > SAME
        for row, others in enumerate(near):
            first = int(np.argmax(others))
            if first < start + row:
                pairs.append((int(alive[first]), int(alive[start + row])))
    return pairs


def _probabilities(net: Network, images: np.ndarray) -> np.ndarray:
    parts = [
        np.asarray(probabilities(net, images[at : at + AT_ONCE]), np.float64)
        for at in range(0, len(images), AT_ONCE)
    ]
    return np.concatenate(parts)


def _confidence(found: Calibration) -> Iterator[Finding]:
    chance = 1 / found.classes
    error = np.sqrt(chance * (1 - chance) / found.images)
    if found.images >= 30 and found.accuracy < chance + 3 * error:
        words = (
            f"It is right for {found.accuracy:.0%} of the images; guessing among {found.classes} "
            f"classes is for {chance:.0%}: it has learnt nothing, or labels are in another order."
        )
        yield Finding("no better than chance", "error", words, number=found.accuracy)
    gap = found.confidence - found.accuracy
    if abs(gap) > 0.05 and abs(gap) > 4 * found.standard_error:
        kind = "overconfident" if gap > 0 else "underconfident"
        words = (
            f"It is {kind}: it says {found.confidence:.0%} on average and is right for "
            f"{found.accuracy:.0%} (expected calibration error {found.error:.2f})."
        )
        yield Finding(kind, "warning", words, number=float(gap))


def _unlike(found: Unlike) -> Iterator[Finding]:
    far = found.far
    if found.chance < 1e-4:
        words = (
            f"{_count(len(far), 'image')} of {len(found.distances)} "
            f"{_are(len(far))} unlike the reference: in what {found.layer} takes, farther from it "
            "than all but 1 % of its own. What the network says of them is a guess."
        )
        images = tuple(far.tolist())
        share = len(far) / len(found.distances)
        yield Finding("unlike the reference", "warning", words, found.layer, (), images, share)


def _layers(
    net: Network, units: Sequence[UnitStatistics], gradients: dict[str, float]
) -> tuple[LayerHealth, ...]:
    known = {each.layer: each for each in units}
    found = []
    for layer in net.layers:
        each = next((known[p.name] for p in (layer, *layer.parts) if p.name in known), None)
        if each is None and layer.name not in gradients:
            continue
        full = None if each is None else float((each.saturated >= SATURATED).mean())
        dead = None if each is None else len(each.dead) / len(each.low)
        found.append(LayerHealth(layer.name, dead, full, gradients.get(layer.name)))
    return tuple(found)


def _of(count: int, whole: int) -> str:
    return f"{count} of {whole} channels"


def _give(count: int) -> str:
    return "gives" if count == 1 else "give"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
