"""Wrong versions of rates as functions of the step, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import schedules as ref

from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rate = Callable[..., Any]


def number_or_array(t: Any, rates: Any) -> Any:
    return float(rates) if np.ndim(t) == 0 else np.asarray(rates)


def step_by_step(rate: Rate) -> Rate:
    """A version for one step, applied to each."""

    def vectorized(t: Any, *given: Any, **named: Any) -> Any:
        if np.ndim(t) == 0:
            return rate(t, *given, **named)
        return np.array([rate(int(step), *given, **named) for step in t])

    return vectorized


# ---------------------------------------------------------------- power, exponential


@step_by_step
def power_compounded(t: int, lr0: float, s: float, c: float = 1.0) -> float:
    lr = lr0
    for step in range(1, t + 1):
        lr = lr / (1 + step / s) ** c
    return lr


@step_by_step
def exponential_compounded(t: int, lr0: float, s: float) -> float:
    lr = lr0
    for step in range(1, t + 1):
        lr = lr * 0.1 ** (step / s)
    return lr


def power_of_numbers(t: Any, lr0: float, s: float, c: float = 1.0) -> float:
    return lr0 / math.pow(1 + float(t) / s, c)


def exponential_of_numbers(t: Any, lr0: float, s: float) -> float:
    return lr0 * math.pow(0.1, float(t) / s)


def with_power(version: Rate) -> tuple[Rate, Rate]:
    return version, ref.exponential


def with_exponential(version: Rate) -> tuple[Rate, Rate]:
    return ref.power, version


POWER = [
    mistake("staircase", """Your rate falls in steps: t // s is a whole number, and the rate waits until the next one.
        Some libraries offer that as "staircase". Here the rate falls at every step.""",
        lambda t, lr0, s, c=1.0: lr0 / (1 + t // s) ** c, lambda t, lr0, s: lr0 * 0.1 ** (t // s)),
    mistake("tenth_every_step", """Your rate is a tenth of itself after a single step. How many steps is that to take?""",
        *with_exponential(lambda t, lr0, s: lr0 * 0.1 ** np.asarray(t, dtype=float))),
    mistake("compounded", """You apply the formula to the rate of the step before. It gives the whole way from lr0 to
        step t at once: the decay must not be counted twice.""", power_compounded, exponential_compounded),
    mistake("numbers_only", """With an array of steps your function raises an error: math.pow and float take one number,
        NumPy's operators take arrays as well.""", power_of_numbers, exponential_of_numbers),
    mistake("counted_from_1", """Your rate is one step ahead: at t = 0 it is to be lr0.""",
        lambda t, lr0, s, c=1.0: lr0 / (1 + (t + 1) / s) ** c, lambda t, lr0, s: lr0 * 0.1 ** ((t + 1) / s)),
    mistake("times_s", """The larger s is, the slower should the rate fall; yours falls faster. s is a number of steps:
        how is t measured in it?""", lambda t, lr0, s, c=1.0: lr0 / (1 + t * s) ** c, lambda t, lr0, s: lr0 * 0.1 ** (t * s)),
    mistake("grows", """Your rate grows. Which of two numbers makes it fall, and on which side of the fraction line does
        it stand?""", lambda t, lr0, s, c=1.0: lr0 * (1 + t / s) ** c, lambda t, lr0, s: lr0 * 10 ** (t / s)),
    mistake("one_forgotten", """At t = 0 your rate is not lr0 but infinite, or an error: what stands beside t/s in the
        formula?""", *with_power(lambda t, lr0, s, c=1.0: number_or_array(t, lr0 / (np.asarray(t) / s) ** c))),
    mistake("one_plus_t", """Your rate falls as fast whatever s is: which argument is not used?""",
        *with_power(lambda t, lr0, s, c=1.0: lr0 / (1 + t) ** c)),
    mistake("brackets_of_power", """Only t is divided by s, not 1 + t: look at your brackets. After s steps the rate is
        to be a half of lr0.""", *with_power(lambda t, lr0, s, c=1.0: lr0 / ((1 + t) / s) ** c)),
    mistake("c_ignored", """With another exponent your rate does not change: which argument is not used?""",
        *with_power(lambda t, lr0, s, c=1.0: lr0 / (1 + t / s))),
    mistake("c_is_a_factor", """You multiply by c. It is an exponent, and with c = 0 the rate would be constant.""",
        *with_power(lambda t, lr0, s, c=1.0: lr0 / (1 + c * t / s))),
    mistake("c_inside", """You raise t/s to the power c before 1 is added. What is it that the formula raises?""",
        *with_power(lambda t, lr0, s, c=1.0: lr0 / (1 + (t / s) ** c))),
    mistake("brackets_of_exponential", """You divide by s what should be raised to the power t/s: 0.1 ** t / s is
        computed from the left, powers first.""", *with_exponential(lambda t, lr0, s: lr0 * 0.1**t / s)),
    mistake("lr0_inside", """You raise lr0 to the power as well. At t = 0 the rate is to be lr0.""",
        *with_exponential(lambda t, lr0, s: (lr0 * 0.1) ** (t / s))),
    mistake("natural_base", """After s steps your rate is 1/e of lr0, which is 0.37. What is it to be?""",
        *with_exponential(lambda t, lr0, s: number_or_array(t, lr0 * np.exp(-np.asarray(t) / s)))),
    mistake("halved", """After s steps your rate is a half of lr0. What is it to be?""",
        *with_exponential(lambda t, lr0, s: lr0 * 0.5 ** (t / s))),
    mistake("a_product", """Your exponential rate falls, or grows, on a straight line: t/s stands in the exponent.""",
        *with_exponential(lambda t, lr0, s: lr0 * 0.1 * (t / s))),
]  # fmt: skip

