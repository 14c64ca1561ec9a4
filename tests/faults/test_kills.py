"""SIGKILL to the grader, to a judge, to a process that runs a student's code, at moments that nobody chose.

Whatever was killed, and however often: the run that is resumed at the end leaves the gradebook of an undisturbed run, and no
process of a killed run lives on.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter

import pytest
from gradebook_dump import dump
from sixty import COUNT, alive, family, finish, new_course, start, undisturbed
from small_course import NAME

from autograder.grading.audit import changes
from autograder.grading.gradebook import NO_VERDICT
from autograder.grading.journal import Journal

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are found in /proc")  # noqa: PTH112


def disturbed(course, rng: random.Random, kills: int) -> Counter[str]:
    """Runs one after another, each with a process killed at a random moment, until so many were; how many of each kind.

    A run whose grader lives is left to go on with what it has lost, and killed again.
    """
    done: Counter[str] = Counter()
    longest, known = 0.6 * undisturbed().seconds, set()
    run = start(course)
    while done.total() < kills:
        time.sleep(rng.uniform(0.0, longest))
        if run.poll() is not None:
            assert run.returncode in (0, 1), run.stdout.read()
            run.stdout.close()
            run = start(course)
            time.sleep(rng.uniform(0.2, 1.5))
        kind = rng.choice(["grader", "helper", "judge", "judge", "sandbox", "sandbox"])
        members = family(run.pid)
        until = time.monotonic() + 10
        while not members[kind] and run.poll() is None and time.monotonic() < until:  # it has none yet
            members = family(run.pid)
        known |= {pid for pids in members.values() for pid in pids}
        victim = rng.choice(members[kind] or [run.pid])
        if run.poll() is not None:  # too late
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            done[kind if members[kind] else "grader"] += 1
        if run.pid == victim:
            run.wait(10)
            run.stdout.close()
            run = start(course)
    if run.poll() is None:
        os.kill(run.pid, signal.SIGKILL)
    run.wait(10)
    run.stdout.close()
    await_end(known)
    return done


def await_end(pids: set[int]) -> None:
    """The processes of killed runs end by themselves, soon."""
    until = time.monotonic() + 30
    while left := {pid for pid in pids if alive(pid)}:
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.1)


def resumed_as_if_nothing_had_happened(course) -> None:
    code, said = finish(start(course))
    assert code == 0, said
    assert dump(course.db_url) == undisturbed().rows
    latest = Journal(course.state / "journal.jsonl").latest([NAME])
    assert len(latest) == COUNT
    assert not [r for own in latest.values() for r in own.values() if r.verdict in NO_VERDICT]
    marks = {(c.student, c.cell): c.new for c in changes(course)}  # the audit tells the gradebook's marks
    for (student, _), own in latest.items():
        for exercise, result in own.items():
            assert marks[student, exercise] == result.score


def test_a_run_that_is_killed_five_times_ends_as_if_nothing_had_happened(tmp_path):
    course = new_course(tmp_path)
    assert sum(disturbed(course, random.Random(20_150_206), 5).values()) == 5
    resumed_as_if_nothing_had_happened(course)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(20))
def test_so_does_one_of_the_other_two_hundred(tmp_path, seed):
    course = new_course(tmp_path)
    killed = disturbed(course, random.Random(seed), 10)
    print(f"killed in round {seed}: {dict(killed)}")  # shown with -s
    resumed_as_if_nothing_had_happened(course)
