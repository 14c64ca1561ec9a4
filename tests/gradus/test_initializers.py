"""Initializers: moments, distributions, bounds and the conventions of PyTorch."""

import math
import re
from functools import partial

import numpy as np
import pytest
from gradus import initializers
from gradus.activations import ACTIVATIONS, gaussian_moments
from gradus.initializers import (
    INIT_CAVEATS,
    INIT_FOR_ACTIVATION,
    compute_fans,
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    naive_normal,
    torch_linear_default,
    variance_scaling,
)
from scipy import stats

SHAPE = (400, 100)  # fan_in 400, fan_out 100, fan_avg 250
# initializer, variance on SHAPE by hand, distribution
SCHEMES = {
    "glorot_normal": (glorot_normal, 1 / 250, "normal"),
    "glorot_uniform": (glorot_uniform, 1 / 250, "uniform"),
    "lecun_normal": (lecun_normal, 1 / 400, "normal"),
    "lecun_uniform": (lecun_uniform, 1 / 400, "uniform"),
    "he_normal": (he_normal, 1 / 200, "normal"),
    "he_uniform": (he_uniform, 1 / 200, "uniform"),
    "he_normal, slope 0.2": (partial(he_normal, negative_slope=0.2), 2 / 1.04 / 400, "normal"),
    "he_uniform, slope 3": (partial(he_uniform, negative_slope=3), 2 / 10 / 400, "uniform"),
    "he_normal, fan_out": (partial(he_normal, mode="fan_out"), 1 / 50, "normal"),
    "he_uniform, fan_avg": (partial(he_uniform, mode="fan_avg"), 2 / 250, "uniform"),
    "torch_linear_default": (torch_linear_default, 1 / 1200, "uniform"),
    "naive_normal": (naive_normal, 1.0, "normal"),
    "naive_normal, std 0.01": (partial(naive_normal, std=0.01), 1e-4, "normal"),
    "truncated": (partial(variance_scaling, scale=2.0, mode="fan_out", dist="truncated"), 1 / 50, "truncated"),
    "truncated, fan_avg": (partial(variance_scaling, mode="fan_avg", dist="truncated"), 1 / 250, "truncated"),
}


def expected_law(dist, std):
    if dist == "normal":
        return stats.norm(0, std)
    if dist == "uniform":
        return stats.uniform(-math.sqrt(3) * std, 2 * math.sqrt(3) * std)
    return stats.truncnorm(-2, 2, scale=std / stats.truncnorm(-2, 2).std())


@pytest.mark.parametrize("name", SCHEMES)
def test_mean_variance_and_distribution(name):
    init, variance, dist = SCHEMES[name]
    W = init(SHAPE, np.random.default_rng(7))
    law = expected_law(dist, math.sqrt(variance))
    assert W.shape == SHAPE
    assert W.dtype == np.float64
    assert abs(W.mean()) < 5 * math.sqrt(variance / W.size)
    # a sample standard deviation has relative spread √((kurtosis − 1) / (4 n)), kurtosis at most the Gaussian's 3
    assert W.std() == pytest.approx(math.sqrt(variance), rel=5 / math.sqrt(2 * W.size))
    assert stats.kstest(W.ravel(), law.cdf).pvalue > 1e-4
    assert law.support()[0] <= W.min() <= W.max() <= law.support()[1]
    if dist == "uniform":
        assert np.abs(W).max() > 0.99 * law.support()[1]


@pytest.mark.parametrize("name", SCHEMES)
def test_the_distribution_test_would_notice_a_wrong_variance(name):
    init, variance, dist = SCHEMES[name]
    W = init(SHAPE, np.random.default_rng(7))
    assert stats.kstest(W.ravel(), expected_law(dist, 1.06 * math.sqrt(variance)).cdf).pvalue < 1e-4


def scale_of(init, shape, dist="normal"):
    """The factor by which init multiplies what the generator draws: exact, where a sample has a spread."""
    rng = np.random.default_rng(3)
    raw = rng.standard_normal(shape) if dist == "normal" else rng.uniform(-1, 1, shape)
    ratio = init(shape, np.random.default_rng(3)) / raw
    return np.median(ratio)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.2, 1.0, 2.5])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
