"""What the exercise on measured slopes tries: difference quotients, and the best step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks import _autodiff_graphs as graphs
from autograder.checks._autodiff_1_to_10_probes import box_of, given_by
from autograder.comparison import Difference
from autograder.handle import Handle
from autograder.probes import Probe, callable_of, same, with_call
from autograder.wording import pair_text

Array = np.ndarray
Rng = np.random.Generator
Formula = Callable[[Array], Any]


def data_of(v: Any) -> Array:
    """The array in what a function of the check is called with: what a function of a student's would take out of it.

    Raises:
        AttributeError: it is no Variable.
    """
    if not hasattr(v, "call"):
        raise AttributeError(f"{type(v).__name__!r} object has no attribute 'data'")
    return graphs.array_of(v.get("data"), "x.data")


def function_of(Variable: Handle, formula: Formula, seen: list[Array] | None = None) -> Callable[[Any], Any]:
    """A function that takes a Variable of the student's and returns one; `seen` notes what it was called with."""

    def f(x: Any) -> Any:
        data = data_of(x)
        if seen is not None:
            seen.append(data)
        with np.errstate(all="ignore"):
            return Variable(np.asarray(formula(data)))

    return f


# ---------------------------------------------------------------- numerical_diff


def book_example(x: Array) -> Any:
    return np.exp(x**2) ** 2


def quotient(formula: Formula, data: Callable[[Rng], Array], text: str = "", **named: float) -> Probe:
    """The quotient for one function and one x."""

    def probe(rng: Rng, numerical_diff: Handle, best_step: Handle, Variable: Handle) -> Any:
        x = box_of(Variable, data(rng))
        return graphs.array_of(callable_of(numerical_diff)(function_of(Variable, formula), x, **named), "the quotient")

    return with_call(probe, text) if text else probe


def polynomial(rng: Rng, numerical_diff: Handle, best_step: Handle, Variable: Handle) -> Any:
    """A cubic with other coefficients for everybody, at several points, with a large step of everybody's own."""
    a, b, c = rng.uniform(0.5, 2.0, 3)
    eps = round(float(rng.uniform(0.1, 0.5)), 2)
    f = function_of(Variable, lambda x: a * x**3 - b * x**2 + c * x)
    return graphs.array_of(
        callable_of(numerical_diff)(f, box_of(Variable, rng.uniform(-2, 2, (2, 3))), eps), "the quotient"
    )


def with_the_named_step(rng: Rng, numerical_diff: Handle, best_step: Handle, Variable: Handle) -> Any:
    """The quotient of a function that bends so much that it tells which step was taken where none was asked for."""
    bend = 10.0 ** rng.uniform(5.8, 6.2)
    f = function_of(Variable, lambda x: bend * x**3 + x)
    return graphs.array_of(
        callable_of(numerical_diff)(f, box_of(Variable, rng.uniform(-0.01, 0.01, 3))), "the quotient"
    )


def what_f_sees(rng: Rng, numerical_diff: Handle, best_step: Handle, Variable: Handle) -> dict[str, Any]:
    """Whether x is afterwards as it was, and the dtype that f gets to see from a float32 x."""
    data, seen = rng.uniform(-1.5, 1.5, 30), []  # small ones lose digits where a step is added and taken away again
    x, single = box_of(Variable, data), box_of(Variable, data.astype(np.float32))
    callable_of(numerical_diff)(function_of(Variable, np.sin), x)
    callable_of(numerical_diff)(function_of(Variable, np.sin, seen), single)
    after = [given_by(v, "data", "x") for v in (x, single)]
    return {"x": same(after, [data, data.astype(np.float32)]), "float32": {d.dtype.name for d in seen} == {"float32"}}


WHAT_F_SEES = {
    "x": "The data of x have changed: make new variables, and leave x as it is.",
    "float32": "x holds float32, and f was given another dtype: the step has turned it into float64.",
}

# ---------------------------------------------------------------- best_step

POWERS = [10.0**-k for k in range(1, 14)]
NOT_IN_ORDER = POWERS[7:] + POWERS[:7]  # begins where rounding rules


