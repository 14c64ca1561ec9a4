"""Trials of hyperparameters: points evaluated and ranked, grids, and how well a set of points covers its axes.

An **objective** is called with the entries of a point as keyword arguments and tells a cost, the lower the better (to find
the highest accuracy, return the error rate):

    def objective(lr, width):            def objective(lr, width):
        ...train...                          for epoch in range(10):
        return cost                              ...train one epoch...
                                                 yield cost

The second form is watched while it runs: a trial whose cost leaves the finite numbers, or grows to several times the
first one, is ended there, which saves the epochs that it had left. The last cost it yields counts.

The cost is one of validation data; the test data are for the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_bool,
    require_callable,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
)

__all__ = ["Trial", "at_edge", "distinct_projections", "grid", "peak", "rank", "run_trials"]

Array = np.ndarray
Point = dict[str, Any]
Objective = Callable[..., Any]


class Trial(NamedTuple):
    """One evaluation of an objective.

    status is "done"; "aborted" where the cost grew too large; "failed" where it was not finite, or an ArithmeticError
    (FloatingPointError, OverflowError, ZeroDivisionError) was raised.
    """

    params: Point
    value: float  # the last cost: NaN if there was none
    status: str
    costs: tuple[float, ...]  # all that were seen, the last one included


def grid(**axes: Iterable[Any]) -> list[Point]:
    """All combinations of the values on each axis, the last axis fastest.

        grid(lr=[0.1, 0.01], width=[16, 32]) → {lr .1, width 16}, {lr .1, width 32}, {lr .01, width 16}, …

    Args:
        **axes: the values of each hyperparameter.

    Raises:
        TypeError: an axis is not a list of values.
        ValueError: there is no axis, or one without values.
    """
    if not axes:
        fail("axes must name at least one hyperparameter")
    values = {}
    for name, axis in axes.items():
        if isinstance(axis, str) or not isinstance(axis, Iterable):
            fail_type(f"{name} must be a list of values, got {describe(axis)}")
        values[name] = list(axis)
        if not values[name]:
            fail(f"{name} must hold at least one value")
    return [dict(zip(values, combination, strict=True)) for combination in product(*values.values())]


def run_trials(points: Iterable[Point], objective: Objective, abort: float = 3.0) -> list[Trial]:
    """Evaluate an objective at each point; the best trial comes first.

    Lowest cost first; aborted trials after those that were done, failed ones last (NaN is worst, though no comparison
    says so). Trials of one cost stay in the order of the points. A search that goes on later is
    ``sorted(trials + run_trials(…), key=rank)``.

    Args:
        points: dicts of hyperparameters, as grid and draw_points return them.
        objective: objective(**point) -> cost, or a generator that yields a cost now and then.
        abort: a generator is ended when its cost exceeds abort times its first one; at least 1, inf for never. Meant
            for positive costs: where the first one is not, nothing is ended.

    Returns:
        Trials, best first.

    Raises:
        TypeError: objective is not a function, a point no dict, or a cost not a number.
        ValueError: abort is less than 1.
    """
    points = _checked_points(points)
    require_callable(objective=objective)
    _check_abort(abort)
    return sorted((_run(point, objective, abort) for point in points), key=rank)


def rank(trial: Trial) -> tuple[int, float]:
    """Sorting key of trials: done before aborted before failed, then by value.

    Raises:
        TypeError: trial is not a Trial.
    """
    if not isinstance(trial, Trial):
        fail_type(f"trial must be a Trial, got {describe(trial)}")
    order = ("done", "aborted", "failed").index(trial.status)
    return order, 0.0 if math.isnan(trial.value) else trial.value


def _run(point: Point, objective: Objective, abort: float) -> Trial:
    costs: list[float] = []

    def ended(status: str) -> Trial:
        return Trial(point, costs[-1] if costs else math.nan, status, tuple(costs))

    try:
        result = objective(**point)
        for cost in result if isinstance(result, Generator) else (result,):
            costs.append(_as_cost(cost))
            if not math.isfinite(costs[-1]):
                return ended("failed")
            if costs[-1] > abort * costs[0] > 0:
                return ended("aborted")
    except ArithmeticError:
        costs.append(math.nan)
    return ended("done" if costs and math.isfinite(costs[-1]) else "failed")


def _as_cost(cost: Any) -> float:
    if np.ndim(cost) != 0 or np.asarray(cost).dtype.kind not in "fiu":
        fail_type(f"objective must return a number or yield numbers, got {describe(cost)}")
    return float(cost)


def _checked_points(points: Any) -> list[Point]:
    if isinstance(points, Mapping | str) or not isinstance(points, Iterable):
        fail_type(f"points must be a list of dicts, got {describe(points)}")
    checked: list[Point] = []
    for i, point in enumerate(points):
        if not isinstance(point, Mapping):
            fail_type(f"points[{i}] must be a dict of hyperparameters, got {describe(point)}")
        checked.append(dict(point))
    return checked


def _check_abort(abort: Any) -> None:
    if abort != math.inf:
        require_in_range(abort=(abort, 1, math.inf))


def at_edge(best: float, low: float, high: float, frac: float = 0.1, log: bool = True) -> bool:
    """Whether the best value lies so close to an end of its range that a better one may lie beyond.

        u = (log best − log low) / (log high − log low)          without log for log=False
        u ≤ frac  or  u ≥ 1 − frac

    Args:
        best: value found, in [low, high].
        low: least value that was tried; positive with log.
        high: largest one, more than low.
        frac: how close, as a share of the range, in [0, 0.5).
        log: whether the range was searched on a logarithmic scale.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: best lies outside [low, high], these are not in order, or frac is out of its range.
    """
    require_bool(log=log)
    least = 0.0 if log else -math.inf
    require_in_range(low=(low, least, math.inf), high=(high, least, math.inf), low_open=True)
    if not low < high:
        fail(f"low must be less than high, got {low:g} and {high:g}")
    require_in_range(best=(best, -math.inf, math.inf))
    if not low <= best <= high:
        fail(f"best must lie between low and high, in [{low:g}, {high:g}], got {best:g}")
    require_in_range(frac=(frac, 0, 0.5))
    x, start, end = (math.log(value) if log else value for value in (best, low, high))
    u = (x - start) / (end - start)
    return bool(u <= frac or u >= 1 - frac)


def distinct_projections(points: Array) -> Array:
    """How many different values a set of points tries on each axis.

    For B points of a grid in D dimensions it is B^(1/D), for random ones B (Bergstra & Bengio 2012, figure 1).

    Args:
        points: (B, D), finite.

    Returns:
        Integers (D,).

    Raises:
        TypeError: points does not hold real numbers.
        ValueError: points has not two axes, is empty, or is not finite.
    """
    points = as_float_array(points=points)
    require_ndim(points=(points, 2))
    require_finite(points=points)
    if points.size == 0:
        fail(f"points must hold at least one point, got shape {points.shape}")
    return np.array([len(np.unique(column)) for column in points.T])


def peak(x: Array, important: int, centre: Array | float = 0.5, width: float = 0.08) -> Array:
    """A hill to be found, of which only some coordinates matter: a toy for comparing searches.

        peak(x) = exp(−½ Σ_{d < important} ((x_d − centre_d) / width)²)

    1 at the top, whatever the other coordinates are. Draw the centre anew for each comparison: a grid may have a point
    at 0.5.

    Args:
        x: points (…, D), in the unit cube usually.
        important: how many of the coordinates matter, the first ones, 1 to D.
        centre: where the top is, a number or (D,).
        width: standard deviation of the hill, positive.

    Returns:
        Heights (…), in [0, 1].

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: x has no axis, important is not in 1 … D, centre does not fit, or width is not positive.
    """
    x = as_float_array(x=x)
    if x.ndim == 0:
        fail("x must have at least one axis, (…, D), got a number")
    D = x.shape[-1]
    require_int(important=(important, 1))
    if important > D:
        fail(f"important must be at most {D}, the number of coordinates, got {important}")
    top = as_float_array(centre=centre).astype(x.dtype)
    if top.shape not in ((), (D,)):
        fail(f"centre must be a number or have shape ({D},), got shape {top.shape}")
    require_finite(centre=top)
    require_in_range(width=(width, 0, math.inf), low_open=True)
    z = ((x - top) / float(width))[..., :important]
    with np.errstate(under="ignore", over="ignore"):
        return np.asarray(np.exp(-0.5 * np.sum(z * z, axis=-1)))
