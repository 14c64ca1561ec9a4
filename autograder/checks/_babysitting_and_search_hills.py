"""What the exercises on grids try: hills of which few or all coordinates matter; and a split of data, for the broken run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import search

from autograder.checks._babysitting_and_search_trials import evenly
from autograder.comparison import Difference
from autograder.probes import Args, Probe, args, callable_of, draw_seed, number_of, several, with_call

Array = np.ndarray
Rng = np.random.Generator


def grid_points(D: int, B: int) -> Array:
    """B points of a grid in the unit cube: (B, D), in the middles of equal intervals."""
    k = round(B ** (1 / D))
    axis = (np.arange(k) + 0.5) / k
    return np.stack(np.meshgrid(*[axis] * D, indexing="ij"), axis=-1).reshape(-1, D)


def grid_and_random(f: Callable[..., Any], D: int, B: int, rng: Rng) -> tuple[float, float]:
    """The highest of B heights on a grid, and of B at random."""
    return float(np.max(f(grid_points(D, B)))), float(np.max(f(rng.random((B, D)))))


lattice = grid_points


class Hill:
    """A hill in the unit cube, of which some coordinates matter; it takes note of where it was looked at."""

    def __init__(self, D: int, important: int, rng: Rng) -> None:
        self.D, self.important, self.centre = D, important, rng.random(D)
        self.seen: list[Array] = []

    def __call__(self, x: Any) -> Any:
        x = np.asarray(x, dtype=float)
        if x.ndim not in (1, 2) or x.shape[-1] != self.D or x.size > 100_000:
            raise ValueError(f"f: points must have shape (N, {self.D}), at most 100,000 numbers, got {x.shape}")
        self.seen.append(x.reshape(-1, self.D).copy())
        heights = search.peak(x, self.important, self.centre)
        return float(heights) if heights.ndim == 0 else heights


def a_comparison(rng: Rng) -> Args:
    """A hill without memory: two calls are two calls."""
    return args(_slope, 2, 25, draw_seed(rng))


def _slope(x: Any) -> Any:
    heights = np.asarray(x, dtype=float).sum(axis=-1)
    return float(heights) if heights.ndim == 0 else heights


def rows_sorted(points: Any) -> Any:
    if not isinstance(points, np.ndarray) or points.ndim != 2:
        return points
    points = np.round(points.astype(float), 9)
    return points[np.lexsort(points.T[::-1])]


def grids(*sizes: tuple[int, int]) -> Probe:
    """The points of some grids, in order."""

    def probe(rng: Rng, grid_points: Any, grid_and_random: Any) -> list[Any]:
        f = callable_of(grid_points)
        return [rows_sorted(as_points(f(D, B))) for D, B in sizes]

    return with_call(probe, lambda rng, names: ", ".join(f"{names[0]}({D}, {B})" for D, B in sizes))


def as_points(found: Any) -> Any:
    """A list of points as an array."""
    if isinstance(found, list | tuple):
        try:
            return np.array([np.asarray(row, dtype=float) for row in found])
        except (TypeError, ValueError):
            return found
    return found


def compared(D: int, important: int, B: int) -> Probe:
    """One comparison on a new hill, by where it was looked at and what came back."""

    def probe(rng: Rng, grid_points: Any, grid_and_random: Any) -> dict[str, Any]:
        hill, cells = Hill(D, important, rng), lattice(D, B)
        found = callable_of(grid_and_random)(hill.__call__, D, B, draw_seed(rng))
        pair = isinstance(listed(found), list | tuple)
        both = several(listed(found), 2, "the pair (grid, random)") if pair else (found, found)
        grid, random = (number_of(v, "a height") for v in both)
        seen = np.concatenate(hill.seen) if hill.seen else np.zeros((0, D))
        wanted = {tuple(p) for p in np.round(cells, 9)}
        on_grid = np.array([tuple(p) in wanted for p in np.round(seen, 9)], dtype=bool)
        others = np.unique(seen[~on_grid], axis=0)  # to ask for a height once more is no new trial
        others = np.random.default_rng(0).permutation(others)  # sorted by their first coordinate until here
        heights = search.peak(others, important, hill.centre) if len(others) else np.zeros(1)
        truth = float(search.peak(cells, important, hill.centre).max())
        enough = len(others) >= B
        return {
            "a pair of heights": pair,
            "points on the grid": len({tuple(p) for p in np.round(seen[on_grid], 9)}),
            "points at random": len(others),
            "within the unit cube": bool(((others >= 0) & (others <= 1)).all()),
            "spread evenly": enough and all(evenly(others[:, d]) for d in range(D)),
            "each coordinate by itself": enough and (D == 1 or all(
                abs(np.corrcoef(others[:, i], others[:, i + 1])[0, 1]) <= 5.5 / math.sqrt(len(others)) for i in range(D - 1))),
            "the highest on the grid": abs(grid - truth) <= 1e-9,
            "the highest at random": abs(random - float(heights.max())) <= 1e-9,
        }  # fmt: skip

    return with_call(probe, f"NAME(f, {D}, {B}, rng), by where f was asked", of=1)


COMPARED = {
    "a pair of heights": "Two heights are asked for, that of the grid and that of random search.",
    "points on the grid": "Not all points of the grid were looked at, or others instead.",
    "points at random": "Compare at equal numbers of trials: as many points at random as on the grid.",
    "within the unit cube": "Some of your random points lie outside of the unit cube.",
    "spread evenly": "Your random points are not spread evenly over the unit cube.",
    "each coordinate by itself": "The coordinates of your random points are alike: draw each of them by itself.",
    "the highest on the grid": "The first number is to be the largest height on the grid.",
    "the highest at random": "The second number is to be the largest height among the random points.",
}


def listed(found: Any) -> Any:
    return found.tolist() if isinstance(found, np.ndarray) else found


def ahead() -> Probe:
    """By how much random search is ahead of the grid, on average, where few or all coordinates count."""

    def probe(rng: Rng, grid_points: Any, grid_and_random: Any) -> dict[str, float]:
        found = {}
        for name, D, important, hills in (
            ("1 of 6 matters", 6, 1, 10),
            ("2 of 2 matter", 2, 2, 80),
            ("1 of 1", 1, 1, 10),
        ):
            differences = []
            for _ in range(hills):
                both = listed(callable_of(grid_and_random)(Hill(D, important, rng).__call__, D, 64, draw_seed(rng)))
                grid, random = (number_of(v, "a height") for v in several(both, 2, "the pair (grid, random)"))
                differences.append(random - grid)
            found[name] = float(np.mean(differences))
        return found

    return with_call(
        probe,
        "random − grid of NAME(f, D, 64, rng), means over many hills",
        of=1,
    )


def in_bands(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison of named numbers: each between (low, high); of two dicts of numbers, that they are equal."""
    for name, wanted in expected.items():
        low, high = wanted if isinstance(wanted, tuple) else (wanted - 1e-9, wanted + 1e-9)
        if not low <= given[name] <= high:
            limits = f"at least {low:.3g}" if high == math.inf else f"at most {high:.3g}" if low == -math.inf else (
                f"{low:.3g} to {high:.3g}")  # fmt: skip
            return Difference("values", f"{name}: {limits}", f"{given[name]:.3g}", "", name)
    return None


