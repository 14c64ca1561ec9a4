"""An experiment is worth its verdict: with its effect reversed in the code, the claim must fail."""

from __future__ import annotations

from pathlib import Path

import claims
import pytest
import reversing

ROOT = Path(__file__).resolve().parents[2]
ROWS = claims.load_claims(ROOT)
ENTRIES = reversing.entries()
TRIED = {name for name, row in ROWS.items() if claims.VERDICTS[row["verdict"]]}
ROUNDS = reversing.rounds(ENTRIES, lambda name: ROWS[name]["chapter"])


def test_every_claim_that_is_tried_has_a_reversal():
    assert {name for change in ENTRIES for name in change["claims"]} == TRIED


@pytest.mark.parametrize("change", ENTRIES, ids=lambda change: change["claim"].replace(" ", "+"))
def test_a_reversal_changes_the_experiment_and_not_the_conclusion(change):
    [chapter] = {ROWS[name]["chapter"] for name in change["claims"]}
    source = reversing.code_cells(ROOT / f"{chapter}.ipynb")[change["cell"]]
    assert source.count(change["old"]) == 1
    assert change["new"] != change["old"]
    assert reversing.outside_the_conclusion(source, change["old"])


@pytest.mark.slow
@pytest.mark.parametrize("place", ROUNDS, ids=lambda place: f"{Path(place[0]).name}-{place[1]}")
def test_a_reversed_effect_is_refused(place):
    found = reversing.run(ROOT / f"{place[0]}.ipynb", ROUNDS[place])
    raised = [trace for name, (_, trace) in found.items() if name.startswith("cell ")]
    for name in sorted({name for change in ROUNDS[place] for name in change["claims"]}):
        assert found.get(name, [None])[0] is False, (name, found.get(name), raised)
