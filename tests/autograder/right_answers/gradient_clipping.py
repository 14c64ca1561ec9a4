"""Right answers to `gradient_clipping` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np
from gradus.recurrence import rnn_bptt

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- global_norm


def norm_by_sums(grads):
    return np.sqrt(sum(np.sum(g**2) for g in grads))


def norm_of_norms(grads):
    return np.linalg.norm([np.linalg.norm(g) for g in grads])


def norm_by_loops(grads):
    total = 0
    for g in grads:
        for v in g.flat:
            total += v * v
    return total**0.5


def norm_of_a_row(grads):
    entries = [np.zeros(1)] + [np.ravel(g) for g in grads]
    return float(np.sqrt(np.dot(np.concatenate(entries), np.concatenate(entries))))


def norm_by_hypot(grads):
    return math.hypot(*(v for g in grads for v in np.asarray(g).reshape(-1).tolist()))


RIGHT["global_norm"] = {
    "sums": (norm_by_sums,), "norm of norms": (norm_of_norms,), "loops": (norm_by_loops,), "a row": (norm_of_a_row,),
    "hypot": (norm_by_hypot,), "largest first": (lambda grads: largest_first(grads),),
}  # fmt: skip


def largest_first(grads):
    largest = max((float(np.max(np.abs(g))) for g in grads), default=0.0)
    if largest == 0:
        return 0.0
    return largest * math.sqrt(sum(float(((g / largest) ** 2).sum()) for g in grads))


# ---------------------------------------------------------------- clip_by_value


def value_by_masks(grads, c):
    clipped = []
    for g in grads:
        g = g.copy()
        g[g > c] = c
        g[g < -c] = -c
        clipped.append(g)
    return clipped


def value_by_where(grads, c):
    return tuple(np.where(np.abs(g) > c, np.sign(g) * g.dtype.type(c), g) for g in grads)


def value_by_loops(grads, c):
    clipped = [np.zeros_like(g) for g in grads]
    for g, new in zip(grads, clipped, strict=True):
        for i in np.ndindex(g.shape):
            new[i] = c if g[i] > c else -c if g[i] < -c else g[i]
    return clipped


RIGHT["clip_by_value"] = {
    "np.clip": (lambda grads, c: [np.clip(g, -c, c) for g in grads],), "masks": (value_by_masks,),
    "where": (value_by_where,), "loops": (value_by_loops,),
    "minimum and maximum": (lambda grads, c: [np.maximum(-c, np.minimum(c, g)) for g in grads],),
}  # fmt: skip

# ---------------------------------------------------------------- clip_by_global_norm


def clip_as_in_torch(grads, c):
    norm = largest_first(grads)
    factor = min(1.0, c / (norm + 1e-6))
    return [factor * g for g in grads], norm


def clip_by_hypot(grads, c):
    norm = norm_by_hypot(grads)
    if norm <= c:
        return grads, norm
    return [g / norm * c for g in grads], norm


def clip_of_a_row(grads, c):
    lengths = np.array([largest_first([g]) for g in grads])
    norm = float(lengths.max() and lengths.max() * np.linalg.norm(lengths / lengths.max()))
    clipped = []
    for g in grads:
        clipped.append((g * (c / norm)).astype(g.dtype) if norm > c else g.copy())
    return [clipped, np.float64(norm)]


def clip_by_rescaling(grads, c):
    """Entries are brought to the size of the threshold first, which leaves the direction alone."""
    largest = max(np.abs(g).max() for g in grads)
    norm = float(largest) * float(norm_by_sums([g / largest for g in grads])) if largest > 0 else 0.0
    if norm > c:
        small = [g / largest for g in grads]
        return tuple(g * float(c / norm_by_sums(small)) for g in small), norm
    return tuple(np.copy(g) for g in grads), norm


RIGHT["clip_by_global_norm"] = {
    "as in PyTorch": (clip_as_in_torch,), "hypot, short ones as they are": (clip_by_hypot,), "norms of norms": (clip_of_a_row,),
    "rescaling": (clip_by_rescaling,),
}  # fmt: skip

# ---------------------------------------------------------------- angle_between, clipping_angles


def angle_by_clip(a, b):
    u, v = (np.concatenate([g.ravel() for g in grads]) for grads in (a, b))
    return np.degrees(np.arccos(np.clip(u @ v / np.linalg.norm(u) / np.linalg.norm(v), -1, 1)))


def angle_by_loops(a, b):
    dot = aa = bb = 0.0
    for g, h in zip(a, b, strict=True):
        for x, y in zip(g.ravel().tolist(), h.ravel().tolist(), strict=True):
            dot, aa, bb = dot + x * y, aa + x * x, bb + y * y
    cos = dot / math.sqrt(aa * bb)
    cos = 1.0 if cos > 1 else -1.0 if cos < -1 else cos
    return 180 / math.pi * math.acos(cos)


def angle_by_halves(a, b):
    """Kahan's formula: exact near 0 and 180 degrees, where the cosine is not."""
    u, v = (np.hstack([g.flatten() for g in grads]) for grads in (a, b))
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return float(np.rad2deg(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))))


