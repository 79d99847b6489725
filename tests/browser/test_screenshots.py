"""Every view in light and dark, from 400 to 1600 pixels wide: pictures for people to look at.

What a machine can judge is judged: nothing sticks out, canvases are as sharp as the screen, and
words stand out from what is behind them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.jupyterlab import Notebook, await_frame, await_refresh

WIDTHS = {"light": (400, 800, 1280, 1600), "dark": (400, 1280)}  # the layout has no theme
SHARP = 2  # device pixels to a CSS pixel
CONTRAST = 4.5  # of words, as WCAG 2.2 wants it at level AA

CELLS = (
    """
import cnnviz_widgets as cw
from tests.models.nnx_models import Residual, made
RESIDUAL = cw.Network(made(Residual), input_shape=Residual.shape)
net = cw.load("photos")
image = cw.image("cat")
cw.FeatureMaps(net, image, layer="conv2", channel=5)
""",
    """
ascent = cw.GradientAscent(net, "conv3:5", steps=48)
ascent.play()
ascent.wait()
ascent
""",
    'cw.widgets.ImageChooser(net, name="cat")',
    'cw.widgets.LayerList(net, layer="conv2")',
    """
bench = cw.Explorer(net, image)
bench.gradient_ascent.steps = 32
bench.gradient_ascent.play()
bench.gradient_ascent.wait()
bench
""",
    "cw.GradientAscent(net, 'cat')",
    'cw.Deconvolution(net, image, layer="relu_3", channel=5, strongest=9)',
    """
best = cw.Deconvolution(net, image, layer="relu_3", channel=5)
best.show = "top"
best.wait()
best
""",
    """
maps = cw.Attribution(net, image, ["grad_cam", "lrp", "guided_backpropagation", "saliency"])
maps.wait()
maps
""",
    """
small = cw.load("digits")
cw.FeatureMaps(small, small.fit(cw.image("digit-3")), layer="dense1")
""",
    'cw.Architecture(net, net.fit(image), layer="conv2")',
    """
deep = cw.Architecture(RESIDUAL, layer="blocks/1/add")
deep.unfolded = ["blocks", "blocks/1"]
deep.color = "parameters"
deep
""",
    """
dream = cw.DeepDream(net, image[:200, 100:340], layer="conv3", octaves=3, iterations=4)
dream.play()
dream.wait()
dream.show = "over"
dream
""",
    """
pieces = [net.fit(piece) for piece in cw.zoo.pieces(["cat", "brick", "moon"], 96, 96)]
atlas = cw.ActivationAtlas(net, "relu_3", pieces[::3], grid=5, steps=24)
atlas.wait()
atlas.cell = [atlas.cells[0].row, atlas.cells[0].column]
atlas
""",
    'cw.Operation(net, net.fit(image), layer="conv2", channel=5)',
    'cw.Operation(net, net.fit(image), layer="max_pool", channel=5)',
    'cw.Operation(small, small.fit(cw.image("digit-3")), layer="dense2", channel=3)',
    'cw.Operation(small, small.fit(cw.image("digit-3")), layer="softmax", channel=3)',
    """
vit = cw.load("photos_vit")
cw.Attention(vit, vit.fit(image), query=100)
""",
    """
import numpy as np
from tests.models import transformers
TEXT = cw.Network(transformers.text, params=transformers.text_params(), input_shape=(9,))
words = "the quick brown fox jumps over the lazy dog".split()
cw.Attention(TEXT, np.arange(9), tokens=words, query=7)
""",
    """
weights = cw.Weights(net, image, layer="conv1", channel=19)
weights.wait()
weights
""",
    """
matrix = cw.Weights(small, layer="dense1", structure="similarity")
matrix.show = "matrix"
matrix.wait()
matrix
""",
    """
gru = cw.load("digits_gru")
cw.HiddenStates(gru, gru.fit(cw.image("digit-3")), channel=7, step=12)
""",
    """
from tests.models.learning import SHAPE, Loop
loop = Loop()
watch = cw.Training(loop.model, loop.images, loop.labels, unit="conv2:3", every=5, ascent_steps=4)
for step in range(40):
    loss, grads = loop.step()
    more = {"val_loss": 1.1 - step / 80} if step % 10 == 0 else {}
    watch.step(loop.model, loss=loss, accuracy=step / 50, grads=grads, **more)
watch.end()
watch
""",
    """
around = cw.Explorer(watch.at(40), loop.images[0], training=watch)
around.tabs.selected_index = len(around.tabs.children) - 1
around
""",
    """
sick = cw.Network(loop.model, input_shape=SHAPE)
bias = sick.weights["conv1/bias"].at[2].set(-100.0)
kernel = sick.weights["conv2/kernel"]
kernel = kernel.at[..., 4].set(2 * kernel[..., 1])
sick = sick.with_weights({"conv1/bias": bias, "conv2/kernel": kernel})
health = cw.Health(sick, loop.images, np.roll(loop.labels, 1))
health.wait()
health
""",
    """
