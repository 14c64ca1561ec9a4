"""Search: distributions against SciPy, grids against itertools, searches whose outcome is known."""

import itertools
import math

import numpy as np
import pytest
from gradus.search import (
    coarse_to_fine,
    draw_points,
    grid,
    log_uniform,
    narrowed,
    one_minus_log_uniform,
    peak,
    random_search,
    rank,
    run_trials,
    uniform,
)
from scipy import stats

N = 20_000


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("low", "high"), [(1e-5, 10.0), (2.0, 3.0), (1, 1e6)])
def test_log_uniform_has_scipys_distribution(low, high):
    x = log_uniform(low, high, N, rng())
    law = stats.loguniform(low, high)
    assert stats.kstest(x, law.cdf).pvalue > 1e-4
    assert abs(x.mean() - law.mean()) < 5 * law.std() / math.sqrt(N)
    assert low <= x.min() and x.max() <= high


def test_each_decade_gets_its_share():
    x = log_uniform(1e-5, 1.0, N, rng())
    counts = np.histogram(np.log10(x), bins=5, range=(-5, 0))[0]
    assert np.abs(counts - N / 5).max() < 5 * math.sqrt(N * 0.2 * 0.8)
    assert np.mean(uniform(1e-5, 1.0, N, rng()) > 0.1) > 0.88  # the mistake: nine of ten in the top decade


@pytest.mark.parametrize(("low", "high"), [(-3.0, 2.0), (0, 0.7)])
def test_uniform_has_scipys_distribution(low, high):
    x = uniform(low, high, N, rng())
    law = stats.uniform(low, high - low)
    assert stats.kstest(x, law.cdf).pvalue > 1e-4
    assert abs(x.mean() - law.mean()) < 5 * law.std() / math.sqrt(N)
    assert low <= x.min() and x.max() <= high


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.999), (0.0, 0.9), (-9.0, 0.9999)])
def test_the_distance_from_1_is_log_uniform(low, high):
    x = one_minus_log_uniform(low, high, N, rng())
    law = stats.loguniform(1 - high, 1 - low)
    assert stats.kstest(1 - x, law.cdf).pvalue > 1e-4
    assert abs((1 - x).mean() - law.mean()) < 5 * law.std() / math.sqrt(N)
    assert low <= x.min() and x.max() <= high


@pytest.mark.parametrize("sampler", [uniform, log_uniform, one_minus_log_uniform])
def test_size_is_a_number_a_shape_or_none(sampler):
    assert sampler(0.1, 0.2, 7, rng()).shape == (7,)
    assert sampler(0.1, 0.2, (2, 3), rng()).shape == (2, 3)
    assert sampler(0.1, 0.2, 0, rng()).shape == (0,)
    one = sampler(0.1, 0.2, None, rng())
    assert type(one) is float
    assert one == pytest.approx(sampler(0.1, 0.2, (1,), rng())[0], rel=1e-14)  # the same draw
    assert sampler(0.1, 0.2, 5, rng()).dtype == np.float64


def test_rounding_does_not_leave_the_range():
    for low in (1e-5, 3e-7, 0.1):
        x = log_uniform(low, low * (1 + 1e-15), 100, rng())
        assert ((x >= low) & (x <= low * (1 + 1e-15))).all()
        x = one_minus_log_uniform(1 - low * (1 + 1e-9), 1 - low, 100, rng())
        assert ((x >= 1 - low * (1 + 1e-9)) & (x <= 1 - low)).all()


SPACE = {"lr": (log_uniform, 1e-4, 1.0), "rate": (uniform, 0.0, 0.5), "width": [16, 32, 64]}


def test_points_are_drawn_from_their_entries_independently():
    points = draw_points(SPACE, 3000, rng())
    lr, rate, width = (np.array([point[name] for point in points]) for name in SPACE)
    assert stats.kstest(lr, stats.loguniform(1e-4, 1).cdf).pvalue > 1e-4
    assert stats.kstest(rate, stats.uniform(0, 0.5).cdf).pvalue > 1e-4
    assert stats.chisquare([(width == w).sum() for w in SPACE["width"]]).pvalue > 1e-4
    assert abs(np.corrcoef(np.log(lr), rate)[0, 1]) < 5 / math.sqrt(3000)
    assert {type(point["lr"]) for point in points} == {float}
    assert draw_points(SPACE, 3, rng(5)) == draw_points(SPACE, 3, rng(5)) != draw_points(SPACE, 3, rng(6))
    assert draw_points(SPACE, 0, rng()) == []


def test_a_search_can_be_continued():
    points = draw_points({"x": (uniform, 0.0, 1.0)}, 10, rng())
    objective = lambda x: (x - 0.3) ** 2 if x < 0.9 else math.nan  # noqa: E731
    apart = run_trials(points[:4], objective) + run_trials(points[4:], objective)
    assert sorted(apart, key=rank) == run_trials(points, objective)


