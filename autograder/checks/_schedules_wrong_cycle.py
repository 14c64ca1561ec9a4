"""Wrong versions of 1cycle, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import schedules as ref

from autograder.checks._schedules_wrong import Rate, number_or_array
from autograder.exercise import mistake

# ---------------------------------------------------------------- one_cycle, one_cycle_momentum


def cycle_with(
    knots: Callable[[int, float], list[float]] | None = None,
    ends: Callable[[float, Any, Any], tuple[float, float]] | None = None,
    line: Callable[[Any, list[float], list[float]], Any] = np.interp,
    frac: Callable[[float], float] = lambda last_frac: last_frac,
    rates: Callable[[float, float, float], list[float]] = lambda top, low, last: [low, top, low, last],
) -> Rate:
    """one_cycle with one part in a wrong version."""

    def one_cycle(t: Any, T: int, lr_max: float, lr0: Any = None, lr_last: Any = None, last_frac: float = 0.1) -> Any:
        low, last = (ends or right_ends)(lr_max, lr0, lr_last)
        return number_or_array(t, line(t, (knots or ref._cycle)(T, frac(last_frac)), rates(lr_max, low, last)))

    return one_cycle


def right_ends(lr_max: float, lr0: Any, lr_last: Any) -> tuple[float, float]:
    lr0 = lr_max / 10 if lr0 is None else lr0
    return lr0, lr0 / 1000 if lr_last is None else lr_last


def momentum_with(
    line: Callable[[Any, list[float], list[float]], Any] = np.interp,
    betas: Callable[[float, float], list[float]] = lambda high, low: [high, low, high, high],
    knots: Callable[[int, float], list[float]] | None = None,
) -> Rate:
    def one_cycle_momentum(
        t: Any, T: int, beta_max: float = 0.95, beta_min: float = 0.85, last_frac: float = 0.1
    ) -> Any:
        return number_or_array(t, line(t, (knots or ref._cycle)(T, last_frac), betas(beta_max, beta_min)))

    return one_cycle_momentum


def backward(t: Any, knots: list[float], rates: list[float]) -> Any:
    """Each line runs from its end to its start."""
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, 2)
    x, y = np.asarray(knots), np.asarray(rates)
    t = np.minimum(t, x[-1])
    return y[k] + (y[k + 1] - y[k]) * (x[k + 1] - t) / (x[k + 1] - x[k])


def beyond_the_end(t: Any, knots: list[float], rates: list[float]) -> Any:
    """The last line goes on for ever."""
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, 2)
    x, y = np.asarray(knots), np.asarray(rates)
    return y[k] + (y[k + 1] - y[k]) * (t - x[k]) / (x[k + 1] - x[k])


def cosines(t: Any, knots: list[float], rates: list[float]) -> Any:
    k = np.clip(np.searchsorted(knots, t, side="right") - 1, 0, 2)
    x, y = np.asarray(knots), np.asarray(rates)
    share = (np.minimum(t, x[-1]) - x[k]) / (x[k + 1] - x[k])
    return y[k] + (y[k + 1] - y[k]) * (1 - np.cos(math.pi * share)) / 2


def whole_knots(T: int, last_frac: float) -> list[float]:
    last = int(T * last_frac) + 1
    half = (T - last) // 2
    return [0, half, 2 * half, T - 1]


def both(**part: Any) -> tuple[Rate, Rate]:
    return cycle_with(**part), momentum_with(**part)


def late(T: int, last_frac: float) -> list[float]:
    f = (1 - last_frac) / 2
    return [0, f * T, 2 * f * T, T]


def torch_defaults(t: Any, T: int, lr_max: float, lr0: Any = None, lr_last: Any = None, last_frac: float = 0.1) -> Any:
    low = lr_max / 25 if lr0 is None else lr0
    x, y = np.array([0, 0.3 * T - 1, T - 1]), np.array([low, lr_max, low / 1e4 if lr_last is None else lr_last])
    return number_or_array(t, cosines(t, [*x, 2 * T], [*y, y[-1]]))  # type: ignore[list-item]


def of_one_step(t: Any, T: int, lr_max: float, lr0: Any = None, lr_last: Any = None, last_frac: float = 0.1) -> Any:
    if t >= 0:
        return ref.one_cycle(float(t), T, lr_max, lr0, lr_last, last_frac)
    return 0.0


def rate_only(version: Rate) -> tuple[Rate, Rate]:
    return version, ref.one_cycle_momentum


def momentum_only(version: Rate) -> tuple[Rate, Rate]:
    return ref.one_cycle, version


ONE_CYCLE = [
    mistake("backward", """Your lines run from their end to their start: at the beginning of a phase you give the rate
        of its end. Which of the two ends is t measured from?""", *both(line=backward)),
    mistake("numbers_only", """With an array of steps your function raises an error: "if" wants one truth value, and a
        comparison with an array gives many. A loop over the steps is one way out.""", *rate_only(of_one_step)),
    mistake("other_defaults", """That is PyTorch's OneCycleLR as it comes: cosines, a short rise and one long fall. Here
        three straight lines are asked for.""", *rate_only(torch_defaults)),
    mistake("cosines", """Your rate goes from one corner to the next on a cosine. Straight lines are asked for.""",
        *both(line=cosines)),
    mistake("rises_too_long", """Your rate rises until the last phase begins, twice as long as it should, and has no
        time to come down.""", *both(knots=lambda T, last_frac: [0, (1 - last_frac) * T - 2, (1 - last_frac) * T - 1, T - 1])),
    mistake("half_of_all", """Your rate is highest in the middle of all steps. The last phase does not belong to the two
        equal halves.""", *both(knots=lambda T, last_frac: [0, T / 2 - 1, (1 - last_frac) * T - 2, T - 1])),
    mistake("whole_knots", """Your corners are rounded to whole steps, as in a widespread version of this schedule. Here
        they are where the table says, between two steps if need be.""", *both(knots=whole_knots)),
    mistake("rounded_corners", """Your corners are rounded to whole steps. Here they are where the table says, between two
        steps if need be.""", *both(knots=lambda T, last_frac: [float(round(x)) for x in ref._cycle(T, last_frac)])),
    mistake("cut_corners", """You cut off what is behind the point of your corners. Here they are where the table says,
        between two steps if need be.""", *both(knots=lambda T, last_frac: [float(int(x)) for x in ref._cycle(T, last_frac)])),
    mistake("second_corner_late", """Your third corner comes one step too late: see the table, or count how many steps
        the way up takes, and how many the way down.""", *both(knots=lambda T, last_frac: [
            0, *(k * (1 - last_frac) / 2 * T - 1 for k in (1, 2)), T - 1])),
    mistake("one_step_late", """Your corners come too late: the last of the T steps has the number T − 1.""", *both(knots=late)),
    mistake("last_frac_ignored", """Your last phase is as long as ever, whatever last_frac is: which argument is not
        used?""",
        *rate_only(cycle_with(frac=lambda last_frac: 0.1))),
    mistake("ends_ignored", """Your rate starts at a tenth of its top even where lr0 is given: None stands for the
        tenth, and only None.""", *rate_only(cycle_with(ends=lambda lr_max, lr0, lr_last: (lr_max / 10, lr_max / 10_000)))),
    mistake("last_of_the_top", """Your last rate is a thousandth of the highest. It is to be a thousandth of the first.""",
        *rate_only(cycle_with(ends=lambda lr_max, lr0, lr_last: (
            right_ends(lr_max, lr0, lr_last)[0], lr_max / 1000 if lr_last is None else lr_last)))),
    mistake("last_of_the_top_10000", """Your last rate is a ten-thousandth of the highest, wherever you start. It is to be
        a thousandth of the first.""", *rate_only(cycle_with(ends=lambda lr_max, lr0, lr_last: (
            right_ends(lr_max, lr0, lr_last)[0], lr_max / 10_000 if lr_last is None else lr_last)))),
    mistake("cycle_begins_anew", """After the last step your rate begins anew. It is to stay where it is.""",
        *rate_only(lambda t, T, *given, **named: ref.one_cycle(np.asarray(t) % T, T, *given, **named))),
    mistake("zero_after_the_end", """After the last step your rate is 0. It is to stay where it is.""",
        *rate_only(lambda t, T, *given, **named: number_or_array(
            t, np.where(np.asarray(t) < T, ref.one_cycle(t, T, *given, **named), 0.0)))),
    mistake("last_is_zero", """Your last rate is 0: the last step would change nothing.""",
        *rate_only(cycle_with(ends=lambda lr_max, lr0, lr_last: (
            right_ends(lr_max, lr0, lr_last)[0], 0.0 if lr_last is None else lr_last)))),
    mistake("no_last_phase", """Your rate stays at lr0 to the end. In the last phase it is to fall far below.""",
        *rate_only(cycle_with(rates=lambda top, low, last: [low, top, low, low]))),
    mistake("top_first", """Your rate starts at the top. It is to rise first.""",
        *rate_only(cycle_with(rates=lambda top, low, last: [top, low, top, last]))),
    mistake("beyond_the_end", """After the last step your rate goes on falling, below 0 in the end. It is to stay where
        it is.""", *rate_only(cycle_with(line=beyond_the_end))),
    mistake("not_mirrored", """Your momentum rises where the rate rises. It is the mirror image: lowest where the rate
        is highest.""", *momentum_only(momentum_with(betas=lambda high, low: [low, high, low, low]))),
    mistake("momentum_falls_again", """In the last phase your momentum leaves its highest value. There it is to stay.""",
        *momentum_only(momentum_with(betas=lambda high, low: [high, low, high, low]))),
    mistake("momentum_ends_ignored", """Your momentum runs between 0.95 and 0.85, whatever its ends are to be.""",
        *momentum_only(momentum_with(betas=lambda high, low: [0.95, 0.85, 0.95, 0.95]))),
    mistake("momentum_last_frac_ignored", """The last phase of your momentum is as long as ever, whatever last_frac is.""",
        *momentum_only(momentum_with(knots=lambda T, last_frac: ref._cycle(T, 0.1)))),
    mistake("momentum_stays_low", """Your momentum falls and does not come back: when the rate falls, it rises.""",
        *momentum_only(momentum_with(betas=lambda high, low: [high, low, low, low]))),
]  # fmt: skip
