"""Tasks made on the spot: their distributions, what a known best answer reaches, and what each is good for."""

import inspect
import math
import warnings

import numpy as np
import pytest
from gradus import data, tasks
from gradus.tasks import (
    adding_sequences,
    averaging_sequences,
    blobs,
    outlier_regression,
    parity,
    shared_feature_tasks,
    spirals,
)
from scipy import stats

MAKERS = [
    lambda rng, **more: shared_feature_tasks(rng, 20, **more),
    lambda rng, **more: outlier_regression(rng, 20, **more),
    lambda rng, **more: adding_sequences(rng, 20, 6, **more),
    lambda rng, **more: averaging_sequences(rng, 20, 6, **more),
    lambda rng, **more: spirals(rng, 10, **more),
    lambda rng, **more: blobs(rng, 10, **more),
]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("make", MAKERS)
def test_both_dtypes_hold_the_same_task(make):
    small, large = make(rng(), dtype=np.float32), make(rng())
    for a, b in zip(small, large, strict=True):
        assert (a.dtype, b.dtype) in ((np.float32, np.float64), (np.int64, np.int64))
        np.testing.assert_array_equal(a, b.astype(a.dtype))
    assert not np.array_equal(make(rng(1))[0], large[0])


def test_everything_can_be_had_from_data():
    for name in tasks.__all__:
        assert getattr(data, name) is getattr(tasks, name)


@pytest.mark.parametrize(
    ("make", "needed", "defaults"),
    [
        (shared_feature_tasks, (), (4000, 20, 8, 6, 4, np.float64)),
        (outlier_regression, (), (2000, 5, 50, 60.0, 0.1, np.float64)),
        (adding_sequences, (7,), (50, np.float64)),
        (averaging_sequences, (7,), (50, 5, np.float64)),
        (spirals, (), (100, 2, 1.0, 0.02, np.float64)),
        (blobs, (), (100, 3, 0.3, np.float64)),
    ],
)
def test_what_is_not_told_is_as_documented(make, needed, defaults):
    for short, full in zip(make(rng(), *needed), make(rng(), *needed, *defaults), strict=True):
        np.testing.assert_array_equal(short, full)
    parameters = inspect.signature(make).parameters.values()
    assert tuple(p.default for p in parameters if p.default is not p.empty) == defaults


