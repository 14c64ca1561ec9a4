"""The capstone's training: images that the check draws anew, and how well a trained network names those that it kept.

The student's code gets training images with their labels, and gives back a network: plain arrays. The check runs it, on
images that the student's code has never been given. Which pixel stands where, how bright the images are and what the
classes are called is drawn for each training; in one case the classes are other ones than the ten digits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from gradus.capstone import DESIGN, MULTIPLICATIONS, STEPS, predict, start_network, train_network, training_cost
from gradus.data import load_digits_images

from autograder.comparison import Comparison, Difference
from autograder.handle import StudentFailure
from autograder.probes import callable_of, draw_seed
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
N_TRAIN = 1000
N_IN, CLASSES = 64, 10
NOISE = 0.5  # of 16 grey levels
NEARLY = 0.08  # accuracies that say the same mistake was made: chance gives 0.1

PLAN = {"hidden": [96, 64], "epochs": 15, "batch_size": 64, "lr_max": 0.02, "dropout": 0.1, "l2": 0.0}


def design() -> dict[str, Any]:
    """The reference: wider, longer, and with a little dropout."""
    return dict(PLAN)


def train(X: Array, y: Array, rng: Rng) -> dict[str, Any]:
    """The reference: that design on the reference's parts."""
    return train_network(X, y, PLAN, rng)


# ---------------------------------------------------------------- wrong versions


def by(plan: dict[str, Any]) -> tuple[Callable[[], Any], Callable[..., Any]]:
    """A plan of one's own, and the training by it."""
    return lambda: dict(plan), lambda X, y, rng: train_network(X, y, plan, rng)


def untrained(X: Array, y: Array, rng: Rng) -> dict[str, Any]:
    return start_network(PLAN, X.shape[1], CLASSES, rng)


def other_plan(X: Array, y: Array, rng: Rng) -> dict[str, Any]:
    return train_network(X, y, {**PLAN, "hidden": [32, 32], "epochs": 3}, rng)


# ---------------------------------------------------------------- images


@cache
def images() -> tuple[Array, Array]:
    X, y = load_digits_images()
    return X.reshape(len(X), -1), y


def split(rng: Rng, other_classes: bool = False) -> tuple[Array, Array, Array, Array]:
    """Training images and labels, and those that are kept: X, y, X_test, y_test.

    Args:
        other_classes: the class depends on the digit and on whether half of the pixels, drawn by lot, are bright.
    """
    X, digit = images()
    order = rng.permutation(len(X))
    X, digit = X[order], digit[order]
    if other_classes:
        light = X[:, rng.permutation(N_IN)[: N_IN // 2]].sum(axis=1)
        digit = (digit + (light > np.median(light))) % CLASSES
    y = rng.permutation(CLASSES)[digit]
    X = X[:, rng.permutation(N_IN)] + rng.normal(0, NOISE, X.shape)
    X = X * rng.uniform(0.5, 2.0) + rng.uniform(-1.0, 1.0)
    return X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:]


# ---------------------------------------------------------------- the design


def planned(handle: Any) -> dict[str, Any]:
    """The student's design.

    Raises:
        StudentFailure: it is none, or asks for more than the budget.
    """
    plan = callable_of(handle)()
    try:
        steps, multiplications = training_cost(plan, N_TRAIN, N_IN, CLASSES)
    except (TypeError, ValueError) as error:
        raise StudentFailure("wrong", "", str(error).partition(": ")[2][:300]) from None
    if steps > STEPS or multiplications > MULTIPLICATIONS:
        raise StudentFailure("wrong", "", f"with {N_TRAIN} images your design takes {steps:,} steps and {multiplications:,} "
                             f"multiplications; the budget is {STEPS:,} and {MULTIPLICATIONS:,}")  # fmt: skip
    return plan


def cost(rng: Rng, of_design: Any, of_train: Any) -> dict[str, bool]:
    """Whether the design keeps to the budget; otherwise a failure says by how much it does not."""
    planned(of_design)
    return {"within the budget": True}


# ---------------------------------------------------------------- training


def trained(plan: dict[str, Any], train: Any, X: Array, y: Array, seed: Any) -> dict[str, Any]:
    """The network that the student's training gives back; it must be one of the student's design.

    Raises:
        StudentFailure: it is no network, or another one.
    """
    network = callable_of(train)(X, y, seed)
    if not isinstance(network, dict) or not isinstance(network.get("W"), list | tuple):
        raise StudentFailure(
            "wrong", "", f"a network as train_network gives it is expected, yours is {kind_text(network)}"
        )
    sizes = [N_IN, *plan["hidden"], CLASSES]
    wanted = list(pairwise(sizes))
    given = [np.shape(W) if isinstance(W, np.ndarray) else None for W in network["W"]]
    if given != wanted:
        raise StudentFailure(
            "wrong", "", f"the network must be of your design, with W of shapes {wanted}, it has {given}"[:400]
        )
    return network


def accuracy(plan: dict[str, Any], train: Any, rng: Rng, other_classes: bool) -> float:
    """The share of the images kept that a network trained now names rightly."""
    X, y, X_test, y_test = split(rng, other_classes)
    network = trained(plan, train, X, y, draw_seed(rng))
    try:
        with np.errstate(all="ignore"):
            return float((predict(network, X_test) == y_test).mean())
    except (TypeError, ValueError) as error:
        raise StudentFailure("wrong", "", f"the network cannot be run: {error}"[:300]) from None


def mean_accuracy(splits: int, *, other_classes: bool = False) -> Callable[..., Any]:
    """The mean over trainings on splits of their own."""

    def probe(rng: Rng, of_design: Any, train: Any) -> float:
        plan = planned(of_design)
        return float(np.mean([accuracy(plan, train, rng, other_classes) for _ in range(splits)]))

    return probe


def at_least(share: float) -> Comparison:
    """An accuracy that reaches a threshold; of two accuracies, that they are nearly the same."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if given >= share if expected == share else abs(given - expected) < NEARLY:
            return None
        hint = f"On the mean of these trainings, less than {share:.1%} of the images kept back are named rightly."
        return Difference("values", f"at least {share:.1%} right", f"{given:.1%}", hint)

    return compare


def repeated(rng: Rng, of_design: Any, train: Any) -> list[bool]:
    """Whether the same images and generator give the same network, and another generator another one."""
    plan = planned(of_design)
    X, y, *_ = split(rng)
    few = slice(0, max(200, plan["batch_size"]))
    seeds = [draw_seed(rng), draw_seed(rng)]
    first, again, other = (
        trained(plan, train, X[few], y[few], seed)["W"][0] for seed in (seeds[0], seeds[0], seeds[1])
    )
    return [bool(np.array_equal(first, again)), bool(np.array_equal(first, other))]


__all__ = [
    "DESIGN",
    "at_least",
    "by",
    "cost",
    "design",
    "mean_accuracy",
    "other_plan",
    "repeated",
    "split",
    "train",
    "untrained",
]
