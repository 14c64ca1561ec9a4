"""Smooth activations and their derivatives, elementwise: sigmoid, tanh, softplus, SiLU. GELU has a file of its own.

All of them can be had from ``activations``, where the rules they share are written down.
"""

from __future__ import annotations

import math

import numpy as np

from .arguments import as_float_array

__all__ = [
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "softplus",
    "softplus_derivative",
    "tanh",
    "tanh_derivative",
]

Array = np.ndarray


def sigmoid(z: Array) -> Array:
    """Logistic sigmoid, without overflow.

        σ(z) = 1 / (1 + e^−z)      z ≥ 0
        σ(z) = e^z / (1 + e^z)     z < 0

    Both lines are e^min(z, 0) / (1 + e^−|z|). In float64 the result is exactly 1 from z ≈ 37 on.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = as_float_array(z=z)
    with np.errstate(under="ignore"):  # e^−1000 is 0: right, and no event to report
        out: Array = np.exp(np.clip(z, -math.inf, 0))
        out /= 1 + np.exp(-np.abs(z))
    return out


def sigmoid_derivative(z: Array) -> Array:
    """Derivative of the logistic sigmoid, at most 1/4.

        σ′(z) = σ(z) (1 − σ(z)) = e / (1 + e)²,   e = e^−|z|

    The second form keeps its relative precision where σ(z) rounds to 1.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = as_float_array(z=z)
    with np.errstate(under="ignore"):
        e = np.exp(-np.abs(z))
        slope: Array = e / (1 + e) ** 2
    return slope


def tanh(z: Array) -> Array:
    """Hyperbolic tangent: tanh z = 2 σ(2z) − 1, between −1 and 1.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    t: Array = np.tanh(as_float_array(z=z))
    return t


def tanh_derivative(z: Array) -> Array:
    """Derivative of tanh: 1 − t² with t = tanh z; at most 1, at z = 0.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    t = tanh(z)
    t *= t
    return 1 - t


def softplus(z: Array) -> Array:
    """A smooth max(z, 0) (Dugas et al. 2001), without overflow and without losing small results.

        f(z) = log(1 + e^z) = max(z, 0) + log1p(e^−|z|)

    Libraries differ: PyTorch returns z itself from its threshold z = 20 on, which is up to 2e-9 less.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = as_float_array(z=z)
    with np.errstate(under="ignore"):
        out: Array = np.log1p(np.exp(-np.abs(z)))
    out += np.clip(z, 0, math.inf)
    return out


def softplus_derivative(z: Array) -> Array:
    """Derivative of softplus: the logistic sigmoid, f′(z) = σ(z).

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return sigmoid(z)


def silu(z: Array) -> Array:
    """Sigmoid linear unit (Elfwing et al. 2018), called swish as well.

        f(z) = z σ(z)

    Its minimum is −0.278, at z = −1.278; for z → −∞ it tends to 0.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = np.clip(as_float_array(z=z), -1000, math.inf)  # where the result has long been 0; −∞ · 0 would not be
    out: Array = z * sigmoid(z)
    return out


def silu_derivative(z: Array) -> Array:
    """Derivative of silu: 1/2 at z = 0, up to 1.1 above it, down to −0.1 below.

        f′(z) = σ(z) (1 + z (1 − σ(z))) = σ(z) + z σ′(z)

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = as_float_array(z=z)
    slope: Array = sigmoid(z) + np.clip(z, -1000, 1000) * sigmoid_derivative(z)
    return slope
