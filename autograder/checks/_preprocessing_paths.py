"""What the exercise on inputs of one sign tries: signs of gradients, lengths of paths, and a path to walk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks._preprocessing_probes import wrong
from autograder.comparison import Difference, between
from autograder.probes import Args, Probe, args, callable_of, number_of, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
in_range = between(lambda v: (v / 1.001 - 1e-9, v * 1.001 + 1e-9))


def sgd_path(X: Array, t: Array, lr: float, epochs: int) -> Array:
    """Stochastic gradient descent for t ≈ X w, an example a step, in their order: w before the first and after each step."""
    w = np.zeros(X.shape[1])
    path = [w]
    for _ in range(epochs):
        for x, target in zip(X, t, strict=True):
            w = w - lr * (x @ w - target) * x
            path.append(w)
    return np.array(path)


def array_of(value: Any, shape: tuple[int, ...]) -> Array:
    """A list of points as an array: both are right."""
    found = np.array(value) if isinstance(value, list | tuple) and len({np.shape(v) for v in value}) == 1 else value
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
        raise wrong(f"an array of shape {shape} is expected, yours is {kind_text(value)}")
    return found


def mixed_gradient(rng: Rng) -> Array:
    """The gradient of a layer: columns of plus signs, of minus signs, of both, and such with one stray or two, anywhere."""
    fan_in, fan_out = int(rng.integers(4, 9)), int(rng.integers(10, 16))
    G = rng.standard_normal((fan_in, fan_out))
    kind = rng.permutation(np.arange(fan_out) % 5)
    stray = rng.integers(fan_in, size=fan_out)
    for j, row in enumerate(stray):
        other = (row + int(rng.integers(1, fan_in))) % fan_in
        if kind[j] < 4:
            G[:, j] = np.abs(G[:, j]) * (1 if kind[j] % 2 else -1)
        if kind[j] in (2, 3):
            G[row, j] *= -1
        if kind[j] == 3:
            G[other, j] *= -1
        if kind[j] == 4:
            G[row, j], G[other, j] = abs(G[row, j]), -abs(G[other, j])
    return G


def gradient_args(rng: Rng) -> Args:
    return args(mixed_gradient(rng))


def small_gradient(rng: Rng) -> Args:
    """Four units: two all up, two of both signs. Two of the three inputs would go up everywhere."""
    return args(np.array([[0.5, 1.0, 2.0, 0.1], [0.1, 3.0, -1.0, -0.2], [2.0, 0.5, 1.0, 4.0]]))


def corner(rng: Rng) -> Args:
    """Three to the right, four up: from a point that is not the origin."""
    return args(np.array([[1.0, 1.0], [4.0, 1.0], [4.0, 5.0]]))


def random_path(rng: Rng) -> Args:
    T, D = int(rng.integers(5, 12)), int(rng.integers(2, 5))
    return args(rng.uniform(2, 5, D) + np.cumsum(rng.standard_normal((T, D)) + 0.5, axis=0))


def straight_and_not(rng: Rng, *objects: Any) -> list[Any]:
    """A path in one direction, with steps of different lengths; the same path with a detour; and one that goes too far and
    comes back."""
    direction = rng.uniform(0.5, 2, 3)
    straight = rng.uniform(-3, 3, 3) + np.cumsum(rng.uniform(0.1, 1, 6))[:, None] * direction
    detour = straight.copy()
    detour[3] += rng.uniform(1, 2, 3) * [1, -1, 1]
    beyond = straight[[0, 1, 2, 3, 5, 4]]
    return [callable_of(objects[1])(path) for path in (straight, detour, beyond)]


def few_examples(rng: Rng) -> Args:
    return args(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([1.0, -1.0]), 0.1, 2)


def regression(rng: Rng) -> Args:
    N, D = int(rng.integers(5, 9)), int(rng.integers(2, 5))
    X = rng.uniform(0, 2, (N, D))
    return args(X, X @ rng.standard_normal(D) + rng.standard_normal(N), round(float(rng.uniform(0.02, 0.1)), 3), 3)


def walked(make: Callable[[Rng], Args]) -> Probe:
    """The path that the student's function goes."""

    def probe(rng: Rng, *objects: Any) -> Array:
        (X, t, lr, epochs), _ = make(rng)
        return array_of(callable_of(objects[2])(X, t, lr, epochs), (1 + epochs * len(X), X.shape[1]))

    return with_call(probe, "NAME(X, t, lr, epochs)", of=2)


def one_example_gradient(f: Callable[[Array], Array], df: Callable[[Array], Array], rng: Rng) -> Array:
    """The gradient of the second layer's weights for one example: what the first layer sends on, times what comes back."""
    a = f(rng.standard_normal(40))
    return np.outer(a, rng.standard_normal(25))


def logistic(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def shares(rng: Rng, *objects: Any) -> dict[str, float]:
    """Share of units with gradients of one sign behind logistic and behind tanh units, one example."""
    found = {}
    for name, f in (("logistic", logistic), ("tanh", np.tanh)):
        found[name] = number_of(callable_of(objects[0])(one_example_gradient(f, f, rng)), "the share")
    return found


def ratios(rng: Rng, *objects: Any) -> dict[str, float]:
    """How much longer the path is with positive inputs than with the same inputs centred, by the student's two functions."""
    X = rng.uniform(0, 2, (50, 2))
    t = X @ np.array([1.5, -1.0])
    found = []
    for inputs, targets in ((X, t), (X - X.mean(axis=0), t - t.mean())):
        path = array_of(callable_of(objects[2])(inputs, targets, 0.1, 4), (201, 2))
        found.append(number_of(callable_of(objects[1])(path), "the ratio"))
    with np.errstate(all="ignore"):
        return {"positive / centred": float(np.divide(*found))}


with_call(shares, "NAME(G), G behind logistic and behind tanh units, one example")
with_call(ratios, lambda rng, names: f"{names[1]}({names[2]}(X, t, 0.1, 4)), positive inputs against the same centred")


def at_least(low: float) -> Callable[..., Difference | None]:
    """A comparison for one number; of two such numbers, that both are enough or both are not."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if given >= low or (expected < low and slack > 1):
            return None
        return Difference("values", f"at least {low:.0%}", f"{given:.0%}")

    return compare
