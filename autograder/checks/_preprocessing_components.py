"""What the exercises on components, and the run to mend, of `preprocessing` try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.network import softmax_cross_entropy
from gradus.preprocessing import PCA

from autograder.checks._preprocessing_probes import with_constants, wrong
from autograder.probes import Args, Probe, args, callable_of, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator

# ---------------------------------------------------------------- pca, whiten

PARTS = ("mean", "U", "eigenvalues")


def tilted_cloud(rng: Rng) -> Array:
    """Six points on a slanted line, more or less."""
    return np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 3.0], [5.0, 6.0], [9.0, 7.0]])


def cloud(rng: Rng) -> Array:
    """Data whose components differ enough in variance to be told apart, far from the origin, every feature of another size."""
    D = int(rng.integers(3, 7))
    N = int(rng.integers(6 * D, 9 * D))
    Z = rng.standard_normal((N, D))
    A, _, B = np.linalg.svd(Z - Z.mean(axis=0), full_matrices=False)
    spread = np.sqrt(N) * np.geomspace(6.0, 0.3, D) * rng.uniform(0.95, 1.05, D)
    return A * spread @ B + rng.uniform(2, 9, D)


def any_components(rng: Rng, K: int | None = None) -> tuple[Array, Array, Array, Array]:
    """New data, and mean, U and eigenvalues of other data; only K components where it is given."""
    X = cloud(rng)
    found = PCA().fit(X)
    new = X[: len(X) // 2] * 1.5 + rng.standard_normal(X.shape[1])
    return new, found.mean, found.U[:, :K], found.eigenvalues[:K]


def described(pca: Any, X: Array) -> tuple[Array, Array, Array]:
    """Mean, U and eigenvalues as the student's function gives them, if they are such."""
    found = callable_of(pca)(X)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise wrong(f"three arrays are expected, mean, U and eigenvalues; yours is {kind_text(found)}")
    arrays = [np.array(a) if isinstance(a, list | tuple) else a for a in found]
    for name, a in zip(PARTS, arrays, strict=True):
        if not isinstance(a, np.ndarray) or a.dtype.kind not in "fiu":
            raise wrong(f"{name} must be an array of real numbers, yours is {kind_text(a)}")
    return arrays[0], arrays[1], arrays[2]


def one_sign(U: Array) -> Array:
    """Columns turned to one of their two signs, the same for everybody: a component is a line, not an arrow."""
    if U.ndim != 2:
        return U
    side = np.cos(np.arange(1, len(U) + 1) ** 2) @ U
    return U * np.where(side < 0, -1.0, 1.0)


def components(make: Callable[[Rng], Array], *names: str) -> Probe:
    """Parts of what pca gives, by name."""

    def probe(rng: Rng, pca: Any, whiten: Any) -> dict[str, Any]:
        mean, U, eigenvalues = described(pca, make(rng))
        found = {"mean": mean, "U": one_sign(U), "eigenvalues": eigenvalues}
        return {name: found[name] for name in names or PARTS}

    return with_call(probe, "NAME(X), each column of U with one of its two signs")


def white(K: int | None = None, **named: float) -> Probe:
    """Whitened new data, with components of other data that the judge has worked out."""

    def probe(rng: Rng, pca: Any, whiten: Any) -> Any:
        return callable_of(whiten)(*any_components(rng, K), **named)

    return probe


def white_small(rng: Rng, pca: Any, whiten: Any) -> Any:
    """Two points, components that can be worked out in the head."""
    X, U = np.array([[3.0, 1.0], [1.0, 6.0]]), np.array([[0.6, -0.8], [0.8, 0.6]])
    return callable_of(whiten)(X, np.array([1.0, 1.0]), U, np.array([4.0, 0.25]))


with_call(white_small, "NAME([[3, 1], [1, 6]], [1, 1], [[0.6, -0.8], [0.8, 0.6]], [4, 0.25])", of=1)


def without_variation(rng: Rng, pca: Any, whiten: Any) -> Any:
    """A direction in which the training data did not vary at all."""
    new, mean, U, eigenvalues = any_components(rng)
    eigenvalues[-1] = 0.0
    return callable_of(whiten)(new, mean, U, eigenvalues, 0.01)


