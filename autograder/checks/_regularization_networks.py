"""What the exercises about whole networks try: the losses that dropout shows, and a training step to mend."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.handle import StudentFailure
from autograder.probes import Args, Probe, args, callable_of, draw_seed, several, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Params = dict[str, Array]
KEYS = ("running", "train", "test")

# ---------------------------------------------------------------- the network


def scores_of(params: Params, X: Array) -> Array:
    """All units at work."""
    h = np.maximum(X @ params["W1"] + params["b1"], 0)
    return h @ params["W2"] + params["b2"]


def loss_of(params: Params, X: Array, y: Array) -> float:
    return float(softmax_cross_entropy(scores_of(params, X), y)[0])


def dropout_step(params: Params, X: Array, y: Array, lr: float, rate: float, rng: Rng) -> tuple[Params, float]:
    """One step of gradient descent with dropout on the hidden layer: the new parameters, and the loss of the step."""
    z, of_first = dense_forward(X, params["W1"], params["b1"])
    mask = (rng.random(z.shape) >= rate) / (1 - rate)
    scores, of_second = dense_forward(np.maximum(z, 0) * mask, params["W2"], params["b2"])
    loss, d = softmax_cross_entropy(scores, y)
    grads: Params = {}
    d, grads["W2"], grads["b2"] = dense_backward(d, of_second)
    _, grads["W1"], grads["b1"] = dense_backward(d * mask * (z > 0), of_first)
    return {name: params[name] - lr * grads[name] for name in params}, float(loss)


def loss_record(
    params: Params, X: Array, y: Array, X_test: Array, y_test: Array, orders: Sequence[Array], *,
    batch: int, lr: float, rate: float, rng: Rng,
) -> tuple[Params, dict[str, Array]]:  # fmt: skip
    """Train with dropout: the parameters at the end, and three losses after each epoch."""
    record: dict[str, list[float]] = {key: [] for key in KEYS}
    for order in orders:
        losses = []
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            params, loss = dropout_step(params, X[rows], y[rows], lr, rate, rng)
            losses.append(loss)
        record["running"].append(float(np.mean(losses)))
        record["train"].append(loss_of(params, X, y))
        record["test"].append(loss_of(params, X_test, y_test))
    return params, {key: np.array(values) for key, values in record.items()}


def first_params(rng: Rng, D: int, H: int, C: int) -> Params:
    """He's weights, and biases that are not 0."""
    return {
        "W1": rng.standard_normal((D, H)) * math.sqrt(2 / D), "b1": 0.1 * rng.standard_normal(H),
        "W2": rng.standard_normal((H, C)) * math.sqrt(2 / H), "b2": 0.1 * rng.standard_normal(C),
    }  # fmt: skip


# ---------------------------------------------------------------- loss_record


def problem(rate: float, epochs: int = 2, lr: float | None = None, batches: int = 4) -> Callable[[Rng], Args]:
    """Three clouds, a small network, batches that leave nothing over."""

    def make(rng: Rng) -> Args:
        D, H, C, batch = int(rng.integers(4, 7)), 12, 3, int(rng.integers(6, 10))
        N = batches * batch
        centres = 1.5 * rng.standard_normal((C, D))
        y, y_test = rng.permutation(np.arange(N) % C), rng.permutation(np.arange(15) % C)
        X = centres[y] + rng.standard_normal((N, D))
        X_test = centres[y_test] + rng.standard_normal((15, D))
        orders = [rng.permutation(N) for _ in range(epochs)]
        rate_of_learning = round(float(rng.uniform(0.1, 0.3)), 2) if lr is None else lr
        return args(first_params(rng, D, H, C), X, y, X_test, y_test, orders,
                    batch=batch, lr=rate_of_learning, rate=rate, rng=draw_seed(rng))  # fmt: skip

    return make


def recorded(found: Any, epochs: int) -> tuple[Any, dict[str, Array]]:
    """Parameters and record; lists count as arrays."""
    params, record = several(found, 2, "the pair params, record")
    if not isinstance(record, dict) or not set(KEYS) <= set(record):
        raise StudentFailure(
            "wrong", "", f"the record must be a dict with the keys {KEYS}, yours is {kind_text(record)}"
        )
    if not isinstance(params, dict) or not {"W1", "b1", "W2", "b2"} <= set(params):
        raise StudentFailure(
            "wrong", "", f"the parameters must be a dict with W1, b1, W2, b2, yours are {kind_text(params)}"
        )
    arrays = {}
    for key in KEYS:
        try:
            arrays[key] = np.asarray(record[key], dtype=float)
        except (TypeError, ValueError):
            raise StudentFailure("wrong", "", f"{key!r} must be an array of numbers") from None
        if arrays[key].shape != (epochs,):
            raise StudentFailure(
                "wrong", "", f"{key!r} must hold one number for each epoch, yours has shape {arrays[key].shape}"
            )
    return params, arrays


CALL = "NAME(params, X, y, X_test, y_test, orders, batch=…, lr=…, rate={}, rng=rng)"


