"""The digits, their split and what is done to them on purpose."""

import sys

import numpy as np
import pytest
from gradus import data
from gradus.data import few_labels, label_noise, load_digits_images, load_digits_split, random_split
from scipy import stats


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    return load_digits()


def test_images_are_scikit_learns(digits):
    images, y = load_digits_images()
    np.testing.assert_array_equal(images, digits.images)
    np.testing.assert_array_equal(y, digits.target)
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max()) == (0, 16)


def test_split_is_a_partition_of_the_digits(digits):
    X_train, y_train, X_test, y_test = load_digits_split(np.random.default_rng(0), standardize=False)
    assert X_train.shape == (1344, 64)
    assert X_test.shape == (453, 64)
    assert len(X_train) % 32 == 0
    ours = np.column_stack([np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])])
    theirs = np.column_stack([digits.data, digits.target])
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])  # every image with its label


def test_standardizing_uses_the_training_part_only(digits):
    from sklearn.preprocessing import StandardScaler

    raw_train, _, raw_test, _ = load_digits_split(np.random.default_rng(1), standardize=False)
    X_train, _, X_test, _ = load_digits_split(np.random.default_rng(1))
    scaler = StandardScaler().fit(raw_train)
    np.testing.assert_allclose(X_train, scaler.transform(raw_train), atol=1e-12)
    np.testing.assert_allclose(X_test, scaler.transform(raw_test), atol=1e-12)


def test_constant_pixels_are_zero_and_nothing_is_nan():
    for seed in range(5):
        X_train, _, X_test, _ = load_digits_split(np.random.default_rng(seed))
        np.testing.assert_array_equal(X_train[:, [0, 32, 39]], 0)
        assert np.isfinite(X_test).all()
        live = X_train.std(axis=0) > 0
        np.testing.assert_allclose(X_train.std(axis=0)[live], 1, rtol=1e-10)


def test_split_depends_on_the_generator_and_the_size():
    first, again = (load_digits_split(np.random.default_rng(3)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[1], load_digits_split(np.random.default_rng(4))[1])
    assert len(load_digits_split(np.random.default_rng(3), n_test=450)[0]) == 1347


def test_dtype_is_the_one_asked_for_and_results_may_be_changed():
    X_train, y_train, X_test, _ = load_digits_split(np.random.default_rng(0), dtype=np.float32)
    assert X_train.dtype == X_test.dtype == np.float32
    assert y_train.dtype == np.int64
    images, y = load_digits_images(np.float32)
    assert images.dtype == np.float32
    images[:], y[:], X_train[:], y_train[:] = 0, 0, 0, 0
    assert load_digits_images()[0].max() == 16
    assert load_digits_images()[1].max() == 9


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    data._digits.cache_clear()
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        load_digits_images()


def test_few_labels_takes_as_many_of_each_class_with_their_own_images():
    rng = np.random.default_rng(0)
    y = rng.integers(3, 7, 200)
    X = np.column_stack([np.arange(200.0), y])
    X_few, y_few = few_labels(X, y, 5, rng)
    np.testing.assert_array_equal(np.bincount(y_few), [0, 0, 0, 5, 5, 5, 5])
    np.testing.assert_array_equal(X_few[:, 1], y_few)
    assert len(set(X_few[:, 0])) == 20
    assert (np.diff(y_few) < 0).any()  # not sorted by class


def test_few_labels_may_take_all():
    y = np.array([0, 1, 1, 0])
    X_few, _ = few_labels(np.arange(4.0), y, 2, np.random.default_rng(0))
    assert sorted(X_few) == [0, 1, 2, 3]


@pytest.mark.parametrize("frac", [0.0, 0.3, 1.0])
def test_exactly_the_share_asked_for_is_wrong(frac):
    y = np.random.default_rng(0).integers(0, 10, 1000)
    before = y.copy()
    noisy = label_noise(y, frac, np.random.default_rng(1))
    assert np.sum(noisy != y) == 1000 * frac
    np.testing.assert_array_equal(y, before)
    assert noisy.dtype == y.dtype


def test_wrong_labels_are_spread_evenly_over_the_other_classes():
    y = np.full(9000, 4)
    y[:1000] = np.arange(1000) % 10
    noisy = label_noise(y, 1.0, np.random.default_rng(2))[1000:]
    counts = np.bincount(noisy, minlength=10)
    assert counts[4] == 0
    assert stats.chisquare(np.delete(counts, 4)).pvalue > 1e-4


def test_labels_that_are_not_0_to_n_stay_in_their_set():
    y = np.array([2, 5, 9] * 50)
    assert set(label_noise(y, 0.5, np.random.default_rng(0))) == {2, 5, 9}


def test_a_random_split_is_a_partition_with_each_sample_s_own_label():
    X, y = np.arange(60.0).reshape(20, 3), np.arange(20)
    X_train, y_train, X_test, y_test = random_split(X, y, 6, np.random.default_rng(0))
    assert (len(X_train), len(X_test)) == (14, 6)
    assert sorted([*y_train, *y_test]) == list(range(20))
    np.testing.assert_array_equal(np.concatenate([X_train, X_test]), X[np.concatenate([y_train, y_test])])
    assert not np.shares_memory(X_train, X)
    again = random_split(X, y, 6, np.random.default_rng(0))[1]
    np.testing.assert_array_equal(again, y_train)
    assert not np.array_equal(random_split(X, y, 6, np.random.default_rng(1))[1], y_train)


def test_every_sample_is_as_often_in_the_test_part():
    counts, rng = np.zeros(12), np.random.default_rng(0)
    for _ in range(2000):
        counts[random_split(np.arange(12.0), np.arange(12), 3, rng)[3]] += 1
    assert stats.chisquare(counts).pvalue > 1e-4


def test_a_split_keeps_dtypes_and_takes_targets_of_any_shape():
    X, y = np.ones((5, 2, 2), np.float32), np.arange(15.0, dtype=np.float32).reshape(5, 3)
    X_train, y_train, X_test, y_test = random_split(X, y, 4, np.random.default_rng(0))
    assert (X_train.shape, y_test.shape) == ((1, 2, 2), (4, 3))
    assert X_test.dtype == y_train.dtype == np.float32
    assert random_split(X, np.array([True] * 5), 1, np.random.default_rng(0))[1].dtype == bool
    with pytest.raises(ValueError, match=r"random_split: n_test must be less than the 5 samples, got 5"):
        random_split(X, y, 5, np.random.default_rng(0))


def test_the_digits_are_split_as_any_data():
    images, y = load_digits_images()
    by_hand = random_split(images.reshape(-1, 64), y, 100, np.random.default_rng(5))
    for ours, theirs in zip(load_digits_split(np.random.default_rng(5), 100, False), by_hand, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match="load_digits_split: n_test must be less than the 1797 samples, got 1797"):
        load_digits_split(np.random.default_rng(0), n_test=1797)
