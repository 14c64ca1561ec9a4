"""How an observation is held against the expected one: type, then shape, then dtype, then values.

A `Comparison` is a function ``compare(given, expected, slack) -> Difference | None``; None means "as expected". Every test is
of the positive form "is close", so that a NaN never passes unless a NaN is expected in that very place. `slack` widens the
tolerance; it is 1 when a mark hangs on it, and more when two random observations are compared to recognise a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.diagnosis import explain, explain_shape
from autograder.wording import kind_text, pair_text

__all__ = ["Comparison", "Difference", "between", "exactly", "told", "values"]


@dataclass(frozen=True)
class Difference:
    """Why an observation is not as expected.

    Attributes:
        kind: "type", "shape", "dtype", "values".
        expected, given: the two, in words, for public cases.
        hint: a sentence that holds values only if the case is public.
        part: which part of a compound value: "dW", "the second value".
    """

    kind: str
    expected: str
    given: str
    hint: Callable[[bool], str] | str = ""
    part: str = ""

    def sentence(self, show: bool) -> str:
        """The hint, with the values named or not."""
        return self.hint if isinstance(self.hint, str) else self.hint(show)


Comparison = Callable[[Any, Any, float], Difference | None]

ORDINALS = ("the first", "the second", "the third", "the fourth", "the fifth")


def is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | complex) or (isinstance(value, np.ndarray) and value.ndim == 0)


def values(
    rtol: float = 1e-7, atol: float = 1e-9, *, parts: Sequence[str] = (), float32_rtol: float = 1e-4
) -> Comparison:
    """Equal in type, shape, kind of dtype and, to a tolerance, in value; through tuples, lists and dicts.

    |given − expected| ≤ atol + rtol |expected|. A list stands for a tuple and the other way round; an integer for a
    number with the same value; a 0-d array for a number. An integer *array* does not stand for an array of floats. Where
    one of two arrays is float32, `float32_rtol` is the relative tolerance.

    Args:
        rtol, atol: the tolerances.
        parts: names of the values of a tuple, in order, for messages: ("dX", "dW", "db").
    """

    def compare(given: Any, expected: Any, slack: float = 1.0, part: str = "") -> Difference | None:
        def differ(kind: str, hint: Callable[[bool], str] | str = "", e: str = "", g: str = "") -> Difference:
            texts = ("", "") if e and g else pair_text(expected, given)
            return Difference(kind, e or texts[0], g or texts[1], hint, part)

        if isinstance(expected, dict):
            if not isinstance(given, dict) or set(given) != set(expected):
                return differ("type", e=kind_text(expected), g=kind_text(given))
            pairs = [(given[k], expected[k], repr(k)) for k in expected]
        elif isinstance(expected, tuple | list):
            if (
                isinstance(given, np.ndarray)
                and given.shape == (len(expected),)
                and all(is_number(e) for e in expected)
            ):
                given = given.tolist()
            if not isinstance(given, tuple | list) or len(given) != len(expected):
                return differ("type", e=kind_text(expected), g=kind_text(given))
            names = parts if len(parts) == len(expected) else [f"{o} value" for o in ORDINALS]
            pairs = [(g, e, names[i] if i < len(names) else f"value {i + 1}")
                     for i, (g, e) in enumerate(zip(given, expected, strict=True))]  # fmt: skip
        else:
            return leaf(given, expected, slack, differ)
        for g, e, name in pairs:
            if difference := compare(g, e, slack, f"{part}, {name}" if part else name):
                return difference
        return None

    def leaf(given: Any, expected: Any, slack: float, differ: Callable[..., Difference]) -> Difference | None:
        if expected is None or isinstance(expected, str | bool):
            same = type(given) is type(expected) and given == expected
            return None if same else differ("values")
        number = is_number(expected)
        if number != is_number(given) or not (number or isinstance(given, np.ndarray)):
            return differ("type", shape_hint(given, expected), kind_text(expected), kind_text(given))
        g, e = np.asarray(given), np.asarray(expected)
        if g.shape != e.shape:
            return differ("shape", explain_shape(g.shape, e.shape), f"shape {e.shape}", f"shape {g.shape}")
        if not number and g.dtype.kind != e.dtype.kind and (e.dtype.kind == "b" or g.dtype.kind in "bcu" + "i" * (
                e.dtype.kind == "f")):  # fmt: skip
            hint = "The result is int: compute in floating point." if g.dtype.kind in "iu" else ""
            return differ("dtype", hint, f"dtype {e.dtype}", f"dtype {g.dtype}")
        single = not number and g.dtype.kind == "f" and min(g.dtype.itemsize, e.dtype.itemsize) < 8
        r = (max(rtol, float32_rtol) if single else rtol) * slack
        with np.errstate(all="ignore"):
            near = np.abs(g - e) <= atol * slack + r * np.abs(e) if e.dtype.kind != "b" else g == e
            ok = (near & np.isfinite(e)) | (g == e) | ((g != g) & (e != e))
        if ok.all():
            return None
        return differ("values", lambda show: explain(g, e, show=show) if g.dtype.kind in "biuf" else "")

    return compare


def shape_hint(given: Any, expected: Any) -> str:
    """The hint for an array where a number is due, or the other way round."""
    if is_number(given) and isinstance(expected, np.ndarray):
        return explain_shape((), expected.shape)
    if isinstance(given, np.ndarray) and is_number(expected):
        return "One number is expected, not an array: was a mean or a sum forgotten?"
    return "Did you forget to return the result?" if given is None else ""


def exactly(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """Equal bit for bit in values: for truth values, counts, texts, and arrays that must be untouched."""
    return values(rtol=0.0, atol=0.0, float32_rtol=0.0)(given, expected, slack)


def between(agree: Callable[[float], tuple[float, float]] = lambda value: (value, value)) -> Comparison:
    """A comparison of named numbers, each of which is to lie in its range (low, high).

    Args:
        agree: the range in which a number passes for another: two such dicts of numbers are the same mistake then.
    """

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        for name, wanted in expected.items():
            low, high = wanted if isinstance(wanted, tuple) else agree(wanted)
            both_nan = given[name] != given[name] and low != low
            if not (low <= given[name] <= high or both_nan):
                nearer, found = pair_text(float(low if given[name] < low else high), float(given[name]), 3)
                limits = f"{nearer} and {high:.3g}" if given[name] < low else f"{low:.3g} and {nearer}"
                return Difference("values", f"{name} between {limits}", found)
        return None

    return compare


def told(sentences: dict[str, str]) -> Comparison:
    """For facts by name: the first that is not as expected, with the sentence on it. Truth values are not named beside it."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        for key, wanted in expected.items():
            if given.get(key) != wanted:
                texts = ("", "") if isinstance(wanted, bool) else pair_text(wanted, given.get(key))
                return Difference("values", *texts, " ".join(sentences.get(key, "").split()), key)
        return None

    return compare
