"""From the bytes of a submission to the cells that run."""

from __future__ import annotations

import json
import os
import time

import pytest
import toy

from autograder.intake.notebook import MAX_BYTES, Malformed, read_submission


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    with toy.declared_exercises():
        yield toy.toy_assignment(tmp_path_factory.mktemp("source"))


@pytest.fixture
def read(assignment):
    def read(notebook):
        return read_submission(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode(), assignment)

    return read


def labels(submission):
    return [cell.label for cell in submission.cells]


def cell_of(submission, label):
    return next(cell for cell in submission.cells if cell.label == label)


WHOLE = ["imports", "double-code", "double", "apply_twice-code", "apply_twice", "countdown-code", "countdown",
         "Tally-code", "Tally"]  # fmt: skip


def test_an_honest_submission_gives_the_source_s_order_and_the_student_s_code(read):
    got = read(toy.notebook({"double": "def double(x): return 2 * x"}))
    assert labels(got) == WHOLE
    assert cell_of(got, "double-code").source == "def double(x): return 2 * x"
    assert [c.kind for c in got.cells[:3]] == ["given", "solution", "check"]
    assert got.notes == ()


# ------------------------------------------------------------------ files


def test_an_absent_file_is_file_not_found(assignment, tmp_path):
    with pytest.raises(FileNotFoundError):
        read_submission(tmp_path / "none.ipynb", assignment)


def test_only_a_regular_file_is_read(assignment, tmp_path):
    real = tmp_path / "real.ipynb"
    real.write_text(json.dumps(toy.notebook()))
    assert labels(read_submission(real, assignment)) == WHOLE
    link, pipe = tmp_path / "link.ipynb", tmp_path / "pipe.ipynb"
    link.symlink_to(real)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path):
        with pytest.raises(Malformed, match="not a regular file"):
            read_submission(path, assignment)


def test_a_file_of_a_terabyte_is_not_read(assignment, tmp_path):
    path = tmp_path / "sparse.ipynb"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(Malformed, match="more than 20 MB"):
        read_submission(path, assignment)


# ------------------------------------------------------------------ bytes

GARBAGE = {
    "empty": b"",
    "random": bytes(range(256)) * 20,
    "not JSON": b"{'cells': []}",
    "cut off": json.dumps(toy.notebook()).encode()[:400],
    "a list": b"[]",
    "a number": b"1e999999",
    "no cells": b"{}",
    "cells are a text": b'{"nbformat": 4, "cells": "x"}',
    "format 5": b'{"nbformat": 5, "cells": []}',
    "format of a text": b'{"nbformat": "four", "cells": []}',
    "format 3 without sense": b'{"nbformat": 3, "worksheets": 7}',
    "format 1": b'{"nbformat": 1, "cells": []}',
    "deep": b"[" * 200_000,
    "deep in a cell": b'{"nbformat": 4, "cells": [' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"]}",
    "many values": b'{"cells": [' + b"[]," * 3_000_000 + b"[]]}",
    "long number": b'{"nbformat": ' + b"9" * 100_000 + b"}",
    "one long text": b'{"cells": "' + b"\\n" * 5_000_000,
    "UTF-16 without end": b"\xff\xfe{\0",
    "more than 20 MB": b'"' + b"x" * MAX_BYTES + b'"',
    "many cells": json.dumps({"nbformat": 4, "cells": [{}] * 3000}).encode(),
    "another notebook": json.dumps({"nbformat": 4, "cells": [toy.cell("print(1)")]}).encode(),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_malformed_with_a_reason_and_quickly(read, name):
    start = time.process_time()
    with pytest.raises(Malformed, match=r"^its? .{5,80}$"):
        read(GARBAGE[name])
    assert time.process_time() - start < 10


def test_brackets_inside_texts_do_not_count_as_depth(read):
    source = '"""' + "[" * 5000 + '\\" {"""'
    assert cell_of(read(toy.notebook({"double": source})), "double-code").source == source


def test_other_encodings_of_JSON_are_read(read):
    text = json.dumps(toy.notebook({"double": "# ö"}), ensure_ascii=False)
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        assert cell_of(read(text.encode(encoding)), "double-code").source == "# ö"


def test_lone_surrogates_and_null_bytes_are_replaced_and_noted(read):
    got = read(toy.notebook({"double": "x = '\ud800'\0"}))
    assert cell_of(got, "double-code").source == "x = '\ufffd'\ufffd"
    assert sorted(got.notes) == ["Cell 4 holds characters that are no Unicode.", "Cell 4 holds null bytes."]


def test_invisible_characters_are_noted_and_kept(read):
    got = read(toy.notebook({"double": "x = 1  # \u202e hidden"}))
    assert "\u202e" in cell_of(got, "double-code").source
    assert got.notes == ("Cell 4 holds invisible characters.",)


def test_a_notebook_of_format_3_is_upgraded(read):
    modern = toy.notebook()
    old = [{"cell_type": "code", "input": c["source"], "outputs": [], "language": "python", "collapsed": False,
            "metadata": c["metadata"]} if c["cell_type"] == "code" else c for c in modern["cells"]]  # fmt: skip
    got = read(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": old, "metadata": {}}]}
    )
    assert labels(got) == WHOLE
    assert cell_of(got, "double-code").source == toy.RIGHT["double"]
    assert got.notes == ("The notebook was written in the old format 3.",)


def test_a_newer_minor_format_is_read(read):
    assert labels(read(toy.notebook() | {"nbformat_minor": 99})) == WHOLE


def test_a_cell_of_more_than_a_million_characters_is_left_out(read):
    got = read(toy.notebook({"double": "x" * 2_000_000}))
    assert cell_of(got, "double-code").source == ""
    assert got.notes == ("Cell 4 has 2000000 characters and was left out.",)


@pytest.mark.parametrize("source", [7, None, {"a": 1}, ["x = 1", 3], [["x"]], True])
def test_a_source_that_is_no_text_is_empty_and_noted(read, source):
    notebook = toy.notebook()
    notebook["cells"][3]["source"] = source
    got = read(notebook)
    assert cell_of(got, "double-code").source == ""
    assert got.notes == ("Cell 4 holds no text.",)


@pytest.mark.parametrize(
    "junk", [None, 3, "cell", [], {}, {"cell_type": ["code"]}, {"metadata": 7}, {"metadata": {"nbgrader": []}}]
)
def test_a_cell_that_is_no_cell_does_no_harm(read, junk):
    notebook = toy.notebook()
    notebook["cells"].insert(2, junk)
    assert [label for label in labels(read(notebook)) if label in WHOLE] == WHOLE


# ------------------------------------------------------------------ metadata


@pytest.mark.parametrize("meta", ["text", [1, 2], 7, {"grade_id": ["double-code"]}, {"grade_id": 7}, {}])
def test_a_slot_whose_metadata_is_broken_is_found_by_its_cell_id_or_runs_where_it_stands(read, meta):
    notebook = toy.notebook()
    cell = notebook["cells"][toy.position(notebook, "double-code")]
    cell["metadata"]["nbgrader"] = meta
    got = read(notebook)
    own = [c for c in got.cells if c.source == toy.RIGHT["double"]]
    assert len(own) == 1
    assert got.cells.index(own[0]) < labels(got).index("double")


def test_cell_ids_are_not_needed(read):
    notebook = toy.notebook()
    for cell in notebook["cells"]:
        cell.pop("id", None)
    assert labels(read(notebook)) == WHOLE


def test_tags_locks_points_and_outputs_of_the_submission_change_nothing(read):
    notebook = toy.notebook()
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]
        meta = cell["metadata"].get("nbgrader", {})
        if meta:
            meta |= {"locked": False, "grade": True, "solution": False, "points": "NaN", "schema_version": 99}
        cell["outputs"] = [{"output_type": "execute_result", "data": {"text/plain": "100.0"}}]
    notebook["metadata"] = {"kernelspec": {"name": "bash"}, "autograder": {"provides": ["gradus"]}}
    assert read(notebook).cells == read(toy.notebook()).cells


