"""Wrong versions of the sanity checks and of the plan for the network, as students write them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograder.checks import _capstone_network as net
from autograder.checks._capstone_sanity import FEW
from autograder.exercise import mistake


def checks(
    expected: Callable[[Any, Any], float] = lambda X, y: math.log(int(y.max()) + 1),
    near: Callable[[float, float], bool] = lambda first, expected: abs(first - expected) < 0.1 * expected,
    raised: Callable[..., float] = lambda network, start, loss, X, y, lam: (
        loss(network, X, y, lam) - loss(network, X, y, 0.0)
    ),
    raises: Callable[[float], bool] = lambda raised: raised > 0,
    tiny: Callable[..., float] = lambda network, train, loss, X, y: loss(
        train(X[:FEW], y[:FEW]), X[:FEW], y[:FEW], 0.0
    ),
    learnt: Callable[[float], bool] = lambda tiny: tiny < 0.1,
) -> Callable[..., Any]:
    """The sanity checks with one of their thoughts replaced."""

    def sanity_checks(start: Any, loss: Any, train: Any, X: Any, y: Any, lam: float) -> dict[str, Any]:
        network = start()
        first = loss(network, X, y, 0.0)
        more = raised(network, start, loss, X, y, lam)
        few = tiny(network, train, loss, X, y)
        return {
            "initial": (first, near(first, expected(X, y))),
            "penalty": (more, raises(more)),
            "tiny": (few, learnt(few)),
        }

    return sanity_checks


SANITY = [
    mistake("only_too_high", """A first loss that is far too low is a bad sign as well: what could a network know before it has
        seen a label?""", checks(near=lambda first, e: first < 1.1 * e)),
    mistake("largest_label", """Labels begin at 0: the largest one is not the number of classes.""",
        checks(expected=lambda X, y: math.log(int(y.max())), near=lambda first, e: abs(first - e) < 0.1 * e)),
    mistake("classes_of_few", """You count the classes among the first twenty labels: with many classes, most are not there.""",
        checks(expected=lambda X, y: math.log(len(set(y[:FEW].tolist()))))),
    mistake("ten_classes", """You hold every first loss against ln 10. The number of classes can be read off the labels: how many
        are there?""", checks(expected=lambda X, y: math.log(10))),
    mistake("ten_per_cent", """The first loss may be off by 10 %, not by 0.1: with many classes the expected loss is larger, and
        so is what 10 % of it are.""", checks(near=lambda first, e: abs(first - e) < 0.1)),
    mistake("log_of_examples", """You call the first loss of sound networks bad: what do you hold it against? An untrained network
        spreads its probability over the classes, not over the examples, and the logarithm is the natural one.""",
        checks(expected=lambda X, y: math.log(len(y)))),
    mistake("learnt_from_1_on", """Twenty examples are learnt where their loss is below 0.1, whatever the number of classes; you
        say so of larger losses, too.""", checks(learnt=lambda t: t < 1)),
    mistake("not_negative", """A penalty that adds nothing is no penalty: asked for is whether it raises the loss.""",
        checks(raises=lambda r: r >= 0)),
    mistake("another_base", """Your expected loss has a logarithm of another base: cross-entropy is taken with the
        natural one.""",
        checks(expected=lambda X, y: math.log2(int(y.max()) + 1))),
    mistake("two_networks", """You compare the losses of two different fresh networks: which of the two differences is the
        penalty's?""",
        checks(raised=lambda network, start, loss, X, y, lam: loss(start(), X, y, lam) - loss(network, X, y, 0.0))),
    mistake("penalty_itself", """You give the penalized loss itself. Asked for is by how much it is larger.""",
        checks(raised=lambda network, start, loss, X, y, lam: loss(network, X, y, lam))),
    mistake("size_of_the_change", """A penalty that lowers the loss has the wrong sign: the difference must keep its own.""",
        checks(raised=lambda network, start, loss, X, y, lam: abs(loss(network, X, y, lam) - loss(network, X, y, 0.0)))),
    mistake("loss_on_all", """You train on twenty examples and ask for the loss on all: of those others the network cannot know
        anything.""", checks(tiny=lambda network, train, loss, X, y: loss(train(X[:FEW], y[:FEW]), X, y, 0.0))),
    mistake("trained_on_all", """You train on all examples. The check is quick and telling because there are only twenty: what
        is trained on?""", checks(tiny=lambda network, train, loss, X, y: loss(train(X, y), X[:FEW], y[:FEW], 0.0))),
    mistake("untrained_on_few", """The loss on the twenty examples is that of the fresh network: train gives back the trained
        one.""",
        checks(tiny=lambda network, train, loss, X, y: (train(X[:FEW], y[:FEW]), loss(network, X[:FEW], y[:FEW], 0.0))[1])),
    mistake("always_fine", """Your checks say that all is well, whatever they measure. A check that cannot fail checks
        nothing.""",
        checks(near=lambda first, e: True, raises=lambda r: True, learnt=lambda t: True)),
]  # fmt: skip

NETWORK = [
    mistake("at_chance", """What your function gives back names about one image in ten rightly, as chance does. Was it
        trained on the images that it was given, each with its label, or on others? For long enough, and at a rate at which it
        learns?""",
        net.design, net.untrained),
]  # fmt: skip
