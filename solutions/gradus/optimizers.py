"""Optimizers: what to do with a gradient.

Each is a pure function of arrays, ``NAME_step(w, g, state, *, lr, …) -> (w_new, state_new)`` with state {} before the
first step, and a class that applies it to all parameters of a network at once, through ``net.flat``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, sqrt
from typing import Any

import numpy as np

from .arguments import as_float_array, describe, fail, fail_type, require_in_range, require_same_shape
from .layer import Layer

__all__ = ["Adam", "GradientDescent", "Momentum", "Optimizer", "adam_step", "gd_step", "momentum_step"]

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
        ValueError: g is not shaped like w, or lr <= 0.
    """
    w, g = as_float_array(w=w, g=g)
    require_same_shape(w=w, g=g)
    require_in_range(lr=(lr, 0, inf), low_open=True)
    moments(state, w)
    return w - float(lr) * g, {}


def momentum_step(w: Array, g: Array, state: State, *, lr: float, beta: float = 0.9) -> tuple[Array, State]:
    """One step of gradient descent with momentum (Polyak 1964, in the form of Sutskever et al. 2013).

        m ← β m − η g
        w ← w + m

    Libraries differ: Keras has this form; PyTorch keeps b ← β b + g and steps by −η b. Both agree while η is constant
    and part when it changes.

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
    w, g = as_float_array(w=w, g=g)
    require_same_shape(w=w, g=g)
    require_in_range(lr=(lr, 0, inf), low_open=True)
    require_in_range(beta=(beta, 0, 1))
    (m,) = moments(state, w, "m")
    m = float(beta) * m - float(lr) * g
    return w + m, {"m": m}


def adam_step(
    w: Array, g: Array, state: State, *, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> tuple[Array, State]:
    """One step of Adam (Kingma & Ba 2015, algorithm 1).

        t ← t + 1
        m ← β1 m + (1 − β1) g
        s ← β2 s + (1 − β2) g²
        m̂ = m / (1 − β1ᵗ)
        ŝ = s / (1 − β2ᵗ)
        w ← w − η m̂ / (√ŝ + ε)

    The first step has length η in every coordinate, whatever the size of the gradient.

    Libraries differ in ε: PyTorch has this form and 1e-8; Keras adds ε̂ = 1e-7 to √s instead of √ŝ.

    Args:
        w: parameters, any shape, float32 or float64. Not changed.
        g: gradient of the loss at w, same shape.
        state: {} before the first step, then what the last step returned.
        lr: learning rate η > 0.
        beta1: decay of the mean of gradients, in [0, 1).
        beta2: decay of the mean of squared gradients, in [0, 1).
        eps: ε > 0, outside the root.

    Returns:
        The new parameters, and the new state {"t": steps so far, "m": array like w, "s": array like w}.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: g or the state is not shaped like w, or a number is out of its range.
    """
    w, g = as_float_array(w=w, g=g)
    require_same_shape(w=w, g=g)
    require_in_range(lr=(lr, 0, inf), eps=(eps, 0, inf), low_open=True)
    require_in_range(beta1=(beta1, 0, 1), beta2=(beta2, 0, 1))
    m, s = moments(state, w, "m", "s")
    w, state = w.copy(), {"t": state.get("t", 0), "m": m.copy(), "s": s.copy()}
    adam_in_place(w, g, state, np.empty_like(w), lr=float(lr), beta1=float(beta1), beta2=float(beta2), eps=float(eps))
    return w, state


def adam_in_place(
    w: Array, g: Array, state: State, scratch: Array, *, lr: float, beta1: float, beta2: float, eps: float
) -> None:
    """The formula of adam_step, written into w and state.

    Both bias corrections are moved into two numbers, which saves two passes over the arrays:

        η m̂ / (√ŝ + ε) = η √c2 / c1 · m / (√s + ε √c2)        c1 = 1 − β1ᵗ,  c2 = 1 − β2ᵗ
    """
    state["t"] += 1
    m, s = state["m"], state["s"]
    c1 = 1 - beta1 ** state["t"]
    c2 = 1 - beta2 ** state["t"]

    m *= beta1
    m += np.multiply(g, 1 - beta1, out=scratch)

    s *= beta2
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta2
    s += scratch

    np.sqrt(s, out=scratch)
    scratch += eps * sqrt(c2)
    np.divide(m, scratch, out=scratch)
    scratch *= lr * sqrt(c2) / c1
    w -= scratch


def moments(state: State, w: Array, *names: str) -> list[Array]:
    """The arrays of these names in the state; zeros like w before the first step."""
    if not isinstance(state, dict):
        fail_type(f"state must be a dict, {{}} before the first step, got {describe(state)}")
    arrays = [np.asarray(state[name]) if name in state else np.zeros_like(w) for name in names]
    for name, array in zip(names, arrays, strict=True):
        if array.shape != w.shape:
            fail(f'state["{name}"] must have the shape of w, {w.shape}, got {array.shape}')
    return arrays


class Optimizer:
    """Applies a step to all parameters of a network at once.

    A subclass names the step in ``formula``.

    Args:
        net: a Layer. Its parameters are moved into one vector, net.flat, and stay there.
        lr: learning rate η > 0.
        **hyper: further arguments of the step.

    Attributes:
        lr: may be set between steps, by a schedule for instance.
        state: what the formula keeps from one step to the next.
    """

    formula: Callable[..., tuple[Array, State]]

    def __init__(self, net: Layer, lr: float, **hyper: float) -> None:
        if not isinstance(net, Layer):
            raise TypeError(f"{type(self).__name__}: net must be a Layer, got {describe(net)}")
        self.net = net
        self.lr = lr
        self.hyper = hyper
        self.state: State = {}
        flat = net.flatten()
        # a step without effect, so that wrong numbers are complained of now
        self.formula(flat, np.zeros_like(flat), {}, lr=lr, **hyper)

    @property
    def lr(self) -> float:
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        require_in_range(lr=(lr, 0, inf), low_open=True)
        self._lr = float(lr)

    def step(self) -> None:
        """Change the parameters, using the gradients that the last backward left."""
        w, self.state = self.formula(self.net.flat, self.net.flat_grad, self.state, lr=self.lr, **self.hyper)
        self.net.flat[...] = w


class GradientDescent(Optimizer):
    """gd_step on all parameters of a network."""

    formula = staticmethod(gd_step)

    def __init__(self, net: Layer, lr: float) -> None:
        super().__init__(net, lr)


class Momentum(Optimizer):
    """momentum_step on all parameters of a network."""

    formula = staticmethod(momentum_step)

    def __init__(self, net: Layer, lr: float, beta: float = 0.9) -> None:
        super().__init__(net, lr, beta=beta)


class Adam(Optimizer):
    """adam_step on all parameters of a network, without copies."""

    formula = staticmethod(adam_step)

    def __init__(
        self, net: Layer, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        super().__init__(net, lr, beta1=beta1, beta2=beta2, eps=eps)
        self.state = {"t": 0, "m": np.zeros_like(net.flat), "s": np.zeros_like(net.flat)}
        self.scratch = np.empty_like(net.flat)

    def step(self) -> None:
        """Change the parameters, using the gradients that the last backward left."""
        adam_in_place(self.net.flat, self.net.flat_grad, self.state, self.scratch, lr=self.lr, **self.hyper)
