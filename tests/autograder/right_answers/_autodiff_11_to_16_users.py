"""Right engines in which a variable knows, or counts, who uses it; and what all the engines share."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np


def operations(Function):
    """Square, Add and Mul on a base class that keeps its inputs."""

    class Square(Function):
        def forward(self, x):
            return x * x

        def backward(self, gy):
            (x,) = self.inputs
            return gy * 2.0 * x.data if x.data.dtype == np.float64 else (gy * x.data) * 2

    class Add(Function):
        def forward(self, a, b):
            return a + b

        def backward(self, gy):
            return (gy, gy)

    class Mul(Function):
        def forward(self, a, b):
            self.a, self.b = a, b
            return a * b

        def backward(self, gy):
            return self.b * gy, self.a * gy

    return Square, Add, Mul


def tupled(values):
    return values if isinstance(values, tuple) else (values,)


# ---------------------------------------------------------------- users counted, as in PyTorch


def counting_users():
    class Variable:
        def __init__(self, data, creator=None):
            self.data, self.grad, self.creator = data, None, creator

        def cleargrad(self):
            self.grad = None

        def backward(self):
            users, todo, known = Counter(), [self.creator], {None}
            while todo:
                f = todo.pop()
                if f in known:
                    continue
                known.add(f)
                for y in f.outputs:
                    y.grad = None
                for creator in {x.creator for x in f.inputs}:
                    users[creator] += 1
                    todo.append(creator)
            self.grad = np.ones_like(self.data)
            ready = [self.creator] if self.creator else []
            while ready:
                f = ready.pop(0)
                f.pass_on()
                for creator in {x.creator for x in f.inputs} - {None}:
                    users[creator] -= 1
                    if users[creator] == 0:
                        ready.append(creator)

        def receive(self, g):
            self.grad = g.copy() if self.grad is None else self.grad + g

    class Function:
        inputs: tuple[Any, ...] = ()

        def __call__(self, *inputs):
            result = self.forward(*[x.data for x in inputs])
            self.inputs = inputs
            self.outputs = [Variable(np.asarray(y), self) for y in tupled(result)]
            return self.outputs if isinstance(result, tuple) else self.outputs[0]

        def pass_on(self):
            gys = [np.zeros_like(y.data) if y.grad is None else y.grad for y in self.outputs]
            gxs = tupled(self.backward(*gys))
            if len(gxs) != len(self.inputs):
                raise RuntimeError("lengths")
            for x, gx in zip(self.inputs, gxs, strict=True):
                x.receive(np.asarray(gx))

    return Variable, Function, *operations(Function)


# ---------------------------------------------------------------- pulled: a variable asks its users


def pulled():
    """Each variable knows who uses it and asks them for its gradient, which is computed once."""

    class Variable:
        def __init__(self, data):
            self.data, self.grad, self.creator = data, None, None

        def cleargrad(self):
            self.grad = None

        def backward(self):
            users, leaves, todo, known = {}, {}, [self.creator], {None}
            while todo:
                f = todo.pop()
                if f in known:
                    continue
                known.add(f)
                for i, x in enumerate(f.inputs):
                    users.setdefault(x, []).append((f, i))
                    todo.append(x.creator)
                    if x.creator is None:
                        leaves[x] = None
            of_function, of_variable = {}, {self: np.ones_like(self.data)}

            def gradient(v):
                if v not in of_variable:
                    parts = [gradients(f)[i] for f, i in users.get(v, [])]
                    of_variable[v] = sum(parts[1:], parts[0]) if parts else np.zeros_like(v.data)
                return of_variable[v]

            def gradients(f):
                if f not in of_function:
                    gxs = f.backward(*[gradient(y) for y in f.outputs])
                    gxs = gxs if type(gxs) is tuple else (gxs,)
                    assert len(gxs) == len(f.inputs), "one gradient for each input"
                    of_function[f] = gxs
                return of_function[f]

            self.grad = of_variable[self]
            for leaf in leaves:
                leaf.grad = gradient(leaf) if leaf.grad is None else leaf.grad + gradient(leaf)

    class Function:
        def __call__(self, *inputs):
            self.inputs = inputs
            ys = self.forward(*[x.data for x in inputs])
            self.outputs = [Variable(np.asarray(y)) for y in tupled(ys)]
            for y in self.outputs:
                y.creator = self
            return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    return Variable, Function, *operations(Function)
