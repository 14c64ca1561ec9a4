"""The journal: what is in it stays, whatever happens to the machine, and the same key means the same verdict."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.grading.course import UsageError
from autograder.grading.environment import environment
from autograder.grading.journal import Journal, StorageFailure, key_of, one_run_at_a_time
from autograder.grading.result import Result
from autograder.judging import Answer, CaseResult


def result(student: str = "anna", exercise: str = "compute_fans", score: float = 3.0, **more) -> Result:
    case = CaseResult("a dense layer", "public", True, call="f((3, 4))", trace="line 1 of f: ✓")
    answer = Answer(exercise, 3, score, "pass", "All right.", None, (case,), "Weight initialization", "Counting")
    fields = {"student": student, "assignment": "initialization", "exercise": exercise, "verdict": "pass", "score": score,
              "max_score": 3.0, "message": "All right.", "misconception": None, "seconds": 0.1, "isolation": "process",
              "submission_sha256": "ab", "checks_sha256": "cd", "seed": 2**63 + 1, "answer": answer,
              "notes": ("a note",)}  # fmt: skip
    return Result(**{**fields, **more})


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def test_a_verdict_comes_back_as_it_was_written(journal):
    written = result()
    journal.judged([written])
    [(_, read)] = journal.verdicts(["initialization"])
    assert read == written
    assert (read.answer, read.notes, read.seed) == (written.answer, ("a note",), 2**63 + 1)


def test_of_several_verdicts_on_an_exercise_the_last_one_counts(journal):
    journal.judged([result(score=1.0), result("bert")])
    journal.judged([result(score=2.0)])
    latest = journal.latest(["initialization"])
    assert latest["anna", "initialization"]["compute_fans"].score == 2.0
    assert latest["bert", "initialization"]["compute_fans"].score == 3.0


def test_verdicts_on_other_assignments_are_left_out(journal):
    journal.judged([result(assignment="another"), result()])
    assert list(journal.latest(["initialization"])) == [("anna", "initialization")]


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_line_cut_short_is_passed_over_and_spoils_no_later_line(journal, cut):
    journal.judged([result("anna"), result("bert")])
    torn = journal.path.read_bytes()[:-cut]
    journal.path.write_bytes(torn)
    assert set(journal.latest(["initialization"])) == {("anna", "initialization")} | (
        {("bert", "initialization")} if cut == 1 else set()
    )
    journal.judged([result("carl")])
    assert journal.path.read_bytes().startswith(torn)
    assert ("carl", "initialization") in journal.latest(["initialization"])


def test_wherever_the_file_ends_all_whole_lines_are_read_and_the_next_ones_too(journal, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda fd: None)  # thousands of times: no machine fails here
    odd = 'b"e\\rt'
    journal.judged([result("anna"), result(odd, message='", "time": "2026"}')])
    journal.entered([("anna", "initialization", "1")])
    whole = journal.path.read_bytes()
    ends = [i for i, byte in enumerate(whole) if byte == ord("\n")]  # a line that lacks only its end is whole
    for cut in sorted({*range(0, len(whole), 7), *(end + i for end in ends for i in (-1, 0, 1))}):
        journal.path.write_bytes(whole[:cut])
        lines = sum(cut >= end for end in ends)
        assert [s for s, _ in journal.latest(["initialization"])] == ["anna", odd][:lines], cut
        journal.judged([result("carl")])
        assert [s for s, _ in journal.latest(["initialization"])] == [*["anna", odd][:lines], "carl"], cut
        assert len(journal.last_entered()) == (lines == 3), cut


def test_lines_that_are_no_records_are_passed_over(journal):
    journal.path.write_bytes(b'[]\n"text"\n{"assignment": "initialization"}\n\xff\xfe\n')
    journal.judged([result()])
    assert len(list(journal.verdicts(["initialization"]))) == 1


def test_only_what_is_asked_for_is_in_memory(journal):
    verdict = result(message="x" * 500)
    journal.judged(replace(verdict, student=f"student {i // 10}", exercise=f"e{i % 10}") for i in range(20_000))
    tracemalloc.start()
    latest = journal.latest(["initialization"])
    assert latest["student 1234", "initialization"]["e7"].message == verdict.message
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(latest) == 2_000
    assert journal.path.stat().st_size > 20_000_000
    assert peak < 4_000_000


def test_all_verdicts_on_a_students_work_are_found_by_their_keys(journal):
    first, second = result(score=1.0), result(score=2.0, submission_sha256="other bytes")
    journal.judged([first, result("bert"), second, replace(first, score=0.5)])
    keys = [record["key"] for record in journal.records()]
    found = journal.latest(["initialization"]).by_key(("anna", "initialization"))
    assert {key: r.score for key, r in found.items()} == {keys[0]: 0.5, keys[2]: 2.0}


# ------------------------------------------------------------------ when it cannot be written


def test_a_full_disk_is_named_and_costs_no_line_that_was_there(journal):
    journal.judged([result("anna")])
    size = journal.path.stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
    try:
        with pytest.raises(StorageFailure, match=r"journal\.jsonl cannot be written: File too large"):
            journal.judged([result("bert")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert journal.path.stat().st_size == size + 100  # a part of the line
    journal.judged([result("carl")])
    assert [student for student, _ in journal.latest(["initialization"])] == ["anna", "carl"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux's")
def test_no_space_left_is_said_as_the_system_says_it():
    with pytest.raises(StorageFailure, match="/dev/full cannot be written: No space left on device"):
        Journal(Path("/dev/full")).judged([result()])


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageFailure, match=r"gone/journal\.jsonl cannot be written: No such file"):
        Journal(tmp_path / "gone" / "journal.jsonl").judged([result()])
    with pytest.raises(UsageError, match="gone/lock cannot be written"), one_run_at_a_time(tmp_path / "gone" / "lock"):
        pass


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_journal import Journal, result
for i in range(100):
    Journal(Path(sys.argv[1])).judged([result(f"anna {i}"), result(f"bert {i}")])
"""


