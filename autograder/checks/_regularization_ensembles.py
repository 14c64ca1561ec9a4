"""What the exercises on the ensemble behind dropout try: all masks of a layer, and predictions that differ."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, several, with_call
from autograder.wording import call_text, kind_text

Array = np.ndarray
Rng = np.random.Generator

# ---------------------------------------------------------------- mask_ensemble


def mask_ensemble(x: Array, W: Array, b: Array, rate: float) -> tuple[Array, Array, Array]:
    """Over all masks of x: the normalized geometric mean, the arithmetic mean, and the one prediction with weights keep W."""
    keep, n = 1 - rate, len(x)
    masks = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
    weights = (keep**masks * rate ** (1 - masks)).prod(axis=1)
    probs = softmax((masks * x) @ W + b)
    geometric = np.exp(weights @ np.log(probs))
    return geometric / geometric.sum(), weights @ probs, softmax((keep * x @ W + b)[None])[0]


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def small_layer(rng: Rng) -> Args:
    n, C = int(rng.integers(4, 8)), int(rng.integers(3, 6))
    rate = float(rng.choice([0.15, 0.25, 0.35, 0.65]))
    return args(rng.uniform(0.5, 2.0, n), 1.3 * rng.standard_normal((n, C)), rng.uniform(-1, 1, C), rate)


def tiny_layer(rng: Rng) -> Args:
    W = np.array([[2.0, -1.0], [-1.0, 1.0], [0.5, -2.0]])
    return args(np.array([1.0, 2.0, 1.0]), W, np.array([0.5, 0.0]), 0.25)


def mean_of_masks(make: Callable[[Rng], Args], which: int) -> Probe:
    """One of the three that mask_ensemble returns; the rows of one array count as three."""

    def probe(rng: Rng, loss_record: Any, ensemble: Any) -> Any:
        positional, named = make(rng)
        found = callable_of(ensemble)(*positional, **named)
        found = list(found) if isinstance(found, np.ndarray) and found.ndim == 2 else found
        return several(found, 3, "geometric mean, arithmetic mean, prediction of one network")[which]

    return with_call(probe, lambda rng, names: f"{call_text(names[1], *make(rng))}[{which}]")


# ---------------------------------------------------------------- mc_dropout_predict


class Net:
    """A network whose t-th answer to an example is known: rows of X carry the number of their example.

    It keeps count for each example, so that it does not matter whether the examples come together or one by one.
    """

    def __init__(self, logits: Array) -> None:
        self.logits, self.asked = logits, np.zeros(logits.shape[1], dtype=int)

    def __call__(self, X: Any, rng: Any = None) -> Array:
        ids = np.atleast_2d(np.asarray(X))[:, 0].astype(int)
        if len(np.unique(ids)) == len(ids):
            t = self.asked[ids].copy()
            self.asked[ids] += 1
        else:
            t = np.empty_like(ids)
            for i, number in enumerate(ids):
                t[i], self.asked[number] = self.asked[number], self.asked[number] + 1
        return self.logits[t % len(self.logits), ids]


def examples(N: int) -> Array:
    """Inputs whose first column is the number of the example."""
    return np.column_stack([np.arange(N, dtype=float), np.ones(N), np.linspace(-1, 1, N)])


def with_net(make: Callable[[Rng], tuple[Array, int]]) -> Callable[[Rng], Args]:
    """A call of mc_dropout_predict, with the logits that the network is to give, and T."""

    def call(rng: Rng) -> Args:
        logits, T = make(rng)
        net = Net(logits)
        return args(lambda X, rng=None: net(X, rng), examples(logits.shape[1]), T, draw_seed(rng))

    return call


def of_any_size(rng: Rng) -> tuple[Array, int]:
    """Predictions that differ: some examples are clear, some are doubtful, some are drawn anew each time."""
    N, C, T = int(rng.integers(4, 8)), int(rng.integers(3, 5)), int(rng.integers(8, 14))
    logits = 2 * rng.standard_normal((N, C)) + rng.uniform(0.1, 3.0, (N, 1)) * rng.standard_normal((T + 3, N, C))
    return logits, T


def two_passes(rng: Rng) -> tuple[Array, int]:
    """Small enough to be followed: two passes, two examples, two classes."""
    return np.array([[[0.0, 2.0], [1.0, 1.0]], [[0.0, -4.0], [1.0, 1.0]], [[9.0, 0.0], [0.0, 9.0]]]), 2


def certain(rng: Rng) -> tuple[Array, int]:
    """Logits so large that some probabilities are 0."""
    N, T = 5, int(rng.integers(4, 7))
    logits = rng.standard_normal((T + 2, N, 3))
    logits[:, :2, 0] += 2000
    logits[1::2, 2, 1] += 1500
    logits[0::2, 2, 2] += 1500
    return logits, T


MC_PARTS = ("mean", "std", "entropy", "mutual_information")


def predicted(make: Callable[[Rng], tuple[Array, int]], *which: int) -> Probe:
    """Some of the four values, all of them where none is named."""

    def probe(rng: Rng, predict: Any) -> list[Any]:
        positional, named = with_net(make)(rng)
        found = several(callable_of(predict)(*positional, **named), 4, "mean, std, entropy, mutual_information")
        return [found[i] for i in which or range(4)]

    def text(rng: Rng, names: tuple[str, ...]) -> str:
        logits, T = make(rng)
        return f"{names[0]}(net, X, {T}, rng), where net gives {call_text('', [logits[:T].round(3).tolist()], {})[1:-1]} in turn"

    return with_call(probe, text)


RATIO = "error at T, divided by that at 4 T"


def error_ratio(rng: Rng, predict: Any) -> dict[str, float]:
    """By how much the error of the mean falls when four times as many predictions are made; the true mean is 1/2."""
    errors = []
    for T in (9, 36):
        z = rng.standard_normal((T + 1, 1500, 1))
        net = Net(np.concatenate([z, -z], axis=2))
        mean = several(
            callable_of(predict)(lambda X, rng=None, net=net: net(X), examples(1500), T, draw_seed(rng)),
            4,
            "four values",
        )[0]
        if not isinstance(mean, np.ndarray) or mean.shape != (1500, 2):
            raise StudentFailure("wrong", "", f"the mean must have the shape (1500, 2), yours is {kind_text(mean)}")
        errors.append(float(np.sqrt(np.mean((mean - 0.5) ** 2))))
    return {RATIO: errors[0] / errors[1] if errors[1] > 0 else math.nan}


error_ratio = with_call(error_ratio, "NAME(net, X, T, rng) for T = 9 and T = 36")


def passes_differ(rng: Rng, predict: Any) -> dict[str, bool]:
    """Whether a network that draws anew at each pass gives predictions with a spread."""
    positional, _ = with_own_masks(rng)
    std = several(callable_of(predict)(*positional), 4, "mean, std, entropy, mutual_information")[1]
    return {"the passes differ": isinstance(std, np.ndarray) and std.dtype.kind == "f" and bool((std > 1e-9).all())}


passes_differ = with_call(passes_differ, "NAME(net, X, 5, rng), where net draws from the rng it is handed")
DIFFER = {"the passes differ": "Your std is 0, or no array: does every pass draw masks of its own from the rng?"}
COUNT = DIFFER | {"mean": "Your mean is not that of the probabilities that the network was heard to give."}


def passes_count(rng: Rng, predict: Any) -> dict[str, bool]:
    """The same, and whether the mean is that of the probabilities which the network was heard to give."""
    positional, _ = with_own_masks(rng)
    net, X, T, seed = positional
    heard: list[list[Array]] = [[] for _ in X]

    def noted(given: Any, rng: Any = None) -> Array:
        logits = net(given, rng)
        for i, row in zip(np.atleast_2d(given)[:, 0].astype(int), logits, strict=True):
            heard[i].append(row)
        return logits

    mean, std = several(callable_of(predict)(noted, X, T, seed), 4, "mean, std, entropy, mutual_information")[:2]
    wanted = [softmax(np.array(rows)).mean(axis=0) for rows in heard if rows]
    fits = (
        isinstance(mean, np.ndarray) and mean.shape == np.shape(wanted) and bool(np.allclose(mean, wanted, atol=1e-5))
    )
    return {
        "the passes differ": isinstance(std, np.ndarray) and std.dtype.kind == "f" and bool((std > 1e-9).all()),
        "mean": fits,
    }


def with_own_masks(rng: Rng) -> Args:
    """A network that draws from the generator it is handed."""

    def net(X: Any, rng: Any = None) -> Array:
        if not hasattr(rng, "get"):
            raise TypeError("net needs the generator: net(X, rng)")
        return np.asarray(rng.get("standard_normal")((len(np.atleast_2d(X)), 3)))

    return args(net, examples(4), 5, draw_seed(rng))
