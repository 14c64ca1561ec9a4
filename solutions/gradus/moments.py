"""Moments of an activation under a Gaussian input, and the constants of SELU that follow from two of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from .arguments import as_float_array, fail, require_callable

__all__ = ["gaussian_moments", "selu_constants"]

Array = np.ndarray


@cache
def _gaussian_nodes(n: int = 120, limit: float = 12.0) -> tuple[Array, Array]:
    """Nodes and weights for ∫ h(z) φ(z) dz, φ the standard normal density; Gauss–Legendre on either side of 0."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    right = (nodes + 1) * (limit / 2)
    z = np.concatenate([-right[::-1], right])
    w = np.concatenate([weights[::-1], weights]) * (limit / 2)
    return z, w * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def gaussian_moments(f: Callable[[Array], Array]) -> tuple[float, float, float]:
    """Moments of an activation under a standard normal input: E f(z), E f(z)², Var f(z) for z ~ N(0, 1).

    The second moment says how a layer changes the size of a signal: with Var W = 1 / (fan_in E f²) the second moment
    of the pre-activations stays what it is (He et al. 2015: E f² = 1/2 for ReLU, hence 2 / fan_in).

    Each half line is integrated for itself (Gauss–Legendre, 120 nodes up to 12 standard deviations), since
    Gauss–Hermite quadrature of a function with a kink at 0 converges only slowly. Exact to about 1e-13 where f is
    smooth on either side of 0 and grows no faster than a polynomial.

    Args:
        f: maps an array (n,) to an array (n,).

    Raises:
        TypeError: f cannot be called.
        ValueError: f returns another shape than it was given.
    """
    require_callable(f=f)
    z, w = _gaussian_nodes()
    values = as_float_array(f=f(z.copy()))
    if values.shape != z.shape:
        fail(f"f must return an array of the shape it is given, {z.shape}, got {values.shape}")
    mean = float(w @ values)
    return mean, float(w @ values**2), float(w @ (values - mean) ** 2)


def selu_constants() -> tuple[float, float]:
    """The constants α and λ of SELU, from the two equations that define them (Klambauer et al. 2017).

    For z ~ N(0, 1) the output f(z) = λ z (z > 0), λ α (e^z − 1) (z ≤ 0) shall have mean 0 and variance 1:

        0 = E f(z)  = λ (1 / √(2π) + α E₁)
        1 = E f(z)² = λ² (1/2 + α² E₂)

    where E₁ and E₂ are the integrals of e^z − 1 and (e^z − 1)² against the Gaussian density over z ≤ 0. Completing
    the square, ∫ e^(kz) φ(z) dz over z ≤ 0 is e^(k²/2) Φ(−k), so that

        E₁ = √e Φ(−1) − 1/2
        E₂ = e² Φ(−2) − 2 √e Φ(−1) + 1/2

    Returns:
        α = 1.6732632423543772…, λ = 1.0507009873554804…

    Raises:
        Nothing: there is nothing to choose.
    """
    below_1, below_2 = (math.exp(k * k / 2) * math.erfc(k / math.sqrt(2)) / 2 for k in (1, 2))
    E1 = below_1 - 1 / 2
    E2 = below_2 - 2 * below_1 + 1 / 2
    alpha = -1 / (math.sqrt(2 * math.pi) * E1)
    return alpha, 1 / math.sqrt(1 / 2 + alpha**2 * E2)
