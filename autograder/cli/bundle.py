"""``autograder bundle``: a student's kit without solutions."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from autograder.cli.common import add_command, relative

__all__ = ["add"]


def add(commands: Any) -> None:
    made = add_command(
        commands, "bundle", run, "make a student's kit: the notebook, `check` with its public cases, and no solution",
        "For closed courses, whose students do not have this package. Hidden cases wait for the grader; marks are the same.",
        "  autograder bundle initialization\n  autograder bundle initialization --to /tmp/kit.zip\n"
        "  autograder bundle initialization --to ../kits/initialization",
    )  # fmt: skip
    made.add_argument("--to", type=Path, metavar="DIR|FILE.zip", help="a new folder, or an archive; kits/ASSIGNMENT.zip where "
                      "left out")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    from autograder.closed.bundle import make_kit, write_kit
    from autograder.grading.course import Course, UsageError

    course = Course.open(options.course, options.db)
    names = course.assignments(options.assignments)
    if options.to and len(names) > 1:
        raise UsageError(
            f"--to: one place cannot hold the kits of {len(names)} assignments; name one of {', '.join(names)}"
        )
    for name in names:
        try:
            kit = make_kit(course, name)
        except RuntimeError as error:
            print(f"autograder bundle: {error}", file=sys.stderr)
            return 1
        to = options.to or course.root / "kits" / f"{name}.zip"
        write_kit(kit, to)
        print(
            f"{name}: kit in {relative(to)} ({len(kit.files)} files, {sum(map(len, kit.files.values())) / 1e6:.1f} MB)"
        )
        for (exercise, case), why in kit.waiting.items():
            print(f"    {exercise}, {case!r}, waits for the grader: it uses {why}")
    return 0
