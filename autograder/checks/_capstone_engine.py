"""What the capstone's engine is tried on: graphs of a student's own Variables, through functions that the check computes.

Each function of a graph is a subclass of the student's Function, made where the student's code runs, whose forward and backward
are calls back into the check. So the check sees which backward ran, how often, and on what; and a graph of the check's is the
same for engines of any make.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.handle import StudentFailure
from autograder.probes import callable_of
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Formula = tuple[
    Callable[..., Any], Callable[..., Any]
]  # values of the inputs -> value; (inputs, gradient) -> gradients

#: Formulas for arrays of one shape, by the number of their inputs.
SQUARE: Formula = (lambda x: x**2, lambda xs, gy: 2 * xs[0] * gy)
ADD: Formula = (lambda a, b: a + b, lambda xs, gy: (gy, gy))
MUL: Formula = (lambda a, b: a * b, lambda xs, gy: (gy * xs[1], gy * xs[0]))
SINE: Formula = (lambda x: np.asarray(np.sin(x)), lambda xs, gy: gy * np.cos(xs[0]))
LINE: Formula = (lambda x: 0.5 * x + 0.3, lambda xs, gy: 0.5 * gy)
HALVES: Formula = (lambda x: (np.asarray(0.5 * x), np.asarray(-1.5 * x)), lambda xs, g, h: 0.5 * g - 1.5 * h)
PRODUCT3: Formula = (lambda a, b, c: a * b + c, lambda xs, gy: (gy * xs[1], gy * xs[0], gy))
MATMUL: Formula = (lambda x, W: x @ W, lambda xs, gy: (gy @ xs[1].T, xs[0].T @ gy))
SHIFT: Formula = (lambda x, b: x + b, lambda xs, gy: (gy, gy.sum(axis=0)))
MEAN: Formula = (lambda x: np.asarray(x.mean()), lambda xs, gy: np.full(xs[0].shape, gy / xs[0].size))


class Graph:
    """Builds a graph on a student's engine.

    Attributes:
        ran: names of the functions whose backward ran, in order.
    """

    def __init__(self, variable: Any, function: Any) -> None:
        self.variable, self.function = callable_of(variable), callable_of(function)
        self.made = callable_of(self.function.get("__class__"))
        self.ran: list[str] = []

    def box(self, value: Any) -> Any:
        """A Variable of the student's."""
        return callable_like(self.variable(np.asarray(value)), "Variable(data)")

    def apply(self, name: str, formula: Formula, *inputs: Any) -> Any:
        """What a new function gives for Variables: a Variable, or a list of several."""
        kept: list[Array] = []

        def forward(me: Any, *xs: Any) -> Any:
            kept[:] = [array(x, "forward") for x in xs]
            return formula[0](*kept)

        def backward(me: Any, *gys: Any) -> Any:
            self.ran.append(name)
            found = formula[1](kept, *(array(gy, "backward") for gy in gys))
            return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)

        kind = self.made(name, (self.function,), {"forward": forward, "backward": backward})
        found = callable_of(callable_of(kind)())(*inputs)
        return list(found) if isinstance(found, tuple | list) else callable_like(found, "what calling a Function gives")

    def backward(self, y: Any) -> None:
        callable_of(y.get("backward"))()


def callable_like(obj: Any, what: str) -> Any:
    if hasattr(obj, "get") and not isinstance(obj, dict):
        return obj
    raise StudentFailure("wrong", "", f"{what} must be a Variable, it is {kind_text(obj)}")


def array(value: Any, method: str) -> Array:
    """What a method of a Function was called with, which must be data."""
    if isinstance(value, np.ndarray | float | int):
        return np.asarray(value)
    what = "None" if value is None else "a Variable" if hasattr(value, "get") else kind_text(value)
    raise TypeError(f"{method} must be called with arrays, it was called with {what}")


def data(variable: Any) -> Any:
    return variable.get("data")


def grad(variable: Any) -> Any:
    return variable.get("grad")


# ---------------------------------------------------------------- the probes


def number(rng: Rng) -> float:
    """A number that is not 0, 1 or 2."""
    return float(rng.choice([-1.0, 1.0]) * rng.uniform(1.2, 1.9))


def chain(start: Callable[[Rng], Any], length: int = 3) -> Callable[..., Any]:
    """A chain of functions of one input: the value and the gradient at its beginning."""

    def probe(rng: Rng, variable: Any, function: Any) -> Any:
        graph = Graph(variable, function)
        x = y = graph.box(start(rng))
        for i in range(length):
            y = graph.apply(f"f{i}", (SQUARE, SINE)[i % 2], y)
        graph.backward(y)
        return data(y), grad(x)

    return probe


def long_chain(rng: Rng, variable: Any, function: Any) -> Any:
    """A hundred functions one after the other."""
    graph = Graph(variable, function)
    x = y = graph.box(number(rng))
    for i in range(100):
        y = graph.apply(f"f{i}", SINE, y)
    graph.backward(y)
    return data(y), grad(x)


def twice(rng: Rng, variable: Any, function: Any) -> Any:
    """x + x, then times x: one variable, three uses."""
    graph = Graph(variable, function)
    x = graph.box(number(rng))
    s = graph.apply("add", ADD, x, x)
    y = graph.apply("mul", MUL, s, x)
    graph.backward(y)
    return data(y), grad(x)


