"""Marks in nbgrader's gradebook: what a machine entered is replaced, what a person entered stays."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from nbgrader.plugins import LateSubmissionPlugin
from small_course import NAME, POINTS, gradebook_rows, released_course
from test_journal import result

from autograder.grading.audit import PENALTY, changes
from autograder.grading.course import Course
from autograder.grading.gradebook import Marks, Standing, final_score, standings, write_marks
from autograder.grading.journal import StorageFailure

WORDS = f"explain_{NAME}"
UNTOUCHED = frozenset(["compute_fans-code", WORDS])
DUE = datetime(2026, 3, 1, 12, 0)


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


def marks(student: str = "anna", score: float = 3.0, untouched: frozenset[str] | None = frozenset(), **more) -> Marks:
    judged = result(student, score=score, max_score=float(POINTS), verdict="pass" if score == POINTS else "wrong")
    return Marks(student, NAME, "ab", (judged,), untouched, **more)


def write(course, *batch: Marks, **more) -> list:
    with course.gradebook() as gradebook:
        return write_marks(course, gradebook, batch, **more)


def by_hand(course, student: str, score: float | None, comment: str | None = None, cell: str = WORDS, **more) -> None:
    """What an instructor does in the formgrader."""
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(cell, NAME, NAME, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        for name, value in more.items():
            setattr(grade, name, value)
        gradebook.find_comment(WORDS, NAME, NAME, student).manual_comment = comment
        gradebook.db.commit()


def test_marks_are_entered_and_an_answer_in_words_waits_for_a_person(course):
    assert write(course, marks("anna"), marks("bert", 1.5, UNTOUCHED)) == []
    rows = gradebook_rows(course)
    assert rows["anna"]["compute_fans"] == {"auto": 3.0, "manual": None, "by_hand": False}
    assert rows["anna"][WORDS] == {"auto": None, "manual": None, "by_hand": True}
    assert rows["bert"]["compute_fans"] == {"auto": 1.5, "manual": None, "by_hand": False}
    assert rows["bert"][WORDS] == {"auto": 0.0, "manual": None, "by_hand": False}
    assert rows["anna"][f"{WORDS} comment"] == (None, None)
    assert rows["bert"][f"{WORDS} comment"] == ("No response.", None)


def test_a_worse_submission_gets_the_worse_mark(course):
    write(course, marks(score=3.0))
    write(course, marks(score=0.0, untouched=UNTOUCHED))
    rows = gradebook_rows(course)["anna"]
    assert (rows["compute_fans"]["auto"], rows[WORDS]["auto"], rows[WORDS]["by_hand"]) == (0.0, 0.0, False)


def test_an_answer_that_was_missing_waits_for_a_person_once_it_is_there(course):
    write(course, marks(untouched=UNTOUCHED))
    write(course, marks())
    assert gradebook_rows(course)["anna"][WORDS] == {"auto": None, "manual": None, "by_hand": True}


def test_marks_comments_and_credit_given_by_hand_survive(course):
    write(course, marks())
    by_hand(course, "anna", 3.5, "Well seen.", extra_credit=1.0)
    write(course, marks(score=1.0))
    rows = gradebook_rows(course)["anna"]
    assert rows[WORDS] == {"auto": None, "manual": 3.5, "by_hand": False}
    assert rows[f"{WORDS} comment"] == (None, "Well seen.")
    with course.gradebook() as gradebook:
        assert standings(gradebook, [NAME]) == {("anna", NAME): Standing(1.0 + 3.5 + 1.0, POINTS + 4.0, False)}


def test_a_mark_given_by_hand_is_to_be_looked_at_again_when_the_submission_changed(course):
    write(course, marks())
    by_hand(course, "anna", 2.0, cell="compute_fans")
    by_hand(course, "anna", 3.5)
    write(course, marks(changed=True))
    rows = gradebook_rows(course)["anna"]
    assert (rows["compute_fans"]["manual"], rows["compute_fans"]["by_hand"]) == (2.0, True)
    assert (rows[WORDS]["manual"], rows[WORDS]["by_hand"]) == (3.5, True)


def test_an_exercise_that_was_not_judged_keeps_its_mark(course):
    write(course, marks(score=2.0))
    write(course, replace(marks(), results=()))
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == 2.0


def test_where_nobody_could_look_at_a_submission_a_person_is_to_look(course):
    write(course, marks(untouched=UNTOUCHED))
    write(course, marks(score=0.0, untouched=None))
    rows = gradebook_rows(course)["anna"]
    assert (rows[WORDS]["auto"], rows[WORDS]["by_hand"]) == (None, True)


def test_what_cannot_be_entered_is_reported_and_holds_up_nobody_else(course):
    [(failed, why)] = write(course, marks("anna"), marks("b\udcffrt"), marks("carl"))
    assert failed.student == "b\udcffrt"
    assert why
    assert set(gradebook_rows(course)) == {"anna", "carl"}


def test_a_batch_that_is_written_twice_changes_nothing(course):
    batch = [marks(f"student {i}", i % 4) for i in range(30)]
    write(course, *batch)
    first = gradebook_rows(course)
    write(course, *batch)
    assert gradebook_rows(course) == first
    assert len(first) == 30


class HalfAPointAnHour(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * total_seconds_late / 3600


def late_by(course, hours: float, score: float) -> dict:
    course.config.AssignLatePenalties.plugin_class = "test_gradebook.HalfAPointAnHour"
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate=DUE)
    write(course, marks(score=score, untouched=UNTOUCHED, timestamp=DUE + timedelta(hours=hours)))
    return gradebook_rows(course)["anna"]


@pytest.mark.parametrize("hours, penalty", [(-1, None), (2, 1.0), (100, 3.0)])
def test_a_late_submission_loses_what_the_configured_plugin_says_and_at_most_what_it_has(course, hours, penalty):
    assert late_by(course, hours, 3.0)["penalty"] == penalty
    with course.gradebook() as gradebook:
        assert standings(gradebook, [NAME])["anna", NAME].score == 3.0 - (penalty or 0.0)


def test_the_penalty_goes_when_a_submission_is_in_time_after_all(course):
    late_by(course, 2, 3.0)
    assert late_by(course, -2, 3.0)["penalty"] is None


def test_a_time_of_submission_is_kept_where_a_later_run_knows_none(course):
    write(course, marks(timestamp=DUE))
    write(course, marks())
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(NAME, "anna").timestamp == DUE


@pytest.mark.parametrize("verdict", ["grader-fault", "quarantined"])
def test_a_failure_of_the_grader_is_no_mark_and_calls_for_a_person(course, verdict):
    write(course, marks())
    failed = result("anna", score=0.0, max_score=float(POINTS), verdict=verdict)
    write(course, Marks("anna", NAME, "ab", (failed,), None))
    assert gradebook_rows(course)["anna"]["compute_fans"] == {"auto": None, "manual": None, "by_hand": True}


# ------------------------------------------------------------------ one function for what a submission counts


@pytest.mark.parametrize(
    "score, penalty, final", [(7.0, None, 7.0), (7.0, 2.5, 4.5), (2.0, 3.0, 0.0), (-1.0, None, 0.0), (None, None, 0.0)]
)
def test_a_submission_never_counts_less_than_nothing(score, penalty, final):
    assert final_score(score, penalty) == final


def test_a_deduction_by_hand_does_not_make_a_total_negative_and_no_penalty_comes_on_top(course):
    late_by(course, 1, 3.0)
    by_hand(course, "anna", 0.0, extra_credit=-9.0)
    assert late_by(course, 2, 3.0)["penalty"] == 0.0  # 3 points less 9 are nothing to take a point from
    with course.gradebook() as gradebook:
        assert standings(gradebook, [NAME])["anna", NAME].score == 0.0


# ------------------------------------------------------------------ the audit


def told(course) -> list[tuple]:
    return [(c.student, c.cell, c.old, c.new) for c in changes(course)]


def test_every_change_of_a_mark_is_written_down_with_the_old_the_new_and_the_reason(course):
    write(course, marks(score=3.0))
    write(course, marks(score=3.0))
    write(course, marks(score=1.0, untouched=UNTOUCHED))
    assert told(course) == [
        ("anna", "compute_fans", None, 3.0),
        ("anna", "compute_fans", 3.0, 1.0),
        ("anna", WORDS, None, 0.0),
    ]
    assert [(c.verdict, c.why, c.submission_sha256, c.checks_sha256) for c in changes(course)][1] == (
        "wrong", "All right.", "ab", "cd")  # fmt: skip


def test_a_penalty_and_its_end_are_written_down(course):
    late_by(course, 2, 3.0)
    late_by(course, -2, 3.0)
    assert [c[2:] for c in told(course) if c[1] == PENALTY] == [(None, 1.0), (1.0, None)]


def test_the_audit_alone_tells_the_marks(course):
    for score in (3.0, 0.0, 1.5):
        write(course, *(marks(f"student {i}", (score + i) % 3) for i in range(5)))
    last = {(c.student, c.cell): c.new for c in changes(course)}
    rows = gradebook_rows(course)
    assert {key: mark for key, mark in last.items() if key[1] == "compute_fans"} == {
        (student, "compute_fans"): row["compute_fans"]["auto"] for student, row in rows.items()
    }


def test_without_its_audit_no_mark_is_changed(course):
    write(course, marks(score=3.0))
    audit = course.state / "audit.jsonl"
    audit.unlink()
    audit.mkdir()
    with pytest.raises(StorageFailure, match=r"audit\.jsonl cannot be read"):
        write(course, marks(score=1.0))
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == 3.0


def test_what_cannot_be_written_into_the_audit_is_not_changed(course, monkeypatch):
    def full(fd):
        raise OSError(28, "No space left on device")

    write(course, marks(score=3.0))
    monkeypatch.setattr("autograder.grading.journal.os.fsync", full)
    with pytest.raises(StorageFailure, match=r"audit\.jsonl cannot be written: No space left on device"):
        write(course, marks(score=1.0))
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == 3.0


# ------------------------------------------------------------------ a database that is away


@contextmanager
def held(course):
    """Another program is writing into the gradebook."""
    with closing(sqlite3.connect(course.root / "gradebook.db", check_same_thread=False)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other
        other.rollback()


def impatient(course) -> Course:
    """The same course; SQLite itself waits a tenth of a second where it waits 5 s otherwise."""
    return Course.open(course.root, f"{course.db_url}?timeout=0.1")


def test_a_locked_database_is_waited_for(course):
    with impatient(course).gradebook() as gradebook, held(course) as other:
        release = threading.Timer(0.7, other.rollback)
        release.start()
        assert write_marks(course, gradebook, [marks("anna"), marks("bert")]) == []
        release.join()
    assert set(gradebook_rows(course)) == {"anna", "bert"}


def test_a_database_that_stays_locked_ends_the_wait_with_a_clear_word_and_no_mark(course):
    started = time.monotonic()
    with impatient(course).gradebook() as gradebook, held(course):
        words = r"gradebook sqlite:.*gradebook\.db.* cannot be written: database is locked, and stayed so for 0\.5 s"
        with pytest.raises(StorageFailure, match=words):
            write_marks(course, gradebook, [marks("anna"), marks("bert")], patience=0.5)
    assert 0.3 < time.monotonic() - started < 20
    assert gradebook_rows(course) == {}
    assert write(course, marks("anna")) == []


def test_a_full_disk_is_named_and_leaves_the_gradebook_as_it_was(course):
    write(course, marks("anna"))
    before = gradebook_rows(course)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    batch = [marks(f"student {i}") for i in range(200)]
    with course.gradebook() as gradebook:
        resource.setrlimit(resource.RLIMIT_FSIZE, ((course.root / "gradebook.db").stat().st_size, limits[1]))
        try:
            with pytest.raises(
                StorageFailure, match=r"gradebook\.db cannot be written: (database or disk is full|disk I/O)"
            ):
                write_marks(course, gradebook, batch)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert gradebook_rows(course) == before
    assert write(course, *batch) == []
    assert len(gradebook_rows(course)) == 201
