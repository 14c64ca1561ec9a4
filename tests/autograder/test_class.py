"""A class is graded, from released notebooks to marks: exactly the expected verdicts, and no submission changes another's.

What each student did stands in ``tests/submissions/STUDENT/ASSIGNMENT.py``, what must come of it in
``tests/submissions/expected.json``: per exercise [verdict, score, misconception], exercises that pass left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.checks import of_topic

pytestmark = pytest.mark.timeout(1500)

ROOT = Path(__file__).parent.parent.parent
EXPECTED = json.loads((ROOT / "tests/submissions/expected.json").read_text(encoding="utf-8"))
ASSIGNMENTS = sorted({name for handed_in in EXPECTED.values() for name in handed_in})
SUBMISSIONS = [(student, name) for student in EXPECTED for name in EXPECTED[student]]


def expected_of(student: str, assignment: str) -> dict[str, list]:
    """exercise -> [verdict, score, misconception], those that pass included."""
    said = EXPECTED[student][assignment]
    return {id: said.get(id, ["pass", float(ex.points), None]) for id, ex in of_topic(assignment).items()}


def run(folder: Path, *command: str, code: int = 0) -> subprocess.CompletedProcess:
    ran = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=1200,
                         check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran


def graded(results: Path) -> dict[tuple[str, str], dict[str, list]]:
    found: dict[tuple[str, str], dict[str, list]] = {}
    for line in results.read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        found.setdefault((r["student"], r["assignment"]), {})[r["exercise"]] = [
            r["verdict"],
            r["score"],
            r["misconception"],
        ]
    return found


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder in which the shipped class has handed in and was graded."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "solutions/assignments", folder / "solutions/assignments")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    run(folder, "autograder.cli", "release")
    subprocess.run([sys.executable, ROOT / "scripts/make_class.py", "--release", folder / "release", "--into",
                    folder / "submitted"], check=True, capture_output=True)  # fmt: skip
    run(folder, "autograder.cli", "grade", "--unsafe", "--results", "results.jsonl")
    return folder


@pytest.fixture(scope="module")
def verdicts(course) -> dict:
    return graded(course / "results.jsonl")


@pytest.mark.parametrize("student, assignment", SUBMISSIONS)
def test_a_submission_gets_exactly_the_expected_verdicts(verdicts, student, assignment):
    assert verdicts[student, assignment] == expected_of(student, assignment)


def test_every_submission_of_the_class_has_an_expectation(verdicts):
    assert set(verdicts) == set(SUBMISSIONS)


def test_at_least_twelve_students_fail_in_different_ways():
    said = [v for s in EXPECTED.values() for a in s.values() for v in a.values()]
    assert len(EXPECTED) >= 12
    assert {v[0] for v in said} >= {"wrong", "raised", "missing", "malformed", "time-limit", "memory-limit", "crashed"}


HARMFUL = {"hiro", "ines", "jonas", "kim", "lena", "omar"}  # loops, 8 GB, a dead interpreter, broken files, duplicated cells


def test_the_others_get_what_they_got_when_the_harmful_submissions_are_not_there(course, verdicts, tmp_path):
    honest = sorted(set(EXPECTED) - HARMFUL)
    alone = tmp_path / "alone.jsonl"
    only = [word for student in honest for word in ("--only", student)]
    run(course, "autograder.cli", "grade", "--unsafe", *only, "--results", str(alone), "--dry-run")
    assert {k: v for k, v in verdicts.items() if k[0] in honest} == graded(alone)


def test_the_marks_are_in_the_gradebook(course, verdicts):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for (student, assignment), exercises in verdicts.items():
            submission = gradebook.find_submission(assignment, student)
            marks = {g.name: g.auto_score for nb in submission.notebooks for g in nb.grades if g.name in exercises}
            assert marks == {id: score for id, (_, score, _) in exercises.items()}, student


def test_empty_release_notebooks_get_nothing_and_solved_ones_everything(course, tmp_path):
    for assignment in ASSIGNMENTS:
        for student, source in (("empty", course / "release"), ("solved", course / "solutions/assignments")):
            target = tmp_path / student / assignment
            target.mkdir(parents=True)
            shutil.copy(source / assignment / f"{assignment}.ipynb", target)
    results = tmp_path / "results.jsonl"
    run(
        course,
        "autograder.cli",
        "grade",
        "--unsafe",
        "--submitted",
        str(tmp_path),
        "--dry-run",
        "--results",
        str(results),
    )
    for (student, assignment), exercises in graded(results).items():
        for id, (verdict, score, _) in exercises.items():
            full = of_topic(assignment)[id].points
            assert (verdict, score) == (("missing", 0.0) if student == "empty" else ("pass", full)), (student, id)


@pytest.mark.parametrize("assignment", [
    name if name == "network_by_hand" else pytest.param(name, marks=pytest.mark.slow) for name in ASSIGNMENTS
])  # fmt: skip
def test_stock_nbgrader_gives_the_same_marks_and_stops_for_none(course, verdicts, tmp_path, assignment):
    from nbgrader.api import Gradebook

    folder = tmp_path / "stock"
    shutil.copytree(
        course, folder, ignore=shutil.ignore_patterns("gradebook.db", "journal.jsonl", "autograded", "feedback")
    )
    run(folder, "nbgrader", "generate_assignment", assignment, "--force")
    run(folder, "nbgrader", "autograde", assignment)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        for (student, handed_in), exercises in verdicts.items():
            if handed_in != assignment:
                continue
            submission = gradebook.find_submission(assignment, student)
            marks = {g.name: g.auto_score for nb in submission.notebooks for g in nb.grades if g.name in exercises}
            for id, (verdict, score, _) in exercises.items():
                if verdict == "malformed":
                    assert (marks.get(id) or 0.0) == 0.0, (student, id)
                else:
                    assert marks[id] == score, (student, assignment, id)
