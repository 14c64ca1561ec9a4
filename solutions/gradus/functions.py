"""What networks are made of, on Variables: the dense layer, activations, batch normalization and losses.

The formulas are those of ``network``, ``activations`` and ``normalization``; here they become Functions, so that
``backward`` passes through them. The arithmetic of ``operations`` can be had from here as well.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

import numpy as np

from . import activations, network, normalization
from .operations import (
    add,
    div,
    exp,
    getitem,
    log,
    matmul,
    mean,
    mul,
    neg,
    power,
    reshape,
    sqrt,
    sub,
    sum,
    transpose,
)
from .variable import Function, Variable

__all__ = [
    "ACTIVATIONS",
    "add",
    "batch_norm",
    "div",
    "elu",
    "exp",
    "getitem",
    "identity",
    "leaky_relu",
    "linear",
    "log",
    "matmul",
    "mean",
    "mean_squared_error",
    "mul",
    "neg",
    "power",
    "relu",
    "reshape",
    "selu",
    "sigmoid",
    "softmax_cross_entropy",
    "sqrt",
    "sub",
    "sum",
    "tanh",
    "transpose",
]

Array = np.ndarray


class Linear(Function):
    """network.dense_forward and dense_backward, without the gradients that nobody asked for.

    np.dot is @ with less to do before it starts, which shows where matrices are small. The gradient of the bias, the sum
    over the batch, is a product with a row of ones: several times as fast as gy.sum(axis=0).
    """

    def forward(self, x, W, b=None):
        if x.ndim != 2 or W.ndim != 2:
            raise ValueError("x and W must have 2 axes, (N, fan_in) and (fan_in, fan_out)")
        if b is not None and b.shape != W.shape[1:]:
            raise ValueError("b must have shape (fan_out,)")
        self.x, self.W = x, W
        y = np.dot(x, W)
        if b is not None:
            y += b
        return y

    def backward(self, gy):
        gx = np.dot(gy, self.W.T) if isinstance(self.inputs[0], Variable) else None
        gW = np.dot(self.x.T, gy)
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, np.dot(_ones(len(gy), gy.dtype), gy)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype) -> Array:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


class Activation(Function):
    """An activation of gradus.activations with its derivative."""

    def __init__(self, name: str, **hyper: float) -> None:
        self.f, self.f_derivative = activations.ACTIVATIONS[name]
        self.hyper = hyper

    def forward(self, z):
        self.z = z
        return self.f(z, **self.hyper)

    def backward(self, gy):
        return gy * self.f_derivative(self.z, **self.hyper)


class Sigmoid(Function):
    def forward(self, z):
        self.y = activations.sigmoid(z)
        return self.y

    def backward(self, gy):
        return gy * (self.y * (1 - self.y))  # from the output: no second exponential


class Tanh(Function):
    def forward(self, z):
        self.y = activations.tanh(z)
        return self.y

    def backward(self, gy):
        return gy * (1 - self.y * self.y)


class ReLU(Function):
    def forward(self, z):
        self.y = z.clip(0, inf)
        return self.y

    def backward(self, gy):
        return gy * (self.y > 0)


class BatchNorm(Function):
    """normalization.batchnorm_forward and batchnorm_backward; the new running statistics stay on the object."""

    def __init__(self, running_mean: Array, running_var: Array, **hyper: Any) -> None:
        self.running_mean, self.running_var, self.hyper = running_mean, running_var, hyper

    def forward(self, x, gamma, beta):
        y, self.cache, self.running_mean, self.running_var = normalization.batchnorm_forward(
            x, gamma, beta, self.running_mean, self.running_var, **self.hyper
        )
        return y

    def backward(self, gy):
        return normalization.batchnorm_backward(gy, self.cache)


class SoftmaxCrossEntropy(Function):
    """network.softmax_cross_entropy, which computes the gradient along with the loss."""

    def __init__(self, y: Array) -> None:
        self.y = y

    def forward(self, logits):
        loss, self.dlogits = network.softmax_cross_entropy(logits, self.y)
        return np.array(loss, self.dlogits.dtype)

    def backward(self, gy):
        return float(gy) * self.dlogits


class MeanSquaredError(Function):
    def forward(self, x, y):
        if x.shape != y.shape:
            raise ValueError("x and y must have one shape")
        self.difference = x - y
        return np.mean(self.difference * self.difference)

    def backward(self, gy):
        gx = gy * (2 / self.difference.size) * self.difference
        return gx, -gx


def linear(x, W, b=None):
    """A dense layer, z = x W + b: x (N, fan_in), W (fan_in, fan_out), b (fan_out,) or None.

    Raises:
        ValueError: shapes do not fit.
    """
    return Linear()(x, W) if b is None else Linear()(x, W, b)


def sigmoid(z):
    """1 / (1 + e^−z)."""
    return Sigmoid()(z)


def tanh(z):
    """Hyperbolic tangent."""
    return Tanh()(z)


def relu(z):
    """max(z, 0); the derivative at 0 is 0."""
    return ReLU()(z)


def leaky_relu(z, alpha: float = 0.01):
    """z where z > 0, α z elsewhere."""
    return Activation("leaky_relu", alpha=alpha)(z)


def elu(z, alpha: float = 1.0):
    """z where z > 0, α (e^z − 1) elsewhere."""
    return Activation("elu", alpha=alpha)(z)


def selu(z):
    """λ elu(z, α) with the constants that keep mean 0 and variance 1."""
    return Activation("selu")(z)


def batch_norm(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """gradus.normalization.batchnorm_forward on Variables.

    Returns:
        The normalized Variable (N, D), and the new running mean and variance (D,) as arrays.
    """
    function = BatchNorm(running_mean, running_var, training=training, momentum=momentum, eps=eps)
    return function(x, gamma, beta), function.running_mean, function.running_var


def softmax_cross_entropy(logits, y: Array):
    """Mean over the batch of −log softmax(logits)[n, y_n]: logits (N, C), y integer labels (N,)."""
    return SoftmaxCrossEntropy(y)(logits)


def mean_squared_error(x, y):
    """Mean of (x − y)² over all entries. x and y must have one shape: (N, 1) and (N,) would broadcast to (N, N)."""
    return MeanSquaredError()(x, y)


def identity(z):
    """z: no activation."""
    return Activation("identity")(z)


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
}
"""The activations by name."""
