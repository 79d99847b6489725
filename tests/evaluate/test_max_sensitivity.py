"""How far explanations jump: methods of which it is known."""

import numpy as np
import pytest

from cnnviz_widgets import evaluate
from cnnviz_widgets.evaluate.explaining import check_method
from cnnviz_widgets.network import InputError
from tests.models.taps import assert_same


def _constant(net, x, *, target):
    return np.ones(np.shape(x)[:3], np.float32)


def _image(net, x, *, target):
    return np.asarray(x)


def _dark(net, x, *, target):
    return 0 * np.asarray(x)


def _bright(net, x, *, target):
    """Zero for the images of the fixture, for others not."""
    return np.where(np.asarray(x) > 2, 1.0, 0.0) + (np.asarray(x) == 1)


def test_a_gradient_that_is_the_same_everywhere_does_not_jump(linear, images):
    np.testing.assert_array_equal(
        evaluate.max_sensitivity(linear, images, "saliency", target=0), np.zeros(3)
    )
    assert evaluate.max_sensitivity(linear, images, _constant).max() == 0


def test_the_largest_of_the_samples_counts(linear, images):
    inner = 0.5 * images + 0.25  # nothing is clipped
    noise = [np.full(images.shape[1:], level, np.float32) for level in (0.1, -0.2, 0.05)]
    found = evaluate.max_sensitivity(linear, inner, _image, noise=noise)
    size = np.linalg.norm(inner.reshape(3, -1), axis=1)
    assert_same(found, 0.2 * np.sqrt(images[0].size) / size)


def test_noise_stays_in_the_radius_and_the_image_in_range(linear, images):
    seen = []

    def note(net, x, *, target):
        seen.append(np.asarray(x))
        return _image(net, x, target=target)

    evaluate.max_sensitivity(linear, images, note, radius=0.1, samples=4)
    plain, *noisy = seen
    assert len(noisy) == 4
    assert all(0 < np.abs(each - plain).max() <= 0.1 + 1e-6 for each in noisy)
    assert all(each.min() >= 0 and each.max() <= 1 for each in noisy)
    assert not np.array_equal(noisy[0], noisy[1])


def test_an_explanation_of_nothing(linear, images):
    np.testing.assert_array_equal(evaluate.max_sensitivity(linear, images, _dark), np.zeros(3))
    noise = [np.ones(images.shape[1:], np.float32)]
    found = evaluate.max_sensitivity(linear, images, _bright, noise=noise)
    assert np.isinf(found).all()


def test_a_random_map_is_no_robust_one(linear, images):
    assert evaluate.max_sensitivity(linear, images, evaluate.random_map, samples=2).min() > 0.3
    first, again = (evaluate.random_map(linear, images).values for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(evaluate.random_map(linear, images[1]).values[0], first[1])
    assert np.abs(evaluate.random_map(linear, images, seed=1).values - first).max() > 0.1


def test_options_go_to_the_method(net, images):
    plain, smooth = (
        evaluate.max_sensitivity(net, images, "smooth_grad", target=0, sigma=sigma, preset="captum")
        for sigma in (0.0, 0.5)
    )
    assert np.abs(plain - smooth).max() > 1e-3


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("salience", "did you mean 'saliency'"),
        (lambda net, x, *, target: np.ones((2, 2)), "expected values of shape"),
    ],
)
def test_what_is_no_method_is_refused(linear, images, method, said):
    with pytest.raises(InputError, match=said):
        evaluate.max_sensitivity(linear, images, method)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(InputError, match="got int"):
        check_method(3)
