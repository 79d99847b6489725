"""Views under quick hands, with a kernel that is slow at every message.

What is chosen changes many times before the first answer comes, and an answer comes in pieces with
time to paint between them. No page may stumble over it, and when all is quiet, what was chosen last
is what page and kernel have, and what is shown.

`RankingChart` has no controls, and `Probabilities` and `Explorer` no page of their own: there is
nothing to be quick at.
"""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import REFRESHED, Notebook, await_frame

# All that travels is late, by another time each; what the views compute is their own.
SLOW = """
import itertools, time
from cnnviz_widgets.widgets.shared.base import View
lags = itertools.cycle([0.01, 0.05, 0.02, 0.08])
def late(method):
    def wait_first(*given, **options):
        time.sleep(next(lags))
        return method(*given, **options)
    return wait_first
for name in ("set_state", "_receive", "send_state", "send_frame"):
    setattr(View, name, late(getattr(View, name)))
"""
# Moves controls, found by their labels, presses buttons, found by their words, and clicks into
# the middle of what a selector finds, each after so many milliseconds.
HANDS = """async (view, acts) => {
    const control = label => [...view.querySelectorAll("label")]
        .find(each => each.firstChild.textContent === label).control;
    for (const [label, value, pause] of acts) {
        await new Promise(done => setTimeout(done, pause));
        if (label === "press") {
            [...view.querySelectorAll("button")].find(each => each.textContent === value).click();
            continue;
        }
        if (label === "click") {
            const element = view.querySelector(value);
            const { left, top, width, height } = element.getBoundingClientRect();
            const middle = { clientX: left + width / 2, clientY: top + height / 2 };
            element.dispatchEvent(new MouseEvent("click", { bubbles: true, ...middle }));
            continue;
        }
        const input = control(label);
        input.value = value;
        for (const kind of ["input", "change"]) {
            input.dispatchEvent(new Event(kind, { bubbles: true }));
        }
    }
}"""
# What controls stand at, what is shown, and what is dimmed.
SHOWN = """(view, [labels, names]) => {
    const at = label => [...view.querySelectorAll("label")]
        .find(each => each.firstChild.textContent === label).control.value;
    const dimmed = [...view.querySelectorAll(".cv-stale")].filter(each => each.checkVisibility());
    const told = names.map(name => view.dataset[name]);
    return [labels.map(at), told, dimmed.map(each => each.className)];
}"""

DIGITS = """
import cnnviz_widgets as cw
from cnnviz_widgets.zoo import digits_data
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
many = digits_data.training_digits()[0][:30]
chosen = cw.Selection(image=image, layer="conv3", channel=3)
views = [
    cw.FeatureMaps(net, image, selection=chosen),
    cw.Weights(net, image, selection=chosen),
    cw.Operation(net, image, selection=chosen),
    cw.Deconvolution(net, image, selection=chosen),
    cw.Intervention(net, image, selection=chosen),
    cw.GradientAscent(net, selection=chosen, steps=8),
    cw.Activations(net, many, selection=chosen),
    cw.widgets.LayerList(net, selection=chosen),
    cw.Architecture(net, image, selection=chosen),
    cw.Health(net, many, selection=chosen),
]
for view in views:
    view.wait()
display(cw.widgets.ImageChooser(net, name="digit-3", selection=chosen), *views)
"""
KINDS = (
    "feature-maps", "weights", "operation", "deconvolution", "intervention", "gradient-ascent",
    "activations", "layer-list", "architecture", "health",
)  # fmt: skip
FRAMED = [kind for kind in KINDS if kind not in ("gradient-ascent", "layer-list")]
TOLD = ("feature-maps", "weights", "operation", "deconvolution", "intervention")  # by the root
# What goes to a layer where no control does, and what says which one is chosen.
PRESSED: dict[str, tuple[str, str]] = {
    "layer-list": ("click", "[title^='{}:']"),
    "architecture": ("click", ".cv-card[data-name='{}']"),
    "health": ("press", "{}"),
}
MARKED = {
    "layer-list": "[title^='{}:'][aria-selected=true]",
    "architecture": ".cv-chosen[data-name='{}']",
    "health": "th [aria-pressed=true]:text-is('{}')",
    "activations": "th [aria-pressed=true]:text-is('{}')",
}
LAYERS = ("conv1", "conv2", "conv3", "dense1")  # of 32, 64, 64 and 64 channels

