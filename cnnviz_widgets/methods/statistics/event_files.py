"""TensorBoard's event files: written while a network trains, and the scalars in them read.

Writing needs tensorboardX, which needs neither TensorFlow nor a server. The files are records of
protocol buffers, which its own definitions read back.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from ...network import InputError

_FLOAT = 1  # a tensor's type, in TensorFlow's numbers


class Scalars(NamedTuple):
    """One curve.

    Attributes:
        steps: rising.
        values: at them.
    """

    steps: Int64[np.ndarray, " n"]
    values: Float64[np.ndarray, " n"]


class EventFiles:
    """Writes scalars and pictures for TensorBoard.

    Args:
        folder: of the run; made if it is not there.

    Raises:
        ImportError: if tensorboardX is not installed; says how to install it.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise _missing() from error
        self._writer = SummaryWriter(str(folder))

    def scalar(self, name: str, step: int, value: float) -> None:
        """Add a value to the curve of that name."""
        self._writer.add_scalar(name, value, step)

    def picture(self, name: str, step: int, image: Any) -> None:
        """Add a picture, float (H, W, C) in [0, 1] with one or three channels."""
        pixels = np.rint(np.clip(np.asarray(image), 0, 1) * 255).astype(np.uint8)
        self._writer.add_image(name, pixels, step, dataformats="HWC")

    def flush(self) -> None:
        """Have what was added written soon; a thread of its own writes, and only `close` waits."""
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def read_scalars(folder: str | Path) -> dict[str, Scalars]:
    """The scalars in the event files of a run, of whatever program wrote them.

    A file that is being written is read as far as it goes.

    Args:
        folder: holds the files; those in folders inside it are other runs.

    Returns:
        For each name its curve. Of two values at one step, the one that was written last.

    Raises:
        InputError: if there are no event files.
        ImportError: if tensorboardX is not installed; says how to install it.

    Example:
        >>> read_scalars("runs/first")["loss"].values[-1]
    """
    files = sorted(Path(folder).glob("*tfevents*"))
    if not files:
        raise InputError(
            f"expected a folder with TensorBoard's event files, found none in {folder}."
        )
    found: dict[str, dict[int, float]] = {}
    for file in files:
        for name, step, value in _scalars(file):
            found.setdefault(name, {})[step] = value
    return {name: _curve(values) for name, values in found.items()}


def _curve(values: dict[int, float]) -> Scalars:
    steps = sorted(values)
    return Scalars(np.asarray(steps, np.int64), np.asarray([values[k] for k in steps], np.float64))


def _scalars(file: Path) -> Iterator[tuple[str, int, float]]:
    try:
        from tensorboardX.proto import event_pb2
    except ImportError as error:
        raise _missing() from error
    make_event = vars(event_pb2)["Event"]  # made when it is imported, as no type checker sees
    for record in _records(file.read_bytes()):
        event: Any = make_event()
        event.ParseFromString(record)
        for value in event.summary.value:
            number = _number(value)
            if number is not None:
                yield value.tag, event.step, number


def _number(value: Any) -> float | None:
    """The scalar in a summary: TensorBoard's first way to write it, or TensorFlow 2's."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind == "tensor" and value.tensor.dtype == _FLOAT and not value.tensor.tensor_shape.dim:
        tensor = value.tensor
        return float(tensor.float_val[0] if tensor.float_val
                     else np.frombuffer(tensor.tensor_content, "<f4")[0])  # fmt: skip
    return None


def _records(data: bytes) -> Iterator[bytes]:
    """Records as TensorFlow frames them: length, its checksum, the record, its checksum."""
    at = 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        end = at + 12 + length + 4
        if end > len(data):
            return  # it is being written
        yield data[at + 12 : end - 4]
        at = end


def _missing() -> ImportError:
    return ImportError(
        "TensorBoard's event files need tensorboardX, which is not installed: "
        "`pip install cnnviz_widgets[tensorboard]`"
    )
