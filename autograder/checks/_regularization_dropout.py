"""What the exercises on dropout and alpha dropout try: given masks, drawn ones, and signals that are to keep their size."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.activations import SELU_ALPHA, SELU_LAMBDA

from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, several, with_call
from autograder.wording import call_text, kind_text

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]

# ---------------------------------------------------------------- dropout_forward, dropout_backward

RATES = (0.2, 0.3, 0.7, 0.8)  # far from 1/2: keeping and dropping are told apart


def signed(rng: Rng, shape: tuple[int, ...]) -> Array:
    """Numbers of both signs, none near 0: a 0 in the output was put there."""
    return rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def some_mask(rng: Rng, shape: tuple[int, ...], rate: float) -> Array:
    """True where an entry is kept; both occur."""
    mask = rng.random(shape) >= rate
    mask.flat[:2] = True, False
    return mask


def any_shape(rng: Rng) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.choice([2, 3, 4, 5, 6], int(rng.integers(2, 4)), replace=False))


def given_mask(rate: float | None = None, shape: tuple[int, ...] | None = None) -> Callable[[Rng], Args]:
    """A call in training with a mask of the caller's."""

    def make(rng: Rng) -> Args:
        p = float(rng.choice(RATES)) if rate is None else rate
        size = any_shape(rng) if shape is None else shape
        return args(signed(rng, size), p, draw_seed(rng), True, some_mask(rng, size, p))

    return make


def by_hand(rng: Rng) -> Args:
    """Small enough to be followed: two examples, four units."""
    x = np.array([[1.0, 2.0, -3.0, 4.0], [5.0, -6.0, 7.0, 8.0]])
    return args(x, 0.2, draw_seed(rng), True, np.array([[True, False, True, True], [True, True, False, True]]))


def pair(forward: Any, positional: Any, named: Any = None) -> Any:
    return several(callable_of(forward)(*positional, **(named or {})), 2, "the pair out, mask")


def both(make: Callable[[Rng], Args]) -> Probe:
    """out and mask."""

    def probe(rng: Rng, *objects: Any) -> list[Any]:
        return list(pair(objects[0], *make(rng)))

    return with_call(probe, lambda rng, names: f"out, mask = {call_text(names[0], *make(rng))}")


def evaluated(rng: Rng, *objects: Any) -> list[Any]:
    """out in training with a given mask, then out and mask in evaluation; there out is x, with a mask of the caller's, too."""
    (x, rate, seed, _, mask), _ = given_mask()(rng)
    out, ones = pair(objects[0], (x, rate, seed, False))
    in_training = pair(objects[0], (x, rate, seed, True, mask))[0]
    return [in_training, out, all_one(ones), pair(objects[0], (x, rate, seed, False, mask))[0]]


def all_one(mask: Any) -> bool:
    """Whether a mask is 1 everywhere, as a number or a truth value; none at all is for the way back to judge."""
    return mask is None or (isinstance(mask, np.ndarray | int | float) and bool((np.asarray(mask) == 1).all()))


def untouched(rng: Rng, *objects: Any) -> bool:
    """Whether the generator is where it was after a call with a mask of the caller's."""
    (x, rate, seed, training, mask), _ = given_mask()(rng)
    after = callable_of(objects[0]).call(x, rate, seed, training, mask).args[2]
    return bool(after.get("random")() == np.random.default_rng(seed.value).random())


def at_rate_zero(rng: Rng, *objects: Any) -> list[Any]:
    """out in training with a given mask, then with a rate of 0 and a mask of its own."""
    (x, rate, seed, _, mask), _ = given_mask(shape=(int(rng.integers(2, 6)), int(rng.integers(6, 9))))(rng)
    return [pair(objects[0], (x, rate, seed, True, mask))[0], pair(objects[0], (x, 0.0, seed, True))[0]]


def drawn(forward: Any, x: Array, rate: float, rng: Rng) -> tuple[Array, Any]:
    """out and mask of a call that draws its own."""
    out, mask = pair(forward, (x, rate, draw_seed(rng), True))
    if not isinstance(out, np.ndarray) or out.shape != x.shape or out.dtype.kind != "f":
        raise StudentFailure(
            "wrong", "", f"out must be an array of floats of shape {x.shape}, yours is {kind_text(out)}"
        )
    return out, mask


