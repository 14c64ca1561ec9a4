"""Search for hyperparameters: what to draw them from, random search, from coarse to fine (Bergstra & Bengio 2012).

A **point** is a dict of hyperparameters, ``{"lr": 0.01, "width": 64}``. A **space** says what each of them is drawn from: a
list of choices, or ``(sampler, low, high)`` with one of the samplers here:

    space = {"lr": (log_uniform, 1e-5, 1.0), "rate": (uniform, 0.0, 0.7), "width": [32, 64, 128]}

An **objective** is called with the entries of a point and tells a cost, the lower the better: ``search_trials`` has
more about it, and the grid. Its functions can be had from here as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .arguments import describe, fail, fail_type, require_callable, require_in_range, require_int, require_rng
from .search_trials import (
    Objective,
    Point,
    Trial,
    at_edge,
    distinct_projections,
    grid,
    peak,
    rank,
    run_trials,
)

__all__ = [
    "Stage",
    "Trial",
    "at_edge",
    "coarse_to_fine",
    "distinct_projections",
    "draw_points",
    "grid",
    "log_uniform",
    "narrowed",
    "one_minus_log_uniform",
    "peak",
    "random_search",
    "rank",
    "run_trials",
    "uniform",
]

Space = Mapping[str, Any]
Size = int | tuple[int, ...] | None


class Stage(NamedTuple):
    """One stage of a search from coarse to fine: where it looked, and its trials, best first."""

    space: Space
    trials: list[Trial]


def uniform(low: float, high: float, size: Size, rng: np.random.Generator) -> Any:
    """Numbers whose value matters additively (a dropout rate): U(low, high).

    Args:
        low: least value.
        high: largest value, more than low.
        size: how many: a number or a shape; None for a single Python float.
        rng: source of randomness.

    Returns:
        float64 array of that shape, or a float.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: low and high are not finite and in order.
    """
    return _sample(uniform, low, high, size, rng)


def log_uniform(low: float, high: float, size: Size, rng: np.random.Generator) -> Any:
    """Numbers whose value matters as a factor (learning rate, strength of regularization), each decade alike.

        10 ** U(log10 low, log10 high)

    Drawn on the raw scale, nine out of ten would lie in the topmost decade.

    Args:
        low: least value, positive.
        high: largest value, more than low.
        size: how many: a number or a shape; None for a single Python float.
        rng: source of randomness.

    Returns:
        float64 array of that shape, or a float.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: not 0 < low < high, or high is not finite.
    """
    return _sample(log_uniform, low, high, size, rng)


def one_minus_log_uniform(low: float, high: float, size: Size, rng: np.random.Generator) -> Any:
    """Numbers just below 1 that matter by their distance from it (momentum: its memory is 1 / (1 − β) steps).

        1 − 10 ** U(log10(1 − high), log10(1 − low))

    Args:
        low: least value.
        high: largest value, more than low and less than 1.
        size: how many: a number or a shape; None for a single Python float.
        rng: source of randomness.

    Returns:
        float64 array of that shape, or a float.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: not low < high < 1, or low is not finite.
    """
    return _sample(one_minus_log_uniform, low, high, size, rng)


# Sampler → the axis on which it is uniform: (to it, back from it).
AXES: dict[Callable[..., Any], tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    uniform: (lambda x: x, lambda u: u),
    log_uniform: (np.log10, lambda u: 10**u),
    one_minus_log_uniform: (lambda x: -np.log10(1 - x), lambda u: 1 - 10**-u),
}
LIMITS = {uniform: (-math.inf, math.inf), log_uniform: (0, math.inf), one_minus_log_uniform: (-math.inf, 1)}


def _sample(sampler: Callable[..., Any], low: Any, high: Any, size: Any, rng: Any) -> Any:
    _check_bounds(sampler, low, high)
    if size is not None:
        for n in size if isinstance(size, tuple) else (size,):
            require_int(size=(n, 0))
    require_rng(rng=rng)
    to, back = AXES[sampler]
    drawn = np.clip(back(rng.uniform(to(float(low)), to(float(high)), size)), low, high)  # 10**log10(low) may be less
    return float(drawn) if size is None else drawn


def _check_bounds(sampler: Callable[..., Any], low: Any, high: Any) -> None:
    least, most = LIMITS[sampler]
    require_in_range(low=(low, least, most), high=(high, least, most), low_open=True)
    if not low < high:
        fail(f"low must be less than high, got {low:g} and {high:g}")


def draw_points(space: Space, n: int, rng: np.random.Generator) -> list[Point]:
    """n points of a space, each hyperparameter drawn independently of the others.

    Args:
        space: name → (sampler, low, high) or a list of choices.
        n: number of points.
        rng: source of randomness.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: the space is empty, or an entry's bounds are out of order.
    """
    _check_space(space)
    require_int(n=(n, 0))
    require_rng(rng=rng)
    return [{name: _draw(entry, rng) for name, entry in space.items()} for _ in range(n)]


def _draw(entry: Any, rng: np.random.Generator) -> Any:
    if isinstance(entry, list):
        return entry[rng.integers(len(entry))]
    sampler, low, high = entry
    return sampler(low, high, None, rng)


def _check_space(space: Any) -> None:
    if not isinstance(space, Mapping):
        fail_type(f"space must be a dict of (sampler, low, high) and lists of choices, got {describe(space)}")
    if not space:
        fail("space must name at least one hyperparameter")
    for name, entry in space.items():
        if isinstance(entry, list):
            if not entry:
                fail(f"space[{name!r}] must hold at least one choice")
        elif not (isinstance(entry, tuple) and len(entry) == 3 and callable(entry[0]) and entry[0] in AXES):
            samplers = ", ".join(sampler.__name__ for sampler in AXES)
            fail_type(
                f"space[{name!r}] must be a list of choices or (sampler, low, high) with sampler one of {samplers}, "
                f"got {describe(entry)}"
            )
        else:
            least, most = LIMITS[entry[0]]
            bounds: dict[str, Any] = {f"space[{name!r}][{i}]": (entry[i], least, most) for i in (1, 2)}
            require_in_range(**bounds, low_open=True)
            if not entry[1] < entry[2]:
                fail(f"space[{name!r}] must have low < high, got {entry[1]:g} and {entry[2]:g}")


def narrowed(space: Space, best: Point, zoom: float) -> dict[str, Any]:
    """The space around a point: every range shrunk by the same factor, on the axis on which its sampler is uniform.

        half = (high − low) / (2 zoom)
        [max(low, best − half), min(high, best + half)]

    The new range does not leave the old one. Lists of choices stay as they are.

    Args:
        space: name → (sampler, low, high) or a list of choices.
        best: a point of the space.
        zoom: how many times narrower, more than 1.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: zoom is not more than 1, or best lacks a hyperparameter or lies outside the space.
    """
    _check_space(space)
    if not isinstance(best, Mapping):
        fail_type(f"best must be a dict of hyperparameters, got {describe(best)}")
    require_in_range(zoom=(zoom, 1, math.inf), low_open=True)
    narrow: dict[str, Any] = {}
    for name, entry in space.items():
        if name not in best:
            fail(f"best lacks {name}")
        if isinstance(entry, list):
            narrow[name] = list(entry)
            continue
        sampler, low, high = entry
        inside: dict[str, Any] = {f"best[{name!r}]": (best[name], low, high)}
        require_in_range(**inside, high_open=False)
        to, back = AXES[sampler]
        centre, half = to(best[name]), (to(high) - to(low)) / (2 * zoom)
        narrow[name] = (sampler, max(low, float(back(centre - half))), min(high, float(back(centre + half))))
    return narrow


def random_search(
    space: Space, objective: Objective, n: int, rng: np.random.Generator, abort: float = 3.0
) -> list[Trial]:
    """Evaluate an objective at n random points; the best trial comes first (Bergstra & Bengio 2012).

    Where few of the hyperparameters matter, random points beat a grid of as many: each of them tries a new value of
    those few, a grid of n points in D dimensions only n^(1/D) values. Where all matter, or there is only one, the grid
    covers better.

    All points are drawn before the first evaluation: the same rng gives the same points, whatever the objective does.

    Args:
        space: name → (sampler, low, high) or a list of choices.
        objective: objective(**point) -> cost, or a generator that yields a cost now and then.
        n: number of trials.
        rng: source of randomness.
        abort: as in run_trials.

    Returns:
        n Trials, ranked as by run_trials.

    Raises:
        TypeError, ValueError: as draw_points and run_trials.
    """
    _check_space(space)
    require_callable(objective=objective)
    require_int(n=(n, 0))
    require_rng(rng=rng)
    _check_abort(abort)
    return run_trials(draw_points(space, n, rng), objective, abort)


def coarse_to_fine(
    space: Space,
    stages: Sequence[tuple[Objective, int]],
    rng: np.random.Generator,
    zoom: float = 4.0,
    abort: float = 3.0,
) -> list[Stage]:
    """Random search in stages: first everywhere with little effort, then around the best point with more.

    Stage by stage: n random points of the space, then the space narrowed around the best of them (``narrowed``). Where
    none was done, it stays as it is. Costs of different stages do not compare: train longer in the later ones.

        coarse_to_fine(space, [(two_epochs, 20), (twenty_epochs, 5)], rng)

    Args:
        space: name → (sampler, low, high) or a list of choices.
        stages: (objective, number of trials) for each stage; objectives as in run_trials.
        rng: source of randomness.
        zoom: by how much each range is narrowed after a stage, more than 1.
        abort: as in run_trials.

    Returns:
        A Stage(space, trials) for each stage. The answer is ``stages[-1].trials[0].params``; ask ``at_edge`` about it.

    Raises:
        TypeError, ValueError: as random_search; stages is no list of pairs, or zoom is not more than 1.
    """
    _check_space(space)
    if not isinstance(stages, list | tuple) or not stages:
        fail_type(f"stages must be a list of pairs (objective, number of trials), got {describe(stages)}")
    for i, stage in enumerate(stages):
        if not (isinstance(stage, tuple) and len(stage) == 2):
            fail_type(f"stages[{i}] must be a pair (objective, number of trials), got {describe(stage)}")
        require_callable(**{f"stages[{i}][0]": stage[0]})
        require_int(**{f"stages[{i}][1]": (stage[1], 1)})
    require_rng(rng=rng)
    require_in_range(zoom=(zoom, 1, math.inf), low_open=True)
    _check_abort(abort)
    done: list[Stage] = []
    for objective, n in stages:
        trials = random_search(space, objective, n, rng, abort)
        done.append(Stage(dict(space), trials))
        if trials[0].status == "done":
            space = narrowed(space, trials[0].params, zoom)
    return done


def _check_abort(abort: Any) -> None:
    if abort != math.inf:
        require_in_range(abort=(abort, 1, math.inf))
