"""Stock nbgrader and the grader on the same submissions: how long each takes, and whether their marks agree."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import course

Marks = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Graded:
    """One grading of a class.

    Attributes:
        seconds: from the start of the command to its end.
        memory: the most bytes that all its processes took together (shared pages counted once).
        marks: what the gradebook says afterwards.
        disk: bytes that the run left in the course folder.
    """

    seconds: float
    memory: int
    marks: Marks
    disk: int


def grade(root: Path, kind: str, name: str, jobs: int = 2, *more: str) -> Graded:
    """Grade what lies in a course folder.

    Args:
        kind: "stock" or "ours".
        jobs: processes of ours; stock has one and its kernel.
    """
    words = (
        ("nbgrader", "autograde", name)
        if kind == "stock"
        else ("autograder", "grade", name, "--jobs", str(jobs), *more)
    )
    before = size_of(root)
    with peak_memory() as peak:
        start = time.perf_counter()
        course.run(root, *words)
        seconds = time.perf_counter() - start
    return Graded(seconds, peak[0], course.marks(root, name), size_of(root) - before)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def again(root: Path) -> None:
    """Forget what was graded, not what was released."""
    for name in ("autograded", "feedback"):
        shutil.rmtree(root / name, ignore_errors=True)
    shutil.copy(root / "released.db", root / "gradebook.db")
    for path in (root / ".autograder").glob("*"):
        if path.name not in (
            "secret",
            "self_test.json",
        ):  # kept: what is asked once a course, and once a start of the machine
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def prepared(folder: Path, kind: str, name: str, assignments: dict[str, bytes],
             submissions: Callable[[Path], Iterable[tuple[str, Any]]]) -> Path:  # fmt: skip
    """A course folder with everything handed in."""
    root = course.lay_out(folder / kind, kind, assignments)
    course.hand_in(root, name, submissions(root / "release"))
    shutil.copy(root / "gradebook.db", root / "released.db")
    return root


def disagreements(a: Marks, b: Marks) -> list[str]:
    """The marks that differ, in words; one by one."""
    found = []
    for student in sorted(a.keys() | b.keys()):
        mine, theirs = a.get(student, {}), b.get(student, {})
        for exercise in sorted(mine.keys() | theirs.keys()):
            if mine.get(exercise) != theirs.get(exercise) or mine.get(exercise) is None:
                found.append(f"{student}, {exercise}: {mine.get(exercise)} and {theirs.get(exercise)}")
    return found


def contest(stock: Path, ours: Path, name: str, runs: int, report: Callable[[str], None], *more: str) -> dict[str, Any]:
    """Grade both folders, ours several times.

    Returns:
        plain data: seconds of each run, memory, marks compared, those that differ, the ratio of the medians.
    """
    report(f"{name}: stock nbgrader")
    theirs = grade(stock, "stock", name)
    mine = []
    for number in range(runs):
        report(f"{name}: autograder, run {number + 1} of {runs}")
        again(ours)
        mine.append(grade(ours, "ours", name, 2, *more))
    differ = [d for graded in mine for d in disagreements(theirs.marks, graded.marks)]
    compared = sum(len(row) for row in theirs.marks.values())
    middle = median(g.seconds for g in mine)
    return {
        "submissions": len(theirs.marks), "marks": compared, "differ": differ,
        "stock_seconds": theirs.seconds, "stock_memory": theirs.memory,
        "seconds": [g.seconds for g in mine], "memory": max(g.memory for g in mine),
        "ratio": theirs.seconds / middle, "points": sum(s or 0 for row in theirs.marks.values() for s in row.values()),
    }  # fmt: skip


# ------------------------------------------------------------------ memory


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """The most that all descendants of this process take together: [bytes]. Looked at twice a second: to look stops them."""
    peak, end = [0], threading.Event()

    def watch() -> None:
        while not end.wait(0.5):
            peak[0] = max(peak[0], sum(memory_of(pid)["Pss"] for pid in descendants()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        end.set()
        watcher.join()


def descendants(pid: int | str = "self") -> list[int]:
    """All processes below one, children before grandchildren (Linux)."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in path.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *descendants(child)]
    return found


def memory_of(pid: int) -> dict[str, int]:
    """Bytes that a process takes (Linux): "Rss", "Pss" (shared pages divided), "Private" (given back at its end)."""
    found = {"Rss": 0, "Pss": 0, "Private": 0}
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return found
    for line in lines[1:]:
        name, value = line.split()[:2]
        key = "Private" if name.startswith("Private") else name.rstrip(":")
        if key in found:
            found[key] += int(value) * 1024
    return found
