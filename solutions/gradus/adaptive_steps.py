"""Step sizes of their own for every parameter: AdaGrad, RMSProp, AdaMax and Nadam, one step each, on arrays.

    NAME_step(w, g, state, *, lr, …) -> (w_new, state_new)

The state is {} before the first step and then what the last step returned. Nothing is changed in place. A gradient of
another dtype is converted to that of w. Adam and AdamW are in ``adam_steps``; ``optimizers`` has a class for each.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from .arguments import as_like_first, as_state, require_choice, require_in_range

__all__ = ["adagrad_step", "adamax_step", "nadam_step", "rmsprop_step"]

Array = np.ndarray
State = dict[str, Any]


def adagrad_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    eps: float = 1e-10,
    init_acc: float = 0.0,
    eps_mode: str = "outside",
) -> tuple[Array, State]:
    """One step of AdaGrad (Duchi et al. 2011).

        s ← s + g²
        w ← w − η g / (√s + ε)          eps_mode "outside"
        w ← w − η g / √(s + ε)          eps_mode "inside"

    s, the sum of the squares of all gradients so far, only grows: the steps shrink like 1/√t even if the gradient does
    not. The first one has length η in every coordinate, whatever the size of the gradient.

    Libraries differ: PyTorch starts at s = 0 with ε = 1e-10 outside the root, as here; Keras at s = 0.1 with ε = 1e-7
    inside it. An ε inside acts like √ε outside.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        eps: ε > 0.
        init_acc: what s is before the first step, >= 0.
        eps_mode: "outside" or "inside".

    Returns:
        The new parameters, and the new state {"s": array like w}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g or the state is not shaped like w, a number is out of its range, or eps_mode is unknown.
    """
    w, g = as_like_first(w=w, g=g)
    lr, eps = _positive(lr=lr, eps=eps)
    require_in_range(init_acc=(init_acc, 0, inf))
    (s,) = as_state(w, state, "s")
    if not state:
        s = np.full_like(w, init_acc)
    s = s + g * g
    return w - lr * g / _root(s, eps, eps_mode), {"s": s}


def rmsprop_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float,
    rho: float = 0.9,
    eps: float = 1e-8,
    eps_mode: str = "outside",
) -> tuple[Array, State]:
    """One step of RMSProp (Tieleman & Hinton 2012).

        s ← ρ s + (1 − ρ) g²
        w ← w − η g / (√s + ε)          eps_mode "outside"
        w ← w − η g / √(s + ε)          eps_mode "inside"

    s starts at 0 and is not corrected for it, as Adam's is: the first step has length η/√(1 − ρ), 3.16 η.

    Libraries differ: PyTorch has ε = 1e-8 outside the root, as here, but forgets more slowly, ρ = 0.99 (its ``alpha``);
    Keras has ρ = 0.9 and ε = 1e-7 inside the root. Both can add momentum and subtract the mean of g, which is left out.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        rho: decay ρ of the mean of squared gradients, in [0, 1).
        eps: ε > 0.
        eps_mode: "outside" or "inside".

    Returns:
        The new parameters, and the new state {"s": array like w}.

    Raises:
        TypeError, ValueError: as adagrad_step.
    """
    w, g = as_like_first(w=w, g=g)
    lr, eps = _positive(lr=lr, eps=eps)
    (rho,) = _decays(rho=rho)
    (s,) = as_state(w, state, "s")
    s = rho * s + (1 - rho) * g * g
    return w - lr * g / _root(s, eps, eps_mode), {"s": s}


def adamax_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float = 0.002,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, State]:
    """One step of AdaMax, Adam with the maximum norm (Kingma & Ba 2015, section 7.1).

        t ← t + 1
        m ← β1 m + (1 − β1) g
        u ← max(β2 u, |g|)
        w ← w − η / (1 − β1ᵗ) · m / (u + ε)

    u needs no correction: the first gradient lifts it from 0 to |g| at once. For β1 < β2 a step is never
    longer than η (1 − β1) / (1 − β1/β2), 1.0091 η.

    Libraries differ in ε: Keras adds 1e-7 to u, as here; PyTorch puts 1e-8 into the maximum, u ← max(β2 u, |g| + ε). The
    paper has none, and divides 0 by 0 where the gradient has always been 0.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the largest gradient, in [0, 1).
        eps: ε > 0.

    Returns:
        The new parameters, and the new state {"m": array like w, "u": array like w, "t": steps so far}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g or the state is not shaped like w, or a number is out of its range.
    """
    w, g = as_like_first(w=w, g=g)
    lr, eps = _positive(lr=lr, eps=eps)
    beta1, beta2 = _decays(beta1=beta1, beta2=beta2)
    m, u, t = as_state(w, state, "m", "u", t=0)
    t = t + 1
    m = beta1 * m + (1 - beta1) * g
    u = np.maximum(beta2 * u, np.abs(g))
    return w - lr / (1 - beta1**t) * m / (u + eps), {"m": m, "u": u, "t": t}


def nadam_step(
    w: Array,
    g: Array,
    state: State,
    *,
    lr: float = 0.002,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    psi: float | None = None,
) -> tuple[Array, State]:
    """One step of Nadam, Adam with Nesterov's look ahead (Dozat 2016).

        t ← t + 1
        μ_t = β1                            psi None, the textbook's form
        μ_t = β1 (1 − ½ · 0.96^(t ψ))        psi a number
        p ← p μ_t                           the product of μ_1 … μ_t
        m ← β1 m + (1 − β1) g
        s ← β2 s + (1 − β2) g²
        m̂ = μ_{t+1} m / (1 − p μ_{t+1}) + (1 − μ_t) g / (1 − p)
        ŝ = s / (1 − β2ᵗ)
        w ← w − η m̂ / (√ŝ + ε)

    The mean m enters with the weight and the correction that it will have one step later. With a constant μ the first
    step has length (β1/(1 + β1) + 1) η, 1.474 η.

    Libraries differ: both let μ grow, Keras with psi=1 and ε = 1e-7, PyTorch with psi=0.004 and ε = 1e-8; neither has the
    constant μ.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε > 0, outside the root.
        psi: None, or the speed ψ > 0 at which μ grows to β1.

    Returns:
        The new parameters, and the new state {"m": array like w, "s": array like w, "t": steps so far, "p": product of μ}.

    Raises:
        TypeError, ValueError: as adamax_step.
    """
    w, g = as_like_first(w=w, g=g)
    lr, eps = _positive(lr=lr, eps=eps)
    beta1, beta2 = _decays(beta1=beta1, beta2=beta2)
    if psi is not None:
        (psi,) = _positive(psi=psi)
    m, s, t, p = as_state(w, state, "m", "s", t=0, p=1.0)
    t = t + 1
    mu = beta1 if psi is None else beta1 * (1 - 0.5 * 0.96 ** (t * psi))
    mu_next = beta1 if psi is None else beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
    p = p * mu
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g * g
    m_hat = mu_next / (1 - p * mu_next) * m + (1 - mu) / (1 - p) * g
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(s_hat) + eps), {"m": m, "s": s, "t": t, "p": p}


def _root(s: Array, eps: float, eps_mode: str) -> Array:
    require_choice(eps_mode=(eps_mode, ("inside", "outside")))
    return np.sqrt(s + eps) if eps_mode == "inside" else np.sqrt(s) + eps


def _positive(**named: float) -> list[float]:
    require_in_range(low_open=True, high_open=True, **{name: (value, 0, inf) for name, value in named.items()})
    return [float(value) for value in named.values()]  # a NumPy number would turn float32 arrays to float64


def _decays(**named: float) -> list[float]:
    require_in_range(low_open=False, high_open=True, **{name: (value, 0, 1) for name, value in named.items()})
    return [float(value) for value in named.values()]
