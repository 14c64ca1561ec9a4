"""The reader that runs in the sandbox, and what the judge makes of what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import toy

from autograder.intake import cells as reader
from autograder.intake.cells import Malformed, read_cells
from autograder.intake.notebook import arrange, read_submission

READER = Path(reader.__file__)


def bytes_of(*cells, **more) -> bytes:
    return json.dumps({"nbformat": 4, "cells": list(cells), **more}).encode()


def test_the_reader_needs_nothing_but_the_standard_library(tmp_path):
    """It is run as a lone file by a Python without any package, and gives what it gives here."""
    content = json.dumps(toy.notebook()).encode()
    (tmp_path / "cells.py").write_bytes(READER.read_bytes())
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import cells\n"
        "print(json.dumps(cells.read_cells(sys.stdin.buffer.read())))"
    )
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(tmp_path)], input=content, capture_output=True, timeout=60,
                         check=True)  # fmt: skip
    assert json.loads(ran.stdout) == list(map(list, read_cells(content)))


def test_of_a_cell_only_its_kind_its_names_and_its_text_are_left():
    meta = {"nbgrader": {"grade_id": "double", "points": 99}, "tags": ["skip-execution"]}
    cell = {"cell_type": "code", "id": "a-1", "source": ["x = 1\n", "y = 2"], "metadata": meta}
    cell |= {"outputs": [{"text": "forged"}], "execution_count": 7}
    got, notes = read_cells(bytes_of(cell, metadata={"kernelspec": {"name": "bash"}}))
    assert got == [{"cell_type": "code", "id": "a-1", "grade_id": "double", "source": "x = 1\ny = 2"}]
    assert notes == []


@pytest.mark.parametrize("name", [7, None, ["a"], "", "x" * 101, "a\nb", "ä", "\ud800"])
def test_a_name_that_no_cell_of_an_assignment_has_is_none(name):
    cell = {"cell_type": name, "id": name, "source": "", "metadata": {"nbgrader": {"grade_id": name}}}
    [got], _ = read_cells(bytes_of(cell))
    assert (got["cell_type"], got["id"], got["grade_id"]) == ("", None, None)


def test_a_notebook_of_format_2_is_upgraded():
    first = [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}, {"cell_type": "html", "source": "<b>"}]
    sheets = [{"cells": first}, {"cells": [{"cell_type": "heading", "source": "T"}, 3]}]
    got, notes = read_cells(json.dumps({"nbformat": 2, "worksheets": sheets}).encode())
    assert [(c["cell_type"], c["source"]) for c in got] == [
        ("code", "x = 1\ny = 2"), ("markdown", "<b>"), ("markdown", "T"), ("", "")]  # fmt: skip
    assert notes == ["The notebook was written in the old format 2."]


@pytest.mark.parametrize("sheets", [None, 7, {}, [7], [{}], [{"cells": 7}]])
def test_an_old_notebook_without_sense_is_malformed(sheets):
    with pytest.raises(Malformed, match="old format and cannot be converted"):
        read_cells(json.dumps({"nbformat": 3, "worksheets": sheets}).encode())


def test_all_cells_together_are_bounded_by_what_they_take_as_JSON():
    content = bytes_of(
        *[{"cell_type": "code", "source": "é" * 300_000} for _ in range(6)], {"cell_type": "code", "source": "x"}
    )
    got, notes = read_cells(content)
    assert [len(c["source"]) for c in got] == [300_000, 300_000, 0, 0, 0, 0, 1]  # 6 characters each: 4 MB hold two
    assert notes == [f"Cell {n} was left out: all cells together have more than 4 MB." for n in (3, 4, 5, 6)]
    assert len(json.dumps(got)) < 8 * 2**20  # the head of a frame


def test_notes_are_bounded():
    _, notes = read_cells(bytes_of(*[{"source": 7}] * 100))
    assert len(notes) == reader.MAX_NOTES
    assert notes[-1] == "There are 51 more notes of this kind."


# ------------------------------------------------------------------ what hides code


@pytest.mark.parametrize("source, odd", [
    ("рrint(1)", True), ("x = ｎp.ones(3)", True), ("𝐟oo = 1", True), ("# Привет, this is Russian", False),
    ("σ = 1; dσ = 2; W₁ = 3", False), ("x = 'naïve'", False), ("a" * 900_000 + "р", True), ("a" * 900_000, False),
])  # fmt: skip
def test_words_of_two_alphabets_that_look_alike_are_noted(source, odd):
    _, notes = read_cells(bytes_of({"cell_type": "code", "source": source}))
    assert notes == (["Cell 1 holds words of letters that only look Latin."] if odd else [])


# ------------------------------------------------------------------ versions

LINE = "checks 1a2b3c4d · gradus 5e6f7a8b · NumPy 2.4.6 · Python 3.11.7"
ANSWERS = {
    "html": {
        "output_type": "execute_result",
        "data": {"text/plain": "2.0", "text/html": f'<p data-versions="{LINE}">{LINE}</p>'},
    },
    "lines of html": {
        "output_type": "execute_result",
        "data": {"text/html": ["<div>\n", f'<p data-versions="{LINE}">']},
    },
    "error": {"output_type": "error", "evalue": f"\ndouble 0 of 2 points\n  {LINE}", "traceback": []},
    "traceback": {"output_type": "error", "evalue": "", "traceback": ["double  0 of 2", f"  {LINE}"]},
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_versions_of_a_check_s_answer_are_read(name):
    cell = {"cell_type": "code", "source": "", "outputs": [{"output_type": "stream", "text": "x"}, ANSWERS[name]]}
    [got], _ = read_cells(bytes_of(cell))
    assert got["versions"] == LINE


def test_the_line_that_check_writes_is_the_one_that_is_read():
    from autograder.versions import line_of

    assert reader.VERSIONS.fullmatch(line_of("0123456789abcdef" * 4, "f" * 64))


@pytest.mark.parametrize("outputs", [7, None, [7], [{}], [{"data": 7}], [{"data": {"text/html": 7}}], [{"traceback": [7]}],
                                     [{"evalue": "checks <script> · NumPy 1"}], [{"evalue": "checks 1a2b3c4d"}]])  # fmt: skip
def test_outputs_of_any_other_form_say_nothing(outputs):
    [got], _ = read_cells(bytes_of({"cell_type": "code", "source": "", "outputs": outputs}))
    assert "versions" not in got


def test_the_submission_carries_the_versions(assignment):
    notebook = toy.notebook()
    notebook["cells"][toy.position(notebook, "double")]["outputs"] = [ANSWERS["html"]]
    assert read_submission(json.dumps(notebook).encode(), assignment).versions == LINE
    assert read_submission(json.dumps(toy.notebook()).encode(), assignment).versions == ""


# ------------------------------------------------------------------ a reader that lies


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    with toy.declared_exercises():
        yield toy.toy_assignment(tmp_path_factory.mktemp("source"))


CELL = {"cell_type": "code", "id": None, "grade_id": "double-code", "source": "x = 1"}


def test_what_an_honest_reader_says_is_arranged(assignment):
    got = arrange([CELL], ["Cell 1 is odd."], assignment, "abc")
    assert [c.label for c in got.cells][1] == "double-code"
    assert got.sha256 == "abc"
    assert got.notes[0] == "Cell 1 is odd."


class Text(str):
    pass


LIES = {
    "cells of another type": ((CELL,), []),
    "no cells": (None, []),
    "a cell of another type": ([[]], []),
    "a key missing": ([{k: v for k, v in CELL.items() if k != "id"}], []),
    "a key more": ([CELL | {"kind": "given"}], []),
    "source of another type": ([CELL | {"source": ["x"]}], []),
    "source of a subclass": ([CELL | {"source": Text("x")}], []),
    "source too long": ([CELL | {"source": "x" * (reader.MAX_SOURCE + 1)}], []),
    "sources too long together": ([CELL | {"source": "x" * 1_000_000}] * 5, []),
    "null bytes": ([CELL | {"source": "a\0b"}], []),
    "lone surrogate": ([CELL | {"source": "\ud800"}], []),
    "id of another type": ([CELL | {"id": 7}], []),
    "long id": ([CELL | {"id": "x" * 101}], []),
    "grade_id that steers a terminal": ([CELL | {"grade_id": "\x1b[2J"}], []),
    "unhashable grade_id": ([CELL | {"grade_id": []}], []),
    "cell type of another type": ([CELL | {"cell_type": None}], []),
    "many cells": ([CELL] * (reader.MAX_CELLS + 1), []),
    "versions with more in it": ([CELL | {"versions": LINE + "<script>"}], []),
    "notes of another type": ([CELL], "note"),
    "a note of another type": ([CELL], [7]),
    "a long note": ([CELL], ["x" * 300]),
    "many notes": ([CELL], ["x"] * 100),
}


@pytest.mark.parametrize("name", LIES)
def test_what_has_another_form_than_a_reader_s_answer_is_malformed(assignment, name):
    with pytest.raises(Malformed, match="has not the form of a notebook"):
        arrange(*LIES[name], assignment, "abc")


def test_a_lying_reader_cannot_name_a_cell_a_check_or_a_given_one(assignment):
    cells = [
        CELL | {"grade_id": "imports", "source": "import fake"},
        CELL | {"grade_id": "double", "source": "print('mine')"},
    ]
    got = arrange(cells, [], assignment, "abc")
    assert not [c for c in got.cells if "fake" in c.source or "mine" in c.source]
