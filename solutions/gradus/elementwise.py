"""Functions of Variables, entry by entry: exponential and logarithm, sine, size, the larger of two, and a choice.

As in ``operations``: a class with the formula in ``forward`` and its derivative in ``backward``, and a function that
applies it. An input of the wrong type or shape raises TypeError or ValueError with the names of function and input.
"""

from __future__ import annotations

from math import inf
from numbers import Real
from typing import Any

import numpy as np

from .arguments import describe, fail, fail_type
from .operators import Operand
from .shapes import unbroadcast
from .variable import Function, Variable

__all__ = ["abs", "clip", "cos", "exp", "log", "maximum", "minimum", "sin", "sqrt", "square", "where"]

Array = np.ndarray


class Exp(Function):
    def forward(self, x: Array) -> Any:
        self.y: Array = np.exp(x)
        return self.y

    def backward(self, gy: Array) -> Any:
        return gy * self.y


class Log(Function):
    def forward(self, x: Array) -> Any:
        self.x = x
        return np.log(x)

    def backward(self, gy: Array) -> Any:
        return gy / self.x


class Sqrt(Function):
    def forward(self, x: Array) -> Any:
        self.y: Array = np.sqrt(x)
        return self.y

    def backward(self, gy: Array) -> Any:
        return gy / (2 * self.y)


class Square(Function):
    def forward(self, x: Array) -> Any:
        self.x = x
        return x * x

    def backward(self, gy: Array) -> Any:
        return gy * (2 * self.x)


class Sin(Function):
    def forward(self, x: Array) -> Any:
        self.x = x
        return np.sin(x)

    def backward(self, gy: Array) -> Any:
        return gy * np.cos(self.x)


class Cos(Function):
    def forward(self, x: Array) -> Any:
        self.x = x
        return np.cos(x)

    def backward(self, gy: Array) -> Any:
        return -gy * np.sin(self.x)


class Abs(Function):
    def forward(self, x: Array) -> Any:
        self.x = x
        return np.abs(x)

    def backward(self, gy: Array) -> Any:
        return gy * np.sign(self.x)


class Maximum(Function):
    def forward(self, x0: Array, x1: Array) -> Any:
        self.x0, self.x1 = x0, x1
        return np.maximum(x0, x1)

    def backward(self, gy: Array) -> Any:
        gx0 = gy * np.greater(self.x0, self.x1) + gy / 2 * np.equal(self.x0, self.x1)
        return unbroadcast(self, gx0, gy - gx0)


class Minimum(Maximum):
    def forward(self, x0: Array, x1: Array) -> Any:
        self.x0, self.x1 = x1, x0  # the other way round: the gradient goes to the smaller one
        return np.minimum(x0, x1)


class Clip(Function):
    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Array) -> Any:
        self.x = x
        return np.clip(x, self.low, self.high)

    def backward(self, gy: Array) -> Any:
        return gy * ((self.x >= self.low) & (self.x <= self.high))


class Where(Function):
    def __init__(self, mask: Array) -> None:
        self.mask = mask

    def forward(self, x0: Array, x1: Array) -> Any:
        return np.where(self.mask, x0, x1)

    def backward(self, gy: Array) -> Any:
        return unbroadcast(self, np.where(self.mask, gy, 0), np.where(self.mask, 0, gy))


def exp(x: Operand) -> Variable:
    """e^x."""
    return Exp()(x)


def log(x: Operand) -> Variable:
    """Natural logarithm of x."""
    return Log()(x)


def sqrt(x: Operand) -> Variable:
    """Square root of x. Its derivative at 0 is infinite."""
    return Sqrt()(x)


def square(x: Operand) -> Variable:
    """x²."""
    return Square()(x)


def sin(x: Operand) -> Variable:
    """Sine of x."""
    return Sin()(x)


def cos(x: Operand) -> Variable:
    """Cosine of x."""
    return Cos()(x)


def abs(x: Operand) -> Variable:
    """|x|; the derivative at 0 is 0."""
    return Abs()(x)


def maximum(x0: Operand, x1: Operand) -> Variable:
    """The larger of x0 and x1, entry by entry. Where they are equal, each gets half of the gradient, as in PyTorch."""
    return Maximum()(x0, x1)


def minimum(x0: Operand, x1: Operand) -> Variable:
    """The smaller of x0 and x1, entry by entry. Where they are equal, each gets half of the gradient, as in PyTorch."""
    return Minimum()(x0, x1)


def clip(x: Operand, low: float = -inf, high: float = inf) -> Variable:
    """x, at least low and at most high. The derivative is 1 inside and on the bounds, 0 outside.

    Raises:
        TypeError: low or high is not a number.
        ValueError: low is larger than high, or one of them is NaN.
    """
    for name, bound in {"low": low, "high": high}.items():
        if not isinstance(bound, Real):
            fail_type(f"{name} must be a number, got {describe(bound)}")
    if not low <= high:
        fail(f"low must be at most high, got low = {low:g}, high = {high:g}")
    return Clip(float(low), float(high))(x)


def where(mask: Array, x0: Operand, x1: Operand) -> Variable:
    """x0 where the mask is True, x1 elsewhere. What is not chosen gets gradient 0, even where it is infinite or NaN.

    Args:
        mask: array of booleans, such as ``x > 0`` returns; x0, x1 and the mask are broadcast.

    Raises:
        TypeError: the mask is not an array of booleans.
    """
    if not isinstance(mask, np.ndarray | np.bool_) or mask.dtype != np.bool_:
        fail_type(f"mask must be an array of booleans, got {describe(mask)}")
    return Where(np.asarray(mask))(x0, x1)


for _name, _function in {"__abs__": abs, "clip": clip}.items():
    setattr(Variable, _name, _function)
