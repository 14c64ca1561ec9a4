"""Right answers to `schedules` that are written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- power, exponential


def power_of_arrays(t, lr0, s, c=1.0):
    t = np.array(t, dtype=float)
    return lr0 * (1 + t / s) ** (-c)


def exponential_of_arrays(t, lr0, s):
    return lr0 * np.exp(-np.log(10) * np.asarray(t) / s)


def power_by_loops(t, lr0, s, c=1):
    if not hasattr(t, "__len__"):
        return lr0 / math.pow((s + t) / s, c)
    rates = []
    for step in t:
        rates.append(power_by_loops(float(step), lr0, s, c))
    return rates


def exponential_by_loops(t, lr0, s):
    gamma = 0.1 ** (1 / s)  # as in PyTorch: one factor for every step
    if isinstance(t, np.ndarray):
        return np.array([exponential_by_loops(int(step), lr0, s) for step in t])
    lr = lr0
    for _ in range(t):
        lr *= gamma
    return lr


RIGHT["power"] = {
    "as written": (lambda t, lr0, s, c=1.0: lr0 / (1 + t / s) ** c, lambda t, lr0, s: lr0 * 0.1 ** (t / s)),
    "arrays, exp and log": (power_of_arrays, exponential_of_arrays),
    "loops, a factor for every step": (power_by_loops, exponential_by_loops),
    "np.power": (lambda t, lr0, s, c=1.0: np.float64(lr0) / np.power(1 + np.divide(t, s), c),
                 lambda t, lr0, s: lr0 / np.power(10.0, np.divide(t, s))),
}  # fmt: skip

# ---------------------------------------------------------------- piecewise


def piecewise_by_loops(t, boundaries, values):
    if len(boundaries) + 1 != len(values):
        raise ValueError("values must be one more than boundaries")
    if isinstance(t, np.ndarray):
        return np.array([piecewise_by_loops(step, boundaries, values) for step in t])
    for boundary, value in zip(boundaries, values, strict=False):
        if t < boundary:
            return value
    return values[-1]


class NotOneMore(ValueError):
    """An exception of one's own."""


def piecewise_by_counting(t, boundaries, values):
    if len(values) - len(boundaries) != 1:
        raise NotOneMore
    passed = sum(np.asarray(t) >= b for b in boundaries)
    return np.take(values, passed)


def piecewise_by_overwriting(t, boundaries, values):
    if len(values) != len(boundaries) + 1:
        raise ValueError
    rates = np.full(np.shape(t), values[0], dtype=float)
    for b, v in zip(boundaries, values[1:], strict=True):
        rates = np.where(np.asarray(t) >= b, v, rates)
    return rates


def piecewise_by_digitize(t, boundaries, values):
    if not len(values) == len(boundaries) + 1:
        raise ValueError("lengths")
    return np.array(values)[np.digitize(t, boundaries)]


def piecewise_by_select(t, boundaries, values):
    if len(values) != len(boundaries) + 1:
        raise ValueError("lengths")
    t = np.asarray(t)
    found = np.select([t < b for b in boundaries], values[:-1], default=values[-1])
    return found.item() if found.ndim == 0 else found.tolist()


RIGHT["piecewise"] = {
    "loops": (piecewise_by_loops,), "counting": (piecewise_by_counting,), "overwriting": (piecewise_by_overwriting,),
    "digitize": (piecewise_by_digitize,), "select": (piecewise_by_select,),
}  # fmt: skip

# ---------------------------------------------------------------- PerformanceSchedule


class ByShares:
    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.lr = lr0
        self.factor, self.patience, self.min_delta = factor, patience, min_delta
        self.best = float("inf")
        self.wait = 0

    def step(self, val_loss):
        if val_loss < self.best * (1 - self.min_delta):
            self.best = val_loss
            self.wait = 0
            return self.lr
        self.wait += 1
        if self.wait == self.patience + 1:
            self.lr *= self.factor
            self.wait = 0
        return self.lr


