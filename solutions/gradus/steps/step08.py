"""Step 8: a loop instead of recursion.

In step 7 backward called itself once for every function, and Python allows about a thousand such calls. A list of the
functions that wait takes the place of the calls. The length of a chain is limited by memory only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


class Variable:
    """A box that holds an array, the gradient of some result with respect to it, and the function that made it."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.grad: Any = None
        self.creator: Any = None

    def backward(self) -> None:
        functions = [self.creator]
        while functions:
            function = functions.pop()
            if function is None:  # a leaf: nothing made it
                continue
            x, y = function.input, function.output
            x.grad = function.backward(y.grad)
            functions.append(x.creator)


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x: Variable) -> Variable:
        y = Variable(self.forward(x.data))
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
    y.backward()
    print(x.grad)
    print(numerical_diff(lambda x: C(B(A(x))), x))

    x = Variable(np.array(1.0))
    y = x
    for _ in range(1000):
        y = Square()(y)
    y.grad = np.ones_like(y.data)
    y.backward()
    print(x.grad, 2.0**1000)


if __name__ == "__main__":
    main()
