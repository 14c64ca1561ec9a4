"""The page *Claims on trial*: every claim has its row, its place in a chapter, its experiment and its measured figure."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path

import claims
import page_keys
import pytest
import yaml
from small_book import SmallBook

ROOT = Path(__file__).resolve().parents[2]

#: Every statement of the parts that are written; nothing may be lost on the way.
GROUPS = {"PROB": 13, "INIT": 24, "ACT": 47, "DATA": 7, "BN": 32, "CLIP": 7, "TL": 9, "PT": 8,
          "OPT": 43, "SCH": 15, "REG": 30, "REC": 9, "BABY": 12, "HPO": 9, "AD": 37}  # fmt: skip
LEDGER = [f"{group}-{n:02d}" for group, count in GROUPS.items() for n in range(1, count + 1)]
#: Statements that nothing measured could refute.
NOT_TRIED = {
    "PROB-11", "PROB-13", "INIT-07", "ACT-03", "BN-09", "TL-01", "OPT-42", "OPT-22", "OPT-25",
    "SCH-15", "REG-07", "REG-19", "BABY-01", "BABY-05", "BABY-12", "HPO-02",
    "AD-01", "AD-05", "AD-32",
}  # fmt: skip

ROWS = claims.load_claims(ROOT)
TRIED = [row for row in ROWS.values() if claims.VERDICTS[row["verdict"]]]


def chapters() -> dict[str, Path]:
    """Document name → file, for every notebook of the book."""
    return {str(path.relative_to(ROOT).with_suffix("")): path for path in sorted((ROOT / "book").rglob("*.ipynb"))}


def claim_calls(path: Path) -> list[str]:
    """The ids with which a notebook calls `claim`, in order. Ids are written out, so that this test can see them."""
    calls = [node for node in ast.walk(ast.parse(page_keys.notebook_code(path))) if isinstance(node, ast.Call)]
    names = [(call, getattr(call.func, "id", getattr(call.func, "attr", ""))) for call in calls]
    return [ast.literal_eval(call.args[0]) for call, name in names if name == "claim"]


def boxes(path: Path, directive: str) -> list[str]:
    """The ids in a notebook's {claim} or {verdict} boxes, in order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return " ".join(re.findall(rf"^:::+\{{{directive}\}}(.*)$", text, flags=re.MULTILINE)).split()


def test_every_statement_has_its_row():
    assert sorted(ROWS) == sorted(LEDGER)
    assert list(ROWS) == sorted(ROWS)  # each group in its own order


def test_all_but_the_definitions_are_tried():
    assert {row["id"] for row in TRIED} == set(LEDGER) - NOT_TRIED


def test_each_verdict_is_one_of_the_words_that_the_page_explains():
    page = (ROOT / "book" / "back" / "claims_on_trial.md").read_text(encoding="utf-8")
    explained = [word.replace("\n", " ").lower() for word in re.findall(r"\*\*([^*]+)\*\*:", page)]
    assert explained == list(claims.VERDICTS)


@pytest.mark.parametrize("row", TRIED, ids=lambda row: row["id"])
def test_a_claim_is_shown_measured_and_judged_once_in_its_chapter(row):
    path = chapters()[row["chapter"]]
    assert Counter(claim_calls(path))[row["id"]] == 1
    assert Counter(boxes(path, "claim"))[row["id"]] == 1
    assert Counter(boxes(path, "verdict"))[row["id"]] == 1


@pytest.mark.parametrize("document", chapters())
def test_no_chapter_tries_a_claim_that_is_not_its_own(document):
    own = {row["id"] for row in TRIED if row["chapter"] == document}
    path = chapters()[document]
    assert set(claim_calls(path)) | set(boxes(path, "claim")) | set(boxes(path, "verdict")) <= own


def test_sources_named_in_notes_are_in_the_bibliography():
    cited = set(
        re.findall(r"\{cite:[tp]\}`([^`]+)`", " ".join(row.get("note", "") + row["statement"] for row in ROWS.values()))
    )
    known = re.findall(
        r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert {key for keys in cited for key in keys.split(",")} <= set(known)
    assert len(known) == len(set(known))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"id": "A-01", "statement": "s", "verdict": "true", "chapter": "c"}, "verdict must be one of"),
        ({"id": "A-01", "statement": "s", "verdict": "holds"}, "name their chapter"),
        ({"id": "A-01", "statement": "s", "verdict": "definition", "chapter": "c"}, "name their chapter"),
        ({"id": "A-01", "statement": "s", "verdict": "corrected", "chapter": "c"}, "needs a note"),
        ({"id": "A-01", "verdict": "holds", "chapter": "c"}, "fields must be"),
    ],
)
def test_a_malformed_row_is_refused(row, problem):
    with pytest.raises(ValueError, match=problem) as error:
        claims.check_row(row)
    assert "A-01" in str(error.value)


@pytest.mark.book
def test_a_card_shows_the_statement_the_verdict_and_the_measured_figure(tmp_path):
    book = SmallBook(tmp_path)
    result = book.build()
    assert result.returncode == 0, result.stdout + result.stderr
    page = book.page("claims")
    for expected in ("Apples fall.", "seven apples", 'class="verdict verdict-holds"', 'href="one.html#claim-one-01"'):
        assert expected in page
    assert 'id="claim-one-01"' in book.page("one")

    glue = "from myst_nb import glue\nglue('claim-ONE-01', 'eight apples', display=False)"
    book.notebook("one", ":::{claim} ONE-01\n:::", glue)
    assert book.build().returncode == 0
    assert "eight apples" in book.page("claims")


@pytest.mark.book
@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ([":::{claim} ONE-01\n:::", "1 + 1"], "ONE-01: no experiment in book/one glued a figure for it"),
        (["from myst_nb import glue\nglue('claim-ONE-01', 'x', display=False)"], "it stands nowhere"),
        ([":::{claim} ONE-02\n:::"], "has no row ONE-02"),
    ],
)
def test_a_claim_that_is_not_tried_fails_the_build(tmp_path, cells, complaint):
    book = SmallBook(tmp_path)
    book.notebook("one", *cells)
    result = book.build()
    assert result.returncode == 1
    assert complaint in result.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "book" / "claims").glob("*.yml")), ids=lambda path: path.stem)
def test_a_file_of_claims_reads_as_plain_yaml(path):
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert all(isinstance(value, str) and value.strip() for row in rows for value in row.values())
