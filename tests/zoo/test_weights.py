"""Saving and loading weights: any module, and no file that does not fit."""

import pickle

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file

from cnnviz_widgets import zoo


class Nested(nnx.Module):
    """A list, a norm with statistics, a random stream, and two precisions."""

    def __init__(self, seed):
        rngs = nnx.Rngs(seed)
        first = nnx.Linear(3, 4, rngs=rngs)
        second = nnx.Linear(4, 2, rngs=rngs, param_dtype=jnp.bfloat16)
        self.blocks = nnx.Sequential(first, second)
        self.norm = nnx.BatchNorm(2, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.norm(self.drop(self.blocks(x)))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "nested.safetensors"
    zoo.save_weights(Nested(0), path)
    return path


def test_a_module_comes_back_as_it_was(tmp_path):
    module = Nested(0)
    module(jnp.ones((5, 3)) * jnp.arange(5.0)[:, None])  # moves the norm's statistics
    zoo.save_weights(module, tmp_path / "w.safetensors")
    other = Nested(1)
    zoo.load_weights(other, tmp_path / "w.safetensors")
    module.eval()
    other.eval()
    x = jnp.linspace(-1, 1, 6).reshape(2, 3)
    np.testing.assert_array_equal(module(x), other(x))


def test_the_file_maps_paths_to_arrays(tmp_path):
    zoo.save_weights(nnx.BatchNorm(2, rngs=nnx.Rngs(0)), tmp_path / "w.safetensors")
    stored = load_file(tmp_path / "w.safetensors")
    assert {name: array.shape for name, array in stored.items()} == {
        "scale": (2,),
        "bias": (2,),
        "mean": (2,),
        "var": (2,),
    }


def test_the_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    zoo.save_weights(nnx.Linear(2, 2, rngs=nnx.Rngs(0)), tmp_path / "w.safetensors")
    assert (tmp_path / "w.safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_half_precision_on_disk_takes_the_precision_of_the_module(tmp_path):
    module = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
    halves = {"kernel": np.full((2, 2), 0.5, np.float16), "bias": np.ones(2, np.float16)}
    save_file(halves, tmp_path / "w.safetensors")
    zoo.load_weights(module, tmp_path / "w.safetensors")
    assert module.kernel[...].dtype == jnp.float32
    np.testing.assert_array_equal(module.kernel[...], halves["kernel"])


@pytest.mark.parametrize("kept", [0, 5, 8, 100, -1])
def test_a_file_cut_short_is_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(zoo.WeightsError, match=r"expected a whole safetensors file.*again"):
        zoo.load_weights(Nested(1), saved)


def test_a_damaged_table_is_refused(saved):
    content = bytearray(saved.read_bytes())
    content[10:20] = b"\xff" * 10
    saved.write_bytes(content)
    with pytest.raises(zoo.WeightsError, match="cut short or damaged"):
        zoo.load_weights(Nested(1), saved)


class Bomb:
    """Unpickling it fails the test."""

    def __reduce__(self):
        return (pytest.fail, ("the pickle was opened",))


@pytest.mark.parametrize("protocol", [2, 5])
def test_a_pickle_is_refused_unopened(tmp_path, protocol):
    path = tmp_path / "w.safetensors"
    path.write_bytes(pickle.dumps(Bomb(), protocol))
    with pytest.raises(zoo.WeightsError, match="a pickle, which is refused"):
        zoo.load_weights(Nested(1), path)


def test_other_formats_are_named(tmp_path):
    path = tmp_path / "w.npz"
    np.savez(path, kernel=np.ones(3))
    with pytest.raises(zoo.WeightsError, match="a zip archive, as PyTorch and NumPy write"):
        zoo.load_weights(Nested(1), path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda arrays: arrays.pop("bias"), "lacks bias"),
        (lambda arrays: arrays.update(gamma=np.ones(2)), "has gamma, which the module has not"),
        (
            lambda arrays: arrays.update(kernel=np.ones((3, 2))),
            r"kernel has shape \(3, 2\) in place of \(2, 2\)",
        ),
        (lambda arrays: arrays.update(bias=np.ones(2, int)), "bias has type int"),
    ],
)
def test_arrays_that_are_not_the_modules_are_refused(tmp_path, change, words):
    arrays = {"kernel": np.ones((2, 2), np.float32), "bias": np.ones(2, np.float32)}
    change(arrays)
    save_file(arrays, tmp_path / "w.safetensors")
    module = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
    before = np.array(module.kernel[...])
    with pytest.raises(zoo.WeightsError, match=f"expected the weights of Linear.*{words}.*Load"):
        zoo.load_weights(module, tmp_path / "w.safetensors")
    np.testing.assert_array_equal(module.kernel[...], before)
