"""A recurrent network by hand: forward over a sequence, and backpropagation through time, on arrays."""

from __future__ import annotations

import numpy as np

from .arguments import as_float_array, describe, fail, fail_type, require_ndim, require_shape

__all__ = ["rnn_bptt"]

Array = np.ndarray


def rnn_bptt(params: dict[str, Array], X: Array, y: Array) -> tuple[float, dict[str, Array]]:
    """Loss and gradients of a tanh network that reads a sequence and answers at its end (Werbos 1990).

        h_0 = 0
        h_t = tanh(x_t Wx + h_{t−1} Wh + b)                  t = 1 … T
        out = h_T Wy + by
        loss = mean over all entries of (out − y)²

    Going back, the gradient is multiplied by Whᵀ and by 1 − h² once a step:

        dout = 2 (out − y) / (number of entries)
        dh_T = dout Wyᵀ
        dz_t = dh_t (1 − h_t²),   dh_{t−1} = dz_t Whᵀ
        dWx = Σ_t x_tᵀ dz_t,   dWh = Σ_t h_{t−1}ᵀ dz_t,   db = Σ_t Σ_n dz_t

    so that it shrinks or grows by a factor a step, and over a long sequence vanishes or explodes (Pascanu et al. 2013).

    Args:
        params: {"Wx": (D, H), "Wh": (H, H), "b": (H,), "Wy": (H, K), "by": (K,)}; not changed.
        X: (N, T, D), sequences of T ≥ 1 steps.
        y: (N, K), what the network shall answer.

    Returns:
        loss as a Python float, and the gradients by the names of the parameters.

    Raises:
        TypeError: params is not a dict, or an array does not hold real numbers.
        ValueError: a parameter is missing or too many, shapes do not fit, or there is nothing to learn from.
    """
    if not isinstance(params, dict):
        fail_type(f"params must be a dict of arrays, got {describe(params)}")
    if set(params) != {"Wx", "Wh", "b", "Wy", "by"}:
        fail(f"params must have the keys Wx, Wh, b, Wy, by, got {', '.join(map(str, params)) or 'none'}")
    arrays = {name: as_float_array(**{f"params[{name!r}]": params[name]}) for name in params}
    Wx, Wh, b, Wy, by = (arrays[name] for name in ("Wx", "Wh", "b", "Wy", "by"))
    X, y = as_float_array(X=X, y=y)
    require_ndim(X=(X, 3), **{"params['Wx']": (Wx, 2), "params['Wy']": (Wy, 2)})
    (N, T, D), H, K = X.shape, Wx.shape[1], Wy.shape[1]
    if X.size == 0:
        fail(f"X must hold at least one sequence of one step, got shape {X.shape}")
    shapes = {"Wx": (D, H), "Wh": (H, H), "b": (H,), "Wy": (H, K), "by": (K,)}
    require_shape(y=(y, (N, K)), **{f"params[{name!r}]": (arrays[name], shapes[name]) for name in shapes})

    h = [np.zeros((N, H), Wh.dtype)]
    for t in range(T):
        h.append(np.tanh(X[:, t] @ Wx + h[-1] @ Wh + b))
    difference = h[-1] @ Wy + by - y

    dout = difference * (2 / difference.size)
    grads = {"Wy": h[-1].T @ dout, "by": dout.sum(axis=0)}
    grads |= {name: np.zeros_like(arrays[name]) for name in ("Wx", "Wh", "b")}
    dh = dout @ Wy.T
    for t in range(T, 0, -1):
        dz = dh * (1 - h[t] * h[t])
        grads["Wx"] += X[:, t - 1].T @ dz
        grads["Wh"] += h[t - 1].T @ dz
        grads["b"] += dz.sum(axis=0)
        dh = dz @ Wh.T
    return float(np.mean(difference * difference)), {name: grads[name] for name in params}
