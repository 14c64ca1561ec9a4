"""What the exercises on babysitting try: losses that are asked, a net that takes notes, and steps of unknown optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import gradient_diagnostics

from autograder.handle import Seed, StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, number_of, with_call

Array = np.ndarray
Rng = np.random.Generator


def truth_of(value: Any) -> Any:
    """A truth value of NumPy's as one of Python's; anything else as it is."""
    return bool(value) if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "b" else value


# ---------------------------------------------------------------- expected_initial_loss, regularization_raises_loss


def other_classes(rng: Rng, expected_initial_loss: Any, raises: Any, overfits: Any) -> list[float]:
    f = callable_of(expected_initial_loss)
    return [number_of(f(C), "a loss") for C in (2, 100, int(rng.integers(3, 9)), 1000)]


LAMS = [0.0, 1e-4, 1e-2, 1.0]


def loss_with(penalties: list[float], lams: list[float], data_loss: float) -> Callable[[float], float]:
    """A loss for each strength of regularization."""
    return lambda lam: data_loss + float(np.interp(float(lam), lams, penalties))


def some_losses(rng: Rng) -> dict[str, tuple[list[float], list[float]]]:
    """By name: strengths, and the penalties that belong to them."""
    lams = np.cumsum(rng.uniform(0.1, 1, 5)).tolist()
    rising = np.cumsum(rng.uniform(0.1, 1, 5)).tolist()
    dip, flat = list(rising), list(rising)
    dip[2] = dip[1] - 0.05
    flat[3] = flat[2]
    late = list(rising)
    late[-1] = late[-2] - 0.02
    early = list(rising)
    early[0] = early[1] + 0.02
    return {
        "up, and down below the start": (lams, [0.3, 0.6, 0.9, 1.0, 0.1]),
        "rising": (lams, rising), "constant": (lams, [0.3] * 5), "falling": (lams, rising[::-1]), "a dip": (lams, dip),
        "hardly rising": (lams, [1e-6 * penalty for penalty in rising]), "two alike": (lams, flat),
        "the last one lower": (lams, late), "the first one higher": (lams, early),
        "the default strengths": (LAMS, [0.0, 0.1, 0.2, 0.3]), "two strengths": (lams[:2], rising[:2]),
    }  # fmt: skip


def raised(rng: Rng, initial: Any, regularization_raises_loss: Any, overfit_tiny: Any) -> dict[str, Any]:
    """What is said of losses that grow with the strength of regularization, and of others."""
    f, found = callable_of(regularization_raises_loss), {}
    for name, (lams, penalties) in some_losses(rng).items():
        loss = loss_with(penalties, lams, float(rng.uniform(1, 3)))
        found[name] = truth_of(f(loss) if name == "the default strengths" else f(loss, lams))
    return found


with_call(raised, "NAME(loss, lams) for losses that grow with lam, fall, stay, dip", of=1)

# ---------------------------------------------------------------- overfit_tiny


class Watched:
    """A linear classifier that learns by gradient descent, and takes note of what it is given."""

    def __init__(self, rng: Rng, N: int = 50, D: int = 30, C: int = 4) -> None:
        self.X, self.y = rng.standard_normal((N, D)), rng.integers(0, C, N)
        self.W, self.C = 0.01 * rng.standard_normal((D, C)), C
        self.calls: list[tuple[list[int], list[int], float, float]] = []  # samples, labels, rate, loss before

    def loss_and_gradient(self, X: Array, y: Array) -> tuple[float, Array]:
        z = X @ self.W
        z = z - z.max(axis=1, keepdims=True)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        loss = -float(np.mean(np.log(p[np.arange(len(y)), y])))
        return loss, X.T @ (p - np.eye(self.C)[y]) / len(y)

    def __call__(self, X: Any, y: Any, lr: Any) -> float:
        """One step on these samples; the loss before it."""
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        if X.ndim != 2 or X.shape[1] != self.X.shape[1] or y.shape != (len(X),) or not len(X):
            raise ValueError(f"net: X must have shape (N, {self.X.shape[1]}) and y (N,), got {X.shape} and {y.shape}")
        y = y.astype(int)
        same = (X[:, None, :] == self.X[None, :, :]).all(axis=2)
        if len(self.calls) > 2000:
            raise ValueError("net: more than 2000 steps were made")
        loss, gradient = self.loss_and_gradient(X, y)
        rows = [int(np.argmax(row)) if row.any() else -1 for row in same]
        self.calls.append((rows, y.tolist(), float(lr), loss))
        self.W = self.W - float(lr) * gradient
        return loss


def overfit_tiny(
    net: Callable[..., float], X: Array, y: Array, rng: Rng, n: int = 20, steps: int = 100, lr: float = 0.01
) -> float:
    """The loss on a handful of samples after training on nothing else."""
    pick = rng.choice(len(X), n, replace=False)
    for _ in range(steps):
        net(X[pick], y[pick], lr)
    return net(X[pick], y[pick], 0.0)


def watched(n: int | None, steps: int | None, lr: float | None) -> Probe:
    """What the net noted; None leaves an argument to its default."""

    def probe(rng: Rng, initial: Any, raises: Any, overfit_tiny: Any) -> dict[str, Any]:
        net = Watched(rng, N=50 if n == 20 else int(rng.integers(40, 70)))
        named = {k: v for k, v in {"n": n, "steps": steps, "lr": lr}.items() if v is not None}
        reply = callable_of(overfit_tiny).call(net.__call__, net.X, net.y, draw_seed(rng), **named)
        told, untouched = reply.value, all(map(np.array_equal, reply.args[1:3], (net.X, net.y)))
        loss = math.nan if isinstance(told, list | tuple) or np.ndim(told) else number_of(told, "the loss")
        made = [call for call in net.calls if call[2] != 0]
        if not made:
            raise StudentFailure("wrong", "", "net was never called with a rate, so that no step was made")
        rows = made[0][0]
        truly = {
            "the last step's": net.loss_and_gradient(net.X[rows], net.y[rows])[0],
            "that before the last step": made[-1][3], "that before the first step": made[0][3],
            "the mean over the steps": float(np.mean([call[3] for call in made])),
            "that on all samples": net.loss_and_gradient(net.X, net.y)[0],
        }  # fmt: skip
        return {
            "samples in a step": max(len(call[0]) for call in made),
            "the samples are from X": all(row >= 0 for call in made for row in call[0]),
            "the samples are different ones": all(len(set(call[0])) == len(call[0]) for call in made),
            "the same ones in every step": all(set(call[0]) == set(rows) for call in made),
            "labels go with their samples": all(
                labels == net.y[samples].tolist() for samples, labels, _, _ in made if min(samples) >= 0
            ),
            "steps": len(made), "rate": made[0][2],
            "the loss is": next((k for k, v in truly.items() if abs(loss - v) <= 1e-9 + 1e-6 * abs(v)),
                                "another one" if loss == loss else "no number"),
            "X and y are left as they were": untouched,
        }  # fmt: skip

    return with_call(
        probe, f"NAME(net, X, y, rng, n={n or 20}, steps={steps or 100}, lr={lr or 0.01}), by what net saw", of=2
    )


NOTED = {
    "samples in a step": "Each step is to be made on all of the n samples, and on no others.",
    "the samples are from X": "Your net sees samples that are not rows of X.",
    "the samples are different ones": "Some samples were drawn twice: there are fewer than n different ones to be learnt.",
    "the same ones in every step": """The net sees other samples in other steps. A handful is to be learnt by heart: choose it
        once.""",
    "labels go with their samples": "Samples and labels were drawn apart: the label of one sample stands beside another.",
    "steps": "Count the steps that the net makes; a call with rate 0 is none.",
    "rate": "The steps are not made with the rate lr.",
    "the loss is": "The loss asked for is that on the n samples, after the last step.",
    "X and y are left as they were": "Your function changed X or y, which the caller still needs in their old order.",
}


def choices(rng: Rng, initial: Any, raises: Any, overfit_tiny: Any) -> dict[str, bool]:
    """Whether rng decides on the samples."""
    net, found = Watched(rng), []
    for seed in (3, 3, 4, 5):
        net.calls.clear()
        callable_of(overfit_tiny)(net.__call__, net.X, net.y, Seed(seed), 8, 1, 0.1)
        made = [call for call in net.calls if call[2] != 0]
        if not made:
            raise StudentFailure("wrong", "", "net was never called with a rate")
        found.append(sorted(made[0][0]))
    return {
        "the same rng, the same samples": found[0] == found[1],
        "another rng, others": len({*map(tuple, found)}) == 3,
        "each sample by itself": not all(np.ptp(rows) == len(rows) - 1 for rows in found),
    }


CHOSEN = {
    "the same rng, the same samples": "Two generators made from the same seed gave different samples: draw them from rng.",
    "another rng, others": """Whatever the generator, the samples are the same ones: which of them are taken is for
        rng to say.""",
    "each sample by itself": """Your samples stand side by side in X. Data often come sorted by class: draw each of them
        by itself.""",
}


def learnt(rng: Rng, initial: Any, raises: Any, overfit_tiny: Any) -> dict[str, float]:
    """The loss with which the check's net ends."""
    net = Watched(rng)
    return {"loss on twenty samples": number_of(callable_of(overfit_tiny)(
        net.__call__, net.X, net.y, draw_seed(rng), n=20, steps=150, lr=1.0), "the loss")}  # fmt: skip


