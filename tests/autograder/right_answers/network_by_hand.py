"""Right answers to `network_by_hand` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}


# ---------------------------------------------------------------- dense_forward, dense_backward


def forward_by_loops(X, W, b):
    z = np.empty((len(X), len(b)), dtype=X.dtype)
    for n in range(len(X)):
        for h in range(len(b)):
            z[n, h] = sum(X[n, d] * W[d, h] for d in range(len(W))) + b[h]
    return [z, {"input": X, "weights": W, "bias": b}]


def backward_by_loops(dz, cache):
    X, W = cache["input"], cache["weights"]
    dX, dW, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(cache["bias"])
    for n in range(len(X)):
        db += dz[n]
        for d in range(len(W)):
            dX[n, d] = (W[d] * dz[n]).sum()
            dW[d] += X[n, d] * dz[n]
    return [dX, dW, db]


class Tape:
    """What the layer remembers: not plain data, so that it comes back as a handle."""

    def __init__(self, X, W):
        self.X, self.W = X, W


def forward_with_object(X, W, b):
    ones = np.ones((len(X), 1), dtype=X.dtype)
    return np.concatenate([X, ones], axis=1) @ np.concatenate([W, b[None, :]]), Tape(X, W)


def backward_with_object(dz, tape):
    dX = np.einsum("nh,dh->nd", dz, tape.W)
    dW = np.einsum("nd,nh->dh", tape.X, dz)
    return dX, dW, np.einsum("nh->h", dz)


def forward_with_closure(X, W, b):
    def gradients(dz):
        return (W @ dz.T).T, (dz.T @ X).T, np.ones(len(dz), dtype=dz.dtype) @ dz

    return np.add(np.dot(X, W), b), gradients


def backward_with_closure(dz, cache):
    return cache(dz)


RIGHT["dense_forward"] = {
    "loops and a dict": (forward_by_loops, backward_by_loops),
    "a column of ones and an object": (forward_with_object, backward_with_object),
    "a closure as cache": (forward_with_closure, backward_with_closure),
}


# ---------------------------------------------------------------- softmax_cross_entropy


def scores_by_loops(logits, y):
    N, C = logits.shape
    loss, dlogits = 0.0, np.zeros_like(logits)
    for n in range(N):
        top = max(logits[n])
        log_total = top + math.log(sum(math.exp(v - top) for v in logits[n]))
        loss += log_total - logits[n, y[n]]
        for c in range(C):
            dlogits[n, c] = (math.exp(logits[n, c] - log_total) - (c == y[n])) / N
    return loss / N, dlogits


def scores_shifted_by_the_largest_of_all(logits, y):
    s = logits - logits.max()
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    onehot = np.zeros_like(logits)
    onehot[np.arange(len(y)), y] = 1
    return -(onehot * log_p).sum() / len(y), (np.exp(log_p) - onehot) / len(y)


def scores_by_pairwise_differences(logits, y):
    right = np.take_along_axis(logits, y[:, None], axis=1)
    losses = np.logaddexp.reduce(logits - right, axis=1)
    p = np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
    p[range(len(y)), y] -= 1
    return np.mean(losses), p / logits.shape[0]


RIGHT["softmax_cross_entropy"] = {
    "loops": (scores_by_loops,),
    "one shift for all": (scores_shifted_by_the_largest_of_all,),
    "differences to the right class": (scores_by_pairwise_differences,),
}


# ---------------------------------------------------------------- iterate_minibatches


def batches_by_shuffled_indices(X, y, batch, rng, drop_last=True):
    index = list(range(len(X)))
    rng.shuffle(index)
    while len(index) >= batch or (index and not drop_last):
        now, index = index[:batch], index[batch:]
        yield X[now], y[now]


def batches_by_sorted_noise(X, y, batch, rng, drop_last=True):
    order = np.argsort(rng.random(X.shape[0]))
    X, y = np.take(X, order, axis=0), np.take(y, order)
    count = len(X) // batch if drop_last else math.ceil(len(X) / batch)
    return [(X[i * batch : (i + 1) * batch], y[i * batch : (i + 1) * batch]) for i in range(count)]


def batches_by_drawing_one_by_one(X, y, batch, rng, drop_last=True):
    left, X_batch, y_batch = list(range(len(X))), [], []
    while left:
        i = left.pop(int(rng.integers(len(left))))
        X_batch.append(X[i])
        y_batch.append(y[i])
        if len(X_batch) == batch:
            yield np.stack(X_batch), np.array(y_batch)
            X_batch, y_batch = [], []
    if X_batch and not drop_last:
        yield np.stack(X_batch), np.array(y_batch)


class Epoch:
    """An iterable that is no iterator."""

    def __init__(self, X, y, batch, rng, drop_last=True):
        self.order = rng.choice(len(X), len(X), replace=False)
        self.X, self.y, self.batch, self.drop_last = X, y, batch, drop_last

    def __iter__(self):
        pieces = np.split(self.order, range(self.batch, len(self.order), self.batch))
        return iter([[self.X[p], self.y[p]] for p in pieces if len(p) == self.batch or (len(p) and not self.drop_last)])


RIGHT["iterate_minibatches"] = {
    "rng.shuffle on indices": (batches_by_shuffled_indices,),
    "argsort of noise, a list": (batches_by_sorted_noise,),
    "drawn one by one": (batches_by_drawing_one_by_one,),
    "an iterable object": (Epoch,),
}


# ---------------------------------------------------------------- train_step


def step_with_own_parts(params, X, y, *, lr):
    z1, tape1 = forward_with_object(X, params["W1"], params["b1"])
    a1 = np.tanh(z1)
    logits, tape2 = forward_with_object(a1, params["W2"], params["b2"])
    loss, d = scores_by_loops(logits, y)
    da1, dW2, db2 = backward_with_object(d, tape2)
    _, dW1, db1 = backward_with_object(da1 / np.cosh(z1) ** 2, tape1)
    new = {key: value.copy() for key, value in params.items()}
    for key, grad in zip(("W1", "b1", "W2", "b2"), (dW1, db1, dW2, db2), strict=True):
        new[key] -= lr * grad
    return new, loss


def step_example_by_example(params, X, y, *, lr):
    W1, b1, W2, b2 = params["W1"], params["b1"], params["W2"], params["b2"]
    sums = {key: np.zeros_like(value) for key, value in params.items()}
    loss = 0.0
    for x, label in zip(X, y, strict=True):
        e1 = np.exp(-2 * np.abs(x @ W1 + b1))
        a1 = np.sign(x @ W1 + b1) * (1 - e1) / (1 + e1)
        logits = a1 @ W2 + b2
        p = np.exp(logits - logits.max())
        p /= p.sum()
        loss -= math.log(p[label])
        d = p - np.eye(len(b2), dtype=p.dtype)[label]
        d1 = (W2 @ d) * (1 + a1) * (1 - a1)
        for key, grad in {"W1": np.outer(x, d1), "b1": d1, "W2": np.outer(a1, d), "b2": d}.items():
            sums[key] += grad
    return {key: params[key] - lr / len(X) * sums[key] for key in params}, loss / len(X)


RIGHT["train_step"] = {"own parts, copies": (step_with_own_parts,), "example by example": (step_example_by_example,)}
