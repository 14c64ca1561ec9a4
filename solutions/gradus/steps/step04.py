"""Step 4: numerical differentiation.

Step 3 computes values and knows no slope. The slope of any function can be measured: move x a little to both sides and
look how far y moves. That needs nothing but values, and the result is never quite right: a large ε misses the curve,
a small one drowns in rounding.
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


class Square(Function):
    def forward(self, x: np.ndarray) -> Any:
        return x**2


class Exp(Function):
    def forward(self, x: np.ndarray) -> Any:
        return np.exp(x)


def numerical_diff(f: Callable[[Variable], Variable], x: Variable, eps: float = 1e-4) -> Any:
    """(f(x + ε) − f(x − ε)) / (2ε), for functions that treat every element of an array by itself."""
    right, left = f(Variable(x.data + eps)), f(Variable(x.data - eps))
    return (right.data - left.data) / (2 * eps)


def main() -> None:
    print(numerical_diff(Square(), Variable(np.array(2.0))))
    A, B, C = Square(), Exp(), Square()
    x = Variable(np.array(0.5))
    for eps in (1e-2, 1e-4, 1e-6, 1e-10, 1e-14):
        print(eps, numerical_diff(lambda x: C(B(A(x))), x, eps))


if __name__ == "__main__":
    main()
