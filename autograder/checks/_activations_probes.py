"""What the exercises about activations with slopes or weights of their own try, and arrays on which every mistake shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import activations as ref
from gradus.activations_with_parameters import MaxoutCache, PReLUCache

from autograder.comparison import Difference, values
from autograder.handle import StudentFailure
from autograder.moments import Law, uniform_law
from autograder.probes import Args, Probe, args, callable_of, draw_seed, float_dtypes, halved, same
from autograder.wording import call_text, kind_text, value_text

Array = np.ndarray
Rng = np.random.Generator

SHOWN = np.array([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0])  # of the public cases


# ---------------------------------------------------------------- arrays


def anywhere(rng: Rng) -> Array:
    """An array of one, two or three axes of different lengths, with a 0 and numbers of all sizes."""
    shape = tuple(rng.permutation([3, 4, 5])[: int(rng.integers(1, 4))].tolist())
    z = rng.permutation(np.concatenate([[0.0], rng.uniform(-4, -0.2, 29), rng.uniform(0.2, 4, 30)]))
    z = np.concatenate([[0.0, -0.7, 0.7], z])[: int(np.prod(shape))]
    return rng.permutation(z).reshape(shape)


def far_out(rng: Rng) -> Array:
    """Very large and very small numbers among ordinary ones."""
    ordinary = rng.uniform(-3, 3, 6)
    return rng.permutation(np.concatenate([[-1e4, -1000, -750, 750, 1000, 1e4, 0.0], ordinary]))


def close_to_zero(rng: Rng) -> Array:
    """Negative numbers so small that a difference of two numbers near 1 has lost most of its digits."""
    return -(10.0 ** rng.uniform(-12, -6, (3, 4)))


def nine_digits(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison: right to nine digits. What is left after a cancellation is rounding error, another one for each way of
    computing it: to recognise the mistake two digits have to do."""
    difference = values(rtol=1e-9 if slack == 1.0 else 1e-2, atol=0.0)(given, expected)
    if difference is None or difference.kind != "values":
        return difference
    if values(rtol=0.1, atol=0.0)(given, expected) is None:
        return Difference(
            "values", difference.expected, difference.given, "The first digits are right, but not all nine."
        )
    return difference


def whole_numbers(rng: Rng) -> Array:
    z = rng.permutation([-7, -3, -2, -1, 0, 0, 1, 2, 5, 9, *rng.integers(-20, 20, 2)])
    return z.reshape(4, 3)


def lengths(rng: Rng, n: int) -> list[int]:
    """n different lengths, so that no two axes can be confused without a difference in shape."""
    found: list[int] = rng.permutation(np.arange(2, 9))[:n].tolist()
    return found


def pair(found: Any, what: str, n: int = 2) -> Any:
    """The values a function returns, or the failure to do so."""
    if isinstance(found, tuple | list) and len(found) == n:
        return found
    raise StudentFailure("wrong", "", f"{what} is expected, yours is {kind_text(found)}")


# ---------------------------------------------------------------- forward and backward: prelu, maxout

Inputs = Callable[[Rng], list[Any]]  # the arguments of the forward pass, and dout


def output(inputs: Inputs) -> Probe:
    """What the forward pass returns besides its cache."""

    def probe(rng: Rng, forward: Any, backward: Any) -> Any:
        return pair(callable_of(forward)(*inputs(rng)[:-1]), "the pair out, cache")[0]

    probe.shown = lambda rng, names: f"out, cache = {call_text(names[0], inputs(rng)[:-1], {})}"  # type: ignore[attr-defined]
    return probe


def backwards(backward: Any, dout: Array, cache: Any, n: int) -> Any:
    """The gradients. A stub here leaves the points of the forward pass."""
    try:
        return pair(callable_of(backward)(dout, cache), f"{n} gradients", n)
    except StudentFailure as failure:
        if failure.verdict == "missing":
            raise StudentFailure("raised", failure.kind, "the backward pass is still to be written.") from None
        raise


def gradients(inputs: Inputs, *which: int, n: int = 2) -> Probe:
    """Some of the n gradients, all where none is named."""

    def probe(rng: Rng, forward: Any, backward: Any) -> Any:
        *given, dout = inputs(rng)
        cache = pair(callable_of(forward)(*given), "the pair out, cache")[1]
        found = backwards(backward, dout, cache, n)
        return found[which[0]] if len(which) == 1 else [found[i] for i in which or range(n)]

    def text(rng: Rng, names: tuple[str, ...]) -> str:
        *given, dout = inputs(rng)
        return f"out, cache = {call_text(names[0], given, {})}; {names[1]}({value_text(dout)}, cache)"

    probe.shown = text  # type: ignore[attr-defined]
    return probe


def two_at_once(inputs: Inputs, n: int = 2) -> Probe:
    """Forward, forward, backward, backward, as in a network: each gradient needs the cache of its own layer."""

    def probe(rng: Rng, forward: Any, backward: Any) -> list[Any]:
        *given, dout = inputs(rng)
        others = [-v if isinstance(v, np.ndarray) else 2 * v for v in given]
        cache1 = pair(callable_of(forward)(*given), "the pair out, cache")[1]
        cache2 = pair(callable_of(forward)(*others), "the pair out, cache")[1]
        upper = backwards(backward, dout, cache2, n)
        return [*upper, *backwards(backward, dout, cache1, n)]

    return probe


