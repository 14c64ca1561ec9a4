"""What networks are made of, on Variables: the dense layer and losses; and everything else.

The formulas are those of ``network``; here they become Functions, so that ``backward`` passes through them. The
activations, convolution and pooling, dropout and normalization, and all operations can be had from here as well.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from . import network
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
from .elementwise import abs, clip, cos, exp, log, maximum, minimum, sin, sqrt, square, where
from .image_functions import avg_pool2d, conv2d, max_pool2d
from .operations import add, as_data_for, div, exponential, matmul, mul, neg, power, sub
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
from .unit_functions import alpha_dropout, batch_norm, dropout, layer_norm, maxout, prelu, rrelu
from .variable import Function, Variable

__all__ = [
    "ACTIVATIONS",
    "abs",
    "add",
    "alpha_dropout",
    "avg_pool2d",
    "batch_norm",
    "broadcast_to",
    "clip",
    "concatenate",
    "conv2d",
    "cos",
    "div",
    "dropout",
    "elu",
    "exp",
    "expand_dims",
    "exponential",
    "flatten",
    "gelu",
    "getitem",
    "identity",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "maxout",
    "mean",
    "mean_squared_error",
    "min",
    "minimum",
    "mul",
    "neg",
    "power",
    "prelu",
    "relu",
    "reshape",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "split",
    "sqrt",
    "square",
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

    All axes of x before the last count as one, the batch.
    """

    def forward(self, x: Array, W: Array, b: Array | None = None) -> Any:
        if x.ndim < 2 or W.ndim != 2:
            raise ValueError("x and W must have 2 axes, (N, fan_in) and (fan_in, fan_out)")
        if b is not None and b.shape != W.shape[1:]:
            raise ValueError("b must have shape (fan_out,)")
        self.batch = x.shape[:-1]
        if x.ndim > 2:
            x = x.reshape(-1, x.shape[-1]) if x.size else np.empty((0, x.shape[-1]), x.dtype)
        self.x, self.W = x, W
        y: Array = np.dot(x, W)
        if b is not None:
            y += b
        return y if len(self.batch) == 1 else y.reshape(*self.batch, y.shape[1])

    def backward(self, gy: Array) -> Any:
        if gy.ndim > 2:
            gy = gy.reshape(-1, gy.shape[-1])
        gx = np.dot(gy, self.W.T) if isinstance(self.inputs[0], Variable) else None
        if gx is not None and len(self.batch) > 1:
            gx = gx.reshape(*self.batch, gx.shape[1])
        gW = np.dot(self.x.T, gy)
        if len(self.inputs) == 2:
            return gx, gW
        return gx, gW, np.dot(_ones(len(gy), gy.dtype), gy)


@lru_cache(maxsize=64)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


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

    With more axes, x (…, fan_in), it takes the last one, as for each step of a sequence (N, T, fan_in). An array x, which
    is data, is converted to the dtype of W.

    Raises:
        ValueError: shapes do not fit.
    """
    if x.__class__ is np.ndarray:
        x = as_data_for(W, x)
    return Linear()(x, W) if b is None else Linear()(x, W, b)


def softmax_cross_entropy(logits: Operand, y: Array) -> Variable:
    """Mean over the batch of −log softmax(logits)[n, y_n]: logits (N, C), y integer labels (N,)."""
    return SoftmaxCrossEntropy(y)(logits)


def mean_squared_error(x: Operand, y: Operand) -> Variable:
    """Mean of (x − y)² over all entries. x and y must have one shape: (N, 1) and (N,) would broadcast to (N, N)."""
    return MeanSquaredError()(x, y)
