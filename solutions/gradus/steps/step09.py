"""Step 9: handier functions, and checks of types.

Step 8 was clumsy, and took anything: backward had to be seeded, an object had to be made for each call, Variable(1.0)
was accepted, and a result of one number left the arrays for a NumPy scalar. Now square(x) and y.backward() are enough,
a box holds an array or nothing, and whole numbers become floating-point numbers.
"""

from collections.abc import Callable
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
            x, y = function.input, function.output
            x.grad = as_array(function.backward(y.grad))
            functions.append(x.creator)


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x: Variable) -> Variable:
        if hasattr(self, "input"):
            raise RuntimeError(f"{type(self).__name__}: an object remembers one input; make a new one for another call")
        y = Variable(as_array(self.forward(x.data)))
        y.creator = self
        self.input, self.output = x, y
        return y

    def forward(self, x: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, gy: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no backward")


class Square(Function):
    def forward(self, x: np.ndarray) -> Any:
        return x**2

    def backward(self, gy: np.ndarray) -> Any:
        return 2 * self.input.data * gy


class Exp(Function):
    def forward(self, x: np.ndarray) -> Any:
        return np.exp(x)

    def backward(self, gy: np.ndarray) -> Any:
        return np.exp(self.input.data) * gy


def square(x: Variable) -> Variable:
    return Square()(x)


def exp(x: Variable) -> Variable:
    return Exp()(x)


def as_array(x: Any) -> Any:
    return np.array(x) if np.isscalar(x) else x


def numerical_diff(f: Callable[[Variable], Variable], x: Variable, eps: float = 1e-4) -> Any:
    """(f(x + ε) − f(x − ε)) / (2ε), for functions that treat every element of an array by itself."""
    right, left = f(Variable(as_array(x.data + eps))), f(Variable(as_array(x.data - eps)))
    return (right.data - left.data) / (2 * eps)


def main() -> None:
    x = Variable(np.array(0.5))
    y = square(exp(square(x)))
    y.backward()
    print(type(y.data).__name__, y.data, x.grad)
    print(numerical_diff(lambda x: square(exp(square(x))), x))


if __name__ == "__main__":
    main()
