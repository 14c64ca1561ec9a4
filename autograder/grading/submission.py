"""One submission: its bytes in, one result an exercise out, whatever the bytes are."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.assignment import declared
from autograder.exercise import Exercise
from autograder.grading.result import Result, Task
from autograder.handle import StudentFailure
from autograder.intake.notebook import Cell, Malformed, arrange
from autograder.judging import Answer, failure_text, judge, missing_text, unanswered
from autograder.sandbox.jail import name_of
from autograder.sandbox.provided import TELL, sources
from autograder.sandbox.remote import Limits, Session, read_apart
from autograder.sandbox.starting import best

__all__ = ["FAULT", "Examined", "examine", "grade_submission", "read", "result_of"]

LOG = logging.getLogger("autograder.grading")
TRIES = 3
IN_OWN_WORDS = (
    "raised",
    "missing",
    "memory-limit",
    "output-limit",
    "process-limit",
)  # these carry a text of the code's own
RAISED = "Your code raised an exception."
FAULT = "The grader failed here, through no fault of yours. Your instructor has been told."


@dataclass(frozen=True)
class Examined:
    """What came of a submission.

    Attributes:
        results: one an exercise, in the order of the assignment.
        cells: of the notebook as it was handed in, as `autograder.intake.cells.read_cells` gives them; none where it cannot
            be read.
        versions: what the student's machine ran, as the notebook says, or "".
    """

    results: list[Result]
    cells: list[dict[str, Any]]
    versions: str = ""


def grade_submission(task: Task, limits: Limits | None = None) -> list[Result]:
    """The results of `examine`, as well as the machine can confine it."""
    return examine(task, limits, unsafe=True).results


def examine(task: Task, limits: Limits | None = None, times: int = 1, *, unsafe: bool = False) -> Examined:
    """Judge a submission. The student's code runs in a confined process of its own, the verdicts are decided in this one.

    Never raises because of a submission: an absent file gives "missing", an unreadable one "malformed", and a fault of
    ours "grader-fault" with the traceback in the log of the logger "autograder.grading", for every exercise concerned.

    Args:
        task: see `Task`.
        limits: time, memory and output the student's code may use; `Limits()` where left out.
        times: how often, with the same seeds; where the verdicts differ the lowest counts, with a note.
        unsafe: also where its code cannot be confined; otherwise that is a "grader-fault", and none of the code runs.

    Raises:
        ValueError: `task.only_exercise` is not an exercise of the assignment.
    """
    known = declared(task.assignment.name)
    wanted = [known[id] for id in task.exercises]
    if not wanted:
        raise ValueError(f"examine: {task.assignment.name} has no exercise {task.only_exercise!r}")
    rounds = [examine_once(task, wanted, limits, unsafe) for _ in range(times)]
    results = [agreed(of_exercise) for of_exercise in zip(*(r.results for r in rounds), strict=True)]
    return replace(rounds[0], results=results)


def examine_once(task: Task, wanted: Sequence[Exercise], limits: Limits | None, unsafe: bool) -> Examined:
    """One round. Exercises of the assignment's training come last, in a process of their own, which is told what has passed."""
    package, assignment = task.package, task.assignment
    if package.verdict or package.content is None:
        return all_alike(task, wanted, package.verdict or "missing", package.message)
    trained = [ex for ex in wanted if ex.id in assignment.trained]
    first = [ex for ex in wanted if ex.id not in assignment.trained]
    if trained:  # all the others are judged, whether their verdicts are asked for or not
        known = declared(assignment.name)
        first = [known[id] for id in assignment.exercises if id not in assignment.trained]
    examined = examine_stage(task, first, assignment.provides, limits, unsafe)
    results = {r.exercise: r for r in examined.results}
    if trained:
        passed = tuple(r.exercise for r in examined.results if r.verdict == "pass")
        later = examine_stage(task, trained, assignment.training_provides, limits, unsafe, passed)
        results |= {r.exercise: r for r in later.results}
    return replace(examined, results=[results[ex.id] for ex in wanted])


def examine_stage(
    task: Task, wanted: Sequence[Exercise], provides: tuple[str, ...], limits: Limits | None, unsafe: bool,
    passed: tuple[str, ...] = (),
) -> Examined:  # fmt: skip
    """Some exercises, in a process with these modules. Where the process was killed and nobody knows by whom, it is begun anew:
    if it was the code itself, it does so again."""
    package = task.package
    provided, imports = sources(provides), task.assignment.imports_with(provides)
    spent = 0.0
    for _ in range(TRIES):
        with Session([], provided, limits, files=package.files, imports=imports, unsafe=unsafe) as session:
            examined = examine_in(session, task, wanted, package.content or b"", passed)
        spent += session.spent
        if not session.killed or spent > session.limits.total / 2:
            break
        LOG.warning("%s, %s: the process of its code was killed", task.student, task.assignment.name)
    return examined


