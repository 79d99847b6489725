"""The bundled networks, loaded once for all tests of methods."""

import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import Network


@pytest.fixture(scope="session")
def digits() -> Network:
    return cw.load("digits")


@pytest.fixture(scope="session")
def photos() -> Network:
    return cw.load("photos")
