"""A network by hand: dense layers, softmax cross-entropy, minibatches and one training step, on plain arrays.

Everything here is written forward and backward without automatic differentiation. X has shape (N, D), samples on axis
0; labels y are integers (N,); W has shape (fan_in, fan_out). Sizes in the formulas: N samples, D inputs, H hidden
units, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from .arguments import (
    as_float_array,
    as_labels,
    describe,
    fail,
    fail_type,
    require_bool,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_shape,
)

__all__ = ["dense_backward", "dense_forward", "iterate_minibatches", "softmax_cross_entropy", "train_step"]

Array = np.ndarray
Params = dict[str, Array]


def dense_forward(X: Array, W: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
    """A dense (fully connected) layer.

        z = X W + b

    Libraries differ: Keras has this W, PyTorch keeps its transpose and computes X Wᵀ + b.

    Args:
        X: (N, D).
        W: (D, H).
        b: (H,), added to every row.

    Returns:
        z (N, H), and the cache for dense_backward.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes do not fit.
    """
    X, W, b = as_float_array(X=X, W=W, b=b)
    require_ndim(X=(X, 2), W=(W, 2))
    if X.shape[1] != W.shape[0]:
        fail(f"X and W must fit, (N, D) and (D, H), got shapes {X.shape} and {W.shape}")
    require_shape(b=(b, (W.shape[1],)))
    return X @ W + b, (X, W)


def dense_backward(dz: Array, cache: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Gradients of dense_forward.

        dX = dz Wᵀ
        dW = Xᵀ dz
        db = Σ_n dz_n

    The bias is added to every row, so its gradient is the sum over the batch.

    Args:
        dz: (N, H), gradient of the loss with respect to z.
        cache: what dense_forward returned.

    Returns:
        dX (N, D), dW (D, H), db (H,).

    Raises:
        TypeError: dz does not hold real numbers, or cache is not a pair of arrays.
        ValueError: dz is not shaped like z.
    """
    if not (isinstance(cache, tuple | list) and len(cache) == 2):
        fail_type(f"cache must be the pair (X, W) that dense_forward returned, got {describe(cache)}")
    X, W = as_float_array(**{"cache[0]": cache[0], "cache[1]": cache[1]})
    require_ndim(**{"cache[0]": (X, 2), "cache[1]": (W, 2)})
    dz = as_float_array(dz=dz)
    require_shape(dz=(dz, (X.shape[0], W.shape[1])))
    return dz @ W.T, X.T @ dz, dz.sum(axis=0)


def softmax_cross_entropy(logits: Array, y: Array) -> tuple[float, Array]:
    """Softmax and cross-entropy in one, averaged over the batch, and its gradient.

        s = logits − max(logits)                     row by row; changes no probability
        log p = s − log Σ_c e^s_c
        loss = −1/N Σ_n log p[n, y_n]
        dlogits = (p − onehot(y)) / N

    No e^s is larger than 1 and their sum is at least 1: logits of ±1000 neither overflow nor give log 0.

    Args:
        logits: (N, C), finite.
        y: integer labels (N,), in [0, C).

    Returns:
        loss as a Python float, dlogits (N, C).

    Raises:
        TypeError: logits does not hold real numbers, or y no integers.
        ValueError: shapes do not fit, the batch is empty, or a label is outside [0, C).
    """
    logits = as_float_array(logits=logits)
    if logits.ndim != 2 or logits.size == 0:
        fail(f"logits must have shape (N, C), at least (1, 1), got {logits.shape}")
    N, C = logits.shape
    onehot = _one_hot(y, N, C)
    with np.errstate(under="ignore"):  # e^−1000 is 0, as it should be
        s = logits.T.copy()  # (C, N): NumPy runs fast along the many samples, slowly along the few classes
        s -= s.max(axis=0)
        p = np.exp(s)
        total = p.sum(axis=0)
        loss = (np.log(total).sum() - s[onehot].sum()) / N
        p /= total
        p -= onehot
        p /= N
    return float(loss), p.T


def _one_hot(y: Array, N: int, C: int) -> Array:
    """(C, N) booleans, True at [y_n, n]."""
    labels = np.asarray(y)
    if labels.shape != (N,) or labels.dtype.kind not in "iu":
        as_labels(y=y)  # says what is wrong, but for the number of labels
        fail(f"y must hold one label for each of the {N} rows of logits, got {len(y)}")
    onehot: Array = np.arange(C)[:, None] == labels
    if np.count_nonzero(onehot) != N:
        as_labels(C, y=y)
    return onehot


def iterate_minibatches(
    X: Array, y: Array, batch: int, rng: np.random.Generator, drop_last: bool = True
) -> Iterator[tuple[Array, Array]]:
    """Minibatches of one epoch: every sample once, in a new random order, X and y together.

    Args:
        X: (N, …).
        y: (N, …), one target for each row of X.
        batch: samples in a minibatch, at least 1.
        rng: draws the order; each call draws a new one.
        drop_last: leave out the last N mod batch samples, so that every minibatch is full. With False the last one is
            smaller: its gradient is noisier, and batch statistics over three samples mean little.

    Returns:
        An iterator of pairs (X_batch, y_batch), which are copies.

    Raises:
        TypeError: batch is not an integer, or rng not a Generator.
        ValueError: X and y differ in length, or batch is smaller than 1.
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        fail(f"y must have as many rows as X, which has shape {X.shape}, got shape {y.shape}")
    require_int(batch=(batch, 1))
    require_rng(rng=rng)
    require_bool(drop_last=drop_last)
    order = rng.permutation(len(X))
    end = len(X) - len(X) % batch if drop_last else len(X)
    picks = (order[start : start + batch] for start in range(0, end, batch))
    return ((X[pick], y[pick]) for pick in picks)


def train_step(params: Params, X: Array, y: Array, *, lr: float) -> tuple[Params, float]:
    """One step of gradient descent of a network with one hidden tanh layer.

        z1 = X W1 + b1,   a1 = tanh z1,   logits = a1 W2 + b2
        loss = softmax cross-entropy(logits, y)
        θ ← θ − η ∂loss/∂θ        for each of W1, b1, W2, b2

    Args:
        params: {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}, not changed.
        X: (N, D).
        y: integer labels (N,).
        lr: learning rate η > 0.

    Returns:
        The new parameters, and the loss before the step as a Python float.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a parameter is missing or too many, shapes do not fit, lr <= 0.
    """
    if not isinstance(params, dict):
        fail_type(f"params must be a dict of arrays, got {describe(params)}")
    if set(params) != {"W1", "b1", "W2", "b2"}:
        fail(f"params must have the keys W1, b1, W2, b2, got {', '.join(map(str, params)) or 'none'}")
    require_in_range(lr=(lr, 0, inf), low_open=True)
    X, y = as_float_array(X=X), as_labels(y=y)
    if X.ndim != 2 or X.size == 0:
        fail(f"X must have shape (N, D), at least (1, 1), got {X.shape}")
    require_shape(y=(y, (len(X),)))

    z1, cache1 = dense_forward(X, params["W1"], params["b1"])
    a1 = np.tanh(z1)
    logits, cache2 = dense_forward(a1, params["W2"], params["b2"])
    loss, dlogits = softmax_cross_entropy(logits, y)

    grads = {}
    da1, grads["W2"], grads["b2"] = dense_backward(dlogits, cache2)
    dz1 = da1 * (1 - a1 * a1)
    _, grads["W1"], grads["b1"] = dense_backward(dz1, cache1)

    lr = float(lr)
    return {name: w - lr * grads[name] for name, w in params.items()}, loss
