"""Archives of learning platforms into nbgrader's layout, and what is refused on the way."""

from __future__ import annotations

import tarfile
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from archives import HONEST, NOTEBOOK, PATH, WHEN, tar_of, tree, why, zip_of
from small_course import NAME, make_course

from autograder.cli import main
from autograder.grading.course import Course
from autograder.intake.archive import entries
from autograder.intake.collecting import Order, collect
from autograder.intake.platforms import Handed, Unknown, handed_in, layout_of, read_roster
from autograder.intake.receipts import latest_receipts


@pytest.fixture
def order(tmp_path):
    (tmp_path / "state").mkdir()
    return Order(tmp_path / "submitted", tmp_path / "state", [NAME], None, WHEN)


# ------------------------------------------------------------------ whose file it is


def told(name, assignments, roster, *others):
    """What a name says in an archive of it and others."""
    return handed_in(name, layout_of([*others, name], assignments), assignments, roster)


NAMES = {
    f"ada/{PATH}": Handed("ada", "ada", NAME, f"{NAME}.ipynb"),
    f"submitted/ada/{NAME}/figures/a.png": Handed("ada", "ada", NAME, "figures/a.png"),
    f"{NAME}/{PATH}": Handed(NAME, NAME, NAME, f"{NAME}.ipynb"),
    f"lovelaceada_12345_67890_{NAME}.ipynb": Handed("12345", "12345", NAME, f"{NAME}.ipynb"),
    f"lovelaceada_LATE_12345_67890_{NAME}.ipynb": Handed("12345", "12345", NAME, f"{NAME}.ipynb", True),
    f"lovelaceada_12345_67890_{NAME}-2.ipynb": Handed("12345", "12345", NAME, f"{NAME}.ipynb"),
    f"submissions/lovelaceada_1_2_{NAME}.ipynb": Handed("1", "1", NAME, f"{NAME}.ipynb"),
    f"Ada Lovelace_12345_assignsubmission_file_/{NAME}.ipynb": Handed("Ada_Lovelace", "12345", NAME, f"{NAME}.ipynb"),
    f"Ada Lovelace_12345_assignsubmission_file_{NAME}.ipynb": Handed("Ada_Lovelace", "12345", NAME, f"{NAME}.ipynb"),
    f"Zoë O'Neil_7_assignsubmission_file_/x/{NAME}.ipynb": Handed("Zoë_O'Neil", "7", NAME, f"x/{NAME}.ipynb"),
    f"Zoë O'Neil_7_assignsubmission_file_/{PATH}": Handed("Zoë_O'Neil", "7", NAME, f"{NAME}.ipynb"),
    f"week 1/Ada Lovelace_12345_assignsubmission_file_/{PATH}": Handed("Ada_Lovelace", "12345", NAME, f"{NAME}.ipynb"),
    "lovelaceada_12345_67890_my_data.csv": Handed("12345", "12345", NAME, "my_data.csv"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_tells_whose_file_it_is(name):
    assert told(name, [NAME], None) == NAMES[name]


@pytest.mark.parametrize("name", [f"{NAME}.ipynb", PATH, "ada/other/other.ipynb", "readme.txt", "a_b_c.ipynb",
                                  "Ada Lovelace_12345_assignsubmission_onlinetext_/onlinetext.html"])  # fmt: skip
def test_a_name_that_tells_nothing_is_refused(name):
    with pytest.raises(Unknown):
        told(name, [NAME], None)


def test_of_several_assignments_a_file_belongs_to_the_one_it_is_called_after():
    both = [NAME, "other"]
    assert told("a_1_2_other.ipynb", both, None).assignment == "other"
    with pytest.raises(Unknown, match="say with --assignment"):
        told("a_1_2_data.csv", both, None)


def test_a_roster_gives_the_ids_of_the_course(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text("id,section,student\n12345,A,ada\nAda Lovelace,B,ada\n", encoding="utf-8-sig")
    roster = read_roster(path)
    assert told(f"x_12345_1_{NAME}.ipynb", [NAME], roster).student == "ada"
    assert told(f"Ada Lovelace_9_assignsubmission_file_/{NAME}.ipynb", [NAME], roster).student == "ada"
    with pytest.raises(Unknown, match="777 x, who is not in the roster"):
        told(f"x_777_1_{NAME}.ipynb", [NAME], roster)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "id,student\n1,a\n1,b\n", "id,student\n1,../a\n", "id,student\n1,a/b\n",
                                  "id,student\n1\n"])  # fmt: skip
def test_a_roster_of_another_form_is_refused(tmp_path, text):
    path = tmp_path / "ids.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"ids\.csv"):
        read_roster(path)


# ------------------------------------------------------------------ files called like somebody else's

MOODLE, CANVAS = "Alice A_1_assignsubmission_file_", "alicea_1_10_"
CALLED = {  # what Alice's file is called -> the path that it has in her submission
    f"{MOODLE}/bob/{PATH}": f"bob/{PATH}", f"{MOODLE}/Bob B_999_assignsubmission_file_/{NAME}.ipynb":
    f"Bob B_999_assignsubmission_file_/{NAME}.ipynb", f"{MOODLE}/bobb_999_20_{NAME}.ipynb": f"bobb_999_20_{NAME}.ipynb",
    f"{MOODLE}/{PATH}": f"{NAME}.ipynb", f"{MOODLE}/{NAME}/bob/{PATH}": f"bob/{PATH}",
    f"{MOODLE}bobb_999_20_{NAME}.ipynb": f"bobb_999_20_{NAME}.ipynb",
    f"{MOODLE}Bob B_999_assignsubmission_file_{NAME}.ipynb": f"Bob B_999_assignsubmission_file_{NAME}.ipynb",
    f"{CANVAS}bobb_999_20_{NAME}.ipynb": f"bobb_999_20_{NAME}.ipynb",
    f"{CANVAS}LATE_999_20_{NAME}.ipynb": f"LATE_999_20_{NAME}.ipynb",
    f"{CANVAS}Bob B_999_assignsubmission_file_{NAME}.ipynb": f"Bob B_999_assignsubmission_file_{NAME}.ipynb",
    f"{CANVAS}999_20_{NAME}.ipynb": f"999_20_{NAME}.ipynb",
}  # fmt: skip


@pytest.mark.parametrize(
    "roster", [None, {"1": "alice", "999": "bob", "Bob B": "bob", "bobb": "bob"}], ids=["", "roster"]
)
@pytest.mark.parametrize("wrapped", ["", "week 1/"])
@pytest.mark.parametrize("name", CALLED)
def test_what_a_student_s_file_is_called_makes_it_nobody_else_s(name, wrapped, roster):
    owner = "alice" if roster else "Alice_A" if name.startswith(MOODLE) else "1"
    other = f"Bob B_999_assignsubmission_file_/{NAME}.ipynb" if name.startswith(MOODLE) else f"bobb_999_20_{NAME}.ipynb"
    for others in ([], [wrapped + other]):
        assert told(wrapped + name, [NAME], roster, *others) == Handed(owner, "1", NAME, CALLED[name])


@pytest.mark.parametrize("roster", [None, {"999": "bob", "Bob B": "bob"}], ids=["", "roster"])
@pytest.mark.parametrize(
    "inner", [f"bob/{PATH}", f"Bob B_999_assignsubmission_file_/{NAME}.ipynb", f"bobb_999_20_{NAME}.ipynb"]
)
def test_in_a_tree_of_students_no_file_of_one_is_another_s(inner, roster):
    tree = f"bob/{PATH}"
    assert told(f"alice/{NAME}/{inner}", [NAME], roster, tree) == Handed("alice", "alice", NAME, inner)
    for name in (f"alice/{inner}", f"alice/old/{inner}"):
        with pytest.raises(Unknown, match="is not called as nbgrader calls files"):
            told(name, [NAME], roster, tree)


def test_an_archive_with_another_s_name_inside_is_its_owner_s(order, tmp_path):
    forged = {
        f"{MOODLE}/{inner}": b"forged" for inner in (f"bob/{PATH}", f"Bob B_999_assignsubmission_file_/{NAME}.ipynb")
    }
    honest = {f"Bob B_999_assignsubmission_file_/{NAME}.ipynb": NOTEBOOK}
    for roster in (None, {"1": "Alice_A", "999": "Bob_B", "bob": "Bob_B"}):
        for i, files in enumerate(({**forged, **honest}, {**honest, **forged})):
            into = replace(order, into=tmp_path / f"{i}{bool(roster)}", roster=roster)
            got = collect(zip_of(tmp_path / "a.zip", files), into)
            assert (got.new, got.refused) == ([("Alice_A", NAME), ("Bob_B", NAME)], [])
            assert tree(into.into / "Bob_B")[PATH] == NOTEBOOK
            assert [name for name, content in tree(into.into).items() if content == b"forged"] == [
                f"Alice_A/{NAME}/Bob B_999_assignsubmission_file_/{NAME}.ipynb", f"Alice_A/{NAME}/bob/{PATH}"]  # fmt: skip


def test_a_student_who_calls_himself_by_another_s_number_is_not_taken_for_him():
    with pytest.raises(Unknown, match="1 999, who is not in the roster"):
        told(f"999_1_assignsubmission_file_/{NAME}.ipynb", [NAME], {"999": "bob"})


# ------------------------------------------------------------------ what is collected


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "pax"])
def test_an_archive_of_each_kind_is_collected(order, tmp_path, kind):
    if kind == "zip":
        path = zip_of(tmp_path / "a.zip", HONEST)
    else:
        mode = {"tar": "w:", "tar.gz": "w:gz", "tar.bz2": "w:bz2", "pax": "w:gz"}[kind]
        form = tarfile.PAX_FORMAT if kind == "pax" else tarfile.GNU_FORMAT
        path = tar_of(tmp_path / "a", HONEST.items(), mode, format=form)
    got = collect(path, order)
    assert (got.new, got.refused, got.late) == ([("1", NAME), ("2", NAME)], [], 1)
    assert tree(order.into) == {
        f"1/{NAME}/data.csv": b"1,2", f"1/{NAME}/timestamp.txt": b"2026-11-20 18:30:00 UTC\n", f"1/{PATH}": NOTEBOOK,
        f"2/{NAME}/timestamp.txt": b"2026-11-20 18:30:00 UTC\n", f"2/{PATH}": NOTEBOOK + b" ",
    }  # fmt: skip


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_and_foreign_names_in_a_tar_are_whole(order, tmp_path, form):
    name = f"Zoë {'x' * 150}_1_assignsubmission_file_/{'ü' * 60}/{NAME}.txt"
    [got] = entries(tar_of(tmp_path / "a.tgz", [(f"./{name}", b"abc")], format=form))
    assert (got.name, got.content, got.refused) == (name, b"abc", "")