SEVERAL = """
import jax
import numpy as np
import cnnviz_widgets as cw
from tests.models.learning import Loop
random = np.random.default_rng(0)
HEADS = {"first": 4, "second": 2}
params = {f"{layer}/{each}": random.normal(size=(8, 8)).astype("f4")
          for layer in HEADS for each in "qkv"}
params["words"] = random.normal(size=(9, 8)).astype("f4")
def reader(params, x):
    x = params["words"][x.astype(int)]
    for layer, heads in HEADS.items():
        with jax.named_scope(layer):
            q, k, v = (
                (x @ params[f"{layer}/{each}"]).reshape(*x.shape[:2], heads, -1) for each in "qkv"
            )
            looks = jax.nn.softmax(jax.numpy.einsum("nthd,nshd->nhts", q, k))
            x = x + jax.numpy.einsum("nhts,nshd->nthd", looks, v).reshape(x.shape)
    return x.mean(1)
words = "the quick brown fox jumps over the lazy dog".split()
gru = cw.load("digits_gru")
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
digits = np.stack([net.fit(cw.image(f"digit-{k}")) for k in range(10)])
loop = Loop()
training = cw.Training(loop.model, loop.images, loop.labels, every=2, ascent_steps=2)
for _ in range(12):
    training.step(loop.model, loss=loop.step()[0])
views = [
    cw.Attention(cw.Network(reader, params=params, input_shape=(9,)), np.arange(9), tokens=words),
    cw.HiddenStates(gru, gru.fit(cw.image("digit-3"))),
    cw.Text(cw.load("texts"), "Guten Morgen"),
    cw.Attribution(net, image, ["saliency", "grad_cam"]),
    cw.Embedding(net, digits),
    training,
    cw.Waveform(cw.load("sounds"), cw.sound("rising")),
    cw.DeepDream(net, image, layer="conv1"),
    cw.ActivationAtlas(net, "conv1", digits, grid=2, steps=4),
    cw.GradientAscent(net, "conv1:3"),
]
for view in views:
    view.wait()
display(*views)
"""
# Of each view: what is done; then what its controls stand at, its root tells, and Python has.
Act = tuple[str, str, int]
ACTS: dict[str, tuple[list[Act], dict[str, str], dict[str, str], dict[str, Any]]] = {
    "attention": (
        [("Layer", "0", 0), ("Head", "3", 5), ("Layer", "1", 5), ("Query", "2", 40),
         ("Show", "rollout", 5), ("Layer", "0", 5), ("Head", "3", 60), ("Layer", "1", 60),
         ("Display", "matrix", 5), ("Head", "1", 5), ("Query", "5", 5)],
        {"Layer": "1", "Head": "1", "Query": "5", "Show": "head", "Display": "matrix"},
        {"head": "1", "query": "5", "show": "head"},
        {"head": 1, "query": 5, "show": "head", "display": "matrix"},
    ),
    "hidden-states": (
        [("Unit", "40", 0), ("Step", "27", 5), ("Show", "update", 5), ("Unit", "3", 20),
         ("Order", "strongest", 5), ("Step", "9", 5)],
        {"Unit": "3", "Step": "9", "Order": "strongest", "Show": "update"},
        {"step": "9", "channel": "3", "show": "update"},
        {"channel": 3, "step": 9, "order": "strongest", "show": "update"},
    ),
    "text": (
        [("Text", "Guten", 0), ("Channel", "100", 5), ("Method", "saliency", 5),
         ("Text", "bonjour", 60), ("Class", "3", 5), ("Text", "bonjour le monde", 5),
         ("Channel", "7", 5)],
        {"Text": "bonjour le monde", "Channel": "7", "Class": "3", "Method": "saliency"},
        {"text": "bonjour le monde", "channel": "7", "target": "3", "method": "saliency"},
        {"text": "bonjour le monde", "channel": 7, "target": 3, "method": "saliency"},
    ),
    "attribution": (
        [("Class", "1", 0), ("Layer", "conv1", 5), ("Attack", "4", 5), ("Class", "8", 50),
         ("Attack", "0", 5), ("Layer", "conv3", 5), ("Method", "input_x_gradient", 5),
         ("Class", "", 30), ("Layer", "conv2", 5), ("Class", "5", 5)],
        {"Class": "5", "Layer": "conv2", "Attack": "0", "Method": "input_x_gradient"},
        {},
        {"target": 5, "layer": "conv2", "epsilon": 0, "methods": ["input_x_gradient", "grad_cam"]},
    ),
    "embedding": (
        [("Layer", "conv1", 0), ("Pooling", "max", 5), ("Distance", "euclidean", 40),
         ("Layer", "dense1", 5), ("Layer", "conv2", 40), ("Pooling", "none", 5),
         ("Pooling", "mean", 5)],
        {"Layer": "conv2", "Pooling": "mean", "Distance": "euclidean"},
        {},
        {"layer": "conv2", "pooling": "mean", "metric": "euclidean"},
    ),
    "training": (
        [("Layer", "conv1", 0), ("Channel", "3", 5), ("Iteration", "4", 5), ("Layer", "conv2", 5),
         ("Channel", "5", 40), ("press", "Latest", 5), ("press", "conv1", 60),
         ("Iteration", "9", 5), ("Layer", "conv2", 5), ("Channel", "2", 30), ("Iteration", "6", 5)],
        {"Layer": "conv2", "Channel": "2", "Iteration": "6"},
        {"step": "6", "steps": "12"},
        {"layer": "conv2", "channel": 2, "iteration": 6},
    ),
    "waveform": (
        [("Class", "2", 0), ("Method", "saliency", 5), ("Class", "", 5), ("Method", "grad_cam", 60),
         ("Class", "5", 5), ("Method", "input_x_gradient", 40), ("Class", "3", 5)],
        {"Class": "3", "Method": "input_x_gradient"},
        {"target": "3", "method": "input_x_gradient"},
        {"target": 3, "method": "input_x_gradient"},
    ),
    "deep-dream": (
        [("press", "Play", 0), ("Octaves", "3", 5), ("Layer", "conv2", 5), ("Channel", "60", 5),
         ("Objective", "channel", 60), ("Strength", "3", 5), ("Layer", "conv3", 40),
         ("press", "Restart", 5), ("Iteration", "2", 90), ("Preset", "tensorflow", 5),
         ("Iterations each", "3", 40), ("Layer", "conv1", 5), ("Channel", "7", 5),
         ("Octaves", "2", 30), ("press", "Restart", 5)],
        {"Objective": "channel", "Layer": "conv1", "Channel": "7", "Preset": "tensorflow",
         "Iterations each": "3", "Octaves": "2", "Iteration": "6"},
        {"step": "6", "octave": "2"},
        {"objective": "channel", "layer": "conv1", "channel": 7, "preset": "tensorflow",
         "iterations": 3, "iteration": -1},
    ),
    "activation-atlas": (
        [("Layer", "conv2", 0), ("Cells", "4", 5), ("Layer", "conv3", 60), ("press", "Restart", 5),
         ("Cells", "5", 5), ("Layer", "conv1", 90), ("Cells", "2", 5), ("Layer", "conv2", 5),
         ("Cells", "3", 40), ("press", "Restart", 5)],
        {"Layer": "conv2", "Cells": "3"},
        {},
        {"layer": "conv2", "grid": 3},
    ),
    "gradient-ascent": (
        [("Steps", "9", 0), ("Preset", "lucid", 5), ("Steps", "7", 5), ("Preset", "pixel", 40),
         ("Seed", "5", 5), ("Class", "4", 5), ("Objective", "class", 5)],
        {"Preset": "pixel", "Steps": "512", "Seed": "5", "Class": "4", "Objective": "class"},
        {},
        {"preset": "pixel", "steps": 512, "seed": 5, "target": 4, "objective": "class"},
    ),
}  # fmt: skip