def examine_in(
    session: Session, task: Task, wanted: Sequence[Exercise], content: bytes, passed: tuple[str, ...] = ()
) -> Examined:
    package = task.package
    try:
        cells, notes = session.read(content)
        submission = arrange(cells, notes, task.assignment, package.sha256)
    except Malformed as error:
        return all_alike(task, wanted, "malformed", f"The notebook cannot be read: {error}.")
    except Exception:
        return all_alike(task, wanted, "grader-fault", fault(task, "reading the notebook"))
    told = [Cell("given", "passed", TELL.format(passed))] if passed else []
    session.cells = [*told, *submission.cells]
    results: list[Result] = []
    for ex in wanted:
        start = time.monotonic()
        try:
            answer = judged(ex, session, task.seeds[ex.id])
        except Exception:
            answer = unanswered(ex, "grader-fault", fault(task, ex.id))
            session.close()
        own_notes = [*package.notes, *submission.notes, *session.notes]
        results.append(result_of(task, answer, time.monotonic() - start, own_notes, name_of(session.layers)))
    return Examined(results, cells, submission.versions)


def all_alike(task: Task, wanted: Sequence[Exercise], verdict: str, message: str) -> Examined:
    """The same verdict for every exercise, where no code could run."""
    answers = [unanswered(ex, verdict, message) for ex in wanted]
    return Examined([result_of(task, answer, 0.0, task.package.notes) for answer in answers], [])


def read(task: Task) -> Examined:
    """A submission's cells, without judging it."""
    if task.package.content is None:
        return Examined([], [])
    try:
        cells, notes = read_apart(task.package.content)
        return Examined([], cells, arrange(cells, notes, task.assignment, task.package.sha256).versions)
    except Malformed:
        return Examined([], [])


def agreed(results: Sequence[Result]) -> Result:
    lowest = min(results, key=lambda r: r.score)
    verdicts = list(dict.fromkeys(f"{r.verdict} ({r.score:g})" for r in results))
    if len(verdicts) == 1:
        return lowest
    note = f"Not the same when judged again: {lowest.exercise} was {', '.join(verdicts)}; the lowest counts."
    return replace(lowest, notes=(*lowest.notes, note))


def judged(ex: Exercise, session: Session, seed: int) -> Answer:
    """The answer to one exercise, from the notebook that runs in a session.

    What the code says in its exceptions is shown, and could hold hidden inputs of an exercise before: if it says anything, it is
    asked again in a process that has seen none.
    """
    seen = session.seen_hidden
    answer = judged_once(ex, session, seed)
    if seen and any(r.verdict in IN_OWN_WORDS for r in (answer, *(r for r in answer.results if r.group != "hidden"))):
        if session.spent > session.limits.total / 2:
            return wordless(answer)
        session.close()
        answer = judged_once(ex, session, seed)
    session.seen_hidden |= len(answer.results) > 1
    return answer


def judged_once(ex: Exercise, session: Session, seed: int) -> Answer:
    def fetch() -> tuple[object, ...]:
        return session.objects(ex.id, ex.names, ex.seconds)

    try:
        fetch()
    except StudentFailure as failure:
        if failure.verdict == "missing":
            return unanswered(ex, "missing", missing_text(failure))
        return unanswered(ex, failure.verdict, *failure_text(failure, show=True))
    return judge(ex, fetch, seed=seed)


def wordless(answer: Answer) -> Answer:
    """An answer without what the code said in its exceptions."""
    results = tuple(replace(r, hint=RAISED, trace="") if r.verdict in IN_OWN_WORDS else r for r in answer.results)
    return replace(answer, results=results, message=RAISED if answer.verdict in IN_OWN_WORDS else answer.message)


def result_of(
    task: Task, answer: Answer, seconds: float, notes: Sequence[str] = (), isolation: str | None = None
) -> Result:
    """The answer with everything that tells where it comes from.

    Args:
        isolation: of the process that ran the code; that of this machine where none ran.
    """
    return Result(
        student=task.student, assignment=task.assignment.name, exercise=answer.exercise, verdict=answer.verdict,
        score=float(answer.score), max_score=float(answer.points), message=answer.message,
        misconception=answer.misconception, seconds=round(seconds, 4), isolation=isolation or name_of(best()),
        submission_sha256=task.package.sha256, checks_sha256=task.assignment.checks_sha256,
        seed=task.seeds[answer.exercise], answer=answer, notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def fault(task: Task, what: str) -> str:
    """Log the exception under way; what the student is told of it."""
    LOG.exception("grader-fault: %s, %s, %s", task.student, task.assignment.name, what)
    return FAULT
