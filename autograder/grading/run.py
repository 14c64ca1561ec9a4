"""A grading run: find the submissions, have them judged, write down every verdict, enter the marks.

The order matters. A verdict is in the journal before anything is done with it; marks are entered in batches by one thread
alone; the results file appears whole or not at all. So a run can be killed at any moment and taken up with ``--resume``.
Submissions are read when a judge is free for them, and let go of when their marks are entered.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from autograder.assignment import Assignment, load_assignment
from autograder.grading import regrade
from autograder.grading.course import Course, UsageError, printable
from autograder.grading.entering import Entering, write_whole
from autograder.grading.executors import local
from autograder.grading.gradebook import NO_VERDICT, Standing, standings
from autograder.grading.jobs import Graded, Job
from autograder.grading.journal import Journal, StorageFailure, Verdicts, key_of, one_run_at_a_time
from autograder.grading.kept import Kept
from autograder.grading.release import Released, released_version
from autograder.grading.result import Result, Task
from autograder.grading.run_log import RunLog
from autograder.grading.settled import Settled
from autograder.grading.tasks import tasks_of
from autograder.grading.without_verdict import name_of
from autograder.intake.store import keep
from autograder.sandbox import jail
from autograder.sandbox.starting import best

__all__ = ["UNCONFINED", "Executor", "Options", "Outcome", "grade", "write_whole"]

UNCONFINED = (
    "{}. Each submission would run in a process of its own, with limits on time, memory and output, but it could read your "
    "files, write wherever you may, or use the network. If you trust all of them, say so with --unsafe"
)
Executor = Callable[[Iterable[Job]], Iterator[tuple[Job, Graded]]]


@dataclass(frozen=True)
class Options:
    """What ``autograder grade`` was told; see its help."""

    assignments: Sequence[str] = ()
    submitted: Path | None = None
    processes: int = 1
    results: Path | None = None
    only: Sequence[str] = ()
    exercise: str | None = None
    both_ways: bool = False
    resume: bool = False
    reseed: bool = False
    dry_run: bool = False
    unsafe: bool = False
    repeat: int = 1
    log: Path | None = None


@dataclass
class Outcome:
    """What came of a run.

    Attributes:
        assignments: what was graded.
        standings: (student, assignment) -> what the gradebook says now; after a dry run what was judged comes to.
        verdicts: how often each was given.
        resumed: submissions whose verdicts were taken from the journal.
        problems: what could not be done, in words.
        regrade: after ``--exercise``: whose marks it changed.
    """

    assignments: list[Assignment]
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    problems: list[str] = field(default_factory=list)
    regrade: regrade.Regrade | None = None
    kept: Kept = field(default_factory=Kept, repr=False)

    @property
    def results(self) -> list[Result]:
        """Every verdict, by student, assignment and place in the assignment; read from a file."""
        return list(self.kept)

    @property
    def complete(self) -> bool:
        """Whether every submission got a verdict, and every mark is where it belongs."""
        return not self.problems


def grade(
    course: Course,
    options: Options,
    *,
    executor: Executor | None = None,
    proved: Callable[[Path], tuple[Sequence[str], str]] = lambda state: level(),
    begun: Callable[[int, str], None] = lambda submissions, isolation: None,
    judged: Callable[[Task, tuple[Result, ...]], None] = lambda task, results: None,
    released: Callable[[Released], None] = lambda made: None,
) -> Outcome:
    """Grade a class.

    Args:
        executor: where submissions are judged; on this machine, in `options.processes` processes, where left out.
        proved: says, given the course's folder for such things, which layers confine submissions on this machine, and why
            that is not enough ("" where it is).
        begun: called with the number of submissions and this machine's level of isolation ("" where another one judges),
            before the first is judged.
        judged: called after each submission.
        released: called for an assignment that had to be released first.

    Raises:
        UsageError: the run cannot begin.
        StorageFailure, JudgesCannotStart: it cannot go on; what was judged is kept.
    """
    isolation = jail.name_of(here(course, options, proved)) if executor is None else ""
    check_results_file(options)
    assignments = assignments_of(course, options)
    names = [a.name for a in assignments]
    outcome = Outcome(assignments)
    found = list(find_submissions(course, options, assignments, outcome.problems))
    with one_run_at_a_time(course.state / "lock"), RunLog(log_of(course, options)) as log:
        log.write("begin", submissions=len(found), assignments=names, isolation=isolation, options=told(options))
        journal = Journal(course.state / "journal.jsonl")
        done = partial(count, outcome, log, judged)
        settled = Settled(course, journal, assignments) if options.resume and not options.dry_run else None
        jobs = jobs_of(course, options, found, journal, settled, done)
        begun(len(found), isolation)
        new = executor(jobs) if executor else local(jobs, options.processes)
        first = partial(is_first, {}, outcome)
        with entering_of(course, options, journal, outcome, released) as entering, contextlib.closing(new):
            for job, graded in filter(first, new):
                if entering and not job.known:
                    journal.judged(graded.results)
                if entering:
                    entering.enter(job, graded)
                done(job, graded)
        if not options.dry_run:
            with course.gradebook() as gradebook:
                outcome.standings = standings(gradebook, names)
            if options.exercise:
                outcome.regrade = regrade.regrade_of(course, options.exercise, assignments[0].checks_sha256)
                regrade.keep(course, outcome.regrade)
        for text in outcome.problems:
            log.write("problem", text=text)
    if options.results:
        write_whole(options.results, (json.dumps(r.to_record()) + "\n" for r in outcome.kept))
    return outcome


# ------------------------------------------------------------------ what there is to do


def level() -> tuple[Sequence[str], str]:
    """The layers of this machine, and why they are not enough, by their names alone."""
    layers = best()
    return layers, "" if jail.confined(layers) else "submissions cannot be confined on this machine"


def here(course: Course, options: Options, proved: Callable[[Path], tuple[Sequence[str], str]]) -> Sequence[str]:
    """The layers that confine submissions on this machine.

    Raises:
        UsageError: they are not enough, and nobody said that this does not matter.
    """
    if options.unsafe:
        return best()
    layers, why = proved(course.state)
    if why:
        raise UsageError(UNCONFINED.format(why))
    return layers


def check_results_file(options: Options) -> None:
    if options.results and not options.results.absolute().parent.is_dir():
        raise UsageError(f"--results: there is no folder {options.results.absolute().parent}")
    if options.results and options.results.is_dir():
        raise UsageError(f"--results: {options.results} is a folder; name a file")


def log_of(course: Course, options: Options) -> Path | None:
    return options.log or (None if options.dry_run else course.state / "log.jsonl")


def told(options: Options) -> dict[str, object]:
    """The options that were given, for the log."""
    return {
        name: value if isinstance(value, bool | int) else str(value) for name, value in vars(options).items() if value
    }


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
) -> Iterator[tuple[str, Assignment]]:
    """(student, assignment) for every folder ``SUBMITTED/STUDENT/ASSIGNMENT``, whatever is in it."""
    submitted = (options.submitted or course.folder("submitted")).absolute()
    try:
        students = sorted(p.name for p in submitted.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError as error:
        raise UsageError(f"the submissions cannot be read: {submitted}: {error.strerror}") from error
    for student in options.only:
        if student not in students:
            raise UsageError(f"--only: {submitted} has no folder {student!r}")
    count = 0
    for student in dict.fromkeys(options.only) or students:
        if not is_text(student):
            problems.append(f"{printable(student)}: a student's id must be valid text; the folder was left out")
            continue
        for assignment in assignments:
            if os.path.lexists(submitted / student / assignment.name):
                count += 1
                yield student, assignment
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
    course: Course, options: Options, found: Sequence[tuple[str, Assignment]], journal: Journal,
    settled: Settled | None, done: Callable[[Job, Graded], None],
) -> Iterator[Job]:  # fmt: skip
    """The jobs of a run, each made when it is asked for. What is judged is kept in ``.autograder/submissions/``.

    Args:
        settled: knows what a run before this one has finished.
        done: called with it: it needs no judge.
    """
    reseed = course.reseed(advance=options.reseed and not options.dry_run) + (options.reseed and options.dry_run)
    assignments = {assignment.name: assignment for _, assignment in found}
    verdicts = journal.latest(assignments if options.resume or options.exercise else ())
    templates = {name: released_version(course, name) for name in assignments}
    tasks = tasks_of(course, found, submitted=options.submitted, only_exercise=options.exercise, reseed=reseed)
    for number, task in enumerate(tasks):
        if not options.dry_run:
            try:
                keep(task.package, course.state / "submissions")
            except OSError as error:
                raise StorageFailure(f"{course.state / 'submissions'} cannot be written: {error.strerror}") from error
        name = task.assignment.name
        known = known_of(task, verdicts) if options.resume else ()
        earlier = tuple(verdicts.get((task.student, name), {}).values()) if options.exercise else ()
        job = Job(number, task, templates[name], earlier, known, options.repeat, options.unsafe)
        if known and settled and settled(task, known):
            done(job, Graded(known, "", None))
        else:
            yield job


def known_of(task: Task, verdicts: Verdicts) -> tuple[Result, ...]:
    """The verdicts on a submission that the journal has already, where it has all of them."""
    name, sha256 = task.assignment.name, task.package.sha256
    if (task.student, name) not in verdicts.places:
        return ()
    found = verdicts.by_key((task.student, name))
    checks = task.assignment.checks_sha256
    keys = [key_of(task.student, name, id, sha256, checks, task.seeds[id]) for id in task.exercises]
    known = tuple(found[key] for key in keys if key in found and found[key].verdict not in NO_VERDICT)
    return known if len(known) == len(keys) else ()


# ------------------------------------------------------------------ what is done with a verdict


def is_first(seen: dict[int, int], outcome: Outcome, answer: tuple[Job, Graded]) -> bool:
    """Whether this is the first answer on its submission. A second one changes nothing; if it differs, that is reported."""
    job, graded = answer
    verdicts = hash(tuple((r.exercise, r.verdict, r.score) for r in graded.results))
    if job.number not in seen:
        seen[job.number] = verdicts
        return True
    if seen[job.number] != verdicts:
        outcome.problems.append(f"{name_of(job)}: judged twice, with different verdicts (nondeterministic); the first ones "
                                "stand")  # fmt: skip
    return False


def entering_of(
    course: Course, options: Options, journal: Journal, outcome: Outcome, released: Callable[[Released], None]
) -> contextlib.AbstractContextManager[Entering | None]:
    """What enters the marks; nothing in a dry run."""
    if options.dry_run:
        return contextlib.nullcontext()
    rule: Literal["", "up", "both ways"] = (
        "" if options.exercise is None else "both ways" if options.both_ways else "up"
    )
    names = [a.name for a in outcome.assignments]
    return Entering(course, names, journal, outcome.problems.append, released, rule)


def count(
    outcome: Outcome, log: RunLog, judged: Callable[[Task, tuple[Result, ...]], None], job: Job, graded: Graded
) -> None:
    """Add what came of a submission to what came of the run, and tell of it."""
    task, results = job.task, graded.results
    outcome.resumed += bool(job.known)
    outcome.kept.add(job.number, results)
    outcome.verdicts.update(r.verdict for r in results)
    score, most = sum(r.score for r in results), sum(r.max_score for r in results)
    outcome.standings[task.student, task.assignment.name] = Standing(score, most, False)
    for r in results:
        if r.verdict in NO_VERDICT:
            who = printable(f"{r.student}/{r.assignment}/{r.exercise}")
            outcome.problems.append(f"no verdict on {who}: {r.verdict}")
    log.judged(job, graded)
    judged(task, results)
