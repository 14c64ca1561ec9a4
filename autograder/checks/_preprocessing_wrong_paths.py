"""Wrong versions of the exercise on signs and paths, and of the run to mend, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from gradus.data import load_digits_split
from gradus.gradient_diagnostics import path_ratio, sign_agreement

from autograder.checks._preprocessing_components import fit_prepare
from autograder.checks._preprocessing_paths import sgd_path
from autograder.exercise import Mistake, mistake

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- sign_agreement, path_ratio, sgd_path


def one_sign(G: Array, axis: int) -> Array:
    return (G > 0).all(axis=axis) | (G < 0).all(axis=axis)


def lengths(path: Array) -> Array:
    return np.linalg.norm(np.diff(path, axis=0), axis=1)


def distance(path: Array) -> float:
    return np.linalg.norm(path[-1] - path[0])


def quietly(f: F) -> F:
    def wrapped(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            return f(*arguments)

    return wrapped


def walk(
    step: F = lambda w, x, e, lr: w - lr * e * x,
    error: F = lambda x, w, target: x @ w - target,
    start: bool = True,
    each: bool = True,
    by_epoch: bool = False,
    same_array: bool = False,
) -> F:
    """`sgd_path` with one part replaced."""

    def sgd_path(X: Array, t: Array, lr: float, epochs: int) -> Array:
        w = np.zeros(X.shape[1])
        path = [w] if start else []
        for _ in range(epochs):
            for x, target in zip(X, t, strict=True):
                new = step(w, x, error(x, w, target), lr)
                if same_array:
                    w[:] = new
                else:
                    w = new
                if each:
                    path.append(w)
            if by_epoch:
                path.append(w)
        return np.array(path)

    return sgd_path


def whole_batch(X: Array, t: Array, lr: float, epochs: int) -> Array:
    w = np.zeros(X.shape[1])
    path = [w]
    for _ in range(epochs * len(X)):
        w = w - lr * X.T @ (X @ w - t) / len(X)
        path.append(w)
    return np.array(path)


def from_anew(X: Array, t: Array, lr: float, epochs: int) -> Array:
    """Each epoch begins at 0 again."""
    one = sgd_path(X, t, lr, 1)
    return np.concatenate([one, *[one[1:]] * (epochs - 1)])


def in_signs(f: F) -> tuple[F, F, F]:
    return f, path_ratio, sgd_path


def in_ratio(f: F) -> tuple[F, F, F]:
    return sign_agreement, quietly(f), sgd_path


def in_walk(f: F) -> tuple[F, F, F]:
    return sign_agreement, path_ratio, f


PATHS = [
    mistake("whole_matrix", """You ask whether all of G has one sign. Each unit is asked for itself, and the answer is
        a share of the units.""", *in_signs(lambda G: float((G > 0).all() or (G < 0).all()))),
    mistake("rows", """You go through the rows. Row i of G belongs to input i; where in G are the weights of one
        unit?""",
        *in_signs(lambda G: float(one_sign(G, 1).mean()))),
    mistake("positive_only", """You count the units whose gradients are all positive. All negative is one sign,
        too.""",
        *in_signs(lambda G: float((G > 0).all(axis=0).mean()))),
    mistake("count", """You count the units. Asked for is their share, between 0 and 1.""",
        *in_signs(lambda G: int(one_sign(G, 0).sum()))),
    mistake("share_of_entries", """You give a share of the entries. A unit counts, or it does not: all its entries
        have one sign, or they have not.""", *in_signs(lambda G: float((G > 0).mean()))),
    mistake("by_majority", """You average how one-sided the units are. A unit counts fully or not at all.""",
        *in_signs(lambda G: float(np.maximum((G > 0).mean(axis=0), (G < 0).mean(axis=0)).mean()))),
    mistake("entries_of_units", """You compare a count of units with the number of entries of G. How many units are
        there?""",
        *in_signs(lambda G: float(one_sign(G, 0).sum() / G.size))),
    mistake("upside_down", """Your ratio is at most 1: distance over length. Asked for is how many times longer the
        way was.""",
        *in_ratio(lambda path: float(distance(path) / lengths(path).sum()))),
    mistake("from_the_origin", """You measure the distance from the origin. Where did the path begin?""",
        *in_ratio(lambda path: float(lengths(path).sum() / np.linalg.norm(path[-1])))),
    mistake("squared", """You add up squares of lengths. A path of two equal steps is twice as long as one of them,
        not four times or half.""", *in_ratio(lambda path: float((lengths(path) ** 2).sum() / distance(path) ** 2))),
    mistake("squared_steps_only", """The steps are measured by squares, the distance by its root: both are lengths.""",
        *in_ratio(lambda path: float((lengths(path) ** 2).sum() / distance(path)))),
    mistake("along_the_axes", """You add up how far each coordinate goes, as a taxi drives. The length of a step is
        that of the straight line.""",
        *in_ratio(lambda path: float(np.abs(np.diff(path, axis=0)).sum() / distance(path)))),
    mistake("mean_step", """You take the mean of the steps' lengths. The way consists of all of them.""",
        *in_ratio(lambda path: float(lengths(path).mean() / distance(path)))),
    mistake("length_only", """This is the length of the path. By what is it to be divided?""",
        *in_ratio(lambda path: float(lengths(path).sum()))),
    mistake("positions_added", """You add up how far each point is from the origin. A step leads from one point to the
        next.""",
        *in_ratio(lambda path: float(np.linalg.norm(path, axis=1).sum() / distance(path)))),
    mistake("uphill", """The loss grows: a step goes against the gradient.""",
        *in_walk(walk(step=lambda w, x, e, lr: w + lr * e * x))),
    mistake("factor_2", """Your steps are twice as long as asked for. The loss has a factor of one half: what is its
        derivative?""",
        *in_walk(walk(step=lambda w, x, e, lr: w - 2 * lr * e * x))),
    mistake("whole_batch", """Each of your steps looks at all examples. Asked for is one example a step, in their
        order.""",
        *in_walk(whole_batch)),
    mistake("no_start", """Your path begins after the first step. Its first point is where w starts.""",
        *in_walk(walk(start=False))),
    mistake("once_an_epoch", """You note w once an epoch. Asked for is every step.""",
        *in_walk(walk(each=False, by_epoch=True))),
    mistake("same_point_everywhere", """All points of your path are the last one. The list holds one array many times,
        and each step changed it in place: make a new array at each step, or keep copies.""",
        *in_walk(walk(same_array=True))),
    mistake("error_forgotten", """Your step does not depend on how far the prediction is from the target.""",
        *in_walk(walk(error=lambda x, w, target: -target))),
    mistake("input_forgotten", """Your step moves all weights alike. By how much does the prediction change with each
        weight?""",
        *in_walk(walk(step=lambda w, x, e, lr: w - lr * e))),
    mistake("from_anew", """Every epoch starts again at 0. w goes on from where it was.""", *in_walk(from_anew)),
]  # fmt: skip

