"""Right engines that keep the gradients of one backward in a dict and write them into `grad` at its end."""

from __future__ import annotations

import itertools

import numpy as np

from right_answers._autodiff_11_to_16_users import operations


def variables_sorted():
    """Variables have generations, and are sorted; functions have none."""

    class Variable:
        def __init__(self, data, generation=0):
            self.data, self.grad, self.maker, self.generation = data, None, None, generation

        def cleargrad(self):
            self.grad = None

        def backward(self):
            sums, known, stack, done = {id(self): np.ones_like(self.data)}, {}, [self], set()
            while stack:
                v = stack.pop()
                if id(v) not in known:
                    known[id(v)] = v
                    stack += v.maker.xs + v.maker.ys if v.maker else []
            for v in sorted(known.values(), key=lambda v: v.generation, reverse=True):
                f = v.maker
                if f is None or f in done:
                    continue
                done.add(f)
                gs = f.backward(*[sums[id(y)] if id(y) in sums else np.zeros_like(y.data) for y in f.ys])
                gs = gs if isinstance(gs, tuple | list) else [gs]
                if len(gs) != len(f.xs):
                    raise ValueError
                for x, g in zip(f.xs, gs, strict=True):
                    sums[id(x)] = sums.get(id(x), 0) + g
            for key, g in sums.items():
                v = known[key]
                v.grad = np.asarray(g if v.maker or v.grad is None else v.grad + g)

    class Function:
        def __call__(self, *xs):
            ys = self.forward(*(x.data for x in xs))
            single = not isinstance(ys, tuple | list)
            later = 1 + max(x.generation for x in xs)
            self.xs = self.inputs = list(xs)
            self.ys = [Variable(np.asarray(y), later) for y in ([ys] if single else ys)]
            for y in self.ys:
                y.maker = self
            return self.ys[0] if single else self.ys

    return Variable, Function, *operations(Function)


def numbered_as_made():
    """What is made later has a larger number: no generations. A function keeps numbers and shapes, not its outputs."""
    number = itertools.count()

    class Variable:
        def __init__(self, data):
            self.data, self.grad, self.creator, self.number = data, None, None, next(number)

        def cleargrad(self):
            self.grad = None

        def backward(self):
            sums, waiting, leaves = {self.number: np.ones_like(self.data)}, {}, {}
            if self.creator:
                waiting[self.creator.number] = self.creator
            while waiting:
                f = waiting.pop(max(waiting))
                gs = f.backward(*[sums.get(n, np.zeros(shape, dtype)) for n, shape, dtype in f.outs])
                if type(gs) is not tuple:
                    gs = (gs,)
                assert len(gs) == len(f.inputs), "lengths"
                for x, g in zip(f.inputs, gs, strict=True):
                    sums[x.number] = sums[x.number] + g if x.number in sums else g
                    if x.creator:
                        waiting[x.creator.number] = x.creator
                    else:
                        leaves[x.number] = x
            self.grad = sums[self.number]
            for n, x in leaves.items():
                x.grad = sums[n] if x.grad is None else x.grad + sums[n]

    class Function:
        def __call__(self, *inputs):
            self.inputs, self.number = inputs, next(number)
            found = self.forward(*[x.data for x in inputs])
            ys = [Variable(np.array(y)) for y in (found if isinstance(found, tuple) else [found])]
            for y in ys:
                y.creator = self
            self.outs = [(y.number, y.data.shape, y.data.dtype) for y in ys]
            return ys[0] if len(ys) == 1 else ys

    return Variable, Function, *operations(Function)
