"""Right answers to `regularization` that are written differently from the reference."""

from __future__ import annotations

import copy
import itertools
import math

import numpy as np
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- l1_penalty, l1_grad, l2_penalty, l2_grad, penalized


def l1_by_loops(ws, lam):
    total = 0
    for w in ws:
        for v in w.flat:
            total += v if v > 0 else -v
    return lam * total


def l1_grad_by_masks(ws, lam):
    grads = []
    for w in ws:
        g = np.zeros_like(w)
        g[w > 0] = lam
        g[w < 0] = -lam
        grads.append(g)
    return grads


def l2_by_norms(ws, lam):
    return 0.5 * lam * sum(np.linalg.norm(w) ** 2 for w in ws)


def l2_by_a_row(ws, lam):
    row = np.concatenate([w.ravel() for w in ws]) if ws else np.zeros(0)
    return np.dot(row, row) * lam / 2


def penalized_by_names(loss, grads, params, lam1, lam2):
    new = {}
    for name in grads:
        new[name] = grads[name].copy()
        if name[0] == "W":
            w = params[name]
            new[name] += lam1 * np.sign(w) + lam2 * w
            loss = loss + lam1 * np.sum(np.abs(w)) + lam2 / 2 * np.sum(w**2)
    return loss, new


def penalized_without_biases(loss, grads, params, lam1, lam2):
    names = [name for name in params if not name.startswith("b")]
    ws = [params[name] for name in names]
    extra = [a + b for a, b in zip(l1_grad_by_masks(ws, lam1), [lam2 * w for w in ws], strict=True)]
    own = dict(zip(names, extra, strict=True))
    return [loss + l1_by_loops(ws, lam1) + l2_by_a_row(ws, lam2),
            {name: g + own.get(name, 0.0) for name, g in grads.items()}]  # fmt: skip


RIGHT["l1_penalty"] = {
    "loops": (l1_by_loops, l1_grad_by_masks, l2_by_norms, lambda ws, lam: tuple(lam * w for w in ws), penalized_by_names),
    "rows": (lambda ws, lam: float(lam * sum(np.abs(w).sum() for w in ws)),
             lambda ws, lam: [lam * ((w > 0).astype(w.dtype) - (w < 0).astype(w.dtype)) for w in ws],
             l2_by_a_row, lambda ws, lam: [w * lam for w in ws], penalized_without_biases),
}  # fmt: skip

# ---------------------------------------------------------------- soft_threshold, proximal_step


def soft_by_where(w, t):
    return np.where(w > t, w - t, np.where(w < -t, w + t, np.zeros_like(w)))


def soft_by_masks(w, t):
    new = w.copy()
    small = np.abs(w) <= t
    new[small] = 0
    new[~small] -= t * np.sign(w[~small])
    return new


def soft_by_two_halves(w, t):
    return np.maximum(w - t, 0) - np.maximum(-w - t, 0)


def soft_by_clip(w, t):
    return w - np.clip(w, -t, t)


def soft_by_loops(w, t):
    new = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        if w[i] > t:
            new[i] = w[i] - t
        elif w[i] < -t:
            new[i] = w[i] + t
    return new


def step_in_two_lines(w, g, lr, lam):
    moved = w - lr * g
    return np.sign(moved) * np.maximum(np.abs(moved) - lr * lam, 0)


RIGHT["soft_threshold"] = {
    "where": (soft_by_where, lambda w, g, lr, lam: soft_by_where(w - lr * g, lr * lam)),
    "masks": (soft_by_masks, step_in_two_lines),
    "two halves": (soft_by_two_halves, lambda w, g, lr, lam: soft_by_two_halves(w - lr * g, lam * lr)),
    "clip": (soft_by_clip, lambda w, g, lr, lam: soft_by_clip(w - g * lr, lr * lam)),
    "loops": (soft_by_loops, lambda w, g, lr, lam: soft_by_loops(w + -lr * g, lr * lam)),
}  # fmt: skip

# ---------------------------------------------------------------- dropout_forward, dropout_backward


