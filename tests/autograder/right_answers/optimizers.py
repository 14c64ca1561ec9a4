"""Right answers to `optimizers` that are written differently from the reference, with states of every kind."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum
from math import sqrt

import numpy as np

from right_answers._optimizers_experiments import EXPERIMENTS

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- gd_step


def gd_by_loops(w, g, state, *, lr):
    new = w.copy()
    for i in np.ndindex(w.shape):
        new[i] = w[i] - lr * g[i]
    return [new, None]


def gd_that_counts(w, g, state, *, lr):
    state["steps"] = state.get("steps", 0) + 1
    new = np.array(w)
    new += -lr * g
    return new, state


class GradientDescent:
    def __call__(self, w, g, state, lr):
        return np.subtract(w, np.multiply(lr, g)), state


RIGHT["gd_step"] = {
    "loops, a list, no state": (gd_by_loops,), "counts in the caller's dict": (gd_that_counts,),
    "an object": (GradientDescent(),), "a tuple as state": (lambda w, g, state, *, lr: (w + g * -lr, ()),),
}  # fmt: skip

# ---------------------------------------------------------------- momentum_step

Velocity = namedtuple("Velocity", "v steps")


@dataclass
class Memory:
    """A state with attributes, changed in place."""

    arrays: dict = field(default_factory=dict)
    t: int = 0


def momentum_with_dict(w, g, state, *, lr, beta=0.9):
    v = state.get("velocity", 0.0)
    v = beta * v - lr * g
    return w + v, {"velocity": v, "note": "as in the lecture", 1: None}


def momentum_with_tuple(w, g, state, lr, beta=0.9):
    (v,) = state or (np.zeros_like(w),)
    v = lr * g + beta * v  # downhill is minus
    return w - v, (v,)


def momentum_in_callers_dict(w, g, state, *, lr, beta=0.9):
    state.setdefault("m", np.zeros_like(w))
    state["m"] *= beta
    state["m"] -= lr * g
    return [w + state["m"], state]


def momentum_with_list(w, g, state, *, lr, beta=0.9):
    """The whole past: all gradients, each with the rate of its step."""
    past = [*(state or []), lr * g]
    m = np.zeros_like(w)
    for age, step in enumerate(reversed(past)):
        m -= beta**age * step
    return w + m, past


def momentum_with_namedtuple(w, g, state, *, lr, beta=0.9):
    if state == {}:
        state = Velocity(np.zeros(w.shape, w.dtype), 0)
    v = beta * state.v - lr * g
    return w + v, Velocity(v, state.steps + 1)


def momentum_with_object(w, g, state, *, lr, beta=0.9):
    state = state or Memory()
    state.t += 1
    state.arrays["m"] = beta * state.arrays.get("m", 0) - lr * g
    return w + state.arrays["m"], state


def momentum_with_array(w, g, state, *, lr, beta=0.9):
    m = np.zeros_like(w) if isinstance(state, dict) else state
    m = np.stack([beta * m, -lr * g]).sum(axis=0)
    return w + m, m


def momentum_with_a_function(w, g, state, *, lr, beta=0.9):
    last = state() if callable(state) else np.zeros_like(w)
    m = beta * last - lr * g
    return w + m, lambda: m


class Named(dict):
    """A dict whose entries are attributes."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


def momentum_with_two_names(w, g, state, *, lr, beta=0.9):
    """A dict of a class of her own, and one array under two names."""
    if not isinstance(state, Named):
        m = np.zeros_like(w)
        state = Named(m=m, also=[m])
    state.also[0] *= beta
    state.also[0] -= lr * g
    return w + state.m, state


RIGHT["momentum_step"] = {
    "a dict with other keys": (momentum_with_dict,), "a tuple": (momentum_with_tuple,),
    "the caller's dict, in place": (momentum_in_callers_dict,), "a list of all the past": (momentum_with_list,),
    "a named tuple": (momentum_with_namedtuple,), "an object": (momentum_with_object,), "an array": (momentum_with_array,),
    "a function": (momentum_with_a_function,), "a class of dicts": (momentum_with_two_names,),
}  # fmt: skip

# ---------------------------------------------------------------- nesterov_step


def nesterov_with_tuple(w, grad_fn, state, *, lr, beta=0.9):
    m = state[0] if state else 0 * w
    look = w + beta * m
    new = look - lr * grad_fn(look)
    return new, (new - w,)


