"""GELU with an error function of its own, since NumPy has none.

The formula is short; the rest of the file makes Φ: exact also in its tail for float64, fast for float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np

from .arguments import as_float_array, require_bool

__all__ = ["gelu", "gelu_derivative", "gelu_with_derivative"]

Array = np.ndarray

# √(2/π) (z + 0.044715 z³) of the tanh form as z P(z²): the coefficients of P, highest power first.
TANH_FORM = (math.sqrt(2 / math.pi) * 0.044715, math.sqrt(2 / math.pi))

# With these z P(z²) is so close to artanh(2 Φ(z) − 1) that Φ is right to 2.9e-8, before rounding. No other seven make the
# largest error smaller: they solve a linear program, which test_activations_smooth.py sets up again.
SINGLE_FORM = tuple(
    np.array(c, np.float32)  # of a Python number NumPy would make one at each use, in half a microsecond
    for c in (1.756298e-9, -1.3226784e-7, 3.9648009e-6, -5.5306498e-5, -3.2594254e-5, 3.6333084e-2, 0.79788494)
)

FLAT = 100  # beyond, Φ is 0 or 1 to the last digit; z² would become too large, and −∞ · 0 is not a number

BLOCK = 2**18  # bytes


def gelu(z: Array, approximate: bool = False) -> Array:
    """Gaussian error linear unit (Hendrycks & Gimpel 2016): the input times the share of a Gaussian that lies below it.

        f(z) = z Φ(z) = max(z, 0) − |z| Q(|z|),   Q(a) = 1 − Φ(a)

    Φ is the distribution function of N(0, 1). The second form is the same for either sign and keeps its digits where
    Φ(z) is tiny; float64 is computed by it. In float32, where speed counts, Φ(z) = (1 + tanh(z P(z²))) / 2 with a
    polynomial P is right to 1e-7, as PyTorch's is, and 0 from z ≈ −5.4 down.

    With ``approximate`` it is the form that was used before libraries had a fast error function:

        f(z) = z/2 (1 + tanh(√(2/π) (z + 0.044715 z³)))

    Libraries differ: PyTorch's and Keras' default is the exact form, as here; the tanh form is up to 5e-4 off. PyTorch
    calls it ``approximate="tanh"``.

    Args:
        z: any shape.
        approximate: use the tanh form: in float64 half the time, in float32 three quarters of it.

    Raises:
        TypeError: z is not an array of real numbers, or approximate is not a bool.
    """
    z = as_float_array(z=z)
    require_bool(approximate=approximate)
    out = np.empty(z.size, z.dtype)
    for block, part in _blocks(z):
        if part.itemsize >= 8 and not approximate:
            _tail_value(part, out[block])
        else:
            _tanh_value(part, TANH_FORM if approximate else SINGLE_FORM, out[block])
    return out.reshape(z.shape)


def gelu_derivative(z: Array, approximate: bool = False) -> Array:
    """Derivative of gelu: 1/2 at z = 0, below 0 for z < −0.75, up to 1.13 above 0.

        f′(z) = Φ(z) + z φ(z),   φ(z) = e^(−z²/2) / √(2π)

    For the tanh form with t = tanh u, u = √(2/π) (z + 0.044715 z³):

        f′(z) = (1 + t)/2 + z/2 (1 − t²) u′ = (1 + z u′ (1 − t)) (1 + t)/2

    The error is one of rounding at 1, not at f′(z): far down, where |f′(z)| < 1e-15 (z < −8.5), it comes out as 0, while
    gelu itself keeps its digits.

    Args as for gelu.

    Raises:
        TypeError: z is not an array of real numbers, or approximate is not a bool.
    """
    return gelu_with_derivative(z, approximate)[1]


def gelu_with_derivative(z: Array, approximate: bool = False) -> tuple[Array, Array]:
    """gelu(z) and gelu_derivative(z) in two thirds of the time of both: they share tail and exponential, or the tanh.

    Args:
        z: any shape.
        approximate: use the tanh form.

    Returns:
        f(z) and f′(z).

    Raises:
        TypeError: z is not an array of real numbers, or approximate is not a bool.
    """
    z = as_float_array(z=z)
    require_bool(approximate=approximate)
    out, slope = np.empty(z.size, z.dtype), np.empty(z.size, z.dtype)
    for block, part in _blocks(z):
        if approximate:
            _tanh_form_with_slope(part, out[block], slope[block])
        elif part.itemsize >= 8:
            _tail_with_slope(part, out[block], slope[block])
        else:
            _single_with_slope(part, out[block], slope[block])
    return out.reshape(z.shape), slope.reshape(z.shape)


def _blocks(z: Array) -> Iterator[tuple[slice, Array]]:
    """Parts of z in a row: some twenty passes are faster over numbers that stay in the processor's cache.

    Halves become float32: the polynomial's coefficients are too small for them.
    """
    flat, length = z.reshape(-1), BLOCK // z.itemsize
    for start in range(0, flat.size, length):
        block = slice(start, start + length)
        yield block, flat[block].astype(np.float32) if z.itemsize < 4 else flat[block]


def _tanh_value(z: Array, coefficients: Sequence[Any], out: Array) -> None:
    """out ← z (1 + t)/2 with t = tanh u, u = z P(z²)."""
    z, c = _clipped(z)
    t, _ = _tanh_and_square(c, coefficients)
    t += 1
    t *= 0.5
    np.multiply(z, t, out=out)


def _tanh_form_with_slope(z: Array, out: Array, slope: Array) -> None:
    """out ← z (1 + t)/2, slope ← (1 + z u′ (1 − t)) (1 + t)/2."""
    z, c = _clipped(z)
    t, x = _tanh_and_square(c, TANH_FORM)
    x *= 3 * TANH_FORM[0]
    x += TANH_FORM[1]  # u′
    x *= c
    x *= 1 - t
    x += 1
    t += 1
    t *= 0.5
    np.multiply(x, t, out=slope)
    np.multiply(z, t, out=out)


def _single_with_slope(z: Array, out: Array, slope: Array) -> None:
    """out ← z Φ(z), slope ← Φ(z) + z φ(z) in float32, with Φ = (1 + t)/2."""
    z, c = _clipped(z)
    Phi, bell = _tanh_and_square(c, SINGLE_FORM)
    Phi += 1
    Phi *= 0.5
    bell *= -0.5
    bell -= math.log(2 * math.pi) / 2
    with np.errstate(under="ignore"):
        np.exp(bell, out=bell)
        bell *= c
    np.add(Phi, bell, out=slope)
    np.multiply(z, Phi, out=out)


def _clipped(z: Array) -> tuple[Array, Array]:
    """z from −FLAT on, and z between −FLAT and FLAT. If none is larger it is the same array: to look is faster."""
    z = z.clip(-FLAT, math.inf)
    return z, z if z.max() <= FLAT else z.clip(-FLAT, FLAT)


def _tanh_and_square(z: Array, coefficients: Sequence[Any]) -> tuple[Array, Array]:
    """t = tanh u for u = z P(z²), and z²."""
    square: Array = z * z
    u: Array = square * coefficients[0]
    for coefficient in coefficients[1:-1]:
        u += coefficient
        u *= square
    u += coefficients[-1]
    u *= z
    np.tanh(u, out=u)
    return u, square


def _tail_value(z: Array, out: Array) -> None:
    """out ← max(z, 0) − |z| Q(|z|)."""
    a = _clipped_size(z)
    tail, _ = _upper_tail(a)
    tail *= a
    np.clip(z, 0, math.inf, out=a)
    np.subtract(a, tail, out=out)


def _tail_with_slope(z: Array, out: Array, slope: Array) -> None:
    """As _tail_value; and slope by way of that at −|z|: those at z and −z add to 1."""
    a = _clipped_size(z)
    tail, bell = _upper_tail(a)
    bell *= a
    bell *= -1 / math.sqrt(2 * math.pi)
    bell += tail  # Q(|z|) − |z| φ(z), the derivative at −|z|
    np.subtract(0.5, bell, out=bell)
    np.copysign(bell, z, out=bell)
    np.add(bell, 0.5, out=slope)
    tail *= a
    np.clip(z, 0, math.inf, out=a)
    np.subtract(a, tail, out=out)


def _clipped_size(z: Array) -> Array:
    """|z|, but at most 40: the tail beyond is 0 even in float64, and ∞ · 0 would not be."""
    a: Array = np.abs(z)
    np.clip(a, 0, 40, out=a)
    return a


def _upper_tail(a: Array) -> tuple[Array, Array]:
    """Q(a) = 1 − Φ(a) = erfc(a/√2) / 2 for 0 ≤ a ≤ 40, with small relative error also where it is tiny; and e^(−a²/2).

    Q(a) e^(a²/2) (a + k) varies so little that a polynomial in 1 / (a + k) meets it to the last digits.
    """
    k, scale, shift, coefficients = _tail_table()
    u = a + k
    np.divide(scale, u, out=u)
    t = u - shift  # from 1 at a = 0 down to −1
    tail: Array = coefficients[0] * t
    tail += coefficients[1]
    for c in coefficients[2:]:
        tail *= t
        tail += c
    tail *= u
    bell = np.multiply(a, a, out=t)
    bell *= -0.5
    with np.errstate(under="ignore"):
        np.exp(bell, out=bell)
        tail *= bell
    return tail, bell


@cache
def _tail_table() -> tuple[float, float, float, tuple[float, ...]]:
    """k, scale, shift and the coefficients of _upper_tail, highest power first.

    The polynomial runs through the values of math.erfc at n Chebyshev nodes up to a = √2 reach. The relative error is
    2e-15. Decimal takes the square and the exponential without rounding: e^(x²) would multiply an error of x² by up to
    700.
    """
    n, reach, k = 20, 26.5, 3.5
    angle = np.pi * (np.arange(n) + 0.5) / n
    low, high = 1 / (reach + k), 1 / k
    x = 1 / ((np.cos(angle) * (high - low) + high + low) / 2) - k
    scale = 2 / (high - low)
    values = [float((Decimal(v) ** 2).exp() * Decimal(math.erfc(v))) / 2 * (v + k) / scale for v in x.tolist()]
    series = 2 / n * np.cos(np.outer(np.arange(n), angle)) @ values
    series[0] /= 2
    powers = np.polynomial.chebyshev.cheb2poly(series)
    root = math.sqrt(2)  # from x to a = √2 x
    return k * root, scale * root, (high + low) / (high - low), tuple(powers[::-1].tolist())
