"""Right answers to `activations` that are written differently from the reference."""

from __future__ import annotations

import numpy as np
from gradus.activations import relu, relu_derivative

from autograder.checks._activations_networks import train_step
from right_answers import _activations_elementwise

RIGHT: dict[str, dict[str, tuple]] = dict(_activations_elementwise.RIGHT)

# ---------------------------------------------------------------- prelu


def prelu_forward_where(z, a):
    return np.where(z > 0, z, a * z), {"z": z, "a": a}


def prelu_backward_where(dout, cache):
    z, a = cache["z"], cache["a"]
    dz = np.where(z > 0, dout, a * dout)
    each = np.where(z > 0, 0.0, z * dout).astype(z.dtype)
    return [dz, np.sum(each) if np.ndim(a) == 0 else np.sum(each, axis=0)]


def prelu_forward_loop(z, a):
    out = np.empty_like(z)
    for n in range(z.shape[0]):
        for j in range(z.shape[1]):
            slope = a if np.isscalar(a) else a[j]
            out[n, j] = z[n, j] if z[n, j] > 0 else slope * z[n, j]
    return out, [z, a]


def prelu_backward_loop(dout, cache):
    z, a = cache
    single = np.isscalar(a)
    dz, da = np.empty_like(z), 0.0 if single else np.zeros_like(a)
    for n in range(z.shape[0]):
        for j in range(z.shape[1]):
            if z[n, j] > 0:
                dz[n, j] = dout[n, j]
            elif single:
                dz[n, j] = a * dout[n, j]
                da += float(dout[n, j] * z[n, j])
            else:
                dz[n, j] = a[j] * dout[n, j]
                da[j] += dout[n, j] * z[n, j]
    return dz, da


def prelu_forward_parts(z, a):
    below = np.minimum(z, 0)
    return np.maximum(z, 0) + a * below, (z <= 0, below, a)


def prelu_backward_parts(dout, cache):
    negative, below, a = cache
    dz = dout.copy()
    dz[negative] = (a * dout)[negative]
    return dz, (dout * below).sum(axis=None if np.ndim(a) == 0 else 0)


class Kept:
    """A cache of the student's own making."""

    def __init__(self, z, a):
        self.z, self.a = z, a


def prelu_forward_kept(z, a):
    return z * np.where(z > 0, 1.0, a).astype(z.dtype), Kept(z, a)


def prelu_backward_kept(dout, cache):
    return prelu_backward_loop(dout, (cache.z, cache.a))


RIGHT["prelu_forward"] = {
    "where": (prelu_forward_where, prelu_backward_where), "loop": (prelu_forward_loop, prelu_backward_loop),
    "parts": (prelu_forward_parts, prelu_backward_parts), "class": (prelu_forward_kept, prelu_backward_kept),
}  # fmt: skip

# ---------------------------------------------------------------- rrelu


