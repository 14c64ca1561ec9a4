"""Wrong versions of PCA and whitening, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.exercise import mistake

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- pca, whiten


def pca(X: Array) -> tuple[Array, Array, Array]:
    """Mean, components in columns, and eigenvalues of the covariance matrix, the largest first."""
    mean = X.mean(axis=0)
    _, s, Ut = np.linalg.svd(X - mean, full_matrices=False)
    return mean, Ut.T, s**2 / len(X)


def whiten(X: Array, mean: Array, U: Array, eigenvalues: Array, eps: float = 1e-5) -> Array:
    """(X − mean) U / √(eigenvalues + ε)."""
    return (X - mean) @ U / np.sqrt(eigenvalues + eps)


def with_pca(
    centre: F = lambda X, mean: X - mean,
    mean: F = lambda X: X.mean(axis=0),
    vectors: F = lambda Ut: Ut.T,
    values: F = lambda s, N: s**2 / N,
    order: slice = slice(None),
) -> tuple[F, F]:
    """The pair with one part of pca replaced."""

    def wrong_pca(X: Array) -> tuple[Array, Array, Array]:
        m = mean(X)
        _, s, Ut = np.linalg.svd(centre(X, m), full_matrices=False)
        return m, vectors(Ut[order]), values(s, len(X))[order]

    return wrong_pca, whiten


def with_whiten(
    z: F = lambda X, mean, U: (X - mean) @ U,
    divisor: F = lambda eigenvalues, eps: np.sqrt(eigenvalues + eps),
    turn: F = lambda Z, U: Z,
    default: float = 1e-5,
) -> tuple[F, F]:
    """The pair with one part of whiten replaced."""

    def wrong_whiten(X: Array, mean: Array, U: Array, eigenvalues: Array, eps: float = default) -> Array:
        with np.errstate(all="ignore"):
            return turn(z(X, mean, U) / divisor(eigenvalues, eps), U)

    return pca, wrong_whiten


def changes_data(X: Array, mean: Array, U: Array, eigenvalues: Array, eps: float = 1e-5) -> Array:
    X -= mean
    return X @ U / np.sqrt(eigenvalues + eps)


def pca_in_place(X: Array) -> tuple[Array, Array, Array]:
    mean = X.mean(axis=0)
    X -= mean
    _, s, Ut = np.linalg.svd(X, full_matrices=False)
    return mean, Ut.T, s**2 / len(X)


COMPONENTS = [
    mistake("not_centred", """Your components are those of the data as they lie, far from the origin: the first one
        points at the mean. What comes before the decomposition?""", *with_pca(centre=lambda X, mean: X)),
    mistake("rows", """Your components stand in the rows. np.linalg.svd calls its third result Vh for a reason; the
        task asks for columns, as in z = (x − mean) U.""", *with_pca(vectors=lambda Ut: Ut)),
    mistake("ascending", """The smallest comes first. np.linalg.eigh sorts in rising order; the task asks for the
        largest first, and each component belongs to its eigenvalue.""", *with_pca(order=slice(None, None, -1))),
    mistake("values_ascending", """Your components begin with the largest, your eigenvalues with the smallest: each
        component belongs to its eigenvalue.""", *with_pca(values=lambda s, N: (s**2 / N)[::-1])),
    mistake("vectors_ascending", """Your eigenvalues begin with the largest, your components with the smallest: each
        component belongs to its eigenvalue.""", *with_pca(vectors=lambda Ut: Ut[::-1].T)),
    mistake("ddof_1", """Your eigenvalues are divided by N − 1. The task's covariance matrix divides by N.""",
        *with_pca(values=lambda s, N: s**2 / (N - 1))),
    mistake("singular_values", """These are singular values of the centred data. How do they become variances?""",
        *with_pca(values=lambda s, N: s)),
    mistake("not_averaged", """Your eigenvalues grow with the number of examples: they are those of a sum of squares,
        not of a mean.""",
        *with_pca(values=lambda s, N: s**2)),
    mistake("singular_over_n", """Singular values divided by N are not yet variances: what is their unit, and what is
        that of a variance?""", *with_pca(values=lambda s, N: s / N)),
    mistake("deviations", """Your eigenvalues are standard deviations of the components. Asked for are the
        variances.""",
        *with_pca(values=lambda s, N: s / np.sqrt(N))),
    mistake("correlation", """Your components are those of standardized features. The task asks for the covariance of
        the features as they are: centred, not scaled.""",
        *with_pca(centre=lambda X, mean: (X - mean) / X.std(axis=0))),
    mistake("share_of_variance", """Your eigenvalues add up to 1: they are shares of the variance. Asked for are the
        variances themselves.""", *with_pca(values=lambda s, N: s**2 / (s**2).sum())),
    mistake("no_mean", """The mean that you return is 0: that of the centred data. Whoever wants to transform other
        data needs the mean that was subtracted.""",
        *with_pca(mean=lambda X: X.mean(axis=0) * 0, centre=lambda X, mean: X - X.mean(axis=0))),
    mistake("one_mean", """You subtract one mean from all features. Each feature has its own.""",
        *with_pca(mean=lambda X: np.full(X.shape[1], X.mean()))),
    mistake("no_root", """You divide by the variance. What has a variance of 9 has to be divided by what, to have a
        variance of 1?""",
        *with_whiten(divisor=lambda v, eps: v + eps)),
    mistake("eps_outside", """Your ε stands outside of the root. The task adds it to the variance: a direction without
        variation is then divided by the root of ε, not by ε.""",
        *with_whiten(divisor=lambda v, eps: np.sqrt(v) + eps)),
    mistake("eps_ignored", """eps has no effect in your function. Where there is no variation you divide by 0.""",
        *with_whiten(divisor=lambda v, eps: np.sqrt(v))),
    mistake("eps_fixed", """Whatever eps is given, your function uses 10⁻⁵. Use the argument.""",
        *with_whiten(divisor=lambda v, eps: np.sqrt(v + 1e-5))),
    mistake("own_mean", """You subtract the mean of the data being whitened. mean is an argument: that of the training
        data.""",
        *with_whiten(z=lambda X, mean, U: (X - X.mean(axis=0)) @ U)),
    mistake("mean_not_subtracted", """mean has no effect in your function: the data are turned around the origin, not
        around their middle.""", *with_whiten(z=lambda X, mean, U: X @ U)),
    mistake("U_transposed", """You multiply by the transpose of U. Row n of the result holds the components of example
        n: each is the product of the example with a column of U.""",
        *with_whiten(z=lambda X, mean, U: (X - mean) @ U.T)),
    mistake("turned_back", """Your result is turned back to the axes of the features: that is ZCA whitening. Asked for
        are the components themselves.""", *with_whiten(turn=lambda Z, U: Z @ U.T)),
    mistake("not_divided", """These are the components, uncorrelated, with their own variances. Whitening makes the
        variances equal.""",
        *with_whiten(divisor=lambda v, eps: 1.0)),
    mistake("multiplied", """You multiply by the root: large components become larger still.""",
        *with_whiten(divisor=lambda v, eps: 1 / np.sqrt(v + eps))),
    mistake("data_changed", """whiten changes the X it was given. Compute a new array; avoid -= on what you did not
        make.""",
        pca, changes_data),
    mistake("pca_changes_data", """pca changes the X it was given. Compute a new array; avoid -= on what you did not
        make.""",
        pca_in_place, whiten),
]  # fmt: skip
