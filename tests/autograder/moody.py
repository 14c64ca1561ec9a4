"""Stands for a judge with faults of its own; the judges' processes import it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from autograder.grading.autograded import grade_job
from autograder.grading.jobs import Graded, Job


def judge(job: Job) -> Graded:
    """Does what the student's name says; "once" leaves a trace in the file that the package's message names."""
    student, trace = job.task.student, Path(job.task.package.message)
    if student.startswith("dies once") and not trace.exists():
        trace.touch()
        os._exit(3)
    if student == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if student == "hangs":
        time.sleep(60)
    if student == "is slow":
        time.sleep(2.5)
    if student == "tells who it is":
        trace.write_text(str(os.getpid()))
        time.sleep(0.5)
    if student == "raises":
        raise RuntimeError("a fault of ours")
    return grade_job(job)


class Unreadable:
    """A judge that cannot be carried into another process."""

    def __call__(self, job: Job) -> Graded:
        raise AssertionError("never called")

    def __reduce__(self):
        return os._exit, (1,)
