"""How a gradient that is measured is recognised: it agrees with the right one to some digits, and to no more, where the value
of the result is right: a rounded result has a rounded gradient, and nobody has measured it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.comparison import Comparison, Difference
from autograder.exercise import Case
from autograder.handle import local

#: A quotient to one side with a step of 1e-3 is within this of the slope; no wrong formula is, at all places of a chain.
NEAR = 5e-3


def with_nearly(reference: Sequence[Any], *cases: Case) -> list[Case]:
    """The cases, with a mistake recognised by gradients that nearly agree with its own.

    Two gradients that are measured with different steps differ from each other as they differ from the right one, and are
    one mistake. A mark hangs on the case's own comparison.
    """
    return [
        replace(c, compare=widened(c.compare), expected=lambda rng, c=c: c.probe(rng, *map(local, reference)))
        for c in cases
    ]


def widened(compare: Comparison) -> Comparison:
    def compared(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        difference = compare(given, expected, slack)
        return None if difference and slack > 1 and nearly(given, expected) else difference

    return compared


def nearly(given: Any, expected: Any) -> bool:
    """Whether two lists begin with the same value, their other numbers agree to `NEAR`, and all else is the same."""
    return (
        isinstance(given, list) and isinstance(expected, list) and len(given) == len(expected)
        and close(given[0], expected[0], 1e-12) and all(close(g, e, NEAR) for g, e in zip(given, expected, strict=True))
    )  # fmt: skip


def close(given: Any, expected: Any, rtol: float) -> bool:
    if isinstance(given, np.ndarray) and isinstance(expected, np.ndarray):
        return given.shape == expected.shape and bool(np.all(np.abs(given - expected) <= rtol * np.abs(expected)))
    return type(given) is type(expected) and not isinstance(expected, np.ndarray) and bool(given == expected)