def forward_by_where(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    if mask is None:
        mask = rng.uniform(size=x.shape) > rate
    factor = np.where(mask, 1 / (1 - rate), 0.0).astype(x.dtype)
    return np.where(mask, x / (1 - rate), 0).astype(x.dtype), factor


def forward_by_binomial(x, rate, rng, training, mask=None):
    keep = 1 - rate
    if training and mask is None:
        mask = rng.binomial(1, keep, x.shape)
    if not training:
        mask, keep = np.ones(x.shape), 1.0
    mask = np.asarray(mask, dtype=x.dtype) / keep
    return mask * x, mask


def forward_by_loops(x, rate, rng, training, mask=None):
    out, factors = np.empty_like(x), np.ones_like(x)
    for i in np.ndindex(x.shape):
        if training:
            kept = rng.random() >= rate if mask is None else bool(mask[i])
            factors[i] = 1 / (1 - rate) if kept else 0
        out[i] = x[i] * factors[i]
    return [out, factors]


def forward_by_choice(x, rate, rng, training, mask=None):
    if not training:
        return x.copy(), None
    kept = rng.choice([False, True], size=x.shape, p=[rate, 1 - rate]) if mask is None else mask
    factors = kept.astype(x.dtype)
    factors /= 1 - rate
    return x * factors, factors


RIGHT["dropout_forward"] = {
    "where": (forward_by_where, lambda dout, mask: dout * mask),
    "binomial": (forward_by_binomial, np.multiply),
    "loops": (forward_by_loops, lambda dout, mask: mask * dout),
    "no mask in evaluation": (forward_by_choice, lambda dout, mask: dout if mask is None else dout * mask),
}

# ---------------------------------------------------------------- alpha_dropout, alpha_dropout_constants

ALPHA_PRIME = -1.0507009873554805 * 1.6732632423543772


def constants_by_moments(rate):
    """From mean and variance after the replacement."""
    mean = rate * ALPHA_PRIME
    variance = (1 - rate) * 1 + rate * ALPHA_PRIME**2 - mean**2
    return 1 / np.sqrt(variance), -mean / np.sqrt(variance)


def constants_as_in_keras(rate):
    a = ((1 - rate) * (1 + rate * ALPHA_PRIME**2)) ** -0.5
    return [a, -a * ALPHA_PRIME * rate]


def alpha_by_where(x, rate, rng, training, mask=None):
    if not training:
        return x, np.ones_like(x)
    a, b = (float(c) for c in constants_by_moments(rate))
    if mask is None:
        mask = rng.random(x.shape) < 1 - rate
    return a * np.where(mask, x, x.dtype.type(ALPHA_PRIME)) + b, (a * mask).astype(x.dtype)


def alpha_by_assignment(x, rate, rng, training, mask=None):
    kept = np.ones(x.shape, dtype=bool)
    if not training:
        return x.copy(), kept.astype(x.dtype)
    kept = rng.random(x.shape) >= rate if mask is None else mask
    a, b = constants_as_in_keras(rate)
    out = x.copy()
    out[~kept] = ALPHA_PRIME
    out *= a
    out += b
    factors = np.zeros_like(x)
    factors[kept] = a
    return out, factors


RIGHT["alpha_dropout"] = {
    "where": (alpha_by_where, constants_by_moments), "assignment": (alpha_by_assignment, constants_as_in_keras),
}  # fmt: skip

# ---------------------------------------------------------------- mc_dropout_predict


def probabilities(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def predict_by_running_sums(net, X, T, rng):
    s = s2 = h = 0.0
    for _ in range(T):
        p = probabilities(net(X, rng))
        s, s2, h = s + p, s2 + p**2, h - np.sum(p * np.log(p + 1e-12), axis=1)
    mean = s / T
    entropy = -np.sum(mean * np.log(mean + 1e-12), axis=1)
    return mean, np.sqrt(np.maximum(s2 / T - mean**2, 0)), entropy, entropy - h / T


def predict_row_by_row(net, X, T, rng):
    def H(p):
        return -sum(v * math.log(v) for v in p if v > 0)

    rows = []
    for x in X:
        p = np.array([probabilities(net(x[None], rng))[0] for _ in range(T)])
        mean = p.mean(axis=0)
        rows.append((mean, p.std(axis=0), H(mean), H(mean) - sum(map(H, p)) / T))
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def predict_in_one_batch(net, X, T, rng):
    p = probabilities(net(np.concatenate([X] * T), rng)).reshape(T, len(X), -1)
    mean = p.mean(0)
    safe = np.clip(p, 1e-300, None)
    H = -(mean * np.log(np.clip(mean, 1e-300, None))).sum(1)
    disagreement = (p * (np.log(safe) - np.log(np.clip(mean, 1e-300, None)))).sum(2).mean(0)
    return [mean, p.std(0), H, disagreement]


RIGHT["mc_dropout_predict"] = {
    "running sums": (predict_by_running_sums,), "row by row": (predict_row_by_row,), "in one batch": (predict_in_one_batch,),
}  # fmt: skip

# ---------------------------------------------------------------- max_norm


def max_norm_by_loops(W, r):
    new = W.copy()
    for j in range(W.shape[1]):
        norm = np.linalg.norm(W[:, j])
        if norm > r:
            new[:, j] = W[:, j] / norm * r
    return new


def max_norm_as_in_keras(W, r):
    norms = np.sqrt(np.sum(np.square(W), axis=0, keepdims=True))
    return W * (np.clip(norms, 0, r) / (1e-7 + norms))


def max_norm_by_masks(W, r):
    norms = np.linalg.norm(W, axis=0)
    factors = np.ones_like(norms)
    long = norms > r
    factors[long] = r / norms[long]
    return W * factors


def max_norm_as_in_torch(W, r):
    norms = np.linalg.norm(W, axis=0, keepdims=True)
    return np.where(norms > r, W * (r / (norms + 1e-6)), W)


RIGHT["max_norm"] = {
    "loops": (max_norm_by_loops,), "as in Keras": (max_norm_as_in_keras,), "masks": (max_norm_by_masks,),
    "as in PyTorch": (max_norm_as_in_torch,),
    "larger of two": (lambda W, r: W * (r / np.maximum(np.linalg.norm(W, axis=0), r)).astype(W.dtype),),
    "transposed": (lambda W, r: np.array([w * float(min(1, r / max(np.linalg.norm(w), 1e-12))) for w in W.T]).astype(W.dtype).T,),
}  # fmt: skip

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


RIGHT["EarlyStopping"] = {
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


RIGHT["loss_record"] = {
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


RIGHT["debug_regularization"] = {
    "a mask": ("new_mask", step_with_a_mask), "by hand": ("new_mask", step_by_hand),
    "the same draw": ("new_mask", step_with_the_same_draw), "wound back": ("new_mask", step_that_winds_back),
}  # fmt: skip
