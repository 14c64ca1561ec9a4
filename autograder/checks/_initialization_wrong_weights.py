"""Wrong versions of initializers, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import initializers as ref

from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator
Shape = tuple[int, ...]

ELSEWHERE = np.random.default_rng()  # in place of NumPy's global generator, which must not be touched here
TRUNCATED_STD = ref.TRUNCATED_STD

VARIANCE_AS_STD = """You passed the variance where a standard deviation is expected: the second argument of rng.normal has the
    unit of the weights, not of their squares."""


def fans(shape: Shape) -> tuple[int, int]:
    receptive = int(np.prod(shape[:-2]))
    return receptive * shape[-2], receptive * shape[-1]


# ---------------------------------------------------------------- with the generator


def made_inside(right: Callable[..., Array]) -> Callable[..., Array]:
    """A generator of its own, made anew in each call."""
    return lambda shape, rng, *more, **named: right(shape, np.random.default_rng(0), *more, **named)


def drawn_elsewhere(right: Callable[..., Array]) -> Callable[..., Array]:
    """As ``np.random.normal`` does: numbers from a generator that nobody passed in."""
    return lambda shape, rng, *more, **named: right(shape, ELSEWHERE, *more, **named)


def one_row_for_all(right: Callable[..., Array]) -> Callable[..., Array]:
    """``W[:] = rng.normal(0, std, fan_out)``: one row is drawn and broadcast."""

    def init(shape: Shape, rng: Rng, *more: Any, **named: Any) -> Array:
        W = np.zeros(shape)
        W[:] = right(shape, rng, *more, **named)[0]
        return W

    return init


def about_rng(name: str, right: Callable[..., Array], *before: Any) -> list[Mistake]:
    """Mistakes of any initializer. `before`: what else is asked for in the same exercise, in a right version."""
    return [
        mistake("seed_inside", f"""{name} gives the same weights whatever rng it is given: a generator is made anew
            somewhere inside, and all layers of one shape would start equal. Draw from the rng that comes in.""",
            *before, made_inside(right)),
        mistake("global_generator", f"""{name} draws from a generator that was not passed in, np.random.… perhaps: nobody
            could repeat your run. Draw from the rng that comes in.""", *before, drawn_elsewhere(right)),
        mistake("one_row_for_all", """All rows of W are the same: one was drawn and then repeated. For how many numbers
            does your draw ask?""", *before, one_row_for_all(right)),
    ]  # fmt: skip


# ---------------------------------------------------------------- compute_fans

COMPUTE_FANS = [
    mistake("swapped", """You returned (fan_out, fan_in). W has shape (fan_in, fan_out) here, unlike in PyTorch: which of the
        two lengths counts what comes in?""", lambda shape: fans(shape)[::-1]),
    mistake("receptive_field_forgotten", """Right for a dense layer, not for a convolution: a unit there looks at a whole window
        of kh × kw places, and each of them brings its connections.""", lambda shape: shape[-2:]),
    mistake("first_axis", """For a kernel of shape (kh, kw, C_in, C_out) the first axis is a height, not a number of
        inputs.""", lambda shape: (shape[0], shape[-1])),
    mistake("receptive_field_in_fan_in_only", """Your fan_in is right for a convolution, your fan_out is not. A place of the
        input, too, lies in kh × kw windows, and each of them takes it up.""", lambda shape: (fans(shape)[0], shape[-1])),
]  # fmt: skip

# ---------------------------------------------------------------- glorot_normal, glorot_uniform


def normal(std: Callable[..., float]) -> Callable[..., Array]:
    """N(0, std²) with a wrong ``std(fan_in, fan_out, …)``."""

    def init(shape: Shape, rng: Rng, *more: Any, **named: Any) -> Array:
        return rng.normal(0.0, std(*fans(shape), *more, **named), shape)

    return init


def uniform(limit: Callable[[int, int], float], low: float = -1.0) -> Callable[..., Array]:
    """U(low · r, r) with a wrong r = ``limit(fan_in, fan_out)``."""

    def init(shape: Shape, rng: Rng) -> Array:
        r = limit(*fans(shape))
        return rng.uniform(low * r, r, shape)

    return init


GLOROT_NORMAL = [
    mistake("variance_as_std", VARIANCE_AS_STD, normal(lambda i, o: 2 / (i + o))),
    mistake("fan_in", """You used fan_in alone; that is LeCun's rule. It keeps the signal on its way up, but what of the gradient
        on its way down?""", normal(lambda i, o: np.sqrt(1 / i))),
    mistake("fan_out", """You used fan_out alone. It keeps the gradient on its way down, but what of the signal on its way
        up?""", normal(lambda i, o: np.sqrt(1 / o))),
    mistake("two_over_the_mean", """Your variance is twice what it should be. fan_avg is a mean already: the 2 was spent in
        it.""", normal(lambda i, o: np.sqrt(4 / (i + o)))),
    mistake("fan_sum", """Your variance is half of what it should be: fan_avg is the mean of the two fans, not their
        sum.""", normal(lambda i, o: np.sqrt(1 / (i + o)))),
    mistake("not_scaled", """Your weights have standard deviation 1 in every layer, however many connections it has. Where do
        the fans come in?""", normal(lambda i, o: 1.0)),
    mistake("uniform", """The spread is right, but these weights are evenly distributed between two limits: that is the next
        exercise. A normal distribution is asked for here.""", uniform(lambda i, o: np.sqrt(6 / (i + o)))),
    *about_rng("glorot_normal", ref.glorot_normal),
]  # fmt: skip

TWO_FORMS = """Two forms of the limit are in use, one with fan_avg and one with the sum of the fans: you took the number of one
    and the fans of the other."""

GLOROT_UNIFORM = [
    mistake("factor_3_missing", """Your limit is the standard deviation that is wanted. But numbers spread evenly up to a limit
        lie mostly well inside it: how large is the variance of U(−r, r)?""", uniform(lambda i, o: np.sqrt(2 / (i + o)))),
    mistake("not_symmetric", """All your weights have the same sign. rng.uniform takes a lower and an upper limit: with which
        lower limit is the mean 0?""", uniform(lambda i, o: np.sqrt(6 / (i + o)), low=0.0)),
    mistake("six_over_the_mean", f"Your limit is √2 times too large. {TWO_FORMS}", uniform(lambda i, o: np.sqrt(12 / (i + o)))),
    mistake("three_over_the_sum", f"Your limit is √2 times too small. {TWO_FORMS}", uniform(lambda i, o: np.sqrt(3 / (i + o)))),
    mistake("root_forgotten", """Your limit is the square of the one asked for: it has the unit of a variance.""",
        uniform(lambda i, o: 6 / (i + o))),
    mistake("fan_in", """You used fan_in alone; that is LeCun's rule. Glorot's is fair to the gradient as well.""",
        uniform(lambda i, o: np.sqrt(3 / i))),
    mistake("fan_out", """You used fan_out alone. Glorot's rule is fair to the signal as well.""",
        uniform(lambda i, o: np.sqrt(3 / o))),
    mistake("normal", """These weights have the right spread but no limit: they are normally distributed, as in the last
        exercise.""", normal(lambda i, o: np.sqrt(2 / (i + o)))),
    *about_rng("glorot_uniform", ref.glorot_uniform),
]  # fmt: skip

