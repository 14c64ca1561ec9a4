"""Small problems to try optimizers on: bowls, valleys, plateaus, and data on which one kind of optimizer does badly.

A ``Problem`` is a function to minimize, its gradient, a place to start and the place to find.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import cos, inf, sin
from typing import NamedTuple

import numpy as np

from .arguments import (
    as_float_array,
    fail,
    require_callable,
    require_finite,
    require_in_range,
    require_int,
    require_rng,
    require_shape,
)

__all__ = [
    "Problem",
    "hessian_fd",
    "noisy_quadratic",
    "plateau",
    "quadratic",
    "rosenbrock",
    "saddle",
    "sparse_logreg",
    "terminal_velocity",
    "wilson_data",
]

Array = np.ndarray


class Problem(NamedTuple):
    """A function of n numbers to minimize."""

    f: Callable[[Array], float]  # f(w), for w of shape (n,)
    grad: Callable[[Array], Array]  # its gradient, shape (n,)
    start: Array  # (n,)
    minimum: Array | None  # (n,), the w with the smallest f; None if it is not known


def quadratic(kappa: float, angle: float = 0.0) -> Problem:
    """A bowl that is κ times as steep across as along, turned by an angle.

        f(w) = ½ wᵀ H w        H = R diag(1, κ) Rᵀ,  R the rotation by the angle

    κ is the condition number. Gradient descent converges for η < 2/κ, in about κ steps; with momentum in about √κ
    (Polyak 1964). The start is R (1, 1), the minimum 0. At angle 0 one rate for each coordinate cures the
    ill-conditioning; in a bowl turned by π/4 the gradients of both coordinates are equally large, and it does not.

    Args:
        kappa: κ >= 1.
        angle: in radians, counterclockwise.

    Raises:
        TypeError: an argument is no number.
        ValueError: kappa < 1, or one of them is not finite.
    """
    require_in_range(kappa=(kappa, 1, inf), angle=(angle, -inf, inf))
    R = np.array([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])
    H = R @ np.diag([1.0, float(kappa)]) @ R.T
    return Problem(lambda w: float(0.5 * w @ H @ w), lambda w: H @ w, R @ np.ones(2), np.zeros(2))


def noisy_quadratic(kappa: float, sigma: float, rng: np.random.Generator) -> Problem:
    """The bowl quadratic(κ), of which only noisy gradients are seen, as with minibatches.

        f(w) = ½ (w₁² + κ w₂²)
        grad(w) = (w₁, κ w₂) + σ ε        ε normal, drawn anew at every call

    With a constant rate w does not settle but wanders around the minimum, the wider the larger the rate: in a direction
    of curvature h with variance η σ² / (h (2 − η h)). Rates that fall bring it in (Robbins & Monro 1951).

    Args:
        kappa: κ >= 1.
        sigma: standard deviation σ >= 0 of the noise in each coordinate.
        rng: draws the noise, whenever grad is called.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: kappa < 1 or sigma < 0.
    """
    require_in_range(kappa=(kappa, 1, inf), sigma=(sigma, 0, inf))
    require_rng(rng=rng)
    bowl = quadratic(kappa)
    return bowl._replace(grad=lambda w: bowl.grad(w) + float(sigma) * rng.standard_normal(2))


def plateau() -> Problem:
    """A dip in a wide plain.

        f(x) = −exp(−x²/2)

    At the start, x = 4, the slope is 0.0013. Momentum adds up many such steps.

    Raises:
        Nothing.
    """
    return Problem(
        lambda w: float(-np.exp(-0.5 * w @ w)), lambda w: w * np.exp(-0.5 * w @ w), np.array([4.0]), np.zeros(1)
    )


def rosenbrock() -> Problem:
    """A flat, curved valley between steep walls (Rosenbrock 1960).

        f(x, y) = (1 − x)² + 100 (y − x²)²

    The customary start is (−1.2, 1); the minimum (1, 1) lies at the end of the valley, around a bend.

    Raises:
        Nothing.
    """

    def f(w: Array) -> float:
        x, y = w
        return float((1 - x) ** 2 + 100 * (y - x * x) ** 2)

    def grad(w: Array) -> Array:
        x, y = w
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    return Problem(f, grad, np.array([-1.2, 1.0]), np.ones(2))


def saddle() -> Problem:
    """A saddle between two dips.

        f(x, y) = ½ x² − ½ y² + ¼ y⁴

    The gradient is 0 at the saddle (0, 0) and at the minima (0, ±1). The start, (1, 10⁻⁶), is almost on the ridge that
    leads down to the saddle and only there: gradient descent loses y by a factor 1 + η a step, and lingers.

    Raises:
        Nothing.
    """

    def f(w: Array) -> float:
        x, y = w
        return float(x * x / 2 - y * y / 2 + y**4 / 4)

    return Problem(f, lambda w: np.array([w[0], w[1] ** 3 - w[1]]), np.array([1.0, 1e-6]), np.array([0.0, 1.0]))


def sparse_logreg(n: int, d: int, rng: np.random.Generator) -> Problem:
    """Logistic regression on words: the first is in half of the texts, the j-th in one of 2 j.

        f(w) = Σ_n log(1 + exp(−y_n x_n · w)) / N + ‖w‖² / (2 N)

    Features x_nj are 0 or 1, labels y_n are −1 or 1, drawn with the logistic probabilities of weights of which rare words
    have as large ones as frequent words. The gradient of a rare word's weight is small because it is rare: one rate for
    all is too small for it, AdaGrad gives it its own (Duchi et al. 2011). The start is 0.

    Args:
        n: number of texts N, at least 1.
        d: number of words, at least 1.
        rng: draws texts and labels.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: n or d is less than 1.
    """
    require_int(n=(n, 1), d=(d, 1))
    require_rng(rng=rng)
    X = (rng.random((n, d)) < 0.5 / np.arange(1, d + 1)).astype(np.float64)
    w_true = 2 * rng.standard_normal(d)
    y = np.where(rng.random(n) < 1 / (1 + np.exp(-X @ w_true)), 1.0, -1.0)
    yX = y[:, np.newaxis] * X

    def f(w: Array) -> float:
        return float(np.logaddexp(0, -yX @ w).mean() + w @ w / (2 * n))

    def grad(w: Array) -> Array:
        slopes: Array = (w - yX.T @ np.exp(-np.logaddexp(0, yX @ w))) / n
        return slopes

    return Problem(f, grad, np.zeros(d), None)


def wilson_data(n: int, p: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two classes that adaptive methods fit and do not learn (Wilson et al. 2017).

    Labels are 1 with probability p, else −1. The features of sample i:

    - the first is y_i, which is all one needs,
    - the next two are 1,
    - then come those that no other sample has: one for label 1, five for label −1, all equal to 1.

    On least squares from w = 0, gradient descent weighs feature 0 most. AdaGrad, RMSProp and Adam move all weights by
    about the same; then features 1 and 2, which speak for the more frequent class, outvote feature 0 on a new sample.

    To have training and test data, draw both at once and split the rows: the features of the test samples alone are then
    0 in training, as the construction asks for.

    Args:
        n: number of samples.
        p: share of label 1, in (0.5, 1).
        rng: draws the labels.

    Returns:
        X (n, 3 + 5 n) of zeros and ones, but for feature 0, and y (n,) of 1.0 and −1.0.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: n is less than 1, or p is outside (0.5, 1).
    """
    require_int(n=(n, 1))
    require_in_range(p=(p, 0.5, 1), low_open=True)
    require_rng(rng=rng)
    y = np.where(rng.random(n) < p, 1.0, -1.0)
    X = np.zeros((n, 3 + 5 * n))
    X[:, 0] = y
    X[:, 1:3] = 1
    for i in range(n):
        own = 3 + 5 * i
        X[i, own : own + (1 if y[i] == 1 else 5)] = 1
    return X, y


