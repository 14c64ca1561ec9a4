"""The places at which a kernel stands on an image: its windows as views, and as the columns of a matrix.

Images are (N, C, H, W), channels first. A kernel of size (kh, kw) that moves by (sh, sw) over an image with a margin of
(ph, pw) on every side stands at Ho · Wo places:

    Ho = ⌊(H + 2 ph − kh) / sh⌋ + 1        Wo = ⌊(W + 2 pw − kw) / sw⌋ + 1

All functions here walk over the kh · kw taps of the kernel, not over the places: what one tap meets at all places is a
strided view of the image, and there are few taps and many places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .arguments import as_float_array, as_pair, describe, fail, fail_type, require_int, require_ndim, require_shape

__all__ = ["col2im", "im2col"]

Array = np.ndarray
Pair = int | tuple[int, int]


class Grid(NamedTuple):
    """Where a kernel stands on images."""

    x_shape: tuple[int, ...]  # (N, C, H, W)
    size: tuple[int, int]  # (kh, kw)
    stride: tuple[int, int]  # (sh, sw)
    padding: tuple[int, int]  # (ph, pw)

    @property
    def out(self) -> tuple[int, int]:
        """(Ho, Wo); not positive where the kernel is larger than the padded image."""
        (H, W), (kh, kw), (sh, sw) = self.padded_shape[2:], self.size, self.stride
        return (H - kh) // sh + 1, (W - kw) // sw + 1

    @property
    def padded_shape(self) -> tuple[int, int, int, int]:
        """(N, C, H + 2 ph, W + 2 pw)."""
        (N, C, H, W), (ph, pw) = self.x_shape, self.padding
        return N, C, H + 2 * ph, W + 2 * pw

    @property
    def taps(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def columns_shape(self) -> tuple[int, int, int]:
        """(N, kh · kw · C, Ho · Wo)."""
        N, C = self.x_shape[:2]
        return N, self.taps * C, self.out[0] * self.out[1]

    def views(self, padded: Array) -> Iterator[Array]:
        """What each tap of the kernel meets on padded images, (n, C, Ho, Wo), tap by tap, row by row."""
        for i in range(self.size[0]):
            for j in range(self.size[1]):
                yield padded[:, :, self._along(0, i), self._along(1, j)]

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """The images with their margin; x itself where there is none."""
        if self.padded_shape == self.x_shape:
            return x
        padded = np.full(self.padded_shape, value, x.dtype)
        self.crop(padded)[...] = x
        return padded

    def zeros(self, dtype: np.dtype[Any]) -> Array:
        """Zeros in the shape of all images with their margin."""
        return np.zeros(self.padded_shape, dtype)

    def crop(self, padded: Array) -> Array:
        """The images without their margin, a view."""
        (H, W), (ph, pw) = self.x_shape[2:], self.padding
        return padded[:, :, ph : ph + H, pw : pw + W]

    def gather(self, padded: Array, cols: Array) -> None:
        """Write what the taps meet into the columns (n, T · C, P).

        The shift to the side is made once for each j, on whole images. The shifts downwards then move long runs of
        memory instead of short rows: half the time.
        """
        cols = cols.reshape(len(cols), *self.size, padded.shape[1], *self.out)  # a view: columns are contiguous
        strip = np.empty((*padded.shape[:3], self.out[1]), padded.dtype)
        for j in range(self.size[1]):
            strip[...] = padded[:, :, :, self._along(1, j)]
            for i in range(self.size[0]):
                cols[:, i, j] = strip[:, :, self._along(0, i)]

    def scatter(self, cols: Array, padded: Array) -> None:
        """Add the columns (n, T · C, P) to what the taps meet; gather, backwards."""
        cols = cols.reshape(len(cols), *self.size, padded.shape[1], *self.out)
        strip = np.empty((*padded.shape[:3], self.out[1]), padded.dtype)
        for j in range(self.size[1]):
            strip.fill(0)  # rows that no tap meets
            strip[:, :, self._along(0, 0)] = cols[:, 0, j]
            for i in range(1, self.size[0]):
                strip[:, :, self._along(0, i)] += cols[:, i, j]
            padded[:, :, :, self._along(1, j)] += strip

    def _along(self, axis: int, offset: int) -> slice:
        """What the tap at this offset meets along the rows (axis 0) or the columns (axis 1)."""
        step = self.stride[axis]
        return slice(offset, offset + step * (self.out[axis] - 1) + 1, step)


def im2col(x: Array, size: Pair, stride: Pair = 1, padding: Pair = 0) -> Array:
    """What the kernel meets, place by place, as columns.

        cols[n, t C + c, p] = x[n, c, i sh + k − ph, j sw + l − pw]      t = k kw + l,   p = i Wo + j

    and 0 where that is outside of the image.

    Args:
        x: (N, C, H, W).
        size: kh and kw; one number stands for both, here and below.
        stride: sh and sw, at least 1.
        padding: ph and pw, rows and columns of zeros put around the image.

    Returns:
        (N, kh · kw · C, Ho · Wo), a new array.

    Raises:
        TypeError: x does not hold real numbers, or a size is not an integer.
        ValueError: x does not have 4 axes, a size is too small, or the kernel is larger than the padded image.
    """
    x = as_float_array(x=x)
    require_ndim(x=(x, 4))
    grid = _grid(x.shape, size, stride, padding)
    cols = np.empty(grid.columns_shape, x.dtype)
    grid.gather(grid.pad(x), cols)
    return cols


def col2im(cols: Array, shape: tuple[int, int, int, int], size: Pair, stride: Pair = 1, padding: Pair = 0) -> Array:
    """The images whose entries are the sums of all that im2col made of them: its transpose, and its gradient.

        x[n, c, h, w] = Σ_t,p cols[n, t C + c, p]      over the taps t and places p that meet at (h, w)

    Args:
        cols: (N, kh · kw · C, Ho · Wo).
        shape: (N, C, H, W) of the images.
        size, stride, padding: as in im2col.

    Returns:
        (N, C, H, W). ``col2im(im2col(x))`` is x times the number of places that meet each entry, not x.

    Raises:
        TypeError: cols does not hold real numbers, or a size is not an integer.
        ValueError: shapes do not fit, or a size is too small.
    """
    cols = as_float_array(cols=cols)
    if not isinstance(shape, tuple | list) or len(shape) != 4:
        fail_type(f"shape must be (N, C, H, W), got {describe(shape)}")
    require_int(**{f"shape[{i}]": (n, 0) for i, n in enumerate(shape)})
    grid = _grid(tuple(shape), size, stride, padding)
    require_shape(cols=(cols, grid.columns_shape))
    padded = grid.zeros(cols.dtype)
    grid.scatter(cols, padded)
    return grid.crop(padded)


def _grid(x_shape: tuple[int, ...], size: Pair, stride: Pair, padding: Pair) -> Grid:
    grid = Grid(x_shape, as_pair(1, size=size), as_pair(1, stride=stride), as_pair(0, padding=padding))
    if min(grid.out) < 1:
        fail(f"size must not exceed the padded images, got {grid.size} for images of shape {x_shape}")
    return grid
