"""The capstone's page says of thresholds, points and parts what the check and the assignment say."""

import ast
import json
import re
from pathlib import Path

from gradus.capstone import PARTS

import autograder.checks.capstone  # noqa: F401 - declares the exercises
from autograder.exercise import REGISTRY

ROOT = Path(__file__).resolve().parents[2]
CELLS = json.loads((ROOT / "book" / "capstone" / "a_network_of_your_own.ipynb").read_text(encoding="utf-8"))["cells"]
SOURCES = {cell["id"]: "".join(cell["source"]) for cell in CELLS}
ASSIGNMENT = json.loads((ROOT / "solutions/assignments/capstone/capstone.ipynb").read_text(encoding="utf-8"))["cells"]


def constants(source):
    """The names that a cell binds to plain values."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Tuple | ast.Dict)
    }


def test_the_thresholds_are_those_of_the_check():
    shown = constants(SOURCES["budget-checked"])
    names = [case.name for case in REGISTRY["capstone_network"].cases if "%" in case.name]
    shares = {float(re.match(r"[\d.]+", name)[0]) / 100: "classes" in name for name in names}
    assert sorted(shown["THRESHOLDS"]) == sorted(share for share, others in shares.items() if not others)
    assert [shown["OTHER_CLASSES"]] == [share for share, others in shares.items() if others]


def test_the_points_are_those_of_the_assignment():
    points = {}
    for names, value in re.findall(r"^\| (`[^|]+) \| (\d+)(?: each)? \|$", SOURCES["grading"], re.MULTILINE):
        points |= {name: int(value) for name in re.findall(r"`(\w+)`", names)}
    graded = [cell["metadata"].get("nbgrader", {}) for cell in ASSIGNMENT]
    assert points == {cell["grade_id"]: cell["points"] for cell in graded if cell.get("grade")}
    for parts, sentence in ((set(PARTS), "29 for parts"), (set(points), "50 points")):
        assert sentence in SOURCES["grading"] and str(sum(points[name] for name in parts)) == sentence.split()[0]


def test_the_table_of_parts_has_every_part():
    assert set(constants(SOURCES["parts-table"])["LEARNT"]) == set(PARTS)
