"""Layer normalization against PyTorch, Keras, SciPy and difference quotients; as a layer, too."""

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus.layer_normalization import layernorm_backward, layernorm_forward
from gradus.layers import LayerNorm
from scipy import stats


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    return rng.normal(2, 3, (4, 3, 6)), rng.normal(1, 0.5, 6), rng.normal(0, 1, 6)


def test_output_and_gradients_equal_pytorch(torch, case):
    dout = np.random.default_rng(6).standard_normal((4, 3, 6))
    tensors = [torch.tensor(a, requires_grad=True) for a in case]
    expected = torch.nn.functional.layer_norm(tensors[0], (6,), tensors[1], tensors[2], eps=0.01)
    expected.backward(torch.tensor(dout))
    out, cache = layernorm_forward(*case, eps=0.01)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    for ours, theirs in zip(layernorm_backward(dout, cache), tensors, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-13)


def test_output_equals_keras(keras, case):
    layer = keras.layers.LayerNormalization(epsilon=1e-5, dtype="float64")
    layer.build((None, 3, 6))
    layer.set_weights(list(case[1:]))
    expected = layer(keras.ops.convert_to_tensor(case[0])).detach().numpy()
    # Keras computes this layer in float32, whatever its dtype
    np.testing.assert_allclose(layernorm_forward(*case)[0], expected, rtol=2e-6, atol=1e-6)


def test_output_is_the_z_score_of_each_row(case):
    X, gamma, beta = case
    out, _ = layernorm_forward(X, gamma, beta, eps=1e-300)
    np.testing.assert_allclose(out, gamma * stats.zscore(X, axis=-1) + beta, rtol=1e-12)


def test_a_sample_does_not_depend_on_the_others_and_its_gradient_adds_to_zero(case):
    out, cache = layernorm_forward(*case)
    np.testing.assert_allclose(layernorm_forward(case[0][2, 1], *case[1:])[0], out[2, 1], rtol=1e-13)
    dX, dgamma, dbeta = layernorm_backward(np.random.default_rng(1).standard_normal(out.shape), cache)
    np.testing.assert_allclose(dX.sum(axis=-1), 0, atol=1e-13)
    assert dgamma.shape == dbeta.shape == (6,)


def test_two_features_by_hand():
    # mean 1, variance 1, so x̂ = ∓1/√(1 + 3)
    out, _ = layernorm_forward(np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([10.0, 20.0]), eps=3.0)
    np.testing.assert_allclose(out, [9, 22])


@pytest.mark.parametrize("wrt", [0, 1, 2], ids=["X", "gamma", "beta"])
def test_gradients_equal_difference_quotients(case, wrt):
    rng = np.random.default_rng(8)
    dout, direction, h = rng.standard_normal((4, 3, 6)), rng.standard_normal(case[wrt].shape), 1e-5
    gradient = layernorm_backward(dout, layernorm_forward(*case, eps=0.01)[1])[wrt]

    def loss(step):
        moved = [a + step * direction if i == wrt else a for i, a in enumerate(case)]
        return np.sum(dout * layernorm_forward(*moved, eps=0.01)[0])

    assert np.sum(gradient * direction) == pytest.approx((loss(h) - loss(-h)) / (2 * h), rel=1e-8)


def test_gradients_of_two_features_by_hand():
    # x̂ = (z, −z)/√(z² + ε) with z = (x₁ − x₂)/2 = −1, so dx̂₁/dx₁ = ½ ε/(z² + ε)^1.5 = 3/16
    _, cache = layernorm_forward(np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([10.0, 20.0]), eps=3.0)
    dX, dgamma, dbeta = layernorm_backward(np.array([5.0, 7.0]), cache)
    np.testing.assert_allclose(dX, [(5 * 2 - 7 * 4) * 3 / 16, (7 * 4 - 5 * 2) * 3 / 16], rtol=1e-14)
    np.testing.assert_allclose(dgamma, [-5 / 2, 7 / 2], rtol=1e-14)
    np.testing.assert_array_equal(dbeta, [5, 7])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_layer_is_the_formula_and_its_gradients_agree_with_differences(case, dtype):
    layer = LayerNorm(6, eps=1e-3, dtype=dtype)
    X = case[0].astype(dtype)
    np.testing.assert_array_equal(layer(X).data, layernorm_forward(X, np.ones(6, dtype), np.zeros(6, dtype), 1e-3)[0])
    assert layer(X).dtype == dtype
    assert list(layer.named_params()) == ["gamma", "beta"]
    if dtype == np.float64:
        gradcheck(lambda x, *_: layer(x), Variable(X), *layer.params(), rng=np.random.default_rng(0))
    assert LayerNorm(6).eps == 1e-5


def test_the_layer_equals_pytorchs_module(torch, case):
    X, gamma, beta = case
    layer, module = LayerNorm(6, eps=0.01), torch.nn.LayerNorm(6, eps=0.01, dtype=torch.float64)
    layer.gamma.data[:], layer.beta.data[:] = gamma, beta
    module.load_state_dict({"weight": torch.tensor(gamma), "bias": torch.tensor(beta)})
    expected = module(torch.tensor(X))
    (expected**2).sum().backward()
    out = layer(X)
    (out**2).sum().backward()
    np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(layer.gamma.grad, module.weight.grad.numpy(), rtol=1e-11)
    np.testing.assert_allclose(layer.beta.grad, module.bias.grad.numpy(), rtol=1e-11)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: layernorm_forward(1.0, 1.0, 1.0), ValueError, "layernorm_forward: X must have at least one feature"),
        (lambda: layernorm_forward(np.ones((2, 0)), [], []), ValueError, "X must have at least one feature"),
        (
            lambda: layernorm_forward(np.ones((2, 3)), np.ones(2), np.ones(3)),
            ValueError,
            r"gamma must have shape \(3,\)",
        ),
        (
            lambda: layernorm_forward(np.ones((2, 3)), np.ones(3), np.ones(2)),
            ValueError,
            r"beta must have shape \(3,\)",
        ),
        (lambda: layernorm_forward(np.ones((2, 3)), np.ones(3), np.ones(3), 0), ValueError, "eps must be in"),
        (lambda: layernorm_backward(np.ones(3), None), TypeError, "layernorm_backward: cache must be the cache"),
        (
            lambda: layernorm_backward(np.ones(3), layernorm_forward(np.ones((2, 3)), np.ones(3), np.ones(3))[1]),
            ValueError,
            "layernorm_backward: dout must have the shape of out",
        ),
        (lambda: LayerNorm(0), ValueError, "LayerNorm: D must be at least 1"),
        (lambda: LayerNorm(3, eps=0.0), ValueError, "LayerNorm: eps must be in"),
        (lambda: LayerNorm(3, dtype=int), TypeError, "LayerNorm: dtype must be"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
