"""What engines do with a graph that is counted and not timed, for the record of the chapter next to this file."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import frameworks
import graphs
import numpy as np
from gradus import Variable
from gradus import functions as F
from gradus.steps import step16

ENGINES = ("gradus", "step 16", "DeZero", "micrograd", "PyTorch")


def longest_chain():
    """How long a chain micrograd's recursion follows, in a thread of its own: there the stack begins empty."""

    def ends(nodes):
        try:
            graphs.micrograd_graph(graphs.chain, nodes)()
        except RecursionError:
            return True
        return False

    possible, impossible = 100, 10_000
    with ThreadPoolExecutor(1) as pool:
        while impossible - possible > 1:
            middle = (possible + impossible) // 2
            if pool.submit(ends, middle).result():
                impossible = middle
            else:
                possible = middle
    return possible


def left_behind(work, kind):
    """How many objects of a class only the collector of cycles can free, when the work is done."""
    work()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        work()
        gc.collect()
        return sum(isinstance(thing, kind) for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def variable_of(engine):
    """The class of an engine's variables."""
    if engine == "micrograd":
        from micrograd.engine import Value

        return Value
    if engine == "DeZero":
        return frameworks.import_dezero().Variable
    return {"gradus": Variable, "step 16": step16.Variable}[engine]


def garbage(makers, engine):
    """Variables that a chain of 300 nodes leaves to the collector."""
    return left_behind(makers[engine](graphs.chain, 300), variable_of(engine))


def second_backward(engine):
    """The gradient of (x²)² at 2 after a first and a second backward, where that of x is cleared in between."""
    x = variable_of(engine)(2.0 if engine == "micrograd" else np.array(2.0))
    square = {"gradus": F.square, "step 16": step16.square}.get(engine, lambda x: x**2)
    return twice(x, square(square(x)), 0 if engine == "micrograd" else None)


def twice(x, y, cleared, **options):
    """The gradients of x after two calls of y.backward, each of which begins without one."""
    slopes = []
    for _ in range(2):
        x.grad = cleared
        y.backward(**options)
        gradient = x.grad if isinstance(x.grad, float | np.ndarray) else x.grad.data  # DeZero's is a Variable
        slopes.append(float(gradient))
    return slopes


def second_backward_in_torch():
    """The same where the graph is kept, and what PyTorch says where it is not."""
    x = frameworks.import_torch().tensor(2.0, requires_grad=True)
    found = {"PyTorch, retain_graph=True": twice(x, (x**2) ** 2, None, retain_graph=True)}
    try:
        twice(x, (x**2) ** 2, None)
    except RuntimeError as error:
        found["PyTorch"] = str(error).partition("(")[0].strip()
    return found


def unused_output():
    """What DeZero says when one of two outputs was dropped: its functions hold them by weak references."""
    dezero = frameworks.import_dezero()

    class Halves(dezero.Function):
        def forward(self, x):
            return x[:2], x[2:]

        def backward(self, first, second):
            return dezero.functions.concatenate((first, second))

    first, _ = Halves()(dezero.Variable(np.ones(4)))
    del _
    try:
        dezero.functions.sum(first).backward()
    except AttributeError as error:
        return str(error)
    return ""


def facts(makers, engines=ENGINES):
    """All of it, of some engines. makers: engine → function that makes a graph of it, as in the benchmarks."""
    arrays_or_numbers = [engine for engine in engines if engine != "PyTorch"]  # PyTorch's variables are not Python's
    found = {
        "garbage": {engine: garbage(makers, engine) for engine in arrays_or_numbers},
        "second_backward": {engine: second_backward(engine) for engine in arrays_or_numbers},
    }
    if "micrograd" in engines:
        found["longest_chain"] = longest_chain()
    if "PyTorch" in engines:
        found["second_backward"] |= second_backward_in_torch()
    if "DeZero" in engines:
        found["unused_output"] = unused_output()
    return found