def quick(view: Locator, *acts: Act) -> None:
    view.evaluate(HANDS, list(acts))


def told(notebook: Notebook, expression: str) -> Any:
    """What Python says of all views, once they rest and the page has all that they sent."""
    found = notebook.run(
        f"for view in views: view.wait(60)\nprint([{expression} for view in views])"
    )
    notebook.page.evaluate(REFRESHED)
    return ast.literal_eval(found)


def open_slow(new_notebook: Callable[..., Notebook], cell: str, framed: Iterable[str]) -> Notebook:
    notebook = new_notebook(cell)
    notebook.run_all()
    for kind in framed:
        await_frame(notebook.view(kind))
    notebook.run(SLOW)
    return notebook


def ways_of(notebook: Notebook) -> Iterable[list[tuple[str, str]]]:
    """For each view what goes to each of `LAYERS`."""
    names = "[each['name'] for each in getattr(view, 'layers', ()) if each.get('kernel', True)]"
    for kind, offered in zip(KINDS, told(notebook, names), strict=True):
        if kind in PRESSED:
            act, value = PRESSED[kind]
            yield [(act, value.format(name)) for name in LAYERS]
        else:
            by_name = kind == "gradient-ascent"
            yield [("Layer", name if by_name else str(offered.index(name))) for name in LAYERS]


