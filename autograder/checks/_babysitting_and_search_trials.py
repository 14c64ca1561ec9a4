"""What the exercises on random search try: numbers on a logarithmic scale, trials that fail, and edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import search

from autograder.checks._babysitting_and_search_probes import truth_of
from autograder.comparison import Difference
from autograder.handle import Seed, StudentFailure
from autograder.moments import Law, centred, follows, form, separate, spread, unrelated
from autograder.probes import Args, Probe, args, callable_of, drain, draw_seed, number_of, several, with_call
from autograder.wording import call_text, kind_text

Array = np.ndarray
Rng = np.random.Generator
Point = dict[str, float]
Space = dict[str, tuple[float, float]]

# ---------------------------------------------------------------- log_uniform


def decades(rng: Rng) -> Args:
    """Bounds that are no powers of ten, some decades apart."""
    low = float(10 ** rng.uniform(-6, -3))
    return args(low, low * float(10 ** rng.uniform(2, 4)), (60, 50), draw_seed(rng))


def five_decades(rng: Rng) -> Args:
    return args(1e-5, 1.0, 1000, draw_seed(rng))


def few_decades(rng: Rng) -> Args:
    return args(1e-3, 1.0, (3, 4), draw_seed(rng))


def on_the_scale(make: Callable[[Rng], Args]) -> Probe:
    """Where the numbers lie between the logarithms of the bounds, as shares of the way; negative ones below −2."""

    def probe(rng: Rng, *objects: Any) -> Any:
        (low, high, size, seed), _ = make(rng)
        if np.ndim(single := callable_of(objects[0])(low, high, None, seed)):
            raise StudentFailure(
                "wrong", "", f"one number is expected where size is None, yours is {kind_text(single)}"
            )
        found = callable_of(objects[0])(low, high, size, seed)
        if not isinstance(found, np.ndarray) or found.dtype.kind != "f":
            return found
        with np.errstate(all="ignore"):
            share = (np.log10(np.maximum(np.abs(found), 1e-300)) - math.log10(low)) / math.log10(high / low)
        return np.where(found > 0, share, -2 - np.abs(share))

    return with_call(probe, lambda rng, names: "log10 of " + call_text(names[0], *make(rng)))


def even(make: Callable[[Rng], Args]) -> Callable[[Rng], Law]:
    """Between 0 and 1, all alike."""

    def law(rng: Rng) -> Law:
        size = make(rng)[0][2]
        return Law(size if isinstance(size, tuple) else (size,), 1 / 12, 9 / 5, 1 - 1 / math.sqrt(3), 0.5)

    return law


def between_bounds(given: Law, expected: Law, width: float) -> Difference | None:
    """No value outside of the bounds. An aspect; of two samples, that both have such values or neither."""

    def outside(law: Law) -> bool:
        return law.values is not None and not bool(((law.values >= -1e-9) & (law.values <= 1 + 1e-9)).all())

    if outside(given) == outside(expected):
        return None
    return Difference(
        "values", "numbers between low and high", "others", "Some of your numbers lie outside of low and high."
    )


EVENLY = follows(between_bounds, centred, spread, form, separate, unrelated)

# ---------------------------------------------------------------- random_search


def random_search(
    space: Space, objective: Callable[..., float], n: int, rng: Rng, abort: float = 3.0, epochs: int = 5
) -> list[tuple[Point, float]]:
    """n random points of the space and their costs, best first; infinite where the training was not worth its while."""
    trials = []
    for _ in range(n):
        point = {name: search.log_uniform(low, high, None, rng) for name, (low, high) in space.items()}
        first = cost = math.nan
        for epoch in range(epochs):
            cost = objective(point, epoch)
            first = cost if epoch == 0 else first
            if not cost <= abort * first or math.isinf(cost):
                cost = math.inf
                break
        trials.append((point, cost))
    return sorted(trials, key=lambda trial: trial[1])


class Objective:
    """A cost that falls, grows, or is no number, as the first hyperparameter says; it takes note of what it is asked."""

    def __init__(self, space: Space, abort: float, epochs: int) -> None:
        self.space, self.abort, self.epochs = space, abort, epochs
        self.first = next(iter(space))
        self.asked: dict[float, list[int]] = {}

    def share(self, point: Point) -> float:
        low, high = self.space[self.first]
        return math.log(point[self.first] / low) / math.log(high / low)

    def cost(self, point: Point, epoch: int) -> float:
        u = self.share(point)
        if u < 0.1:
            return math.nan if u > 0.05 else math.inf  # from the start
        if u > 0.9:
            return math.nan if epoch >= 2 else 2.0 + u
        if u > 0.8:
            return math.inf if epoch >= 1 else 2.0 + u
        if u > 0.6:
            return (1 + u) * 1.7**epoch  # 1.7, 2.9, 4.9 times the first one
        if u > 0.5:
            return (1 + u) * (10.0 if epoch == self.epochs - 1 else 1.0)  # hopeless in the very last epoch
        second = [point[name] / high for name, (_, high) in self.space.items() if name != self.first]
        # it falls, and rises again in the end; after the first epoch it is worse for a while
        return (1 + u) * (0.5 + 0.5 * 0.6**epoch + 0.03 * epoch**2) + 0.1 * sum(second) + 0.4 * (epoch == 1)

    def __call__(self, point: Any, epoch: Any) -> float:
        if not isinstance(point, dict) or set(point) != set(self.space):
            raise ValueError(f"objective: point must be a dict with {', '.join(self.space)}")
        point = {name: float(value) for name, value in point.items()}
        if not all(v > 0 for v in point.values()):
            raise ValueError("objective: all hyperparameters must be positive")
        self.asked.setdefault(point[self.first], []).append(int(epoch))
        return self.cost(point, int(epoch))

    def fate(self, point: Point) -> tuple[float, list[int]]:
        """The cost that counts for a point, and the epochs that it takes to know it."""
        first = self.cost(point, 0)
        for epoch in range(self.epochs):
            cost = self.cost(point, epoch)
            if not cost <= self.abort * first or math.isinf(cost):
                return math.inf, list(range(epoch + 1))
        return cost, list(range(self.epochs))

    def whose(self, trials: list[tuple[Point, float]]) -> str:
        """Which cost those trials have that were trained to the end."""
        ways: dict[str, Callable[[list[float]], float]] = {
            "the last epoch": lambda costs: costs[-1], "the best epoch": min, "the first epoch": lambda costs: costs[0],
            "all epochs, their mean": lambda costs: float(np.mean(costs)),
        }  # fmt: skip
        done = [(cost, [self.cost(point, epoch) for epoch in range(self.epochs)]) for point, cost in trials
                if self.fate(point)[0] < math.inf]  # fmt: skip
        return next((way for way, f in ways.items() if all(abs(c - f(costs)) <= 1e-9 for c, costs in done)), "none")


def trials_of(found: Any) -> tuple[list[tuple[Point, float]], bool]:
    """The trials that were returned, as (point, cost), and whether all of them came in this order.

    Raises:
        StudentFailure: they are something else.
    """
    if not isinstance(found, list | tuple):
        raise StudentFailure("wrong", "", f"a list of trials is expected, yours is {kind_text(found)}")
    if len(found) == 2 and isinstance(found[0], dict) and not isinstance(found[1], dict | list | tuple):
        found = [found]  # one trial, for the list of them
    trials, in_order = [], True
    for trial in found:
        trial = drain(trial, 2) if hasattr(trial, "call") else trial  # a tuple with names
        point, cost = several(trial, 2, "a trial, the pair (point, cost),")
        if isinstance(cost, dict) and not isinstance(point, dict):
            point, cost, in_order = cost, point, False
        if not isinstance(point, dict):
            raise StudentFailure(
                "wrong", "", f"a trial is a pair (point, cost); the first of yours is {kind_text(point)}"
            )
        trials.append(({k: number_of(v, "a hyperparameter") for k, v in point.items()}, number_of(cost, "a cost")))
    return trials, in_order


def searched(n: int, abort: float | None = None, epochs: int | None = None) -> Probe:
    """A search, by what the objective was asked and what came back."""

    def probe(rng: Rng, log_uniform: Any, random_search: Any, at_edge: Any) -> dict[str, Any]:
        low = float(10 ** rng.uniform(-5, -4))
        space: Space = {"lr": (low, low * 1e4), "decay": (1e-6, 1e-1)}
        objective = Objective(space, abort or 3.0, epochs or 5)
        named = {k: v for k, v in {"abort": abort, "epochs": epochs}.items() if v is not None}
        trials, in_order = trials_of(callable_of(random_search)(space, objective.__call__, n, draw_seed(rng), **named))
        known = all(set(point) == set(space) and all(v > 0 for v in point.values()) for point, _ in trials)
        right = [(cost, objective.fate(point)[0]) for point, cost in trials] if known else []
        wanted = {point["lr"]: objective.fate(point)[1] for point, _ in trials} if known else {}
        early = [c for (c, truth), (point, _) in zip(right, trials, strict=False)
                 if truth == math.inf and len(wanted[point["lr"]]) < objective.epochs]  # fmt: skip
        late = [c for (c, truth), (point, _) in zip(right, trials, strict=False)
                if truth == math.inf and len(wanted[point["lr"]]) == objective.epochs]  # fmt: skip
        logs = {name: np.log10([point[name] / space[name][0] for point, _ in trials]) / math.log10(high / bottom)
                for name, (bottom, high) in space.items()} if known else {}  # fmt: skip
        costs = [cost for _, cost in trials]
        return {
            "trials": len(trials),
            "first the point, then its cost": in_order,
            "different points": len({point.get("lr") for point, _ in trials}),
            "within the bounds": known and all(bool(((u > -1e-9) & (u < 1 + 1e-9)).all()) for u in logs.values()),
            "on a logarithmic scale": known and all(evenly(u) for u in logs.values()),
            "independent of each other": known and unrelated_pair(logs["lr"], logs["decay"]),
            "epochs wasted": sum(max(len(v) - len(wanted.get(k, ())), 0) for k, v in objective.asked.items()),
            "the others are not": all(len(objective.asked.get(k, ())) >= len(v) for k, v in wanted.items()),
            "epoch after epoch": all(v == list(range(len(v))) for v in objective.asked.values()),
            "a hopeless trial costs": price(early, late),
            "the cost is that of": objective.whose(trials) if known else "unknown points",
            "the order": "best first"
            if costs == sorted(costs)
            else "worst first"
            if costs == sorted(costs)[::-1]
            else "another",
        }

    more = "".join(f", {k}={v}" for k, v in (("abort", abort), ("epochs", epochs)) if v is not None)
    return with_call(probe, f"NAME(space, objective, {n}, rng{more}), by what objective was asked", of=1)


def price(early: list[float], late: list[float]) -> str:
    """What the hopeless trials of a search are said to cost; `late` are those that became so in the last epoch."""
    ways = {"infinity": math.inf, "0": 0.0}
    if all(c == math.inf for c in early) and not all(c == math.inf for c in late):
        return "infinity, but not in the last epoch"
    return next((name for name, cost in ways.items() if all(c == cost for c in early + late)), "something else")


def evenly(u: Array) -> bool:
    """Kolmogorov and Smirnov's test of shares between 0 and 1; wrong once in a thousand million times."""
    u = np.sort(u)
    steps = np.arange(len(u) + 1) / len(u)
    return bool(max((steps[1:] - u).max(initial=0), (u - steps[:-1]).max(initial=0)) <= 3.3 / math.sqrt(max(len(u), 1)))


