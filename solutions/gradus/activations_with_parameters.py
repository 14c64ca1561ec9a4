"""Activations that have slopes or weights of their own: randomized ReLU, parametric ReLU, maxout. On arrays.

A slope multiplies where z ≤ 0, so 0 counts as negative, as everywhere in ``activations``; the functions can be had from
there, too.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_bool,
    require_in_range,
    require_ndim,
    require_rng,
    require_same_shape,
    require_shape,
)

__all__ = [
    "maxout_backward",
    "maxout_forward",
    "prelu_backward",
    "prelu_forward",
    "rrelu",
    "rrelu_derivative",
]

Array = np.ndarray


class PReLUCache(NamedTuple):
    """What prelu_backward needs of the forward pass."""

    z: Array
    a: Array  # in the dtype of z


class MaxoutCache(NamedTuple):
    """What maxout_backward needs of the forward pass."""

    X: Array  # (N, D)
    W: Array  # (D, k, H)
    winner: Array  # (N, H), the piece that is the largest


def rrelu(
    z: Array,
    rng: np.random.Generator | None,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = True,
    slopes: Array | None = None,
) -> tuple[Array, Array]:
    """Randomized leaky ReLU (Xu et al. 2015): in training each entry has a slope of its own, drawn at random.

        slopes ~ U(lower, upper)           in training, one for each entry
        slopes = (lower + upper) / 2       in evaluation
        out = max(z, 0) + slopes min(z, 0)

    Libraries differ: the slope itself is uniform, as in PyTorch, with mean 11/48 ≈ 0.229. The paper divides by a ~ U(3,
    8), and in evaluation by 5.5, the slope 0.182: the mean of 1/a is not 1 over the mean of a.

    Args:
        z: any shape. Not changed.
        rng: draws the slopes. May be None where none are drawn: in evaluation, or where slopes is given.
        lower, upper: the range of the slopes, finite, lower ≤ upper.
        training: False for evaluation, which draws nothing.
        slopes: None, or the slopes to use in training: an array like z. Those that this function returned will do.

    Returns:
        out, a new array like z, and slopes, another one, which rrelu_derivative needs.

    Raises:
        TypeError: z or slopes is not an array of real numbers, training is not a bool, rng is no Generator.
        ValueError: lower or upper is not finite, lower > upper, or slopes has another shape than z or leaves the range.
    """
    z = as_float_array(z=z)
    require_in_range(lower=(lower, -math.inf, math.inf))
    require_in_range(upper=(upper, lower, math.inf))
    require_bool(training=training)
    if rng is not None or (training and slopes is None):
        require_rng(rng=rng)
    low, high = (z.dtype.type(end) for end in (lower, upper))
    if slopes is not None:
        slopes = as_float_array(slopes=slopes).astype(z.dtype)
        require_same_shape(z=z, slopes=slopes)
        if not ((slopes >= low) & (slopes <= high)).all():
            fail(f"slopes must be in [{lower:g}, {upper:g}], got values from {slopes.min():g} to {slopes.max():g}")
    if not training:
        used: Array = np.full_like(z, (float(lower) + float(upper)) / 2)
    elif slopes is not None:
        used = slopes
    else:
        used = np.asarray(rng.uniform(lower, upper, z.shape)).astype(z.dtype)  # type: ignore[union-attr]
    return np.clip(z, 0, math.inf) + used * np.clip(z, -math.inf, 0), used


def rrelu_derivative(z: Array, slopes: Array) -> Array:
    """Derivative of rrelu: 1 where z > 0, the slope that the forward pass used elsewhere.

    Args:
        z: any shape.
        slopes: what rrelu returned with its output.

    Raises:
        TypeError: z or slopes is not an array of real numbers.
        ValueError: slopes is not shaped like z, or not finite.
    """
    z, slopes = as_float_array(z=z, slopes=slopes)
    require_same_shape(z=z, slopes=slopes)
    if not np.isfinite(slopes).all():
        fail("slopes must be finite")
    positive = (z > 0).astype(z.dtype)
    derivative: Array = positive + slopes.astype(z.dtype) * (1 - positive)
    return derivative


def prelu_forward(z: Array, a: Any) -> tuple[Array, PReLUCache]:
    """Parametric ReLU: a leaky ReLU whose slope is trained (He et al. 2015).

        out = max(z, 0) + a min(z, 0)

    Libraries differ: the slopes start at 0.25 in He et al. and in PyTorch, at 0 in Keras. He et al. keep weight decay
    away from a, which would pull it to 0, to ReLU.

    Args:
        z: any shape; not changed.
        a: a single slope, (D,) for one slope a column of z (N, D), or any other shape that broadcasts to that of z,
            as (C, 1, 1) for one slope a channel of images (N, C, H, W).

    Returns:
        out, a new array like z, and the cache for prelu_backward.

    Raises:
        TypeError: z or a does not hold real numbers.
        ValueError: a does not broadcast to the shape of z, or is not finite.
    """
    z, a = as_float_array(z=z, a=a)
    lead = z.ndim - a.ndim
    if lead < 0 or any(n not in (1, m) for n, m in zip(a.shape, z.shape[max(lead, 0) :], strict=True)):
        fail(f"a must broadcast to the shape of z, {z.shape}, got shape {a.shape}")
    if not np.isfinite(a).all():
        fail(f"a must be finite, got {describe(a)}")
    a = a.astype(z.dtype)
    return np.clip(z, 0, math.inf) + a * np.clip(z, -math.inf, 0), PReLUCache(z, a)


def prelu_backward(dout: Array, cache: PReLUCache) -> tuple[Array, Array]:
    """Gradients of prelu_forward.

        dz = dout · (1 where z > 0, a elsewhere)
        da = Σ dout min(z, 0)        over all entries that share the slope

    Args:
        dout: gradient of the loss with respect to out.
        cache: what prelu_forward returned.

    Returns:
        dz like z, da like a.

    Raises:
        TypeError: dout does not hold real numbers, or cache is not a PReLUCache.
        ValueError: dout is not shaped like out.
    """
    if not isinstance(cache, PReLUCache):
        fail_type(f"cache must be the cache that prelu_forward returned, got {describe(cache)}")
    dout = as_float_array(dout=dout)
    z, a = cache
    require_same_shape(out=z, dout=dout)
    positive = (z > 0).astype(z.dtype)
    dz = dout * (positive + a * (1 - positive))
    da = dout * np.clip(z, -math.inf, 0)
    lead = z.ndim - a.ndim
    shared = tuple(i for i in range(z.ndim) if i < lead or a.shape[i - lead] == 1)
    return dz, np.asarray(da.sum(axis=shared)).reshape(a.shape)


def maxout_forward(X: Array, W: Array, b: Array) -> tuple[Array, MaxoutCache]:
    """Maxout: each unit computes k linear functions of the input and sends on the largest (Goodfellow et al. 2013).

        Z[n, i, h] = Σ_d X[n, d] W[d, i, h] + b[i, h]
        out[n, h]  = max_i Z[n, i, h]

    With k = 2 and W[:, 0] = 0, b[0] = 0 it is ReLU; with W[:, 0] = α W[:, 1], α ≤ 1, leaky ReLU. There are k (D + 1) H
    parameters for H outputs.

    Args:
        X: (N, D).
        W: (D, k, H), k ≥ 1 pieces for each of H units.
        b: (k, H).

    Returns:
        out (N, H), and the cache for maxout_backward.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes do not fit, or W is empty.
    """
    X, W, b = as_float_array(X=X, W=W, b=b)
    require_ndim(X=(X, 2), W=(W, 3))
    if W.size == 0:
        fail(f"W must hold at least one piece of one unit, got shape {W.shape}")
    D, k, H = W.shape
    require_shape(X=(X, (None, D)), b=(b, (k, H)))
    Z = (X @ W.reshape(D, k * H)).reshape(-1, k, H) + b
    winner = Z.argmax(axis=1)  # the first of several that are equal
    return np.take_along_axis(Z, winner[:, None], axis=1)[:, 0], MaxoutCache(X, W, winner)


def maxout_backward(dout: Array, cache: MaxoutCache) -> tuple[Array, Array, Array]:
    """Gradients of maxout_forward: all of the gradient goes to the piece that won, the first of several equal ones.

        dZ[n, i, h] = dout[n, h] where i is the winner, else 0
        dX = Σ_ih dZ W,   dW = Σ_n X dZ,   db = Σ_n dZ

    Args:
        dout: (N, H), gradient of the loss with respect to out.
        cache: what maxout_forward returned.

    Returns:
        dX (N, D), dW (D, k, H), db (k, H).

    Raises:
        TypeError: dout does not hold real numbers, or cache is not a MaxoutCache.
        ValueError: dout is not shaped like out.
    """
    if not isinstance(cache, MaxoutCache):
        fail_type(f"cache must be the cache that maxout_forward returned, got {describe(cache)}")
    dout = as_float_array(dout=dout)
    X, W, winner = cache
    require_same_shape(out=winner, dout=dout)
    D, k, H = W.shape
    dZ = np.zeros((len(X), k, H), dout.dtype)
    np.put_along_axis(dZ, winner[:, None], dout[:, None], axis=1)
    flat = dZ.reshape(len(X), k * H)
    return flat @ W.reshape(D, k * H).T, (X.T @ flat).reshape(W.shape), dZ.sum(axis=0)
