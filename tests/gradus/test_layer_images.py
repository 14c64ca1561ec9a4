"""Convolution, pooling and flattening as layers: against PyTorch's modules, and a small network against differences."""

import numpy as np
import pytest
from gradus import Variable, gradcheck
from gradus import functions as F
from gradus.initializers import constant
from gradus.layers import Activation, AvgPool2d, BatchNorm, Conv2d, Flatten, Linear, MaxPool2d, Sequential


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def as_torch(torch, layer):
    """PyTorch's module with the weights of a Conv2d layer."""
    kh, kw, C_in, C_out = layer.W.shape
    twin = torch.nn.Conv2d(C_in, C_out, (kh, kw), layer.stride, layer.padding, bias=layer.b is not None)
    twin = twin.double()
    twin.weight.data = torch.tensor(layer.W.data.transpose(3, 2, 0, 1).copy())
    if layer.b is not None:
        twin.bias.data = torch.tensor(layer.b.data)
    return twin


@pytest.mark.parametrize(
    "hyper", [{}, {"stride": 2}, {"padding": 1, "bias": False}, {"stride": (1, 2), "padding": (0, 2)}]
)
def test_convolution_equals_pytorchs_module(torch, rng, hyper):
    layer, x = Conv2d(2, 4, (3, 2), rng=rng, **hyper), rng.standard_normal((3, 2, 7, 6))
    if layer.b is not None:
        layer.b.data[:] = rng.standard_normal(4)
    tx = torch.tensor(x, requires_grad=True)
    expected = as_torch(torch, layer)(tx)
    expected.sum().backward()
    vx = Variable(x)
    y = layer(vx)
    y.backward()
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(vx.grad, tx.grad.numpy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("layer", "name"), [(MaxPool2d, "MaxPool2d"), (AvgPool2d, "AvgPool2d")])
@pytest.mark.parametrize("hyper", [(2,), ((3, 2), 1), (3, (2, 1), 1)])
def test_pooling_equals_pytorchs_module(torch, rng, layer, name, hyper):
    x = rng.standard_normal((2, 3, 7, 6))
    expected = getattr(torch.nn, name)(*hyper)(torch.tensor(x)).numpy()
    np.testing.assert_allclose(layer(*hyper)(x).data, expected, rtol=1e-12)


def test_windows_are_two_by_two_and_kernels_three_by_three_by_default(rng):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(MaxPool2d()(x).data[0, 0], [[5, 7], [13, 15]])
    np.testing.assert_array_equal(AvgPool2d()(x).data[0, 0], [[2.5, 4.5], [10.5, 12.5]])
    layer = Conv2d(1, 1, rng=rng, init=constant)
    assert layer.W.shape == (3, 3, 1, 1) and layer.stride == (1, 1) and layer.padding == (0, 0)
    assert layer.b.shape == (1,) and Conv2d(1, 2, rng=rng, bias=False).b is None


def test_flattening_puts_each_image_into_a_row(rng):
    x = rng.standard_normal((3, 2, 4, 5))
    np.testing.assert_array_equal(Flatten()(x).data, x.reshape(3, 40))


def test_first_kernels_have_hes_variance_two_over_the_receptive_field(rng):
    W = Conv2d(16, 64, 5, rng=rng).W.data
    assert abs(W.std() / (2 / (5 * 5 * 16)) ** 0.5 - 1) < 5 / (2 * W.size) ** 0.5


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_of_a_small_network_agree_with_differences_and_keep_their_dtype(rng, dtype):
    net = Sequential(
        Conv2d(1, 3, padding=1, rng=rng, dtype=dtype),
        BatchNorm(3, dtype=dtype),
        Activation("tanh"),
        AvgPool2d(),
        Conv2d(3, 2, 2, rng=rng, dtype=dtype),
        MaxPool2d(2),
        Flatten(),
        Linear(2, 3, rng=rng, dtype=dtype),
    )
    x, y = rng.standard_normal((4, 1, 6, 6)).astype(dtype), np.array([0, 1, 2, 1])
    F.softmax_cross_entropy(net(x), y).backward()
    assert {p.grad.dtype for p in net.params()} == {np.dtype(dtype)}
    assert len(net.grad_norms()) == 3
    if dtype == np.float64:
        gradcheck(lambda *_: F.softmax_cross_entropy(net(x), y), *net.params(), rng=rng)


R = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Conv2d(0, 1, rng=R), ValueError, "Conv2d: C_in must be at least 1"),
        (lambda: Conv2d(1, 0, rng=R), ValueError, "Conv2d: C_out must be at least 1"),
        (lambda: Conv2d(1, 1, 0, rng=R), ValueError, "Conv2d: size must be at least 1"),
        (lambda: Conv2d(1, 1, (1, 2, 3), rng=R), TypeError, "Conv2d: size must be an integer or a pair"),
        (lambda: Conv2d(1, 1, stride=0, rng=R), ValueError, "Conv2d: stride must be at least 1"),
        (lambda: Conv2d(1, 1, padding=-1, rng=R), ValueError, "Conv2d: padding must be at least 0"),
        (lambda: Conv2d(1, 1, rng=1), TypeError, "Conv2d: rng must be"),
        (lambda: Conv2d(1, 1, rng=R, init=2), TypeError, "Conv2d: init must be"),
        (lambda: Conv2d(1, 1, rng=R, bias=1), TypeError, "Conv2d: bias must be True or False"),
        (lambda: Conv2d(1, 1, rng=R, init=lambda s, r: np.ones(2)), ValueError, "Conv2d: init must return"),
        (lambda: Conv2d(1, 1, rng=R, dtype=int), TypeError, "Conv2d: dtype must be"),
        (lambda: MaxPool2d(0), ValueError, "MaxPool2d: size must be at least 1"),
        (lambda: MaxPool2d(2, 0), ValueError, "MaxPool2d: stride must be at least 1"),
        (lambda: MaxPool2d(2, padding=-1), ValueError, "MaxPool2d: padding must be at least 0"),
        (lambda: AvgPool2d(0), ValueError, "AvgPool2d: size must be at least 1"),
        (lambda: AvgPool2d(2, 0), ValueError, "AvgPool2d: stride must be at least 1"),
        (lambda: AvgPool2d(2, padding=0.5), TypeError, "AvgPool2d: padding must be an integer"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
