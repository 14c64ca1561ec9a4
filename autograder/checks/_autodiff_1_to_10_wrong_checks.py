"""Wrong versions of the gradient check and of the run to mend."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks._autodiff_1_to_10_debug import START, broken_slopes, slopes_at
from autograder.checks._autodiff_1_to_10_wrong_slopes import central, forward, over_one_step
from autograder.exercise import Mistake, mistake

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


def fixed_eps(f, x, eps=1e-5, rtol=1e-6):
    checker(right)(f, x, 1e-5, rtol)


def fixed_rtol(f, x, eps=1e-5, rtol=1e-6):
    checker(right)(f, x, eps, 1e-6)


def asserted_dtype(f, x, eps=1e-5, rtol=1e-6):
    assert x.data.dtype == np.float64
    checker(right)(f, x, eps, rtol)


def float32_only(f, x, eps=1e-5, rtol=1e-6):
    if x.data.dtype == np.float32:
        raise TypeError("float32")
    checker(right, precise=False)(f, x, eps, rtol)


def rows(f, x, eps=1e-5, rtol=1e-6):
    require_float64(x)
    a, n = gradients_of(f, x, eps)
    for i in range(len(x.data)):
        if not abs(a[i] - n[i]) <= rtol * max(abs(a[i]), abs(n[i])):
            raise AssertionError(i)


def unpacked_numbers(f, x, eps=1e-5, rtol=1e-6):
    make = type(x)
    checker(right, diff=lambda f, x, eps: (f(make(x.data + eps)).data - f(make(x.data - eps)).data) / (2 * eps))(
        f, x, eps, rtol
    )


def moves_the_point(f, x, eps=1e-5, rtol=1e-6):
    checker(right)(f, x, eps, rtol)
    x.data = x.data + eps


GRADCHECK: list[Mistake] = [
    mistake("eps_fixed", "Your gradcheck takes another eps than the one that it is given.", fixed_eps),
    mistake("rtol_fixed", "Your gradcheck takes another rtol than the one that it is given.", fixed_rtol),
    mistake("rows", """Your gradcheck works for vectors only: it counts through the rows of x. x may be a single number, without
        any length, and it may be a table. How does one get at all entries, whatever the shape is?""", rows),
    mistake("single_numbers_refused", """A single number, an array without dimensions, is refused: x.data + eps is no array any
        more, and a Variable takes arrays only.""", unpacked_numbers),
    mistake("sum_of_sizes", """Your tolerance is about twice as wide as it should be: the task measures the error by
        the larger one
        of the two, not by both together.""",
        checker(lambda a, n, rtol: not np.all(np.abs(a - n) <= rtol * (np.abs(a) + np.abs(n))))),
    mistake("guarded_denominator", """Very small gradients pass whatever they are. A small number that is added to
        the sizes, or put
        in place of them, to be safe from 0, is an absolute tolerance: look at the case 0 and 0 in another way.""",
        checker(lambda a, n, rtol: not np.all(np.abs(a - n) <= rtol * (np.maximum(np.abs(a), np.abs(n)) + 1e-12)))),
    mistake("one_as_smallest_size", """Gradients far below 1 pass whatever they are: their error is measured by 1,
        not by their own
        size.""",
        checker(lambda a, n, rtol: not np.all(np.abs(a - n) <= rtol * np.maximum(1, np.maximum(np.abs(a), np.abs(n)))))),
    mistake("zeros_of_backward_skipped", """Where backward says 0 your gradcheck does not look: it passes a backward
        that lets nothing
        through. 0 agrees with 0 only.""",
        checker(lambda a, n, rtol: not np.all((relative(a, n) <= rtol) | (a == 0)))),
    mistake("zeros_of_the_slope_skipped", """Where the measured slope is 0 your gradcheck does not look, whatever
        backward says there.
        0 agrees with 0 only.""", checker(lambda a, n, rtol: not np.all((relative(a, n) <= rtol) | (n == 0)))),
    mistake("float32_only", """float32 is refused, and whole numbers are not: everything but float64 has to be refused with a
        TypeError.""", float32_only),
    mistake("asserted_dtype", """What is not float64 is refused, with an AssertionError. That one says that a
        gradient is wrong; a wrong
        type of number is told by a TypeError.""", asserted_dtype),
    mistake("norms", """You compare the lengths of whole gradients: a small entry may be quite wrong beside large ones. Compare
        entry by entry.""", checker(norms)),
    mistake("means", """You average over the entries, or add them up, and errors of different sign cancel: compare
        entry by entry.""",
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
    mistake("zero_by_zero", """Where the slope is 0 and backward says 0, a right function is refused: 0 / 0 is not a number,
        and 0 is not less than 0. Compare without dividing, and let equal ones agree.""", divided_by_zero),
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
    mistake("factor_of_the_quotient", """Right functions are refused: your measured slope is off by a factor. How far
        apart are the
        two places?""", checker(right, diff=over_one_step)),
    mistake("fixed_tolerances", "Your gradcheck takes other values of eps and rtol than those that it is given.", fixed),
    mistake("x_moved", """The data of x have changed after the check, or after a check that has found an error. Make
        new variables,
        and leave x as it is.""", moves_the_point),
]  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_1_to_10


def named(fault: str) -> tuple[str, Any]:
    return fault, slopes_at


def measured_at(points):
    p, step = np.array(points), 1e-5
    value = lambda p: (np.exp(p) - 2) ** 2  # noqa: E731
    return value(p).tolist(), ((value(p + step) - value(p - step)) / (2 * step)).tolist()


def the_plots_points(points):
    return slopes_at(START)


DEBUG_AUTODIFF_1_TO_10: list[Mistake] = [
    mistake("measured", """Your slopes are measured, and right to ten digits only. The engine computes them: let it.""",
            "one_object", measured_at),
    mistake("the_plots_points", """Your slopes_at works for the five points of the plot only. It should take whatever
        points it is given,
        any number of them.""", "one_object", the_plots_points),
    mistake("not_named", "FAULT is none of the five names in the table. Set it to one of them, letter by letter.", *named("")),
    mistake("not_mended", """Only the last point has a gradient, as before. Look at all three functions: what does an object
        that served several points remember afterwards of the first?""", "one_object", broken_slopes),
    mistake("named_learning_rate", """With a learning rate that is too small all points would move, slowly. Four of them do not
        move at all.""", *named("learning_rate")),
    mistake("named_seed", "Every y.grad is 1 before y.backward() is called: the table says so.", *named("seed")),
    mistake("named_derivative", """The last point's gradient agrees with the measured slope, and it went through the same three
        derivatives.""", *named("derivative")),
    mistake("named_flat", "The measured slopes of the points that stand still are not small: look at the table.", *named("flat")),
]  # fmt: skip
