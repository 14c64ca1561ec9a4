"""Layers for images (N, C, H, W): convolution, pooling, and the step from images to rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import functions
from .arguments import as_float_dtype, as_pair, fail, require_bool, require_callable, require_int, require_rng
from .initializers import he_normal
from .layer import Layer
from .variable import Variable

__all__ = ["AvgPool2d", "Conv2d", "Flatten", "MaxPool2d"]

Array = np.ndarray
Pair = int | tuple[int, int]


class Conv2d(Layer):
    """A convolution layer (gradus.convolution).

    Args:
        C_in: channels of the images that come in.
        C_out: channels, that is kernels, of those that go out.
        size: kh and kw of the kernels; one number stands for both, here and below.
        stride: steps of the kernel.
        padding: rows and columns of zeros around the images.
        rng: source of the first weights.
        init: init(shape, rng) -> W of shape (kh, kw, C_in, C_out), as those of gradus.initializers.
        bias: whether there is a b; it starts at zero.
        dtype: of the parameters.

    Attributes:
        W: Variable (kh, kw, C_in, C_out). PyTorch keeps (C_out, C_in, kh, kw).
        b: Variable (C_out,), or None.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a size is out of range, or init returns another shape.
    """

    def __init__(
        self,
        C_in: int,
        C_out: int,
        size: Pair = 3,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        rng: np.random.Generator,
        init: Callable[[tuple[int, ...], np.random.Generator], Array] = he_normal,
        bias: bool = True,
        dtype: Any = np.float64,
    ) -> None:
        require_int(C_in=(C_in, 1), C_out=(C_out, 1))
        size = as_pair(1, size=size)
        self.stride, self.padding = as_pair(1, stride=stride), as_pair(0, padding=padding)
        require_rng(rng=rng)
        require_callable(init=init)
        require_bool(bias=bias)
        dtype = as_float_dtype(dtype=dtype)
        shape = (*size, C_in, C_out)
        W = init(shape, rng)
        if np.shape(W) != shape:
            fail(f"init must return an array of shape {shape}, got shape {np.shape(W)}")
        self.W = Variable(np.array(W, dtype))
        self.b = Variable(np.zeros(C_out, dtype)) if bias else None

    def forward(self, x: Any) -> Variable:
        return functions.conv2d(x, self.W, self.b, stride=self.stride, padding=self.padding)


class MaxPool2d(Layer):
    """The largest entry of each window, channel by channel (gradus.pooling).

    Args:
        size: of the window; one number stands for rows and columns, here and below.
        stride: steps of the window; None for its size, so that no windows overlap.
        padding: rows and columns around the images that never are the largest.

    Raises:
        TypeError: an argument is neither an integer nor a pair of them.
        ValueError: an argument is too small.
    """

    def __init__(self, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.size, self.padding = as_pair(1, size=size), as_pair(0, padding=padding)
        self.stride = self.size if stride is None else as_pair(1, stride=stride)

    def forward(self, x: Any) -> Variable:
        return functions.max_pool2d(x, self.size, stride=self.stride, padding=self.padding)


class AvgPool2d(Layer):
    """The mean of each window, channel by channel (gradus.pooling).

    Args:
        size: of the window; one number stands for rows and columns, here and below.
        stride: steps of the window; None for its size, so that no windows overlap.
        padding: rows and columns of zeros around the images.

    Raises:
        TypeError: an argument is neither an integer nor a pair of them.
        ValueError: an argument is too small.
    """

    def __init__(self, size: Pair = 2, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.size, self.padding = as_pair(1, size=size), as_pair(0, padding=padding)
        self.stride = self.size if stride is None else as_pair(1, stride=stride)

    def forward(self, x: Any) -> Variable:
        return functions.avg_pool2d(x, self.size, stride=self.stride, padding=self.padding)


class Flatten(Layer):
    """Everything but the batch in one row: (N, C, H, W) becomes (N, C · H · W), channel by channel."""

    def forward(self, x: Any) -> Variable:
        return functions.flatten(x)
