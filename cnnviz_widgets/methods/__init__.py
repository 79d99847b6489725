"""The visualisation methods: arrays in, arrays or an iterator of frames out."""

from .activations import activations
from .ascent import AscentFrame, ascend
from .objectives import Objective, objective
from .parameterisations import Fourier, Parameterisation, Pixels
from .predictions import probabilities
from .tiles import TileSheet, TileSheets, tile_sheets

__all__ = [
    "AscentFrame",
    "Fourier",
    "Objective",
    "Parameterisation",
    "Pixels",
    "TileSheet",
    "TileSheets",
    "activations",
    "ascend",
    "objective",
    "probabilities",
    "tile_sheets",
]
