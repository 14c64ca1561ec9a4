"""``autograder report``: what the class knows, what it believes, where to look."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from autograder.cli.common import add_command, relative

__all__ = ["add"]

EXAMPLES = """\
  autograder report                       every graded assignment, into report/
  autograder report initialization        this one
  autograder report --anonymous           to be shown to the class, into report/anonymous/
"""


def add(commands: Any) -> None:
    made = add_command(commands, "report", run, "write a report on the class for each assignment, in report/",
                       "Marks, exercises, the mistakes the class makes, what to look at; as one HTML file that needs nothing "
                       "else, and as JSON.", EXAMPLES)  # fmt: skip
    made.add_argument("--out", type=Path, metavar="DIR", help="another folder for the reports")
    made.add_argument("--anonymous", action="store_true", help="pseudonyms for students, and nothing that they wrote")


def run(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course
    from autograder.reports.class_report import class_reports

    course = Course.open(options.course, options.db)
    for page in class_reports(course, course.assignments(options.assignments), options.out, options.anonymous):
        print(f"{relative(page)}, the data in {page.with_suffix('.json').name}")
    return 0
