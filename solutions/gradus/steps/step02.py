"""Step 2: a function makes a new variable from a variable.

Step 1 could hold a number and do nothing with it. A Function takes the array out of a Variable, computes, and puts the
result into a new one. What it computes is said in a subclass, in forward, which sees arrays only.
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


def main() -> None:
    x = Variable(np.array(10.0))
    f = Square()
    y = f(x)
    print(type(y).__name__, y.data)


if __name__ == "__main__":
    main()