def test_names_in_a_zip_that_does_not_say_it_is_utf_8_are_read_as_that(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"Zoé_1_assignsubmission_file_/a.csv": b"x"})
    raw = path.read_bytes().replace(b"PK\x03\x04\x14\0\0\x08", b"PK\x03\x04\x14\0\0\0").replace(
        b"PK\x01\x02\x14\x03\x14\0\0\x08", b"PK\x01\x02\x14\x03\x14\0\0\0")  # fmt: skip
    assert raw != path.read_bytes()
    path.write_bytes(raw)
    assert [e.name for e in entries(path)] == ["Zoé_1_assignsubmission_file_/a.csv"]


def test_the_receipt_is_the_collector_s_and_never_the_student_s(order, tmp_path):
    path = zip_of(
        tmp_path / "a.zip", {f"ada/{PATH}": NOTEBOOK, f"ada/{NAME}/timestamp.txt": b"1999-01-01 00:00:00 UTC"}
    )
    got = collect(path, order)
    assert got.notes == [
        f"ada/{NAME}/timestamp.txt was left behind: when a submission came is not for its author to say"
    ]
    assert (order.into / "ada" / NAME / "timestamp.txt").read_text() == "2026-11-20 18:30:00 UTC\n"
    assert latest_receipts(order.state / "receipts.jsonl")["ada", NAME].received == WHEN


