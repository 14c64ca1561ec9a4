"""Layers with slopes, pieces or chance of their own, and their functions on Variables."""

import numpy as np
import pytest
from gradus import Variable, gradcheck, no_grad
from gradus import functions as F
from gradus import unit_functions as U
from gradus.dropout import alpha_dropout_constants
from gradus.layers import (
    Activation,
    AlphaDropout,
    BatchNorm,
    Dropout,
    Flatten,
    Linear,
    Maxout,
    PReLU,
    RReLU,
    Sequential,
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# The functions: the gradients that pass through them


def test_gradients_of_prelu_and_maxout_agree_with_differences(rng):
    x, a = Variable(rng.standard_normal((5, 3))), Variable(rng.uniform(0.1, 2, 3))
    gradcheck(U.prelu, x, a, rng=rng)
    gradcheck(U.prelu, Variable(rng.standard_normal((2, 3, 4, 5))), Variable(rng.uniform(0.1, 2, (3, 1, 1))), rng=rng)
    W, b = Variable(rng.standard_normal((3, 2, 4))), Variable(rng.standard_normal((2, 4)))
    gradcheck(U.maxout, x, W, b, rng=rng)


def test_gradients_of_random_functions_agree_with_differences_for_one_mask(rng):
    x = Variable(rng.standard_normal((5, 3)))
    mask, slopes = rng.random((5, 3)) < 0.5, rng.uniform(1 / 8, 1 / 3, (5, 3))
    gradcheck(lambda v: U.rrelu(v, None, slopes=slopes), x, rng=rng)
    gradcheck(lambda v: U.dropout(v, 0.5, None, mask=mask), x, rng=rng)
    gradcheck(lambda v: U.dropout(v, 0.5, None, mask=mask, inverted=False), x, rng=rng)
    gradcheck(lambda v: U.alpha_dropout(v, 0.5, None, mask=mask), x, rng=rng)
    gradcheck(lambda v: U.alpha_dropout(v, 0.5, None, False), x, rng=rng)


def test_backward_uses_the_mask_of_its_forward_pass(rng):
    x = Variable(np.ones((50, 40)))
    y = U.dropout(x, 0.5, rng)
    y.backward()
    np.testing.assert_array_equal(x.grad, y.data)  # 2 where kept, 0 where dropped
    z = Variable(-np.ones((50, 40)))
    y = U.rrelu(z, rng)
    y.backward()
    np.testing.assert_array_equal(z.grad, -y.data)
    x.cleargrad()
    y = U.alpha_dropout(x, 0.3, rng)
    y.backward()
    a, _ = alpha_dropout_constants(0.3)
    np.testing.assert_allclose(x.grad, np.where(y.data > 0.9, a, 0), rtol=1e-12)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(7, 3), (4, 3, 5, 2)])
