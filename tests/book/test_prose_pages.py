"""What the prose pages show of the project is what the project does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from autograder import check

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = (ROOT / "book" / "start" / "how_to_use_this_book.md").read_text(encoding="utf-8")


def words(text: str) -> str:
    """The text with all white space alike."""
    return " ".join(text.split())


def test_the_answer_shown_to_students_is_the_answer_of_the_check():
    def he_normal(shape, rng, negative_slope=0.0, **others):
        return rng.normal(0, np.sqrt(2 / ((1 + negative_slope**2) * shape[1])), shape)

    shown = re.search(r"```text\n(he_normal.*?)```", HOW_TO, flags=re.DOTALL).group(1)
    answer, versions = re.fullmatch(r"(.*?)( checks \w+ · .*)?", words(str(check("he_normal", he_normal)))).groups()
    assert words(shown) == answer
    assert versions, "the page says that the last line names them"


def test_the_page_explains_every_verdict():
    from autograder.judging import VERDICTS

    table = re.findall(r"^\| (`[^|]+) \|", HOW_TO, flags=re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", " ".join(table))) == set(VERDICTS)


def test_the_commands_shown_to_instructors_exist():
    autograder = Path(sys.executable).parent / "autograder"
    usage = subprocess.run([autograder, "--help"], capture_output=True, text=True, timeout=60).stdout
    for command in set(re.findall(r"\.venv/bin/autograder (\w+)", HOW_TO)):
        assert re.search(rf"^\s+{command}\s", usage, flags=re.MULTILINE), command


def test_the_make_targets_shown_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?\bmake ([a-z]+)\b", HOW_TO)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