def test_random_search_depends_on_the_generator_alone():
    shared = rng(3)

    def greedy(x, n):
        shared.random(100)  # an objective that uses the same generator
        return abs(x - 0.5)

    space = {"x": (uniform, 0.0, 1.0), "n": [1, 2]}
    trials = random_search(space, greedy, 20, shared)
    assert trials == random_search(space, lambda x, n: abs(x - 0.5), 20, rng(3))
    assert len(trials) == 20 and random_search(space, greedy, 0, shared) == []
    assert sorted(t.params["x"] for t in trials) == sorted(p["x"] for p in draw_points(space, 20, rng(3)))
    assert [t.value for t in trials] == sorted(t.value for t in trials)


def grows_to(factor):
    def objective(x):
        yield 1.0
        yield factor

    return objective


def test_searches_hand_on_the_factor_for_giving_up_which_is_three():
    space = {"x": (uniform, 0.0, 1.0)}
    for factor, options, status in [(2.9, {}, "done"), (3.1, {}, "aborted"), (2.9, {"abort": 2.8}, "aborted")]:
        objective = grows_to(factor)
        assert run_trials([{"x": 0.5}], objective, **options)[0].status == status
        assert random_search(space, objective, 1, rng(), **options)[0].status == status
        assert coarse_to_fine(space, [(objective, 1)], rng(), **options)[0].trials[0].status == status


def test_random_search_wins_where_few_coordinates_matter():
    def best(points, important, centre):
        return peak(points, important, centre).max()

    def mean_best(D, per_axis, important, repeats=200):
        generator = rng(0)
        axis = (np.arange(per_axis) + 0.5) / per_axis
        lattice = np.array([list(p.values()) for p in grid(**{f"x{d}": axis for d in range(D)})])
        found = []
        for _ in range(repeats):
            centre = generator.random(D)
            found.append((best(lattice, important, centre), best(generator.random(lattice.shape), important, centre)))
        return np.mean(found, axis=0)

    of_grid, of_random = mean_best(6, 2, 1)
    assert of_random > of_grid + 0.3  # HPO-09
    of_grid, of_random = mean_best(2, 5, 2)
    assert of_grid > of_random + 0.05  # HPO-06
    of_grid, of_random = mean_best(1, 9, 1)
    assert of_grid > of_random


def test_the_best_of_n_trials_is_the_least_of_n_uniform_numbers():
    generator, n = rng(5), 9
    least = [random_search({"x": (uniform, 0.0, 1.0)}, lambda x: x, n, generator)[0].value for _ in range(400)]
    assert stats.kstest(least, stats.beta(1, n).cdf).pvalue > 1e-3  # the law of the least of n


def test_a_space_is_narrowed_on_the_axis_of_its_sampler():
    space = {
        "lr": (log_uniform, 1e-4, 1.0),
        "rate": (uniform, 0.0, 0.8),
        "beta": (one_minus_log_uniform, 0.9, 0.9999),
        "width": [8, 16],
    }
    tight = narrowed(space, {"lr": 1e-2, "rate": 0.1, "beta": 0.99, "width": 8}, 4.0)
    assert tight["lr"][0] is log_uniform
    np.testing.assert_allclose(tight["lr"][1:], [10**-2.5, 10**-1.5], rtol=1e-12)  # a quarter of four decades
    np.testing.assert_allclose(tight["rate"][1:], [0.0, 0.2], atol=1e-15)
    np.testing.assert_allclose(1 - np.array(tight["beta"][1:]), [10**-1.625, 10**-2.375], rtol=1e-12)
    assert tight["width"] == [8, 16] and tight["width"] is not space["width"]
    turned = dict(reversed(space.items()))  # choices first
    assert narrowed(turned, {"lr": 1e-2, "rate": 0.1, "beta": 0.99, "width": 8}, 4.0) == tight
    edge = narrowed(space, {"lr": 1.0, "rate": 0.8, "beta": 0.9, "width": 8}, 2.0)
    np.testing.assert_allclose(edge["lr"][1:], [0.1, 1.0], rtol=1e-12)  # it does not leave the range
    assert edge["lr"][2] == 1.0 and edge["rate"][2] == 0.8 and edge["beta"][1] == 0.9


