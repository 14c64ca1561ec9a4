"""Exercises of the capstone: seven parts of one's own, sanity checks, and a network that is trained with them.

The parts are asked for as in the assignments before: the same cases, the same wrong versions, fewer points.
"""

from __future__ import annotations

from types import ModuleType

from autograder.checks import (
    _capstone_engine,
    _capstone_network,
    _capstone_normalization,
    _capstone_sanity,
    _capstone_wrong,
    activations,
    batch_normalization,
    initialization,
    optimizers,
    regularization,
    schedules,
)
from autograder.checks import _capstone_wrong_engine as wrong_engine
from autograder.comparison import exactly, values
from autograder.exercise import REGISTRY, Exercise, exercise, hidden, public, purity
from autograder.probes import holds, with_call

CHAPTER = "A network of your own"
PARTS, BUDGET = "The parts", "The budget and the thresholds"


def earlier(declared_in: ModuleType, id: str) -> Exercise:
    """An exercise of another assignment."""
    assert REGISTRY[id].topic == declared_in.__name__.rpartition(".")[2], id
    return REGISTRY[id]


def part(id: str, before: Exercise, points: int, minutes: int) -> None:
    """Declare a part as an earlier assignment asks for it; its chapter is that of the earlier one."""
    exercise(id, *before.reference, names=before.names, points=points, minutes=minutes, chapter=before.chapter,
             section=before.section, cases=before.cases, mistakes=before.mistakes, seconds=before.seconds)  # fmt: skip


# ---------------------------------------------------------------- the engine

on = _capstone_engine
BOTH = values(rtol=1e-6, parts=("y.data", "x.grad"))

exercise(
    "capstone_engine", *wrong_engine.engine(), names=("Variable", "Function"), points=8, minutes=20, chapter=CHAPTER,
    section=PARTS,
    cases=[
        public("a chain", with_call(on.chain(lambda rng: 0.5), "y = square(sin(square(x))), x = 0.5"), BOTH),
        public("one variable, three uses", with_call(on.twice, "y = mul(add(x, x), x)"), BOTH),
        public("a fork", with_call(on.squares_added(lambda rng: 2.0), "a = square(x); y = add(square(a), square(a)), x = 2"),
               BOTH),
        hidden("a longer chain", on.chain(on.number, 6), BOTH),
        hidden("a hundred functions in a row", on.long_chain, BOTH),
        hidden("a variable and its square, added", on.fork(False), BOTH),
        hidden("the other way round", on.fork(True), BOTH),
        hidden("a ladder of forks", on.diamonds(), values(rtol=1e-6, parts=("x.grad", "how many backwards ran"))),
        hidden("any graph of twenty functions", on.random_graph, values(rtol=1e-6)),
        hidden("a function with two values", on.two_outputs, BOTH),
        hidden("two layers on a batch", on.layer, values(rtol=1e-6, parts=("y.data", "W1.grad", "b.grad", "W2.grad"))),
        purity("forward and backward twice", on.two_trainings, values(rtol=1e-6)),
        purity("data stay as they are", on.data_unchanged, holds("The data of a variable changed during the backward pass.")),
        purity("float32 stays float32", on.float32_kept, exactly),
    ],
    mistakes=wrong_engine.ENGINE,
)  # fmt: skip

# ---------------------------------------------------------------- parts of earlier assignments

part("capstone_initializer", earlier(initialization, "he_normal"), 3, 5)
part("capstone_activation", earlier(activations, "elu"), 3, 5)

to_and_fro = _capstone_normalization
AHEAD, AT_TEST = earlier(batch_normalization, "batchnorm_forward"), earlier(batch_normalization, "batchnorm_inference")
BACK = earlier(batch_normalization, "batchnorm_backward")

exercise(
    "capstone_normalization", *to_and_fro.PAIR, points=5, minutes=10, chapter=BACK.chapter, section=BACK.section,
    cases=[
        *to_and_fro.on(0, AHEAD.cases, "training"),
        *to_and_fro.on(0, AT_TEST.cases, "inference"),
        *to_and_fro.on(1, BACK.cases, "backward"),
        hidden("there and back", to_and_fro.there_and_back, values(parts=("dX", "dgamma", "dbeta"))),
    ],
    mistakes=[
        *to_and_fro.wrong(0, AT_TEST.mistakes, "inference", "eps_outside", "running_in_training"),
        *to_and_fro.wrong(0, AHEAD.mistakes, "training"),
        *to_and_fro.wrong(1, BACK.mistakes, "backward"),
    ],
)  # fmt: skip

part("capstone_optimizer", earlier(optimizers, "adam_step"), 4, 5)
part("capstone_schedule", earlier(schedules, "one_cycle"), 3, 5)
part("capstone_regularizer", earlier(regularization, "dropout_forward"), 3, 5)

# ---------------------------------------------------------------- sanity checks

sane = _capstone_sanity

exercise(
    "capstone_sanity", sane.sanity_checks, points=5, minutes=30, chapter="Babysitting the learning process",
    section="Checks before training",
    cases=[
        public("a sound network, three classes", sane.checked(C=3), sane.as_measured),
        public("a sound network, ten classes", sane.checked(C=10), sane.as_measured),
        public("a first loss that is too high", sane.checked("initial"), sane.as_measured),
        public("twenty examples not learnt", sane.checked("tiny"), sane.as_measured),
        hidden("few classes", sane.checked(C=4), sane.as_measured),
        hidden("many classes", sane.checked(C=30, high=False), sane.as_measured),
        hidden("a first loss far too high", sane.checked("initial"), sane.as_measured),
        hidden("a first loss far too low", sane.checked("initial", high=False), sane.as_measured),
        hidden("a penalty of the wrong sign", sane.checked("penalty"), sane.as_measured),
        hidden("a penalty that adds nothing", sane.checked("no penalty"), sane.as_measured),
        hidden("twenty examples that are not learnt", sane.checked("tiny", C=30), sane.as_measured),
        hidden("all of it at once", sane.checked("initial", "penalty", "tiny"), sane.as_measured),
    ],
    mistakes=_capstone_wrong.SANITY,
)  # fmt: skip

# ---------------------------------------------------------------- the network

net = _capstone_network


exercise(
    "capstone_network", net.design, net.train, points=6, minutes=60, chapter=CHAPTER, section=BUDGET, seconds=60.0,
    cases=[
        public("a design within the budget", net.cost, exactly, expected=lambda rng: {"within the budget": True}),
        public("90 % of the test images", net.mean_accuracy(1), net.at_least(0.9), expected=lambda rng: 0.9),
        hidden("90 % on another split", net.mean_accuracy(1), net.at_least(0.9), expected=lambda rng: 0.9),
        hidden("94 % on two splits", net.mean_accuracy(2), net.at_least(0.94), expected=lambda rng: 0.94),
        hidden("95.5 % on three splits", net.mean_accuracy(3), net.at_least(0.955), expected=lambda rng: 0.955),
        hidden("75 % where the classes are others", net.mean_accuracy(1, other_classes=True), net.at_least(0.75),
               expected=lambda rng: 0.75),
        purity("all chance comes from rng", net.repeated, holds("""The same images with the same rng gave two networks, or with
            another rng the same one: does all chance come from the rng that your function is given?""".strip()),
               expected=lambda rng: [True, False]),
    ],
    mistakes=_capstone_wrong.NETWORK,
)  # fmt: skip
