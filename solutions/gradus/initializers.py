"""Initializers: how the first weights of a layer are drawn.

Every initializer is called ``init(shape, rng)`` and returns a new array W of that shape. A dense layer has
W (fan_in, fan_out) and z = X @ W + b: the rows of W are the inputs. Hyperparameters are bound with
``functools.partial(naive_normal, std=0.01)``.

Libraries differ: Keras stores W as here, PyTorch its transpose. Keras' ``*_normal`` initializers are truncated at two
standard deviations (``dist="truncated"`` here), PyTorch's and this book's are plain normals. Keras' Dense layer starts
with glorot_uniform, PyTorch's Linear with torch_linear_default.

Numbers are drawn in float64 and rounded to the dtype asked for: one seed gives the same weights in float32 and float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

from .arguments import as_float_dtype, describe, fail, fail_type, require_choice, require_in_range, require_rng

__all__ = [
    "INIT_CAVEATS",
    "INIT_FOR_ACTIVATION",
    "compute_fans",
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "naive_normal",
    "torch_linear_default",
    "variance_scaling",
]

Array = np.ndarray
Shape = tuple[int, ...]

# Standard deviation of a standard normal variable given that it lies between −2 and 2.
TRUNCATED_STD = 0.87962566103423978


def compute_fans(shape: Shape, layout: str = "in_out") -> tuple[int, int]:
    """Connections into and out of one unit: (fan_in, fan_out).

        dense          (D_in, D_out)                fan_in = D_in           fan_out = D_out
        convolution    (k, …, k, C_in, C_out)       fan_in = k ⋯ k · C_in   fan_out = k ⋯ k · C_out

    A convolution multiplies both by its receptive field k ⋯ k.

    Libraries differ: Keras stores weights in this order, "in_out"; PyTorch in the order (out, in) and
    (C_out, C_in, k, …, k), which is layout="out_in".

    Args:
        shape: shape of W.
        layout: "in_out" or "out_in".

    Raises:
        TypeError: shape is not a tuple of integers.
        ValueError: shape has fewer than two axes, or an axis without entries; the layout is unknown.
    """
    shape = _checked_shape(shape)
    require_choice(layout=(layout, ("in_out", "out_in")))
    if len(shape) < 2:
        fail(f"shape must have at least two axes, (fan_in, fan_out), got {shape}")
    if layout == "in_out":
        *kernel, c_in, c_out = shape
    else:
        c_out, c_in, *kernel = shape
    field = math.prod(kernel)
    return field * c_in, field * c_out


def variance_scaling(
    shape: Shape,
    rng: np.random.Generator,
    scale: float = 1.0,
    mode: str = "fan_in",
    dist: str = "normal",
    dtype: Any = np.float64,
) -> Array:
    """Weights of mean 0 and variance scale / n, the family to which Glorot, He and LeCun belong.

        n = fan_in,  (fan_in + fan_out) / 2  or  fan_out     for mode fan_in, fan_avg, fan_out
        σ² = scale / n
        normal       W ~ N(0, σ²)
        uniform      W ~ U(−r, r),  r = √(3 σ²)              since Var U(−r, r) = r² / 3
        truncated    W = σ / .8796 · z,  z ~ N(0, 1) drawn anew while |z| > 2

    .8796 is the standard deviation of the truncated z: divided by it, W has variance σ² again.

    Args:
        shape: shape of W, (fan_in, fan_out) or (…, C_in, C_out).
        rng: source of randomness.
        scale: positive number.
        mode: "fan_in", "fan_avg" or "fan_out".
        dist: "normal", "uniform" or "truncated".
        dtype: float32 or float64.

    Raises:
        TypeError: shape, rng, scale or dtype is of the wrong type.
        ValueError: shape has fewer than two axes, scale is not positive, mode or dist is unknown.
    """
    fan_in, fan_out = compute_fans(shape)
    require_rng(rng=rng)
    require_in_range(scale=(scale, 0, math.inf), low_open=True)
    require_choice(mode=(mode, ("fan_in", "fan_avg", "fan_out")), dist=(dist, ("normal", "uniform", "truncated")))
    dtype = as_float_dtype(dtype=dtype)
    n = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2, "fan_out": fan_out}[mode]
    std = math.sqrt(scale / n)
    if dist == "normal":
        W = rng.normal(0.0, std, shape)
    elif dist == "uniform":
        r = math.sqrt(3) * std
        W = rng.uniform(-r, r, shape)
    else:
        W = std / TRUNCATED_STD * _truncated_normal(shape, rng)
    return W.astype(dtype)


def glorot_normal(shape: Shape, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    """Glorot (Xavier) initialization, W ~ N(0, σ²) with σ² = 1 / fan_avg = 2 / (fan_in + fan_out).

    A compromise between 1 / fan_in, which keeps the variance of the signal on its way up, and 1 / fan_out, which keeps
    that of the gradient on its way down (Glorot & Bengio 2010, eq. 12). For tanh, softmax and no activation.

    Raises:
        TypeError, ValueError: as variance_scaling.
    """
    return variance_scaling(shape, rng, 1.0, "fan_avg", "normal", dtype)


def glorot_uniform(shape: Shape, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    """Glorot initialization, W ~ U(−r, r) with r = √(3 / fan_avg) = √(6 / (fan_in + fan_out)) (Glorot & Bengio 2010).

    Raises:
        TypeError, ValueError: as variance_scaling.
    """
    return variance_scaling(shape, rng, 1.0, "fan_avg", "uniform", dtype)


def lecun_normal(shape: Shape, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    """LeCun initialization, W ~ N(0, σ²) with σ² = 1 / fan_in (LeCun et al. 1998, section 4.6). For selu.

    Raises:
        TypeError, ValueError: as variance_scaling.
    """
    return variance_scaling(shape, rng, 1.0, "fan_in", "normal", dtype)


def lecun_uniform(shape: Shape, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    """LeCun initialization, W ~ U(−r, r) with r = √(3 / fan_in) (LeCun et al. 1998).

    Raises:
        TypeError, ValueError: as variance_scaling.
    """
    return variance_scaling(shape, rng, 1.0, "fan_in", "uniform", dtype)


def he_normal(
    shape: Shape,
    rng: np.random.Generator,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    dtype: Any = np.float64,
) -> Array:
    """He (Kaiming) initialization, W ~ N(0, σ²) with σ² = 2 / ((1 + a²) fan_in) (He et al. 2015, eq. 10 and 15).

    ReLU halves the second moment of its input, the 2 makes up for it. a is the slope of the negative side: 0 for relu,
    α for leaky_relu. With mode="fan_out" the size of the gradient is kept instead.

    Args:
        shape: shape of W.
        rng: source of randomness.
        negative_slope: a, any finite number.
        mode: "fan_in", "fan_out" or "fan_avg".
        dtype: float32 or float64.

    Raises:
        TypeError, ValueError: as variance_scaling; negative_slope is not a finite number.
    """
    return variance_scaling(shape, rng, _he_scale(negative_slope), mode, "normal", dtype)


def he_uniform(
    shape: Shape,
    rng: np.random.Generator,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    dtype: Any = np.float64,
) -> Array:
    """He initialization, W ~ U(−r, r) with r = √(6 / ((1 + a²) fan_in)) (He et al. 2015). Arguments as he_normal.

    Raises:
        TypeError, ValueError: as variance_scaling; negative_slope is not a finite number.
    """
    return variance_scaling(shape, rng, _he_scale(negative_slope), mode, "uniform", dtype)


def naive_normal(shape: Shape, rng: np.random.Generator, std: float = 1.0, dtype: Any = np.float64) -> Array:
    """The old habit: W ~ N(0, std²), whatever the number of connections. To see what goes wrong.

    Raises:
        TypeError: shape, rng, std or dtype is of the wrong type.
        ValueError: std is negative or not finite.
    """
    shape = _checked_shape(shape)
    require_rng(rng=rng)
    require_in_range(std=(std, 0, math.inf))
    return rng.normal(0.0, std, shape).astype(as_float_dtype(dtype=dtype))


def constant(shape: Shape, rng: np.random.Generator | None = None, c: float = 0.0, dtype: Any = np.float64) -> Array:
    """Every weight is c. The hidden units of such a layer compute the same and stay the same in training.

    Args:
        shape: shape of W, any number of axes.
        rng: not used; there so that constant is called as every initializer.
        c: the value, finite.
        dtype: float32 or float64.

    Raises:
        TypeError: shape, c or dtype is of the wrong type.
        ValueError: c is not finite.
    """
    shape = _checked_shape(shape)
    require_in_range(c=(c, -math.inf, math.inf))
    return np.full(shape, c, dtype=as_float_dtype(dtype=dtype))


def torch_linear_default(shape: Shape, rng: np.random.Generator, dtype: Any = np.float64) -> Array:
    """What PyTorch's Linear layer starts with: W ~ U(−r, r) with r = 1 / √fan_in, hence of variance 1 / (3 fan_in).

    A third of LeCun's variance and a sixth of He's: signals shrink from layer to layer.

    Raises:
        TypeError, ValueError: as variance_scaling.
    """
    return variance_scaling(shape, rng, 1 / 3, "fan_in", "uniform", dtype)


INIT_FOR_ACTIVATION: dict[str, Callable[..., Array]] = {
    "identity": glorot_normal,
    "tanh": glorot_normal,
    "softmax": glorot_normal,
    "sigmoid": glorot_normal,
    "relu": he_normal,
    "leaky_relu": he_normal,
    "prelu": he_normal,
    "rrelu": he_normal,
    "elu": he_normal,
    "gelu": he_normal,
    "silu": he_normal,
    "softplus": he_normal,
    "selu": lecun_normal,
}
"""The customary initializer of each activation. INIT_CAVEATS says for which of them the custom is doubtful."""

INIT_CAVEATS: dict[str, str] = {
    "sigmoid": "derived for odd activations with slope 1 at 0; the logistic function has slope 1/4 there and mean 1/2, "
    "and networks with more than about three hidden layers do not train with it",
    "prelu": "with the slope a = 1/4 of the start, he_normal(negative_slope=0.25) keeps the second moment exactly",
    "rrelu": "the slopes have a mean square of 0.0561, and he_normal(negative_slope=0.237) keeps the second moment",
    "elu": "a heuristic: the second moment is kept by 1.55 / fan_in, so signals grow slowly with depth",
    "gelu": "a heuristic: the second moment is kept by 2.35 / fan_in, so signals shrink slowly with depth",
    "silu": "a heuristic: the second moment is kept by 2.81 / fan_in, so signals shrink with depth",
    "softplus": "a heuristic: the second moment is kept by 1.09 / fan_in, so signals grow; their mean, 0.81, is not 0",
}
"""Rows of INIT_FOR_ACTIVATION that are custom rather than theory, and why."""


def _he_scale(negative_slope: float) -> float:
    require_in_range(negative_slope=(negative_slope, -math.inf, math.inf))
    return 2 / (1 + float(negative_slope) ** 2)


def _truncated_normal(shape: Shape, rng: np.random.Generator) -> Array:
    """z ~ N(0, 1) given |z| ≤ 2."""
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(np.count_nonzero(outside))
    return z


def _checked_shape(shape: Any) -> Shape:
    """shape as a tuple of positive integers."""
    integers = isinstance(shape, tuple | list) and all(isinstance(n, Integral) for n in shape)
    if not integers or any(isinstance(n, bool) for n in shape):
        fail_type(f"shape must be a tuple of integers, got {describe(shape)}")
    if any(n < 1 for n in shape):
        fail(f"shape must have at least one entry along each axis, got {tuple(shape)}")
    return tuple(int(n) for n in shape)