# ---------------------------------------------------------------- debug_babysitting_and_search

FAULTS = ("learning_rate", "output_layer", "no_update", "labels", "capacity")


def split(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    """X_train, y_train, X_val, y_val in random order, n_val of the samples in the validation part."""
    order = rng.permutation(len(X))
    return X[order[n_val:]], y[order[n_val:]], X[order[:n_val]], y[order[:n_val]]


def labelled(rng: Rng) -> Args:
    """Samples of which each carries its number, and labels that follow from it."""
    N = int(rng.integers(30, 60))
    X = np.column_stack([np.arange(N), rng.standard_normal((N, 2))])
    return args(X, (np.arange(N) * 7 % 10).astype(np.int64), int(rng.integers(8, 14)), draw_seed(rng))


def splits(rng: Rng, fault: Any, split: Any) -> dict[str, Any]:
    """What a split does with samples that can be told apart."""
    (X, y, n_val, seed), _ = labelled(rng)
    parts = several(callable_of(split)(X, y, n_val, seed), 4, "X_train, y_train, X_val, y_val")
    large, small = len(X) - n_val, n_val
    asked = {"as asked for": (large, large, small, small), "validation first": (small, small, large, large),
             "both X, then both y": (large, small, large, small)}  # fmt: skip
    lengths, wide = tuple(len(p) if np.ndim(p) else -1 for p in parts), [np.ndim(p) for p in parts]
    order = next((name for name, wanted in asked.items() if lengths == wanted), "other lengths")
    fits = order == "as asked for" and wide == [2, 1, 2, 1] and np.shape(parts[0])[1] == np.shape(parts[2])[1] == 3
    numbers = [np.asarray(parts[i], dtype=float)[:, 0].astype(int) if fits else np.zeros(0, int) for i in (0, 2)]
    labels = [np.asarray(parts[i]) for i in (1, 3)]
    valid = fits and all(((n >= 0) & (n < len(X))).all() for n in numbers)
    whole = valid and all(np.array_equal(np.asarray(parts[i]), X[n]) for i, n in zip((0, 2), numbers, strict=True))
    return {
        "the parts": order,
        "their shapes": fits,
        "the samples are as they were": bool(whole),
        "each label of the training part goes with its sample": bool(whole and np.array_equal(labels[0], y[numbers[0]])),
        "each label of the validation part goes with its sample": bool(whole and np.array_equal(labels[1], y[numbers[1]])),
        "every sample is in one part": bool(valid and sorted(np.concatenate(numbers).tolist()) == list(range(len(X)))),
        "the order is random": bool(valid and sorted(numbers[1].tolist()) != list(range(n_val))
                                    and sorted(numbers[1].tolist()) != list(range(len(X) - n_val, len(X)))
                                    and len({*(np.diff(numbers[1]) % len(X))}) > 1),
        "labels are whole numbers": all(part.dtype.kind in "iu" for part in labels),
    }  # fmt: skip


with_call(splits, "NAME(X, y, n_val, rng)", of=1)

APART = "Labels and samples were shuffled apart: print a sample and its label before and after the split."
SPLITS = {
    "the parts": "The four parts come in another order, or have other lengths.",
    "their shapes": "The four parts have other shapes than they should.",
    "the samples are as they were": "The rows of X are not the rows that came in.",
    "each label of the training part goes with its sample": APART,
    "each label of the validation part goes with its sample": APART,
    "every sample is in one part": "Some samples are in both parts, or in none, or twice in one.",
    "the order is random": """The order is no longer random: data often come sorted by class, and then the parts do
        not resemble each other.""",
    "labels are whole numbers": """Your labels have become floating-point numbers. Who counts or looks up classes by them
        needs whole ones.""",
}
