"""Preprocessing of inputs: standardizing, mean images and means per channel, PCA, whitening and ZCA.

X has shape (N, D), samples on axis 0; images have shape (N, H, W, C), channels last. Everything is measured on the
training data and then applied, as measured there, to all other data. Variances divide by N (ddof 0). Statistics are
computed in float64 and kept in the dtype of the data.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

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
)

__all__ = ["PCA", "Standardizer", "channel_mean", "channel_std", "mean_image", "whiten", "zca"]

Array = np.ndarray


class Standardizer:
    """Give every column mean 0 and standard deviation 1 (LeCun et al. 1998).

        mean_d = 1/N Σ_n X_nd
        sd_d   = √(1/N Σ_n (X_nd − mean_d)²),   1 where that is less than tiny
        z      = (x − mean) / sd

    A column that is constant in the training data would be divided by 0; with sd = 1 it becomes 0 there.

    Args:
        tiny: columns with a smaller standard deviation count as constant; positive.

    Attributes:
        mean, sd: (D,) as fit found them, None before.

    Raises:
        TypeError: tiny is not a number.
        ValueError: tiny is not positive.
    """

    mean: Array | None = None
    sd: Array | None = None

    def __init__(self, tiny: float = 1e-8) -> None:
        require_in_range(tiny=(tiny, 0, math.inf), low_open=True)
        self.tiny = float(tiny)

    def fit(self, X: Array) -> Standardizer:
        """Measure mean and sd of the training data X (N, D). Returns self.

        Raises:
            TypeError: X is not an array of real numbers.
            ValueError: X is not finite or has another shape or no entries.
        """
        X = _data(X)
        mean, sd = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
        constant = X.min(axis=0) == X.max(axis=0)  # told apart exactly: the mean of a large constant is rounded
        self.mean = np.where(constant, X[0], mean).astype(X.dtype)
        self.sd = np.where(constant | (sd < self.tiny), 1, sd).astype(X.dtype)
        return self

    def transform(self, X: Array) -> Array:
        """(X − mean) / sd, for data (N, D) of any kind: with the statistics of the training data.

        Raises:
            RuntimeError: fit has not been called.
            TypeError: X is not an array of real numbers.
            ValueError: X has another number of columns than the training data.
        """
        mean, sd = _fitted(self.mean), _fitted(self.sd)
        X = _columns(X, len(mean))
        z: Array = (X - mean.astype(X.dtype)) / sd.astype(X.dtype)
        return z

    def inverse(self, Z: Array) -> Array:
        """Z sd + mean: back to the units of the data.

        Raises:
            RuntimeError, TypeError, ValueError: as transform.
        """
        mean, sd = _fitted(self.mean), _fitted(self.sd)
        Z = _columns(Z, len(mean), name="Z")
        X: Array = Z * sd.astype(Z.dtype) + mean.astype(Z.dtype)
        return X


def mean_image(X: Array) -> Array:
    """The mean of each pixel and channel over the images, to be subtracted from all (Krizhevsky et al. 2012).

        m_hwc = 1/N Σ_n X_nhwc

    Args:
        X: (N, H, W, C), the training images.

    Returns:
        (H, W, C).

    Raises:
        TypeError: X is not an array of real numbers.
        ValueError: X is not finite or has another shape or no entries.
    """
    X = _data(X, ndim=4)
    m: Array = X.mean(axis=0, dtype=np.float64).astype(X.dtype)
    return m


def channel_mean(X: Array) -> Array:
    """One mean for each channel, over all images and pixels (Simonyan & Zisserman 2015).

        m_c = 1/(N H W) Σ_nhw X_nhwc

    Args:
        X: (N, H, W, C), the training images.

    Returns:
        (C,).

    Raises:
        TypeError, ValueError: as mean_image.
    """
    X = _data(X, ndim=4)
    m: Array = X.mean(axis=(0, 1, 2), dtype=np.float64).astype(X.dtype)
    return m


def channel_std(X: Array) -> Array:
    """One standard deviation for each channel, over all images and pixels.

        s_c = √(1/(N H W) Σ_nhw (X_nhwc − m_c)²)

    A channel that is constant has 0, by which not to divide.

    Args:
        X: (N, H, W, C), the training images.

    Returns:
        (C,).

    Raises:
        TypeError, ValueError: as mean_image.
    """
    X = _data(X, ndim=4)
    s: Array = X.std(axis=(0, 1, 2), dtype=np.float64).astype(X.dtype)
    return s


class PCA:
    """Principal component analysis by singular value decomposition.

        X − μ = A S Uᵀ                 A orthonormal columns, S diagonal, U orthonormal columns
        λ_k   = S_k² / N               the eigenvalues of the covariance matrix (X − μ)ᵀ (X − μ) / N
        z     = (x − μ) U

    Components come in the order of falling eigenvalues. A component is determined up to its sign: here the entry that
    is largest in size is positive, as in scikit-learn.

    Libraries differ: scikit-learn divides by N − 1; its explained_variance_ is λ N / (N − 1), and what it whitens comes
    out √((N − 1) / N) times as large as by whiten. Its components_ is Uᵀ.

    Args:
        n_components: how many components to keep, at most min(N, D); None for all of these.

    Attributes:
        mean: μ (D,), None before fit.
        U: components in columns (D, K), None before fit.
        eigenvalues: λ (K,), None before fit.

    Raises:
        TypeError: n_components is not an integer.
        ValueError: n_components < 1.
    """

    mean: Array | None = None
    U: Array | None = None
    eigenvalues: Array | None = None

    def __init__(self, n_components: int | None = None) -> None:
        if n_components is not None:
            require_int(n_components=(n_components, 1))
        self.n_components = n_components

    def fit(self, X: Array) -> PCA:
        """Find mean, components and eigenvalues of the training data X (N, D). Returns self.

        Raises:
            TypeError: X is not an array of real numbers.
            ValueError: X is not finite, has another shape or fewer rows or columns than components.
        """
        X = _data(X)
        K = self.n_components or min(X.shape)
        if min(X.shape) < K:
            fail(f"X must have at least {K} rows and columns for {K} components, got shape {X.shape}")
        mean = X.mean(axis=0, dtype=np.float64)
        _, S, Ut = np.linalg.svd(X - mean, full_matrices=False)
        U = Ut[:K].T
        largest = U[np.abs(U).argmax(axis=0), np.arange(K)]
        self.mean = mean.astype(X.dtype)
        self.U = (U * np.sign(largest)).astype(X.dtype)
        self.eigenvalues = (S[:K] ** 2 / len(X)).astype(X.dtype)
        return self

    def transform(self, X: Array) -> Array:
        """(X − μ) U: the components (N, K) of data (N, D) of any kind.

        Raises:
            RuntimeError: fit has not been called.
            TypeError: X is not an array of real numbers.
            ValueError: X has another number of columns than the training data.
        """
        mean, U = _fitted(self.mean), _fitted(self.U)
        X = _columns(X, len(mean))
        Z: Array = (X - mean.astype(X.dtype)) @ U.astype(X.dtype)
        return Z

    def inverse(self, Z: Array) -> Array:
        """Z Uᵀ + μ: the data (N, D) with these components (N, K), up to what the components left out carried.

        Raises:
            RuntimeError, TypeError, ValueError: as transform.
        """
        mean, U = _fitted(self.mean), _fitted(self.U)
        Z = _columns(Z, U.shape[1], name="Z")
        X: Array = Z @ U.T.astype(Z.dtype) + mean.astype(Z.dtype)
        return X


def whiten(X: Array, eps: float = 1e-5, pca: PCA | None = None) -> Array:
    """Whitening: components that are uncorrelated and have variance λ / (λ + ε), close to 1.

        z = (x − μ) U / √(λ + ε)

    ε keeps directions that hardly vary from being blown up to the size of all others. Without it all variances are 1.

    Args:
        X: (N, D).
        eps: ε, not negative; 0 only where no eigenvalue is 0.
        pca: fitted to the training data. None fits one to X itself: right for the training data, and for no other.

    Returns:
        (N, K).

    Raises:
        RuntimeError: pca has not been fitted.
        TypeError: X is not an array of real numbers, eps is not a number, or pca is no PCA.
        ValueError: X does not fit, or eps is negative, or 0 where an eigenvalue is 0.
    """
    return _whitened(X, eps, pca)[0]


def zca(X: Array, eps: float = 1e-5, pca: PCA | None = None) -> Array:
    """Zero-phase whitening: whitened data turned back, so that they look like the data (Bell & Sejnowski 1997).

        z = (x − μ) U / √(λ + ε) Uᵀ

    Of all whitened versions it is the one closest to the data; the matrix that x − μ is multiplied by is symmetric.

    Args:
        X: (N, D).
        eps: ε, not negative; 0 only where no eigenvalue is 0.
        pca: as for whiten.

    Returns:
        (N, D).

    Raises:
        RuntimeError, TypeError, ValueError: as whiten.
    """
    Z, U = _whitened(X, eps, pca)
    turned: Array = Z @ U.T
    return turned


def _whitened(X: Any, eps: Any, pca: Any) -> tuple[Array, Array]:
    """Whitened data, and the components they were computed with."""
    require_in_range(eps=(eps, 0, math.inf))
    if pca is None:
        pca = PCA().fit(_data(X))
    elif not isinstance(pca, PCA):
        fail_type(f"pca must be a PCA, got {describe(pca)}")
    mean, U, eigenvalues = _fitted(pca.mean), _fitted(pca.U), _fitted(pca.eigenvalues)
    least = len(mean) * float(np.finfo(eigenvalues.dtype).eps) * float(eigenvalues[0])  # what rounding makes of 0
    if eps == 0 and eigenvalues[-1] <= least:
        fail("eps must be positive, got 0: the data do not vary in some direction, and an eigenvalue is 0")
    X = _columns(X, len(mean))
    mean, U, scale = (a.astype(X.dtype) for a in (mean, U, np.sqrt(eigenvalues + float(eps))))
    return (X - mean) @ U / scale, U


def _data(X: Any, ndim: int = 2) -> Array:
    """Training data: finite, with that many axes, at least one entry."""
    data: Array = as_float_array(X=X)
    require_ndim(X=(data, ndim))
    if data.size == 0:
        fail(f"X must have at least one entry, got shape {data.shape}")
    require_finite(X=data)
    return data


def _columns(X: Any, D: int, name: str = "X") -> Array:
    """Data to be transformed: (N, D)."""
    data: Array = as_float_array(**{name: X})
    if data.ndim != 2 or data.shape[1] != D:
        fail(f"{name} must have shape (N, {D}), as many columns as in fit, got {data.shape}")
    return data


def _fitted(statistic: Array | None) -> Array:
    """The statistic, where fit has found it."""
    if statistic is None:
        raise RuntimeError(f"{caller_name()}: call fit with the training data first")
    return statistic
