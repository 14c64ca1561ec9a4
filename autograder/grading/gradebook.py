"""Marks into nbgrader's gradebook: one writer, a batch of submissions in one transaction.

What a person entered there (marks, comments, extra credit) is never touched. What a machine entered before is always
replaced, also by less: a worse submission, a cell that vanished. The one exception are marks that a regrade of one exercise
has kept: they hold for as long as the submission is the same, see `autograder.grading.regrade`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from autograder.grading.audit import PENALTY, Change, write_down
from autograder.grading.course import Course
from autograder.grading.journal import Journal
from autograder.grading.light_imports import import_nbgrader
from autograder.grading.regrade import KeptMarks, kept_marks, mark_after
from autograder.grading.result import Result
from autograder.grading.storage import PATIENCE, StorageFailure, reason, stubbornly

if TYPE_CHECKING:
    from nbgrader.api import Gradebook, SubmittedNotebook

__all__ = ["NO_VERDICT", "Marks", "Standing", "final_score", "standings", "write_marks"]

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
        regrade: "" for a grading; "up" for one exercise judged anew, where a mark that the same submission has earned may
            only go up; "both ways" where it may go down, too.
    """

    student: str
    assignment: str
    sha256: str
    results: tuple[Result, ...]
    untouched: frozenset[str] | None
    changed: bool = False
    timestamp: datetime | None = None
    regrade: Literal["", "up", "both ways"] = ""


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


def final_score(score: float | None, penalty: float | None) -> float:
    """What a submission counts: its marks less the late penalty, never below 0. nbgrader's CSV export does the same."""
    return max(0.0, (score or 0.0) - (penalty or 0.0))


def write_marks(
    course: Course, gradebook: Gradebook, batch: Sequence[Marks], *,
    changed: Callable[[Sequence[Change]], object] = lambda made: None, patience: float = PATIENCE,
) -> list[tuple[Marks, str]]:  # fmt: skip
    """Enter marks, all in one transaction; where that fails because of one of them, one by one.

    Args:
        changed: called with the changes of automatic marks that a transaction has made.
        patience: seconds to wait for a database that is locked or being restarted.

    Returns:
        what could not be entered, and why.

    Raises:
        StorageFailure: the database, or the audit, cannot be written. A run that is resumed enters the marks.
    """
    try:
        made = stubbornly(course, gradebook, lambda: enter(course, gradebook, batch), patience)
    except StorageFailure:
        raise
    except Exception as error:
        if len(batch) == 1:
            log.debug("gradebook", exc_info=True)
            return [(batch[0], reason(error))]
        each = [write_marks(course, gradebook, [m], changed=changed, patience=patience) for m in batch]
        return [failure for failures in each for failure in failures]
    changed(made)
    return []


def enter(course: Course, gradebook: Gradebook, batch: Sequence[Marks]) -> list[Change]:
    """Enter a batch and commit it; the changes of automatic marks."""
    made: list[Change] = []
    late, kept = LatePenalties(course), kept_marks(course)
    for name in dict.fromkeys(marks.assignment for marks in batch):
        of_assignment = [marks for marks in batch if marks.assignment == name]
        source = gradebook.find_notebook(name, name)
        submissions = submissions_of(gradebook, name, [marks.student for marks in of_assignment])
        cells = {cell.id: cell.name for cell in source.grade_cells}
        answers = {cell.id: cell.name for cell in source.solution_cells}
        for marks in of_assignment:
            submission = submissions[marks.student]
            if marks.timestamp is not None:
                submission.timestamp = marks.timestamp
            notebook = next(n for n in submission.notebooks if n.notebook_id == source.id)
            made += enter_grades(course, notebook, marks, kept, cells, answers)
            made += late.enter(notebook, marks)
    gradebook.db.flush()
    write_down(course, made)
    gradebook.db.commit()
    return [change for change in made if change.old != change.new]


def enter_grades(
    course: Course, notebook: SubmittedNotebook, marks: Marks, kept: KeptMarks, cells: dict[str, str],
    answers: dict[str, str],
) -> list[Change]:  # fmt: skip
    """Replace the automatic marks and comments of one submission.

    Args:
        kept: by regrades before.
        cells: id -> grade_id of the graded cells; answers: the same of the student's cells.

    Returns:
        the changes, and what a regrade has kept.
    """
    made = []
    results = {r.exercise: r for r in marks.results}
    scores: dict[str, float | None] = {id: score_of(r) for id, r in results.items()}
    for name in set(cells.values()) & set(answers.values()):  # answers in words: 0 where there is none, else by hand
        scores[name] = 0.0 if marks.untouched is not None and name in marks.untouched else None
    for grade in notebook.grades:
        name = cells.get(grade.cell_id)
        if name not in scores:
            continue
        judged, result = scores[name], results.get(name)
        floor = kept.of(marks.student, marks.assignment, name, marks.sha256) if result else None
        new = judged if marks.regrade == "both ways" else mark_after(floor, judged)
        if marks.regrade == "up" and result and has_earned(course, marks, name, grade.auto_score):
            new = mark_after(grade.auto_score, new)
        to_tell = new != judged if marks.regrade == "up" else marks.regrade == "both ways" and floor is not None
        if grade.auto_score != new or to_tell:
            made.append(change_of(marks, name, grade.auto_score, new, judged, result, grade.manual_score is not None))
        grade.auto_score = new
        if grade.manual_score is None:
            grade.needs_manual_grade = new is None
        elif marks.changed:
            grade.needs_manual_grade = True
    if marks.untouched is not None:
        for comment in notebook.comments:
            comment.auto_comment = "No response." if answers.get(comment.cell_id) in marks.untouched else None
    return made