def prelu_backward(dout: Array, cache: Any) -> Any:
    """The reference; on its way through a check a cache becomes a plain tuple."""
    return ref.prelu_backward(dout, PReLUCache(*cache))


def maxout_backward(dout: Array, cache: Any) -> Any:
    """The reference; on its way through a check a cache becomes a plain tuple."""
    return ref.maxout_backward(dout, MaxoutCache(*cache))


def leaves_alone(inputs: Inputs, n: int = 2) -> Probe:
    """Whether inputs, dout and cache are what they were, and the same call gives the same again."""

    def probe(rng: Rng, forward: Any, backward: Any) -> dict[str, bool]:
        *given, dout = inputs(rng)
        first = callable_of(forward).call(*given)
        cache = pair(first.value, "the pair out, cache")[1]
        backwards(backward, dout, cache, n)
        second = callable_of(backward).call(dout, cache)
        again = callable_of(backward)(dout, cache)
        return {
            "inputs": same(given, first.args),
            "dout": same(dout, second.args[0]),
            "again": same(second.value, again),
        }

    return probe


UNCHANGED = {
    "inputs": "The forward pass changed its input: work on a copy.",
    "dout": "The backward pass changed dout: work on a copy.",
    "again": "The backward pass, called twice with one cache, gave two different results: does it change the cache?",
}


def dtypes(inputs: Inputs) -> Probe:
    """The dtypes of output and gradients for inputs of float32."""

    def probe(rng: Rng, forward: Any, backward: Any) -> list[str]:
        *given, dout = halved(inputs(rng))
        out, cache = pair(callable_of(forward)(*given), "the pair out, cache")
        found = callable_of(backward)(dout, cache)
        return float_dtypes([out, *found]) if isinstance(found, tuple | list) else []

    return probe


def small_prelu(rng: Rng) -> list[Any]:
    z, dout = np.array([[1.0, -2], [0, 3], [-4, -0.5]]), np.array([[1.0, 2], [-1, 3], [0.5, -2]])
    return [z, 0.25, dout]


def small_prelu_columns(rng: Rng) -> list[Any]:
    z, _, dout = small_prelu(rng)
    return [z, np.array([0.1, 0.5]), dout]


def one_slope(rng: Rng) -> list[Any]:
    N, D = lengths(rng, 2)
    z = rng.standard_normal((N, D))
    z.flat[rng.integers(z.size)] = 0.0
    return [z, round(float(rng.choice([rng.uniform(0.1, 0.6), rng.uniform(1.5, 3.0)])), 2), rng.standard_normal((N, D))]


def steep_slope(rng: Rng) -> list[Any]:
    z, _, dout = one_slope(rng)
    return [z, 2.0, dout]


def slope_per_column(rng: Rng) -> list[Any]:
    z, _, dout = one_slope(rng)
    return [z, rng.permutation(np.linspace(0.1, 1.7, z.shape[1])), dout]


def square(rng: Rng) -> list[Any]:
    """As many samples as columns: confused axes give wrong values here, not an exception."""
    z = rng.standard_normal((4, 4))
    z[0, 0] = 0.0
    return [z, rng.permutation([0.1, 0.4, 0.8, 1.6]), rng.standard_normal((4, 4))]


def pieces(k: int) -> Inputs:
    """X, W, b and dout of a maxout layer."""

    def inputs(rng: Rng) -> list[Any]:
        N, D, H = [n for n in lengths(rng, 4) if n != k][:3]
        return [rng.standard_normal(s) for s in ((N, D), (D, k, H), (k, H), (N, H))]

    return inputs


def small_maxout(rng: Rng) -> list[Any]:
    X, W = np.array([[1.0, 2], [0, -1], [-3, 1]]), np.array([[[1.0, -1], [2, 0]], [[0, 1], [-1, 3]]])
    return [X, W, np.array([[0.5, 0], [0, -1]]), np.array([[1.0, 0], [2, -1], [-1, 3]])]


def relu_in_disguise(rng: Rng) -> list[Any]:
    """Two pieces, the first of them 0."""
    X, W, b, dout = small_maxout(rng)
    W[:, 0], b[0] = 0.0, 0.0
    return [X, W, b, dout]


# ---------------------------------------------------------------- rrelu


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


def steady(rng: Rng, rrelu: Any, derivative: Any) -> bool:
    """Whether evaluation gives the same for two generators."""
    z = anywhere(rng)
    a, b = (forward_rrelu(rrelu, z, draw_seed(rng), training=False)[0] for _ in range(2))
    return same(a, b)


def single_precision(rng: Rng, rrelu: Any, derivative: Any) -> list[str]:
    z = anywhere(rng).astype(np.float32)
    found = [forward_rrelu(rrelu, z, draw_seed(rng), training=training)[0] for training in (True, False)]
    return float_dtypes(found)
