"""The experiments of the assignment on optimizers: reference versions, and what is tried with them.

Steps and gradients that a student's function works with are functions of the check: what it measures does not depend on how
well the earlier exercises went, and it cannot be guessed from a formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from gradus import optimizers as ref
from gradus.problems import wilson_data

from autograder.comparison import Comparison, Difference
from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, number_of, several, with_call

Array = np.ndarray
Rng = np.random.Generator
Step = Callable[..., tuple[Array, Any]]
Params = dict[str, Array]

# ---------------------------------------------------------------- measure_velocity, steps_to_leave


def measure_velocity(step: Step, g: Array, *, lr: float, beta: float) -> tuple[float, int]:
    """The terminal velocity in units of lr·|g|, and the number of steps to 90 % of it."""
    w, state = np.zeros_like(g), {}
    lengths: list[float] = []
    for _ in range(10 + math.ceil(math.log(1e-9) / math.log(max(beta, 0.5)))):
        new, state = step(w, g, state, lr=lr, beta=beta)
        lengths.append(float(np.linalg.norm(new - w)))
        w = new
    terminal = lengths[-1]
    return terminal / (lr * float(np.linalg.norm(g))), 1 + next(i for i, v in enumerate(lengths) if v >= 0.9 * terminal)


def steps_to_leave(
    step: Step, grad_fn: Callable[[Array], Array], x: Array, edge: float, at_most: int, **hyper: float
) -> int | None:
    """After how many steps |x| < edge; None if it is not after at_most."""
    state: Any = {}
    for n in range(1, at_most + 1):
        x, state = step(x, grad_fn(x), state, **hyper)
        if abs(x[0]) < edge:
            return n
    return None


def damped_step(damping: float) -> Step:
    """A step of momentum in which only a part of each gradient is added."""

    def step(w: Array, g: Array, state: dict[str, Array], *, lr: float, beta: float) -> tuple[Array, dict[str, Array]]:
        b = beta * state.get("b", np.zeros_like(g)) + (1 - damping) * g
        return w - lr * b, {"b": b}

    return step


def momentum_step(w: Array, g: Array, state: Any, *, lr: float, beta: float) -> tuple[Array, Any]:
    m = beta * state["m"] - lr * g if state else -lr * g
    return w + m, {"m": m}


def gd_step(w: Array, g: Array, state: Any, *, lr: float, beta: float = 0.0) -> tuple[Array, Any]:
    return w - lr * g, {}


def clear_beta(rng: Rng, low: float, high: float) -> float:
    """A β for which no step is so close to 90 % of the terminal velocity that rounding could decide."""
    while True:
        beta = round(float(rng.uniform(low, high)), 3)
        n = math.log(0.1) / math.log(beta)
        if 0.02 < n % 1 < 0.98:
            return beta


def velocity(step: Step | None, low: float, high: float | None = None) -> Callable[[Rng], Args]:
    """Arguments of measure_velocity; step None: momentum of which a share of the gradient is left out."""

    def make(rng: Rng) -> Args:
        g = rng.uniform(0.5, 3, 3) * rng.choice([-1.0, 1.0], 3)
        beta = low if high is None else clear_beta(rng, low, high)
        # the larger β, the smaller the steps: w stays so small that rounding is far below what may end a student's loop
        lr = round(float(rng.uniform(0.01, 0.3) * min(1.0, 100 * (1 - beta) ** 2)), 5)
        return args(step or damped_step(round(float(rng.uniform(0.2, 0.8)), 2)), g, lr=lr, beta=beta)

    return make


def nearly_terminal(compare: Comparison) -> Comparison:
    """A comparison of what measure_velocity returns, which says so where it was only stopped too early."""

    def told(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        difference = compare(given, expected, slack)
        found = given.tolist() if isinstance(given, np.ndarray) and given.shape == (2,) else given
        if difference is None or not isinstance(found, tuple | list) or len(found) != 2:
            return difference
        ratio, n = (float(v) if isinstance(v, int | float) or np.shape(v) == () else math.nan for v in found)
        if 0.72 < ratio / expected[0] < 1 - 1e-6 and n <= expected[1]:
            return replace(difference, hint=NOT_TERMINAL)
        return difference

    return told


NOT_TERMINAL = (
    "The velocity that you return is a little too small: it is not yet terminal. How many steps does a β near 1 need?"
)


def of_plain(beta: float) -> Callable[[Rng], Args]:
    return lambda rng: args(momentum_step, np.array([3.0, -4.0]), lr=0.1, beta=beta)


def dip(x: Array) -> Array:
    """The slope of −exp(−x²/2): a dip in a wide plain."""
    x = np.asarray(x, dtype=np.float64)
    return x * np.exp(-x * x / 2)


def plain(step: Step, **hyper: float) -> Callable[[Rng], Args]:
    """The plateau of the task: from x = 4 to |x| < 1."""
    return lambda rng: args(step, dip, np.array([4.0]), 1.0, 1000, **hyper)


def other_plateau(step: Step, at_most: int = 2000, left: bool = False, **hyper: float) -> Callable[[Rng], Args]:
    """Another plateau: other depth, start on either side (or on the left), another edge."""

    def make(rng: Rng) -> Args:
        depth, start = float(rng.uniform(0.8, 1.5)), float(rng.uniform(3.0, 3.6))
        side = -1.0 if left else float(rng.choice([-1.0, 1.0]))
        edge = round(float(rng.uniform(0.3, 0.9)), 2)
        return args(step, lambda x: depth * dip(x), np.array([side * start]), edge, at_most, **hyper)

    return make


def in_time_or_not(rng: Rng, measure_velocity: Any, leave: Any) -> list[Any]:
    """The same plateau with more steps than enough, far too few, just enough, and one too few."""
    (step, grad_fn, x, edge, at_most), hyper = other_plateau(gd_step, lr=0.15, left=True)(rng)
    enough = steps_to_leave(step, grad_fn, x, edge, at_most, **hyper) or at_most
    return [callable_of(leave)(step, grad_fn, x, edge, n, **hyper) for n in (at_most, 10, enough, enough - 1)]


# ---------------------------------------------------------------- wilson_data, train_and_test

SHARE = 0.6
N_TRAIN = 30


def train_and_test(step: Step, X: Array, y: Array, n_train: int, steps: int, **hyper: float) -> tuple[float, float]:
    """Least squares on the first rows from w = 0: mean squared error there, share of right signs on the other rows."""
    A, b = X[:n_train], y[:n_train]
    w, state = np.zeros(X.shape[1]), {}
    for _ in range(steps):
        w, state = step(w, A.T @ (A @ w - b) / n_train, state, **hyper)
    return float(np.mean((A @ w - b) ** 2)), float(np.mean(np.sign(X[n_train:] @ w) == y[n_train:]))


def wilson_facts(n: int, p: float) -> Probe:
    """What must be true of the data, wherever the features of a sample's own stand."""

    def probe(rng: Rng, wilson_data: Any, train_and_test: Any) -> dict[str, Any]:
        X, y = several(callable_of(wilson_data)(n, p, draw_seed(rng)), 2, "the pair X, y")
        if not (
            isinstance(X, np.ndarray) and isinstance(y, np.ndarray) and X.dtype.kind in "if" and y.dtype.kind in "if"
        ):
            raise StudentFailure("wrong", "", "two arrays of numbers are expected, X and y")
        if X.shape != (n, 3 + 5 * n) or y.shape != (n,):
            return {"the shapes": (X.shape, y.shape)}
        own, plus = X[:, 3:] != 0, y > 0
        alike = int(own.sum(axis=0).max())
        return {
            "the shapes": (X.shape, y.shape),
            "the labels": tuple(np.unique(y).astype(float).tolist()[:5]),
            "the share of label 1": share(plus, p),
            "the first feature": bool((X[:, 0] == y).all()),
            "the next two": tuple(common(X[rows, 1:3]) for rows in (plus, ~plus)),
            "features of its own": tuple(common(own[rows].sum(axis=1)) for rows in (plus, ~plus)),
            "samples with the same one": "none" if alike <= 1 else "a few" if alike <= 5 else "many",
            "their value": bool((X[:, 3:][own] == 1).all()),
            "each label by itself": len({count_of_ones(wilson_data, p, rng) for _ in range(8)}) > 1,
        }

    return with_call(probe, f"NAME({n}, {p:g}, rng)")


