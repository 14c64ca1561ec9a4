"""Every attack of the list is carried out by a submission, or stands in a test that is named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from corpus import ENTRIES
from harness import listed
from invariants import KINDS

ROOT = Path(__file__).parents[2]
COUNTS = {"A": 23, "B": 14, "C": 13, "D": 16, "E": 14, "F": 23, "G": 11, "H": 7, "I": 12}


def test_the_list_is_whole():
    sections = [said["section"] for said in listed().values()]
    assert {s: sections.count(s) for s in sorted(set(sections))} == COUNTS
    assert list(listed()) == sorted(listed())
    assert (min(listed()), max(listed()), len(listed())) == ("A001", "A178", 133)


def test_no_attack_of_the_list_was_forgotten():
    assert sorted(n for n in ENTRIES if n.startswith("A")) == list(listed())


def test_at_least_25_attacks_stand_beside_the_list():
    assert len([n for n in ENTRIES if n.startswith("X")]) >= 25


@pytest.mark.parametrize("number", ENTRIES)
def test_an_entry_does_something(number):
    entry = ENTRIES[number]
    assert entry.handins or entry.elsewhere
    assert set(entry.needs) <= set(KINDS)
    for name in entry.elsewhere:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
