"""What ``nbgrader_config.py`` puts into nbgrader, so that `nbgrader autograde` and formgrader give the judge's marks.

nbgrader goes through a submission twice. First it sanitizes: `SubmissionExporter` keeps it from reading the student's file,
and `Sanitize` puts in its place the student's version with the student's text in it. Then it grades: `Judge` asks
`grade_submission` about the file as it was handed in and writes the verdicts as outputs of the check cells, from which
nbgrader reads the marks. Nothing is executed there. So nothing that a notebook claims, and nothing that is wrong with it,
reaches nbgrader.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from autograder.assignment import load_assignment
from autograder.grading.autograded import compose, put_verdicts
from autograder.grading.course import Course
from autograder.grading.gradebook import NO_VERDICT
from autograder.grading.journal import Journal
from autograder.grading.release import files_of, student_version
from autograder.grading.result import ISOLATION, Task
from autograder.grading.submission import grade_submission
from autograder.reports.feedback import feedback_page

__all__ = ["FeedbackExporter", "Judge", "Sanitize", "SubmissionExporter", "expect_the_notebook"]


def course_of(part: Any) -> Course:
    """The course folder that a running nbgrader works in; `part` is a preprocessor or an exporter of it."""
    while not hasattr(part, "coursedir"):
        part = part.parent
    return Course(Path(part.coursedir.root), part.config, part.coursedir.db_url)


def submitted(course: Course, resources: dict[str, Any]) -> tuple[str, str, Path]:
    """(student, assignment, notebook as handed in) of what nbgrader is converting."""
    student, assignment = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
    return student, assignment, course.notebook("submitted", student, assignment)


def expect_the_notebook(*, assignment: str, student: str, notebooks: list[str]) -> None:
    """Hook before each submission: without a notebook of the right name it is still graded, with nothing."""
    folder = Path(notebooks[0]).parent
    expected = str(folder / f"{folder.name}.ipynb")
    if expected not in notebooks:
        notebooks.append(expected)


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

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        folder = course_of(self).folder("autograded").resolve()
        ours = folder in Path(filename).resolve().parents
        notebook = nbformat.read(filename, as_version=4) if ours else nbformat.v4.new_notebook()
        return self.from_notebook_node(notebook, resources=resources, **kw)


class Sanitize(NbGraderPreprocessor):
    """Replaces a submission by the student's version with the student's text in it."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        course = course_of(self)
        student, name, path = submitted(course, resources)
        clear_companions(course, student, name)
        assignment = load_assignment(name, course.folder("source"))
        template = json.loads(json.dumps(student_version(course, name)))
        notebook, _ = compose(template, path, assignment)
        return nbformat.from_dict(notebook), resources


class Judge(NbGraderPreprocessor):
    """Stands where nbgrader would execute the notebook: judges the submission and writes the verdicts as outputs."""

    unsafe = Bool(
        False,
        help="Grade although submissions are not confined on this machine; what --unsafe is for `autograder grade`.",
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        if ISOLATION == "process" and not self.unsafe:
            raise RuntimeError(
                "submissions are not confined on this machine, and nbgrader_config.py does not set c.Judge.unsafe"
            )
        course = course_of(self)
        student, name, path = submitted(course, resources)
        assignment = load_assignment(name, course.folder("source"))
        results = grade_submission(Task(student, assignment, path, course.secret(), None, course.reseed()))
        journal = Journal(course.state / "journal.jsonl")
        journal.judged(results)
        journal.entered([(student, name, results[0].submission_sha256)])
        put_verdicts(nb, results)
        for result in results:
            tell = self.log.error if result.verdict in NO_VERDICT else self.log.info
            tell("%s: %s, %g of %g points", result.exercise, result.verdict, result.score, result.max_score)
        return nbformat.from_dict(nb), resources


class FeedbackExporter(NotebookExporter):
    """Makes the pages of ``autograder feedback``, in place of nbgrader's, which show a student's HTML unescaped."""

    file_extension = ".html"

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        student, name = resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]
        return feedback_page(course_of(self), student, name), {**resources, "output_extension": ".html", "outputs": {}}
