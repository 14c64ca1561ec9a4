"""Wrong versions of elementwise activations, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import activations as ref

from autograder.exercise import Mistake, mistake

Array = np.ndarray
Activation = Callable[..., Array]

# ---------------------------------------------------------------- sigmoid


def plain_sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def both_branches_sigmoid(z: Array) -> Array:
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


def from_output(sigmoid: Activation) -> Activation:
    """σ′ by way of σ."""

    def derivative(z: Array) -> Array:
        s = sigmoid(z)
        return s * (1 - s)

    return derivative


def upside_down(z: Array) -> Array:
    return np.exp(z) / (1 + np.exp(z))


def clipped_sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-np.clip(z, -10, 10)))


def with_slope(derivative: Activation) -> tuple[Activation, Activation]:
    return ref.sigmoid, derivative


SIGMOID = [
    mistake("overflow", """Your values are right, but on the way e^1000 was computed, which no float can hold. For which z
        does your exponential grow? There you need another form of the same fraction.""",
        plain_sigmoid, from_output(plain_sigmoid)),
    mistake("both_branches", """np.where takes its pick after both arrays have been computed: each form was tried on all
        entries, also on those where it overflows. Each form may only see the entries it is meant for.""",
        both_branches_sigmoid, from_output(both_branches_sigmoid)),
    mistake("nan", """For large positive z your fraction is infinity divided by infinity, and that is NaN. Multiply
        numerator and denominator by something that makes the exponential small there.""", upside_down, from_output(upside_down)),
    mistake("clipped", """You cut z off so early that it shows in the result: at z = 20 the sigmoid is closer to 1 than
        yours ever gets.""", clipped_sigmoid, from_output(clipped_sigmoid)),
    mistake("sign", """Your function falls where it should rise: what should it be for a large positive z?""",
        lambda z: ref.sigmoid(-z), ref.sigmoid_derivative),
    mistake("slope_of_z", """Your derivative takes its argument for the output of the sigmoid. It receives z: something
        has to be computed first.""", *with_slope(lambda z: z * (1 - z))),
    mistake("slope_of_tanh", """Your derivative reaches 1 at z = 0. That is tanh's: look at the sigmoid's curve there, it
        rises four times less steeply.""", *with_slope(ref.tanh_derivative)),
    mistake("slope_one_minus_square", """Your derivative does not tend to 0 on the left: the recipe that you use is the
        one for tanh, and the sigmoid is not tanh.""", *with_slope(lambda z: 1 - ref.sigmoid(z) ** 2)),
    mistake("slope_is_value", """Your derivative is the sigmoid itself. Where it is nearly 1 its curve is flat: what
        should the derivative be there?""", *with_slope(ref.sigmoid)),
    mistake("slope_is_rest", """Your derivative is what is missing to 1. On the far left the curve is flat as well, and
        there it gives 1.""", *with_slope(lambda z: ref.sigmoid(-z))),
]  # fmt: skip

# ---------------------------------------------------------------- relu, leaky_relu


def rectifiers(**other: Any) -> tuple[Any, ...]:
    """The four functions, one or some of them in a wrong version."""
    right = {name: getattr(ref, name) for name in ("relu", "relu_derivative", "leaky_relu", "leaky_relu_derivative")}
    return tuple({**right, **other}.values())


def in_place_relu(z: Array) -> Array:
    z[z < 0] = 0
    return z


def in_place_leaky(z: Array, alpha: float = 0.01) -> Array:
    z[z < 0] *= alpha
    return z


def one_question_relu(z: Any) -> Any:
    return max(0, z)


def one_question_slope(z: Any) -> Any:
    return 1.0 if z > 0 else 0.0


def one_question_leaky(z: Any, alpha: float = 0.01) -> Any:
    return z if z > 0 else alpha * z


def one_question_leaky_slope(z: Any, alpha: float = 0.01) -> Any:
    return 1.0 if z > 0 else alpha


def whole_leaky(z: Array, alpha: float = 0.01) -> Array:
    out = z.copy()
    out[z < 0] = alpha * z[z < 0]
    return out


def whole_leaky_slope(z: Array, alpha: float = 0.01) -> Array:
    out = np.ones_like(z)
    out[z <= 0] = alpha
    return out


RELU = [
    mistake("one_question", """Python's if and max ask one question about the whole array. You need a comparison for each
        entry: NumPy has functions for that.""",
        one_question_relu, one_question_slope, one_question_leaky, one_question_leaky_slope),
    mistake("larger_of_two", """You take the larger of z and α z. Draw both lines for α = 2: which of them lies above the
        other on which side of 0?""",
        *rectifiers(leaky_relu=lambda z, alpha=0.01: np.maximum(alpha * z, z.astype(float) if z.dtype.kind in "iu" else z))),
    mistake("kink_of_relu", """At z = 0 the slope of ReLU could be 0 or 1, and the task settles for one: 0 counts as
        negative.""",
        *rectifiers(relu_derivative=lambda z: np.where(z >= 0, 1.0, 0.0).astype(ref.relu(z).dtype))),
    mistake("kink_of_leaky", """At z = 0 the slope of the leaky ReLU could be α or 1, and the task settles for one: 0
        counts as negative.""",
        *rectifiers(leaky_relu_derivative=lambda z, alpha=0.01: np.where(z >= 0, 1.0, alpha).astype(ref.relu(z).dtype))),
    mistake("kink", """At z = 0 both slopes would do, and the task settles for one: 0 counts as negative.""", *rectifiers(
        relu_derivative=lambda z: np.where(z >= 0, 1.0, 0.0).astype(ref.relu(z).dtype),
        leaky_relu_derivative=lambda z, alpha=0.01: np.where(z >= 0, 1.0, alpha).astype(ref.relu(z).dtype))),
    mistake("whole_numbers_of_relu", """From integers your relu makes integers; asked for are floats, as of the other three.
        Is the 0 that you compare with a float?""", *rectifiers(relu=lambda z: np.maximum(z, 0))),
    mistake("in_place", """Your function writes into the array it was given. Whoever called it still needs z, for the
        derivative for example: work on a new array.""", *rectifiers(relu=in_place_relu, leaky_relu=in_place_leaky)),
    mistake("whole_numbers", """From integers come integers here, and a slope of 0.01 written into an array of integers
        becomes 0. Turn them into floats first.""", lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype), whole_leaky,
        whole_leaky_slope),
    mistake("truth_values", """Your derivative returns truth values. True times a number happens to be that number, but
        minus True is an error: return numbers.""", *rectifiers(relu_derivative=lambda z: z > 0)),
    mistake("slope_is_value", """Your relu_derivative returns z itself above 0. That is the function again: how steep is
        it there?""", *rectifiers(relu_derivative=ref.relu)),
    mistake("leak_forgotten_in_slope", """Your leaky_relu_derivative is 0 on the left. A gradient that arrives there
        should get through: that is what the leak is for.""",
        *rectifiers(leaky_relu_derivative=lambda z, alpha=0.01: ref.relu_derivative(z))),
    mistake("alpha_ignored_in_slope", """Your leaky_relu uses alpha, its derivative does not: there the slope is always
        the same.""",
        *rectifiers(leaky_relu_derivative=lambda z, alpha=0.01: ref.leaky_relu_derivative(z))),
    mistake("alpha_ignored", """Your leaky ReLU has the same slope whatever alpha is. The default stands in the first line
        of the function only: use the name below it.""", *rectifiers(
        leaky_relu=lambda z, alpha=0.01: ref.leaky_relu(z),
        leaky_relu_derivative=lambda z, alpha=0.01: ref.leaky_relu_derivative(z))),
    mistake("mirrored", """Below 0 your leaky ReLU goes up again, like a V. Which sign has α z where z is negative?""",
        *rectifiers(leaky_relu=lambda z, alpha=0.01: ref.leaky_relu(z, -alpha))),
]  # fmt: skip

# ---------------------------------------------------------------- elu


def exponential(below: Callable[[Array, float], Array], calm: bool = True) -> Activation:
    """z above 0, something else at and below it; the exponential sees all entries where not calm."""

    def f(z: Array, alpha: float = 1.0) -> Array:
        return np.where(z > 0, z, below(np.minimum(z, 0) if calm else z, alpha)).astype(z.dtype)

    return f


def steepness(below: Callable[[Array, float], Array], calm: bool = True) -> Activation:
    def slope(z: Array, alpha: float = 1.0) -> Array:
        return np.where(z > 0, 1.0, below(np.minimum(z, 0) if calm else z, alpha)).astype(z.dtype)

    return slope


ELU = [
    mistake("cancellation", """Close to 0 most of your digits are gone: e^z is nearly 1 there, and after the subtraction
        only the last digits are left. NumPy has a function that gives the difference in one go.""",
        exponential(lambda z, a: a * (np.exp(z) - 1)), ref.elu_derivative),
    mistake("overflow", """np.where takes its pick after both arrays have been computed: your exponential was also
        computed for large positive z, where it overflows. Which numbers may it see?""",
        exponential(lambda z, a: a * np.expm1(z), calm=False), steepness(lambda z, a: a * np.exp(z), calm=False)),
    mistake("cancellation_and_overflow", """Two things: the exponential is computed for large positive z as well, where it
        overflows, and close to 0 the subtraction takes away most of the digits. Begin with the second: NumPy has a
        function for this difference.""",
        exponential(lambda z, a: a * (np.exp(z) - 1), calm=False), steepness(lambda z, a: a * np.exp(z), calm=False)),
    mistake("one_missing", """Your curve jumps at 0: just below it should be close to 0, and the exponential is close to 1
        there.""", exponential(lambda z, a: a * np.exp(z)), ref.elu_derivative),
    mistake("alpha_in_exponent", """Your α stands in the exponent. It should say how deep the curve goes: for very
        negative z the value tends to −α.""", exponential(lambda z, a: np.expm1(a * z)), ref.elu_derivative),
    mistake("slope_without_alpha", """Your derivative does not know alpha. A curve that is stretched downwards is steeper,
        too.""", ref.elu, steepness(lambda z, a: np.exp(z))),
    mistake("alpha_ignored", """Your curve is the same whatever alpha is.""",
        lambda z, alpha=1.0: ref.elu(z), lambda z, alpha=1.0: ref.elu_derivative(z)),
    mistake("slope_one", """Your derivative is 1 everywhere. Far on the left the curve is flat: what does that say about
        its slope?""", ref.elu, steepness(lambda z, a: np.ones_like(z))),
    mistake("slope_is_value", """Below 0 your derivative is the value of the function. A constant has been lost in
        differentiating, and here it is still there: the slope of a rising curve is not negative.""",
        ref.elu, steepness(lambda z, a: a * np.expm1(z))),
    mistake("slope_at_zero", """At z = 0 your derivative is 1. For α = 1 that is right on both sides; for another α there
        is a kink, and the task says which side 0 belongs to.""",
        ref.elu, lambda z, alpha=1.0: np.where(z >= 0, 1.0, ref.elu_derivative(z, alpha)).astype(z.dtype)),
    mistake("slope_of_leaky", """Below 0 your derivative is α, as for a leaky ReLU. This curve bends: its slope depends on
        z.""",
        ref.elu, steepness(lambda z, a: a * np.ones_like(z))),
]  # fmt: skip

# ---------------------------------------------------------------- selu

ALPHA, LAMBDA = ref.SELU_ALPHA, ref.SELU_LAMBDA


def scaled(
    scale: float = LAMBDA, alpha: float = ALPHA, above: float | None = None, below: float | None = None
) -> Activation:
    def selu(z: Array) -> Array:
        right = np.maximum(z, 0) * (scale if above is None else above)
        return right + np.expm1(np.minimum(z, 0)) * (alpha * scale if below is None else below)

    return selu


def known() -> tuple[float, float]:
    return ALPHA, LAMBDA


def numpy_scalars(z: Array) -> Array:
    return np.float64(LAMBDA) * (np.maximum(z, 0) + np.float64(ALPHA) * np.expm1(np.minimum(z, 0)))


def rounded(digits: int) -> tuple[Activation, Callable[[], tuple[float, float]]]:
    alpha, scale = round(ALPHA, digits), round(LAMBDA, digits)
    return scaled(scale, alpha), lambda: (alpha, scale)


def swept_overflow(z: Array) -> Array:
    return LAMBDA * np.where(z > 0, z, ALPHA * np.expm1(z))


ROUNDED = """Your constants are right to a few digits only. In a deep network the error is made once a layer: solve the equations
    rather than copy a rounded number."""

SELU: list[Mistake] = [
    mistake("swapped", """You swapped alpha and lambda in your selu: which of the two is the slope above 0?""",
        scaled(ALPHA, LAMBDA), known),
    mistake("swapped_constants", """Your selu_constants returns the two in the other order: alpha first, then lambda.""",
        scaled(), lambda: (LAMBDA, ALPHA)),
    mistake("both_swapped", """alpha and lambda have changed places throughout: alpha belongs to the exponential, lambda
        stretches all of the curve, and it is the smaller of the two.""", scaled(ALPHA, LAMBDA), lambda: (LAMBDA, ALPHA)),
    mistake("scaled_below_only", """Your lambda stretches the negative side only. It stands in front of the whole
        function.""",
        scaled(above=1.0), known),
    mistake("scaled_above_only", """Your lambda stretches the positive side only. It stands in front of the whole
        function.""",
        scaled(below=ALPHA), known),
    mistake("not_scaled", """Your function is an ELU with the right alpha; lambda does not occur in it.""",
        scaled(1.0, ALPHA), known),
    mistake("plain_elu_scaled", """Your function is λ times an ELU with α = 1: where is the alpha that you computed?""",
        scaled(LAMBDA, 1.0), known),
    mistake("root_missing", """Your lambda makes the variance of the output wrong. λ stands in front of f, so with which
        power does it appear in the mean of f²?""", scaled(LAMBDA**2), lambda: (ALPHA, LAMBDA**2)),
    mistake("positive_half_forgotten", """Your lambda leaves out what the positive half contributes to the mean of f²:
        both halves count.""", *(lambda s: (scaled(s), lambda: (ALPHA, s)))((LAMBDA**-2 - 0.5) ** -0.5)),
    mistake("four_digits", ROUNDED, *rounded(4)),
    mistake("six_digits", ROUNDED, *rounded(6)),
    mistake("overflow", """np.where takes its pick after both arrays have been computed: your exponential was also
        computed for large positive z. Which numbers may it see?""", swept_overflow, known),
    mistake("numpy_scalars", """From float32 you make float64. A NumPy number such as np.sqrt(2.0) has a dtype of its own,
        and it wins over that of the array; a Python float has none: float(…) makes one of the other.""", numpy_scalars, known),
]  # fmt: skip
