"""Step 10: tests, and the check of a gradient.

Step 9 would have differentiated with a wrong backward, and nobody would have noticed. Each function gets a test with a
value known beforehand, and gradcheck compares what backward says with what step 4 measures. Errors are relative: for an
absolute tolerance of 1e-4, a gradient of 1e-6 is never wrong.
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


def gradcheck(f: Callable[[Variable], Variable], x: Variable, eps: float = 1e-5, rtol: float = 1e-6) -> None:
    """Compare backward with numerical_diff. It takes float64: in float32 a difference keeps three digits."""
    if x.data.dtype != np.float64:
        raise TypeError(f"gradcheck: x must be float64, got {x.data.dtype}")
    x = Variable(x.data)
    y = f(x)
    y.backward()
    slope = numerical_diff(f, x, eps)
    rounding = 1e-15 * np.abs(y.data) / eps
    if not np.all(np.abs(x.grad - slope) <= rtol * np.maximum(np.abs(x.grad), np.abs(slope)) + rounding):
        raise AssertionError(f"gradcheck: backward gives {x.grad}, the difference quotient {slope}")


def test_square() -> None:
    assert square(Variable(np.array(3.0))).data == 9
    gradcheck(square, Variable(np.array([-3.0, 1e-6, 2.0])))


def test_exp() -> None:
    assert exp(Variable(np.array(0.0))).data == 1
    gradcheck(exp, Variable(np.array([-3.0, 0.0, 2.0])))


def main() -> None:
    test_square()
    test_exp()
    gradcheck(lambda x: square(exp(square(x))), Variable(np.array(0.5)))
    print("backward and the difference quotient agree")


if __name__ == "__main__":
    main()
