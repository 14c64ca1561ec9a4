"""Step 3: functions are composed.

Step 2 had one function. With a second one, what a function returns can be given to the next, because both ends are
Variables: y = (exp(x²))² is three functions in a row.
"""

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


def main() -> None:
    A, B, C = Square(), Exp(), Square()
    x = Variable(np.array(0.5))
    a = A(x)
    b = B(a)
    y = C(b)
    print(y.data)


if __name__ == "__main__":
    main()
