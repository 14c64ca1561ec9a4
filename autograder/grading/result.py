"""What goes into a grading run and what comes out of it: one `Task` a submission, one `Result` an exercise."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.assignment import Assignment
from autograder.intake.package import Package
from autograder.judging import VERDICTS, Answer

__all__ = ["Result", "Task", "seeds_of"]


@dataclass(frozen=True)
class Task:
    """One submission to be graded. Holds all that is needed, and no secret: it may go to another machine.

    Attributes:
        student: the student's id, as the folder of the submission is called.
        assignment: the assignment, as `autograder.assignment.load_assignment` gives it.
        package: what was handed in, as `autograder.intake.package.read_package` gives it.
        seeds: exercise -> seed of its hidden cases, as `seeds_of` gives them.
        only_exercise: judge this exercise alone.
    """

    student: str
    assignment: Assignment
    package: Package
    seeds: Mapping[str, int]
    only_exercise: str | None = None

    @property
    def exercises(self) -> tuple[str, ...]:
        """Ids of the exercises to be judged."""
        return tuple(id for id in self.assignment.exercises if self.only_exercise in (None, id))


def seeds_of(secret: bytes, submission_sha256: str, assignment: Assignment, reseed: int = 0) -> dict[str, int]:
    """Seeds of the hidden cases: not to be foreseen without the course's secret, the same when graded again.

    Args:
        secret: the course's.
        reseed: another number draws other seeds.

    Returns:
        exercise -> seed, of 64 bits.
    """
    seeds = {}
    for id in assignment.exercises:
        told = f"{submission_sha256}|{id}|{assignment.checks_sha256}|{reseed}"
        seeds[id] = int.from_bytes(hmac.digest(secret, told.encode(), hashlib.sha256)[:8], "big")
    return seeds


@dataclass(frozen=True)
class Result:
    """The verdict on one exercise of one submission.

    Attributes:
        verdict: one of `autograder.judging.VERDICTS`.
        score: finite, between 0 and `max_score`; above 0 only for "pass" and "wrong" and, where some of the cases had
            passed, for a limit.
        message: the sentence that matters most, as the student reads it.
        misconception: the name of the recognised mistake, or None.
        seconds: wall time spent on it, by the judge's clock.
        isolation: how the student's code was kept apart; "none" where the judge failed, and no code ran to an end.
        submission_sha256: of the submitted bytes; "" where there were none.
        checks_sha256: of everything that decides the verdict, see `Assignment.checks_sha256`.
        seed: of the hidden cases.
        answer: the whole answer, for feedback; not part of `to_record`.
        notes: what was odd about the notebook ("2 cells share the id …"), for the instructor; not part of `to_record`.
        versions: what the student's machine ran, as the submission says, or ""; advice, and not part of `to_record`.

    Raises:
        ValueError: the verdict is unknown, or the score is not between 0 and the maximum.
    """

    student: str
    assignment: str
    exercise: str
    verdict: str
    score: float
    max_score: float
    message: str
    misconception: str | None
    seconds: float
    isolation: str
    submission_sha256: str
    checks_sha256: str
    seed: int
    answer: Answer = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()
    versions: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"Result: verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")
        if not (math.isfinite(self.score) and 0 <= self.score <= self.max_score):
            raise ValueError(f"Result: score must be in [0, {self.max_score:g}], got {self.score!r}")

    def to_record(self) -> dict[str, Any]:
        """One line of the results file, as plain data: the keys others rely on, in their order."""
        return {key: getattr(self, key) for key in RECORD_KEYS}


RECORD_KEYS = (
    "student", "assignment", "exercise", "verdict", "score", "max_score", "message", "misconception", "seconds",
    "isolation", "submission_sha256", "checks_sha256", "seed",
)  # fmt: skip
