"""Activation functions and their derivatives, elementwise on arrays; softmax; moments under a Gaussian input.

Each function takes an array z of any shape and returns an array of the same shape and dtype (integers are computed in
float64). A derivative is called ``NAME_derivative`` and takes z as well, not the output. At z = 0, where ReLU and its
variants have a kink, 0 counts as negative, as in PyTorch: the derivative there is 0 for relu, α for leaky_relu and elu,
λα for selu.

The functions avoid ``np.where`` on arrays, which is slow on a random mask and evaluates the branch that overflows: they
clip z to the half line of each branch instead. ``np.clip`` with two bounds is faster than ``np.maximum(z, 0)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .arguments import as_float_array, fail, require_callable, require_in_range, require_int

__all__ = [
    "ACTIVATIONS",
    "SELU_ALPHA",
    "SELU_LAMBDA",
    "elu",
    "elu_derivative",
    "gaussian_moments",
    "identity",
    "identity_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "log_softmax",
    "relu",
    "relu_derivative",
    "selu",
    "selu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "softmax",
    "tanh",
    "tanh_derivative",
]

Array = np.ndarray

# Klambauer et al. 2017: the fixed point (mean 0, variance 1) of E f(z) = 0, Var f(z) = 1 for z ~ N(0, 1).
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_LAMBDA = 1.0507009873554804934193349852946


def identity(z: Array) -> Array:
    """No activation: f(z) = z, as a copy.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return as_float_array(z=z).copy()


def identity_derivative(z: Array) -> Array:
    """Derivative of identity: f′(z) = 1.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return np.ones_like(as_float_array(z=z))


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
        out = np.exp(_below_zero(z))
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
        return e / (1 + e) ** 2


def tanh(z: Array) -> Array:
    """Hyperbolic tangent: tanh z = 2 σ(2z) − 1, between −1 and 1.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return np.tanh(as_float_array(z=z))


def tanh_derivative(z: Array) -> Array:
    """Derivative of tanh: 1 − t² with t = tanh z; at most 1, at z = 0.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    t = tanh(z)
    t *= t
    return 1 - t


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
        out = np.expm1(_below_zero(z))
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
    with np.errstate(under="ignore"):
        slope = np.exp(_below_zero(z))  # e^z, and 1 where z > 0
        if alpha != 1:
            slope *= leaky_relu_derivative(z, alpha)
    return slope


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
    out = elu_derivative(z, SELU_ALPHA)
    out *= SELU_LAMBDA
    return out


def softmax(z: Array, axis: int = -1) -> Array:
    """Softmax along an axis: positive numbers that add to 1.

        p_i = e^(z_i − max z) / Σ_j e^(z_j − max z)

    Taking the maximum away changes nothing but the overflow.

    Args:
        z: logits, any shape with at least one axis, finite or −∞ (probability 0) with a finite maximum.
        axis: the axis of the classes.

    Raises:
        TypeError: z is not an array of real numbers, or axis is not an integer.
        ValueError: z has no such axis, or no entry along it.
    """
    z, axis = _logits(z, axis)
    with np.errstate(under="ignore"):
        e = np.exp(z - z.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)


def log_softmax(z: Array, axis: int = -1) -> Array:
    """Logarithm of softmax, finite where softmax itself rounds to 0.

        log p_i = z_i − max z − log Σ_j e^(z_j − max z)

    Args and errors as for softmax.
    """
    z, axis = _logits(z, axis)
    shifted = z - z.max(axis=axis, keepdims=True)
    with np.errstate(under="ignore"):
        return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _above_zero(z: Array) -> Array:
    """max(z, 0), a new array."""
    return np.clip(z, 0, math.inf)


def _below_zero(z: Array) -> Array:
    """min(z, 0), a new array."""
    return np.clip(z, -math.inf, 0)


def _logits(z: Any, axis: Any) -> tuple[Array, int]:
    """z as a float array that has entries along the axis."""
    z = as_float_array(z=z)
    if z.ndim == 0:
        fail("z must have at least one axis, got a single number")
    require_int(axis=(axis, -z.ndim))
    if axis >= z.ndim:
        fail(f"axis must be less than the {z.ndim} axes of z, got {axis}")
    if z.shape[axis] == 0:
        fail(f"z must have at least one entry along axis {axis}, got shape {z.shape}")
    return z, axis


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


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "identity": (identity, identity_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
    "selu": (selu, selu_derivative),
}
"""Name of each activation → the function and its derivative, with default parameters."""
