"""How time and memory grow with the class, and with the workers of a cluster."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import contest
import course

Report = Callable[[str], None]


def growth(sizes: list[int], stock_sizes: list[int], report: Report, *more: str) -> dict[str, Any]:
    """Seconds and peak memory for classes of these sizes; stock nbgrader for its own, smaller ones."""
    found: dict[str, Any] = {"ours": [], "stock": []}
    for kind, counts in (("ours", sizes), ("stock", stock_sizes)):
        for count in counts:
            report(f"growth: {kind}, {count} submissions")
            with tempfile.TemporaryDirectory() as folder:
                root = contest.prepared(Path(folder), kind, course.NAME, course.six_tasks(),
                                        lambda release, count=count: course.students(count))  # fmt: skip
                graded = contest.grade(root, kind, course.NAME, 2, *(more if kind == "ours" else ()))
            found[kind].append({"submissions": count, "seconds": graded.seconds, "memory": graded.memory,
                                "disk": graded.disk})  # fmt: skip
    return found


def cluster(workers: list[int], count: int, report: Report, *more: str) -> list[dict[str, Any]]:
    """Seconds of one class on a local Dask cluster of so many workers; the cluster's own start is not counted."""
    found = []
    for number in workers:
        report(f"Dask: {number} workers, {count} submissions")
        with tempfile.TemporaryDirectory() as folder:
            root = contest.prepared(Path(folder), "ours", course.NAME, course.six_tasks(),
                                    lambda release: course.students(count))  # fmt: skip
            with running_cluster(root, number) as address:
                graded = contest.grade(root, "ours", course.NAME, 2, "--scheduler", address, *more)
                contest.again(root)
                warm = contest.grade(root, "ours", course.NAME, 2, "--scheduler", address, *more)
        same = not contest.disagreements(graded.marks, warm.marks)
        found.append({"workers": number, "submissions": count, "seconds": graded.seconds, "again": warm.seconds,
                      "same": same})  # fmt: skip
    return found


@contextlib.contextmanager
def running_cluster(root: Path, workers: int) -> Iterator[str]:
    """``autograder cluster`` while it is needed; its scheduler's address.

    Raises:
        RuntimeError: it does not say an address within a minute.
    """
    command = [sys.executable, "-W", "ignore", "-m", "autograder.cli", "cluster", "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=root, env=course.environment() | {"PYTHONUNBUFFERED": "1"}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        said, deadline = "", time.monotonic() + 60
        while time.monotonic() < deadline and (line := process.stdout.readline()):
            said += line
            if match := re.search(r"tcp://\S+:\d+", line):
                yield match[0]
                return
        raise RuntimeError(f"autograder cluster gave no address: {said[-2000:]}")
    finally:
        process.terminate()
        process.wait(30)


def line_through(points: list[dict[str, Any]], what: str = "seconds") -> tuple[float, float]:
    """(at no submission, a submission): the straight line of least squares."""
    n = len(points)
    xs, ys = [p["submissions"] for p in points], [p[what] for p in points]
    mx, my = sum(xs) / n, sum(ys) / n
    slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / sum((x - mx) ** 2 for x in xs)
    return my - slope * mx, slope


def draw(found: dict[str, Any], path: Path) -> None:
    """Time and memory against the size of the class, both logarithmic; stock nbgrader's line is drawn on, dashed."""
    from gradus.figure_style import HUES, in_house_style, label_line_ends, new_figure

    @in_house_style
    def figure() -> Any:
        start, each = line_through(found["stock"])
        largest = found["ours"][-1]
        ratio = (start + each * largest["submissions"]) / largest["seconds"]
        title = f"{largest['submissions']:,} submissions: {ratio:.0f} times faster than stock nbgrader"
        fig, (upper, lower) = new_figure(title, panels=2, height=2.8)
        for kind, label, color in (("ours", "autograder", HUES["blue"]), ("stock", "nbgrader", HUES["orange"])):
            sizes = [p["submissions"] for p in found[kind]]
            upper.loglog(sizes, [p["seconds"] for p in found[kind]], "o-", color=color, label=label)
            lower.semilogx(sizes, [p["memory"] / 2**20 for p in found[kind]], "o-", color=color, label=label)
        beyond = [found["stock"][-1]["submissions"], largest["submissions"]]
        upper.loglog(beyond, [start + each * n for n in beyond], "--", color=HUES["orange"])
        upper.set_ylabel("seconds, start to end")
        lower.set_ylabel("memory at its peak, MB")
        lower.set_ylim(bottom=0)
        lower.set_xlabel("submissions (dashed: extrapolated)")
        for axes in (upper, lower):
            label_line_ends(axes)
        return fig

    path.parent.mkdir(parents=True, exist_ok=True)
    figure().savefig(path, metadata={"Date": None})