def share(plus: Array, p: float) -> str:
    """Which share of labels is 1, as far as can be told."""
    near = 5 * math.sqrt(p * (1 - p) / plus.size)
    found = float(np.mean(plus))
    return "p" if abs(found - p) < near else "1 - p" if abs(found - (1 - p)) < near / 2 else "another"


def count_of_ones(wilson_data: Any, p: float, rng: Rng) -> int:
    y = several(callable_of(wilson_data)(40, p, draw_seed(rng)), 2, "the pair X, y")[1]
    return int(np.sum(np.asarray(y) > 0)) if isinstance(y, np.ndarray) and y.dtype.kind in "if" else 0


def common(values: Array) -> float | None:
    """The value that all have, if there is one."""
    return float(values.flat[0]) if values.size and (values == values.flat[0]).all() else None


FACTS = {
    "the shapes": "X must have the shape (n, 3 + 5 n), y the shape (n,).",
    "the labels": "The labels must be −1 and 1, and both must occur.",
    "the share of label 1": "A share p of the labels, up to chance, must be 1: yours is another.",
    "each label by itself": "Every label is to be drawn by itself: yours are 1 equally often in every draw.",
    "the first feature": "The first feature of a sample must be its label.",
    "the next two": "The second and the third feature must be 1 in every sample.",
    "features of its own": "Apart from the first three, label 1 has one feature that is not 0, label −1 has five.",
    "samples with the same one": "The features of its own must not be those of another sample: yours share some.",
    "their value": "A feature of its own must be 1.",
}  # fmt: skip


