"""The rectified linear unit, its variants and their derivatives, elementwise: ReLU, leaky ReLU, ELU, SELU.

All of them can be had from ``activations``, where the rules they share are written down.
"""

from __future__ import annotations

import math

import numpy as np

from .arguments import as_float_array, require_in_range
from .moments import selu_constants

__all__ = [
    "SELU_ALPHA",
    "SELU_LAMBDA",
    "elu",
    "elu_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "relu",
    "relu_derivative",
    "selu",
    "selu_derivative",
]

Array = np.ndarray

SELU_ALPHA, SELU_LAMBDA = selu_constants()


def relu(z: Array) -> Array:
    """Rectified linear unit: max(0, z) (Nair & Hinton 2010).

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return _above_zero(as_float_array(z=z))


def relu_derivative(z: Array) -> Array:
    """Derivative of relu: 1 where z > 0, else 0; at the kink z = 0 it is 0, by convention.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    z = as_float_array(z=z)
    return (z > 0).astype(z.dtype)


def leaky_relu(z: Array, alpha: float = 0.01) -> Array:
    """Leaky ReLU (Maas et al. 2013).

        f(z) = z      z > 0
        f(z) = α z    z ≤ 0

    which is max(z, 0) + α min(z, 0) for every α; max(z, α z) is the same only while α ≤ 1. Default slopes differ: .01
    here and in PyTorch, .3 in Keras' layer, .2 in Keras' function.

    Args:
        z: any shape.
        alpha: slope α of the negative side, any finite number.

    Raises:
        TypeError: z or alpha is not a real number.
        ValueError: alpha is not finite.
    """
    z = as_float_array(z=z)
    require_in_range(alpha=(alpha, -math.inf, math.inf))
    if alpha == 0:
        return _above_zero(z)  # −∞ · 0 is no number
    out = _below_zero(z)
    out *= float(alpha)
    out += _above_zero(z)
    return out


def leaky_relu_derivative(z: Array, alpha: float = 0.01) -> Array:
    """Derivative of leaky_relu: 1 where z > 0, α elsewhere (also at z = 0).

    Raises:
        TypeError: z or alpha is not a real number.
        ValueError: alpha is not finite.
    """
    z = as_float_array(z=z)
    require_in_range(alpha=(alpha, -math.inf, math.inf))
    positive = (z > 0).astype(z.dtype)
    return positive + float(alpha) * (1 - positive)


def elu(z: Array, alpha: float = 1.0) -> Array:
    """Exponential linear unit (Clevert et al. 2016).

        f(z) = z              z > 0
        f(z) = α (e^z − 1)    z ≤ 0

    computed as max(z, 0) + α expm1(min(z, 0)): e^z never overflows, and e^z − 1 loses no digits near 0.

    Args:
        z: any shape.
        alpha: −α is the limit for z → −∞, any finite number.

    Raises:
        TypeError: z or alpha is not a real number.
        ValueError: alpha is not finite.
    """
    z = as_float_array(z=z)
    require_in_range(alpha=(alpha, -math.inf, math.inf))
    with np.errstate(under="ignore"):
        out = np.asarray(_below_zero(z))
        np.expm1(out, out=out)
        if alpha != 1:
            out *= float(alpha)
    out += _above_zero(z)
    return out


def elu_derivative(z: Array, alpha: float = 1.0) -> Array:
    """Derivative of elu: 1 where z > 0, α e^z elsewhere; at z = 0 it is α.

    Raises:
        TypeError: z or alpha is not a real number.
        ValueError: alpha is not finite.
    """
    z = as_float_array(z=z)
    require_in_range(alpha=(alpha, -math.inf, math.inf))
    return _elu_slope(z, float(alpha), 1.0)


def selu(z: Array) -> Array:
    """Scaled exponential linear unit: λ elu(z, α) with λ ≈ 1.0507, α ≈ 1.6733 (Klambauer et al. 2017).

    For z ~ N(0, 1) the output has mean 0 and variance 1 again.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    out = elu(z, SELU_ALPHA)
    out *= SELU_LAMBDA
    return out


def selu_derivative(z: Array) -> Array:
    """Derivative of selu: λ where z > 0, λ α e^z elsewhere; at z = 0 it is λ α ≈ 1.7581.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return _elu_slope(as_float_array(z=z), SELU_ALPHA, SELU_LAMBDA)


def _elu_slope(z: Array, alpha: float, scale: float) -> Array:
    """λ where z > 0, λ α e^z elsewhere, for the scale λ: without a branch, λ α e^min(z, 0) − λ (α − 1) [z > 0]."""
    with np.errstate(under="ignore"):
        slope = np.asarray(_below_zero(z))
        np.exp(slope, out=slope)
    if alpha != 1:
        slope *= scale * alpha
        slope -= np.multiply(z > 0, scale * (alpha - 1), dtype=z.dtype)
    return slope


def _above_zero(z: Array) -> Array:
    """max(z, 0), a new array."""
    above: Array = np.clip(z, 0, math.inf)
    return above


def _below_zero(z: Array) -> Array:
    """min(z, 0), a new array."""
    below: Array = np.clip(z, -math.inf, 0)
    return below
