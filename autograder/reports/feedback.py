"""Feedback pages: ``feedback/STUDENT/ASSIGNMENT/ASSIGNMENT.html``, one file that stands alone.

Made from the answers in the journal, the marks and comments in the gradebook, and the student's code in ``autograded/``. All
that comes from a student is escaped, and what a reader would not see is written out; the page holds no script and may load
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.answer import as_html
from autograder.assignment import Assignment, load_assignment
from autograder.grading.course import Course, UsageError, printable
from autograder.grading.gradebook import Standing, standings
from autograder.grading.journal import Journal
from autograder.grading.release import student_version
from autograder.grading.result import Result
from autograder.grading.run import write_whole
from autograder.reports.pages import render
from autograder.reports.redaction import for_students, without_host
from autograder.reports.written import Written, cells_of_student, written

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from nbgrader.api import Gradebook

__all__ = ["Source", "feedback", "feedback_page"]

HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass
class Part:
    """One exercise or question on the page.

    Attributes:
        answer: the judge's answer as HTML, "" where there is none.
        by_hand: whether a person marks it.
        waiting: whether that is still to be done.
        words: what the student answered to a question marked by hand; None for nothing.
        code: the student's cells of code before the check.
        changed: whether a person set another mark than the judge.
        comments: what a person wrote about it.
    """

    id: str
    title: str
    score: float
    max_score: float
    answer: str = ""
    by_hand: bool = False
    waiting: bool = False
    words: str | None = None
    code: list[str] = field(default_factory=list)
    changed: bool = False
    comments: list[str] = field(default_factory=list)

    @property
    def sign(self) -> str:
        """How it went, as a word for the style sheet."""
        if self.waiting:
            return "hand"
        return "right" if self.score >= self.max_score else "part" if self.score > 0 else "wrong"


@dataclass(frozen=True)
class Source:
    """What the pages of one assignment have in common.

    Attributes:
        titles: grade_id -> the heading it stands under; "" -> the assignment's title, its first heading.
        stubs: grade_id -> the cell's text as it was handed out.
        texts: of all cells as they were handed out.
    """

    assignment: Assignment
    titles: dict[str, str]
    stubs: dict[str, str]
    texts: frozenset[str]

    @classmethod
    def read(cls, course: Course, name: str) -> Source:
        try:
            assignment = load_assignment(name, course.folder("source"))
        except ValueError as error:
            raise UsageError(str(error)) from error
        handed_out = student_version(course, name)
        marked = [cell for cell in handed_out.cells if "nbgrader" in cell.metadata]
        stubs = {cell.metadata["nbgrader"]["grade_id"]: cell.source for cell in marked}
        return cls(assignment, titles_of(handed_out), stubs, frozenset(cell.source for cell in handed_out.cells))


def feedback(course: Course, names: Sequence[str], only: Sequence[str] = ()) -> Iterator[Path]:
    """Write the pages of a class, for all submissions that the gradebook knows.

    Args:
        names: of assignments.
        only: students; all of them where empty.

    Yields:
        each page's file.

    Raises:
        UsageError: nothing has been graded, or one of the students has handed in nothing.
    """
    with course.gradebook() as gradebook:
        known = graded(gradebook, names)
        for student in only:
            if student not in {s for s, _ in known}:
                raise UsageError(f"--only: the gradebook has no submission by {student!r}")
        if not known:
            raise UsageError(f"nothing to give feedback on: no submission of {', '.join(names)} has been graded yet")
        answers = Journal(course.state / "journal.jsonl").latest(names)
        sources = {name: Source.read(course, name) for name in {name for _, name in known}}
        for (student, name), standing in sorted(known.items()):
            if only and student not in only:
                continue
            path = course.notebook("feedback", student, name).with_suffix(".html")
            path.parent.mkdir(parents=True, exist_ok=True)
            own = answers.get((student, name), {})
            write_whole(path, page(course, gradebook, sources[name], student, standing, own))
            yield path


def feedback_page(course: Course, student: str, name: str) -> str:
    """One submission's page, as HTML.

    Raises:
        UsageError: the gradebook does not know the submission.
    """
    journal = course.state / "journal.jsonl"
    answers = answers_of(journal, journal.stat().st_size if journal.exists() else 0, name)
    with course.gradebook() as gradebook:
        standing = graded(gradebook, [name]).get((student, name))
        if standing is None:
            raise UsageError(f"no submission of {name} by {student!r} has been graded yet")
        own = answers.get((student, name), {})
        return page(course, gradebook, Source.read(course, name), student, standing, own)


@lru_cache(maxsize=1)
def answers_of(journal: Path, size: int, name: str) -> dict[tuple[str, str], dict[str, Result]]:
    """The journal's last answers; `size` tells whether it has grown since."""
    return Journal(journal).latest([name])