class ByHistory:
    """Goes through all losses anew each time; the rate is a property."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.settings = lr0, factor, patience, min_delta
        self.losses = []

    @property
    def lr(self):
        lr, factor, patience, min_delta = self.settings
        best, bad = None, 0
        for loss in self.losses:
            if best is None or best - loss > min_delta * best:
                best, bad = loss, 0
            else:
                bad += 1
            if bad > patience:
                lr, bad = lr * factor, 0
        return np.float64(lr)

    def step(self, val_loss):
        self.losses.append(val_loss)
        return self.lr


class Counted:
    """Counts reductions and the epochs left; no attribute of its own is called best."""

    def __init__(self, lr0, factor=0.1, patience=10, min_delta=1e-4):
        self.__dict__.update(locals())
        self.left, self.cuts, self.goal = patience, 0, math.inf

    def step(self, val_loss):
        if val_loss < self.goal:
            self.goal = (1 - self.min_delta) * val_loss
            self.left = self.patience
        elif self.left > 0:
            self.left -= 1
        else:
            self.cuts, self.left = self.cuts + 1, self.patience
        return np.array(self.lr0 * self.factor**self.cuts)

    def lr(self):
        return self.lr0 * self.factor**self.cuts


def closure(lr0, factor=0.1, patience=10, min_delta=1e-4):
    """No class statement at all."""

    class Box:
        lr = lr0

    box, best, bad = Box(), None, 0

    def step(val_loss):
        nonlocal best, bad
        if best is None or val_loss < best - min_delta * abs(best):
            best, bad = val_loss, 0
        else:
            bad += 1
            if bad > patience:
                box.lr, bad = box.lr * factor, 0
        return box.lr

    box.step = step
    return box


RIGHT["PerformanceSchedule"] = {
    "by shares": (ByShares,), "by history": (ByHistory,), "counted": (Counted,), "closure": (closure,),
}  # fmt: skip

# ---------------------------------------------------------------- one_cycle, one_cycle_momentum


def line(t, t0, t1, y0, y1):
    return y0 + (y1 - y0) * (t - t0) / (t1 - t0)


def cycle_by_ifs(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    if isinstance(t, np.ndarray):
        return np.array([cycle_by_ifs(step, T, lr_max, lr0, lr_last, last_frac) for step in t])
    if lr0 is None:
        lr0 = lr_max / 10
    if lr_last is None:
        lr_last = lr0 / 1000
    f = (1 - last_frac) / 2
    if t < f * T - 1:
        return line(t, 0, f * T - 1, lr0, lr_max)
    if t < 2 * f * T - 2:
        return line(t, f * T - 1, 2 * f * T - 2, lr_max, lr0)
    if t < T - 1:
        return line(t, 2 * f * T - 2, T - 1, lr0, lr_last)
    return lr_last


def momentum_by_ifs(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    if np.ndim(t) > 0:
        return [momentum_by_ifs(step, T, beta_max, beta_min, last_frac) for step in t]
    peak = (1 - last_frac) / 2 * T - 1
    if t <= peak:
        return beta_max - (beta_max - beta_min) * t / peak
    return min(beta_max, beta_min + (beta_max - beta_min) * (t - peak) / peak)


def cycle_by_where(t, T, lr_max, lr0=None, lr_last=None, last_frac=0.1):
    lr0 = lr0 or lr_max / 10
    lr_last = lr_last or lr0 / 1000
    t = np.minimum(t, T - 1)
    peak = T * (1 - last_frac) / 2 - 1
    hill = lr_max - (lr_max - lr0) * np.abs(t - peak) / peak
    return np.where(t <= 2 * peak, hill, line(t, 2 * peak, T - 1, lr0, lr_last))


def momentum_by_triangle(t, T, beta_max=0.95, beta_min=0.85, last_frac=0.1):
    peak = T * (1 - last_frac) / 2 - 1
    height = np.clip(1 - abs(t - peak) / peak, 0, None)
    return beta_max - (beta_max - beta_min) * height


RIGHT["one_cycle"] = {
    "ifs": (cycle_by_ifs, momentum_by_ifs), "where and a triangle": (cycle_by_where, momentum_by_triangle),
}  # fmt: skip

# ---------------------------------------------------------------- noisy_descent, tuned_losses


def descend_one_by_one(lrs, h, sigma, w0, rng, runs=200):
    total = 0.0
    for _ in range(runs):
        w = w0.copy()
        for lr in lrs:
            noise = rng.normal(0, sigma, len(w)) if sigma > 0 else 0.0
            w -= lr * (w * h + noise)
        total += 0.5 * (w * h) @ w
    return total / runs


def tune_one_by_one(rates, s, h, sigma, w0, steps, rng, runs=200):
    best = [math.inf, math.inf]
    for rate in rates:
        for i, lrs in enumerate([[rate] * steps, [rate / (1 + t / s) for t in range(steps)]]):
            best[i] = min(best[i], descend_in_columns(lrs, h, sigma, w0, rng, runs))
    return best


def descend_in_columns(lrs, h, sigma, w0, rng, runs=200):
    w = np.repeat(np.array(w0)[:, None], runs, axis=1)
    for lr in lrs:
        g = h[:, None] * w + rng.normal(0, sigma, w.shape)
        w = w - lr * g
    return np.einsum("d,dr,dr->r", h / 2, w, w).mean()


def tune_by_dicts(rates, s, h, sigma, w0, steps, rng, runs=200):
    t = np.arange(steps)
    constant = {r: descend_in_columns(r * np.ones(steps), h, sigma, w0, rng, runs) for r in rates}
    decayed = {r: descend_in_columns(r / (1 + t / s), h, sigma, w0, rng, runs) for r in rates}
    return np.array([min(constant.values()), min(decayed.values())])


RIGHT["noisy_descent"] = {
    "one by one": (descend_one_by_one, tune_one_by_one), "columns, dicts": (descend_in_columns, tune_by_dicts),
}  # fmt: skip

# ---------------------------------------------------------------- debug_schedules


def train_from_the_start(X, y, lr0, s, steps):
    w, losses = np.zeros(X.shape[1]), []
    for t in range(steps):
        error = X @ w - y
        losses.append(np.mean(error**2) / 2)
        lr = lr0 * 0.1 ** (t / s)
        w = w - lr * X.T @ error / len(X)
    return w, losses


def train_with_one_factor(X, y, lr0, s, steps):
    """The rate of the step before times one factor that is always the same."""
    w, lr, gamma = np.zeros(X.shape[1]), lr0, 0.1 ** (1 / s)
    losses = np.zeros(steps)
    for t in range(steps):
        error = X.dot(w) - y
        losses[t] = 0.5 * error @ error / len(y)
        w -= lr * (error @ X) / len(y)
        lr *= gamma
    return [w, losses]


RIGHT["debug_schedules"] = {
    "from the start": ("compounded", train_from_the_start), "one factor": ("compounded", train_with_one_factor),
}  # fmt: skip
