"""Diagnostics: signals through fresh networks, held to PyTorch's gradients, to theory and to cases by hand."""

import math
from functools import partial

import numpy as np
import pytest
from gradus import babysitting, diagnostics, gradient_diagnostics
from gradus.activations import ACTIVATIONS, gaussian_moments
from gradus.diagnostics import dead_fraction, per_layer_factor, propagate, saturation_fraction
from gradus.initializers import constant, glorot_normal, he_normal, lecun_normal, naive_normal
from scipy import linalg, stats

SEEDS = range(5)


def orthogonal(shape, rng):
    """Weights that keep the length of every signal."""
    return linalg.qr(rng.standard_normal(shape))[0]


@pytest.mark.parametrize("activation", ["identity", "tanh", "sigmoid", "relu", "selu"])
def test_both_ways_equal_pytorchs_network_and_its_gradients(torch, activation):
    f = {"identity": lambda z: z, "selu": torch.nn.functional.selu}.get(activation) or getattr(torch, activation)
    depth, width, samples = 4, 6, 11
    measured = propagate(activation, glorot_normal, depth, width, np.random.default_rng(9), samples=samples)

    rng = np.random.default_rng(9)  # the same draws: input, weights, gradient
    a = torch.tensor(rng.standard_normal((samples, width)), requires_grad=True)
    inputs, outputs = [], []
    for W in [glorot_normal((width, width), rng) for _ in range(depth)]:
        a.retain_grad()
        inputs.append(a)
        a = f(a @ torch.tensor(W))
        outputs.append(a.detach().numpy())
    a.backward(torch.tensor(rng.standard_normal((samples, width))))
    np.testing.assert_allclose(measured["forward"], [a.std() for a in outputs], rtol=1e-12)
    np.testing.assert_allclose(measured["backward"], [a.grad.numpy().std() for a in inputs], rtol=1e-12)


def test_orthogonal_weights_keep_every_length():
    measured = propagate("identity", orthogonal, 30, 50, np.random.default_rng(0), samples=400)
    for way in ("forward", "backward"):
        # the second moment is kept exactly, the standard deviation but for the mean, about 1/√(samples · width)
        np.testing.assert_allclose(measured[way], measured[way][0], rtol=1e-3)
        assert measured[way][0] == pytest.approx(1, rel=5 / math.sqrt(2 * 400 * 50))


@pytest.mark.parametrize(
    ("activation", "init", "factor"),
    [
        ("tanh", partial(naive_normal, std=0.01), 0.01 * 16),  # in its linear part; INIT-19
        ("relu", lecun_normal, math.sqrt(1 / 2)),  # half the second moment; INIT-22
        ("relu", he_normal, 1.0),  # INIT-14
        ("relu", naive_normal, math.sqrt(256 / 2)),  # PROB-02
        ("selu", lecun_normal, 1.0),  # the fixed point; INIT-13
        ("identity", lecun_normal, 1.0),
    ],
)
def test_size_of_the_signal_changes_by_the_factor_of_theory(activation, init, factor):
    runs = [propagate(activation, init, 20, 256, np.random.default_rng(seed)) for seed in SEEDS]
    for way in ("forward", "backward"):
        if (activation, way) == ("selu", "backward"):
            continue  # the fixed point is one of the forward pass
        factors = [per_layer_factor(run[way]) for run in runs]
        expected = factor if way == "forward" else 1 / factor
        assert np.mean(factors) == pytest.approx(expected, rel=0.05), way


def test_small_weights_extinguish_a_tanh_network():
    for seed in SEEDS:
        forward = propagate("tanh", partial(naive_normal, std=0.01), 20, 256, np.random.default_rng(seed))["forward"]
        assert forward[-1] / forward[0] < 1e-12


def test_large_weights_saturate_a_tanh_network_and_yet_its_gradient_explodes():
    for seed in SEEDS:
        measured = propagate("tanh", naive_normal, 20, 256, np.random.default_rng(seed))
        assert (measured["saturated"] > 0.7).all()
        assert measured["backward"][0] > 1e6


