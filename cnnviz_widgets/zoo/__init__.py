"""Bundled networks with their trained weights, pictures to look at, and sounds."""

from .bundles import NAMES, Bundle, build, pretrained
from .cells import Cell
from .images import DIGIT_SIDE, PHOTOGRAPHS, cells, image, images
from .pieces import pieces
from .sounds import SOUND_LENGTH, SOUND_RATE, sound, sounds, synthesise
from .weights import WeightsError, load_weights, save_weights

__all__ = [
    "DIGIT_SIDE",
    "NAMES",
    "PHOTOGRAPHS",
    "SOUND_LENGTH",
    "SOUND_RATE",
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
    "sound",
    "sounds",
    "synthesise",
]
