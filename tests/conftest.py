"""Strictness for all tests: shapes are checked at run time, and JAX promotes nothing silently.

Set before anything imports the package: the jaxtyping hook rewrites modules as they are imported,
also those that ``cnnviz_widgets`` imports lazily, much later.
"""

import os
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


@pytest.fixture
def lenient_ranks() -> Iterator[None]:
    """For models of frameworks that broadcast ranks themselves, such as Keras's dense layer."""
    jax.config.update("jax_numpy_rank_promotion", "allow")
    yield
    jax.config.update("jax_numpy_rank_promotion", "raise")
