"""Values in words: how a check prints a call, an array, a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.handle import Seed

__all__ = ["call_text", "kind_text", "pair_text", "shortened", "value_text"]

LONGEST = 400  # characters of a value in words
PLAIN = (int, float, complex, str, np.generic)


def shortened(text: str, most: int = LONGEST) -> str:
    """A text, cut off where it is longer than anybody wants to read."""
    return text if len(text) <= most else text[: most - 1] + "…"


def call_text(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """A call as a student would type it, large arrays by their shape: ``he_normal((400, 100), rng)``."""
    parts = [value_text(a) for a in args] + [f"{k}={value_text(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def value_text(value: Any, digits: int = 6) -> str:
    """A value in a few words: small arrays written out, large ones by shape and dtype."""
    return shortened(whole_text(value, digits))


def whole_text(value: Any, digits: int) -> str:
    if isinstance(value, Seed):
        return "rng"
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return value_text(value.item(), digits)
        if value.size > 12:
            return f"<array of shape {value.shape}, {value.dtype}>"
        text = np.array2string(value, precision=digits, separator=", ", floatmode="maxprec")
        return " ".join(text.split())
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, tuple | list):
        inner = ", ".join(value_text(v, digits) for v in value[:8]) + (", …" if len(value) > 8 else "")
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, dict):
        inner = ", ".join(f"{shortened(repr(k), 80)}: {value_text(v, digits)}" for k, v in list(value.items())[:8])
        return f"{{{inner}{', …' if len(value) > 8 else ''}}}"
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__)
    return shortened(repr(value), 78)


def pair_text(expected: Any, given: Any, digits: int = 6) -> tuple[str, str]:
    """Two values in a few words, with as many digits more as it takes to tell them apart.

    Of large arrays of one shape, and of long lists of numbers, the place is named at which they differ.
    """
    for more in range(digits, 25):
        texts = value_text(expected, more), value_text(given, more)
        if texts[0] != texts[1]:
            return texts
    both = expected, given
    if all(isinstance(v, tuple | list) for v in both) and len(expected) == len(given):
        for i, (e, g) in enumerate(zip(*both, strict=True)):
            if isinstance(e, PLAIN) and isinstance(g, PLAIN) and e != g:
                e, g = pair_text(e, g, digits)
                return f"{e} at [{i}]", f"{g} at [{i}]"
    if (
        all(isinstance(v, np.ndarray) and v.size and v.dtype.kind in "biufc" for v in both)
        and expected.shape == given.shape
    ):
        place = furthest_apart(expected, given)
        e, g = pair_text(expected[place].item(), given[place].item(), digits)
        if e != g:
            at = f"at [{', '.join(map(str, place))}]"
            return f"{texts[0]}, {at}: {e}", f"{texts[1]}, {at}: {g}"
    return texts


def furthest_apart(a: np.ndarray, b: np.ndarray) -> tuple[int, ...]:
    """The place at which two arrays of one shape differ most; a NaN in one of them counts as infinitely far."""
    with np.errstate(all="ignore"):
        apart = np.where(a == b, 0.0, np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.float64))))
    apart = np.where((a != a) & (b != b), 0.0, np.where(np.isnan(apart), np.inf, apart))
    return tuple(int(i) for i in np.unravel_index(np.argmax(apart), a.shape))


def kind_text(value: Any) -> str:
    """What sort of thing a value is: "an array of shape (3, 4)", "a number", "None"."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float | complex | np.ndarray):
        return "a number"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)} values"
    if isinstance(value, dict):
        keys = ", ".join(shortened(repr(key), 80) for key in list(value)[:20])
        return shortened(f"a dict with {'the keys ' + keys if value else 'no keys'}")
    if isinstance(value, str):
        return "a text"
    return shortened(repr(value), 100)
