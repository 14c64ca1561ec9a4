"""Convolution of images as a matrix product, forward and backward, on arrays.

Images are (N, C, H, W), channels first, as in PyTorch; kernels are (kh, kw, C_in, C_out), as in Keras. gradus.windows
says what stride and padding do, and puts what the kernel meets into the columns of a matrix (``im2col``).

The columns are kh · kw times as large as the images. So a batch goes through in parts whose columns fit into the
processor's cache, and the backward pass makes them anew, which takes less time than fetching them from memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .arguments import as_float_array, as_pair, describe, fail, fail_type, require_ndim, require_shape
from .windows import Grid, Pair

__all__ = ["conv2d_backward", "conv2d_forward", "conv2d_input_grad", "conv2d_kernel_grad"]

Array = np.ndarray

CACHE_BYTES = 2**21  # of columns at a time


class ConvolutionCache(NamedTuple):
    """What conv2d_backward needs of the forward pass."""

    padded: Array  # (N, C_in, H + 2 ph, W + 2 pw), x with its margin
    W: Array  # (kh, kw, C_in, C_out)
    grid: Grid


def conv2d_forward(
    x: Array, W: Array, b: Array | None = None, *, stride: Pair = 1, padding: Pair = 0
) -> tuple[Array, ConvolutionCache]:
    """A convolution layer: at every place the product of the kernel with what lies under it.

        cols = im2col(x)
        y[n] = Wᵀ cols[n] + b        W as a matrix (kh · kw · C_in, C_out)

    The kernel is not flipped: strictly, this is the cross-correlation, as in all libraries of deep learning.

    Libraries differ: PyTorch keeps kernels as (C_out, C_in, kh, kw), the transpose (3, 2, 0, 1) of this W. Keras has the
    same kernels, but images with the channels last, and its padding "same" may put one more row at the bottom than
    at the top where the stride is not 1.

    Args:
        x: (N, C_in, H, W).
        W: (kh, kw, C_in, C_out).
        b: (C_out,), added at every place; None for no bias.
        stride, padding: as in im2col.

    Returns:
        y (N, C_out, Ho, Wo), and the cache for conv2d_backward.

    Raises:
        TypeError: an array does not hold real numbers, or stride or padding is not an integer.
        ValueError: shapes do not fit, stride or padding is too small, or the kernel is larger than the padded image.
    """
    x, W = as_float_array(x=x, W=W)
    require_ndim(x=(x, 4), W=(W, 4))
    if W.shape[2] != x.shape[1]:
        fail(f"W must have shape (kh, kw, C_in, C_out) with C_in = {x.shape[1]} as x has channels, got {W.shape}")
    if W.size == 0:
        fail(f"W must hold at least one number, got shape {W.shape}")
    grid = Grid(x.shape, W.shape[:2], as_pair(1, stride=stride), as_pair(0, padding=padding))
    if min(grid.out) < 1:
        fail(f"W must not exceed the padded images, got shape {W.shape} for x of shape {x.shape}")
    WT = W.reshape(-1, W.shape[3]).T
    padded = grid.pad(x)
    y = np.empty((len(x), W.shape[3], grid.out[0] * grid.out[1]), np.result_type(x, W))
    for part, cols in _parts(grid, x.dtype):
        grid.gather(padded[part], cols)
        np.matmul(WT, cols, out=y[part])
    if b is not None:
        b = as_float_array(b=b)
        require_shape(b=(b, (W.shape[3],)))
        y += b[:, None]
    return y.reshape(*y.shape[:2], *grid.out), ConvolutionCache(padded, W, grid)


def conv2d_backward(dy: Array, cache: ConvolutionCache) -> tuple[Array, Array, Array]:
    """Gradients of conv2d_forward.

        dx = col2im(W dy)
        dW = Σ_n cols[n] dy[n]ᵀ
        db = Σ_n,p dy[n, :, p]

    Args:
        dy: (N, C_out, Ho, Wo), gradient of the loss with respect to y.
        cache: what conv2d_forward returned.

    Returns:
        dx (N, C_in, H, W), dW (kh, kw, C_in, C_out), db (C_out,).

    Raises:
        TypeError: dy does not hold real numbers, or cache is not a ConvolutionCache.
        ValueError: dy is not shaped like y.
    """
    dy = _gradient(dy, cache)
    return conv2d_input_grad(dy, cache), conv2d_kernel_grad(dy, cache), dy.sum(axis=(0, 2, 3))


def conv2d_input_grad(dy: Array, cache: ConvolutionCache) -> Array:
    """The first of conv2d_backward's gradients, dx = col2im(W dy). Args and errors as for conv2d_backward."""
    dy = _gradient(dy, cache)
    _, W, grid = cache
    W, dy = W.reshape(-1, W.shape[3]), _flat(dy)
    dx = grid.zeros(np.result_type(dy, W))
    for part, cols in _parts(grid, dx.dtype):
        np.matmul(W, dy[part], out=cols)
        grid.scatter(cols, dx[part])
    return grid.crop(dx)


def conv2d_kernel_grad(dy: Array, cache: ConvolutionCache) -> Array:
    """The second of conv2d_backward's gradients, dW = Σ_n cols[n] dy[n]ᵀ. Args and errors as for conv2d_backward."""
    dy = _gradient(dy, cache)
    padded, W, grid = cache
    dyT = _flat(dy).transpose(0, 2, 1)
    dW = np.zeros((W.size // W.shape[3], W.shape[3]), np.result_type(dy, padded))
    for part, cols in _parts(grid, padded.dtype):
        grid.gather(padded[part], cols)
        dW += (cols @ dyT[part]).sum(axis=0)
    return dW.reshape(W.shape)


def _parts(grid: Grid, dtype: np.dtype[Any]) -> Iterator[tuple[slice, Array]]:
    """The batch in parts, each with room for its columns; the same room again and again, while it is in the cache."""
    N, rows, places = grid.columns_shape
    step = max(1, CACHE_BYTES // (rows * places * dtype.itemsize))
    room = np.empty((min(step, N), rows, places), dtype)
    for start in range(0, N, step):
        yield slice(start, start + step), room[: N - start]


def _flat(dy: Array) -> Array:
    """(n, C, Ho, Wo) → (n, C, Ho · Wo)."""
    return dy.reshape(*dy.shape[:2], dy.shape[2] * dy.shape[3])


def _gradient(dy: Any, cache: Any) -> Array:
    """dy as an array shaped like y."""
    if not isinstance(cache, ConvolutionCache):
        fail_type(f"cache must be the cache that conv2d_forward returned, got {describe(cache)}")
    array: Array = as_float_array(dy=dy)
    require_shape(dy=(array, (len(cache.padded), cache.W.shape[3], *cache.grid.out)))
    return array
