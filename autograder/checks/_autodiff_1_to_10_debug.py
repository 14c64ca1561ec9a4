"""The run to mend: five points on their way to the minimum of (exp(x) − 2)², and four of them stand still.

The engine is that of step 7, as the notebook has it in a cell of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gradus.steps.step07 import Exp, Function, Square, Variable

from autograder.probes import Probe, callable_of, with_call

FAULTS = ("one_object", "learning_rate", "seed", "derivative", "flat")
START = [-1.0, -0.5, 0.0, 1.0, 1.5]

__all__ = ["FAULTS", "START", "Exp", "LessTwo", "Square", "Variable", "broken_slopes", "points", "slopes_at"]


class LessTwo(Function):
    def forward(self, x: np.ndarray) -> np.ndarray:
        return x - 2

    def backward(self, gy: np.ndarray) -> np.ndarray:
        return gy


def slopes_at(points: Sequence[float]) -> tuple[list[float], list[float]]:
    """Values and slopes of (exp(x) − 2)² at some points: two lists."""
    xs = [Variable(np.array(float(p))) for p in points]
    ys = [Square()(LessTwo()(Exp()(x))) for x in xs]
    for y in ys:
        y.grad = np.ones_like(y.data)
        y.backward()
    return [float(y.data) for y in ys], [float(x.grad) for x in xs]


def broken_slopes(points: Sequence[float]) -> tuple[list[float], list[float]]:
    """What `slopes_at` promises, from three function objects that all points share."""
    square, less_two, exp = Square(), LessTwo(), Exp()
    xs = [Variable(np.array(float(p))) for p in points]
    ys = [square(less_two(exp(x))) for x in xs]
    for y in ys:
        y.grad = np.ones_like(y.data)
        y.backward()
    return [float(y.data) for y in ys], [0.0 if x.grad is None else float(x.grad) for x in xs]


def points(n: int) -> Callable[[np.random.Generator], list[float]]:
    """Points between which no two are alike."""

    return lambda rng: [round(float(p), 3) for p in rng.uniform(-1.0, 1.5, n)]


def slopes_of(draw: Callable[[np.random.Generator], list[float]]) -> Probe:
    """What slopes_at returns; the rows of an array with two rows are two lists."""

    def probe(rng: np.random.Generator, fault: Any, slopes_at: Any) -> Any:
        found = callable_of(slopes_at)(list(draw(rng)))
        return tuple(found) if isinstance(found, np.ndarray) and found.ndim == 2 and len(found) == 2 else found

    return with_call(probe, f"slopes_at({START})")
