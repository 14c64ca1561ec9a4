"""Small programs on a student's classes: built there through handles, computed here with derivatives carried forward.

A program is a list of lines: ``("x", "leaf", value)``, ``("y", "Add", ("x", "x"))``, ``(("u", "v"), "Split", ("x",))``,
``("", "backward", "y")``, ``("", "cleargrad", "x")``, ``("", "read", "x.grad")``. `ran` runs it on handles, `computed` says
what must come out without any engine, `written` writes it as Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.checks._autodiff_graphs import Calls, made, variable_at
from autograder.comparison import Comparison, Difference, values
from autograder.exercise import Case, hidden, public, purity
from autograder.handle import StudentFailure
from autograder.probes import callable_of
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator
Line = tuple[Any, str, Any]
Program = list[Line]
Make = Callable[[Rng], Program]

OWN = {"Square": 2, "Add": 3, "Mul": 4}  # place among the objects of an exercise
MOST_CALLS = 300  # of functions of the check in one program: then it is stopped

#: name → (forward, derivatives: of each output, with respect to each input), all element by element
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "Square": (lambda x: x**2, lambda x: [[2 * x]]),
    "Add": (lambda x0, x1: x0 + x1, lambda x0, x1: [[1 + 0 * x0, 1 + 0 * x1]]),
    "Mul": (lambda x0, x1: x0 * x1, lambda x0, x1: [[x1, x0]]),
    "Blend": (lambda x0, x1, x2: x0 * x1 + x2, lambda x0, x1, x2: [[x1, x0, 1 + 0 * x2]]),
    "Split": (lambda x: (3 * x, x**2), lambda x: [[3 + 0 * x], [2 * x]]),
    "Both": (lambda x0, x1: (x0 + x1, x0 * x1), lambda x0, x1: [[1 + 0 * x0, 1 + 0 * x1], [x1, x0]]),
    "Squash": (np.log1p, lambda x: [[1 / (1 + x)]]),
    "Ceil": (np.ceil, lambda x: [[1 + 0 * x]]),  # its backward hands the gradient on, as if nothing were rounded
}


class Unfit(Exception):
    """What came back cannot be used any further; the text says why and is an observation, too."""


def grid(name: str, xs: Sequence[Any]) -> list[list[Array]]:
    return [[np.asarray(d, dtype=np.asarray(x).dtype) for d, x in zip(row, xs, strict=True)]
            for row in FUNCTIONS[name][1](*xs)]  # fmt: skip


# ---------------------------------------------------------------- on the student's classes


def function_of_ours(Function: Any, name: str, calls: Calls, trouble: list[str]) -> Any:
    """A class derived from the student's Function; what is wrong with the gradients it gets is noted in `trouble`."""

    def forward(*xs: Any) -> Any:
        wanted = len(grid_shape(name))
        if not all(isinstance(x, np.ndarray) for x in xs) or len(xs) != wanted:
            got = ", ".join(sort_of(x) for x in xs[:4])
            trouble.append(f"{name}.forward must get {wanted} array{'s' * (wanted > 1)}, it got {got}.")
            raise RuntimeError(trouble[-1])
        found = FUNCTIONS[name][0](*xs)
        return tuple(map(np.asarray, found)) if isinstance(found, tuple) else np.asarray(found)

    def backward(xs: Any, *gys: Any) -> Any:
        if calls.count_of("backward") > MOST_CALLS:
            trouble.append("backward was called again and again.")
            raise RuntimeError(trouble[-1])
        local = grid(name, xs)
        if len(gys) != len(local):
            trouble.append(f"{name}.backward must get {len(local)} gradient{'s' * (len(local) > 1)}, one for each output: "
                           f"it got {len(gys)}.")  # fmt: skip
            gys = (*gys, *[None] * len(local))[: len(local)]
        if bad := [g for g in gys if not isinstance(g, np.ndarray | float | int)]:
            trouble.append(f"{name}.backward must get an array for each output, it got {sort_of(bad[0])}.")
        elif any(np.shape(g) != np.shape(xs[0]) for g in gys):
            trouble.append(f"{name}.backward must get gradients in the shape of its outputs: yours has another.")
            gys = tuple(g * np.ones_like(xs[0]) if np.size(g) == 1 else 0.0 for g in gys)
        usable = [np.asarray(g) if isinstance(g, np.ndarray | float | int) else 0.0 for g in gys]
        gxs = [sum((g * row[i] for g, row in zip(usable, local, strict=True)), start=0 * xs[i]) for i in range(len(xs))]
        return tuple(map(np.asarray, gxs)) if len(gxs) > 1 else np.asarray(gxs[0])

    return made(Function, name, forward, backward, calls=calls)


