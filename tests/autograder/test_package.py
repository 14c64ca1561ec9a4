"""What of a submission's folder goes along, and what is left behind."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from dataclasses import replace

import pytest
import toy

from autograder.assignment import accepted, load_assignment
from autograder.intake import package as module
from autograder.intake.data import laid
from autograder.intake.notebook import Cell
from autograder.intake.package import read_file, read_package
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Session

SECRET = b"SECRET-4711"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """(source folder, assignment that accepts some files); a data file of the instructor's lies beside the notebook."""
    root = tmp_path_factory.mktemp("source")
    with toy.declared_exercises():
        made = toy.toy_assignment(root)
        (root / "toy" / "data.csv").write_text("1,2,3")
        (root / "toy" / "other.ipynb").write_text("{}")
        (root / "toy" / ".hidden").write_text("x")
        yield root / "toy", replace(made, accepts=("*.txt", "*.py", "figures/*.png", "data.csv"))


def outside(folder):
    """A file that no submission may reach."""
    secret = folder.parents[2] / "secret.txt"
    secret.write_bytes(SECRET)
    return secret


def test_an_honest_folder_is_its_notebook_and_the_instructor_s_files(read, folder):
    got = read()
    content = (folder / "toy.ipynb").read_bytes()
    assert (got.content, got.sha256) == (content, hashlib.sha256(content).hexdigest())
    assert (got.verdict, got.notes, got.own) == ("", (), ())
    assert got.files == {"data.csv": b"1,2,3"}


# ------------------------------------------------------------------ nothing there


def test_a_folder_that_is_not_there_is_missing(course, tmp_path):
    got = read_package(tmp_path / "submitted" / "ben" / "toy", course[1], course[0])
    assert (got.content, got.sha256, got.verdict, got.message) == (None, "", "missing", "Nothing was submitted.")


def test_a_notebook_of_another_name_is_missing_and_named(read, folder):
    (folder / "toy.ipynb").rename(folder / "to\x1by (1).ipynb")
    assert read().message == "Nothing was submitted."  # a name that no one would type
    (folder / "to\x1by (1).ipynb").rename(folder / "toy (1).ipynb")
    got = read()
    assert (got.verdict, got.content) == ("missing", None)
    assert got.message == "There is no toy.ipynb; what was handed in is called toy (1).ipynb."


def test_a_second_notebook_is_noted_and_not_read(read, folder):
    (folder / "toy-final.ipynb").write_text("{}")
    assert read().notes == ("Beside it lies what was not read: toy-final.ipynb.",)


# ------------------------------------------------------------------ links and the like


@pytest.mark.parametrize("of", ["notebook", "assignment", "student"])
def test_no_link_is_followed_to_a_notebook(course, tmp_path, of):
    elsewhere = tmp_path / "elsewhere" / "toy"
    elsewhere.mkdir(parents=True)
    (elsewhere / "toy.ipynb").write_text(json.dumps(toy.notebook()))
    student = tmp_path / "submitted" / "eve"
    student.parent.mkdir()
    if of == "student":
        student.symlink_to(elsewhere.parent)
    elif of == "assignment":
        student.mkdir()
        (student / "toy").symlink_to(elsewhere)
    else:
        (student / "toy").mkdir(parents=True)
        (student / "toy" / "toy.ipynb").symlink_to(elsewhere / "toy.ipynb")
    got = read_package(student / "toy", course[1], course[0])
    assert (got.content, got.verdict) == (None, "malformed")
    assert got.message.startswith("The notebook cannot be read: it ")


