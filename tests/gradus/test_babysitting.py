"""Checks before and during training, on networks that can and cannot learn, and on curves drawn by hand."""

from functools import partial

import numpy as np
import pytest
from gradus import functions as F
from gradus.babysitting import (
    diagnose,
    distinct_hidden_units,
    expected_initial_loss,
    overfit_tiny,
    regularization_raises_loss,
)
from gradus.data import load_digits_split
from gradus.initializers import constant, glorot_normal, naive_normal
from gradus.layers import MLP
from gradus.optimizers import GradientDescent
from gradus.training import fit
from scipy import stats


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def digits():
    return load_digits_split(rng())


def test_a_classifier_that_knows_nothing_has_the_entropy_of_its_classes():
    for C in (1, 2, 10):
        assert expected_initial_loss(C) == pytest.approx(stats.entropy(np.full(C, 1 / C)), abs=1e-15)


def test_small_logits_cost_the_logarithm_of_the_number_of_classes(digits):
    X, y = digits[:2]
    net = MLP([64, 30, 10], rng=rng(), init=partial(naive_normal, std=0.01))
    assert float(F.softmax_cross_entropy(net(X), y).data) == pytest.approx(expected_initial_loss(10), abs=0.01)


@pytest.fixture(scope="module")
def blobs():
    """Three classes around three points."""
    rng = np.random.default_rng(4)
    y = np.repeat(np.arange(3), 20)
    return np.eye(3, 5)[y] * 3 + rng.standard_normal((60, 5)), y


@pytest.mark.parametrize(
    ("init", "units"),
    [(constant, 1), (partial(constant, c=0.05), 1), (partial(constant, c=-0.7), 1), (glorot_normal, 32)],
)
def test_units_that_start_equal_stay_equal(blobs, init, units):
    X, y = blobs
    assert distinct_hidden_units(init, X, y, 32, 50, 0.1, np.random.default_rng(0)) == units