def covariance_of_white(rng: Rng, pca: Any, whiten: Any) -> dict[str, Any]:
    """Both functions, one after the other: the variances, and the largest covariance between two components."""
    X, eps = cloud(rng), 0.05
    Z = callable_of(whiten)(X, *described(pca, X), eps)
    if not isinstance(Z, np.ndarray) or Z.shape != X.shape:
        raise wrong(f"whitened data of shape {X.shape} are expected, yours is {kind_text(Z)}")
    C = (Z - Z.mean(axis=0)).T @ (Z - Z.mean(axis=0)) / len(Z)
    off = C - np.diag(np.diag(C))
    return {"variances": np.diag(C), "largest covariance": float(np.abs(off).max())}


def components_args(rng: Rng) -> Args:
    return args(cloud(rng))


def white_args(rng: Rng) -> Args:
    return args(*any_components(rng))


# ---------------------------------------------------------------- debug_preprocessing

FAULTS = ("learning_rate", "overfitting", "constant_pixels", "leak", "refitted")


def fit_prepare(X_train: Array) -> Callable[[Array], Array]:
    """What the broken function was meant to be."""
    mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
    sd = np.where(sd < 1e-8, 1.0, sd)
    return lambda X: (X - mean) / sd


def prepared(make: Any, X_train: Array) -> Callable[[Array], Array]:
    """The student's function for these training data; what it returns is an array of the shape that came in."""
    prepare = callable_of(make)(X_train)
    if not hasattr(prepare, "call"):
        raise wrong(f"a function is expected, made for these training data; yours is {kind_text(prepare)}")

    def apply(X: Array) -> Array:
        Z = prepare(X)
        if not isinstance(Z, np.ndarray) or Z.shape != X.shape:
            raise wrong(f"prepared data of shape {X.shape} are expected, yours is {kind_text(Z)}")
        return Z

    return apply


PIXELS = 64  # as many as the notebook's digits have: a function that uses those, too, does not stumble over shapes


def images(rng: Rng) -> tuple[Array, Array]:
    """Whole numbers from 0 to 16, in the form of the notebook's digits; two pixels without ink."""
    train, new = (rng.integers(0, 17, (n, PIXELS)) for n in (20, 7))
    train[:, [2, 40]] = 0
    return train, new


def images_with_constants(rng: Rng) -> tuple[Array, Array]:
    """Pixels of many means and deviations, some of them constant in the training data only."""
    train, new = with_constants(rng)
    column, size = np.arange(PIXELS) % train.shape[1], np.geomspace(1.0, 3.0, PIXELS)
    return train[:, column] * size, new[:, column] * size


def alone_and_in_company(rng: Rng, fault: Any, make: Any) -> list[Array]:
    """An image alone, and the same image among others."""
    train, new = images(rng)
    apply = prepared(make, train.astype(float))
    return [apply(new[:1].astype(float)), apply(new[:4].astype(float))]


with_call(alone_and_in_company, "prepare = NAME(X_train); prepare(X[:1]), then prepare(X[:4])", of=1)


def other_images(rng: Rng, fault: Any, make: Any) -> list[Array]:
    """Images of two training sets, in turns, with pixels that were constant in training."""
    (a, new), b = images_with_constants(rng), None
    b = 2 * a[: len(a) // 2] + 1
    first, second = prepared(make, a), prepared(make, b)
    return [first(new), second(new), first(a), first(new[:1])]


def accuracy_one_at_a_time(rng: Rng, fault: Any, make: Any) -> float:
    """Train a softmax regression on prepared batches of four, then read prepared images one at a time."""
    centre = rng.uniform(4, 12, (3, PIXELS))
    y = np.arange(120) % 3
    X = np.clip(centre[y] + rng.standard_normal((120, PIXELS)), 0, 16)
    apply = prepared(make, X[:90])
    W, b = np.zeros((PIXELS, 3)), np.zeros(3)
    for start in range(0, 88, 4):
        Z, labels = apply(X[start : start + 4]), y[start : start + 4]
        _, d = softmax_cross_entropy(np.nan_to_num(Z) @ W + b, labels)
        W, b = W - 0.5 * Z.T @ d, b - 0.5 * d.sum(axis=0)
    read = [int(np.argmax(np.nan_to_num(apply(x[None]) @ W + b))) for x in X[90:]]
    return float(np.mean(np.array(read) == y[90:]))


with_call(accuracy_one_at_a_time, "prepare = NAME(X_train), a network trained on prepared batches of four", of=1)
