"""What the checks of `babysitting_and_search` rest on: curves of known symptoms, trials of every fate, hills, the broken cell."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from gradus import babysitting

from autograder.checks import _babysitting_and_search_curves as curves
from autograder.checks import _babysitting_and_search_hills as hills
from autograder.checks import _babysitting_and_search_probes as tried
from autograder.checks import _babysitting_and_search_trials as trials
from autograder.checks import _babysitting_and_search_wrong_search as wrong_search
from autograder.checks import _babysitting_and_search_wrong_split as wrong_split
from autograder.checks import of_topic
from autograder.handle import local
from autograder.judging import PUBLIC_SEED, judge

EXERCISES = of_topic("babysitting_and_search")
FOLDER = Path(__file__).parents[2] / "solutions" / "assignments" / "babysitting_and_search"

SYMPTOM = {"nan": "nan", "plateau": "plateau", "flat": "flat", "gap": "gap", "capacity": "capacity"}


@pytest.mark.parametrize("kind", curves.KINDS)
def test_a_history_has_the_one_symptom_that_it_is_named_after(kind):
    for seed in range(200):
        for make in curves.KINDS[kind]:
            found = babysitting.diagnose(make(np.random.default_rng(seed)))
            assert list(found) == ([SYMPTOM[kind]] if kind in SYMPTOM else []), (seed, make)


def test_no_history_comes_close_to_a_threshold():
    """Where the thresholds are a tenth of a per cent off, every diagnosis is the same."""
    names = ("FLAT", "EXPLODED", "GAP", "POOR")
    before = {name: getattr(babysitting, name) for name in names}
    for factor in (0.999, 1.001):
        with pytest.MonkeyPatch.context() as patch:
            for name in names:
                patch.setattr(babysitting, name, factor * before[name])
            for kind in curves.KINDS:
                test_a_history_has_the_one_symptom_that_it_is_named_after(kind)


def test_the_net_of_the_check_learns_as_its_gradient_says():
    """A small step lowers the loss by the rate times the square of the gradient's length."""
    net = tried.Watched(np.random.default_rng(0))
    X, y = net.X[:20], net.y[:20]
    before, gradient = net.loss_and_gradient(X, y)
    assert net(X, y, 1e-6) == before == pytest.approx(math.log(net.C), rel=0.05)
    after = net(X, y, 0.0)
    assert before - after == pytest.approx(1e-6 * np.sum(gradient**2), rel=1e-3)


def test_trials_of_every_fate_come_up_in_a_search():
    fates = {"lost at once": 0, "lost later": 0, "ended for its cost": 0, "done": 0}
    space = {"lr": (1e-4, 1.0), "decay": (1e-6, 1e-1)}
    objective, rng = trials.Objective(space, 3.0, 5), np.random.default_rng(0)
    for _ in range(200):
        point = {name: float(low * (high / low) ** rng.random()) for name, (low, high) in space.items()}
        cost, epochs = objective.fate(point)
        last = objective.cost(point, epochs[-1])
        if cost < math.inf:
            fates["done"] += 1
            assert epochs == list(range(5))
        elif math.isfinite(last):
            fates["ended for its cost"] += 1
            assert last > 3 * objective.cost(point, 0) and objective.cost(point, epochs[-2]) <= 3 * objective.cost(
                point, 0
            )
        else:
            fates["lost at once" if len(epochs) == 1 else "lost later"] += 1
    assert min(fates.values()) > 10, fates


def test_the_broken_split_of_the_notebook_is_the_wrong_version_of_the_checks():
    text = (FOLDER / "babysitting_and_search.ipynb").read_text(encoding="utf-8")
    cells = {c["id"]: "".join(c["source"]) for c in json.loads(text)["cells"]}
    names = {"np": np}
    exec(compile(cells["broken-split"], "broken-split", "exec"), names)  # a cell of our own
    X, y = np.arange(30.0).reshape(15, 2), np.arange(15)
    both = [f(X, y, 4, np.random.default_rng(3)) for f in (names["broken_split"], wrong_split.broken_split)]
    for mine, known in zip(*both, strict=True):
        np.testing.assert_array_equal(mine, known)


def test_a_search_that_was_never_random_is_told_so():
    def same_points(space, objective, n, rng, abort=3.0, epochs=5):
        return trials.random_search(space, objective, n, np.random.default_rng(7), abort, epochs)

    given = tuple(local(o) for o in (wrong_search.log_uniform, same_points, EXERCISES["log_uniform"].reference[2]))
    got = judge(EXERCISES["log_uniform"], lambda: given, seed=1)
    assert [r.name for r in got.results if not r.passed] == ["rng draws the points"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_grid_and_random_search_differ_as_told_whatever_numbers_are_drawn():
    """On the hills of the check, which are the same for everybody, with two hundred other draws."""
    index = [case.name for case in EXERCISES["grid_points"].cases].index("few coordinates matter, or all")
    found: dict[str, list[float]] = {}
    for seed in range(200):

        def other_draws(f, D, B, rng, seed=seed):
            return hills.grid_and_random(f, D, B, np.random.default_rng([seed, int(rng.integers(2**31))]))

        rng = np.random.default_rng([index, PUBLIC_SEED])
        given = hills.ahead()(rng, local(hills.grid_points), local(other_draws))
        for name, value in given.items():
            found.setdefault(name, []).append(value)
    few, all_of_two, one = (np.array(found[name]) for name in ("1 of 6 matters", "2 of 2 matter", "1 of 1"))
    assert few.mean() - 5 * few.std() > 0.3
    assert all_of_two.mean() + 5 * all_of_two.std() < 0.015
    assert one.max() < 0.005  # the grid is nowhere farther from the top than 1/128