def test_columns_are_the_units_and_copies_are_counted_once(blobs):
    X, y = blobs

    def doubled(shape, rng):
        half = glorot_normal((shape[0], shape[1] // 2), rng) if shape[0] == X.shape[1] else None
        return np.concatenate([half, half], axis=1) if half is not None else np.full(shape, 0.1)

    for steps in (0, 30):
        assert distinct_hidden_units(doubled, X, y, 8, steps, 0.1, np.random.default_rng(0)) == 4


def test_regularization_that_counts_raises_the_loss(digits):
    X, y = digits[:2]
    net = MLP([64, 30, 10], rng=rng())
    data_loss, squares = float(F.softmax_cross_entropy(net(X), y).data), float(net.flat @ net.flat)
    assert regularization_raises_loss(lambda lam: data_loss + lam / 2 * squares)
    assert not regularization_raises_loss(lambda lam: data_loss)  # forgotten
    assert not regularization_raises_loss(lambda lam: data_loss - lam / 2 * squares)  # wrong sign
    assert not regularization_raises_loss(lambda lam: data_loss + min(lam, 1e-2) * squares)  # stands still at the end


def test_the_strengths_are_tried_in_order():
    seen = []
    assert regularization_raises_loss(lambda lam: seen.append(lam) or np.float64(lam))
    assert seen == [0, 1e-4, 1e-2, 1]
    assert all(type(lam) is float for lam in seen)
    assert regularization_raises_loss(lambda lam: -1 / lam, lams=(1, 2))
    assert not regularization_raises_loss(lambda lam: np.nan)
    assert not regularization_raises_loss(lambda lam: (lam - 0.3) ** 2, lams=(0.1, 0.2, 0.9))


def test_a_network_learns_twenty_samples_by_heart_even_with_shuffled_labels(digits):
    X, y = digits[:2]
    net = MLP([64, 50, 10], rng=rng())
    for labels in (y, rng(1).permutation(y)):
        loss, accuracy = overfit_tiny(net, X, labels, rng())
        assert loss < 0.02 and accuracy == 1  # BABY-04
        assert type(loss) is type(accuracy) is float


def test_a_network_that_cannot_learn_does_not(digits):
    X, y = digits[:2]
    same = MLP([64, 50, 10], "tanh", rng=rng(), init=constant)
    loss, accuracy = overfit_tiny(same, X, y, rng())
    assert loss > 1.5 and accuracy < 0.5
    slow = overfit_tiny(MLP([64, 50, 10], rng=rng()), X, y, rng(), lr=1e-6)
    assert slow[0] > 1
    frozen = MLP([64, 50, 10], rng=rng())
    untrained = overfit_tiny(frozen, X, y, rng(), steps=0, n=len(X))
    assert untrained[0] == pytest.approx(float(F.softmax_cross_entropy(frozen(X), y).data), rel=1e-12)
    assert untrained[1] == np.mean(frozen(X).data.argmax(axis=1) == y)


def test_the_network_itself_and_its_mode_stay_as_they_were(digits):
    X, y = digits[:2]
    net = MLP([64, 20, 10], rng=rng(), batchnorm="pre").eval()
    before, flat = net.state_dict(), net.flat
    loss, _ = overfit_tiny(net, X, y, rng(), steps=20)
    assert loss < 2
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    assert net.flat is flat and not net.training and all(p.grad is None for p in net.params())
    assert overfit_tiny(net, X, y, rng(3)) == overfit_tiny(net, X, y, rng(3), n=20, steps=100, lr=0.01)
    assert overfit_tiny(net, X, y, rng(3), steps=5) == overfit_tiny(net, X, y, rng(3), steps=5)
    assert overfit_tiny(net, X, y, rng(3), steps=5) != overfit_tiny(net, X, y, rng(4), steps=5)


def test_divergence_is_told_by_the_loss(digits):
    X, y = digits[:2]
    huge = MLP([64, 20, 10], rng=rng(), init=partial(naive_normal, std=1e200))
    assert not np.isfinite(overfit_tiny(huge, X, y, rng(), steps=2)[0])


HEALTHY = {
    "train_loss": [1.2, 0.5, 0.3, 0.2, 0.15, 0.12],
    "train_accuracy": [0.6, 0.85, 0.9, 0.94, 0.96, 0.97],
    "val_loss": [0.9, 0.45, 0.32, 0.25, 0.2, 0.19],
    "val_accuracy": [0.7, 0.86, 0.89, 0.93, 0.94, 0.95],
}
LATE = [2.30, 2.30, 2.30, 2.30, 2.29, 2.29, 2.26, 2.16, 1.69, 0.97, 0.51, 0.36]  # BABY-08

CURVES = {
    "healthy": (HEALTHY, set()),
    "one epoch": ({"train_loss": [1.0]}, set()),
    "flat": ({"train_loss": [2.3059, 2.30585, 2.3058]}, {"flat"}),  # BABY-06
    "fell by more than one per cent": ({"train_loss": [2.3, 2.29, 2.27]}, set()),
    "rose": ({"train_loss": [2.3, 2.4, 2.35]}, {"flat"}),
    "flat because learnt in the first epoch": ({"train_loss": [0.01, 0.01], "train_accuracy": [0.99, 0.99]}, set()),
    "NaN": ({"train_loss": [2.3, float("nan")]}, {"nan"}),
    "infinite": ({"train_loss": [2.3, float("inf")]}, {"nan"}),
    "NaN in validation": ({"train_loss": [2.3, 1.2], "val_loss": [1.0, float("nan")]}, {"nan"}),
    "exploded at once": ({"train_loss": [4e274, 2.5, 2.5, 2.5]}, {"plateau"}),  # BABY-07
    "exploded later": ({"train_loss": [2.3, 8.0, 2.31, 2.31, 2.31, 2.31]}, {"plateau"}),
    "rose, but to less than three times": ({"train_loss": [2.3, 6.8, 2.31, 2.31, 2.31]}, {"flat"}),
    "exploded and recovered": ({"train_loss": [2.3, 80.0, 2.0, 1.0, 0.6, 0.4]}, set()),
    "late": ({"train_loss": LATE}, {"late"}),
    "late, by three epochs": ({"train_loss": [2.3, 2.3, 2.3, 1.0]}, {"late"}),
    "late, by two epochs only": ({"train_loss": [2.3, 2.3, 1.0, 0.5]}, set()),
    "late, and not far": ({"train_loss": [2.3, 2.3, 2.3, 1.16]}, set()),
    "gap": (HEALTHY | {"val_accuracy": [0.7, 0.8, 0.85, 0.88, 0.9, 0.91]}, {"gap"}),
    "gap of losses": ({"train_loss": [1.0, 0.5, 0.1], "val_loss": [1.0, 0.7, 0.9]}, {"gap"}),
    "gap of losses, just": ({"train_loss": [1.0, 0.5, 0.45], "val_loss": [1.0, 0.7, 0.72]}, {"gap"}),
    "losses apart, but both falling": ({"train_loss": [1.0, 0.5, 0.1], "val_loss": [1.0, 0.7, 0.6]}, set()),
    "validation loss rose a little": ({"train_loss": [1.0, 0.5, 0.4], "val_loss": [1.0, 0.5, 0.55]}, set()),
    "capacity": (
        {
            "train_loss": [1.8, 1.3, 1.21, 1.2],
            "train_accuracy": [0.4, 0.55, 0.59, 0.6],
            "val_accuracy": [0.3, 0.5, 0.5, 0.57],
        },
        {"capacity"},
    ),
    "capacity, settled within five per cent": (
        {"train_loss": [1.8, 1.3, 1.25, 1.2], "train_accuracy": [0.4, 0.55, 0.59, 0.6]},
        {"capacity"},
    ),
    "not quite settled": ({"train_loss": [1.8, 1.3, 1.27, 1.2], "train_accuracy": [0.4, 0.55, 0.59, 0.6]}, set()),
    "gap of five points is none": (HEALTHY | {"val_accuracy": [0.7, 0.8, 0.85, 0.9, 0.91, 0.925]}, set()),
    "still learning": ({"train_loss": [1.8, 1.3, 1.0, 0.8], "train_accuracy": [0.4, 0.55, 0.6, 0.7]}, set()),
    "both late and a gap": ({"train_loss": LATE, "train_accuracy": [0.99], "val_accuracy": [0.9]}, {"late", "gap"}),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_told_apart(name):
    history, symptoms = CURVES[name]
    found = diagnose(history)
    assert set(found) == symptoms
    assert all(len(sentence) > 40 and sentence.endswith(".") for sentence in found.values())


def test_what_is_said_names_the_numbers():
    assert "4e+274 and has stayed near 2.5" in diagnose({"train_loss": [4e274, 2.5, 2.5, 2.5]})["plateau"]
    assert "2.306 at first, 2.305 at best" in diagnose({"train_loss": [2.306, 2.3052, 2.3054]})["flat"]
    assert "0.97, validation accuracy 0.91" in diagnose(CURVES["gap"][0])["gap"]
    assert "loss is 0.1, the validation loss 0.9 after 0.7" in diagnose(CURVES["gap of losses"][0])["gap"]
    assert "accuracy stands at 0.6" in diagnose(CURVES["capacity"][0])["capacity"]
    assert "near 2.3 for the first 3 epochs" in diagnose({"train_loss": LATE})["late"]


def run(digits, lr, epochs=3, **kwargs):
    X, y, X_test, y_test = digits
    net = MLP([64, 30, 10], rng=rng(), **kwargs)
    optimizer = GradientDescent(net, lr)
    return fit(net, X, y, optimizer=optimizer, epochs=epochs, rng=rng(), X_val=X_test, y_val=y_test)


def test_real_runs_get_the_diagnosis_of_their_fault(digits):
    assert set(diagnose(run(digits, 1e-6))) == {"flat"}
    assert set(diagnose(run(digits, 0.1, epochs=6))) == set()
    nan = run(digits, 1e200)
    assert set(diagnose(nan)) == {"nan"} and str(nan.diverged) in diagnose(nan)["nan"]


def test_an_explosion_within_the_first_epoch_is_seen_in_the_steps():
    class Steps(dict):
        steps = (2.3, 2.4, 7.0, 2.5, 2.31, 2.31)

    curve = {"train_loss": [3.1, 2.31, 2.31, 2.31]}
    assert set(diagnose(Steps(curve))) == {"plateau"}
    Steps.steps = (2.3, 2.4, 6.8, 2.5, 2.31, 2.31)
    assert set(diagnose(Steps(curve))) == set()
    Steps.steps = (2.3, np.nan)
    assert set(diagnose(Steps(curve))) == {"nan"}


X, Y, NET = np.zeros((30, 4)), np.zeros(30, int), MLP([4, 3, 2], rng=rng())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: expected_initial_loss(0), ValueError, "expected_initial_loss: C must be at least 1, got 0"),
        (
            lambda: distinct_hidden_units(glorot_normal, X[:0], Y[:0], 3, 1, 0.1, rng()),
            ValueError,
            "distinct_hidden_units: X must have at least one entry",
        ),
        (lambda: distinct_hidden_units(glorot_normal, X, Y, 0, 1, 0.1, rng()), ValueError, "hidden must be at least 1"),
        (lambda: distinct_hidden_units(glorot_normal, X, Y, 3, -1, 0.1, rng()), ValueError, "steps must be at least 0"),
        (lambda: distinct_hidden_units(glorot_normal, X, Y, 3, 1, 0, rng()), ValueError, r"lr must be in \(0, inf\)"),
        (
            lambda: distinct_hidden_units(glorot_normal, X, Y[1:], 3, 1, 0.1, rng()),
            ValueError,
            r"y must have shape \(30,",
        ),
        (lambda: overfit_tiny(max, X, Y, rng()), TypeError, "overfit_tiny: net must be a Layer"),
        (lambda: overfit_tiny(NET, X, Y[1:], rng()), ValueError, "overfit_tiny: X and y must hold as many samples"),
        (lambda: overfit_tiny(NET, X, Y, rng(), n=31), ValueError, "overfit_tiny: n must be at most .* 30, got 31"),
        (lambda: overfit_tiny(NET, X, Y, rng(), n=0), ValueError, "overfit_tiny: n must be at least 1"),
        (lambda: overfit_tiny(NET, X, Y, rng(), steps=-1), ValueError, "overfit_tiny: steps must be at least 0"),
        (lambda: overfit_tiny(NET, X, Y, rng(), lr=0), ValueError, r"overfit_tiny: lr must be in \(0, inf\)"),
        (lambda: overfit_tiny(NET, X, Y, 0), TypeError, "overfit_tiny: rng must be"),
        (lambda: regularization_raises_loss(1.0), TypeError, "regularization_raises_loss: loss must be a function"),
        (lambda: regularization_raises_loss(float, [1.0]), ValueError, "lams must hold at least two growing numbers"),
        (lambda: regularization_raises_loss(float, [1.0, 1.0]), ValueError, "lams must hold at least two growing"),
        (lambda: regularization_raises_loss(float, [-1.0, 1.0]), ValueError, "lams must hold at least two growing"),
        (lambda: regularization_raises_loss(float, [1.0, np.inf]), ValueError, "lams must hold at least two growing"),
        (lambda: regularization_raises_loss(lambda lam: X), TypeError, "loss must return a number, got an array"),
        (lambda: regularization_raises_loss(lambda lam: "a"), TypeError, r"loss\(0\) must be an array of real numbers"),
        (lambda: diagnose([2.3]), TypeError, "diagnose: history must be a History or a dict of lists"),
        (lambda: diagnose({"loss": [2.3]}), ValueError, "diagnose: history must have the key train_loss"),
        (lambda: diagnose({"train_loss": []}), ValueError, "diagnose: history must hold at least one epoch"),
        (lambda: diagnose({"train_loss": [[1.0]]}), ValueError, r"diagnose: history\['train_loss'\] must have 1 axes"),
        (lambda: diagnose({"train_loss": ["a"]}), TypeError, r"history\['train_loss'\] must be an array of real"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
