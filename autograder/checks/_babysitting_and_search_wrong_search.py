"""Wrong versions of random search and its tools, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import islice, product
from typing import Any

import numpy as np
from gradus.search_trials import at_edge

from autograder.checks import _babysitting_and_search_hills as hills
from autograder.checks import _babysitting_and_search_trials as ref
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator

# ---------------------------------------------------------------- log_uniform, random_search, at_edge


def log_uniform(low: float, high: float, size: Any, rng: Rng) -> Any:
    return 10 ** rng.uniform(np.log10(low), np.log10(high), size)


def drawing(name: str, sentence: str, version: Any) -> Mistake:
    return mistake(name, sentence, version, ref.random_search, at_edge)


def searching(name: str, sentence: str, version: Any) -> Mistake:
    return mistake(name, sentence, log_uniform, version, at_edge)


def edging(name: str, sentence: str, version: Any) -> Mistake:
    return mistake(name, sentence, log_uniform, ref.random_search, version)


def search_with(
    *,
    draw: Callable[..., Any] = lambda space, rng, i: {k: log_uniform(*v, None, rng) for k, v in space.items()},
    hopeless: Callable[[float, float, float, float], bool] = lambda cost, first, before, abort: (
        not (cost <= abort * first and cost < math.inf)
    ),
    lost: Callable[[float], float] = lambda cost: math.inf,
    counts: Callable[[list[float]], float] = lambda costs: costs[-1],
    on: bool = False,
    kept: bool = True,
    order: Callable[[list[Any]], Any] = lambda trials: sorted(trials, key=lambda trial: trial[1]),
    budget: int = 0,
) -> Callable[..., Any]:
    """random_search with one part in a wrong version."""

    def random_search(space: Any, objective: Any, n: int, rng: Rng, abort: float = 3.0, epochs: int = 5) -> Any:
        trials = []
        for i in range(n):
            point = draw(space, rng, i)
            costs: list[float] = []
            ended = False
            for epoch in range(budget or epochs):
                costs.append(objective(point, epoch))
                if hopeless(costs[-1], costs[0], costs[-2] if epoch else costs[0], abort):
                    ended = True
                    if not on:
                        break
            if ended and not kept:
                continue
            trials.append((point, lost(costs[-1]) if ended else counts(costs)))
        return order(trials)

    return random_search


def last_epoch_unchecked(
    space: Any, objective: Any, n: int, rng: Rng, abort: float = 3.0, epochs: int = 5
) -> list[tuple[dict[str, float], float]]:
    trials = []
    for _ in range(n):
        point = {k: log_uniform(*v, None, rng) for k, v in space.items()}
        first = cost = objective(point, 0)
        for epoch in range(1, epochs):
            if not (cost <= abort * first and cost < math.inf):
                cost = math.inf
                break
            cost = objective(point, epoch)
        trials.append((point, cost))
    return sorted(trials, key=lambda trial: trial[1])


def one_share_for_all(space: Any, rng: Rng, i: int) -> Any:
    u = rng.random()
    return {k: low * (high / low) ** u for k, (low, high) in space.items()}


def edge_with(inside: Callable[[float, float], bool], *, scale: Any = None) -> Callable[..., Any]:
    """at_edge by the share of the way from low to high."""

    def at_edge(best: float, low: float, high: float, frac: float = 0.1, log: bool = True) -> bool:
        to = scale or (math.log if log else float)
        return inside((to(best) - to(low)) / (to(high) - to(low)), frac)

    return at_edge


def evenly_spaced(low: float, high: float, size: Any) -> Any:
    return math.sqrt(low * high) if size is None else np.geomspace(low, high, int(np.prod(size))).reshape(size)


def share_of_the_value(best: float, low: float, high: float, frac: float = 0.1, log: bool = True) -> bool:
    return bool(best <= low * (1 + frac) or best >= high * (1 - frac))


LOG_UNIFORM = [
    drawing("raw_scale", """You draw on the raw scale: nine of ten of your numbers lie in the topmost decade. Each
        decade is to get as many.""", lambda low, high, size, rng: rng.uniform(low, high, size)),
    drawing("mixed_bases", """You take natural logarithms of the bounds and raise 10 to them: your numbers leave the
        range. The base does not matter, but it must be the same both ways.""",
        lambda low, high, size, rng: 10 ** rng.uniform(np.log(low), np.log(high), size)),
    drawing("mixed_bases_the_other_way", """You take logarithms with base 10 and raise e to them: your numbers fill a
        part of the range only. The base does not matter, but it must be the same both ways.""",
        lambda low, high, size, rng: np.exp(rng.uniform(np.log10(low), np.log10(high), size))),
    drawing("exponents", """You give back the exponents. The numbers themselves are asked for.""",
        lambda low, high, size, rng: rng.uniform(np.log10(low), np.log10(high), size)),
    drawing("whole_exponents", """Your exponents are whole numbers: between 0.01 and 0.1 there is nothing.""",
        lambda low, high, size, rng: 10.0 ** rng.integers(math.ceil(np.log10(low)), math.floor(np.log10(high)) + 1, size)),
    drawing("bounds_as_exponents", """You take low and high for exponents. They are the bounds of the numbers
        themselves.""",
        lambda low, high, size, rng: 10 ** rng.uniform(low, high, size)),
    drawing("evenly_spaced", """Your numbers come in order, evenly spaced: that is a grid. Draw each of them.""",
        lambda low, high, size, rng: evenly_spaced(low, high, size)),
    drawing("normal", """Your exponents crowd in the middle: they are to be spread evenly.""",
        lambda low, high, size, rng: 10 ** np.clip(rng.normal(
            np.log10(low * high) / 2, np.log10(high / low) / 6, size), np.log10(low), np.log10(high))),
    searching("nan_best", """A trial whose cost is NaN is not put last: NaN compares as false with everything, and sorts
        anywhere.""", search_with(hopeless=lambda cost, first, before, abort: cost > abort * first)),
    searching("nan_kept", """A trial that was ended keeps the cost it had when it ended, be it NaN or just too large. It
        is to count as the worst of all.""", search_with(lost=lambda cost: cost)),
    searching("nan_to_zero", """You make 0 of what is no number: then the trials that failed are the best.""",
        search_with(lost=lambda cost: 0.0)),
    searching("last_epoch_unchecked", """You look at a cost before you ask for the next epoch, so that of the last epoch
        is never looked at. It, too, may be hopeless.""", last_epoch_unchecked),
    searching("infinity_goes_on", """A trial whose cost is infinite goes on: is infinity larger than abort times the
        first cost in your comparison?""", search_with(hopeless=lambda cost, first, before, abort: math.isnan(cost) or (
            cost > abort * first and cost < math.inf))),
    searching("never_ended", """Hopeless trials are trained to the end. That they are given up is what saves the time.""",
        search_with(on=True)),
    searching("compared_with_the_last", """You compare each cost with the one before. A cost that grows steadily is
        never three times as large as the last one: compare with the first.""",
        search_with(hopeless=lambda cost, first, before, abort: not (cost <= abort * before and cost < math.inf))),
    searching("any_rise", """You give up a trial as soon as its cost has grown. How much worse than the first may it be?""",
        search_with(hopeless=lambda cost, first, before, abort: not (cost <= first and cost < math.inf))),
    searching("abort_ignored", """You end trials at 3 times the first cost, whatever abort is.""",
        search_with(hopeless=lambda cost, first, before, abort: not (cost <= 3.0 * first and cost < math.inf))),
    searching("absolute_abort", """You end trials whose cost is above abort. It is abort times the first cost.""",
        search_with(hopeless=lambda cost, first, before, abort: not (cost <= abort and cost < math.inf))),
    searching("failed_left_out", """The trials that were ended are missing from your list. That they failed is worth
        knowing.""",
        search_with(kept=False)),
    searching("best_epoch", """You take the smallest cost on the way. What counts is that of the last epoch: it is the
        network you would have.""", search_with(counts=min)),
    searching("mean_cost", """You take the mean over the epochs. What counts is the cost of the last one.""",
        search_with(counts=lambda costs: float(np.mean(costs)))),
    searching("first_cost", """You take the cost of the first epoch. What counts is that of the last one.""",
        search_with(counts=lambda costs: costs[0])),
    searching("epochs_ignored", """You train for five epochs, whatever epochs is.""", search_with(budget=5)),
    searching("not_sorted", """Your trials come in the order in which they were drawn. The best is to come first.""",
        search_with(order=list)),
    searching("worst_first", """Your worst trial comes first.""",
        search_with(order=lambda trials: sorted(trials, key=lambda trial: -trial[1]))),
    searching("only_the_best", """You give back the best trial only. All of them are asked for: their spread shows where
        to look next.""", search_with(order=lambda trials: min(trials, key=lambda trial: trial[1]))),
    searching("cost_first", """The two parts of a trial come in the other order: first the point, then its cost.""",
        search_with(order=lambda trials: [(cost, point) for point, cost in sorted(trials, key=lambda t: t[1])])),
    searching("points_on_the_raw_scale", """Your points lie on the raw scale, nine of ten in the topmost decade: draw
        them with log_uniform.""", search_with(draw=lambda space, rng, i: {k: float(rng.uniform(*v)) for k, v in space.items()})),
    searching("one_share_for_all", """All hyperparameters of your points lie at the same place of their ranges: draw
        each by itself, or you search on a diagonal.""", search_with(draw=one_share_for_all)),
    searching("own_rng", """Your points are the same whatever generator is given: draw them from rng.""",
        search_with(draw=lambda space, rng, i: {
            k: log_uniform(*v, None, np.random.default_rng([i, len(k)])) for k, v in space.items()})),
    edging("frac_ignored", """Your edges are a tenth of the range wide, whatever frac is.""",
        edge_with(lambda u, frac: u <= 0.1 or u >= 0.9)),
    edging("raw_edges", """You measure on the raw scale. Half-way between 0.0001 and 1 on a logarithmic one is 0.01,
        which is close to no edge.""", edge_with(lambda u, frac: u <= frac or u >= 1 - frac, scale=float)),
    edging("share_of_the_value", """You allow for a share of the bounds themselves. It is a share of the range, measured
        between the logarithms of its ends.""", share_of_the_value),
    edging("upper_edge_only", """The lower end is an edge as well.""", edge_with(lambda u, frac: u >= 1 - frac)),
    edging("lower_edge_only", """The upper end is an edge as well.""", edge_with(lambda u, frac: u <= frac)),
    edging("ends_only", """Only the ends themselves are edges in yours: what is frac for?""",
        edge_with(lambda u, frac: u <= 0 or u >= 1)),
    edging("inside", """Your answer is the other way round: True means close to an end.""",
        edge_with(lambda u, frac: frac < u < 1 - frac)),
    edging("log_ignored", """With log=False the range was searched on the raw scale: measure there.""",
        edge_with(lambda u, frac: u <= frac or u >= 1 - frac, scale=math.log)),
]  # fmt: skip

# ---------------------------------------------------------------- grid_points, grid_and_random


def axis_of(D: int, B: int) -> Array:
    k = round(B ** (1 / D))
    return (np.arange(k) + 0.5) / k


def cells(axis: Array, D: int) -> Array:
    return np.array(list(product(axis, repeat=D)))


def with_grid(grid: Callable[[int, int], Any]) -> tuple[Any, Any]:
    def grid_and_random(f: Any, D: int, B: int, rng: Rng) -> Any:
        return float(np.max(f(grid(D, B)))), float(np.max(f(rng.random((B, D)))))

    return grid, grid_and_random


def too_many(D: int, B: int) -> Array:
    """The first few thousand of B to the power of D points."""
    return np.array(list(islice(product((np.arange(B) + 0.5) / B, repeat=D), 5000)))


def truncated(D: int, B: int) -> Array:
    k = max(int(B ** (1 / D)), 1)
    return cells((np.arange(k) + 0.5) / k, D)


def comparing(
    *,
    points: Callable[[Rng, int, int], Any] = lambda rng, B, D: rng.random((B, D)),
    best: Callable[[Any], Any] = np.max,
    result: Callable[[float, float], Any] = lambda grid, random: (grid, random),
    grid: Callable[[int, int], Any] = hills.grid_points,
) -> tuple[Any, Any]:
    def grid_and_random(f: Any, D: int, B: int, rng: Rng) -> Any:
        return result(float(best(f(grid(D, B)))), float(best(f(points(rng, B, D)))))

    return hills.grid_points, grid_and_random


def shuffled_grid(rng: Rng, B: int, D: int) -> Array:
    """As many random points as the grid has values on an axis."""
    return rng.random((round(B ** (1 / D)), D))


GRID_POINTS = [
    mistake("truncated_root", """Your grid has too few values on an axis: 64 ** (1 / 3) is 3.9999…, and int cuts off
        what is behind the point.""", *with_grid(truncated)),
    mistake("with_the_ends", """Your grid runs from 0 to 1, ends included. Its values are to lie in the middles of equal
        intervals.""", *with_grid(lambda D, B: cells(np.linspace(0, 1, len(axis_of(D, B))), D))),
    mistake("from_the_left", """Your values lie at the left ends of the intervals. They are to lie in the middles.""",
        *with_grid(lambda D, B: cells(np.arange(len(axis_of(D, B))) / len(axis_of(D, B)), D))),
    mistake("diagonal", """Your points lie on the diagonal of the cube: a grid combines each value of one axis with each
        of the others.""", *with_grid(lambda D, B: np.tile(((np.arange(B) + 0.5) / B)[:, None], (1, D)))),
    mistake("values_on_the_diagonal", """Your grid has as many points as an axis has values: combine each value of one
        axis with each of the others.""", *with_grid(lambda D, B: np.tile(axis_of(D, B)[:, None], (1, D)))),
    mistake("B_on_each_axis", """Your grid has B values on each axis, and many more points than B. The budget is B trials for the
        whole of it.""", *with_grid(too_many)),
    mistake("transposed", """Your array has a point in each column. A point is a row: the shape is (B, D).""",
        *with_grid(lambda D, B: hills.grid_points(D, B).T)),
    mistake("budget_of_an_axis", """You compare many trials on the grid with few at random. Compare at equal numbers of
        trials.""", *comparing(points=shuffled_grid)),
    mistake("ten_times_the_budget", """You give random search more trials than the grid. Compare at equal numbers of
        trials.""",
        *comparing(points=lambda rng, B, D: rng.random((10 * B, D)))),
    mistake("D_times_the_budget", """You give random search B trials for each coordinate. Compare at equal numbers of trials.""",
        *comparing(points=lambda rng, B, D: rng.random((B * D, D)))),
    mistake("one_number_for_all", """All coordinates of your random points are alike: you search on the diagonal. Draw
        each of them by itself.""", *comparing(points=lambda rng, B, D: np.tile(rng.random((B, 1)), (1, D)))),
    mistake("normal", """Your random points are normally distributed, and leave the cube. They are to be spread evenly
        between 0 and 1.""", *comparing(points=lambda rng, B, D: 0.5 + 0.2 * rng.standard_normal((B, D)))),
    mistake("drawn_from_the_grid", """Your random points are points of the grid. Random search is not bound to its
        values: that is its strength.""", *comparing(points=lambda rng, B, D: rng.permutation(hills.grid_points(D, B)))),
    mistake("lowest", """You take the lowest height. It is the top of the hill that is looked for.""", *comparing(best=np.min)),
    mistake("mean_height", """You take the mean of the heights. A search ends with the best of its points.""",
        *comparing(best=np.mean)),
    mistake("first_height", """You take the height of the first point. A search ends with the best of its points.""",
        *comparing(best=lambda heights: np.ravel(heights)[0])),
    mistake("order", """The two heights come in the other order: first the grid, then random search.""",
        *comparing(result=lambda grid, random: (random, grid))),
    mistake("difference", """You give back the difference. Both heights are asked for.""",
        *comparing(result=lambda grid, random: random - grid)),
    mistake("own_rng", """Your random points are the same whatever generator is given: draw them from rng.""",
        *comparing(points=lambda rng, B, D: np.random.default_rng(0).random((B, D)))),
]  # fmt: skip
