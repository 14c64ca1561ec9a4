"""The course that is graded: its folder, once for stock nbgrader and once for the grader, and a class of honest students."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from answers import ANSWERS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NAME = "six_tasks"
POINTS = 5
STOCK = """c = get_config()  # nbgrader's own preprocessors and kernel: nothing of this project
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "benchmark"
"""
GIVEN = """import matplotlib.pyplot as plt
import numpy as np

from autograder import check

epochs = np.arange(1, 51)
training, validation = 2 * 0.9**epochs, 2 * 0.93**epochs + 0.05"""


def environment() -> dict[str, str]:
    """For every process that grades this course: where its exercises are, one thread each."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "AUTOGRADER_CHECKS": str(HERE / "checks"), **dict.fromkeys(threads, "1")}


def run(root: Path, *words: str) -> str:
    """Run a command line of this Python's in a course folder; what it printed.

    Raises:
        RuntimeError: it failed.
    """
    module = {"autograder": "autograder.cli"}.get(words[0], words[0])
    command = [sys.executable, "-W", "ignore", "-m", module, *words[1:]]
    ran = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit code {ran.returncode}\n{(ran.stdout + ran.stderr)[-3000:]}")
    return ran.stdout + ran.stderr


def cell(kind: str, id: str, source: str, **mark: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {}, "source": source}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    if mark:
        made["metadata"]["nbgrader"] = {"grade": False, "grade_id": id, "locked": False, "schema_version": 3,
                                        "solution": False, "task": False, **mark}  # fmt: skip
    return made


def notebook(answers: dict[str, str]) -> dict[str, Any]:
    """The assignment's notebook with an answer to each exercise."""
    cells = [cell("markdown", "welcome", "# Six tasks"), cell("code", "given", GIVEN, locked=True)]
    for exercise, source in answers.items():
        name = "axes" if exercise == "loss_plot" else exercise
        cells += [
            cell("markdown", f"{exercise}-task", f"Write `{name}`."),
            cell("code", f"{exercise}-code", source, solution=True),
            cell("code", exercise, f'check("{exercise}", {name})', grade=True, locked=True, points=POINTS),
        ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"autograder": {"provides": []}, "kernelspec": kernel,
            "language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip


def students(count: int) -> Iterable[tuple[str, dict[str, Any]]]:
    """A class: (student, notebook). Each draws an answer to each exercise, the right ones twice as often as others.

    All differ: in what they drew, and in what they say about it.
    """
    draw = random.Random(2026)
    for number in range(count):
        chosen = {}
        for exercise, known in ANSWERS.items():
            weights = [2 if kind == "right" else 1 for kind, _ in known]
            source = draw.choices(known, weights)[0][1]
            chosen[exercise] = f"# my {draw.choice(('first', 'second', 'last'))} try, {number}\n{source}"
        yield f"student{number:05d}", notebook(chosen)


def lay_out(root: Path, kind: str, assignments: dict[str, bytes]) -> Path:
    """A course folder with released assignments and no submissions.

    Args:
        kind: "stock" for nbgrader with its defaults, "ours" for the shipped configuration.
        assignments: name → the source notebook.
    """
    root.mkdir(parents=True)
    if kind == "stock":
        (root / "nbgrader_config.py").write_text(STOCK.format(root=str(root)))
        sources = root / "source"
    else:
        shutil.copy(ROOT / "nbgrader_config.py", root)
        sources = root / "solutions" / "assignments"
    for name, content in assignments.items():
        path = sources / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        if kind == "stock":
            run(root, "nbgrader", "generate_assignment", name)
        else:
            run(root, "autograder", "release", name)
    return root


def hand_in(root: Path, name: str, submissions: Iterable[tuple[str, dict[str, Any] | bytes]]) -> int:
    """Lay submissions where both graders look for them; how many."""
    count = 0
    for student, made in submissions:
        path = root / "submitted" / student / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(made if isinstance(made, bytes) else json.dumps(made, indent=1).encode())
        count += 1
    return count


def six_tasks() -> dict[str, bytes]:
    """The source notebook, with right answers."""
    return {NAME: json.dumps(notebook({exercise: known[0][1] for exercise, known in ANSWERS.items()})).encode()}


def initialization() -> dict[str, bytes]:
    """The source notebook of the book's assignment."""
    path = ROOT / "solutions" / "assignments" / "initialization" / "initialization.ipynb"
    return {"initialization": path.read_bytes()}


def initialization_students(release: Path, count: int) -> Iterable[tuple[str, bytes]]:
    """Honest submissions of `initialization`: those shipped with the project, again and again with another remark.

    Those that never end, or that are no notebooks, are left out: stock nbgrader has no mark for them.
    """
    sys.path.insert(0, str(ROOT / "scripts"))
    from make_class import fill

    expected = json.loads((ROOT / "tests" / "submissions" / "expected.json").read_text())
    released = json.loads((release / "initialization" / "initialization.ipynb").read_text())
    honest = [
        s for s, by in expected.items()
        if "initialization" in by and all(v[0] in ("wrong", "missing") for v in by["initialization"].values())
    ]  # fmt: skip
    for number in range(count):
        text = (ROOT / "tests" / "submissions" / honest[number % len(honest)] / "initialization.py").read_text()
        made = json.loads(fill(released, text))
        for one in made["cells"]:
            if one["metadata"].get("nbgrader", {}).get("solution") and one["cell_type"] == "code":
                one["source"] = f"{''.join(one['source'])}\n# {number}"
        yield f"student{number:05d}", json.dumps(made).encode()


def marks(root: Path, name: str) -> dict[str, dict[str, float | None]]:
    """The gradebook: student → exercise → automatic mark."""
    from autograder.grading.course import Course

    found: dict[str, dict[str, float | None]] = {}
    with Course.open(root).gradebook() as gradebook:
        for submission in gradebook.assignment_submissions(name):
            for grade in submission.notebooks[0].grades:
                if grade.cell.cell_type == "code":
                    found.setdefault(submission.student_id, {})[grade.name] = grade.auto_score
    return found
