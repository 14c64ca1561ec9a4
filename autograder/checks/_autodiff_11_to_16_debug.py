"""The broken engine of `debug_autodiff_11_to_16`, and wrong ways out of it, each with the sentence that leads on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from gradus.steps import step16

from autograder.checks import _autodiff_11_to_16_probes as probes
from autograder.checks._autodiff_11_to_16_engines import (
    NAMES,
    Engine,
    add_in_place,
    backward,
    earliest_first,
    engine,
    overwrite,
)
from autograder.checks._autodiff_11_to_16_programs import data_and_gradients, short_and_long
from autograder.checks._autodiff_11_to_16_wrong import nothing
from autograder.checks._autodiff_11_to_16_wrong_order import (
    by_generation,
    last_input_generation,
    latest_first_and_again,
)
from autograder.exercise import Case, Mistake, mistake
from autograder.handle import StudentFailure
from autograder.probes import callable_of, several, with_call

FAULT = "one_operand"
FAULTS = ("overwritten", "in_place", "stale", "twice", "one_operand", "unused")

X = ("x", "leaf", np.array(1.5))
SHORT_FIRST = (X, *short_and_long("Square", "Square", first=True), *data_and_gradients("y", "x"))
LONG_FIRST = (X, *short_and_long("Square", "Square", first=False), *data_and_gradients("y", "x"))
NEARLY = (X, *short_and_long("Square", first=False), *data_and_gradients("y", "x"))
TWICE = (
    X,
    ("y", "Add", ("x", "x")),
    *data_and_gradients("y", "x"),
    ("", "cleargrad", "x"),
    *data_and_gradients("y", "x"),
)


def mended_engine() -> Engine:
    return tuple(getattr(step16, name) for name in NAMES)  # type: ignore[return-value]


def giving(classes: Engine) -> Callable[[], Engine]:
    return lambda: classes


# ---------------------------------------------------------------- what is tried


def on_engine(probe: Callable[..., Any]) -> Callable[..., Any]:
    """A probe of five classes as one of a text and a function that gives them."""

    def of_function(rng: Any, fault: Any, mended: Any) -> Any:
        if not hasattr(mended, "call"):
            raise StudentFailure("wrong", "", "mended_engine must be a function")
        found = several(callable_of(mended)(), 5, "Variable, Function, Square, Add, Mul")
        if not all(hasattr(c, "call") for c in found):
            raise StudentFailure("wrong", "", "mended_engine must return the five classes")
        return probe(rng, *found)

    return with_call(of_function, lambda rng, names: f"with the classes of {names[1]}(): {probe.shown(rng, names)}")  # type: ignore[attr-defined]


def on_mended(case: Case) -> Case:
    probe = on_engine(case.probe)
    return replace(case, probe=probe, shown=probe.shown if case.shown else None)  # type: ignore[attr-defined]


def shown(name: str, *program: probes.Line) -> Case:
    return on_mended(probes.shown(name, *program))


def secret(name: str, make: probes.Make) -> Case:
    return on_mended(probes.secret(name, make))


# ---------------------------------------------------------------- wrong ways out


def misnamed(fault: str, sentence: str) -> Mistake:
    return mistake(
        f"named_{fault}", f"Your engine is mended, but that was not the fault. {sentence}", fault, mended_engine
    )


MISTAKES = [
    mistake("not_mended", """a⁴ + a still comes out wrong, and a + a⁴ right. Print the generation of every function of
        both, and mark those that must not run before others.""", FAULT, giving(by_generation(last_input_generation))),
    mistake("the_other_operand", """Now a⁴ + a is right and a + a⁴ wrong: you have exchanged one operand for the other. Which
        rule does not ask how they are ordered?""", FAULT, giving(by_generation(lambda xs: xs[0].generation))),
    mistake("the_smallest", """Now both are wrong. A function has to come before everything that any of its inputs needs:
        the input that lies deepest counts, not the first to be ready.""", FAULT,
        giving(by_generation(lambda xs: min(x.generation for x in xs)))),
    mistake("all_the_same", """All functions have the same generation now, so that the sum of a short and a long way is left
        to chance.""", FAULT, giving(by_generation(lambda xs: 0))),
    mistake("order_reversed", """The generations may be right, but now the functions run from the leaves to the result.""",
        FAULT, giving(engine(backward(earliest_first)))),
    mistake("overwritten_now", """The order is right, but what was added before is now overwritten.""", FAULT,
        giving(engine(backward(hand_back=overwrite)))),
    mistake("in_place_now", """The order is right, but y.grad is no longer 1 where a variable is added to itself: two
        variables share an array.""", FAULT, giving(engine(backward(hand_back=add_in_place)))),
    mistake("twice_now", """The order is right, but some functions run more than once now.""", FAULT,
        giving(engine(backward(latest_first_and_again)))),
    mistake("stale_now", """The order is right, but the second backward of a graph finds what the first one left.""", FAULT,
        giving(engine(backward(forget=nothing)))),
    mistake("named_nothing", """Your engine is mended, but the fault has no name yet: FAULT must be one of the six texts in
        the list.""", "", mended_engine),
    misnamed("overwritten", "In which row would a lost gradient show first, and is that row right?"),
    misnamed("in_place", "Look at the row in which a variable is added to itself."),
    misnamed("stale", "Look at the row in which backward is called twice."),
    misnamed("twice", "A function that runs twice would show where a is squared twice and the two are added."),
    misnamed("unused", "Look at the row in which an output is not used."),
]  # fmt: skip
