"""A short run of both fuzzers, and the proof that they would find a fault. The long ones: ``python tests/fuzz``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

import campaign
import frames
import notebooks

from autograder.intake import cells, notebook
from autograder.intake.notebook import Cell, in_order
from autograder.sandbox import wire

SEED = 20


def test_mutated_frames_are_messages_or_violations_and_nothing_else():
    outcomes = frames.fuzz(20_000, SEED).outcomes
    assert min(outcomes[what] for what in ("message", "violation", "waiting")) > 400, outcomes


def test_mutated_notebooks_are_submissions_or_malformed_and_nothing_else():
    outcomes = notebooks.fuzz(500, SEED).outcomes
    assert min(outcomes[what] for what in ("submission", "malformed")) > 50, outcomes


def test_a_case_follows_from_the_seed_and_its_number():
    first = campaign.run("frames", frames.case, lambda raw, rng: str(hash(raw)), 20, seed=3, seconds=9, megabytes=900)
    again = campaign.run(
        "frames", frames.case, lambda raw, rng: str(hash(raw)), 10, seed=3, first=10, seconds=9, megabytes=900
    )
    assert first.outcomes > again.outcomes


FAULTS_OF_THE_DECODER = {
    "lengths are not looked at": ("count_of", lambda value, at_most, what: value),
    "nothing is counted": ("DEPTH", 10**6),
    "an array that cannot be sent on": ("TAGS", {dtype: tag for dtype, tag in wire.TAGS.items() if tag != "float64"}),
    "room for all that a header announces": ("FIRST_ROOM", 2**40),
}


@pytest.mark.parametrize("name", FAULTS_OF_THE_DECODER)
def test_a_fault_in_the_decoder_is_found(monkeypatch, name):
    attribute, faulty = FAULTS_OF_THE_DECODER[name]
    monkeypatch.setattr(wire, attribute, faulty)
    with pytest.raises(campaign.Found, match=r"repeat it: python tests/fuzz frames 1 --seed 20 --first \d+"):
        frames.fuzz(20_000, SEED)


FAULTS_OF_INTAKE = {
    "metadata that is believed to be a dict": (
        cells,
        "grade_id_of",
        lambda cell: cell["metadata"]["nbgrader"]["grade_id"],
    ),
    "texts that are no Unicode": (cells, "SURROGATE", re.compile("(?!)")),
    "read-only cells that are changed": (notebook, "Cell", lambda kind, *rest: Cell(kind, *rest) if kind != "given" else
                                         Cell(kind, rest[0], "import fake")),
    "checks that are left out": (notebook, "in_order", lambda *a: tuple(c for c in in_order(*a) if c.label != "double")),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS_OF_INTAKE)
def test_a_fault_in_intake_is_found(monkeypatch, name):
    module, attribute, faulty = FAULTS_OF_INTAKE[name]
    monkeypatch.setattr(module, attribute, faulty)
    with pytest.raises(campaign.Found, match=r"repeat it: python tests/fuzz notebooks 1 --seed 20 --first \d+"):
        notebooks.fuzz(2_000, SEED)
