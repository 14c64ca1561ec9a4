"""Computation graphs out of a student's own classes: what the checks of both assignments on automatic differentiation share.

A check holds handles of the student's `Variable` and `Function`. With the functions here it makes variables, derives functions
of its own from the student's `Function` (`made`: what they compute happens in the judge, call by call, and is counted there,
so that nobody can measure a slope where it should be propagated), and asks for what a handle does not tell: whether two
attributes are one and the same object, of which type a value is. A scalar of NumPy and an array of no dimensions are one
as plain data; `type_at` keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.comparison import Comparison, Difference
from autograder.exercise import Case
from autograder.figures import eval_of
from autograder.handle import Handle, StudentFailure
from autograder.probes import callable_of
from autograder.wording import kind_text

__all__ = [
    "Calls", "array_at", "array_of", "inside", "kind_of_failure", "made", "repeated", "same_object", "type_at", "variable_at",
    "with_unusable",
]  # fmt: skip

Array = np.ndarray


class Calls(list[str]):
    """The names of the calls of made functions, in their order: ``"Cube.forward"``, ``"Cube.backward"``."""

    def count_of(self, method: str) -> int:
        """How often "forward" or "backward" was called, of all functions together."""
        return sum(name.endswith("." + method) for name in self)


# ---------------------------------------------------------------- where the student's code runs


def inside(obj: Any, code: str) -> Handle:
    """What an expression gives where the student's code runs, found through one of the student's classes or functions.

    The expression sees the built-in names only. What it gives is believed as little as any other value of the student's.
    """
    owner = callable_of(obj)
    for name in ("", "forward", "backward"):  # a class may have neither __init__ nor __call__ of its own
        try:
            return eval_of(owner.get(name) if name else owner)(code)
        except (StudentFailure, AttributeError) as failure:
            if isinstance(failure, StudentFailure) and failure.verdict not in ("raised", "wrong"):
                raise
    raise StudentFailure("wrong", "", "a class or a function written in Python is expected")


def made(
    Function: Handle, name: str, forward: Callable[..., Any], backward: Callable[..., Any] | None = None,
    *, calls: Calls | None = None,
) -> Handle:  # fmt: skip
    """A class derived from the student's `Function`, whose two methods are functions of the check.

    Args:
        Function: the student's base class.
        name: of the class.
        forward: ``forward(*xs)``: arrays to an array (or a tuple of arrays).
        backward: ``backward(xs, *gys)``: the inputs that `forward` last got on the same object, and the gradients of the
            outputs, to the gradient of the input (or a tuple). None where only the forward pass is tried.
        calls: notes every call.

    Returns:
        A handle on the class: ``made(…)()`` is a function object.
    """
    seen: dict[int, tuple[Any, ...]] = {}  # number of a function object -> its inputs
    notes = calls if calls is not None else Calls()

    def on_forward(number: int, *xs: Any) -> Any:
        notes.append(f"{name}.forward")
        seen[number] = xs
        return forward(*xs)

    def on_backward(number: int, *gys: Any) -> Any:
        notes.append(f"{name}.backward")
        if backward is None:
            raise NotImplementedError(f"{name} has no backward")
        return backward(seen.get(number, ()), *gys)

    derive = inside(Function, DERIVE)
    return derive(Function, name, on_forward, on_backward)


# The class's methods say on which of its objects they are called: by a number, since a handle has no identity.
DERIVE = """lambda Function, name, on_forward, on_backward: type(Function)(name, (Function,), {
    "forward": lambda self, *xs: on_forward(id(self), *xs),
    "backward": lambda self, *gys: on_backward(id(self), *gys),
})"""


def repeated(f: Handle, x: Handle, n: int) -> Handle:
    """f(f(… f(x))), n times; the loop runs where the student's code runs. `f` is a function, or a class to make one of."""
    make = "(f() if isinstance(f, type) else f)"
    return inside(f, f"lambda f, x, n: [x := {make}(x) for _ in range(n)][-1]")(f, x, n)


# ---------------------------------------------------------------- looking at objects


def same_object(a: Any, b: Any) -> bool:
    """Whether two handles stand for one object; False where one of them is no handle."""
    return hasattr(a, "call") and hasattr(b, "call") and bool(inside_any(a, b)(a, b))


def inside_any(*objects: Any) -> Handle:
    for obj in objects:
        try:
            return inside(obj.get("__class__"), "lambda a, b: a is b")
        except StudentFailure as failure:
            if failure.verdict != "wrong":
                raise
    raise StudentFailure("wrong", "", "objects of classes written in Python are expected")


def type_at(obj: Handle, name: str) -> str:
    """The name of the type of an attribute: "ndarray", "float64" (a scalar of NumPy), "NoneType"."""
    return inside(obj.get("__class__"), "lambda v, name: type(getattr(v, name)).__name__")(obj, name)


def variable_at(found: Any, what: str) -> Handle:
    """An object with attributes, if that is what was returned; `what` is "square(x)".

    Raises:
        StudentFailure: it is plain data.
    """
    if hasattr(found, "call"):
        return found
    raise StudentFailure("wrong", "", f"{what} must be a Variable, yours is {kind_text(found)}.")


def array_at(obj: Any, name: str, what: str) -> Array:
    """The array (or number) in an attribute of a variable: "data" or "grad". `what` is the variable's name: "x".

    Raises:
        StudentFailure: it holds something else, None among others.
    """
    return array_of(variable_at(obj, what).get(name), f"{what}.{name}")


def array_of(value: Any, what: str) -> Array:
    """A value as an array.

    Raises:
        StudentFailure: it is none, and no number.
    """
    if isinstance(value, np.ndarray) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return np.asarray(value)
    given = "another object" if hasattr(value, "call") else kind_text(value)
    raise StudentFailure("wrong", "", f"{what} must be an array, yours is {given}.")


def kind_of_failure(attempt: Callable[[], Any]) -> str:
    """The name of the exception that the student's code raises: "TypeError"; "" where it raises none.

    Raises:
        StudentFailure: it ran into a limit.
    """
    try:
        attempt()
    except StudentFailure as failure:
        if failure.verdict not in ("raised", "missing"):
            raise
        return failure.kind
    return ""


# ---------------------------------------------------------------- results that cannot be used


def with_unusable(cases: Sequence[Case]) -> list[Case]:
    """The cases, with a result that cannot be used as an observation among others, so that a mistake is recognised by it.

    A function that gives back an array in place of a Variable is a `StudentFailure` without an exception. As such it is
    like no other; as the sentence that it comes with it is like that of the wrong version that does the same.
    """
    return [replace(case, probe=tolerant(case.probe), compare=knows_unusable(case.compare)) for case in cases]


def tolerant(probe: Callable[..., Any]) -> Callable[..., Any]:
    def tried(rng: np.random.Generator, *objects: Any) -> Any:
        try:
            return probe(rng, *objects)
        except StudentFailure as failure:
            if failure.verdict == "wrong" and not failure.kind:
                return {"unusable": str(failure)}
            raise

    return tried


def knows_unusable(compare: Comparison) -> Comparison:
    def compared(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        mine, other = (v.get("unusable") if isinstance(v, dict) else None for v in (given, expected))
        if mine is None and other is None:
            return compare(given, expected, slack)
        if mine == other:
            return None
        return Difference("type", "", "", lambda show: (mine or "") if show else "")

    return compared