def test_he_has_pytorchs_gain(torch, slope, mode):
    gain = torch.nn.init.calculate_gain("leaky_relu", slope)
    fan = {"fan_in": 60, "fan_out": 20}[mode]
    std = scale_of(partial(he_normal, negative_slope=slope, mode=mode), (60, 20))
    bound = scale_of(partial(he_uniform, negative_slope=slope, mode=mode), (60, 20), "uniform")
    assert std == pytest.approx(gain / math.sqrt(fan), rel=1e-12)
    assert bound == pytest.approx(math.sqrt(3) * gain / math.sqrt(fan), rel=1e-12)


def test_glorots_two_requirements_are_both_missed_by_factors_that_add_to_two():
    for shape in [(100, 400), (30, 7), (64, 64)]:
        variance = scale_of(glorot_normal, shape) ** 2
        forward, backward = shape[0] * variance, shape[1] * variance  # Var z / Var x, Var dx / Var dz
        assert forward + backward == pytest.approx(2, rel=1e-12)


def test_lecun_equals_glorot_on_square_layers_only():
    assert scale_of(lecun_normal, (64, 64)) == pytest.approx(scale_of(glorot_normal, (64, 64)), rel=1e-12)
    assert scale_of(lecun_normal, (64, 32)) != pytest.approx(scale_of(glorot_normal, (64, 32)), rel=0.01)


def test_he_is_lecun_times_the_root_of_two():
    np.testing.assert_allclose(
        he_normal(SHAPE, np.random.default_rng(0)),
        math.sqrt(2) * lecun_normal(SHAPE, np.random.default_rng(0)),
        rtol=1e-12,
    )


def test_torch_linear_default_is_what_pytorch_starts_with(torch):
    torch.manual_seed(0)
    theirs = torch.nn.Linear(*SHAPE).weight.detach().numpy().T
    ours = torch_linear_default(SHAPE, np.random.default_rng(0))
    assert theirs.shape == ours.shape
    assert stats.ks_2samp(theirs.ravel(), ours.ravel()).pvalue > 1e-4
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=1e-3)


@pytest.mark.parametrize(
    ("shape", "fans"),
    [
        ((784, 10), (784, 10)),
        ((3, 3, 16, 32), (144, 288)),
        ((5, 4, 2), (20, 10)),
        ((1, 7, 1), (7, 1)),
        ([7, 3], (7, 3)),
        ((np.int64(7), np.int32(3)), (7, 3)),
    ],
)
def test_fans_by_hand(shape, fans):
    assert compute_fans(shape) == fans
    assert all(type(n) is int for n in compute_fans(shape))


@pytest.mark.parametrize("shape", [(784, 10), (3, 3, 16, 32), (5, 4, 2), (2, 3, 4, 5, 6)])
def test_fans_equal_pytorchs_on_the_transposed_weights(torch, shape):
    *kernel, c_in, c_out = shape
    theirs = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(c_out, c_in, *kernel))
    assert compute_fans(shape) == theirs


def test_convolutions_count_their_receptive_field():
    W = he_normal((3, 3, 16, 32), np.random.default_rng(0))
    assert W.std() == pytest.approx(math.sqrt(2 / 144), rel=5 / math.sqrt(2 * W.size))


def test_truncation_constant_is_scipys():
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == initializers.TRUNCATED_STD


