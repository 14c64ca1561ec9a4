"""Moments of activations under a Gaussian input, and the constants of SELU, against SciPy and values by hand."""

import math

import numpy as np
import pytest
from gradus import activations
from gradus.activations import ACTIVATIONS, elu, gaussian_moments, leaky_relu, relu, selu, selu_constants
from scipy import integrate, optimize, stats

HALVES = ((-12, 0), (0, 12))


def test_selu_constants_solve_the_moment_equations():
    def moments(constants):
        alpha, scale = constants
        pdf = stats.norm.pdf
        below = [
            integrate.quad(lambda z, k=k: (scale * alpha * math.expm1(z)) ** k * pdf(z), -12, 0)[0] for k in (1, 2)
        ]
        above = [integrate.quad(lambda z, k=k: (scale * z) ** k * pdf(z), 0, 12)[0] for k in (1, 2)]
        return below[0] + above[0], below[1] + above[1] - 1

    found = optimize.fsolve(moments, (1.5, 1.0), xtol=1e-13)
    np.testing.assert_allclose(selu_constants(), found, rtol=1e-12)
    assert selu_constants() == (activations.SELU_ALPHA, activations.SELU_LAMBDA)


def test_selu_constants_are_those_of_the_paper():
    # Klambauer et al. 2017, to all digits of PyTorch's and Keras' source
    published = [1.6732632423543772848170429916717, 1.0507009873554804934193349852946]
    np.testing.assert_allclose(selu_constants(), published, rtol=1e-12)


def test_fifty_selu_layers_keep_mean_and_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (200, 400))
    for _ in range(50):
        x = selu(x @ rng.normal(0, 400**-0.5, (400, 400)))
        assert abs(x.mean()) < 0.1
        assert abs(x.std() - 1) < 0.1


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gaussian_moments_equal_adaptive_quadrature(name):
    f = ACTIVATIONS[name][0]

    def integral(h):
        halves = [
            integrate.quad(lambda z: float(h(np.array(z)) * stats.norm.pdf(z)), *ab, epsabs=1e-13) for ab in HALVES
        ]
        return sum(value for value, _ in halves)

    mean, square, variance = gaussian_moments(f)
    assert mean == pytest.approx(integral(f), abs=1e-11)
    assert square == pytest.approx(integral(lambda z: f(z) ** 2), abs=1e-11)
    assert variance == pytest.approx(square - mean**2, abs=1e-12)


def test_gaussian_moments_by_hand():
    # half a Gaussian: mean 1/√(2π), second moment 1/2; INIT-17 and ACT-33
    np.testing.assert_allclose(
        gaussian_moments(relu), [1 / math.sqrt(2 * math.pi), 0.5, 0.5 - 1 / (2 * math.pi)], rtol=1e-12
    )
    np.testing.assert_allclose(gaussian_moments(lambda z: z**4), [3, 105, 96], rtol=1e-11)
    np.testing.assert_allclose(gaussian_moments(selu), [0, 1, 1], atol=1e-12)
    assert gaussian_moments(elu)[1] == pytest.approx(0.645, abs=5e-4)
    assert gaussian_moments(lambda z: leaky_relu(z, 0.2))[1] == pytest.approx((1 + 0.2**2) / 2, rel=1e-12)