def has_earned(course: Course, marks: Marks, exercise: str, mark: float | None) -> bool:
    """Whether one of the verdicts on these very bytes gave this mark."""
    verdicts = Journal(course.state / "journal.jsonl").of_student(marks.student, marks.assignment)
    return any(score_of(r) == mark for r in verdicts if (r.exercise, r.submission_sha256) == (exercise, marks.sha256))


def change_of(
    marks: Marks, cell: str, old: float | None, new: float | None, judged: float | None, result: Result | None = None,
    by_hand: bool = False,
) -> Change:  # fmt: skip
    verdict, why = (result.verdict, result.message) if result else ("", "")
    checks = result.checks_sha256 if result else ""
    return Change(marks.student, marks.assignment, cell, old, new, judged, verdict, why, marks.sha256, checks,
                  bool(marks.regrade) and result is not None, by_hand, marks.regrade == "both ways")  # fmt: skip


def score_of(result: Result) -> float | None:
    """The automatic mark; None, which counts nothing and calls for a person, where the grader failed."""
    return None if result.verdict in NO_VERDICT else float(result.score)


class LatePenalties:
    """What nbgrader's AssignLatePenalties does, with the plugin that the course has configured. It is made for the first
    submission that is late: where none is, nbgrader's preprocessors need not be imported."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.preprocessor: Any = None

    def enter(self, notebook: SubmittedNotebook, marks: Marks) -> list[Change]:
        """Set a submission's penalty; the change of it."""
        old = notebook.late_submission_penalty
        seconds = notebook.assignment.total_seconds_late
        new = self.of(notebook, marks.student, seconds) if seconds > 0 else None
        notebook.late_submission_penalty = new
        return [change_of(marks, PENALTY, old, new, new)] if (old or 0.0) != (new or 0.0) else []

    def of(self, notebook: SubmittedNotebook, student: str, seconds: float) -> float | None:
        import_nbgrader("preprocessors")
        from nbgrader.preprocessors import AssignLatePenalties

        if self.preprocessor is None:
            self.preprocessor = AssignLatePenalties(config=self.course.config)
            self.preprocessor.init_plugin()
        score = sum(grade_score(grade) for grade in notebook.grades)
        penalty = self.preprocessor.plugin_inst.late_submission_penalty(student, score, seconds)
        return None if penalty is None else max(0.0, min(float(penalty), score))


def grade_score(grade: Any) -> float:
    """nbgrader's `Grade.score`, from what is in memory."""
    mark = grade.auto_score if grade.manual_score is None else grade.manual_score
    return 0.0 if mark is None else mark + (grade.extra_credit or 0.0)


def submissions_of(gradebook: Gradebook, name: str, students: Sequence[str]) -> dict[str, Any]:
    """Rows of the submissions by student, made where they are missing, with their notebook, grades and comments."""
    from nbgrader.api import Comment, Grade, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select
    from sqlalchemy.orm import joinedload, selectinload

    db, assignment = gradebook.db, gradebook.find_assignment(name)
    notebook = gradebook.find_notebook(name, name)
    load = selectinload(SubmittedAssignment.notebooks)
    query = select(SubmittedAssignment).where(
        SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.student_id.in_(students)
    )
    query = query.options(load.selectinload(SubmittedNotebook.grades), load.selectinload(SubmittedNotebook.comments),
                          joinedload(SubmittedAssignment.assignment))  # fmt: skip
    found = {row.student_id: row for row in db.scalars(query)}
    known = set(db.scalars(select(Student.id).where(Student.id.in_(students))))
    fresh = list(dict.fromkeys(student for student in students if student not in found))
    db.add_all(Student(id=student) for student in fresh if student not in known)
    db.flush()
    with db.no_autoflush:  # all new rows in one go, at the end
        for student in fresh:
            row = SubmittedAssignment(assignment=assignment, student_id=student)
            pages = SubmittedNotebook(notebook_id=notebook.id, assignment=row)
            pages.grades = [Grade(cell_id=cell.id) for cell in notebook.grade_cells]
            pages.comments = [Comment(cell_id=cell.id) for cell in notebook.solution_cells]
            db.add(row)
            found[student] = row
    return found


def standings(gradebook: Gradebook, names: Iterable[str]) -> dict[tuple[str, str], Standing]:
    """(student, assignment) -> standing, for every submission of these assignments that the gradebook knows.

    The marks are summed up by submission in one go: nbgrader's own column for the score looks through all marks again for
    every submission.
    """
    from nbgrader.api import Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import case, func, select

    score, waiting = func.sum(Grade.score).label("score"), func.max(case((Grade.needs_manual_grade, 1), else_=0))
    marks = select(Grade.notebook_id, score, waiting.label("waiting")).group_by(Grade.notebook_id).subquery()
    penalty = func.sum(SubmittedNotebook.late_submission_penalty)
    query = (
        select(SubmittedAssignment.student_id, func.sum(marks.c.score), penalty, func.max(marks.c.waiting))
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .outerjoin(marks, marks.c.notebook_id == SubmittedNotebook.id)
        .group_by(SubmittedAssignment.student_id)
    )
    found = {}
    for name in names:
        assignment = gradebook.find_assignment(name)
        rows = gradebook.db.execute(query.where(SubmittedAssignment.assignment_id == assignment.id))
        for student, total, late, by_hand in rows:
            found[student, name] = Standing(final_score(total, late), assignment.max_score, bool(by_hand))
    return found