with_call(learnt, "NAME(net, X, y, rng, n=20, steps=150, lr=1.0)", of=2)

# ---------------------------------------------------------------- update_ratio, update_ratios, rate_for

update_ratio = gradient_diagnostics.update_ratio


def update_ratios(step: Callable[..., dict[str, Array]], params: dict[str, Array]) -> dict[str, float]:
    """The ratio of each parameter, for one step of whatever optimizer."""
    after = step(params)
    return {name: update_ratio(params[name], after[name]) for name in params}


def rate_for(lr: float, ratio: float, target: float = 1e-3) -> float:
    """The rate at which the ratio would be the target."""
    return lr * target / ratio


def before_and_after(rng: Rng) -> Args:
    """Weights with positive and negative entries of very different sizes, and what a step made of them."""
    w = rng.standard_normal((3, 5)) * 10.0 ** rng.uniform(-2, 1, (3, 5))
    return args(w, w + 10 ** rng.uniform(-3, 0) * rng.standard_normal(w.shape))


def from_zero(rng: Rng) -> Args:
    return args(np.zeros(4), rng.standard_normal(4))


def nothing_moved(rng: Rng, update_ratio: Any, update_ratios: Any, rate_for: Any) -> list[float]:
    """Zeros that stay, beside weights that stay and weights that move, far or hardly: 0 alone would be too easy."""
    f, (w, after) = callable_of(update_ratio), before_and_after(rng)[0]
    pairs = ((w, after), (w, w.copy()), (np.zeros(3), np.zeros(3)), (w, w * (1 + 1e-6)))
    return [number_of(f(*pair), "a ratio") for pair in pairs]


