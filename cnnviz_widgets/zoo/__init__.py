"""Bundled networks with their trained weights, and pictures to look at."""

from .bundles import NAMES, Bundle, build, pretrained
from .cells import Cell
from .images import DIGIT_SIDE, PHOTOGRAPHS, cells, image, images
from .pieces import pieces
from .weights import WeightsError, load_weights, save_weights

__all__ = [
    "DIGIT_SIDE",
    "NAMES",
    "PHOTOGRAPHS",
    "Bundle",
    "Cell",
    "WeightsError",
    "build",
    "cells",
    "image",
    "images",
    "load_weights",
    "pieces",
    "pretrained",
    "save_weights",
]
