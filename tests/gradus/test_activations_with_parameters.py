"""Randomized ReLU, parametric ReLU and maxout against PyTorch, SciPy and cases by hand."""

import numpy as np
import pytest
from gradus.activations import (
    leaky_relu,
    leaky_relu_derivative,
    maxout_backward,
    maxout_forward,
    prelu_backward,
    prelu_forward,
    rrelu,
    rrelu_derivative,
)
from scipy import stats

Z = np.array([[-2.0, -0.5, 0.0], [0.5, 3.0, -1.0]])


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def directional(f, x, direction, h=1e-6):
    """Slope of f at x along a direction, by a central difference."""
    return (f(x + h * direction) - f(x - h * direction)) / (2 * h)


# Randomized ReLU


def test_rrelu_in_evaluation_equals_pytorchs(torch, rng):
    z = rng.normal(0, 2, (5, 7))
    tensor = torch.tensor(z, requires_grad=True)
    expected = torch.nn.functional.rrelu(tensor, training=False)
    expected.sum().backward()
    out, slopes = rrelu(z, None, training=False)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(rrelu_derivative(z, slopes), tensor.grad.numpy(), rtol=1e-14)
    np.testing.assert_array_equal(slopes, 11 / 48)


def test_slopes_of_rrelu_are_uniform_one_for_each_entry(rng):
    z = np.full((100, 1000), -1.0)
    out, slopes = rrelu(z, rng, 0.1, 0.5)
    np.testing.assert_array_equal(out, -slopes)
    assert stats.kstest(slopes.ravel(), stats.uniform(0.1, 0.4).cdf).pvalue > 1e-6
    sd = 0.4 / 12**0.5
    assert abs(slopes.mean() - 0.3) < 5 * sd / 1e5**0.5
    assert len(np.unique(slopes)) == slopes.size


def test_default_slopes_of_rrelu_go_from_an_eighth_to_a_third(rng):
    _, slopes = rrelu(np.full(10_000, -1.0), rng)
    assert 1 / 8 <= slopes.min() < 0.126 and 0.332 < slopes.max() <= 1 / 3


def test_rrelu_by_hand_and_its_slopes_can_be_used_again(rng):
    slopes = np.array([[0.2, 0.3, 0.3], [0.2, 0.2, 0.25]])
    out, used = rrelu(Z, None, slopes=slopes)
    np.testing.assert_allclose(out, [[-0.4, -0.15, 0], [0.5, 3, -0.25]])
    np.testing.assert_array_equal(used, slopes)
    np.testing.assert_array_equal(rrelu_derivative(Z, slopes), [[0.2, 0.3, 0.3], [1, 1, 0.25]])
    drawn, used = rrelu(Z, rng)
    np.testing.assert_array_equal(rrelu(Z, None, slopes=used)[0], drawn)


def test_rrelu_of_one_slope_is_leaky_relu(rng):
    out, slopes = rrelu(Z, rng, 0.2, 0.2)
    np.testing.assert_allclose(out, leaky_relu(Z, 0.2), rtol=1e-15)
    np.testing.assert_allclose(rrelu_derivative(Z, slopes), leaky_relu_derivative(Z, 0.2), rtol=1e-15)


def test_rrelu_in_evaluation_is_deterministic_whatever_it_is_given(rng):
    state = rng.bit_generator.state
    out, slopes = rrelu(Z, rng, 0.0, 1.0, False, np.zeros_like(Z))
    np.testing.assert_array_equal(slopes, 0.5)
    np.testing.assert_allclose(out, leaky_relu(Z, 0.5))
    assert rng.bit_generator.state == state


def test_same_rng_same_slopes_and_another_draw_others():
    first, second = np.random.default_rng(1), np.random.default_rng(1)
    np.testing.assert_array_equal(rrelu(Z, first)[1], rrelu(Z, second)[1])
    assert (rrelu(Z, first)[1] != rrelu(Z, np.random.default_rng(1))[1]).all()


@pytest.mark.parametrize("training", [True, False])
def test_rrelu_in_float32_returns_slopes_that_it_takes_again(training):
    z = np.full(1000, -1, np.float32)
    out, slopes = rrelu(z, np.random.default_rng(0), 0.1, 0.1 + 1e-8, training)
    assert out.dtype == slopes.dtype == np.float32
    np.testing.assert_array_equal(rrelu(z, None, 0.1, 0.1 + 1e-8, slopes=slopes)[0], out)


