"""Wrong engines, as students write them: the functions behind a variable in another order, gradients kept in another way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.exercise import mistake


def added(old: Any, new: Any) -> Any:
    return new if old is None else old + new


def overwritten(old: Any, new: Any) -> Any:
    return new


def by_generation(y: Any) -> list[Any]:
    found, waiting = [], [y.creator]
    while waiting:
        f = waiting.pop()
        if f is not None and f not in found:
            found.append(f)
            waiting += [x.creator for x in f.inputs]
    return sorted(found, key=lambda f: f.generation, reverse=True)


def in_turn(y: Any, first: bool, seen: bool, most: int = 2000) -> list[Any]:
    """From a list of functions to do, the first or the last that came in."""
    found, waiting = [], [y.creator]
    while waiting and len(found) < most:
        f = waiting.pop(0 if first else -1)
        if f is None or (seen and f in found):
            continue
        found.append(f)
        waiting += [x.creator for x in f.inputs]
    return found


def engine(
    order: Callable[[Any], list[Any]] = by_generation, keep: Callable[[Any, Any], Any] = added, generation: Any = max,
    seed: Callable[[Any], Any] = np.ones_like, inputs: int | None = None,
) -> tuple[type, type]:  # fmt: skip
    """Variable and Function with an order, and a way to keep gradients."""

    class Variable:
        def __init__(self, data: Any) -> None:
            self.data, self.grad, self.creator, self.generation = data, None, None, 0

        def cleargrad(self) -> None:
            self.grad = None

        def backward(self) -> None:
            if self.grad is None:
                self.grad = seed(self.data)
            for f in order(self):
                gxs = f.backward(*[np.zeros_like(y.data) if y.grad is None else y.grad for y in f.outputs])
                gxs = gxs if isinstance(gxs, tuple) else (gxs,)
                for x, gx in list(zip(f.inputs, gxs, strict=True))[:inputs]:
                    x.grad = keep(x.grad, gx)

    class Function:
        def __call__(self, *inputs: Any) -> Any:
            ys = self.forward(*[x.data for x in inputs])
            self.inputs = inputs
            self.generation = generation([x.generation for x in inputs])
            self.outputs = [Variable(np.asarray(y)) for y in (ys if isinstance(ys, tuple) else (ys,))]
            for y in self.outputs:
                y.creator, y.generation = self, self.generation + 1
            return self.outputs if len(self.outputs) > 1 else self.outputs[0]

        def forward(self, *xs: Any) -> Any:
            raise NotImplementedError

        def backward(self, *gys: Any) -> Any:
            raise NotImplementedError

    return Variable, Function


ENGINE = [
    mistake("overwritten", """The gradient of a variable that is used twice is only that of one of its uses: the later one takes
        the place of the earlier one. What belongs to it along all ways?""", *engine(keep=overwritten)),
    mistake("last_first", """The function that came in last runs first, and so some run before all that use their output have run:
        which of them must wait, and how can a function know?""", *engine(order=lambda y: in_turn(y, first=False, seen=True))),
    mistake("first_first", """The functions run in the order in which they were found. A short way to a variable is found before a
        long one, and its function then runs too early: what says how far along a function stands?""",
        *engine(order=lambda y: in_turn(y, first=True, seen=True))),
    mistake("seen_missing", """A function runs once for every way that leads to it, each time with all that has gathered so far.
        It must run once: where do you note which ones wait already?""",
        *engine(order=lambda y: in_turn(y, first=False, seen=False))),
    mistake("earliest_input", """A function's generation is taken from the earliest of its inputs. It can run only after all of
        them are there: which of its inputs decides?""", *engine(generation=min)),
    mistake("first_input", """Only the first input of a function gets its gradient: a function hands back one for each of its
        inputs.""", *engine(inputs=1)),
    mistake("starts_at_zero", """All gradients are 0: with what does the backward pass begin? The result changes with itself one
        to one.""", *engine(seed=np.zeros_like)),
]  # fmt: skip
