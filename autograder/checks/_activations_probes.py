"""What the exercises about activations with slopes or weights of their own try, and arrays on which every mistake shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import activations as ref
from gradus.activations_with_parameters import MaxoutCache, PReLUCache

from autograder.comparison import Difference, values
from autograder.handle import StudentFailure
from autograder.probes import Probe, callable_of, float_dtypes, halved, same
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


def not_above_zero(rng: Rng) -> list[list[Any]]:
    """Slopes that training has taken to 0 or below it: one below, one at 0, and columns of every kind."""
    z, _, dout = one_slope(rng)
    z[0] = -np.abs(z[0]) - 0.2  # each slope has a say
    columns = rng.permutation(np.concatenate([[-0.7, 0.0], np.linspace(-1.3, 1.3, z.shape[1] - 2)]))
    return [[z, a, dout] for a in (round(float(rng.uniform(-1.5, -0.3)), 2), 0.0, columns)]


def with_each(several: Callable[[Rng], list[list[Any]]], observe: Callable[[Inputs], Probe]) -> Probe:
    """What is observed with each of several inputs, in a list."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        return [observe(lambda _, given=given: given)(rng, *objects) for given in several(rng)]  # type: ignore[misc]

    return probe


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
