"""Right answers to `regularization` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

from right_answers._regularization_trained import TRAINED, probabilities

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

RIGHT.update(TRAINED)