def unrelated_pair(u: Array, v: Array) -> bool:
    if len(u) < 3 or not (np.ptp(u) > 0 and np.ptp(v) > 0):
        return False
    return bool(abs(np.corrcoef(u, v)[0, 1]) <= 5.5 / math.sqrt(len(u)))


SEARCHED = {
    "first the point, then its cost": "A trial is a pair: first the point, then its cost.",
    "trials": "There is to be a trial for each point, the hopeless ones included.",
    "different points": "Several trials have the same point: draw a new one for each.",
    "within the bounds": "Some hyperparameters lie outside of the bounds of their space, or are missing.",
    "on a logarithmic scale": "Your hyperparameters are not spread evenly over the decades: draw them with log_uniform.",
    "independent of each other": """Large values of one hyperparameter go with large, or small, ones of the other:
        draw each by itself.""",
    "epochs wasted": """Trials go on after their cost has become no number, infinite, or too large: the
        epochs that are left are wasted.""",
    "the others are not": "Some trials are ended although there is still hope, or end an epoch too early.",
    "epoch after epoch": "The objective is to be asked for epoch 0, 1, 2, … of a point, once for each.",
    "a hopeless trial costs": """A trial that was ended has a cost that is not infinite. NaN is smaller than
        nothing and larger than nothing, and sorts anywhere.""",
    "the cost is that of": "What counts is the cost of the last epoch, be it smaller or larger than the ones before.",
    "the order": "The trials are to come in the order of their costs, the smallest first.",
}


