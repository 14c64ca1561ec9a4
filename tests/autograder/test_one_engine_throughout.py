"""One engine goes all the way: from a chain of functions to any graph, and then it trains the capstone's network.

Four ways of writing it, of which each is one set of classes, judged on every exercise that asks for an engine of its kind. The
ways differ in the order in which functions run; what they share is an honest box, and the sum of what arrives. Steps 5 to 7 are
not among the exercises: there a gradient that somebody has put into the result is what backward starts from, and from step 9 on
it starts from ones, whatever an earlier backward has left there.
"""

from __future__ import annotations

import heapq
import itertools
import weakref

import numpy as np
import pytest
from gradus import capstone
from right_answers._autodiff_11_to_16_users import operations
from test_proof import answer, report

from autograder.checks import _capstone_network as net
from autograder.checks import exercises

EXERCISES = exercises()


def as_tuple(values):
    return tuple(values) if isinstance(values, tuple | list) else (values,)


# ---------------------------------------------------------------- the order, in four ways


def by_recursion(y):
    """A topological order: a function is noted when all before it have been."""
    order, seen = [], {None}

    def visit(f):
        if f not in seen:
            seen.add(f)
            for x in f.inputs:
                visit(x.creator)
            order.append(f)

    visit(y.creator)
    return order[::-1]


def by_generation(y):
    """A heap, of which the function farthest from the leaves is taken; a running number between those equally far."""
    order, heap, seen, tie = [], [], {None}, itertools.count()

    def push(f):
        if f not in seen:
            seen.add(f)
            heapq.heappush(heap, (-f.generation, next(tie), f))

    push(y.creator)
    while heap:
        *_, f = heapq.heappop(heap)
        order.append(f)
        for x in f.inputs:
            push(x.creator)
    return order


def by_post_order(y):
    """Depth first with a stack of one's own: a function is noted on the way back."""
    order, entered, stack = [], {None}, [(y.creator, False)]
    while stack:
        f, finished = stack.pop()
        if finished:
            order.append(f)
        elif f not in entered:
            entered.add(f)
            stack += [(f, True), *((x.creator, False) for x in f.inputs)]
    return order[::-1]


def by_tape():
    """All calls in the order in which they were made; a function whose results nobody holds any more falls off the tape."""
    tape: weakref.WeakValueDictionary = weakref.WeakValueDictionary()
    number = itertools.count()

    def record(f):
        tape[next(number)] = f

    def order(y):
        wanted = {y.creator}
        found = []
        for f in reversed(list(tape.values())):
            if f in wanted:
                found.append(f)
                wanted.update(x.creator for x in f.inputs)
        return found

    return order, record


def engine(order, record=lambda f: None):
    """Classes and functions by their names; the backward pass goes by an order, `record` is told of each call."""

    class Variable:
        def __init__(self, data):
            if data is not None and not isinstance(data, np.ndarray):
                raise TypeError(f"an array is expected, not {type(data).__name__}")
            self.data = data.astype(float) if data is not None and data.dtype.kind in "iub" else data
            self.grad = self.creator = None
            self.generation = 0

        def cleargrad(self):
            self.grad = None

        def backward(self):
            functions = order(self)
            for f in functions:
                for y in f.results():
                    y.cleargrad()
            self.grad = np.ones_like(self.data)
            for f in functions:
                f.hand_back()

    class Function:
        def __call__(self, *inputs):
            outputs = [Variable(np.asarray(y)) for y in as_tuple(self.forward(*(x.data for x in inputs)))]
            self.inputs, self.generation = inputs, max(x.generation for x in inputs)
            self.outputs = [(weakref.ref(y), np.zeros_like(y.data)) for y in outputs]
            for y in outputs:
                y.creator, y.generation = self, self.generation + 1
            record(self)
            return outputs if len(outputs) > 1 else outputs[0]

        def results(self):
            return [y for ref, _ in self.outputs if (y := ref()) is not None]

        def hand_back(self):
            gys = [zero if (y := ref()) is None or y.grad is None else y.grad for ref, zero in self.outputs]
            for x, gx in zip(self.inputs, as_tuple(self.backward(*gys)), strict=True):
                x.grad = np.asarray(gx if x.grad is None else x.grad + gx)

        def forward(self, *xs):
            raise NotImplementedError

        def backward(self, *gys):
            raise NotImplementedError

    class Exp(Function):
        def forward(self, x):
            return np.exp(x)

        def backward(self, gy):
            return np.exp(self.inputs[0].data) * gy

    Square, Add, Mul = operations(Function)
    return {
        "Variable": Variable, "Function": Function, "Square": Square, "Exp": Exp, "Add": Add, "Mul": Mul,
        "square": lambda x: Square()(x), "exp": lambda x: Exp()(x),
    }  # fmt: skip


WAYS = {
    "recursive topological sort": engine(by_recursion), "heap of generations": engine(by_generation),
    "iterative post-order": engine(by_post_order), "tape": engine(*by_tape()),
}  # fmt: skip
FROM_GRAPHS_ON = ["steps_11_13", "step_14", "steps_15_16", "capstone_engine"]


def judged(way, id):
    """An exercise, and how it judges the engine: the classes that it asks for, by their names."""
    ex = EXERCISES[id]
    return ex, answer(ex, [WAYS[way][name] for name in ex.names])


# ---------------------------------------------------------------- all the way


@pytest.mark.parametrize("id", ["steps_01_03", *FROM_GRAPHS_ON])
@pytest.mark.parametrize("way", WAYS)
def test_one_engine_has_full_marks_on_boxes_and_wherever_graphs_are_asked_for(way, id):
    ex, got = judged(way, id)
    assert (got.score, got.verdict) == (ex.points, "pass"), report(got)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "recursive topological sort"])
def test_the_same_engine_has_full_marks_on_chains(way):
    ex, got = judged(way, "steps_08_09")
    assert (got.score, got.verdict) == (ex.points, "pass"), report(got)


def test_an_engine_that_recurses_fails_on_the_long_chains_alone():
    """They are what steps 8 and 9 are about."""
    _, got = judged("recursive topological sort", "steps_08_09")
    failed = {r.name for r in got.results if not r.passed}
    assert failed == {"five thousand functions", "a chain of another length"}, report(got)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_engine_trains_the_capstones_network(way):
    parts = capstone.choose_parts(WAYS[way], lambda part: True)
    assert parts.own == ("capstone_engine",)
    assert parts.Variable is WAYS[way]["Variable"] and parts.Function is WAYS[way]["Function"]
    X, y, X_test, y_test = net.split(np.random.default_rng(5))
    plan = {**net.PLAN, "epochs": 5}
    trained = capstone.train_network(X, y, plan, np.random.default_rng(6), parts)
    expected = capstone.train_network(X, y, plan, np.random.default_rng(6))
    np.testing.assert_allclose(trained["losses"], expected["losses"], rtol=1e-6)
    assert (capstone.predict(trained, X_test) == y_test).mean() > 0.94
