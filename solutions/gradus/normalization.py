"""Batch normalization (Ioffe & Szegedy 2015): forward, backward, the running statistics, folding. On arrays.

X has shape (N, D), samples on axis 0; gamma, beta and the running statistics have shape (D,). Layer normalization, which
has no statistics to keep, is in ``layer_normalization`` and can be had from here.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .arguments import (
    as_float_array,
    fail,
    fail_type,
    require_bool,
    require_in_range,
    require_ndim,
    require_same_shape,
    require_shape,
)
from .layer_normalization import layernorm_backward, layernorm_forward

__all__ = [
    "batchnorm_backward",
    "batchnorm_conv_backward",
    "batchnorm_conv_forward",
    "batchnorm_forward",
    "ema_update",
    "fold_batchnorm",
    "layernorm_backward",
    "layernorm_forward",
]

Array = np.ndarray


class BatchNormCache(NamedTuple):
    """What batchnorm_backward needs of the forward pass."""

    centred: Array  # (N, D) X − μ
    inv_std: Array  # (D,) 1 / √(σ² + ε)
    gamma: Array  # (D,)
    training: bool  # whether μ and σ² came from the batch


def batchnorm_forward(
    X: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Array, BatchNormCache, Array, Array]:
    """Normalize each column over the batch, then scale and shift it (Ioffe & Szegedy 2015, algorithm 1).

    In training:
        μ = 1/N Σ_n X_n
        σ² = 1/N Σ_n (X_n − μ)²
        x̂ = (X − μ) / √(σ² + ε)
        out = γ x̂ + β
        running_mean ← m running_mean + (1 − m) μ
        running_var ← m running_var + (1 − m) σ²
    Otherwise μ and σ² are the running statistics, which do not move; a row's output then depends on that row alone.

    A batch of one sample gives out = β in training, whatever the sample: its deviation from its own mean is 0. A batch
    of three is hardly better; leave a small last batch out.

    Libraries differ: momentum is the weight of the OLD running value, as in Keras, and 0.9; Keras has 0.99, and
    PyTorch's momentum 0.1 is 1 − this one. ε stands inside the root and is 1e-5, as in PyTorch; Keras has 1e-3. The
    running variance is an average of biased batch variances (divided by N), as in Keras; PyTorch averages the unbiased
    ones (divided by N − 1). Within a batch all divide by N. Keras computes this layer in float32 whatever its dtype, so
    that the two agree to six digits and no more, as for layer normalization; with PyTorch the agreement is to 1e-12.

    Args:
        X: (N, D), N ≥ 1.
        gamma, beta: (D,), scale γ and shift β.
        running_mean, running_var: (D,), not changed; the variances are not negative.
        training: use and record the statistics of the batch, or use the running ones.
        momentum: m in [0, 1], weight of the old running value.
        eps: ε > 0.

    Returns:
        out (N, D), cache for batchnorm_backward, new running mean (D,), new running variance (D,).

    Raises:
        TypeError: an array does not hold real numbers, training is not a bool, momentum or eps is not a number.
        ValueError: shapes do not fit, the batch is empty, momentum, eps or running_var is out of range.
    """
    X, gamma, beta, running_mean, running_var = as_float_array(
        X=X, gamma=gamma, beta=beta, running_mean=running_mean, running_var=running_var
    )
    require_ndim(X=(X, 2))
    N, D = X.shape
    require_shape(gamma=(gamma, (D,)), beta=(beta, (D,)))
    require_shape(running_mean=(running_mean, (D,)), running_var=(running_var, (D,)))
    if N == 0:
        fail("X must hold at least one sample, got shape (0, D)")
    require_bool(training=training)
    require_in_range(momentum=(momentum, 0, 1), high_open=False)
    require_in_range(eps=(eps, 0, math.inf), low_open=True)

    if training:
        mean = _column_sums(X)
        mean /= N
        centred = X - mean
        var = np.einsum("nd,nd->d", centred, centred)
        var /= N
        running_mean = _moved(running_mean, mean, momentum)
        running_var = _moved(running_var, var, momentum)
    else:
        if (running_var < 0).any():
            fail(f"running_var must not be negative, got {running_var.min():g}")
        centred = X - running_mean
        var = running_var
        running_mean, running_var = running_mean.copy(), running_var.copy()
    inv_std = 1 / np.sqrt(var + float(eps))
    out = centred * (gamma * inv_std)  # γ x̂, in one pass over the data instead of two
    out += beta
    return out, BatchNormCache(centred, inv_std, gamma, bool(training)), running_mean, running_var


def batchnorm_backward(dout: Array, cache: BatchNormCache) -> tuple[Array, Array, Array]:
    """Gradients of batchnorm_forward, with the paths through μ and σ² taken together.

        dβ = Σ_n dout
        dγ = Σ_n dout x̂
        dX = γ / √(σ² + ε) · (dout − dβ / N − x̂ dγ / N)

    In training the columns of dX therefore add to 0, and so do those of dX x̂ (up to ε): shifting or scaling a column of
    X changes nothing. Outside of training μ and σ² are constants and dX = γ / √(σ² + ε) · dout.

    Args:
        dout: (N, D), gradient of the loss with respect to out.
        cache: what batchnorm_forward returned.

    Returns:
        dX (N, D), dgamma (D,), dbeta (D,).

    Raises:
        TypeError: dout does not hold real numbers, or cache is not a BatchNormCache.
        ValueError: dout is not shaped like out.
    """
    if not isinstance(cache, BatchNormCache):
        fail_type(f"cache must be the cache that batchnorm_forward returned, got {type(cache).__name__}")
    dout = as_float_array(dout=dout)
    centred, inv_std, gamma, training = cache
    require_same_shape(out=centred, dout=dout)
    N = len(dout)
    dbeta = _column_sums(dout)
    dgamma = np.einsum("nd,nd->d", dout, centred) * inv_std
    if not training:
        return gamma * inv_std * dout, dgamma, dbeta
    dX = centred * (inv_std * dgamma / N)  # x̂ dγ / N
    np.subtract(dout, dX, out=dX)
    dX -= dbeta / N
    dX *= gamma * inv_std
    return dX, dgamma, dbeta


def batchnorm_conv_forward(
    X: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Array, BatchNormCache, Array, Array]:
    """Normalize each channel of a batch of images over the batch and all places (Ioffe & Szegedy 2015, section 3.2).

    It is batchnorm_forward of the N · H · W places as samples and the C channels as columns, so that a feature is
    treated alike wherever it is found.

    Libraries differ: here the channels are last, as in Keras; PyTorch, and the engine of this package, have (N, C, H, W).

    Args:
        X: (N, H, W, C), at least one place.
        gamma, beta: (C,), scale γ and shift β.
        running_mean, running_var: (C,), not changed; the variances are not negative.
        training, momentum, eps: as for batchnorm_forward.

    Returns:
        out (N, H, W, C), cache for batchnorm_conv_backward, new running mean (C,), new running variance (C,).

    Raises:
        TypeError, ValueError: as batchnorm_forward.
    """
    X = as_float_array(X=X)
    require_ndim(X=(X, 4))
    out, cache, mean, var = batchnorm_forward(
        X.reshape(math.prod(X.shape[:3]), X.shape[3]),
        gamma,
        beta,
        running_mean,
        running_var,
        training=training,
        momentum=momentum,
        eps=eps,
    )
    return out.reshape(X.shape), cache, mean, var


def batchnorm_conv_backward(dout: Array, cache: BatchNormCache) -> tuple[Array, Array, Array]:
    """Gradients of batchnorm_conv_forward: those of batchnorm_backward, the places as samples.

    Args:
        dout: (N, H, W, C), gradient of the loss with respect to out.
        cache: what batchnorm_conv_forward returned.

    Returns:
        dX (N, H, W, C), dgamma (C,), dbeta (C,).

    Raises:
        TypeError: dout does not hold real numbers, or cache is not a BatchNormCache.
        ValueError: dout is not shaped like out.
    """
    dout = as_float_array(dout=dout)
    require_ndim(dout=(dout, 4))
    dX, dgamma, dbeta = batchnorm_backward(dout.reshape(math.prod(dout.shape[:3]), dout.shape[3]), cache)
    return dX.reshape(dout.shape), dgamma, dbeta


def fold_batchnorm(
    W: Array, b: Array | None, gamma: Array, beta: Array, mean: Array, var: Array, eps: float = 1e-5
) -> tuple[Array, Array]:
    """Put batch normalization into the linear layer before it, once training is over.

        W′ = W γ / √(σ² + ε)               column by column
        b′ = (b − μ) γ / √(σ² + ε) + β

    Then x W′ + b′ is what normalization in evaluation makes of x W + b, at the cost of the linear layer alone. It works
    only where nothing stands between the two: behind an activation, normalization folds into the NEXT linear layer.

    Args:
        W: (D, H), or a kernel (kh, kw, C_in, H): units on the last axis.
        b: (H,), or None for a layer without bias.
        gamma, beta, mean, var: (H,), of the normalization; mean and var are its running statistics, var ≥ 0.
        eps: ε > 0, that of the normalization.

    Returns:
        W′ like W, b′ (H,).

    Raises:
        TypeError: an array does not hold real numbers, or eps is not a number.
        ValueError: shapes do not fit, a variance is negative, or eps ≤ 0.
    """
    W, gamma, beta, mean, var = as_float_array(W=W, gamma=gamma, beta=beta, mean=mean, var=var)
    if W.ndim < 2:
        fail(f"W must have at least 2 axes, the units on the last, got shape {W.shape}")
    H = W.shape[-1]
    b = np.zeros(H, W.dtype) if b is None else as_float_array(b=b)
    require_shape(b=(b, (H,)), gamma=(gamma, (H,)), beta=(beta, (H,)), mean=(mean, (H,)), var=(var, (H,)))
    require_in_range(eps=(eps, 0, math.inf), low_open=True)
    if not (var >= 0).all():
        fail("var must not be negative or NaN")
    scale = gamma / np.sqrt(var + float(eps))
    return W * scale, (b - mean) * scale + beta


def ema_update(old: Array, new: Array, momentum: float) -> Array:
    """One step of an exponential moving average: momentum · old + (1 − momentum) · new.

    After k steps with the same new value the average is new + momentumᵏ (old₀ − new).

    Args:
        old: the average so far, any shape.
        new: the value that comes in, same shape.
        momentum: weight of the old value, in [0, 1]. PyTorch's BatchNorm calls 1 − this its momentum.

    Raises:
        TypeError: an argument is not numeric.
        ValueError: shapes differ, or momentum is outside [0, 1].
    """
    old, new = as_float_array(old=old, new=new)
    require_same_shape(old=old, new=new)
    require_in_range(momentum=(momentum, 0, 1), high_open=False)
    return _moved(old, new, momentum)


def _moved(old: Array, new: Array, momentum: float) -> Array:
    """ema_update, where the arguments have been checked."""
    momentum = float(momentum)
    average: Array = momentum * old + (1 - momentum) * new
    return average


def _column_sums(X: Array) -> Any:
    """Σ_n X_n as a product with a row of ones: two to three times as fast as ``X.sum(axis=0)``."""
    return np.ones(len(X), dtype=X.dtype) @ X
