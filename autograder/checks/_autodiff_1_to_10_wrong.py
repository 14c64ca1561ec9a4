"""Wrong versions of steps 1 to 7, as students write them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.exercise import Mistake, mistake

# ---------------------------------------------------------------- steps 1 to 3


class Box:
    def __init__(self, data):
        self.data = data


class Plain:
    """Function as it should be, to derive from."""

    def __call__(self, x):
        return Box(self.forward(x.data))

    def forward(self, x):
        raise NotImplementedError


class Square(Plain):
    def forward(self, x):
        return x**2


class Exp(Plain):
    def forward(self, x):
        return np.exp(x)


def functions(call=Plain.__call__, square=Square.forward, exp=Exp.forward, **more: Any) -> tuple[Any, ...]:
    """Variable, Function, Square and Exp with other methods."""
    Function = type("Function", (Plain,), {"__call__": call, **more})
    return Box, Function, type("Square", (Function,), {"forward": square}), type("Exp", (Function,), {"forward": exp})


def bare_array(self, x):
    return self.forward(x.data)


def into_the_input(self, x):
    x.data = self.forward(x.data)
    return x


def whole_variable(self, x):
    return Box(self.forward(x))


def box_in_a_box(self, x):
    return Box(Box(self.forward(x.data)))


def one_output(self, x):
    if not hasattr(self, "output"):
        self.output = Box(None)
    self.output.data = self.forward(x.data)
    return self.output


class Calling:
    """Square and Exp have a __call__ of their own, and Function has none that others could use."""

    def forward(self, x):
        raise NotImplementedError


class CallingSquare(Calling):
    def __call__(self, x):
        return Box(self.forward(x.data))

    def forward(self, x):
        return x**2


class CallingExp(Calling):
    def __call__(self, x):
        return Box(self.forward(x.data))

    def forward(self, x):
        return np.exp(x)


class SquareInTheBase(Plain):
    def forward(self, x):
        return x**2


class OnlyExp(SquareInTheBase):
    def forward(self, x):
        return np.exp(x)


def squared_in_place(self, x):
    x *= x
    return x


STEPS_01_03: list[Mistake] = [
    mistake("bare_array", """Your function gives back an array, and the next function needs a Variable. Pack the result
        into a new one.""", *functions(bare_array)),
    mistake("input_changed", """Your function writes its result into the variable that it was given, so x has lost its
        own data. Make a new Variable for the result.""", *functions(into_the_input)),
    mistake("one_output", """Your function object keeps one Variable and gives it back at every call: the second result
        takes the place of the first. Make a new one in each call.""", *functions(one_output)),
    mistake("forward_gets_the_variable", """Your forward is given the Variable and takes out its data itself. It is
        __call__ that unpacks and packs; forward sees arrays only, so that a subclass need not know of boxes.""",
        *functions(whole_variable, lambda self, x: x.data**2, lambda self, x: np.exp(x.data))),
    mistake("box_in_a_box", """The data of your result are a Variable, not an array: something is packed twice.""",
            *functions(box_in_a_box)),
    mistake("call_in_each_subclass", """Square and Exp work, but a class derived from Function that has only a forward
        cannot be called. Where must __call__ stand so that all subclasses have it?""", Box, Calling, CallingSquare, CallingExp),
    mistake("square_in_the_base", """A Function without a forward of its own computes something. The base class must not
        know what is computed: its forward raises NotImplementedError.""", Box, SquareInTheBase, SquareInTheBase, OnlyExp),
    mistake("in_place", """x *= x writes into the array of the variable that came in. Compute a new array.""",
            *functions(square=squared_in_place)),
    mistake("doubled", "Your Square doubles: x + x and x times x agree at 2 only.", *functions(square=lambda self, x: 2 * x)),
    mistake("e_in_three_digits", """Your Exp is right to three digits or so: the number that it raises to a power is not
        exactly e. NumPy has the function.""", *functions(exp=lambda self, x: 2.718**x)),
    mistake("math_exp", """Your Exp works for single numbers and not for arrays: the module math knows numbers only.""",
            *functions(exp=lambda self, x: math.exp(x))),
]  # fmt: skip

# ---------------------------------------------------------------- steps 5 to 7


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
    x = self.input.data
    return (self.forward(x + 1e-4) - self.forward(x - 1e-4)) / 2e-4 * gy


def in_gy(self, gy):
    gy *= 2 * self.input.data
    return gy


def zero_at_first(self, data):
    self.data = data
    self.grad = 0.0
    self.creator = None


STEPS_05_07: list[Mistake] = [
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
    mistake("measured", """Your gradients agree with the right ones to seven digits or so: they are measured. backward of a
        function computes the slope by its formula, which costs no further evaluation.""",
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
