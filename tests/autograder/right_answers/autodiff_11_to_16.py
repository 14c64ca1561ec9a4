"""Right answers written differently from the reference: other engines, and engines that can do what the step asks and no more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from gradus.steps import step14, step16

from right_answers._autodiff_11_to_16_engines import ANY_GRAPH
from right_answers._autodiff_11_to_16_users import operations, tupled

NAMES = ("Variable", "Function", "Square", "Add", "Mul")
RIGHT: dict[str, dict[str, Any]] = {}


def classes(step):
    return tuple(getattr(step, name) for name in NAMES)


# ---------------------------------------------------------------- steps 11 to 13


def recursion_on_variables():
    """No list of functions: each variable calls backward of the next ones. Enough for trees."""

    class Variable:
        def __init__(self, data):
            if data is not None and not isinstance(data, np.ndarray):
                raise TypeError(f"{type(data)} is not supported")
            self.data = data
            self.grad = None
            self.creator = None

        def set_creator(self, func):
            self.creator = func

        def backward(self):
            if self.grad is None:
                self.grad = np.ones_like(self.data)
            f = self.creator
            if f is not None:
                gxs = f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs])
                if not isinstance(gxs, tuple):
                    gxs = (gxs,)
                if len(gxs) != len(f.inputs):
                    raise ValueError("lengths differ")
                for i in range(len(gxs)):
                    f.inputs[i].grad = gxs[i]
                for x in f.inputs:
                    x.backward()

    class Function:
        def __call__(self, *inputs):
            xs = [x.data for x in inputs]
            ys = self.forward(*xs)
            if not isinstance(ys, tuple):
                ys = (ys,)
            outputs = [Variable(as_array(y)) for y in ys]
            for output in outputs:
                output.set_creator(self)
            self.inputs = inputs
            self.outputs = outputs
            return outputs if len(outputs) > 1 else outputs[0]

        def forward(self, *xs):
            raise NotImplementedError()

        def backward(self, *gys):
            raise NotImplementedError()

    return Variable, Function, *operations(Function)


def as_array(x):
    return np.array(x) if np.isscalar(x) else x


def breadth_first():
    """A queue, arrays instead of variables for what backward needs, outputs as a tuple."""

    class Variable:
        grad = None
        creator = None

        def __init__(self, data=None):
            self.data = data

        def backward(self):
            self.grad = np.ones(self.data.shape, self.data.dtype)
            queue = [self.creator]
            for f in queue:
                if f is None:
                    continue
                gxs = tupled(f.backward(*f.gradients()))
                if len(gxs) > len(f.inputs) or len(gxs) < len(f.inputs):
                    raise AssertionError(f"{f} returned {len(gxs)} gradients")
                for x, gx in zip(f.inputs, gxs, strict=True):
                    x.grad = np.asarray(gx)
                    if x.creator not in queue:
                        queue.append(x.creator)

    class Function:
        def __call__(self, *inputs):
            self.inputs = list(inputs)
            values = self.forward(*[v.data for v in self.inputs])
            many = isinstance(values, tuple | list)
            self.outputs = tuple(self.wrapped(v) for v in (values if many else [values]))
            return self.outputs if many else self.outputs[0]

        def wrapped(self, value):
            y = Variable(np.asarray(value))
            y.creator = self
            return y

        def gradients(self):
            return [y.grad if y.grad is not None else y.data * 0 for y in self.outputs]

    class Square(Function):
        def forward(self, x):
            return np.square(x)

        def backward(self, gy):
            x = self.inputs[0].data
            return [x * gy + x * gy][0]

    class Add(Function):
        def forward(self, *xs):
            return sum(xs[1:], xs[0])

        def backward(self, *gys):
            return tuple(gys[0] * 1 for _ in self.inputs)

    class Mul(Function):
        def forward(self, x0, x1):
            return np.multiply(x0, x1)

        def backward(self, gy):
            x0, x1 = (v.data for v in self.inputs)
            return gy * x1, gy * x0

    return Variable, Function, Square, Add, Mul


RIGHT["steps_11_13"] = {
    "recursion": recursion_on_variables(), "breadth first": breadth_first(),
    "step 16": classes(step16), **ANY_GRAPH,
}  # fmt: skip

# ---------------------------------------------------------------- step 14


def zeros_to_begin_with():
    """Gradients are never None: zeros from the start, and cleargrad sets them to zero again. A stack, no seen set."""

    class Variable:
        def __init__(self, data):
            self.data = data
            self.grad = np.zeros_like(data)
            self.creator = None

        def cleargrad(self):
            self.grad = np.zeros_like(self.data)

        def backward(self):
            functions, waiting = [], [self]
            while waiting:
                v = waiting.pop()
                if v.creator is not None:
                    functions.append(v.creator)
                    v.creator.output.cleargrad()
                    waiting.extend(v.creator.inputs)
            self.grad = np.ones_like(self.data)
            for f in functions:
                gxs = f.backward(f.output.grad)
                gxs = gxs if isinstance(gxs, tuple) else (gxs,)
                for x, gx in zip(f.inputs, gxs, strict=True):
                    x.grad = x.grad + gx

    class Function:
        def __call__(self, *inputs):
            self.inputs = inputs
            self.output = Variable(as_array(self.forward(*[x.data for x in inputs])))
            self.output.creator = self
            return self.output

    return Variable, Function, *operations(Function)


class CopyingAdd(step14.Add):
    """In-place addition harms nobody where nothing is shared."""

    def backward(self, gy):
        return gy.copy(), gy.copy()


class OwnArrays(step14.Variable):
    """Adds in place, to an array of its own."""

    def backward(self):
        functions = self.functions_behind()
        self.grad = np.ones_like(self.data)
        for f in functions:
            gxs = tupled(f.backward(*[y.grad for y in f.outputs]))
            for x, gx in zip(f.inputs, gxs, strict=True):
                if x.grad is None:
                    x.grad = np.zeros_like(x.data)
                np.add(x.grad, gx, out=x.grad)


class MakesOwnArrays(step14.Function):
    def __call__(self, *inputs):
        ys = tupled(self.forward(*[x.data for x in inputs]))
        self.inputs, self.outputs = inputs, [OwnArrays(np.asarray(y)) for y in ys]
        for y in self.outputs:
            y.creator = self
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs


class Cleared(step14.Variable):
    """Clears on the way, after a gradient has been handed on, not before; the result keeps its own."""

    def backward(self):
        self.grad, waiting = np.ones_like(self.data), [self.creator]
        while waiting:
            f = waiting.pop()
            if f is None:
                continue
            (y,) = f.outputs
            gxs = tupled(f.backward(y.grad))
            if y is not self:
                y.grad = None
            for x, gx in zip(f.inputs, gxs, strict=True):
                x.grad = x.grad + gx if x.grad is not None else gx
            waiting += [x.creator for x in f.inputs]


class MakesCleared(step14.Function):
    def __call__(self, *inputs):
        y = Cleared(np.asarray(self.forward(*[x.data for x in inputs])))
        y.creator, self.inputs, self.outputs = self, inputs, [y]
        return y


RIGHT["step_14"] = {
    "zeros to begin with": zeros_to_begin_with(),
    "arrays of one's own": (OwnArrays, MakesOwnArrays, *operations(MakesOwnArrays)),
    "cleared on the way": (Cleared, MakesCleared, *operations(MakesCleared)),
    "an Add that copies": (*classes(step14)[:3], CopyingAdd, step14.Mul),
    "step 16": classes(step16), **ANY_GRAPH,
}  # fmt: skip

# ---------------------------------------------------------------- steps 15 and 16


class Watched(step16.Variable):
    """Sorted by insertion while they are collected, with a method for the generation."""

    def backward(self):
        functions, seen = [], set()

        def note(f):
            if f is not None and f not in seen:
                seen.add(f)
                functions.append(f)
                functions.sort(key=lambda g: g.generation)

        note(self.creator)
        cleared = {self.creator}
        for y in self.creator.outputs if self.creator else []:
            y.grad = None
        self.grad = np.ones_like(self.data)
        while functions:
            f = functions.pop()
            gxs = tupled(f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs]))
            if len(gxs) != len(f.inputs):
                raise ValueError("lengths")
            for x, gx in zip(f.inputs, gxs, strict=True):
                if x.creator is not None and x.creator not in cleared:
                    cleared.add(x.creator)
                    for y in x.creator.outputs:
                        y.grad = None
                x.grad = gx if x.grad is None else x.grad + gx
                note(x.creator)


class MakesWatched(step16.Function):
    def __call__(self, *inputs):
        ys = self.forward(*[x.data for x in inputs])
        self.inputs, self.generation = inputs, max([x.generation for x in inputs])
        self.outputs = []
        for y in tupled(ys):
            variable = Watched(np.asarray(y))
            variable.creator, variable.generation = self, 1 + self.generation
            self.outputs.append(variable)
        return self.outputs if isinstance(ys, tuple) else self.outputs[0]


class Abstract(step16.Function, ABC):
    """Nobody can make one by mistake."""

    @abstractmethod
    def forward(self, *xs): ...

    @abstractmethod
    def backward(self, *gys): ...


RIGHT["steps_15_16"] = {
    **ANY_GRAPH, "sorted at every push": (Watched, MakesWatched, *operations(MakesWatched)),
    "an abstract base class": (step16.Variable, Abstract, *operations(Abstract)),
}  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_11_to_16


def mended(engine):
    return "one_operand", lambda: engine


RIGHT["debug_autodiff_11_to_16"] = {
    **{name: mended(engine) for name, engine in ANY_GRAPH.items()},
    "a list": ("one_operand", lambda: list(classes(step16))),
}  # fmt: skip