def test_batch_normalization_of_columns_and_channels_equals_pytorchs(torch, rng, shape, training):
    x, dout = rng.normal(2, 3, shape), rng.standard_normal(shape)
    gamma, beta, mean, var = rng.normal(1, 0.5, 3), rng.standard_normal(3), rng.standard_normal(3), rng.random(3) + 0.5
    tx, tg, tb = (torch.tensor(a, requires_grad=True) for a in (x, gamma, beta))
    t_mean = torch.tensor(mean)
    expected = torch.nn.functional.batch_norm(tx, t_mean, torch.tensor(var), tg, tb, training, 0.1, 1e-5)
    expected.backward(torch.tensor(dout))
    vx, vg, vb = Variable(x), Variable(gamma), Variable(beta)
    y, new_mean, _ = U.batch_norm(vx, vg, vb, mean, var, training=training)
    (y * dout).backward()
    np.testing.assert_allclose(y.data, expected.detach().numpy(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(new_mean, t_mean.numpy(), rtol=1e-12)
    for ours, theirs in ((vx, tx), (vg, tg), (vb, tb)):
        np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-9, atol=1e-12)
    assert y.data.flags.c_contiguous and vx.grad.flags.c_contiguous


def test_gradients_of_batch_and_layer_normalization_agree_with_differences(rng):
    gamma, beta = Variable(rng.normal(1, 0.5, 3)), Variable(rng.standard_normal(3))
    images = Variable(rng.standard_normal((4, 3, 2, 2)))
    gradcheck(
        lambda *xs: U.batch_norm(*xs, np.zeros(3), np.ones(3), training=True)[0] ** 2, images, gamma, beta, rng=rng
    )
    gradcheck(lambda *xs: U.layer_norm(*xs) ** 2, Variable(rng.standard_normal((5, 3))), gamma, beta, rng=rng)
    with pytest.raises(ValueError, match=r"x must have shape \(N, D\) or \(N, C, H, W\), got \(2, 3, 4\)"):
        U.batch_norm(np.ones((2, 3, 4)), gamma, beta, np.zeros(3), np.ones(3), training=True)


def test_functions_and_their_gradients_equal_pytorchs_with_the_same_mask(torch, rng):
    f = torch.nn.functional
    x, dout, kept = rng.standard_normal((5, 3)), rng.standard_normal((5, 3)), rng.random((5, 3)) < 0.75
    slopes, a = rng.uniform(1 / 8, 1 / 3, (5, 3)), rng.uniform(0.1, 2, 3)
    gamma, beta, W, b = rng.normal(1, 0.5, 3), rng.standard_normal(3), rng.standard_normal((3, 2, 3)), np.zeros((2, 3))
    low = -1.7580993408473766  # selu at −∞, what alpha dropout puts in place of the units it drops
    scale = (0.75 * (1 + 0.25 * low**2)) ** -0.5
    mask = torch.tensor(kept)
    cases = {
        "dropout": (lambda v: U.dropout(v, 0.25, None, mask=kept), lambda t: t * mask / 0.75, [x]),
        "plain dropout": (lambda v: U.dropout(v, 0.25, None, mask=kept, inverted=False), lambda t: t * mask, [x]),
        "alpha dropout": (
            lambda v: U.alpha_dropout(v, 0.25, None, mask=kept),
            lambda t: scale * torch.where(mask, t, low) - scale * low * 0.25,
            [x],
        ),
        "rrelu": (
            lambda v: U.rrelu(v, None, slopes=slopes),
            lambda t: torch.where(t > 0, t, t * torch.tensor(slopes)),
            [x],
        ),
        "rrelu in use": (lambda v: U.rrelu(v, None, training=False), lambda t: f.rrelu(t, training=False), [x]),
        "prelu": (U.prelu, f.prelu, [x, a]),
        "layer norm": (U.layer_norm, lambda t, g, c: f.layer_norm(t, (3,), g, c), [x, gamma, beta]),
        "maxout": (U.maxout, lambda t, w, c: (torch.einsum("nd,dkh->nkh", t, w) + c).amax(1), [x, W, b]),
    }
    for name, (ours, theirs, arrays) in cases.items():
        variables, tensors = [Variable(v) for v in arrays], [torch.tensor(v, requires_grad=True) for v in arrays]
        out, expected = ours(*variables), theirs(*tensors)
        (out * dout).sum().backward()
        expected.backward(torch.tensor(dout))
        np.testing.assert_allclose(out.data, expected.detach().numpy(), rtol=1e-12, atol=1e-13, err_msg=name)
        for variable, tensor in zip(variables, tensors, strict=True):
            np.testing.assert_allclose(variable.grad, tensor.grad.numpy(), rtol=1e-10, atol=1e-13, err_msg=name)


# The layers


LAYERS = {
    "Activation": lambda rng: Activation("gelu"),
    "PReLU": lambda rng: PReLU(3, slope=0.4),
    "RReLU": lambda rng: RReLU(rng=rng),
    "Maxout": lambda rng: Maxout(3, 2, 3, rng=rng),
    "Dropout": lambda rng: Dropout(0.4, rng=rng),
    "AlphaDropout": lambda rng: AlphaDropout(0.4, rng=rng),
    "BatchNorm": lambda rng: BatchNorm(3),
}


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_of_each_layer_agree_with_differences(name):
    layer = LAYERS[name](np.random.default_rng(1))
    params = layer.params()
    x = Variable(np.random.default_rng(0).standard_normal((5, 3)))

    def the_same_draws_each_time(x, *_):
        if hasattr(layer, "rng"):
            layer.rng = np.random.default_rng(2)
        return layer(x) ** 2

    gradcheck(the_same_draws_each_time, x, *params, rng=np.random.default_rng(3))


def test_batch_normalization_layer_takes_channels_of_images(rng):
    layer, x = BatchNorm(3), rng.normal(4, 2, (6, 3, 5, 4))
    out = layer(x).data
    np.testing.assert_allclose(out.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=(0, 2, 3)), 1, rtol=1e-5)
    np.testing.assert_allclose(layer.running_mean, 0.1 * x.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * x.var(axis=(0, 2, 3)), rtol=1e-12)


