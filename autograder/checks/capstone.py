"""Exercises of the capstone: seven parts of one's own, sanity checks, and a network that is trained with them.

The parts are asked for as in the assignments before: the same cases, the same wrong versions, fewer points. The engine has to do
one thing more: differentiate layers, with arrays of several shapes.
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
    autodiff_11_to_16,
    batch_normalization,
    initialization,
    optimizers,
    regularization,
    schedules,
)
from autograder.comparison import exactly, values
from autograder.exercise import REGISTRY, Exercise, exercise, hidden, public, purity
from autograder.probes import holds, with_call

CHAPTER = "A network of your own"
BUDGET = "The budget and the thresholds"


def earlier(declared_in: ModuleType, id: str) -> Exercise:
    """An exercise of another assignment."""
    assert REGISTRY[id].topic == declared_in.__name__.rpartition(".")[2], id
    return REGISTRY[id]


def part(id: str, before: Exercise, points: int, minutes: int) -> None:
    """Declare a part as an earlier assignment asks for it; its chapter is that of the earlier one."""
    exercise(id, *before.reference, names=before.names, points=points, minutes=minutes, chapter=before.chapter,
             section=before.section, cases=before.cases, mistakes=before.mistakes, seconds=before.seconds)  # fmt: skip


# ---------------------------------------------------------------- the engine

layers, ANY_GRAPH = _capstone_engine, earlier(autodiff_11_to_16, "steps_15_16")
STEPS = values(rtol=1e-6, parts=layers.READ)

exercise(
    "capstone_engine", *ANY_GRAPH.reference[:2], names=ANY_GRAPH.names[:2], points=8, minutes=20, chapter=ANY_GRAPH.chapter,
    section=ANY_GRAPH.section, seconds=ANY_GRAPH.seconds,
    cases=[
        *map(layers.on_two_classes, ANY_GRAPH.cases),
        public("two layers, two steps", with_call(
            layers.two_steps("Mean"), "u, v = Cut()(X W1 + b), y = mean((tanh(u) W2)²), v is not used, backward; a step; "
            "the same with new Variables"), STEPS),
        hidden("two other layers, two steps", layers.two_steps("Columns"), STEPS),
    ],
    mistakes=[layers.of_two_classes(m) for m in ANY_GRAPH.mistakes],
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