class Problem:
    """A function, points, the slopes there, and steps to choose from."""

    def __init__(self, formula: Formula, data: Array, slope: Array, steps: list[float] = POWERS) -> None:
        self.formula, self.data, self.slope, self.steps = formula, data, slope, steps

    def errors(self) -> list[float]:
        """For each step the largest relative error of the difference quotient, in the precision of the points."""
        found = []
        for eps in self.steps:
            with np.errstate(all="ignore"):
                diff = (self.formula(self.data + eps) - self.formula(self.data - eps)) / (2 * eps)
                found.append(float(np.max(np.abs(diff - self.slope) / np.abs(self.slope))))
        return found


def stretched(rng: Rng) -> Problem:
    """exp(x²)² with x measured in another unit: the best step is in that unit, too."""
    unit = 10.0 ** rng.choice([-3, -2, 2, 3])
    x = rng.uniform(0.3, 0.8, 40)
    steps = [float(unit * eps) for eps in NOT_IN_ORDER]
    return Problem(lambda z: book_example(z / unit), unit * x, 4 * x * book_example(x) / unit, steps)


def in_single_precision(rng: Rng) -> Problem:
    """A sine in float32: rounding weighs 500 million times as much."""
    x = rng.uniform(-1.0, 1.0, 40).astype(np.float32)
    slope = 2 * np.cos(2 * x.astype(np.float64))
    keep = np.abs(slope) > 0.3
    return Problem(lambda z: np.sin(2 * z), x[keep], slope[keep], list(POWERS))


def of_the_book(rng: Rng) -> Problem:
    x = np.linspace(0.3, 0.8, 40)
    return Problem(book_example, x, 4 * x * book_example(x))


def steepness(rng: Rng) -> Problem:
    """Slopes of very different sizes: what counts is the relative error."""
    k = float(rng.uniform(3.5, 4.5))
    x = np.concatenate([rng.uniform(-4.0, -3.8, 20), rng.uniform(0.8, 1.0, 20)])
    return Problem(lambda z: np.exp(k * z) + 1, x, k * np.exp(k * x), NOT_IN_ORDER)


def one_place(rng: Rng) -> Problem:
    """A straight line with one place among many, neither the first nor the last, where it falls and bends."""
    n, bend, w = 150, rng.uniform(0.8e4, 1.2e4), 0.09
    x = rng.uniform(0.0, 1.0, n)
    x[int(rng.integers(20, n - 20))] = 2 + w
    fall = 6 * bend * w**2
    slope = np.where(x > 2, 3 * bend * w**2 - fall, 1.0)
    formula = lambda z: 1 + z + np.where(z > 1.5, bend * (z - 2) ** 3 - (fall + 1) * (z - 2), 0)  # noqa: E731
    return Problem(formula, x, slope, [POWERS[i] for i in (4, 8, 2, 5, 3, 7, 6)])


def chosen(draw: Callable[[Rng], Problem]) -> Probe:
    """Which of the steps was chosen, and how much larger its error is than the smallest."""

    def probe(rng: Rng, numerical_diff: Handle, best_step: Handle, Variable: Handle) -> dict[str, float]:
        problem = draw(rng)
        x = box_of(Variable, problem.data)
        eps = callable_of(best_step)(function_of(Variable, problem.formula), x, problem.slope, list(problem.steps))
        eps = float(graphs.array_of(eps, "the best step").reshape(-1)[0])
        near = [i for i, step in enumerate(problem.steps) if np.isclose(eps, step, rtol=1e-3, atol=0.0)]
        errors = problem.errors()
        if not near:
            return {"step": -1.0, "ratio": np.inf, "given": eps}
        return {"step": float(near[0]), "ratio": errors[near[0]] / min(errors), "given": eps}

    return with_call(probe, "best_step(f, x, slope, [0.1, 0.01, …, 1e-13])")


def nearly_the_best(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A step whose error is at most three times the smallest. Of two wrong versions: that they choose the same."""
    if expected["ratio"] > 3:
        alike = given["ratio"] > 3 and given["step"] == expected["step"]
        near = given["step"] >= 0 or np.isclose(given["given"], expected["given"], rtol=0.5)
        return None if alike and near else Difference("values", "", "")
    if given["ratio"] <= 3:
        return None
    if given["step"] < 0:
        hint = "That is none of the steps."
    else:
        hint = "With another of the steps the largest relative error is much smaller."
    return Difference("values", *pair_text(expected["given"], given["given"], 3), hint)
