"""Variable and Function: the two building blocks of automatic differentiation.

A Variable is a box for an array. A Function takes Variables, computes with the arrays in them and puts the result into a
new Variable that remembers it as its creator. Following the creators back from a result, ``backward`` multiplies by one
local derivative after the other (reverse mode).

The links go one way only: a variable holds its creator, a function holds its inputs. Nothing points from a function to
its outputs, so there are no reference cycles, and a graph is freed with its last variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_VARARGS
from numbers import Real
from operator import attrgetter
from threading import local
from typing import Any, NoReturn

import numpy as np

from .arguments import describe, fail_type
from .operators import Operators

__all__ = ["Function", "Variable", "is_recording", "no_grad"]

Array = np.ndarray

_ARRAY_TYPES = (np.ndarray, np.generic, float)  # what forward may return


class _Blocks(local):
    """How many no_grad blocks each thread is in. A number, since blocks of generators may end in any order."""

    entered = 0


_no_grad = _Blocks()


@contextmanager
def no_grad() -> Iterator[None]:
    """Inside ``with no_grad():`` functions compute values only: no creators, no gradients, no memory kept for them.

    It holds for the thread that enters it.
    """
    _no_grad.entered += 1
    try:
        yield
    finally:
        _no_grad.entered -= 1


def is_recording() -> bool:
    """False inside ``with no_grad():``."""
    return not _no_grad.entered


class Variable(Operators):
    """An array, the gradient of some result with respect to it, and the function that made it.

    Its operators and methods (``x * y + 1``, ``x @ W``, ``x[2:]``, ``x.sum()``, …) are listed in ``gradus.operators``.

    Args:
        data: a NumPy array; integers and booleans become float64. None for a variable to be filled in later.
        name: shown by print.

    Attributes:
        grad: None, or a plain array with the shape and dtype of data. It may be the gradient of another variable, too:
            after (a + b).sum().backward(), a.grad is b.grad. Put a new array in its place, ``x.grad = 2 * x.grad``, and
            do not change it in place.
        creator: the Function that made it; None for a leaf.
        generation: 0 for a leaf, else one more than the latest of the creator's inputs.

    Raises:
        TypeError: data is not an array of real numbers.
    """

    __slots__ = ("__weakref__", "creator", "data", "generation", "grad", "name", "position")

    def __init__(self, data: Array | None, name: str | None = None) -> None:
        if data is not None and (data.__class__ is not np.ndarray or data.dtype.kind != "f"):
            data = _float_data(data)
        self.data: Array = data  # type: ignore[assignment]  # None is for a moment only
        self.name = name
        self.grad: Array | None = None
        self.creator: Function | None = None
        self.generation = 0
        self.position = 0  # which of its creator's outputs it is

    def backward(self, retain_grad: bool = False) -> None:
        """Gradient of this variable with respect to every leaf it was computed from, into the leaf's grad.

        A function runs when all that use its outputs have run: latest generation first. A variable that is used several
        times adds up what comes back from each use. A variable of several numbers is differentiated as their sum.

        A leaf adds the new gradient to the one it has, until ``cleargrad``. Variables in between lose theirs, so that a
        second backward through the same graph starts afresh.

        The data of a leaf must be what it was when the graph was made. After a step of an optimizer it is not, and the
        result would be silently wrong, a mixture of old and new values; PyTorch refuses.

        Args:
            retain_grad: keep the gradients of the variables in between, too.

        Raises:
            ValueError: a function's backward returns gradients of the wrong number or shape.
        """
        outputs_of = _functions_behind(self)
        self.grad = np.ones(self.data.shape, self.data.dtype)
        for function in sorted(outputs_of, key=attrgetter("generation"), reverse=True):
            outputs = outputs_of[function]
            for x, gx in zip(function.inputs, function.input_grads(outputs)):  # noqa: B905 - of one length; strict is slow
                if gx is not None and isinstance(x, Variable):
                    if gx.__class__ is not np.ndarray or gx.shape != x.data.shape or gx.dtype is not x.data.dtype:
                        gx = function.as_grad_of(x, gx)
                    # not +=: gx may be the gradient of another input, too
                    x.grad = gx if x.grad is None else np.asarray(x.grad + gx)
            if not retain_grad:
                for y in outputs:
                    if y is not self:
                        y.grad = None

    def cleargrad(self) -> None:
        """Forget the gradient, before the variable is used in another computation."""
        self.grad = None

    def detach(self) -> Variable:
        """A leaf with the same array: data, through which no gradient passes back to what this was computed from."""
        return Variable(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        return self.data.dtype

    def __repr__(self) -> str:
        value = str(self.data).replace("\n", "\n" + " " * len("Variable("))
        return f"Variable({value})" if self.name is None else f"Variable({value}, name={self.name!r})"


class Function:
    """Something that can be computed forward, and knows how a gradient passes back through it.

    A subclass writes two methods on plain arrays:

        forward(*xs) -> y            or a tuple of several outputs
        backward(*gys) -> gx         one gradient for each input, as a tuple where there are several

    What backward needs, forward keeps on self. An object is called once: ``Exp()(x)``.

    Inputs may be Variables, or plain arrays and numbers: those are data, of which no gradient is wanted. Backward may
    return None for them (``self.wants_grad(i)`` says whether input i is a Variable), and for an input without influence.

    Raises:
        TypeError: an input is something else; forward returns something else than arrays.
        ValueError, IndexError, TypeError: what forward raises, with what the function was given put before it.
    """

    inputs: tuple[Any, ...] = ()
    generation = 0
    output_specs: list[tuple[tuple[int, ...], np.dtype]] | None = None  # shape and dtype of each, if there are several

    def __call__(self, *inputs: Any) -> Variable:  # or a tuple of them, if forward returns a tuple
        if self.inputs:
            raise RuntimeError(f"{type(self).__name__}: an object is called once; make a new one for another call")
        xs, generation = [], -1
        for x in inputs:
            if isinstance(x, Variable):
                xs.append(x.data)
                if x.generation > generation:
                    generation = x.generation
            else:
                xs.append(self._as_data(x, inputs))
        try:
            ys = self.forward(*xs)
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            self._explain(error, xs)
        if generation >= 0 and not _no_grad.entered:
            self.inputs = inputs
            self.generation = generation
        if not isinstance(ys, tuple):
            return self._output(ys, 0)
        outputs = tuple([self._output(y, position) for position, y in enumerate(ys)])
        self.output_specs = [(y.data.shape, y.data.dtype) for y in outputs]
        return outputs  # type: ignore[return-value]

    def forward(self, *xs: Any, **hyper: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, *gys: Any, **hyper: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def wants_grad(self, i: int) -> bool:
        """Whether input i is a Variable."""
        return isinstance(self.inputs[i], Variable)

    def settings(self) -> dict[str, Any]:
        """What ``__init__`` was given and keeps under the names of its arguments; shown in messages and drawings."""
        code = getattr(type(self).__init__, "__code__", None)
        names = code.co_varnames[1 : code.co_argcount] if code else ()
        return {name: value for name, value in vars(self).items() if name in names}

    def input_grads(self, outputs: tuple[Variable, ...]) -> tuple[Any, ...]:
        """What backward returns for the gradients of the outputs: one gradient for each input.

        An output that was not used gets zeros.
        """
        if self.output_specs is None:
            (y,) = outputs
            if y.grad is None:  # the function that used it said that it has no influence
                return (None,) * len(self.inputs)
            gxs: Any = self.backward(y.grad)
        else:
            gys = [np.zeros(shape, dtype) for shape, dtype in self.output_specs]
            for y in outputs:
                if y.grad is not None:
                    gys[y.position] = y.grad
            gxs = self.backward(*gys)
        if not isinstance(gxs, tuple):
            gxs = (gxs,)
        if len(gxs) != len(self.inputs):
            raise ValueError(f"{type(self).__name__}.backward: {len(gxs)} gradients for {len(self.inputs)} inputs")
        return gxs  # type: ignore[no-any-return]

    def as_grad_of(self, x: Variable, gx: Any) -> Array:
        """A gradient as an array with the shape and dtype of the variable it belongs to."""
        grad: Array = np.asarray(gx, dtype=x.data.dtype)
        if grad.shape != x.data.shape:
            name = self._input_name(_index(x, self.inputs))
            raise ValueError(
                f"{type(self).__name__}.backward: the gradient of {name} must have its shape {x.data.shape}, "
                f"got {grad.shape}"
            )
        return grad

    def _output(self, y: Any, position: int) -> Variable:
        """The array y as a Variable that remembers this function, if a gradient may pass through it."""
        if y.__class__ is not np.ndarray:  # computing with 0-d arrays returns NumPy scalars
            if not isinstance(y, _ARRAY_TYPES):
                raise TypeError(f"{type(self).__name__}.forward must return an array or a tuple, got {describe(y)}")
            y = np.asarray(y)
        output = Variable(y)
        if self.inputs:
            output.creator = self
            output.generation = self.generation + 1
            output.position = position
        return output

    def _as_data(self, x: Any, inputs: tuple[Any, ...]) -> Any:
        """A plain input as forward gets it. Numbers become Python numbers, which leave float32 arrays float32."""
        if x.__class__ is float:
            return x
        if isinstance(x, np.ndarray) and x.dtype.kind in "fbiu":
            return x if x.dtype.kind == "f" else x.astype(np.float64)
        if isinstance(x, Real):
            return float(x)
        name = self._input_name(_index(x, inputs))
        raise TypeError(f"{type(self).__name__}: {name} must be a Variable, an array or a number, got {describe(x)}")

    def _input_name(self, i: int) -> str:
        """What forward calls input i."""
        code = type(self).forward.__code__
        names = code.co_varnames[1 : code.co_argcount]
        if i >= len(names) and code.co_flags & CO_VARARGS:
            return f"{code.co_varnames[code.co_argcount]}[{i - len(names)}]"
        return names[i] if i < len(names) else f"input {i}"

    def _explain(self, error: Exception, xs: list[Any]) -> NoReturn:
        """Raise the error again, with the name of the function and what it was given: shapes of inputs, and settings."""
        given = [f"{self._input_name(i)} of shape {np.shape(x)}" for i, x in enumerate(xs)]
        for name, value in self.settings().items():
            given.append(f"{name} = {describe(value) if isinstance(value, np.ndarray) else value!r}")
        kind = next((k for k in (ValueError, IndexError) if isinstance(error, k)), TypeError)
        raise kind(f"{type(self).__name__} with {', '.join(given)}: {error}") from error


def _functions_behind(result: Variable) -> dict[Function, tuple[Variable, ...]]:
    """Every function the result depends on, each with those of its outputs that were used.

    On the way the outputs lose the gradients that an earlier backward left. No recursion: a graph may be deeper than
    Python's stack.
    """
    outputs: dict[Function, tuple[Variable, ...]] = {}
    waiting = [result] if result.creator is not None else []
    while waiting:
        y = waiting.pop()
        y.grad = None
        function: Any = y.creator
        if function not in outputs:
            outputs[function] = (y,)
            for x in function.inputs:
                if isinstance(x, Variable) and x.creator is not None:
                    waiting.append(x)
        elif y not in outputs[function]:
            outputs[function] += (y,)
    return outputs


def _index(x: Any, inputs: tuple[Any, ...]) -> int:
    return next(i for i, other in enumerate(inputs) if other is x)


def _float_data(data: Any) -> Array:
    """The array as Variable.__init__ accepts it."""
    if not isinstance(data, np.ndarray) or data.dtype.kind not in "fbiu":
        fail_type(f"data must be a NumPy array of real numbers, got {describe(data)}")
    return np.asarray(data, dtype=data.dtype if data.dtype.kind == "f" else np.float64)
