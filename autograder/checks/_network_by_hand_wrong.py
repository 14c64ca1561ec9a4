"""Wrong versions of the exercises of `network_by_hand`, as students write them. Their sentences stand there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import network as ref

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- dense_forward, dense_backward


def layer_with(
    dX: F = lambda dz, X, W: dz @ W.T,
    dW: F = lambda dz, X, W: X.T @ dz,
    db: F = lambda dz, X, W: dz.sum(axis=0),
    order: tuple[int, ...] = (0, 1, 2),
) -> tuple[F, F]:
    """The two functions with one of the gradients replaced, or their order."""

    def dense_backward(dz, cache):
        X, W = cache
        grads = dX(dz, X, W), dW(dz, X, W), db(dz, X, W)
        return tuple(grads[i] for i in order)

    return ref.dense_forward, dense_backward


def without_bias(X, W, b):
    return X @ W, (X, W)


def changes_cached_X(dz, cache):
    X, W = cache
    dX, dW = dz @ W.T, X.T @ dz
    X -= dX
    return dX, dW, dz.sum(axis=0)


def changes_dz(dz, cache):
    grads = ref.dense_backward(dz, cache)
    dz /= len(dz)
    return grads


LAST: list[Array] = []


def forward_into_global(X, W, b):
    LAST[:] = [X, W]
    return X @ W + b, None


def backward_from_global(dz, cache):
    X, W = LAST
    return dz @ W.T, X.T @ dz, dz.sum(axis=0)


# ---------------------------------------------------------------- softmax_cross_entropy


def by_rows(z: Array) -> Array:
    return z - z.max(axis=1, keepdims=True)


def scores_with(
    loss: F = lambda s, p, y: -np.log(p[np.arange(len(y)), y]).mean(),
    gradient: F = lambda s, p, y: (p - one_hot(p, y)) / len(y),
    total: F = lambda e: e.sum(axis=1, keepdims=True),
    shift: F = by_rows,
) -> F:
    """Softmax cross-entropy by way of the probabilities, with one line replaced."""

    def softmax_cross_entropy(logits, y):
        s = shift(logits)
        e = np.exp(s)
        p = e / total(e)
        return float(loss(s, p, y)), gradient(s, p, y)

    return softmax_cross_entropy


def one_hot(p: Array, y: Array) -> Array:
    return np.eye(p.shape[1], dtype=p.dtype)[y]


def log_p(s: Array, y: Array) -> Array:
    """log p of each example's class, without a logarithm of 0."""
    return s[np.arange(len(y)), y] - np.log(np.exp(s).sum(axis=1))


def stable_with(loss: F = lambda one, p: -one.mean(), **replaced: F) -> F:
    """The same without a logarithm of 0; `loss` is a function of log p of each example's class, and of p."""
    return scores_with(loss=lambda s, p, y: loss(log_p(s, y), p), **replaced)


def exponentials_one_by_one(logits, y):
    p = np.array([[math.exp(v) for v in row] for row in logits])
    p /= p.sum(axis=1, keepdims=True)
    return -sum(math.log(p[n, c]) for n, c in enumerate(y)) / len(y), (p - one_hot(p, y)) / len(y)


def logarithms_one_by_one(logits, y):
    p = np.exp(by_rows(logits))
    p /= p.sum(axis=1, keepdims=True)
    return -sum(math.log(p[n, c]) for n, c in enumerate(y)) / len(y), (p - one_hot(p, y)) / len(y)


def shifts_in_place(logits, y):
    logits -= logits.max(axis=1, keepdims=True)
    return ref.softmax_cross_entropy(logits, y)


def minus_one_in_columns(s: Array, p: Array, y: Array) -> Array:
    dlogits = p.copy()
    dlogits[:, y] -= 1
    return dlogits / len(y)


# ---------------------------------------------------------------- iterate_minibatches


def cut(order, X, y, batch, drop_last, y_order=None):
    """Minibatches in a given order."""
    y_order = order if y_order is None else y_order
    for start in range(0, len(X), batch):
        if drop_last and start + batch > len(X):
            return
        yield X[order[start : start + batch]], y[y_order[start : start + batch]]


def epochs_with(order: F = lambda N, rng: rng.permutation(N), y_order: F | None = None, flag: F = bool) -> F:
    """Minibatches with another order, or another reading of drop_last."""

    def iterate_minibatches(X, y, batch, rng, drop_last=True):
        of_y = None if y_order is None else y_order(len(X), rng)
        return cut(order(len(X), rng), X, y, batch, flag(drop_last), of_y)

    return iterate_minibatches


def repeats_first_batch(X, y, batch, rng, drop_last=True):
    order = rng.permutation(len(X))
    for X_batch, _ in cut(order, X, y, batch, drop_last):
        n = len(X_batch)
        yield X[order[:n]], y[order[:n]]


def shuffles_batches_only(X, y, batch, rng, drop_last=True):
    batches = list(cut(np.arange(len(X)), X, y, batch, drop_last))
    return [batches[i] for i in rng.permutation(len(batches))]


def never_ends(X, y, batch, rng, drop_last=True):
    while True:
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch):
            yield X[order[start : start + batch]], y[order[start : start + batch]]


def shuffles_in_place(X, y, batch, rng, drop_last=True):
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    yield from cut(np.arange(len(X)), X, y, batch, drop_last)


def shuffles_one_table(X, y, batch, rng, drop_last=True):
    table = np.hstack([X, y[:, None]])
    rng.shuffle(table)
    yield from cut(np.arange(len(X)), table[:, :-1], table[:, -1], batch, drop_last)


# ---------------------------------------------------------------- train_step


def step_with(
    f: F = np.tanh,
    derivative: F = lambda z, a: 1 - a * a,
    dlogits: F = lambda d: d,
    W2_backward: F = lambda W2, dW2, lr: W2,
    new: F = lambda name, w, g, lr: w - lr * g,
) -> F:
    """A training step with one line replaced."""

    def train_step(params, X, y, *, lr):
        z1, cache1 = ref.dense_forward(X, params["W1"], params["b1"])
        a1 = f(z1)
        logits, _ = ref.dense_forward(a1, params["W2"], params["b2"])
        loss, d = ref.softmax_cross_entropy(logits, y)
        d = dlogits(d)
        g = {"W2": a1.T @ d, "b2": d.sum(axis=0)}
        dz1 = d @ W2_backward(params["W2"], g["W2"], lr).T * derivative(z1, a1)
        _, g["W1"], g["b1"] = ref.dense_backward(dz1, cache1)
        return {name: new(name, w, g[name], lr) for name, w in params.items()}, loss

    return train_step


def subtract_in_place(name, w, g, lr):
    w -= lr * g
    return w


def loss_after_the_step(params, X, y, *, lr):
    params, _ = ref.train_step(params, X, y, lr=lr)
    return params, ref.train_step(params, X, y, lr=lr)[1]


def loss_of_each_example(params, X, y, *, lr):
    a1 = np.tanh(X @ params["W1"] + params["b1"])
    losses = -log_p(by_rows(a1 @ params["W2"] + params["b2"]), y)
    return ref.train_step(params, X, y, lr=lr)[0], losses
