"""What gradients and steps look like: their sizes, signs and paths, and whether a gradient is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_callable,
    require_finite,
    require_in_range,
    require_ndim,
    require_same_shape,
)
from .clipping import norm_of

__all__ = ["condition_number", "grad_check", "gradient_ratios", "path_ratio", "sign_agreement", "update_ratio"]

Array = np.ndarray


def update_ratio(w_old: Array, w_new: Array) -> float:
    """Size of a step against the size of what it changes: ‖w_new − w_old‖ / ‖w_old‖.

    About 1e-3 is healthy (CS231n's rule of thumb). With w_old = 0 it is inf, or 0 where nothing moved; with NaN it is NaN.

    Args:
        w_old: parameters before the step, any shape.
        w_new: parameters after it, same shape.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes differ.
    """
    w_old, w_new = as_float_array(w_old=w_old, w_new=w_new)
    require_same_shape(w_old=w_old, w_new=w_new)
    w_old, w_new = _small(w_old, w_new)
    return _norm_ratio(w_new - w_old, w_old)


def _small(*arrays: Array) -> list[Array]:
    """float64 arrays, all divided by one power of two where they are so large that a difference might overflow."""
    largest = max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0)
    size = 2.0**64 if 2.0**960 < largest < math.inf else 1.0
    return [np.divide(a, size, dtype=np.float64) for a in arrays]


def gradient_ratios(weights: Sequence[Array], grads: Sequence[Array]) -> Array:
    """Size of the gradient against the size of the weights, layer by layer: ‖∂L/∂W_l‖ / ‖W_l‖.

    Times the learning rate this is the update ratio of plain gradient descent. Its largest over its smallest entry says
    how unequally fast the layers learn.

    Args:
        weights: arrays W_1 … W_L, or a single layer in a list.
        grads: the gradient of each, shaped like it.

    Returns:
        (L,); inf for a layer of zeros that has a gradient, 0 where it has none.

    Raises:
        TypeError: weights or grads is no list, or an array does not hold real numbers.
        ValueError: there are not as many gradients as weights, or one has another shape.
    """
    for name, arrays in (("weights", weights), ("grads", grads)):
        if isinstance(arrays, str) or not isinstance(arrays, Iterable):
            fail_type(f"{name} must be a list of arrays, got {describe(arrays)}")
    weights, grads = list(weights), list(grads)
    if len(weights) != len(grads):
        fail(f"grads must have as many arrays as weights, {len(weights)}, got {len(grads)}")
    ratios = np.zeros(len(weights))
    for l, (W, dW) in enumerate(zip(weights, grads, strict=True)):
        W, dW = as_float_array(**{f"weights[{l}]": W, f"grads[{l}]": dW})
        require_same_shape(**{f"weights[{l}]": W, f"grads[{l}]": dW})
        ratios[l] = _norm_ratio(dW, W)
    return ratios


def _norm_ratio(change: Array, size: Array) -> float:
    """‖change‖ / ‖size‖, with 0/0 = 0 and c/0 = inf."""
    c, s = norm_of([change]), norm_of([size])
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        return float(np.divide(c, s)) if c != 0 or s != 0 else 0.0


def sign_agreement(G: Array) -> float:
    """Share of units whose incoming weights would all be moved to the same side: columns of G of one sign.

    With inputs that are all positive, as the logistic function sends them on, it is 1 for a single sample: the gradient
    of column j is x δ_j. Over a batch the samples' signs mix (LeCun et al. 1998, section 4.3). A zero goes with either
    sign, but a column of zeros has none and does not count as agreeing.

    Args:
        G: (fan_in, fan_out), the gradient of W; columns are the units.

    Raises:
        TypeError: G does not hold real numbers.
        ValueError: G has not two axes, is empty, or not finite.
    """
    G = as_float_array(G=G)
    require_ndim(G=(G, 2))
    require_finite(G=G)
    if G.size == 0:
        fail(f"G must have at least one entry, got shape {G.shape}")
    one_sign = (G >= 0).all(axis=0) | (G <= 0).all(axis=0)
    return float(np.mean(one_sign & (G != 0).any(axis=0)))


def path_ratio(traj: Array) -> float:
    """How much longer the way was than it had to be: 1 for a straight line, large for a zigzag.

        Σ_t ‖w_{t+1} − w_t‖ / ‖w_T − w_0‖

    Args:
        traj: (T + 1, …), the parameters before the first step and after each step.

    Returns:
        At least 1; inf for a path that ends where it began, NaN if it never left.

    Raises:
        TypeError: traj does not hold real numbers.
        ValueError: traj holds fewer than two points, or is not finite.
    """
    traj = as_float_array(traj=traj)
    if traj.ndim == 0 or len(traj) < 2 or traj.size == 0:
        fail(f"traj must hold at least two points, got shape {traj.shape}")
    require_finite(traj=traj)
    [w] = _small(traj)
    length = sum(norm_of([after - before]) for before, after in pairwise(w))
    distance = norm_of([w[-1] - w[0]])
    if distance == 0:
        return math.inf if length > 0 else math.nan
    return length / distance


def condition_number(A: Array, tol: float = 0.0) -> float:
    """Largest over smallest singular value: κ = σ_max / σ_min.

    For a Hessian or a covariance it is that of the eigenvalues, λ_max / λ_min, and the number of steps of gradient
    descent grows with it. For data X it is the square root of that of XᵀX.

    Libraries differ: numpy.linalg.cond is this with tol=0. With tol, directions in which there is nothing (constant
    pixels) are left out, as numpy.linalg.matrix_rank leaves them out.

    Args:
        A: matrix with at least one entry.
        tol: singular values below tol · σ_max are left out, in [0, 1].

    Returns:
        At least 1; inf for a singular matrix, of which nothing is left out with tol=0.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: A has not two axes, is empty or not finite, or tol is outside [0, 1].
    """
    A = as_float_array(A=A)
    require_ndim(A=(A, 2))
    require_finite(A=A)
    require_in_range(tol=(tol, 0, 1), high_open=False)
    if A.size == 0:
        fail(f"A must have at least one entry, got shape {A.shape}")
    sigma = np.linalg.svd(A, compute_uv=False)
    largest, smallest = float(sigma[0]), float(sigma[sigma >= float(tol) * sigma[0]][-1])
    return largest / smallest if smallest > 0 else math.inf


TINY = 1e-8  # gradients smaller than that are compared absolutely: the quotient has no more digits


def grad_check(f: Callable[[Array], float], x: Array, analytic: Array, h: float = 1e-5) -> float:
    """Largest relative error of a gradient on plain arrays, against central differences.

        numeric_i = (f(x + h e_i) − f(x − h e_i)) / (2 h)
        max_i |analytic_i − numeric_i| / max(|analytic_i|, |numeric_i|, 1e-8)

    Below 1e-7 the gradient is right, above 1e-2 it is wrong; in between look for kinks (CS231n). What f draws at random,
    such as dropout masks, must be the same at each call. ``gradus.gradcheck`` does it on Variables, in random
    directions.

    Args:
        f: maps an array like x to a number.
        x: point, float64, any shape with at least one entry. Not changed.
        analytic: gradient at x, the same shape.
        h: step, positive.

    Returns:
        The largest relative error; inf where f is not finite around x.

    Raises:
        TypeError: f is not a function or does not return a number, an array is not real, or x is float32, which leaves
            three digits of a difference.
        ValueError: shapes differ, x is empty, an array is not finite, or h is not positive.
    """
    require_callable(f=f)
    x, analytic = as_float_array(x=x, analytic=analytic)
    if x.dtype != np.float64:
        fail_type(f"x must be float64, got {x.dtype}: rounding would hide an error")
    require_same_shape(x=x, analytic=analytic)
    require_finite(x=x, analytic=analytic)
    require_in_range(h=(h, 0, math.inf), low_open=True)
    if x.size == 0:
        fail(f"x must have at least one entry, got shape {x.shape}")
    numeric = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        right, left = x.copy(), x.copy()
        right[i] += h
        left[i] -= h
        numeric[i] = (_number(f(right)) - _number(f(left))) / (2 * h)
    if not np.isfinite(numeric).all():
        return math.inf
    scale = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), TINY)
    return float(np.max(np.abs(analytic - numeric) / scale))


def _number(value: object) -> float:
    array = np.asarray(value)
    if array.ndim != 0 or array.dtype.kind not in "fiu":
        fail_type(f"f must return a number, got an array of shape {array.shape} and dtype {array.dtype}")
    return float(array)
