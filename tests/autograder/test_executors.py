"""Judges that fail: whose verdict it costs, and whose not; and that a class is never in memory as a whole."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import moody
import pytest
from judged_jobs import job_maker
from small_course import POINTS, SWAPPED, answered

from autograder.grading.executors import AHEAD, JudgesCannotStart, local
from autograder.grading.jobs import graded_from_bytes, graded_to_bytes, job_from_bytes, job_to_bytes
from autograder.grading.without_verdict import judge_safely, quarantined
from autograder.sandbox.starting import NotStarted


@pytest.fixture
def jobs(tmp_path):
    return job_maker(tmp_path)


def test_a_judge_that_dies_or_hangs_or_raises_costs_only_its_own_submission(jobs):
    students = ["a", "dies", "b", "hangs", "c", "raises", "d", "dies once", "e", "f", "dies once more", "g"]
    started = time.monotonic()
    came = [(job.task.student, graded) for job, graded in local(jobs(*students), 2, grade=moody.judge, deadline=4.0)]
    assert sorted(student for student, _ in came) == sorted(students)
    graded = dict(came)
    for student, verdict in (("dies", "quarantined"), ("hangs", "quarantined"), ("raises", "grader-fault")):
        [result] = graded.pop(student).results
        assert (result.student, result.verdict, result.score, result.max_score) == (student, verdict, 0.0, POINTS)
    assert {g.results[0].verdict for g in graded.values()} == {"missing"}
    assert time.monotonic() - started < 60


def test_a_submission_that_is_judged_several_times_has_as_many_times_as_long(jobs):
    made = [replace(job, repeat=4) for job in jobs("is slow", "is slow")]
    assert [g.results[0].verdict for _, g in local(made, 1, grade=moody.judge, deadline=1.0)] == ["missing", "missing"]
    started = time.monotonic()
    [(_, graded)] = local([replace(job, repeat=2) for job in jobs("hangs")], 1, grade=moody.judge, deadline=1.0)
    assert graded.results[0].verdict == "quarantined"
    assert time.monotonic() - started > 4.0  # two tries of two seconds


def test_a_judges_failure_is_said_also_where_nothing_can_be_started_and_claims_no_isolation(jobs, monkeypatch):
    def not_started():
        raise NotStarted("no process to be had")

    monkeypatch.setattr("autograder.grading.submission.best", not_started)
    [job] = jobs("anna")
    failed = judge_safely(lambda job: not_started(), job)
    for graded, verdict in ((quarantined(job), "quarantined"), (failed, "grader-fault")):
        assert [(r.verdict, r.isolation) for r in graded.results] == [(verdict, "none")]


def test_what_a_judge_logs_comes_back_with_the_verdict(jobs, capfd):
    [(_, graded)] = local(jobs("raises"), 1, grade=moody.judge)
    assert "RuntimeError: a fault of ours" in graded.log[0]
    assert capfd.readouterr().err == ""


def test_judges_end_when_nobody_wants_their_answers(jobs):
    answers = local(jobs("a", "hangs"), 2, grade=moody.judge, deadline=30.0)
    next(answers)
    started = time.monotonic()
    answers.close()
    assert time.monotonic() - started < 10


def test_processes_that_cannot_start_are_nobodys_mark(jobs):
    with pytest.raises(JudgesCannotStart):
        list(local(jobs("a", "b"), 2, grade=moody.Unreadable()))


def test_submissions_are_read_only_when_a_judge_is_free_for_them(jobs):
    taken, most = 0, 0

    def source():
        nonlocal taken
        for job in jobs(*map(str, range(50))):
            taken += 1
            yield job

    for done, _ in enumerate(local(source(), 2, grade=moody.judge)):
        most = max(most, taken - done)
    assert taken == 50
    assert most <= 2 * AHEAD + 1


def test_a_job_and_what_came_of_it_are_the_same_after_a_journey_as_bytes(jobs):
    for job in jobs("anna", "bert", "carl", anna=json.dumps(answered(SWAPPED)).encode(), bert=b"\xff\x00"):
        [(_, graded)] = local([job], 1)
        assert job_from_bytes(job_to_bytes(job)) == job
        back = graded_from_bytes(graded_to_bytes(graded), job)
        assert back == graded
        assert back.results[0].answer == graded.results[0].answer
    with pytest.raises(ValueError, match="verdicts on something else"):
        graded_from_bytes(graded_to_bytes(graded), jobs("dora")[0])
