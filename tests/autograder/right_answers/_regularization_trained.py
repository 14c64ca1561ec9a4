"""Right answers to the exercises of `regularization` that train a network, written differently from the reference."""

from __future__ import annotations

import copy
import itertools
import math

import numpy as np
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

TRAINED: dict[str, dict[str, tuple]] = {}


def probabilities(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


# ---------------------------------------------------------------- EarlyStopping


def train(params, steps, values, stopper):
    epoch = 0
    for step, value in zip(steps, values, strict=True):
        epoch += 1
        for name in params:
            params[name] += step[name]
        if stopper.step(value, params):
            break
    return epoch, params


def train_with_new_arrays(params, steps, values, stopper):
    for epoch, value in enumerate(values):
        for name in list(params):
            params[name] = params[name] + steps[epoch][name]
        if stopper.step(value, params):
            return epoch + 1, params
    return len(values), params


class StopperWithHistory:
    """Keeps all values, and looks back."""

    def __init__(self, patience, min_delta=0, restore_best=True):
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.history, self.record = [], []

    @property
    def best(self):
        return self.record[-1][1] if self.record else np.inf

    def step(self, value, params):
        self.history.append(value)
        if not self.record or value < self.best - self.min_delta:
            self.record.append((len(self.history), value, copy.deepcopy(params)))
        stop = len(self.history) - self.record[-1][0] >= self.patience
        if stop and self.restore_best:
            for name, best in self.record[-1][2].items():
                params[name][...] = best
        return stop


class StopperWithNone:
    best = None

    def __init__(self, patience, min_delta=0.0, restore_best=True):
        self.left = self.patience = patience
        self.settings = {"delta": min_delta, "restore": restore_best}
        self.weights = None

    def step(self, value, params):
        if self.best is None or self.best - value > self.settings["delta"]:
            self.best = float(value)
            self.weights = {k: np.array(v) for k, v in params.items()}
            self.left = self.patience
            return np.bool_(False)
        self.left -= 1
        if self.left > 0:
            return np.bool_(False)
        if self.settings["restore"]:
            for k in params:
                params[k] = self.weights[k]
        return np.bool_(True)


class StopperThatSaysNothing:
    """Returns True at the stop, and nothing before."""

    def __init__(self, patience, min_delta=0.0, restore_best=True):
        self.best, self.bad, self.args = float("inf"), 0, (patience, min_delta, restore_best)

    def step(self, value, params):
        patience, min_delta, restore_best = self.args
        if value < self.best - min_delta:
            self.best = value
            self.bad = 0
            self.kept = {k: v.copy() for k, v in params.items()} if restore_best else None
        else:
            self.bad += 1
            if self.bad == patience:
                if restore_best:
                    params.clear()
                    params.update(self.kept)
                return True


TRAINED["EarlyStopping"] = {
    "history": (StopperWithHistory, train), "None at first": (StopperWithNone, train),
    "says nothing": (StopperThatSaysNothing, train_with_new_arrays),
}  # fmt: skip

# ---------------------------------------------------------------- loss_record, mask_ensemble


def hidden_layer(params, X):
    return np.maximum(X @ params["W1"] + params["b1"], 0)


def loss_and_gradient(scores, y):
    p = probabilities(scores)
    rows = np.arange(len(y))
    loss = -np.mean(np.log(p[rows, y] + 1e-12))
    p[rows, y] -= 1
    return loss, p / len(y)


def record_by_hand(params, X, y, X_test, y_test, orders, *, batch, lr, rate, rng):
    P = {name: a.copy() for name, a in params.items()}
    running, train_losses, test_losses = [], [], []
    for order in orders:
        total = 0.0
        for rows in np.split(order, len(order) // batch):
            x, labels = X[rows], y[rows]
            h = hidden_layer(P, x)
            factors = rng.binomial(1, 1 - rate, h.shape) / (1 - rate)
            loss, d = loss_and_gradient((h * factors) @ P["W2"] + P["b2"], labels)
            total += loss * len(rows)
            dh = d @ P["W2"].T * factors * (h > 0)
            P["W2"] -= lr * (h * factors).T @ d
            P["b2"] -= lr * d.sum(axis=0)
            P["W1"] -= lr * x.T @ dh
            P["b1"] -= lr * dh.sum(axis=0)
        running.append(total / len(order))
        for losses, inputs, labels in ((train_losses, X, y), (test_losses, X_test, y_test)):
            losses.append(loss_and_gradient(hidden_layer(P, inputs) @ P["W2"] + P["b2"], labels)[0])
    return P, {"running": running, "train": train_losses, "test": test_losses}


def record_in_the_original_form(params, X, y, X_test, y_test, orders, *, batch, lr, rate, rng):
    """No factor in training, but one in evaluation; W2 is larger by the factor that W2 has in the inverted form."""
    W1, b1, W2, b2 = (params[k] for k in ("W1", "b1", "W2", "b2"))
    epochs = len(orders)
    record = {k: np.zeros(epochs) for k in ("running", "train", "test")}
    W2 = W2 / (1 - rate)  # so that keep W2 is the W2 that came in; its step is longer by the square of the factor

    def evaluate(X, y):
        return softmax_cross_entropy(np.maximum(X @ W1 + b1, 0) @ ((1 - rate) * W2) + b2, y)[0]

    for e, order in enumerate(orders):
        losses = []
        for i in range(0, len(order), batch):
            xb, yb = X[order[i : i + batch]], y[order[i : i + batch]]
            z, first = dense_forward(xb, W1, b1)
            kept = rng.random(z.shape) >= rate
            scores, second = dense_forward(np.maximum(z, 0) * kept, W2, b2)
            loss, d = softmax_cross_entropy(scores, yb)
            losses.append(loss)
            d, dW2, db2 = dense_backward(d, second)
            _, dW1, db1 = dense_backward(d * kept * (z > 0), first)
            W1, b1, W2, b2 = W1 - lr * dW1, b1 - lr * db1, W2 - lr * dW2 / (1 - rate) ** 2, b2 - lr * db2
        record["running"][e] = sum(losses) / len(losses)
        record["train"][e], record["test"][e] = evaluate(X, y), evaluate(X_test, y_test)
    return {"W1": W1, "b1": b1, "W2": (1 - rate) * W2, "b2": b2}, record


def ensemble_by_logits(x, W, b, rate):
    """The geometric mean of softmaxes is the softmax of the mean logits."""
    n = len(x)
    logits, arithmetic = np.zeros(len(b)), np.zeros(len(b))
    for number in range(2**n):
        mask = np.array([number >> i & 1 for i in range(n)], dtype=bool)
        weight = (1 - rate) ** mask.sum() * rate ** (n - mask.sum())
        z = x[mask] @ W[mask] + b
        logits += weight * z
        arithmetic += weight * probabilities(z)
    return probabilities(logits), arithmetic, probabilities(x @ ((1 - rate) * W) + b)


def ensemble_by_products(x, W, b, rate):
    masks = list(itertools.product((0, 1), repeat=len(x)))
    geometric, arithmetic = np.ones(len(b)), 0.0
    for mask in masks:
        weight = math.prod(1 - rate if m else rate for m in mask)
        p = probabilities(np.multiply(mask, x) @ W + b)
        geometric = geometric * (p + 1e-12) ** weight
        arithmetic = arithmetic + weight * p
    return np.array([geometric / np.sum(geometric), arithmetic, probabilities((1 - rate) * x @ W + b)])


TRAINED["loss_record"] = {
    "by hand": (record_by_hand, ensemble_by_logits),
    "in the original form": (record_in_the_original_form, ensemble_by_products),
}

# ---------------------------------------------------------------- debug_regularization


def step_with_a_mask(params, X, y, lr, rate, rng):
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    mask = (rng.random(z.shape) >= rate) / (1 - rate)
    scores, of_second = dense_forward(np.maximum(z, 0) * mask, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    d, dW2, db2 = dense_backward(d, of_second)
    _, dW1, db1 = dense_backward(d * mask * (z > 0), of_first)
    grads = {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    return {name: params[name] - lr * grads[name] for name in params}, loss


def step_by_hand(params, X, y, lr, rate, rng):
    h = hidden_layer(params, X)
    kept = rng.uniform(size=h.shape) < 1 - rate
    out = np.where(kept, h, 0) / (1 - rate)
    loss, d = loss_and_gradient(out @ params["W2"] + params["b2"], y)
    dh = d @ params["W2"].T
    dh[out == 0] = 0
    dh /= 1 - rate
    new = {name: a.copy() for name, a in params.items()}
    for name, g in (("W1", X.T @ dh), ("b1", dh.sum(0)), ("W2", out.T @ d), ("b2", d.sum(0))):
        new[name] -= lr * g
    return [new, float(loss)]


def step_with_the_same_draw(params, X, y, lr, rate, rng):
    """Draws the mask twice from generators of one seed."""
    seed = rng.integers(2**31)
    drop = lambda a: a * (np.random.default_rng(seed).random(a.shape) >= rate) / (1 - rate)  # noqa: E731
    z = X @ params["W1"] + params["b1"]
    h = drop(np.maximum(z, 0))
    loss, d = softmax_cross_entropy(h @ params["W2"] + params["b2"], y)
    dz = drop(d @ params["W2"].T) * (z > 0)
    grads = {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}
    return {name: params[name] - lr * grads[name] for name in params}, loss


def step_that_winds_back(params, X, y, lr, rate, rng):
    """Sets the generator back to where it was, and draws the same mask again."""
    drop = lambda a: a * (rng.random(a.shape) >= rate) / (1 - rate)  # noqa: E731
    before = rng.bit_generator.state
    z = X @ params["W1"] + params["b1"]
    h = drop(np.maximum(z, 0))
    loss, d = softmax_cross_entropy(h @ params["W2"] + params["b2"], y)
    rng.bit_generator.state = before
    dz = drop(d @ params["W2"].T) * (z > 0)
    grads = {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}
    return {name: params[name] - lr * grads[name] for name in params}, loss


TRAINED["debug_regularization"] = {
    "a mask": ("new_mask", step_with_a_mask), "by hand": ("new_mask", step_by_hand),
    "the same draw": ("new_mask", step_with_the_same_draw), "wound back": ("new_mask", step_that_winds_back),
}  # fmt: skip