def angles_of(angle, by_value, by_norm):
    return lambda grads, c: (angle(grads, by_value(grads, c)), angle(grads, by_norm(grads, c)[0]))


RIGHT["angle_between"] = {
    "clip": (angle_by_clip, angles_of(angle_by_clip, value_by_masks, clip_as_in_torch)),
    "loops": (angle_by_loops, angles_of(angle_by_loops, value_by_loops, clip_by_hypot)),
    "halves": (angle_by_halves, lambda grads, c: [
        angle_by_halves(value_by_where(grads, c), grads), angle_by_halves(clip_by_rescaling(grads, c)[0], grads)]),
    "an array of two": (angle_by_clip, lambda grads, c: np.array([
        angle_by_clip(value_by_where(grads, c), grads), angle_by_clip(clip_of_a_row(grads, c)[0], grads)])),
}  # fmt: skip

# ---------------------------------------------------------------- train_rnn


def train_to_the_end(params, X, y, lr, steps, max_norm=None):
    """No thought of lost runs: NaN to the end."""
    losses, norms = [], []
    for _ in range(steps):
        loss, grads = rnn_bptt(params, X, y)
        norm = norm_by_sums(grads.values())
        if max_norm is not None and norm > max_norm:
            grads = {name: g * max_norm / norm for name, g in grads.items()}
        params = {name: p - lr * grads[name] for name, p in params.items()}
        losses.append(loss)
        norms.append(norm)
    return params, losses, norms


def train_with_lists(params, X, y, lr, steps, max_norm=None):
    params = {name: p.copy() for name, p in params.items()}
    losses, norms = np.zeros(steps), np.zeros(steps)
    for t in range(steps):
        losses[t], grads = rnn_bptt(params, X, y)
        names = list(grads)
        clipped, norms[t] = clip_as_in_torch([grads[n] for n in names], math.inf if max_norm is None else max_norm)
        for name, g in zip(names, clipped, strict=True):
            params[name] -= lr * g  # its own copies
        if not losses[t] < 1e4:
            return params, losses[: t + 1], norms[: t + 1]
    return params, losses, norms


def train_that_raises(params, X, y, lr, steps, max_norm=None):
    losses, norms = [], []
    while len(losses) < steps:
        loss, grads = rnn_bptt(params, X, y)
        if not np.isfinite(loss):
            raise OverflowError("the run is lost")
        clipped, norm = clip_by_hypot(list(grads.values()), max_norm or 1e300)
        losses += [loss]
        norms += [norm]
        params = dict(zip(params, [p - lr * g for p, g in zip(params.values(), clipped, strict=True)], strict=True))
    return [params, losses, norms]


RIGHT["train_rnn"] = {
    "to the end": (train_to_the_end,), "own copies": (train_with_lists,), "a lost run raises": (train_that_raises,),
}  # fmt: skip

# ---------------------------------------------------------------- debug_gradient_clipping


def step_by_names(params, X, y, lr, max_norm):
    loss, grads = rnn_bptt(params, X, y)
    norm = norm_by_sums(grads.values())
    if norm > max_norm:
        for name in grads:
            grads[name] = grads[name] * (max_norm / norm)
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


def step_in_the_arrays(params, X, y, lr, max_norm):
    loss, grads = rnn_bptt(params, X, y)
    norm = norm_by_hypot(grads.values())
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return {name: params[name] - lr * grads[name] for name in params}, loss, norm


def step_with_a_shorter_rate(params, X, y, lr, max_norm):
    loss, grads = rnn_bptt(params, X, y)
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    lr = lr * min(1, max_norm / norm)
    return [{name: params[name] - lr * grads[name] for name in params}, loss, norm]


RIGHT["debug_gradient_clipping"] = {
    "by names": ("no_effect", step_by_names), "in the arrays": ("no_effect", step_in_the_arrays),
    "a shorter rate": ("no_effect", step_with_a_shorter_rate),
}  # fmt: skip
