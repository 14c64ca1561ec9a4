"""What an exercise is: declared once, used by the notebook, the grader and the tests of proof.

A **case** is a *probe* (a function that speaks to the student's objects and returns an observation) and a *comparison*
(which says whether that observation is as expected). The expected observation comes from sending the same probe, with
the same random generator, to the reference. A **mistake** is a wrong version that students write, with the sentence that
helps; it is recognised by sending the same probe to it. So nothing about a mistake has to be declared but itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autograder.comparison import Comparison, values

__all__ = ["Case", "Exercise", "Mistake", "exercise", "hidden", "mistake", "public", "purity"]

Group = Literal["public", "hidden", "purity"]
SHARES: dict[Group, float] = {"public": 0.4, "hidden": 0.4, "purity": 0.2}


@dataclass(frozen=True)
class Case:
    """One thing that is tried.

    Attributes:
        name: what is tried, as the student reads it.
        group: "public" (fixed seed; inputs and expected values are shown), "hidden" (another seed for every
            submission; neither is shown) or "purity" (inputs unchanged, dtype kept, no warnings; fixed seed).
        probe: ``probe(rng, *objects) -> observation``; `objects` are the student's, as handles or plain data.
        compare: says what is wrong with an observation, given the expected one.
        expected: ``expected(rng)``, where the reference's own observation would be random; else None.
        shown: ``shown(rng) -> str``: the call as the student reads it, for public cases.
    """

    name: str
    group: Group
    probe: Callable[..., Any]
    compare: Comparison
    expected: Callable[[np.random.Generator], Any] | None = None
    shown: Callable[[np.random.Generator], str] | None = None


@dataclass(frozen=True)
class Mistake:
    """A wrong version that students write.

    Attributes:
        name: short, for reports: "fan_out".
        objects: the wrong version of each object asked for.
        sentence: what leads out of it, without giving the answer away.
    """

    name: str
    objects: tuple[Any, ...]
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """One function or class (or a few that belong together) a student writes. Made by `exercise`.

    In a student's kit there are no hidden cases; `waiting` has their names, and only the grader knows the points.
    """

    id: str
    topic: str
    points: int
    minutes: int
    chapter: str
    section: str
    reference: tuple[Any, ...]
    names: tuple[str, ...]
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]
    seconds: float
    waiting: tuple[str, ...] = ()

    def weight(self, group: Group) -> float:
        """The group's share of the points: 40, 40 and 20 per cent, those of absent groups shared out in proportion."""
        present = {c.group for c in self.cases}
        return SHARES[group] / sum(SHARES[g] for g in present) if group in present else 0.0


REGISTRY: dict[str, Exercise] = {}


def exercise(
    id: str,
    *reference: Any,
    points: int,
    minutes: int,
    chapter: str,
    section: str,
    cases: Sequence[Case | Sequence[Case]],
    mistakes: Sequence[Mistake] = (),
    names: Sequence[str] | None = None,
    seconds: float = 10.0,
) -> Exercise:
    """Declare an exercise and enter it into the register. Called at the top level of ``autograder/checks/TOPIC.py``.

    Args:
        id: the `grade_id` of its test cell; the name of the first object asked for, unless that is taken.
        reference: the right version of each object asked for, in the order in which `check` receives them.
        points: whole points of the exercise, the same as those of the test cell.
        minutes: what a student is expected to need.
        chapter: the chapter to read, as a title: "Weight initialization".
        section: the section in it.
        cases: lists are flattened, so that a helper may give several.
        mistakes: recognised wrong versions.
        names: names of the objects in the student's notebook; those of the reference where left out.
        seconds: wall time one call may take in the grader.

    Raises:
        ValueError: the id is taken, or the declaration cannot be fair (no hidden case, a case's name used twice).
    """
    topic = inspect.stack()[1].frame.f_globals["__name__"].rpartition(".")[2]
    flat: list[Case] = []
    for item in cases:
        flat.extend([item] if isinstance(item, Case) else item)
    made = Exercise(
        id, topic, points, minutes, chapter, section, reference,
        tuple(names) if names is not None else tuple(r.__name__ for r in reference),
        tuple(flat), tuple(mistakes), seconds,
    )  # fmt: skip
    if id in REGISTRY and REGISTRY[id].topic != topic:
        raise ValueError(f"exercise: id {id!r} is taken by {REGISTRY[id].topic}")
    if not any(c.group == "hidden" for c in flat):
        raise ValueError(f"exercise: {id!r} has no hidden case; nothing would guard its points")
    for what, labels in (("case", [c.name for c in flat]), ("mistake", [m.name for m in mistakes])):
        if len(set(labels)) != len(labels):
            raise ValueError(f"exercise: {id!r} uses a {what}'s name twice")
    if len(made.names) != len(reference):
        raise ValueError(f"exercise: {id!r} has {len(reference)} references for {len(made.names)} names")
    REGISTRY[id] = made
    return made


def public(name: str, probe: Callable[..., Any], compare: Comparison | None = None, **more: Any) -> Case:
    """A case whose inputs and expected values the student sees. See `Case`."""
    return Case(name, "public", probe, compare or values(), shown=getattr(probe, "shown", None), **more)


def hidden(name: str, probe: Callable[..., Any], compare: Comparison | None = None, **more: Any) -> Case:
    """A case whose inputs and expected values stay with the judge. See `Case`."""
    return Case(name, "hidden", probe, compare or values(), **more)


def purity(name: str, probe: Callable[..., Any], compare: Comparison | None = None, **more: Any) -> Case:
    """A case about manners rather than values: it earns only where a hidden case passes. See `Case`."""
    return Case(name, "purity", probe, compare or values(), shown=getattr(probe, "shown", None), **more)


def mistake(name: str, sentence: str, *objects: Any) -> Mistake:
    """A wrong version (one object for each asked for) and the sentence that helps. See `Mistake`."""
    return Mistake(name, objects, " ".join(sentence.split()))
