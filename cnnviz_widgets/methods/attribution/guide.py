"""Which picture answers which question: for every method what it shows, and what it cannot.

The words that the Attribution view and the documentation show. They name what a network reads: the
pixels of an image, the samples of a sound, the letters of a text (`Terms`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...network import Composite, Network
from .decomposition import composite_for, is_gated
from .terms import PICTURE, Terms, terms


@dataclass(frozen=True)
class Entry:
    """What a reader should know of a method.

    Attributes:
        title: its name for people.
        group: gradients, backward rules, class activation maps, or perturbation.
        shows: one sentence.
        cannot: one sentence on what it cannot show.
        warning: plain words on a method that is known to fail a sanity check, or "".
        layered: whether it looks at a layer.
        signed: whether what speaks against the class is told apart.
        leaks: whether its values need not sum to the score, as biases take a part.
        live: options with which it is quick enough to be looked at live.
    """

    title: str
    group: str
    shows: str
    cannot: str
    warning: str = ""
    layered: bool = False
    signed: bool = True
    leaks: bool = False
    live: dict[str, Any] = field(default_factory=dict)


_FAILS = (
    "Known to change little when the network's weights are randomised (Adebayo et al. 2018): it "
    "shows {detail} as the first layers see {it}, not why the network decides."
)

GRADIENTS, RULES, CAMS, PARTS = (
    "Gradients", "Backward rules", "Class activation maps", "Perturbation"
)  # fmt: skip

_LRP = {
    "z_plus": (
        "With the z+ rule of the middle layers only what speaks for the class is followed.",
        "Maps by the z+ rule change little when upper layers are randomised (Sixt et al. 2020): "
        "compare with another class before you trust one.",
    ),
    "gamma": (
        "The gamma rule of the middle layers favours what speaks for the class.",
        "The gamma rule leans to the z+ rule, whose maps change little when upper layers are "
        "randomised (Sixt et al. 2020): compare with another class before you trust one.",
    ),
    "epsilon": (
        "With the epsilon rule it is as grainy in a deep network as input × gradient.",
        "",
    ),
    "flat": (
        "With the flat rule all {places} that a layer sees together get the same.",
        "It follows where layers look, not what they found there.",
    ),
}
"""What LRP cannot show, and a warning, by the rule of most of its layers; the one that fails most
comes first."""

_OF_GATES = " Gates and the shares of attention count as constants: what they hang on is not told."

_ENTRIES: dict[str, Entry] = {
    "saliency": Entry(
        "Saliency", GRADIENTS,
        "Which {places}, changed a little, would change the score most.",
        "It does not say which {places} the score is made of, nor in which direction they push.",
        signed=False,
    ),
    "input_x_gradient": Entry(
        "Input × gradient", GRADIENTS,
        "The share of each {place} in the score, were the network linear around this {whole}.",
        "It sees nothing in {nothing}, whatever they mean to the network.",
    ),
    "smooth_grad": Entry(
        "SmoothGrad", GRADIENTS,
        "The gradient that stays when noise is added: saliency with less grain.",
        "It is an average over {wholes} that the network was never shown.",
        live={"samples": 25},
    ),
    "square_grad": Entry(
        "SquareGrad", GRADIENTS,
        "Where the gradient is large under noise, whatever its sign.",
        "It does not tell for from against.",
        signed=False, live={"samples": 25},
    ),
    "var_grad": Entry(
        "VarGrad", GRADIENTS,
        "Where the gradient is unsteady under noise.",
        "A {place} with a strong, steady gradient stays dark.",
        signed=False, live={"samples": 25},
    ),
    "integrated_gradients": Entry(
        "Integrated gradients", GRADIENTS,
        "How the difference to the baseline's score is shared out among the {places}.",
        "The answer hangs on the baseline: what is like the baseline gets nothing.",
        live={"steps": 32},
    ),
    "expected_gradients": Entry(
        "Expected gradients", GRADIENTS,
        "Integrated gradients averaged over many baselines: what is like one is not like all.",
        "The answer hangs on which {wholes} stand for what could have been.",
        live={"samples": 32},
    ),
    "guided_ig": Entry(
        "Guided IG", GRADIENTS,
        "Integrated gradients on a way that avoids noisy gradients.",
        "The way differs from {whole} to {whole}, so two maps are not on one scale.",
        live={"steps": 50},
    ),
    "blur_ig": Entry(
        "Blur IG", GRADIENTS,
        "Which details, as the {whole} grows sharp, make the score.",
        "It says nothing of what the most blurred {whole} already holds, such as its mean.",
        live={"steps": 32},
    ),
    "xrai": Entry(
        "XRAI", GRADIENTS,
        "Which whole regions matter most, the best first.",
        "It cannot be finer than the segments that the {whole} falls into.",
        live={"steps": 12},
    ),
    "guided_backpropagation": Entry(
        "Guided backpropagation", RULES,
        "Fine detail that excites the network on the way to the class.",
        "It hardly depends on the class or on what the upper layers learned.",
        warning=_FAILS,
    ),
    "deconvnet": Entry(
        "Deconvnet rule", RULES,
        "Patterns that the network's kernels would paint for this class.",
        "It ignores which units were silent, and hardly depends on the class.",
        warning=_FAILS,
    ),
    "lrp": Entry(
        "LRP", RULES,
        "How the score flows back through the layers to the {places}, none of it made on the way.",
        *_LRP["z_plus"],
        leaks=True,
    ),
    "deep_lift": Entry(
        "DeepLIFT", RULES,
        "How the difference to the baseline's score is shared out, from two passes.",
        "The answer hangs on the baseline.",
    ),
    "cam": Entry(
        "CAM", CAMS,
        "Where the maps are that the class's weights ask for: exact behind global pooling.",
        "Works for one layer of one kind of network only.",
        layered=True,
    ),
    "grad_cam": Entry(
        "Grad-CAM", CAMS,
        "Where a layer sees what speaks for the class.",
        "It is as coarse as the layer, and leaves out what speaks against.",
        layered=True, signed=False,
    ),
    "grad_cam_plus_plus": Entry(
        "Grad-CAM++", CAMS,
        "Where the class is seen, with several instances counted alike.",
        "Its weights are positive only, so other classes' evidence shows, too.",
        layered=True, signed=False,
    ),
    "hires_cam": Entry(
        "HiRes-CAM", CAMS,
        "What each place of a layer contributes, place by place.",
        "As coarse as the layer; places that matter only together are not told.",
        layered=True, signed=False,
    ),
    "xgrad_cam": Entry(
        "XGrad-CAM", CAMS,
        "Where the class is seen, each channel by its share of the score.",
        "As coarse as the layer; unsteady where a channel is nearly silent.",
        layered=True, signed=False,
    ),
    "layer_cam": Entry(
        "Layer-CAM", CAMS,
        "Where single places of a layer speak for the class: fine maps of early layers, too.",
        "Leaves out what speaks against.",
        layered=True, signed=False,
    ),
    "score_cam": Entry(
        "Score-CAM", CAMS,
        "Which maps, laid over the {whole} as a mask, keep the class alive.",
        "Slow: a pass for each channel. A mask's edges are news to the network.",
        layered=True, signed=False,
    ),
    "ablation_cam": Entry(
        "Ablation-CAM", CAMS,
        "Which maps of a layer the score would miss most.",
        "Two channels that stand in for one another both look useless.",
        layered=True, signed=False,
    ),
    "eigen_cam": Entry(
        "Eigen-CAM", CAMS,
        "What varies most in a layer: usually the object.",
        "It does not know of the class at all.",
        warning="The same map for every class: it cannot tell why one was chosen.",
        layered=True, signed=False,
    ),
    "full_grad": Entry(
        "Full-Grad", CAMS,
        "What the {places} and all layers' biases contribute, put together.",
        "Does not tell for from against.",
        signed=False,
    ),
    "guided_grad_cam": Entry(
        "Guided Grad-CAM", CAMS,
        "Fine detail inside the place that Grad-CAM shows.",
        "The detail is that of guided backpropagation, and hardly depends on the class.",
        warning=_FAILS, layered=True,
    ),
    "occlusion": Entry(
        "Occlusion", PARTS,
        "How much of the score is lost when a window is covered.",
        "A covered window may be news to the network; no finer than the window.",
    ),
    "feature_ablation": Entry(
        "Feature ablation", PARTS,
        "How much of the score is lost when a segment is covered.",
        "Two segments that stand in for one another both look useless.",
    ),
    "rise": Entry(
        "RISE", PARTS,
        "How likely the class is when a {place} is among what is left to see.",
        "Slow to settle: early maps are mostly chance.",
        signed=False, live={"samples": 400},
    ),
    "lime": Entry(
        "LIME", PARTS,
        "A linear model of which segments the score needs, near this {whole}.",
        "Another draw, kernel width or segmentation gives another answer.",
        live={"samples": 200},
    ),
    "kernel_shap": Entry(
        "Kernel SHAP", PARTS,
        "What each segment adds on average, over all orders of adding them: it sums to the score.",
        "Most of the {wholes} that it asks about are none that anyone would meet.",
        live={"samples": 200},
    ),
}  # fmt: skip


def _worded(entry: Entry, words: Terms) -> Entry:
    """An entry in the words of what is read."""
    said = {name: getattr(entry, name).format_map(vars(words)) for name in _SENTENCES}
    return replace(entry, **said)


_SENTENCES = ("shows", "cannot", "warning")

GUIDE: dict[str, Entry] = {name: _worded(entry, PICTURE) for name, entry in _ENTRIES.items()}
"""The methods that give a value for each pixel, in the order in which they are offered."""


def guide_for(net: Network, composite: str | Composite | None = None) -> Mapping[str, Entry]:
    """`GUIDE` in the words of what a network reads, such as samples or letters.

    Args:
        net: the network.
        composite: the rules that `lrp` is to follow, as it takes them; of LRP is told what holds
            for them.

    Example:
        >>> guide_for(cw.load("sounds"))["saliency"].shows
        'Which samples, changed a little, would change the score most.'
    """
    words = terms(net)
    entries = {**_ENTRIES, "lrp": _lrp(net, composite_for(net, composite))}
    return {name: _worded(entry, words) for name, entry in entries.items()}


def _lrp(net: Network, composite: Composite) -> Entry:
    """The entry of LRP for the rules that it follows in a network."""
    rules = (composite.convolution, composite.dense)
    cannot, warning = next(said for rule, said in _LRP.items() if rule in rules)
    if composite.attention == "constant" and is_gated(net):
        cannot += _OF_GATES
    return replace(_ENTRIES["lrp"], cannot=cannot, warning=warning)
