"""Exercises of the assignment `autodiff_11_to_16`: several inputs and outputs, a variable used twice, any graph."""

from __future__ import annotations

import numpy as np
from gradus.steps import step13, step14, step16

from autograder.checks import _autodiff_11_to_16_debug as debugging
from autograder.checks import _autodiff_11_to_16_programs as programs
from autograder.checks import _autodiff_11_to_16_wrong as wrong
from autograder.checks import _autodiff_11_to_16_wrong_order as wrong_order
from autograder.checks._autodiff_11_to_16_engines import NAMES
from autograder.checks._autodiff_11_to_16_manners import manners, wrong_lengths
from autograder.checks._autodiff_11_to_16_probes import computed, secret, shown
from autograder.comparison import exactly
from autograder.exercise import exercise, hidden, public
from autograder.probes import named_fault


def number(name: str, value: float) -> tuple[str, str, np.ndarray]:
    return name, "leaf", np.array(value)


def classes(step: object) -> tuple[type, ...]:
    return tuple(getattr(step, name) for name in NAMES)


read = programs.data_and_gradients

# ---------------------------------------------------------------- steps 11 to 13

exercise(
    "steps_11_13", *classes(step13), names=NAMES, points=8, minutes=60,
    chapter="Step 13: Backward through several inputs and outputs", section="The code", seconds=5.0,
    cases=[
        shown("x² + y² at (2, 3)", number("x", 2.0), number("y", 3.0), ("a", "Square", ("x",)), ("b", "Square", ("y",)),
              ("z", "Add", ("a", "b")), ("", "backward", "z"), ("", "read", "z.data"), ("", "read", "x.grad"),
              ("", "read", "y.grad")),
        shown("a product", ("x", "leaf", np.array([1.0, 2.0])), ("y", "leaf", np.array([5.0, 7.0])), ("a", "Mul", ("x", "y")),
              ("z", "Square", ("a",)), *read("z", "x", "y")),
        shown("(x + y)² at (2, 3)", number("x", 2.0), number("y", 3.0), ("a", "Add", ("x", "y")), ("z", "Square", ("a",)),
              *read("z", "x", "y")),
        shown("three inputs", number("x", 2.0), number("y", 3.0), number("w", 4.0), ("b", "Blend", ("x", "y", "w")),
              ("z", "Square", ("b",)), *read("z", "x", "y", "w")),
        shown("two outputs", number("x", 2.0), number("w", 5.0), (("u", "v"), "Split", ("x",)), ("y", "Mul", ("u", "v")),
              ("z", "Mul", ("y", "w")), *read("z", "x", "w")),
        shown("an output that nobody uses", number("x", 2.0), (("u", "v"), "Split", ("x",)), ("y", "Square", ("u",)),
              *read("y", "x")),
        shown("backward from the second output", number("x", 2.0), ("a", "Square", ("x",)), (("u", "v"), "Split", ("a",)),
              *read("v", "x")),
        wrong_lengths(public),
        secret("a tree of functions", programs.random_tree()),
        secret("a deep tree, arrays", programs.random_tree((4,), 5)),
        secret("both outputs", programs.two_outputs("both", (3,))),
        secret("the first output alone", programs.two_outputs("first")),
        secret("the second output alone", programs.two_outputs("second", (2, 3))),
        secret("backward from the second of two outputs", programs.two_outputs("result")),
        wrong_lengths(hidden),
        *manners(programs.random_tree((3,))),
    ],
    mistakes=wrong.STEPS_11_13,
)  # fmt: skip

# ---------------------------------------------------------------- step 14

exercise(
    "step_14", *classes(step14), names=NAMES, points=8, minutes=45,
    chapter="Step 14: The same variable twice", section="The code", seconds=5.0,
    cases=[
        shown("x + x at 3", number("x", 3.0), ("y", "Add", ("x", "x")), *read("y", "x")),
        shown("x + x + x", number("x", 3.0), ("a", "Add", ("x", "x")), ("y", "Add", ("a", "x")), *read("y", "x")),
        shown("x times w, plus x", number("x", 3.0), number("w", 5.0), ("a", "Mul", ("x", "w")), ("y", "Add", ("a", "x")),
              *read("y", "x", "w")),
        shown("the same graph a second time", number("x", 2.0), ("a", "Square", ("x",)), ("y", "Square", ("a",)),
              *read("y", "x"), ("", "cleargrad", "x"), *read("y", "x")),
        shown("two computations add up", number("x", 3.0), ("y", "Square", ("x",)), *read("y", "x"),
              ("z", "Add", ("x", "x")), *read("z", "x")),
        shown("a second computation, cleared before it", number("x", 3.0), number("w", 5.0), ("y", "Square", ("x",)),
              *read("y", "x"), ("", "cleargrad", "x"), ("z", "Mul", ("x", "w")), *read("z", "x", "w")),
        shown("only one of two is cleared", number("x", 3.0), number("w", 5.0), ("y", "Add", ("x", "w")), *read("y", "x", "w"),
              ("", "cleargrad", "x"), ("", "read", "w.grad"), *read("y", "x", "w")),
        secret("leaves used again and again", programs.shared_leaves()),
        secret("leaves used again and again, arrays", programs.shared_leaves((3,), 4)),
        secret("the same graph, cleared in between", programs.the_same_graph_again(clear=True)),
        secret("the same graph, not cleared", programs.the_same_graph_again(clear=False)),
        secret("two graphs, cleared in between", programs.two_graphs(clear=True)),
        secret("two graphs, not cleared", programs.two_graphs(clear=False)),
        *manners(programs.shared_leaves((3,))),
    ],
    mistakes=wrong.STEP_14,
)  # fmt: skip