# ---------------------------------------------------------------- he_normal


def he(variance: Callable[..., float]) -> Callable[..., Array]:
    """N(0, variance) with a wrong ``variance(fan_in, fan_out, power)``, power = 1 + a² the share of the negative half."""
    return normal(lambda i, o, negative_slope=0.0: np.sqrt(variance(i, o, 1 + negative_slope**2)))


HE_NORMAL = [
    mistake("halved_weights", """You divided the weights by 2. But half of the units are silent: to make up for them the others
        have to speak louder, not softer. The extra 2 belongs under the root.""", he(lambda i, o, p: 1 / (4 * p * i))),
    mistake("halved_variance", """Your variance is half of LeCun's. But half of the units are silent: to make up for them it has
        to be larger.""", he(lambda i, o, p: 1 / (2 * p * i))),
    mistake("lecun", """That is LeCun's rule, made for units that let everything through. ReLU stops the negative half: what is
        lost of the signal's power?""", he(lambda i, o, p: 1 / (p * i))),
    mistake("doubled_weights", """You doubled the weights. It is the variance that is to be doubled.""",
        he(lambda i, o, p: 4 / (p * i))),
    mistake("fan_out", """You used fan_out. W has shape (fan_in, fan_out): the rows are the inputs, and the signal on its way up
        is a sum over them.""", he(lambda i, o, p: 2 / (p * o))),
    mistake("fan_avg", """You used the mean of both fans, as Glorot does. He's rule looks at the signal on its way up: over how
        many terms does a unit sum?""", he(lambda i, o, p: 4 / (p * (i + o)))),
    mistake("variance_as_std", VARIANCE_AS_STD, he(lambda i, o, p: (2 / (p * i)) ** 2)),
    mistake("no_slope_argument", """Right for ReLU, but your function cannot be called with negative_slope=0.2: the task gives it
        three arguments, the last with a default.""", lambda shape, rng: rng.normal(0.0, np.sqrt(2 / shape[0]), shape)),
    mistake("slope_ignored", """Right for ReLU. But with a slope on the negative side that half lets something through, and less
        is to be made up for: negative_slope does not change your weights.""", he(lambda i, o, p: 2 / i)),
    mistake("slope_not_squared", """Right for ReLU. For other slopes it is the signal's power that counts: if the signal is
        multiplied by a, by what is its power multiplied?""",
        normal(lambda i, o, negative_slope=0.0: np.sqrt(2 / ((1 + negative_slope) * i)))),
    mistake("sum_squared", """Right for ReLU. For other slopes you squared 1 + a as a whole. But the positive and the negative
        half are never there at once: their powers add up, each for itself.""",
        normal(lambda i, o, negative_slope=0.0: np.sqrt(2 / ((1 + negative_slope) ** 2 * i)))),
    mistake("slope_multiplies", """Right for ReLU. For other slopes your weights grow with the slope: but the more the negative
        half lets through, the less is to be made up for.""", he(lambda i, o, p: 2 * p / i)),
    *about_rng("he_normal", ref.he_normal),
]  # fmt: skip

