"""The line of versions: it names what decides an answer, changes when that changes, and costs next to nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder import checks, versions
from autograder.checks import topics
from autograder.versions import CORE, line_of

HERE = Path(versions.__file__).parent
UNNAMED = {"answer", "notebook", "versions", "checks"}  # show an answer, or are named by the topic


def test_the_line_names_checks_reference_and_packages():
    line = versions.versions("initialization")
    python = ".".join(map(str, sys.version_info[:3]))
    assert re.fullmatch(r"checks [0-9a-f]{8} · gradus [0-9a-f]{8} · NumPy \S+ · Python \S+", line)
    assert line.endswith(f"NumPy {np.__version__} · Python {python}")


def test_each_topic_has_its_own_checks_and_all_share_the_reference():
    parts = [versions.versions(topic).split(" · ") for topic in topics()]
    assert len({p[0] for p in parts}) == len(parts) > 1
    assert len({p[1] for p in parts}) == 1


def test_every_module_that_judges_in_a_notebook_is_counted():
    program = "import sys; from autograder import check; from autograder.checks import exercises; exercises()\n" \
              "print(*[m for m in sys.modules if m.count('.') == 1 and m.startswith('autograder.')])"  # fmt: skip
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.partition(".")[2] for name in ran.stdout.split()} - UNNAMED
    assert {"judging", "comparison", "exercise"} < loaded <= set(CORE)
    assert all((HERE / f"{name}.py").is_file() for name in CORE)


@pytest.mark.parametrize("name, changes", [
    ("judging.py", True), ("checks/initialization.py", True), ("checks/_initialization_weights.py", True),
    ("answer.py", False), ("checks/network_by_hand.py", False),
])  # fmt: skip
def test_a_change_of_what_decides_an_answer_changes_the_hash(tmp_path, monkeypatch, name, changes):
    copy = Path(shutil.copytree(HERE, tmp_path / "autograder", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(versions, "__file__", str(copy / "versions.py"))
    monkeypatch.setattr(checks, "__path__", [str(copy / "checks")])
    before = versions.versions.__wrapped__("initialization")
    assert before == versions.versions.__wrapped__("initialization")
    with (copy / name).open("a") as file:
        file.write("# another line\n")
    assert (versions.versions.__wrapped__("initialization") != before) == changes


def test_without_readable_sources_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setattr(versions, "__file__", str(tmp_path / "versions.py"))
    assert versions.versions.__wrapped__("initialization") == ""


def test_known_hashes_are_shortened_to_eight_digits():
    assert line_of("0123456789abcdef", "fedcba9876543210").startswith("checks 01234567 · gradus fedcba98 · ")


def test_the_sources_are_read_once(monkeypatch, tmp_path):
    line = versions.versions("initialization")
    monkeypatch.setattr(versions, "__file__", str(tmp_path / "versions.py"))
    assert versions.versions("initialization") == line