def test_the_times_in_an_archive_count_where_they_are_asked_for(order, tmp_path):
    info = zipfile.ZipInfo(f"ada/{PATH}", (2026, 10, 1, 12, 0, 0))
    collect(zip_of(tmp_path / "a.zip", [(info, NOTEBOOK)]), replace(order, received=None))
    local = time.mktime((2026, 10, 1, 12, 0, 0, 0, 0, -1))
    got = latest_receipts(order.state / "receipts.jsonl")["ada", NAME].received
    assert (got - datetime(1970, 1, 1)).total_seconds() == local


def test_a_dry_run_says_the_same_and_writes_nothing(order, tmp_path):
    path = zip_of(tmp_path / "a.zip", {**HONEST, "../x": b""})
    dry = collect(path, replace(order, dry_run=True))
    assert not order.into.exists() and not list(order.state.iterdir())
    assert dry == collect(path, order)


def test_what_was_collected_before_is_not_touched_unless_it_is_to_be_replaced(order, tmp_path):
    first = zip_of(tmp_path / "1.zip", {f"ada/{PATH}": b"1", f"ben/{PATH}": b"1"})
    second = zip_of(tmp_path / "2.zip", {f"ada/{PATH}": b"2", f"ben/{PATH}": b"1"})
    collect(first, order)
    got = collect(second, replace(order, received=datetime(2027, 1, 1)))
    assert (got.new, got.unchanged) == ([], [("ben", NAME)])
    assert "--replace" in why(got)
    assert (order.into / "ada" / PATH).read_bytes() == b"1"
    assert latest_receipts(order.state / "receipts.jsonl")["ben", NAME].received == WHEN
    got = collect(second, replace(order, replace=True))
    assert (got.replaced, got.refused) == ([("ada", NAME)], [])
    assert (order.into / "ada" / PATH).read_bytes() == b"2"
    collect(first, replace(order, replace=True))
    aside = order.state / "replaced" / "ada" / NAME
    assert [(aside / n / f"{NAME}.ipynb").read_bytes() for n in ("1", "2")] == [b"1", b"2"]


