"""What the capstone's engine is tried on: the graphs of `steps_15_16`, and two layers with arrays of several shapes.

Two classes are handed in, Variable and Function. The Square, Add and Mul of those graphs are derived from that Function, and run
where the student's code runs: what backward of Add gives is one array, twice, and an engine that adds in place is found out.
As the task promises, their methods return arrays: single numbers of NumPy's, which arrays without dimensions give, are packed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks._autodiff_graphs import array_at, inside, made, variable_at
from autograder.exercise import Case, Mistake
from autograder.handle import StudentFailure
from autograder.probes import Probe, callable_of, several
from autograder.wording import kind_text

Array = np.ndarray
Rng = np.random.Generator

#: What is no class stays as it is, and says when it is called what is the matter with it.
THREE = """lambda Function, asarray=__import__("numpy").asarray: [
    type(Function)(name, (Function,), {"forward": forward, "backward": backward}) if isinstance(Function, type) else Function
    for name, forward, backward in (
        ("Square", lambda self, x: (setattr(self, "_given", x), asarray(x**2))[1],
                   lambda self, gy: asarray(2 * self._given * gy)),
        ("Add", lambda self, x0, x1: asarray(x0 + x1), lambda self, gy: (gy, gy)),
        ("Mul", lambda self, x0, x1: (setattr(self, "_given", (x0, x1)), asarray(x0 * x1))[1],
                lambda self, gy: (asarray(gy * self._given[1]), asarray(gy * self._given[0]))),
    )]"""


def on_two_classes(case: Case) -> Case:
    """A case for five classes, on two of them: the functions among the five are made of the second."""

    def probe(rng: Rng, Variable: Any, Function: Any) -> Any:
        three = inside(Function, THREE)(Function)
        return case.probe(rng, Variable, Function, *three)

    return replace(case, probe=probe)


def of_two_classes(mistake: Mistake) -> Mistake:
    """A wrong engine of five classes, without its functions."""
    return replace(mistake, objects=mistake.objects[:2])


# ---------------------------------------------------------------- layers

READ = tuple(f"{name}, step {step}" for step in (1, 2) for name in ("y.data", "W1.grad", "b.grad", "W2.grad"))

#: name → (forward, backward: what forward has got, and the gradients of its outputs, to those of its inputs)
LAYERS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "Linear": (np.matmul, lambda xs, gy: (gy @ xs[1].T, xs[0].T @ gy)),
    "Shift": (np.add, lambda xs, gy: (gy, gy.sum(axis=0, keepdims=True))),
    "Cut": (lambda h: (h[:, 1:], h[:, :1]), lambda xs, gu, gv: np.concatenate([gv, gu], axis=1)),
    "Bend": (np.tanh, lambda xs, gy: gy * (1 - np.tanh(xs[0]) ** 2)),
    "Mean": (lambda h: np.asarray(np.mean(h**2)), lambda xs, gy: 2 * xs[0] * (gy / xs[0].size)),
    "Columns": (lambda h: np.mean(h**2, axis=0), lambda xs, gy: 2 * xs[0] * (gy / len(xs[0]))),
}


def two_steps(result: str) -> Probe:
    """Two layers on a batch, and a step of gradient descent; then again: the result and the gradients of each time.

    Args:
        result: the last layer: "Mean" gives one number, "Columns" one for each column.
    """

    def probe(rng: Rng, Variable: Any, Function: Any) -> list[Array]:
        box = callable_of(Variable)
        X = rng.normal(size=(5, 3))
        parameters = {"W1": rng.normal(size=(3, 4)), "b": rng.normal(size=(1, 4)), "W2": rng.normal(size=(3, 2))}
        kinds = {name: layer(Function, name) for name in LAYERS}
        found: list[Array] = []
        for _ in range(2):
            boxes = {name: variable_at(box(value), "Variable(data)") for name, value in parameters.items()}
            if not all(v.get("grad") is None for v in boxes.values()):
                raise StudentFailure("wrong", "", "a new Variable has no gradient yet: grad must be None at first")

            def applied(name: str, *inputs: Any) -> Any:
                return variable_at(callable_of(kinds[name]())(*inputs), f"what {name} returns")

            h = applied("Shift", applied("Linear", box(X), boxes["W1"]), boxes["b"])
            u, _ = several(callable_of(kinds["Cut"]())(h), 2, "what Cut returns: two Variables")
            y = applied(result, applied("Linear", applied("Bend", u), boxes["W2"]))
            callable_of(y.get("backward"))()
            grads = {name: array_at(boxes[name], "grad", name) for name in parameters}
            found += [array_at(y, "data", "y"), *grads.values()]
            parameters = {name: value - 0.1 * grads[name] for name, value in parameters.items()}
        return found

    return probe


def layer(Function: Any, name: str) -> Any:
    """A layer whose methods want arrays, and a gradient for each output, in its shape."""
    forward, backward = LAYERS[name]

    def given(*xs: Any) -> Any:
        return forward(*arrays(xs, "forward"))

    def handed(xs: Any, *gys: Any) -> Any:
        outputs = forward(*xs)
        shapes = [y.shape for y in (outputs if isinstance(outputs, tuple) else (outputs,))]
        gradients = arrays(gys, "backward")
        if (given_shapes := [gy.shape for gy in gradients]) != shapes:
            wanted, got = (" and ".join(map(str, found)) or "none" for found in (shapes, given_shapes))
            raise ValueError(f"{name}.backward must get a gradient in the shape of each output, {wanted}: it got {got}")
        return backward(xs, *gradients)

    return made(Function, name, given, handed)


def arrays(values: Sequence[Any], method: str) -> list[Array]:
    """What a method of a layer was called with, which must be data."""
    for value in values:
        if not isinstance(value, np.ndarray | float | int):
            what = "None" if value is None else "a Variable" if hasattr(value, "call") else kind_text(value)
            raise TypeError(f"{method} must be called with arrays, it was called with {what}")
    return [np.asarray(value) for value in values]
