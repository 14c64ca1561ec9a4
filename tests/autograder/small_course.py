"""A course in a temporary folder: one judged exercise, one question marked by hand, the shipped configuration."""

from __future__ import annotations

import atexit
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from autograder.checks import of_topic
from autograder.grading.course import Course
from autograder.grading.release import release

ROOT = Path(__file__).parents[2]
NAME = "initialization"
POINTS = of_topic(NAME)["compute_fans"].points
RIGHT = """def compute_fans(shape):
    receptive = 1
    for n in shape[:-2]:
        receptive *= n
    return receptive * shape[-2], receptive * shape[-1]"""
SWAPPED = """def compute_fans(shape):
    receptive = 1
    for n in shape[:-2]:
        receptive *= n
    return receptive * shape[-1], receptive * shape[-2]"""
STUB = 'def compute_fans(shape):\n    """Connections into a unit, and out of one."""\n    '
MODEL_ANSWER = "The curve of $\\sigma = 0.01$ falls: each layer shrinks the signal."


def mark(
    grade_id: str, *, grade: bool = False, solution: bool = False, locked: bool = False, **more: Any
) -> dict[str, Any]:
    return {"nbgrader": {"grade": grade, "grade_id": grade_id, "locked": locked, "schema_version": 3, "solution": solution,
                         "task": False, **more}}  # fmt: skip


def cell(kind: str, id: str, source: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": id, "metadata": metadata or {}, "source": source, **code}


def source_notebook() -> dict[str, Any]:
    """The source with its solution; the check cell carries an output, which a release must not keep."""
    right = RIGHT.split("\n", 1)[1]
    check = cell("code", "compute_fans", 'check("compute_fans", compute_fans)',
                 mark("compute_fans", grade=True, locked=True, points=POINTS))  # fmt: skip
    check["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "left by the author"}]
    return {
        "cells": [
            cell("markdown", "welcome", "# Weight initialization\n\nHow large should the first weights be?"),
            cell("code", "imports", "import numpy as np\n\nfrom autograder import check", mark("imports", locked=True)),
            cell("markdown", "task-fans", "## Counting connections (3 points)"),
            cell("code", "compute_fans-code", f"{STUB}### BEGIN SOLUTION\n{right}\n    ### END SOLUTION",
                 mark("compute_fans-code", solution=True)),
            check,
            cell("markdown", "explain_initialization", f"### BEGIN SOLUTION\n{MODEL_ANSWER}\n### END SOLUTION",
                 mark("explain_initialization", grade=True, solution=True, points=4)),
        ],
        "metadata": {"autograder": {"provides": []},
                     "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
                     "language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip


def make_course(root: Path) -> Path:
    """A course folder with the shipped configuration, the source notebook and a companion file."""
    folder = root / "solutions" / "assignments" / NAME
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (folder / f"{NAME}.ipynb").write_text(json.dumps(source_notebook(), indent=1))
    (folder / "figure.txt").write_text("a companion file")
    return root


def find(notebook: dict[str, Any], id: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if c["id"] == id)


def answered(code: str | None = RIGHT, words: str | None = None) -> dict[str, Any]:
    """What a student hands in: the released notebook with code and words filled in; None leaves them untouched."""
    notebook = copy.deepcopy(source_notebook())
    find(notebook, "compute_fans")["outputs"] = []
    find(notebook, "compute_fans-code")["source"] = (
        f"{STUB}raise NotImplementedError  # your code here" if code is None else code)  # fmt: skip
    find(notebook, "explain_initialization")["source"] = "*Your answer here.*" if words is None else words
    return notebook


def submit(root: Path, student: str, notebook: dict[str, Any] | bytes, step: str = "submitted") -> Path:
    folder = root / step / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.ipynb"
    path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())
    return path


@cache
def released_template() -> Path:
    """A course folder whose assignment is released; made once, to be copied."""
    root = Path(tempfile.mkdtemp(prefix="small-course-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    list(release(Course.open(make_course(root)), [NAME]))
    return root


def released_course(tmp_path: Path) -> Course:
    """A course folder of the test's own, with the assignment released and an empty gradebook."""
    return Course.open(shutil.copytree(released_template(), tmp_path / "course"))


def command(root: Path, *words: str, code: int | None = 0) -> subprocess.CompletedProcess:
    """Run a command line of this Python's in the course folder: ``command(root, "nbgrader", "autograde", NAME)``."""
    module = {"autograder": "autograder.cli"}.get(words[0], words[0])
    ran = subprocess.run([sys.executable, "-W", "ignore", "-m", module, *words[1:]], cwd=root, capture_output=True, text=True,
                         timeout=200, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    assert code is None or ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran


def gradebook_rows(course: Course) -> dict[str, dict[str, Any]]:
    """All that the gradebook says: student -> grade_id -> the marks and comments, plus "penalty"."""
    rows: dict[str, dict[str, Any]] = {}
    with course.gradebook() as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            notebook = submission.notebooks[0]
            own = rows.setdefault(submission.student_id, {"penalty": notebook.late_submission_penalty})
            for grade in notebook.grades:
                own[grade.name] = {
                    "auto": grade.auto_score,
                    "manual": grade.manual_score,
                    "by_hand": grade.needs_manual_grade,
                }
            for comment in notebook.comments:
                own[f"{comment.name} comment"] = (comment.auto_comment, comment.manual_comment)
    return rows
