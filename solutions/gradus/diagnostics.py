"""Diagnostics: what arrives at each layer of a network, and what to look at while it trains.

Signals through fresh networks are here, ratios and directions of gradients in ``gradient_diagnostics``, checks before and
during training in ``babysitting``. All of them can be had from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .activations import ACTIVATIONS
from .arguments import (
    as_float_array,
    fail,
    require_callable,
    require_choice,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_shape,
)
from .babysitting import (
    diagnose,
    distinct_hidden_units,
    expected_initial_loss,
    overfit_tiny,
    regularization_raises_loss,
)
from .gradient_diagnostics import (
    condition_number,
    grad_check,
    gradient_ratios,
    path_ratio,
    sign_agreement,
    update_ratio,
)

__all__ = [
    "BOUNDS",
    "condition_number",
    "dead_fraction",
    "diagnose",
    "distinct_hidden_units",
    "expected_initial_loss",
    "grad_check",
    "gradient_ratios",
    "overfit_tiny",
    "path_ratio",
    "per_layer_factor",
    "propagate",
    "regularization_raises_loss",
    "saturation_fraction",
    "sign_agreement",
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

        - "forward": standard deviation of a_l.
        - "backward": standard deviation of g after layer l. The last entry has passed the top layer only, the first one
          is what reaches the input of the network; it started with 1, so backward[0] is the ratio bottom : top.
        - "saturated": share of the units of a_l within 0.01 of a limit of f (tanh: −1 and 1, sigmoid: 0 and 1), 0 for
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
                saturated[l] = _saturated(a, 0.01, *BOUNDS[activation])
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
        ValueError: a is empty or not finite, bounds are not in order, or tol is out of range.
    """
    a, limits = as_float_array(a=a, bounds=bounds)
    require_shape(bounds=(limits, (2,)))
    low, high = map(float, limits)
    if not low < high:
        fail(f"bounds must be (low, high) with low < high, got ({low:g}, {high:g})")
    require_in_range(tol=(tol, 0, (high - low) / 2), high_open=False)
    require_finite(a=a)
    if a.size == 0:
        fail(f"a must have at least one entry, got shape {a.shape}")
    return _saturated(a, tol, low, high)


def _saturated(a: Array, tol: float, low: float, high: float) -> float:
    return float(np.mean((a < low + tol) | (a > high - tol)))


def dead_fraction(z: Array) -> float:
    """Share of units that are silent for every sample: all z ≤ 0 in their column, so that ReLU passes on nothing.

    Args:
        z: pre-activations (N, H) of one layer, N and H at least 1.

    Raises:
        TypeError: z does not hold real numbers.
        ValueError: z has not two axes, is empty, or not finite.
    """
    z = as_float_array(z=z)
    require_ndim(z=(z, 2))
    require_finite(z=z)
    if z.size == 0:
        fail(f"z must have at least one entry, got shape {z.shape}")
    return float(np.mean((z <= 0).all(axis=0)))
