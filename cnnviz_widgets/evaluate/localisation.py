"""Localisation: do the values lie where the object is?

A network may rightly look at something else, such as the sky around a rocket. These metrics ask
whether the map finds the object, not whether it is faithful.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from ..methods.attribution.method import Target
from ..network import Network
from .areas import Areas, areas, cells_of_class
from .judged import Maps, Scores, check_between, judge
from .metric import metric
from .order import ranks


@metric(better="higher", needs="where")
def pointing_game(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    where: Any,
    tolerance: float = 0,
) -> Scores:
    """Whether the largest value lies on the object. Higher is better.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees. It chooses among cells.
        where: the object: a mask of booleans, (H, W) or (N, H, W), or the cells of a collage.
        tolerance: how many pixels beside the object still count; 15 in the paper.

    Returns:
        float32 (N,), 1 for a hit, else 0. Where several pixels share the largest value, the share
        of them that hits; so a constant map gets what chance would.

    Raises:
        InputError: if `x`, the values or the object are not what is expected, or a collage does
            not show the class.
        UnknownTargetError: if there is no such class.

    References:
        Zhang, Bargal, Lin, Brandt, Shen and Sclaroff 2018, https://arxiv.org/abs/1608.00507.
    """
    judged = judge(net, x, values, target)
    check_between("tolerance", tolerance, -1e-9, 10**4)
    found = areas(judged, where)
    if tolerance > 0:
        found = np.stack([_distance(each) <= tolerance for each in found])
    largest = judged.maps == judged.maps.max((1, 2), keepdims=True)
    hits, count = (largest & found).sum((1, 2)), largest.sum((1, 2))
    return (hits / count).astype(np.float32)


@metric(better="higher", needs="cells")
def grid_pointing_game(
    net: Network, x: Any, values: Any, *, target: Target = None, cells: Any
) -> Scores:
    """Which share of the positive values lies in the cell of the class. Higher is better.

    Args:
        net: the network.
        x: collages, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        cells: of the collage: `cw.zoo.cells("collage")`.

    Returns:
        float32 (N,), from 0 to 1; by chance the cell's share of the picture. 0 where nothing is
        positive.

    Raises:
        InputError: if `x` or the values are not what is expected, or no cell shows the class.
        UnknownTargetError: if there is no such class.

    References:
        Böhle, Fritz and Schiele 2021, https://arxiv.org/abs/2104.00032.

    Example:
        >>> x = cw.image("collage")
        >>> found = cw.methods.grad_cam(net, x, target="cat")
        >>> cw.evaluate.grid_pointing_game(net, x, found, cells=cw.zoo.cells("collage"))
    """
    judged = judge(net, x, values, target)
    return _share(judged.maps, cells_of_class(judged, cells))


@metric(better="higher", needs="where")
def relevance_mass(
    net: Network, x: Any, values: Any, *, target: Target = None, where: Any
) -> Scores:
    """Which share of the positive values lies on the object. Higher is better.

    Args and errors as for `pointing_game`.

    Returns:
        float32 (N,), from 0 to 1; 0 where nothing is positive.

    References:
        Arras, Osman and Samek 2022, https://arxiv.org/abs/2003.07258.
    """
    judged = judge(net, x, values, target)
    return _share(judged.maps, areas(judged, where))


@metric(better="higher", needs="where")
def relevance_rank(
    net: Network, x: Any, values: Any, *, target: Target = None, where: Any
) -> Scores:
    """Of as many largest values as the object has pixels, which share lies on it. Higher is better.

    Args and errors as for `pointing_game`. Equal values are in one random order, so a constant map
    gets about what chance would, the object's share of the picture.

    Returns:
        float32 (N,), from 0 to 1.

    References:
        Arras, Osman and Samek 2022, https://arxiv.org/abs/2003.07258.
    """
    judged = judge(net, x, values, target)
    found = areas(judged, where)
    size = found.sum((1, 2))
    first = ranks(judged.maps) < size[:, None, None]
    return ((first & found).sum((1, 2)) / size).astype(np.float32)


def _distance(mask: np.ndarray) -> np.ndarray:
    """How far each pixel is from the nearest one of the mask."""
    return np.asarray(distance_transform_edt(~mask))


def _share(maps: Maps, found: Areas) -> Scores:
    positive = np.maximum(maps, 0).astype(np.float64)
    total = positive.sum((1, 2))
    inside = np.where(found, positive, 0).sum((1, 2))
    return (inside / np.where(total > 0, total, 1)).astype(np.float32)
