"""``autograder grade``: submissions judged, marks entered."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from autograder.cli.common import add_command, positive, relative

__all__ = ["add"]


def add(commands: Any) -> None:
    grade = add_command(commands, "grade", run, "grade submissions and enter the marks into nbgrader's gradebook",
                    "They are expected as SUBMITTED/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb. Marks and comments given by hand "
                    "are kept.")  # fmt: skip
    add = grade.add_argument
    add("--submitted", type=Path, metavar="DIR", help="where the submissions lie; submitted/ where left out")
    add("--jobs", type=positive, default=cores(), metavar="N", help="judges at work at once; one a core where left out")
    add("--scheduler", metavar="ADDR", help="judge on a Dask cluster: not available yet")
    add("--results", type=Path, metavar="FILE", help="write every verdict into this file, one JSON object a line")
    add("--only", action="append", default=[], metavar="STUDENT", help="this student alone; may be given several times")
    add("--exercise", metavar="ID", help="this exercise alone; the other marks stay as they are")
    add(
        "--resume", action="store_true", help="judge only what the journal has no verdict on, or what has changed since"
    )
    add("--reseed", action="store_true", help="draw the hidden inputs anew, for this and all later runs")
    add("--dry-run", action="store_true", help="judge and show, but write nothing into gradebook and journal")
    add("--unsafe", action="store_true", help="grade although submissions cannot be confined on this machine: their code "
        "could read your files and use the network")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="show the verdict on every exercise")


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(options: argparse.Namespace) -> int:
    from autograder.cli.progress import Progress
    from autograder.grading.course import Course, UsageError
    from autograder.grading.gradebook import NO_VERDICT
    from autograder.grading.run import Options, grade
    from autograder.reports.marks import automatic, marks_table, verdict_line

    if options.scheduler:
        raise UsageError("--scheduler: judging on a Dask cluster is not available yet; leave it out and choose --jobs")
    course = Course.open(options.course, options.db)
    told = Options(
        options.assignments, options.submitted, options.jobs, options.results, options.only, options.exercise,
        options.resume, options.reseed, options.dry_run, options.unsafe,
    )  # fmt: skip
    progress = Progress(options.verbose)
    try:
        outcome = grade(course, told, begun=progress.begin, judged=progress.step,
                        released=lambda made: print(f"{made.name}: released first, into {relative(made.folder)}/"))  # fmt: skip
    finally:
        progress.close()
    if outcome.resumed:
        print(f"{outcome.resumed} of {progress.total} submissions had been judged before")
    if options.dry_run:
        print("Dry run: no mark was written. Judged exercises only:")
    print()
    print(marks_table(outcome.standings or automatic(outcome.results), [a.name for a in outcome.assignments]))
    print(f"\nVerdicts: {verdict_line(outcome.results)}")
    for problem in outcome.problems:
        print(f"problem: {problem}", file=sys.stderr)
    for result in outcome.results:
        if result.verdict in NO_VERDICT:
            print(f"problem: no verdict on {name_of(result)}: {result.verdict}", file=sys.stderr)
    return 0 if outcome.complete else 1


def name_of(result) -> str:
    from autograder.grading.course import printable

    return printable(f"{result.student}/{result.assignment}/{result.exercise}")
