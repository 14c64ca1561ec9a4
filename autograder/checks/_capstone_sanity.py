"""What the sanity checks are tried on: networks that the check makes up, sound ones and broken ones.

A network here is a number; its losses are made up as well. So it is known what each check must measure, and what it must say.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.comparison import Difference
from autograder.handle import StudentFailure
from autograder.probes import callable_of
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
NAMES = ("initial", "penalty", "tiny")
FEW = 20


def sanity_checks(
    start: Callable[[], Any], loss: Callable[..., float], train: Callable[..., Any], X: Array, y: Array, lam: float
) -> dict[str, tuple[float, bool]]:
    """The reference: what was measured, and whether it is as it should be."""
    network, expected = start(), math.log(int(y.max()) + 1)
    first = loss(network, X, y, 0.0)
    raised = loss(network, X, y, lam) - first
    tiny = loss(train(X[:FEW], y[:FEW]), X[:FEW], y[:FEW], 0.0)
    return {
        "initial": (first, abs(first - expected) < 0.1 * expected),
        "penalty": (raised, raised > 0),
        "tiny": (tiny, tiny < 0.1),
    }


class MadeUp:
    """Networks that the check makes up.

    Args:
        broken: the checks that must say so.
        high: whether a network begins with a loss above ln C, or below; a sound one does so by a few per cent.
        C: number of classes; drawn where left out.
    """

    def __init__(self, rng: Rng, broken: tuple[str, ...], high: bool, C: int | None) -> None:
        self.C = C or int(rng.integers(5, 40))
        self.N = int(rng.integers(60, 90))
        self.X = rng.normal(size=(self.N, 4))
        self.y = rng.permutation(np.arange(self.N) % self.C)
        self.lam = float(10 ** rng.uniform(-3, 0))
        off = rng.uniform(0.2, 0.4) if "initial" in broken else rng.uniform(0.04, 0.07)
        off *= 1 if high else -1
        self.first = math.log(self.C) * (1 + off)
        sign = -1 if "penalty" in broken else 0 if "no penalty" in broken else 1
        self.weight = sign * float(rng.uniform(0.5, 2.0))
        self.tiny = float(rng.uniform(0.12, 0.3) if "tiny" in broken else rng.uniform(0.005, 0.05))
        self.rest = self.tiny + float(rng.uniform(2, 3))  # of what it was not trained on
        self.all = self.tiny + float(rng.uniform(0.5, 1.5))  # of a network that was trained on more
        self.others = self.rest + float(rng.uniform(0.5, 1.5))  # trained or asked on neither the first twenty nor all
        self.made = 0

    def start(self) -> int:
        """A fresh network; each is a little different from the last."""
        self.made += 1
        return self.made

    def train(self, X: Any, y: Any) -> int:
        """Networks that were trained on the first twenty have the number 1000, on all 2000, on others 3000."""
        return 1000 if self.few(X, y) else 2000 if len(X) == self.N else 3000

    def few(self, X: Any, y: Any) -> bool:
        given = [np.asarray(a) for a in (X, y)]
        return all(np.array_equal(a, b[:FEW]) for a, b in zip(given, (self.X, self.y), strict=True))

    def loss(self, network: Any, X: Any, y: Any, lam: float = 0.0) -> float:
        if isinstance(network, bool | str) or not isinstance(network, int | np.ndarray):
            raise TypeError(
                f"loss: the first argument is a network that start or train has made, got {kind_text(network)}"
            )
        penalty = self.weight * float(lam)
        if int(network) >= 1000:
            few = {1000: self.tiny, 2000: self.all}.get(int(network), self.others)
            return (few if self.few(X, y) else self.rest if len(X) == self.N else self.others) + penalty
        return (
            self.first
            + 0.05 * (int(network) - 1) * (abs(self.weight) or 1.0) * self.lam
            + (0.3 if self.few(X, y) else 0.0)
            + penalty
        )


def checked(*broken: str, high: bool = True, C: int | None = None) -> Callable[..., Any]:
    """What the checks measure and say of a network with these faults."""

    def probe(rng: Rng, checks: Any) -> dict[str, list[Any]]:
        net = MadeUp(rng, broken, high, C)
        found = callable_of(checks)(net.start, net.loss, net.train, net.X, net.y, net.lam)
        if not isinstance(found, dict) or set(found) != set(NAMES):
            raise StudentFailure(
                "wrong", "", f"a dict with the keys {', '.join(NAMES)} is expected, yours is {kind_text(found)}"
            )
        return {name: pair(name, found[name]) for name in NAMES}

    return probe


def pair(name: str, value: Any) -> list[Any]:
    """(number, truth value), of Python or of NumPy."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise StudentFailure("wrong", "", f"{name!r} must be a pair (what was measured, whether it is fine)")
    number, fine = (np.asarray(v) for v in value)
    if number.shape or number.dtype.kind not in "iuf" or fine.shape or fine.dtype.kind != "b":
        raise StudentFailure("wrong", "", f"{name!r} must be a pair of a number and True or False")
    return [float(number), bool(fine)]


MEASURED = {
    "initial": "The loss of a fresh network, on all examples and without a penalty, is another one.",
    "penalty": "What the penalty adds is the difference of two losses of one and the same network.",
    "tiny": "Train on the first twenty examples alone, and then ask for the loss on these twenty.",
}
SAID = {
    "initial": "Whether the first loss is near ln C, too high or too low, is not said rightly: C is the number of classes in y.",
    "penalty": "Whether the penalty makes the loss larger is not said rightly.",
    "tiny": "Whether twenty examples were learnt by heart is not said rightly.",
}


def as_measured(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    for name in NAMES:
        (g, fine), (e, right) = given[name], expected[name]
        if not abs(g - e) <= slack * 1e-6 * max(abs(e), 1e-3):
            return Difference("values", f"{e:.6g}", f"{g:.6g}", MEASURED[name], name)
        if fine != right:
            return Difference("values", str(right), str(fine), SAID[name], name)
    return None
