"""Pooling of images: the largest entry, or the mean, of each window, forward and backward, on arrays.

Images are (N, C, H, W), channels first. gradus.windows says what size, stride and padding do; cols[n, t, c, p] is, as
there, what tap t of the T = kh · kw taps of a window meets at place p.
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np

from .arguments import as_float_array, as_pair, describe, fail, fail_type, require_ndim, require_shape
from .windows import Grid, Pair

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
]

Array = np.ndarray


class MaxPoolCache(NamedTuple):
    """What max_pool2d_backward needs of the forward pass."""

    grid: Grid
    winner: Array  # (N, C, Ho, Wo), the tap that met the largest entry


def max_pool2d_forward(
    x: Array, size: Pair, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Array, MaxPoolCache]:
    """The largest entry under a window, channel by channel.

        y[n, c, p] = max_t cols[n, t, c, p]

    A margin counts as −∞. Where several entries are the largest, the first of them, row by row, gets the gradient, as in
    PyTorch. A NaN is passed on.

    Args:
        x: (N, C, H, W).
        size: kh and kw; one number stands for both, here and below.
        stride: sh and sw; None for those of the size, so that no windows overlap.
        padding: ph and pw, less than kh and kw: a window must meet the image.

    Returns:
        y (N, C, Ho, Wo), and the cache for max_pool2d_backward.

    Raises:
        TypeError: x does not hold real numbers, or a size is not an integer.
        ValueError: x does not have 4 axes, a size is too small, the padding too large, or the window larger than the
            padded image.
    """
    x, grid = _checked(x, size, stride, padding)
    taps = grid.views(grid.pad(x, -inf))
    y = next(taps).copy()
    winner = np.zeros(y.shape, np.min_scalar_type(grid.taps))
    for t, seen in enumerate(taps, start=1):
        winner[seen > y] = t
        np.maximum(y, seen, out=y)
    return y, MaxPoolCache(grid, winner)


def max_pool2d_backward(dy: Array, cache: MaxPoolCache) -> Array:
    """Gradient of max_pool2d_forward: each dy goes to the entry that was the largest.

    Args:
        dy: (N, C, Ho, Wo), gradient of the loss with respect to y.
        cache: what max_pool2d_forward returned.

    Returns:
        dx (N, C, H, W).

    Raises:
        TypeError: dy does not hold real numbers, or cache is not that of max_pool2d_forward.
        ValueError: dy is not shaped like y.
    """
    if not isinstance(cache, MaxPoolCache):
        fail_type(f"cache must be the cache that max_pool2d_forward returned, got {describe(cache)}")
    dy, grid = as_float_array(dy=dy), cache.grid
    require_shape(dy=(dy, (*grid.x_shape[:2], *grid.out)))
    dx = grid.zeros(dy.dtype)
    for t, seen in enumerate(grid.views(dx)):
        seen += dy * (cache.winner == t)
    return grid.crop(dx)


def avg_pool2d_forward(x: Array, size: Pair, stride: Pair | None = None, padding: Pair = 0) -> tuple[Array, Grid]:
    """The mean under a window, channel by channel.

        y[n, c, p] = 1/T Σ_t cols[n, t, c, p]

    Libraries differ: a margin counts as zeros here and in PyTorch (count_include_pad=True); Keras leaves it out of the
    mean, and divides by the number of entries inside of the image.

    Args:
        x, size, stride, padding: as in max_pool2d_forward.

    Returns:
        y (N, C, Ho, Wo), and the cache for avg_pool2d_backward.

    Raises:
        TypeError, ValueError: as max_pool2d_forward.
    """
    x, grid = _checked(x, size, stride, padding)
    taps = grid.views(grid.pad(x))
    y = next(taps).copy()
    for seen in taps:
        y += seen
    y /= grid.taps
    return y, grid


def avg_pool2d_backward(dy: Array, cache: Grid) -> Array:
    """Gradient of avg_pool2d_forward: every entry under a window gets dy / T.

    Args:
        dy: (N, C, Ho, Wo), gradient of the loss with respect to y.
        cache: what avg_pool2d_forward returned.

    Returns:
        dx (N, C, H, W).

    Raises:
        TypeError: dy does not hold real numbers, or cache is not that of avg_pool2d_forward.
        ValueError: dy is not shaped like y.
    """
    if not isinstance(cache, Grid):
        fail_type(f"cache must be the cache that avg_pool2d_forward returned, got {describe(cache)}")
    dy, grid = as_float_array(dy=dy), cache
    require_shape(dy=(dy, (*grid.x_shape[:2], *grid.out)))
    dx = grid.zeros(dy.dtype)
    share = dy / grid.taps
    for seen in grid.views(dx):
        seen += share
    return grid.crop(dx)


def _checked(x: Any, size: Any, stride: Any, padding: Any) -> tuple[Array, Grid]:
    x = as_float_array(x=x)
    require_ndim(x=(x, 4))
    size, padding = as_pair(1, size=size), as_pair(0, padding=padding)
    grid = Grid(x.shape, size, size if stride is None else as_pair(1, stride=stride), padding)
    if padding[0] >= size[0] or padding[1] >= size[1]:
        fail(f"padding must be less than the size {size}, got {padding}")
    if min(grid.out) < 1:
        fail(f"size must not exceed the padded images, got {size} for x of shape {x.shape}")
    return x, grid
