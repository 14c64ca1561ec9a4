"""What the exercise about random slopes tries: how they are drawn, and whether both functions belong together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks._activations_probes import anywhere, pair
from autograder.handle import StudentFailure
from autograder.moments import Law, uniform_law
from autograder.probes import Args, Probe, args, callable_of, draw_seed, float_dtypes
from autograder.wording import kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator


def forward_rrelu(rrelu: Any, *given: Any, **named: Any) -> Any:
    z = given[0]
    out, slopes = pair(callable_of(rrelu)(*given, **named), "the pair out, slopes")
    for name, value in (("out", out), ("slopes", slopes)):
        if not isinstance(value, np.ndarray) or value.shape != z.shape or value.dtype.kind != "f":
            raise StudentFailure(
                "wrong", "", f"{name} must be an array of floats shaped like z, yours is {kind_text(value)}"
            )
    return out, slopes


def drawn_slopes(lower: float | None = None, upper: float = 1.0, *, from_output: bool) -> Probe:
    """Slopes of 2,400 negative entries, laid onto −1/2 … 1/2; read off the output, or as returned."""

    def probe(rng: Rng, rrelu: Any, derivative: Any) -> Array:
        z = -rng.uniform(0.5, 2.0, (40, 60))
        low, high = (1 / 8, 1 / 3) if lower is None else (lower, upper)
        named = {} if lower is None else {"lower": low, "upper": high}
        out, slopes = forward_rrelu(rrelu, z, draw_seed(rng), **named)
        return ((out / z if from_output else slopes) - low) / (high - low) - 0.5

    return probe


def unit_law(rng: Rng) -> Law:
    return uniform_law((40, 60), 1 / 12)


def hangs_together(rng: Rng, rrelu: Any, derivative: Any) -> dict[str, bool]:
    """Whether output, returned slopes and derivative belong to one and the same draw."""
    z = anywhere(rng)
    out, slopes = forward_rrelu(rrelu, z, draw_seed(rng))
    below, above = z < 0, z > 0
    found = derivative_of(derivative, z, slopes)
    close = lambda a, b: bool((np.abs(a - b) <= 1e-9).all())  # noqa: E731
    return {
        "above": close(out[above], z[above]),
        "slopes": close(out[below], (slopes * z)[below]),
        "range": bool(((slopes[below] >= 1 / 8) & (slopes[below] <= 1 / 3)).all()),
        "derivative": close(found[below], slopes[below]) and close(found[above], 1.0),
    }


TOGETHER = {
    "above": "Entries of z above 0 must come out as they are.",
    "slopes": "Your out and your slopes do not belong together: below 0, out must be z times the slope you return.",
    "range": "Some of your slopes lie outside the range from lower to upper.",
    "derivative": "Your derivative does not use the slopes that were used on the way forward.",
}


def with_slopes(rng: Rng) -> Args:
    """The arguments of rrelu_derivative."""
    z = anywhere(rng)
    return args(z, rng.uniform(1 / 8, 1 / 3, z.shape))


def derivative_of(derivative: Any, z: Array, slopes: Array) -> Array:
    try:
        found = callable_of(derivative)(z, slopes)
    except StudentFailure as failure:
        if failure.verdict == "missing":
            raise StudentFailure("raised", failure.kind, "rrelu_derivative is still to be written.") from None
        raise
    if not isinstance(found, np.ndarray) or found.shape != z.shape or found.dtype.kind != "f":
        raise StudentFailure(
            "wrong", "", f"the derivative must be an array of floats shaped like z, yours is {kind_text(found)}"
        )
    return found


def evaluation(make: Callable[[Rng], tuple[Array, dict[str, float]]]) -> Probe:
    """The output in evaluation."""

    def probe(rng: Rng, rrelu: Any, derivative: Any) -> Array:
        z, named = make(rng)
        return forward_rrelu(rrelu, z, draw_seed(rng), training=False, **named)[0]

    probe.shown = lambda rng, names: f"{names[0]}({value_text(make(rng)[0])}, rng, training=False)[0]"  # type: ignore[attr-defined]
    return probe


def another_range(rng: Rng) -> tuple[Array, dict[str, float]]:
    return anywhere(rng), {
        "lower": round(float(rng.uniform(0, 0.3)), 3),
        "upper": round(float(rng.uniform(0.5, 0.9)), 3),
    }


def single_precision(rng: Rng, rrelu: Any, derivative: Any) -> list[str]:
    z = anywhere(rng).astype(np.float32)
    found = [forward_rrelu(rrelu, z, draw_seed(rng), training=training)[0] for training in (True, False)]
    return float_dtypes(found)