def without_dropout(key: str, **options: Any) -> Probe:
    """One of the three losses, without dropout: nothing is left to chance."""

    def probe(rng: Rng, loss_record: Any, ensemble: Any) -> Any:
        positional, named = problem(0.0, **options)(rng)
        return recorded(callable_of(loss_record)(*positional, **named), len(positional[5]))[1][key]

    return with_call(probe, CALL.format("0.0") + f'[1]["{key}"]')


def consistent(rng: Rng, loss_record: Any, ensemble: Any) -> dict[str, bool]:
    """Whether the last losses are those of the parameters returned, computed anew with all units at work."""
    positional, named = problem(0.4)(rng)
    params, record = recorded(callable_of(loss_record)(*positional, **named), 2)
    start, X, y, X_test, y_test, _ = positional
    if any(not isinstance(params[k], np.ndarray) or params[k].shape != start[k].shape for k in start):
        raise StudentFailure("wrong", "", "the parameters returned must have the shapes of those that came in")
    near = lambda a, b: bool(abs(a - b) <= 1e-5 * max(1.0, abs(b)))  # noqa: E731
    return {
        "moved": any(not np.array_equal(params[k], start[k]) for k in start),
        "train": near(record["train"][-1], loss_of(params, X, y)),
        "test": near(record["test"][-1], loss_of(params, X_test, y_test)),
    }


CONSISTENT = {
    "moved": "The parameters returned are those that came in: is anything learnt?",
    "train": "With the parameters you return and all units at work, the loss on X is not the one in your record.",
    "test": "With the parameters you return and all units at work, the loss on X_test is not the one in your record.",
}
NOISE, STANDS = "running loss, divided by the evaluated one", "evaluated losses stand still"
STILL, STILL_EPOCHS = 1e-9, 120  # a learning rate with which nothing is learnt, and epochs to average over


def noise(rng: Rng, loss_record: Any, ensemble: Any) -> dict[str, Any]:
    """How much larger the loss with dropout is than that without, where nothing is learnt meanwhile."""
    positional, named = problem(0.5, STILL_EPOCHS, STILL)(rng)
    record = recorded(callable_of(loss_record)(*positional, **named), STILL_EPOCHS)[1]
    still = bool(np.ptp(record["train"]) < 1e-4 and np.ptp(record["test"]) < 1e-4)
    return {STANDS: still, NOISE: float(record["running"].mean() / record["train"].mean())}


def expected_noise(rng: Rng) -> dict[str, Any]:
    """The same of the reference, with other masks, and six standard deviations of the difference of two such means."""
    positional, named = problem(0.5, STILL_EPOCHS, STILL)(rng)
    record = loss_record(*positional, **{**named, "rng": np.random.default_rng(named["rng"].value + 1)})[1]
    ratios = record["running"] / record["train"]
    width = 6 * math.sqrt(2) * float(ratios.std()) / math.sqrt(STILL_EPOCHS)
    return {STANDS: True, NOISE: (float(ratios.mean()) - width, float(ratios.mean()) + width)}


NOISE_SD = {NOISE: lambda ratio: 0.005 * ratio}
NOISE_TOLD = {
    NOISE: """The loss of your steps is not that of a network in which units are dropped at this rate and the others
    make up for them.""",
    STANDS: "Where nothing is learnt your evaluated losses still change: does chance have a part in them?",
}

HIDDEN, BATCH, LR, EPOCHS = 100, 32, 0.1, 4


@cache
def digits(split: int) -> tuple[Array, ...]:
    from gradus.data import load_digits_split

    X, y, X_test, y_test = load_digits_split(np.random.default_rng([810, split]), n_test=453)
    return X, y, X_test, y_test


def illusion(splits: Sequence[int]) -> Probe:
    """The three losses of the fourth epoch at a rate of 1/2, as differences, the smallest over fixed splits of the digits."""

    def probe(rng: Rng, loss_record: Any, ensemble: Any) -> dict[str, float]:
        gaps = []
        for split in splits:
            X, y, X_test, y_test = digits(split)
            own = np.random.default_rng([811, split])
            orders = [own.permutation(len(X)) for _ in range(EPOCHS)]
            found = callable_of(loss_record)(first_params(own, X.shape[1], HIDDEN, 10), X, y, X_test, y_test, orders,
                                             batch=BATCH, lr=LR, rate=0.5, rng=draw_seed(rng))  # fmt: skip
            last = {key: float(values[-1]) for key, values in recorded(found, EPOCHS)[1].items()}
            gaps.append((last["running"] - last["test"], last["test"] - last["train"]))
        return {ABOVE: min(g[0] for g in gaps), BELOW: min(g[1] for g in gaps)}

    return with_call(probe, CALL.format("0.5") + " on the digits")


ABOVE = "running loss minus test loss, fourth epoch"
BELOW = "test loss minus evaluated training loss, fourth epoch"
GAPS_TOLD = {
    ABOVE: """A network that lacks half of its units does worse than the whole one: the losses of your steps should stand
        well above the test loss by now, but not by far.""",
    BELOW: """A network that has learnt, with all its units at work, does somewhat better on its own examples than on those
        of the test.""",
}
GAPS_SD = {ABOVE: lambda gap: 0.006, BELOW: lambda gap: 0.003}
