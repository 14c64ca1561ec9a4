"""Wrong ways out of the broken split of `debug_babysitting_and_search`, each with the sentence that leads on."""

from __future__ import annotations

import numpy as np

from autograder.checks import _babysitting_and_search_hills as hills
from autograder.exercise import Mistake, mistake

Array = np.ndarray
Rng = np.random.Generator


def broken_split(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    """The broken function of the notebook, as it stands there."""
    X = rng.permutation(X)
    y = rng.permutation(y)
    return X[n_val:], y[n_val:], X[:n_val], y[:n_val]


def overlapping(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    order = rng.permutation(len(X))
    return X[order[: len(X) - n_val]], y[order[: len(X) - n_val]], X[order[:n_val]], y[order[:n_val]]


def only_training(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    order = rng.permutation(len(X))
    return X[order[n_val:]], y[order[n_val:]], X[order[:n_val]], y[:n_val]


def parts_swapped(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    X_train, y_train, X_val, y_val = hills.split(X, y, n_val, rng)
    return X_val, y_val, X_train, y_train


def order_of_sklearn(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    X_train, y_train, X_val, y_val = hills.split(X, y, n_val, rng)
    return X_train, X_val, y_train, y_val


def own_generator(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    return hills.split(X, y, n_val, np.random.default_rng(0))


def shuffled_after(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    val, train = rng.permutation(n_val), rng.permutation(np.arange(n_val, len(X)))
    return X[train], y[train], X[val], y[val]


def in_place(X: Array, y: Array, n_val: int, rng: Rng) -> tuple[Array, Array, Array, Array]:
    order = rng.permutation(len(X))
    X[:], y[:] = X[order], y[order]
    return X[n_val:].copy(), y[n_val:].copy(), X[:n_val].copy(), y[:n_val].copy()


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(
        f"named_{fault}", f"Your function is mended, but that was not the fault. {sentence}", fault, hills.split
    )


DEBUG = [
    mistake("not_mended", """Labels and samples are still shuffled apart: two permutations of one generator are two
        different ones. How can one order serve both?""", "labels", broken_split),
    mistake("shuffled_after_the_split", """Your two parts are shuffled, but always made of the same samples: those that
        stand at one end. Which samples are for validation is for rng to say.""", "labels", shuffled_after),
    mistake("not_shuffled", """Labels and samples belong together again, but nothing is shuffled any more. Data often
        come sorted by class.""", "labels", lambda X, y, n_val, rng: (X[n_val:], y[n_val:], X[:n_val], y[:n_val])),
    mistake("validation_labels", """In the training part all is well. Look at the labels of the validation part.""", "labels",
        only_training),
    mistake("overlap", """Some samples are in both parts: what is measured on the validation part then flatters.""", "labels",
        overlapping),
    mistake("parts_swapped", """The two parts have changed places: n_val samples are for validation.""", "labels", parts_swapped),
    mistake("other_order", """The four arrays come in another order: X_train, y_train, X_val, y_val.""",
        "labels", order_of_sklearn),
    mistake("own_rng", """Your split is the same whatever generator is given: take the order from rng.""",
        "labels", own_generator),
    mistake("in_place", """Your function shuffles the arrays that it was given, which the caller still needs in their
        old order.""", "labels", in_place),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five
        texts in the list.""", "", hills.split),
    misnamed("learning_rate", "Its training loss falls, and twenty samples are learnt: the steps are good ones."),
    misnamed("output_layer", "Compare the first loss with that of ten classes of which nothing is known."),
    misnamed("no_update", "A network that is not changed keeps its loss."),
    misnamed("capacity", "Who is short of units fails on the training data, too, and is better than chance on new ones."),
]  # fmt: skip
