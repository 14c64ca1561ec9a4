"""Sums, means, variances and largest entries of Variables, over all entries or along axes.

``axis`` is one axis, a tuple of several, or None for all; with ``keepdims`` the axes stay, with length 1.
An input of the wrong type or shape, or an axis that it does not have, raises TypeError or ValueError with the names of
the operation and of its arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .operators import Axis, Operand
from .variable import Function, Variable

__all__ = ["max", "mean", "min", "sum", "var"]

Array = np.ndarray


class Reduction(Function):
    """What the reductions share: the axes, and how a gradient is spread over them again."""

    def __init__(self, axis: Axis, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims

    def spread(self, g: Array) -> Any:
        """g with the axes that were summed over, of length 1."""
        if self.axis is None or self.keepdims:
            return g
        return np.expand_dims(g, self.axis)


class Sum(Reduction):
    def forward(self, x: Array) -> Any:
        self.shape = x.shape
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy: Array) -> Any:
        return np.broadcast_to(self.spread(gy), self.shape).copy()


class Mean(Sum):
    def forward(self, x: Array) -> Any:
        total = super().forward(x)
        self.n = _count(x, total)
        return total / self.n

    def backward(self, gy: Array) -> Any:
        return super().backward(gy / self.n)


class Var(Reduction):
    def forward(self, x: Array) -> Any:
        total = x.sum(axis=self.axis, keepdims=True)
        self.n = _count(x, total)
        self.centred = x - total / self.n
        square = self.centred * self.centred
        return square.sum(axis=self.axis, keepdims=self.keepdims) / self.n

    def backward(self, gy: Array) -> Any:
        return self.spread(gy * (2 / self.n)) * self.centred  # Σ centred = 0: nothing comes back through the mean


class Max(Reduction):
    def forward(self, x: Array) -> Any:
        self.x, self.y = x, x.max(axis=self.axis, keepdims=self.keepdims)
        return self.y

    def backward(self, gy: Array) -> Any:
        extreme = self.x == self.spread(np.asarray(self.y))
        with np.errstate(divide="ignore", invalid="ignore"):  # a NaN is equal to none, and gives NaN
            return extreme * (self.spread(gy) / extreme.sum(axis=self.axis, keepdims=True, dtype=gy.dtype))


class Min(Max):
    def forward(self, x: Array) -> Any:
        self.x, self.y = x, x.min(axis=self.axis, keepdims=self.keepdims)
        return self.y


def _count(x: Array, total: Any) -> int:
    """How many entries were added up for each entry of the total."""
    n: int = x.size // np.size(total) if np.size(total) else 1
    if n == 0:
        raise ValueError(f"there must be entries along the axis, got shape {x.shape}")
    return n


def sum(x: Operand, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Sum over all entries, or along one axis or several."""
    return Sum(axis, keepdims)(x)


def mean(x: Operand, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Mean over all entries, or along one axis or several."""
    return Mean(axis, keepdims)(x)


def var(x: Operand, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Variance over all entries, or along one axis or several.

        var = 1/n Σ (x − mean)²

    Libraries differ: NumPy and Keras divide by n, as here; PyTorch's default divides by n − 1.
    """
    return Var(axis, keepdims)(x)


def max(x: Operand, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Largest entry of all, or along one axis or several. A NaN counts as the largest.

    Libraries differ: where several entries are the largest, they share the gradient evenly, as in PyTorch's amax and in
    Keras on TensorFlow; PyTorch's max along an axis gives all of it to one of them.
    """
    return Max(axis, keepdims)(x)


def min(x: Operand, axis: Axis = None, keepdims: bool = False) -> Variable:
    """Smallest entry of all, or along one axis or several. Several that are the smallest share the gradient, as in max."""
    return Min(axis, keepdims)(x)


for _function in (sum, mean, var, max, min):
    setattr(Variable, _function.__name__, _function)
