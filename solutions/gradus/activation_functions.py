"""The activations on Variables: the formulas of ``activations``, through which ``backward`` passes.

An input of the wrong type raises TypeError, a setting out of range ValueError, with the names of the function and of the
argument.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from . import activations
from .operators import Operand
from .variable import Function, Variable, is_recording

__all__ = [
    "ACTIVATIONS",
    "elu",
    "gelu",
    "identity",
    "leaky_relu",
    "log_softmax",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]

Array = np.ndarray


class Activation(Function):
    """An activation of gradus.activations, with its derivative computed from the input z."""

    name = ""  # in activations.ACTIVATIONS

    def __init__(self, **hyper: Any) -> None:
        self.hyper = hyper

    def forward(self, z: Array) -> Any:
        self.z = z
        f: Callable[..., Array] = activations.ACTIVATIONS[self.name][0]
        return f(z, **self.hyper)

    def backward(self, gy: Array) -> Any:
        f_derivative: Callable[..., Array] = activations.ACTIVATIONS[self.name][1]
        return gy * f_derivative(self.z, **self.hyper)


class Identity(Activation):
    name = "identity"


class LeakyReLU(Activation):
    name = "leaky_relu"


class ELU(Activation):
    name = "elu"


class GELU(Activation):
    name = "gelu"

    def forward(self, z: Array) -> Any:
        if not is_recording():
            return super().forward(z)
        y, self.slope = activations.gelu_with_derivative(z, **self.hyper)  # together they take two thirds of the time
        return y

    def backward(self, gy: Array) -> Any:
        return gy * self.slope


class SiLU(Activation):
    name = "silu"


class Softplus(Activation):
    name = "softplus"


class Sigmoid(Function):
    def forward(self, z: Array) -> Any:
        self.y = activations.sigmoid(z)
        return self.y

    def backward(self, gy: Array) -> Any:
        return gy * (self.y * (1 - self.y))  # from the output: no second exponential


class Tanh(Function):
    def forward(self, z: Array) -> Any:
        self.y = activations.tanh(z)
        return self.y

    def backward(self, gy: Array) -> Any:
        return gy * (1 - self.y * self.y)


class ReLU(Function):
    def forward(self, z: Array) -> Any:
        self.y = z.clip(0, inf)
        return self.y

    def backward(self, gy: Array) -> Any:
        slope = (self.y > 0).astype(gy.dtype)
        slope *= gy
        return slope


class SELU(Function):
    """The derivative from the output, without a second exponential: λ where y > 0, y + λα elsewhere."""

    def forward(self, z: Array) -> Any:
        self.y = activations.selu(z)
        return self.y

    def backward(self, gy: Array) -> Any:
        at_zero = activations.SELU_LAMBDA * activations.SELU_ALPHA
        slope = (self.y > 0).astype(gy.dtype)
        slope *= activations.SELU_LAMBDA - at_zero
        slope += at_zero
        slope += self.y.clip(-inf, 0)
        slope *= gy
        return slope


class Softmax(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, z: Array) -> Any:
        self.p = activations.softmax(z, self.axis)
        return self.p

    def backward(self, gy: Array) -> Any:
        return activations.softmax_backward(gy, self.p, self.axis)


class LogSoftmax(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, z: Array) -> Any:
        self.log_p = activations.log_softmax(z, self.axis)
        return self.log_p

    def backward(self, gy: Array) -> Any:
        return activations.log_softmax_backward(gy, self.log_p, self.axis)


def identity(z: Operand) -> Variable:
    """z: no activation."""
    return Identity()(z)


def sigmoid(z: Operand) -> Variable:
    """1 / (1 + e^−z)."""
    return Sigmoid()(z)


def tanh(z: Operand) -> Variable:
    """Hyperbolic tangent."""
    return Tanh()(z)


def relu(z: Operand) -> Variable:
    """max(z, 0); the derivative at 0 is 0."""
    return ReLU()(z)


def leaky_relu(z: Operand, alpha: float = 0.01) -> Variable:
    """z where z > 0, α z elsewhere."""
    return LeakyReLU(alpha=alpha)(z)


def elu(z: Operand, alpha: float = 1.0) -> Variable:
    """z where z > 0, α (e^z − 1) elsewhere."""
    return ELU(alpha=alpha)(z)


def selu(z: Operand) -> Variable:
    """λ elu(z, α) with the constants that keep mean 0 and variance 1."""
    return SELU()(z)


def gelu(z: Operand, approximate: bool = False) -> Variable:
    """z Φ(z), Φ the distribution function of N(0, 1); or, approximately, its form with tanh."""
    return GELU(approximate=approximate)(z)


def silu(z: Operand) -> Variable:
    """z σ(z), σ the logistic sigmoid."""
    return SiLU()(z)


def softplus(z: Operand) -> Variable:
    """log(1 + e^z)."""
    return Softplus()(z)


def softmax(z: Operand, axis: int = -1) -> Variable:
    """e^z_i / Σ_j e^z_j along an axis. For a loss use softmax_cross_entropy, which cannot give log 0."""
    return Softmax(axis)(z)


def log_softmax(z: Operand, axis: int = -1) -> Variable:
    """z_i − log Σ_j e^z_j along an axis."""
    return LogSoftmax(axis)(z)


ACTIVATIONS: dict[str, Callable[..., Variable]] = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "gelu": gelu,
    "silu": silu,
    "softplus": softplus,
}
"""The activations by name."""
