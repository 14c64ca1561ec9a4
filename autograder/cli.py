"""The command ``autograder``: release assignments, grade what came back, give feedback.

Exit code 0: everything got a verdict; 1: something could not be judged or recorded; 2: wrong usage, nothing was changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments after the command's name; those of the process where left out.

    Returns:
        The exit code.
    """
    options = parser().parse_args(argv)
    from autograder.grading.course import UsageError
    from autograder.grading.executors import JudgesCannotStart

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="nbgrader")  # of its own making, and no business of whoever grades
        try:
            return options.run(options)
        except UsageError as error:
            print(f"autograder {options.command}: {error}", file=sys.stderr)
            return 2
        except JudgesCannotStart as error:
            print(f"autograder {options.command}: {error}. What was judged before is kept: --resume", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\ninterrupted; what was judged is kept: go on with --resume", file=sys.stderr)
            return 130


def parser() -> argparse.ArgumentParser:
    from autograder import __version__

    top = argparse.ArgumentParser(
        prog="autograder", description="Release assignments, grade submissions, give feedback."
    )
    top.add_argument("--version", action="version", version=f"autograder {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run, help: str, more: str = "") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=f"{help[:1].upper()}{help[1:]}. {more}".strip())
        made.set_defaults(run=run)
        made.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="which ones; all of them where left out")
        made.add_argument("--course", default=".", metavar="FOLDER", help="the course folder; this one where left out")
        made.add_argument("--db", metavar="URL", help="another gradebook than the configured one, as an SQLAlchemy address: "
                          "sqlite:///gradebook.db, postgresql://user@host/course")  # fmt: skip
        return made

    command("release", release_command, "make the students' versions of assignments, in release/",
            "Nothing is done where nothing has changed.")  # fmt: skip

    grade = command("grade", grade_command, "grade submissions and enter the marks into nbgrader's gradebook",
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

    feedback = command("feedback", feedback_command, "write a page of feedback for every graded submission, in feedback/",
                       "Each page is one HTML file that needs nothing else.")  # fmt: skip
    feedback.add_argument("--only", action="append", default=[], metavar="STUDENT", help="this student alone; may be "
                          "given several times")  # fmt: skip
    return top


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of at least 1, got {text!r}")
    return int(text)


# ------------------------------------------------------------------ the commands


def release_command(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course
    from autograder.grading.release import release

    course = Course.open(options.course, options.db)
    for made in release(course, course.assignments(options.assignments)):
        if made.made:
            print(f"{made.name}: released into {relative(made.folder)}/ ({', '.join(made.files)})")
        else:
            print(f"{made.name}: up to date in {relative(made.folder)}/")
    return 0


def grade_command(options: argparse.Namespace) -> int:
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


def feedback_command(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course
    from autograder.reports.feedback import feedback

    course = Course.open(options.course, options.db)
    count = sum(1 for _ in feedback(course, course.assignments(options.assignments), options.only))
    print(f"{count} page{'s' if count != 1 else ''} in {relative(course.folder('feedback'))}/")
    return 0


# ------------------------------------------------------------------ what is shown meanwhile


class Progress:
    """A bar on a terminal, a line a submission elsewhere."""

    def __init__(self, verbose: bool) -> None:
        self.verbose, self.total, self.done, self.bar = verbose, 0, 0, None

    def begin(self, submissions: int) -> None:
        self.total = submissions
        if sys.stderr.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=submissions, unit="submission", file=sys.stderr, dynamic_ncols=True, smoothing=0.1)

    def step(self, task, results) -> None:
        from autograder.grading.course import printable
        from autograder.reports.marks import verdict_line

        self.done += 1
        lines = []
        if self.bar is None or self.verbose:
            score, most = sum(r.score for r in results), sum(r.max_score for r in results)
            who = f"{printable(task.student)}  {task.assignment.name}"
            lines.append(
                f"[{self.done:>{len(str(self.total))}}/{self.total}] {who}  {score:g}/{most:g}  {verdict_line(results)}"
            )
        if self.verbose:
            lines += [
                f"    {r.exercise:<32} {r.score:g}/{r.max_score:g}  {r.verdict:<12} {printable(r.message)}"
                for r in results
            ]
            lines += [f"    note: {printable(note)}" for note in dict.fromkeys(n for r in results for n in r.notes)]
        for line in lines:
            print(line) if self.bar is None else self.bar.write(line)
        if self.bar is not None:
            self.bar.update()
        sys.stdout.flush()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def name_of(result) -> str:
    from autograder.grading.course import printable

    return printable(f"{result.student}/{result.assignment}/{result.exercise}")


def relative(path: Path) -> str:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)


if __name__ == "__main__":
    sys.exit(main())