def some_data(rng: Rng, n: int = 32, d: int = 6) -> tuple[Array, Array]:
    """Points in two classes that no straight line parts: neither error nor accuracy is at an end of its range."""
    X = rng.standard_normal((n, d))
    return X, np.where(X[:, 0] + rng.standard_normal(n) > 0, 1.0, -1.0)


def short_training(step: Step, steps: int = 20, **hyper: float) -> Callable[[Rng], Args]:
    return lambda rng: args(step, *some_data(rng), 9, steps, **hyper)


def wilson_rows(rng: Rng) -> tuple[Array, Array]:
    """Training and test rows of Wilson's data; label 1 is the more frequent one in both, but not by much."""
    while True:
        X, y = wilson_data(2 * N_TRAIN, SHARE, np.random.default_rng(int(rng.integers(2**31))))
        if 0.55 <= np.mean(y[:N_TRAIN] > 0) <= 0.7 and 0.5 <= np.mean(y[N_TRAIN:] > 0) <= 0.65:
            return X, y


def fitted(step: Step, steps: int, **hyper: float) -> Probe:
    """Whether the training rows of Wilson's data are fitted, and the accuracy on the others."""

    def probe(rng: Rng, wilson_data: Any, train_and_test: Any) -> dict[str, Any]:
        found = callable_of(train_and_test)(step, *wilson_rows(rng), N_TRAIN, steps, **hyper)
        error, accuracy = (number_of(v, "each of the two") for v in several(found, 2, "the pair (error, accuracy)"))
        return {
            "no divergence": error < 1e6,
            "the training rows are fitted": error < 1e-4,
            "accuracy": round(accuracy, 9),
        }

    more = "".join(f", {name}={value:g}" for name, value in hyper.items())
    name = getattr(step, "__name__", "step")
    return with_call(probe, f"NAME({name}, X, y, {N_TRAIN}, {steps}{more}), on 60 samples of Wilson's data", of=1)


# ---------------------------------------------------------------- debug_optimizers

FAULTS = ("learning_rate", "shared_state", "forgotten_state", "stale_gradients", "frozen_parameters")
LossAndGrads = Callable[[Params], tuple[float, Params]]


def train(
    step: Step, params: Params, loss_and_grads: LossAndGrads, steps: int, **hyper: float
) -> tuple[Params, list[float]]:
    """What the broken function was meant to do: a state for each parameter, kept from step to step."""
    states: dict[str, Any] = {name: {} for name in params}
    losses: list[float] = []
    for _ in range(steps):
        loss, grads = loss_and_grads(params)
        losses.append(loss)
        new = {}
        for name in params:
            new[name], states[name] = step(params[name], grads[name], states[name], **hyper)
        params = new
    return params, losses


def coupled(shapes: dict[str, tuple[int, ...]], rng: Rng) -> tuple[Params, LossAndGrads]:
    """Parameters, and a smooth loss that none of them can lower alone."""
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    wide = {
        name: rng.permutation(np.geomspace(0.3, 3.0, math.prod(shape))).reshape(shape) for name, shape in shapes.items()
    }

    def loss_and_grads(params: Params) -> tuple[float, Params]:
        ps = {name: np.asarray(params[name], dtype=float).reshape(shape) for name, shape in shapes.items()}
        total = sum(float(p.sum()) for p in ps.values()) - 1.0
        loss = 0.05 * total**2 + sum(float(np.sum(wide[name] * p * p)) / 2 for name, p in ps.items())
        return loss, {name: wide[name] * p + 0.1 * total for name, p in ps.items()}

    return params, loss_and_grads


ALIKE: dict[str, tuple[int, ...]] = {"a": (2, 3), "b": (2, 3), "c": (2, 3)}
OTHERS: dict[str, tuple[int, ...]] = {"kernel": (2, 3), "shift": (3,), "scale": (5,)}
MIXED: dict[str, tuple[int, ...]] = {"W1": (2, 4), "b1": (4,), "W2": (4, 3), "b2": (3,)}


def training(step: Step, shapes: dict[str, tuple[int, ...]], steps: int = 12, **hyper: float) -> Callable[[Rng], Args]:
    def make(rng: Rng) -> Args:
        params, loss_and_grads = coupled(shapes, rng)
        return args(step, params, loss_and_grads, steps, **hyper)

    return make


def adam_step(w: Array, g: Array, state: Any, *, lr: float, beta1: float = 0.9) -> tuple[Array, Any]:
    return ref.adam_step(w, g, state, lr=lr, beta1=beta1)
