"""Right versions of what `transfer_and_pretraining` asks for and `gradus` has in another form: on plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from gradus.layers import MLP, Linear
from gradus.optimizers import Adam
from gradus.pretext_tasks import make_pairs
from gradus.training import fit

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]
FAULTS = ("frozen_too_long", "too_few_pairs", "labels_leak", "learning_rate", "too_easy")


class Dense:
    """A dense layer, as the notebook gives it."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = np.array(W), np.array(b)

    def step(self, dW: Array, db: Array, lr: float) -> None:
        """A step of gradient descent, in place."""
        self.W -= lr * dW
        self.b -= lr * db


def copy_layers(src: list[Dense], dst: list[Dense], k: int) -> None:
    """The first k layers of src into dst, as arrays of its own."""
    for theirs, mine in zip(src[:k], dst[:k], strict=True):
        mine.W, mine.b = theirs.W.copy(), theirs.b.copy()


def frozen_step(
    params: Params, grads: Params, stats: Params, velocity: Params, frozen: Collection[str], *,
    lr: float, beta: float, weight_decay: float,
) -> tuple[Params, Params]:  # fmt: skip
    """A step of momentum with weight decay that leaves frozen layers alone, and their running statistics."""
    params, velocity = dict(params), dict(velocity)
    for name, w in params.items():
        if name.split(".")[0] in frozen:
            continue
        if name in grads:
            velocity[name] = beta * velocity.get(name, 0.0) - lr * (grads[name] + weight_decay * w)
            params[name] = w + velocity[name]
        elif name in stats:
            params[name] = stats[name]
    return params, velocity


def reuse_layers(source: list[Params], X: Array, y: Array, X_new: Array, copied: Collection[int], rng: Rng) -> Array:
    """Train on a new task with some layers of the source copied and frozen; the labels it gives to X_new."""
    sizes = [source[0]["W"].shape[0], *(layer["W"].shape[1] for layer in source[:-1]), int(y.max()) + 1]
    net = MLP(sizes, "relu", rng=rng)
    dense = [layer for layer in net.layers if isinstance(layer, Linear)]
    for i in copied:
        dense[i].W.data[...], dense[i].b.data[...] = source[i]["W"], source[i]["b"]
        dense[i].freeze()
    fit(net, X, y, optimizer=Adam(net, 0.01), epochs=60, batch=25, rng=rng)
    return np.argmax(net(X_new).data, axis=1)


def honest_report(trial: Callable[[str, int], float], draws: int) -> dict[str, Any]:
    """Means of both methods over the same draws, the spread of their difference, and what may be concluded."""
    if draws < 5:
        raise ValueError(f"draws must be at least 5, got {draws}")
    scratch, frozen = (np.array([trial(method, d) for d in range(draws)]) for method in ("scratch", "frozen"))
    difference = frozen - scratch
    gain, spread = difference.mean(), difference.std(ddof=1)
    error = spread / np.sqrt(draws)
    verdict = "cannot tell" if abs(gain) <= 2 * error else "helps" if gain > 0 else "harms"
    return {"scratch": scratch.mean(), "frozen": frozen.mean(), "spread": spread, "verdict": verdict}


def pairs_to_pretrain(X: Array, y: Array, target: Collection[int], n: int, rng: Rng) -> tuple[Array, Array]:
    """Pairs made from the classes that are not in the target task."""
    other = ~np.isin(y, list(target))
    return make_pairs(X[other], y[other], n, rng)
