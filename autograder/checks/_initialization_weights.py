"""What the exercises about single weight matrices try: which shapes, which law, and how the answer is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.initializers import TRUNCATED_STD

from autograder.comparison import Comparison, Difference
from autograder.exercise import Case
from autograder.moments import Law, follows, normal_law, separate
from autograder.probes import Args, args, callable_of, draw_seed, returns
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Shape = tuple[int, ...]


# ---------------------------------------------------------------- shapes


def rectangle(rng: Rng) -> tuple[int, int]:
    """The shape of a weight matrix in which fan_in, fan_out, their mean and twice their mean are told apart by the spread."""
    a, b = rng.permutation([70, 110, 260, 420])[:2].tolist()
    return a, b


def tall(rng: Rng) -> tuple[int, int]:
    return max(pair := rectangle(rng)), min(pair)


def wide(rng: Rng) -> tuple[int, int]:
    return min(pair := rectangle(rng)), max(pair)


def large(rng: Rng) -> tuple[int, int]:
    """So many weights that a variance 4 % off is seen."""
    return (420, 300) if rng.random() < 0.5 else (300, 420)


def kernel(rng: Rng) -> Shape:
    """The shape of a convolution's weights, all four lengths different."""
    kh, kw, c_in, c_out = rng.permutation([2, 3, 5, 7, 8, 12, 20, 33])[:4].tolist()
    return kh, kw, c_in, c_out


def both_fans(rng: Rng, compute_fans: Any) -> list[Any]:
    """Fans of a dense layer and of a convolution: one case, because returning the input is right for a dense layer."""
    return [callable_of(compute_fans)(shape) for shape in (rectangle(rng), kernel(rng))]


# ---------------------------------------------------------------- weights


Problem = tuple[Callable[[Rng], Args], Callable[[Rng], Any]]  # the arguments of a call; the law that the weights follow


def weights(group: Callable[..., Case], name: str, problem: Problem, compare: Comparison, of: int = 0) -> Case:
    """A case for an initializer. The two halves of a problem are told apart so that who calls need not know the law."""
    return group(name, returns(problem[0], of=of), compare, expected=problem[1])


def asked(
    shape_of: Callable[[Rng], Shape],
    variance: Callable[..., float],
    law: Callable[[Shape, float], Any] = normal_law,
    **named: Any,
) -> Problem:
    """A problem: init(shape, rng, **named), of variance ``variance(fan_in, fan_out)``."""

    def law_of(rng: Rng) -> Any:
        shape = shape_of(rng)
        field = math.prod(shape[:-2])
        return law(shape, variance(field * shape[-2], field * shape[-1]))

    return lambda rng: args(shape_of(rng), draw_seed(rng), **named), law_of


def halves(problem: Callable[[Rng], tuple[Args, Law]]) -> Problem:
    """A problem whose law is drawn together with its arguments."""
    return lambda rng: problem(rng)[0], lambda rng: problem(rng)[1]


@halves
def any_slope(rng: Rng) -> tuple[Args, Law]:
    """he_normal for a steep negative side."""
    shape, slope = large(rng), round(float(rng.uniform(0.4, 0.9)), 2)
    return args(shape, draw_seed(rng), negative_slope=slope), normal_law(shape, 2 / ((1 + slope**2) * shape[0]))


def any_scaling(shape_of: Callable[[Rng], Shape]) -> Problem:
    """variance_scaling with a scale that is not 1, in a mode drawn at random."""

    @halves
    def problem(rng: Rng) -> tuple[Args, Law]:
        shape, mode = shape_of(rng), str(rng.choice(["fan_in", "fan_avg", "fan_out"]))
        scale = round(float(rng.choice([rng.uniform(0.3, 0.6), rng.uniform(1.7, 3.0)])), 2)
        field = math.prod(shape[:-2])
        fan_in, fan_out = field * shape[-2], field * shape[-1]
        n = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2, "fan_out": fan_out}[mode]
        return args(shape, draw_seed(rng), scale=scale, mode=mode), normal_law(shape, scale / n)

    return problem


def float64_weights(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison: an array of float64 in the right shape, each entry drawn for itself, from whatever law."""
    if difference := follows(separate)(given, expected, slack):
        return difference
    return None if given.dtype == np.float64 else Difference("dtype", "dtype float64", f"dtype {given.dtype}")


def ends(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison of the smallest and the largest value. Expected is (shape, r): none beyond ±r, both ends nearly reached."""
    if isinstance(expected, np.ndarray):  # a wrong version's sample
        low, high, tolerance = float(expected.min()), float(expected.max()), 0.05 * float(np.ptp(expected))
        shape = expected.shape
    elif isinstance(expected, tuple):
        shape, r = expected
        low, high, tolerance = -r, r, 0.01 * r
    else:
        return Difference("type", kind_text(expected), kind_text(given))
    if not isinstance(given, np.ndarray) or given.shape != shape or not given.size or given.dtype.kind != "f":
        return Difference("shape", f"an array of shape {shape}", kind_text(given))
    a, b = float(given.min()), float(given.max())
    beyond = 1e-9 * abs(high) if isinstance(expected, tuple) else tolerance
    if low - beyond <= a <= low + tolerance and high - tolerance <= b <= high + beyond:
        return None
    hint = "Some weights lie beyond the limit." if a < low - beyond or b > high + beyond else (
        "The weights do not come near the limit on both sides.")  # fmt: skip
    return Difference("values", f"between {low:.4g} and {high:.4g}", f"between {a:.4g} and {b:.4g}", hint)


def uniform_ends(shape: Shape, variance: float) -> tuple[Shape, float]:
    return shape, math.sqrt(3 * variance)


def truncated_ends(shape: Shape, variance: float) -> tuple[Shape, float]:
    return shape, 2 * math.sqrt(variance) / TRUNCATED_STD