def optimizer_step(rng: Rng) -> tuple[Callable[..., dict[str, Array]], dict[str, Array]]:
    """Parameters of a small network, and a step whose rate is another one for each of them; each step is longer than the last."""
    shapes = {"W1": (4, 6), "b1": (6,), "W2": (6, 3), "b2": (3,)}
    params = {name: rng.standard_normal(shape) * 10.0 ** rng.uniform(-1, 1) for name, shape in shapes.items()}
    params["b2"] = np.zeros(3)
    moves = {name: 10.0 ** rng.uniform(-4, -1) * rng.standard_normal(shape) for name, shape in shapes.items()}
    made: list[int] = []

    def step(given: Any) -> dict[str, Array]:
        made.append(1)
        return {name: np.asarray(given[name]) - len(made) * moves[name] for name in shapes}

    return step, params


def ratios(rng: Rng, update_ratio: Any, update_ratios: Any, rate_for: Any) -> Any:
    step, params = optimizer_step(rng)
    reply = callable_of(update_ratios).call(step, params)
    if not all(np.array_equal(reply.args[1].get(name), w) for name, w in params.items()):
        raise StudentFailure("wrong", "", "update_ratios changes params, which the caller still needs as it was")
    return reply.value


with_call(ratios, "NAME(step, params)", of=1)
