"""Adam and AdamW: one step each, on arrays, and the same without copies for large networks.

    NAME_step(w, g, state, *, lr, …) -> (w_new, state_new)

The state is {} before the first step and then what the last step returned. The functions are their in-place forms
applied to copies.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from .arguments import as_like_first, as_state, require_choice, require_in_range

__all__ = ["adam_step", "adamw_step"]

Array = np.ndarray
State = dict[str, Any]

BLOCK = 65_536  # entries that pass through all operations of a step together, so that they stay in the cache


def adam_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    eps_mode: str = "paper",
) -> tuple[Array, State]:
    """One step of Adam (Kingma & Ba 2015, algorithm 1).

        t ← t + 1
        m ← β1 m + (1 − β1) g
        s ← β2 s + (1 − β2) g²
        m̂ = m / (1 − β1ᵗ)
        ŝ = s / (1 − β2ᵗ)
        w ← w − η m̂ / (√ŝ + ε)                              eps_mode "paper"
        w ← w − η m̂ / √(ŝ + ε)                              eps_mode "inside"
        w ← w − η √(1 − β2ᵗ)/(1 − β1ᵗ) · m / (√s + ε)       eps_mode "hat"

    The first step has length η in every coordinate, whatever the size of the gradient.

    Libraries differ in ε: PyTorch has the paper's form and 1e-8; Keras the form "hat", which the paper mentions after its
    algorithm, and 1e-7. "inside" is found in print. They differ where gradients are as small as ε, or √ε for "inside".

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε > 0.
        eps_mode: "paper", "inside" or "hat": where ε stands.

    Returns:
        The new parameters, and the new state {"m": array like w, "s": array like w, "t": steps so far}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g or the state is not shaped like w, a number is out of its range, or eps_mode is unknown.
    """
    return adamw_step(w, g, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=0.0, eps_mode=eps_mode)


def adamw_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
    eps_mode: str = "paper",
) -> tuple[Array, State]:
    """One step of AdamW, Adam with decoupled weight decay (Loshchilov & Hutter 2019).

        w ← w − η λ w

    and from there a step of adam_step, with g as it is. A penalty (λ/2)‖w‖² in the loss would add λ w to g, and Adam
    would divide it by √ŝ with the rest: weights with large gradients would decay less. Here all decay alike.

    Libraries differ: PyTorch has λ = 0.01, Keras λ = 0.004; both scale it by η, as here. The paper scales it by the
    schedule only, so that λ there is η λ here.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape, without weight decay.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε > 0.
        weight_decay: λ >= 0.
        eps_mode: "paper", "inside" or "hat": where ε stands, as in adam_step.

    Returns:
        The new parameters, and the new state {"m": array like w, "s": array like w, "t": steps so far}.

    Raises:
        TypeError, ValueError: as adam_step.
    """
    w, g = as_like_first(w=w, g=g)
    require_in_range(lr=(lr, 0, inf), eps=(eps, 0, inf), low_open=True)
    require_in_range(beta1=(beta1, 0, 1), beta2=(beta2, 0, 1), weight_decay=(weight_decay, 0, inf))
    require_choice(eps_mode=(eps_mode, ("paper", "inside", "hat")))
    m, s, t = as_state(w, state, "m", "s", t=0)
    shape, w, state = w.shape, w.flatten(), {"m": m.flatten(), "s": s.flatten(), "t": t}
    numbers = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
    # a NumPy number would turn float32 arrays to float64
    adam_in_place(w, g.reshape(-1), state, eps_mode=eps_mode, **{name: float(x) for name, x in numbers.items()})
    return w.reshape(shape), {"m": state["m"].reshape(shape), "s": state["s"].reshape(shape), "t": state["t"]}


def adam_in_place(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    eps_mode: str,
    weight_decay: float = 0.0,
) -> None:
    """The formula of adamw_step, written into the vectors w (P,), state["m"], state["s"], block by block.

    Both bias corrections are moved into numbers, which saves two passes over the arrays. With c1 = 1 − β1ᵗ, c2 = 1 − β2ᵗ:

        η m̂ / (√ŝ + ε) = η √c2/c1 · m / (√s + ε √c2)
        η m̂ / √(ŝ + ε) = η √c2/c1 · m / √(s + ε c2)
    """
    state["t"] += 1
    c1 = 1 - beta1 ** state["t"]
    c2 = 1 - beta2 ** state["t"]
    x = np.empty_like(w[:BLOCK])
    vectors = w, g, state["m"], state["s"]

    for start in range(0, w.size, BLOCK):
        w, g, m, s = (vector[start : start + BLOCK] for vector in vectors)
        x = x[: w.size]  # the last block may be shorter
        if weight_decay:
            w *= 1 - lr * weight_decay

        m *= beta1
        m += np.multiply(g, 1 - beta1, out=x)

        s *= beta2
        np.multiply(g, g, out=x)
        x *= 1 - beta2
        s += x

        if eps_mode == "inside":
            np.add(s, eps * c2, out=x)
            np.sqrt(x, out=x)
        else:
            np.sqrt(s, out=x)
            x += eps if eps_mode == "hat" else eps * sqrt(c2)
        np.divide(m, x, out=x)
        x *= lr * sqrt(c2) / c1
        w -= x
