"""Right answers to the elementwise exercises of `activations`, written differently from the reference."""

from __future__ import annotations

import math

import numpy as np

RIGHT: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- sigmoid


def sigmoid_by_masks(z):
    out = np.empty_like(z)
    positive = z >= 0
    out[positive] = 1 / (1 + np.exp(-z[positive]))
    e = np.exp(z[~positive])
    out[~positive] = e / (1 + e)
    return out


def sigmoid_slope_by_masks(z):
    return sigmoid_by_masks(z) * sigmoid_by_masks(-z)


def sigmoid_by_tanh(z):
    return 0.5 * (1 + np.tanh(z / 2))


def sigmoid_slope_by_tanh(z):
    return (1 - np.tanh(z / 2) ** 2) / 4


def sigmoid_by_abs(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_slope_by_abs(z):
    s = sigmoid_by_abs(z)
    return s - s**2


def sigmoid_by_loop(z):
    flat = []
    for x in z.ravel().tolist():
        flat.append(1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x)))
    return np.array(flat, dtype=z.dtype).reshape(z.shape)


def sigmoid_slope_by_loop(z):
    out = z.copy()
    for i in np.ndindex(z.shape):
        e = math.exp(-abs(z[i]))
        out[i] = e / (1 + e) ** 2
    return out


def sigmoid_clipped(z):
    return 1 / (1 + np.exp(-np.clip(z, -80, 80)))


def sigmoid_slope_clipped(z):
    s = sigmoid_clipped(z)
    return s * (1 - s)


RIGHT["sigmoid"] = {
    "masks": (sigmoid_by_masks, sigmoid_slope_by_masks), "tanh": (sigmoid_by_tanh, sigmoid_slope_by_tanh),
    "where": (sigmoid_by_abs, sigmoid_slope_by_abs), "loop": (sigmoid_by_loop, sigmoid_slope_by_loop),
    "clip": (sigmoid_clipped, sigmoid_slope_clipped),
}  # fmt: skip

# ---------------------------------------------------------------- relu, leaky_relu


def in_floats(z):
    return z if z.dtype.kind == "f" else z.astype(float)


def relu_by_mean(z):
    z = in_floats(z)
    return (z + np.abs(z)) / 2


def relu_slope_by_steps(z):
    z = in_floats(z)
    return np.heaviside(z, 0).astype(z.dtype)


def leaky_by_parts(z, alpha=0.01):
    z = in_floats(z)
    return np.maximum(0, z) + alpha * np.minimum(0, z)


def leaky_slope_by_parts(z, alpha=0.01):
    z = in_floats(z)
    return (z > 0).astype(z.dtype) + alpha * (z <= 0).astype(z.dtype)


def relu_by_loop(z):
    return leaky_by_loop(z, 0.0)


def relu_slope_by_loop(z):
    return leaky_slope_by_loop(z, alpha=0)


def leaky_by_loop(z, alpha=0.01):
    out = np.zeros(z.shape, dtype=z.dtype if z.dtype.kind == "f" else float)
    for i in np.ndindex(z.shape):
        out[i] = z[i] if z[i] > 0 else alpha * z[i]
    return out


def leaky_slope_by_loop(z, alpha=0.01):
    out = np.ones(z.shape, dtype=z.dtype if z.dtype.kind == "f" else float)
    for i in np.ndindex(z.shape):
        if not z[i] > 0:
            out[i] = alpha
    return out


def relu_by_where(z):
    return np.where(z > 0, z, 0.0)


def relu_slope_by_where(z):
    return np.where(z > 0, 1.0, 0.0).astype(relu_by_where(z).dtype)


def leaky_by_masks(z, alpha=0.01):
    out = in_floats(z).copy()
    out[z < 0] *= alpha
    return out


def leaky_slope_by_masks(z, alpha=0.01):
    out = np.full_like(in_floats(z), alpha)
    out[z > 0] = 1
    return out


RIGHT["relu"] = {
    "parts": (relu_by_mean, relu_slope_by_steps, leaky_by_parts, leaky_slope_by_parts),
    "loop": (relu_by_loop, relu_slope_by_loop, leaky_by_loop, leaky_slope_by_loop),
    "masks": (relu_by_where, relu_slope_by_where, leaky_by_masks, leaky_slope_by_masks),
}  # fmt: skip

