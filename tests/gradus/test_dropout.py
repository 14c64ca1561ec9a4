"""Dropout and alpha dropout against PyTorch and Keras, by their moments, and by hand."""

import math

import numpy as np
import pytest
from gradus.activations import selu
from gradus.dropout import (
    ALPHA_PRIME,
    alpha_dropout,
    alpha_dropout_backward,
    alpha_dropout_constants,
    dropout_backward,
    dropout_forward,
)
from scipy import integrate, stats

RATES = [0.0, 0.1, 0.3, 0.5, 0.8]


def rng(seed=0):
    return np.random.default_rng(seed)


def within(measured, expected, sd, n, sigmas=5):
    """The mean of n draws with standard deviation sd lies within five of its own standard deviations."""
    assert abs(measured - expected) <= sigmas * sd / math.sqrt(n) + 1e-15


def test_dropout_by_hand():
    x = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    mask = np.array([[True, False, True], [False, True, True]])
    out, used = dropout_forward(x, 0.2, None, True, mask)
    np.testing.assert_allclose(out, [[1.25, 0, 3.75], [0, 6.25, -7.5]], rtol=1e-15)
    np.testing.assert_allclose(used, [[1.25, 0, 1.25], [0, 1.25, 1.25]], rtol=1e-15)
    out, used = dropout_forward(x, 0.2, None, True, mask, inverted=False)
    np.testing.assert_array_equal(out, [[1, 0, 3], [0, 5, -6]])
    np.testing.assert_array_equal(used, mask)


@pytest.mark.parametrize("rate", RATES)
def test_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew(torch, rate):
    torch.manual_seed(1)
    x = rng().standard_normal((50, 7))
    expected, mask = torch.native_dropout(torch.tensor(x), rate, True)
    out, used = dropout_forward(x, rate, None, True, mask.numpy())
    np.testing.assert_allclose(out, expected.numpy(), rtol=1e-14)
    dout = rng(2).standard_normal((50, 7))
    expected = torch.ops.aten.native_dropout_backward(torch.tensor(dout), mask, 1 / (1 - rate))
    np.testing.assert_allclose(dropout_backward(dout, used), expected.numpy(), rtol=1e-14)


def test_dropout_equals_keras_on_the_mask_that_keras_drew(keras):
    x = rng().standard_normal((50, 7))
    expected = keras.ops.convert_to_numpy(keras.layers.Dropout(0.3, seed=5)(x, training=True))
    assert 0 < (expected == 0).sum() < x.size
    out, _ = dropout_forward(x, 0.3, None, True, expected != 0)
    np.testing.assert_allclose(out, expected, rtol=1e-14)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.9])
def test_rate_is_the_share_of_entries_that_are_dropped(rate):
    n = 200_000
    out, mask = dropout_forward(np.ones(n), rate, rng(3), True)
    within((out == 0).mean(), rate, math.sqrt(rate * (1 - rate)), n)
    assert set(np.unique(mask)) == {0, 1 / (1 - rate)}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("inverted", [True, False])
def test_expected_output_in_training_is_the_output_in_evaluation(rate, inverted):
    n, x = 200_000, 3.0
    out, _ = dropout_forward(np.full(n, x), rate, rng(4), True, None, inverted)
    expected, _ = dropout_forward(np.full(1, x), rate, None, False, None, inverted)
    keep = 1 - rate
    assert expected == pytest.approx(x if inverted else keep * x, rel=1e-15)
    within(out.mean(), float(expected[0]), x * math.sqrt(rate * keep) / (keep if inverted else 1), n)


def test_the_inverted_form_is_the_default():
    x = rng().standard_normal(40)
    np.testing.assert_array_equal(
        dropout_forward(x, 0.4, rng(), True)[0], dropout_forward(x, 0.4, rng(), True, inverted=True)[0]
    )


