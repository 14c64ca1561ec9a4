"""Gradient descent, and what momentum makes of it: one step each, on arrays.

    NAME_step(w, g, state, *, lr, …) -> (w_new, state_new)

The state is {} before the first step and then what the last step returned. Nothing is changed in place. A gradient of
another dtype is converted to that of w. ``optimizers`` has a class for each, which steps all parameters of a network.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from .arguments import as_float_array, as_like_first, as_state, require_callable, require_in_range

__all__ = ["gd_step", "momentum_step", "momentum_torch_step", "nesterov_shifted_step", "nesterov_step"]

Array = np.ndarray
State = dict[str, Any]


def gd_step(w: Array, g: Array, state: State, *, lr: float) -> tuple[Array, State]:
    """One step of gradient descent.

        w ← w − η g

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {}; there so that all optimizers are called alike.
        lr: learning rate η > 0.

    Returns:
        The new parameters, and {}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g is not shaped like w, the state is not empty, or lr <= 0.
    """
    w, g = as_like_first(w=w, g=g)
    lr = _learning_rate(lr)
    as_state(w, state)
    return w - lr * g, {}


def momentum_step(w: Array, g: Array, state: State, *, lr: float, beta: float = 0.9) -> tuple[Array, State]:
    """One step of gradient descent with momentum (Polyak 1964, in the form of Sutskever et al. 2013).

        m ← β m − η g
        w ← w + m

    Libraries differ: Keras has this form; PyTorch keeps b ← β b + g and steps by −η b (momentum_torch_step). Both agree
    while η is constant and part when it changes.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta: momentum β in [0, 1). A constant gradient ends at velocity η g / (1 − β).

    Returns:
        The new parameters, and the new state {"m": array like w}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g or the state is not shaped like w, lr <= 0, or beta is outside [0, 1).
    """
    w, g = as_like_first(w=w, g=g)
    lr, beta = _learning_rate(lr), _momentum(beta)
    (m,) = as_state(w, state, "m")
    m = beta * m - lr * g
    return w + m, {"m": m}


def momentum_torch_step(w: Array, g: Array, state: State, *, lr: float, beta: float = 0.9) -> tuple[Array, State]:
    """One step of gradient descent with momentum, as PyTorch writes it.

        b ← β b + g
        w ← w − η b

    With a constant η this is momentum_step, b = −m / η. When η falls, the whole of b is scaled down at once; the m of
    momentum_step still holds the steps that were taken at the old rate.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta: momentum β in [0, 1).

    Returns:
        The new parameters, and the new state {"b": array like w}.

    Raises:
        TypeError, ValueError: as momentum_step.
    """
    w, g = as_like_first(w=w, g=g)
    lr, beta = _learning_rate(lr), _momentum(beta)
    (b,) = as_state(w, state, "b")
    b = beta * b + g
    return w - lr * b, {"b": b}


def nesterov_step(
    w: Array, grad_fn: Callable[[Array], Array], state: State, *, lr: float, beta: float = 0.9
) -> tuple[Array, State]:
    """One step of Nesterov's accelerated gradient, looking ahead (Nesterov 1983, as in Sutskever et al. 2013).

        g = ∇J(w + β m)
        m ← β m − η g
        w ← w + m

    The gradient is taken where momentum alone would lead. That takes a function for the gradient; nesterov_shifted_step
    does the same with the gradient that backpropagation has already computed.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        grad_fn: grad_fn(w) -> the gradient of the loss at w, same shape. It is called once.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta: momentum β in [0, 1).

    Returns:
        The new parameters, and the new state {"m": array like w}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the gradient or the state is not shaped like w, lr <= 0, or beta is outside [0, 1).
    """
    w = as_float_array(w=w)
    require_callable(grad_fn=grad_fn)
    lr, beta = _learning_rate(lr), _momentum(beta)
    (m,) = as_state(w, state, "m")
    _, g = as_like_first(**{"w": w, "grad_fn(w)": grad_fn(w + beta * m)})
    m = beta * m - lr * g
    return w + m, {"m": m}


def nesterov_shifted_step(w: Array, g: Array, state: State, *, lr: float, beta: float = 0.9) -> tuple[Array, State]:
    """One step of Nesterov's accelerated gradient with the gradient at w itself (Bengio et al. 2012).

        m ← β m − η g
        w ← w + β m − η g

    Here w is the point that nesterov_step looks ahead to: if v are its parameters, w = v + β m after every step, as long
    as β is constant. Both end in the same place, since m tends to 0.

    Libraries differ: Keras has this form; PyTorch keeps b ← β b + g and steps by −η (g + β b). Both agree while η is
    constant and part when it changes.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta: momentum β in [0, 1).

    Returns:
        The new parameters, and the new state {"m": array like w}.

    Raises:
        TypeError, ValueError: as momentum_step.
    """
    w, g = as_like_first(w=w, g=g)
    lr, beta = _learning_rate(lr), _momentum(beta)
    (m,) = as_state(w, state, "m")
    m = beta * m - lr * g
    return w + beta * m - lr * g, {"m": m}


def _learning_rate(lr: float) -> float:
    require_in_range(lr=(lr, 0, inf), low_open=True)
    return float(lr)  # a NumPy number would turn float32 arrays to float64


def _momentum(beta: float) -> float:
    require_in_range(beta=(beta, 0, 1))
    return float(beta)