def test_parity_of_the_digits():
    y = np.arange(10)
    np.testing.assert_array_equal(parity(y), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    np.testing.assert_array_equal(y, np.arange(10))
    assert parity(np.array([3], np.uint8)).dtype == np.uint8


def test_parity_is_that_of_the_last_digit():
    y = np.arange(0, 1000, 7)
    np.testing.assert_array_equal(parity(y), [int(str(d)[-1] in "13579") for d in y])


# shared_feature_tasks


def test_shapes_and_classes_of_the_two_tasks():
    X, y, X_target, y_target = shared_feature_tasks(rng(), 500, 7, 5, 3, 2)
    assert X.shape == X_target.shape == (500, 7)
    assert set(y) == {0, 1, 2} and set(y_target) == {0, 1}
    assert y.dtype == y_target.dtype == np.int64
    assert not np.array_equal(X, X_target)
    for sample in (X, X_target):
        assert stats.kstest(sample.ravel(), "norm").pvalue > 1e-4


def test_no_class_is_preferred_on_average():
    counts = sum(np.bincount(shared_feature_tasks(rng(seed), 50)[1], minlength=6) for seed in range(400))
    shares = counts / counts.sum()
    assert np.abs(shares - 1 / 6).max() < 5 * 0.15 / math.sqrt(400)  # one task's share varies by about 0.15


def test_the_classes_are_those_of_the_features():
    """One feature of one input: h = max(±x, 0) − 1/√(2π), and the class is the sign of (A₁ − A₀) h."""
    for seed in range(10):
        X, y, X_target, y_target = shared_feature_tasks(rng(seed), 300, 1, 1, 2, 2)
        for x, label in ((X[:, 0], y), (X_target[:, 0], y_target)):
            sides = []
            for sign in (-1, 1):
                high = sign * x > 1 / math.sqrt(2 * math.pi)
                sides.append(len(set(label[high])) == 1 and len(set(label[~high])) == 1 and len(set(label)) == 2)
            assert any(sides)


def test_both_tasks_share_their_directions():
    """One feature of several inputs: in both, whether x belongs to the class depends on the same direction."""
    X, y, X_target, y_target = shared_feature_tasks(rng(3), 20_000, 4, 1, 2, 2)
    directions = []
    for x, label in ((X, y), (X_target, y_target)):
        difference = x[label == 0].mean(axis=0) - x[label == 1].mean(axis=0)
        directions.append(difference / np.linalg.norm(difference))
    assert abs(directions[0] @ directions[1]) > 0.999


def test_features_learnt_for_one_task_help_with_the_other():
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    gains = []
    for seed in range(3):
        X, y, X_target, y_target = shared_feature_tasks(rng(seed), 2000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            source = MLPClassifier((64, 32), max_iter=40, random_state=seed).fit(X, y)
            copied = np.maximum(X_target @ source.coefs_[0] + source.intercepts_[0], 0)
            few, many = slice(0, 100), slice(100, None)
            scratch = MLPClassifier((64, 32), max_iter=100, random_state=seed).fit(X_target[few], y_target[few])
            reused = MLPClassifier((32,), max_iter=100, random_state=seed).fit(copied[few], y_target[few])
        gains.append(reused.score(copied[many], y_target[many]) - scratch.score(X_target[many], y_target[many]))
    assert np.mean(gains) > 0.04, gains


# outlier_regression


def test_least_squares_finds_the_weights():
    X, y, w = outlier_regression(rng(), 5000, 4)
    found, *_ = np.linalg.lstsq(X, y, rcond=None)
    np.testing.assert_allclose(found, w, atol=0.01)
    assert stats.kstest((y - X @ w) / 0.1, "norm").pvalue > 1e-4
    exact_X, exact_y, exact_w = outlier_regression(rng(), 50, 4, noise=0.0)
    np.testing.assert_allclose(exact_y, exact_X @ exact_w, rtol=1e-13)


def test_every_so_many_samples_one_is_large():
    X, *_ = outlier_regression(rng(), 2000, 3, every=20, factor=7.0)
    large = np.arange(2000) % 20 == 19
    assert stats.kstest(X[~large].ravel(), "norm").pvalue > 1e-4
    assert stats.kstest(X[large].ravel() / 7, "norm").pvalue > 1e-4
    np.testing.assert_array_equal(outlier_regression(rng(), 40, 3, factor=1.0)[0], outlier_regression(rng(), 40, 3)[0])


@pytest.mark.parametrize("seed", range(5))
def test_descent_diverges_without_clipping_and_arrives_with_it(seed):
    X, y, w = outlier_regression(rng(seed))

    def error(limit):
        v, worst = np.zeros(5), 0.0
        for x, t in zip(X[:1000], y[:1000], strict=True):
            g = 2 * (x @ v - t) * x
            v = v - 0.01 * g * min(1, limit / np.linalg.norm(g))
            worst = max(worst, np.linalg.norm(v - w))
        return worst, np.linalg.norm(v - w)

    assert error(math.inf)[0] > 1e6
    worst, last = error(1.0)
    assert worst < 1.1 * np.linalg.norm(w) and last < 0.2


# sequences


@pytest.mark.parametrize("length", [2, 3, 50])
def test_the_marked_numbers_add_up_to_the_target(length):
    X, y = adding_sequences(rng(), 200, length)
    assert X.shape == (200, length, 2) and y.shape == (200,)
    for sequence, target in zip(X, y, strict=True):
        a, b = np.flatnonzero(sequence[:, 1])
        assert a < length // 2 <= b
        assert target == sequence[a, 0] + sequence[b, 0]
    assert (X[:, :, 1].sum(axis=1) == 2).all()


def test_numbers_and_places_of_the_adding_problem_are_uniform():
    X, y = adding_sequences(rng(), 4000, 11)
    assert stats.kstest(X[:, :, 0].ravel(), "uniform").pvalue > 1e-4
    places = X[:, :, 1].sum(axis=0)
    assert stats.chisquare(places[:5]).pvalue > 1e-4  # 11 // 2 = 5 times for a, 6 for b
    assert stats.chisquare(places[5:]).pvalue > 1e-4
    assert places[:5].sum() == places[5:].sum() == 4000
    square = (y - 1) ** 2
    assert abs(square.mean() - 1 / 6) < 5 * square.std() / math.sqrt(4000)


def test_the_target_is_the_mean_of_the_last_numbers():
    X, y = averaging_sequences(rng(), 500, 20, 4)
    assert X.shape == (500, 20, 1)
    weights, *_ = np.linalg.lstsq(X[:, :, 0], y, rcond=None)
    np.testing.assert_allclose(weights, [0] * 16 + [0.25] * 4, atol=1e-12)
    assert stats.kstest(X.ravel(), "norm").pvalue > 1e-4


def test_the_mean_of_a_whole_sequence():
    X, y = averaging_sequences(rng(), 3, 5, 5)
    np.testing.assert_allclose(y, [sum(x) / 5 for x in X[:, :, 0].tolist()], rtol=1e-13)
    with pytest.raises(ValueError, match="averaging_sequences: last must be at most the length 5, got 6"):
        averaging_sequences(rng(), 3, 5, 6)


# points in the plane


def test_points_without_noise_lie_on_their_spiral():
    X, y = spirals(rng(), 300, 3, turns=1.5, noise=0.0)
    assert X.shape == (900, 2) and y.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(y), [300, 300, 300])
    assert (np.diff(y) < 0).any()  # not sorted by class
    t = np.hypot(*X.T)
    assert stats.kstest(t, "uniform").pvalue > 1e-4
    turned = (X[:, 0] + 1j * X[:, 1]) * np.exp(-2j * np.pi * 1.5 * t)  # unwound: rays, 120 degrees apart
    np.testing.assert_allclose(turned, t * np.exp(2j * np.pi * y / 3), atol=1e-12)


def test_noise_of_the_spirals():
    clean, y = spirals(rng(), 1000, noise=0.0)
    noisy, same = spirals(rng(), 1000, noise=0.3)
    np.testing.assert_array_equal(y, same)
    assert stats.kstest((noisy - clean).ravel() / 0.3, "norm").pvalue > 1e-4


def test_neighbours_tell_spirals_apart_and_no_straight_line_does():
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    X, y = spirals(rng(), 400)
    Z, truth = spirals(rng(1), 400)
    assert KNeighborsClassifier(1).fit(X, y).score(Z, truth) > 0.9
    assert LogisticRegression().fit(X, y).score(Z, truth) < 0.75


def test_clouds_lie_around_a_circle():
    X, y = blobs(rng(), 4000, 4, spread=0.2)
    np.testing.assert_array_equal(np.bincount(y), [4000] * 4)
    assert (np.diff(y) < 0).any()
    centres = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    assert stats.kstest((X - centres[y]).ravel() / 0.2, "norm").pvalue > 1e-4
    np.testing.assert_allclose(
        blobs(rng(), 2, 4, spread=0.0)[0], centres[blobs(rng(), 2, 4, spread=0.0)[1]], atol=1e-15
    )


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_two_clouds_overlap_as_the_normal_distribution_says(spread):
    n = 20_000
    X, y = blobs(rng(), n, 2, spread)
    expected = stats.norm.cdf(1 / spread)
    right = np.mean((X[:, 0] < 0) == (y == 1))
    assert abs(right - expected) < 5 * math.sqrt(expected * (1 - expected) / (2 * n))


@pytest.mark.parametrize(
    "make",
    [
        lambda: shared_feature_tasks(rng(), 1, 1, 1, 2, 2),
        lambda: outlier_regression(rng(), 1, 1, 1),
        lambda: adding_sequences(rng(), 1, 2),
        lambda: averaging_sequences(rng(), 1, 1, 1),
        lambda: spirals(rng(), 1, 1),
        lambda: blobs(rng(), 1, 1),
    ],
)
def test_the_smallest_tasks_hold_one_sample(make):
    task = make()
    assert len(task[0]) == len(task[1]) == 1