# Parametric ReLU


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_prelu_and_its_gradients_equal_pytorchs(torch, rng, shape):
    z, a, dout = rng.normal(0, 2, (6, 3)), rng.uniform(-0.5, 1.5, shape), rng.standard_normal((6, 3))
    tz, ta = torch.tensor(z, requires_grad=True), torch.tensor(a, requires_grad=True)
    expected = torch.nn.functional.prelu(tz, ta)
    expected.backward(torch.tensor(dout))
    out, cache = prelu_forward(z, a)
    dz, da = prelu_backward(dout, cache)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(dz, tz.grad.numpy(), rtol=1e-14)
    np.testing.assert_allclose(da, ta.grad.numpy(), rtol=1e-12)
    assert da.shape == shape


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (1, 3), (4, 2, 3), (1, 1, 1)])
def test_gradients_of_prelu_equal_difference_quotients(rng, shape):
    z, a, dout = rng.normal(0, 2, (4, 2, 3)), rng.uniform(0.1, 2, shape), rng.standard_normal((4, 2, 3))
    dz, da = prelu_backward(dout, prelu_forward(z, a)[1])
    u, v = rng.standard_normal(z.shape), rng.standard_normal(shape)
    assert np.sum(dz * u) == pytest.approx(directional(lambda x: np.sum(dout * prelu_forward(x, a)[0]), z, u), rel=1e-7)
    assert np.sum(da * v) == pytest.approx(directional(lambda x: np.sum(dout * prelu_forward(z, x)[0]), a, v), rel=1e-7)


def test_prelu_by_hand():
    out, cache = prelu_forward(Z, np.array([2.0, 0.5, 0.1]))
    np.testing.assert_allclose(out, [[-4, -0.25, 0], [0.5, 3, -0.1]])
    dz, da = prelu_backward(np.ones((2, 3)), cache)
    np.testing.assert_allclose(dz, [[2, 0.5, 0.1], [1, 1, 0.1]])
    np.testing.assert_allclose(da, [-2, -0.5, -1])  # Σ min(z, 0), column by column


def test_a_slope_above_one_is_a_slope_as_well():
    np.testing.assert_allclose(prelu_forward(np.array([-1.0, 1.0]), 3.0)[0], [-3, 1])  # max(a z, z) would give −1


def test_prelu_of_float32_stays_float32_with_any_slope():
    out, cache = prelu_forward(Z.astype(np.float32), np.float64(0.25))
    dz, da = prelu_backward(np.ones((2, 3), np.float32), cache)
    assert {x.dtype for x in (out, dz, da)} == {np.dtype(np.float32)}


# Maxout


def network(rng, N=6, D=4, k=3, H=5):
    return rng.standard_normal((N, D)), rng.standard_normal((D, k, H)), rng.standard_normal((k, H))


