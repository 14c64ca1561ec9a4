"""What a resumed run need not touch: submissions whose verdicts are known and whose marks are in the gradebook already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress

from autograder.assignment import Assignment
from autograder.grading.course import Course
from autograder.grading.gradebook import score_of
from autograder.grading.journal import HEAD, Journal, text_of
from autograder.grading.regrade import kept_marks, mark_after
from autograder.grading.result import Result, Task

__all__ = ["Settled"]


class Settled:
    """What the journal and the gradebook say now of the submissions of these assignments."""

    def __init__(self, course: Course, journal: Journal, assignments: Iterable[Assignment]) -> None:
        self.course = course
        self.entered, self.kept = entered_since(journal), kept_marks(course)
        self.marks = {a.name: marks_of(course, a) for a in assignments}

    def __call__(self, task: Task, known: Sequence[Result]) -> bool:
        """Whether all that would be done with these verdicts has been done: their marks, or the ones that a regrade has
        kept, are in this very gradebook, and the notebook is in ``autograded/``. A regrade is never settled: what it does
        depends on more than the verdicts."""
        name, sha256 = task.assignment.name, task.package.sha256
        kept = {r.exercise: self.kept.of(task.student, name, r.exercise, sha256) for r in known}
        return (
            task.only_exercise is None
            and self.entered.get((task.student, name)) == sha256
            and self.marks[name].get(task.student)
            == as_one([(r.exercise, mark_after(kept[r.exercise], score_of(r))) for r in known])
            and self.course.notebook("autograded", task.student, name).is_file()
        )


def entered_since(journal: Journal) -> dict[tuple[str, str], str]:
    """(student, assignment) -> hash of the submission, where the marks were entered after the last verdict."""
    found: dict[tuple[str, str], str] = {}
    for _, line in journal.lines():
        if line.startswith(b'{"entered"'):
            with suppress(ValueError):
                student, assignment, sha256 = json.loads(line)["entered"]
                found[student, assignment] = sha256
        elif head := HEAD.match(line):
            found.pop((text_of(head[1]), text_of(head[2])), None)
    return found


def marks_of(course: Course, assignment: Assignment) -> dict[str, int]:
    """Student -> the automatic marks on the exercises in the gradebook, as one number."""
    from nbgrader.api import BaseCell, Grade, MissingEntry, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    rows = (
        select(SubmittedAssignment.student_id, BaseCell.name, Grade.auto_score)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .where(BaseCell.name.in_(assignment.exercises))
    )
    found: dict[str, list[tuple[str, float | None]]] = defaultdict(list)
    with course.gradebook() as gradebook, suppress(MissingEntry):
        entry = gradebook.find_assignment(assignment.name)
        for student, exercise, score in gradebook.db.execute(rows.where(SubmittedAssignment.assignment_id == entry.id)):
            found[student].append((exercise, score))
    return {student: as_one(marks) for student, marks in found.items()}


def as_one(marks: Sequence[tuple[str, float | None]]) -> int:
    return hash(tuple(sorted(marks, key=lambda mark: mark[0])))
