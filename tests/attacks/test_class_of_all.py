"""A class in which every attack sits among fifty honest students, graded, reported and exported as an instructor would."""

from __future__ import annotations

import random
import shutil

import pytest
from arena import EXERCISES, HONEST
from attacked_course import confined_here, honest
from corpus import submissions
from invariants import violations
from odd_names import ODD
from test_pages import NOTHING, SECRET_KINDS, harmless, pages

pytestmark = [
    pytest.mark.slow, pytest.mark.timeout(5400),
    pytest.mark.skipif(not confined_here(), reason="this machine cannot confine submissions"),
]  # fmt: skip
SECONDS = 4800.0


@pytest.fixture(scope="module")
def graded(arena, class_of_honest):
    """The whole class after one run of the grader, feedback, report and export."""
    students = [h for entry in submissions() for h in entry.handins] + [
        honest(kind) for kind in HONEST for _ in range(10)
    ]
    random.Random(1).shuffle(students)
    run = arena.run(students, jobs=2, seconds=SECONDS, named=dict.fromkeys(ODD, NOTHING),
                    more=[["report"], ["report", "--anonymous"], ["export"]])  # fmt: skip
    yield run
    shutil.rmtree(run.base)


def test_a_class_of_all_attacks_is_graded_to_the_end(graded, class_of_honest):
    """Exit 0, a verdict for all, no mark unearned, honest marks as where nobody attacks, nothing left, nothing changed."""
    assert graded.code == 0, graded.output[-3000:]
    assert violations(graded, class_of_honest) == []
    assert len([s for s, h in graded.handins.items() if h.name.startswith("honest")]) >= 51
    assert {s: len(own) for s, own in graded.results.items()} == dict.fromkeys(graded.handins, len(EXERCISES))
    told = {r["verdict"] for own in graded.results.values() for r in own.values()}
    assert not told & {"grader-fault", "quarantined"}
    assert told >= {"pass", "wrong", "raised", "missing", "malformed", "time-limit", "memory-limit", "output-limit",
    "process-limit",
                    "crashed"}  # fmt: skip
    more = {str(entry): list(entry.after(graded)) for entry in submissions() if entry.after}
    assert {number: found for number, found in more.items() if found} == {}


def test_its_pages_hold_no_secret_and_nothing_that_runs(graded):
    assert len(pages(graded)) == len(graded.handins) + 2
    for page in pages(graded):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text.lower() and "default-src 'none'" in text, page
        assert [k for k in SECRET_KINDS if graded.markers[k] in text] == [], page
        if "feedback" in page.parts:
            assert harmless(text) == [], page
