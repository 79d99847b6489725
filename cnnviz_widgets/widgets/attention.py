"""A transformer's attention: every layer and head for a query, one of them large over the picture.

One pass gives the attention of all layers. Another query, head or layer is read from it, so the
maps follow the pointer. Rollout and flow say what comes through all layers up to the chosen one;
flow takes a while, so it grows before one's eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from PIL import Image

from .. import zoo
from ..methods import AttentionMaps
from ..network import InputError, Network, TokenGrid
from .image_chooser import pictures_for
from .records.attention_record import SHOWN, AttentionRecord
from .selection import Selection
from .shared.layered import keep_inside
from .shared.locked import LOCK
from .shared.names import check_name
from .shared.picture import PAPER, as_png, fitted, lines_picture, maps_picture, palette
from .shared.pictured import PicturedView
from .shared.running import Frame
from .shared.wire import whole

Wanted = tuple[int, str, int, str, int]


class Attention(PicturedView):
    """Shows what the tokens of a transformer look at.

    Set `image`, `layer`, `head`, `query`, `show` or `display` to change what is shown.

    Attributes:
        layers: the attention layers: name, heads, queries and keys of each.
        layer: name of the chosen one.
        head: number of the chosen head.
        query: number of the token that looks.
        position: (row, column) of the query among the patches; `None` if it is none of them.
        show: "head", the "mean" of the heads, or "rollout" or "flow" from the query after this
            layer down to the input.
        display: "picture" or "matrix" (all queries against all keys).
        scale: "head" or "all": whose values span the colours of the small maps.
        grid: the patches that the tokens are, as far as they were found to be; `None` else.
        tokens: a word for each token.
        notes: sentences about attention that the network pays and that cannot be shown.

    Args:
        net: the network.
        image: one image, HWC, or whatever else the network takes: word numbers, say. If left out,
            that of the selection, or a bundled one that suits the network.
        layer: name of an attention layer; the last one if left out.
        head: its number.
        query: number of a token; the class token, or the middle patch, if left out.
        tokens: words for the tokens, one for each; for text, sound and so on.
        show: as above.
        selection: to share image, layer and position with other views.

    Raises:
        InputError: if the network cannot take the image, pays no attention, or there is not one
            word for each token.
        traitlets.TraitError: if there is no such layer, head or query.

    Example:
        >>> net = cw.load("photos_vit")
        >>> cw.Attention(net, net.fit(cw.image("cat")))
    """

    bundle = "attention"

    layers = t.List().tag(sync=True, kernel_only=True)
    grid = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    tokens = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    notes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    layer = t.Unicode("").tag(sync=True, echo_update=False)
    head = t.Int(0).tag(sync=True, echo_update=False)
    query = t.Int(0).tag(sync=True, echo_update=False)
    position: Any = t.List(t.Int(min=0), None, allow_none=True, minlen=2, maxlen=2)
    show = t.Enum(SHOWN, "head").tag(sync=True, echo_update=False)
    display = t.Enum(["picture", "matrix"], "picture").tag(sync=True, echo_update=False)
    scale = t.Enum(["head", "all"], "head").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        head: int | None = None,
        query: int | None = None,
        tokens: Sequence[str] | None = None,
        show: str = "head",
        selection: Selection | None = None,
    ) -> None:
        self._network = net
        self._images = 0  # how many there have been; numbers the one at hand
        self._words = None if tokens is None else [str(each) for each in tokens]
        self._record: tuple[int, AttentionRecord] | None = None
        self._asked: tuple[Any, ...] = ()
        super().__init__()
        self._handlers["look"] = self._look_there
        with self._building():
            first = image if image is not None else selection.image if selection else None
            first = _bundled(net) if first is None else first
            self.image = first
            self._read(AttentionRecord(net, first))
            self.layer = self.layers[-1]["name"]
            self.query = self._first_query() if query is None else query
            self.show = show
            if selection is not None:
                ours = selection.layer in [each["name"] for each in self.layers]
                later = () if ours else ("layer", "position")
                names = ("image", "layer", "position")
                self._at_close.append(selection.join(self, names, later))
            if layer is not None:
                self.layer = layer
            if head is not None:
                self.head = head
        self.observe(self._new_image, "image")
        self.observe(self._look, ["layer", "head", "query", "show"])
        self._look()

    @property
    def result(self) -> AttentionMaps | None:
        """The attention of all layers for the image, as the method gives it."""
        return None if self._record is None else self._record[1].maps

    # --- what there is

    def _read(self, record: AttentionRecord) -> None:
        """Let the page know what a first or another image has."""
        weights = record.maps.weights
        count = next(iter(weights.values())).shape[-1]
        words = self._words
        if words is not None and len(words) != count:
            raise InputError(
                f"expected {count} words in tokens, one for each token, got {len(words)}."
            )
        with LOCK, self.hold_sync():
            self._record = self._images, record
            self.layers = [
                {"name": name, "heads": each.shape[1], "queries": each.shape[2],
                 "keys": each.shape[3]}
                for name, each in weights.items()
            ]  # fmt: skip
            self.notes = list(record.maps.notes)
            self.grid = _as_trait(record.grid) if words is None else None
            self.tokens = words or [_label(record.grid, token) for token in range(count)]
            if self.query >= count:
                self.query = self._first_query()
        self._show_picture(self._network.batch(self.image))

    def _first_query(self) -> int:
        if self.grid is None or self.grid["others"]:
            return 0 if self.grid is None else self.grid["others"][0]
        rows, columns = self.grid["rows"], self.grid["columns"]
        return self.grid["first"] + rows // 2 * columns + columns // 2

    def _info(self) -> dict[str, Any]:
        return next(each for each in self.layers if each["name"] == self.layer)

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        return keep_inside(changes, "head", self.layers, "heads")

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        names = [each["name"] for each in self.layers]
        return check_name("the name of an attention layer", proposal.value, names)

    @t.validate("head")
    def _check_head(self, proposal: Any) -> int:
        return _within("a head", proposal.value, self._info()["heads"])

    @t.validate("query")
    def _check_query(self, proposal: Any) -> int:
        return _within("a query", proposal.value, max(each["queries"] for each in self.layers))

    @t.observe("layer")
    def _keep_head_inside(self, _change: Any) -> None:
        self.head = min(self.head, self._info()["heads"] - 1)

    @t.observe("query")
    def _tell_position(self, _change: Any) -> None:
        grid = self.grid
        if grid is not None and self.query not in grid["others"]:
            self.position = list(divmod(self.query - grid["first"], grid["columns"]))

    @t.observe("position")
    def _take_position(self, change: Any) -> None:
        grid = self.grid
        if grid is None or change.new is None:
            return
        row, column = change.new
        if row < grid["rows"] and column < grid["columns"]:
            self.query = grid["first"] + row * grid["columns"] + column

    # --- what is shown

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    def _wanted(self) -> Wanted:
        return self._images, self.layer, self.head, self.show, self.query

    def _look(self, _change: Any = None) -> None:
        self._start(self._wanted())

    def _look_there(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        """Let the token under the pointer look; without one, the chosen one again."""
        if self.show == "flow":
            return  # takes too long to follow a pointer
        wanted = self._wanted()
        if "token" in content:
            token = whole(content, "token", high=len(self.tokens) - 1)
            wanted = (*wanted[:4], token)
        self._start(wanted)

    def _start(self, wanted: Wanted) -> None:
        if wanted == self._asked and self.state != "error":
            return
        self._asked = wanted
        image = self.image
        self._runner.start(lambda: self._answer(image, *wanted), stream=self.show == "flow")

    def _answer(
        self, image: Any, images: int, layer: str, head: int, show: str, query: int
    ) -> Iterator[Frame]:
        if self._record is None or self._record[0] != images:
            record = AttentionRecord(self._network, image)
            with LOCK:
                if images != self._images:
                    return
                self._read(record)
        assert self._record is not None
        yield from self._record[1].frames(layer, head, show, query)

    # --- a still picture

    def _still(self) -> bytes | None:
        if self._record is None or self._record[0] != self._images:
            return None
        record = self._record[1]
        row = record.row(self.layer, self.head, self.show, self.query)
        shown = self.show if self.show != "head" else f"head {self.head}"
        lines = [
            f"{self.layer}, {shown}: what {self._looker()} looks at",
            record.maps.words,
        ]
        picture = self._picture(record, row)
        text = lines_picture(lines)
        whole_picture = Image.new(
            "RGB", (max(picture.width, text.width), picture.height + text.height), PAPER
        )
        whole_picture.paste(picture, (0, 0))
        whole_picture.paste(text, (0, picture.height))
        return as_png(whole_picture)

    def _looker(self) -> str:
        """The chosen token, or the layer's own query where its queries are not the tokens."""
        info = self._info()
        if info["queries"] == info["keys"]:
            return self.tokens[self.query]
        return f"query {min(self.query, info['queries'] - 1)}"

    def _picture(self, record: AttentionRecord, row: np.ndarray) -> Image.Image:
        pixels, grid = self._pixels(), record.grid
        if pixels is None or grid is None or self._words is not None:
            codes = np.rint(row / (row.max() or 1) * 255).astype(np.uint8)
            return fitted(palette("magma")[codes[None].repeat(max(1, len(codes) // 8), 0)])
        map_ = row[grid.first : grid.first + grid.patches].reshape(grid.rows, grid.columns)
        codes = np.rint(map_ / (map_.max() or 1) * 255).astype(np.uint8)
        height, width = pixels.shape[:2]
        down = np.arange(height) * grid.rows // height
        across = np.arange(width) * grid.columns // width
        return maps_picture(pixels, [(codes[down][:, across], False)], 0.6)


def _as_trait(grid: TokenGrid | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    return {
        "rows": grid.rows,
        "columns": grid.columns,
        "first": grid.first,
        "others": list(grid.others),
        "patch": list(grid.patch),
        "words": grid.words,
    }


def _label(grid: TokenGrid | None, token: int) -> str:
    return f"token {token}" if grid is None else grid.label(token)


def _within(what: str, value: int, count: int) -> int:
    if not 0 <= value < count:
        raise t.TraitError(f"expected {what} from 0 to {count - 1}, got {value}.")
    return value


def _bundled(net: Network) -> Any:
    """A bundled picture that suits a network."""
    names = pictures_for(net)
    if not names:
        raise InputError(
            "expected an image: no bundled one suits a network that takes "
            f"{net.input_shape}. Pass Attention(net, image)."
        )
    return net.fit(zoo.image(names[0]))
