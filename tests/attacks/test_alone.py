"""Every attack, alone in a class with one victim: it earns nothing, and every invariant holds afterwards."""

from __future__ import annotations

import shutil

import pytest
from attacked_course import confined_here
from corpus import submissions
from invariants import violations

START = 30.0  # seconds of a run with nothing to grade, on a busy machine
SMALL = ("A035", "A073")

needs_confinement = pytest.mark.skipif(not confined_here(), reason="this machine cannot confine submissions")


def parameters():
    for entry in submissions():
        marks = [] if entry.number in SMALL else [pytest.mark.slow]
        yield pytest.param(entry, id=entry.number, marks=[*marks, needs_confinement] if entry.needs else marks)


@pytest.mark.parametrize("entry", parameters())
def test_alone(entry, arena, class_of_honest):
    run = arena.run(entry.handins, seconds=START + entry.seconds * len(entry.handins))
    found = [v for v in violations(run) if not v.startswith("marks: an honest")]
    honest = violations(run, class_of_honest, START + entry.seconds * len(entry.handins))
    more = list(entry.after(run)) if entry.after else []
    assert [*honest, *more] == [], found
    shutil.rmtree(run.base)