def test_links_pipes_sockets_and_loops_beside_the_notebook_are_left_behind(read, folder):
    secret = outside(folder)
    (folder / "notes.txt").symlink_to(secret)
    (folder / "figures").symlink_to(folder)
    (folder / "proc.txt").symlink_to("/proc/self/environ")
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as made:
        there = os.open(folder, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{there}/sock.txt")  # the path of a socket is short
        os.close(there)
    got = read()
    assert got.own == ()
    assert SECRET not in b"".join(got.files.values())
    assert sorted(got.notes) == [
        "figures is a link and was not followed.", "notes.txt is a link and was not followed.",
        "pipe.txt is no regular file and was left out.", "proc.txt is a link and was not followed.",
        "sock.txt is no regular file and was left out.",
    ]  # fmt: skip


def test_a_file_that_becomes_a_link_between_two_looks_is_not_followed(read, folder, monkeypatch):
    secret = outside(folder)
    (folder / "notes.txt").write_text("mine")
    look = os.stat

    def change(path, **more):
        seen = look(path, **more)
        if path == "notes.txt":
            (folder / "notes.txt").unlink()
            (folder / "notes.txt").symlink_to(secret)
        return seen

    monkeypatch.setattr(os, "stat", change)
    got = read()
    assert got.own == ()
    assert len(got.notes) == 1 and got.notes[0].startswith("notes.txt was left out: it cannot be opened")


def test_a_hard_link_is_a_file_and_noted(read, folder):
    os.link(folder / "toy.ipynb", folder.parent / "same")
    got = read()
    assert got.verdict == ""
    assert got.notes == ("toy.ipynb is a hard link: the file has other names elsewhere.",)


def test_a_notebook_that_cannot_be_opened_is_malformed(read, folder):
    (folder / "toy.ipynb").unlink()
    (folder / "toy.ipynb").mkdir()
    assert read().message == "The notebook cannot be read: it is not a regular file."
    with pytest.raises(FileNotFoundError):
        read_file(folder / "none.ipynb")


# ------------------------------------------------------------------ companions


def test_only_files_that_the_assignment_accepts_go_along_and_count_for_the_hash(read, folder):
    before = read().sha256
    (folder / "report.doc").write_text("a")
    assert read().sha256 == before
    assert read().notes == ("The assignment accepts no such file, it was not used: report.doc.",)
    (folder / "mine.txt").write_text("b")
    (folder / "figures").mkdir()
    (folder / "figures" / "one.png").write_text("c")
    (folder / "figures" / "two.txt").write_text("d")
    got = read()
    assert got.files == {"data.csv": b"1,2,3", "figures/one.png": b"c", "mine.txt": b"b"}
    assert sorted(got.own) == ["figures/one.png", "mine.txt"]
    assert got.sha256 != before
    (folder / "mine.txt").write_text("B")
    assert read().sha256 not in (before, got.sha256)


def test_the_instructor_s_data_wins_over_a_student_s_and_a_difference_is_noted(read, folder):
    (folder / "data.csv").write_text("1,2,3")
    assert read().notes == ()
    for other in ("9,9,9", "0" * 1000):
        (folder / "data.csv").write_text(other)
        got = read()
        assert (got.files, got.own) == ({"data.csv": b"1,2,3"}, ())
        assert got.notes == ("data.csv differs from the instructor's, which was used.",)


def test_data_that_the_instructor_has_changed_is_read_again(read, course):
    read()
    path = course[0] / "data.csv"
    path.write_text("4,5,6,7")
    try:
        assert read().files == {"data.csv": b"4,5,6,7"}
    finally:
        path.write_text("1,2,3")


@pytest.mark.parametrize("name", ["numpy.py", "NumPy.py", "random.py", "gradus.py", "sitecustomize.py", "nbgrader.py"])
def test_a_file_that_would_take_the_place_of_a_module_is_left_out(read, folder, name):
    (folder / name).write_text("raise SystemExit")
    got = read()
    assert got.own == ()
    assert "would take the place of the module" in got.notes[0]


def test_a_module_of_the_student_s_own_and_data_called_like_a_module_go_along(read, folder):
    (folder / "helpers_of_ada.py").write_text("x = 1")
    (folder / "random.txt").write_text("4")
    assert sorted(read().own) == ["helpers_of_ada.py", "random.txt"]


@pytest.mark.parametrize("name", ["a\nb.txt", "a\x1b[2J.txt", "-rf.txt", "a\\b.txt", "con.txt", "a\u202etxt.txt",
                                  "x" * 220 + ".txt"])  # fmt: skip
def test_a_file_with_an_odd_name_is_left_out_and_its_name_cannot_steer_a_terminal(read, folder, name):
    (folder / name).write_text("x")
    got = read()
    assert got.own == ()
    assert len(got.notes) == 1 and "was left out: it" in got.notes[0]
    assert got.notes[0].isprintable()


def test_a_name_that_is_no_Unicode_is_left_out(read, folder):
    (folder / "\udcff.txt").touch()
    assert read().notes == ("'\ufffd.txt' was left out: it has a name that is no Unicode.",)


def test_size_number_and_depth_of_companions_are_bounded(read, folder, monkeypatch):
    monkeypatch.setattr(module, "MAX_DATA", 1000)
    monkeypatch.setattr(module, "MAX_FILES", 3)
    with (folder / "a.txt").open("wb") as file:
        file.truncate(2**40)
    for i in range(100):
        (folder / f"b{i:03}.txt").write_text("x")
    (folder / "0" / "1" / "2" / "3" / "4" / "5" / "6").mkdir(parents=True)
    got = read()
    assert got.own == ("b000.txt", "b001.txt", "b002.txt")
    assert got.notes[0] == "0/1/2/3/4/5 lies too deep and was left out."
    assert got.notes[1].startswith("a.txt was left out: at most 3 files go along")
    assert len(got.notes) == module.MAX_NOTES


def test_of_a_folder_with_too_many_files_the_notebook_alone_is_used(read, folder, monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", 30)
    for i in range(100):
        (folder / f"b{i:03}.txt").write_text("x")
    got = read()
    assert (got.verdict, got.own) == ("", ())
    assert got.notes == ("The folder holds more than 30 files: none beside the notebook was used.",)


def test_what_systems_leave_lying_about_is_passed_over(read, folder):
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "toy-checkpoint.ipynb").write_text("{}")
    (folder / ".DS_Store").write_text("x")
    (folder / "submission_secret.txt").write_text("x")
    assert read().notes == ()


@pytest.mark.parametrize("path, fits", [("a.csv", True), ("A.CSV", False), ("x/a.csv", False), ("figures/a.png", True),
                                        ("figures/b/a.png", False), ("a.csv.py", False)])  # fmt: skip
def test_a_pattern_does_not_cross_folders(path, fits):
    assert accepted(path, ("*.csv", "figures/*.png")) is fits


@pytest.mark.parametrize(
    "accepts", ["*.csv", [7], [""], ["/etc/*"], ["../*"], ["a//b"], ["**"], ["a\\b"], ["*.ipynb"], {}]
)
def test_a_source_notebook_with_senseless_patterns_is_refused(course, tmp_path, accepts):
    notebook = toy.notebook() | {"metadata": {"autograder": {"accepts": accepts}}}
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "toy.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(ValueError, match=r"toy: metadata\.autograder\.accepts"):
        load_assignment("toy", tmp_path)


def test_the_patterns_of_the_source_notebook_are_the_assignment_s(course, tmp_path):
    notebook = toy.notebook() | {"metadata": {"autograder": {"accepts": ["*.csv", "figures/*.png"]}}}
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "toy.ipynb").write_text(json.dumps(notebook))
    assert load_assignment("toy", tmp_path).accepts == ("*.csv", "figures/*.png")


