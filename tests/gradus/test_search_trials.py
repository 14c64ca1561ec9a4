"""Trials and grids: against itertools, SciPy and outcomes that are known."""

import itertools
import math

import numpy as np
import pytest
from gradus.search_trials import Trial, at_edge, distinct_projections, grid, peak, rank, run_trials
from scipy import stats


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_grid_is_the_product_of_its_axes():
    axes = {"lr": [0.1, 0.01], "width": (16, 32, 64), "f": ["tanh", "relu"]}
    points = grid(**axes)
    assert [tuple(point.values()) for point in points] == list(itertools.product(*axes.values()))
    assert {tuple(point) for point in points} == {("lr", "width", "f")}
    assert grid(lr=np.array([0.5]), n=range(2)) == [{"lr": 0.5, "n": 0}, {"lr": 0.5, "n": 1}]


def test_trials_come_best_first_and_nan_is_worst():
    outcomes = {0: 3.0, 1: math.nan, 2: -1.0, 3: math.inf, 4: 3.0, 5: 0.5}
    trials = run_trials(grid(i=range(6)), lambda i: outcomes[i])
    assert [trial.params["i"] for trial in trials] == [2, 5, 0, 4, 1, 3]
    assert [trial.status for trial in trials] == ["done"] * 4 + ["failed"] * 2
    assert trials[0] == Trial({"i": 2}, -1.0, "done", (-1.0,))
    assert math.isnan(trials[4].value) and trials[5].value == math.inf


def test_a_search_survives_arithmetic_errors_and_no_others():
    def objective(i):
        if i == 0:
            with np.errstate(all="raise"):
                np.float64(1e300) * np.float64(1e300)
        return 10 ** (1000.0 * i) if i == 1 else 1 / (i - 2) if i == 2 else float(i)

    trials = run_trials(grid(i=range(4)), objective)
    assert [(trial.params["i"], trial.status) for trial in trials] == [
        (3, "done"),
        (0, "failed"),
        (1, "failed"),
        (2, "failed"),
    ]
    assert all(math.isnan(trial.value) for trial in trials[1:])
    with pytest.raises(KeyError):
        run_trials(grid(i=[1]), lambda i: {}[i])


def test_a_cost_of_more_than_three_times_the_first_ends_a_trial():
    seen = []

    def objective(factor):
        for t in range(10):
            seen.append((factor, t))
            yield 2.0 * factor**t

    trials = run_trials(grid(factor=[2.0, 0.5, 3.0, 1.0]), objective)
    assert [(trial.params["factor"], trial.status) for trial in trials] == [
        (0.5, "done"),
        (1.0, "done"),
        (2.0, "aborted"),
        (3.0, "aborted"),
    ]
    assert trials[0].value == 2 * 0.5**9 and trials[0].costs == tuple(2 * 0.5**t for t in range(10))
    assert trials[2].costs == (2, 4, 8)  # 8 > 3 · 2, 4 is not
    assert trials[3].costs == (2, 6, 18)  # 6 = 3 · 2 is not more
    assert [t for factor, t in seen if factor == 2.0] == [0, 1, 2]  # what was saved
    assert {trial.status for trial in run_trials(grid(factor=[2.0]), objective, abort=math.inf)} == {"done"}
    assert run_trials(grid(factor=[2.0]), objective, abort=1.0)[0].costs == (2, 4)


def test_aborted_trials_rank_before_failed_ones_and_after_all_that_were_done():
    def objective(costs):
        yield from costs

    points = grid(costs=[(1.0, math.nan, 0.0), (1.0, 4.0), (100.0, 90.0), (0.1, 0.5), ()])
    trials = run_trials(points, objective)
    assert [trial.status for trial in trials] == ["done", "aborted", "aborted", "failed", "failed"]
    assert [trial.value for trial in trials[:3]] == [90, 0.5, 4]
    assert {len(trial.costs) for trial in trials[3:]} == {2, 0}  # stopped at NaN; yielded nothing
    assert all(math.isnan(trial.value) for trial in trials[3:])


def test_trials_without_a_number_rank_alike():
    assert rank(Trial({}, math.nan, "failed", ())) == (2, 0.0) < rank(Trial({}, math.inf, "failed", (math.inf,)))
    assert rank(Trial({}, 7.0, "aborted", (7.0,))) == (1, 7.0) and rank(Trial({}, -1.0, "done", (-1.0,))) == (0, -1.0)


def test_a_cost_that_is_not_positive_ends_nothing():
    def objective(costs):
        yield from costs

    for costs in [(-0.5, -0.4, 3.0), (0.0, 7.0)]:
        assert run_trials([{"costs": costs}], objective)[0].status == "done"
    assert run_trials([{"x": 0}], lambda x: -0.9)[0].status == "done"


def test_a_peak_is_a_gaussian_density():
    points, centre = rng().random((4, 5, 3)), rng(1).random(3)
    law = stats.multivariate_normal(centre[:2], 0.3**2 * np.eye(2))
    expected = law.pdf(points[..., :2]) / law.pdf(centre[:2])
    np.testing.assert_allclose(peak(points, 2, centre, 0.3), expected, rtol=1e-12)


