"""What explains a difference, when the mistake behind it is not a known one.

`explain` looks for a simple relation between two arrays of one shape (a constant factor, a sign, a transposition, a shift,
a root or square) and says it; failing that, it says where the arrays first differ and by how much. Where values may not be shown
it names none: a student's code could put a hidden input into it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.wording import pair_text

__all__ = ["explain", "explain_shape"]

RTOL = 1e-6


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal to a relative 1e-6 of the largest entry, and finite."""
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    return bool((np.abs(a - b) <= RTOL * max(float(np.abs(b).max(initial=0.0)), 1e-300)).all())


def ratio_text(ratio: float, show: bool = True) -> str:
    """A factor as a person would say it: 2, 1/4, 0.707; where values may not be shown only the first two, else ""."""
    for number, text in ((ratio, "{}"), (1 / ratio, "1/{}")):
        if abs(number - round(number)) < 1e-6 * abs(number) and 1 <= abs(round(number)) <= (10_000 if show else 1000):
            return text.format(round(number))
    return f"{ratio:.4g}" if show else ""


def constant_factor(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    big = np.abs(expected) > 1e-12 * np.abs(expected).max(initial=0.0)
    if not big.any() or expected.size < 2:
        return None
    ratio = float(given[big][0] / expected[big][0])
    if not np.isfinite(ratio) or abs(ratio) < 1e-300 or not close(given, ratio * expected):
        return None
    if abs(ratio + 1) < RTOL:
        return "Every value has the wrong sign."
    return f"Every value is {ratio_text(ratio, show) or 'a fixed number of'} times the expected one."


def constant_shift(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    if expected.size < 2 or not np.ptp(expected):
        return None
    shift = float(given.flat[0] - expected.flat[0])
    by = f"{shift:+.4g}" if show else "the same number"
    return f"Every value is off by {by}." if close(given, expected + shift) else None


def row_order(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    if expected.ndim == 0 or len(expected) < 2:
        return None
    if close(given[::-1], expected):
        return "These are the expected rows in reverse order."
    if close(np.sort(given, axis=None), np.sort(expected, axis=None)):
        return "These are the expected values in another order."
    return None


def transposed(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    square = expected.ndim == 2 and expected.shape[0] == expected.shape[1] > 1
    return "This is the transpose of the expected matrix." if square and close(given.T, expected) else None


def power(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    if expected.size < 2 or (expected < 0).any() or (given < 0).any():
        return None
    if close(given, expected**2):
        return "Your values are the squares of the expected ones: a root is missing."
    return "Your values are the roots of the expected ones." if close(given**2, expected) else None


def not_finite(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    bad = ~np.isfinite(given) & np.isfinite(expected)
    if not bad.any():
        return None
    what = "NaN" if np.isnan(given[bad]).any() else "infinite"
    return f"{int(bad.sum())} of {given.size} values are {what}."


def where_not_zero(given: np.ndarray, expected: np.ndarray, show: bool) -> str | None:
    if given.size > 1 and np.ptp(given) == 0 and np.ptp(expected):
        return f"All your values are {format(float(given.flat[0]), '.4g') if show else 'the same'}."
    return None


RELATIONS: tuple[Callable[[np.ndarray, np.ndarray, bool], str | None], ...] = (
    not_finite, where_not_zero, constant_factor, constant_shift, transposed, row_order, power,
)  # fmt: skip


def explain(given: Any, expected: Any, *, show: bool) -> str:
    """One or two sentences on how `given` differs from `expected`, two arrays of the same shape.

    Args:
        given: the student's array.
        expected: the right one.
        show: whether values may be named (public cases); without it only the relation is told.
    """
    given, expected = np.asarray(given, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    with np.errstate(all="ignore"):
        for relation in () if close(given, expected) else RELATIONS:  # a relation needs a difference to explain
            if sentence := relation(given, expected, show):
                return sentence
        wrong = ~(np.abs(given - expected) <= RTOL * np.maximum(np.abs(expected), 1e-9))
    if given.ndim == 0 or not wrong.any():
        return ""
    share = f"{int(wrong.sum())} of {given.size} values differ"
    if not show:
        return f"{share}." if given.size > 1 else ""
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    index = ", ".join(map(str, place))
    texts = pair_text(float(expected[place]), float(given[place]))
    return f"{share}, the first at [{index}]: expected {texts[0]}, yours is {texts[1]}."


def explain_shape(given: tuple[int, ...], expected: tuple[int, ...]) -> str:
    """What a wrong shape suggests: a transposition, a wrong axis, a missing or a needless ``keepdims``."""
    if len(given) == len(expected) == 2 and given == expected[::-1]:
        return "The axes are swapped: is a transposition missing, or one too many?"
    if len(given) == 1 and len(expected) == 1:
        return "Is that the length of another axis, or an entry too many or too few?"
    squeezed = tuple(n for n in given if n != 1)
    if squeezed == tuple(n for n in expected if n != 1):
        return "An axis of length 1 is missing: see keepdims." if len(given) < len(expected) else (
            "There is an axis of length 1 too many.")  # fmt: skip
    if len(given) > len(expected):
        return "There is an axis too many: was a sum forgotten, or did two shapes broadcast against each other?"
    if len(given) < len(expected):
        return "An axis is missing: was summed over it?" if given else "A whole array is expected, not one number."
    return ""
