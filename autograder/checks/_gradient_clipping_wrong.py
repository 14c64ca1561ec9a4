"""Wrong versions of gradient clipping, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.clipping import clip_by_global_norm, clip_by_value, cosine, global_norm

from autograder.exercise import mistake

Array = np.ndarray
Grads = list[Array]

# ---------------------------------------------------------------- global_norm


def root_of_squares(grads: Grads) -> Any:
    """The norm as most people write it: right where squares have room."""
    return np.sqrt(sum(np.sum(g**2) for g in grads))


def joined(grads: Grads) -> Any:
    return np.linalg.norm(np.concatenate([g.ravel() for g in grads]))


GLOBAL_NORM = [
    mistake("sum_of_norms", """You add up the norms of the arrays. Lay all entries in one long row: the length of that row is
        asked for, and lengths at right angles do not add up.""", lambda grads: sum(np.linalg.norm(g) for g in grads)),
    mistake("no_root", """Your result grows with the square of the gradients: twice as large a gradient must be twice as
        long.""", lambda grads: sum(np.sum(g**2) for g in grads)),
    mistake("sum_of_magnitudes", """You add up absolute values. That is a length along the axes; asked for is the straight
        line.""", lambda grads: sum(np.abs(g).sum() for g in grads)),
    mistake("mean_of_squares", """You divide by the number of entries: that is the size of a typical entry. A longer row of
        the same entries is longer.""", lambda grads: math.sqrt(sum(np.sum(g**2) for g in grads) / max(sum(
            g.size for g in grads), 1))),
    mistake("largest_norm", """Your result is the norm of the longest array; the others count as well.""",
        lambda grads: max([np.linalg.norm(g) for g in grads], default=0.0)),
    mistake("largest_entry", """Your result is the largest entry. The length is made of all of them.""",
        lambda grads: max([np.abs(g).max() for g in grads], default=0.0)),
    mistake("mean_of_norms", """You take the mean of the arrays' norms. Lay all entries in one long row: how long is it?""",
        lambda grads: np.mean([np.linalg.norm(g) for g in grads]) if grads else 0.0),
    mistake("a_norm_for_each", """You return a norm for each array. One number is asked for, the length of all of them
        together.""", lambda grads: [np.linalg.norm(g) for g in grads]),
    mistake("concatenate_nothing", """An empty list has no arrays to join: NumPy's concatenate raises there. How long is a
        gradient without entries?""", joined),
    mistake("concatenate_shapes", """Arrays of different shapes cannot be joined as they are: make each of them a row
        first.""", lambda grads: np.linalg.norm(np.concatenate(grads)) if grads else 0.0),
    mistake("squares_of_sums", """You square sums: positive and negative entries cancel. Square each entry first.""",
        lambda grads: math.sqrt(sum(np.sum(g) ** 2 for g in grads))),
]  # fmt: skip

# ---------------------------------------------------------------- clip_by_value


def values_in_place(grads: Grads, c: float) -> Grads:
    for g in grads:
        g[g > c] = c
        g[g < -c] = -c
    return grads


CLIP_BY_VALUE = [
    mistake("only_from_above", """Large negative components get through. A component can be too long in two directions.""",
        lambda grads, c: [np.minimum(g, c) for g in grads]),
    mistake("only_from_below", """Large positive components get through. A component can be too long in two directions.""",
        lambda grads, c: [np.maximum(g, -c) for g in grads]),
    mistake("from_zero", """Your negative components have become 0: which interval does the task name?""",
        lambda grads, c: [np.clip(g, 0, c) for g in grads]),
    mistake("sign_lost", """What is below the interval comes out positive. A component keeps its sign.""",
        lambda grads, c: [np.where(np.abs(g) > c, c, g) for g in grads]),
    mistake("magnitudes", """All your components are positive. A component keeps its sign.""",
        lambda grads, c: [np.clip(np.abs(g), 0, c) for g in grads]),
    mistake("set_to_zero", """What lies outside the interval becomes 0 in your result, and the largest components are lost.
        They are to stay as large as is allowed.""", lambda grads, c: [np.where(np.abs(g) > c, 0.0, g) for g in grads]),
    mistake("divided_by_largest", """You divide a whole array, so its small components change too. Each component is looked at
        by itself.""", lambda grads, c: [g * min(1, c / np.abs(g).max()) for g in grads]),
    mistake("by_norm", """You shorten whole arrays. That is clipping by norm; here each component is looked at by itself.""",
        lambda grads, c: [g * min(1, c / np.linalg.norm(g)) for g in grads]),
    mistake("only_signs", """Components within the interval are to stay as they are. Yours all have the same size.""",
        lambda grads, c: [c * np.sign(g) for g in grads]),
    mistake("threshold_ignored", """Your interval is the same whatever c is. Which argument is not used?""",
        lambda grads, c: [np.clip(g, -1, 1) for g in grads]),
    mistake("one_long_array", """You return one long array. Each gradient belongs to a parameter: a list of arrays with the
        same shapes is asked for.""", lambda grads, c: np.clip(np.concatenate([g.ravel() for g in grads]), -c, c)),
    mistake("in_place", """You write into the arrays that you were given. The caller may still need them: make new ones.""",
        values_in_place),
]  # fmt: skip

