"""Where submissions are judged: a few processes of this machine, each with one submission at a time.

A judge never runs a student's code, so its process should not die. If it does all the same (killed for its memory, a fault in
a library), the submission it had is tried once more and then set aside, and no other submission notices. An executor for
a cluster would be one more function with the signature of `local`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait

from autograder.assignment import declared
from autograder.grading.autograded import Graded, Job, grade_job, put_verdicts
from autograder.grading.course import printable
from autograder.grading.result import ISOLATION, Result
from autograder.judging import unanswered
from autograder.sandbox.remote import Limits

__all__ = ["JudgesCannotStart", "local"]

TRIES = 2
DEADLINE = 2 * Limits().total + Limits().start  # the judge's own limits come first; this one is for a judge that hangs
START = 120.0  # seconds until a judge's process must be there
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

log = logging.getLogger("autograder.grading")


class JudgesCannotStart(RuntimeError):
    """No submission's fault: the processes that judge die before they have read one."""


def local(
    jobs: Iterable[Job], processes: int, *, grade: Callable[[Job], Graded] = grade_job, deadline: float = DEADLINE
) -> Iterator[tuple[Job, Graded]]:
    """Judge submissions in a few processes.

    Args:
        processes: how many.
        grade: judges one submission; a function of a module, which the processes import.
        deadline: seconds after which a judge without an answer is given up.

    Yields:
        (job, what came of it), as they come.

    Raises:
        JudgesCannotStart: the processes die before they have read a submission.
    """
    waiting = deque(jobs)
    tries: dict[int, int] = {}
    for name in THREADS:  # inherited by the judges: one thread each
        os.environ.setdefault(name, "1")
    workers = [Worker(grade) for _ in range(min(processes, len(waiting)))]
    try:
        while waiting or any(w.job for w in workers):
            for worker in workers:
                if worker.job is None and waiting:
                    worker.give(waiting.popleft(), deadline)
            for worker in [w for w in answering(workers) if w.job]:
                job = worker.job
                try:
                    graded = worker.take()
                except (EOFError, OSError) as error:
                    if not worker.ready:
                        raise JudgesCannotStart("the grader's processes cannot be started; see above") from error
                    workers[workers.index(worker)] = worker.replaced()
                    tries[id(job)] = tries.get(id(job), 0) + 1
                    log.warning("the judge of %s stopped: %s", name_of(job), error or "its process died")
                    if tries[id(job)] < TRIES:
                        waiting.append(job)
                        continue
                    graded = without_verdict(job, "quarantined", "The grader stopped while judging this submission, twice. "
                                             "It was set aside; your instructor knows.")  # fmt: skip
                if graded is not None:
                    yield job, graded
    finally:
        for worker in workers:
            worker.stop()


def answering(workers: Iterable[Worker]) -> list[Worker]:
    """Those that have something to say, or should have had by now."""
    busy = {w.connection: w for w in workers if w.job}
    ready = wait(list(busy), timeout=max(0.0, min(w.until for w in busy.values()) - time.monotonic()))
    return [w for c, w in busy.items() if c in ready or time.monotonic() > w.until]


def name_of(job: Job) -> str:
    return printable(f"{job.task.student}/{job.task.assignment.name}")


def without_verdict(job: Job, verdict: str, message: str) -> Graded:
    """What is said of a submission that could not be judged: 0 points for each exercise, and why."""
    task, known = job.task, declared(job.task.assignment.name)
    ids = [task.only_exercise] if task.only_exercise else task.assignment.exercises
    results = tuple(
        Result(task.student, task.assignment.name, id, verdict, 0.0, float(known[id].points), message, None, 0.0, ISOLATION,
               "", task.assignment.checks_sha256, 0, unanswered(known[id], verdict, message))
        for id in ids
    )  # fmt: skip
    notebook = json.loads(job.template)
    put_verdicts(notebook, results)
    return Graded(results, json.dumps(notebook, indent=1), None)


def judge_safely(grade: Callable[[Job], Graded], job: Job) -> Graded:
    """Grade a submission; what goes wrong on our side becomes the verdict "grader-fault"."""
    try:
        return grade(job)
    except Exception:
        log.exception("fault while judging %s", name_of(job))
        return without_verdict(job, "grader-fault", "The grader failed on this submission; your instructor knows.")


def serve(connection: Connection, grade: Callable[[Job], Graded]) -> None:
    """A judge's life: a job in, its verdicts out, until the other end hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the process in front ends this one in good order
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    connection.send(None)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(judge_safely(grade, job))


class Worker:
    """A judge's process, and the job it has at the moment."""

    def __init__(self, grade: Callable[[Job], Graded]) -> None:
        context = multiprocessing.get_context("spawn")
        self.grade = grade
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, grade), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.job: Job | None = None
        self.seconds, self.until = 0.0, 0.0

    def give(self, job: Job, seconds: float) -> None:
        """Hand over a job; its time begins when the process is there."""
        self.job, self.seconds = job, seconds
        self.until = time.monotonic() + (seconds if self.ready else START)
        with contextlib.suppress(OSError):  # it died meanwhile: reading its answer will say so
            self.connection.send(job)

    def take(self) -> Graded | None:
        """Its verdicts, or None where it only says that it is there.

        Raises:
            EOFError, OSError: it died, or has used up its time.
        """
        if not self.connection.poll():
            raise EOFError("no verdict in time")
        graded = self.connection.recv()
        if graded is None:
            self.ready, self.until = True, time.monotonic() + self.seconds
        else:
            self.job = None
        return graded

    def replaced(self) -> Worker:
        self.stop()
        return Worker(self.grade)

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()