def grid_shape(name: str) -> list[Any]:
    """One entry for each input of a function."""
    return {"Blend": [0, 1, 2], "Both": [0, 1], "Split": [0], "Squash": [0], "Ceil": [0]}[name]


class Run:
    """The state of a program that runs on a student's classes."""

    def __init__(self, objects: Sequence[Any]) -> None:
        self.objects = [callable_of(o) for o in objects]
        self.variables: dict[str, Any] = {}
        self.classes: dict[str, Any] = {}
        self.calls, self.trouble, self.found = Calls(), [], []

    def line(self, names: Any, op: str, what: Any) -> None:
        if op == "leaf":
            self.variables[names] = variable_at(self.objects[0](np.array(what)), f"Variable({names})")
        elif op == "read":
            self.found.append(self.read(what))
        elif op == "backward" or op == "cleargrad":
            callable_of(self.variables[what].get(op))()
        else:
            self.apply(names, op, what)

    def apply(self, names: Any, op: str, inputs: tuple[str, ...]) -> None:
        if op not in self.classes:
            own = OWN.get(op)
            self.classes[op] = self.objects[own] if own else function_of_ours(
                self.objects[1], op, self.calls, self.trouble)  # fmt: skip
        result = callable_of(self.classes[op]())(*[self.variables[name] for name in inputs])
        if isinstance(names, str):
            if not hasattr(result, "call"):
                raise Unfit(f"{op}()({', '.join(inputs)}) must be a Variable, yours is {sort_of(result)}.")
            self.variables[names] = result
            return
        if not isinstance(result, list | tuple) or len(result) != len(names):
            raise Unfit(f"{op}()({', '.join(inputs)}) must give {len(names)} Variables, yours is {sort_of(result)}.")
        for name, variable in zip(names, result, strict=True):
            if not hasattr(variable, "call"):
                raise Unfit(f"{op}()({', '.join(inputs)}) must give Variables, among yours is {sort_of(variable)}.")
            self.variables[name] = variable

    def read(self, place: str) -> Any:
        name, _, attribute = place.partition(".")
        value = self.variables[name].get(attribute)
        return value if isinstance(value, np.ndarray | int | float) else sort_of(value)


def sort_of(value: Any) -> str:
    """What a value is, without a word of the student's making: hidden inputs could leave in it."""
    if hasattr(value, "call"):
        return "a single object"
    return f"a {type(value).__name__} of {len(value)}" if isinstance(value, list | tuple | dict) else kind_text(value)


#: What NumPy and Python say → what is said here. A TypeError can mean many things: each of these is an observation by
#: itself, so that nobody is told of a mistake whose only likeness to his own is the name of the exception.
ERRORS = {
    r"forward\(\) (missing|takes)": "TypeError: forward was called with another number of arguments than it has.",
    r"'tuple'|sequence": "TypeError: Python was to calculate with a tuple.",
    r"NumPy array": "TypeError: a Variable was made of something that is no array.",
    r"iteration over a 0-d array|object is not iterable": "TypeError: Python was to go through something that has no elements.",
    r"'[<>]=?' not supported between instances of '(?!NoneType|int|float|list|tuple|str)":
        "TypeError: Python was to say which of two objects is the smaller one, and cannot.",
}  # fmt: skip


def known_error(failure: StudentFailure) -> str:
    """A TypeError in words that tell it from others; "" where it is none of the known ones."""
    if failure.kind != "TypeError":
        return ""
    return next((said for pattern, said in ERRORS.items() if re.search(pattern, failure.text)), "")


