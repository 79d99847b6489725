"""Strictness for all tests: shapes are checked at run time, and JAX promotes nothing silently.

Set before anything imports the package: the jaxtyping hook rewrites modules as they are imported,
also those that ``cnnviz_widgets`` imports lazily, much later.
"""

import os
import tempfile
from collections.abc import Iterator

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("KERAS_BACKEND", "jax")

import hypothesis
import jax
import pytest
from jaxtyping import install_import_hook

from tests import type_checks

install_import_hook("cnnviz_widgets", f"{type_checks.__name__}.check")
jax.config.update("jax_numpy_rank_promotion", "raise")
# A busy machine is slow, and a compilation slower: time says nothing about what is right.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """What one process of a run has compiled serves the others: workers, kernels and scripts."""
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="cnnviz-compiled-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives the tests of a file to one worker: they share fixtures, and what JAX has traced.

    Notebooks share nothing, and each of them takes long.
    """
    for item in items:
        file = item.nodeid.partition("::")[0]
        if file != "tests/notebooks/test_notebooks.py":
            item.add_marker(pytest.mark.xdist_group(file.removesuffix(".py")))


@pytest.fixture
def lenient_ranks() -> Iterator[None]:
    """For models of frameworks that broadcast ranks themselves, such as Keras's dense layer."""
    jax.config.update("jax_numpy_rank_promotion", "allow")
    yield
    jax.config.update("jax_numpy_rank_promotion", "raise")