# ---------------------------------------------------------------- clip_by_global_norm


def clip_with(
    factor: Callable[[float, float], Any], norm_of: Callable[[Grads], Any] = root_of_squares
) -> Callable[..., tuple[Grads, Any]]:
    """All arrays times one factor, `factor(norm, c)`."""

    def clip(grads: Grads, c: float) -> tuple[Grads, Any]:
        norm = float(norm_of(grads))
        return [g * factor(norm, c) for g in grads], norm

    return clip


def each_by_itself(grads: Grads, c: float) -> tuple[Grads, float]:
    return [clip_by_global_norm(g, c)[0] for g in grads], global_norm(grads)


def shortened_in_place(grads: Grads, c: float) -> tuple[Grads, float]:
    norm = global_norm(grads)
    if norm > c:
        for g in grads:
            g[...] = clip_by_global_norm([g], c)[0][0] if norm == math.inf else g * (c / norm)
    return grads, norm


def in_float64(grads: Grads, c: float) -> tuple[Grads, Any]:
    largest = max(np.abs(g).max() for g in grads) or np.float64(1.0)
    norm = np.float64(largest) * np.sqrt(np.float64(sum(np.sum((g / largest) ** 2, dtype=np.float64) for g in grads)))
    factor = np.float64(c) / norm if norm > c else np.float64(1.0)
    return [g * factor for g in grads], norm


def warns_at_zero(grads: Grads, c: float) -> tuple[Grads, Any]:
    norm = np.float64(global_norm(grads))
    return [g * float(min(1, c / norm)) for g in grads], norm


def norm_afterwards(grads: Grads, c: float) -> tuple[Grads, float]:
    clipped = clip_by_global_norm(grads, c)[0]
    return clipped, global_norm(clipped)


ONLY_LONG = """Your short gradients become longer. Clipping shortens what is too long and leaves the rest alone."""
OF_ZERO = """A gradient of 0 becomes NaN, because it is divided by its norm. Its length is below every threshold: what is to
    happen to it?"""
OVERFLOW = """The square of 1e200 is more than a float can hold, so your norm is infinite and the factor 0. By what could the
    entries be divided before they are squared?"""

CLIP_BY_GLOBAL_NORM = [
    mistake("each_by_itself", """You clip each array by its own norm. Short arrays keep their length, long ones do not, and the
        direction of the whole changes: look at the cosine. One factor serves all.""", each_by_itself),
    mistake("always_rescaled", ONLY_LONG, clip_with(lambda norm, c: c / norm if norm > 0 else 1.0, global_norm)),
    mistake("always_rescaled_even_zero", ONLY_LONG, clip_with(lambda norm, c: np.divide(c, norm), global_norm)),
    mistake("zero_by_zero", OF_ZERO, clip_with(lambda norm, c: np.divide(min(c, norm), norm), global_norm)),
    mistake("division_by_zero", """For a gradient of 0 Python refuses to divide by its norm. Its length is below every threshold:
        what is to happen to it?""", clip_with(lambda norm, c: min(1.0, c / norm), global_norm)),
    mistake("warns_at_zero", """For a gradient of 0 NumPy warns of a division by zero. The result is right by luck: look at the
        norm before you divide by it.""", warns_at_zero),
    mistake("overflow", OVERFLOW, clip_with(lambda norm, c: c / norm if norm > c else 1.0)),
    mistake("norm_afterwards", """Your norm is that of the clipped gradients. How long they were before is what one wants to
        know, to see how often something is clipped.""", norm_afterwards),
    mistake("order", """The two values come in the other order: first the gradients, then the norm.""",
        lambda grads, c: clip_by_global_norm(grads, c)[::-1]),
    mistake("unit_length", """A gradient that is too long comes out with length 1, whatever the threshold.""",
        clip_with(lambda norm, c: 1 / norm if norm > c else 1.0, global_norm)),
    mistake("upside_down", """Your long gradients become longer still: look at the factor for a gradient that is twice as long
        as allowed.""", clip_with(lambda norm, c: norm / c if norm > c else 1.0, global_norm)),
    mistake("difference", """You subtract from the components. A shorter vector of the same direction is a multiple of the
        vector.""", lambda grads, c: ([g - (global_norm(grads) - c) if global_norm(grads) > c else g for g in grads],
                                      global_norm(grads))),
    mistake("by_value", """You clip each component. That turns the gradient; here the whole of it is to be shortened.""",
        lambda grads, c: (clip_by_value(grads, c), global_norm(grads))),
    mistake("squared_norm", """Your factor has the square of the norm in it: the clipped gradient is too short. Was a root
        forgotten?""", clip_with(lambda norm, c: c / norm if norm > c else 1.0, lambda grads: global_norm(grads) ** 2)),
    mistake("sum_of_norms", """Your norm is the sum of the arrays' norms, so gradients are clipped that are short enough, and too
        much. Use the length of the whole, from exercise 1.""",
        clip_with(lambda norm, c: c / norm if norm > c else 1.0, lambda grads: sum(map(np.linalg.norm, grads)))),
    mistake("in_place", """You write into the arrays that you were given. The caller may still need them: make new ones.""",
        shortened_in_place),
    mistake("float64", """With float32 gradients yours come back as float64: a NumPy number such as np.sqrt gives is a float64,
        and makes float64 of what it multiplies. A Python float does not.""", in_float64),
]  # fmt: skip

