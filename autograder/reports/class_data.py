"""What a class report is made from: the last verdicts in the journal, the marks in the gradebook, the code in autograded/.

Of a verdict only what a report needs is kept, so that a class of thousands fits in memory.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograder.assignment import Assignment
from autograder.grading.course import Course, UsageError
from autograder.grading.gradebook import Standing, standings
from autograder.grading.journal import Journal
from autograder.grading.result import Result
from autograder.reports.feedback import Source
from autograder.reports.similarity import Pair, similar
from autograder.reports.written import cells_of_student, code_cells
from autograder.versions import versions

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

__all__ = ["ClassData", "Seen", "gather"]

RAISED = re.compile(r"Your code raised (\w+)")
WITHOUT_CASE = {
    "missing": "not started", "malformed": "the notebook cannot be read", "time-limit": "takes too long",
    "memory-limit": "takes too much memory", "output-limit": "writes too much", "process-limit": "starts other processes",
    "crashed": "the interpreter crashes", "protocol-violation": "interferes with the grader",
    "quarantined": "set aside: no verdict", "grader-fault": "the grader failed: no verdict",
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """The last verdict on one exercise, as far as a report needs it; `trouble` is what went wrong in a few words, "" for
    nothing. None of a student's own words is in it but in `notes` and `versions`."""

    verdict: str
    score: float
    max_score: float
    misconception: str | None
    sentence: str
    trouble: str
    seconds: float
    isolation: str
    submission_sha256: str
    checks_sha256: str
    notes: tuple[str, ...]
    versions: str


@dataclass
class ClassData:
    """All that is known of a class and an assignment.

    Attributes:
        title: the assignment's; titles: exercise -> the heading it stands under.
        students: everybody the gradebook knows, for names.
        seen: student -> exercise -> the last verdict.
        unstable: (student, exercise) of submissions that got different verdicts although nothing had changed.
        marks: student -> what the gradebook says.
        late: student -> seconds.
        pairs: submissions that look alike.
        versions: the line of the grader's own checks and packages.
    """

    assignment: Assignment
    title: str
    titles: dict[str, str]
    students: list[str]
    marks: dict[str, Standing]
    late: dict[str, float]
    versions: str
    seen: dict[str, dict[str, Seen]] = field(default_factory=dict)
    unstable: set[tuple[str, str]] = field(default_factory=set)
    pairs: list[Pair] = field(default_factory=list)


def gather(course: Course, names: Iterable[str]) -> list[ClassData]:
    """The data of those assignments that have been graded.

    Raises:
        UsageError: none of them has.
    """
    names = list(names)
    with course.gradebook() as gradebook:
        known = {assignment.name for assignment in gradebook.assignments}
        students = sorted(student.id for student in gradebook.students)
        marks = standings(gradebook, [name for name in names if name in known])
        graded = [name for name in names if any(key[1] == name for key in marks)]
        if not graded:
            raise UsageError(f"nothing to report on: no submission of {', '.join(names)} has been graded yet")
        sources = {name: Source.read(course, name) for name in graded}
        made = {
            name: ClassData(
                source.assignment, source.titles.get("", name), source.titles, students,
                {student: standing for (student, of), standing in marks.items() if of == name},
                late(gradebook, name), versions(name),
            )
            for name, source in sources.items()
        }  # fmt: skip
    read_journal(Journal(course.state / "journal.jsonl"), made)
    for name, data in made.items():
        handed_in = {
            student: code for student in data.marks if (code := code_cells(cells_of_student(course, student, name)))
        }
        handed_out = [(slot.grade_id, slot.source) for slot in data.assignment.slots if slot.code]
        stubs = list(sources[name].stubs.items())
        data.pairs = similar(handed_in, [handed_out, stubs])
    return list(made.values())


def late(gradebook: Gradebook, name: str) -> dict[str, float]:
    """student -> seconds after the day the assignment was due, for those who were late."""
    from nbgrader.api import SubmittedAssignment
    from sqlalchemy import select

    query = select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == gradebook.find_assignment(name).id)
    return {row.student_id: row.total_seconds_late for row in gradebook.db.scalars(query) if row.total_seconds_late > 0}


def read_journal(journal: Journal, made: dict[str, ClassData]) -> None:
    """Put the last verdicts into the data, in one pass over the file."""
    judged: dict[str, tuple[str, float]] = {}
    for key, result in journal.verdicts(made):
        data = made[result.assignment]
        if judged.setdefault(key, (result.verdict, result.score)) != (result.verdict, result.score):
            data.unstable.add((result.student, result.exercise))
        data.seen.setdefault(result.student, {})[result.exercise] = seen(result)
    for data in made.values():
        ids = set(data.assignment.exercises)
        data.seen = {
            student: {id: one for id, one in own.items() if id in ids}
            for student, own in data.seen.items()
            if student in data.marks
        }


def seen(result: Result) -> Seen:
    """What a report needs of a verdict."""
    return Seen(
        result.verdict, result.score, result.max_score, result.misconception,
        result.message if result.misconception else "", trouble(result), result.seconds, result.isolation,
        result.submission_sha256, result.checks_sha256, result.notes, result.versions,
    )  # fmt: skip


def trouble(result: Result) -> str:
    """What went wrong, where no known mistake explains it; in words of ours."""
    if result.score >= result.max_score or result.misconception:
        return ""
    if result.verdict == "raised":
        found = RAISED.match(result.message)
        kind = getattr(builtins, found[1], None) if found else None
        return f"raises {found[1]}" if found and isinstance(kind, type) else "raises an exception"
    if result.verdict in WITHOUT_CASE:
        return WITHOUT_CASE[result.verdict]
    first = next((case.name for case in result.answer.results if not case.passed), "")
    return f"fails “{first}”" if first else "wrong"