def structure(rng: Rng, *objects: Any) -> dict[str, bool]:
    """Whether each example and each unit has a mask of its own."""
    outs = [drawn(objects[0], signed(rng, (60, 50)), 0.4, rng)[0] for _ in range(6)]
    zero = outs[0] == 0
    return {
        "number": not_counted(outs) or not zero.any() or bool((zero == zero[:1]).all() or (zero == zero[:, :1]).all()),
        "examples": bool((zero != zero[:1]).any()) or not zero.any(),
        "units": bool((zero != zero[:, :1]).any()) or not zero.any(),
        "dropped": bool(zero.any()),
    }


structure = with_call(structure, "NAME(x, 0.4, rng, True), x of shape (60, 50)")
STRUCTURE = {
    "number": """Exactly the same number of entries is dropped each time. By a draw of its own for each entry it is now a few
        more, now a few less.""",
    "examples": "All examples of the batch lose the same units: one mask for the whole batch. What shape has yours?",
    "units": "An example of yours loses all its units or none: each of them is to be drawn for itself.",
    "dropped": "Nothing is dropped in training.",
}
SHARE, FACTOR = "share of zeros", "by what a kept entry is multiplied"


def not_counted(outs: list[Array]) -> bool:
    """Whether dropped entries are more here and fewer there: in several outputs, and in the examples of one."""
    zeros = [out == 0 for out in outs]
    return len({int(zero.sum()) for zero in zeros}) > 1 and len(set(zeros[0].sum(axis=1).tolist())) > 1


def shares(rate: float | None = None) -> Probe:
    """How many entries are dropped, and what becomes of the others; at a rate of the check's own choice if it is None."""
    probe: Probe = lambda rng, *objects: shares_at(float(rng.choice(RATES)) if rate is None else rate, rng, *objects)  # noqa: E731
    return with_call(probe, f"NAME(x, {rate}, rng, True), x of shape (60, 50)")


def shares_at(rate: float, rng: Rng, *objects: Any) -> dict[str, Any]:
    x = signed(rng, (60, 50))
    out, _ = drawn(objects[0], x, rate, rng)
    more = [drawn(objects[0], x, rate, rng)[0] for _ in range(5)]
    kept = out != 0
    factors = out[kept] / x[kept]
    factor = float(np.median(factors)) if kept.any() else math.nan
    return {
        SHARE: float(np.mean([o == 0 for o in (out, *more)])),
        FACTOR: factor,
        "one factor for all": bool((np.abs(factors - factor) < 1e-9).all()),
        "drawn one by one": bool((kept != kept[:1]).any() and (kept != kept[:, :1]).any()),
        "number": not_counted([out, *more]),
    }


def expected_shares(rate: float | None = None) -> Callable[[Rng], dict[str, Any]]:
    def expected(rng: Rng) -> dict[str, Any]:
        p = float(rng.choice(RATES)) if rate is None else rate
        return {SHARE: p, FACTOR: 1 / (1 - p), "one factor for all": True, "drawn one by one": True, "number": True}

    return expected


SHARES = {
    SHARE: "The rate is the probability with which an entry is dropped.",
    FACTOR: "What is kept has to make up for what is dropped: the mean of out is to be that of x.",
    "one factor for all": "The kept entries are not all multiplied by the same number.",
    "drawn one by one": "Whole rows or columns are dropped together. Each entry is to be drawn for itself.",
    "number": STRUCTURE["number"],
}
SHARES_SD = {SHARE: lambda p: math.sqrt(p * (1 - p) / 18000)}


def round_trip(rng: Rng, forward: Any, backward: Any) -> dict[str, Any]:
    """A gradient sent back through the mask of a forward pass, in training and in evaluation."""
    rate, x = float(rng.choice(RATES)), signed(rng, (20, 60))
    dout = signed(rng, x.shape)
    out, mask = drawn(forward, x, rate, rng)
    dx = gradient(backward, dout, mask)
    kept = (out != 0) & (dx != 0)
    found = {
        "the same entries": bool(((out != 0) == (dx != 0)).all()),
        FACTOR: float(np.median(dx[kept] / dout[kept]) / np.median(out[kept] / x[kept])) if kept.any() else math.nan,
    }
    _, ones = pair(forward, (x, rate, draw_seed(rng), False))
    return found | {"in evaluation": bool((np.abs(gradient(backward, dout, ones) - dout) < 1e-9).all())}


