"""What the checks of `schedules` rest on: the exact mean of a noisy loss, scripts without close calls, the broken cell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradus import schedules as ref

from autograder.checks import _schedules_bowl as bowl
from autograder.checks import _schedules_probes as tried
from autograder.checks import _schedules_wrong_debug as wrong_debug
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import judge

EXERCISES = of_topic("schedules")
NOTEBOOK = Path(__file__).parents[2] / "solutions" / "assignments" / "schedules" / "schedules.ipynb"


def test_the_broken_run_of_the_notebook_is_the_wrong_version_of_the_checks():
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]}
    names = {"np": np}
    exec(compile(cells["broken-train"], "broken-train", "exec"), names)  # a cell of our own
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((9, 2)), rng.standard_normal(9)
    mine, known = (f(X, y, 0.3, 5.0, 8) for f in (names["broken_train"], wrong_debug.broken_train))
    np.testing.assert_array_equal(mine[0], known[0])
    assert mine[1] == known[1]


@pytest.mark.parametrize("sigma", [0.0, 1.3])
def test_the_mean_of_the_noisy_loss_is_the_one_that_many_runs_have(sigma):
    h, w0, lrs = np.array([1.0, 0.3]), np.array([4.0, 3.0]), np.linspace(0.8, 0.1, 15)
    mean, spread = bowl.mean_and_spread(lrs, h, sigma, w0)
    rng, runs = np.random.default_rng(0), 200_000
    w = np.tile(w0, (runs, 1))
    for lr in lrs:
        w -= lr * (h * w + sigma * rng.standard_normal(w.shape))
    losses = 0.5 * (h * w * w).sum(axis=1)
    assert abs(losses.mean() - mean) <= 5 * spread / np.sqrt(runs) + 1e-12
    assert losses.std() == pytest.approx(spread, rel=0.03, abs=1e-9)


def test_whether_a_scripted_loss_is_better_never_hangs_on_a_last_digit():
    """A min_delta that is a millionth smaller or larger changes no rate."""
    scripts = [tried.long_run(0.1), tried.long_run(0.4), tried.creeping, tried.worse_and_less_so, tried.with_defaults]
    for script in scripts:
        for seed in range(50):
            (lr0, *given), named, losses = script(np.random.default_rng(seed))
            settings = dict(zip(("factor", "patience", "min_delta"), given, strict=False)) | named
            delta = settings.pop("min_delta", 1e-4)
            rates = []
            for share in (1 - 1e-6, 1.0, 1 + 1e-6):
                schedule = ref.PerformanceSchedule(lr0, **settings, min_delta=share * delta)
                rates.append([schedule.step(loss) for loss in losses])
            assert rates[0] == rates[1] == rates[2], (script, seed)


def test_a_list_of_rates_stands_for_an_array_of_them():
    given = (local(lambda t, lr0, s, c=1.0: ref.power(t, lr0, s, c) if np.ndim(t) == 0 else [
        ref.power(int(step), lr0, s, c) for step in t]), local(ref.exponential))  # fmt: skip
    assert judge(EXERCISES["power"], lambda: given, seed=1).verdict == "pass"


def test_an_array_of_steps_in_another_order_is_not_taken_for_a_run():
    """Who keeps the last rate in a global variable passes whole runs, and no others."""
    kept = {}

    def power(t, lr0, s, c=1.0):
        if np.ndim(t) == 0:
            kept["t"] = t if t == 0 else kept.get("t", 0) + 1
            return lr0 / (1 + kept["t"] / s) ** c
        return ref.power(t, lr0, s, c)

    got = judge(EXERCISES["power"], lambda: (local(power), local(ref.exponential)), seed=1)
    assert {r.name for r in got.results if not r.passed} >= {"power, a whole run, step by step"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_decay_halves_the_loss_with_a_margin_whatever_the_noise():
    found = []
    for seed in range(200):
        constant, decayed = bowl.search(*bowl.EXAMPLE, np.random.default_rng(seed), bowl.RUNS)  # type: ignore[arg-type]
        found.append(np.log(constant / decayed))
    mean, spread = np.mean(found), np.std(found) / np.sqrt(3)  # the check takes three
    assert mean - 5 * spread > np.log(2)
