"""``autograder export``: marks for a learning platform."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from autograder.cli.common import add_command, relative

__all__ = ["add"]

SHOWN = 5
EXAMPLES = """\
  autograder export                                                   every assignment, into grades.csv
  autograder export initialization --format moodle --to marks.csv
  autograder export --format canvas --roster canvas_gradebook.csv     with the ids of a gradebook exported from Canvas
"""


def add(commands: Any) -> None:
    made = add_command(commands, "export", run, "write the marks as a CSV file for Canvas, Moodle or a spreadsheet",
                       "Late penalties are taken off, marks given by hand included.", EXAMPLES)  # fmt: skip
    add = made.add_argument
    add("--format", choices=("csv", "canvas", "moodle"), default="csv", help="for whom; csv, for a spreadsheet, where left "
        "out")  # fmt: skip
    add("--to", type=Path, metavar="FILE", help="the file; grades.csv in the course folder where left out")
    add("--roster", type=Path, metavar="FILE", help="the class list as the platform exports it: its students, in its order, "
        "with its ids")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course, printable
    from autograder.reports.export import export

    course = Course.open(options.course, options.db)
    made = export(course, course.assignments(options.assignments), options.format, options.to, options.roster)
    print(f"{made.students} student{'s' if made.students != 1 else ''} in {relative(made.path)}")
    if made.waiting:
        some = [f"{student}/{name}" for student, name in made.waiting[:SHOWN]]
        more = f" and {len(made.waiting) - SHOWN} more" if len(made.waiting) > SHOWN else ""
        print(f"not final, something is still to be marked by hand: {printable(', '.join(some))}{more}")
    for student in made.unknown:
        print(f"problem: {printable(student)} is not on the class list; the marks were left out", file=sys.stderr)
    return 1 if made.unknown else 0
