"""Calibration measures against scikit-learn, SciPy, PyTorch and cases by hand."""

import math

import numpy as np
import pytest
from gradus.calibration import accuracy, brier, ece, mutual_information, nll, predictive_entropy, reliability_bins
from scipy import special, stats


def predictions(N=200, C=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(C, 0.5), size=N), rng.integers(0, C, N)


# Five confidences, three of them on edges of tenths; the label is 0, so that the first two rows are right.
BY_HAND = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.25, 0.75], [0.3, 0.7]])
LABELS = np.zeros(5, int)


def test_scores_by_hand():
    assert accuracy(BY_HAND, LABELS) == 0.4
    assert nll(BY_HAND, LABELS) == pytest.approx(-math.log(0.9 * 0.6 * 0.2 * 0.25 * 0.3) / 5, rel=1e-14)
    assert brier(BY_HAND, LABELS) == pytest.approx(2 * (0.01 + 0.16 + 0.64 + 0.5625 + 0.49) / 5, rel=1e-14)


def test_scores_equal_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    probs, y = predictions()
    assert accuracy(probs, y) == metrics.accuracy_score(y, probs.argmax(axis=1))
    assert nll(probs, y) == pytest.approx(metrics.log_loss(y, probs), rel=1e-12)
    binary, labels = predictions(C=2)
    assert brier(binary, labels) == pytest.approx(2 * metrics.brier_score_loss(labels, binary[:, 1]), rel=1e-12)


def test_scores_equal_those_of_pytorch(torch):
    probs, y = predictions()
    p, t = torch.tensor(probs), torch.tensor(y)
    assert nll(probs, y) == pytest.approx(float(torch.nn.functional.nll_loss(p.log(), t)), rel=1e-12)
    one_hot = torch.nn.functional.one_hot(t, 4).double()
    expected = torch.nn.functional.mse_loss(p, one_hot, reduction="sum") / len(y)
    assert brier(probs, y) == pytest.approx(float(expected), rel=1e-12)
    assert accuracy(probs, y) == pytest.approx(float((p.argmax(1) == t).double().mean()), rel=1e-15)


def test_limits_of_the_scores():
    sure = np.eye(3)
    y = np.arange(3)
    assert (accuracy(sure, y), nll(sure, y), brier(sure, y), ece(sure, y)) == (1, 0, 0, 0)
    wrong = (y + 1) % 3
    assert (accuracy(sure, wrong), nll(sure, wrong), brier(sure, wrong), ece(sure, wrong)) == (0, math.inf, 2, 1)
    even = np.full((6, 3), 1 / 3)
    assert nll(even, np.zeros(6, int)) == pytest.approx(math.log(3), rel=1e-15)
    assert brier(even, np.zeros(6, int)) == pytest.approx(2 / 3, rel=1e-15)
    assert accuracy(even, np.zeros(6, int)) == 1  # of equal probabilities the first counts


# --- reliability


def test_bins_hold_their_right_edge_and_not_their_left_one():
    # binary predictions: confidences .5, .6, .7, .8, .9 and 1 are edges of tenths
    confidence = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 0.55])
    probs = np.stack([confidence, 1 - confidence], axis=1)
    count, _, mean = reliability_bins(probs, np.zeros(7, int))
    np.testing.assert_array_equal(count, [0, 0, 0, 0, 1, 2, 1, 1, 1, 1])
    np.testing.assert_allclose(mean[4:], [0.5, 0.575, 0.7, 0.8, 0.9, 1.0], rtol=1e-15)
    assert np.isnan(mean[:4]).all()
    count, _, _ = reliability_bins(probs.astype(np.float32), np.zeros(7, int))
    np.testing.assert_array_equal(count, [0, 0, 0, 0, 1, 2, 1, 1, 1, 1])


def test_reliability_by_hand():
    count, right, mean = reliability_bins(BY_HAND, LABELS, 4)  # edges .25, .5, .75
    np.testing.assert_array_equal(count, [0, 0, 3, 2])
    np.testing.assert_allclose(right, [np.nan, np.nan, 1 / 3, 1 / 2], rtol=1e-15)
    np.testing.assert_allclose(mean, [np.nan, np.nan, (0.6 + 0.75 + 0.7) / 3, 0.85], rtol=1e-15)
    expected = 3 / 5 * ((0.6 + 0.75 + 0.7) / 3 - 1 / 3) + 2 / 5 * (0.85 - 1 / 2)
    assert ece(BY_HAND, LABELS, 4) == pytest.approx(expected, rel=1e-14)


def test_bins_of_one_example_count():
    assert ece(BY_HAND, LABELS) == pytest.approx((0.1 + 0.4 + 0.8 + 0.75 + 0.7) / 5, rel=1e-14)
    assert ece(BY_HAND[:1], LABELS[:1]) == pytest.approx(0.1, rel=1e-14)


