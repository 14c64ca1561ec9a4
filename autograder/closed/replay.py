"""Exercises of a student's kit: the probes are there, the reference and the wrong versions are not.

What these did in the cases that a student may see was recorded when the kit was made. A `StandIn` takes the place of each; a
case that is tried on one gives what was recorded. So the same judge decides here and in the grader, by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograder.comparison import Comparison
from autograder.exercise import REGISTRY, Case, Exercise, Group, Mistake
from autograder.handle import LocalHandle, StudentFailure
from autograder.judging import PUBLIC_SEED

__all__ = ["ARCHIVE", "REFERENCE", "StandIn", "case", "enter", "failed", "stored"]

ARCHIVE = "recorded.npz"
REFERENCE = ""  # the name under which the reference's observations are recorded
Seen = Mapping[str, Callable[[], Any]]


class StandIn:
    """In place of an object that is not in the kit: the reference, or the wrong version of a mistake.

    Args:
        name: of the mistake, or `REFERENCE`.
    """

    def __init__(self, name: str) -> None:
        self.name = name


def stored(name: str, dtype: str = "") -> np.ndarray:
    """A recorded array, in a copy of its own.

    Args:
        name: in the archive beside the recorded modules.
        dtype: the one it had, where a shorter one is stored.
    """
    from autograder import checks

    file = next(path for folder in checks.__path__ if (path := Path(folder, ARCHIVE)).is_file())
    with np.load(file, allow_pickle=False) as archive:
        found = archive[name]
    return found.astype(dtype) if dtype else found


def failed(kind: str) -> StudentFailure:
    """Recorded in place of an observation where a wrong version raised an exception of this kind."""
    return StudentFailure("raised", kind)


def stand_in(objects: Sequence[Any]) -> StandIn | None:
    """What the objects stand for, or None where they are a student's."""
    first = objects[0]._object if objects and isinstance(objects[0], LocalHandle) else None
    return first if isinstance(first, StandIn) else None


def case(
    index: int,
    name: str,
    group: Group,
    probe: Callable[..., Any],
    compare: Comparison,
    *,
    call: str,
    seen: Seen,
    expected: Callable[[], Any] | None = None,
) -> Case:
    """A recorded case.

    Args:
        index: its place among all cases of the exercise, which its random inputs hang on.
        name, group, probe, compare: as in `Case`.
        call: the call as the student reads it, "" where there is none to show.
        seen: name of a mistake or `REFERENCE` -> what was observed on it; a mistake that is right in this case is left out.
        expected: what is expected, where that is not what was observed on the reference.
    """

    def tried(rng: np.random.Generator, *objects: Any) -> Any:
        absent = stand_in(objects)
        if absent is None:
            return probe(np.random.default_rng([index, PUBLIC_SEED]), *objects)
        found = seen.get(absent.name, seen[REFERENCE])()
        if isinstance(found, StudentFailure):
            raise found
        return found

    wanted = (lambda rng: expected()) if expected else None
    return Case(name, group, tried, compare, wanted, (lambda rng, names: call) if call else None)


def enter(
    id: str,
    *,
    names: Sequence[str],
    cases: Sequence[Case],
    mistakes: Mapping[str, str],
    waiting: Sequence[str],
    **told: Any,
) -> None:
    """Enter a recorded exercise into the register.

    Args:
        id, names: as in `autograder.exercise.exercise`.
        cases: those that can be tried here.
        mistakes: name -> the sentence that helps.
        waiting: names of the other cases.
        told: topic, points, minutes, chapter, section, seconds.
    """

    def absent(name: str) -> tuple[StandIn, ...]:
        return (StandIn(name),) * len(names)

    REGISTRY[id] = Exercise(
        id, reference=absent(REFERENCE), names=tuple(names), cases=tuple(cases),
        mistakes=tuple(Mistake(name, absent(name), sentence) for name, sentence in mistakes.items()),
        waiting=tuple(waiting), **told,
    )  # fmt: skip
