"""What the exercises on a step with dropout try: single steps, taken apart, and steps of several examples."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus.network import softmax_cross_entropy

from autograder.checks._regularization_networks import Params, first_params, recorded
from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, several, with_call

Array = np.ndarray
Rng = np.random.Generator

FAULTS = ("learning_rate", "swapped", "not_rescaled", "active_in_evaluation", "new_mask")


def one_step(rate: float, N: int = 6) -> Callable[[Rng], Args]:
    """A step on a few examples."""

    def make(rng: Rng) -> Args:
        D, H, C = 5, 14, 3
        params = first_params(rng, D, H, C)
        return args(
            params,
            rng.standard_normal((N, D)),
            rng.integers(0, C, N),
            round(float(rng.uniform(0.2, 0.6)), 2),
            rate,
            draw_seed(rng),
        )

    return make


Ask = Callable[[Any, Any, Params, Array, Array, float, float, Any], Any]


def mended(fault: Any, step: Any, *arguments: Any) -> Any:
    """What a step of the function to be mended gives."""
    return callable_of(step)(*arguments)


def single_record(
    record: Any, ensemble: Any, params: Params, X: Array, y: Array, lr: float, rate: float, seed: Any
) -> tuple[Any, Any]:
    """What a training of a single step gives: parameters, and the loss of that step."""
    given = (params, X, y, X, y, [np.arange(len(X))])
    new, losses = recorded(callable_of(record)(*given, batch=len(X), lr=lr, rate=rate, rng=seed), 1)
    return new, losses["running"][0]


def shown(rate: float, ask: Ask, examples: str) -> Callable[[Rng, tuple[str, ...]], str]:
    """The call as a student reads it."""
    if ask is mended:
        return lambda rng, names: f"{names[1]}(params, X, y, lr, {rate}, rng) with {examples}"
    return lambda rng, names: f"{names[0]}(…, rate={rate}, rng=rng) with one epoch of one batch of {examples}"


def anatomy(rate: float, ask: Ask = mended) -> Probe:
    """Steps on one example each, from which the units that were dropped can be read off, whatever mask was drawn."""

    def probe(rng: Rng, *objects: Any) -> dict[str, bool]:
        found = dict.fromkeys(ANATOMY, True)
        shares: list[Array] = []
        stopped: list[bool] = []
        for _ in range(25):
            (params, X, y, lr, _, seed), _ = one_step(rate, 1)(rng)
            step = ask(*objects, params, X, y, lr, rate, seed)
            for name, right in of_one(params, X, y, lr, rate, step, shares, stopped).items():
                found[name] &= right
        share, n = float(np.mean(np.concatenate(shares))), sum(map(len, shares))
        found["stopped"] = any(stopped)
        found["rate"] = abs(share - rate) <= 5 * math.sqrt(rate * (1 - rate) / n)
        return found

    return with_call(probe, shown(rate, ask, "one example"))


def near(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=1e-5, atol=1e-7))


def stretched(slope: Array, wanted: Array, loss: Any, label: int) -> bool:
    """Whether a slope of b2 is the right one but for a factor, which the loss that was returned gives away."""
    if not isinstance(loss, float | np.ndarray) or np.ndim(loss) or not 1e-6 < float(loss) < 100:
        return False
    factor = float(slope[label]) / (math.exp(-float(loss)) - 1)
    return abs(factor) > 1e-6 and not near(factor, 1.0) and near(slope / factor, wanted)


def batch_of(rate: float, ask: Ask = mended) -> Probe:
    """Steps on five examples that have no input in common, so that the step of W1 tells their masks apart."""

    def probe(rng: Rng, *objects: Any) -> dict[str, bool]:
        found = dict.fromkeys(BATCH_TOLD, True)
        shares: list[Array] = []
        for _ in range(10):
            (params, _, y, lr, _, seed), _ = one_step(rate, 5)(rng)
            X = np.diag(rng.uniform(0.5, 2.0, 5) * rng.choice([-1.0, 1.0], 5))
            new, loss = of_step(ask(*objects, params, X, y, lr, rate, seed), params)
            z = X @ params["W1"] + params["b1"]
            mask = (np.abs(params["W1"] - new["W1"]) > 1e-9) / (1 - rate)
            h = np.maximum(z, 0) * mask
            wanted, d = softmax_cross_entropy(h @ params["W2"] + params["b2"], y)
            dz = d @ params["W2"].T * mask * (z > 0)
            slopes = {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ d, "b2": d.sum(axis=0)}
            found["whole"] &= all(near(new[k], params[k] - lr * g) for k, g in slopes.items()) and near(loss, wanted)
            pairs = [
                (m[(a > 0) & (b > 0)], n[(a > 0) & (b > 0)])
                for m, n, a, b in zip(mask[:-1], mask[1:], z[:-1], z[1:], strict=True)
            ]
            shares.append(np.concatenate([m != n for m, n in pairs]))
        found["examples"] = bool(np.concatenate(shares).any())
        return found

    return with_call(probe, shown(rate, ask, "five examples"))


BATCH_TOLD = {
    "examples": "All examples of a batch lose the same units. Each of them is to have a mask of its own.",
    "whole": """The step of a batch is not that of a network in which every example loses the same units on the way forward
        and on the way back.""",
}
BATCH_SOUND = dict.fromkeys(BATCH_TOLD, True)


def of_step(found: Any, params: Params) -> tuple[Params, Any]:
    """New parameters, of the names and shapes of the old ones, and a loss."""
    new, loss = several(found, 2, "the pair of new parameters and loss")
    if not isinstance(new, dict) or any(
        not isinstance(new.get(k), np.ndarray) or new[k].shape != a.shape for k, a in params.items()
    ):
        raise StudentFailure("wrong", "", "the new parameters must be a dict with the names and shapes of the old ones")
    return new, loss


def of_one(
    params: Params, X: Array, y: Array, lr: float, rate: float, found: Any, shares: list[Array], stopped: list[bool]
) -> dict[str, bool]:
    """Whether the parts of one step belong together."""
    new, loss = of_step(found, params)
    g = {name: (params[name] - new[name]) / lr for name in params}
    z = (X @ params["W1"] + params["b1"])[0]
    h, on = np.maximum(z, 0), z > 0
    kept = on & (np.abs(g["W2"]).max(axis=1) > 1e-9)
    shares.append(~kept[on])
    stopped.append(bool((np.abs(g["b1"][on]) <= 1e-9).any()))
    dropped_h = h * kept / (1 - rate)
    p = np.exp(dropped_h @ params["W2"] + params["b2"])
    p /= p.sum()
    dscores = p - np.eye(len(p))[y[0]]
    dz = (params["W2"] @ g["b2"]) * kept / (1 - rate)
    passed = np.abs(g["b1"]) > 1e-9
    alike = lambda factor: np.abs(dz).max() > 1e-6 and near(g["b1"] / np.abs(dz).max(), factor * dz / np.abs(dz).max())  # noqa: E731
    return {
        "length": not stretched(g["b2"], dscores, loss, int(y[0])),
        "forward": near(g["b2"], dscores) and near(g["W2"], np.outer(dropped_h, g["b2"])),
        "loss": near(
            np.asarray(loss, dtype=float) if isinstance(loss, float | np.ndarray) else math.nan, -math.log(p[y[0]])
        ),
        "off": bool((z[passed] > 0).all()),
        "leak": not np.any(passed & on & ~kept),
        "lost": not np.any(~passed & (np.abs(dz) > 1e-9)),
        "small": not alike(1 - rate),
        "large": not alike(1 / (1 - rate)),
        "backward": near(g["b1"], dz),
        "weights": near(g["W1"], np.outer(X[0], g["b1"])),
    }


ANATOMY = {
    "length": "The step has another length than the learning rate gives it: lr is to stay as it is.",
    "forward": "The way forward has changed: it was right in the broken function.",
    "loss": "The loss returned is not that of the scores which the step was made with.",
    "stopped": "The gradient passes every unit, also those that were dropped on the way forward.",
    "off": "Units that ReLU has switched off get a gradient: nothing gets through where its output was 0.",
    "leak": "Units that were dropped on the way forward still get a gradient.",
    "lost": "Units that were kept on the way forward get no gradient.",
    "small": "The gradient passes the right units, but without the factor of the way forward.",
    "large": "The gradient passes the right units, but with the factor of the way forward twice.",
    "backward": "The gradient passes the right units, but not multiplied by what they were multiplied by on the way forward.",
    "weights": "The step of W1 does not fit that of b1.",
    "rate": "The share of units that are dropped is not the rate.",
}
SOUND = dict.fromkeys(ANATOMY, True)
RECORD_ANATOMY = ANATOMY | {
    "forward": "Your steps are not those of a network in which units are dropped at this rate and the others make up for them.",
    "loss": "The running loss of a single step is not that of the scores which the step was made with.",
    "length": "Your steps are not as long as the learning rate makes them.",
}
