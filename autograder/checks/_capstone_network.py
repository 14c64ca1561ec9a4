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
LOW = 0.85  # an accuracy that asks for a reason
NOT_FINITE = "The weights are NaN or infinite after the training: is the rate too high, or does something divide by 0?"
PREPARED = (
    "The network is good on images that were scaled or standardized first, but it is run on images as they are. Train on the "
    "images unchanged: the normalization after the first weights sees to their scale."
)

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


class Refused(StudentFailure):
    """No accuracy can be had.

    Attributes:
        brief: the reason without anything that the student's code gave, for a hidden case.
    """

    def __init__(self, text: str, brief: str) -> None:
        super().__init__("wrong", "", text[:400])
        self.brief = brief


def planned(handle: Any) -> dict[str, Any]:
    """The student's design, with plain numbers in the place of NumPy's.

    Raises:
        Refused: it is none, or asks for more than the budget.
    """
    brief = "The design is refused."
    plan = callable_of(handle)()
    if isinstance(plan, dict):
        plan = {key: plain_number(value) for key, value in plan.items()}
        if isinstance(plan.get("hidden"), list | tuple):
            plan["hidden"] = [plain_number(width) for width in plan["hidden"]]
    try:
        steps, multiplications = training_cost(plan, N_TRAIN, N_IN, CLASSES)
    except (TypeError, ValueError) as error:
        raise Refused(f"your design is refused: {str(error).partition(': ')[2]}", brief) from None
    if steps > STEPS or multiplications > MULTIPLICATIONS:
        raise Refused(f"with {N_TRAIN} images your design takes {steps:,} steps and {multiplications:,} multiplications; "
                      f"the budget is {STEPS:,} and {MULTIPLICATIONS:,}", brief)  # fmt: skip
    return plan


def plain_number(value: Any) -> Any:
    """A number of NumPy's, which comes as an array without axes, as one of Python's; anything else as it is."""
    return value.item() if isinstance(value, np.ndarray | np.generic) and not value.shape else value


def cost(rng: Rng, of_design: Any, of_train: Any) -> dict[str, bool]:
    """Whether the design keeps to the budget; otherwise a failure says by how much it does not."""
    planned(of_design)
    return {"within the budget": True}


# ---------------------------------------------------------------- training


def trained(plan: dict[str, Any], train: Any, X: Array, y: Array, seed: Any) -> dict[str, Any]:
    """The network that the student's training gives back; it must be one of the student's design.

    Raises:
        Refused: it is no network, or another one.
    """
    brief = "What train gives back is no network of your design."
    network = callable_of(train)(X, y, seed)
    if not isinstance(network, dict) or not isinstance(network.get("W"), list | tuple):
        raise Refused(f"a network as train_network gives it is expected, yours is {kind_text(network)}", brief)
    sizes = [N_IN, *plan["hidden"], CLASSES]
    wanted = list(pairwise(sizes))
    if [W.shape if isinstance(W, np.ndarray) else None for W in network["W"]] != wanted:
        given = ", ".join(str(W.shape) if isinstance(W, np.ndarray) else kind_text(W) for W in network["W"])
        shapes = ", ".join(map(str, wanted))
        raise Refused(
            f"the network must be of your design, with arrays of the shapes {shapes} in W, it has {given}", brief
        )
    return network


class Accuracy(float):
    """A share of images; NaN where there is none.

    Attributes:
        why: (in a public case, in a hidden one) what must be said of it, "" where there is nothing special.
    """

    why: tuple[str, str] = ("", "")


def accuracy(plan: dict[str, Any], train: Any, rng: Rng, other_classes: bool) -> Accuracy:
    """The share of the images kept that a network trained now names rightly.

    Raises:
        Refused: the network cannot be run.
    """
    X, y, X_test, y_test = split(rng, other_classes)
    network = trained(plan, train, X, y, draw_seed(rng))
    try:
        with np.errstate(all="ignore"):
            found = Accuracy((predict(network, X_test) == y_test).mean())
            scaled = [(predict(network, Z) == y_test).mean() for Z in as_prepared(X, X_test)] if found < LOW else []
    except (TypeError, ValueError) as error:
        text = str(error).partition(": ")[2]
        raise Refused(f"the network cannot be run: {text}", "The network cannot be run.") from None
    if not all(np.isfinite(a).all() for a in network["W"]):
        found.why = (NOT_FINITE, NOT_FINITE)
    elif max(scaled, default=0.0) > max(LOW, found + 0.1):
        found.why = (PREPARED, PREPARED)
    return found


def as_prepared(X: Array, X_test: Array) -> list[Array]:
    """The images kept, prepared as students prepare those that they train on."""
    Z = X_test - X.mean(axis=0)
    span = np.ptp(X)
    return [
        Z,
        Z / X.std(axis=0),
        (X_test - X.mean()) / X.std(),
        (X_test - X.min()) / span,
        X_test / X.max(),
        X_test / 16,
    ]


def mean_accuracy(splits: int, *, other_classes: bool = False) -> Callable[..., Any]:
    """The mean over trainings on splits of their own; NaN, with a reason, where there is none."""

    def probe(rng: Rng, of_design: Any, train: Any) -> Accuracy:
        try:
            plan = planned(of_design)
            found = [accuracy(plan, train, rng, other_classes) for _ in range(splits)]
        except Refused as refused:
            mean = Accuracy("nan")
            mean.why = (refused.text[:1].upper() + refused.text[1:], refused.brief)
        else:
            mean = Accuracy(np.mean(found))
            mean.why = next((a.why for a in found if any(a.why)), ("", ""))
        return mean

    return probe


def at_least(share: float) -> Comparison:
    """An accuracy that reaches a threshold; of two accuracies, that they are nearly the same."""

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if given >= share if expected == share else not any(given.why) and abs(given - expected) < NEARLY:
            return None
        text = (
            f"On the mean of these trainings, less than {100 * share:.3g} % of the images kept back are named rightly."
        )
        shown, hidden = (why or text for why in given.why)
        return Difference(
            "values", f"at least {100 * share:.3g} % right", "" if np.isnan(given) else f"{100 * given:.1f} %",
            lambda show: shown if show else hidden,
        )  # fmt: skip

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