# ---------------------------------------------------------------- piecewise


def fitting(boundaries: Any, values: Any) -> None:
    if len(values) != len(boundaries) + 1:
        raise ValueError("piecewise: one value more than boundaries")


def picked(side: str = "right", shift: int = 0) -> Rate:
    def piecewise(t: Any, boundaries: Any, values: Any) -> Any:
        fitting(boundaries, values)
        k = np.searchsorted(boundaries, t, side=side) + shift
        return number_or_array(t, np.asarray(values)[np.clip(k, 0, len(values) - 1)])

    return piecewise


def as_durations(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    return ref.piecewise(t, np.cumsum(boundaries), values)


def in_between(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    return number_or_array(t, np.interp(t, [0, *boundaries], values))


def two_values(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    return number_or_array(t, np.where(np.asarray(t) < boundaries[0], values[0], values[1]))


def numbers_only(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    for boundary, value in zip(boundaries, values, strict=False):
        if t < boundary:
            return value
    return values[-1]


def of_whole_numbers(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    if np.ndim(t) == 0:
        return ref.piecewise(t, boundaries, values)
    rates = np.zeros_like(t)
    for i, step in enumerate(t):
        rates[i] = ref.piecewise(int(step), boundaries, values)
    return rates


def last_is_first(t: Any, boundaries: Any, values: Any) -> Any:
    """Each boundary overwrites what comes before it, from the left."""
    fitting(boundaries, values)
    t = np.asarray(t)
    rates = np.full(t.shape, float(values[-1]))
    for boundary, value in zip(boundaries, values, strict=False):
        rates[t < boundary] = value
    return number_or_array(t, rates)


def never_the_last(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    k = np.searchsorted(boundaries, t, side="right")
    return number_or_array(t, np.asarray(values)[np.minimum(k, len(boundaries) - 1)])


def as_factors(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    k = np.searchsorted(boundaries, t, side="right")
    return number_or_array(t, np.cumprod(values)[k])


def lengths_unchecked(t: Any, boundaries: Any, values: Any) -> Any:
    k = np.searchsorted(boundaries, t, side="right")
    return number_or_array(t, np.asarray(values)[k])


def too_few_only(t: Any, boundaries: Any, values: Any) -> Any:
    if len(values) < len(boundaries) + 1:
        raise ValueError("piecewise: too few values")
    return lengths_unchecked(t, boundaries, values)


def same_lengths(t: Any, boundaries: Any, values: Any) -> Any:
    if len(values) != len(boundaries):
        raise ValueError("piecewise: as many values as boundaries")
    return lengths_unchecked(t, boundaries, values)


def asserts(t: Any, boundaries: Any, values: Any) -> Any:
    assert len(values) == len(boundaries) + 1
    return lengths_unchecked(t, boundaries, values)


def appends(t: Any, boundaries: Any, values: Any) -> Any:
    fitting(boundaries, values)
    found = lengths_unchecked(t, boundaries, values)
    boundaries.append(math.inf)
    return found


PIECEWISE: list[Mistake] = [
    mistake("numbers_only", """With an array of steps your function raises an error: "if" wants one truth value, and a
        comparison with an array gives many. A loop over the steps is one way out.""", numbers_only),
    mistake("boundary_to_the_old_value", """At a boundary you still give the old value, as Keras' PiecewiseConstantDecay
        does. Here, as in PyTorch's MultiStepLR, the boundary belongs to the NEW value.""", picked("left")),
    mistake("one_step_early", """Your rate changes one step before the boundary.""",
        lambda t, boundaries, values: picked()(np.asarray(t) + 1, boundaries, values)),
    mistake("values_shifted", """Your values are one place off: before the first boundary the first of them holds.""",
        picked(shift=1)),
    mistake("durations", """You take boundaries for lengths and add them up. They are steps, counted from 0.""", as_durations),
    mistake("lines", """Your rate goes from one value to the next on a straight line. It is to stay, and then to jump.""",
        in_between),
    mistake("two_values", """Your rate changes at the first boundary only: there may be any number of them.""", two_values),
    mistake("integers", """Your rates have become whole numbers: an array made like an array of steps holds integers,
        and cuts off what is behind the point.""", of_whole_numbers),
    mistake("overwritten", """What you set for an early step is overwritten by what comes later in your loop: a step
        before the first boundary is also before the second.""", last_is_first),
    mistake("last_value_missing", """After the last boundary you stay with the last value but one.""", never_the_last),
    mistake("factors", """You multiply the values. Each of them is a rate, not a factor.""", as_factors),
    mistake("lengths_unchecked", """Where boundaries and values do not fit together, a ValueError is asked for. Without
        it, a rate is missing or never used, and nobody notices.""", lengths_unchecked),
    mistake("too_few_only", """A value too many goes unnoticed. It is as much of a slip as one too few.""", too_few_only),
    mistake("same_lengths", """Two boundaries make three pieces. How many values are needed?""", same_lengths),
    mistake("another_exception", """Where boundaries and values do not fit together your function stops, but not with a
        ValueError: who catches that one would miss it.""", asserts),
    mistake("two_boundaries", """Your rate changes at the first two boundaries only: there may be any number of them.""",
        lambda t, boundaries, values: picked()(t, boundaries[:2], values[:3]) if len(values) == len(boundaries) + 1 else fitting(
            boundaries, values)),
    mistake("in_place", """Your function changes a list or an array that it was given: work on a copy.""", appends),
]  # fmt: skip
