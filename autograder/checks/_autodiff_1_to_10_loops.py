"""What the exercise on steps 8 and 9 tries: backward by a loop, functions to call, and what a box takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks import _autodiff_graphs as graphs
from autograder.checks._autodiff_1_to_10_probes import (
    asked,
    box_of,
    called,
    given_by,
    gradients,
    noted,
    odd,
    require_way_back,
    through,
    times_asked,
)  # fmt: skip
from autograder.handle import Handle
from autograder.probes import Probe, same, with_call

Array = np.ndarray
Rng = np.random.Generator
Draw = Callable[[Rng], Array]

#: A function whose backward puts a number into its input's data: how many calls are under way.
DEPTH = """lambda F: type(F)("Stretch", (F,), {
    "forward": lambda self, x: x * 1.001,
    "backward": lambda self, gy: (self.deep.append(sum(1 for _ in __import__("traceback").walk_stack(None))), gy * 1.001)[1],
    "deep": []})"""
STRETCH = """lambda F, back: type(F)("Stretch", (F,), {
    "forward": lambda self, x: x * 1.001, "backward": lambda self, gy: gy * back})"""


def convenient(draw: Draw, chain: str, text: str = "") -> Probe:
    """The value and the gradients after ``y = square(exp(x))`` and ``y.backward()``, with nothing put into y."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle) -> Any:
        x = box_of(Variable, draw(rng))
        variables = through([{"s": square, "e": exp}[letter] for letter in chain], x)
        variables[-1].get("backward")()
        y = variables[-1]
        return [given_by(y, "data", "y"), given_by(y, "grad", "y"), given_by(x, "grad", "x")]

    return with_call(probe, text) if text else probe


CONVENIENT = gradients("y.data", "y.grad", "x.grad")


def twice(rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle) -> list[Any]:
    """Two calls of one wrapper, with two variables: each result knows its own."""
    a, b = box_of(Variable, np.array(1.5)), box_of(Variable, np.array(4.0))
    y, z = called(square, a, "square(a)"), called(square, b, "square(b)")
    y.get("backward")()
    first = given_by(a, "grad", "a")
    z.get("backward")()
    return [given_by(y, "data", "y"), first, given_by(b, "grad", "b")]


def long_chain(n: Callable[[Rng], int], back: float = 1.001) -> Probe:
    """A chain of thousands, and back; `back` is what each of them multiplies the gradient by, 1.001 is its slope."""

    def probe(rng: Rng, Variable: Handle, Function: Handle, *others: Any) -> list[Any]:
        x = box_of(Variable, rng.uniform(0.5, 1.5, 6))
        y = graphs.repeated(graphs.inside(Function, STRETCH)(Function, back), x, n(rng))
        y = graphs.variable_at(y, "what a function returns")
        y.get("backward")()
        return [given_by(y, "data", "y"), given_by(y, "grad", "y"), given_by(x, "grad", "x")]

    return with_call(probe, "y = f(f(… f(x))), 5,000 functions, then y.backward()")


def another_length(rng: Rng, Variable: Handle, Function: Handle, *others: Any) -> list[Any]:
    """A chain of thousands whose backward is not its slope; whether the calls of backward of a short one stand in each other."""
    Deep = graphs.inside(Function, DEPTH)(Function)
    y = graphs.variable_at(
        graphs.repeated(Deep, box_of(Variable, rng.uniform(0.5, 1.5, 6)), 60), "what a function returns"
    )
    y.get("backward")()
    depths = [graphs.array_of(n, "a depth") for n in Deep.get("deep")]
    nested = bool(depths) and int(max(depths)) - int(min(depths)) > 30
    thousands = long_chain(lambda rng: int(rng.integers(5200, 6000)), float(rng.uniform(0.9995, 0.9999)))
    return [*thousands(rng, Variable, Function), int(nested)]


ANOTHER_LENGTH = gradients("y.data", "y.grad", "x.grad", "calls of backward within each other")


def own_functions(
    rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle
) -> Any:
    """A chain with functions of our own whose backward belongs to no slope; all gradients, and how often each was called."""
    calls = graphs.Calls()
    factor = float(rng.uniform(1.5, 3.0))
    Odd = odd(Function, calls, factor)
    makers = {"s": square, "e": exp, "o": None}
    order = [makers[letter] for letter in rng.permutation(list("seoeso"))]
    variables = through([f or Odd() for f in order], box_of(Variable, rng.uniform(0.3, 0.9, 3)))
    variables[-1].get("backward")()
    return [*(given_by(v, "grad", "x") for v in variables), calls.count_of("forward"), calls.count_of("backward")]


def leaf(rng: Rng, Variable: Handle, Function: Handle, *others: Any) -> list[Any]:
    """backward of a variable that no function made: ones; of one that ours has made; and of the one behind it: ones again."""
    x, a = (box_of(Variable, rng.uniform(0.5, 1.5, (2, 3))) for _ in range(2))
    x.get("backward")()
    called(odd(Function, graphs.Calls(), 2.0)(), a, "f(x)").get("backward")()
    found = [given_by(x, "grad", "x"), graphs.type_at(x, "creator"), given_by(a, "grad", "x")]
    a.get("backward")()
    return [*found, given_by(a, "grad", "x")]


