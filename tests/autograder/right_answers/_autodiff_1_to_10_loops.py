"""Engines whose way back is a loop, each written in another way: right answers to steps 8 and 9."""

from __future__ import annotations

import heapq
import weakref
from collections import deque
from typing import Any

import numpy as np

LOOPS: dict[str, tuple] = {}


def engine(Variable, Function) -> tuple[Any, ...]:
    class Square(Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            return 2 * self.input.data * gy

    class Exp(Function):
        def forward(self, x):
            return np.exp(x)

        def backward(self, gy):
            return np.exp(self.input.data) * gy

    def square(x):
        return Square()(x)

    def exp(x):
        f = Exp()
        return f(x)

    return Variable, Function, Square, Exp, square, exp


class Queued:
    """A queue; arrays are made by np.asarray where they are stored."""

    def __init__(self, data):
        if not (data is None or type(data) is np.ndarray):
            raise TypeError(f"{type(data)} is not supported")
        if data is not None and np.issubdtype(data.dtype, np.integer):
            data = data.astype("float64")
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        self.grad = np.ones(self.data.shape, dtype=self.data.dtype)
        queue = deque([self])
        while queue:
            y = queue.popleft()
            if y.creator is not None:
                y.creator.input.grad = np.asarray(y.creator.backward(y.grad))
                queue.append(y.creator.input)


class QueuedFunction:
    def __call__(self, x):
        self.input = x
        y = Queued(np.asarray(self.forward(x.data)))
        y.creator = self
        return y

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class Adding:
    """Adds to gradients that are there, as step 14 will, and clears those of its own way first; weak links to outputs."""

    def __init__(self, data=None):
        if data is not None:
            if not isinstance(data, np.ndarray):
                raise TypeError(type(data).__name__)
            data = data * 1.0 if data.dtype.kind in "biu" else data
        self.data = data
        self.cleargrad()
        self.creator = None

    def cleargrad(self):
        self.grad = None

    def backward(self):
        way, v = [], self
        while v.creator is not None:
            way.append(v.creator)
            v = v.creator.input
            v.cleargrad()
        self.grad = np.ones_like(self.data)
        for f in way:
            g = f.backward(f.output().grad)
            g = np.array(g) if np.isscalar(g) else g
            f.input.grad = g if f.input.grad is None else f.input.grad + g


class AddingFunction:
    def __call__(self, *inputs):
        (self.input,) = inputs
        y = self.forward(self.input.data)
        output = Adding(np.array(y) if not isinstance(y, np.ndarray) else y)
        output.creator = self
        self.output = weakref.ref(output)
        return output

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class Guarded:
    """Properties that look at what is put into them, later as well as at first."""

    def __init__(self, data):
        self.data = data
        self._grad = None
        self.creator = None

    @property
    def data(self):
        return self._data

    @data.setter
    def data(self, value):
        if value is not None:
            if not isinstance(value, np.ndarray):
                raise TypeError("an array, please")
            if value.dtype.kind not in "fc":
                value = value.astype(float)
        self._data = value

    @property
    def grad(self):
        return self._grad

    @grad.setter
    def grad(self, value):
        self._grad = None if value is None else np.asarray(value)

    def backward(self):
        self.grad = np.ones_like(self.data)
        f, gy = self.creator, self.grad
        while f is not None:
            gy = f.input.grad = np.asarray(f.backward(gy))
            f = f.input.creator


class GuardedFunction:
    def __call__(self, x):
        if getattr(self, "input", None) is not None:
            raise RuntimeError("make a new object for another call")
        y = Guarded(np.asanyarray(self.forward(x.data)))
        y.creator, self.input, self.output = self, x, y
        return y

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


# ---------------------------------------------------------------- the orders of the assignment after this one


class Kept:
    """What the engines below have in common: what a box takes, and what it holds at first."""

    def __init__(self, data):
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(f"not an array: {data!r}")
        whole = data is not None and not np.issubdtype(data.dtype, np.inexact)
        self.data = np.array(data, dtype=float) if whole else data
        self.grad, self.creator = None, None

    def step_back(self):
        """Put the gradient of the input of the creator; give the input."""
        x = self.creator.input
        x.grad = np.asarray(self.creator.backward(self.grad))
        return x


class KeptFunction:
    makes: Any = Kept

    def __call__(self, x):
        y = self.makes(np.asarray(self.forward(x.data)))
        y.creator, self.input = self, x
        self.note(x, y)
        return y

    def note(self, x, y):
        """What else is kept of a call."""

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class Stacked(Kept):
    """A stack of functions that wait; each knows its output."""

    def backward(self):
        self.grad = np.full_like(self.data, 1)
        stack = [self.creator] if self.creator else []
        while stack:
            f = stack.pop()
            if f.output.step_back().creator is not None:
                stack.append(f.input.creator)


class StackedFunction(KeptFunction):
    makes = Stacked

    def note(self, x, y):
        self.output = y


class PostOrdered(Kept):
    """First all functions depth first, noted on the way out, without recursion; then that list from its end."""

    def backward(self):
        order, entered, stack = [], set(), [(self, False)]
        while stack:
            y, left = stack.pop()
            if left:
                order.append(y)
            elif y.creator is not None and y.creator not in entered:
                entered.add(y.creator)
                stack += [(y, True), (y.creator.input, False)]
        self.grad = np.ones(self.data.shape, self.data.dtype)
        for y in order[::-1]:
            y.step_back()


class PostOrderedFunction(KeptFunction):
    makes = PostOrdered


class Heaped(Kept):
    """A heap of generations: the variable furthest from the beginning comes next."""

    generation = 0

    def __lt__(self, other):
        return self.generation > other.generation

    def backward(self):
        self.grad = np.array(self.data)
        self.grad.fill(1)
        heap = [self]
        while heap:
            y = heapq.heappop(heap)
            if y.creator is not None:
                heapq.heappush(heap, y.step_back())


class HeapedFunction(KeptFunction):
    makes = Heaped

    def note(self, x, y):
        y.generation = x.generation + 1


TAPE: deque[Any] = deque(maxlen=10_000)  # longer than any chain: what is older is forgotten


class Taped(Kept):
    """Every call is written on a tape, which is played backwards; calls that have nothing to do with the result are left out."""

    def backward(self):
        self.grad = np.ones_like(self.data)
        wanted = self
        for y in reversed(TAPE):
            if y is wanted:
                wanted = y.step_back()


class TapedFunction(KeptFunction):
    makes = Taped

    def note(self, x, y):
        TAPE.append(y)


LOOPS |= {
    "queue": engine(Queued, QueuedFunction), "adding, weak links": engine(Adding, AddingFunction),
    "properties": engine(Guarded, GuardedFunction), "stack": engine(Stacked, StackedFunction),
    "depth first, post-order": engine(PostOrdered, PostOrderedFunction), "heap of generations": engine(Heaped, HeapedFunction),
    "tape": engine(Taped, TapedFunction),
}  # fmt: skip
