"""Activations against PyTorch, SciPy, hand-computed values and integrals."""

import math

import numpy as np
import pytest
from gradus.activations import (
    ACTIVATIONS,
    elu,
    elu_derivative,
    gaussian_moments,
    gelu,
    gelu_derivative,
    identity,
    identity_derivative,
    leaky_relu,
    leaky_relu_derivative,
    log_softmax,
    log_softmax_backward,
    relu,
    relu_derivative,
    selu,
    selu_derivative,
    sigmoid,
    sigmoid_derivative,
    softmax,
    softmax_backward,
    tanh,
    tanh_derivative,
)
from scipy import special, stats

Z = np.array([-1e4, -1000.0, -40.0, -3.0, -0.7, -1e-3, -1e-12, 0.0, 1e-12, 1e-3, 0.5, 2.0, 37.0, 1000.0, 1e4])
HALVES = ((-12, 0), (0, 12))
ELEMENTWISE = [f for pair in ACTIVATIONS.values() for f in pair]
EVERY = [*ELEMENTWISE, softmax, log_softmax]


def torch_function(torch, name):
    F = torch.nn.functional
    return {
        "identity": lambda z: z * 1.0,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "silu": F.silu,
        "softplus": lambda z: F.softplus(z, threshold=100),  # 20 by default, from where PyTorch returns z
    }[name]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_equal_pytorch(torch, name):
    expected = torch_function(torch, name)(torch.tensor(Z, dtype=torch.float64)).numpy()
    small = 1e-14 if name == "gelu" else 1e-300  # PyTorch's 1 + erf(z/√2) loses the small ones
    np.testing.assert_allclose(ACTIVATIONS[name][0](Z), expected, rtol=1e-14, atol=small)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_equal_pytorch_also_at_the_kink(torch, name):
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    torch_function(torch, name)(z).sum().backward()
    np.testing.assert_allclose(ACTIVATIONS[name][1](Z), z.grad.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_equal_difference_quotients(name):
    f, f_derivative = ACTIVATIONS[name]
    z = np.array([-4.0, -1.3, -0.2, 0.3, 1.1, 3.7])
    h = 1e-6
    np.testing.assert_allclose(f_derivative(z), (f(z + h) - f(z - h)) / (2 * h), rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("alpha", [-0.5, 0.0, 0.3, 1.0, 2.0])
def test_every_slope_works_not_only_those_up_to_one(alpha):
    z = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    np.testing.assert_array_equal(leaky_relu(z, alpha), [-2 * alpha, -alpha, 0, 1, 2])
    np.testing.assert_array_equal(leaky_relu_derivative(z, alpha), [alpha, alpha, alpha, 1, 1])
    low = [alpha * math.expm1(-2), alpha * math.expm1(-1)]
    np.testing.assert_allclose(elu(z, alpha), [*low, 0, 1, 2], rtol=1e-15)
    np.testing.assert_allclose(
        elu_derivative(z, alpha), [alpha * math.exp(-2), alpha * math.exp(-1), alpha, 1, 1], rtol=1e-15
    )


def test_default_slopes_are_a_hundredth_and_one():
    z = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(leaky_relu(z), [-0.01, 2])
    np.testing.assert_array_equal(leaky_relu_derivative(z), [0.01, 1])
    np.testing.assert_allclose(elu(z), [1 / math.e - 1, 2], rtol=1e-15)
    np.testing.assert_allclose(elu_derivative(z), [1 / math.e, 1], rtol=1e-15)


def test_derivatives_by_hand():
    z = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(identity(z), z)
    np.testing.assert_array_equal(identity_derivative(z), [1, 1, 1])
    np.testing.assert_array_equal(relu(z), [0, 0, 1])
    np.testing.assert_array_equal(relu_derivative(z), [0, 0, 1])
    np.testing.assert_allclose(tanh_derivative(z), [1 / math.cosh(1) ** 2, 1, 1 / math.cosh(1) ** 2], rtol=1e-14)
    np.testing.assert_allclose(
        selu_derivative(z), [1.7580993408473766 / math.e, 1.7580993408473766, 1.0507009873554805]
    )


def test_values_equal_keras(keras):
    theirs = {"leaky_relu": lambda z: keras.activations.leaky_relu(z, 0.01)}
    tensor = keras.ops.convert_to_tensor(Z)
    for name, (f, _) in ACTIVATIONS.items():
        if name != "identity":
            expected = theirs.get(name, getattr(keras.activations, name))(tensor)
            expected = expected.detach().numpy()
            if name == "softplus":
                expected = np.where(Z > 20, np.logaddexp(0, Z), expected)
            np.testing.assert_allclose(f(Z), expected, rtol=1e-12, atol=1e-14, err_msg=name)


def test_sigmoid_equals_scipys_down_to_the_last_digit():
    z = np.linspace(-700, 700, 2801)
    np.testing.assert_allclose(sigmoid(z), special.expit(z), rtol=1e-14)


def test_sigmoid_by_hand():
    assert sigmoid(np.array(0.0)) == 0.5
    np.testing.assert_allclose(sigmoid(np.array([math.log(3), -math.log(3)])), [0.75, 0.25], rtol=1e-15)
    assert sigmoid(np.array(36.0)) < 1 == sigmoid(np.array(37.0))


def test_sigmoid_is_point_symmetric_and_tanh_is_a_scaled_sigmoid():
    np.testing.assert_allclose(sigmoid(-Z), 1 - sigmoid(Z), atol=1e-16)
    np.testing.assert_allclose(tanh(Z), 2 * sigmoid(2 * Z) - 1, atol=3e-16)


def test_slope_of_the_sigmoid_is_at_most_a_quarter_and_keeps_its_digits_in_the_tail():
    assert sigmoid_derivative(np.array(0.0)) == 0.25
    assert sigmoid_derivative(Z).max() <= 0.25 * (1 + 1e-15)
    # logistic density; σ(1 − σ) computed as written would give 0 at z = 40
    np.testing.assert_allclose(
        sigmoid_derivative(np.array([40.0, -40.0])), stats.logistic.pdf([40.0, -40.0]), rtol=1e-14
    )


def test_elu_keeps_its_digits_near_zero():
    z = np.array([-1e-12])
    np.testing.assert_allclose(elu(z), z + z**2 / 2, rtol=1e-15)


def test_elu_and_selu_tend_to_their_limits():
    np.testing.assert_allclose(elu(np.array([-1e4]), alpha=0.5), [-0.5])
    np.testing.assert_allclose(selu(np.array([-1e4])), [-1.7580993408473766], rtol=1e-15)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax_equals_scipys_along_each_axis(axis):
    z = np.random.default_rng(0).normal(0, 5, (4, 3, 5))
    np.testing.assert_allclose(softmax(z, axis), special.softmax(z, axis), rtol=1e-13)
    np.testing.assert_allclose(log_softmax(z, axis), special.log_softmax(z, axis), rtol=1e-13)
    np.testing.assert_allclose(softmax(z, axis).sum(axis), 1, rtol=1e-14)


def test_softmax_survives_large_and_masked_logits():
    p = softmax(np.array([[1000.0, 1000.0, 0.0], [-np.inf, 0.0, 0.0]]))
    np.testing.assert_allclose(p, [[0.5, 0.5, 0], [0, 0.5, 0.5]])
    np.testing.assert_allclose(log_softmax(np.array([0.0, -2000.0])), [0, -2000])


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_gradients_of_softmax_equal_pytorchs(torch, axis):
    z, dout = np.random.default_rng(0).normal(0, 3, (2, 4, 3, 5))
    for f, f_backward, theirs in (
        (softmax, softmax_backward, torch.softmax),
        (log_softmax, log_softmax_backward, torch.log_softmax),
    ):
        tensor = torch.tensor(z, requires_grad=True)
        theirs(tensor, axis).backward(torch.tensor(dout))
        np.testing.assert_allclose(f_backward(dout, f(z, axis), axis), tensor.grad.numpy(), rtol=1e-11, atol=1e-14)


def test_gradients_of_softmax_by_hand():
    p = np.array([[0.5, 0.25, 0.25]])
    jacobian = np.diag(p[0]) - np.outer(p, p)
    for i, dout in enumerate(np.eye(3)):
        np.testing.assert_allclose(softmax_backward(dout[None], p)[0], jacobian[i], rtol=1e-15)
        np.testing.assert_allclose(log_softmax_backward(dout[None], np.log(p))[0], dout - p[0], rtol=1e-15)
    np.testing.assert_array_equal(softmax_backward(np.ones((2, 1)), np.array([[1.0], [0.0]]), axis=0), 0)


def test_leaky_relu_without_a_slope_is_relu_also_at_infinity():
    z = np.array([-np.inf, -2.0, 0.0, 3.0, np.inf])
    np.testing.assert_array_equal(leaky_relu(z, 0.0), [0, 0, 0, 3, np.inf])
    np.testing.assert_array_equal(leaky_relu(z, -0.0), [0, 0, 0, 3, np.inf])
    assert np.isnan(leaky_relu(np.array([np.nan]), 0.0)).all()


def test_derivatives_that_ask_for_the_sign_count_nan_as_negative():
    assert relu_derivative(np.array([np.nan])) == 0 and leaky_relu_derivative(np.array([np.nan]), 0.3) == 0.3


@pytest.mark.parametrize("f", EVERY)
def test_dtype_and_shape_are_kept_and_nothing_is_mutated(f):
    for dtype in (np.float32, np.float64):
        z = np.linspace(-3, 3, 12, dtype=dtype).reshape(3, 4)
        before = z.copy()
        out = f(z)
        assert out.dtype == dtype
        assert out.shape == (3, 4)
        assert not np.shares_memory(out, z)
        np.testing.assert_array_equal(z, before)


@pytest.mark.parametrize("f", EVERY)
def test_float32_agrees_with_float64(f):
    z = np.linspace(-6, 6, 101)
    np.testing.assert_allclose(f(z.astype(np.float32)), f(z), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("f", EVERY)
def test_integers_are_computed_in_float64(f):
    out = f(np.array([-2, -1, 1, 3]))
    assert out.dtype == np.float64
    np.testing.assert_array_equal(out, f(np.array([-2.0, -1.0, 1.0, 3.0])))


@pytest.mark.parametrize("f", EVERY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_raise_no_floating_point_event(f, dtype):
    z = np.array([-1e4, -1000, -1, 0, 1, 1000, 1e4], dtype=dtype)
    with np.errstate(all="raise"):
        assert np.isfinite(f(z)).all()


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_single_numbers_and_empty_arrays_are_arrays_too(f):
    np.testing.assert_array_equal(np.asarray(f(np.float64(-0.7))), f(np.array([-0.7]))[0])
    assert f(np.zeros((0, 3))).shape == (0, 3)


def test_bad_input_is_named():
    cases = [
        (lambda: relu("text"), TypeError, "relu: z must be an array of real numbers"),
        (lambda: gelu(np.ones(2), approximate="tanh"), TypeError, "gelu: approximate must be True or False"),
        (lambda: gelu_derivative(np.ones(2), 1), TypeError, "gelu_derivative: approximate must be True or False"),
        (lambda: leaky_relu(Z, np.nan), ValueError, r"leaky_relu: alpha must be in \(-inf, inf\), got nan"),
        (lambda: leaky_relu_derivative(Z, -np.inf), ValueError, "leaky_relu_derivative: alpha must be"),
        (lambda: elu(Z, np.inf), ValueError, "elu: alpha must be"),
        (lambda: elu_derivative(Z, "1"), TypeError, "elu_derivative: alpha must be a number"),
        (lambda: softmax(np.array(1.0)), ValueError, "softmax: z must have at least one axis"),
        (lambda: softmax(np.ones((2, 3)), 2), ValueError, "softmax: axis must be less than the 2 axes"),
        (lambda: softmax(np.ones((2, 3)), -3), ValueError, "softmax: axis must be at least -2"),
        (
            lambda: softmax_backward(np.ones(2), np.ones(3)),
            ValueError,
            "softmax_backward: dout must have the shape of p",
        ),
        (lambda: log_softmax_backward(1.0, 1.0), ValueError, "log_softmax_backward: log_p must have at least one axis"),
        (
            lambda: softmax_backward(np.ones(2), np.ones(2), 1),
            ValueError,
            "axis must be less than the 1 axes of p, got",
        ),
        (lambda: log_softmax(np.ones((2, 0))), ValueError, "log_softmax: z must have at least one entry along axis -1"),
        (lambda: gaussian_moments(3), TypeError, "gaussian_moments: f must be a function"),
        (
            lambda: gaussian_moments(np.sum),
            ValueError,
            r"gaussian_moments: f must return an array of the shape .*\(240,\)",
        ),
    ]
    for call, error, message in cases:
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("f", ELEMENTWISE)
def test_nan_is_not_hidden_by_activations(f):
    if not f.__name__.endswith("derivative"):
        assert np.isnan(f(np.array([np.nan, 1.0]))[0])
