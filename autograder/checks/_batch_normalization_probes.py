"""What the exercises on one layer of batch normalization try: batches, and probes of the student's functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from gradus import normalization as ref

from autograder.comparison import Comparison
from autograder.exercise import Case, purity
from autograder.handle import StudentFailure
from autograder.probes import Args, Make, Probe, args, callable_of, halved, holds, manners, with_call
from autograder.wording import call_text, kind_text

Array = np.ndarray
Rng = np.random.Generator

FORWARD = "out, cache, running_mean, running_var"


def several(found: Any, n: int, what: str) -> Any:
    """The n values a function returns, or the failure to do so."""
    if isinstance(found, tuple | list) and len(found) == n:
        return found
    raise StudentFailure("wrong", "", f"{n} values are expected, {what}; yours is {kind_text(found)}.")


# ---------------------------------------------------------------- batches


def columns(rng: Rng, N: int, D: int) -> list[Array]:
    """X, γ, β and running statistics. Columns differ in size and place, so that a confused axis shows; the
    running statistics are not those of the batch."""
    mean, std = rng.uniform(-5, 5, D), rng.permutation(np.geomspace(0.05, 5.0, D))
    X = mean + std * rng.standard_normal((N, D))
    gamma = rng.uniform(0.5, 2.0, D) * rng.choice([-1.0, 1.0], D)
    beta = rng.choice([-1.0, 1.0], D) * rng.uniform(0.3, 2.0, D)
    return [X, gamma, beta, mean + std * rng.uniform(0.3, 0.9, D), std**2 * rng.uniform(1.5, 3.0, D)]


def uneven(rng: Rng, most: int = 12) -> tuple[int, int]:
    """N and D, not equal."""
    D = int(rng.integers(3, 7))
    N = int(rng.integers(4, most))
    return N + (N == D), D


def batch(**named: Any) -> Make:
    """A call of batchnorm_forward on any batch."""
    return lambda rng: args(*columns(rng, *uneven(rng)), **named)


def small(**named: Any) -> Make:
    """A call that can be followed by hand."""

    def make(rng: Rng) -> Args:
        X = np.array([[1.0, 10, -3], [3, 40, -2], [5, 40, -2], [7, 30, -1]])
        gamma, beta = np.array([1.0, 2, 0.5]), np.array([0.0, 1, -1])
        return args(X, gamma, beta, np.array([2.0, 20, -1]), np.array([4.0, 400, 0.25]), **named)

    return make


def of_two(**named: Any) -> Make:
    return lambda rng: args(*columns(rng, 2, int(rng.integers(3, 7))), **named)


def with_constant_column(**named: Any) -> Make:
    """A batch in which one feature is the same for all, as the pixels in the corners of the digits are."""

    def make(rng: Rng) -> Args:
        X, *others = columns(rng, *uneven(rng))
        X[:, int(rng.integers(X.shape[1]))] = round(float(rng.uniform(0.5, 3.0)), 1)
        return args(X, *others, **named)

    return make


def of_small_spread(**named: Any) -> Make:
    """A batch with another ε, beside which its variances are small."""

    def make(rng: Rng) -> Args:
        X, gamma, beta, mean, var = columns(rng, *uneven(rng))
        return args(X / 50, gamma, beta, mean / 50, var / 2500, **named, eps=round(float(rng.uniform(0.001, 0.01)), 4))

    return make


def with_momentum(**named: Any) -> Make:
    def make(rng: Rng) -> Args:
        return args(*columns(rng, *uneven(rng)), **named, momentum=round(float(rng.uniform(0.6, 0.95)), 2))

    return make


# ---------------------------------------------------------------- batchnorm_forward


def parts_of(make: Make, *which: int) -> Probe:
    """Some of the four values that batchnorm_forward returns: 0 for out, 2 and 3 for the running statistics."""

    def probe(rng: Rng, forward: Any) -> Any:
        positional, named = make(rng)
        found = several(callable_of(forward)(*positional, **named), 4, FORWARD)
        return found[which[0]] if len(which) == 1 else [found[i] for i in which]

    def text(rng: Rng, names: tuple[str, ...]) -> str:
        positional, named = make(rng)
        return f"{FORWARD} = {call_text(names[0], positional, named)}"

    return with_call(probe, text)


def moments(make: Make) -> Probe:
    """Mean and standard deviation of each column of out."""

    def probe(rng: Rng, forward: Any) -> dict[str, Any]:
        positional, named = make(rng)
        out = several(callable_of(forward)(*positional, **named), 4, FORWARD)[0]
        if not isinstance(out, np.ndarray) or out.shape != positional[0].shape or out.dtype.kind not in "fiu":
            raise StudentFailure("wrong", "", f"out must be shaped like X, yours is {kind_text(out)}")
        with np.errstate(all="ignore"):
            return {"mean of each column of out": out.mean(axis=0), "its standard deviation": out.std(axis=0)}

    return with_call(probe, parts_of(make, 0).shown)


def row_by_row(make: Make) -> Probe:
    """What comes out for each row when it is a batch of its own."""

    def probe(rng: Rng, forward: Any) -> list[Any]:
        (X, *others), named = make(rng)
        return [several(callable_of(forward)(X[n : n + 1], *others, **named), 4, FORWARD)[0] for n in range(len(X))]

    return probe


def dtypes(make: Make, *which: int) -> Probe:
    """The dtypes of what comes out for float32 arrays; the cache is the student's own affair."""

    def probe(rng: Rng, forward: Any) -> list[str]:
        positional, named = make(rng)
        found = several(callable_of(forward)(*halved(positional), **halved(named)), 4, FORWARD)
        return [np.asarray(found[i]).dtype.name for i in which]

    return probe


