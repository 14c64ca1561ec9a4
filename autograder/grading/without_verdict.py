"""When the grader itself fails: what is said of a submission that it could not judge, and how its log reaches the run."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from autograder.assignment import declared
from autograder.grading.autograded import put_verdicts
from autograder.grading.course import printable
from autograder.grading.jobs import Graded, Job
from autograder.grading.submission import result_of
from autograder.judging import unanswered

__all__ = ["TRIES", "judge_safely", "name_of", "quarantined", "without_verdict"]

TRIES = 2
MAX_LOG = 20_000  # characters that are kept of what a judge logged over one submission

log = logging.getLogger("autograder.grading")


def name_of(job: Job) -> str:
    return printable(f"{job.task.student}/{job.task.assignment.name}")


def quarantined(job: Job) -> Graded:
    """What is said of a submission over which judges stop."""
    return without_verdict(job, "quarantined", "The grader stopped while judging this submission, twice. It was set aside; "
                           "your instructor knows.")  # fmt: skip


def without_verdict(job: Job, verdict: str, message: str) -> Graded:
    """What is said of a submission that could not be judged: 0 points for each exercise, and why.

    The isolation is "none": no code ran to an end, and where some was begun, on another machine perhaps, is not known here.
    """
    task, known = job.task, declared(job.task.assignment.name)
    results = tuple(
        result_of(task, unanswered(known[id], verdict, message), 0.0, isolation="none") for id in task.exercises
    )
    notebook = json.loads(job.template)
    put_verdicts(notebook, [*job.earlier, *results])
    return Graded(results, json.dumps(notebook), None)


def judge_safely(grade: Callable[[Job], Graded], job: Job) -> Graded:
    """Grade a submission; what goes wrong on our side becomes the verdict "grader-fault"."""
    with logged() as lines:
        try:
            graded = grade(job)
        except Exception:
            log.exception("fault while judging %s", name_of(job))
            graded = without_verdict(
                job, "grader-fault", "The grader failed on this submission; your instructor knows."
            )
    return replace(graded, log=tuple(lines))


@contextlib.contextmanager
def logged() -> Iterator[list[str]]:
    """What the grader logs in this process, collected instead of printed."""
    logger, handler = logging.getLogger("autograder"), Collector()
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield handler.lines
    finally:
        logger.propagate = before
        logger.removeHandler(handler)


class Collector(logging.Handler):
    """Keeps the first of what is logged, as text."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.room = MAX_LOG

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)[: self.room]
        self.room -= len(text)
        if text:
            self.lines.append(text)
