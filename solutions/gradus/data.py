"""Data of the book: scikit-learn's handwritten digits, split, standardized, thinned out or spoilt on purpose.

The digits are 1,797 grey images of 8 × 8 pixels with values 0 to 16, of ten classes (a part of the UCI set "Optical
Recognition of Handwritten Digits"). scikit-learn is imported when they are first asked for.

The tasks of ``gradus.tasks`` and the loaders of ``gradus.idx`` can be had from here, too.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .arguments import (
    as_float_array,
    as_float_dtype,
    as_labels,
    fail,
    require_bool,
    require_in_range,
    require_int,
    require_rng,
)
from .idx import load_fashion_mnist, load_mnist
from .tasks import (
    adding_sequences,
    averaging_sequences,
    blobs,
    outlier_regression,
    parity,
    shared_feature_tasks,
    spirals,
)

__all__ = [
    "adding_sequences",
    "averaging_sequences",
    "blobs",
    "few_labels",
    "label_noise",
    "load_digits_images",
    "load_digits_split",
    "load_fashion_mnist",
    "load_mnist",
    "outlier_regression",
    "parity",
    "random_split",
    "shared_feature_tasks",
    "spirals",
]

Array = np.ndarray


def load_digits_images(dtype: Any = np.float64) -> tuple[Array, Array]:
    """The digits as pictures, in the order of the data set.

    Args:
        dtype: floating-point dtype of the images.

    Returns:
        images (1797, 8, 8) with values 0 (background) to 16, labels int64 (1797,).

    Raises:
        TypeError: dtype is not a floating-point dtype.
        ImportError: scikit-learn is not installed.
    """
    X, y = _digits()
    return X.reshape(-1, 8, 8).astype(as_float_dtype(dtype=dtype)), y.copy()


def load_digits_split(
    rng: np.random.Generator, n_test: int = 453, standardize: bool = True, dtype: Any = np.float64
) -> tuple[Array, Array, Array, Array]:
    """The digits in random order, split into a training and a test part.

    The default n_test leaves 1,344 = 42 · 32 training images: batches of 32 come out even. With 450 the last batch would
    hold three images, which batch normalization does not survive.

    With standardize, each pixel is shifted and divided so that it has mean 0 and standard deviation 1 on the training
    part; the same numbers are used for the test part. A pixel that is constant on the training part is shifted only.

    Args:
        rng: decides on the order.
        n_test: size of the test part, 1 to 1796.
        standardize: False leaves pixel values 0 to 16.
        dtype: floating-point dtype of the images.

    Returns:
        X_train (1797 − n_test, 64), y_train int64 (1797 − n_test,), X_test (n_test, 64), y_test int64 (n_test,).

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: n_test leaves one of the parts empty.
        ImportError: scikit-learn is not installed.
    """
    require_bool(standardize=standardize)
    dtype = as_float_dtype(dtype=dtype)
    X_train, y_train, X_test, y_test = random_split(*_digits(), n_test, rng)
    if standardize:
        mean, std = X_train.mean(axis=0), X_train.std(axis=0)
        std[std < 1e-8] = 1.0
        X_train, X_test = (X_train - mean) / std, (X_test - mean) / std
    return X_train.astype(dtype, copy=False), y_train, X_test.astype(dtype, copy=False), y_test


def random_split(X: Array, y: Array, n_test: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Samples in random order, split into a training and a test part.

    Args:
        X: samples on axis 0, any shape.
        y: what belongs to each of them: labels, numbers, pictures. As many as samples.
        n_test: size of the test part, 1 to N − 1.
        rng: decides on the order.

    Returns:
        X_train, y_train, X_test, y_test; new arrays.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X and y differ in length, or n_test leaves one of the parts empty.
    """
    X = as_float_array(X=X)
    y = y if isinstance(y, np.ndarray) and y.dtype.kind in "biu" else as_float_array(y=y)
    _require_same_length(X, y)
    require_rng(rng=rng)
    require_int(n_test=(n_test, 1))
    if n_test >= len(X):
        fail(f"n_test must be less than the {len(X)} samples, got {n_test}")
    order = rng.permutation(len(X))
    train, test = order[n_test:], order[:n_test]
    return X[train], y[train], X[test], y[test]


def few_labels(X: Array, y: Array, per_class: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A small training set: the same number of samples of each class, drawn without replacement, in random order.

    Args:
        X: samples on axis 0.
        y: labels, integers (N,).
        per_class: number of samples of each class that occurs in y.
        rng: source of randomness.

    Returns:
        X and y of the samples drawn, per_class times the number of classes.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: X and y are empty or differ in length, or a class has fewer samples than asked for.
    """
    X, y = as_float_array(X=X), as_labels(y=y)
    _require_same_length(X, y)
    require_int(per_class=(per_class, 1))
    require_rng(rng=rng)
    if len(y) == 0:
        fail("y must hold at least one label")
    drawn: list[Array] = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        if len(members) < per_class:
            fail(f"per_class must be at most {len(members)}, the number of samples of class {label}, got {per_class}")
        drawn.append(rng.choice(members, per_class, replace=False))
    chosen = rng.permutation(np.concatenate(drawn))
    return X[chosen], y[chosen]


def label_noise(y: Array, frac: float, rng: np.random.Generator) -> Array:
    """Labels of which a share is wrong: round(frac · N) of them are replaced by another class, drawn uniformly.

    Args:
        y: labels, integers (N,), of at least two classes. Not changed.
        frac: share of wrong labels, in [0, 1].
        rng: source of randomness.

    Returns:
        New labels (N,); exactly round(frac · N) differ from y.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: frac is outside [0, 1], or y holds only one class.
    """
    y = as_labels(y=y)
    require_in_range(frac=(frac, 0, 1), high_open=False)
    require_rng(rng=rng)
    classes, index = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        fail(f"y must hold at least two classes, got {len(classes)}")
    wrong = rng.choice(len(y), round(frac * len(y)), replace=False)
    index[wrong] = (index[wrong] + rng.integers(1, len(classes), len(wrong))) % len(classes)
    return classes[index]


@cache
def _digits() -> tuple[Array, Array]:
    """X (1797, 64) float64 and y (1797,) int64, read once."""
    try:
        from sklearn.datasets import load_digits  # type: ignore[import-untyped]
    except ImportError as error:
        raise ImportError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
        ) from error
    X, y = load_digits(return_X_y=True)
    X, y = X.astype(np.float64), y.astype(np.int64)
    X.flags.writeable = y.flags.writeable = False
    return X, y


def _require_same_length(X: Array, y: Array) -> None:
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        fail(f"X and y must hold as many samples, got shapes {X.shape} and {y.shape}")
