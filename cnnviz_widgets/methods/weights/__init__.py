"""The weights of a layer: kernels, numbers about them, likeness of filters, who feeds whom."""

from ..layout.projection import PROJECTIONS, available_projections
from .connections import Connections, Links, connections
from .filters import (
    FilterMap,
    SingularValues,
    filter_similarity,
    project_filters,
    singular_values,
)
from .kernels import Kernel, Kernels, NoKernelError, kernels
from .levels import MatrixLevels, MatrixTile
from .statistics import WeightStatistics, weight_statistics

__all__ = [
    "PROJECTIONS",
    "Connections",
    "FilterMap",
    "Kernel",
    "Kernels",
    "Links",
    "MatrixLevels",
    "MatrixTile",
    "NoKernelError",
    "SingularValues",
    "WeightStatistics",
    "available_projections",
    "connections",
    "filter_similarity",
    "kernels",
    "project_filters",
    "singular_values",
    "weight_statistics",
]