# ---------------------------------------------------------------- lecun_normal, variance_scaling


def right_n(fan_in: int, fan_out: int, mode: str) -> float:
    return {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2, "fan_out": fan_out}[mode]


def truncated(rng: Rng, shape: Shape) -> Array:
    z = rng.standard_normal(shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.standard_normal(int(outside.sum()))
    return z


def scaling(
    n: Callable[[int, int, str], float] = right_n,
    std: Callable[[float, float], float] = lambda scale, n: np.sqrt(scale / n),
    cut: Callable[[Rng, Shape], Array] = lambda rng, shape: truncated(rng, shape) / TRUNCATED_STD,
) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """A right lecun_normal, and variance_scaling with one part wrong: which n, which standard deviation, how it is cut."""

    def variance_scaling(
        shape: Shape, rng: Rng, scale: float = 1.0, mode: str = "fan_in", dist: str = "normal"
    ) -> Array:
        z = cut(rng, shape) if dist == "truncated" else rng.standard_normal(shape)
        return std(scale, n(*fans(shape), mode)) * z

    return ref.lecun_normal, variance_scaling


LECUN_NORMAL = [
    mistake("lecun_by_fan_avg", """Your lecun_normal uses the mean of both fans. Some tables print it so, but then it would be
        Glorot's rule. LeCun looks at the sum that a unit forms: how many terms has it?""",
        normal(lambda i, o: np.sqrt(2 / (i + o))), ref.variance_scaling),
    mistake("lecun_variance_as_std", VARIANCE_AS_STD, normal(lambda i, o: 1 / i), ref.variance_scaling),
    mistake("lecun_by_fan_out", """Your lecun_normal uses fan_out. W has shape (fan_in, fan_out): the rows are the inputs.""",
        normal(lambda i, o: np.sqrt(1 / o)), ref.variance_scaling),
    mistake("lecun_doubled", """Your lecun_normal has the variance of He's rule. The 2 there makes up for ReLU's silent half;
        LeCun's rule knows nothing of ReLU.""", normal(lambda i, o: np.sqrt(2 / i)), ref.variance_scaling),
    mistake("mode_ignored", """variance_scaling divides by fan_in in every mode. The mode says what to divide by.""",
        *scaling(n=lambda i, o, mode: i)),
    mistake("fan_sum", """In mode "fan_avg" variance_scaling divides by the sum of the fans, not by their mean.""",
        *scaling(n=lambda i, o, mode: i + o if mode == "fan_avg" else right_n(i, o, mode))),
    mistake("modes_swapped", """The modes "fan_in" and "fan_out" have changed places in variance_scaling. W has shape
        (fan_in, fan_out): the rows are the inputs.""", *scaling(n=lambda i, o, mode: right_n(o, i, mode))),
    mistake("variance_as_std", VARIANCE_AS_STD, *scaling(std=lambda scale, n: scale / n)),
    mistake("scale_of_the_weights", """Right for scale 1. For other scales: it is the variance that is to be scale / n, and you
        multiplied the weights.""", *scaling(std=lambda scale, n: scale * np.sqrt(1 / n))),
    mistake("scale_ignored", """Right for scale 1; another scale changes nothing in your weights.""",
        *scaling(std=lambda scale, n: np.sqrt(1 / n))),
    mistake("truncation_ignored", """With dist="truncated" some of your weights lie farther out than a truncated distribution
        reaches. Which ones are not allowed to stay?""", *scaling(cut=lambda rng, shape: rng.standard_normal(shape))),
    mistake("clipped", """You moved what lay outside onto the limit, where the values now pile up. A truncated distribution has
        nothing to move: such a value is drawn anew until it lies inside.""",
        *scaling(cut=lambda rng, shape: np.clip(rng.standard_normal(shape), -2, 2) / TRUNCATED_STD)),
    mistake("clipped_and_not_rescaled", """You moved what lay outside onto the limit, where the values now pile up. A truncated
        distribution has nothing to move: such a value is drawn anew until it lies inside. The spread comes after that.""",
        *scaling(cut=lambda rng, shape: np.clip(rng.standard_normal(shape), -2, 2))),
    mistake("not_rescaled", """After the cut the spread is 12 % too small: the largest weights are gone, and they counted most.
        What makes up for it?""", *scaling(cut=truncated)),
    mistake("rescaled_the_other_way", """The cut makes the spread smaller, and your factor makes it smaller still.""",
        *scaling(cut=lambda rng, shape: truncated(rng, shape) * TRUNCATED_STD)),
    mistake("cut_at_two", """Nothing was cut: weights this small never reach 2. The limit is two standard deviations.""",
        *scaling(cut=lambda rng, shape: rng.standard_normal(shape) / TRUNCATED_STD)),
    *about_rng("variance_scaling", ref.variance_scaling, ref.lecun_normal),
]  # fmt: skip
