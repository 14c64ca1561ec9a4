"""Stands for a judge with faults of its own; the judges' processes import it."""

from __future__ import annotations

import os
import signal
import time

from autograder.grading.autograded import Graded, Job


def judge(job: Job) -> Graded:
    if job.task.student == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.task.student == "dies once" and not job.task.path.exists():
        job.task.path.touch()
        os._exit(3)
    if job.task.student == "hangs":
        time.sleep(60)
    if job.task.student == "raises":
        raise RuntimeError("a fault of ours")
    return Graded((), "{}", frozenset())


class Unreadable:
    """A judge that cannot be carried into another process."""

    def __call__(self, job: Job) -> Graded:
        raise AssertionError("never called")

    def __reduce__(self):
        return os._exit, (1,)