def test_saturation_follows_from_the_law_of_the_first_layer():
    # z ~ N(0, 16²) given the inputs, so P(|tanh z| > .99) and P(σ(z) outside .01…99) are tail probabilities
    for activation, edge in (("tanh", math.atanh(0.99)), ("sigmoid", math.log(99))):
        measured = propagate(activation, naive_normal, 1, 256, np.random.default_rng(0), samples=2000)
        assert measured["saturated"][0] == pytest.approx(2 * stats.norm.sf(edge / 16), abs=0.005)
    a = np.tanh(np.random.default_rng(0).normal(0, 16, 100_000))
    assert (
        stats.binomtest(int(saturation_fraction(a) * a.size), a.size, 2 * stats.norm.sf(math.atanh(0.99) / 16)).pvalue
        > 1e-4
    )
    assert propagate("relu", naive_normal, 3, 20, np.random.default_rng(0))["saturated"].tolist() == [0, 0, 0]


def test_first_layer_has_the_spread_of_the_activation_of_a_gaussian():
    for name, (f, _) in ACTIVATIONS.items():
        forward = propagate(name, lecun_normal, 1, 400, np.random.default_rng(1), samples=1000)["forward"]
        assert forward[0] == pytest.approx(math.sqrt(gaussian_moments(f)[2]), rel=0.01), name


def test_every_layer_gets_weights_of_its_own_from_the_generator_given():
    shapes, drawn = [], []

    def spy(shape, rng):
        shapes.append(shape)
        drawn.append(glorot_normal(shape, rng))
        return drawn[-1]

    propagate("tanh", spy, 5, 8, np.random.default_rng(0))
    assert shapes == [(8, 8)] * 5
    assert not any(np.allclose(drawn[0], W) for W in drawn[1:])


def test_overflow_and_underflow_are_findings():
    with np.errstate(all="raise"):
        huge = propagate("relu", partial(naive_normal, std=1e200), 3, 4, np.random.default_rng(0), samples=5)
        tiny = propagate("tanh", partial(naive_normal, std=1e-60), 5, 4, np.random.default_rng(0), samples=5)
        none = propagate("tanh", constant, 3, 4, np.random.default_rng(0), samples=5)
    assert 1e199 < huge["forward"][0] < 1e202
    assert np.isinf(huge["forward"][1:]).all()
    assert 1e-302 < tiny["forward"][4] < 1e-297  # about (1e-60 · √4)⁵; its square would be 0
    np.testing.assert_array_equal(none["forward"], 0)
    nan = propagate("tanh", lambda shape, rng: np.where(np.eye(4), np.inf, -np.inf), 1, 4, np.random.default_rng(0))
    assert 0 < nan["saturated"][0] < 0.2  # ∞ − ∞ is at neither limit; P(all terms of one sign) = 2 / 2⁴


def test_per_layer_factor_by_hand():
    assert per_layer_factor(np.array([3.0, 6.0, 12.0, 24.0])) == pytest.approx(2, rel=1e-15)
    assert per_layer_factor(np.array([1e200, 1e-200])) == pytest.approx(0, abs=1e-300)
    assert per_layer_factor([2.0, 100.0, 2.0]) == 1


def test_saturation_by_hand():
    a = np.array([[-1.0, -0.995, -0.98], [0.0, 0.98, 0.995]])
    assert saturation_fraction(a) == 3 / 6
    assert saturation_fraction(a, tol=0.03) == 5 / 6
    assert saturation_fraction(np.array([0.0, 0.005, 0.5, 0.995]), bounds=(0, 1)) == 3 / 4
    assert saturation_fraction(np.array([0.0, 0.005, 0.5, 0.995])) == 1 / 4
    assert saturation_fraction(np.array([-1.0, 1.0]), tol=0.0) == 0
    assert saturation_fraction(np.array([-0.5, 0.5, -0.6]), tol=0.5) == 1 / 3  # at that distance is not closer