# ---------------------------------------------------------------- steps 15 and 16

TEN_DIAMONDS = programs.diamonds(10)
SWAPPED = programs.diamonds(10, swapped=True)

ANY_GRAPH = [
    shown("a² + a² at 2", number("x", 2.0), ("a", "Square", ("x",)), ("b", "Square", ("a",)), ("c", "Square", ("a",)),
          ("y", "Add", ("b", "c")), *read("y", "x")),
    shown("a + a² at 2", number("x", 2.0), *programs.short_and_long("Square", first=True), *read("y", "x")),
    shown("a² + a at 2", number("x", 2.0), *programs.short_and_long("Square", first=False), *read("y", "x")),
    shown("a · a + a at 2", number("x", 2.0), ("a", "Square", ("x",)), ("b", "Mul", ("a", "a")), ("y", "Add", ("b", "a")),
          *read("y", "x")),
    shown("a short way and a long one", number("x", 1.0), *programs.short_and_long("Square", "Square", "Square", first=True),
          *read("y", "x")),
    shown("a long way and a short one", number("x", 1.0), *programs.short_and_long("Square", "Square", "Square", first=False),
          *read("y", "x")),
]  # fmt: skip

exercise(
    "steps_15_16", *classes(step16), names=NAMES, points=12, minutes=75,
    chapter="Step 16: Generations", section="The code", seconds=5.0,
    cases=[
        *ANY_GRAPH,
        shown("a variable twice, and backward twice", number("x", 2.0), ("a", "Square", ("x",)), ("y", "Add", ("a", "a")),
              *read("y", "x"), ("", "cleargrad", "x"), *read("y", "x")),
        shown("two outputs on different ways", number("x", 2.0), (("u", "v"), "Split", ("x",)), ("a", "Square", ("u",)),
              ("b", "Mul", ("a", "v")), (("p", "q"), "Split", ("b",)), ("y", "Add", ("p", "a")), *read("y", "x")),
        shown("backward from a variable inside, then from the result", number("x", 2.0), ("a", "Square", ("x",)),
              ("b", "Square", ("a",)), ("y", "Add", ("b", "a")), *read("a", "x"), ("", "cleargrad", "x"), *read("y", "x"),
              ("", "cleargrad", "x"), *read("a", "x")),
        shown("two results that share a function", number("x", 2.0), number("w", 5.0), (("u", "v"), "Split", ("x",)),
              ("p", "Square", ("v",)), ("q", "Mul", ("u", "w")), *read("p", "x"), ("", "cleargrad", "x"),
              *read("q", "x", "w")),
        public("ten diamonds in a row", programs.counted(TEN_DIAMONDS), programs.few_calls,
               expected=lambda rng: [*computed(lambda rng: TEN_DIAMONDS)(rng), "few"]),
        secret("a short way first", programs.meets("Square", "Squash", "Square", first=True, shape=(3,))),
        secret("a long way first", programs.meets("Squash", "Square", "Squash", "Square", first=False)),
        secret("a random graph", programs.random_graph(8)),
        secret("a larger random graph", programs.random_graph(20)),
        secret("a random graph of arrays", programs.random_graph(14, (2, 3))),
        secret("a random graph, twice", programs.again_on_any_graph),
        secret("a chain of 200", programs.chain(200)),
        hidden("other diamonds", programs.counted(SWAPPED), programs.few_calls,
               expected=lambda rng: [*computed(lambda rng: SWAPPED)(rng), "few"]),
        wrong_lengths(hidden),
        *manners(programs.random_graph(6, (3,))),
    ],
    mistakes=wrong_order.STEPS_15_16,
)  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_11_to_16

exercise(
    "debug_autodiff_11_to_16", debugging.FAULT, debugging.mended_engine, names=("FAULT", "mended_engine"), points=5, minutes=30,
    chapter="Step 16: Generations", section="The code", seconds=5.0,
    cases=[
        debugging.shown("a + a⁴", *debugging.SHORT_FIRST),
        debugging.shown("a⁴ + a", *debugging.LONG_FIRST),
        debugging.shown("a² + a", *debugging.NEARLY),
        debugging.shown("x + x, and backward twice", *debugging.TWICE),
        hidden("the fault you name", named_fault(debugging.FAULTS), exactly),
        debugging.secret("a random graph", programs.random_graph(10)),
        debugging.secret("a larger random graph, arrays", programs.random_graph(18, (3,))),
        debugging.secret("a short way first", programs.meets("Square", "Squash", "Square", first=True)),
        debugging.secret("a long way first", programs.meets("Squash", "Square", "Squash", first=False)),
        debugging.secret("a random graph, twice", programs.again_on_any_graph),
    ],
    mistakes=debugging.MISTAKES,
)  # fmt: skip
