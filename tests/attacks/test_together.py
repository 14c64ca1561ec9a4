"""Attacks among honest submissions: every honest mark is what it is where nobody attacks."""

from __future__ import annotations

import random
import shutil
from itertools import chain

import pytest
from arena import HONEST
from attacked_course import confined_here, honest
from corpus import submissions
from harness import listed
from invariants import violations
from test_alone import START

pytestmark = pytest.mark.skipif(not confined_here(), reason="this machine cannot confine submissions")

QUICK = 0.12  # of the honest students in the small selection


def check(arena, class_of_honest, entries, handins, jobs):
    seconds = START + sum(e.seconds * len(e.handins) for e in entries) / jobs
    run = arena.run(handins, jobs=jobs, seconds=seconds)
    found = violations(run, class_of_honest, seconds)
    for entry in entries:
        found += entry.after(run) if entry.after else []
    assert found == []
    shutil.rmtree(run.base)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("section", sorted({said["section"] for said in listed().values()} | {"X", "Y"}))
def test_each_attack_before_an_honest_submission(section, arena, class_of_honest):
    entries = submissions(lambda e: e.section == section)
    attacks = [h for e in entries for h in e.handins]
    kinds = list(HONEST)
    pairs = [(attack, honest(kinds[i % len(kinds)])) for i, attack in enumerate(attacks)]
    check(arena, class_of_honest, entries, list(chain(*pairs)), jobs=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shuffle", range(3))
def test_all_attacks_interleaved_with_a_class(shuffle, arena, class_of_honest):
    entries = submissions()
    handins = [h for e in entries for h in e.handins] + [honest(kind) for kind in HONEST for _ in range(10)]
    random.Random(shuffle).shuffle(handins)
    check(arena, class_of_honest, entries, handins, jobs=2)


@pytest.mark.timeout(180)
def test_a_few_attacks_of_each_section_interleaved_with_a_class(arena, class_of_honest):
    entries = submissions(lambda e: e.quick)
    handins = [h for e in entries for h in e.handins] + [honest(kind) for kind in HONEST]
    random.Random(0).shuffle(handins)
    check(arena, class_of_honest, entries, handins, jobs=2)