def test_two_processes_write_whole_lines(journal):
    here = str(Path(__file__).parent)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(journal.path), here]) for _ in range(2)]
    assert [w.wait(60) for w in writers] == [0, 0]
    lines = journal.path.read_text().splitlines()
    assert len(lines) == 400
    assert all(json.loads(line)["exercise"] == "compute_fans" for line in lines)


def test_what_was_entered_last_is_known(journal):
    journal.entered([("anna", "initialization", "1"), ("bert", "initialization", "2")])
    journal.judged([result()])
    journal.entered([("anna", "initialization", "3")])
    assert journal.last_entered() == {("anna", "initialization"): "3", ("bert", "initialization"): "2"}
    assert len(list(journal.verdicts(["initialization"]))) == 1


@pytest.mark.parametrize("field", ["student", "assignment", "exercise", "submission_sha256", "checks_sha256", "seed"])
def test_the_key_changes_with_everything_that_a_verdict_depends_on(journal, field):
    first = result()
    other = replace(first, **{field: 7 if field == "seed" else "another"})
    journal.judged([first, other, replace(first, score=0.0, verdict="wrong")])
    keys = [record["key"] for record in journal.records()]
    assert keys[0] != keys[1]
    assert keys[0] == keys[2]


def test_a_verdict_is_not_used_again_under_another_numpy(journal, monkeypatch):
    journal.judged([result()])
    [record] = journal.records()
    assert f"NumPy {np.__version__} · " in record["environment"]
    assert f"Python {sys.version.split()[0]} · " in record["environment"]
    now = environment()
    monkeypatch.setattr("autograder.grading.journal.environment", lambda: now.replace(np.__version__, "9.9.9"))
    journal.judged([result()])
    first, second = journal.records()
    assert first["key"] != second["key"]
    assert "NumPy 9.9.9" in second["environment"]


def test_names_cannot_be_shifted_between_the_parts_of_a_key():
    assert key_of("ab", "c", "d", "e", "f", 1) != key_of("a", "bc", "d", "e", "f", 1)


def test_a_second_run_at_the_same_time_is_refused(tmp_path):
    lock = tmp_path / "lock"
    with one_run_at_a_time(lock), pytest.raises(UsageError, match="another grading run"), one_run_at_a_time(lock):
        pass
    with one_run_at_a_time(lock):
        pass
