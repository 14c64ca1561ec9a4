"""Tasks made on the spot: data of which everything is known, because a formula made them.

Everything is computed in float64 and handed out in the dtype asked for, so that one generator gives the same task in
both. Samples stand on axis 0 and in random order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import as_float_dtype, as_labels, fail, require_in_range, require_int, require_rng

__all__ = [
    "adding_sequences",
    "averaging_sequences",
    "blobs",
    "outlier_regression",
    "parity",
    "shared_feature_tasks",
    "spirals",
]

Array = np.ndarray


def parity(y: Array) -> Array:
    """A task of two classes made of one of several: is the digit odd?

        y ← y mod 2

    Args:
        y: labels, integers (N,). Not changed.

    Returns:
        New labels (N,), 0 for even and 1 for odd.

    Raises:
        TypeError: y does not hold integers.
        ValueError: y is not one-dimensional, or holds a negative label.
    """
    odd: Array = as_labels(y=y) % 2
    return odd


def shared_feature_tasks(
    rng: np.random.Generator,
    n: int = 4000,
    n_inputs: int = 20,
    n_features: int = 8,
    n_source_classes: int = 6,
    n_target_classes: int = 4,
    dtype: Any = np.float64,
) -> tuple[Array, Array, Array, Array]:
    """Two tasks that look at the same hidden features, so that what was learnt for one is of use for the other.

        h = max(V x, 0) − 1/√(2π)          x_i ~ N(0, 1); the rows of V have random directions and length 1
        y_source = argmax(A h),   y_target = argmax(B h)          A_kj, B_kj ~ N(0, 1)

    Each feature V x is N(0, 1), and its positive part has the mean 1/√(2π); without it no class is preferred. The two
    tasks share V, and neither A and B nor their samples.

    Args:
        rng: source of randomness.
        n: samples of each task.
        n_inputs: length of x.
        n_features: length of h.
        n_source_classes: rows of A, at least 2.
        n_target_classes: rows of B, at least 2.
        dtype: floating-point dtype of the samples.

    Returns:
        X_source (n, n_inputs), y_source int64 (n,), X_target (n, n_inputs), y_target int64 (n,).

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is too small.
    """
    require_rng(rng=rng)
    require_int(n=(n, 1), n_inputs=(n_inputs, 1), n_features=(n_features, 1))
    require_int(n_source_classes=(n_source_classes, 2), n_target_classes=(n_target_classes, 2))
    dtype = as_float_dtype(dtype=dtype)
    V = rng.standard_normal((n_features, n_inputs))
    V /= np.linalg.norm(V, axis=1, keepdims=True)
    tasks: list[Array] = []
    for n_classes in (n_source_classes, n_target_classes):
        A = rng.standard_normal((n_classes, n_features))
        X = rng.standard_normal((n, n_inputs))
        H = np.maximum(X @ V.T, 0) - 1 / math.sqrt(2 * math.pi)
        tasks += [X.astype(dtype), np.argmax(H @ A.T, axis=1).astype(np.int64)]
    X_source, y_source, X_target, y_target = tasks
    return X_source, y_source, X_target, y_target


def outlier_regression(
    rng: np.random.Generator,
    n: int = 2000,
    n_inputs: int = 5,
    every: int = 50,
    factor: float = 60.0,
    noise: float = 0.1,
    dtype: Any = np.float64,
) -> tuple[Array, Array, Array]:
    """A linear regression in which a sample is much too large now and then: what gradient clipping is for.

        x ~ N(0, 1),   w ~ N(0, 1)
        x ← factor · x          for every fiftieth sample
        y = w · x + noise · N(0, 1)

    The large samples are true, y fits them; but their gradient is factor² times as large. Gradient descent is thrown by
    each of them further off than it can walk back until the next.

    Args:
        rng: source of randomness.
        n: number of samples, to be taken in this order.
        n_inputs: length of x and w.
        every: the samples every − 1, 2 every − 1, … are the large ones.
        factor: how many times as large, > 0.
        noise: standard deviation of the noise, >= 0.
        dtype: floating-point dtype.

    Returns:
        X (n, n_inputs), y (n,), w (n_inputs,).

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument is out of its range.
    """
    require_rng(rng=rng)
    require_int(n=(n, 1), n_inputs=(n_inputs, 1), every=(every, 1))
    require_in_range(factor=(factor, 0, math.inf), low_open=True)
    require_in_range(noise=(noise, 0, math.inf))
    dtype = as_float_dtype(dtype=dtype)
    X, w = rng.standard_normal((n, n_inputs)), rng.standard_normal(n_inputs)
    X[every - 1 :: every] *= factor
    y = X @ w + noise * rng.standard_normal(n)
    return X.astype(dtype), y.astype(dtype), w.astype(dtype)


def adding_sequences(
    rng: np.random.Generator, n: int, length: int = 50, dtype: Any = np.float64
) -> tuple[Array, Array]:
    """The adding problem: two numbers of a long sequence are marked, say their sum (Hochreiter & Schmidhuber 1997).

        x_t = (u_t, m_t),   u_t ~ U(0, 1),   m_t = 1 at two times, a < length // 2 <= b, else 0
        y = u_a + u_b

    Who answers 1 all the time has a mean squared error of 1/6, the variance of y. To do better, a network has to keep a
    number in mind for half a sequence on average.

    Args:
        rng: source of randomness.
        n: number of sequences.
        length: of each, at least 2.
        dtype: floating-point dtype.

    Returns:
        X (n, length, 2), y (n,).

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: n < 1 or length < 2.
    """
    require_rng(rng=rng)
    require_int(n=(n, 1), length=(length, 2))
    dtype = as_float_dtype(dtype=dtype)
    every = np.arange(n)
    a, b = rng.integers(0, length // 2, n), rng.integers(length // 2, length, n)
    X = np.zeros((n, length, 2))
    X[:, :, 0] = rng.random((n, length))
    X[every, a, 1] = X[every, b, 1] = 1
    y = X[every, a, 0] + X[every, b, 0]
    return X.astype(dtype), y.astype(dtype)


def averaging_sequences(
    rng: np.random.Generator, n: int, length: int = 50, last: int = 5, dtype: Any = np.float64
) -> tuple[Array, Array]:
    """An easy task on long sequences: the mean of the last numbers.

        x_t ~ N(0, 1)
        y = (x_{T−last+1} + … + x_T) / last

    A small memory is enough. The gradient still passes all of the sequence: with weights a little too large it explodes.

    Args:
        rng: source of randomness.
        n: number of sequences.
        length: T of each.
        last: how many numbers count, 1 to length.
        dtype: floating-point dtype.

    Returns:
        X (n, length, 1), y (n,).

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument is too small, or last is more than length.
    """
    require_rng(rng=rng)
    require_int(n=(n, 1), length=(length, 1), last=(last, 1))
    dtype = as_float_dtype(dtype=dtype)
    if last > length:
        fail(f"last must be at most the length {length}, got {last}")
    X = rng.standard_normal((n, length, 1))
    y = X[:, length - last :, 0].mean(axis=1)
    return X.astype(dtype), y.astype(dtype)


def spirals(
    rng: np.random.Generator,
    n_per_class: int = 100,
    n_classes: int = 2,
    turns: float = 1.0,
    noise: float = 0.02,
    dtype: Any = np.float64,
) -> tuple[Array, Array]:
    """Points on spirals wound around each other: classes that no straight line, and no short curve, keeps apart.

        t ~ U(0, 1),   φ = 2π (turns · t + class / n_classes)
        x = t (cos φ, sin φ) + noise · N(0, 1)

    Args:
        rng: source of randomness.
        n_per_class: points on each spiral.
        n_classes: number of spirals.
        turns: of each spiral, from the middle out; 0 gives straight rays, negative numbers turn the other way.
        noise: standard deviation of each coordinate, >= 0. The spirals are 1 / (turns · n_classes) apart.
        dtype: floating-point dtype of the points.

    Returns:
        X (N, 2), y int64 (N,), with N = n_per_class · n_classes.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument is out of its range.
    """
    require_in_range(turns=(turns, -math.inf, math.inf))
    require_in_range(noise=(noise, 0, math.inf))
    y = _classes(rng, n_per_class, n_classes)
    t = rng.random(len(y))
    return _around(rng, t, turns * t + y / n_classes, noise, dtype), y


def blobs(
    rng: np.random.Generator,
    n_per_class: int = 100,
    n_classes: int = 3,
    spread: float = 0.3,
    dtype: Any = np.float64,
) -> tuple[Array, Array]:
    """Clouds of points around centres on a circle of radius 1: classes that straight lines keep apart as well as can be.

        φ = 2π class / n_classes
        x = (cos φ, sin φ) + spread · N(0, 1)

    With two classes the best possible accuracy is Φ(1 / spread), Φ the distribution function of N(0, 1).

    Args:
        rng: source of randomness.
        n_per_class: points in each cloud.
        n_classes: number of clouds.
        spread: standard deviation of each coordinate, >= 0.
        dtype: floating-point dtype of the points.

    Returns:
        X (N, 2), y int64 (N,), with N = n_per_class · n_classes.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: an argument is out of its range.
    """
    require_in_range(spread=(spread, 0, math.inf))
    y = _classes(rng, n_per_class, n_classes)
    return _around(rng, np.ones(len(y)), y / n_classes, spread, dtype), y


def _classes(rng: Any, n_per_class: Any, n_classes: Any) -> Array:
    """The labels of n_per_class points of each class, in random order."""
    require_rng(rng=rng)
    require_int(n_per_class=(n_per_class, 1), n_classes=(n_classes, 1))
    y: Array = rng.permutation(np.repeat(np.arange(n_classes, dtype=np.int64), n_per_class))
    return y


def _around(rng: np.random.Generator, radius: Array, turns: Array, noise: float, dtype: Any) -> Array:
    """Points at these distances from the middle, so many turns from the first axis, and noise on both coordinates."""
    dtype = as_float_dtype(dtype=dtype)
    angle = 2 * math.pi * turns
    X = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + noise * rng.standard_normal(
        (len(radius), 2)
    )
    points: Array = X.astype(dtype)
    return points
