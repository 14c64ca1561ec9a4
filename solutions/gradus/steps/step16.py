"""Step 16: generations.

Step 15 ran a function before all that use its output had run. A function now has a generation, the latest of its inputs',
and its outputs are one later. Backward takes every function once, the latest generation first: all that use a variable
run before what made it.
"""

from typing import Any

import numpy as np


class Variable:
    """A box that holds an array, the gradient of some result with respect to it, and the function that made it."""

    def __init__(self, data: np.ndarray | None) -> None:
        if data is not None and not isinstance(data, np.ndarray):
            raise TypeError(f"Variable: data must be a NumPy array, got {type(data).__name__}")
        self.data: Any = data if data is None or data.dtype.kind not in "biu" else data.astype(np.float64)
        self.grad: Any = None
        self.creator: Any = None
        self.generation = 0

    def cleargrad(self) -> None:
        self.grad = None

    def backward(self, watch: Any = None) -> None:
        """After each function, watch(function) may look at the gradients so far."""
        functions = self.functions_behind()
        self.grad = np.ones_like(self.data)
        for function in functions:
            gys = [np.zeros_like(y.data) if y.grad is None else y.grad for y in function.outputs]
            gxs = function.backward(*gys)
            for x, gx in zip(function.inputs, gxs if isinstance(gxs, tuple) else (gxs,), strict=True):
                if np.shape(gx) != x.data.shape:
                    raise ValueError(f"backward: a gradient has shape {np.shape(gx)}, its variable {x.data.shape}")
                x.grad = as_array(gx if x.grad is None else x.grad + gx)  # not +=: Add returns one array twice
            if watch is not None:
                watch(function)

    def functions_behind(self) -> list[Any]:
        """The functions that made self; their outputs forget the gradients of an earlier backward."""
        found, waiting, seen = [], [self.creator], {None}
        while waiting:
            function = waiting.pop()
            if function not in seen:
                seen.add(function)
                found.append(function)
                for y in function.outputs:
                    y.cleargrad()
                waiting.extend(x.creator for x in function.inputs)
        return sorted(found, key=lambda function: function.generation, reverse=True)


class Function:
    """A function of several Variables, with several Variables as its values."""

    def __call__(self, *inputs: Variable) -> Any:
        if hasattr(self, "inputs"):
            raise RuntimeError(f"{type(self).__name__}: an object remembers one call; make a new one for another")
        ys = self.forward(*[x.data for x in inputs])
        outputs = [Variable(as_array(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        self.generation = max(x.generation for x in inputs)
        for y in outputs:
            y.creator, y.generation = self, self.generation + 1
        self.inputs, self.outputs = inputs, outputs
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, *gys: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no backward")


class Square(Function):
    def forward(self, x: np.ndarray) -> Any:
        return x**2

    def backward(self, gy: np.ndarray) -> Any:
        return 2 * self.inputs[0].data * gy


class Add(Function):
    def forward(self, x0: np.ndarray, x1: np.ndarray) -> Any:
        return x0 + x1

    def backward(self, gy: np.ndarray) -> Any:
        return gy, gy


class Mul(Function):
    def forward(self, x0: np.ndarray, x1: np.ndarray) -> Any:
        return x0 * x1

    def backward(self, gy: np.ndarray) -> Any:
        return gy * self.inputs[1].data, gy * self.inputs[0].data


def square(x: Variable) -> Any:
    return Square()(x)


def add(x0: Variable, x1: Variable) -> Any:
    return Add()(x0, x1)


def mul(x0: Variable, x1: Variable) -> Any:
    return Mul()(x0, x1)


def as_array(x: Any) -> Any:
    return np.array(x) if np.isscalar(x) else x


def main() -> None:
    x = Variable(np.array(2.0))
    a = square(x)
    y = add(square(a), square(a))
    y.backward(watch=lambda function: print(type(function).__name__, *[x.grad for x in function.inputs]))
    print(y.data, x.grad)


if __name__ == "__main__":
    main()