def test_a_peak_by_hand():
    x = np.array([[0.5, 0.1], [0.58, 0.9], [0.5, 0.66]])
    np.testing.assert_allclose(peak(x, 1), [1, math.exp(-0.5), 1], rtol=1e-12)
    np.testing.assert_allclose(peak(x, 2)[2], math.exp(-2), rtol=1e-12)
    with np.errstate(all="raise"):
        assert peak(np.array([1e200, 0.5]), 2) == 0 == peak(np.array([3.7]), 1)  # e^−800
    assert peak(x[:0], 1).shape == (0,)


def test_projections_of_grid_and_random_points():
    lattice = np.array(list(itertools.product([0.0, 0.5, 1.0], repeat=2)))
    assert distinct_projections(lattice).tolist() == [3, 3]
    assert distinct_projections(rng().random((9, 2))).tolist() == [9, 9]
    assert distinct_projections(np.array([[1, 2, 3], [1, 5, 3]])).tolist() == [1, 2, 1]


def test_projections_are_counted_as_pythons_sets_count_them():
    points = rng().integers(0, 12, (30, 4)) / 4  # many alike
    assert distinct_projections(points).tolist() == [len(set(column)) for column in points.T.tolist()]


def test_a_random_point_is_at_an_edge_as_often_as_the_edges_are_wide():
    for log, draws in ((True, np.geomspace(1e-4, 1.0, 20_001)), (False, np.linspace(1e-4, 1.0, 20_001))):
        for frac in (0.05, 0.1, 0.3):
            share = np.mean([at_edge(float(x), 1e-4, 1.0, frac, log=log) for x in draws])
            assert share == pytest.approx(2 * frac, abs=1e-3), (log, frac)


def test_edges_are_looked_for_on_the_scale_of_the_search():
    assert not at_edge(1e-2, 1e-4, 1.0)
    assert at_edge(1.5e-4, 1e-4, 1.0) and at_edge(0.7, 1e-4, 1.0)  # within a tenth of four decades, 10^0.4 = 2.5
    assert not at_edge(2.6e-4, 1e-4, 1.0) and not at_edge(0.39, 1e-4, 1.0)
    assert at_edge(1e-2, 1e-4, 1.0, log=False) and not at_edge(0.5, 1e-4, 1.0, log=False)
    assert at_edge(2.6e-4, 1e-4, 1.0, frac=0.2)
    assert at_edge(-0.9, -1.0, 1.0, log=False) and not at_edge(-0.7, -1.0, 1.0, log=False)
    for end in (1e-4, 1.0):
        assert at_edge(end, 1e-4, 1.0) and at_edge(end, 1e-4, 1.0, frac=0.0)
    assert at_edge(0.25, 0.0, 1.0, frac=0.25, log=False) and at_edge(0.75, 0.0, 1.0, frac=0.25, log=False)
    assert type(at_edge(0.5, 0.1, 1.0)) is bool


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grid(), ValueError, "grid: axes must name at least one"),
        (lambda: grid(lr=0.1), TypeError, "grid: lr must be a list of values, got 0.1"),
        (lambda: grid(f="relu"), TypeError, "grid: f must be a list of values, got 'relu'"),
        (lambda: grid(lr=[]), ValueError, "grid: lr must hold at least one value"),
        (lambda: run_trials({"a": 1}, max), TypeError, "run_trials: points must be a list of dicts"),
        (lambda: run_trials([1], max), TypeError, r"run_trials: points\[0\] must be a dict"),
        (lambda: run_trials([{"x": 1}], lambda x: "a"), TypeError, "objective must return a number"),
        (lambda: run_trials([{"x": 1}], lambda x: None), TypeError, "objective must return a number"),
        (lambda: run_trials([{"x": 1}], lambda x: np.ones(2)), TypeError, "objective must return a number"),
        (lambda: run_trials([{"x": 1}], lambda x: x, abort=0.9), ValueError, r"run_trials: abort must be in \[1, inf"),
        (
            lambda: at_edge(2.0, 0.1, 1.0),
            ValueError,
            r"at_edge: best must lie between low and high, in \[0.1, 1\], got 2",
        ),
        (lambda: at_edge(0.5, 0.5, 0.5), ValueError, "at_edge: low must be less than high, got 0.5 and 0.5"),
        (lambda: at_edge(0.0, -1.0, 1.0), ValueError, r"at_edge: low must be in \(0, inf\)"),
        (lambda: at_edge(0.5, 0.1, 1.0, frac=0.5), ValueError, r"at_edge: frac must be in \[0, 0.5\)"),
        (lambda: peak(np.ones(2), 3), ValueError, "peak: important must be at most 2"),
        (lambda: peak(np.ones(2), 1, np.ones(3)), ValueError, "peak: centre must be a number or have shape"),
        (lambda: peak(1.0, 1), ValueError, "peak: x must have at least one axis"),
        (lambda: distinct_projections(np.ones((0, 2))), ValueError, "points must hold at least one point"),
        (lambda: distinct_projections(np.array([[np.nan]])), ValueError, "points must be finite"),
        (lambda: rank((1, 2)), TypeError, "rank: trial must be a Trial"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
