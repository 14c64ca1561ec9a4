"""An exercise judged anew in mid-term: marks go up, not down, and it is known who changed and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from small_course import NAME, POINTS, SWAPPED, answered, gradebook_rows, released_course, submit
from test_gradebook import by_hand
from test_gradebook import write as write_marks
from test_journal import result

from autograder.grading.audit import changes
from autograder.grading.gradebook import Marks
from autograder.grading.journal import Journal
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


def write(course, *batch: Marks) -> None:
    """What a run does: the verdicts into the journal, then the marks into the gradebook."""
    journal = Journal(course.state / "journal.jsonl")
    journal.judged(r for marks in batch for r in marks.results)
    assert write_marks(course, *batch) == []
    journal.entered((marks.student, marks.assignment, marks.sha256) for marks in batch)


def marks(student: str, score: float, regrade: str = "", sha256: str = "ab", **more) -> Marks:
    told = {"verdict": "pass" if score == POINTS else "wrong", "message": f"{score:g} is right."}
    told |= {"submission_sha256": sha256} | ({"checks_sha256": NEW} if regrade else {})
    judged = result(student, score=score, max_score=float(POINTS), **told | more)
    return Marks(student, NAME, sha256, (judged,), frozenset(), regrade=regrade)


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


def test_a_grading_of_the_whole_assignment_replaces_marks_in_both_directions_where_no_regrade_has_kept_them(course):
    write(course, *(marks(student, score) for student, score in AFTER.items()))
    assert auto(course) == AFTER
    assert regrade_of(course, "compute_fans", "cd").changes == ()


def test_a_mark_that_a_regrade_has_kept_stays_in_every_later_run_on_the_same_submission(course):
    write(course, *(marks(student, score, "up") for student, score in AFTER.items()))
    told = len(list(changes(course)))
    for _ in range(2):
        write(course, *(marks(student, score) for student, score in AFTER.items()))
        assert auto(course) == {"anna": 3.0, "bert": 3.0, "carl": 2.0, "dora": 1.5}
    assert len(list(changes(course))) == told
    write(course, marks("anna", 0.0, verdict="grader-fault"), marks("bert", 0.0))
    assert auto(course) == {"anna": 3.0, "bert": 0.0, "carl": 2.0, "dora": 1.5}  # bert's had been raised, not kept


def test_another_submission_starts_from_its_own_verdicts_and_the_first_one_finds_its_mark_again(course):
    write(course, marks("anna", 1.0, "up"))
    write(course, marks("anna", 0.5, sha256="another"))
    assert auto(course)["anna"] == 0.5
    write(course, marks("anna", 1.0))
    assert auto(course)["anna"] == 3.0


def test_a_regrade_gives_another_submission_nothing_that_an_earlier_one_has_earned(course):
    write(course, marks("anna", 0.5, "up", sha256="another"))
    assert auto(course)["anna"] == 0.5
    [change] = regrade_of(course, "compute_fans", NEW).of("down")
    assert (change.student, change.old, change.new) == ("anna", 3.0, 0.5)
    write(course, marks("bert", 0.0, "up", sha256="another", verdict="grader-fault"))
    assert gradebook_rows(course)["bert"]["compute_fans"] == {"auto": None, "manual": None, "by_hand": True}


def test_the_same_mark_earned_anew_by_another_submission_is_kept_for_that_one(course):
    write(course, marks("anna", 3.0, sha256="another"))
    write(course, marks("anna", 1.0, "up", sha256="another"))
    assert auto(course)["anna"] == 3.0


def test_both_ways_ends_what_was_kept(course):
    write(course, *(marks(student, score, "up") for student, score in AFTER.items()))
    write(course, *(marks(student, score, "both ways") for student, score in AFTER.items()))
    assert auto(course) == AFTER
    write(course, *(marks(student, score) for student, score in AFTER.items()))
    assert auto(course) == AFTER


def test_both_ways_ends_what_was_kept_also_where_the_mark_does_not_change(course):
    write(course, marks("anna", 1.0, "up"))
    write(course, marks("anna", 3.0, "both ways"))
    write(course, marks("anna", 1.0))
    assert auto(course)["anna"] == 1.0


def test_where_the_grader_failed_the_mark_stays_and_nobody_is_called(course):
    write(course, marks("anna", 0.0, "up", verdict="grader-fault"))
    assert gradebook_rows(course)["anna"]["compute_fans"] == {"auto": 3.0, "manual": None, "by_hand": False}


@pytest.mark.parametrize("verdict", ["grader-fault", "wrong"])
def test_the_mark_stays_also_where_the_check_is_the_same_and_only_its_verdict_is_another_one(course, verdict):
    write(course, marks("anna", 0.0, "up", verdict=verdict, checks_sha256="cd"))
    assert auto(course)["anna"] == 3.0


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


@pytest.fixture
def misjudged(tmp_path):
    """Anna, who is right, got nothing from the wrong check, and Bert, who is wrong, everything."""
    course = released_course(tmp_path)
    submit(course.root, "anna", answered())
    submit(course.root, "bert", answered(SWAPPED))
    judged = grade(course, Options(unsafe=True)).results
    wrong = [replace(r, score=POINTS - r.score, checks_sha256="cd") for r in judged]
    write(course, *(Marks(r.student, NAME, r.submission_sha256, (r,), frozenset()) for r in wrong))
    assert auto(course) == {"anna": 0.0, "bert": POINTS}
    return course


def test_one_exercise_judged_anew_from_beginning_to_end(misjudged):
    course = misjudged
    outcome = grade(course, Options(exercise="compute_fans", unsafe=True))
    assert auto(course) == {"anna": POINTS, "bert": 3.0}
    assert [(c.student, c.old, c.new, c.verdict) for c in outcome.regrade.of("up")][-1:] == [
        ("anna", 0.0, POINTS, "pass")
    ]
    assert [(c.student, c.judged, c.verdict) for c in outcome.regrade.of("kept")] == [("bert", 0.0, "wrong")]
    [path] = (course.state / "regrades").iterdir()
    assert {c["student"]: c["kind"] for c in json.loads(path.read_text())} == {"anna": "up", "bert": "kept"}
    outcome = grade(course, Options(exercise="compute_fans", both_ways=True, unsafe=True))
    assert auto(course) == {"anna": POINTS, "bert": 0.0}
    assert [(c.student, c.old, c.new) for c in outcome.regrade.of("down")] == [("bert", 3.0, 0.0)]


def test_after_a_regrade_plain_and_resumed_runs_leave_the_same_gradebook_until_something_else_is_handed_in(misjudged):
    course, kept = misjudged, {"anna": POINTS, "bert": 3.0}
    for told in ({"exercise": "compute_fans"}, {}, {"resume": True}, {"exercise": "compute_fans", "resume": True},
                 {"reseed": True}, {"resume": True}):  # fmt: skip
        grade(course, Options(unsafe=True, **told))
        assert auto(course) == kept, told
    submit(course.root, "bert", answered(SWAPPED, words="another one"))
    grade(course, Options(unsafe=True, exercise="compute_fans"))
    assert auto(course) == {"anna": POINTS, "bert": 0.0}


def test_a_kept_mark_does_not_make_a_resumed_run_begin_anew_but_a_regrade_both_ways_is_carried_out(misjudged):
    course = misjudged
    grade(course, Options(unsafe=True, exercise="compute_fans"))
    grade(course, Options(unsafe=True))
    asked = []

    def executor(jobs):
        asked.extend(job.task.student for job in jobs)
        return (answer for answer in ())

    assert grade(course, Options(unsafe=True, resume=True), executor=executor).resumed == 2
    assert asked == []
    grade(course, Options(unsafe=True, resume=True, exercise="compute_fans", both_ways=True))
    assert auto(course) == {"anna": POINTS, "bert": 0.0}