STAYS_FLOAT32: Comparison = holds(
    "With float32 arrays the result must be float32: which line turns it into another dtype?"
)


def forward_manners(make: Make, *which: int, label: str = "") -> list[Case]:
    tail = f" {label}" if label else ""
    return [
        *manners(make, float32=False, label=label),
        purity(f"float32 stays float32{tail}", dtypes(make, *which), STAYS_FLOAT32),
    ]


# ---------------------------------------------------------------- ema_update


def averages(rng: Rng, D: int = 4) -> tuple[Array, Array]:
    return rng.uniform(1, 5, D).round(1), rng.uniform(6, 9, D).round(1)


def one_update(rng: Rng) -> Args:
    return args(np.array([5.0, 1.0, -2.0]), np.array([3.0, 2.0, 4.0]), 0.9)


def any_update(rng: Rng) -> Args:
    return args(*averages(rng, int(rng.integers(2, 8))), round(float(rng.uniform(0.6, 0.98)), 2))


def after(steps: int) -> Probe:
    """The average after many steps with the same new value."""

    def probe(rng: Rng, ema_update: Any) -> Any:
        old, new = averages(rng)
        momentum = round(float(rng.uniform(0.85, 0.97)), 2)
        for _ in range(steps):
            old = callable_of(ema_update)(old, new, momentum)
        return old

    return probe


def at_the_ends(rng: Rng, ema_update: Any) -> list[Any]:
    """Momentum 0 and momentum 1."""
    old, new = averages(rng)
    return [callable_of(ema_update)(old, new, m) for m in (0.0, 1.0)]


# ---------------------------------------------------------------- batchnorm_backward

BACKWARD = "dX, dgamma, dbeta"


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """The reference, on the cache that the task describes."""
    x_hat, inv_std, gamma = cache
    return ref.batchnorm_backward(dout, ref.BatchNormCache(x_hat / inv_std, inv_std, gamma, True))


def way_back(rng: Rng, N: int, D: int) -> Args:
    X, gamma, *_ = columns(rng, N, D)
    inv_std = 1 / np.sqrt(X.var(axis=0) + 1e-5)
    dout = rng.standard_normal((N, D)) + rng.choice([-1.0, 1.0], D)  # columns that do not add up to 0
    return args(dout, ((X - X.mean(axis=0)) * inv_std, inv_std, gamma))


def small_way_back(rng: Rng) -> Args:
    x_hat = np.array([[1.0, -1], [1, 1], [-1, -1], [-1, 1]])
    dout = np.array([[1.0, 0], [2, 0], [0, 0], [3, 1]])
    return args(dout, (x_hat, np.array([0.5, 2]), np.array([1.0, 3])))


def any_way_back(rng: Rng) -> Args:
    return way_back(rng, *uneven(rng))