def rrelu_where(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    if training:
        slopes = rng.uniform(lower, upper, size=z.shape)
    else:
        slopes = np.full(z.shape, (lower + upper) / 2)
    return np.where(z > 0, z, slopes * z).astype(z.dtype), slopes


def rrelu_slope_where(z, slopes):
    return np.where(z > 0, 1.0, slopes).astype(z.dtype)


def rrelu_ones(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    """Slopes are 1 where z is positive, as in PyTorch's noise."""
    slopes = np.ones_like(z)
    below = z <= 0
    u = rng.random(below.sum()) if training else 0.5
    slopes[below] = lower + (upper - lower) * u
    return z * slopes, slopes


def rrelu_slope_ones(z, slopes):
    out = slopes.copy()
    out[z > 0] = 1
    return out


def rrelu_loop(z, rng, lower=1 / 8, upper=1 / 3, training=True):
    out, slopes = z.copy(), np.zeros_like(z)
    for i in np.ndindex(z.shape):
        slopes[i] = rng.uniform(lower, upper) if training else lower + (upper - lower) / 2
        if z[i] < 0:
            out[i] = slopes[i] * z[i]
    return [out, slopes]


RIGHT["rrelu"] = {
    "where": (rrelu_where, rrelu_slope_where), "ones": (rrelu_ones, rrelu_slope_ones),
    "loop": (rrelu_loop, rrelu_slope_where),
}  # fmt: skip

# ---------------------------------------------------------------- maxout


def maxout_forward_pieces(X, W, b):
    Z = np.stack([X @ W[:, i] + b[i] for i in range(W.shape[1])])
    return Z.max(axis=0), (X, W, Z.argmax(axis=0))


def maxout_backward_pieces(dout, cache):
    X, W, winner = cache
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros(W.shape[1:], W.dtype)
    for i in range(W.shape[1]):
        dZ = dout * (winner == i)
        dX += dZ @ W[:, i].T
        dW[:, i] = X.T @ dZ
        db[i] = dZ.sum(axis=0)
    return dX, dW, db


def maxout_forward_loop(X, W, b):
    N, H, k = len(X), W.shape[2], W.shape[1]
    out = np.zeros((N, H), X.dtype)
    winner = np.zeros((N, H), int)
    for n in range(N):
        for h in range(H):
            pieces = [float(X[n] @ W[:, i, h] + b[i, h]) for i in range(k)]
            winner[n, h] = pieces.index(max(pieces))
            out[n, h] = max(pieces)
    return out, {"X": X, "W": W, "winner": winner}


def maxout_backward_loop(dout, cache):
    X, W, winner = cache["X"], cache["W"], cache["winner"]
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(W[0])
    for n in range(X.shape[0]):
        for h in range(W.shape[2]):
            i = winner[n, h]
            dX[n] += dout[n, h] * W[:, i, h]
            dW[:, i, h] += dout[n, h] * X[n]
            db[i, h] += dout[n, h]
    return [dX, dW, db]


def maxout_forward_einsum(X, W, b):
    Z = np.einsum("nd,dkh->nkh", X, W) + b
    return Z.max(1), (X, W, Z.max(axis=1, keepdims=True) == Z)


def maxout_backward_einsum(dout, cache):
    X, W, won = cache
    dZ = won * dout[:, np.newaxis, :]
    return np.einsum("nkh,dkh->nd", dZ, W), np.einsum("nd,nkh->dkh", X, dZ), dZ.sum(0)


def maxout_forward_tensordot(X, W, b):
    Z = np.tensordot(X, W, axes=1) + b[None]
    return np.amax(Z, axis=1), (X, W, b)


def maxout_backward_tensordot(dout, cache):
    X, W, b = cache
    winner = np.argmax(np.tensordot(X, W, axes=1) + b, axis=1)
    dZ = np.zeros((len(X), *b.shape), dout.dtype)
    n, h = np.indices(winner.shape)
    dZ[n, winner, h] = dout
    return np.tensordot(dZ, W, axes=([1, 2], [1, 2])), np.tensordot(X.T, dZ, axes=1), np.sum(dZ, axis=0)


RIGHT["maxout_forward"] = {
    "pieces": (maxout_forward_pieces, maxout_backward_pieces), "loop": (maxout_forward_loop, maxout_backward_loop),
    "einsum": (maxout_forward_einsum, maxout_backward_einsum),
    "tensordot": (maxout_forward_tensordot, maxout_backward_tensordot),
}  # fmt: skip

# ---------------------------------------------------------------- dead_fraction


def dead_by_maximum(z):
    return (z.max(axis=0) <= 0).mean()


def dead_by_loop(z):
    dead = 0
    for j in range(z.shape[1]):
        if not any(x > 0 for x in z[:, j]):
            dead += 1
    return dead / z.shape[1]


def sweep_by_loop(params, X, y, lrs, steps):
    shares = np.zeros(len(lrs))
    for i, lr in enumerate(lrs):
        p = {k: v.copy() for k, v in params.items()}
        for _ in range(steps):
            p, _ = train_step(p, X, y, relu, relu_derivative, lr)
        shares[i] = dead_by_maximum(X @ p["W1"] + p["b1"])
    return shares


def sweep_with_training_of_its_own(params, X, y, lrs, steps):
    shares = []
    for lr in lrs:
        W1, b1, W2, b2 = (params[k].copy() for k in ("W1", "b1", "W2", "b2"))
        for _ in range(steps):
            z = np.dot(X, W1) + b1
            a = np.maximum(z, 0)
            s = np.dot(a, W2) + b2
            p = np.exp(s - s.max(axis=1, keepdims=True))
            p = p / p.sum(axis=1, keepdims=True)
            p[np.arange(len(y)), y] -= 1
            d = p / len(y)
            dz = np.dot(d, W2.T) * (z > 0)
            W2 -= lr * np.dot(a.T, d)
            b2 -= lr * d.sum(axis=0)
            W1 -= lr * np.dot(X.T, dz)
            b1 -= lr * dz.sum(axis=0)
        shares.append(dead_by_loop(X @ W1 + b1))
    return tuple(shares)


def revival_in_a_copy(params, X, y, f, f_derivative, lr, steps):
    p = {k: v.copy() for k, v in params.items()}
    p["b1"] -= 30.0
    while steps:
        p, _ = train_step(p, X, y, f, f_derivative, lr)
        steps -= 1
    z = X @ p["W1"] + p["b1"]
    logits = f(z) @ p["W2"] + p["b2"]
    return [dead_by_loop(z), (logits.argmax(axis=1) == y).sum() / len(y)]


def revival_with_dict(params, X, y, f, f_derivative, lr, steps):
    p = dict(params)
    p["b1"] = p["b1"] - 30
    for _ in range(steps):
        p = train_step(p, X, y, f, f_derivative, lr=lr)[0]
    z = np.matmul(X, p["W1"]) + p["b1"]
    right = [int(np.argmax(row)) == label for row, label in zip(f(z) @ p["W2"] + p["b2"], y, strict=True)]
    return np.array([dead_by_maximum(z), np.mean(right)])


RIGHT["dead_fraction"] = {
    "maximum": (dead_by_maximum, sweep_by_loop, revival_in_a_copy),
    "loop": (dead_by_loop, sweep_with_training_of_its_own, revival_with_dict),
}  # fmt: skip

# ---------------------------------------------------------------- debug_activations


def step_size_by_if(t, lr, warmup):
    if t >= warmup:
        return lr
    return lr / warmup * (t + 1)


def step_size_by_minimum(t, lr, warmup):
    return np.minimum(lr * (t + 1) / warmup, lr)


def step_size_by_table(t, lr, warmup):
    return np.linspace(lr / warmup, lr, warmup)[min(t, warmup - 1)]


RIGHT["debug_activations"] = {
    "if": ("step_size", step_size_by_if), "minimum": ("step_size", step_size_by_minimum),
    "table": ("step_size", step_size_by_table),
}  # fmt: skip
