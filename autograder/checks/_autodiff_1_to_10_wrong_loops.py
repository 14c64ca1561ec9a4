"""Wrong versions of steps 8 and 9, as students write them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks._autodiff_1_to_10_wrong_backward import measured
from autograder.exercise import Mistake, mistake


def as_array(x):
    return np.array(x) if np.isscalar(x) else x


def checked(self, data):
    if data is not None and not isinstance(data, np.ndarray):
        raise TypeError(f"an array is expected, not {type(data)}")
    self.data = data.astype(float) if data is not None and data.dtype.kind in "iu" else data
    self.grad = None
    self.creator = None


def looped(self):
    self.grad = np.ones_like(self.data)
    functions = [self.creator]
    while functions:
        f = functions.pop()
        if f is not None:
            f.input.grad = as_array(f.backward(f.output.grad))
            functions.append(f.input.creator)


def engine(
    *, fields=checked, back=looped, wrap=as_array, square=None, exp=None, twice=2, slope=None, slope_exp=None
) -> tuple[Any, ...]:
    """The six objects of step 9 with other methods.

    Args:
        fields: the constructor of Variable.
        back: its backward.
        wrap: what is done with the result of forward.
        square, exp: ``square(Square, x)``: the functions.
        twice: the factor in Square.backward.
        slope, slope_exp: other backwards of Square and Exp.
    """

    class Variable:
        __init__ = fields
        backward = back

    class Function:
        def __call__(self, x):
            y = Variable(wrap(self.forward(x.data)))
            y.creator = self
            self.input, self.output = x, y
            return y

        def forward(self, x):
            raise NotImplementedError

        def backward(self, gy):
            raise NotImplementedError

    class Square(Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            return slope(self, gy) if slope else twice * self.input.data * gy

    class Exp(Function):
        def forward(self, x):
            return np.exp(x)

        def backward(self, gy):
            return slope_exp(self, gy) if slope_exp else np.exp(self.input.data) * gy

    return (
        Variable, Function, Square, Exp,
        (lambda x: square(Square, x)) if square else lambda x: Square()(x),
        (lambda x: exp(Exp, x)) if exp else lambda x: Exp()(x),
    )  # fmt: skip


# ---------------------------------------------------------------- constructors


def takes_all(self, data):
    self.data = data
    self.grad = None
    self.creator = None


def refuses_none(self, data):
    if not isinstance(data, np.ndarray):
        raise TypeError("an array is expected")
    checked(self, data)


def makes_arrays(self, data):
    checked(self, data if data is None else np.asarray(data))


def value_error(self, data):
    if data is not None and not isinstance(data, np.ndarray):
        raise ValueError("an array is expected")
    checked(self, data)


def asserted(self, data):
    assert data is None or isinstance(data, np.ndarray)
    checked(self, data)


def numbers_as_well(self, data):
    checked(self, np.array(data) if isinstance(data, int | float) else data)


def keeps_integers(self, data):
    if data is not None and not isinstance(data, np.ndarray):
        raise TypeError("an array is expected")
    self.data = data
    self.grad = None
    self.creator = None


def one_width_only(self, data):
    if data is not None and not isinstance(data, np.ndarray):
        raise TypeError("an array is expected")
    self.data = data.astype(np.float64) if data is not None and data.dtype == np.int64 else data
    self.grad = None
    self.creator = None


def numbers_of_numpy_as_well(self, data):
    checked(self, np.array(data) if isinstance(data, np.generic) else data)


def all_but_some(self, data):
    if isinstance(data, int | float | str | list | tuple):
        raise TypeError("an array is expected")
    takes_all(self, data.astype(float) if isinstance(data, np.ndarray) and data.dtype.kind == "i" else data)


def all_float64(self, data):
    if data is not None and not isinstance(data, np.ndarray):
        raise TypeError("an array is expected")
    self.data = None if data is None else data.astype(np.float64)
    self.grad = None
    self.creator = None


# ---------------------------------------------------------------- backward


def recursive(self, first=True):
    if first:
        self.grad = np.ones_like(self.data)
    f = self.creator
    if f is not None:
        f.input.grad = as_array(f.backward(self.grad))
        f.input.backward(False)


def recursive_with_room(self, depth=0):
    """As if the limit of recursion had been raised; deep down a loop takes over, so that nobody's stack overflows here."""
    f = self.creator
    if depth == 0:
        self.grad = np.ones_like(self.data)
    if depth > 100:
        gradient = self.grad
        looped(self)
        factor = gradient / self.grad
        v = self
        while v is not None:
            v.grad = v.grad * factor
            v = v.creator.input if v.creator is not None else None
    elif f is not None:
        f.input.grad = as_array(f.backward(self.grad))
        recursive_with_room(f.input, depth + 1)


