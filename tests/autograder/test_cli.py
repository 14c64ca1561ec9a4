"""The command line as an instructor meets it: help, exit codes, what is printed, and what never is."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time

import pytest
from small_course import NAME, POINTS, SWAPPED, answered, command, find, make_course, released_course, submit

from autograder.cli import main
from autograder.sandbox.jail import name_of
from autograder.sandbox.starting import best


@pytest.fixture
def course(tmp_path, monkeypatch):
    made = released_course(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def code_of(*words: str) -> int:
    try:
        return main(words)
    except SystemExit as stop:  # argparse
        return stop.code


def test_help_names_the_commands_and_those_of_a_run_show_how_they_are_used(capsys):
    assert code_of("--help") == 0
    listed = re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE)
    assert {"release", "grade", "cluster", "feedback"} <= set(listed)
    for name in listed:
        assert code_of(name, "--help") == 0
        told = capsys.readouterr().out
        assert f"usage: autograder {name}" in told
        if name in ("grade", "cluster"):
            assert f"examples:\n  autograder {name}" in told


@pytest.mark.parametrize("name", ["grade", "report", "collect", "export"])
def test_no_description_is_wider_than_a_page(capsys, name):
    assert code_of(name, "--help") == 0
    description = capsys.readouterr().out.partition("\n\n")[2].partition("positional arguments:")[0]
    assert max(map(len, description.splitlines())) <= 120


def test_the_help_says_what_becomes_of_marks_that_were_entered_before(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert code_of("grade", "--help") == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in ("A run replaces every mark that a machine entered before, also by a lower one",
                  "marks that --exercise has kept, for as long as the submission is the same",
                  "no earlier verdict holds then"):  # fmt: skip
        assert words in told


@pytest.mark.parametrize(
    "words, said",
    [
        (["grade", "--both-ways"], "--both-ways: only with --exercise"),
        (["grade", "--unsafe", "--repeat", "0"], "must be a number of at least 1"),
        (["grade", "--unsafe", "--log", "no/such/folder/log"], "--log: no/such/folder/log cannot be written"),
        (["grade", "--unsafe", "--jobs", "0"], "must be a number of at least 1"),
        (["grade", "--unsafe", "--jobs", "many"], "at least 1, got 'many'"),
        (["grade", "--unsafe", "no_such_assignment"], "no assignment 'no_such_assignment'"),
        (["grade", "--unsafe", "--submitted", "nowhere"], "cannot be read"),
        (["grade", "--unsafe", "--db", "nonsense"], "cannot be opened"),
        (["release", "no\x1b[31mred"], r"'no\x1b[31mred'"),
        (["release", "--course", "/nowhere"], "no course folder"),
        (["feedback"], "nothing to give feedback on"),
        (["no_such_command"], "invalid choice"),
        ([], "required"),
    ],
)
def test_wrong_usage_ends_with_code_2_and_a_sentence(course, capsys, words, said):
    submit(course.root, "anna", answered())
    assert code_of(*words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert "\x1b" not in told


def test_without_confinement_nothing_is_graded_and_with_unsafe_it_is_said_so(course, monkeypatch, capsys):
    submit(course.root, "anna", answered())
    monkeypatch.setattr("autograder.doctor.proved.best", lambda: ("rlimits",))
    monkeypatch.setattr("autograder.grading.run.best", lambda: ("rlimits",))
    assert code_of("grade") == 2
    assert "submissions cannot be confined on this machine" in capsys.readouterr().err
    assert code_of("grade", "--unsafe", "--dry-run") == 0
    assert "isolation: process\nWARNING: submissions are not confined" in capsys.readouterr().out


def test_the_log_holds_what_happened_one_object_a_line_without_control_characters(course, capsys):
    notebook = answered("def compute_fans(shape):\n    raise ValueError('\\x1b[2J')")
    find(notebook, "compute_fans")["source"] = "\x1b[31mred"
    submit(course.root, "anna\x1b[2J\x7f\r\n", notebook)
    submit(course.root, "bert", answered())
    assert main(["grade", "--unsafe"]) == 0
    assert f"2 submissions, isolation: {name_of(best())}\n" in capsys.readouterr().out
    assert main(["grade", "--unsafe", "--resume", "--only", "bert", "--log", "other.jsonl"]) == 0
    text = (course.state / "log.jsonl").read_text()
    assert set(re.findall(r"[\x00-\x1f\x7f-\uffff]", text)) == {"\n"}
    begin, *judged, end = [json.loads(line) for line in text.splitlines()]
    assert (begin["event"], begin["submissions"], begin["isolation"]) == ("begin", 2, name_of(best()))
    assert {line["student"]: (line["event"], line["verdicts"], line["score"]) for line in judged} == {
        "anna\x1b[2J\x7f\r\n": ("judged", {"compute_fans": "raised"}, 0),
        "bert": ("judged", {"compute_fans": "pass"}, POINTS),
    }
    assert end["event"] == "end"
    events = [json.loads(line)["event"] for line in (course.root / "other.jsonl").read_text().splitlines()]
    assert events == ["begin", "known", "end"]


def test_a_class_from_release_to_feedback(tmp_path, monkeypatch, capsys):
    root = make_course(tmp_path)
    monkeypatch.chdir(root)
    submit(root, "anna", answered(words="It falls."))
    submit(root, "bert", answered(SWAPPED))
    submit(root, "carl", b"garbage")
    assert main(["release"]) == 0
    assert f"{NAME}: released into release/{NAME}/ (figure.txt, {NAME}.ipynb)" in capsys.readouterr().out
    assert main(["release"]) == 0
    assert f"{NAME}: up to date" in capsys.readouterr().out
    assert main(["grade", "--unsafe", "--jobs", "2", "--results", "results.jsonl", "-v"]) == 0
    told = capsys.readouterr().out
    rows = dict(re.findall(r"^(anna|bert|carl|student) +(.+?)$", told, re.MULTILINE))
    assert {who: row.split() for who, row in rows.items()} == {
        "student": [NAME, "total"],
        "anna": [f"{POINTS}*", f"{POINTS}*"],
        "bert": ["0", "0"],
        "carl": ["0", "0"],
    }
    assert "Verdicts: 1 pass · 1 wrong · 1 malformed" in told
    assert "W has shape (fan_in, fan_out) here" in told
    assert "[3/3]" in told
    assert len((root / "results.jsonl").read_text().splitlines()) == 3
    assert main(["grade", "--unsafe", "--resume"]) == 0
    assert "3 of 3 submissions had been judged before" in capsys.readouterr().out
    assert main(["feedback", NAME]) == 0
    assert "3 pages in feedback/" in capsys.readouterr().out
    assert main(["feedback", "--only", "bert"]) == 0
    assert "1 page in feedback/" in capsys.readouterr().out


def test_what_could_not_be_graded_ends_with_code_1(course, capsys):
    submit(course.root, "anna", answered())
    (course.root / "submitted" / os.fsdecode(b"b\xffrt") / NAME).mkdir(parents=True)
    assert main(["grade", "--unsafe"]) == 1
    told = capsys.readouterr()
    assert re.search(rf"^anna +{POINTS} +{POINTS}$", told.out, re.MULTILINE)
    assert "problem: b\\udcffrt: a student's id must be valid text" in told.err


def test_control_characters_in_names_and_notes_never_reach_the_terminal(course, capsys):
    notebook = answered("def compute_fans(shape):\n    raise ValueError('\\x1b]0;owned\\x07\\x1b[2J')")
    find(notebook, "compute_fans")["source"] = "\x1b[31mred"
    submit(course.root, "anna\x1b[2J\r\n", notebook)
    assert main(["grade", "--unsafe", "-v"]) == 0
    told = "".join(capsys.readouterr())
    assert "anna\\x1b[2J\\r\\n" in told
    assert set(re.findall(r"[\x00-\x1f\x7f-\x9f]", told)) == {"\n"}


def test_a_terminal_gets_a_bar_and_a_pipe_gets_lines(course):
    submit(course.root, "anna", answered())
    told = [sys.executable, "-m", "autograder.cli", "grade", "--unsafe"]
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    ran = subprocess.run(told, stdout=subprocess.PIPE, stderr=theirs, timeout=100, check=True)
    os.close(theirs)
    bar = os.read(mine, 100_000).decode()
    os.close(mine)
    assert "1/1" in bar
    assert b"[1/1]" not in ran.stdout
    piped = command(course.root, "autograder", "grade", "--unsafe")
    assert "[1/1] anna" in piped.stdout
    assert piped.stderr == ""


def test_it_runs_from_any_folder_on_a_course_that_is_named(course, tmp_path, monkeypatch, capsys):
    submit(course.root, "anna", answered())
    monkeypatch.chdir(tmp_path)
    assert main(["grade", "--course", str(course.root), "--unsafe"]) == 0
    assert "anna" in capsys.readouterr().out
    assert (course.state / "journal.jsonl").exists()
    assert not (tmp_path / ".autograder").exists()


def group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_keeps_what_was_judged_and_leaves_no_process(course, capsys):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would hand on that it is ignored
    for i in range(6):
        submit(course.root, f"student {i}", answered())
    told = [sys.executable, "-m", "autograder.cli", "grade", "--unsafe", "--jobs", "1"]
    started = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(2):  # what there is to do, and the first that is done
        started.stdout.readline()
    os.killpg(started.pid, 2)
    _, err = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err
    until = time.monotonic() + 10
    while group_lives(started.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not group_lives(started.pid)
    again = command(course.root, "autograder", "grade", "--unsafe", "--resume").stdout
    assert re.search(r"^[1-5] of 6 submissions had been judged before$", again, re.MULTILINE)
