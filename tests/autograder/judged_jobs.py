"""Jobs for the tests of executors: submissions of the small course, named after what `moody.judge` is to do with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from small_course import NAME, answered, make_course

from autograder.assignment import load_assignment
from autograder.grading.jobs import Job
from autograder.grading.result import Task, seeds_of
from autograder.intake.package import Package

__all__ = ["job_maker", "package_of"]


def package_of(content: bytes | None, message: str = "") -> Package:
    sha256 = hashlib.sha256(content).hexdigest() if content is not None else ""
    return Package(content, sha256, "" if content is not None else "missing", message, {}, ())


def job_maker(folder: Path) -> Callable[..., list[Job]]:
    """A function: jobs of students with these names; each hands in nothing, or what is given by name.

    A package's message names a file of its own in `folder`.
    """
    assignment = load_assignment(NAME, make_course(folder) / "solutions" / "assignments")
    template = json.dumps(answered(None))

    def made(*students: str, **contents: bytes) -> list[Job]:
        packages = [package_of(contents.get(s), str(folder / f"trace of {s}")) for s in students]
        seeds = [seeds_of(b"secret", package.sha256, assignment) for package in packages]
        tasks = [Task(*parts) for parts in zip(students, [assignment] * len(students), packages, seeds, strict=True)]
        return [Job(number, task, template, unsafe=True) for number, task in enumerate(tasks)]

    return made
