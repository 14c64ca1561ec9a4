"""The same judgement in a notebook's own process and across the boundary, for everything that is declared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autograder
from autograder.checks import exercises
from autograder.exercise import Exercise
from autograder.handle import local
from autograder.intake.notebook import Cell
from autograder.judging import judge
from autograder.sandbox.provided import gradus_folder
from autograder.sandbox.remote import Limits, Session


def everything() -> dict[str, tuple[bool, str]]:
    """All of this project as modules to be sent, so that declared mistakes can be played in the other process."""
    found = {}
    for root, package in ((Path(autograder.__file__).parent, "autograder"), (gradus_folder(), "gradus")):
        for path in root.rglob("*.py"):
            name = ".".join([package, *path.relative_to(root).with_suffix("").parts])
            found[name.removesuffix(".__init__")] = (name.endswith(".__init__"), path.read_text(encoding="utf-8"))
    return found


def compare_both_sides(ex: Exercise, versions: dict[str, tuple]) -> None:
    """Judge versions of the objects in this process and in another, and compare everything a student would read."""
    cells = [Cell("given", "all", f"from autograder.checks import of_topic\nex = of_topic({ex.topic!r})[{ex.id!r}]\n"
                  "versions = {'reference': ex.reference} | {m.name: m.objects for m in ex.mistakes}")]  # fmt: skip
    for name in versions:
        cells += [Cell("solution", "objects", f"{', '.join(ex.names)}, = versions[{name!r}]"), Cell("check", name, "")]
    with Session(cells, everything(), Limits(memory=4 * 2**30)) as session:
        for name, objects in versions.items():
            here = judge(ex, lambda objects=objects: tuple(local(o) for o in objects), seed=7)
            there = judge(ex, lambda name=name: session.objects(name, ex.names, ex.seconds), seed=7)
            assert there == here, name
            assert (there.verdict == "pass") == (name == "reference")


each_exercise = pytest.mark.parametrize("ex", exercises().values(), ids=exercises())


@each_exercise
def test_the_reference_and_mistakes_get_the_same_answer_in_a_notebook_and_across_the_boundary(ex):
    compare_both_sides(ex, {"reference": ex.reference, **{m.name: m.objects for m in ex.mistakes[:2]}})


@pytest.mark.slow
@each_exercise
def test_every_mistake_gets_the_same_answer_in_a_notebook_and_across_the_boundary(ex):
    compare_both_sides(ex, {m.name: m.objects for m in ex.mistakes})


class Odd:
    """Something that is no plain data."""


ODD = {
    "nothing": None, "dict": {}, "objects": [Odd(), None], "five axes": np.ones((1,) * 5), "large": 2**64 - 1,
    "complex": np.ones(3, complex),
}  # fmt: skip


@each_exercise
@pytest.mark.filterwarnings("ignore")
def test_no_value_that_a_student_can_return_makes_a_check_stumble(ex):
    for name, value in ODD.items():
        objects = [(lambda *a, value=value, **k: value) if callable(r) else value for r in ex.reference]
        given = tuple(local(o) for o in objects)
        assert judge(ex, lambda given=given: given, seed=1).score == 0, name