def test_a_unit_is_dead_only_if_every_sample_leaves_it_silent():
    z = np.array([[-1.0, -1.0, 0.0, 2.0], [-2.0, 1.0, 0.0, 3.0], [-3.0, -5.0, 0.0, 1.0]])
    assert dead_fraction(z) == 2 / 4  # the first and, at exactly 0, the third; the mean of z ≤ 0 would be 8/12


def test_dead_units_get_no_gradient_in_pytorch(torch):
    z = np.random.default_rng(0).standard_normal((6, 200)) - 0.7
    theirs = torch.tensor(z, requires_grad=True)
    torch.relu(theirs).sum().backward()
    assert dead_fraction(z) == (theirs.grad == 0).all(axis=0).double().mean().item()
    assert 0.1 < dead_fraction(z) < 0.3  # P(z ≤ 0)⁶ = 0.758⁶ = 0.19


def test_every_diagnostic_can_be_had_from_one_module():
    for module in (babysitting, gradient_diagnostics):
        for name in module.__all__:
            assert getattr(diagnostics, name) is getattr(module, name)
            assert name in diagnostics.__all__


def test_looking_changes_nothing():
    a = np.array([[0.5, -1.0]])
    for measure in (saturation_fraction, dead_fraction):
        measure(a)
    np.testing.assert_array_equal(a, [[0.5, -1.0]])


INIT, RNG = he_normal, np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: propagate("rleu", INIT, 2, 3, RNG), ValueError, "propagate: activation must be one of elu, "),
        (lambda: propagate("relu", "he", 2, 3, RNG), TypeError, "propagate: init must be a function"),
        (lambda: propagate("relu", INIT, 0, 3, RNG), ValueError, "propagate: depth must be at least 1, got 0"),
        (lambda: propagate("relu", INIT, 2, 0, RNG), ValueError, "propagate: width must be at least 1, got 0"),
        (lambda: propagate("relu", INIT, 2, 3, RNG, samples=0), ValueError, "propagate: samples must be at least 1"),
        (lambda: propagate("relu", INIT, 2, 3, 0), TypeError, "propagate: rng must be"),
        (
            lambda: propagate("relu", lambda shape, rng: np.ones((3, 2)), 2, 3, RNG),
            ValueError,
            r"propagate: init must return weights of the shape asked for, \(3, 3\), got \(3, 2\)",
        ),
        (lambda: per_layer_factor([1.0]), ValueError, "per_layer_factor: values must hold at least two numbers"),
        (lambda: per_layer_factor([1.0, 0.0]), ValueError, "per_layer_factor: values must hold at least two"),
        (lambda: per_layer_factor([1.0, math.inf]), ValueError, "per_layer_factor: values must be finite"),
        (lambda: per_layer_factor(np.ones((2, 2))), ValueError, "per_layer_factor: values must have 1 axes"),
        (lambda: saturation_fraction([0.5], bounds=(1, -1)), ValueError, "bounds must be .* with low < high"),
        (lambda: saturation_fraction([0.5], bounds=(1, 1)), ValueError, "bounds must be .* with low < high"),
        (lambda: saturation_fraction([0.5], tol=1.1), ValueError, r"tol must be in \[0, 1\], got 1.1"),
        (lambda: saturation_fraction([]), ValueError, "saturation_fraction: a must have at least one entry"),
        (lambda: dead_fraction(np.ones((0, 3))), ValueError, "dead_fraction: z must have at least one entry"),
        (lambda: dead_fraction(np.full((2, 2), np.nan)), ValueError, "dead_fraction: z must be finite"),
        (lambda: saturation_fraction([np.nan]), ValueError, "saturation_fraction: a must be finite"),
        (lambda: dead_fraction(np.ones(3)), ValueError, "dead_fraction: z must have 2 axes"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_limits_of_saturation_may_be_touched():
    assert saturation_fraction(np.array([-1.0, 0.0, 1.0]), tol=1.0) == 2 / 3  # a < 0 or a > 0
