"""Activation functions and their derivatives, elementwise on arrays, and softmax.

Each function takes an array z of any shape and returns an array of the same shape and dtype (integers are computed in
float64). A derivative is called ``NAME_derivative`` and takes z as well, not the output. At z = 0, where ReLU and its
variants have a kink, 0 counts as negative, as in PyTorch: the derivative there is 0 for relu, α for leaky_relu and elu,
λα for selu.

The functions avoid ``np.where`` on arrays, which is slow on a random mask and evaluates the branch that overflows: they
clip z to the half line of each branch instead. ``np.clip`` with two bounds is faster than ``np.maximum(z, 0)``.

The formulas stand in ``smooth_activations``, ``rectified_activations`` and ``gelu``, those with slopes or weights of
their own in ``activations_with_parameters``, the integrals in ``moments``. All can be had from here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .activations_with_parameters import (
    maxout_backward,
    maxout_forward,
    prelu_backward,
    prelu_forward,
    rrelu,
    rrelu_derivative,
)
from .arguments import as_float_array, fail, require_int
from .gelu import gelu, gelu_derivative, gelu_with_derivative
from .moments import gaussian_moments, selu_constants
from .rectified_activations import (
    SELU_ALPHA,
    SELU_LAMBDA,
    elu,
    elu_derivative,
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    selu,
    selu_derivative,
)
from .smooth_activations import (
    sigmoid,
    sigmoid_derivative,
    silu,
    silu_derivative,
    softplus,
    softplus_derivative,
    tanh,
    tanh_derivative,
)

__all__ = [
    "ACTIVATIONS",
    "SELU_ALPHA",
    "SELU_LAMBDA",
    "elu",
    "elu_derivative",
    "gaussian_moments",
    "gelu",
    "gelu_derivative",
    "gelu_with_derivative",
    "identity",
    "identity_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "log_softmax",
    "maxout_backward",
    "maxout_forward",
    "prelu_backward",
    "prelu_forward",
    "relu",
    "relu_derivative",
    "rrelu",
    "rrelu_derivative",
    "selu",
    "selu_constants",
    "selu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "softmax",
    "softplus",
    "softplus_derivative",
    "tanh",
    "tanh_derivative",
]

Array = np.ndarray


def identity(z: Array) -> Array:
    """No activation: f(z) = z, as a copy.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    copy: Array = as_float_array(z=z).copy()
    return copy


def identity_derivative(z: Array) -> Array:
    """Derivative of identity: f′(z) = 1.

    Raises:
        TypeError: z is not an array of real numbers.
    """
    return np.ones_like(as_float_array(z=z))


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
        e: Array = np.exp(z - z.max(axis=axis, keepdims=True))
        e /= e.sum(axis=axis, keepdims=True)
    return e


def log_softmax(z: Array, axis: int = -1) -> Array:
    """Logarithm of softmax, finite where softmax itself rounds to 0.

        log p_i = z_i − max z − log Σ_j e^(z_j − max z)

    Args and errors as for softmax.
    """
    z, axis = _logits(z, axis)
    shifted: Array = z - z.max(axis=axis, keepdims=True)
    with np.errstate(under="ignore"):
        shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


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


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "identity": (identity, identity_derivative),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "elu": (elu, elu_derivative),
    "selu": (selu, selu_derivative),
    "gelu": (gelu, gelu_derivative),
    "silu": (silu, silu_derivative),
    "softplus": (softplus, softplus_derivative),
}
"""Name of each activation → the function and its derivative, with default parameters."""
