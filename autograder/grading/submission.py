"""One submission: its bytes in, one result an exercise out, whatever the bytes are."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from pathlib import Path

from autograder.assignment import declared
from autograder.exercise import Exercise
from autograder.grading.result import ISOLATION, Result, Task
from autograder.handle import StudentFailure
from autograder.intake.notebook import Malformed, read_file, read_submission
from autograder.judging import Answer, failure_text, judge, missing_text, unanswered
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Limits, Session

__all__ = ["grade_submission", "seed_of"]

LOG = logging.getLogger("autograder.grading")


def grade_submission(task: Task, limits: Limits | None = None) -> list[Result]:
    """Judge a submission. The student's code runs in a process of its own, the verdicts are decided in this one.

    Never raises because of a submission: an absent file gives "missing", an unreadable one "malformed", and a fault of
    ours "grader-fault" with the traceback in the log of the logger "autograder.grading", for every exercise concerned.

    Args:
        task: see `Task`.
        limits: time, memory and output the student's code may use; `Limits()` where left out.

    Returns:
        One result for each exercise of the assignment, in its order (only one where `task.only_exercise` names it).

    Raises:
        ValueError: `task.only_exercise` is not an exercise of the assignment.
    """
    known = declared(task.assignment.name)
    wanted = [known[id] for id in task.assignment.exercises if task.only_exercise in (None, id)]
    if task.only_exercise is not None and not wanted:
        raise ValueError(f"grade_submission: {task.assignment.name} has no exercise {task.only_exercise!r}")
    content, sha256 = b"", ""
    try:
        content = read_file(Path(task.path))
        sha256 = hashlib.sha256(content).hexdigest()
        submission = read_submission(content, task.assignment)
    except FileNotFoundError:
        return all_alike(task, wanted, "missing", nothing_submitted(Path(task.path)))
    except Malformed as error:
        return all_alike(task, wanted, "malformed", f"The notebook cannot be read: {error}.", sha256)
    except Exception:
        return all_alike(task, wanted, "grader-fault", fault(task, "the notebook"), sha256)
    results: list[Result] = []
    with Session(submission.cells, sources(task.assignment.provides), limits) as session:
        for ex in wanted:
            start = time.monotonic()
            seed = seed_of(task, submission.sha256, ex)
            try:
                answer = judged(ex, session, seed)
            except Exception:
                answer = unanswered(ex, "grader-fault", fault(task, ex.id))
                session.close()
            notes = (*submission.notes, *session.notes)
            results.append(result_of(task, ex, answer, submission.sha256, seed, time.monotonic() - start, notes))
    return results


def nothing_submitted(path: Path) -> str:
    """What to say of an absent notebook: how the notebooks are called that lie in its place."""
    others = sorted(p.name for p in path.parent.glob("*.ipynb"))[:3] if path.parent.is_dir() else []
    if not others:
        return "Nothing was submitted."
    names = ", ".join("".join(c if c.isprintable() else "\ufffd" for c in name[:60]) for name in others)
    return f"There is no {path.name}; what was handed in is called {names}."


def judged(ex: Exercise, session: Session, seed: int) -> Answer:
    """The answer to one exercise, from the notebook that runs in a session."""

    def fetch() -> tuple[object, ...]:
        return session.objects(ex.id, ex.names, ex.seconds)

    try:
        fetch()
    except StudentFailure as failure:
        if failure.verdict == "missing":
            return unanswered(ex, "missing", missing_text(failure))
        return unanswered(ex, failure.verdict, *failure_text(failure, show=True))
    return judge(ex, fetch, seed=seed)


def seed_of(task: Task, submission_sha256: str, ex: Exercise) -> int:
    """The seed of the hidden cases: not to be foreseen without the course's secret, the same when graded again."""
    told = f"{submission_sha256}|{ex.id}|{task.assignment.checks_sha256}|{task.reseed}"
    return int.from_bytes(hmac.digest(task.secret, told.encode(), hashlib.sha256)[:8], "big")


def all_alike(task: Task, wanted: list[Exercise], verdict: str, message: str, sha256: str = "") -> list[Result]:
    """The same verdict for every exercise, where no code could run."""
    seeds = [seed_of(task, sha256, ex) for ex in wanted]
    answers = [unanswered(ex, verdict, message) for ex in wanted]
    return [result_of(task, ex, a, sha256, seed, 0.0) for ex, a, seed in zip(wanted, answers, seeds, strict=True)]


def result_of(
    task: Task, ex: Exercise, answer: Answer, sha256: str, seed: int, seconds: float, notes: tuple[str, ...] = ()
) -> Result:
    """The answer with everything that tells where it comes from."""
    return Result(
        student=task.student, assignment=task.assignment.name, exercise=ex.id, verdict=answer.verdict,
        score=float(answer.score), max_score=float(ex.points), message=answer.message,
        misconception=answer.misconception, seconds=round(seconds, 4), isolation=ISOLATION, submission_sha256=sha256,
        checks_sha256=task.assignment.checks_sha256, seed=seed, answer=answer, notes=notes,
    )  # fmt: skip


def fault(task: Task, what: str) -> str:
    """Log the exception under way; what the student is told of it."""
    LOG.exception("grader-fault: %s, %s, %s", task.student, task.assignment.name, what)
    return "The grader failed here, through no fault of yours. Your instructor has been told."