change = cw.Intervention(net, net.fit(image), layer="conv2", channel=5, seen="conv4")
change.boost(3.0)
change.region = [8, 4, 20, 20]
change.negate()
change.change(1, on=False)
change.wait()
change
""",
    """
vector = cw.Intervention(small, small.fit(cw.image("digit-3")), layer="dense1", seen="dense2")
vector.mute()
vector.rank()
vector.wait()
vector
""",
    'cw.Waveform(cw.load("sounds"), cw.sound("rising"))',
    """
over = cw.Activations(sick, np.concatenate([loop.images] * 4), layer="relu")
over.wait()
over
""",
    """
many = cw.Embedding(net, [net.fit(piece) for piece in cw.zoo.pieces(["cat", "brick"], 96, 96)])
many.wait()
many.number = 3
many
""",
    """
ear = cw.load("sounds")
strips = cw.Attribution(ear, cw.sound("drum"), ["saliency", "grad_cam"])
strips.wait()
strips
""",
    """
heard = cw.GradientAscent(ear, "drum", steps=16)
heard.play()
heard.wait()
heard
""",
    """
words = "Guten Morgen, wie geht es dir?"
reader = cw.load("texts")
cw.Text(reader, words, channel=7)
""",
    'cw.FeatureMaps(reader, cw.text(words), layer="relu", channel=7)',
    "cw.Explorer(reader, words)",
)
NAMES = (
    "feature-maps", "gradient-ascent", "image-chooser", "layer-list", "explorer",
    "gradient-ascent-empty", "deconvolution", "deconvolution-top", "attribution",
    "feature-maps-dense", "architecture", "architecture-unfolded", "deep-dream",
    "activation-atlas", "operation-conv", "operation-pool", "operation-dense", "operation-softmax",
    "attention", "attention-text", "weights", "weights-matrix",
    "hidden-states", "training", "explorer-training", "health",
    "intervention", "intervention-dense", "waveform", "activations", "embedding",
    "attribution-sound", "gradient-ascent-sound",
    "text", "feature-maps-text", "explorer-text",
)  # fmt: skip

# What is wrong with an output area, in words.
JUDGE = """(area, [sharp, contrast]) => {
    const faults = [];
    const seen = element => element.checkVisibility({ visibilityProperty: true })
        && element.getClientRects().length > 0;
    const right = area.getBoundingClientRect().right + 1;
    const scrolls = element => element.closest(".cv-strip, .cv-list, .cv-grid, [data-scrolls]");

    const parse = text => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) =>
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    for (const view of area.querySelectorAll(".cnnviz")) {
        for (const element of view.querySelectorAll("*")) {
            if (!seen(element)) continue;
            const box = element.getBoundingClientRect();
            const name = `${element.tagName}.${element.getAttribute("class")}`;
            if (box.right > right && !scrolls(element)) faults.push(`${name} sticks out`);
            // A picture has the pixels that it has, and a colour bar one for each colour.
            const drawn = element instanceof HTMLCanvasElement
                && !element.closest(".cv-input, .cv-whole, .cv-pair, .cv-bar-track")
                && !element.closest(".cv-dream, .cv-card, .cv-patch, .cv-ascent, .cv-picture");
            if (drawn && element.width + 1 < box.width * sharp)
                faults.push(`${name} has ${element.width} pixels for ${box.width}`);
            const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!own || element.closest(":disabled, [aria-disabled=true], option")) continue;
            const [a, b] = [parse(getComputedStyle(element).color), behind(element)]
                .map(luminance).sort((a, b) => b - a);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < contrast)
                faults.push(`“${element.textContent.slice(0, 20)}” has contrast ${ratio}`);
        }
    }
    return [...new Set(faults)];
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a sharp screen, of somebody who wants no motion."""
    with browser.new_context(
        viewport={"width": 1700, "height": 2600},
        device_scale_factor=SHARP,
        reduced_motion="reduce",
    ) as context:
        yield context.new_page()


def judge(notebook: Notebook, name: str) -> list[Any]:
    area = notebook.page.locator(".jp-OutputArea-output").nth(NAMES.index(name.split(" ")[0]))
    area.scroll_into_view_if_needed()
    await_refresh(notebook.page)
    notebook.screenshot(name.replace(" ", "-"), area)
    return area.evaluate(JUDGE, [SHARP, CONTRAST])


def test_views_are_sharp_legible_and_keep_within_their_cell(
    new_notebook: Callable[..., Notebook],
):
    notebook = new_notebook(*CELLS)
    notebook.run_all()
    for at in range(3):
        await_frame(notebook.view("feature-maps", at))
    for at in range(2):
        await_frame(notebook.view("deconvolution", at))
    await_frame(notebook.view("architecture"))
    faults = {}
    for theme, widths in WIDTHS.items():
        notebook.set_theme(theme)
        for width in widths:
            notebook.set_width(width)
            for name in NAMES:
                found = judge(notebook, f"{name} {theme} {width}")
                if found:
                    faults[name, theme, width] = found
    assert not faults, "\n".join(f"{where}: {found}" for where, found in faults.items())
