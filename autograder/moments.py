"""Random arrays, held against a law: two right answers draw different numbers, but of the same mean, spread and form.

The same comparison serves two ends. An answer is held against the `Law` it should follow; to recognise a mistake it is held
against the sample that a wrong version drew. Every band is 5 standard deviations wide for the number of values at hand, so a
right answer is refused less than once in a million times.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.comparison import Comparison, Difference
from autograder.diagnosis import explain_shape
from autograder.wording import kind_text

__all__ = [
    "Law",
    "centred",
    "follows",
    "form",
    "normal_law",
    "separate",
    "spread",
    "truncated_law",
    "uniform_law",
    "unrelated",
]

N_SIGMA = 5.0


@dataclass(frozen=True)
class Law:
    """What an array of independent values is expected to be like.

    Attributes:
        shape: of the array.
        variance: σ².
        kurtosis: fourth central moment / σ⁴; it says how closely n values show their variance.
        beyond: share of the values farther than σ from the mean; with the variance known it tells one form from another.
        mean: 0 for weights.
        values: the sample itself, where the law was read off one.
    """

    shape: tuple[int, ...]
    variance: float
    kurtosis: float
    beyond: float
    mean: float = 0.0
    values: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def different(self) -> float:
        """Number of different values, as a share of all: 1 for a law, less for a sample that repeats itself."""
        return 1.0 if self.values is None else len(np.unique(self.values)) / max(self.values.size, 1)

    @property
    def neighbours(self) -> list[float]:
        """For each axis, the correlation of the values that follow each other along it: 0 for a law, 1 for a sorted sample.

        NaN where all values are the same, or where an axis has only one."""
        if self.values is None:
            return [0.0] * len(self.shape)
        with np.errstate(all="ignore"):
            deviation = np.asarray(self.values, dtype=np.float64) - self.mean
            found = []
            for axis in range(deviation.ndim):
                along = np.moveaxis(deviation, axis, 0)
                pairs = max(along[1:].size, 1)
                found.append(float(np.sum(along[1:] * along[:-1]) / pairs / np.float64(self.variance)))
        return found


def normal_law(shape: tuple[int, ...], variance: float) -> Law:
    """N(0, σ²)."""
    return Law(shape, variance, 3.0, math.erfc(math.sqrt(0.5)))


def uniform_law(shape: tuple[int, ...], variance: float) -> Law:
    """U(−r, r), r² = 3 σ²."""
    return Law(shape, variance, 9 / 5, 1 - 1 / math.sqrt(3))


def truncated_law(shape: tuple[int, ...], variance: float, cut: float = 2.0) -> Law:
    """A normal law without what lies beyond `cut` of its standard deviations, then scaled to variance σ²."""
    inside = math.erf(cut / math.sqrt(2))
    density = math.exp(-cut * cut / 2) / math.sqrt(2 * math.pi)
    second = 1 - 2 * cut * density / inside
    fourth = 3 - 2 * (cut**3 + 3 * cut) * density / inside
    return Law(shape, variance, fourth / second**2, 1 - math.erf(math.sqrt(second / 2)) / inside)


def sample_law(x: np.ndarray) -> Law:
    """The law that a sample shows; NaN where there is nothing to be seen."""
    with np.errstate(all="ignore"):
        x = np.asarray(x, dtype=np.float64)
        mean, deviation = float(x.mean()) if x.size else math.nan, x - x.mean() if x.size else x
        squares = deviation * deviation
        variance = float(squares.mean()) if x.size else math.nan
        kurtosis = float(np.mean(squares * squares)) / variance**2 if variance > 0 else math.nan
        beyond = float(np.mean(squares > variance)) if x.size else math.nan
    return Law(x.shape, variance, kurtosis, beyond, mean, x)


Aspect = Callable[[Law, Law, float], Difference | None]


def centred(given: Law, expected: Law, width: float) -> Difference | None:
    """The mean lies where it should, measured in the sample's own standard errors: independent of the spread."""
    with np.errstate(all="ignore"):
        off = given.mean / np.sqrt(given.variance) - expected.mean / np.sqrt(expected.variance)
    if abs(off) <= width / math.sqrt(expected.size):
        return None
    return Difference("values", f"mean {expected.mean:.3g}", f"{given.mean:.3g}",
                      "The values do not lie evenly on both sides of 0.")  # fmt: skip