# ---------------------------------------------------------------- debug_preprocessing


def each_batch_by_itself(X_train: Array) -> F:
    """The broken function of the notebook, as it stands there."""

    def prepare(X: Array) -> Array:
        mean, sd = X.mean(axis=0), X.std(axis=0)
        sd[sd < 1e-8] = 1.0
        return (X - mean) / sd

    return prepare


def own_deviation(X_train: Array) -> F:
    """Half mended: the mean is that of the training set, the deviation that of the batch."""
    mean = X_train.mean(axis=0)

    def prepare(X: Array) -> Array:
        sd = X.std(axis=0)
        sd[sd < 1e-8] = 1.0
        return (X - mean) / sd

    return prepare


def guard_lost(X_train: Array) -> F:
    mean, sd = X_train.mean(axis=0), X_train.std(axis=0)

    def prepare(X: Array) -> Array:
        with np.errstate(all="ignore"):
            return (X - mean) / sd

    return prepare


def one_number(X_train: Array) -> F:
    mean, sd = X_train.mean(), X_train.std()
    return lambda X: (X - mean) / sd


def first_batch(X_train: Array) -> F:
    """The statistics of whatever comes first, for ever."""
    kept: list[Array] = []

    def prepare(X: Array) -> Array:
        if not kept:
            kept.extend([X.mean(axis=0), np.where(X.std(axis=0) < 1e-8, 1.0, X.std(axis=0))])
        return (X - kept[0]) / kept[1]

    return prepare


