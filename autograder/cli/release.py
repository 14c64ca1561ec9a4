"""``autograder release``: the students' versions of assignments."""

from __future__ import annotations

import argparse
from typing import Any

from autograder.cli.common import add_command, relative

__all__ = ["add"]


def add(commands: Any) -> None:
    add_command(commands, "release", run, "make the students' versions of assignments, in release/",
                "Nothing is done where nothing has changed.")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course
    from autograder.grading.release import release

    course = Course.open(options.course, options.db)
    for made in release(course, course.assignments(options.assignments)):
        if made.made:
            print(f"{made.name}: released into {relative(made.folder)}/ ({', '.join(made.files)})")
        else:
            print(f"{made.name}: up to date in {relative(made.folder)}/")
    return 0
