"""What the checks of `gradient_clipping` rest on: the notebook's own cells, problems that explode, the angle that is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus.recurrence import rnn_bptt

from autograder.checks import _gradient_clipping_probes as tried
from autograder.checks import _gradient_clipping_wrong_runs as wrong_runs
from autograder.checks import gradient_clipping as checks
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import judge

EXERCISES = of_topic("gradient_clipping")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "gradient_clipping" / "gradient_clipping.ipynb"


def cell(name: str) -> dict:
    """The names that a cell of the notebook defines."""
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}
    names = {"np": np, "rnn_bptt": rnn_bptt}
    exec(compile(cells[name], name, "exec"), names)  # a cell of our own
    return names


def test_the_problem_that_students_see_is_the_one_that_is_judged(capsys):
    problem = cell("train_rnn-problem")["problem"]
    for seed in tried.SEEDS:
        for mine, judged in zip(problem(seed), tried.long_sequences(seed), strict=True):
            if isinstance(mine, dict):
                assert all(np.array_equal(mine[name], judged[name]) for name in judged)
            else:
                assert np.array_equal(mine, judged)


def test_the_broken_step_of_the_notebook_is_the_wrong_version_of_the_checks():
    broken = cell("broken-step")["broken_step"]
    (arguments, _) = tried.one_step(0.4)(np.random.default_rng(0))
    for mine, known in zip(broken(*arguments), wrong_runs.broken_step(*arguments), strict=True):
        if isinstance(mine, dict):
            assert all(np.array_equal(mine[name], known[name]) for name in known)
        else:
            np.testing.assert_allclose(mine, known, rtol=1e-12)


def test_an_unknown_turn_is_told_with_its_cosine():
    def halves_the_first(grads, c):
        norm = np.sqrt(sum(np.sum(g**2) for g in grads))
        return [g / 2 if i == 2 else g for i, g in enumerate(grads)], norm

    given = (local(halves_the_first),)
    got = judge(EXERCISES["clip_by_global_norm"], lambda: given, seed=1)
    (turned,) = [r for r in got.results if r.name == "the direction is kept"]
    assert "cosine of the angle between your clipped gradient and the gradient is 0." in turned.hint


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_relations_of_the_recurrent_network_hold_on_200_problems():
    lost = 0
    for seed in range(200):
        _, losses, norms = checks.train_rnn(*tried.long_sequences(seed), tried.RATE, tried.STEPS)
        gone = not max(losses) < 1e3
        lost += gone
        assert not gone or max(norms) > 1e3, seed
        clipped = checks.train_rnn(*tried.long_sequences(seed), tried.RATE, tried.STEPS, tried.THRESHOLD)[1]
        assert np.mean(clipped[-10:]) < 0.04, seed
    assert lost >= 190
