"""Step 6: backpropagation by hand.

In step 5 whoever multiplied had to know where each function had been evaluated. Now a function remembers its input, and
a variable has room for its gradient: backward turns the gradient of a function's output into the gradient of its input.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


class Variable:
    """A box that holds an array, and the gradient of some result with respect to it."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.grad: Any = None


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x: Variable) -> Variable:
        y = Variable(self.forward(x.data))
        self.input = x
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


def numerical_diff(f: Callable[[Variable], Variable], x: Variable, eps: float = 1e-4) -> Any:
    """(f(x + ε) − f(x − ε)) / (2ε), for functions that treat every element of an array by itself."""
    right, left = f(Variable(x.data + eps)), f(Variable(x.data - eps))
    return (right.data - left.data) / (2 * eps)


def main() -> None:
    A, B, C = Square(), Exp(), Square()
    x = Variable(np.array(0.5))
    a = A(x)
    b = B(a)
    y = C(b)
    y.grad = np.ones_like(y.data)
    b.grad = C.backward(y.grad)
    a.grad = B.backward(b.grad)
    x.grad = A.backward(a.grad)
    print(x.grad)
    print(numerical_diff(lambda x: C(B(A(x))), x))


if __name__ == "__main__":
    main()
