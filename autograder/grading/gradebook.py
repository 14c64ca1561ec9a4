"""Marks into nbgrader's gradebook: one writer, a batch of submissions in one transaction.

What a person entered there (marks, comments, extra credit) is never touched. What a machine entered before is always
replaced, also by less: a worse submission, a cell that vanished.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.grading.course import Course, printable
from autograder.grading.result import Result

if TYPE_CHECKING:
    from nbgrader.api import Gradebook, SubmittedNotebook

__all__ = ["NO_VERDICT", "Marks", "Standing", "handed_in_at", "standings", "write_marks"]

NO_VERDICT = ("grader-fault", "quarantined")  # the grader's own failures

log = logging.getLogger("autograder.grading")


@dataclass(frozen=True)
class Marks:
    """What is to be entered for one submission.

    Attributes:
        student, assignment: whose, of what.
        sha256: of the submission, "" where nothing was submitted.
        results: the verdicts; an exercise without one keeps the mark it has.
        untouched: grade_ids of the cells that the student left as they were handed out; None where the submission could
            not be looked at.
        changed: whether the submission is another one than at the last grading, so that marks given by hand are to be
            looked at again.
        timestamp: when it was handed in, if known.
    """

    student: str
    assignment: str
    sha256: str
    results: tuple[Result, ...]
    untouched: frozenset[str] | None
    changed: bool = False
    timestamp: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What the gradebook says of one submission.

    Attributes:
        score: all marks together, those given by hand included, late penalty taken off; never below 0.
        waiting: whether something has still to be marked by hand.
    """

    score: float
    max_score: float
    waiting: bool


def handed_in_at(folder: Path) -> datetime | None:
    """The time in nbgrader's ``timestamp.txt``, in UTC; None where there is none that can be read."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    with contextlib.suppress(OSError, ValueError, OverflowError):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1000:
            return parse_utc(path.read_text().strip())
    return None


def write_marks(course: Course, gradebook: Gradebook, batch: Sequence[Marks]) -> list[tuple[Marks, str]]:
    """Enter marks, all in one transaction; where that fails, one by one.

    Returns:
        what could not be entered, and why.
    """
    try:
        enter(course, gradebook, batch)
    except Exception as error:
        gradebook.db.rollback()
        if len(batch) == 1:
            log.debug("gradebook", exc_info=True)
            return [(batch[0], printable(str(error).splitlines()[0] if str(error) else repr(error)))]
        return [failure for marks in batch for failure in write_marks(course, gradebook, [marks])]
    return []


def enter(course: Course, gradebook: Gradebook, batch: Sequence[Marks]) -> None:
    from nbgrader.preprocessors import AssignLatePenalties

    late = AssignLatePenalties(config=course.config)
    late.init_plugin()
    for name in dict.fromkeys(marks.assignment for marks in batch):
        of_assignment = [marks for marks in batch if marks.assignment == name]
        submissions = submissions_of(gradebook, name, [marks.student for marks in of_assignment])
        source = gradebook.find_notebook(name, name)
        cells = {cell.id: cell.name for cell in source.grade_cells}
        answers = {cell.id: cell.name for cell in source.solution_cells}
        for marks in of_assignment:
            submission = submissions[marks.student]
            if marks.timestamp is not None:
                submission.timestamp = marks.timestamp
            notebook = next(n for n in submission.notebooks if n.notebook_id == source.id)
            enter_grades(notebook, marks, cells, answers)
            enter_late_penalty(late, notebook, marks.student)
    gradebook.db.commit()


def enter_grades(notebook: SubmittedNotebook, marks: Marks, cells: dict[str, str], answers: dict[str, str]) -> None:
    """Replace the automatic marks and comments of one submission.

    Args:
        cells: id -> grade_id of the graded cells; answers: the same of the student's cells.
    """
    scores: dict[str, float | None] = {r.exercise: score_of(r) for r in marks.results}
    for name in set(cells.values()) & set(answers.values()):  # answers in words: 0 where there is none, else by hand
        scores[name] = 0.0 if marks.untouched is not None and name in marks.untouched else None
    for grade in notebook.grades:
        name = cells.get(grade.cell_id)
        if name not in scores:
            continue
        grade.auto_score = scores[name]
        if grade.manual_score is None:
            grade.needs_manual_grade = scores[name] is None
        elif marks.changed:
            grade.needs_manual_grade = True
    if marks.untouched is not None:
        for comment in notebook.comments:
            comment.auto_comment = "No response." if answers.get(comment.cell_id) in marks.untouched else None


def score_of(result: Result) -> float | None:
    """The automatic mark; None, which counts nothing and calls for a person, where the grader failed."""
    return None if result.verdict in NO_VERDICT else float(result.score)


def enter_late_penalty(late: Any, notebook: SubmittedNotebook, student: str) -> None:
    """What nbgrader's AssignLatePenalties does, with the plugin that the course has configured."""
    notebook.late_submission_penalty = None
    seconds = notebook.assignment.total_seconds_late
    if seconds > 0:
        penalty = late.plugin_inst.late_submission_penalty(student, notebook.score, seconds)
        if penalty is not None:
            notebook.late_submission_penalty = late._check_late_penalty(notebook, penalty)


def submissions_of(gradebook: Gradebook, name: str, students: Sequence[str]) -> dict[str, Any]:
    """Rows of the submissions by student, made where they are missing, with their notebook, grades and comments."""
    from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select
    from sqlalchemy.orm import selectinload

    db, assignment = gradebook.db, gradebook.find_assignment(name)
    notebook = gradebook.find_notebook(name, name)
    load = selectinload(SubmittedAssignment.notebooks)
    query = select(SubmittedAssignment).where(
        SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.student_id.in_(students)
    )
    query = query.options(load.selectinload(SubmittedNotebook.grades), load.selectinload(SubmittedNotebook.comments))
    found = {row.student_id: row for row in db.scalars(query)}
    known = set(db.scalars(select(Student.id).where(Student.id.in_(students))))
    for student in students:
        if student not in known:
            db.add(Student(id=student))
            db.flush()
        if student not in found:
            row = SubmittedAssignment(assignment_id=assignment.id, student_id=student)
            pages = SubmittedNotebook(notebook_id=notebook.id, assignment=row)
            for cell in notebook.grade_cells:
                Grade(cell_id=cell.id, notebook=pages)
            for cell in notebook.solution_cells:
                Comment(cell_id=cell.id, notebook=pages)
            db.add(row)
            db.flush()
            found[student] = row
    return found


def standings(gradebook: Gradebook, names: Iterable[str]) -> dict[tuple[str, str], Standing]:
    """(student, assignment) -> standing, for every submission of these assignments that the gradebook knows."""
    from nbgrader.api import SubmittedAssignment
    from sqlalchemy import select
    from sqlalchemy.orm import undefer

    found = {}
    columns = ("score", "max_score", "needs_manual_grade", "late_submission_penalty")
    for name in names:
        assignment = gradebook.find_assignment(name)
        query = select(SubmittedAssignment).where(SubmittedAssignment.assignment_id == assignment.id)
        query = query.options(*(undefer(getattr(SubmittedAssignment, c)) for c in columns))
        for row in gradebook.db.scalars(query):
            score = max(0.0, row.score - (row.late_submission_penalty or 0.0))
            found[row.student_id, name] = Standing(score, row.max_score, bool(row.needs_manual_grade))
    return found
