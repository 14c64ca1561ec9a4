"""The learning-rate range test: what it records, when it stops, and what it leaves alone."""

import numpy as np
import pytest
from gradus import functions as F
from gradus.data import load_digits_split
from gradus.layers import MLP, BatchNorm, Linear, Sequential
from gradus.network import iterate_minibatches
from gradus.optimizers import Adam, GradientDescent, Momentum
from gradus.schedules import lr_range_test, suggest_lr


@pytest.fixture(scope="module")
def digits():
    return load_digits_split(np.random.default_rng(0))[:2]


def bowl(start):
    """A network with one weight w, and a loss that is ½ w² for inputs of 1."""
    net = Linear(1, 1, rng=np.random.default_rng(0), bias=False)
    net.flat[...] = start

    def loss(output, y):
        return F.sum(output * output) * (0.5 / len(y))

    return net, loss


ONES = np.ones((4, 1))


def test_on_a_parabola_the_losses_are_those_of_the_formula_and_it_stops_where_steps_overshoot():
    net, loss = bowl(3.0)
    lrs, losses = lr_range_test(
        net, ONES, ONES, rng=np.random.default_rng(0), lr_min=0.01, lr_max=100, steps=50, batch=4, loss=loss, beta=0
    )
    np.testing.assert_allclose(lrs, 0.01 * 10000 ** (np.arange(len(lrs)) / 49), rtol=1e-12)
    w = 3 * np.concatenate([[1], np.cumprod(1 - lrs[:-1])])  # w ← (1 − η) w
    np.testing.assert_allclose(losses, w**2 / 2, rtol=1e-9)
    assert losses[-1] > 4 * losses.min()
    assert (losses[:-1] <= 4 * np.minimum.accumulate(losses[:-1])).all()
    assert lrs[-1] < 10


def test_losses_are_smoothed_and_the_smoothing_corrected():
    def run(beta):
        net, loss = bowl(3.0)
        return lr_range_test(
            net,
            ONES,
            ONES,
            rng=np.random.default_rng(0),
            lr_min=0.001,
            lr_max=0.1,
            steps=30,
            batch=4,
            loss=loss,
            beta=beta,
        )[1]

    raw = run(0)
    weights = 0.7 ** np.arange(30)
    expected = [np.average(raw[: k + 1][::-1], weights=weights[: k + 1]) for k in range(30)]
    np.testing.assert_allclose(run(0.7), expected, rtol=1e-10)


@pytest.mark.parametrize("stop", [1.5, 20.0])
def test_it_stops_at_the_chosen_height(stop):
    net, loss = bowl(1.0)
    _, losses = lr_range_test(
        net,
        ONES,
        ONES,
        rng=np.random.default_rng(0),
        lr_min=1.5,
        lr_max=1000,
        steps=400,
        batch=4,
        loss=loss,
        beta=0,
        stop=stop,
    )
    assert losses[-1] > stop * losses.min() >= losses[-2]


def test_it_stops_before_the_loss_is_infinite():
    net, loss = bowl(1.0)
    arguments = {"rng": np.random.default_rng(0), "lr_min": 1e200, "lr_max": 1e201, "steps": 9, "batch": 4}
    lrs, losses = lr_range_test(net, ONES, ONES, loss=loss, **arguments)
    assert len(lrs) == 1
    np.testing.assert_allclose(losses, [0.5])


def test_a_loss_below_zero_is_no_divergence():
    net, _ = bowl(1.0)
    _, losses = lr_range_test(
        net,
        ONES,
        ONES,
        rng=np.random.default_rng(0),
        lr_max=1e-3,
        steps=20,
        batch=4,
        loss=lambda x, y: F.sum(x) - 100.0,
    )
    assert len(losses) == 20


def test_digits_are_learnt_and_then_unlearnt(digits):
    X, y = digits
    net = MLP([64, 32, 10], rng=np.random.default_rng(0))
    for optimizer, low, high in ((GradientDescent, 0.05, 2), (Adam, 0.003, 0.2)):
        lrs, losses = lr_range_test(net, X, y, rng=np.random.default_rng(1), steps=150, optimizer=optimizer)
        assert len(lrs) < 150
        assert losses.min() < 0.7 * losses[0]
        assert low < 10 * suggest_lr(lrs, losses) < high


def test_the_network_is_left_as_it_was(digits):
    X, y = digits
    rng = np.random.default_rng(0)
    net = Sequential(Linear(64, 8, rng=rng), BatchNorm(8), Linear(8, 10, rng=rng)).eval()
    net.train()
    F.softmax_cross_entropy(net(X[:32]), y[:32]).backward()
    net.eval()
    net.layers[2].freeze()
    state, grads, flat = net.state_dict(), [p.grad.copy() for p in net.params()], net.flat
    lr_range_test(net, X, y, rng=np.random.default_rng(1), steps=20, optimizer=Momentum)
    np.testing.assert_equal(net.state_dict(), state)
    for p, grad in zip(net.params(), grads, strict=True):
        np.testing.assert_array_equal(p.grad, grad)
    assert net.flat is flat
    assert [layer.training for layer in net.layers] == [False] * 3