def spread(given: Law, expected: Law, width: float) -> Difference | None:
    """The variance is right; its standard error is σ² √((κ − 1) / n), κ the kurtosis."""
    error = expected.variance * math.sqrt(max(expected.kurtosis - 1, 0) / expected.size)
    if abs(given.variance - expected.variance) <= width * error:
        return None
    ratio = given.variance / expected.variance if expected.variance > 0 else math.nan
    hint = f"Your variance is {ratio:.3g} times the expected one." if 0 < ratio < math.inf else ""
    if given.variance == 0:
        hint = "All your values are the same."
    return Difference("values", f"variance {expected.variance:.3g}", f"{given.variance:.3g}", hint)


def form(given: Law, expected: Law, width: float) -> Difference | None:
    """As many values lie beyond one standard deviation as should, whatever that deviation is."""
    p = expected.beyond
    if abs(given.beyond - p) <= width * math.sqrt(p * (1 - p) / expected.size):
        return None
    what = "% of the values more than a standard deviation from the mean"
    return Difference("values", f"{100 * p:.1f} {what}", f"{100 * given.beyond:.1f} %",
                      "The values are spread in another form than that of the distribution asked for.")  # fmt: skip


def separate(given: Law, expected: Law, width: float) -> Difference | None:
    """As good as all values differ from each other, as when each was drawn for itself."""
    if abs(given.different - expected.different) <= 0.01 * expected.different:
        return None
    return Difference("values", f"{100 * expected.different:.0f} % different values", f"{100 * given.different:.3g} %",
                      "The same numbers stand in several places: each weight is to be drawn for itself.")  # fmt: skip


def unrelated(given: Law, expected: Law, width: float) -> Difference | None:
    """A value says nothing about the next one, along any axis; the standard error of the correlation of n pairs is 1 / √n."""
    for axis, (found, wanted) in enumerate(zip(given.neighbours, expected.neighbours, strict=True)):
        pairs = expected.size // max(expected.shape[axis], 1) * (expected.shape[axis] - 1)
        if pairs > 0 and abs(found - wanted) > width / math.sqrt(pairs):
            return Difference("values", f"a correlation of {wanted:.2g} between neighbours", f"{found:.2g}",
                              "Values that stand next to each other are related: each is to be drawn for itself.")  # fmt: skip
    return None


def follows(*aspects: Aspect) -> Comparison:
    """An array of floats of the right shape that follows the expected law in these aspects, looked at in this order."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        law = expected if isinstance(expected, Law) else None
        if law is None:
            if not isinstance(expected, np.ndarray) or expected.dtype.kind != "f":
                return Difference("type", kind_text(expected), kind_text(given))
            law = sample_law(expected)
        if not isinstance(given, np.ndarray) or (given.ndim == 0 and law.shape):
            hint = "Did you forget to return the result?" if given is None else explain_shape((), law.shape)
            return Difference("type", f"an array of shape {law.shape}", kind_text(given), hint)
        if given.shape != law.shape:
            return Difference("shape", f"shape {law.shape}", f"shape {given.shape}",
                              explain_shape(given.shape, law.shape))  # fmt: skip
        if given.dtype.kind != "f":
            return Difference("dtype", "an array of floats", f"dtype {given.dtype}")
        if not np.isfinite(given).all():
            return Difference("values", "finite numbers", "NaN or infinite ones", "Not all values are finite.")
        found = sample_law(given)
        for aspect in aspects:
            if difference := aspect(found, law, N_SIGMA * slack):
                return difference
        return None

    return compare
