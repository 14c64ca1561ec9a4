"""Submissions judged on a Dask cluster: bytes in, JSON out.

A Dask worker is a judge: a student's code runs in the sandbox that it starts, never in the worker, and has neither the
scheduler's address nor a network to reach it. A worker judges one submission at a time, so it must have one thread.

When a worker is lost, the submissions it had are suspects, and each is judged again alone, so that one which ends every
worker it meets takes no other along; after the second time it is set aside. For this the scheduler must not try again by
itself (``distributed.scheduler.allowed-failures: 0``, as ``autograder cluster`` sets it): where it does, more workers
are lost before the same comes out.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from autograder.grading.autograded import grade_job
from autograder.grading.course import UsageError, printable
from autograder.grading.executors import DEADLINE, THREADS, JudgesCannotStart
from autograder.grading.jobs import (
    Graded,
    Job,
    OtherVersion,
    graded_from_bytes,
    graded_to_bytes,
    job_from_bytes,
    job_to_bytes,
)
from autograder.grading.without_verdict import TRIES, judge_safely, name_of, quarantined
from autograder.sandbox.jail import confined
from autograder.sandbox.starting import best

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["dask", "judge_bytes", "local_cluster"]

CONNECT = 10.0  # seconds to reach the scheduler
AHEAD = 2  # submissions a worker: the one it judges, and one that waits
PATIENCE = 60.0  # seconds without any worker until the run is given up
SETTINGS = {"distributed.scheduler.allowed-failures": 0, "distributed.admin.large-graph-warning-threshold": "1GB"}
ADVICE = "start workers with `dask worker ADDRESS --nthreads 1`, or try `autograder cluster`"

log = logging.getLogger("autograder.grading")
REFUSED = b'{"refused": '
at_work = threading.Lock()


def judge_bytes(data: bytes, grade: str = "") -> bytes:
    """Judge a submission on a worker.

    Args:
        data: a job, as `job_to_bytes` gives it.
        grade: ``module:function`` that judges it, `grade_job` where left out.

    Returns:
        what came of it, as `graded_to_bytes` gives it; {"refused": why} where this worker must not judge it.
    """
    if not at_work.acquire(blocking=False):
        return refusal(f"it judges several submissions at once; {ADVICE}")
    try:
        job = job_from_bytes(data)
        if not job.unsafe and not confined(best()):
            return refusal("it cannot confine submissions (see `autograder doctor`), and --unsafe was not given")
        return graded_to_bytes(judge_safely(function(grade) if grade else grade_job, job))
    except OtherVersion as error:
        return refusal(str(error))
    except (KeyError, TypeError) as error:
        return refusal(f"it has another version of autograder: {error!r}")
    finally:
        at_work.release()


def refusal(why: str) -> bytes:
    return json.dumps({"refused": why}).encode()


def function(name: str) -> Callable[[Job], Graded]:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


# ------------------------------------------------------------------ on the side of the run


def distributed_or_say_so() -> Any:
    """The package `distributed`.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import dask
        import distributed
    except ImportError as error:
        raise UsageError("Dask is not installed here. pip install 'training-deep-networks[cluster]', or leave --scheduler out "
                         f"and choose --jobs ({error})") from error  # fmt: skip
    dask.config.set(SETTINGS)
    return distributed


def dask(
    jobs: Iterable[Job], address: str, *, grade: str = "", deadline: float = DEADLINE
) -> Iterator[tuple[Job, Graded]]:
    """Judge submissions on a Dask cluster.

    Args:
        jobs: taken one by one, as workers become free.
        address: of the scheduler, ``tcp://HOST:PORT``.
        grade: see `judge_bytes`.
        deadline: seconds after which a worker without an answer is given up, for each time that a job is to be judged.

    Yields:
        (job, what came of it), as they come. A job may come twice, where it was given up too early.

    Raises:
        UsageError: Dask is not installed, no scheduler answers, or its workers have more than one thread.
        JudgesCannotStart: a worker refuses to judge, or there are no workers any more.
    """
    distributed = distributed_or_say_so()
    try:
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--scheduler: no Dask scheduler answers at {address}: {printable(error)[:200]}") from error
    with client:
        yield from Run(client, jobs, grade, deadline).answers()