def test_each_stage_looks_around_the_best_point_of_the_last():
    calls = []

    def stage(k):
        def objective(lr):
            calls.append(k)
            return abs(math.log10(lr) + 3)

        return objective

    stages = coarse_to_fine({"lr": (log_uniform, 1e-6, 1.0)}, [(stage(0), 20), (stage(1), 5), (stage(2), 6)], rng())
    assert calls == [0] * 20 + [1] * 5 + [2] * 6
    assert [len(s.trials) for s in stages] == [20, 5, 6]
    for before, after in itertools.pairwise(stages):
        assert after.space == narrowed(before.space, before.trials[0].params, 4.0)
        low, high = after.space["lr"][1:]
        assert all(low <= trial.params["lr"] <= high for trial in after.trials)
    assert abs(math.log10(stages[-1].trials[0].params["lr"]) + 3) < 0.2


def test_coarse_to_fine_beats_one_stage_of_the_same_budget():
    objective = lambda a, b: 1 - float(peak(np.array([a, b]), 2, 0.37))  # noqa: E731
    space = {"a": (uniform, 0.0, 1.0), "b": (uniform, 0.0, 1.0)}
    wins = 0
    for seed in range(30):
        staged = coarse_to_fine(space, [(objective, 30), (objective, 30)], rng(seed))[-1].trials[0].value
        wins += staged < random_search(space, objective, 60, rng(seed))[0].value
    assert wins >= 22


def test_a_stage_without_success_narrows_nothing():
    space = {"x": (uniform, 0.0, 1.0)}
    stages = coarse_to_fine(space, [(lambda x: math.nan, 3), (lambda x: x, 2)], rng(), zoom=2.0)
    assert stages[1].space == space

    aborts = grows_to(1.5)
    given_up = coarse_to_fine(space, [(aborts, 3), (aborts, 2)], rng(), abort=1.2)
    assert given_up[1].space == space
    kept = coarse_to_fine(space, [(aborts, 3), (aborts, 2)], rng(), zoom=2.0)
    low, high = kept[1].space["x"][1:]
    assert high - low <= 0.5 + 1e-12


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: log_uniform(0.0, 1.0, 1, rng()), ValueError, r"log_uniform: low must be in \(0, inf\), got 0"),
        (lambda: log_uniform(1.0, 1.0, 1, rng()), ValueError, "log_uniform: low must be less than high, got 1 and 1"),
        (lambda: one_minus_log_uniform(0.5, 1.0, 1, rng()), ValueError, "one_minus_log_uniform: high must be in"),
        (lambda: uniform(0.0, math.inf, 1, rng()), ValueError, "uniform: high must be in"),
        (lambda: uniform(0.0, 1.0, (2, -1), rng()), ValueError, "uniform: size must be at least 0"),
        (lambda: uniform(0.0, 1.0, 2.5, rng()), TypeError, "uniform: size must be an integer"),
        (lambda: draw_points({}, 1, rng()), ValueError, "draw_points: space must name at least one"),
        (lambda: draw_points([1], 1, rng()), TypeError, "draw_points: space must be a dict"),
        (
            lambda: draw_points({"a": (0, 1)}, 1, rng()),
            TypeError,
            r"draw_points: space\['a'\] must be a list of choices",
        ),
        (lambda: draw_points({"a": (max, 0, 1)}, 1, rng()), TypeError, "sampler one of uniform, log_uniform"),
        (lambda: draw_points({"a": (uniform, 1, 0)}, 1, rng()), ValueError, r"space\['a'\] must have low < high"),
        (lambda: draw_points({"a": (uniform, 1, 1)}, 1, rng()), ValueError, "must have low < high, got 1 and 1"),
        (
            lambda: draw_points({"a": (log_uniform, 0, 1)}, 1, rng()),
            ValueError,
            r"space\['a'\]\[1\] must be in \(0, inf",
        ),
        (lambda: draw_points({"a": []}, 1, rng()), ValueError, r"space\['a'\] must hold at least one choice"),
        (lambda: random_search(SPACE, max, 2, rng(), abort=0.9), ValueError, "random_search: abort must be in"),
        (lambda: narrowed(SPACE, {"lr": 0.1}, 2.0), ValueError, "narrowed: best lacks rate"),
        (lambda: narrowed(SPACE, {"lr": 2.0}, 2.0), ValueError, r"narrowed: best\['lr'\] must be in \[0.0001, 1\]"),
        (lambda: narrowed(SPACE, {}, 1.0), ValueError, r"narrowed: zoom must be in \(1, inf\)"),
        (lambda: coarse_to_fine(SPACE, [], rng()), TypeError, "coarse_to_fine: stages must be a list of pairs"),
        (lambda: coarse_to_fine(SPACE, [max], rng()), TypeError, r"coarse_to_fine: stages\[0\] must be a pair"),
        (lambda: coarse_to_fine(SPACE, [(max, 0)], rng()), ValueError, r"stages\[0\]\[1\] must be at least 1"),
        (lambda: coarse_to_fine(SPACE, [(max, 1)], rng(), zoom=1.0), ValueError, "coarse_to_fine: zoom must be in"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
