"""The ensemble of networks behind dropout: all its masks, their mean, and Monte Carlo dropout, which draws from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .activations import softmax
from .arguments import (
    as_float_array,
    caller_name,
    describe,
    fail,
    fail_type,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_shape,
)
from .calibration import mutual_information, predictive_entropy

__all__ = ["enumerate_masks", "geometric_mean_prediction", "mask_probabilities", "mc_dropout_predict"]

Array = np.ndarray


def enumerate_masks(n: int) -> Array:
    """All 2ⁿ masks of n entries, the members of dropout's ensemble.

    Args:
        n: number of entries, 1 to 20.

    Returns:
        bool (2ⁿ, n), True where an entry is kept; row i holds the binary digits of i, the first digit first.

    Raises:
        TypeError: n is not an integer.
        ValueError: n is not in 1 … 20.
    """
    require_int(n=(n, 1))
    if n > 20:
        fail(f"n must be at most 20 (there are 2ⁿ masks), got {n}")
    digits = np.arange(2**n)[:, None] >> np.arange(n)[::-1]
    masks: Array = digits % 2 == 1
    return masks


def mask_probabilities(masks: Array, rate: float) -> Array:
    """How probable dropout makes each mask: Π_i keep^m_i rate^(1 − m_i), with keep = 1 − rate.

    Args:
        masks: (M, n), True or 1 where an entry is kept, as from enumerate_masks.
        rate: probability of dropping an entry, in [0, 1).

    Returns:
        float64 (M,); over all masks they add to 1.

    Raises:
        TypeError: masks are neither bool nor integers, or rate is not a number.
        ValueError: masks do not have shape (M, n) with n ≥ 1 or hold other numbers than 0 and 1, or rate is outside
            [0, 1).
    """
    masks = np.asarray(masks)
    if masks.dtype.kind not in "bui":
        fail_type(f"masks must be an array of True and False, got {describe(masks)}")
    require_ndim(masks=(masks, 2))
    if masks.size == 0 or not np.isin(masks, (0, 1)).all():
        fail(f"masks must hold 0 and 1 only, at least one, got {describe(masks)}")
    require_in_range(rate=(rate, 0, 1))
    keep = 1 - float(rate)
    probabilities: Array = np.where(masks == 1, keep, float(rate)).prod(axis=1)
    return probabilities


def geometric_mean_prediction(probs: Array, weights: Array | None = None) -> Array:
    """Normalized geometric mean of the predictions of an ensemble.

        g = Π_m probs_m^weights_m
        p = g / Σ_c g_c

    For a softmax layer whose inputs are dropped this mean over all masks is exactly the prediction with all inputs and
    the weights times keep (Baldi & Sadowski 2013). For deeper networks, and for the arithmetic mean, it is not.

    Args:
        probs: (M, N, C), class probabilities by M members of the ensemble for N examples.
        weights: (M,), not negative, adding to more than 0; only their ratios matter. None for equal weights.

    Returns:
        p (N, C). A class to which a member of positive weight gives probability 0 has probability 0.

    Raises:
        TypeError: probs or weights is not an array of real numbers.
        ValueError: probs are no probabilities over C, weights do not fit, or the members leave no class possible.
    """
    probs = as_float_array(probs=probs)
    require_ndim(probs=(probs, 3))
    if probs.size == 0 or not (probs >= 0).all() or not (probs <= 1 + 1e-6).all():
        fail(f"probs must hold probabilities, at least one, got {describe(probs)}")
    weights = np.ones(len(probs)) if weights is None else as_float_array(weights=weights)
    require_shape(weights=(weights, (len(probs),)))
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.sum() > 0):
        fail("weights must be finite, not negative, and not all 0")
    weights = (weights / weights.sum()).astype(probs.dtype)
    used = weights > 0
    with np.errstate(divide="ignore"):  # log 0 = −∞: the member excludes the class
        log_g = np.tensordot(weights[used], np.log(probs[used]), axes=1)
    if (log_g.max(axis=1) == -math.inf).any():
        fail("probs must leave a class possible: each has probability 0 by one member or another")
    return softmax(log_g)


def mc_dropout_predict(net: Any, X: Array, T: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Monte Carlo dropout: predict T times with dropout on, and look at mean and spread (Gal & Ghahramani 2016).

        p_t  = softmax(net(X))            a new mask for every t
        mean = 1/T Σ_t p_t
        std  = √(1/T Σ_t (p_t − mean)²)
        entropy            = H(mean),     H(p) = −Σ_c p_c ln p_c
        mutual_information = H(mean) − 1/T Σ_t H(p_t)

    Probabilities are averaged, not logits and not decisions. The entropy is all of the uncertainty, the mutual
    information the part of it that comes from the members' disagreement. Only the dropout layers are put into training
    mode; batch normalization keeps to its running statistics. Afterwards every layer has its mode and its generator
    back.

    Args:
        net: a gradus Layer, from inputs to logits. A layer in it that has both a ``rate`` and an ``rng`` is a dropout
            layer.
        X: inputs, examples on axis 0, as net takes them; converted to the dtype of the parameters.
        T: number of predictions, at least 1. The error of the mean falls as 1/√T.
        rng: draws all masks; the generators of the layers are not used.

    Returns:
        mean (N, C), std (N, C), entropy (N,) and mutual_information (N,), the last two in nats.

    Raises:
        TypeError: net is no Layer, X is not an array of real numbers, T is not an integer or rng no Generator.
        ValueError: net has no dropout layer, X is empty, not finite or not what net takes, T < 1, or the logits are not
            finite or not of shape (N, C).
    """
    if not (callable(net) and hasattr(net, "named_layers")):
        fail_type(f"net must be a Layer, got {describe(net)}")
    X = as_float_array(X=X)
    require_finite(X=X)
    if net.params():
        X = X.astype(net.flat.dtype, copy=False)
    if X.size == 0:
        fail(f"X must hold at least one example, got shape {X.shape}")
    require_int(T=(T, 1))
    require_rng(rng=rng)
    layers = [layer for _, layer in net.named_layers()]
    dropouts = [layer for layer in layers if hasattr(layer, "rate") and hasattr(layer, "rng")]
    if not dropouts:
        fail("net must have a dropout layer: without one all predictions are the same")
    modes = [layer.training for layer in layers]
    rngs = [layer.rng for layer in dropouts]
    try:
        for layer in layers:
            layer.training = False
        for layer in dropouts:
            layer.training, layer.rng = True, rng
        probs = np.stack([softmax(_logits(net, X)) for _ in range(T)])
    finally:
        for layer, mode in zip(layers, modes, strict=True):
            layer.training = mode
        for layer, own in zip(dropouts, rngs, strict=True):
            layer.rng = own
    return probs.mean(axis=0), probs.std(axis=0), predictive_entropy(probs), mutual_information(probs)


def _logits(net: Any, X: Array) -> Array:
    """What net makes of X, as an array (N, C)."""
    try:
        z = net(X)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{caller_name()}: X must be what net takes, got shape {X.shape}: {error}") from error
    logits: Array = as_float_array(net=z if isinstance(z, np.ndarray) else getattr(z, "data", z))
    if logits.ndim != 2 or not np.isfinite(logits).all():
        fail(f"net must return finite logits (N, C) for X, got {describe(logits)}")
    return logits
