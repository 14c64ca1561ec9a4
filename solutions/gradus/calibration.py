"""Calibration: are predicted probabilities as often right as they say? Scores, reliability bins and uncertainty.

probs has shape (N, C): for each of N examples the probabilities of C classes. y holds the labels, integers (N,).
Stacked predictions of an ensemble, or of Monte Carlo dropout, have shape (T, N, C).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import as_float_array, as_labels, describe, fail, require_int, require_ndim

__all__ = [
    "accuracy",
    "brier",
    "ece",
    "mutual_information",
    "nll",
    "predictive_entropy",
    "reliability_bins",
]

Array = np.ndarray


def predictive_entropy(probs: Array) -> Array:
    """Entropy of the mean prediction of an ensemble, in nats: all of its uncertainty.

        p = 1/T Σ_t probs_t
        H(p) = −Σ_c p_c ln p_c,      0 ln 0 = 0

    Between 0 (certain) and ln C (all classes alike).

    Args:
        probs: (T, N, C), or (N, C) for a single prediction.

    Returns:
        (N,).

    Raises:
        TypeError: probs is not an array of real numbers.
        ValueError: probs has another shape or no entries, or holds no probabilities.
    """
    return _entropy(_members(probs).mean(axis=0))


def mutual_information(probs: Array) -> Array:
    """What the members of an ensemble disagree about, in nats (Gal & Ghahramani 2016; Houlsby et al. 2011).

        I = H(1/T Σ_t probs_t) − 1/T Σ_t H(probs_t)

    0 where all members say the same, however uncertain they are; never negative.

    Args:
        probs: (T, N, C).

    Returns:
        (N,).

    Raises:
        TypeError: probs is not an array of real numbers.
        ValueError: probs has another shape or no entries, or holds no probabilities.
    """
    require_ndim(probs=(as_float_array(probs=probs), 3))
    members = _members(probs)
    information: Array = _entropy(members.mean(axis=0)) - _entropy(members).mean(axis=0)
    return information.clip(0, math.inf)  # not −1e-17 where all agree


def accuracy(probs: Array, y: Array) -> float:
    """Share of the examples whose most probable class is the label; of equal probabilities the first class counts.

    Args:
        probs: (N, C).
        y: (N,), labels.

    Raises:
        TypeError, ValueError: as nll.
    """
    probs, y = _predictions(probs, y)
    return float(np.mean(probs.argmax(axis=1) == y))


def nll(probs: Array, y: Array) -> float:
    """Mean negative log-likelihood of the labels, in nats: −1/N Σ_n ln probs[n, y_n].

    It is ∞ where a label was given probability 0.

    Libraries differ: scikit-learn's log_loss and Keras' categorical_crossentropy clip probabilities away from 0 (by the
    machine epsilon and by 1e-7), so that a certain error costs 36 or 16 instead of ∞.

    Args:
        probs: (N, C).
        y: (N,), labels.

    Raises:
        TypeError: probs does not hold real numbers, or y no integers.
        ValueError: probs and y do not fit together or are empty, a label is not in [0, C), or a row of probs is not
            a distribution: an entry below 0 or NaN, or a sum other than 1 by more than 1e-3.
    """
    probs, y = _predictions(probs, y)
    with np.errstate(divide="ignore"):  # ln 0 = −∞
        return -float(np.log(probs[np.arange(len(y)), y]).mean(dtype=np.float64))


def brier(probs: Array, y: Array) -> float:
    """Brier score, the mean squared distance of the probabilities from the truth (Brier 1950).

        1/N Σ_n Σ_c (probs[n, c] − 1(y_n = c))²

    Between 0 (certain and right) and 2 (certain and wrong).

    Libraries differ: for two classes scikit-learn's brier_score_loss counts one of the two columns, half of this.

    Args:
        probs: (N, C).
        y: (N,), labels.

    Raises:
        TypeError, ValueError: as nll.
    """
    probs, y = _predictions(probs, y)
    errors = probs.astype(np.float64)
    errors[np.arange(len(y)), y] -= 1
    return float(np.square(errors).sum(axis=1).mean())


def reliability_bins(probs: Array, y: Array, bins: int = 10) -> tuple[Array, Array, Array]:
    """Examples sorted into bins by the confidence of their prediction: what a reliability diagram shows.

    The confidence is the probability of the predicted class. Bin k holds confidences in (k/bins, (k + 1)/bins]: the
    right edge belongs to the bin, the left edge to the one before (Guo et al. 2017).

    Args:
        probs: (N, C).
        y: (N,), labels.
        bins: number of bins of equal width.

    Returns:
        count (bins,) integers, accuracy (bins,) and mean confidence (bins,), NaN in an empty bin.

    Raises:
        TypeError, ValueError: as nll; bins is not an integer of at least 1.
    """
    probs, y = _predictions(probs, y)
    require_int(bins=(bins, 1))
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == y
    edges = np.arange(1, bins) / bins  # the inner ones
    k = np.searchsorted(edges.astype(probs.dtype), confidence, side="left")  # a value on an edge falls left of it
    count = np.bincount(k, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 in an empty bin
        hit = np.bincount(k, weights=right, minlength=bins) / count
        mean = np.bincount(k, weights=confidence, minlength=bins) / count
    return count, hit.astype(probs.dtype), mean.astype(probs.dtype)


def ece(probs: Array, y: Array, bins: int = 10) -> float:
    """Expected calibration error: by how much confidence and accuracy differ (Naeini et al. 2015; Guo et al. 2017).

        ECE = Σ_k count_k / N |accuracy_k − confidence_k|      over the bins of reliability_bins

    Between 0 and 1. It depends on the number of bins.

    Args:
        probs: (N, C).
        y: (N,), labels.
        bins: number of bins of equal width; edges as in reliability_bins.

    Raises:
        TypeError, ValueError: as reliability_bins.
    """
    count, hit, confidence = reliability_bins(probs, y, bins)
    gap = np.abs(hit - confidence)[count > 0]
    return float(count[count > 0] @ gap / count.sum())


def _entropy(p: Array) -> Array:
    """−Σ_c p ln p over the last axis; 0 ln 0 is 0."""
    entropy: Array = 0 - (p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)  # 0 − 0 is 0, −0 is not pretty
    return entropy


def _members(probs: Any) -> Array:
    """(T, N, C) probabilities; a single prediction is an ensemble of one."""
    members: Array = as_float_array(probs=probs)
    if members.ndim == 2:
        members = members[None]
    require_ndim(probs=(members, 3))
    _require_distributions(members)
    return members


def _predictions(probs: Any, y: Any) -> tuple[Array, Array]:
    """Probabilities (N, C) and labels (N,) that fit together."""
    probs = as_float_array(probs=probs)
    require_ndim(probs=(probs, 2))
    _require_distributions(probs)
    y = as_labels(probs.shape[1], y=y)
    if len(y) != len(probs):
        fail(f"y must have one label for each of the {len(probs)} rows of probs, got {len(y)}")
    return probs, y


def _require_distributions(probs: Array) -> None:
    """Along the last axis no entry is negative and the sum is 1, within what half precision leaves of it."""
    if probs.size == 0:
        fail(f"probs must have at least one entry, got shape {probs.shape}")
    if not (probs >= 0).all():
        fail(f"probs must not be negative or NaN, got {describe(probs)}")
    sums = probs.sum(axis=-1)
    if not (np.abs(sums - 1) <= 1e-3).all():
        worst = float(sums.flat[np.abs(sums - 1).argmax()])
        fail(f"probs must add to 1 over the classes, got a sum of {worst:g}")
