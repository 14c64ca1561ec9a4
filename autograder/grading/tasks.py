"""From the folders of a course to tasks: each submission is read when it is asked for, and nothing of it kept here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.assignment import Assignment
from autograder.grading.course import Course
from autograder.grading.result import Task, seeds_of
from autograder.intake.package import read_package
from autograder.intake.receipts import latest_receipts, trusts_timestamps

__all__ = ["tasks_of"]


def tasks_of(
    course: Course, found: Iterable[tuple[str, Assignment]], *, submitted: Path | None = None,
    only_exercise: str | None = None, reseed: int = 0,
) -> Iterator[Task]:  # fmt: skip
    """What is to be judged of submissions.

    Args:
        found: (student, assignment) of each.
        submitted: the folder that they lie in, as STUDENT/ASSIGNMENT; the course's where left out.
        only_exercise: see `Task`.
        reseed: see `seeds_of`.
    """
    folder = submitted or course.folder("submitted")
    secret = course.secret()
    receipts, trusted = latest_receipts(course.state / "receipts.jsonl"), trusts_timestamps(course.config)
    for student, assignment in found:
        name = assignment.name
        package = read_package(folder / student / name, assignment, course.folder("source", ".", name),
                               receipt=receipts.get((student, name)), trust_timestamp=trusted)  # fmt: skip
        yield Task(student, assignment, package, seeds_of(secret, package.sha256, assignment, reseed), only_exercise)
