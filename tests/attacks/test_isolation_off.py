"""The harness is proved: where nothing is confined, the attacks that need confinement win, and it says so."""

from __future__ import annotations

import shutil

import pytest
from attacked_course import Arena
from corpus import submissions
from invariants import violations
from test_alone import START

SMALL = ("A072",)


@pytest.fixture(scope="module")
def open_arena(tmp_path_factory):
    return Arena(tmp_path_factory.mktemp("open"), confined=False)


def parameters():
    for entry in submissions(lambda e: e.needs):
        yield pytest.param(entry, id=entry.number, marks=[] if entry.number in SMALL else [pytest.mark.slow])


@pytest.mark.parametrize("entry", parameters())
def test_without_isolation_the_attack_wins(entry, open_arena):
    run = open_arena.run(entry.handins, seconds=START + entry.seconds * len(entry.handins))
    kinds = {v.partition(":")[0] for v in violations(run)}
    assert kinds & set(entry.needs), kinds
    shutil.rmtree(run.base)