def large_way_back(rng: Rng) -> Args:
    return way_back(rng, int(rng.integers(40, 60)), int(rng.integers(3, 7)))


def of_two_back(rng: Rng) -> Args:
    return way_back(rng, 2, int(rng.integers(3, 7)))


def gradients(make: Make, *which: int) -> Probe:
    """Some of dX, dgamma, dbeta."""

    def probe(rng: Rng, backward: Any) -> Any:
        positional, named = make(rng)
        found = several(callable_of(backward)(*positional, **named), 3, BACKWARD)
        return found[which[0]] if len(which) == 1 else [found[i] for i in which]

    return with_call(probe, lambda rng, names: f"{BACKWARD} = {call_text(names[0], *make(rng))}")


# ---------------------------------------------------------------- identity_parameters


def identity_parameters(X: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """γ and β under which batch normalization gives X back."""
    return np.sqrt(X.var(axis=0) + eps), X.mean(axis=0)


def small_table(rng: Rng) -> Args:
    return args(np.array([[1.0, 10, -3], [3, 40, -2], [5, 40, -2], [7, 30, -1]]))


def any_table(rng: Rng) -> Args:
    return args(columns(rng, *uneven(rng))[0])


def table_of_small_spread(rng: Rng) -> Args:
    return args(columns(rng, *uneven(rng))[0] / 50, eps=round(float(rng.uniform(0.001, 0.01)), 4))


def returned(rng: Rng, identity: Any) -> Any:
    """How far what comes out lies from what went in."""
    (X,), named = any_table(rng)
    gamma, beta = several(callable_of(identity)(X, **named), 2, "gamma, beta")
    of_columns = [np.asarray(a) for a in (gamma, beta)]
    if any(a.shape != (X.shape[1],) or a.dtype.kind not in "fiu" for a in of_columns):
        raise StudentFailure("wrong", "", "gamma and beta must have one number for each column of X")
    zeros, ones = np.zeros(X.shape[1]), np.ones(X.shape[1])
    return ref.batchnorm_forward(X, *of_columns, zeros, ones, training=True)[0] - X


# ---------------------------------------------------------------- fold_batchnorm


def layer(rng: Rng, D: int, H: int, **named: Any) -> Args:
    W, b = rng.standard_normal((D, H)), rng.choice([-1.0, 1.0], H) * rng.uniform(0.5, 2, H)
    _, gamma, beta, mean, var = columns(rng, 2, H)
    return args(W, b, gamma, beta, mean, var, **named)


def square_layer(rng: Rng) -> Args:
    """Numbers to follow by hand. W is square: a confused axis gives wrong values here, not an exception."""
    W = np.array([[1.0, 2], [3, 4]])
    vectors = [[1.0, -1], [1.0, 6], [0.5, 2], [3.0, 1], [4.0, 9]]
    return args(W, *map(np.array, vectors))


def any_layer(rng: Rng) -> Args:
    D, H = uneven(rng)
    return layer(rng, D, H)


def layer_with_eps(rng: Rng) -> Args:
    (W, b, gamma, beta, mean, var), _ = any_layer(rng)
    return args(W, b, gamma, beta, mean, var / 500, eps=round(float(rng.uniform(0.001, 0.01)), 4))


def folded(make: Make, *which: int) -> Probe:
    """The folded weights, biases, or both."""

    def probe(rng: Rng, fold: Any) -> Any:
        positional, named = make(rng)
        found = several(callable_of(fold)(*positional, **named), 2, "W and b of the new layer")
        return found[which[0]] if len(which) == 1 else [found[i] for i in which]

    return with_call(probe, lambda rng, names: f"W_new, b_new = {call_text(names[0], *make(rng))}")


def output(rng: Rng, fold: Any) -> Array:
    """What the one new layer makes of a batch; the reference's must be what the two old ones make of it."""
    positional, _ = any_layer(rng)
    X = rng.standard_normal((5, len(positional[0])))
    W, b = (np.asarray(a) for a in several(callable_of(fold)(*positional), 2, "W and b of the new layer"))
    if W.shape != positional[0].shape or b.shape != positional[1].shape or {W.dtype.kind, b.dtype.kind} - set("fiu"):
        raise StudentFailure("wrong", "", "the new W and b must have the shapes of the old ones")
    return X @ W + b