def test_two_persons_of_one_name_are_told_apart_or_refused(order, tmp_path):
    path = zip_of(tmp_path / "a.zip", {f"Ann Lee_{n}_assignsubmission_file_/{NAME}.ipynb": NOTEBOOK for n in (1, 2)})
    got = collect(path, order)
    assert got.new == [] and "--roster" in why(got)
    got = collect(path, replace(order, roster={"1": "ann1", "2": "ann2"}))
    assert got.new == [("ann1", NAME), ("ann2", NAME)]


def test_a_renamed_notebook_is_collected_under_its_own_name_and_noted(order, tmp_path):
    got = collect(zip_of(tmp_path / "a.zip", {"x_1_2_final version.ipynb": NOTEBOOK}), order)
    assert got.new == [("1", NAME)]
    assert got.notes == [f"1/{NAME}: there is no {NAME}.ipynb among its files (final version.ipynb)"]


# ------------------------------------------------------------------ the command


def test_the_command_collects_reports_and_tells_by_its_exit_code(tmp_path, capsys):
    course = Course.open(make_course(tmp_path / "course"))
    fine = str(zip_of(tmp_path / "fine.zip", HONEST))
    bad = str(zip_of(tmp_path / "bad.zip", {"../\x1b[2Jevil": b"", f"eve/{PATH}": NOTEBOOK}))
    words = ["collect", "--course", str(course.root)]
    assert main([*words, fine, "--dry-run"]) == 0
    assert "fine.zip: 2 would be collected" in capsys.readouterr().out
    assert not (course.root / "submitted").exists()
    assert main([*words, fine, bad]) == 1
    said = capsys.readouterr().out
    assert "fine.zip: 2 collected\n" in said and "bad.zip: 1 collected, 1 refused\n" in said
    assert "  refused: ../\\x1b[2Jevil has invisible characters in its name\n" in said
    assert sorted(p.name for p in (course.root / "submitted").iterdir()) == ["1", "2", "eve"]
    received = latest_receipts(course.state / "receipts.jsonl")["eve", NAME].received
    assert abs(received.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("words, said", [
    (["none.zip"], "none.zip cannot be read: No such file"), (["text.zip"], "neither a zip nor a tar"),
    (["fine.zip", "text.zip"], "neither a zip nor a tar"), (["fine.zip", "--assignment", "toy"], "no assignment 'toy'"),
    (["fine.zip", "--received", "soon"], "--received: expected now"), (["fine.zip", "--roster", "text.zip"], "--roster:"),
])  # fmt: skip
def test_wrong_usage_changes_nothing(tmp_path, capsys, words, said):
    course = Course.open(make_course(tmp_path / "course"))
    zip_of(tmp_path / "fine.zip", HONEST)
    (tmp_path / "text.zip").write_text("hello")
    words = [str(tmp_path / w) if w.endswith(".zip") else w for w in words]
    assert main(["collect", "--course", str(course.root), *words]) == 2
    assert said in capsys.readouterr().err
    assert not (course.root / "submitted").exists()