def ran(make: Make) -> Callable[..., Any]:
    """A probe: what a program reads on the student's classes, or a text on why it could not be used."""

    def probe(rng: Rng, *objects: Any) -> Any:
        run = Run(objects)
        try:
            for line in make(rng):
                run.line(*line)
        except Unfit as reason:
            return str(reason)
        except StudentFailure as failure:
            if run.trouble:
                return run.trouble[0]
            if said := known_error(failure):
                return said
            raise
        return run.trouble[0] if run.trouble else run.found

    probe.shown = lambda rng, names: written(make(rng))  # type: ignore[attr-defined]
    return probe


# ---------------------------------------------------------------- without any engine


def computed(make: Make) -> Callable[[Rng], list[Any]]:
    """What a program must read: derivatives are carried forward with the values, from one leaf at a time."""

    def expected(rng: Rng) -> list[Any]:
        data: dict[str, Array] = {}
        slopes: dict[str, dict[str, Array]] = {}  # of a variable: leaf → derivative
        grads: dict[str, Array | None] = {}
        found: list[Any] = []
        for names, op, what in make(rng):
            if op == "leaf":
                data[names], grads[names] = np.array(what), None
                slopes[names] = {names: np.ones_like(data[names])}
            elif op == "read":
                name, _, attribute = what.partition(".")
                value = data[name] if attribute == "data" else grads[name]
                found.append("None" if value is None else np.array(value))
            elif op == "cleargrad":
                grads[what] = None
            elif op == "backward":
                for leaf, slope in slopes[what].items():
                    before = grads[leaf]
                    grads[leaf] = slope if before is None else before + slope
                grads[what] = np.ones_like(data[what])
            else:
                apply(data, slopes, (names,) if isinstance(names, str) else names, op, what)
        return found

    return expected


def apply(data: Any, slopes: Any, names: tuple[str, ...], op: str, inputs: tuple[str, ...]) -> None:
    xs = [data[name] for name in inputs]
    ys = FUNCTIONS[op][0](*xs)
    for name, y, row in zip(names, ys if isinstance(ys, tuple) else (ys,), grid(op, xs), strict=True):
        data[name], slopes[name] = np.asarray(y), {}
        for source, local in zip(inputs, row, strict=True):
            for leaf, slope in slopes[source].items():
                slopes[name][leaf] = slopes[name].get(leaf, 0.0) + local * slope


# ---------------------------------------------------------------- in words


def written(program: Program) -> str:
    """A program as a student would type it."""
    lines = []
    for names, op, what in program:
        if op == "leaf":
            text = np.array2string(np.asarray(what), separator=", ", precision=4)
            lines.append(f"{names} = Variable(np.array({text}))")
        elif op in ("backward", "cleargrad"):
            lines.append(f"{what}.{op}()")
        elif op != "read":
            left = names if isinstance(names, str) else ", ".join(names)
            lines.append(f"{left} = {op}()({', '.join(what)})")
    return "; ".join(lines)


def read_values(parts: Sequence[str] = ()) -> Comparison:
    """Values of a program, each by its name; or the text on why there are none."""
    by_value = values(rtol=1e-7, atol=1e-9, parts=parts)

    def compare(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
        if isinstance(given, str) or isinstance(expected, str):
            return None if given == expected else Difference("values", "", "", str(given))
        for i, (mine, wanted) in enumerate(zip(given, expected, strict=False)):
            if isinstance(mine, str) and not isinstance(wanted, str):
                what = parts[i] if i < len(parts) else "A gradient, or the data, of a variable"
                return Difference("values", "", "", f"{what} must be an array, yours is {mine}.")
        return by_value(given, expected, slack)

    return compare


def reads(program: Program) -> tuple[str, ...]:
    return tuple(what for _, op, what in program if op == "read")


def case(group: Callable[..., Case], name: str, make: Make) -> Case:
    parts = reads(make(np.random.default_rng(0))) if group is public else ()
    return group(name, ran(make), read_values(parts), expected=computed(make))


def shown(name: str, *program: Line) -> Case:
    """A public case: a program that a student sees."""
    return case(public, name, lambda rng: list(program))


def secret(name: str, make: Make) -> Case:
    return case(hidden, name, make)


def manner(name: str, make: Make) -> Case:
    return case(purity, name, make)
