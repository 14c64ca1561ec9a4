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
    z = np.linspace(-8, 8, 4001, dtype=np.float32)
    exact = special.ndtr(z.astype(float)) * z
    np.testing.assert_allclose(gelu(z), exact, rtol=3e-6, atol=1e-7)
    np.testing.assert_allclose(gelu_derivative(z), gelu_derivative(z.astype(float)), atol=5e-7)
    assert gelu(z.astype(np.float16)).dtype == np.float16


def test_gelu_by_hand():
    # z Φ(z): Φ(1) = 0.8413…, Φ(−1) = 1 − Φ(1)
    np.testing.assert_allclose(gelu(np.array([-1.0, 0.0, 1.0])), [-0.15865525393145707, 0, 0.8413447460685429])
    assert gelu_derivative(np.array(0.0)) == pytest.approx(0.5, abs=4e-16)
    np.testing.assert_array_equal(gelu(np.array([-np.inf, np.inf])), [0, np.inf])
    np.testing.assert_array_equal(gelu_derivative(np.array([-np.inf, np.inf])), [0, 1])


def test_gelu_is_the_same_however_many_numbers_there_are():
    z = np.random.default_rng(0).normal(0, 3, (3, 25_000))  # more than two blocks
    for f in (gelu, gelu_derivative):
        np.testing.assert_array_equal(f(z), np.stack([f(row) for row in z]))
        np.testing.assert_array_equal(f(z.T), f(z).T)


def test_gelu_and_its_derivative_are_the_same_together():
    z = np.random.default_rng(0).normal(0, 3, (3, 25_000))
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
