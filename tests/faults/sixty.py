"""Sixty submissions of a small assignment, every kind of them, and the gradebook that an undisturbed run makes of them."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from gradebook_dump import dump
from small_course import NAME, RIGHT, STUB, SWAPPED, answered, released_course, submit

from autograder.grading.course import Course

COUNT = 60
DUE = datetime(2026, 3, 1, 12, 0)
CODE = (
    RIGHT,
    SWAPPED,
    None,
    f"def compute_fans(shape):\n    if shape == (784, 10):\n        return 0, 0\n{RIGHT.partition(chr(10))[2]}",
    f"{STUB}    return (shape",
    f"{STUB}    return compute_fans(shape)",
)
LATE = """
import sys; sys.path.insert(0, str(here))
c.AssignLatePenalties.plugin_class = "latecomers.HalfAPointAnHour"
"""
PLUGIN = """
from nbgrader.plugins import LateSubmissionPlugin

class HalfAPointAnHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * total_seconds_late / 3600
"""


def new_course(folder: Path, db_url: str | None = None) -> Course:
    """A course of its own with the sixty submissions handed in, some of them late; always of the same secret."""
    root = released_course(folder).root
    (root / "latecomers.py").write_text(PLUGIN)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(LATE + (f"c.CourseDirectory.db_url = {db_url!r}\n" if db_url else ""))
    for number in range(COUNT):
        notebook = answered(CODE[number % len(CODE)], words=f"words {number}" if number % 4 else None)
        path = submit(root, f"student {number:02d}", b"\x00 no notebook" if number % 20 == 19 else notebook)
        handed_in = DUE + timedelta(hours=number % 5 - 3)
        path.with_name("timestamp.txt").write_text(f"{handed_in} UTC\n")
    course = Course.open(root)
    (course.state / "secret").write_bytes(bytes(range(32)))
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    return course


COMMAND = [sys.executable, "-W", "ignore", "-m", "autograder.cli", "grade", "--unsafe", "--resume", "--jobs", "2"]


def start(course: Course, *words: str) -> subprocess.Popen[str]:
    """A grading run, in a session of its own."""
    return subprocess.Popen([*COMMAND, *words], cwd=course.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, start_new_session=True,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip


def finish(run: subprocess.Popen[str], seconds: float = 280.0) -> tuple[int, str]:
    """(exit code, what it said)."""
    try:
        said = run.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        raise
    return run.returncode, said


@dataclass(frozen=True)
class Undisturbed:
    """The run that the others are compared with.

    Attributes:
        rows: its gradebook.
        seconds: it took.
    """

    rows: list[str] = field(repr=False)
    seconds: float


@cache
def undisturbed() -> Undisturbed:
    folder = Path(mkdtemp(prefix="undisturbed-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    course = new_course(folder)
    started = time.monotonic()
    code, said = finish(start(course))
    assert code == 0, said
    return Undisturbed(dump(course.db_url), time.monotonic() - started)


# ------------------------------------------------------------------ processes


def children() -> dict[int, list[int]]:
    """pid -> the processes it has started, for all of this machine (Linux)."""
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(entry.name))
    return found


def family(leader: int) -> dict[str, list[int]]:
    """The processes of a run: the "grader"; multiprocessing's "helper"s, which judges are forked from; the "judge"s; and
    "sandbox", the warm processes and the forks of them that run students' code."""
    started = children()
    found: dict[str, list[int]] = {"grader": [leader], "helper": [], "judge": [], "sandbox": []}
    below = [(pid, leader) for pid in started.get(leader, [])]
    for pid, parent in below:
        below += [(child, pid) for child in started.get(pid, [])]
        command = command_of(pid)
        if "autograder.sandbox.warm" in command:
            found["sandbox"].append(pid)
        elif "forkserver" in command_of(parent) or "spawn_main" in command:
            found["judge"].append(pid)
        else:
            found["helper"].append(pid)
    return found


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False