def test_maxout_and_its_gradients_equal_pytorchs(torch, rng):
    X, W, b = network(rng)
    dout = rng.standard_normal((6, 5))
    tX, tW, tb = (torch.tensor(a, requires_grad=True) for a in (X, W, b))
    expected = (torch.einsum("nd,dkh->nkh", tX, tW) + tb).max(dim=1).values
    expected.backward(torch.tensor(dout))
    out, cache = maxout_forward(X, W, b)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12)
    for ours, theirs in zip(maxout_backward(dout, cache), (tX, tW, tb), strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("wrt", [0, 1, 2])
def test_gradients_of_maxout_equal_difference_quotients(rng, wrt):
    arguments = network(rng)
    dout = rng.standard_normal((6, 5))
    grad = maxout_backward(dout, maxout_forward(*arguments)[1])[wrt]
    u = rng.standard_normal(arguments[wrt].shape)

    def loss(x):
        return np.sum(dout * maxout_forward(*arguments[:wrt], x, *arguments[wrt + 1 :])[0])

    assert np.sum(grad * u) == pytest.approx(directional(loss, arguments[wrt], u), rel=1e-7)


def test_maxout_is_relu_leaky_relu_or_the_absolute_value(rng):
    X, W, b = network(rng, k=2)
    b[:] = 0
    z = X @ W[:, 1]
    for factor, expected in ((0, np.maximum(z, 0)), (0.2, np.where(z > 0, z, 0.2 * z)), (-1, np.abs(z))):
        W[:, 0] = factor * W[:, 1]
        np.testing.assert_allclose(maxout_forward(X, W, b)[0], expected, rtol=1e-12)


def test_of_equal_pieces_the_first_gets_the_gradient():
    X, W, b = np.array([[1.0, 2.0]]), np.ones((2, 3, 1)), np.array([[0.0], [1.0], [1.0]])
    out, cache = maxout_forward(X, W, b)
    dX, dW, db = maxout_backward(np.array([[5.0]]), cache)
    np.testing.assert_array_equal(out, [[4.0]])
    np.testing.assert_array_equal(db, [[0], [5], [0]])
    np.testing.assert_array_equal(dW[:, :, 0], [[0, 5, 0], [0, 10, 0]])
    np.testing.assert_array_equal(dX, [[5, 5]])


def test_every_sample_gets_a_gradient(rng):
    X, W, b = network(rng)
    dX, _, _ = maxout_backward(np.ones((6, 5)), maxout_forward(X - 1e4, W, b)[1])
    assert (np.linalg.norm(dX, axis=1) > 0).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rrelu(Z, None), TypeError, "rrelu: rng must be a numpy.random.Generator"),
        (lambda: rrelu(Z, 0, training=False), TypeError, "rrelu: rng must be"),
        (lambda: rrelu(Z, None, 0.5, 0.4, False), ValueError, r"rrelu: upper must be in \[0.5, inf\), got 0.4"),
        (lambda: rrelu(Z, None, -np.inf, 0.4, False), ValueError, "rrelu: lower must be in"),
        (lambda: rrelu(Z, None, training=1), TypeError, "rrelu: training must be True or False"),
        (lambda: rrelu(Z, None, slopes=np.full(3, 0.2)), ValueError, "rrelu: slopes must have the shape of z"),
        (lambda: rrelu(Z, None, slopes=Z * 0 + 0.4), ValueError, r"rrelu: slopes must be in \[0.125, 0.333333\], got"),
        (lambda: rrelu(Z, None, slopes=Z * 0 + 0.1), ValueError, "rrelu: slopes must be in"),
        (lambda: rrelu(Z, None, slopes=Z * np.nan), ValueError, "rrelu: slopes must be in"),
        (lambda: rrelu_derivative(Z, np.ones(3)), ValueError, "rrelu_derivative: slopes must have the shape of z"),
        (lambda: rrelu_derivative(Z, np.full((2, 3), np.inf)), ValueError, "rrelu_derivative: slopes must be finite"),
        (
            lambda: prelu_forward(Z, np.ones(2)),
            ValueError,
            r"prelu_forward: a must broadcast .* \(2, 3\), got shape \(2,\)",
        ),
        (lambda: prelu_forward(Z, np.ones((5, 2, 3))), ValueError, "prelu_forward: a must broadcast"),
        (lambda: prelu_forward(Z, np.inf), ValueError, "prelu_forward: a must be finite"),
        (lambda: prelu_backward(Z, (Z, 1)), TypeError, "prelu_backward: cache must be the cache"),
        (lambda: prelu_backward(Z[0], prelu_forward(Z, 1)[1]), ValueError, "prelu_backward: dout must have the shape"),
        (lambda: maxout_forward(Z, np.ones((3, 0, 2)), np.ones((0, 2))), ValueError, "maxout_forward: W must hold"),
        (
            lambda: maxout_forward(Z, np.ones((2, 2, 2)), np.ones((2, 2))),
            ValueError,
            "maxout_forward: X must have shape",
        ),
        (
            lambda: maxout_forward(Z, np.ones((3, 2, 4)), np.ones((4, 2))),
            ValueError,
            "maxout_forward: b must have shape",
        ),
        (
            lambda: maxout_forward(Z[0], np.ones((3, 2, 4)), np.ones((2, 4))),
            ValueError,
            "maxout_forward: X must have 2",
        ),
        (lambda: maxout_backward(Z, None), TypeError, "maxout_backward: cache must be the cache"),
        (
            lambda: maxout_backward(Z, maxout_forward(Z, np.ones((3, 2, 4)), np.ones((2, 4)))[1]),
            ValueError,
            "maxout_backward: dout must have the shape",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
