"""Exercises of the course that the grading benchmark grades: five functions and one plot."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.exercise import exercise, hidden, mistake, public
from autograder.probes import args, manners, returns

MORE: dict[str, Any] = {"points": 5, "minutes": 5, "chapter": "Six tasks", "section": "Tasks"}


# ------------------------------------------------------------------ softmax


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def by_columns(Z):
    E = np.exp(Z - Z.max(axis=0))
    return E / E.sum(axis=0)


def not_normalized(Z):
    return np.exp(Z - Z.max(axis=1, keepdims=True))


def scores(rng):
    return args(rng.normal(size=(4, 3)))


exercise(
    "softmax", softmax, **MORE,
    cases=[
        public("four rows", returns(scores)),
        hidden("many rows", returns(lambda rng: args(rng.normal(size=(50, 10))))),
        hidden("large numbers", returns(lambda rng: args(1000 + rng.normal(size=(5, 4))))),
        manners(scores),
    ],
    mistakes=[
        mistake("by_columns", "Each row is an example: its probabilities sum to 1, not those of a column.", by_columns),
        mistake("not_normalized", "Nothing divides by the sum: the rows do not sum to 1.", not_normalized),
    ],
)  # fmt: skip


# ------------------------------------------------------------------ standardize


def standardize(X):
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def over_everything(X):
    return (X - X.mean()) / X.std()


def by_n_minus_one(X):
    spread = X.std(axis=0, ddof=1)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def data(rng):
    return args(3 + 2 * rng.normal(size=(20, 4)))


def with_constant_column(rng):
    X = rng.normal(size=(30, 3))
    X[:, 1] = 7.0
    return args(X)


exercise(
    "standardize", standardize, **MORE,
    cases=[
        public("twenty examples", returns(data)),
        hidden("other data", returns(lambda rng: args(rng.normal(size=(200, 5))))),
        hidden("a constant column", returns(with_constant_column)),
        manners(data),
    ],
    mistakes=[
        mistake("over_everything", "Each column has a mean and a spread of its own: axis=0.", over_everything),
        mistake("by_n_minus_one", "The spread divides by n here, not by n − 1.", by_n_minus_one),
    ],
)  # fmt: skip


# ------------------------------------------------------------------ relu_backward


def relu_backward(dY, X):
    return dY * (X > 0)


def by_gradient(dY, X):
    return dY * (dY > 0)


def forward_again(dY, X):
    return dY * np.maximum(X, 0)


def gradients(rng):
    return args(rng.normal(size=(6, 5)), rng.normal(size=(6, 5)))


exercise(
    "relu_backward", relu_backward, **MORE,
    cases=[
        public("a batch", returns(gradients)),
        hidden("a larger batch", returns(lambda rng: args(rng.normal(size=(64, 30)), rng.normal(size=(64, 30))))),
        manners(gradients),
    ],
    mistakes=[
        mistake("by_gradient", "The mask asks where X was positive, not where the gradient is.", by_gradient),
        mistake("forward_again", "The derivative of ReLU is 1 or 0; X itself does not appear in it.", forward_again),
    ],
)  # fmt: skip


# ------------------------------------------------------------------ accuracy


def accuracy(scores, labels):
    return float((scores.argmax(axis=1) == labels).mean())


def counted(scores, labels):
    return int((scores.argmax(axis=1) == labels).sum())


def in_percent(scores, labels):
    return 100 * float((scores.argmax(axis=1) == labels).mean())


def predictions(n):
    return lambda rng: args(rng.normal(size=(n, 3)), rng.integers(3, size=n))


exercise(
    "accuracy", accuracy, **MORE,
    cases=[
        public("twelve examples", returns(predictions(12))),
        hidden("more examples", returns(predictions(200))),
        manners(predictions(12), float32=False),
    ],
    mistakes=[
        mistake("counted", "This is how many are right; asked is which share.", counted),
        mistake("in_percent", "A share lies between 0 and 1.", in_percent),
    ],
)  # fmt: skip


# ------------------------------------------------------------------ moving_average


def moving_average(x, beta):
    m, means = 0.0, np.empty(len(x))
    for t, value in enumerate(x, 1):
        m = beta * m + (1 - beta) * value
        means[t - 1] = m / (1 - beta**t)
    return means


def uncorrected(x, beta):
    m, means = 0.0, np.empty(len(x))
    for t, value in enumerate(x):
        m = beta * m + (1 - beta) * value
        means[t] = m
    return means


def swapped(x, beta):
    return moving_average(x, 1 - beta)


def series(n):
    return lambda rng: args(rng.normal(size=n), 0.9)


exercise(
    "moving_average", moving_average, **MORE,
    cases=[
        public("ten values", returns(series(10))),
        hidden("many values", returns(series(200))),
        manners(series(10), float32=False),
    ],
    mistakes=[
        mistake("uncorrected", "The first means are drawn towards 0: divide by 1 − βᵗ.", uncorrected),
        mistake("swapped", "β weighs the past, 1 − β the new value.", swapped),
    ],
)  # fmt: skip


# ------------------------------------------------------------------ loss_plot


class Lines:
    """The axes that the reference draws, as far as they are looked at, without matplotlib."""

    def get_xlabel(self):
        return "epoch"

    def get_ylabel(self):
        return "loss"

    def get_yscale(self):
        return "log"

    def get_lines(self):
        return [Curve(i) for i in range(2)]


class Curve:
    def __init__(self, number):
        self.number = number

    def get_ydata(self):
        return curves()[self.number]


def curves():
    """What the notebook's given cell computes: a training and a validation loss."""
    epochs = np.arange(1, 51)
    return 2 * 0.9**epochs, 2 * 0.93**epochs + 0.05


def labels(rng, axes):
    return axes.get("get_xlabel")().strip().lower(), axes.get("get_ylabel")().strip().lower()


def heights(rng, axes):
    return [np.asarray(line.get("get_ydata")(), float) for line in axes.get("get_lines")()]


def scale(rng, axes):
    return axes.get("get_yscale")()


exercise(
    "loss_plot", Lines(), names=["axes"], **MORE,
    cases=[public("labels of the axes", labels), public("scale of the losses", scale), hidden("the two curves", heights)],
)  # fmt: skip
