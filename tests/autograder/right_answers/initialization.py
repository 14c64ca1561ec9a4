"""Right answers to `initialization` that are written differently from the reference."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from gradus.activations import ACTIVATIONS
from gradus.network import train_step

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- compute_fans


def fans_by_loop(shape):
    receptive = 1
    for n in shape[:-2]:
        receptive *= n
    return [receptive * shape[-2], receptive * shape[-1]]


def fans_by_total(shape):
    total = math.prod(shape)
    return total / shape[-1], total / shape[-2]


RIGHT["compute_fans"] = {"loop": (fans_by_loop,), "division": (fans_by_total,)}

# ---------------------------------------------------------------- glorot_normal, glorot_uniform


def glorot_normal_scaled(shape, rng):
    fan_in, fan_out = fans_by_loop(shape)
    fan_avg = 0.5 * (fan_in + fan_out)
    return rng.standard_normal(shape) / math.sqrt(fan_avg)


def glorot_normal_by_rows(shape, rng):
    W = np.empty(shape)
    for i in range(shape[0]):
        W[i] = rng.normal(scale=np.sqrt(2 / (shape[0] + shape[1])), size=shape[1])
    return W


def glorot_normal_by_columns(shape, rng):
    std = (1 / np.mean(shape)) ** 0.5
    return np.column_stack([std * rng.standard_normal(shape[0]) for _ in range(shape[1])])


def glorot_normal_by_box_muller(shape, rng):
    n = shape[0] * shape[1]
    z = np.sqrt(-2 * np.log(1 - rng.random(n))) * np.cos(2 * np.pi * rng.random(n))
    return np.sqrt(2 / sum(shape)) * z.reshape(shape)


RIGHT["glorot_normal"] = {
    "standard_normal": (glorot_normal_scaled,), "rows": (glorot_normal_by_rows,),
    "columns": (glorot_normal_by_columns,), "Box-Muller": (glorot_normal_by_box_muller,),
}  # fmt: skip


def glorot_uniform_from_random(shape, rng):
    r = math.sqrt(6 / sum(shape))
    return r * (2 * rng.random(shape) - 1)


def glorot_uniform_by_rows(shape, rng):
    r = np.sqrt(3 / np.mean(shape))
    return np.array([rng.uniform(-r, r, shape[1]) for _ in range(shape[0])])


def glorot_uniform_by_signs(shape, rng):
    r = (6 / (shape[0] + shape[1])) ** 0.5
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0, r, shape)


RIGHT["glorot_uniform"] = {
    "random": (glorot_uniform_from_random,), "rows": (glorot_uniform_by_rows,), "signs": (glorot_uniform_by_signs,),
}  # fmt: skip

# ---------------------------------------------------------------- he_normal


def he_normal_scaled(shape, rng, negative_slope=0.0):
    gain = math.sqrt(2 / (1 + negative_slope**2))
    return gain * rng.standard_normal(shape) / math.sqrt(shape[0])


def he_normal_halved_fan(shape, rng, negative_slope=0):
    fan_in = np.prod(shape[:-1])
    return rng.normal(0, 1, shape) / np.sqrt(fan_in / 2 * (1 + negative_slope * negative_slope))


def he_normal_by_rows(shape, rng, negative_slope=0.0):
    std = np.sqrt(2 / ((1 + negative_slope**2) * shape[0]))
    return np.vstack([rng.normal(0, std, (1, shape[1])) for _ in range(shape[0])])


RIGHT["he_normal"] = {
    "gain": (he_normal_scaled,), "half of fan_in": (he_normal_halved_fan,), "rows": (he_normal_by_rows,),
}  # fmt: skip

# ---------------------------------------------------------------- lecun_normal, variance_scaling

TRUNCATED_STD = 0.8796256610342398


def scaling_by_resampling(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    fan_in, fan_out = fans_by_loop(shape)
    if mode == "fan_in":
        n = fan_in
    elif mode == "fan_out":
        n = fan_out
    else:
        n = (fan_in + fan_out) / 2
    std = np.sqrt(scale / n)
    if dist == "normal":
        return rng.normal(0, std, shape)
    W = np.empty(math.prod(shape))
    for k in range(len(W)):  # one number after the other
        while True:
            W[k] = rng.standard_normal()
            if abs(W[k]) <= 2:
                break
    return W.reshape(shape) * std / TRUNCATED_STD


def scaling_by_enough_draws(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    fan_in, fan_out = fans_by_total(shape)
    n = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2, "fan_out": fan_out}[mode]
    std = (scale / n) ** 0.5
    if dist == "normal":
        return std * rng.standard_normal(shape)
    size = math.prod(shape)
    z = rng.standard_normal(2 * size)
    return (z[np.abs(z) < 2][:size] * std / TRUNCATED_STD).reshape(shape)


def scaling_by_inverse_cdf(shape, rng, scale=1.0, mode="fan_in", dist="normal"):
    """Truncation by the inverse of the distribution function, tabulated finely: nothing is drawn anew."""
    fan_in, fan_out = fans_by_loop(shape)
    std = math.sqrt(scale / (fan_in if mode == "fan_in" else fan_out if mode == "fan_out" else (fan_in + fan_out) / 2))
    if dist == "normal":
        return rng.normal(0.0, std, size=shape)
    z = np.linspace(-2, 2, 20_001)
    cdf = np.array([math.erf(x / math.sqrt(2)) for x in z])
    u = rng.uniform(cdf[0], cdf[-1], shape)
    return np.interp(u, cdf, z) * std / TRUNCATED_STD


RIGHT["lecun_normal"] = {
    "one number at a time": (lambda shape, rng: rng.normal(0, np.sqrt(1 / shape[0]), shape), scaling_by_resampling),
    "more than enough": (lambda shape, rng: scaling_by_enough_draws(shape, rng), scaling_by_enough_draws),
    "inverse cdf": (
        lambda shape, rng: rng.standard_normal(shape) * fans_by_loop(shape)[0] ** -0.5, scaling_by_inverse_cdf,
    ),
}  # fmt: skip

# ---------------------------------------------------------------- propagate


def propagate_weights_first(activation, init, depth, width, rng):
    """All weights before the input, the gradient drawn first of all, lists in place of arrays, tanh′ from z by hand."""
    g = rng.normal(size=(500, width))
    Ws = [init(shape=(width, width), rng=rng) for _ in range(depth)]
    f, f_derivative = ACTIVATIONS[activation]
    a, slopes, forward = rng.normal(0.0, 1.0, (500, width)), [], []
    for W in Ws:
        z = np.matmul(a, W)
        slopes.append(1 - np.tanh(z) ** 2 if activation == "tanh" else f_derivative(z))
        a = f(z)
        forward.append(np.std(a))
    backward = []
    for W, slope in zip(reversed(Ws), reversed(slopes), strict=True):
        g = np.dot(g * slope, np.transpose(W))
        backward.insert(0, np.std(g))
    return {"backward": backward, "forward": forward, "activation": activation}


def propagate_samples_as_columns(activation, init, depth, width, rng):
    f, f_derivative = ACTIVATIONS[activation]
    x = rng.standard_normal((width, 500))
    layers, forward = [], np.empty(depth)
    for l in range(depth):
        W = init((width, width), rng).T
        z = W @ x
        x = f(z)
        layers.append((W, z))
        forward[l] = np.sqrt(((x - x.mean()) ** 2).mean())
    delta = rng.standard_normal((width, 500))
    backward = np.empty(depth)
    for l in range(depth - 1, -1, -1):
        W, z = layers[l]
        delta = W.T @ (delta * f_derivative(z))
        backward[l] = delta.std()
    return {"forward": forward, "backward": backward}


RIGHT["propagate"] = {"weights first": (propagate_weights_first,), "columns": (propagate_samples_as_columns,)}

# ---------------------------------------------------------------- distinct_hidden_units


def trained(init, X, y, hidden, steps, lr, rng):
    D, C = X.shape[1], len(np.unique(y))
    W2 = init((hidden, C), rng)
    params = {"W1": init((D, hidden), rng), "b1": np.zeros(hidden), "W2": W2, "b2": np.zeros(C)}
    while steps:
        params = train_step(params, X, y, lr=lr)[0]
        steps -= 1
    return params["W1"]


def units_by_rounding(init, X, y, hidden, steps, lr, rng):
    W1 = trained(init, X, y, hidden, steps, lr, rng)
    return len({tuple(column) for column in np.round(W1.T, 8)})


def units_by_pairs(init, X, y, hidden, steps, lr, rng):
    W1 = trained(init, X, y, hidden, steps, lr, rng)
    found = []
    for j in range(hidden):
        if all(not np.allclose(W1[:, j], other, rtol=0, atol=1e-10) for other in found):
            found.append(W1[:, j])
    return float(len(found))


def units_by_unique(init, X, y, hidden, steps, lr, rng):
    return np.unique(trained(init, X, y, hidden, steps, lr, rng).round(9), axis=1).shape[1]


RIGHT["distinct_hidden_units"] = {
    "rounding": (units_by_rounding,), "pairs": (units_by_pairs,), "unique": (units_by_unique,),
}  # fmt: skip

# ---------------------------------------------------------------- debug_initialization


def layer_weights_by_units(sizes, rng):
    weights = []
    for fan_in, fan_out in pairwise(sizes):
        W = np.empty((fan_in, fan_out))
        for j in range(fan_out):
            W[:, j] = rng.normal(0.0, np.sqrt(2 / (fan_in + fan_out)), fan_in)
        weights.append(W)
    return weights


def layer_weights_by_layers(sizes, rng):
    return tuple(glorot_normal_scaled((sizes[l], sizes[l + 1]), rng) for l in range(len(sizes) - 1))


def layer_weights_by_spawned_generators(sizes, rng):
    shapes = list(pairwise(sizes))
    seeds = rng.integers(2**62, size=len(shapes))
    return [np.random.default_rng(s).normal(0, (2 / sum(n)) ** 0.5, n) for s, n in zip(seeds, shapes, strict=True)]


RIGHT["debug_initialization"] = {
    "units": ("symmetry", layer_weights_by_units), "layers": ("symmetry", layer_weights_by_layers),
    "a seed a layer": ("symmetry", layer_weights_by_spawned_generators),
}  # fmt: skip