def crash_on_a_leaf(self):
    self.grad = np.ones_like(self.data)
    functions = [self.creator]
    while functions:
        f = functions.pop()
        x, y = f.input, f.output
        x.grad = as_array(f.backward(y.grad))
        if x.creator is not None:
            functions.append(x.creator)


def leaf_without_gradient(self):
    if self.creator is None:
        return
    looped(self)


def unseeded(self):
    functions = [self.creator]
    while functions:
        f = functions.pop()
        if f is not None:
            f.input.grad = as_array(f.backward(f.output.grad))
            functions.append(f.input.creator)


def seeded_where_none(self):
    if self.grad is None:
        self.grad = np.ones_like(self.data)
    unseeded(self)


def seed_of_one_number(self):
    looped(self)
    self.grad = np.array(1.0)


def seed_in_double(self):
    self.grad = np.ones(self.data.shape)
    unseeded(self)


def result_again_and_again(self):
    self.grad = np.ones_like(self.data)
    f = self.creator
    while f is not None:
        f.input.grad = as_array(f.backward(self.grad))
        f = f.input.creator


def last_function_only(self):
    self.grad = np.ones_like(self.data)
    if self.creator is not None:
        f = self.creator
        f.input.grad = as_array(f.backward(self.grad))


def loses_the_ways_gradients(self):
    """The gradients on the way are kept in a local name, and only the first variable's is stored."""
    self.grad = gy = np.ones_like(self.data)
    f, x = self.creator, self
    while f is not None:
        gy = as_array(f.backward(gy))
        x = f.input
        f = x.creator
    x.grad = gy


def gradients_as_they_come(self):
    self.grad = np.ones_like(self.data)
    f = self.creator
    while f is not None:
        f.input.grad = f.backward(f.output.grad)
        f = f.input.creator


# ---------------------------------------------------------------- functions to call


def one_object() -> tuple[Any, ...]:
    """Square and Exp objects made once and for all; backward ends after so many functions that no notebook hangs on it."""

    def guarded(self):
        self.grad = np.ones_like(self.data)
        functions, left = [self.creator], 20_000
        while functions and left:
            left -= 1
            f = functions.pop()
            if f is not None:
                f.input.grad = as_array(f.backward(f.output.grad))
                functions.append(f.input.creator)

    Variable, Function, Square, Exp, _, _ = engine(back=guarded)
    return Variable, Function, Square, Exp, Square(), Exp()