def test_read_only_cells_come_from_the_source_notebook(read):
    notebook = toy.notebook()
    notebook["cells"][toy.position(notebook, "imports")]["source"] = "import fake as np"
    got = read(notebook)
    assert cell_of(got, "imports").source == "import numpy as np\nfrom autograder import check"
    assert got.notes == ("The read-only cell 'imports' was changed: the original counts.",)


def test_a_deleted_check_is_judged_all_the_same(read):
    notebook = toy.notebook()
    del notebook["cells"][toy.position(notebook, "double")]
    got = read(notebook)
    assert labels(got) == WHOLE
    assert got.notes == ("The cell 'double' was deleted.",)


def test_a_check_never_brings_code_of_the_submission_along(read):
    notebook = toy.notebook()
    notebook["cells"][toy.position(notebook, "double")]["source"] = "print('forged')"
    assert all("forged" not in cell.source for cell in read(notebook).cells)


def test_a_deleted_solution_leaves_the_others_alone(read):
    notebook = toy.notebook()
    del notebook["cells"][toy.position(notebook, "double-code")]
    got = read(notebook)
    assert labels(got) == [label for label in WHOLE if label != "double-code"]
    assert got.notes == ("The cell 'double-code' was deleted.",)


def test_a_solution_turned_into_text_does_not_run(read):
    notebook = toy.notebook()
    notebook["cells"][toy.position(notebook, "double-code")]["cell_type"] = "markdown"
    got = read(notebook)
    assert "double-code" not in labels(got)
    assert got.notes == ("The cell 'double-code' is no code cell any more.",)


def test_of_two_cells_with_one_id_the_first_fills_the_slot_and_the_second_runs_after_it(read):
    notebook = toy.notebook()
    at = toy.position(notebook, "double-code")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": "double = None"})
    got = read(notebook)
    assert labels(got)[:4] == ["imports", "double-code", "extra 5", "double"]
    assert cell_of(got, "extra 5").source == "double = None"
    assert got.notes == ("2 cells have the id 'double-code': the first one fills the slot.",)


def test_a_second_copy_of_a_check_does_not_run(read):
    notebook = toy.notebook()
    at = toy.position(notebook, "double")
    notebook["cells"].insert(at + 1, {**notebook["cells"][at], "source": "print('copy')"})
    assert labels(read(notebook)) == WHOLE


def test_moved_cells_run_in_the_order_of_the_source_and_extra_cells_before_the_slot_that_follows(read):
    notebook = toy.notebook()
    cells = notebook["cells"]
    last = cells.pop(toy.position(notebook, "Tally-code"))
    cells[0:0] = [toy.cell("helper = 1"), last, toy.cell("other = 2")]
    cells.append(toy.cell("end = 3"))
    got = read(notebook)
    assert labels(got) == ["extra 3", *WHOLE[:7], "extra 1", *WHOLE[7:], f"extra {len(cells)}"]
    assert "Cells were moved: they run in the order of the assignment." in got.notes
