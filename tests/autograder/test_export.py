"""Marks as CSV: the gradebook's numbers in the form a platform reads, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from small_course import NAME, POINTS, released_course
from test_journal import result

from autograder.cli import main
from autograder.grading.course import UsageError
from autograder.grading.gradebook import Marks, standings, write_marks
from autograder.reports.export import export, harmless

WORDS = f"explain_{NAME}"
EVIL = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-anna",
    "@SUM(A1)",
    "\tx",
    "two\nlines",
    'quo"te, comma; semi',
    "ünïcode",
    "a\x1b[31m",
    "00123",
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = released_course(tmp_path_factory.mktemp("export"))
    students = {"anna": 3.0, "bert": 1.5, "late": 1.0, **dict.fromkeys(EVIL, 2.0)}
    with made.gradebook() as gradebook:
        marks = []
        for s, score in students.items():
            judged = result(s, score=score, max_score=float(POINTS), verdict="pass" if score == POINTS else "wrong")
            marks.append(Marks(s, NAME, "ab", (judged,), frozenset() if s == "anna" else frozenset([WORDS])))
        assert write_marks(made, gradebook, marks) == []
        gradebook.find_submission_notebook(NAME, NAME, "late").late_submission_penalty = 5.0
        gradebook.update_or_create_student(
            "bert", first_name="Bert", last_name="=cmd|' /C calc'!A0", email="b@x.org", lms_user_id="77"
        )
        gradebook.add_student("nobody")
        gradebook.db.commit()
    return made


def exported(course, tmp_path, form: str, **more) -> tuple[list[dict[str, str]], str]:
    """(rows by column, the text)."""
    made = export(course, [NAME], form, tmp_path / "out.csv", **more)
    text = made.path.read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""))), text


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle"])
def test_no_cell_begins_like_a_formula_or_breaks_its_line(course, tmp_path, form):
    rows, text = exported(course, tmp_path, form)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [c for c in text if ord(c) < 32 and c != "\n"]
    assert text.count("\n") == len(rows) + 1
    assert "'=HYPERLINK" in text and r"two\nlines" in text and "ünïcode" in text and "00123" in text


@pytest.mark.parametrize("text, shown", [
    ("=1+1", "'=1+1"), ("-x", "'-x"), ("@x", "'@x"), ("\tx", r"'\tx"), ("\r=x", r"'\r=x"), (" =x", "' =x"), ("＝x", "'＝x"),
    ("a=b", "a=b"), ("x-y", "x-y"), ("anna", "anna"), ("", ""), ("a\u202eb", r"a\u202eb"),
])  # fmt: skip
def test_a_formula_is_made_text(text, shown):
    assert harmless(text) == shown


def test_the_marks_are_those_of_the_one_function_that_reckons_them(course, tmp_path):
    rows, _ = exported(course, tmp_path, "csv")
    with course.gradebook() as gradebook:
        marks = standings(gradebook, [NAME])
    own = {row["student"]: row for row in rows}
    for student in ("anna", "bert", "late"):
        assert float(own[student][NAME]) == marks[student, NAME].score == float(own[student]["total"])
    assert (own["bert"][NAME], own["late"][NAME], own["anna"]["of"]) == (
        "1.5",
        "0",
        "7",
    )  # less 5 for lateness, but never below 0


def test_what_is_not_final_is_flagged_and_what_is_not_there_is_empty(course, tmp_path):
    own = {row["student"]: row for row in exported(course, tmp_path, "csv")[0]}
    assert (own["anna"]["waiting"], own["bert"]["waiting"]) == (NAME, "")
    assert (own["nobody"][NAME], own["nobody"]["total"]) == ("", "0")
    moodle = {row["Username"]: row for row in exported(course, tmp_path, "moodle")[0]}
    assert moodle["anna"][f"{NAME} (Feedback)"] == "still to be marked by hand"
    assert moodle["bert"][f"{NAME} (Real)"] == "1.5" and moodle["nobody"][f"{NAME} (Real)"] == ""
    assert export(course, [NAME], "canvas", tmp_path / "out.csv").waiting == [("anna", NAME)]


def test_canvas_gets_its_columns_and_its_row_of_possible_points(course, tmp_path):
    rows, text = exported(course, tmp_path, "canvas")
    assert text.splitlines()[0] == f'"Student","ID","SIS User ID","SIS Login ID","Section","{NAME}"'
    assert (rows[0]["Student"].strip(), rows[0][NAME], rows[0]["SIS Login ID"]) == ("Points Possible", "7", "")
    bert = next(row for row in rows if row["SIS Login ID"] == "bert")
    assert (bert["ID"], bert["Student"]) == ("77", "'=cmd|' /C calc'!A0, Bert")


CANVAS = f"""\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,{NAME} (4711),Current Score
    Points Possible,,,,,7,(read only)
"Bertson, Bert",901,u1,BERT,"Section, 1",,
"=Evil, Anna",902,anna,anna@uni.example,S2,,
"Student, Test",903,,0123abc,S2,,
"""


def test_with_a_class_list_the_file_has_its_students_ids_and_column(course, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS, encoding="utf-8")
    made = export(course, [NAME], "canvas", tmp_path / "out.csv", roster)
    rows = list(csv.DictReader(io.StringIO(made.path.read_text(encoding="utf-8"), newline="")))
    title = f"{NAME} (4711)"
    assert [(r["Student"], r["ID"], r["Section"], r[title]) for r in rows[1:]] == [
        ("Bertson, Bert", "901", "Section, 1", "1.5"),
        ("'=Evil, Anna", "902", "S2", "3"),
        ("Student, Test", "903", "S2", ""),
    ]
    assert set(made.unknown) == {"late", *EVIL}


@pytest.mark.parametrize("content, said", [
    ("name,points\nanna,1\n", "must have one of the columns SIS Login ID"),
    (b"\xff\xfe\x00", "is no CSV file in UTF-8"),
    ("", "it has none"),
    ("SIS Login ID\nanna\nanna\n", "two rows are the student anna"),
    ('SIS Login ID\n"anna\n', "is no CSV file"),
    (None, "cannot be read"),
])  # fmt: skip
def test_a_class_list_that_cannot_be_used_is_told_so(course, tmp_path, content, said):
    roster = tmp_path / "roster.csv"
    if content is not None:
        roster.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=said):
        export(course, [NAME], "canvas", tmp_path / "out.csv", roster)
    assert not (tmp_path / "out.csv").exists()


def test_wrong_usage_ends_with_code_2_and_changes_nothing(course, tmp_path, capsys):
    fresh = released_course(tmp_path)
    for words, said in {
        ("--to", str(tmp_path / "no" / "x.csv")): "there is no folder",
        ("--to", str(tmp_path)): "is a folder",
        (): "nothing to export",
    }.items():
        assert main(["export", "--course", str(fresh.root), *words]) == 2
        assert said in capsys.readouterr().err
    assert not (fresh.root / "grades.csv").exists()


def test_the_command_says_what_it_wrote_and_what_is_not_final(course, tmp_path, capsys):
    target = tmp_path / "marks.csv"
    assert main(["export", "--course", str(course.root), "--to", str(target)]) == 0
    told = capsys.readouterr().out
    assert "14 students in" in told and f"still to be marked by hand: anna/{NAME}" in told
    roster = tmp_path / "roster.csv"
    roster.write_text("student\nanna\n")
    assert main(["export", "--course", str(course.root), "--to", str(target), "--roster", str(roster)]) == 1
    assert r"a\x1b[31m is not on the class list" in capsys.readouterr().err
