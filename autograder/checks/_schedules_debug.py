"""What is tried on the mended run of `debug_schedules`: least squares by gradient descent whose rate falls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.schedules import exponential

from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, number_of, several, with_call
from autograder.wording import call_text

Array = np.ndarray
Rng = np.random.Generator

FAULTS = ("too_large", "staircase", "wrong_unit", "compounded", "gradient")


def trained(rate: Callable[..., Any] = exponential) -> Callable[..., Any]:
    """What the broken function was meant to do; or the same with another rate."""

    def train(X: Array, y: Array, lr0: float, s: float, steps: int) -> tuple[Array, list[float]]:
        w, losses = np.zeros(X.shape[1]), []
        for t in range(steps):
            error = X @ w - y
            losses.append(float(0.5 * np.mean(error**2)))
            w = w - rate(t, lr0, s) * (X.T @ error) / len(X)
        return w, losses

    return train


def least_squares(rng: Rng, N: int = 40, D: int = 3) -> tuple[Array, Array]:
    X = rng.standard_normal((N, D)) * np.linspace(1.0, 0.5, D)
    return X, X @ rng.uniform(1, 3, D) + 0.1 * rng.standard_normal(N)


def short_run(s: float) -> Callable[[Rng], Args]:
    """A dozen steps, so that the rate falls visibly."""

    def make(rng: Rng) -> Args:
        X, y = least_squares(rng)
        return args(X, y, round(float(rng.uniform(0.2, 0.5)), 2), s, 12)

    return make


def run_of(make: Callable[[Rng], Args]) -> Probe:
    """The weights and the losses of a run."""

    def probe(rng: Rng, fault: Any, train: Any) -> list[Any]:
        positional, _ = make(rng)
        w, losses = several(callable_of(train)(*positional), 2, "the pair w, losses")
        if isinstance(losses, np.ndarray) and losses.ndim == 1:
            losses = losses.tolist()
        if not isinstance(losses, list | tuple):
            raise StudentFailure("wrong", "", "losses must be a list of numbers, one for each step")
        return [w, np.array([number_of(loss, "a loss") for loss in losses])]

    return with_call(probe, lambda rng, names: call_text(names[1], *make(rng)), of=1)


def learns(rng: Rng, fault: Any, train: Any) -> dict[str, float]:
    """How far down a run of the plot gets: its last loss as a share of its first."""
    X, y = least_squares(rng, 200, 4)
    _, losses = several(callable_of(train)(X, y, 0.3, 200, 200), 2, "the pair w, losses")
    shares = [number_of(loss, "a loss") for loss in (list(losses) if len(losses) else [np.nan])]
    return {"last loss as a share of the first": shares[-1] / shares[0] if shares[0] else 0.0}


with_call(learns, "NAME(X, y, 0.3, 200, 200)", of=1)
