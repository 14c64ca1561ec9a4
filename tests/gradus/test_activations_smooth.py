"""GELU with its own error function, softplus and SiLU against SciPy, PyTorch and cases by hand."""

import math

import numpy as np
import pytest
from gradus.activations import (
    gelu,
    gelu_derivative,
    gelu_with_derivative,
    silu,
    silu_derivative,
    softplus,
    softplus_derivative,
)
from gradus.gelu import SINGLE_FORM
from scipy import optimize, special, stats

Z = np.array([-1e4, -1000.0, -40.0, -3.0, -0.7, -1e-3, -1e-12, 0.0, 1e-12, 1e-3, 0.5, 2.0, 37.0, 1000.0, 1e4])


def test_gelu_is_z_times_scipys_normal_distribution_also_in_the_tail():
    z = np.concatenate([np.linspace(-38, 38, 4001), np.linspace(-1, 1, 501)])
    Phi, phi = special.ndtr(z), stats.norm.pdf(z)
    middle = np.abs(z) < 5
    np.testing.assert_allclose(gelu(z)[middle], (z * Phi)[middle], rtol=4e-15, atol=1e-17)
    np.testing.assert_allclose(gelu(z), z * Phi, rtol=5e-13, atol=1e-300)  # e^(−z²/2) has this error itself
    np.testing.assert_allclose(gelu_derivative(z), Phi + z * phi, rtol=1e-12, atol=2e-15)


def test_gelu_in_float32_is_as_exact_as_float32_is():
    z = np.linspace(-9, 9, 100_001, dtype=np.float32)
    Phi, slope = special.ndtr(z.astype(float)), gelu_derivative(z.astype(float))
    np.testing.assert_allclose(gelu(z), z * Phi, rtol=1e-7, atol=5e-7)
    away = np.abs(z) > 0.1
    np.testing.assert_allclose(gelu(z[away]) / z[away], Phi[away], rtol=0, atol=1.5e-7)
    np.testing.assert_allclose(gelu_derivative(z), slope, rtol=0, atol=2.5e-7)


def test_gelu_in_float32_is_as_exact_as_pytorchs(torch):
    z = np.linspace(-9, 9, 100_001, dtype=np.float32)
    exact = z * special.ndtr(z.astype(float))
    errors = [np.abs(y - exact).max() for y in (gelu(z), torch.nn.functional.gelu(torch.tensor(z)).numpy())]
    assert errors[0] < 1.1 * errors[1]


def test_no_other_seven_coefficients_make_the_gaussian_of_float32_more_exact():
    """min e over P, |2 Φ(z) (1 − Φ(z)) (z P(z²) − artanh(2 Φ(z) − 1))| ≤ e: the error of Φ to first order, linear in P."""
    top = 6.0
    z = top * np.sin(np.linspace(0.01, np.pi / 2, 400))
    logits = special.log_ndtr(z) - special.log_ndtr(-z)  # 2 artanh(2 Φ − 1)
    weight = 1e7 * 2 * special.ndtr(z) * special.ndtr(-z)
    powers = np.vander((z / top) ** 2, len(SINGLE_FORM)) * (weight * z)[:, None]
    one, wanted = np.ones((z.size, 1)), weight * logits / 2
    found = optimize.linprog(
        np.r_[np.zeros(len(SINGLE_FORM)), 1],
        A_ub=np.block([[powers, -one], [-powers, -one]]),
        b_ub=np.r_[wanted, -wanted],
        bounds=[(None, None)] * len(SINGLE_FORM) + [(0, None)],
    )
    ours = np.abs(powers @ (np.array(SINGLE_FORM, float) * top ** np.arange(12, -1, -2)) - wanted).max()
    assert found.status == 0
    assert 2.8e-8 < found.fun / 1e7 < 2.9e-8
    assert ours < 1.03 * found.fun


def test_gelu_in_float32_at_its_ends():
    z = np.array([-np.inf, -3e38, -1e4, -101, -99, -0.0, 0, 99, 101, 1e4, 3e38, np.inf, np.nan], np.float32)
    out, slope = gelu_with_derivative(z)
    np.testing.assert_array_equal(
        out, [0, 0, 0, 0, 0, 0, 0, 99, 101, np.float32(1e4), np.float32(3e38), np.inf, np.nan]
    )
    np.testing.assert_array_equal(slope, [0] * 5 + [0.5] * 2 + [1] * 5 + [np.nan])
    few = np.array([-2.0, np.nan, np.inf], np.float32)  # what is beyond does not change its neighbours
    np.testing.assert_array_equal(gelu(few)[0], gelu(few[:1])[0])


def test_gelu_over_its_input_grows_up_to_rounding_in_float32():
    z = np.concatenate([np.linspace(-90, -0.1, 50_000), np.linspace(0.1, 90, 50_000)]).astype(np.float32)
    share = gelu(z) / z
    assert np.diff(share).min() > -2.5e-7
    assert share.min() == 0
    assert share.max() == 1


