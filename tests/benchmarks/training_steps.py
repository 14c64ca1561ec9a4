"""A training step of a multilayer perceptron (forward, backward, Adam): gradus, NumPy tuned by hand, NumPy as in a textbook.

Each function takes the first weights, a batch and its labels, and returns a step that returns the loss before it.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import sqrt

import frameworks
import numpy as np
from frameworks import Arrays, Step
from gradus import functions as F
from gradus.layers import MLP
from gradus.optimizers import Adam
from race import Row

SMALL = (64, 100, 100, 10)
DEEP = (64, *[100] * 19, 10)


def gradus_step(weights: Arrays, X: np.ndarray, y: np.ndarray) -> Step:
    sizes = [X.shape[1], *(b.size for b in weights[1::2])]
    net = MLP(sizes, rng=np.random.default_rng(0), dtype=X.dtype)
    for p, w in zip(net.params(), weights, strict=True):
        p.data[...] = w
    optimizer = Adam(net)

    def step() -> float:
        net.cleargrads()
        loss = F.softmax_cross_entropy(net(X), y)
        loss.backward()
        optimizer.step()
        return float(loss.data)

    return step


def hand_tuned_step(weights: Arrays, X: np.ndarray, y: np.ndarray) -> Step:
    """What one would write with speed alone in mind: every array preallocated, every operation with ``out=``.

    What gradus knows is used here, too: np.dot is quicker to start than @, sums over the batch are products with ones,
    and the softmax works with the classes on axis 0.
    """
    dtype, N, C = X.dtype, len(X), weights[-1].size
    w = np.concatenate([p.ravel() for p in weights])
    g, m, s, scratch = np.empty_like(w), np.zeros_like(w), np.zeros_like(w), np.empty_like(w)

    def views(vector: np.ndarray) -> Arrays:
        ends = np.cumsum([p.size for p in weights])
        return [v.reshape(p.shape) for v, p in zip(np.split(vector, ends[:-1]), weights, strict=True)]

    Ws, bs = views(w)[::2], views(w)[1::2]
    dWs, dbs = views(g)[::2], views(g)[1::2]
    hidden = [np.empty((N, b.size), dtype) for b in bs[:-1]]
    deltas = [np.empty_like(a) for a in hidden]
    alive = [np.empty(a.shape, bool) for a in hidden]
    logits, p = np.empty((N, C), dtype), np.empty((C, N), dtype)
    row, ones = np.empty(N, dtype), np.ones(N, dtype)
    right = y * N + np.arange(N)  # where p[y_n, n] is in p.ravel()
    flat_p = p.ravel()
    forward = list(zip([X, *hidden[:-1]], Ws[:-1], bs[:-1], hidden, strict=True))
    backward = list(
        zip([X, *hidden[:-1]], hidden, Ws[1:], [*deltas[1:], p.T], deltas, alive, dWs[:-1], dbs[:-1], strict=True)
    )[::-1]
    lr, beta1, beta2, eps, t = 0.001, 0.9, 0.999, 1e-8, 0

    def step() -> float:
        nonlocal t
        for x, W, b, a in forward:
            np.dot(x, W, out=a)
            np.add(a, b, out=a)
            np.clip(a, 0, np.inf, out=a)
        np.dot(hidden[-1], Ws[-1], out=logits)
        np.add(logits, bs[-1], out=logits)

        np.copyto(p, logits.T)
        np.maximum.reduce(p, axis=0, out=row)
        np.subtract(p, row, out=p)
        chosen = flat_p[right]
        np.exp(p, out=p)
        np.add.reduce(p, axis=0, out=row)
        loss = float((np.add.reduce(np.log(row)) - np.add.reduce(chosen)) / N)
        np.divide(p, row, out=p)
        flat_p[right] -= 1
        np.multiply(p, 1 / N, out=p)

        np.dot(hidden[-1].T, p.T, out=dWs[-1])
        np.dot(p, ones, out=dbs[-1])
        for x, a, W, delta, d, mask, dW, db in backward:
            np.dot(delta, W.T, out=d)
            np.greater(a, 0, out=mask)
            np.multiply(d, mask, out=d)
            np.dot(x.T, d, out=dW)
            np.dot(ones, d, out=db)

        t += 1
        c1, c2 = 1 - beta1**t, 1 - beta2**t
        np.multiply(m, beta1, out=m)
        np.multiply(g, 1 - beta1, out=scratch)
        np.add(m, scratch, out=m)
        np.multiply(s, beta2, out=s)
        np.multiply(g, g, out=scratch)
        np.multiply(scratch, 1 - beta2, out=scratch)
        np.add(s, scratch, out=s)
        np.sqrt(s, out=scratch)
        np.add(scratch, eps * sqrt(c2), out=scratch)
        np.divide(m, scratch, out=scratch)
        np.multiply(scratch, lr * sqrt(c2) / c1, out=scratch)
        np.subtract(w, scratch, out=w)
        return loss

    return step


def textbook_step(weights: Arrays, X: np.ndarray, y: np.ndarray) -> Step:
    """The formulas as they stand in a textbook, an array at a time."""
    params = [w.copy() for w in weights]
    update = frameworks.textbook_adam(params)
    N, rows = len(X), np.arange(len(X))

    def step() -> float:
        activations = [X]
        for W, b in zip(params[:-2:2], params[1:-2:2], strict=True):
            activations.append(np.maximum(activations[-1] @ W + b, 0))
        logits = activations[-1] @ params[-2] + params[-1]

        shifted = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        total = e.sum(axis=1, keepdims=True)
        loss = -np.mean((shifted - np.log(total))[rows, y])

        delta = e / total
        delta[rows, y] -= 1
        delta /= N
        grads: Arrays = []
        for a, W in zip(reversed(activations), params[-2::-2], strict=True):
            grads = [a.T @ delta, delta.sum(axis=0), *grads]
            delta = (delta @ W.T) * (a > 0)
        update(grads)
        return float(loss)

    return step


def problem(sizes: tuple[int, ...], batch: int, dtype: type) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """First weights, a batch and its labels."""
    rng = np.random.default_rng(0)
    shapes = [shape for i, o in pairwise(sizes) for shape in ((i, o), (o,))]
    weights = [rng.normal(size=shape) * (sqrt(2 / shape[0]) if len(shape) == 2 else 0.1) for shape in shapes]
    X, y = rng.normal(size=(batch, sizes[0])), rng.integers(0, sizes[-1], batch)
    return [w.astype(dtype) for w in weights], X.astype(dtype), y


STEPS = {
    "gradus": gradus_step,
    "hand-tuned NumPy": hand_tuned_step,
    "textbook NumPy": textbook_step,
    "PyTorch": frameworks.torch_step,
    "PyTorch, fused Adam": partial(frameworks.torch_step, fused=True),
    "DeZero": frameworks.dezero_step,
    "HIPS autograd": frameworks.autograd_step,
}


def rows() -> list[Row]:
    goals = {
        (32, "float32"): {"hand-tuned NumPy": 1.35, "PyTorch": 0.33, "DeZero": 1 / 2.5},
        (256, "float32"): {"hand-tuned NumPy": 1.15, "PyTorch": 0.60, "DeZero": 1 / 2},
    }
    cases = [(SMALL, batch, dtype) for dtype in ("float32", "float64") for batch in (32, 256)]
    found = []
    for sizes, batch, dtype in [*cases, (DEEP, 32, "float32")]:
        name = f"MLP {'-'.join(map(str, sizes))}" if sizes == SMALL else "MLP of 20 layers"
        given = problem(sizes, batch, np.dtype(dtype).type)
        makers = {contestant: partial(make, *given) for contestant, make in STEPS.items()}
        reached = goals.get((batch, dtype), {}) if sizes == SMALL else {}
        # Adam's first steps have one length for gradients of any size, rounding errors too: a deep network soon parts
        found.append(Row(f"{name}, batch {batch}, {dtype}", makers, reached, checks=20 if sizes == SMALL else 4))
    return found
