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


def garbage(makers):
    """Variables that a chain of 300 nodes leaves to the collector."""
    from micrograd.engine import Value

    kinds = {"gradus": Variable, "step 16": step16.Variable, "micrograd": Value}
    kinds["DeZero"] = frameworks.import_dezero().Variable
    return {name: left_behind(makers[name](graphs.chain, 300), kind) for name, kind in kinds.items()}


def second_backward():
    """The gradient of (x²)² at 2 after a first and a second backward, where that of x is cleared in between."""
    from micrograd.engine import Value

    torch, dezero = frameworks.import_torch(), frameworks.import_dezero()

    def twice(x, y, clear, **options):
        slopes = []
        for _ in range(2):
            clear(x)
            y.backward(**options)
            slopes.append(float(x.grad.data if isinstance(x, dezero.Variable) else x.grad))
        return slopes

    def to_zero(x):
        x.grad = 0

    def to_none(x):
        x.grad = None

    x = Variable(np.array(2.0))
    found = {"gradus": twice(x, F.square(F.square(x)), to_none)}
    x = step16.Variable(np.array(2.0))
    found["step 16"] = twice(x, step16.square(step16.square(x)), to_none)
    x = dezero.Variable(np.array(2.0))
    found["DeZero"] = twice(x, (x**2) ** 2, to_none)
    x = Value(2.0)
    found["micrograd"] = twice(x, (x**2) ** 2, to_zero)
    x = torch.tensor(2.0, requires_grad=True)
    found["PyTorch, retain_graph=True"] = twice(x, (x**2) ** 2, to_none, retain_graph=True)
    try:
        twice(x, (x**2) ** 2, to_none)
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


def facts(makers):
    """All of it. makers: engine → function that makes a graph of it, as in the benchmarks."""
    return {
        "longest_chain": longest_chain(),
        "garbage": garbage(makers),
        "second_backward": second_backward(),
        "unused_output": unused_output(),
    }
