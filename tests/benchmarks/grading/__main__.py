"""How fast are submissions graded? The same class with stock nbgrader and with `autograder grade`, marks compared.

    python tests/benchmarks/grading [PART …] [--students 100] [--runs 5] [--json FILE] [--plot FILE]

The parts, all of them where none is named (about fifteen minutes on two cores):

    six_tasks       five functions and a plot: both graders, marks compared one by one
    initialization  the same for the book's assignment, whose experiments compute
    where           what the time of a submission goes into, for both
    memory          what a submission's process takes
    growth          from 10 to 3,000 submissions; stock nbgrader up to 100, extrapolated from there
    cluster         1, 2 and 4 Dask workers on this machine
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
os.environ["AUTOGRADER_CHECKS"] = str(Path(__file__).parent / "checks")  # before autograder is imported
os.environ["MPLBACKEND"] = "agg"

import class_sizes
import contest
import course
import said
import where

PARTS = ("six_tasks", "initialization", "where", "memory", "growth", "cluster")
GOAL_RATIO, GOAL_OVERHEAD = 50, 20.0


def report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def confinement() -> tuple[str, list[str]]:
    """How submissions are kept apart on this machine, and what `autograder grade` has to be told for it."""
    from autograder.sandbox import jail
    from autograder.sandbox.starting import best

    layers = best()
    return jail.name_of(layers), [] if jail.confined(layers) else ["--unsafe"]


def laid_out(folder: Path, kind: str, name: str, students: int) -> Path:
    """A course folder with a class handed in; of `initialization` a fifth as many, because it computes."""
    six = name == course.NAME
    assignments = course.six_tasks() if six else course.initialization()

    def submissions(release: Path) -> Any:
        return course.students(students) if six else course.initialization_students(release, max(1, students // 5))

    return contest.prepared(folder, kind, name, assignments, submissions)


def compared(name: str, options: argparse.Namespace, more: list[str]) -> dict[str, Any]:
    """Both graders on one class."""
    with tempfile.TemporaryDirectory() as folder:
        stock = laid_out(Path(folder), "stock", name, options.students)
        ours = laid_out(Path(folder), "ours", name, options.students)
        found = contest.contest(stock, ours, name, options.runs, report, *more)
    said.store(name, found, options.json)
    show(name, found)
    return found


def spent(name: str, options: argparse.Namespace, more: list[str]) -> None:
    """Where the time of ours goes, for one class."""
    report(f"{name}: where the time goes")
    with tempfile.TemporaryDirectory() as folder:
        ours = laid_out(Path(folder), "ours", name, options.students)
        found = where.where(ours, name, options.runs, *more)
    said.store(f"{name} where", found, options.json)
    show_where(name, found)


def show(name: str, row: dict[str, Any]) -> None:
    times = ", ".join(f"{s:.2f}" for s in row["seconds"])
    print(f"{name}: {row['submissions']} submissions")
    print(
        f"  stock nbgrader autograde   {row['stock_seconds']:8.2f} s   {row['stock_memory'] / 2**20:6.0f} MB at its peak"
    )
    print(f"  autograder grade           {median(row['seconds']):8.2f} s   {row['memory'] / 2**20:6.0f} MB   ({times})")
    print(
        f"  ratio                      {row['ratio']:8.1f}"
        + (f"     goal ≥ {GOAL_RATIO}" if name == "six_tasks" else "")
    )
    print(f"  marks compared             {row['marks']:8}     different: {len(row['differ'])}")
    for line in row["differ"][:10]:
        print(f"    {line}")
    sys.stdout.flush()


def show_where(name: str, row: dict[str, float]) -> None:
    print(f"{name}: core-milliseconds a submission; start of a run {row['start']:.2f} s")
    for key, text in (("all", "in all"), ("cells", "the student's cells"), ("calls", "calls of the student's functions"),
                      ("judging", "the reference, comparison, diagnosis"), ("slot", "a process: fork, confine, end"),
                      ("writing", "journal, gradebook, notebooks"), ("rest", "intake, frames, waiting"),
                      ("overhead", f"overhead: all but cells and calls; goal ≤ {GOAL_OVERHEAD:g}")):  # fmt: skip
        print(f"  {row[key]:8.2f}   {text}")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/grading", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--students", type=int, default=100, help="size of the class (100); a fifth for initialization")
    parser.add_argument("--runs", type=int, default=5, help="gradings by autograder (5); stock nbgrader has one")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 3000], help="classes of growth")
    parser.add_argument("--stock-sizes", type=int, nargs="+", default=[10, 50], help="of them with stock nbgrader")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="Dask workers to try")
    parser.add_argument("--json", type=Path, default=said.MEASURED, metavar="FILE", help="where the figures go")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw growth into this file")
    options = parser.parse_args()
    isolation, more = confinement()
    print(f"Isolation: {isolation}")
    said.store("about", said.header(isolation), options.json)
    differ: list[str] = []
    for part in options.parts or PARTS:
        if part in ("six_tasks", "initialization"):
            differ += compared(part, options, more)["differ"]
        elif part == "where":
            for name in ("six_tasks", "initialization"):
                spent(name, options, more)
        elif part == "memory":
            found = where.memory(dict(course.students(1))["student00000"])
            said.store(part, found, options.json)
            print("memory: " + ", ".join(f"{key} {value / 2**20:.1f} MB" for key, value in found.items()))
        elif part == "growth":
            found = class_sizes.growth(options.sizes, options.stock_sizes, report, *more)
            said.store(part, found, options.json)
            for kind, points in found.items():
                for p in points:
                    print(
                        f"growth: {kind:<6}{p['submissions']:>6} {p['seconds']:>9.2f} s {p['memory'] / 2**20:>7.0f} MB"
                    )
            if options.plot:
                class_sizes.draw(found, options.plot)
        else:
            rows = class_sizes.cluster(options.workers, options.students, report, *more)
            said.store(part, rows, options.json)
            for row in rows:
                print(f"cluster: {row['workers']} workers {row['seconds']:.2f} s, again {row['again']:.2f} s")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