def channels(kind: str, *acts: Act) -> list[Act]:
    """The acts without those on a control that a view lacks."""
    return [act for act in acts if kind not in PRESSED or act[0] != "Channel"]


def test_the_last_choice_is_what_page_and_kernel_have(new_notebook: Callable[..., Notebook]):
    notebook = open_slow(new_notebook, DIGITS, FRAMED)
    chooser = notebook.view("image-chooser")
    channel = "3"
    for number, (kind, ways) in enumerate(zip(KINDS, [*ways_of(notebook)], strict=True)):
        view = notebook.view(kind)
        conv1, conv2, conv3, dense1 = ways
        last, layer = (conv2, "conv2") if number % 2 else (conv1, "conv1")
        channel = channel if kind in PRESSED else str(5 + number)
        quick(
            view,
            *channels(
                kind,
                (*conv1, 0), ("Channel", "31", 5), (*conv2, 40), ("Channel", "63", 20),
                (*conv1, 5), ("Channel", "4", 60), (*dense1, 15), (*conv3, 70),
                ("Channel", "7", 15),
            ),
        )  # fmt: skip
        chooser.get_by_label("Image", exact=True).select_option(f"digit-{number}")
        quick(
            view,
            *channels(
                kind,
                (*dense1, 0), ("Channel", "60", 10), (*conv1, 90), ("Channel", "31", 5),
                (*last, 30), ("Channel", channel, 5),
            ),
        )  # fmt: skip
        wanted = (layer, int(channel))
        notebook.await_value("(chosen.layer, chosen.channel)", wanted)
        same = f"bool((chosen.image == net.fit(cw.image('digit-{number}'))).all())"
        notebook.await_value(same, True)
        here = told(
            notebook, "(view.layer, getattr(view, 'channel', chosen.channel), str(view.error))"
        )
        assert here == [(*wanted, "None")] * len(KINDS)
        for other in KINDS:
            controls = [] if other in PRESSED else ["Channel"]
            names = ["layer", "channel"] if other in TOLD else []
            shown = notebook.view(other).evaluate(SHOWN, [controls, names])
            assert shown == [[channel] * len(controls), [layer, channel][: len(names)], []], other
        for other, mark in MARKED.items():
            expect(notebook.view(other).locator(mark.format(layer))).to_be_attached()

    # An order that overtakes the choice that it is about.
    view, at = notebook.view("intervention"), KINDS.index("intervention")
    conv2 = [*ways_of(notebook)][at][1]
    quick(view, (*conv2, 0), ("Channel", "9", 5), ("press", "Mute", 5))
    expect(view).to_have_attribute("data-edits", "1")
    assert told(notebook, "[each.place for each in getattr(view, 'edits', ())]")[at] == ["conv2:9"]


def test_choices_of_all_kinds_hold(new_notebook: Callable[..., Notebook]):
    notebook = open_slow(new_notebook, SEVERAL, ACTS.keys() - {"deep-dream", "gradient-ascent"})
    for kind, (acts, *_) in ACTS.items():
        quick(notebook.view(kind), *acts)
    for number, (_, _, _, traits) in enumerate(ACTS.values()):
        each = f"views[{number}]"
        notebook.await_value(f"[getattr({each}, name) for name in {[*traits]}]", [*traits.values()])
    assert told(notebook, "str(view.error)") == ["None"] * len(ACTS)
    for kind, (_, controls, tells, _) in ACTS.items():
        shown = notebook.view(kind).evaluate(SHOWN, [[*controls], [*tells]])
        assert shown == [[*controls.values()], [*tells.values()], []], kind

    # A click on an atlas while another one is on its way.
    view, at = notebook.view("activation-atlas"), [*ACTS].index("activation-atlas")
    quick(view, ("Layer", "conv1", 0), ("Cells", "2", 5), ("click", ".cv-map", 5))
    notebook.await_value(f"views[{at}].cell", [1, 1])  # in the middle of 3 times 3
    assert told(notebook, "str(view.error)") == ["None"] * len(ACTS)
    expect(view.get_by_text("row 1, column 1, chosen")).to_be_visible()
    assert view.evaluate(SHOWN, [["Layer", "Cells"], []]) == [["conv2", "3"], [], []]
