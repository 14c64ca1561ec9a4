"""What an engine must not do on the way: touch the data, change the dtype, let a wrong number of gradients pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.checks._autodiff_11_to_16_probes import Make, Rng, Run, Unfit, sort_of, written
from autograder.checks._autodiff_graphs import made
from autograder.comparison import Difference
from autograder.exercise import Case, hidden, purity
from autograder.handle import StudentFailure
from autograder.probes import callable_of, holds, same, with_call

UNTOUCHED = "The data of a variable are not what they were: backward and forward must leave them as they are."


def untouched(make: Make) -> Any:
    """Whether the data of all variables are after backward what they were before."""

    def probe(rng: Rng, *objects: Any) -> bool:
        run, before = Run(objects), {}
        try:
            for line in make(rng):
                if line[1] == "backward":
                    before = {name: v.get("data") for name, v in run.variables.items()}
                run.line(*line)
        except Unfit:
            return False
        return bool(before) and all(same(before[name], run.variables[name].get("data")) for name in before)

    probe.shown = lambda rng, names: written(make(rng))  # type: ignore[attr-defined]
    return probe


def in_single(make: Make) -> Make:
    """The same program with leaves of float32."""
    return lambda rng: [
        (name, op, np.asarray(what, np.float32) if op == "leaf" else what) for name, op, what in make(rng)
    ]


def dtypes(make: Make) -> Any:
    """Names of the dtypes of what is read from a program with leaves of float32."""
    single = in_single(make)

    def probe(rng: Rng, *objects: Any) -> list[str]:
        run = Run(objects)
        try:
            for line in single(rng):
                run.line(*line)
        except Unfit as reason:
            return [str(reason)]
        return [value.dtype.name if isinstance(value, np.ndarray) else sort_of(value) for value in run.found]

    probe.shown = lambda rng, names: written(single(rng))  # type: ignore[attr-defined]
    return probe


def all_single(given: Any, expected: Any, slack: float = 1.0) -> Difference | None:
    if given == expected:
        return None
    got = ", ".join(dict.fromkeys(map(str, given)))
    return Difference(
        "dtype", "float32 throughout", got, "With float32 data the results and the gradients must be float32."
    )


def manners(make: Make) -> list[Case]:
    return [
        purity("the data stay as they are", untouched(make), holds(UNTOUCHED), expected=lambda rng: True),
        purity("float32 stays float32", dtypes(make), all_single,
               expected=lambda rng: ["float32"] * sum(op == "read" for _, op, _ in make(rng))),
    ]  # fmt: skip


# ---------------------------------------------------------------- another number of gradients than of inputs

LENGTHS = {
    "three for three inputs": """A function of three inputs whose backward returned three gradients, 2, 3 and 4 times that of its
        output: the inputs hold others.""",
    "two for one input": """A function of one input whose backward returns two gradients went through without an error: one
        gradient was dropped.""",
    "one for two inputs": """A function of two inputs whose backward returns one gradient went through without an error: one
        input got none.""",
    "two for three inputs": """A function of three inputs whose backward returns two gradients went through without an
        error: one input got none.""",
}


def lengths(rng: Rng, *objects: Any) -> dict[str, bool | None]:
    """Whether as many gradients as inputs arrive, and whether another number raises an exception."""
    Variable, Function = callable_of(objects[0]), callable_of(objects[1])
    found: dict[str, bool | None] = {}
    for name, inputs, gradients in zip(LENGTHS, (3, 1, 2, 3), (3, 2, 1, 2), strict=True):
        xs = [Variable(rng.uniform(0.5, 1.5, 3)) for _ in range(inputs)]
        kind = made(Function, "Wrong" if inputs != gradients else "Right", lambda *arrays: sum(arrays, 0.0),
                    lambda arrays, gy, n=gradients: tuple(k * gy for k in range(2, n + 2)) if n > 1 else gy)  # fmt: skip
        y = callable_of(kind())(*xs)
        if not hasattr(y, "call"):
            return dict.fromkeys(LENGTHS)
        run = callable_of(y.get("backward"))
        if inputs == gradients:  # an engine that raises nothing because it passes nothing on earns nothing here
            run()
            pairs = zip((2.0, 3.0, 4.0), (x.get("grad") for x in xs), strict=True)
            found[name] = all(isinstance(g, np.ndarray) and same(g, np.full(3, k)) for k, g in pairs)
            continue
        try:
            run()
            found[name] = False
        except StudentFailure as failure:
            if failure.verdict != "raised":
                raise
            found[name] = True
    return found


def wrong_lengths(group: Callable[..., Case]) -> Case:
    name = "another number of gradients than of inputs" + " (other arrays)" * (group is hidden)
    probe = with_call(lengths, "y = Wrong()(x); y.backward()   # Wrong.backward returns two gradients, and so on")
    return group(name, probe, holds(LENGTHS), expected=lambda rng: dict.fromkeys(LENGTHS, True))
