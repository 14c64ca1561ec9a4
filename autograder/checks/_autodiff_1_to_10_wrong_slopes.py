"""Wrong versions of the measured slopes: difference quotients, the best step, gradient checks, the run to mend."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks._autodiff_1_to_10_debug import broken_slopes, slopes_at
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
    mistake("step_too_small", """Your default for eps is so small that the difference drowns in rounding. The task names
        one.""", *with_diff(much_too_small)),
    mistake("x_moved_back_too_little", """You move x itself, to the right and then back to where it was: the second value is that
        in the middle. And whoever called has another x if anything goes wrong on the way. Make two new variables.""",
        *with_diff(moves_x)),
    mistake("x_stays_moved", """Your slopes are right, but x is no longer where it was. Make two new variables, and leave x as it
        is.""", *with_diff(leaves_x_moved)),
    mistake("bare_arrays", """f is a function of Variables and is given an array. Pack x.data + eps into a Variable
        first.""", *with_diff(bare_arrays)),
    mistake("difference_of_boxes", """What f returns are Variables, and those cannot be subtracted yet. Take their data.""",
            *with_diff(difference_of_boxes)),
    mistake("into_float64", """The slopes are right, but f is given float64 where x holds float32: a scalar of NumPy's, such as
        np.float64(1e-4), turns float32 arrays into float64. A Python number does not.""", *with_diff(into_double)),
    mistake("steps_in_float64", """Your best_step looks at float32 points in float64: the steps have become scalars of NumPy's,
        which turn float32 arrays into float64. Python numbers do not.""", central, in_double, Box),
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
    mistake("absolute_error", """Your best_step compares absolute errors, so that steep places count for all and flat ones for
        nothing. Divide by the slope.""", central, absolute, Box),
    mistake("first_turn", """Your best_step stops at the first step after which the error grows. The steps need not come in order
        of size: look at all of them.""", central, first_turn, Box),
    mistake("best_for_forward", """Your best_step finds the step that is best for a difference to one side. For the central one
        it is another.""", central, of_forward_differences, Box),
]  # fmt: skip

# ---------------------------------------------------------------- gradcheck


def gradients_of(f, x, eps, diff=central):
    y = f(x)
    y.backward()
    return x.grad, diff(f, x, eps)


def require_float64(x):
    if x.data.dtype != np.float64:
        raise TypeError("float64 is needed")


def checker(disagree, *, fail=AssertionError, precise=True, diff=central):
    """A gradcheck with another idea of what disagrees: ``disagree(a, n, rtol) -> bool``."""

    def gradcheck(f, x, eps=1e-5, rtol=1e-6):
        if precise:
            require_float64(x)
        a, n = gradients_of(f, x, eps, diff)
        with np.errstate(all="ignore"):
            wrong = disagree(a, n, rtol)
        if wrong and fail is None:
            return False
        if wrong:
            raise fail("the gradients differ")
        return True if fail is None else None

    return gradcheck


def relative(a, n):
    size = np.maximum(np.abs(a), np.abs(n))
    return np.abs(a - n) / np.where(size == 0, 1.0, size)


def right(a, n, rtol):
    return not np.all(relative(a, n) <= rtol)


def norms(a, n, rtol):
    return not np.linalg.norm(a - n) <= rtol * (np.linalg.norm(a) + np.linalg.norm(n))


def divided_by_zero(f, x, eps=1e-5, rtol=1e-6):
    require_float64(x)
    a, n = gradients_of(f, x, eps)
    assert np.all(np.abs(a - n) / np.maximum(np.abs(a), np.abs(n)) <= rtol)


def fixed(f, x, eps=1e-5, rtol=1e-6):
    checker(right)(f, x, 1e-5, 1e-6)


def itself(f, x, eps=1e-5, rtol=1e-6):
    require_float64(x)
    y = f(x)
    y.backward()
    first = x.grad
    y.backward()
    assert np.all(first == x.grad)


def warns_at_zero(f, x, eps=1e-5, rtol=1e-6):
    require_float64(x)
    a, n = gradients_of(f, x, eps)
    wrong = np.abs(a - n) / np.maximum(np.abs(a), np.abs(n))
    if not np.all((wrong <= rtol) | (a == n)):
        raise AssertionError("the gradients differ")


def lenient_with_chance(f, x, eps=1e-5, rtol=1e-6):
    """Where two calls differ there is nothing to compare, so nothing is said."""
    require_float64(x)
    if np.any(f(x).data != f(x).data):
        return
    checker(right)(f, x, eps, rtol)


def moves_the_point(f, x, eps=1e-5, rtol=1e-6):
    checker(right)(f, x, eps, rtol)
    x.data = x.data + eps


GRADCHECK: list[Mistake] = [
    mistake("norms", """You compare the lengths of whole gradients: a small entry may be quite wrong beside large ones. Compare
        entry by entry.""", checker(norms)),
    mistake("means", """You average over the entries, and errors of different sign cancel: compare entry by entry.""",
            checker(lambda a, n, rtol: not abs(np.mean(a) - np.mean(n)) <= rtol * abs(np.mean(n)))),
    mistake("allclose", """np.allclose adds an absolute tolerance of 1e-8 unless it is told otherwise: a gradient of 1e-10 passes
        anything.""", checker(lambda a, n, rtol: not np.allclose(a, n, rtol=rtol))),
    mistake("absolute_tolerance", """Use a relative error: with an absolute tolerance a gradient of 1e-6 passes anything, and a
        gradient of a million passes nothing.""", checker(lambda a, n, rtol: not np.all(np.abs(a - n) <= rtol))),
    mistake("absolute_tolerance_of_1e-4", """Use a relative error: with an absolute tolerance of 1e-4 a gradient of 1e-6 passes
        anything.""", checker(lambda a, n, rtol: not np.all(np.abs(a - n) <= 1e-4))),
    mistake("returns_false", """Your gradcheck returns False where the gradients differ, and nobody has to look at what a
        function returns. Raise an AssertionError.""", checker(right, fail=None)),
    mistake("value_error", """Your gradcheck finds the difference and raises another exception than the AssertionError that the
        task asks for, the one that tests are made of.""", checker(right, fail=ValueError)),
    mistake("chance_accepted", """A function that gives another value at every call, as dropout does, passes your gradcheck. Such
        a function cannot be checked: refuse it, and whoever asks will hold its mask fixed.""", lenient_with_chance),
    mistake("never_refuses", """Your gradcheck finds nothing wrong with any function: does it raise, or only print, or compare
        backward with itself?""", itself),
    mistake("nan_passes", """A gradient that is not a number passes: every comparison with NaN is False, so that "larger than the
        tolerance" is, too. Ask whether all errors are small enough.""",
        checker(lambda a, n, rtol: np.any(relative(a, n) > rtol))),
    mistake("zero_by_zero", """Where the slope is 0 and backward says 0, a right function is refused: 0 / 0 is not a number.
        Compare without dividing, or look at that case by itself.""", divided_by_zero),
    mistake("warning_at_zero", """The verdicts are right, but where both gradients are 0 NumPy warns of 0 / 0. Compare without
        dividing.""", warns_at_zero),
    mistake("first_entry", "You compare the first entry only.", checker(lambda a, n, rtol: right(a.flat[0], n.flat[0], rtol))),
    mistake("any_entry", """One entry that agrees is enough for your gradcheck: all of them have to.""",
            checker(lambda a, n, rtol: not np.any(relative(a, n) <= rtol))),
    mistake("sign_of_the_error", """An error below zero passes, however large it is: take its size.""",
            checker(lambda a, n, rtol: not np.all((a - n) <= rtol * np.maximum(np.abs(a), np.abs(n))))),
    mistake("float32_accepted", """A float32 variable is accepted. In float32 a difference keeps three digits, and the check
        would refuse right functions: raise a TypeError first.""", checker(right, precise=False)),
    mistake("forward_difference", """Right functions are refused: a difference to one side has an error of the size of eps, which
        is more than rtol. Use the central formula.""", checker(right, diff=forward)),
    mistake("fixed_tolerances", "Your gradcheck takes other values of eps and rtol than those that it is given.", fixed),
    mistake("x_moved", "The data of x have changed after the check. Make new variables, and leave x as it is.", moves_the_point),
]  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_1_to_10


def named(fault: str) -> tuple[str, Any]:
    return fault, slopes_at


DEBUG_AUTODIFF_1_TO_10: list[Mistake] = [
    mistake("not_mended", """Only the last point has a gradient, as before. Look at all three functions: what does an object
        that served several points remember afterwards of the first?""", "one_object", broken_slopes),
    mistake("named_learning_rate", """With a learning rate that is too small all points would move, slowly. Four of them do not
        move at all.""", *named("learning_rate")),
    mistake("named_seed", "Every y.grad is 1 before y.backward() is called: the table says so.", *named("seed")),
    mistake("named_derivative", """The last point's gradient agrees with the measured slope, and it went through the same three
        derivatives.""", *named("derivative")),
    mistake("named_flat", "The measured slopes of the points that stand still are not small: look at the table.", *named("flat")),
]  # fmt: skip
