"""``autograder collect``: archives of a learning platform into nbgrader's layout."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.cli.common import relative

if TYPE_CHECKING:
    from autograder.intake.collecting import Collected

__all__ = ["add"]

EXAMPLES = """\
examples:
  autograder collect submissions.zip                     all that is called after an assignment of the course
  autograder collect submissions.zip --assignment NAME   one assignment, also where students renamed the notebook
  autograder collect *.zip --roster ids.csv --dry-run    show what would be collected, under the course's own ids
"""


def add(commands: Any) -> None:
    made: argparse.ArgumentParser = commands.add_parser(
        "collect", help="put the archives of a learning platform where submissions are expected", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Collect submissions from zip and tar archives into SUBMITTED/STUDENT/ASSIGNMENT/.\n\n"
        "Understood are Canvas's and Moodle's downloads of all submissions, and trees STUDENT/ASSIGNMENT/FILE. What could do\n"
        "harm is refused, with a reason, and keeps nothing else from being collected.",
    )  # fmt: skip
    made.set_defaults(run=run)
    add = made.add_argument
    add("archives", nargs="+", type=Path, metavar="ARCHIVE", help="a zip, tar, tar.gz or tar.bz2")
    add("--course", default=".", metavar="FOLDER", help="the course folder; this one where left out")
    add("--into", type=Path, metavar="DIR", help="where the submissions go; submitted/ where left out")
    add("--assignment", metavar="NAME", help="all files are of this assignment, whatever they are called")
    add("--roster", type=Path, metavar="FILE", help="a CSV file with the columns id (the platform's number or name of a "
        "student) and student (the id to use); without it Canvas's numbers and Moodle's names are the ids")  # fmt: skip
    add("--received", default="now", metavar="TIME", help="when the submissions were received, for late penalties: a time "
        "such as 2026-11-21T18:00 (of this machine's time zone), or 'entries', the times in the archive, which "
        "are to be trusted only where the platform wrote them; now where left out")  # fmt: skip
    add("--replace", action="store_true", help="put submissions in the place of earlier ones, which are kept in "
        ".autograder/replaced/")  # fmt: skip
    add("--dry-run", action="store_true", help="show what would be done, but write nothing")


def run(options: argparse.Namespace) -> int:
    from autograder.grading.course import Course, UsageError, printable
    from autograder.intake.archive import NotAnArchive, entries
    from autograder.intake.collecting import Order, collect
    from autograder.intake.platforms import read_roster

    course = Course.open(options.course)
    assignments = course.assignments([options.assignment] if options.assignment else [])
    try:
        roster = read_roster(options.roster) if options.roster else None
    except (OSError, ValueError) as error:
        raise UsageError(f"--roster: {error}") from error
    into = (options.into or course.folder("submitted")).absolute()
    order = Order(into, course.state, assignments, roster, time_of(options.received), options.replace, options.dry_run)
    for archive in options.archives:  # before anything is written
        try:
            with closing(entries(archive)) as found:
                next(found, None)
        except NotAnArchive as error:
            raise UsageError(f"{printable(archive)} cannot be read: {error}") from error
        except OSError as error:
            raise UsageError(f"{printable(archive)} cannot be read: {error.strerror}") from error
    fine = True
    for archive in options.archives:
        try:
            collected = collect(archive, order)
        except OSError as error:
            print(f"problem: {printable(archive)}: {printable(error)}", file=sys.stderr)
            return 1
        show(archive, collected, options.dry_run)
        fine = fine and not collected.refused
    if not options.dry_run:
        print(f"in {relative(into)}/")
    return 0 if fine else 1


def time_of(text: str) -> datetime | None:
    """The time that --received means, in UTC; None for that in the archive."""
    from autograder.grading.course import UsageError

    if text == "entries":
        return None
    try:
        time = datetime.now() if text == "now" else datetime.fromisoformat(text)
        return time.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--received: expected now, entries or a time such as 2026-11-21T18:00, got {text!r}"
        ) from error


def show(archive: Path, collected: Collected, dry_run: bool) -> None:
    from autograder.grading.course import printable

    would = "would be " if dry_run else ""
    counts = [
        (len(collected.new), f"{would}collected"), (len(collected.replaced), f"{would}replaced"),
        (len(collected.unchanged), "unchanged"), (len(collected.refused), "refused"),
    ]  # fmt: skip
    print(f"{printable(archive.name)}: {', '.join(f'{n} {what}' for n, what in counts if n) or 'nothing in it'}")
    if collected.late:
        print(f"  the platform calls {collected.late} of them late; --received says which time counts")
    for note in collected.notes:
        print(f"  note: {printable(note)}")
    for name, why in collected.refused:
        print(f"  refused: {printable(name[:200])} {why}")