class Run:
    """A run on a cluster: what is under way there, what waits, and who is suspected of ending workers."""

    def __init__(self, client: Client, jobs: Iterable[Job], grade: str, deadline: float) -> None:
        self.client, self.jobs, self.grade, self.deadline = client, iter(jobs), grade, deadline
        self.under_way: dict[Future, tuple[Job, float]] = {}
        self.given_up: dict[Future, Job] = {}  # what may still come of them is compared with what came of the next try
        self.suspects: deque[Job] = deque()
        self.tries: dict[int, int] = {}
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.submitted = self.count = 0
        self.counted = float("-inf")  # when the workers were last counted
        self.last_seen = time.monotonic()  # when there was a worker

    def answers(self) -> Iterator[tuple[Job, Graded]]:
        """All jobs with what came of them."""
        while True:
            self.hand_out()
            if not self.under_way:
                return
            with contextlib.suppress(queue.Empty):
                future = self.done.get(timeout=1.0)
                if future in self.given_up:
                    job = self.given_up.pop(future)
                    if future.status == "finished":
                        yield job, self.answer(job, future.result())
                elif future in self.under_way:
                    job, _ = self.under_way.pop(future)
                    if graded := self.outcome(job, future):
                        yield job, graded
            for job in self.overdue():
                if graded := self.suspect(job, "no verdict in time"):
                    yield job, graded

    def hand_out(self) -> None:
        """Give the cluster as much as it can take; suspects one by one, when nothing else is there."""
        room = max(AHEAD * self.workers() - len(self.under_way), 0 if self.under_way else 1)
        if not self.suspects:
            for job in islice(self.jobs, room):
                self.submit(job)
        elif not self.under_way:
            self.submit(self.suspects.popleft())

    def workers(self) -> int:
        """How many workers there are, counted once a second.

        Raises:
            UsageError: one has several threads.
            JudgesCannotStart: there have been none for a while, or the scheduler is gone.
        """
        now = time.monotonic()
        if now - self.counted < 1.0:
            return self.count
        try:
            workers = self.client.scheduler_info()["workers"]
        except OSError as error:
            raise JudgesCannotStart(f"the scheduler is gone: {printable(error)[:200]}") from error
        if crowded := [name for name, worker in workers.items() if worker["nthreads"] != 1]:
            raise UsageError(f"--scheduler: the worker {crowded[0]} has {workers[crowded[0]]['nthreads']} threads, and a judge "
                             f"needs the worker to itself: {ADVICE}")  # fmt: skip
        self.counted, self.count = now, len(workers)
        self.last_seen = now if workers else self.last_seen
        if now - self.last_seen > PATIENCE:
            raise JudgesCannotStart(f"the cluster has no workers; {ADVICE}")
        return self.count

    def submit(self, job: Job) -> None:
        self.submitted += 1
        key = f"autograder-{job.task.package.sha256[:16]}-{id(self):x}-{self.submitted}"
        future = self.client.submit(judge_bytes, job_to_bytes(job), self.grade, key=key, pure=False)
        self.under_way[future] = job, time.monotonic() + self.deadline * job.repeat * AHEAD
        future.add_done_callback(self.done.put)

    def outcome(self, job: Job, future: Future) -> Graded | None:
        """What came of a job; None where it will be tried again.

        Raises:
            JudgesCannotStart: the worker refuses it, or has no autograder.
        """
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        error = future.exception() if future.status == "error" else None
        data = b""
        if future.status == "finished":
            try:
                data = future.result()
            except (KilledWorker, FutureCancelledError) as lost:  # its worker went before the answer was fetched
                error = lost
        if isinstance(error, KilledWorker | FutureCancelledError) or future.status in ("lost", "cancelled"):
            self.counted = float("-inf")
            return self.suspect(job, "its worker was lost")
        if error is not None:
            raise JudgesCannotStart(f"a worker of the cluster cannot judge: {printable(repr(error))[:300]}")
        graded = self.answer(job, data)
        self.tries.pop(job.number, None)
        return graded

    def answer(self, job: Job, data: bytes) -> Graded:
        """A worker's answer.

        Raises:
            JudgesCannotStart: it refuses to judge, or this is no answer.
        """
        if data.startswith(REFUSED):
            raise JudgesCannotStart(
                f"a worker of the cluster refuses to judge: {printable(json.loads(data)['refused'])[:400]}"
            )
        try:
            return graded_from_bytes(data, job)
        except ValueError as error:
            raise JudgesCannotStart(
                f"a worker of the cluster gave no answer to {name_of(job)}: {printable(error)[:300]}"
            ) from error

    def suspect(self, job: Job, why: str) -> Graded | None:
        """Note that a worker has ended over a job; what is said of it when that has happened too often."""
        self.tries[job.number] = self.tries.get(job.number, 0) + 1
        log.warning("the judge of %s stopped: %s", name_of(job), why)
        if self.tries[job.number] >= TRIES:
            return quarantined(job)
        self.suspects.append(job)
        return None

    def overdue(self) -> list[Job]:
        """The jobs whose time is up; their workers are started again, if a nanny watches over them."""
        now = time.monotonic()
        late = {future: job for future, (job, until) in self.under_way.items() if now > until}
        if late:
            keys = {future.key for future in late}
            stuck = [worker for worker, has in self.client.processing().items() if keys & set(has)]
            for future in late:
                self.given_up[future] = self.under_way.pop(future)[0]
            with contextlib.suppress(Exception):
                self.client.restart_workers(stuck, timeout=30)
        return list(late.values())


@contextlib.contextmanager
def local_cluster(workers: int, port: int = 0) -> Iterator[str]:
    """A cluster on this machine that only this machine can reach; its scheduler's address.

    Args:
        workers: how many, each a process of one thread.
        port: of the scheduler; 0 for a free one.

    Raises:
        UsageError: Dask is not installed, or the port is taken.
    """
    distributed = distributed_or_say_so()
    try:
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", scheduler_port=port,
            dashboard_address=None, scheduler_kwargs={"dashboard_address": "127.0.0.1:0"}, memory_limit=0,
            silence_logs=logging.ERROR, env=dict.fromkeys(THREADS, "1"),
        )  # fmt: skip
    except (OSError, RuntimeError) as error:
        raise UsageError(f"--port: the cluster cannot be started: {printable(error)[:300]}") from error
    with cluster:
        yield cluster.scheduler_address
