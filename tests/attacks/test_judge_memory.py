"""What a submission sends fills neither the judge's memory nor its time [Y016, Y017]: measured in a judge of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from attacked_course import environment, template
from corpus import ENTRIES

MOST = 1_500  # MB of one judge at its largest: a frame and its arrays
JUDGE = """
import json, resource, sys
from autograder.assignment import load_assignment
from autograder.sandbox.provided import sources
from autograder.sandbox.remote import Limits, Session
from autograder.intake.cells import read_cells
from autograder.intake.notebook import in_order
from autograder.assignment import declared
from autograder.grading import submission
assignment = load_assignment("arena", sys.argv[1])
notes = []
cells, _ = read_cells(open(sys.argv[2], "rb").read())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Session(in_order(cells, assignment, notes), sources(assignment.provides), Limits()) as session:
    answer = submission.judged(declared("arena")[sys.argv[3]], session, 1)
now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([answer.verdict, answer.score, (now - before) // 1024]))
"""
FLOODS = [(number, handin) for number in ("Y016", "Y017") for handin in ENTRIES[number].handins]


@pytest.mark.slow
@pytest.mark.parametrize("number, handin", FLOODS, ids=[f"{n} {h.name}" for n, h in FLOODS])
def test_no_value_fills_the_memory_of_the_judge(number, handin, tmp_path):
    from kit import Trap

    base, markers = template()
    trap = Trap("t", *[str(tmp_path)] * 4, 1, 1, 1, "", "", os.getpid(), 1, True)
    exercise = "apply_twice" if number == "Y016" else "double"
    (tmp_path / "arena.ipynb").write_text(json.dumps(handin.build(trap)))
    ran = subprocess.run(
        [sys.executable, "-c", JUDGE, str(base / "course/solutions/assignments"), str(tmp_path / "arena.ipynb"), exercise],
        env=environment(base, markers), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    verdict, score, megabytes = json.loads(ran.stdout.splitlines()[-1])
    assert verdict in handin.verdicts[exercise] and score == 0
    assert megabytes < MOST
