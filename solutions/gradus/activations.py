"""Activation functions and their derivatives, elementwise on arrays, and softmax.

Each function takes an array z of any shape and returns an array of the same shape and dtype (integers are computed in
float64). A derivative is called ``NAME_derivative`` and takes z as well, not the output. At z = 0, where ReLU and its
variants have a kink, 0 counts as negative, as in PyTorch: the derivative there is 0 for relu, α for leaky_relu and elu,
λα for selu. NaN comes out as NaN; but a derivative that only asks for the sign (relu, leaky_relu) counts it as negative.

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
from .arguments import as_float_array, fail, require_int, require_same_shape
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
    "log_softmax_backward",
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
    "softmax_backward",
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
    z, axis = _along(axis, z=z)
    with np.errstate(under="ignore"):
        e: Array = np.exp(z - z.max(axis=axis, keepdims=True))
        e /= e.sum(axis=axis, keepdims=True)
    return e


def log_softmax(z: Array, axis: int = -1) -> Array:
    """Logarithm of softmax, finite where softmax itself rounds to 0.

        log p_i = z_i − max z − log Σ_j e^(z_j − max z)

    Args and errors as for softmax.
    """
    z, axis = _along(axis, z=z)
    shifted: Array = z - z.max(axis=axis, keepdims=True)
    with np.errstate(under="ignore"):
        shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted


def softmax_backward(dout: Array, p: Array, axis: int = -1) -> Array:
    """Gradient of softmax with respect to z, from its output.

        ∂p_i/∂z_j = p_i (δ_ij − p_j)
        dz_j = p_j (dout_j − Σ_i dout_i p_i)

    It has no component along p ↦ p + constant: the entries of dz add to 0. For the gradient of a loss on labels take
    ``network.softmax_cross_entropy``, p − y, which loses nothing where p rounds to 0.

    Args:
        dout: gradient of the loss with respect to p.
        p: what softmax returned, shaped like dout.
        axis: the axis of the classes.

    Raises:
        TypeError: dout or p is not an array of real numbers, or axis is not an integer.
        ValueError: the shapes differ, or there is no such axis or no entry along it.
    """
    dout = as_float_array(dout=dout)
    p, axis = _along(axis, p=p)
    require_same_shape(p=p, dout=dout)
    with np.errstate(under="ignore"):
        g = dout * p
        dz: Array = g - p * g.sum(axis=axis, keepdims=True)
    return dz


def log_softmax_backward(dout: Array, log_p: Array, axis: int = -1) -> Array:
    """Gradient of log_softmax with respect to z, from its output.

        ∂(log p_i)/∂z_j = δ_ij − p_j
        dz_j = dout_j − e^(log p_j) Σ_i dout_i

    Args:
        dout: gradient of the loss with respect to log p.
        log_p: what log_softmax returned, shaped like dout.
        axis: the axis of the classes.

    Raises:
        TypeError, ValueError: as softmax_backward.
    """
    dout = as_float_array(dout=dout)
    log_p, axis = _along(axis, log_p=log_p)
    require_same_shape(log_p=log_p, dout=dout)
    with np.errstate(under="ignore"):
        dz: Array = dout - np.exp(log_p) * dout.sum(axis=axis, keepdims=True)
    return dz


def _along(axis: Any, **named: Any) -> tuple[Array, int]:
    """The array named, as one of floats that has entries along the axis."""
    [(name, array)] = named.items()
    array = as_float_array(**named)
    if array.ndim == 0:
        fail(f"{name} must have at least one axis, got a single number")
    require_int(axis=(axis, -array.ndim))
    if axis >= array.ndim:
        fail(f"axis must be less than the {array.ndim} axes of {name}, got {axis}")
    if array.shape[axis] == 0:
        fail(f"{name} must have at least one entry along axis {axis}, got shape {array.shape}")
    return array, axis


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
