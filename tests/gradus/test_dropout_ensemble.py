"""The ensemble of dropout: all masks, the geometric mean of Baldi & Sadowski, and Monte Carlo dropout."""

import itertools
import math

import numpy as np
import pytest
from gradus.dropout_ensemble import (
    enumerate_masks,
    geometric_mean_prediction,
    mask_probabilities,
    mc_dropout_predict,
)
from gradus.dropout_layers import AlphaDropout, Dropout
from gradus.layer import Layer
from gradus.layers import Activation, BatchNorm, Linear, Sequential
from scipy import special, stats


def rng(seed=0):
    return np.random.default_rng(seed)


def net_of(rate=0.4, D=6, C=3, seed=1, dtype=np.float64):
    """Dropout before the only layer: all its masks can be written down."""
    return Sequential(Dropout(rate, rng=rng(99)), Linear(D, C, rng=rng(seed), dtype=dtype))


# --- masks


def test_masks_are_all_there_in_the_order_of_binary_numbers():
    for n in (1, 2, 5):
        masks = enumerate_masks(n)
        assert masks.dtype == bool
        np.testing.assert_array_equal(masks, list(itertools.product([False, True], repeat=n)))
    assert enumerate_masks(np.int64(3)).tolist()[4] == [True, False, False]


def test_at_most_twenty_entries():
    assert enumerate_masks(20).shape == (2**20, 20)
    with pytest.raises(ValueError, match=r"^enumerate_masks: n must be at most 20 .*, got 21"):
        enumerate_masks(21)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5])
def test_probabilities_of_masks_are_those_of_independent_draws(rate):
    masks = enumerate_masks(4)
    probabilities = mask_probabilities(masks, rate)
    assert probabilities.sum() == pytest.approx(1, abs=1e-15)
    expected = [math.prod(1 - rate if m else rate for m in mask) for mask in masks]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-14)
    kept = np.bincount(masks.sum(axis=1), weights=probabilities)
    np.testing.assert_allclose(kept, stats.binom.pmf(np.arange(5), 4, 1 - rate), atol=1e-15)
    np.testing.assert_array_equal(mask_probabilities(masks.astype(int), rate), probabilities)


# --- geometric mean


def test_geometric_mean_by_hand():
    probs = np.array([[[0.9, 0.1]], [[0.4, 0.6]]])  # √.36 = .6 and √.06, normalized
    p = 0.6 / (0.6 + math.sqrt(0.06))
    np.testing.assert_allclose(geometric_mean_prediction(probs), [[p, 1 - p]], rtol=1e-14)
    np.testing.assert_allclose(geometric_mean_prediction(probs, np.array([5.0, 5.0])), [[p, 1 - p]], rtol=1e-14)
    np.testing.assert_allclose(geometric_mean_prediction(probs, np.array([0, 3])), probs[1], rtol=1e-14)


