"""Variables in other shapes: rearranged, cut out, put together. No number changes.

An input of the wrong type, or a shape, axis or index that does not fit, raises TypeError, ValueError or IndexError with
the names of the operation and of its arguments. As in NumPy, the result may share its memory with the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from .arguments import describe, fail, fail_type, require_int
from .operators import Axis, Operand
from .variable import Function, Variable

__all__ = [
    "broadcast_to",
    "concatenate",
    "expand_dims",
    "flatten",
    "getitem",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "transpose",
]

Array = np.ndarray
Shape = int | tuple[int, ...]


class Reshape(Function):
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Any:
        self.x_shape = x.shape
        return x.reshape(self.shape)

    def backward(self, gy: Array) -> Any:
        return gy.reshape(self.x_shape)


class Flatten(Reshape):
    def __init__(self) -> None:
        pass

    def forward(self, x: Array) -> Any:
        self.x_shape = x.shape
        return x.reshape(len(x), prod(x.shape[1:]))


class Squeeze(Reshape):
    def __init__(self, axis: Axis) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Any:
        self.x_shape = x.shape
        return np.squeeze(x, self.axis)


class ExpandDims(Squeeze):
    def forward(self, x: Array) -> Any:
        self.x_shape = x.shape
        return np.expand_dims(x, self.axis)  # type: ignore[arg-type]


class BroadcastTo(Function):
    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Any:
        self.x_shape = x.shape
        return np.broadcast_to(x, self.shape)

    def backward(self, gy: Array) -> Any:
        return sum_to(gy, self.x_shape)


class Transpose(Function):
    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Any:
        return x.transpose(self.axes)

    def backward(self, gy: Array) -> Any:
        if self.axes is None:
            return gy.transpose()
        return gy.transpose(np.argsort([axis % gy.ndim for axis in self.axes]))


class GetItem(Function):
    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x: Array) -> Any:
        self.shape = x.shape
        return x[self.index]

    def backward(self, gy: Array) -> Any:
        gx = np.zeros(self.shape, gy.dtype)
        index = self.index if isinstance(self.index, tuple) else (self.index,)
        if all(i is None or i is Ellipsis or isinstance(i, int | np.integer | slice) for i in index):
            gx[self.index] = gy
        else:
            np.add.at(gx, self.index, gy)  # an entry picked several times collects all its gradients
        return gx


class Concatenate(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Any:
        y = np.concatenate(xs, axis=self.axis)
        self.ends = np.cumsum([x.shape[self.axis] for x in xs])
        return y

    def backward(self, gy: Array) -> Any:
        return tuple(np.split(gy, self.ends[:-1], axis=self.axis))


class Stack(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Any:
        return np.stack(xs, axis=self.axis)

    def backward(self, gy: Array) -> Any:
        return tuple(np.moveaxis(gy, self.axis, 0))


class Split(Function):
    def __init__(self, sections: Any, axis: int) -> None:
        self.sections, self.axis = sections, axis

    def forward(self, x: Array) -> tuple[Array, ...]:
        return tuple(np.split(x, self.sections, axis=normalize_axis_index(self.axis, x.ndim)))

    def backward(self, *gys: Array) -> Any:
        return np.concatenate(gys, axis=self.axis)


def sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """The array g, summed over the axes along which an array of the given shape was stretched to g's."""
    if g.shape == shape:
        return g
    lead = g.ndim - len(shape)
    stretched = tuple(i for i in range(g.ndim) if i < lead or shape[i - lead] == 1)
    return np.asarray(g.sum(axis=stretched)).reshape(shape)


def unbroadcast(function: Function, *gxs: Array | None) -> tuple[Array | None, ...]:
    """Each gradient summed to the shape of its input; None for an input that is data."""
    pairs = zip(gxs, function.inputs)  # noqa: B905 - backward compares the lengths
    return tuple([None if gx is None or not isinstance(x, Variable) else sum_to(gx, x.data.shape) for gx, x in pairs])


def reshape(x: Operand, shape: Shape) -> Variable:
    """The entries of x in another shape; one length may be −1."""
    if shape is None:
        fail_type("shape must be an integer or a tuple of integers, got None")
    return Reshape(shape)(x)


def flatten(x: Operand) -> Variable:
    """Each sample in one row: (N, …) → (N, D). NumPy's and PyTorch's flatten put the whole batch into one row."""
    return Flatten()(x)


def squeeze(x: Operand, axis: Axis = None) -> Variable:
    """x without its axes of length 1, or without those that are named."""
    return Squeeze(axis)(x)


def expand_dims(x: Operand, axis: Shape) -> Variable:
    """x with new axes of length 1, which stand at these places of the result."""
    return ExpandDims(axis)(x)


def broadcast_to(x: Operand, shape: Shape) -> Variable:
    """x repeated to a larger shape, as arithmetic does by itself. The result cannot be written to."""
    return BroadcastTo(shape)(x)


def transpose(x: Operand, axes: tuple[int, ...] | None = None) -> Variable:
    """The axes of x in another order; reversed when no order is given."""
    return Transpose(axes)(x)


def getitem(x: Operand, index: Any) -> Variable:
    """x[index], for every index that NumPy takes."""
    return GetItem(index)(x)


def concatenate(xs: Sequence[Operand], axis: int = 0) -> Variable:
    """Variables one after the other along an axis, which they have."""
    return Concatenate(axis)(*_several(xs))


def stack(xs: Sequence[Operand], axis: int = 0) -> Variable:
    """Variables of one shape side by side along a new axis."""
    return Stack(axis)(*_several(xs))


def split(x: Operand, sections: int | list[int], axis: int = 0) -> tuple[Variable, ...]:
    """Parts of x along an axis: so many of equal length, or those that begin at 0 and at the places of a list.

    Every part is a Variable of its own; a part that is not used gets gradient 0.
    """
    if isinstance(sections, Integral):
        require_int(sections=(sections, 1))
    return tuple(Split(sections, axis)(x))


def _several(xs: Any) -> Any:
    if not isinstance(xs, list | tuple):
        fail_type(f"xs must be a list or tuple of Variables or arrays, got {describe(xs)}")
    if not xs:
        fail("xs must hold at least one Variable or array")
    return xs


def _in_a_row(function: Any) -> Any:
    """function(x, (2, 3)) as a method that takes x.method(2, 3) as well."""

    def method(x: Variable, *numbers: Any) -> Any:
        return function(x, numbers[0] if len(numbers) == 1 else numbers)

    method.__name__, method.__doc__ = function.__name__, function.__doc__
    return method


for _name, _method in {
    "__getitem__": getitem,
    "reshape": _in_a_row(reshape),
    "transpose": lambda x, *axes: transpose(x, axes[0] if len(axes) == 1 else axes or None),
    "T": property(transpose),
    "squeeze": squeeze,
}.items():
    setattr(Variable, _name, _method)
