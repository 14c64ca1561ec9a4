"""Exercises of the assignment `autodiff_1_to_10`: an engine for chains of functions, and the instruments to check it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from gradus.steps import step03, step04, step07, step09, step10

from autograder.checks import _autodiff_1_to_10_debug as debug
from autograder.checks import _autodiff_1_to_10_gradcheck as checked
from autograder.checks import _autodiff_1_to_10_loops as loops
from autograder.checks import _autodiff_1_to_10_probes as tried
from autograder.checks import _autodiff_1_to_10_slopes as slopes
from autograder.checks import _autodiff_1_to_10_wrong as wrong
from autograder.checks import _autodiff_1_to_10_wrong_backward as wrong_backward
from autograder.checks import _autodiff_1_to_10_wrong_checks as wrong_checks
from autograder.checks import _autodiff_1_to_10_wrong_loops as wrong_loops
from autograder.checks import _autodiff_1_to_10_wrong_slopes as wrong_slopes
from autograder.checks._autodiff_1_to_10_nearly import with_nearly
from autograder.checks._autodiff_graphs import with_unusable
from autograder.comparison import exactly, told, values
from autograder.exercise import exercise, hidden, public, purity
from autograder.probes import holds, named_fault

Array = np.ndarray

UNCHANGED = holds(
    "The data of a variable have changed: compute new arrays, with no *= and no += on those that came in."
)
EXACT = values(tried.EXACT, tried.EXACT)
NO_WARNING = holds("NumPy warned on the way, with ordinary numbers.")

# ---------------------------------------------------------------- steps_01_03

exercise(
    "steps_01_03", step03.Variable, step03.Function, step03.Square, step03.Exp, points=5, minutes=25,
    chapter="Step 3: Composition", section="The code",
    cases=with_unusable([
        public("a box holds what is put into it", tried.boxed),
        public("the square of 10", tried.composed(lambda rng: np.array(10.0), "S", "Square()(Variable(np.array(10.0))).data")),
        public("three functions in a row", tried.composed(
            tried.at_half, "SES", "C(B(A(x))).data with A, B, C = Square(), Exp(), Square() and x.data = 0.5")),
        public("forward takes an array and gives an array", tried.of_arrays),
        hidden("other rows, of arrays", tried.composed(lambda rng: rng.uniform(-1.0, 1.0, (2, 3)), "ESE")),
        hidden("each call gives a new Variable", tried.new_variables, told(tried.NEW_VARIABLES)),
        hidden("a function of our own, derived from Function", tried.of_our_own),
        hidden("a function that does not say what it computes", tried.without_forward),
        purity("inputs unchanged", tried.untouched("SE", tried.some(3)), UNCHANGED),
        purity("float32 stays float32", tried.dtypes("SE", tried.some(3))),
        purity("no warnings", tried.quiet("SES", tried.some(3)), NO_WARNING),
    ]),
    mistakes=wrong.STEPS_01_03,
)  # fmt: skip

# ---------------------------------------------------------------- numerical_diff


def best_step(
    f: Callable[[step04.Variable], step04.Variable], x: step04.Variable, slope: Array, steps: list[float]
) -> float:
    """The step at which the largest relative error of the difference quotient is smallest."""
    with np.errstate(all="ignore"):
        errors = [np.max(np.abs((step04.numerical_diff(f, x, eps) - slope) / slope)) for eps in steps]
    return steps[int(np.argmin(errors))]


exercise(
    "numerical_diff", step04.numerical_diff, best_step, step04.Variable, points=6, minutes=45,
    chapter="Step 4: Numerical differentiation", section="The code",
    cases=with_unusable([
        public("the square at 2", slopes.quotient(
            np.square, lambda rng: np.array(2.0), "numerical_diff(Square(), Variable(np.array(2.0)))")),
        public("the book's example at 0.5", slopes.quotient(
            slopes.book_example, lambda rng: np.array(0.5), "numerical_diff(f, Variable(np.array(0.5))), f(x) = (exp(x²))²")),
        public("a step of one half", slopes.quotient(
            np.exp, lambda rng: np.array([0.0, 1.0]), "numerical_diff(Exp(), Variable(np.array([0.0, 1.0])), 0.5)", eps=0.5)),
        public("the best step for the book's example", slopes.chosen(slopes.of_the_book), slopes.nearly_the_best),
        hidden("slopes at many points", slopes.quotient(lambda x: np.sin(3 * x), lambda rng: rng.uniform(-0.4, 0.4, 30))),
        hidden("another function, a large step", slopes.polynomial),
        hidden("the best step in another unit", slopes.chosen(slopes.stretched), slopes.nearly_the_best),
        hidden("the best step for float32", slopes.chosen(slopes.in_single_precision), slopes.nearly_the_best),
        hidden("the best step where slopes differ by factors", slopes.chosen(slopes.steepness), slopes.nearly_the_best),
        hidden("the best step for one bad place among many", slopes.chosen(slopes.one_place), slopes.nearly_the_best),
        hidden("the step of the task where none is named", slopes.with_the_named_step, values(rtol=1e-5)),
        purity("x unchanged, f called with float32 where x holds float32", slopes.what_f_sees, told(slopes.WHAT_F_SEES)),
    ]),
    mistakes=wrong_slopes.NUMERICAL_DIFF,
)  # fmt: skip

# ---------------------------------------------------------------- steps_05_07

BACK = (step07.Variable, step07.Function, step07.Square, step07.Exp)
ONES = lambda rng: np.array(1.0)  # noqa: E731

exercise(
    "steps_05_07", *BACK, points=7, minutes=60,
    chapter="Step 7: Backpropagation, automated", section="The code",
    cases=with_unusable([
        *with_nearly(
            BACK,
            public("backward by hand", tried.by_hand(tried.at_half, ONES), tried.BY_HAND),
            public("backward by itself", tried.automated(
                tried.at_half, ONES, "y.grad = np.array(1.0), then y.backward()"), tried.AUTOMATED),
        ),
        public("the links", tried.links, told(tried.LINKS)),
        *with_nearly(
            BACK,
            hidden("by hand, at other places, with other gradients of y", tried.by_hand(
                tried.of_both_signs(3), lambda rng: rng.uniform(1.0, 2.0, 3)), tried.BY_HAND),
            hidden("by itself, with other gradients of y", tried.automated(
                tried.some(2, 2), lambda rng: rng.uniform(1.0, 2.0, (2, 2))), tried.AUTOMATED),
            hidden("functions of our own and a Square of yours", tried.before_a_square, EXACT),
        ),
        hidden("a chain of yours and ours", tried.own_chain, EXACT),
        hidden("a function that does not say how it goes back", tried.without_backward, EXACT),
        purity("data unchanged", tried.untouched("SESo", tried.some(3), backward=True), UNCHANGED),
        purity("float32 stays float32", tried.dtypes("SESo", tried.some(3), backward=True)),
        purity("no warnings", tried.quiet("SESo", tried.some(3), backward=True), NO_WARNING),
    ]),
    mistakes=wrong_backward.STEPS_05_07,
)  # fmt: skip

# ---------------------------------------------------------------- steps_08_09

LOOP = (step09.Variable, step09.Function, step09.Square, step09.Exp, step09.square, step09.exp)

exercise(
    "steps_08_09", *LOOP, points=8, minutes=60,
    chapter="Step 9: Handier functions", section="The code",
    cases=with_unusable([
        *with_nearly(
            LOOP,
            public("two calls of square", loops.twice, loops.gradients("y.data", "a.grad", "b.grad")),
            public("y = square(exp(square(x)))", loops.convenient(
                tried.at_half, "ses", "y = square(exp(square(x))), then y.backward()"), loops.CONVENIENT),
        ),
        public("what a box refuses", loops.refused("1.0", "[1.0, 2.0]"), told(loops.REFUSED)),
        public("five thousand functions", loops.long_chain(lambda rng: 5000), loops.CONVENIENT),
        *with_nearly(LOOP, hidden("arrays", loops.convenient(  # square is where a difference has few digits
            lambda rng: rng.uniform(13.8, 14.4, (2, 3)), "es"), loops.CONVENIENT)),
        hidden("a chain of another length", loops.another_length, loops.ANOTHER_LENGTH),
        hidden("functions of our own on the way", loops.own_functions, EXACT),
        hidden("a variable that no function made", loops.leaf),
        hidden("other things that are refused", loops.refused(
            "2", "'1.0'", "(1.0,)", "a Variable", "np.float32(1.0)"), told(loops.REFUSED)),
        hidden("whole numbers", loops.whole_numbers, EXACT),
        hidden("arrays everywhere", loops.always_arrays, told(loops.ALWAYS_ARRAYS)),
        purity("data unchanged", loops.untouched, UNCHANGED),
        purity("float32 stays float32", loops.single_precision),
        purity("no warnings", loops.quiet, NO_WARNING),
    ]),
    mistakes=wrong_loops.STEPS_08_09, seconds=10.0,
)  # fmt: skip

# ---------------------------------------------------------------- gradcheck

exercise(
    "gradcheck", step10.gradcheck, points=6, minutes=45,
    chapter="Step 10: Testing and gradient checks", section="The code",
    cases=with_unusable([
        public("square, right and wrong", checked.verdicts(
            checked.without_two, "gradcheck(f, Variable(np.array([3.0, -1.0, 0.5])))"), checked.as_expected),
        public("float64 and float32", checked.verdicts(checked.precision, "gradcheck(f, x) with float64, float32 and int64 data"),
               checked.as_expected),
        hidden("six broken backwards", checked.verdicts(checked.broken), checked.as_expected),
        hidden("tiny gradients", checked.verdicts(checked.tiny), checked.as_expected),
        hidden("huge gradients", checked.verdicts(checked.huge), checked.as_expected),
        hidden("many entries", checked.verdicts(checked.averages), checked.as_expected),
        hidden("slopes of 0", checked.verdicts(checked.flat_places), checked.as_expected),
        hidden("single numbers and tables", checked.verdicts(checked.shapes), checked.as_expected),
        hidden("across a kink", checked.verdicts(checked.across_a_kink), checked.as_expected),
        hidden("other tolerances", checked.verdicts(checked.tolerances), checked.as_expected),
        hidden("a function with chance in it", checked.verdicts(checked.with_chance), checked.as_expected),
        purity("x unchanged", checked.leaves_x, UNCHANGED),
        purity("no warnings", checked.warns, NO_WARNING),
    ]),
    mistakes=wrong_checks.GRADCHECK,
)  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_1_to_10

LISTS = values(rtol=1e-7, parts=("values", "slopes"))
COMPUTED = values(tried.EXACT, tried.EXACT, parts=("values", "slopes"))

exercise(
    "debug_autodiff_1_to_10", "one_object", debug.slopes_at, names=("FAULT", "slopes_at"), points=5, minutes=25,
    chapter="Step 9: Handier functions", section="What step 8 cannot do",
    cases=with_unusable([
        public("the five points of the plot", debug.slopes_of(lambda rng: debug.START), LISTS),
        hidden("the fault you name", named_fault(debug.FAULTS), exactly),
        hidden("other points", debug.slopes_of(debug.points(7)), COMPUTED),
        hidden("two points", debug.slopes_of(debug.points(2)), LISTS),
    ]),
    mistakes=wrong_checks.DEBUG_AUTODIFF_1_TO_10,
)  # fmt: skip