def centred_only(X_train: Array) -> F:
    mean = X_train.mean(axis=0)
    return lambda X: X - mean


@cache
def digits() -> tuple[Array, Array]:
    """The notebook's own pictures, for training and for the test."""
    X_train, _, X_test, _ = load_digits_split(np.random.default_rng(0), standardize=False)
    return X_train, X_test


def fitted_before_the_split(X_train: Array) -> F:
    """Training and test pictures are put together again, and measured as one."""
    return fit_prepare(np.concatenate([X_train, digits()[1]]))


def whole_data_set(X_train: Array) -> F:
    """A scaler made once, of all the digits there are."""
    return fit_prepare(np.concatenate(digits()))


def scaler_from_above(X_train: Array) -> F:
    """The scaler that a cell of the notebook has made, whatever comes in."""
    return fit_prepare(digits()[0])


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(f"named_{fault}", sentence, fault, fit_prepare)


DEBUG_PREPROCESSING = [
    mistake("not_mended", """What your function makes of an image still depends on the images that come with it. Which
        argument of the outer function is not used?""", "refitted", each_batch_by_itself),
    mistake("half_mended", """The mean no longer depends on the batch, but the deviation still does. What belongs to
        the training set, and is measured once?""", "refitted", own_deviation),
    mistake("first_batch", """Your function measures whatever comes first, and keeps that. The training set is there
        before: it is the argument of the outer function.""", "refitted", first_batch),
    mistake("fitted_before_the_split", """No image depends on its company any more, but the test pictures have had a say in
        your mean and deviation, as if they had been measured before the split. Which pictures does nobody have yet when
        the preprocessing is made?""", "refitted", fitted_before_the_split),
    mistake("whole_data_set", """Your mean and deviation are those of all digits of the notebook, test pictures included,
        whatever training set comes in. On which side of the split is a scaler fitted, and to what?""",
        "refitted", whole_data_set),
    mistake("scaler_from_above", """Your function uses a scaler that a cell further up has made. Called with another training
        set it still measures the old one: where does the outer function's argument come in?""",
        "refitted", scaler_from_above),
    mistake("guard_lost", """The fault is mended, but pixels that are constant in the training set are now divided by
        0. The broken function had a line for them.""", "refitted", guard_lost),
    mistake("one_number", """No image depends on others any more, but each pixel had a mean and a deviation of its
        own, and now all share one.""", "refitted", one_number),
    mistake("scale_lost", """No image depends on others any more, but nothing is divided: the broken function also
        scaled.""",
        "refitted", centred_only),
    mistake("named_nothing", """Your function is mended, but the fault has no name yet: FAULT must be one of the five
        texts in the list.""", "", fit_prepare),
    misnamed("learning_rate", """Your function is mended, but that was not the fault. The same weights read the same
        images well or badly, depending on how many are prepared together: what has the learning rate to do with
        that?"""),
    misnamed("overfitting", """Your function is mended, but that was not the fault. Look at the accuracy on training
        images that come one at a time: has the network learnt those by heart?"""),
    misnamed("constant_pixels", """Your function is mended, but that was not the fault: the broken function guards
        against a deviation of 0. What else changes when fewer images come together?"""),
    misnamed("leak", """Your function is mended, but that was not the fault. A leak flatters the test; here the test
        is worse than training."""),
]  # fmt: skip
