"""Is a gradient right? Compare backward with difference quotients."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_callable,
    require_finite,
    require_in_range,
    require_int,
    require_rng,
)
from .variable import Variable, no_grad

__all__ = ["GradientError", "gradcheck", "numerical_diff"]

Array = np.ndarray


class GradientError(AssertionError):
    """backward and the difference quotient disagree."""


def numerical_diff(f: Callable[[Variable], Any], x: Variable | Array, eps: float = 1e-4) -> Array:
    """Derivative of f by central differences, one entry of x at a time.

        df/dx_i ≈ (f(x + ε e_i) − f(x − ε e_i)) / (2ε)

    The error is about ε² f‴/6 from the formula and u |f| / ε from rounding, u = 1e-16 in float64 and 6e-8 in float32: they
    balance near ε = 5e-6, where eleven digits are left, and near 4e-3 with five. Where f returns several numbers, their
    sum is differentiated, as backward does.

    Args:
        f: maps a Variable to a Variable.
        x: Variable or array, any shape. Not changed.
        eps: ε > 0.

    Returns:
        An array shaped like x.

    Raises:
        TypeError: f is not a function, or x is neither a Variable nor an array.
        ValueError: eps <= 0.
    """
    require_callable(f=f)
    if not isinstance(x, Variable | np.ndarray):
        fail_type(f"x must be a Variable or an array, got {describe(x)}")
    require_in_range(eps=(eps, 0, inf), low_open=True)
    point = x.data if isinstance(x, Variable) else as_float_array(x=x)
    slopes = np.empty_like(point)
    with no_grad():
        for i in np.ndindex(point.shape):
            right, left = point.copy(), point.copy()
            right[i] += eps
            left[i] -= eps
            slopes[i] = np.sum(_value(f(Variable(right))) - _value(f(Variable(left)))) / (2 * eps)
    return slopes


def gradcheck(
    f: Callable[..., Variable],
    *inputs: Variable,
    rng: np.random.Generator,
    directions: int = 3,
    eps: float = 1e-5,
    rtol: float = 1e-6,
) -> float:
    """Compare the gradients that backward computes with difference quotients along random directions.

        F(x) = Σ c f(x)                                    c ~ N(0, 1), so that no two outputs can cancel
        v · ∇F  against  (F(x + ε v) − F(x − ε v)) / (2ε)      v ~ N(0, 1)

    for each input by itself, while the others stay: a wrong small gradient cannot hide behind a large one. The two may
    differ by rtol, relative to the larger of them and of ‖∇F‖, and by what rounding F does to the quotient. There is no
    absolute tolerance: it would let any gradient pass that is small enough.

    The inputs themselves are moved for a moment and put back, so f may reach them by other ways than its arguments:
    ``gradcheck(lambda *_: net(X), *net.params(), rng=rng)``.

    Args:
        f: maps the inputs to a Variable; the same inputs must give the same value.
        *inputs: float64 Variables. Their gradients are as before afterwards.
        rng: draws weights and directions.
        directions: how many for each input.
        eps: step ε > 0. A kink closer than that is taken for an error, and named as a suspicion.
        rtol: largest relative difference, > 0.

    Returns:
        The largest relative difference found.

    Raises:
        GradientError: a gradient is wrong.
        TypeError: an input is not a Variable, or not float64: in float32 the quotient has three digits.
        ValueError: an input is not finite, or f is random.
    """
    _check_arguments(f, inputs, rng, directions, eps, rtol)
    grads_before = [x.grad for x in inputs]
    try:
        for x in inputs:
            x.grad = None
        y = f(*inputs)
        if not isinstance(y, Variable):
            fail_type(f"f must return a Variable, got {describe(y)}")
        c = rng.standard_normal(y.shape)
        (y * c).sum().backward()
        gradients = [np.zeros_like(x.data) if x.grad is None else x.grad for x in inputs]
    finally:
        for x, grad in zip(inputs, grads_before, strict=True):
            x.grad = grad

    def F() -> float:
        with no_grad():
            return float(np.sum(f(*inputs).data * c))

    magnitude = float(np.abs(y.data * c).sum())
    if abs(F() - float(np.sum(y.data * c))) > 1e-12 * magnitude:
        fail("f must give the same value for the same inputs, got two different values: is it random?")

    largest = 0.0
    for i, (x, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        for _ in range(directions):
            v = rng.standard_normal(x.shape)
            slope = float(np.sum(gradient * v))
            left, right = _one_sided(F, x, v, eps)
            quotient = (left + right) / 2
            scale = max(abs(slope), abs(quotient), float(np.linalg.norm(gradient)))
            difference = abs(slope - quotient)
            if not difference <= rtol * scale + 4 * np.finfo(np.float64).eps * magnitude / eps:
                raise GradientError(_complaint(i, x, slope, quotient, difference / scale, left, right))
            largest = max(largest, difference / scale if scale else 0.0)
    return largest


def _one_sided(F: Callable[[], float], x: Variable, v: Array, eps: float) -> tuple[float, float]:
    """Slopes of F along v to the left and to the right of x."""
    point = x.data
    here = F()
    try:
        x.data = point - eps * v
        left = (here - F()) / eps
        x.data = point + eps * v
        right = (F() - here) / eps
    finally:
        x.data = point
    return left, right


def _complaint(i: int, x: Variable, slope: float, quotient: float, error: float, left: float, right: float) -> str:
    name = f"input {i}" if x.name is None else f"input {i} ({x.name})"
    text = (
        f"gradcheck: wrong gradient with respect to {name} of shape {x.shape}: along a random direction backward gives "
        f"{slope:.9g}, the difference quotient {quotient:.9g} (relative difference {error:.1e})"
    )
    if abs(right - left) > 1e-2 * max(abs(left), abs(right)):
        text += f". The slopes to the left and to the right are {left:.6g} and {right:.6g}: is there a kink here?"
    return text


def _check_arguments(f: Any, inputs: tuple[Any, ...], rng: Any, directions: Any, eps: Any, rtol: Any) -> None:
    require_callable(f=f)
    if not inputs:
        fail("inputs must hold at least one Variable")
    for i, x in enumerate(inputs):
        if not isinstance(x, Variable):
            fail_type(f"inputs[{i}] must be a Variable, got {describe(x)}")
        if x.dtype != np.float64:
            fail_type(f"inputs[{i}] must be float64, got {x.dtype}: rounding would hide an error")
        require_finite(**{f"inputs[{i}]": x.data})
    require_rng(rng=rng)
    require_int(directions=(directions, 1))
    require_in_range(eps=(eps, 0, inf), rtol=(rtol, 0, inf), low_open=True)


def _value(y: Any) -> Array:
    return y.data if isinstance(y, Variable) else np.asarray(y)
