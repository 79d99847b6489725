import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError

RATE = 8000


def test_frames_are_fourier_sums_around_their_times():
    wave = cw.sound("voice")[:, 0].astype(np.float64)
    found = cw.methods.spectrogram(wave, RATE, window=256, hop=32, floor=-300)
    assert found.decibels.shape == (128, 129)
    places = np.arange(256)
    hann = np.sin(np.pi * places / 256) ** 2
    turns = np.exp(-2j * np.pi * np.outer(places, np.arange(129)) / 256)
    frames = (40, 64, 100)
    wanted = []
    for k in frames:
        start = round(float(found.times[k]) * RATE) - 128  # the window lies around its time
        wanted.append(np.abs((wave[start : start + 256] * hann) @ turns))
    own = 10 ** (found.decibels[list(frames)] / 20)
    np.testing.assert_allclose(own / own.max(), np.stack(wanted) / np.max(wanted), atol=1e-5)
    np.testing.assert_allclose(found.frequencies, np.arange(129) * RATE / 256)


def test_a_tone_is_a_line_at_its_pitch():
    time = np.arange(4000) / RATE
    found = cw.methods.spectrogram(np.sin(2 * np.pi * 1000 * time), RATE)
    assert found.frequencies[found.decibels[20].argmax()] == 1000
    assert found.decibels.max() == 0
    assert found.decibels.min() == -60
    np.testing.assert_allclose(found.times[:2], [0.002, 0.006])


def test_silence_is_nothing_at_all():
    assert (cw.methods.spectrogram(np.zeros((100, 1)), RATE).decibels == -60).all()


@pytest.mark.parametrize(
    ("samples", "options", "words"),
    [
        (np.zeros((10, 2)), {}, r"expected samples \(T,\) or \(T, 1\), got shape \(10, 2\)"),
        (np.zeros(0), {}, "expected samples"),
        (np.zeros(10), {"hop": 0}, "a hop of at least 1"),
        (np.zeros(10), {"floor": 3.0}, "a negative floor"),
    ],
    ids=["two channels", "empty", "hop", "floor"],
)
def test_what_is_no_sound_is_refused(samples, options, words):
    with pytest.raises(InputError, match=words):
        cw.methods.spectrogram(samples, RATE, **options)
