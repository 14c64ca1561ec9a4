"""Wrong versions of steps 1 to 3, as students write them."""

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


class OneForAll:
    """A box whose data are the class's."""

    def __init__(self, data):
        OneForAll.data = data


def into_one_for_all(self, x):
    return OneForAll(self.forward(x.data))


def boxed_by(Variable):
    """Variable, Function, Square and Exp with another Variable."""
    return Variable, *functions(lambda self, x: Variable(self.forward(x.data)))[1:]


def in_double(self, data):
    self.data = np.array(data, dtype=np.float64)


def exp_in_place(self, x):
    np.exp(x, out=x)
    return x


STEPS_01_03: list[Mistake] = [
    mistake("bare_array", """Your function gives back an array, and the next function needs a Variable. Pack the result
        into a new one.""", *functions(bare_array)),
    mistake("input_changed", """Your function writes its result into the variable that it was given, so x has lost its
        own data. Make a new Variable for the result.""", *functions(into_the_input)),
    mistake("one_output", """Your function object keeps one Variable and gives it back at every call: the second result
        takes the place of the first. Make a new one in each call.""", *functions(one_output)),
    mistake("one_for_all", """All variables share one data: the last one made decides what they hold. What belongs to an object is
        kept in self, not in the class.""", OneForAll, *functions(into_one_for_all)[1:]),
    mistake("forward_gets_the_variable", """Your forward is given the Variable and takes out its data itself. It is
        __call__ that unpacks and packs; forward sees arrays only, so that a subclass need not know of boxes.""",
        *functions(whole_variable, lambda self, x: x.data**2, lambda self, x: np.exp(x.data))),
    mistake("exp_in_place", """Your Exp writes into the array that came in, which belongs to another variable; with a
        single number it
        cannot even do that. Compute a new array.""", *functions(exp=exp_in_place)),
    mistake("box_in_a_box", """The data of your result are a Variable, not an array: something is packed twice.""",
            *functions(box_in_a_box)),
    mistake("call_in_each_subclass", """Square and Exp work, but a class derived from Function that has only a forward
        cannot be called. Where must __call__ stand so that all subclasses have it?""", Box, Calling, CallingSquare, CallingExp),
    mistake("square_in_the_base", """A Function without a forward of its own computes something. The base class must not
        know what is computed: its forward raises NotImplementedError.""", Box, SquareInTheBase, SquareInTheBase, OnlyExp),
    mistake("in_place", """x *= x writes into the array of the variable that came in. Compute a new array.""",
            *functions(square=squared_in_place)),
    mistake("doubled", "Your Square doubles: x + x and x times x agree at 2 only.", *functions(square=lambda self, x: 2 * x)),
    mistake("e_in_six_digits", """Your Exp is right to six digits or so: the number that it raises to a power is not
        exactly e. NumPy has
        the function.""", *functions(exp=lambda self, x: 2.71828**x)),
    mistake("e_of_numpy", """The values are right, and float32 becomes float64: np.exp(1) is a number that NumPy
        made. NumPy has a function
        that takes the whole array.""", *functions(exp=lambda self, x: np.exp(1) ** x)),
    mistake("all_in_double", """Your Variable turns float32 data into float64. Put the array into the box as it is.""",
            *boxed_by(type("Variable", (), {"__init__": in_double}))),
    mistake("e_in_three_digits", """Your Exp is right to three digits or so: the number that it raises to a power is not
        exactly e. NumPy has the function.""", *functions(exp=lambda self, x: 2.718**x)),
    mistake("math_exp", """Your classes work for single numbers and not for arrays: the module math, and float(),
        know numbers only.""",
            *functions(exp=lambda self, x: math.exp(x))),
]  # fmt: skip
