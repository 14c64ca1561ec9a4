"""``autograder grade``: submissions judged, marks entered."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.cli.common import add_command, positive, relative

if TYPE_CHECKING:
    from autograder.grading.run import Outcome

__all__ = ["add"]

LONGEST_TABLE = 400  # students whose marks are shown; for more there is `autograder export`
MOST_PROBLEMS = 50  # that are shown; the log has all
EXAMPLES = """  autograder grade                                 all that was handed in, one judge a core
  autograder grade initialization --only ada -v    one student, every verdict
  autograder grade --resume                        go on with a run that was stopped
  autograder grade --exercise he_normal            judge one exercise anew; marks only go up
  autograder grade --scheduler tcp://10.0.0.1:8786 on a Dask cluster (see autograder cluster)
  autograder grade --dry-run --results r.jsonl     judge, write the verdicts into a file and nothing else

exit codes: 0 every submission got a verdict; 1 some could not be judged or recorded; 2 wrong usage;
130 interrupted: go on with --resume"""


def add(commands: Any) -> None:
    grade = add_command(commands, "grade", run, "grade submissions and enter the marks into nbgrader's gradebook",
                    "They are expected as SUBMITTED/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb. A run replaces every mark that a "
                    "machine entered before, also by a lower one. Marks and comments given by hand stay; so do marks that "
                    "--exercise has kept, for as long as the submission is the same.", EXAMPLES)  # fmt: skip
    add = grade.add_argument
    add("--submitted", type=Path, metavar="DIR", help="where the submissions lie; submitted/ where left out")
    add("--jobs", type=positive, default=cores(), metavar="N", help="judges at work at once; one a core where left out")
    add("--scheduler", metavar="ADDR", help="judge on the Dask cluster of this scheduler, tcp://HOST:PORT")
    add("--results", type=Path, metavar="FILE", help="write every verdict into this file, one JSON object a line")
    add("--log", type=Path, metavar="FILE", help="append what happens to this file, one JSON object a line; "
        ".autograder/log.jsonl where left out")  # fmt: skip
    add("--only", action="append", default=[], metavar="STUDENT", help="this student alone; may be given several times")
    add("--exercise", metavar="ID", help="this exercise alone, judged anew; a mark that the same submission has "
        "earned is kept where the new one is lower, and later runs keep it, too, until another one is handed in")  # fmt: skip
    add(
        "--both-ways", action="store_true", help="with --exercise: marks may also go down, and what was kept is dropped"
    )
    add(
        "--resume", action="store_true", help="judge only what the journal has no verdict on, or what has changed since"
    )
    add("--reseed", action="store_true", help="draw the hidden inputs anew, for this and all later runs; no earlier "
        "verdict holds then, and --resume judges everything again")  # fmt: skip
    add("--repeat", type=positive, default=1, metavar="R", help="judge each submission R times with the same hidden inputs; "
        "where the verdicts differ the lowest counts, and a note says so")  # fmt: skip
    add("--dry-run", action="store_true", help="judge and show, but write nothing into gradebook and journal")
    add("--unsafe", action="store_true", help="grade although submissions cannot be confined on this machine: their code "
        "could read your files and use the network")  # fmt: skip
    add("-v", "--verbose", action="store_true", help="a line for every submission, and the verdict on every exercise")


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(options: argparse.Namespace) -> int:
    from autograder.grading import executors

    if not options.scheduler:
        executors.prepare()  # the judges get ready while the course is read
    from autograder.cli.progress import Progress
    from autograder.doctor.proved import proved
    from autograder.grading.course import Course, UsageError
    from autograder.grading.run import Options, grade

    if options.both_ways and not options.exercise:
        raise UsageError("--both-ways: only with --exercise; other runs replace what a machine entered before, but "
                         "for the marks that --exercise has kept")  # fmt: skip
    course = Course.open(options.course, options.db)
    told = Options(
        options.assignments, options.submitted, options.jobs, options.results, options.only, options.exercise,
        options.both_ways, options.resume, options.reseed, options.dry_run, options.unsafe, options.repeat, options.log,
    )  # fmt: skip
    progress = Progress(options.verbose, options.scheduler or "")
    try:
        outcome = grade(
            course, told, executor=executor_of(options), proved=proved, begun=progress.begin, judged=progress.step,
            released=lambda made: progress.say(f"{made.name}: released first, into {relative(made.folder)}/"),
        )  # fmt: skip
    finally:
        progress.close()
    report(outcome, progress.total, options)
    return 0 if outcome.complete else 1


def executor_of(options: argparse.Namespace) -> Any:
    """Where the submissions are judged, if not here."""
    if not options.scheduler:
        return None
    from autograder.grading.cluster import dask

    return lambda jobs: dask(jobs, options.scheduler)


def report(outcome: Outcome, submissions: int, options: argparse.Namespace) -> None:
    """What came of a run, on the terminal."""
    from autograder.grading.regrade import as_text
    from autograder.reports.marks import counts_line, marks_table

    if outcome.resumed:
        print(f"{outcome.resumed} of {submissions} submissions had been judged before")
    if options.dry_run:
        print("Dry run: no mark was written. Judged exercises only:")
    print()
    students = len({student for student, _ in outcome.standings})
    if students <= LONGEST_TABLE:
        print(marks_table(outcome.standings, [a.name for a in outcome.assignments]))
    else:
        print(f"The marks of {students} students are in the gradebook; autograder export writes them into a file.")
    print(f"\nVerdicts: {counts_line(outcome.verdicts)}")
    if outcome.regrade:
        print(as_text(outcome.regrade))
    for problem in outcome.problems[:MOST_PROBLEMS]:
        print(f"problem: {problem}", file=sys.stderr)
    if more := outcome.problems[MOST_PROBLEMS:]:
        print(f"problem: and {len(more)} more, see the log", file=sys.stderr)
