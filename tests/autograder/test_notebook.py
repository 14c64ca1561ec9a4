"""`check` as a student and nbgrader meet it: a float that shows itself as HTML, or a short exception."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from autograder import check
from autograder.notebook import CheckFailed


def right(shape):
    receptive = int(np.prod(shape[:-2]))
    return receptive * shape[-2], receptive * shape[-1]


def swapped(shape):
    return right(shape)[::-1]


def without_kernels(shape):
    if len(shape) == 4:
        raise ValueError("<b>only matrices</b>")
    return shape


def test_the_value_is_a_plain_float_that_shows_itself_as_html():
    value = check("compute_fans", right)
    assert repr(value) == "3.0" and float(repr(value)) == 3.0
    assert value._repr_html_().count("<div") and "3 of 3 points" in value._repr_html_()


def test_nothing_earned_raises_a_message_without_a_stack_trace():
    with pytest.raises(CheckFailed) as failed:
        check("compute_fans", swapped)
    shown = "\n".join(failed.value._render_traceback_())
    assert "0 of 3 points" in shown and "(fan_out, fan_in)" in shown and "Traceback" not in shown


def test_missing_points_raise_under_nbgrader_validate(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert repr(check("compute_fans", right)) == "3.0"
    with pytest.raises(CheckFailed):
        check("compute_fans", without_kernels)


def test_html_is_escaped():
    def attack(shape):
        raise ValueError("<script>alert(1)</script>")

    with pytest.raises(CheckFailed) as failed:
        check("compute_fans", attack)
    from autograder.answer import as_html

    assert "<script>" not in as_html(failed.value.answer)


def test_what_the_students_code_prints_never_reaches_stdout_or_stderr():
    program = """
import os, sys, numpy as np
from autograder import check
def compute_fans(shape):
    print("noise"); sys.stderr.write("noise\\n"); os.write(2, b"noise\\n")
    r = int(np.prod(shape[:-2])); return r * shape[-2], r * shape[-1]
print(check("compute_fans", compute_fans).__repr__())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("3.0\n", "", 0)


@pytest.mark.parametrize("call, error, words", [
    (lambda: check("compute_fan", right), ValueError, "did you mean compute_fans"),
    (lambda: check("compute_fans"), TypeError, r"check\(\"compute_fans\", compute_fans\), got 0"),
    (lambda: check(right, "compute_fans"), TypeError, "name in quotes"),
], ids=["unknown", "too few", "swapped"])  # fmt: skip
def test_a_wrong_call_is_answered_clearly(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_importing_check_asks_for_nothing_but_numpy():
    program = "import sys, autograder, gradus; print([m for m in sys.modules if m.split('.')[0] in " \
              "('matplotlib', 'sklearn', 'scipy', 'tqdm', 'nbgrader', 'IPython', 'torch', 'myst_nb', 'traitlets')])"  # fmt: skip
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_answer_to_the_same_code_is_always_the_same():
    first, second = (check("compute_fans", right), check("compute_fans", right))
    assert str(first) == str(second) and os.environ.get("NBGRADER_EXECUTION") is None


def test_a_long_check_shows_how_far_it_is_and_ends_with_its_points():
    import nbformat
    from nbclient import NotebookClient

    cells = ["from autograder import check\nfrom gradus.diagnostics import propagate", 'check("propagate", propagate)']
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    shown = []
    client = NotebookClient(notebook, timeout=100, kernel_name="python3")
    keep = client.process_message
    client.process_message = lambda msg, cell, index: (shown.append(msg), keep(msg, cell, index))[1]
    client.execute()
    texts = [m["content"]["data"]["text/plain"] for m in shown if "data" in m["content"]]
    # a fast machine has nothing to tell
    assert any(re.fullmatch(r"propagate: \d+ of \d+ cases", text) for text in texts) or len(texts) == 1
    assert notebook.cells[1].outputs[-1].output_type == "execute_result"
    assert notebook.cells[1].outputs[-1].data["text/plain"] == "9.0"


def test_the_versions_stand_in_the_html_the_text_and_the_exception():
    from autograder.versions import versions

    line = versions("initialization")
    value = check("compute_fans", right)
    assert f'data-versions="{line}"' in value._repr_html_()
    assert str(value).splitlines()[-1].strip() == line
    with pytest.raises(CheckFailed) as failed:
        check("compute_fans", swapped)
    assert str(failed.value).splitlines()[-1].strip() == line
    assert line in "\n".join(failed.value._render_traceback_())


def test_what_nbgrader_stores_of_a_check_names_the_versions_as_the_grader_reads_them():
    from autograder.intake import cells

    value = check("compute_fans", right)
    output = {"output_type": "execute_result", "data": {"text/plain": repr(value), "text/html": value._repr_html_()}}
    assert cells.VERSIONS.search(output["data"]["text/html"])[0] in str(value)