def test_prelu_starts_at_a_quarter_and_is_trained_by_channel(rng):
    x = rng.standard_normal((6, 3))
    np.testing.assert_allclose(PReLU()(x).data, F.leaky_relu(x, 0.25).data)
    assert PReLU().a.shape == (1,) and PReLU(3).a.shape == (3,)
    layer, images = PReLU(3, slope=0.1), rng.standard_normal((2, 3, 4, 4))
    layer.a.data[:] = [0.1, 0.2, 2]
    factors = np.array([0.1, 0.2, 2])[:, None, None]
    expected = np.where(images > 0, images, factors * images)
    np.testing.assert_allclose(layer(images).data, expected)
    layer(Variable(images)).backward()
    np.testing.assert_allclose(layer.a.grad, np.minimum(images, 0).sum(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(PReLU()(images).data, F.leaky_relu(images, 0.25).data)


def test_rrelu_draws_in_training_and_takes_the_mean_in_use(rng):
    layer, x = RReLU(rng=rng), -np.ones((40, 50))
    first, second = layer(x).data, layer(x).data
    assert (first != second).all() and first.min() >= -1 / 3 and first.max() <= -1 / 8
    np.testing.assert_array_equal(layer.eval()(x).data, -11 / 48)
    np.testing.assert_array_equal(RReLU(rng=rng, lower=0.5, upper=0.5)(x).data, -0.5)


def test_maxout_layer_has_k_matrices_each_from_the_initializer(rng):
    layer = Maxout(400, 300, 3, rng=rng)
    assert layer.W.shape == (400, 3, 300) and layer.b.shape == (3, 300) and not layer.b.data.any()
    assert layer.count_params()[0] == 3 * (400 * 300 + 300)  # ACT-46
    for piece in range(3):
        n = 400 * 300
        assert abs(layer.W.data[:, piece].std() / (2 / 400) ** 0.5 - 1) < 5 / (2 * n) ** 0.5
    assert Maxout(4, 5, rng=rng).W.shape == (4, 2, 5)
    x = rng.standard_normal((6, 400))
    z = np.einsum("nd,dkh->nkh", x, layer.W.data) + layer.b.data
    np.testing.assert_allclose(layer(x).data, z.max(axis=1), rtol=1e-10)


def test_dropout_drops_its_share_and_is_the_identity_in_use(rng):
    layer, x = Dropout(0.3, rng=rng), np.ones((200, 500))
    y = layer(x).data
    dropped = int((y == 0).sum())
    assert abs(dropped - 0.3 * y.size) < 5 * (y.size * 0.3 * 0.7) ** 0.5
    np.testing.assert_allclose(y[y != 0], 1 / 0.7)
    assert (layer(x).data != y).any()
    np.testing.assert_array_equal(layer.eval()(x).data, x)
    with no_grad():
        assert (layer.train()(x).data == 0).any()  # without gradients is not in evaluation


def test_alpha_dropout_keeps_mean_and_variance_and_is_the_identity_in_use(rng):
    layer, x = AlphaDropout(0.2, rng=rng), rng.standard_normal((400, 500))
    y = layer(x).data
    assert abs(y.mean()) < 5 / y.size**0.5 and abs(y.var() - 1) < 0.02
    np.testing.assert_array_equal(layer.eval()(x).data, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_of_all_of_them_keeps_its_dtype_and_trains_every_parameter(rng, dtype):
    net = Sequential(
        Linear(6, 8, rng=rng, dtype=dtype),
        BatchNorm(8, dtype=dtype),
        PReLU(8, dtype=dtype),
        Dropout(0.1, rng=rng),
        Maxout(8, 7, rng=rng, dtype=dtype),
        RReLU(rng=rng),
        AlphaDropout(0.1, rng=rng),
        Activation("gelu"),
        Flatten(),
        Linear(7, 3, rng=rng, dtype=dtype),
    )
    x = rng.standard_normal((16, 6)).astype(dtype)
    assert {a.dtype for _, a in net.outputs(x)} == {np.dtype(dtype)}
    F.softmax_cross_entropy(net(x), rng.integers(0, 3, 16)).backward()
    assert {p.grad.dtype for p in net.params()} == {np.dtype(dtype)}
    assert all(np.abs(p.grad).max() > 0 for name, p in net.named_params().items() if name != "0.b")


R = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Dropout(1.0, rng=R), ValueError, r"Dropout: rate must be in \[0, 1\), got 1"),
        (lambda: Dropout(0.5, rng=0), TypeError, "Dropout: rng must be"),
        (lambda: AlphaDropout(-0.1, rng=R), ValueError, "AlphaDropout: rate must be in"),
        (lambda: AlphaDropout(0.1, rng=None), TypeError, "AlphaDropout: rng must be"),
        (lambda: RReLU(rng=1), TypeError, "RReLU: rng must be"),
        (lambda: RReLU(rng=R, lower=0.4, upper=0.3), ValueError, r"RReLU: upper must be in \[0.4, inf\)"),
        (lambda: RReLU(rng=R, lower=np.nan), ValueError, "RReLU: lower must be in"),
        (lambda: PReLU(0), ValueError, "PReLU: D must be at least 1"),
        (lambda: PReLU(2.0), TypeError, "PReLU: D must be an integer"),
        (lambda: PReLU(slope=np.inf), ValueError, "PReLU: slope must be in"),
        (lambda: PReLU(dtype=int), TypeError, "PReLU: dtype must be"),
        (lambda: PReLU(3)(np.ones((2, 4))), ValueError, "a must broadcast"),
        (lambda: Maxout(0, 1, rng=R), ValueError, "Maxout: fan_in must be at least 1"),
        (lambda: Maxout(1, 0, rng=R), ValueError, "Maxout: fan_out must be at least 1"),
        (lambda: Maxout(2, 2, 0, rng=R), ValueError, "Maxout: k must be at least 1"),
        (lambda: Maxout(2, 2, rng=3), TypeError, "Maxout: rng must be"),
        (lambda: Maxout(2, 2, rng=R, init=1), TypeError, "Maxout: init must be"),
        (lambda: Maxout(2, 3, rng=R, init=lambda s, r: np.ones(s[::-1])), ValueError, "Maxout: init must return"),
        (lambda: Maxout(2, 3, rng=R, dtype=int), TypeError, "Maxout: dtype must be"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