def test_rows_are_dropped_independently():
    # the number kept in a row of 10,000 is binomial: nearly continuous, so that the KS test applies
    _, mask = dropout_forward(np.ones((400, 10_000)), 0.3, rng(5), True)
    kept = (mask > 0).sum(axis=1)
    z = (kept - 7000) / math.sqrt(10_000 * 0.3 * 0.7)
    assert stats.kstest(z, "norm").pvalue > 0.01
    columns = (mask > 0).sum(axis=0)  # and so is that of a column, whose draws are those of different rows
    within(columns.var(), 400 * 0.21, 84 * math.sqrt(2), 10_000)


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_every_call_draws_a_new_mask_and_the_same_generator_the_same_one(forward):
    x, source = np.ones((4, 30)), rng(6)
    (_, first), (_, second) = forward(x, 0.5, source, True), forward(x, 0.5, source, True)
    assert (first != second).any()
    assert (first[0] != first[1]).any()
    np.testing.assert_array_equal(forward(x, 0.5, rng(6), True)[1], first)
    assert (forward(x, 0.5, rng(7), True)[1] != first).any()


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_evaluation_changes_nothing_and_returns_a_copy(forward):
    x = np.array([1.0, -0.0, np.nan, np.inf, -1e300])
    source = rng(8)
    before = source.bit_generator.state
    out, mask = forward(x, 0.5, source, False, np.zeros(5))
    assert not np.shares_memory(out, x)
    np.testing.assert_array_equal(out, x)
    assert np.signbit(out[1])
    np.testing.assert_array_equal(mask, np.ones(5))
    assert source.bit_generator.state == before


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_rate_0_is_the_identity_and_near_1_nothing_breaks(forward):
    x = rng().standard_normal((3, 4))
    out, mask = forward(x, 0, rng(), True)
    np.testing.assert_array_equal(out, x)
    np.testing.assert_array_equal(mask, 1)
    assert not np.shares_memory(out, x)
    with np.errstate(all="raise"):
        out, mask = forward(x, np.nextafter(1, 0), rng(), True)
    assert np.isfinite(out).all()
    assert (mask == 0).all()


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_a_mask_can_be_used_again(forward):
    x = rng().standard_normal((6, 5))
    out, mask = forward(x, 0.3, rng(9), True)
    again, same = forward(x, 0.3, None, True, mask)
    np.testing.assert_array_equal(again, out)
    np.testing.assert_array_equal(same, mask)
    np.testing.assert_array_equal(forward(x, 0.3, None, True, mask != 0)[0], out)
    nothing, zero = forward(x, 0.3, None, True, np.zeros((6, 5), bool))
    assert (zero == 0).all()
    assert np.unique(nothing).size == 1


@pytest.mark.parametrize(
    ("forward", "backward"), [(dropout_forward, dropout_backward), (alpha_dropout, alpha_dropout_backward)]
)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rate", RATES)
def test_backward_is_the_derivative_in_a_random_direction(forward, backward, training, rate):
    source = rng(10)
    x, v, dout = source.standard_normal((3, 8, 5))
    _, mask = forward(x, rate, source, training)
    kept = mask if training else None
    difference = forward(x + v, rate, None if training else source, training, kept)[0]
    difference = difference - forward(x - v, rate, None if training else source, training, kept)[0]
    assert (dout * difference).sum() / 2 == pytest.approx((backward(dout, mask) * v).sum(), rel=1e-12)


def test_backward_of_the_original_form_in_evaluation_has_the_factor_keep():
    _, mask = dropout_forward(np.ones(3), 0.2, None, False, inverted=False)
    np.testing.assert_allclose(dropout_backward(np.array([1.0, 2, 3]), mask), [0.8, 1.6, 2.4], rtol=1e-15)


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept_and_integers_become_float64(forward, dtype):
    for training in (True, False):
        out, mask = forward(np.ones((4, 4), dtype), 0.5, rng(), training)
        assert out.dtype == mask.dtype == dtype
    assert forward(np.ones(3, int), 0.5, rng(), True)[0].dtype == np.float64
    dx = dropout_backward(np.ones(3, dtype), np.ones(3))
    assert dx.dtype == dtype
    assert alpha_dropout_backward(np.ones(3, dtype), np.ones(3)).dtype == dtype


def test_float32_and_float64_have_the_same_mask():
    masks = [dropout_forward(np.ones((9, 9), dtype), 0.5, rng(11), True)[1] for dtype in (np.float32, np.float64)]
    np.testing.assert_array_equal(*masks)


def test_empty_arrays_and_single_numbers_pass():
    for forward in (dropout_forward, alpha_dropout):
        out, mask = forward(np.ones((0, 3)), 0.5, rng(), True)
        assert out.shape == mask.shape == (0, 3)
        assert forward(np.ones((0, 3)), 0.5, None, True, np.ones((0, 3)))[0].shape == (0, 3)
        assert np.shape(forward(2.0, 0.5, rng(), True)[0]) == ()


# --- alpha dropout