def graded(gradebook: Gradebook, names: Sequence[str]) -> dict[tuple[str, str], Standing]:
    known = {assignment.name for assignment in gradebook.assignments}
    return standings(gradebook, [name for name in names if name in known])


def page(
    course: Course, gradebook: Gradebook, source: Source, student: str, standing: Standing, answers: dict[str, Result]
) -> str:
    from markupsafe import Markup

    name = source.assignment.name
    submission = gradebook.find_submission(name, student)
    notebook = gradebook.find_submission_notebook(name, name, student)
    own = written(cells_of_student(course, student, name), source.stubs, source.texts)
    parts = parts_of(source, notebook, answers, own)
    for part in parts:
        part.answer = Markup(part.answer)
    hashes = {r.submission_sha256 for r in answers.values()} - {""}
    return render(
        "feedback.html", "feedback.css", rest=own.code.get("", []),
        title=source.titles.get("", name), student=printable(student), parts=parts,
        notes=list(dict.fromkeys(without_host(note) for result in answers.values() for note in result.notes)),
        penalty=notebook.late_submission_penalty or 0.0,
        total={"score": standing.score, "max_score": standing.max_score, "waiting": standing.waiting,
               "before_penalty": notebook.score},
        share=f"{100 * min(standing.score / standing.max_score, 1.0) if standing.max_score else 0:.1f}",
        handed_in=submission.timestamp.strftime("%Y-%m-%d %H:%M") if submission.timestamp else "",
        fingerprint=hashes.pop()[:12] if len(hashes) == 1 else "",
    )  # fmt: skip


def parts_of(source: Source, notebook: Any, answers: dict[str, Result], own: Written) -> list[Part]:
    """The exercises and questions in the order of the assignment; a comment on code goes with the check that follows."""
    grades = {grade.name: grade for grade in notebook.grades}
    comments = {comment.name: comment.manual_comment for comment in notebook.comments if comment.manual_comment}
    parts, heard = [], []
    for slot in source.assignment.slots:
        if comment := comments.get(slot.grade_id):
            heard.append(comment)
        grade = grades.get(slot.grade_id)
        if slot.kind not in ("check", "manual") or grade is None:
            continue
        title = source.titles.get(slot.grade_id, slot.grade_id)
        part = Part(slot.grade_id, title, grade.score, grade.max_score, comments=heard)
        if slot.kind == "manual":
            part.by_hand, part.words = True, own.words.get(slot.grade_id)
            part.waiting = grade.manual_score is None and grade.auto_score is None
        else:
            result = answers.get(slot.grade_id)
            part.answer = as_html(for_students(result.answer), style=False) if result else ""
            part.code = own.code.get(slot.grade_id, [])
            part.changed = result is not None and grade.score != result.score
        parts.append(part)
        heard = []
    return parts


def titles_of(handed_out: NotebookNode) -> dict[str, str]:
    titles: dict[str, str] = {}
    heading = ""
    for cell in handed_out.cells:
        if cell.cell_type == "markdown" and (found := HEADING.search(FENCED.sub("", cell.source))):
            heading = re.sub("[`*]", "", found[1])
            titles.setdefault("", heading)
        if "nbgrader" in cell.metadata and heading:
            titles[cell.metadata["nbgrader"]["grade_id"]] = heading
    return titles
