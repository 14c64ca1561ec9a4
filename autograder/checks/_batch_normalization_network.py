"""What the exercises about whole networks try: training with batch normalization, and a prediction to mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from gradus import normalization as ref
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy

from autograder.comparison import between
from autograder.handle import StudentFailure
from autograder.probes import Probe, callable_of, same, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Network = dict[str, Array]
in_range = between(lambda v: (v - 0.02, v + 0.02))


# ---------------------------------------------------------------- train_and_score


def train_and_score(
    X: Array, y: Array, X_test: Array, weights: Sequence[Array], orders: Sequence[Array], *,
    batch: int, lr: float, batchnorm: bool = True, drop_last: bool = True,
) -> dict[str, Array]:  # fmt: skip
    """Train a ReLU network from given weights on minibatches in given orders: its losses, and its scores for X_test."""
    params = [{"W": W, "b": np.zeros(W.shape[1])} for W in weights]
    running = [(np.zeros(W.shape[1]), np.ones(W.shape[1])) for W in weights[:-1]]
    for layer in params[:-1] if batchnorm else []:
        layer |= {"gamma": np.ones(len(layer["b"])), "beta": np.zeros(len(layer["b"]))}

    def forward(a: Array, training: bool) -> tuple[Array, list[Any]]:
        caches = []
        for l, layer in enumerate(params[:-1]):
            z, of_dense = dense_forward(a, layer["W"], layer["b"])
            of_norm = None
            if batchnorm:
                z, of_norm, *running[l] = ref.batchnorm_forward(
                    z, layer["gamma"], layer["beta"], *running[l], training=training
                )
            a = np.maximum(z, 0)
            caches.append((of_dense, of_norm, z > 0))
        scores, of_dense = dense_forward(a, params[-1]["W"], params[-1]["b"])
        return scores, [*caches, of_dense]

    losses = []
    for order in orders:
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            if drop_last and len(rows) < batch:
                break
            scores, caches = forward(X[rows], True)
            loss, d = softmax_cross_entropy(scores, y[rows])
            losses.append(loss)
            grads: list[Network] = [{} for _ in params]
            d, grads[-1]["W"], grads[-1]["b"] = dense_backward(d, caches[-1])
            for l in reversed(range(len(params) - 1)):
                of_dense, of_norm, alive = caches[l]
                d = d * alive
                if batchnorm:
                    d, grads[l]["gamma"], grads[l]["beta"] = ref.batchnorm_backward(d, of_norm)
                d, grads[l]["W"], grads[l]["b"] = dense_backward(d, of_dense)
            params = [{k: v - lr * g[k] for k, v in layer.items()} for layer, g in zip(params, grads, strict=True)]
    return {"losses": np.array(losses), "scores": forward(X_test, False)[0]}


def record(train: Any, *positional: Any, **named: Any) -> dict[str, Any]:
    """The two entries of the student's record; lists of numbers count as arrays."""
    found = callable_of(train)(*positional, **named)
    if not (isinstance(found, dict) and {"losses", "scores"} <= set(found)):
        raise StudentFailure("wrong", "", f'a dict with the keys "losses" and "scores" is expected, yours is '
                                          f"{kind_text(found)}")  # fmt: skip
    return {key: as_array(found[key]) for key in ("losses", "scores")}


def as_array(value: Any) -> Any:
    """A list of numbers, or of rows of them, as an array; anything else as it is."""
    if not isinstance(value, list | tuple):
        return value
    try:
        found = np.array(value)
    except ValueError:
        return value
    return found if found.dtype.kind in "fiu" else value


def problem(rng: Rng) -> tuple[list[Any], dict[str, Any]]:
    """Three clouds, a network of two hidden layers, and two epochs whose last batch is smaller."""
    D, H, K, C, batch = int(rng.integers(4, 7)), 9, 8, 3, int(rng.integers(7, 10))
    N = 3 * batch + int(rng.integers(2, batch))
    y = rng.permutation(np.arange(N) % C)
    X = rng.standard_normal((N, D)) + 1.5 * rng.standard_normal((C, D))[y]
    weights = [rng.standard_normal(s) * (1.4 / s[0] ** 0.5) for s in pairwise((D, H, K, C))]
    X_test = X[::2][:11] + 0.3 * rng.standard_normal((len(X[::2][:11]), D))
    orders = [rng.permutation(N) for _ in range(2)]
    return [X, y, X_test, weights, orders], {"batch": batch, "lr": round(float(rng.uniform(0.1, 0.3)), 2)}


def trained(*keys: str, **options: bool) -> Probe:
    """Entries of the record of a short training."""

    def probe(rng: Rng, train: Any) -> dict[str, Any]:
        positional, named = problem(rng)
        found = record(train, *positional, **named, **options)
        return {key: found[key] for key in keys}

    told = "".join(f", {name}={value}" for name, value in options.items())
    return with_call(probe, f"NAME(X, y, X_test, weights, orders, batch=batch, lr=lr{told})")


def leaves_alone(rng: Rng, train: Any) -> bool:
    """Whether data, weights and orders are afterwards what they were."""
    positional, named = problem(rng)
    return same(positional, callable_of(train).call(*positional, **named).args)


def repeatable(rng: Rng, train: Any) -> bool:
    positional, named = problem(rng)
    return same(record(train, *positional, **named), record(train, *positional, **named))


# ---------------------------------------------------------------- the digits

SIZES, BATCH, EPOCHS, LR = (64, 30, 30, 30, 10), 32, 3, 0.3


@cache
def digits_problem(split: int) -> tuple[Array, ...]:
    """1,347 images to train on: 42 batches of 32, and three images."""
    from gradus.data import load_digits_split

    return load_digits_split(np.random.default_rng([450, split]), n_test=450)