def gradient(backward: Any, dout: Array, mask: Any) -> Array:
    dx = callable_of(backward)(dout, mask)
    if not isinstance(dx, np.ndarray) or dx.shape != dout.shape or dx.dtype.kind != "f":
        raise StudentFailure("wrong", "", f"dropout_backward must return an array like dout, yours is {kind_text(dx)}")
    return dx


ROUND_TRIP = {"the same entries": True, FACTOR: 1.0, "in evaluation": True}
ROUND_TRIP_TOLD = {
    "the same entries": """The gradient is 0 at other entries than the output: on the way back the mask is to be the one of the
        way forward.""",
    FACTOR: """A kept entry of the gradient is multiplied by another number than that entry was on its way forward. What is the
        derivative of out with respect to x?""",
    "in evaluation": "In evaluation out is x. With the mask returned there, what should become of a gradient?",
}


def back(rng: Rng) -> Args:
    """A gradient and a mask as dropout_forward returns it."""
    rate, shape = float(rng.choice(RATES)), any_shape(rng)
    return args(signed(rng, shape), some_mask(rng, shape, rate) / (1 - rate))


# ---------------------------------------------------------------- alpha_dropout, alpha_dropout_constants


def some_rate(rng: Rng) -> Args:
    return args(round(float(rng.uniform(0.05, 0.45) + 0.45 * (rng.random() < 0.5)), 2))


def selu_signal(rng: Rng, shape: tuple[int, ...]) -> Array:
    """Outputs of SELU units whose inputs are standard normal: mean 0, variance 1."""
    z = rng.standard_normal(shape)
    return SELU_LAMBDA * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0)))


MEAN, VARIANCE = "mean", "variance"
DROPPED = "share of dropped entries"


def moments(rate: float | None = None) -> Probe:
    """Mean and variance of 100,000 outputs, and how many entries were dropped: those with the commonest value."""

    def probe(rng: Rng, *objects: Any) -> dict[str, Any]:
        p, x = float(rng.choice(RATES)) if rate is None else rate, selu_signal(rng, (250, 400))
        outs = [drawn(objects[0], x[:rows], p, rng)[0] for rows in (250, 20, 20, 20, 20, 20)]
        values, counts = np.unique(outs[0], return_counts=True)
        dropped = [out == values[counts.argmax()] for out in outs]
        return {
            SINGLY: bool((dropped[0] != dropped[0][:1]).any() and (dropped[0] != dropped[0][:, :1]).any()),
            NUMBER: len({int(zero.sum()) for zero in dropped[1:]}) > 1 and bool(np.ptp(dropped[0].sum(axis=1)) > 0),
            DROPPED: float(counts.max() / outs[0].size), MEAN: float(outs[0].mean()), VARIANCE: float(outs[0].var()),
        }  # fmt: skip

    return with_call(probe, f"NAME(x, {rate}, rng, True), x of shape (250, 400), the outputs of SELU units")


def expected_moments(rate: float | None = None) -> Callable[[Rng], dict[str, Any]]:
    return lambda rng: {
        SINGLY: True, NUMBER: True, DROPPED: float(rng.choice(RATES)) if rate is None else rate, MEAN: 0.0, VARIANCE: 1.0,
    }  # fmt: skip


SINGLY, NUMBER = "drawn one by one", "number"
MOMENTS = {
    SINGLY: SHARES[SINGLY],
    NUMBER: STRUCTURE[NUMBER],
    DROPPED: "The rate is the probability with which an entry is dropped; all dropped entries have one value.",
    MEAN: "A signal of mean 0 is to leave with mean 0.",
    VARIANCE: "A signal of variance 1 is to leave with variance 1.",
}
MOMENTS_SD = {
    DROPPED: lambda p: math.sqrt(p * (1 - p) / 1e5),
    MEAN: lambda m: 0.004,
    VARIANCE: lambda v: 0.008 * max(v, 1),
}
