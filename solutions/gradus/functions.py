"""What networks are made of, on Variables: the dense layer, batch normalization and losses; and everything else.

The formulas are those of ``network`` and ``normalization``; here they become Functions, so that ``backward`` passes
through them. The activations, convolution and pooling, and all operations can be had from here as well.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import network, normalization
from .activation_functions import (
    ACTIVATIONS,
    elu,
    gelu,
    identity,
    leaky_relu,
    log_softmax,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from .elementwise import abs, clip, cos, exp, log, maximum, minimum, sin, sqrt, where
from .image_functions import avg_pool2d, conv2d, max_pool2d
from .operations import add, div, matmul, mul, neg, power, sub
from .operators import Operand
from .reductions import max, mean, min, sum, var
from .shapes import (
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    getitem,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
)
from .variable import Function, Variable

__all__ = [
    "ACTIVATIONS",
    "abs",
    "add",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "concatenate",
    "conv2d",
    "cos",
    "div",
    "elu",
    "exp",
    "expand_dims",
    "flatten",
    "gelu",
    "getitem",
    "identity",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "mean_squared_error",
    "min",
    "minimum",
    "mul",
    "neg",
    "power",
    "relu",
    "reshape",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "split",
    "sqrt",
    "squeeze",
    "stack",
    "sub",
    "sum",
    "tanh",
    "transpose",
    "var",
    "where",
]

Array = np.ndarray


class Linear(Function):
    """network.dense_forward and dense_backward, without the gradients that nobody asked for.

    np.dot is @ with less to do before it starts, which shows where matrices are small. The gradient of the bias, the sum
    over the batch, is a product with a row of ones: several times as fast as gy.sum(axis=0).
    """

    def forward(self, x: Array, W: Array, b: Array | None = None) -> Any:
        if x.ndim != 2 or W.ndim != 2:
            raise ValueError("x and W must have 2 axes, (N, fan_in) and (fan_in, fan_out)")
        if b is not None and b.shape != W.shape[1:]:
            raise ValueError("b must have shape (fan_out,)")
        self.x, self.W = x, W
        y: Array = np.dot(x, W)
        if b is not None:
            y += b
        return y

    def backward(self, gy: Array) -> Any:
        gx = np.dot(gy, self.W.T) if isinstance(self.inputs[0], Variable) else None
        gW = np.dot(self.x.T, gy)
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, np.dot(_ones(len(gy), gy.dtype), gy)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


class BatchNorm(Function):
    """normalization.batchnorm_forward and batchnorm_backward; the new running statistics stay on the object."""

    def __init__(self, running_mean: Array, running_var: Array, **hyper: Any) -> None:
        self.running_mean, self.running_var, self.hyper = running_mean, running_var, hyper

    def forward(self, x: Array, gamma: Array, beta: Array) -> Any:
        y, self.cache, self.running_mean, self.running_var = normalization.batchnorm_forward(
            x, gamma, beta, self.running_mean, self.running_var, **self.hyper
        )
        return y

    def backward(self, gy: Array) -> Any:
        return normalization.batchnorm_backward(gy, self.cache)


class SoftmaxCrossEntropy(Function):
    """network.softmax_cross_entropy, which computes the gradient along with the loss."""

    def __init__(self, y: Array) -> None:
        self.y = y

    def forward(self, logits: Array) -> Any:
        loss, self.dlogits = network.softmax_cross_entropy(logits, self.y)
        return np.array(loss, self.dlogits.dtype)

    def backward(self, gy: Array) -> Any:
        return float(gy) * self.dlogits


class MeanSquaredError(Function):
    def forward(self, x: Array, y: Array) -> Any:
        if x.shape != y.shape:
            raise ValueError("x and y must have one shape")
        if x.size == 0:
            raise ValueError("x and y must have entries")
        self.difference = x - y
        return np.mean(self.difference * self.difference)

    def backward(self, gy: Array) -> Any:
        gx = gy * (2 / self.difference.size) * self.difference
        return gx, -gx


def linear(x: Operand, W: Operand, b: Operand | None = None) -> Variable:
    """A dense layer, z = x W + b: x (N, fan_in), W (fan_in, fan_out), b (fan_out,) or None.

    Raises:
        ValueError: shapes do not fit.
    """
    return Linear()(x, W) if b is None else Linear()(x, W, b)


def batch_norm(
    x: Operand,
    gamma: Operand,
    beta: Operand,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Variable, Array, Array]:
    """gradus.normalization.batchnorm_forward on Variables.

    Returns:
        The normalized Variable (N, D), and the new running mean and variance (D,) as arrays.
    """
    function = BatchNorm(running_mean, running_var, training=training, momentum=momentum, eps=eps)
    return function(x, gamma, beta), function.running_mean, function.running_var


def softmax_cross_entropy(logits: Operand, y: Array) -> Variable:
    """Mean over the batch of −log softmax(logits)[n, y_n]: logits (N, C), y integer labels (N,)."""
    return SoftmaxCrossEntropy(y)(logits)


def mean_squared_error(x: Operand, y: Operand) -> Variable:
    """Mean of (x − y)² over all entries. x and y must have one shape: (N, 1) and (N,) would broadcast to (N, N)."""
    return MeanSquaredError()(x, y)
