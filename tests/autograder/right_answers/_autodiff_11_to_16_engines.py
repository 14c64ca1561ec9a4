"""Right engines for any graph, each with its own idea of the order."""

from __future__ import annotations

import heapq
import itertools
import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from right_answers._autodiff_11_to_16_sums import numbered_as_made, variables_sorted
from right_answers._autodiff_11_to_16_users import counting_users, operations, pulled, tupled

# ---------------------------------------------------------------- a topological order by recursion


def recursive():
    class Variable:
        def __init__(self, data):
            self.data = data
            self.grad = None
            self.creator = None

        def set_creator(self, func):
            self.creator = func

        def cleargrad(self):
            self.grad = None

        def backward(self):
            order, visited = [], set()

            def visit(v):
                func = v.creator
                if func is None or func in visited:
                    return
                visited.add(func)
                for x in func.inputs:
                    visit(x)
                order.append(func)

            visit(self)
            for func in order:
                for y in func.outputs:
                    y.cleargrad()
            self.grad = np.ones_like(self.data)
            for func in reversed(order):
                gys = [y.grad if y.grad is not None else np.zeros_like(y.data) for y in func.outputs]
                gxs = tupled(func.backward(*gys))
                if len(gxs) != len(func.inputs):
                    raise ValueError("one gradient for each input")
                for x, gx in zip(func.inputs, gxs, strict=True):
                    x.grad = gx if x.grad is None else x.grad + gx

    class Function:
        def __call__(self, *inputs):
            ys = tupled(self.forward(*(x.data for x in inputs)))
            outputs = tuple(Variable(np.asarray(y)) for y in ys)
            for y in outputs:
                y.set_creator(self)
            self.inputs, self.outputs = inputs, outputs
            return outputs[0] if len(outputs) == 1 else outputs

        def forward(self, *xs):
            raise NotImplementedError

        def backward(self, *gys):
            raise NotImplementedError

    return Variable, Function, *operations(Function)


# ---------------------------------------------------------------- a heap of generations, with slots and properties


def heap():
    running = itertools.count()

    class Variable:
        __slots__ = ("__weakref__", "_data", "_grad", "creator", "generation")

        def __init__(self, data):
            self._data, self._grad, self.creator, self.generation = data, None, None, 0

        @property
        def data(self):
            return self._data

        @property
        def grad(self):
            return self._grad

        @grad.setter
        def grad(self, value):
            self._grad = value

        def cleargrad(self):
            self._grad = None

        def backward(self):
            waiting, seen, sums = [], set(), {id(self): np.ones_like(self.data)}

            def push(func):
                if func is not None and func not in seen:
                    seen.add(func)
                    heapq.heappush(waiting, (-func.generation, next(running), func))

            self._grad = sums[id(self)]
            push(self.creator)
            while waiting:
                _, _, func = heapq.heappop(waiting)
                gys = [sums.get(id(y), np.zeros_like(y.data)) for y in func.outputs]
                gxs = func.backward(*gys)
                gxs = gxs if isinstance(gxs, tuple | list) else [gxs]
                assert len(gxs) == len(func.inputs)
                for x, gx in zip(func.inputs, gxs, strict=True):
                    if x.creator is None:  # a leaf keeps what it has
                        x.grad = gx if x.grad is None else x.grad + gx
                    else:
                        sums[id(x)] = gx if id(x) not in sums else sums[id(x)] + gx
                    push(x.creator)

    class Function:
        __slots__ = ("__dict__", "generation", "inputs", "outputs")

        def __call__(self, *inputs):
            ys = self.forward(*[x.data for x in inputs])
            ys = ys if isinstance(ys, tuple | list) else [ys]
            self.generation = max(x.generation for x in inputs)
            self.inputs, self.outputs = inputs, []
            for y in ys:
                variable = Variable(np.array(y))
                variable.creator, variable.generation = self, self.generation + 1
                self.outputs.append(variable)
            return self.outputs if len(self.outputs) > 1 else self.outputs[0]

    return Variable, Function, *operations(Function)


# ---------------------------------------------------------------- depth first with a stack, noted on the way back


def post_order():
    class Variable:
        def __init__(self, data):
            if not isinstance(data, np.ndarray):
                raise TypeError("an array is needed")
            self.data, self.grad, self.creator = data, None, None

        def cleargrad(self):
            self.grad = None

        def order(self):
            done, entered, stack = [], set(), [(self.creator, False)]
            while stack:
                f, finished = stack.pop()
                if finished:
                    done.append(f)
                elif f is not None and id(f) not in entered:
                    entered.add(id(f))
                    stack.append((f, True))
                    stack += [(x.creator, False) for x in f.inputs]
            return done[::-1]

        def backward(self):
            order = self.order()
            for f in order:
                for ref in f.outputs:
                    if (y := ref()) is not None:
                        y.grad = None
            self.grad = np.ones_like(self.data)
            for f in order:
                gys = []
                for ref, shape, dtype in zip(f.outputs, f.shapes, f.dtypes, strict=True):
                    y = ref()  # None: nobody used that output, and it is gone
                    gys.append(np.zeros(shape, dtype) if y is None or y.grad is None else y.grad)
                gxs = tupled(f.backward(*gys))
                for x, gx in zip(f.inputs, gxs, strict=True):
                    x.grad = gx + (0 if x.grad is None else x.grad)

    class Function:
        def __call__(self, *inputs):
            outputs = [Variable(np.asarray(y)) for y in tupled(self.forward(*[x.data for x in inputs]))]
            self.inputs = list(inputs)
            for y in outputs:
                y.creator = self
            self.outputs = [weakref.ref(y) for y in outputs]
            self.shapes, self.dtypes = [y.data.shape for y in outputs], [y.data.dtype for y in outputs]
            return outputs if len(outputs) > 1 else outputs[0]

    return Variable, Function, *operations(Function)


# ---------------------------------------------------------------- a tape, played backwards


def tape():
    played: deque[Any] = deque(maxlen=2000)  # longer than any graph: what is older is forgotten

    @dataclass(eq=False)
    class Variable:
        data: Any
        grad: Any = None
        leaf: bool = True

        def cleargrad(self):
            self.grad = None

        def backward(self):
            for _, outputs, _ in played:
                for y in outputs:
                    y.grad = None
            self.grad = np.ones_like(self.data)
            for f, outputs, inputs in reversed(played):
                if all(y.grad is None for y in outputs):
                    continue
                gys = [np.zeros_like(y.data) if y.grad is None else y.grad for y in outputs]
                gxs = tupled(f.backward(*gys))
                if len(gxs) != len(inputs):
                    raise TypeError(f"{len(inputs)} gradients expected, got {len(gxs)}")
                for x, gx in zip(inputs, gxs, strict=True):
                    x.grad = np.add(x.grad, gx) if x.grad is not None else np.array(gx)

    class Function:
        def __call__(self, *inputs):
            self.inputs = inputs
            ys = self.forward(*[x.data for x in inputs])
            if not isinstance(ys, tuple):
                ys = (ys,)
            outputs = [Variable(np.asarray(y), leaf=False) for y in ys]
            played.append((self, outputs, inputs))
            return outputs if len(outputs) > 1 else outputs[0]

    return Variable, Function, *operations(Function)


ANY_GRAPH = {
    "recursive topological sort": recursive(), "heap of generations": heap(), "depth first, post-order": post_order(),
    "tape": tape(), "users counted": counting_users(), "pulled": pulled(),
    "variables sorted": variables_sorted(), "numbered as made": numbered_as_made(),
}  # fmt: skip
