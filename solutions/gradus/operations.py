"""Arithmetic on Variables, the matrix product, and the operators that stand for them.

Each operation is a class, with the formula in ``forward`` and its derivative in ``backward``, and a lower-case function
that applies it. Inputs may be Variables, arrays or numbers; an array or number is data, of which no gradient is taken.
Arithmetic broadcasts as NumPy does, and the gradient of an input that was stretched is summed back to its shape.

An input of the wrong type or shape raises TypeError or ValueError with the names of the operation and of the input.
"""

from __future__ import annotations

from math import inf, log
from numbers import Real
from typing import Any

import numpy as np

from .arguments import describe, fail, fail_type
from .operators import Operand
from .shapes import sum_to, unbroadcast
from .variable import Function, Variable

__all__ = ["add", "div", "exponential", "matmul", "mul", "neg", "power", "sub"]

Array = np.ndarray


class Add(Function):
    def forward(self, x0: Array, x1: Array) -> Any:
        return x0 + x1

    def backward(self, gy: Array) -> Any:
        return unbroadcast(self, gy, gy)


class Sub(Function):
    def forward(self, x0: Array, x1: Array) -> Any:
        return x0 - x1

    def backward(self, gy: Array) -> Any:
        return unbroadcast(self, gy, -gy)


class Mul(Function):
    def forward(self, x0: Array, x1: Array) -> Any:
        self.x0, self.x1 = x0, x1
        return x0 * x1

    def backward(self, gy: Array) -> Any:
        gx0 = gy * self.x1 if self.wants_grad(0) else None
        gx1 = gy * self.x0 if self.wants_grad(1) else None
        return unbroadcast(self, gx0, gx1)


class Div(Function):
    def forward(self, x0: Array, x1: Array) -> Any:
        self.x1, self.y = x1, x0 / x1
        return self.y

    def backward(self, gy: Array) -> Any:
        gx0 = gy / self.x1
        return unbroadcast(self, gx0, -gx0 * self.y)


class Neg(Function):
    def forward(self, x: Array) -> Any:
        return -x

    def backward(self, gy: Array) -> Any:
        return -gy


class Power(Function):
    """y = x^c for a constant number c."""

    def __init__(self, c: float) -> None:
        self.c = c

    def forward(self, x: Array) -> Any:
        self.x = x
        return power_of(x, self.c)

    def backward(self, gy: Array) -> Any:
        if self.c == 0:
            return np.zeros_like(gy)  # not 0 · x⁻¹, which is NaN at 0
        return gy * (self.c * power_of(self.x, self.c - 1))


def power_of(x: Array, c: float) -> Any:
    """x^c; small whole powers by multiplication, hundreds of times faster than NumPy's pow in float32."""
    if c == 3:
        return x * x * x
    if c == 4:
        return np.square(x * x)
    return x**c


class Exponential(Function):
    """y = c^x for a constant number c."""

    def __init__(self, c: float) -> None:
        self.c = c

    def forward(self, x: Array) -> Any:
        self.y: Array = self.c**x
        return self.y

    def backward(self, gy: Array) -> Any:
        return gy * (log(self.c) * self.y)


class MatMul(Function):
    """y = x0 @ x1; axes before the last two are broadcast. A vector counts as a row on the left, a column on the right."""

    def forward(self, x0: Array, x1: Array) -> Any:
        y = x0 @ x1
        self.x0 = x0[None, :] if x0.ndim == 1 else x0
        self.x1 = x1[:, None] if x1.ndim == 1 else x1
        self.shapes = x0.shape, x1.shape
        return y

    def backward(self, gy: Array) -> Any:
        x0, x1 = self.x0, self.x1
        gy = gy.reshape(*np.broadcast_shapes(x0.shape[:-2], x1.shape[:-2]), x0.shape[-2], x1.shape[-1])
        gx0 = sum_to(gy @ x1.swapaxes(-1, -2), x0.shape) if self.wants_grad(0) else None
        gx1 = sum_to(x0.swapaxes(-1, -2) @ gy, x1.shape) if self.wants_grad(1) else None
        return tuple(gx if gx is None else gx.reshape(shape) for gx, shape in zip((gx0, gx1), self.shapes, strict=True))


def add(x0: Operand, x1: Operand) -> Variable:
    """x0 + x1."""
    return Add()(x0, x1)


def sub(x0: Operand, x1: Operand) -> Variable:
    """x0 − x1."""
    return Sub()(x0, x1)


def mul(x0: Operand, x1: Operand) -> Variable:
    """x0 · x1, entry by entry."""
    return Mul()(x0, x1)


def div(x0: Operand, x1: Operand) -> Variable:
    """x0 / x1."""
    return Div()(x0, x1)


def neg(x: Operand) -> Variable:
    """−x."""
    return Neg()(x)


def power(x: Operand, c: float) -> Variable:
    """x^c for a number c.

    Raises:
        TypeError: c is not a number.
    """
    if not isinstance(c, Real):
        fail_type(f"c must be a number, got {describe(c)}")
    if c != c:
        fail("c must be a number, got nan")
    return Power(float(c))(x)


def exponential(c: float, x: Operand) -> Variable:
    """c^x for a number c > 0, also written ``c**x``.

    Raises:
        TypeError: c is not a number.
        ValueError: c is not in (0, ∞).
    """
    if not isinstance(c, Real):
        raise TypeError(f"exponential: c must be a number, got {describe(c)}")
    if not 0 < c < inf:
        raise ValueError(f"exponential: c must be in (0, inf), got {c}")
    return Exponential(float(c))(x)


def as_data_for(W: Operand, x: Array) -> Array:
    """Data in the dtype of the parameter W, if W is one, so that float32 networks compute in float32."""
    if isinstance(W, Variable) and x.dtype is not W.data.dtype and x.dtype.kind in "fbiu":
        return x.astype(W.data.dtype)
    return x


def matmul(x0: Operand, x1: Operand) -> Variable:
    """Matrix product x0 @ x1."""
    return MatMul()(x0, x1)


# The operators of Variable. They stand here, and not in the class, since a Variable need not know any function.
for _name, _function in {
    "__add__": add,
    "__radd__": lambda x1, x0: add(x0, x1),
    "__sub__": sub,
    "__rsub__": lambda x1, x0: sub(x0, x1),
    "__mul__": mul,
    "__rmul__": lambda x1, x0: mul(x0, x1),
    "__truediv__": div,
    "__rtruediv__": lambda x1, x0: div(x0, x1),
    "__matmul__": matmul,
    "__rmatmul__": lambda x1, x0: matmul(x0, x1),
    "__neg__": neg,
    "__pos__": lambda x: x,
    "__pow__": power,
    "__rpow__": lambda x, c: exponential(c, x),
}.items():
    setattr(Variable, _name, _function)
