"""Layer normalization (Ba, Kiros & Hinton 2016): forward and backward, on arrays."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .arguments import as_float_array, fail, fail_type, require_in_range, require_same_shape, require_shape

__all__ = ["layernorm_backward", "layernorm_forward"]

Array = np.ndarray


class LayerNormCache(NamedTuple):
    """What layernorm_backward needs of the forward pass."""

    normal: Array  # (…, D) x̂
    inv_std: Array  # (…, 1) 1 / √(σ² + ε)
    gamma: Array  # (D,)


def layernorm_forward(X: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> tuple[Array, LayerNormCache]:
    """Normalize each sample over its features, then scale and shift them (Ba et al. 2016).

        μ = 1/D Σ_d X_d
        σ² = 1/D Σ_d (X_d − μ)²          for each sample by itself
        x̂ = (X − μ) / √(σ² + ε)
        out = γ x̂ + β

    Batch normalization takes its mean down a column; this takes it along a row. So a sample does not depend on the others,
    training and evaluation are the same, and there are no running statistics: it suits recurrent networks, where
    every time step would need statistics of its own.

    Libraries differ: ε is 1e-5 in PyTorch, as here, and 1e-3 in Keras.

    Args:
        X: (…, D), D ≥ 1.
        gamma, beta: (D,), scale γ and shift β.
        eps: ε > 0.

    Returns:
        out (…, D), and the cache for layernorm_backward.

    Raises:
        TypeError: an array does not hold real numbers, or eps is not a number.
        ValueError: shapes do not fit, X has no features, or eps ≤ 0.
    """
    X, gamma, beta = as_float_array(X=X, gamma=gamma, beta=beta)
    if X.ndim == 0 or X.shape[-1] == 0:
        fail(f"X must have at least one feature, on the last axis, got shape {X.shape}")
    D = X.shape[-1]
    require_shape(gamma=(gamma, (D,)), beta=(beta, (D,)))
    require_in_range(eps=(eps, 0, math.inf), low_open=True)
    centred = X - X.mean(axis=-1, keepdims=True)
    var = np.einsum("...d,...d->...", centred, centred)[..., None] / D
    inv_std = 1 / np.sqrt(var + float(eps))
    normal = centred * inv_std
    return gamma * normal + beta, LayerNormCache(normal, inv_std, gamma)


def layernorm_backward(dout: Array, cache: LayerNormCache) -> tuple[Array, Array, Array]:
    """Gradients of layernorm_forward, with the paths through μ and σ² taken together.

        dβ = Σ_n dout
        dγ = Σ_n dout x̂
        dX = 1 / √(σ² + ε) · (γ dout − 1/D Σ_d γ dout − x̂ · 1/D Σ_d γ dout x̂)

    The rows of dX therefore add to 0.

    Args:
        dout: (…, D), gradient of the loss with respect to out.
        cache: what layernorm_forward returned.

    Returns:
        dX (…, D), dgamma (D,), dbeta (D,).

    Raises:
        TypeError: dout does not hold real numbers, or cache is not a LayerNormCache.
        ValueError: dout is not shaped like out.
    """
    if not isinstance(cache, LayerNormCache):
        fail_type(f"cache must be the cache that layernorm_forward returned, got {type(cache).__name__}")
    dout = as_float_array(dout=dout)
    normal, inv_std, gamma = cache
    require_same_shape(out=normal, dout=dout)
    samples = tuple(range(dout.ndim - 1))
    dbeta, dgamma = dout.sum(axis=samples), (dout * normal).sum(axis=samples)
    scaled = gamma * dout
    along = (scaled * normal).mean(axis=-1, keepdims=True)
    dX = inv_std * (scaled - scaled.mean(axis=-1, keepdims=True) - normal * along)
    return dX, dgamma, dbeta
