"""Wrong versions of `diagnose`, as students write them, each with the sentence that leads out of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.exercise import mistake

Array = np.ndarray
History = dict[str, list[float]]


def change(train: Array, part: Any, scale: float | None = None) -> float:
    return float(np.ptp(train[part]) / (scale or abs(train[-1])))


def second_half(train: Array) -> slice:
    return slice(len(train) // 2, None)


def diagnosing(
    *,
    bad: Callable[[Array, Array], bool] = lambda train, val: not (np.isfinite(train).all() and np.isfinite(val).all()),
    nan_alone: bool = True,
    shot: Callable[[Array], bool] = lambda train: train.max() > 3 * train[0],
    part: Callable[[Array], Any] = second_half,
    settled: float = 0.01,
    unmoved: Callable[[Array], bool] = lambda train: train.min() > 0.99 * train[0],
    poor: Callable[[Array], bool] = lambda acc: acc[-1] < 0.9,
    needy: Callable[[Array], bool] = lambda acc: acc[-1] < 0.9,
    scale: Callable[[Array], float] = lambda train: abs(train[-1]),
    alone: bool = True,
    apart: Callable[[Array, Array, Array, Array], bool] = lambda acc, val_acc, train, val: acc[-1] - val_acc[-1] > 0.05,
    stands: Callable[[Array], bool] | None = None,
    beside_gap: bool = False,
    result: Callable[[dict[str, str]], Any] = lambda found: found,
) -> Callable[[History], Any]:
    """diagnose with one part in a wrong version."""

    def diagnose(history: History) -> Any:
        train, val, acc, val_acc = (
            np.array(history[k]) for k in ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
        )
        found: dict[str, str] = {}
        still = stands or (lambda train: change(train, second_half(train), scale(train)) < 0.05)
        with np.errstate(all="ignore"):
            if bad(train, val):
                found["nan"] = ""
                if nan_alone:
                    return result(found)
            if poor(acc) and shot(train) and change(train, part(train), scale(train)) < settled:
                found["plateau"] = ""
                if alone:
                    return result(found)
            if poor(acc) and unmoved(train):
                found["flat"] = ""
                if alone:
                    return result(found)
            if apart(acc, val_acc, train, val):
                found["gap"] = ""
            if (beside_gap or "gap" not in found) and needy(acc) and still(train):
                found["capacity"] = ""
        return result(found)

    return diagnose


def flat_first(history: History) -> Any:
    """Flat is looked for before plateau."""
    train = np.array(history["train_loss"])
    found = diagnosing()(history)
    return {"flat": ""} if "plateau" in found and train.min() > 0.99 * train[0] else found


def of_validation(history: History) -> Any:
    """Accuracies below 0.9 are those on the validation data."""
    val = history["val_accuracy"]
    return diagnosing(poor=lambda acc: val[-1] < 0.9, needy=lambda acc: val[-1] < 0.9)(history)


def later_half(train: Array) -> slice:
    return slice((len(train) + 1) // 2, None)


DIAGNOSE = [
    mistake("flat_first", """You look for flat before you look for plateau. A loss that shot up and came back to where it
        began would be both: which comes first in the table?""", flat_first),
    mistake("last_loss_only", """You look at the last losses only. What is no number in some epoch before counts as
        well.""", diagnosing(bad=lambda train, val: not (np.isfinite(train[-1]) and np.isfinite(val[-1])))),
    mistake("later_half", """Your second half begins too late. Count on paper: where does it begin for three losses?""",
        diagnosing(part=later_half, stands=lambda train: change(train, later_half(train)) < 0.05)),
    mistake("change_of_the_ends", """You compare the two ends of the second half. A loss that goes up and comes back in
        between has changed: what are the largest and the smallest value?""", diagnosing(
            part=lambda train: [len(train) // 2, -1],
            stands=lambda train: change(train, [len(train) // 2, -1]) < 0.05)),
    mistake("absolute_change", """You do not divide the change by anything: whether a loss is of the order of 1 or of 100
        must not matter.""", diagnosing(scale=lambda train: 1.0)),
    mistake("ten_per_cent", """For capacity the loss may change by less than 5 % over the second half. Yours may change
        by more.""", diagnosing(stands=lambda train: change(train, second_half(train)) < 0.1)),
    mistake("change_by_the_first", """You divide the change by the first loss, which may be a hundred times as large as
        the last.""", diagnosing(scale=lambda train: train[0])),
    mistake("validation_accuracy", """Where the task speaks of the training accuracy, yours looks at that on the validation
        data.""", of_validation),
    mistake("nan_equals_nan", """NaN is not equal to anything, not even to itself: your comparison is never true. NumPy
        and math have functions that ask.""", diagnosing(bad=lambda train, val: False)),
    mistake("infinity_missed", """A loss that is infinite gets past you: isnan does not see it. Which function asks for
        finite numbers?""", diagnosing(bad=lambda train, val: bool(np.isnan(train).any() or np.isnan(val).any()))),
    mistake("validation_loss_not_looked_at", """Your nan looks at the training loss only. The validation loss may go
        first.""",
        diagnosing(bad=lambda train, val: not np.isfinite(train).all())),
    mistake("nan_not_alone", """Beside nan you report other symptoms. What is computed from such a curve means nothing:
        nan goes alone.""", diagnosing(nan_alone=False)),
    mistake("plateau_missed", """You do not see the plateau after an explosion. A learning rate that is too large need
        not give NaN: it may throw the network somewhere from where it does not come back.""",
        diagnosing(shot=lambda train: False)),
    mistake("plateau_at_the_end", """You compare the last loss with the first: a run that shot up may settle below. Did
        it ever exceed three times the first?""", diagnosing(shot=lambda train: train[-1] > 3 * train[0])),
    mistake("every_explosion", """A run that shot up and came down again has no plateau: did its loss stand still
        afterwards?""", diagnosing(settled=1e9)),
    mistake("flat_beside_plateau", """Where you report plateau you look for the other symptoms as well. It goes alone.""",
        diagnosing(alone=False)),
    mistake("flat_missed", """A loss that does not move at all is not reported.""", diagnosing(unmoved=lambda train: False)),
    mistake("flat_by_the_last", """You compare the first loss with the last. A loss that has fallen and come back is not
        flat: what was the lowest?""", diagnosing(unmoved=lambda train: train[-1] > 0.99 * train[0])),
    mistake("flat_in_absolute_terms", """You subtract 0.01 where 1 % is asked for: whether a loss is of the order of 1
        or of 100 must not matter.""", diagnosing(unmoved=lambda train: train[0] - train.min() < 0.01)),
    mistake("accuracy_not_asked", """A network with a high accuracy may have a loss that no longer moves: it is trained.
        Neither plateau nor flat is reported there.""", diagnosing(poor=lambda acc: True)),
    mistake("gap_of_losses", """Your gap is one of losses. The task asks for one of accuracies.""",
        diagnosing(apart=lambda acc, val_acc, train, val: val[-1] > 1.5 * train[-1])),
    mistake("gap_either_way", """A validation accuracy above the training accuracy is no gap: which is subtracted from
        which?""", diagnosing(apart=lambda acc, val_acc, train, val: abs(acc[-1] - val_acc[-1]) > 0.05)),
    mistake("gap_reversed", """Your difference has the wrong sign: overfitting means a better accuracy on the training
        data.""", diagnosing(apart=lambda acc, val_acc, train, val: val_acc[-1] - acc[-1] > 0.05)),
    mistake("gap_anywhere", """You look for the largest difference on the way. What counts is the last epoch.""",
        diagnosing(apart=lambda acc, val_acc, train, val: float(np.max(acc - val_acc)) > 0.05)),
    mistake("gap_of_tenths", """Your gap begins at 0.1. The task says 0.05.""",
        diagnosing(apart=lambda acc, val_acc, train, val: acc[-1] - val_acc[-1] > 0.1)),
    mistake("gap_missed", """A gap between training and validation accuracy is not reported.""",
        diagnosing(apart=lambda acc, val_acc, train, val: False)),
    mistake("capacity_beside_gap", """You report capacity beside gap: a network that learns by heart has room enough.""",
        diagnosing(beside_gap=True)),
    mistake("still_learning", """A network that is still learning is not short of capacity: did the loss stand still in
        the second half?""", diagnosing(stands=lambda train: True)),
    mistake("capacity_missed", """A poor accuracy that no longer gets better is not reported.""",
        diagnosing(stands=lambda train: False)),
    mistake("one_per_cent_for_capacity", """For capacity the loss may change by 5 % over the second half. Yours must
        stand as still as for a plateau.""", diagnosing(stands=lambda train: change(train, second_half(train)) < 0.01)),
    mistake("says_healthy", """Where there is no symptom the dict is empty. Who reads it counts its keys.""",
        diagnosing(result=lambda found: found or {"healthy": ""})),
]  # fmt: skip
