"""An exercise judged anew in mid-term: marks go up, not down, and it is known who changed and why."""

from __future__ import annotations

import json

import pytest
from small_course import NAME, POINTS, SWAPPED, answered, gradebook_rows, released_course, submit
from test_gradebook import by_hand, write
from test_journal import result

from autograder.grading.gradebook import Marks
from autograder.grading.regrade import as_text, keep, mark_after, regrade_of
from autograder.grading.run import Options, grade

NEW = "0123456789abcdef"  # the mended checks
BEFORE = {"anna": 3.0, "bert": 1.0, "carl": 2.0, "dora": 0.0}
AFTER = {"anna": 1.0, "bert": 3.0, "carl": 2.0, "dora": 1.5}


@pytest.fixture
def course(tmp_path):
    """A class that was graded by the wrong check."""
    made = released_course(tmp_path)
    write(made, *(marks(student, score) for student, score in BEFORE.items()))
    return made


def marks(student: str, score: float, regrade: str = "", **more) -> Marks:
    told = {"verdict": "pass" if score == POINTS else "wrong", "message": f"{score:g} is right."}
    told |= {"checks_sha256": NEW} if regrade else {}
    judged = result(student, score=score, max_score=float(POINTS), **told | more)
    return Marks(student, NAME, "ab", (judged,), frozenset(), regrade=regrade)


def auto(course) -> dict[str, float]:
    return {student: row["compute_fans"]["auto"] for student, row in gradebook_rows(course).items()}


@pytest.mark.parametrize(
    "old, judged, mark",
    [(None, None, None), (None, 1.0, 1.0), (1.0, None, 1.0), (0.0, 2.0, 2.0), (2.0, 0.0, 2.0), (0.0, None, 0.0)],
)
def test_a_mark_goes_up_or_stays(old, judged, mark):
    assert mark_after(old, judged) == mark


def test_a_regrade_takes_no_points_away(course):
    write(course, *(marks(student, score, "up") for student, score in AFTER.items()))
    assert auto(course) == {"anna": 3.0, "bert": 3.0, "carl": 2.0, "dora": 1.5}


def test_both_ways_the_new_marks_count(course):
    write(course, *(marks(student, score, "both ways") for student, score in AFTER.items()))
    assert auto(course) == AFTER


def test_a_grading_of_the_whole_assignment_replaces_marks_in_both_directions(course):
    write(course, *(marks(student, score) for student, score in AFTER.items()))
    assert auto(course) == AFTER
    assert regrade_of(course, "compute_fans", "cd").changes == ()


def test_where_the_grader_failed_the_mark_stays_and_nobody_is_called(course):
    write(course, marks("anna", 0.0, "up", verdict="grader-fault"))
    assert gradebook_rows(course)["anna"]["compute_fans"] == {"auto": 3.0, "manual": None, "by_hand": False}


def test_it_is_listed_who_changed_and_why(course):
    by_hand(course, "bert", 2.5, cell="compute_fans")
    write(course, *(marks(student, score, "up") for student, score in AFTER.items()))
    regrade = regrade_of(course, "compute_fans", NEW)
    assert as_text(regrade).splitlines() == [
        "compute_fans, judged anew:",
        "  higher: 2",
        "    bert  1 -> 3  pass: 3 is right. (a mark given by hand stands)",
        "    dora  0 -> 1.5  wrong: 1.5 is right.",
        "  lower by the new check; the higher mark is kept: 1",
        "    anna  3 -> 1  wrong: 1 is right.",
    ]
    path = keep(course, regrade)
    assert path == course.state / "regrades" / "compute_fans-0123456789ab.json"
    kept = json.loads(path.read_text())
    assert [(c["kind"], c["student"], c["old"], c["new"], c["judged"]) for c in kept] == [
        ("kept", "anna", 3.0, 3.0, 1.0), ("up", "bert", 1.0, 3.0, 3.0), ("up", "dora", 0.0, 1.5, 1.5)
    ]  # fmt: skip


def test_a_regrade_that_was_killed_and_resumed_lists_everybody_once(course):
    new = [marks(student, score, "both ways") for student, score in AFTER.items()]
    write(course, *new)
    whole = regrade_of(course, "compute_fans", NEW)
    write(course, *new[:2])  # what had been entered already is entered again
    write(course, *new[2:])
    assert regrade_of(course, "compute_fans", NEW) == whole
    assert [(c.student, c.old, c.new) for c in whole.of("down")] == [("anna", 3.0, 1.0)]


def test_a_class_in_which_nothing_changed_is_told_so(course):
    write(course, *(marks(student, score, "up") for student, score in BEFORE.items()))
    assert as_text(regrade_of(course, "compute_fans", NEW)) == "compute_fans, judged anew:\n  no mark has changed"


def test_what_a_student_calls_himself_cannot_move_the_cursor(course):
    write(course, marks("e\x1b[2Jve", 0.0))
    write(course, marks("e\x1b[2Jve", 3.0, "up", message="now\x1b[31m"))
    assert "\x1b" not in as_text(regrade_of(course, "compute_fans", NEW))


def test_one_exercise_judged_anew_from_beginning_to_end(tmp_path):
    course = released_course(tmp_path)
    submit(course.root, "anna", answered())  # right, but the wrong check had given her nothing
    submit(course.root, "bert", answered(SWAPPED))  # wrong, but it had given him everything
    write(course, marks("anna", 0.0), marks("bert", 3.0))
    told = Options(exercise="compute_fans", unsafe=True)
    outcome = grade(course, told)
    assert auto(course) == {"anna": POINTS, "bert": 3.0}
    assert [(c.student, c.old, c.new, c.verdict) for c in outcome.regrade.of("up")] == [("anna", 0.0, POINTS, "pass")]
    assert [(c.student, c.judged, c.verdict) for c in outcome.regrade.of("kept")] == [("bert", 0.0, "wrong")]
    [path] = (course.state / "regrades").iterdir()
    assert {c["student"]: c["kind"] for c in json.loads(path.read_text())} == {"anna": "up", "bert": "kept"}
    outcome = grade(course, Options(exercise="compute_fans", both_ways=True, unsafe=True))
    assert auto(course) == {"anna": POINTS, "bert": 0.0}
    assert [(c.student, c.old, c.new) for c in outcome.regrade.of("down")] == [("bert", 3.0, 0.0)]
