"""The bundled sounds are what their names say, by their spectra alone."""

import numpy as np
import pytest

from cnnviz_widgets import zoo
from cnnviz_widgets.zoo.sounds_data import held_out_sounds, training_batches


def pitch(wave: np.ndarray) -> float:
    """The loudest frequency, in hertz."""
    loud = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    return float(loud.argmax() * zoo.SOUND_RATE / len(wave))


def middle(name: str, from_: float, to: float) -> np.ndarray:
    """A part of the bundled sound, of what is louder than its noise."""
    wave = zoo.sound(name)[:, 0]
    there = np.flatnonzero(np.abs(wave) > 0.1)
    first, last = there[0], there[-1]
    return wave[first + int(from_ * (last - first)) : first + int(to * (last - first))]


@pytest.mark.parametrize("name", zoo.sounds())
def test_a_sound_is_samples_and_always_the_same(name):
    found = zoo.sound(name)
    assert found.shape == (zoo.SOUND_LENGTH, 1)
    assert found.dtype == np.float32
    assert 0.2 < np.abs(found).max() <= 1
    np.testing.assert_array_equal(found, zoo.sound(name))


def test_pitches_do_what_the_names_say():
    assert pitch(middle("tone", 0.1, 0.3)) == pytest.approx(
        pitch(middle("tone", 0.7, 0.9)), rel=0.1
    )
    assert pitch(middle("rising", 0.7, 0.9)) > 1.3 * pitch(middle("rising", 0.1, 0.3))
    assert pitch(middle("falling", 0.1, 0.3)) > 1.3 * pitch(middle("falling", 0.7, 0.9))


def test_a_drum_dies_away_and_noise_does_not():
    def loudness(name, from_, to):
        return float(np.sqrt((middle(name, from_, to) ** 2).mean()))

    assert loudness("drum", 0.8, 1.0) < 0.5 * loudness("drum", 0.0, 0.2)
    assert loudness("noise", 0.8, 0.95) == pytest.approx(loudness("noise", 0.1, 0.25), rel=0.3)


def test_an_unknown_sound_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"no sound named 'drums'\. Did you mean 'drum'"):
        zoo.sound("drums")


def test_what_is_held_out_is_not_what_is_trained_on():
    held_out, classes = held_out_sounds()
    assert (np.bincount(classes) == 60).all()
    batches = training_batches(np.random.default_rng(0))
    waves, labels = next(batches)
    assert waves.shape == (48, zoo.SOUND_LENGTH, 1)
    assert labels.dtype == np.int32
    alike = np.abs(waves[:, None, :64] - held_out[None, :, :64]).max((2, 3))
    assert (alike > 0).all()
