"""Bundled networks with their trained weights, and pictures to look at."""

from .bundles import NAMES, Bundle, build, pretrained
from .cells import Cell
from .images import cells, image, images
from .weights import WeightsError, load_weights, save_weights

__all__ = [
    "NAMES",
    "Bundle",
    "Cell",
    "WeightsError",
    "build",
    "cells",
    "image",
    "images",
    "load_weights",
    "pretrained",
    "save_weights",
]
