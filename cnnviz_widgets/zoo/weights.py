"""Weights of any nnx module in one safetensors file: the path in the module to the array.

Nothing is pickled: a safetensors file is a table of names, types and shapes followed by numbers,
so opening one that a stranger sent runs no code. A file that does not fit its module exactly is
refused; nothing is loaded in part.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from safetensors import SafetensorError
from safetensors.flax import load_file, save

_LISTED = 5


class WeightsError(ValueError):
    """A file that does not hold the weights of the module it was to be loaded into."""


def save_weights(module: nnx.Module, path: str | Path, *, half: bool = False) -> None:
    """Writes a module's parameters and statistics to a safetensors file.

    Random streams (of dropout) are left out: they are state, not weights.

    Args:
        module: any nnx module.
        path: the file to write; one that is there is replaced.
        half: whether to write floating point arrays in half precision.
    """
    arrays = {name: jnp.asarray(array) for name, array in _flat(_pure(module)).items()}
    if half:
        arrays = {name: _halved(array) for name, array in arrays.items()}
    Path(path).write_bytes(save(arrays))  # `save_file` would make it readable to its owner only


def load_weights(module: nnx.Module, path: str | Path) -> None:
    """Reads a file that `save_weights` wrote into a module, in place.

    Floating point arrays may differ in precision; they take the module's.

    Args:
        module: a module of the same architecture; one from `nnx.eval_shape` will do.
        path: the safetensors file.

    Raises:
        FileNotFoundError: no such file.
        WeightsError: the file is cut short, is no safetensors file (a pickle, say), or its names,
            shapes or types are not the module's. The module is left as it was.
    """
    pure = _pure(module)
    stored = _read(Path(path))
    faults = _faults(_flat(pure), stored)
    if faults:
        raise WeightsError(
            f"{path}: expected the weights of {type(module).__name__}, "
            f"but {'; '.join(faults)}. "
            "Load the file into the architecture it was saved from, or save it anew from this one."
        )
    loaded = jax.tree_util.tree_map_with_path(
        lambda keys, old: jnp.asarray(stored[_name(keys)], old.dtype), pure
    )
    state = _weights(module)
    nnx.replace_by_pure_dict(state, loaded)
    nnx.update(module, state)


def _halved(array: jax.Array) -> jax.Array:
    return array.astype(jnp.float16) if jnp.issubdtype(array.dtype, jnp.floating) else array


def fill_streams(module: nnx.Module) -> None:
    """Gives values to the random streams that `nnx.eval_shape` has left without any, in place.

    A recurrent layer of Flax has one even where nothing is drawn.

    Args:
        module: any nnx module; streams that have values keep them.
    """

    def value(leaf: Any) -> jax.Array:
        if not isinstance(leaf, jax.ShapeDtypeStruct):
            return leaf
        if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
            return jax.random.key(0)
        return jnp.zeros(leaf.shape, leaf.dtype)

    nnx.update(module, jax.tree.map(value, nnx.state(module, nnx.RngState)))


def _weights(module: nnx.Module) -> Any:
    return nnx.state(module, nnx.Not(nnx.RngState))


def _pure(module: nnx.Module) -> dict[Any, Any]:
    return nnx.to_pure_dict(_weights(module))


def _flat(pure: dict[Any, Any]) -> dict[str, Any]:
    return {_name(keys): array for keys, array in jax.tree_util.tree_leaves_with_path(pure)}


def _name(keys: Iterable[Any]) -> str:
    return "/".join(str(key.key) for key in keys)


def _read(path: Path) -> dict[str, jax.Array]:
    try:
        return load_file(path)
    except SafetensorError as error:
        content = path.read_bytes()
        raise WeightsError(
            f"{path}: expected a whole safetensors file, but came {_looks_like(content)} "
            f"({len(content):,} bytes; {error}). "
            "Fetch or install the file again, or write it anew with `save_weights`."
        ) from error


def _looks_like(content: bytes) -> str:
    """What a file that is no safetensors file seems to be."""
    if content[:1] == b"\x80":
        return "a pickle, which is refused because opening one can run any code"
    if content[:4] == b"PK\x03\x04":
        return "a zip archive, as PyTorch and NumPy write"
    if content[:8] == b"\x89HDF\r\n\x1a\n":
        return "an HDF5 file, as Keras writes"
    if content[8:9] == b"{":
        return "one that is cut short or damaged"
    return "something else"


def _faults(expected: Mapping[str, Any], stored: Mapping[str, Any]) -> list[str]:
    """How the stored arrays differ from those expected, in words."""
    missing = [name for name in expected if name not in stored]
    extra = [name for name in stored if name not in expected]
    faults = [f"it lacks {_some(missing)}"] if missing else []
    if extra:
        faults.append(f"it has {_some(extra)}, which the module has not")
    for name in expected.keys() & stored.keys():
        want, have = expected[name], stored[name]
        if want.shape != have.shape:
            faults.append(f"{name} has shape {have.shape} in place of {want.shape}")
        elif want.dtype != have.dtype and not _both_floating(want.dtype, have.dtype):
            faults.append(f"{name} has type {have.dtype} in place of {want.dtype}")
    return faults


def _both_floating(*dtypes: Any) -> bool:
    return all(jnp.issubdtype(dtype, jnp.floating) for dtype in dtypes)


def _some(names: list[str]) -> str:
    listed = ", ".join(names[:_LISTED])
    rest = len(names) - _LISTED
    return f"{listed} and {rest} more" if rest > 0 else listed