def test_gelu_in_halves_is_that_in_singles_rounded():
    z = np.linspace(-30, 30, 4001).astype(np.float16)
    for approximate in (True, False):
        for f in (gelu, gelu_derivative):
            half, single = f(z, approximate), f(z.astype(np.float32), approximate)
            assert half.dtype == np.float16
            np.testing.assert_array_equal(half, single.astype(np.float16))


def test_gelu_by_hand():
    # z Φ(z): Φ(1) = 0.8413…, Φ(−1) = 1 − Φ(1)
    np.testing.assert_allclose(gelu(np.array([-1.0, 0.0, 1.0])), [-0.15865525393145707, 0, 0.8413447460685429])
    assert gelu_derivative(np.array(0.0)) == pytest.approx(0.5, abs=4e-16)
    np.testing.assert_array_equal(gelu(np.array([-np.inf, np.inf])), [0, np.inf])
    np.testing.assert_array_equal(gelu_derivative(np.array([-np.inf, np.inf])), [0, 1])


def test_gelu_is_the_same_however_many_numbers_there_are():
    z = np.random.default_rng(0).normal(0, 3, (3, 50_000))  # more than two blocks
    for f in (gelu, gelu_derivative):
        for x in (z, z.astype(np.float32)):
            np.testing.assert_array_equal(f(x), np.stack([f(row) for row in x]))
            np.testing.assert_array_equal(f(x.T), f(x).T)


def test_gelu_and_its_derivative_are_the_same_together():
    z = np.random.default_rng(0).normal(0, 3, (3, 25_000))
    single = z.astype(np.float32)
    np.testing.assert_array_equal(gelu_with_derivative(single), (gelu(single), gelu_derivative(single)))
    for approximate in (True, False):
        out, slope = gelu_with_derivative(z, approximate)
        np.testing.assert_array_equal(out, gelu(z, approximate))
        np.testing.assert_array_equal(slope, gelu_derivative(z, approximate))
    np.testing.assert_array_equal(gelu_with_derivative(z), (out, slope))
    np.testing.assert_allclose(slope, special.ndtr(z) + z * stats.norm.pdf(z), rtol=1e-12, atol=2e-15)
    np.testing.assert_allclose(out, z * special.ndtr(z), rtol=5e-13, atol=1e-300)


def test_the_tanh_form_of_gelu_equals_pytorchs(torch):
    z = torch.tensor(np.concatenate([Z, np.linspace(-9, 9, 901)]), requires_grad=True)
    out = torch.nn.functional.gelu(z, approximate="tanh")
    out.sum().backward()
    z, slopes = z.detach().numpy(), z.grad.numpy()
    np.testing.assert_allclose(gelu(z, approximate=True), out.detach().numpy(), rtol=1e-13, atol=1e-14)
    few = np.abs(z) < 50  # where PyTorch's u′ has not yet become ∞ · 0
    np.testing.assert_allclose(gelu_derivative(z, approximate=True)[few], slopes[few], atol=1e-13)
    together = gelu_with_derivative(z, approximate=True)
    np.testing.assert_allclose(together[0], out.detach().numpy(), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(together[1][few], slopes[few], atol=1e-13)
    assert 4e-4 < np.abs(gelu(z, approximate=True) - gelu(z)).max() < 5e-4
    np.testing.assert_array_equal(gelu(np.array([-np.inf, np.inf, -1e4, 1e300]), True), [0, np.inf, 0, 1e300])
    np.testing.assert_array_equal(gelu_derivative(np.array([-np.inf, np.inf, -1e4, 1e4]), True), [0, 1, 0, 1])


def test_softplus_equals_logaddexp_and_its_slope_expit_at_all_sizes():
    z = np.concatenate([Z, np.linspace(-700, 700, 1401)])
    np.testing.assert_allclose(softplus(z), np.logaddexp(0, z), rtol=1e-14, atol=0)
    np.testing.assert_allclose(softplus_derivative(z), special.expit(z), rtol=1e-14)
    assert softplus(np.array(0.0)) == pytest.approx(math.log(2), rel=1e-15)


def test_silu_tends_to_its_limits_and_has_its_minimum_where_it_should():
    np.testing.assert_array_equal(silu(np.array([-np.inf, -2000.0, 0.0, np.inf])), [0, 0, 0, np.inf])
    np.testing.assert_allclose(silu_derivative(np.array([-np.inf, -2000.0, 0.0, 2000.0, np.inf])), [0, 0, 0.5, 1, 1])
    lowest = optimize.minimize_scalar(lambda z: float(silu(np.array(z))), (-2, -1), tol=1e-12)
    np.testing.assert_allclose([lowest.x, lowest.fun], [-1.278464542761074, -0.27846454276107374], rtol=1e-6)
    z = np.linspace(-600, 600, 1201)
    np.testing.assert_allclose(silu(z), z * special.expit(z), rtol=1e-14)
