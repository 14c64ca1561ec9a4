"""A Dask cluster as judge: the same verdicts as here, whatever happens to its workers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from judged_jobs import job_maker
from small_course import RIGHT, SWAPPED, answered, gradebook_rows, released_course, submit

from autograder import assignment
from autograder.cli import main
from autograder.grading import cluster
from autograder.grading.cluster import dask, judge_bytes, local_cluster
from autograder.grading.executors import JudgesCannotStart
from autograder.grading.jobs import job_to_bytes
from autograder.grading.run import Options, grade

pytest.importorskip("distributed")
pytestmark = pytest.mark.filterwarnings("ignore")  # of Dask's own making


@pytest.fixture(scope="module")
def scheduler():
    with local_cluster(2) as address:
        yield address


@pytest.fixture
def jobs(tmp_path):
    return job_maker(tmp_path)


def verdicts(answers) -> dict[str, tuple]:
    return {job.task.student: tuple((r.exercise, r.verdict, r.score, r.seed) for r in graded.results)
            for job, graded in answers}  # fmt: skip


def test_a_cluster_gives_the_marks_that_this_machine_gives(scheduler, tmp_path):
    rows = []
    for place, executor in (("here", None), ("there", partial(dask, address=scheduler))):
        course = released_course(tmp_path / place)
        (course.state / "secret").write_bytes(b"s" * 32)
        for i in range(6):
            submit(course.root, f"student {i}", answered([RIGHT, SWAPPED, None][i % 3], words=f"words {i}"))
        submit(course.root, "garbage", b"\x00")
        outcome = grade(course, Options(unsafe=True, processes=2), executor=executor)
        assert outcome.complete
        rows.append((gradebook_rows(course), [replace(r, seconds=0) for r in outcome.results]))
    assert rows[0] == rows[1]


def test_a_submission_that_ends_every_worker_is_set_aside_and_takes_no_other_along(scheduler, jobs):
    students = ["a", "b", "dies", "c", "d", "dies once", "e", "raises", "f"]
    contents = {s: json.dumps(answered()).encode() for s in students}
    came = verdicts(dask(jobs(*students, **contents), scheduler, grade="moody:judge"))
    assert {s: v[0][1] for s, v in came.items()} == {
        **dict.fromkeys(students, "pass"), "dies": "quarantined", "raises": "grader-fault",
    }  # fmt: skip
    assert came["dies"][0][2] == 0.0


def test_a_worker_that_is_lost_costs_nobody_a_mark(scheduler, jobs):
    made = jobs("tells who it is", "a", "b", "c")
    trace = Path(made[0].task.package.message)
    killed = []

    def source():
        for job in made:
            if trace.exists() and not killed and trace.read_text():
                killed.append(int(trace.read_text()))
                os.kill(killed[0], signal.SIGKILL)
            yield job
            time.sleep(0.2)

    came = verdicts(dask(source(), scheduler, grade="moody:judge"))
    assert killed
    assert {s: v[0][1] for s, v in came.items()} == dict.fromkeys([j.task.student for j in made], "missing")


def test_a_worker_with_other_checks_refuses_and_the_run_ends_without_a_verdict(scheduler, jobs, monkeypatch):
    monkeypatch.setattr(assignment, "code_sha256", lambda topic: "another version")
    with pytest.raises(
        JudgesCannotStart, match="refuses to judge: it has another version of what judges initialization"
    ):
        list(dask(jobs("a"), scheduler))


@pytest.mark.slow
def test_a_worker_that_hangs_is_started_again_and_its_submission_set_aside(scheduler, jobs):
    came = verdicts(dask(jobs("hangs", "a"), scheduler, grade="moody:judge", deadline=5.0))
    assert {s: v[0][1] for s, v in came.items()} == {"hangs": "quarantined", "a": "missing"}


def test_a_submission_that_is_judged_several_times_has_as_many_times_as_long(scheduler, jobs):
    made = [replace(job, repeat=8) for job in jobs("is slow")]
    came = verdicts(dask(made, scheduler, grade="moody:judge", deadline=0.5))
    assert {s: v[0][1] for s, v in came.items()} == {"is slow": "missing"}


def test_a_worker_judges_one_submission_at_a_time_and_none_that_it_cannot_confine(jobs, monkeypatch):
    [job] = jobs("a")
    with cluster.at_work:
        assert b"several submissions at once" in judge_bytes(job_to_bytes(job))
    monkeypatch.setattr(cluster, "best", lambda: ())
    assert b"cannot confine" in judge_bytes(job_to_bytes(replace(job, unsafe=False)))
    assert json.loads(judge_bytes(job_to_bytes(job)))["results"][0]["verdict"] == "missing"


@pytest.mark.parametrize(
    "prepare, said",
    [
        (lambda patch: patch.setitem(sys.modules, "distributed", None), "Dask is not installed here"),
        (lambda patch: patch.setattr(cluster, "CONNECT", 0.3), "no Dask scheduler answers at tcp://127.0.0.1:9"),
    ],
)
def test_without_a_scheduler_nothing_is_graded(tmp_path, monkeypatch, capsys, prepare, said):
    course = released_course(tmp_path)
    submit(course.root, "anna", answered())
    prepare(monkeypatch)
    assert main(["grade", "--course", str(course.root), "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert said in capsys.readouterr().err
    assert not (course.state / "journal.jsonl").exists()


def test_a_cluster_to_try_says_where_it_is_and_ends_at_ctrl_c():
    told = [sys.executable, "-W", "ignore", "-m", "autograder.cli", "cluster", "--workers", "1"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job would hand on that it is ignored
    started = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    said = "".join(started.stdout.readline() for _ in range(5))
    assert re.search(r"autograder grade --scheduler tcp://127\.0\.0\.1:\d+$", said, re.MULTILINE)
    os.killpg(started.pid, signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert (started.returncode, out.strip(), err) == (0, "The cluster has ended.", "")
