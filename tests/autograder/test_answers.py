"""What a run does with the answers of its judges: the first one counts, none is kept in memory, none is entered twice."""

from __future__ import annotations

import weakref
from dataclasses import replace

import pytest
from small_course import NAME, POINTS, answered, gradebook_rows, released_course, submit

from autograder.grading.executors import local
from autograder.grading.journal import Journal
from autograder.grading.run import Options, grade
from autograder.grading.without_verdict import without_verdict


@pytest.fixture
def course(tmp_path):
    return released_course(tmp_path)


def verdicts(outcome):
    return {r.student: (r.verdict, r.score) for r in outcome.results}


def answers_twice(change):
    """An executor whose every answer comes a second time, changed."""

    def executor(jobs):
        for job, graded in local(jobs, 1):
            yield job, graded
            yield job, change(graded)

    return executor


def test_the_first_answer_on_a_submission_stands_and_another_one_is_reported(course):
    submit(course.root, "anna", answered())
    told = Options(unsafe=True)
    same = grade(course, told, executor=answers_twice(lambda graded: graded))
    assert (verdicts(same), same.problems) == ({"anna": ("pass", POINTS)}, [])
    worse = answers_twice(
        lambda g: replace(g, results=tuple(replace(r, verdict="wrong", score=0.0) for r in g.results))
    )
    other = grade(course, told, executor=worse)
    assert verdicts(other) == {"anna": ("pass", POINTS)}
    assert gradebook_rows(course)["anna"]["compute_fans"]["auto"] == POINTS
    assert other.problems == [
        f"anna/{NAME}: judged twice, with different verdicts (nondeterministic); the first ones stand"
    ]
    assert len([line for line in (course.state / "journal.jsonl").read_text().splitlines() if "answer" in line]) == 2


def test_a_class_is_never_in_memory_as_a_whole(course):
    for i in range(40):
        submit(course.root, f"student {i}", answered(words=f"words {i}"))
    alive: list[weakref.ref] = []
    most = 0

    def executor(jobs):
        nonlocal most
        for job in jobs:
            alive.append(weakref.ref(job))
            most = max(most, sum(ref() is not None for ref in alive))
            yield job, without_verdict(job, "missing", "Nothing.")

    outcome = grade(course, Options(unsafe=True), executor=executor)
    assert (outcome.verdicts["missing"], len(outcome.results)) == (40, 40)
    assert most <= 3


def judged_now(course, **told) -> list[str]:
    """The students that a resumed run gives to its judges."""
    students: list[str] = []

    def executor(jobs):
        for job, graded in local(jobs, 1):
            students.append(job.task.student)
            yield job, graded

    outcome = grade(course, Options(unsafe=True, resume=True, **told), executor=executor)
    assert verdicts(outcome) == dict.fromkeys(("anna", "bert", "carl", "dora"), ("pass", POINTS))
    assert outcome.resumed == 4
    return students


def test_a_resumed_run_touches_only_what_is_not_in_the_gradebook_and_in_autograded_already(course):
    for i, student in enumerate(["anna", "bert", "carl", "dora"]):
        submit(course.root, student, answered(words=f"words {i}"))
    grade(course, Options(unsafe=True))
    rows = gradebook_rows(course)
    assert judged_now(course) == []
    journal = Journal(course.state / "journal.jsonl")
    course.notebook("autograded", "anna", NAME).unlink()
    with course.gradebook() as gradebook:
        gradebook.find_grade("compute_fans", NAME, NAME, "bert").auto_score = 1.0
        gradebook.db.commit()
    journal.judged(verdict for key, verdict in journal.verdicts([NAME]) if verdict.student == "carl")
    assert judged_now(course) == ["anna", "bert", "carl"]
    assert gradebook_rows(course) == rows
    assert judged_now(course) == []
    (course.root / "gradebook.db").unlink()
    assert judged_now(course) == ["anna", "bert", "carl", "dora"]
    assert gradebook_rows(course) == rows
