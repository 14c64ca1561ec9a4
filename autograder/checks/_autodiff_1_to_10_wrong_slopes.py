"""Wrong versions of the measured slopes: difference quotients and the best step."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.exercise import Mistake, mistake


class Box:
    def __init__(self, data):
        self.data = data


def central(f, x, eps=1e-4):
    return (f(Box(x.data + eps)).data - f(Box(x.data - eps)).data) / (2 * eps)


def errors_of(diff, f, x, slope, steps):
    return [float(np.max(np.abs((diff(f, x, eps) - slope) / slope))) for eps in steps]


def best(f, x, slope, steps):
    return steps[int(np.argmin(errors_of(central, f, x, slope, steps)))]


# ---------------------------------------------------------------- numerical_diff


def forward(f, x, eps=1e-4):
    return (f(Box(x.data + eps)).data - f(x).data) / eps


def over_one_step(f, x, eps=1e-4):
    return (f(Box(x.data + eps)).data - f(Box(x.data - eps)).data) / eps


def without_brackets(f, x, eps=1e-4):
    return (f(Box(x.data + eps)).data - f(Box(x.data - eps)).data) / 2 * eps


def half_steps(f, x, eps=1e-4):
    return (f(Box(x.data + eps / 2)).data - f(Box(x.data - eps / 2)).data) / eps


def other_way(f, x, eps=1e-4):
    return (f(Box(x.data - eps)).data - f(Box(x.data + eps)).data) / (2 * eps)


def always_the_same_step(f, x, eps=1e-4):
    return central(f, x)


def much_too_small(f, x, eps=1e-11):
    return central(f, x, eps)


def bare_arrays(f, x, eps=1e-4):
    return (f(x.data + eps) - f(x.data - eps)) / (2 * eps)


def difference_of_boxes(f, x, eps=1e-4):
    return (f(Box(x.data + eps)) - f(Box(x.data - eps))) / (2 * eps)


def moves_x(f, x, eps=1e-4):
    x.data = x.data + eps
    right = f(x).data
    x.data = x.data - eps
    left = f(x).data
    return (right - left) / (2 * eps)


def packed(f, x, eps=1e-4):
    return Box(central(f, x, eps))


def backward(f, x, eps=1e-4):
    return (f(x).data - f(Box(x.data - eps)).data) / eps


def leaves_x_moved(f, x, eps=1e-4):
    x.data = x.data + eps
    right = f(x).data
    x.data = x.data - 2 * eps
    left = f(x).data
    return (right - left) / (2 * eps)


def into_double(f, x, eps=1e-4):
    eps = np.float64(eps)
    return (f(Box(x.data + eps)).data - f(Box(x.data - eps)).data) / (2 * eps)


def with_diff(diff) -> tuple[Any, ...]:
    return diff, best, Box


# ---------------------------------------------------------------- best_step


def smallest(f, x, slope, steps):
    return min(steps)


def always_the_textbooks(f, x, slope, steps):
    return min(steps, key=lambda eps: abs(eps - 1e-5))


def with_sign(f, x, slope, steps):
    return steps[int(np.argmin([np.min((central(f, x, eps) - slope) / slope) for eps in steps]))]


def absolute(f, x, slope, steps):
    return steps[int(np.argmin([np.max(np.abs(central(f, x, eps) - slope)) for eps in steps]))]


def largest_error(f, x, slope, steps):
    return steps[int(np.argmax(errors_of(central, f, x, slope, steps)))]


def position(f, x, slope, steps):
    return int(np.argmin(errors_of(central, f, x, slope, steps)))


def the_error(f, x, slope, steps):
    return min(errors_of(central, f, x, slope, steps))


def of_forward_differences(f, x, slope, steps):
    return steps[int(np.argmin(errors_of(forward, f, x, slope, steps)))]


def in_double(f, x, slope, steps):
    return steps[int(np.argmin(errors_of(into_double, f, x, slope, steps)))]


def taking(how):
    """The step whose errors are smallest in another sense than that of the largest one; `how` of signed relative errors."""
    return lambda f, x, slope, steps: min(steps, key=lambda eps: how((central(f, x, eps) - slope) / slope))


def in_order(f, x, slope, steps):
    """The errors belong to the steps in the order of size, the position is looked up in the list as it came."""
    return steps[int(np.argmin(errors_of(central, f, x, slope, sorted(steps))))]


def in_falling_order(f, x, slope, steps):
    return steps[int(np.argmin(errors_of(central, f, x, slope, sorted(steps)[::-1])))]


def first_turn(f, x, slope, steps):
    """The first step after which the error grows, in the order in which the steps come."""
    errors = errors_of(central, f, x, slope, steps)
    for i in range(len(steps) - 1):
        if errors[i + 1] > errors[i]:
            return steps[i]
    return steps[-1]


NUMERICAL_DIFF: list[Mistake] = [
    mistake("forward_difference", """Error 6.6e-4 on the book's example: that is a difference to one side. Use the central
        formula, with a step to the right and one to the left.""", *with_diff(forward)),
    mistake("backward_difference", """Error 1e-4 for the square at 2: that is a difference to one side. Use the
        central formula, with a
        step to the right and one to the left.""", *with_diff(backward)),
    mistake("packed", """Your quotient is packed into a Variable. Here it is returned as an array, or a
        number.""", *with_diff(packed)),
    mistake("one_step_in_the_denominator", """Your slopes are off by a factor 2. How far apart are the two places at which you
        evaluate the function?""", *with_diff(over_one_step)),
    mistake("brackets", """Your slopes are off by a factor of eps squared: a / 2 * eps is (a / 2) times eps. Where do the
        brackets belong?""", *with_diff(without_brackets)),
    mistake("half_steps", """Your two places are eps apart. They should be eps to the right of x and eps to the left of
        it.""", *with_diff(half_steps)),
    mistake("other_way_round", """Your slopes have the wrong sign: which of the two values comes first in the
        difference?""", *with_diff(other_way)),
    mistake("step_ignored", """Your function takes another eps than the one that it is given.""",
            *with_diff(always_the_same_step)),
    mistake("another_default", """Where no eps is asked for you take a smaller one than the task names.""",
            *with_diff(lambda f, x, eps=1e-6: central(f, x, eps))),
    mistake("step_too_small", """Your default for eps is so small that the difference drowns in rounding. The task names
        one.""", *with_diff(much_too_small)),
    mistake("x_moved_back_too_little", """You move x itself, to the right and then back to where it was: the second value is that
        in the middle. And whoever called has another x if anything goes wrong on the way. Make two new variables.""",
        *with_diff(moves_x)),
    mistake("x_stays_moved", """Your slopes are right, but x is no longer where it was, to the last digit. Make
        two new variables, and leave x as it
        is.""", *with_diff(leaves_x_moved)),
    mistake("bare_arrays", """f is a function of Variables and is given an array. Pack x.data + eps into a Variable
        first.""", *with_diff(bare_arrays)),
    mistake("difference_of_boxes", """What f returns are Variables, and those cannot be subtracted yet. Take their data.""",
            *with_diff(difference_of_boxes)),
    mistake("into_float64", """The slopes are right, but f is given float64 where x holds float32: a scalar of NumPy's, such as
        np.float64(1e-4), or an array of float64, turns float32 arrays into float64. A Python number does
        not.""", *with_diff(into_double)),
    mistake("steps_in_float64", """Your best_step looks at float32 points in float64. Perhaps you convert them, or the steps have
        become scalars of NumPy's, which turn float32 arrays into float64. Python numbers do not.""", central, in_double, Box),
    mistake("mean_error", """Your best_step takes the average of the errors (or their sum): among many good places a
        bad one hardly shows. What counts is the largest error.""",
        central, taking(lambda errors: np.mean(np.abs(errors))), Box),
    mistake("median_error", """Your best_step does not see one bad place among many good ones: it looks at one point
        or at the middle of
        the errors, or it loses those with a sign. What counts is the largest size of an error, over all
        points.""", central, taking(lambda errors: np.median(np.abs(errors))), Box),
    mistake("absolute_error", """Your best_step compares absolute errors, so that steep places count for all and flat ones for
        nothing. Divide by the slope.""", central, absolute, Box),
    mistake("smallest_error", """Your best_step looks at one of the points for each step: at the last one, or at that with the
        smallest error. It is the largest error that has to be small.""", central, taking(lambda errors:
        np.min(np.abs(errors))), Box),
    mistake("largest_signed_error", """Your best_step prefers errors that are below zero. How large an error is does
        not depend on its
        sign.""", central, taking(np.max), Box),
    mistake("order_of_the_steps", """Your best_step measures the errors in another order than that of the list in
        which it looks up the
        step. The steps may come in any order.""", central, in_order, Box),
    mistake("order_of_the_steps_reversed", """Your best_step measures the errors in another order than that of the
        list in which it looks
        up the step. The steps may come in any order.""", central, in_falling_order, Box),
    mistake("sixth_of_the_list", """Your best_step takes the step that stands at the place where it was best in the
        example. Measure the
        error at each step.""", central, lambda f, x, slope, steps: steps[5], Box),
    mistake("always_1e-6", """Your best_step takes 1e-6 whatever the function is, as in the example. Measure the error at each
        step.""", central, lambda f, x, slope, steps: 1e-6, Box),
    mistake("smallest_step", """Your best_step takes the smallest step of all. Smaller is better only as long as rounding is the
        lesser evil: measure the error at each step.""", central, smallest, Box),
    mistake("always_1e-5", """Your best_step takes about 1e-5 whatever the function is. Measure: the best step depends on how
        quickly the function bends, and on the precision of x.""", central, always_the_textbooks, Box),
    mistake("sign_of_the_error", """Your best_step prefers errors that are far below zero. How large an error is does not
        depend on its sign.""", central, with_sign, Box),
    mistake("position_of_the_step", """Your best_step gives the position in the list, not the step that stands there.""",
            central, position, Box),
    mistake("error_of_the_step", """Your best_step gives the smallest error, not the step at which it was found.""",
            central, the_error, Box),
    mistake("largest_error", "Your best_step gives the step with the largest error.", central, largest_error, Box),
    mistake("first_turn", """Your best_step stops at the first step after which the error grows. The steps need not come in order
        of size: look at all of them.""", central, first_turn, Box),
    mistake("best_for_forward", """Your best_step finds the step that is best for a difference to one side. For the central one
        it is another.""", central, of_forward_differences, Box),
]  # fmt: skip