def test_minibatches_are_drawn_by_rng_epoch_after_epoch():
    seen = []

    def loss(output, y):
        seen.append(y.ravel().tolist())
        return F.sum(output) * 0.0

    net = Linear(1, 1, rng=np.random.default_rng(0), dtype=np.float32)
    X = np.arange(7)[:, np.newaxis]
    lr_range_test(net, X, X, rng=np.random.default_rng(5), steps=7, batch=3, loss=loss)
    rng = np.random.default_rng(5)
    expected = [y.ravel().tolist() for _ in range(4) for _, y in iterate_minibatches(X, X, 3, rng)]
    assert seen == expected[:7]


def test_the_defaults():
    net, loss = bowl(1.0)
    data = np.ones((32, 1))
    lrs, losses = lr_range_test(net, data, data, rng=np.random.default_rng(0), loss=loss, stop=1e9)
    assert (len(lrs), lrs[0]) == (100, pytest.approx(1e-6))
    assert lrs[-1] == pytest.approx(10)
    _, raw = lr_range_test(net, data, data, rng=np.random.default_rng(0), loss=loss, stop=1e9, beta=0)
    np.testing.assert_allclose(losses[:2], [raw[0], (0.9 * raw[0] + raw[1]) / 1.9], rtol=1e-12)


def test_a_rate_is_suggested_below_the_smallest_loss():
    lrs = np.array([0.01, 0.1, 1.0])
    assert suggest_lr(lrs, np.array([3.0, 1.0, 2.0])) == pytest.approx(0.01, rel=1e-14)
    assert suggest_lr(lrs, [3, 2, 1], divisor=4) == 0.25
    assert type(suggest_lr(lrs.astype(np.float32), lrs)) is float


NET = Linear(1, 2, rng=np.random.default_rng(0))
VALID = {"net": NET, "X": np.ones((4, 1)), "y": np.zeros(4, int), "rng": np.random.default_rng(0), "batch": 2}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"net": 1}, "net must be a Layer, got 1"),
        ({"rng": 0}, "rng must be a numpy.random.Generator"),
        ({"lr_min": 0}, r"lr_min must be in \(0, inf\), got 0"),
        ({"lr_max": 1e-6}, r"lr_max must be in \(1e-06, inf\), got 1e-06"),
        ({"steps": 1}, "steps must be at least 2, got 1"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"batch": 5}, "batch must be at most the number of samples, 4, got 5"),
        ({"optimizer": 1}, "optimizer must be a function, got 1"),
        ({"optimizer": lambda net, lr: net}, "optimizer must return an Optimizer, got Linear\\("),
        ({"loss": 1}, "loss must be a function, got 1"),
        ({"beta": 1}, r"beta must be in \[0, 1\), got 1"),
        ({"beta": -0.1}, r"beta must be in \[0, 1\), got -0.1"),
        ({"stop": 1}, r"stop must be in \(1, inf\), got 1"),
        ({"X": "a"}, "X must be an array of real numbers"),
        ({"X": np.float64(1)}, r"y must have as many rows as X, which has shape \(\), got shape \(4,\)"),
        ({"y": np.zeros(3, int)}, r"y must have as many rows as X, which has shape \(4, 1\), got shape \(3,\)"),
        ({"y": 0}, r"y must have as many rows as X, which has shape \(4, 1\), got shape \(\)"),
        ({"X": np.full((4, 1), np.nan)}, "X must be finite, got 4 NaN or infinite values of 4"),
        ({"X": np.ones((4, 2))}, "net and loss do not fit X and y: Linear with x of shape"),
        ({"y": np.full(4, 2)}, "net and loss do not fit X and y: SoftmaxCrossEntropy"),
        ({"y": np.full(4, 0.5)}, "net and loss do not fit X and y: SoftmaxCrossEntropy"),
        ({"loss": lambda x, y: F.sum(x) * np.nan}, "the loss of the first minibatch is not finite: nan"),
    ],
)
def test_bad_input_is_named(given, message):
    with pytest.raises((TypeError, ValueError), match=f"^lr_range_test: {message}"):
        lr_range_test(**VALID | given)


@pytest.mark.parametrize(
    ("lrs", "losses", "divisor", "message"),
    [
        ([], [], 10, "lrs and losses must hold at least one number"),
        ([[1.0]], [[1.0]], 10, r"lrs must have shape \(any,\), got \(1, 1\)"),
        ([1.0, 2.0], [1.0], 10, r"losses must have the shape of lrs, \(2,\), got \(1,\)"),
        ([1.0], [np.nan], 10, "losses must be finite"),
        ([np.inf], [1.0], 10, "lrs must be finite"),
        ([1.0], [1.0], 0, r"divisor must be in \(0, inf\), got 0"),
    ],
)
def test_bad_input_of_suggest_lr_is_named(lrs, losses, divisor, message):
    with pytest.raises(ValueError, match=f"^suggest_lr: {message}"):
        suggest_lr(lrs, losses, divisor)
