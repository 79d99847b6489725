"""What is kept of a run: few pictures of a long one, and a score for each step."""

import numpy as np

from cnnviz_widgets.methods import AscentFrame
from cnnviz_widgets.widgets.ascent.record import MOST_PICTURES, AscentRecord


def test_a_long_run_keeps_a_bounded_number_of_pictures():
    record = AscentRecord(1, "conv1:0", 5000, 224 * 224 * 3 * 4)
    image = np.zeros((2, 2, 3), np.float32)
    for step in range(5000):
        record.add(AscentFrame(step, image, float(step)))
    kept = record.pictures.steps()
    assert 20 <= len(kept) <= 32e6 / (224 * 224 * 3 * 4)
    assert (kept[0], kept[-1]) == (0, 4999)
    past = record.past()
    np.testing.assert_array_equal(np.frombuffer(past["kept"], "<i4"), kept)
    np.testing.assert_array_equal(np.frombuffer(past["scores"], "<f4"), range(5000))
    reply = record.replay(kept[3] + 1)
    assert reply["step"] == kept[3]


def test_small_pictures_are_bounded_by_number():
    record = AscentRecord(1, "conv1:0", 5000, 4)
    for step in range(3 * MOST_PICTURES):
        record.add(AscentFrame(step, np.zeros((1, 1, 1), np.float32), 0.0))
    assert len(record.pictures) <= MOST_PICTURES


def test_scores_between_frames_lie_on_a_line():
    record = AscentRecord(1, "conv1:0", 10, 4)
    for step, score in [(0, 1.0), (4, 3.0), (6, 0.0)]:
        record.add(AscentFrame(step, np.zeros((1, 1, 1), np.float32), score))
    found = np.frombuffer(record.past()["scores"], "<f4")
    np.testing.assert_allclose(found, [1, 1.5, 2, 2.5, 3, 1.5, 0])
