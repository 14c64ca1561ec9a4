"""Where submissions are judged: a few processes of this machine, each with one submission at a time.

A judge never runs a student's code, so its process should not die. If it does all the same (killed for its memory, a fault in
a library), the submission it had is tried once more and then set aside, and no other submission notices.
`autograder.grading.cluster.dask` does the same on other machines.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue

from autograder import checks
from autograder.grading.autograded import grade_job
from autograder.grading.jobs import Graded, Job
from autograder.grading.without_verdict import TRIES, judge_safely, name_of, quarantined
from autograder.sandbox.remote import Limits
from autograder.sandbox.starting import close_all

__all__ = ["DEADLINE", "JudgesCannotStart", "local", "prepare"]

DEADLINE = (
    2 * Limits().total + Limits().start
)  # to judge once: the judge's own limits come first, this one is for a hang
START = 120.0  # seconds until a judge's process must be there
AHEAD = 2  # submissions a judge has been given: the next one lies ready when one is done
AHEAD_BYTES = 2**21  # of the next one: more would wait in the pipe until the judge reads it
START_METHOD = "spawn" if sys.platform == "win32" else "forkserver"  # forked from a clean process that has all imports
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

log = logging.getLogger("autograder.grading")


class JudgesCannotStart(RuntimeError):
    """No submission's fault: the processes that judge die before they have read one, or are not to be had."""


def local(
    jobs: Iterable[Job], processes: int, *, grade: Callable[[Job], Graded] = grade_job, deadline: float = DEADLINE
) -> Iterator[tuple[Job, Graded]]:
    """Judge submissions in a few processes.

    Args:
        jobs: taken one by one, as judges become free.
        processes: how many.
        grade: judges one submission; a function of a module, which the processes import.
        deadline: seconds after which a judge without an answer is given up, for each time that a job is to be judged.

    Yields:
        (job, what came of it), as they come.

    Raises:
        JudgesCannotStart: the processes die before they have read a submission.
    """
    source = Source(jobs)
    tries: dict[int, int] = {}
    prepare()
    workers: list[Worker] = []
    try:
        while True:
            for depth in range(AHEAD):  # everybody has one before anybody has two
                for worker in workers:
                    if len(worker.jobs) == depth and (job := source.next(worker, tries)):
                        worker.give(job, deadline)
                while depth == 0 and len(workers) < processes and (job := source.next(None, tries)):
                    workers.append(Worker(grade))
                    workers[-1].give(job, deadline)
            busy = [w for w in workers if w.jobs]
            if not busy:
                return
            for worker in answering(busy):
                job = worker.jobs[0]
                try:
                    graded = worker.take()
                except (EOFError, OSError) as error:
                    if not worker.ready:
                        raise JudgesCannotStart("the grader's processes cannot be started; see above") from error
                    source.give_back(list(worker.jobs)[1:])  # these had not been begun
                    workers[workers.index(worker)] = worker.replaced()
                    tries[job.number] = tries.get(job.number, 0) + 1
                    log.warning("the judge of %s stopped: %s", name_of(job), error or "its process died")
                    if tries[job.number] < TRIES:
                        source.give_back([job])
                        continue
                    graded = quarantined(job)
                if graded is not None:
                    tries.pop(job.number, None)
                    yield job, graded
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.stop()


class Source:
    """Jobs still to be judged: those that came back, then new ones."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.fresh = iter(jobs)
        self.back: deque[Job] = deque()

    def next(self, worker: Worker | None, tries: dict[int, int]) -> Job | None:
        """A job for a worker, None where there is none for it now. One that has ended a judge gets a judge of its own."""
        if not self.back and (job := next(self.fresh, None)):
            self.back.append(job)
        if not self.back or (worker and worker.jobs and not fits(worker.jobs[0], self.back[0], tries)):
            return None
        return self.back.popleft()

    def give_back(self, jobs: Sequence[Job]) -> None:
        self.back.extendleft(reversed(jobs))


def fits(before: Job, job: Job, tries: dict[int, int]) -> bool:
    """Whether a job may lie ready while another one is judged."""
    return not {before.number, job.number} & tries.keys() and len(job.task.package.content or b"") < AHEAD_BYTES


def answering(busy: Sequence[Worker]) -> list[Worker]:
    """Those that have something to say, or should have had by now."""
    ready = wait([w.connection for w in busy], timeout=max(0.0, min(w.until for w in busy) - time.monotonic()))
    return [w for w in busy if w.connection in ready or time.monotonic() > w.until]


# ------------------------------------------------------------------ a judge's process


def prepare() -> None:
    """Begin to start the process that judges are forked from, so that it is there when they are wanted. Returns at once."""
    for name in THREADS:  # inherited by the judges: one thread each
        os.environ.setdefault(name, "1")
    if START_METHOD == "forkserver":
        from multiprocessing import forkserver

        multiprocessing.get_context(START_METHOD).set_forkserver_preload(["autograder.grading.executors"])
        forkserver.ensure_running()


def serve(connection: Connection, grade: Callable[[Job], Graded], folders: Sequence[str]) -> None:
    """A judge's life: a job in, its verdicts out, until the other end hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: the process in front ends this one in good order
    signal.signal(signal.SIGTERM, leave)
    checks.__path__[:] = list(folders)
    inbox: SimpleQueue[Job] = SimpleQueue()
    connection.send(None)
    threading.Thread(target=receive, args=(connection, inbox), daemon=True).start()
    try:
        while True:
            connection.send(judge_safely(grade, inbox.get()))
    except BrokenPipeError:  # nobody wants the answer
        pass
    finally:
        close_all()


def leave(*_: object) -> None:
    """End this process in good order; once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)


def receive(connection: Connection, inbox: SimpleQueue[Job]) -> None:
    """Take in jobs while one is judged; end the judge when nobody wants its answers any more."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            inbox.put(connection.recv())
    os.kill(os.getpid(), signal.SIGTERM)


class Worker:
    """A judge's process, and the jobs it has at the moment: the one it judges, and the next."""

    def __init__(self, grade: Callable[[Job], Graded]) -> None:
        context = multiprocessing.get_context(START_METHOD)
        self.grade = grade
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, grade, list(checks.__path__)), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.jobs: deque[Job] = deque()
        self.seconds, self.until = 0.0, 0.0

    def give(self, job: Job, seconds: float) -> None:
        """Hand over a job; its time begins when the process is there, and the one before it is done."""
        self.jobs.append(job)
        self.seconds = seconds
        if len(self.jobs) == 1:
            self.until = time.monotonic() + (seconds * job.repeat if self.ready else START)
        with contextlib.suppress(OSError):  # it died meanwhile: reading its answer will say so
            self.connection.send(job)

    def take(self) -> Graded | None:
        """Its verdicts on the first of its jobs, or None where it only says that it is there.

        Raises:
            EOFError, OSError: it died, or has used up its time.
        """
        if not self.connection.poll():
            raise EOFError("no verdict in time")
        graded = self.connection.recv()
        if graded is None:
            self.ready = True
        else:
            self.jobs.popleft()
        if self.jobs:
            self.until = time.monotonic() + self.seconds * self.jobs[0].repeat
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