# ---------------------------------------------------------------- elu


def elu_by_where(z, alpha=1.0):
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_slope_by_value(z, alpha=1.0):
    return np.where(z > 0, 1, elu_by_where(z, alpha) + alpha).astype(z.dtype)


def elu_by_masks(z, alpha=1.0):
    out = z.copy()
    out[z <= 0] = alpha * np.expm1(z[z <= 0])
    return out


def elu_slope_by_masks(z, alpha=1.0):
    out = np.ones_like(z)
    out[z <= 0] = alpha * np.exp(z[z <= 0])
    return out


def elu_by_loop(z, alpha=1.0):
    values = [x if x > 0 else alpha * math.expm1(x) for x in z.ravel().tolist()]
    return np.array(values, dtype=z.dtype).reshape(z.shape)


def elu_slope_by_loop(z, alpha=1.0):
    values = [1.0 if x > 0 else alpha * math.exp(x) for x in z.ravel().tolist()]
    return np.array(values, dtype=z.dtype).reshape(z.shape)


def elu_by_tanh(z, alpha=1.0):
    """e^z − 1 = 2 t / (1 − t), t = tanh(z/2): no digit is lost, and nothing overflows below 0."""
    t = np.tanh(np.clip(z, None, 0) / 2)
    return np.clip(z, 0, None) + alpha * 2 * t / (1 - t)


RIGHT["elu"] = {
    "where": (elu_by_where, elu_slope_by_value), "masks": (elu_by_masks, elu_slope_by_masks),
    "loop": (elu_by_loop, elu_slope_by_loop), "tanh": (elu_by_tanh, elu_slope_by_masks),
}  # fmt: skip

# ---------------------------------------------------------------- selu


def constants_by_midpoints():
    n = 400_000
    z = -12 + (np.arange(n) + 0.5) * 12 / n
    weight = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * 12 / n
    below1, below2 = np.sum(np.expm1(z) * weight), np.sum(np.expm1(z) ** 2 * weight)
    alpha = -1 / (np.sqrt(2 * np.pi) * below1)
    return alpha, 1 / np.sqrt(0.5 + alpha**2 * below2)


def constants_by_halving():
    """α by bisection of the mean, λ from the variance, with Simpson's rule."""
    z = np.linspace(-12, 0, 20_001)
    simpson = np.ones(z.size)
    simpson[1:-1:2], simpson[2:-1:2] = 4, 2
    weight = simpson * (z[1] - z[0]) / 3 * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    low, high = 1.0, 3.0
    for _ in range(60):
        alpha = (low + high) / 2
        if 1 / math.sqrt(2 * math.pi) + alpha * (weight @ (np.exp(z) - 1)) > 0:
            low = alpha
        else:
            high = alpha
    second = 0.5 + alpha**2 * (weight @ (np.exp(z) - 1) ** 2)
    return [alpha, float(second**-0.5)]


def constants_by_erf():
    def phi(x):
        return 0.5 * (1 + math.erf(x / math.sqrt(2)))

    e1 = math.exp(0.5) * phi(-1) - phi(0)
    e2 = math.exp(2) * phi(-2) - 2 * math.exp(0.5) * phi(-1) + phi(0)
    alpha = -1 / (e1 * math.sqrt(2 * math.pi))
    return np.array([alpha, (1 / 2 + alpha**2 * e2) ** -0.5])


def constants_published():
    return 1.67326324, 1.05070098


def selu_by_where(z):
    alpha, scale = (float(c) for c in constants_by_erf())
    return scale * np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))


def selu_by_masks(z):
    out = 1.0507009873554805 * z
    below = z < 0
    out[below] = 1.0507009873554805 * 1.6732632423543772 * np.expm1(z[below])
    return out


def selu_by_loop(z):
    alpha, scale = constants_by_halving()
    out = np.empty_like(z)
    for i in np.ndindex(z.shape):
        out[i] = scale * (z[i] if z[i] > 0 else alpha * math.expm1(z[i]))
    return out


RIGHT["selu"] = {
    "erf": (selu_by_where, constants_by_erf), "midpoints": (selu_by_masks, constants_by_midpoints),
    "halving": (selu_by_where, constants_by_halving), "published": (selu_by_masks, constants_published),
}  # fmt: skip
