"""Step 12: the same, made convenient.

In step 11 everything had to be put into lists and taken out again. Now inputs are written one after the other,
add(x0, x1), forward names its arrays, and a single output comes back as it is.
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

    def backward(self) -> None:
        self.grad = np.ones_like(self.data)
        functions = [self.creator]
        while functions:
            function = functions.pop()
            if function is None:  # a leaf: nothing made it
                continue
            (x,), (y,) = function.inputs, function.outputs
            x.grad = as_array(function.backward(y.grad))
            functions.append(x.creator)


class Function:
    """A function of several Variables, with several Variables as its values."""

    def __call__(self, *inputs: Variable) -> Any:
        if hasattr(self, "inputs"):
            raise RuntimeError(f"{type(self).__name__}: an object remembers one call; make a new one for another")
        ys = self.forward(*[x.data for x in inputs])
        outputs = [Variable(as_array(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
        for y in outputs:
            y.creator = self
        self.inputs, self.outputs = inputs, outputs
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, gy: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no backward")


class Square(Function):
    def forward(self, x: np.ndarray) -> Any:
        return x**2

    def backward(self, gy: np.ndarray) -> Any:
        return 2 * self.inputs[0].data * gy


class Add(Function):
    def forward(self, x0: np.ndarray, x1: np.ndarray) -> Any:
        return x0 + x1


class Mul(Function):
    def forward(self, x0: np.ndarray, x1: np.ndarray) -> Any:
        return x0 * x1


def square(x: Variable) -> Any:
    return Square()(x)


def add(x0: Variable, x1: Variable) -> Any:
    return Add()(x0, x1)


def mul(x0: Variable, x1: Variable) -> Any:
    return Mul()(x0, x1)


def as_array(x: Any) -> Any:
    return np.array(x) if np.isscalar(x) else x


def main() -> None:
    x0, x1 = Variable(np.array(2.0)), Variable(np.array(3.0))
    y = add(x0, x1)
    print(y.data)


if __name__ == "__main__":
    main()
