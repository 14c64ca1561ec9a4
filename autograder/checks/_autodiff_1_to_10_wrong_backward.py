"""Wrong versions of steps 5 to 7, as students write them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.exercise import Mistake, mistake


class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.creator = None

    def backward(self):
        f = self.creator
        if f is not None:
            f.input.grad = f.backward(self.grad)
            f.input.backward()


def engine(
    *, fields=None, back=None, call=None, square=None, exp=None, base=None
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """Variable, Function, Square and Exp of step 7 with other methods.

    Args:
        fields: the constructor of Variable.
        back: its backward.
        call: Function.__call__, a function of (self, x) and, as V, the class Variable.
        square, exp: the backwards.
        base: other methods of Function.
    """
    own = {**({"__init__": fields} if fields else {}), **({"backward": back} if back else {})}
    V = type("Variable", (Variable,), own)

    def right_call(self, x):
        y = V(self.forward(x.data))
        y.creator = self
        self.input, self.output = x, y
        return y

    def no_forward(self, x):
        raise NotImplementedError

    methods = {"__call__": (lambda self, x: call(self, x, V)) if call else right_call, "forward": no_forward,
               "backward": no_forward, **(base or {})}  # fmt: skip
    Function = type("Function", (), methods)
    of_square = square or (lambda self, gy: 2 * self.input.data * gy)
    of_exp = exp or (lambda self, gy: np.exp(self.input.data) * gy)
    return (
        V,
        Function,
        type("Square", (Function,), {"forward": lambda self, x: x**2, "backward": of_square}),
        type("Exp", (Function,), {"forward": lambda self, x: np.exp(x), "backward": of_exp}),
    )


def without_creator(self, x, V):
    y = V(self.forward(x.data))
    self.input = x
    return y


def creator_of_the_input(self, x, V):
    y = V(self.forward(x.data))
    x.creator = self
    self.input = x
    return y


def input_as_array(self, x, V):
    y = V(self.forward(x.data))
    y.creator = self
    self.input = x.data
    return y


def by_the_class(self, x, V):
    y = V(self.forward(x.data))
    y.creator = type(self)
    self.input = x
    return y


def one_step(self):
    f = self.creator
    if f is not None:
        f.input.grad = f.backward(self.grad)


def ones_each_time(self):
    self.grad = np.ones_like(self.data)
    f = self.creator
    if f is not None:
        f.input.grad = f.backward(self.grad)
        f.input.backward()


def before_the_gradient(self):
    f = self.creator
    if f is not None:
        x = f.input
        x.grad = f.backward(np.ones_like(self.data))
        x.backward()


def two_calls(self):
    f = self.creator
    if f is not None:
        f.backward(self.grad)
        f.input.grad = f.backward(self.grad)
        f.input.backward()


def seed_taken_over(self):
    if self.grad is None or not hasattr(self, "inner"):
        self.grad = np.ones_like(self.data)
    f = self.creator
    if f is not None:
        f.input.grad = f.backward(self.grad)
        f.input.inner = True
        f.input.backward()


def measured(self, gy):
    x = self.input.data  # so small a step that rounding shows, also where the difference has no other error
    return (self.forward(x + 3e-6) - self.forward(x - 3e-6)) / 6e-6 * gy


def in_gy(self, gy):
    gy *= 2 * self.input.data
    return gy


def zero_at_first(self, data):
    self.data = data
    self.grad = 0.0
    self.creator = None


def gradient_returned(self):
    return None if self.creator is None else self.creator.backward(self.grad)


def input_copied(self, x, V):
    y = V(self.forward(x.data))
    y.creator = self
    self.input = V(x.data)
    return y


def input_in_the_class(self, x, V):
    y = V(self.forward(x.data))
    y.creator = self
    type(self).input = x
    return y


def creator_in_the_class(self, x, V):
    y = V(self.forward(x.data))
    V.creator = self
    self.input = x
    return y


def without_end(self, depth=0):
    """As the right one; where it never ends, it ends at the same depth wherever it runs."""
    if depth > 300:
        raise RecursionError("maximum recursion depth exceeded")
    f = self.creator
    if f is not None:
        f.input.grad = f.backward(self.grad)
        f.input.backward(depth + 1)


def data_and_grad(self, data):
    self.data = data
    self.grad = None


def from_the_front(self):
    way, v = [], self
    while v.creator is not None:
        way.append(v)
        v = v.creator.input
    for v in reversed(way):
        v.creator.input.grad = v.creator.backward(v.grad)


def cleared_on_the_way(self):
    v = self
    while v.creator is not None:
        x = v.creator.input
        x.grad = v.creator.backward(v.grad)
        if v is not self:
            v.grad = None
        v = x


def data_only(self, data):
    self.data = data


STEPS_05_07: list[Mistake] = [
    mistake("gradient_returned", """backward of a variable computes a gradient and puts it nowhere. It belongs into
        the grad of the
        variable one step back, and from there the way goes on.""", *engine(back=gradient_returned)),
    mistake("input_copied", """Your function remembers a Variable, and not the one that it was called with: a copy
        has no creator, and
        its gradient is not that of x.""", *engine(call=input_copied)),
    mistake("creator_in_the_class", """All variables share one creator, the function that was called last, and the
        way back never ends. What
        belongs to an object is kept in self.""", *engine(fields=data_and_grad, back=without_end, call=creator_in_the_class)),
    mistake("input_in_the_class", """Your input is kept by the class: two objects of Square share it, and the first
        forgets its own. What
        belongs to an object is kept in self.""", *engine(call=input_in_the_class)),
    mistake("from_the_front", """backward begins at the side of x, where no gradient has arrived yet. The way back
        begins at y.""",
            *engine(back=from_the_front)),
    mistake("cleared_on_the_way", """x has its gradient, and the variables between x and y have lost theirs. Each
        keeps its own.""",
            *engine(back=cleared_on_the_way)),
    mistake("no_attributes", """A new variable has neither grad nor creator: the way back ends at x with an
        AttributeError. Where are
        attributes made that every object has?""", *engine(fields=data_only)),
    mistake("one_number", """Your gradient of an array is one number. Every entry has its own slope: nothing is added up or
        averaged.""", *engine(square=lambda self, gy: np.sum(2 * self.input.data * gy))),
    mistake("y_for_x", """You used y instead of x in Square.backward: the slope of x² belongs to the place where the function
        was evaluated, which is its input, not its output.""", *engine(square=lambda self, gy: 2 * self.output.data * gy)),
    mistake("square_ignores_gy", """Square.backward returns its own slope and forgets what arrives from above: multiply by
        the upstream gradient gy.""", *engine(square=lambda self, gy: 2 * self.input.data)),
    mistake("exp_ignores_gy", """Exp.backward returns its own slope and forgets what arrives from above: multiply by the
        upstream gradient gy.""", *engine(exp=lambda self, gy: np.exp(self.input.data))),
    mistake("gy_ignored", """Your backwards return their own slopes and forget what arrives from above: multiply by the
        upstream gradient gy.""",
        *engine(square=lambda self, gy: 2 * self.input.data, exp=lambda self, gy: np.exp(self.input.data))),
    mistake("at_the_gradient", """Square.backward takes its slope at gy. gy is not a place: it is the factor that arrives from
        above. The place is in the variable that the function remembers.""", *engine(square=lambda self, gy: 2 * gy)),
    mistake("factor_forgotten", """Your gradients of Square are half as large as they should be: what is the slope of x²
        at 3?""", *engine(square=lambda self, gy: self.input.data * gy)),
    mistake("power_rule_for_exp", """Your Exp.backward treats e to the x like a power of x. Here the exponent varies, not the
        base, and the slope of e to the x is a function that you know already.""",
        *engine(exp=lambda self, gy: self.input.data * np.exp(self.input.data - 1) * gy)),
    mistake("exp_of_the_output", """Exp.backward takes exp of the output. The output is exp of the input already: once is
        enough.""", *engine(exp=lambda self, gy: np.exp(self.output.data) * gy)),
    mistake("measured_slope", """Almost right: your gradients agree with the right ones to some digits, and no
        further. Are they measured? backward multiplies the gradient that arrives by the derivative's formula.""",
        *engine(square=measured, exp=measured)),
    mistake("one_step", """The gradient arrives at the input of the last function and goes no further. Who tells that
        variable to go on?""", *engine(back=one_step)),
    mistake("starts_again_at_every_function", """Every variable on the way starts with ones of its own, so each gradient is
        the slope of one function alone. Pass on the gradient that has arrived.""", *engine(back=ones_each_time)),
    mistake("ones_passed_on", """backward is called with ones at every function, so each gradient is the slope of one function
        alone. Pass on the gradient that has arrived.""", *engine(back=before_the_gradient)),
    mistake("seed_overwritten", """The gradient that was put into y before y.backward() is replaced by ones. In this exercise
        whoever calls backward says what y.grad is.""", *engine(back=seed_taken_over)),
    mistake("two_calls", """Your backward of a variable calls the backward of its function twice. The result is right, and
        the work doubles at every function that does the same.""", *engine(back=two_calls)),
    mistake("no_creator", """No gradient arrives, because no variable knows which function made it: where is creator set, and
        on which of the two variables?""", *engine(call=without_creator)),
    mistake("creator_of_the_input", """You tell the input that the function made it. It is the output that the function has
        made.""", *engine(call=creator_of_the_input)),
    mistake("class_as_creator", """The creator of your variables is a class. Many objects may be of that class; only the object
        that was called remembers the input.""", *engine(call=by_the_class)),
    mistake("input_is_an_array", """Your function remembers the array of its input, and the way back ends there: an array has no
        gradient and no creator. Remember the Variable.""",
        *engine(call=input_as_array, square=lambda self, gy: 2 * self.input * gy, exp=lambda self, gy: np.exp(self.input) * gy)),
    mistake("writes_into_gy", """Square.backward writes its result into gy, which is the gradient of another variable. Compute a
        new array: no *= here.""", *engine(square=in_gy)),
    mistake("gradient_zero_at_first", """A new variable has a gradient of 0. Nothing has been differentiated yet, so there is no
        gradient: None says that, and 0 would be an answer.""", *engine(fields=zero_at_first)),
]  # fmt: skip