@pytest.mark.parametrize("name", SCHEMES)
def test_weights_depend_on_the_generator_and_on_nothing_else(name):
    init = SCHEMES[name][0]
    first, again, other = (init((20, 30), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", SCHEMES)
def test_float32_weights_are_the_float64_weights_rounded(name):
    init = SCHEMES[name][0]
    single = init((20, 30), np.random.default_rng(1), dtype=np.float32)
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, init((20, 30), np.random.default_rng(1)).astype(np.float32))


def test_constant_is_called_like_any_initializer():
    W = constant((3, 4), np.random.default_rng(0))
    np.testing.assert_array_equal(W, np.zeros((3, 4)))
    W = partial(constant, c=0.05, dtype=np.float32)((2, 3), np.random.default_rng(0))
    np.testing.assert_array_equal(W, np.full((2, 3), np.float32(0.05)))
    assert W.dtype == np.float32


def test_no_spread_gives_zeros():
    np.testing.assert_array_equal(naive_normal((2, 3), np.random.default_rng(0), std=0.0), np.zeros((2, 3)))


def test_every_activation_has_an_initializer_that_keeps_its_second_moment_unless_there_is_a_caveat():
    assert set(INIT_FOR_ACTIVATION) == {*ACTIVATIONS, "softmax", "prelu", "rrelu"}
    assert set(INIT_CAVEATS) <= set(INIT_FOR_ACTIVATION)
    for name, (f, _) in ACTIVATIONS.items():
        gain = 64 * scale_of(INIT_FOR_ACTIVATION[name], (64, 64)) ** 2
        if name not in INIT_CAVEATS and name != "tanh":  # tanh: right for small signals
            assert gain * gaussian_moments(f)[1] == pytest.approx(1, abs=1e-3), name


def test_caveats_say_what_would_keep_the_second_moment():
    kept = {
        name: re.search(r"kept by ([\d.]+) / fan_in, so signals (grow|shrink)", INIT_CAVEATS[name])
        for name in INIT_CAVEATS
    }
    assert [name for name, found in kept.items() if found] == ["elu", "gelu", "silu", "softplus"]
    for name, found in kept.items():
        if found:
            neutral = 1 / gaussian_moments(ACTIVATIONS[name][0])[1]
            assert float(found[1]) == pytest.approx(neutral, abs=0.005)
            assert (found[2] == "grow") == (neutral < 2)  # He gives 2 / fan_in
    slope = math.sqrt((1 / 3**3 - 1 / 8**3) / 3 / (1 / 3 - 1 / 8))  # root mean square of U(1/8, 1/3)
    assert slope == pytest.approx(0.237, abs=5e-4) and slope**2 == pytest.approx(0.0561, abs=5e-5)
    for a in (0.25, slope):
        gain = 60 * scale_of(partial(he_normal, negative_slope=a), (60, 20)) ** 2
        assert gain * gaussian_moments(lambda z, a=a: np.where(z > 0, z, a * z))[1] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shape", [(784, 10), (3, 3, 16, 32), (5, 4, 2), (2, 3, 4, 5, 6)])
def test_fans_equal_keras(keras, shape):
    from keras.src.initializers.random_initializers import compute_fans as theirs

    assert compute_fans(shape) == theirs(shape)


@pytest.mark.parametrize("shape", [(10, 784), (32, 16, 3, 3), (2, 4, 5), (6, 5, 2, 3, 4)])
def test_fans_of_pytorchs_layout_are_pytorchs(torch, shape):
    assert compute_fans(shape, layout="out_in") == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    if len(shape) == 2:
        assert compute_fans(shape, "out_in") == compute_fans(shape)[::-1]


@pytest.mark.parametrize("mode", ["fan_in", "fan_avg", "fan_out"])
@pytest.mark.parametrize("dist", ["normal", "uniform", "truncated"])
def test_variance_scaling_has_the_distribution_of_keras(keras, mode, dist):
    names = {"normal": "untruncated_normal", "uniform": "uniform", "truncated": "truncated_normal"}
    initializer = keras.initializers.VarianceScaling(1.7, mode, names[dist], seed=3)
    theirs = keras.ops.convert_to_numpy(initializer(SHAPE))
    ours = variance_scaling(SHAPE, np.random.default_rng(0), 1.7, mode, dist)
    assert stats.ks_2samp(theirs.ravel(), ours.ravel()).pvalue > 1e-4
    assert ours.std() == pytest.approx(theirs.std(), rel=10 / math.sqrt(2 * ours.size))


NAMED = {
    "glorot_normal": (glorot_normal, "xavier_normal_", {}),
    "glorot_uniform": (glorot_uniform, "xavier_uniform_", {}),
    "he_normal": (he_normal, "kaiming_normal_", {"nonlinearity": "relu"}),
    "he_uniform": (he_uniform, "kaiming_uniform_", {"nonlinearity": "relu"}),
    "he_normal, fan_out": (
        partial(he_normal, mode="fan_out"),
        "kaiming_normal_",
        {"mode": "fan_out", "nonlinearity": "relu"},
    ),
    "he_uniform, slope 0.2": (partial(he_uniform, negative_slope=0.2), "kaiming_uniform_", {"a": 0.2}),
    "lecun_normal": (lecun_normal, "kaiming_normal_", {"nonlinearity": "linear"}),
    "lecun_uniform": (lecun_uniform, "kaiming_uniform_", {"nonlinearity": "linear"}),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_schemes_have_the_distribution_of_pytorchs_transposed(torch, name):
    init, theirs, options = NAMED[name]
    torch.manual_seed(1)
    W = getattr(torch.nn.init, theirs)(torch.empty(*SHAPE[::-1], dtype=torch.float64), **options).numpy().T
    ours = init(SHAPE, np.random.default_rng(0))
    assert stats.ks_2samp(W.ravel(), ours.ravel()).pvalue > 1e-4
    assert ours.std() == pytest.approx(W.std(), rel=10 / math.sqrt(2 * ours.size))


def test_defaults_of_variance_scaling_are_lecuns():
    np.testing.assert_array_equal(
        variance_scaling((30, 10), np.random.default_rng(0)), lecun_normal((30, 10), np.random.default_rng(0))
    )
    assert scale_of(naive_normal, (30, 10)) == pytest.approx(1, rel=1e-12)
    assert not constant((2, 3)).any()


def test_truncated_weights_are_redrawn_and_not_clipped():
    W = variance_scaling((200, 100), np.random.default_rng(0), dist="truncated")
    edge = 2 * math.sqrt(1 / 200) / stats.truncnorm(-2, 2).std()
    assert 0.99 * edge < np.abs(W).max() <= edge
    assert len(np.unique(W)) == W.size  # no heap at the edge


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: compute_fans((3,)), ValueError, r"compute_fans: shape must have at least two axes, .* got \(3,\)"),
        (lambda: compute_fans((3, 0)), ValueError, r"compute_fans: shape must have at least one entry along each axis"),
        (lambda: compute_fans((3, 2.0)), TypeError, "compute_fans: shape must be a tuple of integers"),
        (lambda: compute_fans((3, True)), TypeError, "compute_fans: shape must be a tuple of integers"),
        (lambda: compute_fans(6), TypeError, "compute_fans: shape must be a tuple of integers, got 6"),
        (lambda: compute_fans((3, 2), "out"), ValueError, "compute_fans: layout must be one of in_out, out_in"),
        (
            lambda: variance_scaling((3, 2), RNG, 0.0),
            ValueError,
            r"variance_scaling: scale must be in \(0, inf\), got 0",
        ),
        (lambda: variance_scaling((3, 2), RNG, mode="fan"), ValueError, "variance_scaling: mode must be one of"),
        (lambda: variance_scaling((3, 2), RNG, dist="t"), ValueError, "variance_scaling: dist must be one of"),
        (lambda: variance_scaling((3, 2), 0), TypeError, "variance_scaling: rng must be"),
        (lambda: glorot_normal((3,), RNG), ValueError, "glorot_normal: shape must have at least two axes"),
        (lambda: he_normal((3, 2), RNG, math.inf), ValueError, "he_normal: negative_slope must be in"),
        (lambda: he_uniform((3, 2), RNG, mode="fan"), ValueError, "he_uniform: mode must be one of"),
        (lambda: naive_normal((3, 2), RNG, -1.0), ValueError, r"naive_normal: std must be in \[0, inf\), got -1"),
        (lambda: naive_normal((3, 2), RNG, dtype=int), TypeError, "naive_normal: dtype must be a floating-point dtype"),
        (lambda: naive_normal((-1, 2), RNG), ValueError, "naive_normal: shape must have at least one entry"),
        (lambda: constant((3, 2), RNG, math.nan), ValueError, "constant: c must be in"),
        (
            lambda: torch_linear_default((3,), RNG),
            ValueError,
            "torch_linear_default: shape must have at least two axes",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
