"""The table of layers, as text and as HTML."""

from html.parser import HTMLParser

import jax
import jax.numpy as jnp
import pytest

from cnnviz_widgets.network import Network
from cnnviz_widgets.network.table import count
from tests.models.functions import conv, weights


class _Cells(HTMLParser):
    """The cells of a table, and every tag."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _network(scope: str = "stem") -> Network:
    def model(params, x):
        with jax.named_scope(scope):
            x = jax.nn.relu(conv(x, params[0]))
        return jax.nn.softmax(x.mean((1, 2)) @ params[1])

    return Network(model, params=weights((3, 3, 3, 4), (4, 3)), input_shape=(8, 10, 3))


def _html(net: Network) -> _Cells:
    parser = _Cells()
    parser.feed(net._repr_html_())
    return parser


def test_text_has_a_line_for_each_layer_in_aligned_columns():
    net = _network()
    title, empty, head, rule, *lines = str(net).split("\n")
    assert title == repr(net)
    assert not empty
    assert head.split() == ["layer", "kind", "output", "parameters", "FLOPs", "sees"]
    assert [line.split()[0] for line in lines if "└" not in line] == [
        layer.name for layer in net.layers
    ]
    column = head.index("output")
    for line in lines:
        assert line[column - 1] == " "
        assert line[column] != " "
    assert set(rule) == {"─", " "}
    assert "8 × 10 × 4" in lines[0]
    assert [line for line in lines if "← logits" in line] == [
        line for line in lines if line.startswith("dense")
    ]


def test_parts_are_shown_beneath_their_layer():
    lines = str(_network()).split("\n")
    assert [line.split()[:2] for line in lines if "└" in line] == [["└", "conv"], ["└", "relu"]]


def test_html_says_the_same_as_text():
    net = _network()
    cells = _html(net)
    lines = str(net).split("\n")[4:]
    assert cells.rows[0] == ["layer", "kind", "output", "parameters", "FLOPs", "sees"]
    for row, line in zip(cells.rows[1:], lines, strict=True):
        assert "".join("".join(row).split()) == "".join(line.split())


def test_names_are_escaped():
    cells = _html(_network("<img src=x onerror=alert(1)>&"))
    assert "img" not in cells.tags
    assert any("<img src=x" in row[0] for row in cells.rows)
    assert "<img" not in _network("<img src=x>")._repr_html_()


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, "1 k"), (15_470_264_320, "15.5 G"), (93_322, "93.3 k")],
)
def test_numbers_in_three_digits(number, text):
    assert count(number).strip() == text


def test_a_layer_of_one_number_has_a_size():
    net = Network(lambda _, x: jnp.tanh(x).sum((1, 2, 3)), input_shape=(4, 4, 1))
    assert str(net).split("\n")[-1].split()[-3:] != []
    assert net.layers[-1].shape == ()