def nesterov_with_object(w, grad_fn, state, lr, beta=0.9):
    if not isinstance(state, Memory):
        state = Memory({"v": np.zeros_like(w)})
    v = state.arrays["v"]
    ahead = w.copy()
    ahead += beta * v
    v *= beta
    v -= lr * np.asarray(grad_fn(ahead))
    return w + v, state


def nesterov_downhill(w, grad_fn, state, *, lr, beta=0.9):
    v = state.get(0, np.zeros_like(w))
    v = beta * v + lr * grad_fn(w - beta * v)
    return [w - v, {0: v}]


RIGHT["nesterov_step"] = {
    "the step is the momentum": (nesterov_with_tuple,), "an object": (nesterov_with_object,),
    "minus the velocity": (nesterov_downhill,),
}  # fmt: skip

# ---------------------------------------------------------------- adagrad_step, rmsprop_step


def adagrad_by_roots(w, g, state, *, lr, eps=1e-10):
    """Keeps the root, as a length that grows at a right angle."""
    r = np.hypot(state["r"], g) if state else np.abs(g)
    return w - lr * (g / (r + eps)), {"r": r}


def rmsprop_by_differences(w, g, state, *, lr, rho=0.9, eps=1e-8):
    s = state["mean"] if state else np.zeros_like(w)
    s = s + (1 - rho) * (np.square(g) - s)
    return w - lr * g / (s**0.5 + eps), {"mean": s}


def adagrad_of_all(w, g, state, *, lr, eps=1e-10):
    past = [*(state or []), g]
    s = sum(np.power(x, 2) for x in past)
    return w - np.divide(lr, np.sqrt(s) + eps) * g, past


def rmsprop_in_place(w, g, state, *, lr, rho=0.9, eps=1e-8):
    if "s" not in state:
        state["s"] = np.zeros_like(w)
    state["s"] *= rho
    state["s"] += (1 - rho) * g**2
    denominator = np.sqrt(state["s"])
    denominator += eps
    return w - lr * g / denominator, state


def entrywise(update):
    """A step whose state is a dict from index to number."""

    def step(w, g, state, *, lr, rho=0.9, eps=1e-9, **unused):
        new, kept = w.copy(), {}
        for k, i in enumerate(np.ndindex(w.shape)):
            kept[k] = update(float(state.get(k, 0.0)), float(g[i]), rho)
            new[i] = w[i] - lr * float(g[i]) / (sqrt(kept[k]) + eps)
        return new, kept

    return step


def adagrad_by_loops(w, g, state, *, lr, eps=1e-10):
    return entrywise(lambda s, x, rho: s + x * x)(w, g, state, lr=lr, eps=eps)


def rmsprop_by_loops(w, g, state, *, lr, rho=0.9, eps=1e-8):
    return entrywise(lambda s, x, rho: rho * s + (1 - rho) * x * x)(w, g, state, lr=lr, rho=rho, eps=eps)


RIGHT["adagrad_step"] = {
    "roots and differences": (adagrad_by_roots, rmsprop_by_differences),
    "all the past, in place": (adagrad_of_all, rmsprop_in_place),
    "loops": (adagrad_by_loops, rmsprop_by_loops),
}  # fmt: skip

# ---------------------------------------------------------------- adam_step


