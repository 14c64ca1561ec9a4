"""Diagnostics: what arrives at each layer of a network, and what to look at while it trains."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from .activations import ACTIVATIONS
from .arguments import (
    as_float_array,
    as_labels,
    fail,
    require_callable,
    require_choice,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_same_shape,
    require_shape,
)

__all__ = [
    "BOUNDS",
    "dead_fraction",
    "distinct_hidden_units",
    "expected_initial_loss",
    "gradient_ratios",
    "per_layer_factor",
    "propagate",
    "saturation_fraction",
    "update_ratio",
]

Array = np.ndarray
Init = Callable[[tuple[int, ...], np.random.Generator], Array]

BOUNDS: dict[str, tuple[float, float]] = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
"""Activations that saturate on both sides → the limits of their values."""


def propagate(
    activation: str, init: Init, depth: int, width: int, rng: np.random.Generator, *, samples: int = 500
) -> dict[str, Array]:
    """Send a Gaussian signal up through a fresh network and a Gaussian gradient down again; measure both at each layer.

    Layers l = 1 … depth, each with its own W_l = init((width, width), rng) and without bias:
        a_0 ~ N(0, 1), shape (samples, width)
        z_l = a_{l−1} @ W_l
        a_l = f(z_l)
    then down, l = depth … 1, from g ~ N(0, 1) in place of the gradient with respect to a_depth:
        g ← (g · f′(z_l)) @ W_lᵀ      the gradient with respect to a_{l−1}, the input of layer l

    Numbers that overflow are a finding, not an error: the size of such a layer is inf.

    Args:
        activation: name in ACTIVATIONS.
        init: initializer, called as init((width, width), rng) once a layer.
        depth: number of layers.
        width: units of every layer, and size of the input.
        rng: source of the input, the weights and the gradient, in this order.
        samples: number of inputs.

    Returns:
        Three arrays of shape (depth,); entry l − 1 belongs to layer l.
        "forward": standard deviation of a_l.
        "backward": standard deviation of g after layer l. The last entry has passed the top layer only, the first one
            is what reaches the input of the network; it started with 1, so backward[0] is the ratio bottom : top.
        "saturated": share of the units of a_l within 0.01 of a limit of f (tanh: −1 and 1, sigmoid: 0 and 1), 0 for
            activations without two limits.

    Raises:
        TypeError: init is not a function, rng not a Generator, or a size not an integer.
        ValueError: the activation is unknown, a size is below 1, or init returns another shape.
    """
    require_choice(activation=(activation, ACTIVATIONS))
    require_callable(init=init)
    require_int(depth=(depth, 1), width=(width, 1), samples=(samples, 1))
    require_rng(rng=rng)
    f, f_derivative = ACTIVATIONS[activation]
    forward, backward, saturated = np.zeros(depth), np.zeros(depth), np.zeros(depth)
    weights, pre_activations = [], []
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        a = rng.standard_normal((samples, width))
        for l in range(depth):
            W = as_float_array(init=init((width, width), rng))
            if W.shape != (width, width):
                fail(f"init must return weights of the shape asked for, {(width, width)}, got {W.shape}")
            z = a @ W
            a = f(z)
            weights.append(W)
            pre_activations.append(z)
            forward[l] = _spread(a)
            if activation in BOUNDS:
                saturated[l] = saturation_fraction(a, bounds=BOUNDS[activation])
        g = rng.standard_normal((samples, width))
        for l in reversed(range(depth)):
            g = (g * f_derivative(pre_activations[l])) @ weights[l].T
            backward[l] = _spread(g)
    return {"forward": forward, "backward": backward, "saturated": saturated}


def _spread(a: Array) -> float:
    """Standard deviation of all entries, also where their squares under- or overflow; inf if an entry is not finite."""
    largest = float(np.abs(a).max())
    if largest == 0:
        return 0.0
    return largest * float(np.std(a / largest)) if math.isfinite(largest) else math.inf


def per_layer_factor(values: Array) -> float:
    """Factor by which a quantity changes from one layer to the next, on the geometric average.

        (v_last / v_first)^(1 / (n − 1))

    Args:
        values: (n,), one positive number a layer, n ≥ 2.

    Raises:
        TypeError: values does not hold real numbers.
        ValueError: values has not one axis with two entries or more, or one is not positive and finite.
    """
    values = as_float_array(values=values)
    require_ndim(values=(values, 1))
    require_finite(values=values)
    if len(values) < 2 or (values <= 0).any():
        fail(f"values must hold at least two numbers, all positive, got {values}")
    logs = np.log(values)
    return math.exp(float(logs[-1] - logs[0]) / (len(values) - 1))


def saturation_fraction(a: Array, tol: float = 0.01, bounds: tuple[float, float] = (-1.0, 1.0)) -> float:
    """Share of activations closer than tol to a limit: a < low + tol or a > high − tol.

    Args:
        a: activations f(z), not z; any shape with at least one entry.
        tol: distance, in [0, (high − low) / 2].
        bounds: (low, high), the limits of f: (−1, 1) for tanh, (0, 1) for sigmoid.

    Raises:
        TypeError: an argument is not numeric.
        ValueError: a is empty, bounds are not in order, or tol is out of range.
    """
    a, limits = as_float_array(a=a, bounds=bounds)
    require_shape(bounds=(limits, (2,)))
    low, high = map(float, limits)
    if not low < high:
        fail(f"bounds must be (low, high) with low < high, got ({low:g}, {high:g})")
    require_in_range(tol=(tol, 0, (high - low) / 2), high_open=False)
    if a.size == 0:
        fail(f"a must have at least one entry, got shape {a.shape}")
    return float(np.mean((a < low + tol) | (a > high - tol)))


def dead_fraction(z: Array) -> float:
    """Share of units that are silent for every sample: all z ≤ 0 in their column, so that ReLU passes on nothing.

    Args:
        z: pre-activations (N, H) of one layer, N and H at least 1.

    Raises:
        TypeError: z does not hold real numbers.
        ValueError: z has not two axes, or is empty.
    """
    z = as_float_array(z=z)
    require_ndim(z=(z, 2))
    if z.size == 0:
        fail(f"z must have at least one entry, got shape {z.shape}")
    return float(np.mean((z <= 0).all(axis=0)))


def expected_initial_loss(C: int) -> float:
    """Cross-entropy of a classifier that knows nothing: ln C for C classes, 2.303 for ten.

    Raises:
        TypeError: C is not an integer.
        ValueError: C is less than 1.
    """
    require_int(C=(C, 1))
    return math.log(C)


def update_ratio(w_old: Array, w_new: Array) -> float:
    """Size of a step against the size of what it changes: ‖w_new − w_old‖ / ‖w_old‖.

    About 1e-3 is healthy (CS231n's rule of thumb). With w_old = 0 it is inf, or 0 where nothing moved.

    Args:
        w_old: parameters before the step, any shape.
        w_new: parameters after it, same shape.

    Raises:
        TypeError: an argument does not hold real numbers.
        ValueError: shapes differ.
    """
    w_old, w_new = as_float_array(w_old=w_old, w_new=w_new)
    require_same_shape(w_old=w_old, w_new=w_new)
    return _norm_ratio(w_new - w_old, w_old)


def gradient_ratios(weights: Sequence[Array], grads: Sequence[Array]) -> Array:
    """Size of the gradient against the size of the weights, layer by layer: ‖∂L/∂W_l‖ / ‖W_l‖.

    Times the learning rate this is the update ratio of plain gradient descent. Its largest over its smallest entry says
    how unequally fast the layers learn.

    Args:
        weights: arrays W_1 … W_L, or a single layer in a list.
        grads: the gradient of each, shaped like it.

    Returns:
        (L,); inf for a layer of zeros that has a gradient, 0 where it has none.

    Raises:
        TypeError: an array does not hold real numbers.
        ValueError: there are not as many gradients as weights, or one has another shape.
    """
    weights, grads = list(weights), list(grads)
    if len(weights) != len(grads):
        fail(f"grads must have as many arrays as weights, {len(weights)}, got {len(grads)}")
    ratios = np.zeros(len(weights))
    for l, (W, dW) in enumerate(zip(weights, grads, strict=True)):
        W, dW = as_float_array(**{f"weights[{l}]": W, f"grads[{l}]": dW})
        require_same_shape(**{f"weights[{l}]": W, f"grads[{l}]": dW})
        ratios[l] = _norm_ratio(dW, W)
    return ratios


def _norm_ratio(change: Array, size: Array) -> float:
    """‖change‖ / ‖size‖, with 0/0 = 0 and c/0 = inf."""
    c, s = float(np.linalg.norm(change)), float(np.linalg.norm(size))
    return c / s if s > 0 else (math.inf if c > 0 else 0.0)


def distinct_hidden_units(
    init: Init, X: Array, y: Array, hidden: int, steps: int, lr: float, rng: np.random.Generator
) -> int:
    """Train a network with one tanh hidden layer by gradient descent on the whole batch, and count its different units.

    W1 = init((D, hidden), rng), W2 = init((hidden, C), rng), both biases 0, C = max y + 1. Two hidden units are the same
    if their columns of W1 differ nowhere by more than 1e-9 times the largest entry of W1. Units that start equal get
    equal gradients and stay equal: from constant weights the network has one unit, however wide it is. On a computer they
    do so for some fifty steps; then the last digits of sums added up in different orders have grown apart, too.

    Args:
        init: initializer.
        X: (N, D).
        y: labels, integers (N,).
        hidden: number of hidden units.
        steps: number of gradient-descent steps.
        lr: learning rate, positive.
        rng: passed to init.

    Returns:
        Number of distinct columns of W1 after the last step, from 1 to hidden.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: shapes do not fit, or a number is out of range.
    """
    from .network import train_step

    require_callable(init=init)
    X, y = as_float_array(X=X), as_labels(y=y)
    require_ndim(X=(X, 2))
    require_shape(y=(y, (len(X),)))
    if X.size == 0:
        fail(f"X must have at least one entry, got shape {X.shape}")
    require_int(hidden=(hidden, 1), steps=(steps, 0))
    require_in_range(lr=(lr, 0, math.inf), low_open=True)
    require_rng(rng=rng)
    C = int(y.max()) + 1
    params = {
        "W1": init((X.shape[1], hidden), rng),
        "b1": np.zeros(hidden, dtype=X.dtype),
        "W2": init((hidden, C), rng),
        "b2": np.zeros(C, dtype=X.dtype),
    }
    for _ in range(steps):
        params, _ = train_step(params, X, y, lr=lr)
    columns = params["W1"].T
    tol = 1e-9 * np.abs(columns).max()
    distinct: list[Array] = []
    for column in columns:
        if not any(np.abs(column - seen).max() <= tol for seen in distinct):
            distinct.append(column)
    return len(distinct)
