"""Every view in light and dark, from 400 to 1600 pixels wide: pictures for people to look at.

What a machine can judge is judged: nothing sticks out, canvases are as sharp as the screen, and
words stand out from what is behind them.
"""

WIDTHS = (400, 800, 1280, 1600)

CELLS = (
    """
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
cw.FeatureMaps(net, image, layer="conv2", channel=5)
""",
    """
ascent = cw.GradientAscent(net, "conv3:5", steps=64)
ascent.play()
ascent.wait()
ascent
""",
    'cw.widgets.ImageChooser(cw.load("digits"), name="digit-3")',
    'cw.widgets.LayerList(net, layer="conv2")',
    """
bench = cw.Explorer(net, image)
bench.gradient_ascent.steps = 32
bench.gradient_ascent.play()
bench.gradient_ascent.wait()
bench
""",
)