def adam_with_negative_m(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """The mean of the descents is added."""
    m, s, t = state or (np.zeros_like(w), np.zeros_like(w), 0)
    t += 1
    m = beta1 * m - (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g * g
    return w + lr * (m / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + eps), (m, s, t)


def adam_with_products(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """The powers are kept, not t, and ε is scaled in place of s."""
    p1, p2 = beta1 * state.get("p1", 1.0), beta2 * state.get("p2", 1.0)
    m = state.get("m", 0.0) * beta1 + g * (1 - beta1)
    s = state.get("s", 0.0) * beta2 + g * g * (1 - beta2)
    c = sqrt(1 - p2)
    return w - lr * c / (1 - p1) * m / (np.sqrt(s) + eps * c), {"m": m, "s": s, "p1": p1, "p2": p2}


def adam_with_corrected_means(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Keeps the corrected means, whose weights are those of an average over t steps."""
    t = state["t"] + 1 if state else 1
    a, b = (1 - beta1) / (1 - beta1**t), (1 - beta2) / (1 - beta2**t)
    m = (1 - a) * state["m"] + a * g if state else g.copy()
    s = (1 - b) * state["s"] + b * g**2 if state else g**2
    return [w - lr * m / (np.sqrt(s) + eps), {"t": t, "m": m, "s": s}]


class AdamState:
    def __init__(self, w):
        self.mean, self.square, self._t = np.zeros_like(w), np.zeros_like(w), 0

    @property
    def t(self):
        return self._t

    def update(self, g, beta1, beta2):
        self._t += 1
        self.mean += (1 - beta1) * (g - self.mean)
        self.square += (1 - beta2) * (g * g - self.square)
        return self.mean / (1 - beta1**self.t), self.square / (1 - beta2**self.t)


def adam_with_object(w, g, state, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    state = state or AdamState(w)
    mean, square = state.update(g, beta1, beta2)
    return w - lr * mean / (square**0.5 + eps), state


class Key(Enum):
    MEAN, SQUARE, T = "m", "s", "t"


def adam_with_odd_keys(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """Keys that are no texts, numbers that NumPy made; cast back at the end."""
    t = state.get(Key.T, np.int64(0)) + np.int64(1)
    m = beta1 * state.get(Key.MEAN, np.float64(0)) + (1 - beta1) * g
    s = beta2 * state.get(Key.SQUARE, np.float64(0)) + (1 - beta2) * g**2
    new = w - lr * (m / (1 - np.power(beta1, t))) / (np.sqrt(s / (1 - np.power(beta2, t))) + eps)
    return new.astype(w.dtype), {Key.T: t, Key.MEAN: m, Key.SQUARE: s}


def adam_in_double(w, g, state, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    """The state is kept in float64, whatever w is; the new w is cast. t is a NumPy number."""
    g64 = np.asarray(g, dtype=np.float64)
    m, s, t = state["all"] if state else [np.zeros(w.shape), np.zeros(w.shape), np.int32(0)]
    t = t + 1
    m, s = beta1 * m + (1 - beta1) * g64, beta2 * s + (1 - beta2) * g64**2
    step = lr * m / (1 - beta1**t) / (np.sqrt(s / (1 - beta2**t)) + eps)
    return (w - step).astype(w.dtype), {"all": [m, s, t]}


RIGHT["adam_step"] = {
    "minus m": (adam_with_negative_m,), "powers kept": (adam_with_products,),
    "means kept corrected": (adam_with_corrected_means,),
    "an object in place": (adam_with_object,), "odd keys": (adam_with_odd_keys,), "float64 inside": (adam_in_double,),
}  # fmt: skip

# ---------------------------------------------------------------- adamax_step, nadam_step


def adamax_as_in_torch(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    m, u, t = state or (0 * w, 0 * w, 0)
    m = beta1 * m + (1 - beta1) * g
    u = np.maximum(beta2 * u, np.abs(g) + eps)
    return w - lr / (1 - beta1 ** (t + 1)) * m / u, (m, u, t + 1)


def adamax_with_where(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", np.zeros_like(w)) + (1 - beta1) * g
    faded = beta2 * state.get("u", np.zeros_like(w))
    u = np.where(faded > np.abs(g), faded, np.abs(g))
    step = np.zeros_like(w)
    np.divide(m, u, out=step, where=u > 0)
    return w - lr * step / (1 - beta1**t), {"t": t, "m": m, "u": u}


def nadam_by_parts(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    s = beta2 * state.get("s", 0.0) + (1 - beta2) * g * g
    ahead = beta1 / (1 - beta1 ** (t + 1)) * m
    now = (1 - beta1) / (1 - beta1**t) * g
    return w - lr * (ahead + now) / (np.sqrt(s / (1 - beta2**t)) + eps), {"t": t, "m": m, "s": s}


def nadam_with_products(w, g, state, *, lr=0.002, beta1=0.9, beta2=0.999, eps=1e-8):
    memory = state or Memory({"m": np.zeros_like(w), "s": np.zeros_like(w)})
    memory.t += 1
    p, a = beta1**memory.t, memory.arrays
    a["m"] = beta1 * a["m"] + (1 - beta1) * g
    a["s"] = beta2 * a["s"] + (1 - beta2) * g**2
    m_hat = beta1 * a["m"] / (1 - p * beta1) + (1 - beta1) * g / (1 - p)
    root = np.sqrt(a["s"]) / sqrt(1 - beta2**memory.t)
    return [w - lr * m_hat / (root + eps), memory]


RIGHT["adamax_step"] = {
    "as in PyTorch, in parts": (adamax_as_in_torch, nadam_by_parts), "where, an object": (adamax_with_where, nadam_with_products),
}  # fmt: skip


RIGHT.update(EXPERIMENTS)