def refused(*texts: str) -> Probe:
    """What a box says to things that are no arrays: the names of the exceptions; and that it takes an array, and None."""

    def probe(rng: Rng, Variable: Handle, *others: Any) -> dict[str, Any]:
        x = box_of(Variable, np.array([1.5]))
        things = {"1.0": 1.0, "[1.0, 2.0]": [1.0, 2.0], "2": 2, "'1.0'": "1.0", "(1.0,)": (1.0,), "a Variable": x}
        return {
            "array": bool(np.all(given_by(x, "data", "x") == 1.5)),
            "None": graphs.kind_of_failure(lambda: Variable(None)) or "accepted",
            **{text: taken(Variable, things[text]) for text in texts if text in things},
            **{text: taken(first_entry(Variable), np.ones(1, np.float32)) for text in texts if text not in things},
        }

    return with_call(probe, "; ".join(f"Variable({text})" for text in texts))


def first_entry(Variable: Handle) -> Callable[[Array], Handle]:
    """A box of the first entry of an array: a number of NumPy's own, which comes into being where the student's code runs."""
    box = graphs.inside(Variable, "lambda Variable, a: Variable(a[0])")
    return lambda a: box(Variable, a)


def taken(Variable: Callable[..., Handle], thing: Any) -> str:
    """The name of the exception with which a box refuses a thing, or as what it takes it."""
    boxes: list[Any] = []
    refusal = graphs.kind_of_failure(lambda: boxes.append(Variable(thing)))
    return refusal or f"accepted as {graphs.type_at(graphs.variable_at(boxes[0], 'Variable(data)'), 'data')}"


REFUSED = {
    "array": "Variable(array).data must be that array.",
    "None": "Variable(None) is a box that holds nothing yet: it must be accepted.",
    **dict.fromkeys(
        ("1.0", "[1.0, 2.0]", "2", "'1.0'", "(1.0,)", "a Variable", "np.float32(1.0)"),
        "What is neither an array nor None must be refused with a TypeError.",
    ),
}


def whole_numbers(
    rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle
) -> Any:
    """Integers in a box: what they have become, and the gradients of what is worked out with them."""
    x = box_of(Variable, np.array([3, -2, 5]))
    y = called(square, x, "square(x)")
    y.get("backward")()
    found = [given_by(x, "data", "x"), given_by(y, "data", "y"), given_by(y, "grad", "y"), given_by(x, "grad", "x")]
    narrow = [given_by(box_of(Variable, np.array([3, -2, 5], dtype)), "data", "x") for dtype in ("int32", "int16")]
    return [found, [v.dtype.name if v is not None else "None" for v in found + narrow]]


def always_arrays(
    rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle
) -> Any:
    """The types of data and grad where NumPy, or a function, gives a single number in place of an array."""
    x, calls = box_of(Variable, np.array(float(rng.uniform(0.5, 1.5)))), graphs.Calls()
    Halved = graphs.made(Function, "Halved", lambda x: float(x) / 2, lambda xs, gy: np.float64(gy) / 2, calls=calls)
    variables = through([square, Halved(), exp], x)
    variables[-1].get("backward")()
    require_way_back(calls.count_of("backward"))
    names = ("x", "a", "b", "y")
    return {
        **{f"{n}.data": graphs.type_at(v, "data") for n, v in zip(names, variables, strict=True)},
        **{f"{n}.grad": graphs.type_at(v, "grad") for n, v in zip(names, variables, strict=True)},
    }


ALWAYS_ARRAYS = {
    f"{name}.{what}": "It must be an array, also where NumPy or a function gives a single number: np.array makes one of it."
    for what in ("data", "grad")
    for name in ("x", "a", "b", "y")
}


def single_precision(
    rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, sq: Handle, exp: Handle
) -> list[str]:
    """The dtypes of data and gradients from float32, of several numbers and of one."""
    found, Asked = [], asked(Function)
    for shape, functions in (((3,), [sq, exp, Asked()]), ((), [sq, exp])):
        variables = through(functions, box_of(Variable, np.asarray(rng.uniform(0.3, 0.9, shape), np.float32)))
        variables[-1].get("backward")()
        given = [given_by(v, name, "x") for name in ("data", "grad") for v in variables]
        found += [v.dtype.name if v is not None else "None" for v in given]
    require_way_back(times_asked(Asked))
    return found


def untouched(rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle) -> bool:
    """Whether the data of all variables survive the way back."""
    data, Asked = rng.uniform(0.3, 0.9, 3), asked(Function)
    variables, before = noted([square, exp, square, Asked()], box_of(Variable, data))
    variables[-1].get("backward")()
    require_way_back(times_asked(Asked))
    return same(before[0], data) and same(before, [given_by(v, "data", "x") for v in variables])


def quiet(rng: Rng, Variable: Handle, Function: Handle, S: Handle, E: Handle, square: Handle, exp: Handle) -> list[str]:
    """The floating-point warnings on the way to a result and back."""
    Asked = asked(Function)
    variables = through([square, exp, Asked()], box_of(Variable, rng.uniform(0.3, 0.9, 3)))
    found = variables[-1].get("backward").call().warnings
    require_way_back(times_asked(Asked))
    return found