# ---------------------------------------------------------------- angle_between, clipping_angles


def angles_with(angle: Callable[[Grads, Grads], Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Both functions, from one way of measuring an angle."""

    def clipping_angles(grads: Grads, c: float) -> tuple[Any, Any]:
        return angle(grads, clip_by_value(grads, c)), angle(grads, clip_by_global_norm(grads, c)[0])

    return angle, clipping_angles


def right_angle(a: Grads, b: Grads) -> float:
    return math.degrees(math.acos(cosine(a, b)))


def row(grads: Grads) -> Array:
    return np.concatenate([g.ravel() for g in grads])


def by_products(a: Grads, b: Grads) -> Any:
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos(row(a) @ row(b) / (np.linalg.norm(row(a)) * np.linalg.norm(row(b)))))


def by_unit_vectors(a: Grads, b: Grads) -> Any:
    with np.errstate(invalid="ignore"):
        return np.degrees(np.arccos((row(a) / np.linalg.norm(row(a))) @ (row(b) / np.linalg.norm(row(b)))))


def mean_of_arrays(a: Grads, b: Grads) -> Any:
    return np.mean([right_angle([g], [h]) for g, h in zip(a, b, strict=True)])


def unnormalized(a: Grads, b: Grads) -> Any:
    return np.degrees(np.arccos(np.clip(row(a) @ row(b), -1, 1)))


def with_(clipping_angles: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return right_angle, clipping_angles


ABOVE_ONE = """For gradients of one direction you get NaN: rounding makes the cosine a little larger than 1, and there is no angle
    with such a cosine. What can be done about a number that must not leave an interval?"""

ANGLE_BETWEEN = [
    mistake("radians", """Your angles are in radians: a right angle is 90 degrees, not 1.57.""",
        *angles_with(lambda a, b: math.acos(cosine(a, b)))),
    mistake("cosine", """You return the cosine. Which angle has it?""", *angles_with(cosine)),
    mistake("above_one", ABOVE_ONE, *angles_with(by_products)),
    mistake("above_one_unit_vectors", ABOVE_ONE, *angles_with(by_unit_vectors)),
    mistake("nan_to_zero", """Where rounding makes the cosine leave its interval you say 0 degrees. It leaves it at the other end
        as well, and there the two gradients are opposed.""",
        *angles_with(lambda a, b: np.nan_to_num(by_products(a, b)))),
    mistake("acute", """Your angles never exceed 90 degrees. Gradients that point in opposite directions are 180 degrees
        apart: where does the sign get lost?""", *angles_with(lambda a, b: math.degrees(math.acos(abs(cosine(a, b)))))),
    mistake("not_normalized", """Your angle changes when one of the gradients is made longer. A cosine is the product of two
        vectors of length 1.""", *angles_with(unnormalized)),
    mistake("array_by_array", """You measure an angle for each array and take the mean. All arrays together are one
        vector.""", *angles_with(mean_of_arrays)),
    mistake("sine", """Your right angle is not one: which function of the angle does the product of two unit vectors
        give?""", *angles_with(lambda a, b: math.degrees(math.asin(cosine(a, b))))),
    mistake("order", """The two angles come in the other order: first by value, then by norm.""",
        *with_(lambda grads, c: angles_with(right_angle)[1](grads, c)[::-1])),
    mistake("between_the_two", """Your angles are measured from something else than the gradient as it was: it is the reference
        for both.""", *with_(lambda grads, c: (right_angle(clip_by_value(grads, c), clip_by_global_norm(
            grads, c)[0]),) * 2)),
    mistake("each_by_itself", """By norm your gradient turns. It should not: which norm did you clip by, that of all arrays or
        that of each?""", *with_(lambda grads, c: (right_angle(grads, clip_by_value(grads, c)), right_angle(
            grads, [clip_by_global_norm(g, c)[0] for g in grads])))),
]  # fmt: skip
