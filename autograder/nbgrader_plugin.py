"""What ``nbgrader_config.py`` puts into nbgrader, so that `nbgrader autograde` and formgrader give the judge's marks.

nbgrader goes through a submission twice. First it sanitizes: `SubmissionExporter` keeps it from reading the student's file,
and `Sanitize` puts in its place the student's version with the student's text in it. Then it grades: `Judge` has the
submission judged as it was handed in, enters the marks as ``autograder grade`` does (nbgrader's own steps would take a failure
of the grader for 0 points), and writes the verdicts as outputs of the check cells. Nothing is executed there. So nothing that a
notebook claims, and nothing that is wrong with it, reaches nbgrader.
"""

from __future__ import annotations

import contextlib
import json
import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from autograder.assignment import load_assignment
from autograder.doctor.proved import proved
from autograder.grading.autograded import compose, grade_job, put_verdicts
from autograder.grading.course import Course
from autograder.grading.gradebook import NO_VERDICT, Marks, write_marks
from autograder.grading.jobs import Graded, Job
from autograder.grading.journal import Journal, one_run_at_a_time
from autograder.grading.release import files_of, released_version
from autograder.grading.result import Task
from autograder.grading.submission import read
from autograder.grading.tasks import tasks_of
from autograder.intake.receipts import parse_time
from autograder.intake.store import keep
from autograder.reports.feedback import feedback_page

__all__ = ["FeedbackExporter", "Judge", "Sanitize", "SubmissionExporter", "expect_the_notebook"]

PATIENCE = 10.0  # seconds to wait for a grading run that goes on in the course


def course_of(part: Any) -> Course:
    """The course folder that a running nbgrader works in; `part` is a preprocessor or an exporter of it."""
    while not hasattr(part, "coursedir"):
        part = part.parent
    return Course(Path(part.coursedir.root), part.config, part.coursedir.db_url)


def whose(resources: dict[str, Any]) -> tuple[str, str]:
    """(student, assignment) of what nbgrader is converting."""
    return resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]


def task_of(course: Course, student: str, name: str) -> Task:
    """What is to be judged of a submission."""
    assignment = load_assignment(name, course.folder("source"))
    return next(tasks_of(course, [(student, assignment)], reseed=course.reseed()))


def expect_the_notebook(*, assignment: str, student: str, notebooks: list[str]) -> None:
    """Hook before each submission: without a notebook of the right name it is still graded, with nothing."""
    folder = Path(notebooks[0]).parent
    expected = str(folder / f"{folder.name}.ipynb")
    if expected not in notebooks:
        notebooks.append(expected)


def received(course: Course, folder: str) -> datetime | None:
    """When a submission was received: in place of nbgrader's own reading of ``timestamp.txt``, which ends the whole run where a
    student has written nonsense there, and believes whatever else he has written."""
    path = Path(os.path.abspath(folder))  # noqa: PTH100  (no link is followed)
    student, name = path.parent.name, path.name
    if path == course.folder("submitted", student, name):
        return task_of(course, student, name).package.received
    with contextlib.suppress(OSError, ValueError, OverflowError):
        return parse_time((path / "timestamp.txt").read_text(encoding="utf-8"))
    return None


def clear_companions(course: Course, student: str, name: str) -> None:
    """Take out of ``autograded/`` what nbgrader has copied there from the submission.

    nbgrader follows links when it copies, and hands these files on with the feedback: a link to a solution would do.
    """
    folder, source = course.folder("autograded", student, name), course.folder("source", ".", name)
    for path in files_of(folder):
        if path.name != "timestamp.txt" and not (source / path.relative_to(folder)).is_file():
            path.unlink()


class SubmissionExporter(NotebookExporter):
    """Reads nbgrader's own notebooks; of a student's it makes an empty one, which `Sanitize` fills."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        if coursedir := getattr(self.parent, "coursedir", None):  # before nbgrader looks at the first submission
            coursedir.get_existing_timestamp = partial(received, course_of(self))

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        folder = course_of(self).folder("autograded").resolve()
        ours = folder in Path(filename).resolve().parents
        notebook = nbformat.read(filename, as_version=4) if ours else nbformat.v4.new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **kw)


class Sanitize(NbGraderPreprocessor):
    """Replaces a submission by the student's version with the student's text in it."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        course = course_of(self)
        student, name = whose(resources)
        clear_companions(course, student, name)
        task = task_of(course, student, name)
        notebook, _ = compose(json.loads(released_version(course, name)), read(task).cells, task.assignment)
        return nbformat.from_dict(notebook), resources


class Judge(NbGraderPreprocessor):
    """Stands where nbgrader would execute the notebook: judges the submission, enters the marks, and writes the verdicts as
    outputs."""

    unsafe = Bool(
        False,
        help="Grade although submissions are not confined on this machine; what --unsafe is for `autograder grade`.",
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        course = course_of(self)
        if not self.unsafe and (why := proved(course.state)[1]):
            raise RuntimeError(f"{why}, and nbgrader_config.py does not set c.Judge.unsafe")
        task = task_of(course, *whose(resources))
        keep(task.package, course.state / "submissions")
        graded = grade_job(Job(0, task, released_version(course, task.assignment.name), unsafe=self.unsafe))
        enter(course, task, graded)
        put_verdicts(nb, graded.results)
        for result in graded.results:
            tell = self.log.error if result.verdict in NO_VERDICT else self.log.info
            tell("%s: %s, %g of %g points", result.exercise, result.verdict, result.score, result.max_score)
        return nbformat.from_dict(nb), resources


def enter(course: Course, task: Task, graded: Graded) -> None:
    """Write verdicts into the journal, and then their marks into the gradebook, when no grading run does the same.

    Raises:
        UsageError: a run goes on in this course; nothing was written.
        RuntimeError: they cannot be written.
    """
    with one_run_at_a_time(course.state / "lock", PATIENCE):
        enter_alone(course, task, graded)


def enter_alone(course: Course, task: Task, graded: Graded) -> None:
    journal = Journal(course.state / "journal.jsonl")
    student, name, package = task.student, task.assignment.name, task.package
    changed = journal.entered_last(student, name) not in (None, package.sha256)
    journal.judged(graded.results)
    marks = Marks(student, name, package.sha256, graded.results, graded.untouched, changed, package.received)
    with course.gradebook() as gradebook:
        for _, why in write_marks(course, gradebook, [marks]):
            raise RuntimeError(f"the marks are not in the gradebook: {why}")
    journal.entered([(student, name, package.sha256)])


class FeedbackExporter(NotebookExporter):
    """Makes the pages of ``autograder feedback``, in place of nbgrader's, which show a student's HTML unescaped."""

    file_extension = ".html"

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        return feedback_page(course_of(self), *whose(resources)), {
            **resources,
            "output_extension": ".html",
            "outputs": {},
        }
