"""``autograder feedback``: a page for every graded submission."""

from __future__ import annotations

import argparse
from typing import Any

from autograder.cli.common import add_command, relative

__all__ = ["add"]


def add(commands: Any) -> None:
    made = add_command(commands, "feedback", run, "write a page of feedback for every graded submission, in feedback/",
                       "Each page is one HTML file that needs nothing else.")  # fmt: skip
    made.add_argument("--only", action="append", default=[], metavar="STUDENT", help="this student alone; may be "
                      "given several times")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course
    from autograder.reports.feedback import feedback

    course = Course.open(options.course, options.db)
    count = sum(1 for _ in feedback(course, course.assignments(options.assignments), options.only))
    print(f"{count} page{'s' if count != 1 else ''} in {relative(course.folder('feedback'))}/")
    return 0
