"""The pages and files that a class of attackers leads to, looked at as people do: in a browser, a spreadsheet, a folder [H]."""

from __future__ import annotations

import csv
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest
from arena import EXERCISES, NAME
from corpus import ENTRIES
from corpus.h_feedback import PAYLOADS, harmless, words
from harness import Handin
from invariants import violations
from odd_names import ODD

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/book", "scripts")]
SECRET_KINDS = ("HOME", "ENV", "SOURCE", "BOOK", "HIDDEN", "REFERENCE", "COURSE", "CHECKS")
NOTHING = Handin("nothing", lambda trap: None)
FORMULA = tuple("=+-@\t\r")
FEW = ("script", "image", "closes")


@pytest.fixture(scope="module", params=["a few", pytest.param("all", marks=pytest.mark.slow)])
def graded(arena, request):
    """A class of payloads, and of students with odd names, most of whom handed in an empty folder."""
    chosen = [payload for name, payload in PAYLOADS.items() if request.param == "all" or name in FEW]
    named = dict.fromkeys(ODD, NOTHING) | dict(zip(ODD[24:27], map(words, chosen[:3]), strict=True))
    run = arena.run(
        [words(payload) for payload in chosen] + list(ENTRIES["A157"].handins), jobs=2, seconds=240, named=named,
        more=[["report"], ["report", "--anonymous"], ["export"]],
    )  # fmt: skip
    yield run
    shutil.rmtree(run.base)


def pages(run) -> list[Path]:
    return [p for top in ("feedback", "report") for p in (run.course / top).rglob("*.html")]


def test_every_student_of_an_odd_name_has_a_verdict(graded):
    assert violations(graded) == []
    assert {s: sorted(own) for s, own in graded.results.items()} == {s: sorted(EXERCISES) for s in graded.handins}
    assert {p.parts[-3] for p in pages(graded) if "feedback" in p.parts} == set(graded.handins)
    assert [c for c in graded.output if not (c.isprintable() or c == "\n")] == []


def test_no_page_holds_what_could_run(graded):
    found = {p.parts[-3]: harmless(p.read_text(encoding="utf-8")) for p in pages(graded) if "feedback" in p.parts}
    assert {who: what for who, what in found.items() if what} == {}
    for page in pages(graded):
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text and "<script" not in text.lower() and "javascript:" not in text.lower().replace(
            "javascript:window.pwned", ""), page  # fmt: skip


def test_no_page_and_no_export_holds_a_secret(graded):
    texts = [*pages(graded), *(graded.course / "report").rglob("*.json"), graded.course / "grades.csv"]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        # The report is the instructor's, and shows his students; no file shows more.
        assert [
            k for k in SECRET_KINDS if graded.markers[k] in text and not (k == "BOOK" and path.name == "grades.csv")
        ] == [], path


def test_no_cell_of_an_export_is_a_formula(graded):
    with (graded.course / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len({len(row) for row in rows}) == 1, "commas and quotes in names make no new columns"
    assert [cell for row in rows for cell in row if cell.startswith(FORMULA) and not is_number(cell)] == []
    assert len(rows) - 1 == len(graded.handins)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_no_file_of_the_grader_is_called_after_a_student(graded):
    """In the grader's own folder names are hashes or its own; elsewhere a student has one folder, called as he is [A175]."""
    own = [p.name for p in (graded.course / ".autograder").rglob("*")]
    assert [name for name in own for student in ODD if len(student) > 6 and student in name] == []
    for step in ("feedback", "autograded"):
        tops = {p.name for p in (graded.course / step).iterdir()}
        assert tops <= set(graded.handins), step
        assert len(tops) == len(graded.handins), f"{step}: {sorted(set(graded.handins) - tops)}"
        assert all(p.parent.name == NAME for p in (graded.course / step).rglob("*") if p.is_file())


def test_names_that_look_alike_keep_their_own_marks(graded):
    looks: dict[str, set[str]] = {}
    for student in ODD:
        looks.setdefault(unicodedata.normalize("NFKC", student).casefold(), set()).add(student)
    assert [s for alike in looks.values() if len(alike) > 1 for s in alike if s not in graded.results] == []


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_no_page_runs_or_loads_what_students_wrote(graded):
    from real_browser import open_browser

    with open_browser() as browser:
        for file in [p for p in pages(graded) if "report" in p.parts or graded.handins[p.parts[-3]] is not NOTHING]:
            context = browser.new_context()
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("dialog", lambda dialog, asked=asked: (asked.append("dialog"), dialog.dismiss()))
            page.goto(file.as_uri())
            for i in range(5):
                page.keyboard.press("Tab")
                page.mouse.move(200, 100 * i)
            page.wait_for_timeout(50)
            assert page.evaluate("window.PWNED") is None, file
            outside = [url for url in asked if url != file.as_uri() and not url.startswith(f"{file.as_uri()}#")]
            assert outside == [], file
            assert page.url.partition("#")[0] == file.as_uri(), file
            context.close()
