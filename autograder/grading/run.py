"""A grading run: find the submissions, have them judged, write down every verdict, enter the marks.

The order matters. A verdict is in the journal before anything is done with it; marks are entered in batches by this process
alone; the results file appears whole or not at all. So a run can be killed at any moment and taken up with ``--resume``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from autograder.assignment import Assignment, declared, load_assignment
from autograder.grading.autograded import Graded, Job, written_up
from autograder.grading.course import Course, UsageError, printable
from autograder.grading.executors import local
from autograder.grading.gradebook import NO_VERDICT, Marks, Standing, handed_in_at, standings, write_marks
from autograder.grading.journal import Journal, key_of, one_run_at_a_time
from autograder.grading.release import Released, release, student_version
from autograder.grading.result import ISOLATION, Result, Task
from autograder.grading.submission import seed_of
from autograder.intake.notebook import Malformed, read_file

__all__ = ["Options", "Outcome", "grade"]

BATCH_SECONDS = 2.0
BATCH_SIZE = 100
UNCONFINED = (
    "submissions are not confined on this machine: each one runs in a process of its own, with limits on time, memory and "
    "output, but it could read your files, write wherever you may, and use the network. If you trust all of them, say so with "
    "--unsafe"
)


@dataclass(frozen=True)
class Options:
    """What ``autograder grade`` was told; see its help."""

    assignments: Sequence[str] = ()
    submitted: Path | None = None
    processes: int = 1
    results: Path | None = None
    only: Sequence[str] = ()
    exercise: str | None = None
    resume: bool = False
    reseed: bool = False
    dry_run: bool = False
    unsafe: bool = False


@dataclass
class Outcome:
    """What came of a run.

    Attributes:
        assignments: what was graded.
        results: every verdict, by student, assignment and place in the assignment.
        standings: (student, assignment) -> what the gradebook says now; empty after a dry run.
        resumed: submissions whose verdicts were taken from the journal.
        problems: what could not be done, in words.
    """

    assignments: list[Assignment]
    results: list[Result] = field(default_factory=list)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    resumed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every submission got a verdict, and every mark is where it belongs."""
        return not self.problems and not any(r.verdict in NO_VERDICT for r in self.results)


def grade(
    course: Course,
    options: Options,
    *,
    begun: Callable[[int], None] = lambda submissions: None,
    judged: Callable[[Task, tuple[Result, ...]], None] = lambda task, results: None,
    released: Callable[[Released], None] = lambda made: None,
) -> Outcome:
    """Grade a class.

    Args:
        begun: called with the number of submissions, before the first is judged.
        judged: called after each submission.
        released: called for an assignment that had to be released first.

    Raises:
        UsageError: the run cannot begin; nothing has been changed.
    """
    if ISOLATION == "process" and not options.unsafe:
        raise UsageError(UNCONFINED)
    if options.results and not options.results.absolute().parent.is_dir():
        raise UsageError(f"--results: there is no folder {options.results.absolute().parent}")
    if options.results and options.results.is_dir():
        raise UsageError(f"--results: {options.results} is a folder; name a file")
    assignments = assignments_of(course, options)
    outcome = Outcome(assignments)
    found = list(find_submissions(course, options, assignments, outcome.problems))
    with one_run_at_a_time(course.state / "lock"):
        if not options.dry_run:
            for made in release(course, [a.name for a in assignments]):
                if made.made:
                    released(made)
        secret, reseed = course.secret(), course.reseed(advance=options.reseed and not options.dry_run)
        reseed += options.reseed and options.dry_run
        journal = Journal(course.state / "journal.jsonl")
        jobs = jobs_of(course, options, found, secret, reseed, journal)
        known = known_of(options, jobs, journal)
        outcome.resumed = len(known)
        begun(len(jobs))
        old = ((job, written_up(job, known[id(job)])) for job in jobs if id(job) in known)
        new = local([job for job in jobs if id(job) not in known], options.processes)
        with contextlib.closing(new), entering(course, options, journal, outcome) as enter:
            for job, graded in chain(old, new):
                if id(job) not in known and not options.dry_run:
                    journal.judged(graded.results)
                outcome.results += graded.results
                enter(job.task, graded)
                judged(job.task, graded.results)
        put_in_order(outcome)
        if not options.dry_run:
            with course.gradebook() as gradebook:
                outcome.standings = standings(gradebook, [a.name for a in assignments])
    if options.results:
        write_whole(options.results, "".join(json.dumps(r.to_record()) + "\n" for r in outcome.results))
    return outcome


# ------------------------------------------------------------------ what there is to do


def assignments_of(course: Course, options: Options) -> list[Assignment]:
    """The assignments to grade: those named, or all; with --exercise the one that has it."""
    try:
        loaded = [load_assignment(name, course.folder("source")) for name in course.assignments(options.assignments)]
    except ValueError as error:
        raise UsageError(str(error)) from error
    if options.exercise is None:
        return loaded
    having = [a for a in loaded if options.exercise in a.exercises]
    if not having:
        all_ids = ", ".join(id for a in loaded for id in a.exercises)
        raise UsageError(f"--exercise: no exercise {options.exercise!r}; there is {all_ids}")
    return having


