"""What may be looked at: `batch` checks, `fit` brings a picture to size."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from cnnviz_widgets.network import InputError, Network
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

_MANY = settings(max_examples=60, deadline=None, derandomize=True)
_FREE = Network(lambda w, x: conv(x, w), params=weights((3, 3, 3, 2))[0], input_shape=(12, 10, 3))
_FIXED = Network(
    lambda w, x: x.reshape(len(x), -1) @ w, params=weights((120, 3))[0], input_shape=(12, 10, 1)
)


def _picture(dtype, *, batch: bool):
    shape = (2, 12, 10, 3) if batch else (12, 10, 3)
    elements = {"min_value": 0, "max_value": 1} if np.dtype(dtype).kind == "f" else {}
    return hn.arrays(dtype, shape, elements=elements or st.integers(0, 255))


@_MANY
@given(st.one_of(_picture(t, batch=b) for t in ("u1", "i4", "f4", "f8", "f2") for b in (0, 1)))
def test_good_pictures_become_float32_in_their_range(x):
    batch = _FREE.batch(x)
    assert batch.dtype == jnp.float32
    assert batch.shape == (2, 12, 10, 3)[4 - x.ndim and 1 :] or batch.shape == (1, 12, 10, 3)
    wanted = x.astype(np.float64) / (255 if x.dtype.kind in "iu" else 1)
    np.testing.assert_allclose(batch, wanted.reshape(batch.shape), atol=1e-6)


@_MANY
@given(
    hn.arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.uint8, np.bool_, np.complex64]),
        hn.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=12),
    )
)
def test_any_array_is_taken_or_refused_in_words(x):
    fits = x.ndim in (3, 4) and x.shape[-1] == 3 and 0 not in x.shape
    in_range = x.dtype.kind in "uif" and bool(
        ((x >= 0) & (x <= (1, 255)[x.dtype.kind in "ui"])).all()
    )
    if fits and in_range:
        batch = np.asarray(_FREE.batch(x))
        assert batch.shape == (x if x.ndim == 4 else x[None]).shape
        assert 0 <= batch.min() <= batch.max() <= 1
    else:
        with pytest.raises(InputError, match="expected"):
            _FREE.batch(x)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((12, 10)), r"shape \(12, 10, 3\) or a batch \(N, 12, 10, 3\), got .*\(12, 10\)"),
        (np.zeros((1, 1, 12, 10, 3)), "got an array of shape"),
        (np.zeros((12, 10, 4)), "4 channels.*net.fit"),
        (np.zeros((1, 3, 12, 10)), r"10 channels.*Channels come last here: transpose"),
        (np.zeros((0, 12, 10, 3)), "empty batch.*at least one"),
        (np.zeros((0, 10, 3)), r"got an array of shape \(1, 0, 10, 3\)|empty"),
        (np.full((12, 10, 3), np.nan), r"360 NaN or infinite ones, the first at \(0, 0, 0, 0\)"),
        (np.full((12, 10, 3), np.inf), "NaN or infinite"),
        (np.full((12, 10, 3), 256), "integers from 0 to 255, got 256"),
        (np.full((12, 10, 3), -1), "integers from 0 to 255, got -1"),
        (np.full((12, 10, 3), 1.5), r"floats in \[0, 1\], got 1.5 to 1.5.*Divide by 255"),
        (np.full((12, 10, 3), -0.5), r"floats in \[0, 1\]"),
        (np.full((12, 10, 3), "a"), "numbers"),
        (np.zeros((12, 10, 3), bool), "dtype bool"),
        (np.zeros((12, 10, 3), complex), "dtype complex"),
        ("cat", "expected numbers"),
        (None, "expected numbers"),
        ([[1, 2], [3]], "expected an array of numbers"),
        ({"image": 1}, "expected numbers"),
    ],
    ids=repr,
)
def test_bad_pictures_are_refused_in_words(x, words):
    with pytest.raises(InputError, match=f"(?s){words}"):
        _FREE.batch(x)


@pytest.mark.parametrize("side", [4097, 20_000])
def test_a_huge_picture_is_refused_with_an_offer_to_shrink(side):
    x = np.broadcast_to(np.zeros((1, 1, 3), np.uint8), (side, 2, 3))
    with pytest.raises(InputError, match=r"at most 4096 pixels.*net.fit\(image, longest=512\)"):
        _FREE.batch(x)
    assert _FREE.fit(x, longest=512).shape == (512, 1, 3)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.uint8])
def test_jax_arrays_are_taken(dtype):
    assert_same(
        _FREE.batch(jnp.ones((12, 10, 3), dtype)) * (255 if dtype == jnp.uint8 else 1),
        np.ones((1, 12, 10, 3)),
    )


def test_a_size_that_the_model_cannot_take_is_refused():
    with pytest.raises(InputError, match="11 x 10 x 1"):
        _FIXED.batch(np.zeros((11, 10, 1)))
    assert not _FIXED.takes((11, 10, 1))
    assert _FIXED.takes((12, 10, 1))
    assert _FREE.takes((5, 7, 3))


def test_a_size_of_which_nothing_is_left_names_the_layer():
    net = Network(
        lambda w, x: conv(x, w, padding="VALID"),
        params=weights((5, 5, 3, 2))[0],
        input_shape=(9, 9, 3),
    )
    with pytest.raises(InputError, match=r"4 x 9 x 3 is too small.*'conv'"):
        net.batch(np.zeros((4, 9, 3)))


def test_other_data_need_only_be_finite():
    net = Network(lambda _, x: jnp.tanh(x), input_shape=(9, 4))
    assert net.batch(np.full((9, 4), -7)).shape == (1, 9, 4)
    with pytest.raises(InputError, match="finite"):
        net.batch(np.full((9, 4), np.nan))


_ANY_PICTURE = st.tuples(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from([None, 1, 3, 4]), st.booleans()
)


@_MANY
@given(_ANY_PICTURE, st.sampled_from([_FREE, _FIXED]), st.sampled_from([None, 8, 100]))
def test_fit_brings_any_picture_to_what_the_network_takes(picture, net, longest):
    rows, columns, channels, eight_bits = picture
    shape = (rows, columns) if channels is None else (rows, columns, channels)
    image = np.random.default_rng(rows).random(shape)
    image = (image * 255).astype(np.uint8) if eight_bits else image
    fitted = net.fit(image, longest)
    assert fitted.dtype == np.float32
    assert 0 <= fitted.min() <= fitted.max() <= 1
    net.batch(fitted)
    if net is _FIXED:
        assert fitted.shape == net.input_shape
    elif longest is None or max(rows, columns) <= longest:
        assert fitted.shape == (rows, columns, 3)
    else:
        assert max(fitted.shape[:2]) == longest


def test_fit_leaves_a_picture_that_fits_as_it_is():
    image = pictures((12, 10, 3), 1)[0]
    np.testing.assert_array_equal(_FREE.fit(image), image)


def test_fit_keeps_proportions_and_cuts_out_the_middle():
    image = np.zeros((24, 60, 1), np.float32)
    image[:, 20:40] = 1  # exactly what is 12 x 10 in its middle
    fitted = _FIXED.fit(image)
    assert fitted.shape == (12, 10, 1)
    assert (fitted[:, 1:-1] > 0.95).all()


def test_fit_turns_colour_to_luma_and_shows_transparency_on_white():
    red = np.zeros((12, 10, 3), np.float32)
    red[..., 0] = 1
    np.testing.assert_allclose(_FIXED.fit(red), 0.299, rtol=1e-5)
    glass = np.zeros((12, 10, 4), np.float32)
    np.testing.assert_allclose(_FREE.fit(glass), 1)
    np.testing.assert_allclose(_FREE.fit(np.full((12, 10), 0.25)), 0.25)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((2, 12, 10, 3)),
        np.zeros((12, 10, 2)),
        np.zeros((0, 10, 3)),
        np.full((4, 4), np.nan),
    ],
    ids=["batch", "two channels", "empty", "NaN"],
)
def test_fit_refuses_what_is_no_picture(image):
    with pytest.raises(InputError, match="expected"):
        _FREE.fit(image)


def test_fit_is_for_grey_and_colour():
    net = Network(lambda _, x: jnp.tanh(x), input_shape=(9, 8, 5))
    with pytest.raises(InputError, match="grey or colour"):
        net.fit(np.zeros((9, 8, 3)))


@pytest.mark.parametrize("shape", [8, (), (8, 8, 0), (8, -8, 3), ("8", 8, 3), (None, None, 3), 8.5])
def test_input_shape_must_be_positive_integers(shape):
    with pytest.raises((InputError, TypeError), match="input_shape"):
        Network(lambda _, x: jnp.tanh(x), input_shape=shape)


def test_input_shape_is_needed():
    with pytest.raises(InputError, match=r"input_shape=\(224, 224, 3\)"):
        Network(lambda _, x: jnp.tanh(x))
