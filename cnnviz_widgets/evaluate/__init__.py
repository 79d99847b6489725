"""Is an explanation any good? Metrics, sanity checks, and a ranking of methods."""

from .average_drop import average_drop, average_increase
from .completeness import completeness
from .deletion import deletion, insertion
from .faithfulness_correlation import faithfulness_correlation
from .infidelity import infidelity
from .localisation import grid_pointing_game, pointing_game, relevance_mass, relevance_rank
from .max_sensitivity import max_sensitivity
from .metric import METRICS, Metric
from .mu_fidelity import mu_fidelity
from .pixel_flipping import pixel_flipping, pixel_flipping_curve
from .random_map import random_map
from .randomised import layers_with_weights, randomised
from .rank import rank, rank_frames
from .ranking import Ranking
from .road import road
from .sanity_check import SanityCheck, sanity_check, sanity_check_frames
from .sparseness import sparseness

__all__ = [
    "METRICS",
    "Metric",
    "Ranking",
    "SanityCheck",
    "average_drop",
    "average_increase",
    "completeness",
    "deletion",
    "faithfulness_correlation",
    "grid_pointing_game",
    "infidelity",
    "insertion",
    "layers_with_weights",
    "max_sensitivity",
    "mu_fidelity",
    "pixel_flipping",
    "pixel_flipping_curve",
    "pointing_game",
    "random_map",
    "randomised",
    "rank",
    "rank_frames",
    "relevance_mass",
    "relevance_rank",
    "road",
    "sanity_check",
    "sanity_check_frames",
    "sparseness",
]