def find_submissions(
    course: Course, options: Options, assignments: Iterable[Assignment], problems: list[str]
) -> Iterator[tuple[str, Assignment, Path]]:
    """(student, assignment, notebook) for every folder ``SUBMITTED/STUDENT/ASSIGNMENT``; its notebook may be missing."""
    submitted = (options.submitted or course.folder("submitted")).absolute()
    try:
        students = sorted(p.name for p in submitted.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError as error:
        raise UsageError(f"the submissions cannot be read: {submitted}: {error.strerror}") from error
    for student in options.only:
        if student not in students:
            raise UsageError(f"--only: {submitted} has no folder {student!r}")
    count = 0
    for student in options.only or students:
        if not is_text(student):
            problems.append(f"{printable(student)}: a student's id must be valid text; the folder was left out")
            continue
        for assignment in assignments:
            folder = submitted / student / assignment.name
            if os.path.lexists(folder):
                count += 1
                linked = folder.is_symlink()  # no link of a submission is followed; a folder is no notebook
                yield student, assignment, folder if linked else folder / f"{assignment.name}.ipynb"
    if not count and not problems:
        raise UsageError(f"no submissions of {', '.join(a.name for a in assignments)} in {submitted}: they are expected as "
                         "STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb")  # fmt: skip


def is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def jobs_of(
    course: Course, options: Options, found: Sequence[tuple[str, Assignment, Path]], secret: bytes, reseed: int,
    journal: Journal,
) -> list[Job]:  # fmt: skip
    names = {assignment.name for _, assignment, _ in found}
    templates = {name: json.dumps(student_version(course, name)) for name in names}
    earlier = journal.latest(names) if options.exercise else {}
    return [
        Job(Task(student, assignment, path, secret, options.exercise, reseed), templates[assignment.name],
            tuple(earlier.get((student, assignment.name), {}).values()))
        for student, assignment, path in found
    ]  # fmt: skip


def known_of(options: Options, jobs: Iterable[Job], journal: Journal) -> dict[int, list[Result]]:
    """id(job) -> verdicts that the journal already has, for the submissions that it has all of."""
    if not options.resume:
        return {}
    verdicts = dict(journal.verdicts({job.task.assignment.name for job in jobs}))
    known = {}
    for job in jobs:
        task, sha256 = job.task, sha256_of(job.task.path)
        ids = [options.exercise] if options.exercise else task.assignment.exercises
        keys = [verdict_key(task, id, sha256) for id in ids]
        if all(key in verdicts and verdicts[key].verdict not in NO_VERDICT for key in keys):
            known[id(job)] = [verdicts[key] for key in keys]
    return known


def verdict_key(task: Task, exercise: str, sha256: str) -> str:
    """The key under which the verdict on an exercise of this submission would stand in the journal."""
    name, checks = task.assignment.name, task.assignment.checks_sha256
    return key_of(task.student, name, exercise, sha256, checks, seed_of(task, sha256, declared(name)[exercise]))


def sha256_of(path: Path) -> str:
    """Hash of the submitted bytes, "" where there are none that may be read."""
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except (OSError, Malformed):
        return ""


# ------------------------------------------------------------------ what is done with a verdict


@contextlib.contextmanager
def entering(
    course: Course, options: Options, journal: Journal, outcome: Outcome
) -> Iterator[Callable[[Task, Graded], None]]:
    """A function that takes what was judged; it enters the marks in batches, the last one at the end."""
    if options.dry_run:
        yield lambda task, graded: None
        return
    before = journal.last_entered()
    batch: list[Marks] = []
    last = time.monotonic()

    def flush() -> None:
        nonlocal last
        failures = write_marks(course, gradebook, batch)
        for marks, why in failures:
            outcome.problems.append(
                f"{printable(marks.student)}/{marks.assignment}: its marks are not in the gradebook: {why}"
            )
        failed = [marks for marks, _ in failures]
        journal.entered((m.student, m.assignment, m.sha256) for m in batch if m not in failed)
        batch.clear()
        last = time.monotonic()

    def enter(task: Task, graded: Graded) -> None:
        name, sha256 = task.assignment.name, graded.results[0].submission_sha256
        try:
            keep_notebook(course, task, graded)
        except OSError as error:
            outcome.problems.append(f"{printable(task.student)}/{name}: its notebook is not in autograded/: {error}")
        changed = before.get((task.student, name), sha256) != sha256
        batch.append(Marks(task.student, name, sha256, graded.results, graded.untouched, changed,
                           handed_in_at(task.path.parent)))  # fmt: skip
        if len(batch) >= BATCH_SIZE or time.monotonic() - last > BATCH_SECONDS:
            flush()

    with course.gradebook() as gradebook:
        try:
            yield enter
        finally:
            if batch:
                flush()


def keep_notebook(course: Course, task: Task, graded: Graded) -> None:
    """Put the notebook with its verdicts where nbgrader's formgrader looks for it, the time of submission beside it."""
    target = course.notebook("autograded", task.student, task.assignment.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, graded.notebook)
    if handed_in_at(task.path.parent):
        shutil.copyfile(task.path.parent / "timestamp.txt", target.with_name("timestamp.txt"))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    fd, fresh = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)
    Path(fresh).chmod(0o644)
    Path(fresh).replace(path)


def put_in_order(outcome: Outcome) -> None:
    places = {(a.name, id): (i, j) for i, a in enumerate(outcome.assignments) for j, id in enumerate(a.exercises)}
    outcome.results.sort(key=lambda r: (r.student, places[r.assignment, r.exercise]))