def test_a_companion_in_the_way_of_the_instructor_s_files_is_left_out(read, folder, course, tmp_path):
    accepting = replace(course[1], accepts=("data.csv/*", "*.txt"))
    (folder / "data.csv").mkdir()
    (folder / "data.csv" / "x").write_text("x")
    got = read_package(folder, accepting, course[0])
    assert got.own == ()
    assert got.notes == ("data.csv/x was left out: it is in the way of a file of the instructor's.",)


@pytest.mark.parametrize("cap, most", [("MAX_DATA", 5 + 10), ("MAX_LAID", 1 + 2)])
def test_companions_are_left_out_where_they_and_the_instructor_s_files_are_too_much_together(
    read, folder, monkeypatch, cap, most
):
    monkeypatch.setattr(module, cap, most)  # "1,2,3" of the instructor's, and 10 bytes in two files of the student's
    (folder / "a.txt").write_text("x" * 5)
    (folder / "b.txt").write_text("x" * 5)
    assert (read().own, read().notes) == (("a.txt", "b.txt"), ())
    monkeypatch.setattr(module, cap, most - 1)
    got = read()
    assert got.own == ("a.txt",)
    assert len(got.notes) == 1
    assert got.notes[0].startswith("b.txt was left out: at most 100 files go along, and with the assignment's own ")


def test_folders_count_as_much_as_files():
    assert laid(["a/b/c.txt", "a/d.txt", "e.txt"]) == 5  # a, a/b and three files


def test_a_module_beside_the_source_notebook_can_be_imported_and_takes_the_place_of_no_other():
    files = {
        "helper.py": b"x = 3",
        "tools/deep.py": b"y = 4",
        "statistics.py": b"mean = 5",
        "sklearn.py": b"",
        "colorsys.py": b"",
    }
    source = "import colorsys, statistics, helper, sklearn\nfrom tools.deep import y\ndef it():\n    return [helper.x, y, " \
             "statistics.mean([2.0, 4.0]), hasattr(sklearn, '__version__'), hasattr(colorsys, 'rgb_to_hsv')]"  # fmt: skip
    cells = [Cell("solution", "it-code", source), Cell("check", "it", "")]
    with Session(cells, sources(()), files=files) as session:
        [it] = session.objects("it", ["it"])
        assert it() == [3, 4, 3.0, True, True]
