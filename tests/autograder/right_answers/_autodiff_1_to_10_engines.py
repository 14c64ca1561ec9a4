"""Engines for chains of functions, each written in another way: right answers to steps 1 to 7."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

ENGINES: dict[str, dict[str, tuple]] = {}

# ---------------------------------------------------------------- steps 1 to 3


@dataclass
class DataVariable:
    data: np.ndarray


class DataFunction:
    def __call__(self, input_variable):
        output = self.forward(input_variable.data)
        return DataVariable(output)

    def forward(self, array):
        raise NotImplementedError


class DataSquare(DataFunction):
    def forward(self, array):
        return array * array


class DataExp(DataFunction):
    def forward(self, array):
        return np.e**array


class SlotVariable:
    __slots__ = ("__data",)

    def __init__(self, data=None):
        self.__data = data

    @property
    def data(self):
        return self.__data

    @data.setter
    def data(self, value):
        self.__data = value

    def __repr__(self):
        return f"variable({self.__data})"


class SlotFunction:
    def __init__(self):
        self.calls = 0

    def __call__(self, x):
        self.calls += 1
        y = type(x)()
        y.data = self.forward(x.data)
        return y

    def forward(self, x):
        raise NotImplementedError(type(self))


class SlotSquare(SlotFunction):
    def forward(self, x):
        return np.power(x, 2)


class SlotExp(SlotFunction):
    def forward(self, x):
        y = np.empty_like(x)
        np.exp(x, out=y)
        return y


class Held:
    """Keeps all that was ever put into it; what counts is the last."""

    def __init__(self, *arrays):
        self.history = list(arrays)

    def __getattr__(self, name):
        if name != "data":
            raise AttributeError(name)
        return self.history[-1]

    def __setattr__(self, name, value):
        if name == "data":
            self.history.append(value)
        else:
            super().__setattr__(name, value)


class HeldFunction:
    """A subclass may name a rule of NumPy's in place of a forward."""

    def __init_subclass__(cls, rule=None):
        if rule is not None:
            cls.forward = staticmethod(rule)

    def __call__(self, *boxes):
        arrays = [box.data for box in boxes]
        return Held(self.forward(*arrays))

    def forward(self, *arrays):
        raise NotImplementedError(f"forward of {self.__class__.__name__}")


class HeldSquare(HeldFunction, rule=np.square):
    pass


class HeldExp(HeldFunction, rule=np.exp):
    pass


ENGINES["steps_01_03"] = {
    "dataclass": (DataVariable, DataFunction, DataSquare, DataExp), "slots": (SlotVariable, SlotFunction, SlotSquare, SlotExp),
    "rules of NumPy": (Held, HeldFunction, HeldSquare, HeldExp),
}  # fmt: skip

# ---------------------------------------------------------------- steps 5 to 7


class Looping:
    """With a loop, and a method that sets the creator, as in the book by Saito."""

    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def set_creator(self, func):
        self.creator = func

    def backward(self):
        v = self
        while v.creator is not None:
            v.creator.input.grad = v.creator.backward(v.grad)
            v = v.creator.input


class LoopingFunction:
    def __call__(self, input):
        self.input = input
        output = Looping(self.forward(input.data))
        output.set_creator(self)
        return output

    def forward(self, x):
        raise NotImplementedError()

    def backward(self, gy):
        raise NotImplementedError()


class LoopingSquare(LoopingFunction):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        x = self.input.data
        return 2 * x * gy


class LoopingExp(LoopingFunction):
    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, gy):
        return self.y * gy


@dataclass(eq=False, slots=True)
class Linked:
    data: np.ndarray
    grad: Any = None
    creator: Any = field(default=None, repr=False)

    def backward(self):
        if self.creator:
            self.creator.pull(self.grad)


class LinkedFunction:
    """Keeps a tuple of inputs, of which there is one."""

    inputs: tuple = ()

    @property
    def input(self):
        return self.inputs[0]

    def __call__(self, *inputs):
        self.inputs = inputs
        return Linked(self.forward(*[v.data for v in inputs]), creator=self)

    def pull(self, gy):
        (x,) = self.inputs
        x.grad = self.backward(gy)
        x.backward()

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class LinkedSquare(LinkedFunction):
    def forward(self, x):
        self.slope = x + x
        return x * x

    def backward(self, gy):
        return gy * self.slope


class LinkedExp(LinkedFunction):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.multiply(gy, np.exp(self.input.data))


class Collecting:
    """First the way is collected, then it is gone back; ones where nobody has put a gradient."""

    def __init__(self, data, creator=None):
        self.data, self.grad, self.creator = data, None, creator

    def backward(self):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        way, f = [], self.creator
        while f:
            way.append(f)
            f = f.input.creator
        g = self.grad
        for f in way:
            g = f.backward(g)
            f.input.grad = g


class CollectingFunction:
    input = None

    def __call__(self, x):
        self.input = x
        return Collecting(self.forward(x.data), creator=self)

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class CollectingSquare(CollectingFunction):
    def forward(self, x):
        return np.square(x)

    def backward(self, gy):
        return gy * self.input.data + self.input.data * gy


class CollectingExp(CollectingFunction):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return self.forward(self.input.data) * gy


class Waiting:
    """A stack of variables whose functions are still to be asked; each gradient is put where it belongs before the next step."""

    def __init__(self, data):
        self.data = data
        self.grad = self.creator = None

    def backward(self):
        stack = [self]
        while stack:
            y = stack.pop()
            if (f := y.creator) is None:
                continue
            f.input.grad = f.backward(y.grad)
            stack.append(f.input)


class WaitingFunction:
    """What a call leaves behind is kept by an object of the call's own, and `input` looks into it."""

    call: Any = None

    @property
    def input(self):
        return self.call["x"]

    def __call__(self, x):
        y = Waiting(self.forward(x.data))
        self.call = {"x": x, "y": y}
        y.creator = self
        return y

    def forward(self, x):
        raise NotImplementedError

    def backward(self, gy):
        raise NotImplementedError


class WaitingSquare(WaitingFunction):
    def forward(self, x):
        return np.multiply(x, x)

    def backward(self, gy):
        return np.multiply(gy, 2.0) * self.input.data


class WaitingExp(WaitingFunction):
    """The slope of e to the x is the function itself: the output knows it."""

    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return self.call["y"].data * gy


ENGINES["steps_05_07"] = {
    "loop": (Looping, LoopingFunction, LoopingSquare, LoopingExp),
    "tuple of inputs": (Linked, LinkedFunction, LinkedSquare, LinkedExp),
    "collected way": (Collecting, CollectingFunction, CollectingSquare, CollectingExp),
    "stack of variables": (Waiting, WaitingFunction, WaitingSquare, WaitingExp),
}  # fmt: skip
