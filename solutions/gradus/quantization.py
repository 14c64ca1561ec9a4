"""Quantization: weights as small integers and one scale, after training."""

from __future__ import annotations

import math

import numpy as np

from .arguments import (
    as_float_array,
    as_float_dtype,
    describe,
    fail,
    fail_type,
    require_finite,
    require_in_range,
    require_int,
)

__all__ = ["dequantize", "quantize"]

Array = np.ndarray


def quantize(w: Array, bits: int) -> tuple[Array, float]:
    """Symmetric quantization with one scale for the whole array.

        q_max = 2^(bits − 1) − 1
        scale = max |w| / q_max
        q     = round(w / scale)

    so that |w − q scale| ≤ scale / 2 for every entry, up to rounding. 0 stays 0, and a half is rounded to the even
    neighbour.

    Libraries differ: PyTorch's quantize_per_tensor also allows a zero point, and the integer −q_max − 1, which is never
    used here, so that the range is as wide below 0 as above.

    Args:
        w: any shape, finite.
        bits: 2 to 16. int8 holds up to 8 bits, int16 more; 4 bits in an int8 leave half of it empty.

    Returns:
        q, integers like w from −q_max to q_max, and scale, a Python float; 1.0 where w is 0 everywhere or empty.

    Raises:
        TypeError: w is not an array of real numbers, or bits is not an integer.
        ValueError: w is not finite, or bits is not in 2 … 16.
    """
    w = as_float_array(w=w)
    require_finite(w=w)
    require_int(bits=(bits, 2))
    if bits > 16:
        fail(f"bits must be at most 16, got {bits}")
    q_max = 2 ** (int(bits) - 1) - 1
    scale = float(np.abs(w).max(initial=0)) / q_max
    if scale == 0:
        scale = 1.0
    q = np.rint(np.divide(w, scale, dtype=np.float64))
    return q.astype(np.int8 if bits <= 8 else np.int16), scale


def dequantize(q: Array, scale: float, dtype: type = np.float64) -> Array:
    """The weights that quantized ones stand for: w = q scale.

    Args:
        q: integers, any shape.
        scale: as quantize returned it, positive.
        dtype: of the result.

    Returns:
        A new array of the shape of q.

    Raises:
        TypeError: q does not hold integers, scale is not a number, or dtype is not one of floating-point numbers.
        ValueError: scale is not positive and finite.
    """
    q = np.asarray(q)
    if q.dtype.kind not in "iu":
        fail_type(f"q must hold integers, got {describe(q)}")
    require_in_range(scale=(scale, 0, math.inf), low_open=True)
    return q.astype(as_float_dtype(dtype=dtype)) * float(scale)
