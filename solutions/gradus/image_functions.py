"""Convolution and pooling of images as Functions on Variables: the formulas of ``convolution`` and ``pooling``.

Images are (N, C, H, W), kernels (kh, kw, C_in, C_out). Sizes, strides and paddings are one number, or a pair for rows and
columns. What is wrong raises TypeError or ValueError with the names of the function and of the argument.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import convolution, pooling
from .operations import as_data_for
from .operators import Operand
from .variable import Function, Variable
from .windows import Pair

__all__ = ["avg_pool2d", "conv2d", "max_pool2d"]

Array = np.ndarray


class Conv2d(Function):
    def __init__(self, stride: Pair, padding: Pair) -> None:
        self.stride, self.padding = stride, padding

    def forward(self, x: Array, W: Array, b: Array | None = None) -> Array:
        y, self.cache = convolution.conv2d_forward(x, W, b, stride=self.stride, padding=self.padding)
        return y

    def backward(self, gy: Array) -> Any:
        gx = convolution.conv2d_input_grad(gy, self.cache) if self.wants_grad(0) else None
        gW = convolution.conv2d_kernel_grad(gy, self.cache)
        return (gx, gW) if len(self.inputs) == 2 else (gx, gW, gy.sum(axis=(0, 2, 3)))


class MaxPool2d(Function):
    def __init__(self, size: Pair, stride: Pair | None, padding: Pair) -> None:
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x: Array) -> Array:
        y, self.cache = pooling.max_pool2d_forward(x, self.size, self.stride, self.padding)
        return y

    def backward(self, gy: Array) -> Array:
        return pooling.max_pool2d_backward(gy, self.cache)


class AvgPool2d(Function):
    def __init__(self, size: Pair, stride: Pair | None, padding: Pair) -> None:
        self.size, self.stride, self.padding = size, stride, padding

    def forward(self, x: Array) -> Array:
        y, self.grid = pooling.avg_pool2d_forward(x, self.size, self.stride, self.padding)
        return y

    def backward(self, gy: Array) -> Array:
        return pooling.avg_pool2d_backward(gy, self.grid)


def conv2d(x: Operand, W: Operand, b: Operand | None = None, *, stride: Pair = 1, padding: Pair = 0) -> Variable:
    """A convolution layer, gradus.convolution.conv2d_forward: x (N, C_in, H, W), W (kh, kw, C_in, C_out), b (C_out,).

    An array x, which is data, is converted to the dtype of W.

    Returns:
        Variable (N, C_out, Ho, Wo).
    """
    if isinstance(x, np.ndarray):
        x = as_data_for(W, x)
    function = Conv2d(stride, padding)
    return function(x, W) if b is None else function(x, W, b)


def max_pool2d(x: Operand, size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Variable:
    """The largest entry under each window; windows do not overlap unless a stride says so: x (N, C, H, W)."""
    return MaxPool2d(size, stride, padding)(x)


def avg_pool2d(x: Operand, size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Variable:
    """The mean under each window; windows do not overlap unless a stride says so: x (N, C, H, W)."""
    return AvgPool2d(size, stride, padding)(x)