@pytest.mark.parametrize("bins", [1, 7, 10, 15])
def test_reliability_equals_scikit_learns_calibration_curve(bins):
    calibration = pytest.importorskip("sklearn.calibration")
    probs, y = predictions(500)
    count, right, mean = reliability_bins(probs, y, bins)
    expected_right, expected_mean = calibration.calibration_curve(
        probs.argmax(axis=1) == y, probs.max(axis=1), n_bins=bins
    )
    np.testing.assert_allclose(right[count > 0], expected_right, rtol=1e-12)
    np.testing.assert_allclose(mean[count > 0], expected_mean, rtol=1e-12)
    assert count.sum() == 500
    assert ece(probs, y, bins) == pytest.approx(
        np.average(np.abs(expected_right - expected_mean), weights=count[count > 0]), rel=1e-12
    )


def test_ten_bins_are_the_default():
    probs, _ = predictions(500)
    y = np.where(np.arange(500) % 3 > 0, probs.argmax(axis=1), 0)  # two in three are right, whatever the confidence
    assert ece(probs, y) == ece(probs, y, 10) != ece(probs, y, 11)
    assert len(reliability_bins(probs, y)[0]) == 10


def test_one_bin_compares_mean_confidence_with_accuracy():
    probs, y = predictions()
    assert ece(probs, y, 1) == pytest.approx(abs(accuracy(probs, y) - probs.max(axis=1).mean()), rel=1e-12)


def test_calibrated_predictions_have_an_error_near_zero_and_overconfident_ones_do_not():
    rng = np.random.default_rng(1)
    probs = rng.dirichlet(np.ones(3), size=40_000)
    y = (rng.random(40_000)[:, None] > probs.cumsum(axis=1)).sum(axis=1)  # drawn with these very probabilities
    sharpened = special.softmax(3 * np.log(probs), axis=1)
    assert ece(probs, y) < 0.01
    assert ece(sharpened, y) > 0.1


# --- entropy


def test_entropy_equals_scipys():
    probs, _ = predictions()
    np.testing.assert_allclose(predictive_entropy(probs), stats.entropy(probs, axis=1), rtol=1e-12)
    members = np.stack([probs, predictions(seed=2)[0], predictions(seed=3)[0]])
    np.testing.assert_allclose(predictive_entropy(members), stats.entropy(members.mean(axis=0), axis=1), rtol=1e-12)


def test_entropy_by_hand():
    probs = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    with np.errstate(all="raise"):
        entropy = predictive_entropy(probs)
    np.testing.assert_allclose(entropy, [0, math.log(2), math.log(3)], rtol=1e-15)
    assert not np.signbit(entropy[0])


def test_mutual_information_is_the_mean_divergence_from_the_mean():
    members = np.stack([predictions(seed=seed)[0] for seed in range(5)])
    divergence = special.rel_entr(members, members.mean(axis=0)).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(mutual_information(members), divergence, rtol=1e-10)


def test_mutual_information_by_hand():
    opposed = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])  # (T, N, C)
    np.testing.assert_allclose(mutual_information(opposed), [math.log(2), 0], atol=1e-15)


def test_where_all_members_agree_there_is_no_information_and_never_less():
    probs, _ = predictions(1000)
    information = mutual_information(np.stack([probs] * 7))
    np.testing.assert_allclose(information, 0, atol=1e-14)
    assert (information >= 0).all()


# --- bad input, beyond the catalogue


@pytest.mark.parametrize("function", [accuracy, nll, brier, ece, reliability_bins])
def test_logits_are_refused(function):
    y = np.zeros(2, int)
    with pytest.raises(ValueError, match=rf"^{function.__name__}: probs must not be negative or NaN"):
        function(np.array([[2.0, -1.0], [0.5, 0.5]]), y)
    for wrong in (1.5, 0.5):
        message = rf"^{function.__name__}: probs must add to 1 over the classes, got a sum of {wrong}"
        with pytest.raises(ValueError, match=message):
            function(np.array([[wrong - 0.25, 0.25], [0.5, 0.5]]), y)
    with pytest.raises(ValueError, match=rf"^{function.__name__}: y must have one label for each of the 3 rows"):
        function(np.full((3, 2), 0.5), y)


def test_sums_may_be_off_by_a_thousandth_as_in_half_precision():
    y = np.zeros(1, int)
    assert accuracy(np.array([[0.5009, 0.5]]), y) == 1
    assert accuracy(np.array([[0.5, 0.4991]]), y) == 1
    for bad in ([[0.5011, 0.5]], [[0.4989, 0.5]]):
        with pytest.raises(ValueError, match="probs must add to 1"):
            accuracy(np.array(bad), y)
    assert ece(special.softmax(np.eye(3), axis=1).astype(np.float16), np.arange(3)) > 0


def test_float32_is_summed_in_float64():
    probs, y = predictions(10_000)
    probs = (probs.astype(np.float32) + np.float32(0.01)) / np.float32(1.04)
    logs = np.log(probs[np.arange(len(y)), y])
    assert nll(probs, y) == pytest.approx(-math.fsum(map(float, logs)) / len(y), rel=1e-13)
    assert brier(probs, y) == pytest.approx(brier(probs.astype(np.float64), y), rel=1e-12)
    assert all(type(score(probs, y)) is float for score in (accuracy, brier, ece, nll))
    assert [a.dtype for a in reliability_bins(probs, y)[1:]] == [np.float32] * 2
