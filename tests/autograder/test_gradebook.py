"""Marks in nbgrader's gradebook: what a machine entered is replaced, what a person entered stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from nbgrader.plugins import LateSubmissionPlugin
from small_course import NAME, POINTS, gradebook_rows, released_course
from test_journal import result

from autograder.grading.gradebook import Marks, Standing, handed_in_at, standings, write_marks

WORDS = f"explain_{NAME}"
UNTOUCHED = frozenset(["compute_fans-code", WORDS])
DUE = datetime(2026, 3, 1, 12, 0)


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


def marks(student: str = "anna", score: float = 3.0, untouched: frozenset[str] | None = frozenset(), **more) -> Marks:
    judged = result(student, score=score, max_score=float(POINTS), verdict="pass" if score == POINTS else "wrong")
    return Marks(student, NAME, "ab", (judged,), untouched, **more)


def write(course, *batch: Marks) -> list:
    with course.gradebook() as gradebook:
        return write_marks(course, gradebook, batch)


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


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-03-01 12:00:00.000000 UTC\n", DUE),
        ("2026-03-01T13:00:00+01:00", DUE),
        ("yesterday evening", None),
        ("", None),
        ("9" * 2000, None),
        ("99999999999999999999", None),
    ],
)
def test_the_time_of_submission_is_read_and_nonsense_is_no_time(tmp_path, text, expected):
    (tmp_path / "timestamp.txt").write_text(text)
    assert handed_in_at(tmp_path) == expected


def test_a_link_in_place_of_the_time_is_not_followed(tmp_path):
    (tmp_path / "real").write_text("2026-03-01 12:00:00 UTC")
    (tmp_path / "timestamp.txt").symlink_to(tmp_path / "real")
    assert handed_in_at(tmp_path) is None


@pytest.mark.parametrize("verdict", ["grader-fault", "quarantined"])
def test_a_failure_of_the_grader_is_no_mark_and_calls_for_a_person(course, verdict):
    write(course, marks())
    failed = result("anna", score=0.0, max_score=float(POINTS), verdict=verdict)
    write(course, Marks("anna", NAME, "ab", (failed,), None))
    assert gradebook_rows(course)["anna"]["compute_fans"] == {"auto": None, "manual": None, "by_hand": True}
