"""Engines put together out of parts, so that a wrong version differs from a right one in a single part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Engine = tuple[type, type, type, type, type]  # Variable, Function, Square, Add, Mul
NAMES = ("Variable", "Function", "Square", "Add", "Mul")


def as_array(x: Any) -> Any:
    return np.array(x) if np.isscalar(x) else x


def as_tuple(values: Any) -> Any:
    return values if isinstance(values, tuple) else (values,)


# ---------------------------------------------------------------- forward


def link(f: Any, inputs: tuple[Any, ...], outputs: list[Any]) -> Any:
    """Note what came in and what went out; a single output comes back as it is."""
    f.generation = max(x.generation for x in inputs)
    for y in outputs:
        y.creator, y.generation = f, f.generation + 1
    f.inputs, f.outputs = inputs, outputs
    return outputs if len(outputs) > 1 else outputs[0]


def call(f: Any, inputs: tuple[Any, ...], Variable: type) -> Any:
    ys = as_tuple(f.forward(*[x.data for x in inputs]))
    return link(f, inputs, [Variable(as_array(y)) for y in ys])


# ---------------------------------------------------------------- backward, one function


def upstream(f: Any) -> list[Any]:
    """The gradients of a function's outputs, zeros for one that nobody used."""
    return [np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs]


def add_up(f: Any) -> None:
    gxs = as_tuple(f.backward(*upstream(f)))
    for x, gx in zip(f.inputs, gxs, strict=True):
        x.grad = as_array(gx if x.grad is None else x.grad + gx)


def overwrite(f: Any) -> None:
    gxs = as_tuple(f.backward(*upstream(f)))
    for x, gx in zip(f.inputs, gxs, strict=True):
        x.grad = as_array(gx)


def add_in_place(f: Any) -> None:
    gxs = as_tuple(f.backward(*upstream(f)))
    for x, gx in zip(f.inputs, gxs, strict=True):
        if x.grad is None:
            x.grad = as_array(gx)
        else:
            x.grad += gx


# ---------------------------------------------------------------- backward, in which order


def found_from(y: Any, seen_once: bool = True) -> list[Any]:
    """The functions behind a variable; those that several need are found as often as they are needed, or once."""
    found: list[Any] = []
    waiting, seen = [y.creator], set()
    while waiting:
        f = waiting.pop()
        if f is None or (seen_once and id(f) in seen):
            continue
        seen.add(id(f))
        found.append(f)
        waiting.extend(x.creator for x in f.inputs)
    return found


def forget_results(functions: list[Any]) -> None:
    for f in functions:
        for y in f.outputs:
            y.grad = None


def latest_first(y: Any) -> list[Any]:
    return sorted(found_from(y), key=lambda f: -f.generation)


def earliest_first(y: Any) -> list[Any]:
    return sorted(found_from(y), key=lambda f: f.generation)


def last_in_first_out(y: Any) -> list[Any]:
    """The order of a stack of functions, each as often as it is needed."""
    return found_from(y, seen_once=False)


def backward(
    order: Callable[[Any], list[Any]] = latest_first,
    hand_back: Callable[[Any], None] = add_up,
    forget: Callable[[list[Any]], None] = forget_results,
) -> Callable[[Any], None]:
    """Variable.backward out of three parts: the order, what is done for each function, what is forgotten before."""

    def of_variable(y: Any) -> None:
        functions = order(y)
        forget(functions)
        y.grad = np.ones_like(y.data)
        for f in functions:
            hand_back(f)

    return of_variable


# ---------------------------------------------------------------- the whole


def forget_gradient(x: Any) -> None:
    x.grad = None


def slope_of_square(f: Any, gy: Any) -> Any:
    return 2 * f.inputs[0].data * gy


def gradient_for_both(f: Any, gy: Any) -> Any:
    return gy, gy


def gradient_times_the_other(f: Any, gy: Any) -> Any:
    return gy * f.inputs[1].data, gy * f.inputs[0].data


def engine(
    backward: Callable[[Any], None],
    *,
    call: Callable[..., Any] = call,
    cleargrad: Callable[[Any], None] = forget_gradient,
    back_through_square: Callable[..., Any] = slope_of_square,
    back_through_add: Callable[..., Any] = gradient_for_both,
    back_through_mul: Callable[..., Any] = gradient_times_the_other,
) -> Engine:
    """The five classes, with these parts."""
    run_backward, run_cleargrad, run_call = backward, cleargrad, call

    class Variable:
        def __init__(self, data: Any) -> None:
            if data is not None and not isinstance(data, np.ndarray):
                raise TypeError(f"Variable: data must be a NumPy array, got {type(data).__name__}")
            self.data: Any = data
            self.grad: Any = None
            self.creator: Any = None
            self.generation = 0

        def cleargrad(self) -> None:
            run_cleargrad(self)

        def backward(self) -> None:
            run_backward(self)

    class Function:
        def __call__(self, *inputs: Any) -> Any:
            return run_call(self, inputs, Variable)

        def forward(self, *xs: Any) -> Any:
            raise NotImplementedError

        def backward(self, *gys: Any) -> Any:
            raise NotImplementedError

    class Square(Function):
        def forward(self, x: Any) -> Any:
            return x**2

        def backward(self, gy: Any) -> Any:
            return back_through_square(self, gy)

    class Add(Function):
        def forward(self, x0: Any, x1: Any) -> Any:
            return x0 + x1

        def backward(self, gy: Any) -> Any:
            return back_through_add(self, gy)

    class Mul(Function):
        def forward(self, x0: Any, x1: Any) -> Any:
            return x0 * x1

        def backward(self, gy: Any) -> Any:
            return back_through_mul(self, gy)

    return Variable, Function, Square, Add, Mul