def test_alpha_prime_is_the_limit_of_selu():
    assert selu(np.array(-1e3)) == pytest.approx(ALPHA_PRIME, rel=1e-15)
    assert pytest.approx(-1.7580993408473766, rel=1e-15) == ALPHA_PRIME


@pytest.mark.parametrize(
    ("rate", "a", "b"), [(0.1, 0.921285, 0.161971), (0.3, 0.860953, 0.454092), (0.5, 0.886405, 0.779194)]
)
def test_constants_of_alpha_dropout_as_published(rate, a, b):
    assert alpha_dropout_constants(rate) == pytest.approx((a, b), abs=5e-7)


@pytest.mark.parametrize("rate", RATES)
def test_alpha_dropout_restores_mean_and_variance_exactly(rate):
    # E and E² of the output for SELU units of mean 0 and variance 1, by quadrature over z ~ N(0, 1)
    a, b = alpha_dropout_constants(rate)

    def expectation(power):
        def kept(z):
            return (a * float(selu(np.array(z))) + b) ** power * stats.norm.pdf(z)

        below = integrate.quad(kept, -12, 0, epsabs=1e-12)[0] + integrate.quad(kept, 0, 12, epsabs=1e-12)[0]
        return (1 - rate) * below + rate * (a * ALPHA_PRIME + b) ** power

    assert expectation(1) == pytest.approx(0, abs=1e-10)
    assert expectation(2) == pytest.approx(1, abs=1e-10)


def test_alpha_dropout_restores_the_moments_of_a_sample_and_dropout_does_not():
    z = selu(rng(12).standard_normal(400_000))
    for rate in (0.1, 0.5):
        out, mask = alpha_dropout(z, rate, rng(13), True)
        within(out.mean(), 0, 1, z.size)
        within((out**2).mean(), 1, (out**2).std(), z.size)
        within((mask == 0).mean(), rate, 0.5, z.size)
    assert dropout_forward(z, 0.5, rng(13), True)[0].var() == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_alpha_dropout_equals_pytorchs_on_the_mask_that_pytorch_drew(torch, rate):
    torch.manual_seed(2)
    x = rng(14).standard_normal((60, 5))
    t = torch.tensor(x, requires_grad=True)
    expected = torch.nn.functional.alpha_dropout(t, rate, training=True)
    dout = rng(15).standard_normal(x.shape)
    expected.backward(torch.tensor(dout))
    kept = t.grad.numpy() != 0
    out, mask = alpha_dropout(x, rate, None, True, kept)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(alpha_dropout_backward(dout, mask), t.grad.numpy(), rtol=1e-12)


def test_alpha_dropout_equals_keras_on_the_mask_that_keras_drew(keras):
    x = rng(16).standard_normal((60, 5))
    expected = keras.ops.convert_to_numpy(keras.layers.AlphaDropout(0.3, seed=3)(x, training=True))
    values, counts = np.unique(expected.round(9), return_counts=True)
    dropped = np.isclose(expected, values[counts.argmax()], rtol=0, atol=1e-8)  # the one value that comes many times
    assert 40 < dropped.sum() < 140
    out, _ = alpha_dropout(x, 0.3, None, True, ~dropped)
    np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-12)


# --- bad input, beyond the catalogue


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
@pytest.mark.parametrize(
    "mask",
    [
        np.ones(3),
        np.full(4, -1.0),
        np.array([0.0, 0.5, 1.0, 1.0]),
        np.array([1.0, 1, 1, np.nan]),
        np.array([1.0, -1, 1, 0]),
    ],
)
def test_a_mask_that_is_none_is_refused(forward, mask):
    with pytest.raises(ValueError, match=rf"^{forward.__name__}: mask must "):
        forward(np.ones(4), 0.5, rng(), True, mask)


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_a_generator_is_needed_only_where_a_mask_is_drawn(forward):
    with pytest.raises(TypeError, match=rf"^{forward.__name__}: rng must be"):
        forward(np.ones(4), 0.5, None, True)
    with pytest.raises(TypeError, match=rf"^{forward.__name__}: rng must be"):
        forward(np.ones(4), 0.5, 0, False)
    assert forward(np.ones(4), 0.5, None, False)[0].sum() == 4


@pytest.mark.parametrize("forward", [dropout_forward, alpha_dropout])
def test_the_rate_is_checked_in_evaluation_too(forward):
    with pytest.raises(ValueError, match=rf"^{forward.__name__}: rate must be in \[0, 1\), got 1"):
        forward(np.ones(4), 1.0, rng(), False)