STEPS_08_09: list[Mistake] = [
    mistake("one_object", """Your square calls one and the same Square object every time. An object remembers one input, so
        the second call makes it forget the first. Make a new object in each call.""", *one_object()),
    mistake("recursion_with_room", """Your chains pass, and your backward still calls itself, once for every
        function: with a higher
        limit of recursion a longer chain ends the same way. Use a loop over a list of the functions that wait.""",
        *engine(back=lambda self: recursive_with_room(self))),
    mistake("recursion", """RecursionError: backward calls backward, once for every function, and Python allows about a
        thousand such calls. Replace recursion by a loop over a list of the functions that wait.""", *engine(back=recursive)),
    mistake("crash_on_a_leaf", """A variable that no function made has no creator: creator is None, and your backward asks
        None for its input. Its gradient is 1, and there is nothing more to do.""", *engine(back=crash_on_a_leaf)),
    mistake("leaf_without_gradient", """A variable that no function made may be asked for its backward, too: its gradient with
        respect to itself is 1. Yours gets none.""", *engine(back=leaf_without_gradient)),
    mistake("scalars_not_wrapped", """TypeError from your own Variable: the square of an array without dimensions is no array
        but a single number of NumPy's. Turn results into arrays before you pack them.""", *engine(wrap=lambda y: y)),
    mistake("not_seeded", """Nobody has put a gradient into y before y.backward() any more: backward has to begin with it
        itself.""", *engine(back=unseeded)),
    mistake("seeded_where_none", """y.backward() has to begin with ones in y.grad, even if an earlier backward has left a
        gradient there.""", *engine(back=seeded_where_none)),
    mistake("y_for_x", """You used y instead of x in Square.backward: the slope of x² belongs to the place where the function was
        evaluated, which is its input, not its output.""", *engine(slope=lambda self, gy: 2 * self.output.data * gy)),
    mistake("square_ignores_gy", """Square.backward returns its own slope and forgets what arrives from above: multiply by the
        upstream gradient gy.""", *engine(slope=lambda self, gy: 2 * self.input.data)),
    mistake("exp_ignores_gy", """Exp.backward returns its own slope and forgets what arrives from above: multiply by the upstream
        gradient gy.""", *engine(slope_exp=lambda self, gy: np.exp(self.input.data))),
    mistake("seed_of_one_number", """The gradient that backward starts with must have the shape of the data: a one for each
        entry. NumPy has a function that makes ones like an array.""", *engine(back=seed_of_one_number)),
    mistake("seed_in_double", """The ones that backward starts with are float64, also where the data are float32, and all
        gradients become float64 with them. NumPy has a function that makes ones like an array.""", *engine(back=seed_in_double)),
    mistake("everything_in_double", """Your Variable turns float32 data into float64. Only whole numbers are to be
        converted.""", *engine(fields=all_float64)),
    mistake("starts_again_at_every_function", """Each function is given the gradient of y, the variable where backward began. It
        needs the gradient of its own output: a function has to remember that one, too.""", *engine(back=result_again_and_again)),
    mistake("last_function_only", """The gradient arrives at the input of the last function and goes no further: what has to
        wait in the list after that?""", *engine(back=last_function_only)),
    mistake("nothing_on_the_way", """x has its gradient, but the variables between x and y have none. Store each gradient in
        the variable that it belongs to.""", *engine(back=loses_the_ways_gradients)),
    mistake("whole_numbers_kept", """Whole numbers stay whole numbers, and so does the gradient that begins with ones like
        them. Turn the data into floating-point numbers when they are put into the box.""", *engine(fields=keeps_integers)),
    mistake("one_width_only", """Whole numbers of one width become float64, and others stay whole numbers: int64 is not the only
        integer type. Ask for the kind of the dtype.""", *engine(fields=one_width_only)),
    mistake("numbers_of_numpy_as_well", """A single number that NumPy made is accepted by Variable. It is no array:
        make one of it where results come into being, and refuse it here.""", *engine(fields=numbers_of_numpy_as_well)),
    mistake("all_but_some", """You refuse a list of types, and whatever you have not thought of is accepted. Ask the
        other way round: is it an array, or None?""", *engine(fields=all_but_some)),
    mistake("no_check_of_the_type", """Variable(1.0) is accepted. A box that holds anything fails much later and far away: look
        at the type at once, and raise a TypeError.""", *engine(fields=takes_all)),
    mistake("converted", """Variable(1.0) is accepted and turned into an array. That is convenient, and hides mistakes: here
        whatever is no array has to be refused with a TypeError.""", *engine(fields=makes_arrays)),
    mistake("numbers_converted", """Numbers are accepted and turned into arrays. That is convenient, and hides mistakes: here
        whatever is no array has to be refused with a TypeError.""", *engine(fields=numbers_as_well)),
    mistake("refuses_none", """Variable(None) is refused. A box may be empty: look at the type only where there is
        something in it.""", *engine(fields=refuses_none)),
    mistake("value_error", """What is of the wrong type is a TypeError in Python; a ValueError is for the right type with a
        wrong value.""", *engine(fields=value_error)),
    mistake("asserted", """An assert is for what cannot happen, and it is gone when Python runs with -O. What a caller does
        wrong is told by an exception of its own: here a TypeError.""", *engine(fields=asserted)),
    mistake("gradients_not_wrapped", """Data are arrays everywhere, gradients are not: what backward of a function returns may
        be a single number of NumPy's, too.""", *engine(back=gradients_as_they_come)),
    mistake("factor_forgotten", """Your gradients of square are half as large as they should be: what is the slope of x²
        at 3?""", *engine(twice=1)),
    mistake("measured_slope", """Almost right: your gradients agree with the right ones to some digits, and no
        further. Are they measured? backward multiplies the gradient that arrives by the derivative's formula.""",
        *engine(slope=measured, slope_exp=measured)),
    mistake("data_from_the_function", """square gives back an array, and the next function needs a Variable.""",
            *engine(square=lambda Square, x: Square()(x).data, exp=lambda Exp, x: Exp()(x).data)),
    mistake("function_from_the_function", """square gives back a Function object, which has not been called yet.""",
            *engine(square=lambda Square, x: Square(), exp=lambda Exp, x: Exp())),
]  # fmt: skip
