"""Penalties in training: values, gradients, which parameters they concern, and what training with them finds."""

import numpy as np
import pytest
from gradus import functions as F
from gradus.layers import MLP, BatchNorm, Linear, Sequential
from gradus.optimizers import GradientDescent
from gradus.penalties import elastic_net, l1, l2, proximal_l1
from gradus.training import fit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def network(rng, dtype=np.float64):
    net = Sequential(Linear(5, 8, rng=rng, dtype=dtype), BatchNorm(8, dtype=dtype), Linear(8, 3, rng=rng, dtype=dtype))
    for p in net.params():
        p.data[...] += 0.1 * rng.standard_normal(p.shape)  # no bias is 0
    return net


MAKERS = {"l1": l1(0.3), "l2": l2(0.3), "elastic_net": elastic_net(0.3, 0.7)}


def test_values_are_those_of_keras(keras, rng):
    net = network(rng)
    theirs = {
        "l1": keras.regularizers.L1(0.3),
        "l2": keras.regularizers.L2(0.3 / 2),
        "elastic_net": keras.regularizers.L1L2(0.3, 0.7 / 2),
    }
    assert l1(0.3)(net).shape == l2(0.3)(net).shape == elastic_net(0.3, 0.7)(net).shape == ()
    for name, maker in MAKERS.items():
        expected = sum(float(theirs[name](net.layers[i].W.data)) for i in (0, 2))
        assert maker(net).data == pytest.approx(expected, rel=1e-12), name


@pytest.mark.parametrize("penalty", [l1(0.3), l2(0.3), elastic_net(0.3, 0.7)], ids=MAKERS)
def test_gradients_are_difference_quotients(penalty, rng):
    net = network(rng)
    penalty(net).backward()
    h = 1e-6
    for name, p in net.named_params().items():
        if not name.endswith("W"):
            assert p.grad is None, name
            continue
        v = rng.standard_normal(p.shape)
        grad, kept = p.grad, p.data.copy()
        ends = []
        for sign in (1, -1):
            p.data[...] = kept + sign * h * v
            ends.append(penalty(net).data)
        p.data[...] = kept
        assert np.vdot(grad, v) == pytest.approx((ends[0] - ends[1]) / (2 * h), rel=1e-6), name


def test_l2_is_pytorchs_weight_decay(torch, rng):
    X, y = rng.standard_normal((32, 5)), rng.integers(0, 3, 32)
    net = MLP([5, 8, 3], "tanh", rng=rng)
    model = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    with torch.no_grad():
        for p, array in zip(model.parameters(), [p.data for p in net.params()], strict=True):
            p.copy_(torch.tensor(array.T.copy()))
    groups = [{"params": [p], "weight_decay": 0.2 if p.ndim > 1 else 0.0} for p in model.parameters()]
    optimizer, losses = torch.optim.SGD(groups, lr=0.3), []
    for _ in range(10):
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    history = fit(net, X, y, optimizer=GradientDescent(net, 0.3), epochs=10, rng=rng, penalty=l2(0.2))
    np.testing.assert_allclose(history.steps, losses, rtol=1e-10)
    assert len(history["penalty"]) == 10


def test_a_proximal_step_is_a_step_and_pytorchs_softshrink(torch, rng):
    X, y = rng.standard_normal((32, 5)), rng.integers(0, 3, 32)
    plain, shrunk = (network(np.random.default_rng(1)) for _ in range(2))
    for net, callbacks in ((plain, []), (shrunk, [proximal_l1(0.5)])):
        fit(net, X, y, optimizer=GradientDescent(net, 0.2), epochs=1, rng=rng, callbacks=callbacks)
    for (name, p), q in zip(plain.named_params().items(), shrunk.params(), strict=True):
        expected = torch.nn.functional.softshrink(torch.tensor(p.data), 0.2 * 0.5).numpy() if p.ndim > 1 else p.data
        np.testing.assert_allclose(q.data, expected, rtol=1e-12, atol=1e-15, err_msg=name)
    assert (shrunk.layers[0].W.data == 0).any() and shrunk.layers[0].W.data.any()


def test_training_with_proximal_steps_finds_the_lasso(rng):
    linear_model = pytest.importorskip("sklearn.linear_model")
    X = rng.standard_normal((60, 8))
    Y = X[:, :2] @ np.array([[2.0], [-1.0]]) + 0.5 + 0.1 * rng.standard_normal((60, 1))
    net = Sequential(Linear(8, 1, rng=rng))
    how = {"optimizer": GradientDescent(net, 0.2), "batch": 60, "rng": rng, "loss": F.mean_squared_error}
    fit(net, X, Y, epochs=300, callbacks=[proximal_l1(0.4)], **how)
    lasso = linear_model.Lasso(alpha=0.2, tol=1e-12, max_iter=10**5).fit(X, Y[:, 0])  # its loss has a ½ more
    np.testing.assert_allclose(net.layers[0].W.data[:, 0], lasso.coef_, atol=1e-8)
    assert net.layers[0].b.data.item() == pytest.approx(lasso.intercept_.item(), abs=1e-8)
    assert np.count_nonzero(lasso.coef_) == 2 == np.count_nonzero(net.layers[0].W.data)


@pytest.mark.parametrize("name", [*MAKERS, "proximal_l1"])
def test_biases_scales_and_frozen_layers_are_left_alone(name, rng):
    net = network(rng)
    net.layers[0].freeze()
    before = net.state_dict()
    if name == "proximal_l1":
        proximal_l1(0.5)(net, GradientDescent(net, 0.1), None)
        changed = {name for name, array in net.state_dict().items() if (array != before[name]).any()}
    else:
        MAKERS[name](net).backward()
        changed = {name for name, p in net.named_params().items() if p.grad is not None}
    assert changed == {"2.W"}
    net.freeze()
    with pytest.raises(ValueError, match=f"^{name}: net must have weights"):
        (MAKERS | {"proximal_l1": lambda net: proximal_l1(0.5)(net, None, None)})[name](net)


def test_a_threshold_follows_the_learning_rate_of_the_step(rng):
    net = network(rng)
    W = net.layers[0].W.data.copy()
    optimizer = GradientDescent(net, 1.0)
    optimizer.lr = 0.01
    proximal_l1(2.0)(net, optimizer, None)
    assert np.abs(W - net.layers[0].W.data).max() == pytest.approx(0.02, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: l2(-1.0), ValueError, r"l2: lam must be in \[0, inf\), got -1"),
        (lambda: l1("1"), TypeError, "l1: lam must be a number"),
        (lambda: elastic_net(0.1, -1.0), ValueError, "elastic_net: lam2 must be in"),
        (lambda: elastic_net(-0.1, 1.0), ValueError, "elastic_net: lam1 must be in"),
        (lambda: proximal_l1(None), TypeError, "proximal_l1: lam must be a number"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
