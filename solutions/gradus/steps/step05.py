"""Step 5: the theory of backpropagation.

Step 4 measured the slope, with an error, and with two more evaluations for every x. The chain rule has neither flaw.
Through a = A(x), b = B(a), y = C(b) it is

    dy/dx = ((dy/dy · dy/db) · db/da) · da/dx

multiplied from the side of y, and every factor is the derivative of one function where that function was evaluated.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


class Variable:
    """A box that holds an array."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data


class Function:
    """A function of a Variable, with a Variable as its value."""

    def __call__(self, x: Variable) -> Variable:
        y = Variable(self.forward(x.data))
        return y

    def forward(self, x: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def derivative(self, x: np.ndarray) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no derivative")


class Square(Function):
    def forward(self, x: np.ndarray) -> Any:
        return x**2

    def derivative(self, x: np.ndarray) -> Any:
        return 2 * x


class Exp(Function):
    def forward(self, x: np.ndarray) -> Any:
        return np.exp(x)

    def derivative(self, x: np.ndarray) -> Any:
        return np.exp(x)


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
    dy_dy = np.ones_like(y.data)
    dy_db = dy_dy * C.derivative(b.data)
    dy_da = dy_db * B.derivative(a.data)
    dy_dx = dy_da * A.derivative(x.data)
    print(dy_dx)
    print(numerical_diff(lambda x: C(B(A(x))), x))


if __name__ == "__main__":
    main()
