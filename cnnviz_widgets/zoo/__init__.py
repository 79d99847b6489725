"""Bundled networks with their trained weights, pictures to look at, sounds and texts."""

from .bundles import NAMES, Bundle, build, pretrained
from .cells import Cell
from .images import DIGIT_SIDE, PHOTOGRAPHS, cells, image, images
from .pieces import pieces
from .sounds import SOUND_LENGTH, SOUND_RATE, sound, sounds, synthesise
from .texts import TEXT_LENGTH, languages, messages, text
from .tokens import Tokens
from .weights import WeightsError, load_weights, save_weights

__all__ = [
    "DIGIT_SIDE",
    "NAMES",
    "PHOTOGRAPHS",
    "SOUND_LENGTH",
    "SOUND_RATE",
    "TEXT_LENGTH",
    "Bundle",
    "Cell",
    "Tokens",
    "WeightsError",
    "build",
    "cells",
    "image",
    "images",
    "languages",
    "load_weights",
    "messages",
    "pieces",
    "pretrained",
    "save_weights",
    "sound",
    "sounds",
    "synthesise",
    "text",
]
