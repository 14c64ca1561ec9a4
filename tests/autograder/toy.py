"""A small assignment for the tests of the grader: its exercises, its source notebook, and submissions of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, load_assignment
from autograder.comparison import exactly, values
from autograder.exercise import REGISTRY, exercise, hidden, mistake, public
from autograder.grading.result import Result, Task, seeds_of
from autograder.grading.submission import grade_submission
from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell
from autograder.intake.package import Package
from autograder.probes import args, callable_of, drain, manners, returns
from autograder.sandbox.process import Limits
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Session

QUICK = Limits(call=20.0, cell=20.0, total=120.0, memory=2**30, output=64 * 2**10)
SECONDS = 2.0  # of one call of `double`: short, because loops are tried there, but not for a busy machine


def double(x):
    return 2 * x


def apply_twice(f, x):
    return f(f(x))


def countdown(n):
    while n:
        yield n
        n -= 1


class Tally:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x
        return self


def declare() -> None:
    def draw(rng):
        return args(rng.normal(size=(2, 3)))

    def twice(rng, handle):
        calls = []

        def f(x):
            calls.append(x)
            return 3 * x + 1

        return callable_of(handle)(f, float(rng.normal())), calls

    def down(rng, handle):
        return drain(callable_of(handle)(int(rng.integers(3, 9))), 20)

    def tally(rng, handle):
        first, second = rng.normal(size=(2, 3))
        obj = callable_of(handle)(first)
        obj.get("add")(second)
        before = obj.get("total")
        obj.set("total", np.zeros(3))
        return before, obj.get("add")(first).get("total")

    more: dict[str, Any] = {"minutes": 1, "chapter": "Toys", "section": "Toys", "seconds": 20.0}
    exercise(
        "double", double, points=2, **more | {"seconds": SECONDS},
        cases=[public("a matrix", returns(draw)), hidden("others", returns(draw)), manners(draw)],
        mistakes=[mistake("squared", "This is the square: add the number to itself instead.", lambda x: x * x)],
    )  # fmt: skip
    exercise("apply_twice", apply_twice, points=2, **more, cases=[public("f", twice), hidden("g", twice)])
    exercise("countdown", countdown, points=2, **more, cases=[public("n", down, exactly), hidden("m", down, exactly)])
    exercise("Tally", Tally, points=2, **more, cases=[public("sum", tally), hidden("sums", tally, values(rtol=1e-12))])


@contextmanager
def declared_exercises() -> Iterator[None]:
    """The exercises of this file in the register, for as long as a test module needs them."""
    before = dict(REGISTRY)
    declare()
    try:
        yield
    finally:
        REGISTRY.clear()
        REGISTRY.update(before)


RIGHT = {
    "double": "def double(x):\n    return x + x",
    "apply_twice": "def apply_twice(f, x):\n    return f(f(x))",
    "countdown": "def countdown(n):\n    for i in range(n, 0, -1):\n        yield i",
    "Tally": "class Tally:\n    def __init__(self, start):\n        self.total = start\n"
    "    def add(self, x):\n        self.total = self.total + x\n        return self",
}
STUB = "raise NotImplementedError  # your code here"
STUBS = {
    "double": f"def double(x):\n    {STUB}",
    "apply_twice": f"def apply_twice(f, x):\n    {STUB}",
    "countdown": f"def countdown(n):\n    {STUB}",
    "Tally": STUB,
}


def cell(
    source: str, kind: str = "", grade_id: str = "", points: float | None = None, code: bool = True
) -> dict[str, Any]:
    """A notebook cell; `kind` is that of a slot, or "" for a cell that nbgrader does not know."""
    made: dict[str, Any] = {"cell_type": "code" if code else "markdown", "metadata": {}, "source": source}
    if code:
        made |= {"execution_count": None, "outputs": []}
    if grade_id:
        made["id"] = grade_id
        made["metadata"]["nbgrader"] = {
            "grade_id": grade_id, "schema_version": 3, "task": False, "locked": kind in ("given", "check"),
            "grade": kind in ("check", "manual"), "solution": kind in ("solution", "manual"),
        } | ({"points": points} if points is not None else {})  # fmt: skip
    return made


def notebook(answers: dict[str, str] | None = None) -> dict[str, Any]:
    """The assignment's notebook with these answers, all right ones where left out."""
    cells = [cell("# Toys", code=False),
             cell("import numpy as np\nfrom autograder import check", "given", "imports")]  # fmt: skip
    for name, source in (RIGHT if answers is None else RIGHT | answers).items():
        cells += [
            cell(f"Write `{name}`.", code=False),
            cell(source, "solution", f"{name}-code"),
            cell(f'check("{name}", {name})', "check", name, 2),
        ]
    cells.append(cell("Because.", "manual", "explain_toy", 4, code=False))
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def toy_assignment(folder: Path) -> Assignment:
    """The assignment, written into a folder and read from there."""
    path = folder / "toy" / "toy.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    return load_assignment("toy", folder)


def position(made: dict[str, Any], grade_id: str) -> int:
    """Where the cell with a grade_id stands."""
    return next(i for i, c in enumerate(made["cells"]) if c.get("id") == grade_id)


def package_of(made: dict[str, Any] | bytes) -> Package:
    """A submission of this notebook and nothing else."""
    content = made if isinstance(made, bytes) else json.dumps(made).encode()
    return Package(content, hashlib.sha256(content).hexdigest(), "", "", {}, ())


def graded(
    made: dict[str, Any] | bytes | Package, assignment: Assignment, *, limits: Limits = QUICK, secret: bytes = b"secret",
    reseed: int = 0, only_exercise: str | None = None,
) -> dict[str, Result]:  # fmt: skip
    """The results of a submission, by exercise."""
    package = made if isinstance(made, Package) else package_of(made)
    seeds = seeds_of(secret, package.sha256, assignment, reseed)
    results = grade_submission(Task("ada", assignment, package, seeds, only_exercise), limits)
    return {r.exercise: r for r in results}


def session_of(source: str, provides: tuple[str, ...] = (), layers: tuple[str, ...] | None = None, **limits) -> Session:
    """A session of a notebook with one cell and one check, "it"."""
    cells = [Cell("solution", "it-code", source), Cell("check", "it", "")]
    return Session(cells, sources(provides), replace(QUICK, **limits), layers=layers)


def failure_of(function, *args) -> StudentFailure:
    with pytest.raises(StudentFailure) as caught:
        function(*args)
    return caught.value