def draws(rng: Rng, log_uniform: Any, random_search: Any, at_edge: Any) -> dict[str, bool]:
    """Whether rng decides on the points."""
    found = []
    for seed in (3, 3, 4):
        objective = Objective({"lr": (1e-4, 1.0)}, 3.0, 2)
        callable_of(random_search)(objective.space, objective.__call__, 5, Seed(seed), epochs=2)
        found.append(sorted(objective.asked))
    return {"the same rng, the same points": found[0] == found[1], "another rng, others": found[0] != found[2]}


DRAWN = {
    "the same rng, the same points": "Two generators made from the same seed gave different points: draw them from rng.",
    "another rng, others": "Whatever the generator, the points are the same ones: draw them from rng.",
}

# ---------------------------------------------------------------- at_edge


def edges(log: bool, frac: float | None = None) -> Probe:
    """Places near both ends and in between, none of them close to the limit itself."""

    def places(rng: Rng) -> list[tuple[Any, ...]]:
        low = float(10 ** rng.uniform(-4, 0))
        high = low * float(10 ** rng.uniform(2, 4))
        f = 0.1 if frac is None else frac
        shares = [0.0, 0.5 * f, 0.9 * f, 1.1 * f, 0.5, 1 - 1.1 * f, 1 - 0.9 * f, 1 - 0.5 * f, 1.0, 0.3, 0.7]
        return [(low * (high / low) ** u if log else low + (high - low) * u, low, high) for u in shares]

    def probe(rng: Rng, log_uniform: Any, random_search: Any, at_edge: Any) -> list[Any]:
        f = callable_of(at_edge)
        more = ({} if frac is None else {"frac": frac}) | ({} if log else {"log": False})
        return [truth_of(f(min(max(best, low), high), low, high, **more)) for best, low, high in places(rng)]

    return probe


def some_edges(rng: Rng, log_uniform: Any, random_search: Any, at_edge: Any) -> list[Any]:
    f = callable_of(at_edge)
    return [truth_of(f(best, 1e-4, 1.0)) for best in (0.3, 0.9, 1e-4, 1.5e-4, 0.01, 0.5)]


with_call(some_edges, "NAME(best, 0.0001, 1.0) for best = 0.3, 0.9, 0.0001, 0.00015, 0.01, 0.5", of=2)