def accuracy(train: Any, split: int, std: float, **options: bool) -> float:
    """Share of the test images that the trained network gets right."""
    X, y, X_test, y_test = digits_problem(split)
    rng = np.random.default_rng([451, split])
    weights = [std * rng.standard_normal(shape) for shape in pairwise(SIZES)]
    orders = [rng.permutation(len(X)) for _ in range(EPOCHS)]
    scores = record(train, X, y, X_test, weights, orders, batch=BATCH, lr=LR, **options)["scores"]
    if not isinstance(scores, np.ndarray) or scores.shape != (len(X_test), 10) or scores.dtype.kind not in "fiu":
        raise StudentFailure(
            "wrong", "", f'"scores" must have the shape {(len(X_test), 10)}, yours is {kind_text(scores)}'
        )
    return float(np.mean(np.argmax(scores, axis=1) == y_test))


ON_DIGITS = f"NAME(X, y, X_test, weights, orders, batch={BATCH}, lr={LR}, …) on the digits"


def by_scale() -> Probe:
    """Accuracy from weights of three sizes with normalization, and from the smallest without. The splits are fixed."""

    def probe(rng: Rng, train: Any) -> dict[str, float]:
        found = {
            f"accuracy with batch normalization, weights of size {s}": accuracy(train, 0, s) for s in (0.01, 0.1, 0.5)
        }
        return found | {"accuracy without it, weights of size 0.01": accuracy(train, 0, 0.01, batchnorm=False)}

    return with_call(probe, ON_DIGITS)


def of_last_batch() -> Probe:
    """What the batch of three costs, as the mean over eight splits, each with and without it. The splits are fixed."""

    def probe(rng: Rng, train: Any) -> dict[str, float]:
        pairs = [[accuracy(train, split, 0.1, drop_last=flag) for flag in (True, False)] for split in range(8)]
        dropped, kept = np.mean(pairs, axis=0)
        return {"accuracy without the batch of three": float(dropped), "what that batch costs": float(dropped - kept)}

    return with_call(probe, ON_DIGITS)


# ---------------------------------------------------------------- debug_batch_normalization

FAULTS = ("learning_rate", "wrong_axis", "frozen_statistics", "overfitting", "evaluation_mode")


def predict(net: Network, X: Array, batchnorm: Any) -> Array:
    """What the broken function was meant to be: the class of each image, whatever company it comes in."""
    return np.argmax(np.maximum(normalized(net, X, batchnorm), 0) @ net["W2"] + net["b2"], axis=1)


def normalized(net: Network, X: Array, batchnorm: Any) -> Array:
    """What the hidden units receive, in evaluation."""
    z = X @ net["W1"] + net["b1"]
    return batchnorm(z, net["gamma"], net["beta"], net["running_mean"], net["running_var"], training=False)[0]


def plain_batchnorm(*positional: Any, **named: Any) -> tuple[Any, ...]:
    """The reference's layer, with a cache of plain data."""
    out, cache, mean, var = ref.batchnorm_forward(*positional, **named)
    return out, tuple(cache), mean, var


def network(rng: Rng) -> tuple[Network, Array]:
    """A network, and inputs that it puts into different classes; statistics of the batch would give others, in any company."""
    D, H, C, N = int(rng.integers(5, 9)), 24, 4, 40
    while True:
        X = rng.standard_normal((N, D)) + rng.standard_normal(D)
        W1, b1 = rng.standard_normal((D, H)), rng.standard_normal(H)
        z = X @ W1 + b1
        net = {
            "W1": W1, "b1": b1, "gamma": rng.uniform(0.5, 2.0, H), "beta": 0.3 * rng.standard_normal(H),
            "running_mean": z.mean(axis=0) + 0.7 * z.std(axis=0) * rng.standard_normal(H),
            "running_var": z.var(axis=0) * rng.uniform(0.3, 3.0, H),
            "W2": rng.standard_normal((H, C)), "b2": np.zeros(C),
        }  # fmt: skip
        a = np.maximum(normalized(net, X, plain_batchnorm), 0)
        net["b2"] = -(a @ net["W2"]).mean(axis=0)  # so that no class is the answer to everything
        if len(set(predict(net, X[:12], plain_batchnorm).tolist())) >= 3:
            return net, X


def classes(predict: Any, net: Network, X: Array) -> Any:
    found = callable_of(predict)(net, X, plain_batchnorm)
    found = as_array(found)
    if isinstance(found, np.ndarray) and found.shape == (len(X),) and found.dtype.kind in "fiu":
        return found
    raise StudentFailure(
        "wrong", "", f"the class of each of the {len(X)} images is expected, yours is {kind_text(found)}"
    )


def whole(rng: Rng, fault: Any, predict: Any) -> Array:
    net, X = network(rng)
    return classes(predict, net, X)


def one_at_a_time(rng: Rng, fault: Any, predict: Any) -> Array:
    net, X = network(rng)
    return np.concatenate([classes(predict, net, X[n : n + 1]) for n in range(12)])


def one_class_at_a_time(rng: Rng, fault: Any, predict: Any) -> list[Array]:
    """Inputs that are alike come together: the statistics of the batch are far from the running ones."""
    net, X = network(rng)
    order = np.argsort(X[:, 0])
    return [classes(predict, net, X[order[i : i + 8]]) for i in range(0, 40, 8)]


def network_untouched(rng: Rng, fault: Any, predict: Any) -> bool:
    net, X = network(rng)
    reply = callable_of(predict).call(net, X, plain_batchnorm)
    return same([net, X], list(reply.args[:2]))


def asked(probe: Callable[..., Any]) -> Probe:
    return with_call(probe, "NAME(net, X, batchnorm_forward)", of=1)