def terminal_velocity(eta: float, g: Array, beta: float) -> Array:
    """The length of a step that momentum_step ends at under a constant gradient, against its direction.

        v = η g / (1 − β)

    It is the sum of the geometric series η g (1 + β + β² + …): 1/(1 − β) times the step of gradient descent.

    Args:
        eta: learning rate η > 0.
        g: gradient, any shape.
        beta: momentum β in [0, 1).

    Returns:
        v, an array like g.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: eta <= 0, or beta is outside [0, 1).
    """
    require_in_range(eta=(eta, 0, inf), low_open=True)
    require_in_range(beta=(beta, 0, 1))
    v: Array = float(eta) * as_float_array(g=g) / (1 - float(beta))
    return v


def hessian_fd(f: Callable[[Array], float], w: Array) -> Array:
    """The matrix of second derivatives of f at w, by central differences.

        H_ij = (f(w + h_i + h_j) − f(w + h_i − h_j) − f(w − h_i + h_j) + f(w − h_i − h_j)) / (4 |h_i| |h_j|)

    h_i is a step along axis i. There are n² entries for one function of n numbers, and 2 n (n + 1) calls of f: this is
    for small n. The step, ε^¼ max(1, |w_i|), balances rounding against truncation; for functions of moderate size the error
    is about 1e-7.

    Args:
        f: f(w) -> a number.
        w: (n,); computed in float64.

    Returns:
        H (n, n), symmetric, float64.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: w is not a vector of finite numbers, or f does not return a finite number.
    """
    require_callable(f=f)
    w = as_float_array(w=w).astype(np.float64)
    require_shape(w=(w, (None,)))
    require_finite(w=w)
    n = w.size
    steps = np.diag(float(np.finfo(np.float64).eps) ** 0.25 * np.maximum(1.0, np.abs(w)))
    at = partial(_value, f)
    H = np.empty((n, n))
    for i, hi in enumerate(steps):
        for j, hj in enumerate(steps[: i + 1]):
            difference = at(w + hi + hj) - at(w + hi - hj) - at(w - hi + hj) + at(w - hi - hj)
            H[i, j] = H[j, i] = difference / (4 * hi[i] * hj[j])
    return H


def _value(f: Callable[[Array], float], w: Array) -> float:
    value = np.asarray(f(w))
    if value.shape != () or value.dtype.kind not in "fiu" or not np.isfinite(value):
        fail(f"f must return a finite number, got {value!r}")
    return float(value)