def fork(swapped: bool) -> Callable[..., Any]:
    """y = a + a² with a = x², or a² + a: the order of the operands must not matter."""

    def probe(rng: Rng, variable: Any, function: Any) -> Any:
        graph = Graph(variable, function)
        x = graph.box(number(rng))
        a = graph.apply("a", SQUARE, x)
        b = graph.apply("b", SQUARE, a)
        y = graph.apply("add", ADD, *((b, a) if swapped else (a, b)))
        graph.backward(y)
        return data(y), grad(x)

    return probe


def squares_added(x: Callable[[Rng], Any]) -> Callable[..., Any]:
    """y = a² + a² with a = x², as in step 15."""

    def probe(rng: Rng, variable: Any, function: Any) -> Any:
        graph = Graph(variable, function)
        box = graph.box(x(rng))
        a = graph.apply("a", SQUARE, box)
        b, c = (graph.apply(name, SQUARE, a) for name in "bc")
        y = graph.apply("add", ADD, b, c)
        graph.backward(y)
        return data(y), grad(box)

    return probe


def diamonds(depth: int = 8) -> Callable[..., Any]:
    """A ladder of forks that join again: the gradient, which does not fade away, and how many backwards ran."""

    def probe(rng: Rng, variable: Any, function: Any) -> Any:
        graph = Graph(variable, function)
        x = y = graph.box(number(rng))
        for i in range(depth):
            left, right = graph.apply(f"left {i}", SINE, y), graph.apply(f"right {i}", LINE, y)
            y = graph.apply(f"join {i}", ADD, *((left, right) if i % 2 else (right, left)))
        graph.backward(y)
        return grad(x), len(graph.ran)

    return probe


def random_graph(rng: Rng, variable: Any, function: Any) -> Any:
    """A graph of twenty functions with any connections: the gradients of its three leaves."""
    graph = Graph(variable, function)
    leaves = [graph.box(rng.uniform(-1, 1, (2, 3))) for _ in range(3)]
    boxes = list(leaves)
    for i in range(20):
        formula = (SINE, ADD, MUL, PRODUCT3)[int(rng.integers(4))]
        arity = {id(SINE): 1, id(PRODUCT3): 3}.get(id(formula), 2)
        made = graph.apply(f"f{i}", formula, *(boxes[j] for j in rng.integers(len(boxes), size=arity)))
        boxes.append(graph.apply(f"s{i}", SINE, made))
    y = boxes[0]
    for i, box in enumerate([*leaves, *boxes[-4:]]):
        y = graph.apply(f"y{i}", ADD, y, box)
    graph.backward(y)
    return [grad(x) for x in leaves]


def two_outputs(rng: Rng, variable: Any, function: Any) -> Any:
    """A function with two values, both used."""
    graph = Graph(variable, function)
    x = graph.box(number(rng))
    both = graph.apply("halves", HALVES, x)
    if not isinstance(both, list) or len(both) != 2:
        raise StudentFailure("wrong", "", "a function with two values must give two Variables")
    y = graph.apply("mul", MUL, *both)
    graph.backward(y)
    return data(y), grad(x)


def layer(rng: Rng, variable: Any, function: Any) -> Any:
    """Two layers on a batch, with arrays of four shapes: the gradients of all parameters."""
    graph = Graph(variable, function)
    x, W1 = graph.box(rng.normal(size=(5, 3))), graph.box(rng.normal(size=(3, 4)))
    b, W2 = graph.box(rng.normal(size=4)), graph.box(rng.normal(size=(4, 2)))
    h = graph.apply("sine", SINE, graph.apply("shift", SHIFT, graph.apply("linear", MATMUL, x, W1), b))
    y = graph.apply("mean", MEAN, graph.apply("square", SQUARE, graph.apply("last", MATMUL, h, W2)))
    graph.backward(y)
    return data(y), grad(W1), grad(b), grad(W2)


def two_trainings(rng: Rng, variable: Any, function: Any) -> Any:
    """Twice forward and backward, with new Variables for the same numbers: nothing may be left of the first time."""
    found = []
    w = rng.uniform(1, 2, 3)
    for _ in range(2):
        graph = Graph(variable, function)
        x = graph.box(w)
        y = graph.apply("mean", MEAN, graph.apply("mul", MUL, x, graph.apply("square", SQUARE, x)))
        graph.backward(y)
        found.append(grad(x))
    return found


def data_unchanged(rng: Rng, variable: Any, function: Any) -> bool:
    """Whether values are after backward what they were before."""
    graph = Graph(variable, function)
    value = rng.uniform(1, 2, (2, 2))
    x = graph.box(value)
    a = graph.apply("square", SQUARE, x)
    y = graph.apply("mul", MUL, a, a)
    before = data(a), data(y)
    graph.backward(y)
    after = (data(x), data(a), data(y))
    return all(np.array_equal(p, q) for p, q in zip(after, (value, *before), strict=True))


def float32_kept(rng: Rng, variable: Any, function: Any) -> list[str]:
    """Names of the dtypes of data and gradient of float32 numbers."""
    graph = Graph(variable, function)
    x = graph.box(rng.uniform(1, 2, 3).astype(np.float32))
    y = graph.apply("square", SQUARE, x)
    graph.backward(y)
    return [str(np.asarray(v).dtype) for v in (data(y), grad(x))]
