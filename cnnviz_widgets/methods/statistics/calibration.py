"""Confidence against accuracy: does a network that says 90 % turn out right in 90 of 100 cases?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from ...network import InputError

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy, over all images and by bins of confidence.

    Attributes:
        confidence: mean of the highest probability, in [0, 1].
        accuracy: share of images whose class that is.
        error: the expected calibration error: the mean distance of the two over bins, each with
            the weight of its images.
        standard_error: of the difference of confidence and accuracy.
        images: how many.
        classes: how many.
        counts: images in each bin.
        confidences: mean of each bin; NaN in an empty one.
        accuracies: likewise.
    """

    confidence: float
    accuracy: float
    error: float
    standard_error: float
    images: int
    classes: int
    counts: Int64[np.ndarray, " bins"]
    confidences: Float64[np.ndarray, " bins"]
    accuracies: Float64[np.ndarray, " bins"]


def calibration(probabilities: Any, labels: Any, bins: int = BINS) -> Calibration:
    """How well the highest probability says how often it is right.

    Args:
        probabilities: (N, K); with K = 1, that of the second of two classes.
        labels: (N,).
        bins: of equal width, over [0, 1].

    Raises:
        InputError: if there are not as many labels as rows.

    References:
        Naeini, Cooper and Hauskrecht 2015, Obtaining Well Calibrated Probabilities Using Bayesian
        Binning. Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """
    table = np.asarray(probabilities, np.float64)
    classes = np.asarray(labels).astype(np.int64)
    if table.ndim != 2 or classes.shape != (len(table),):
        raise InputError(
            f"expected probabilities (N, K) and N labels, got {table.shape} and {classes.shape}."
        )
    if table.shape[1] == 1:
        table = np.concatenate([1 - table, table], 1)
    sure, right = table.max(1), table.argmax(1) == classes
    which = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidences = np.bincount(which, sure, bins) / counts
        accuracies = np.bincount(which, right, bins) / counts
    some = counts > 0
    error = np.sum(counts[some] * abs(confidences - accuracies)[some]) / len(table)
    return Calibration(
        float(sure.mean()),
        float(right.mean()),
        float(error),
        float(np.std(sure - right) / np.sqrt(len(table))),
        len(table),
        table.shape[1],
        counts.astype(np.int64),
        confidences,
        accuracies,
    )
