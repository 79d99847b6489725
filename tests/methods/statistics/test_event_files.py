"""TensorBoard's files: what is written is read back, and so is what others write, byte by byte."""

import struct
import sys

import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import InputError

pytest.importorskip("tensorboardX")


def field(number: int, kind: int, content: bytes) -> bytes:
    """One field of a protocol buffer: varint (0), fixed32 (5) or length-delimited (2)."""
    head = bytes([number << 3 | kind])
    return head + (bytes([len(content)]) if kind == 2 else b"") + content


def record(value: bytes, step: int) -> bytes:
    """An event with one summary value, as TensorFlow frames it; nobody checks the sums."""
    event = field(2, 0, bytes([step])) + field(5, 2, field(1, 2, value))
    return struct.pack("<Q", len(event)) + b"sum1" + event + b"sum2"


def test_scalars_come_back(tmp_path):
    files = methods.EventFiles(tmp_path)
    for step in range(1, 5):
        files.scalar("loss", step, 1 / step)
    files.scalar("accuracy", 4, 0.75)
    files.picture("ascent", 4, np.full((5, 6, 3), 0.5))
    files.close()
    found = methods.read_scalars(tmp_path)
    assert found.keys() == {"loss", "accuracy"}
    assert found["loss"].steps.tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(found["loss"].values, 1 / np.arange(1, 5), rtol=1e-6)
    assert found["accuracy"].values.tolist() == [0.75]


def test_both_ways_to_write_a_scalar_are_read(tmp_path):
    plain = field(1, 2, b"a") + field(2, 5, struct.pack("<f", 2.5))
    content = field(1, 0, b"\x01") + field(4, 2, struct.pack("<f", 3.5))  # TensorFlow 2's
    tensor = field(1, 2, b"b") + field(8, 2, content)
    data = record(plain, 3) + record(tensor, 7)
    (tmp_path / "events.out.tfevents.1").write_bytes(data + record(plain, 9)[:-3])  # half written
    found = methods.read_scalars(tmp_path)
    assert (found["a"].steps.tolist(), found["a"].values.tolist()) == ([3], [2.5])
    assert (found["b"].steps.tolist(), found["b"].values.tolist()) == ([7], [3.5])


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="found none in"):
        methods.read_scalars(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match=r"pip install cnnviz_widgets\[tensorboard\]"):
        methods.EventFiles(tmp_path)