def test_geometric_mean_is_scipys_normalized():
    probs = rng(2).dirichlet(np.ones(4), size=(7, 5))
    weights = rng(3).random(7)
    g = stats.gmean(probs, axis=0, weights=np.broadcast_to(weights[:, None, None], probs.shape))
    np.testing.assert_allclose(geometric_mean_prediction(probs, weights), g / g.sum(axis=1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_one_softmax_layer_with_scaled_weights_is_the_geometric_mean_of_all_masks(rate):
    X, W, b = rng(4).standard_normal((5, 6)), rng(5).standard_normal((6, 3)), rng(6).standard_normal(3)
    masks = enumerate_masks(6)
    probs = special.softmax((X * masks[:, None, :]) @ W + b, axis=-1)
    scaled = special.softmax(X @ ((1 - rate) * W) + b, axis=-1)
    weights = mask_probabilities(masks, rate)
    np.testing.assert_allclose(geometric_mean_prediction(probs, weights), scaled, rtol=1e-12)
    assert np.abs(np.tensordot(weights, probs, axes=1) - scaled).max() > 0.01  # the arithmetic mean is not


def test_a_class_that_one_member_excludes_is_excluded():
    probs = np.array([[[0.5, 0.5, 0.0]], [[0.2, 0.4, 0.4]]])
    with np.errstate(all="raise"):
        p = geometric_mean_prediction(probs)
    np.testing.assert_allclose(p, [[1 / (1 + math.sqrt(2)), math.sqrt(2) / (1 + math.sqrt(2)), 0]], rtol=1e-14)
    contrary = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    with pytest.raises(ValueError, match=r"^geometric_mean_prediction: probs must leave a class possible"):
        geometric_mean_prediction(contrary)
    with pytest.raises(ValueError, match=r"^geometric_mean_prediction: probs must leave a class possible"):
        geometric_mean_prediction(np.concatenate([contrary, np.full((2, 1, 2), 0.5)], axis=1))  # one example of two
    np.testing.assert_array_equal(geometric_mean_prediction(contrary, np.array([0.0, 1.0])), [[0, 1]])


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0], [1.0, 1.0, 1.0]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(ValueError, match=r"^geometric_mean_prediction: weights must"):
        geometric_mean_prediction(np.full((2, 1, 2), 0.5), np.array(weights))


# --- Monte Carlo dropout


def predictions_by_hand(net, X, T, source):
    drop, linear = net.layers
    kept = [source.random(X.shape) < 1 - drop.rate for _ in range(T)]
    return np.array([special.softmax(X * k / (1 - drop.rate) @ linear.W.data + linear.b.data, axis=1) for k in kept])


def test_monte_carlo_dropout_by_hand():
    net, X = net_of(), rng(7).standard_normal((5, 6))
    mean, std, entropy, information = mc_dropout_predict(net, X, 20, rng(8))
    probs = predictions_by_hand(net, X, 20, rng(8))
    np.testing.assert_allclose(mean, probs.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, np.sqrt(((probs - probs.mean(axis=0)) ** 2).mean(axis=0)), rtol=1e-10)
    np.testing.assert_allclose(entropy, stats.entropy(probs.mean(axis=0), axis=1), rtol=1e-12)
    divergence = special.rel_entr(probs, probs.mean(axis=0)).sum(axis=2)  # mean of KL(p_t || mean)
    np.testing.assert_allclose(information, divergence.mean(axis=0), rtol=1e-8)


def test_monte_carlo_dropout_approaches_the_sum_over_all_masks():
    net, X, T = net_of(), rng(9).standard_normal((4, 6)), 4000
    drop, linear = net.layers
    masks = enumerate_masks(6)
    weights = mask_probabilities(masks, drop.rate)
    probs = special.softmax((X * masks[:, None] / (1 - drop.rate)) @ linear.W.data + linear.b.data, axis=-1)
    exact = np.tensordot(weights, probs, axes=1)
    sd = np.sqrt(np.tensordot(weights, (probs - exact) ** 2, axes=1))
    mean, std, *_ = mc_dropout_predict(net, X, T, rng(10))
    assert (np.abs(mean - exact) < 5 * sd / math.sqrt(T)).all()
    np.testing.assert_allclose(std, sd, rtol=0.1)


def test_its_error_halves_with_four_times_as_many_predictions():
    net, X = net_of(), rng(11).standard_normal((40, 6))
    exact, *_ = mc_dropout_predict(net, X, 4000, rng(12))
    errors = []
    for T in (16, 64):
        runs = [mc_dropout_predict(net, X, T, rng(seed))[0] for seed in range(12)]
        errors.append(np.sqrt(np.mean((np.array(runs) - exact) ** 2)))
    assert 1.6 < errors[0] / errors[1] < 2.4


def test_one_prediction_has_no_spread_and_informs_of_nothing():
    mean, std, entropy, information = mc_dropout_predict(net_of(), np.ones((2, 6)), 1, rng())
    assert (std == 0).all()
    np.testing.assert_allclose(information, 0, atol=1e-15)
    assert (entropy > 0).all()
    np.testing.assert_allclose(mean.sum(axis=1), 1, rtol=1e-15)


def test_only_dropout_is_in_training_mode_and_everything_is_as_before_afterwards():
    seen = []

    class Spy(Activation):
        def forward(self, x):
            seen.append([layer.training for layer in net.layers])
            return super().forward(x)

    own = rng(13)
    norm = BatchNorm(4)
    net = Sequential(Linear(6, 4, rng=rng()), norm, Spy("relu"), Dropout(0.5, rng=own), Linear(4, 3, rng=rng()))
    norm.running_mean = np.arange(4.0)
    for training in (True, False):
        (net.train if training else net.eval)()
        net.layers[0].training = not training  # every layer gets its own mode back
        before, state = [layer.training for layer in net.layers], own.bit_generator.state
        mc_dropout_predict(net, rng(14).standard_normal((5, 6)), 3, rng(15))
        assert [layer.training for layer in net.layers] == before
        assert net.layers[3].rng is own
        assert own.bit_generator.state == state
    assert seen == [[False, False, False, True, False]] * 6
    np.testing.assert_array_equal(norm.running_mean, np.arange(4.0))


def test_everything_is_as_before_when_a_prediction_fails():
    net = net_of().eval()
    own = net.layers[0].rng
    with pytest.raises(ValueError, match=r"^mc_dropout_predict: X must be what net takes, got shape \(2, 5\)"):
        mc_dropout_predict(net, np.ones((2, 5)), 3, rng())
    assert not net.training
    assert not net.layers[0].training
    assert net.layers[0].rng is own


def test_the_given_generator_draws_the_masks():
    net, X = net_of(), rng(16).standard_normal((5, 6))
    first = mc_dropout_predict(net, X, 3, rng(17))
    for again, other, value in zip(
        mc_dropout_predict(net, X, 3, rng(17)), mc_dropout_predict(net, X, 3, rng(18)), first, strict=True
    ):
        np.testing.assert_array_equal(again, value)
        assert (other != value).any()


def test_alpha_dropout_counts_as_dropout():
    net = Sequential(Linear(6, 5, rng=rng()), AlphaDropout(0.3, rng=rng()), Linear(5, 3, rng=rng()))
    mean, std, *_ = mc_dropout_predict(net, np.ones((2, 6)), 30, rng())
    assert (std > 0.01).all()
    net.eval()
    assert np.abs(special.softmax(net(np.ones((2, 6))).data, axis=1) - mean).max() > 1e-3


def test_a_layer_that_draws_but_drops_nothing_stays_in_evaluation_mode():
    class Noise(Layer):
        rng = rng(19)

        def forward(self, x):
            assert not self.training
            return x

    net = Sequential(Noise(), *net_of().layers)
    mc_dropout_predict(net, np.ones((2, 6)), 2, rng())
    with pytest.raises(ValueError, match=r"^mc_dropout_predict: net must have a dropout layer"):
        mc_dropout_predict(Sequential(Noise(), Linear(6, 3, rng=rng())), np.ones((2, 6)), 2, rng())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_logits_that_are_not_finite_are_refused(bad):
    net = net_of()
    net.layers[1].b.data[1] = bad
    with pytest.raises(ValueError, match=r"^mc_dropout_predict: net must return finite logits \(N, C\)"):
        mc_dropout_predict(net, np.ones((2, 6)), 2, rng())


def test_a_net_may_return_an_array():
    class Plain(Layer):
        def forward(self, x):
            return inner(x).data[:, ::-1]

    inner = net_of()
    plain = Plain()
    plain.inner = inner
    X = rng(20).standard_normal((4, 6))
    expected, *_ = mc_dropout_predict(inner, X, 3, rng(21))
    np.testing.assert_allclose(mc_dropout_predict(plain, X, 3, rng(21))[0], expected[:, ::-1], rtol=1e-14)


def test_a_net_must_be_a_layer_that_returns_one_row_of_logits_for_each_example():
    class Flat(Layer):
        def forward(self, x):
            return inner(x).data[0]

    inner = net_of()
    flat = Flat()
    flat.inner = inner
    with pytest.raises(ValueError, match=r"^mc_dropout_predict: net must return finite logits \(N, C\)"):
        mc_dropout_predict(flat, np.ones((2, 6)), 2, rng())
    with pytest.raises(TypeError, match=r"^mc_dropout_predict: net must be a Layer"):
        mc_dropout_predict(lambda x: x, np.ones((2, 6)), 2, rng())


def test_float32_stays_float32():
    results = mc_dropout_predict(net_of(dtype=np.float32), np.ones((2, 6), np.float32), 3, rng())
    assert [r.dtype for r in results] == [np.float32] * 4
    probs = np.full((2, 3, 2), 0.5, np.float32)
    assert geometric_mean_prediction(probs).dtype == np.float32
    assert geometric_mean_prediction(probs, np.ones(2)).dtype == np.float32


def test_a_float32_network_predicts_in_float32_whatever_the_data():
    from gradus.layers import MLP

    seen = []

    class Watching(MLP):
        def forward(self, x):
            seen.append(x.dtype)
            return super().forward(x)

    net = Watching([6, 4, 3], rng=rng(), dropout=0.5, dtype=np.float32)
    results = mc_dropout_predict(net, np.ones((2, 6)), 2, rng())
    assert seen == [np.dtype(np.float32)] * 2
    assert {a.dtype for a in results} == {np.dtype(np.float32)}
