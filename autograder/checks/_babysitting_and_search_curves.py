"""What the exercise on loss curves tries: histories of training runs whose symptoms are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import babysitting

from autograder.comparison import Difference
from autograder.handle import StudentFailure
from autograder.probes import Probe, callable_of, drain, with_call
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
History = dict[str, list[float]]

SYMPTOMS = ("nan", "plateau", "flat", "gap", "capacity")


def curves(train: Array, val: Array | None = None, train_acc: float = 0.97, val_acc: float = 0.95) -> History:
    """A history; the accuracies rise to their last values."""
    share = 1 - 0.8 ** np.arange(1, len(train) + 1)
    share /= share[-1]
    return {
        "train_loss": train.tolist(), "val_loss": (1.05 * train if val is None else val).tolist(),
        "train_accuracy": (0.1 + (train_acc - 0.1) * share).tolist(), "val_accuracy": (0.1 + (val_acc - 0.1) * share).tolist(),
    }  # fmt: skip


def falling(rng: Rng, to: float, n: int = 0) -> Array:
    """Losses that fall at every epoch, by 20 % of what is left at first, to a share of the first one."""
    n = n or int(rng.integers(12, 30))
    first = float(rng.uniform(1.5, 6))
    return first * (to + (1 - to) * 0.75 ** np.arange(n)) / (to + (1 - to))


def still_falling(rng: Rng) -> Array:
    n = int(rng.integers(12, 30))
    return float(rng.uniform(1.5, 6)) * np.linspace(1.0, 0.4, n)


def spiked(rng: Rng, end: float) -> Array:
    """A fall, a jump to many times the first loss, and a stop at `end` times it."""
    n = int(rng.integers(12, 30))
    first, jump = float(rng.uniform(1.5, 6)), float(rng.uniform(5, 40))
    tail = end + (jump - end) * 0.1 ** np.arange(n - 2)
    tail[n // 2 - 2 :] = end
    wobble = 1 + 0.001 * rng.uniform(-1, 1, n)
    return first * wobble * np.concatenate([[1.0, 0.9], tail])


def broken(rng: Rng, bad: float, where: str) -> History:
    history = curves(falling(rng, 0.1))
    k = int(rng.integers(4, 9))
    history[where][k:] = [bad] * (len(history[where]) - k)
    return history


def flat_and_lost(rng: Rng) -> History:
    """A loss that does not move, and a validation loss that is no number in the end."""
    history = curves(hovering(rng, 14), train_acc=0.11, val_acc=0.1)
    history["val_loss"][-1] = math.nan
    return history


def shaken(rng: Rng) -> History:
    """A jump to many times the first loss early on, and a descent that still goes on."""
    train = still_falling(rng)
    train[2] = 6 * train[0]
    return curves(train, train_acc=0.7, val_acc=0.69)


def recovered(rng: Rng) -> History:
    train = falling(rng, 0.05)
    train[2] = 5 * train[0]
    return curves(train)


def there_and_back(rng: Rng) -> History:
    n = int(rng.integers(12, 30))
    train = float(rng.uniform(1.5, 6)) * (1 - 0.3 * np.sin(np.linspace(0, math.pi, n)))
    return curves(train, train_acc=0.3, val_acc=0.29)


def peaked(rng: Rng) -> History:
    """The accuracies are far apart in the middle, and close at the end."""
    history = curves(falling(rng, 0.1), train_acc=0.96, val_acc=0.94)
    k = len(history["val_accuracy"]) // 2
    history["train_accuracy"][k], history["val_accuracy"][k] = 0.99, 0.7
    return history


def costly(rng: Rng) -> History:
    """The losses are far apart, the accuracies are not."""
    train = falling(rng, 0.05)
    return curves(train, 2 * train, train_acc=0.97, val_acc=0.95)


def hovering(rng: Rng, n: int) -> Array:
    return float(rng.uniform(1.5, 6)) * np.concatenate([[1.0], 1 + 0.003 * rng.uniform(-1, 1, n - 1)])


def settled(rng: Rng, shape: Array, above: float = 1.0, first: float = 3.0) -> Array:
    """Losses whose second half has this shape, in multiples of the last; before it the loss falls, to `above` times that."""
    n = 2 * len(shape) - int(rng.integers(2))
    level = float(rng.uniform(0.3, 0.6))
    fall = np.geomspace(first, above, n // 2) if above < first else np.full(n // 2, first)
    return level * np.concatenate([fall, shape[len(shape) - (n - n // 2) :]])


def with_one(where: int, value: float, n: int = 9) -> Array:
    """Ones, and another value at one place."""
    shape = np.ones(n)
    shape[where] = value
    return shape


def first_of_half(rng: Rng) -> History:
    """Only the very first of the second half is not where the others are; of an odd number of losses it is the middle one."""
    level, k = float(rng.uniform(0.3, 0.6)), int(rng.integers(6, 12))
    train = level * np.concatenate([np.linspace(4, 1.5, k), [1.3], np.ones(k)])
    return curves(train, train_acc=0.75, val_acc=0.73)


def before_the_half(rng: Rng) -> History:
    """The loss stands from the first of the second half on, and not an epoch earlier."""
    k = int(rng.integers(6, 12))
    train = float(rng.uniform(0.3, 0.6)) * np.concatenate([np.linspace(4, 1.5, k), np.ones(k + int(rng.integers(2)))])
    return curves(train, train_acc=0.75, val_acc=0.73)


def slowly_up(rng: Rng) -> History:
    """No single epoch triples the loss, which never lies below the first one; the validation loss stays where it was."""
    first, k = float(rng.uniform(1.5, 3)), int(rng.integers(6, 12))
    train = first * np.concatenate([np.geomspace(1, 6, k), np.full(k, 2.0)])
    return curves(train, np.full(2 * k, first), train_acc=0.1, val_acc=0.1)


def shot_and_back(rng: Rng) -> History:
    """As in the example: up at once, back to where it began, and never below."""
    n = int(rng.integers(12, 30))
    train = float(rng.uniform(1.5, 6)) * np.ones(n)
    train[1] *= float(rng.uniform(3.5, 9))
    return curves(train, train_acc=0.1, val_acc=0.1)


def shot_and_wavering(rng: Rng) -> History:
    """It shot up, and then changes by 3 % over the second half: too much for a plateau, too little for learning."""
    train = settled(rng, with_one(4, 1.03))
    train[2] = 5 * train[0]
    return curves(train, train_acc=0.7, val_acc=0.69)


def for_a_while(rng: Rng, bad: float, where: str, k: int) -> History:
    """One loss is no number; the others are ordinary."""
    history = curves(falling(rng, 0.1))
    history[where][k] = bad
    return history


def accuracies(train: Array, at_first: tuple[float, float], at_last: tuple[float, float]) -> History:
    """A history whose accuracies stay at one pair until the last two epochs."""
    history = curves(train)
    for key, early, late in zip(("train_accuracy", "val_accuracy"), at_first, at_last, strict=True):
        history[key] = [early] * (len(train) - 2) + [late] * 2
    return history


KINDS: dict[str, list[Callable[[Rng], History]]] = {
    "nan": [
        lambda rng: broken(rng, math.nan, "train_loss"), lambda rng: broken(rng, math.inf, "train_loss"),
        lambda rng: broken(rng, math.nan, "val_loss"), lambda rng: broken(rng, math.inf, "val_loss"), flat_and_lost,
        lambda rng: for_a_while(rng, math.inf, "val_loss", 5), lambda rng: for_a_while(rng, math.nan, "train_loss", 0),
    ],
    "plateau": [
        lambda rng: curves(spiked(rng, 1.0), train_acc=0.1, val_acc=0.1),
        lambda rng: curves(spiked(rng, 3.0), train_acc=0.12, val_acc=0.1),
        lambda rng: curves(spiked(rng, 0.8), train_acc=0.2, val_acc=0.19),
        slowly_up, shot_and_back,
    ],
    "no plateau": [recovered, shaken, lambda rng: curves(spiked(rng, 0.05), train_acc=0.96, val_acc=0.94)],
    "flat": [
        lambda rng: curves(hovering(rng, 20), train_acc=0.12, val_acc=0.1),
        lambda rng: curves(0.02 * hovering(rng, 15), train_acc=0.5, val_acc=0.49),
        lambda rng: curves(float(rng.uniform(1.5, 6)) * np.linspace(1.0, 1.4, 15), train_acc=0.3, val_acc=0.29),
    ],
    "not flat": [there_and_back, lambda rng: curves(hovering(rng, 12), train_acc=0.97, val_acc=0.96)],
    "gap": [
        lambda rng: curves(falling(rng, 0.05), train_acc=0.99, val_acc=float(rng.uniform(0.8, 0.9))),
        lambda rng: curves(falling(rng, 0.4, 26), train_acc=0.8, val_acc=0.6),
        lambda rng: curves(falling(rng, 0.05), train_acc=0.97, val_acc=0.9),
        lambda rng: accuracies(falling(rng, 0.05), (0.92, 0.92), (0.97, 0.85)),
    ],
    "no gap": [
        lambda rng: curves(falling(rng, 0.05), train_acc=0.99, val_acc=0.96), peaked, costly,
        lambda rng: curves(falling(rng, 0.05), train_acc=0.92, val_acc=0.99),
        lambda rng: curves(falling(rng, 0.05), train_acc=0.92, val_acc=0.88),
        lambda rng: curves(still_falling(rng), train_acc=0.58, val_acc=0.54),
        lambda rng: accuracies(falling(rng, 0.05), (0.96, 0.7), (0.96, 0.94)),
    ],
    "capacity": [
        lambda rng: curves(falling(rng, 0.4, 26), train_acc=float(rng.uniform(0.5, 0.8)), val_acc=0.77),
        lambda rng: curves(falling(rng, 0.3, 44), train_acc=0.7, val_acc=0.68),
        lambda rng: curves(falling(rng, 0.3, 44), train_acc=0.88, val_acc=0.91),
        lambda rng: accuracies(falling(rng, 0.3, 44), (0.95, 0.94), (0.7, 0.69)), before_the_half, shot_and_wavering,
    ],
    "still learning": [
        lambda rng: curves(still_falling(rng), train_acc=0.75, val_acc=0.73),
        lambda rng: curves(falling(rng, 0.3, 30), train_acc=0.95, val_acc=0.93),
        lambda rng: curves(settled(rng, with_one(2, 1.3), first=10.0), train_acc=0.75, val_acc=0.73),
        first_of_half, lambda rng: curves(settled(rng, with_one(2, 1.08)), train_acc=0.75, val_acc=0.73),
        lambda rng: curves(settled(rng, np.array([1.052] * 9 + [1.0]), 1.052, 100.0), train_acc=0.75, val_acc=0.73),
    ],
}  # fmt: skip


def names_of(found: Any) -> list[str]:
    """The symptoms in what was returned: the keys of a dict, or the texts in a list, a tuple or a set.

    Raises:
        StudentFailure: there are none to be found.
    """
    if isinstance(found, dict):
        return sorted(map(str, found))
    if isinstance(found, str) or found is None or isinstance(found, int | float | np.ndarray):
        raise StudentFailure("wrong", "", f"a dict from symptom to sentence is expected, yours is {kind_text(found)}")
    return sorted(map(str, drain(found, 20)))


def described(history: History) -> str:
    """What a history looks like, in a few words."""
    train, val, accuracy, val_accuracy = (np.array(history[k]) for k in (
        "train_loss", "val_loss", "train_accuracy", "val_accuracy"))  # fmt: skip
    if not (np.isfinite(train).all() and np.isfinite(val).all()):
        return f"{len(train)} epochs; {'validation' if np.isfinite(train).all() else 'training'} losses that are not finite"
    half = train[len(train) // 2 :]
    return (
        f"{len(train)} epochs; training loss {train[0]:.3g} at first, {train.max():.3g} at most, {train.min():.3g} at least, "
        f"{half.min():.3g} to {half.max():.3g} over the second half; accuracies {accuracy[-1]:.3g} and "
        f"{val_accuracy[-1]:.3g} at last"
    )


def symptoms(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    """A comparison for `diagnosed`: the first history whose symptoms are others, and, in a public case, what it looks like."""
    for number, (g, e) in enumerate(zip(given, expected, strict=True), 1):
        if g["found"] != e["found"]:
            wanted, yours = (", ".join(map(repr, found)) or "no symptom" for found in (e["found"], g["found"]))
            about = e["in"]
            return Difference("values", wanted, yours, lambda show, about=about: about if show else "",
                              f"history {number} of {len(expected)}")  # fmt: skip
    return None


def diagnosed(*kinds: str) -> Probe:
    """The symptoms that are found in histories of these kinds."""

    def histories(rng: Rng) -> list[History]:
        return [make(rng) for kind in kinds for make in KINDS[kind]]

    def probe(rng: Rng, diagnose: Any) -> list[dict[str, Any]]:
        f = callable_of(diagnose)
        return [{"found": names_of(f(history)), "in": described(history)} for history in histories(rng)]

    def shown(rng: Rng, names: tuple[str, ...]) -> str:
        return f"{names[0]}(history), for {len(histories(rng))} histories"

    return with_call(probe, shown)


def diagnose(history: History) -> dict[str, str]:
    """The symptoms of the task in a history."""
    return {name: text for name, text in babysitting.diagnose(history).items() if name in SYMPTOMS}
