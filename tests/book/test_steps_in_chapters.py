"""The chapters of the sixteen steps: what the step before cannot do, the difference that mends it, and the drawn example."""

import ast
import contextlib
import importlib
import io
import re
import types
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "book" / "autodiff").glob("step_*.ipynb"))
STEPS = range(1, 17)


def step(n):
    """A step's module; a box before the first step is an array."""
    return importlib.import_module(f"gradus.steps.step{n:02}") if n else types.SimpleNamespace(Variable=np.array)


def file_of(n):
    return (ROOT / "solutions" / "gradus" / "steps" / f"step{n:02}.py").read_text(encoding="utf-8") if n else ""


@cache
def chapter(n):
    """A chapter's cells by their ids."""
    return {cell.id: cell for cell in nbformat.read(CHAPTERS[n - 1], as_version=4).cells}


def motive(n):
    """What the chapter tries, as a function of a step, and what comes where it can be done."""
    source = chapter(n)["motive"].source
    names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    namespace = {}
    exec(compile(source, f"motive of step {n}", "exec"), namespace)
    assert len(names) == 1
    return namespace[names[0]], namespace["expected"]


@cache
def run(n, last):
    """What a cell prints, and the names there are after it; the cells before it run first."""
    names = {"__name__": "__main__"}
    for id, cell in chapter(n).items():
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()) as printed, plt.rc_context():
                exec(compile(cell.source, f"{id} of step {n}", "exec"), names)
        if id == last:
            return printed.getvalue(), names
    raise KeyError(last)


def test_there_is_a_chapter_for_each_step():
    assert [int(path.name[5:7]) for path in CHAPTERS] == list(STEPS)


@pytest.mark.parametrize("n", STEPS)
def test_what_the_chapter_opens_with_fails_with_the_step_before_as_the_chapter_shows(n):
    tried, expected = motive(n)
    shown, _ = run(n, "fails")
    try:
        found = tried(step(n - 1))
    except RecursionError:
        assert shown.startswith("RecursionError: ")  # what follows depends on where the stack ended
    except Exception as error:
        assert f"{type(error).__name__}: {error}" in shown.splitlines()
    else:
        assert not agree(found, expected)
        assert agree([float(word) for word in shown.split()], np.atleast_1d(found).tolist())


@pytest.mark.parametrize("n", STEPS)
def test_and_can_be_done_with_this_step(n):
    tried, expected = motive(n)
    assert agree(tried(step(n)), expected)


def test_what_is_watched_with_step_15_explains_the_slope_that_step_14_gets_wrong_and_step_16_right():
    shown, names = run(15, "wrong")
    slopes, right = names["slopes_of_three_sums"], names["right"]
    wrong = [96, 72, 40]  # a² + a²: 4 (8 + 16); a + a²: 4 (9 + 9); a² + a: 4 (1 + 9)
    assert slopes(step(14)) == slopes(step(15)) == wrong
    assert slopes(step(16)) == right == [8 * 2**3, 2 * 2 + 4 * 2**3, 2 * 2 + 4 * 2**3]
    assert all(f"{slope}.0" in shown for slope in wrong)
    assert wrong[0] == 2 * 2 * sum(motive(15)[1])


def agree(found, expected):
    """Whether two results are the same, numbers up to rounding."""
    if isinstance(expected, str | bool) or expected is None:
        return found == expected
    if isinstance(expected, list | tuple):
        return len(np.atleast_1d(np.asarray(found, dtype=object))) == len(expected) and all(map(agree, found, expected))
    return found is not None and bool(np.allclose(np.asarray(found, dtype=float), expected, rtol=1e-8, atol=0))


@pytest.mark.parametrize("n", STEPS)
def test_the_failure_is_run_before_the_code_is_shown_and_the_success_after_the_failure(n):
    ids = list(chapter(n))
    text = "\n".join(cell.source for cell in chapter(n).values() if cell.cell_type == "markdown")
    assert re.findall(r"^:::\{step-difference\} (\d+)$", text, re.MULTILINE) == [str(n)]
    shown = next(id for id, cell in chapter(n).items() if "{step-difference}" in cell.source)
    assert ids.index("motive") < ids.index("fails") < ids.index(shown)
    assert ids.index("fails") < ids.index("works")
    name = motive(n)[0].__name__
    before, after = (chapter(n)[id].source for id in ("fails", "works"))
    assert re.search(rf"\b{name}\b", before) and re.search(rf"\b{name}\b", after)
    if n > 1:
        assert f"step{n - 1:02}" in before + "".join(chapter(n)[id].source for id in ids[: ids.index("fails")])


@pytest.mark.parametrize("n", STEPS)
def test_the_difference_on_the_page_leads_from_one_file_to_the_other(n, built_book):
    figure = page(built_book, n).select_one("figure.step-difference")
    old, new = file_of(n - 1).splitlines(), file_of(n).splitlines()
    removed, added = set(), {}
    for line in figure.select(".code-line"):
        text = "".join(part for part in line.strings)[1:]  # after the sign
        if line.get("data-old"):
            assert old[int(line["data-old"]) - 1] == text.rstrip("\n") or not text.strip()
        if line.get("data-new"):
            assert new[int(line["data-new"]) - 1] == text.rstrip("\n") or not text.strip()
        if line.name == "del":
            removed.add(int(line["data-old"]) - 1)
        if line.name == "ins":
            added[int(line["data-new"]) - 1] = new[int(line["data-new"]) - 1]
    kept = iter([line for i, line in enumerate(old) if i not in removed and i >= text_at_the_beginning(file_of(n - 1))])
    begin = text_at_the_beginning(file_of(n))
    assert [added[j] if j in added else next(kept) for j in range(begin, len(new))] == new[begin:]
    assert next(kept, None) is None


def text_at_the_beginning(source):
    """Lines of a file's docstring and the empty one after it."""
    return source.split('"""')[1].count("\n") + 2 if source else 0


@pytest.mark.parametrize("n", STEPS)
def test_the_whole_file_stands_under_the_difference(n, built_book):
    whole = page(built_book, n).select_one("figure.step-difference details pre").get_text()
    assert whole.strip() == file_of(n).strip()


@pytest.mark.parametrize("n", STEPS)
def test_the_example_is_drawn(n, built_book):
    outputs = page(built_book, n).select(".cell_output")
    drawn = [svg for output in outputs for svg in output.select("svg[role=img]") if svg.find("title")]
    assert drawn and all(len(svg.find("title").get_text()) > 5 for svg in drawn)
    if n >= 15:
        assert sum(len(output.select("ol.pictures > li")) for output in outputs) >= 8


@cache
def page(built_book, n):
    path = built_book / "book" / "autodiff" / CHAPTERS[n - 1].with_suffix(".html").name
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
