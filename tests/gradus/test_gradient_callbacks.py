"""Callbacks that act on gradients and weights: clipping, max-norm, penalties."""

from itertools import pairwise

import numpy as np
import pytest
from gradus import functions as F
from gradus.callbacks import ClipNorm, LearningRate, MomentumRate, StopEarly, keep_max_norm
from gradus.clipping import global_norm
from gradus.early_stopping import EarlyStopping
from gradus.layers import MLP, BatchNorm, Linear, Sequential
from gradus.optimizers import GradientDescent, Momentum
from gradus.training import fit


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def problem(rng, N=64, D=5, C=3):
    X = rng.standard_normal((N, D))
    return X, (X @ rng.standard_normal((D, C))).argmax(axis=1)


def test_clipping_limits_the_gradient_and_records_what_it_was(rng):
    X, y = problem(rng)
    net, before, after = MLP([5, 8, 3], rng=rng), [], []

    class Look:
        def __init__(self, norms):
            self.norms = norms

        def on_gradients(self, net, optimizer, history):
            self.norms.append(np.linalg.norm(net.flat_grad))

    callbacks = [Look(before), ClipNorm(3.5), Look(after)]
    history = fit(net, 3 * X, y, optimizer=GradientDescent(net, 0.1), epochs=3, batch=16, rng=rng, callbacks=callbacks)
    assert max(before) > 4 and min(before) < 3  # some are clipped, some are not
    np.testing.assert_allclose(after, np.minimum(before, 3.5), rtol=1e-12)
    np.testing.assert_allclose(history.per_step["grad_norm"], before, rtol=1e-12)
    np.testing.assert_allclose(history["grad_norm"], np.reshape(before, (3, 4)).mean(axis=1), rtol=1e-12)


def test_clipping_is_pytorchs(torch, rng):
    X, y = problem(rng)
    net = MLP([5, 3], rng=rng)
    model = torch.nn.Linear(5, 3).double()
    with torch.no_grad():
        model.weight.copy_(torch.tensor(net.layers[0].W.data.T.copy()))
        model.bias.zero_()
    optimizer, norms = torch.optim.SGD(model.parameters(), lr=2.0), []
    for _ in range(6):
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(y))
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.2).item())
        optimizer.step()
    history = fit(
        net, X, y, optimizer=GradientDescent(net, 2.0), epochs=6, batch=64, rng=rng, callbacks=[ClipNorm(0.2)]
    )
    np.testing.assert_allclose(history.per_step["grad_norm"], norms, rtol=1e-5)  # PyTorch divides by ‖g‖ + 1e-6


def test_frozen_layers_are_left_out_and_left_alone(rng):
    X, y = problem(rng)
    net = MLP([5, 8, 3], rng=rng)
    net.layers[0].freeze()
    kept, seen, norms = net.layers[0].W.data.copy(), [], []

    class Look:
        def on_gradients(self, net, optimizer, history):
            norms.append(global_norm([net.layers[2].W.grad, net.layers[2].b.grad]))

    def count(grads):
        seen.append(len(grads))
        return grads

    callbacks = [Look(), ClipNorm(None), keep_max_norm(0.01)]
    history = fit(net, X, y, optimizer=Momentum(net, 0.1), epochs=2, rng=rng, callbacks=callbacks, clip=count)
    np.testing.assert_array_equal(net.layers[0].W.data, kept)
    np.testing.assert_allclose(history.per_step["grad_norm"], norms, rtol=1e-12)
    assert seen == [2] * 4 and np.linalg.norm(net.layers[2].W.data, axis=0).max() < 0.011


def test_without_a_limit_it_only_records(rng):
    X, y = problem(rng)
    paths = []
    for callbacks in ([], [ClipNorm(None)]):
        net = MLP([5, 8, 3], rng=np.random.default_rng(0))
        fit(net, X, y, optimizer=GradientDescent(net, 0.1), epochs=3, rng=np.random.default_rng(1), callbacks=callbacks)
        paths.append(net.flat.copy())
    np.testing.assert_array_equal(*paths)


def test_weights_stay_in_the_ball_and_vectors_are_left_alone(rng):
    X, y = problem(rng)
    net = Sequential(Linear(5, 8, rng=rng), BatchNorm(8), Linear(8, 3, rng=rng))
    net.layers[1].gamma.data[...] = 7.0
    norms = []

    def look(net, optimizer, history):
        norms.append([np.linalg.norm(net.layers[i].W.data, axis=0) for i in (0, 2)])

    constraint = keep_max_norm(0.5)
    fit(net, X, y, optimizer=GradientDescent(net, 0.3), epochs=4, batch=16, rng=rng, callbacks=[constraint, look])
    assert len(norms) == 16
    largest = [max(first.max(), last.max()) for first, last in norms]
    np.testing.assert_allclose(largest, 0.5, rtol=1e-12)  # some unit is always at the border
    assert abs(net.layers[1].gamma.data - 7).max() < 1


def test_a_short_vector_is_not_lengthened(rng):
    net = MLP([5, 3], rng=rng)
    net.layers[0].W.data[:, 0] *= 1e-3
    before = net.layers[0].W.data.copy()
    keep_max_norm(0.5)(net, None, None)
    assert (net.layers[0].W.data[:, 0] == before[:, 0]).all() and (net.layers[0].W.data[:, 1] != before[:, 1]).all()


def test_a_kernel_is_bounded_unit_by_unit(rng, torch):
    class Kernels(Sequential):
        pass

    net = Kernels(Linear(2, 3, rng=rng))
    net.layers[0].W.data = rng.standard_normal((3, 3, 2, 4))
    before = net.layers[0].W.data.copy()
    keep_max_norm(2.0)(net, None, None)
    as_torch = torch.tensor(before).permute(3, 2, 0, 1)  # PyTorch's order: units first
    expected = torch.renorm(as_torch, 2, 0, 2.0).permute(2, 3, 1, 0).numpy()
    np.testing.assert_allclose(net.layers[0].W.data, expected, rtol=1e-6)


def test_float32_stays_float32(rng):
    X, y = problem(rng)
    net = MLP([5, 8, 3], rng=rng, dtype=np.float32)
    optimizer, dtypes = Momentum(net, 0.1), set()

    def look(net, optimizer, history):
        dtypes.update(p.grad.dtype for p in net.params())

    callbacks = [
        LearningRate(lambda t: np.float64(0.1)),
        MomentumRate(lambda t: np.float64(0.5)),
        ClipNorm(np.float64(0.1)),
        keep_max_norm(np.float64(0.5)),
        look,
        StopEarly(EarlyStopping(3)),
    ]
    history = fit(net, X, y, X_val=X, y_val=y, optimizer=optimizer, epochs=3, rng=rng, callbacks=callbacks)
    assert dtypes == {np.dtype(np.float32)} == {net.flat.dtype}
    recorded = [v for values in (*history.values(), *history.per_step.values()) for v in values]
    assert {type(v) for v in recorded} == {float}
    state = optimizer.state_dict().values()
    assert {a.dtype for a in state if isinstance(a, np.ndarray) and a.ndim} == {np.dtype(np.float32)}


def test_a_penalty_as_a_hook_on_the_gradients_is_the_penalty_in_the_loss(rng):
    """Two ways to the same trajectory: ½ λ Σ W² added to the loss, λ W added to the gradient."""
    X, y = problem(rng)
    lam = 0.3

    def penalty(net):
        return 0.5 * lam * sum(F.sum(layer.W * layer.W) for layer in dense(net))

    def dense(net):
        return [layer for layer in net.layers if isinstance(layer, Linear)]

    class Shrink:
        def on_gradients(self, net, optimizer, history):
            for layer in dense(net):
                layer.W.grad = layer.W.grad + lam * layer.W.data

    runs = []
    for how in ({"penalty": penalty}, {"callbacks": [Shrink()]}):
        net = MLP([5, 8, 3], rng=np.random.default_rng(0))
        path = []
        history = fit(
            net,
            X,
            y,
            optimizer=Momentum(net, 0.1),
            epochs=3,
            batch=16,
            rng=np.random.default_rng(1),
            **{"callbacks": []} | how,
        )
        runs.append((net.flat, history.steps, path))
        norm = global_norm([layer.W.data for layer in dense(net)])
        if "penalty" in how:
            assert history.per_step["penalty"][-1] > 0 and history["penalty"][-1] < history["penalty"][0]
            assert penalty(net).data == pytest.approx(0.5 * lam * norm**2, rel=1e-12)
            means = [np.mean(history.per_step["penalty"][i : i + 4]) for i in (0, 4, 8)]
            assert history["penalty"] == pytest.approx(means, rel=1e-14)
            assert all(a > b for a, b in pairwise(history["penalty"]))
    np.testing.assert_allclose(runs[0][0], runs[1][0], rtol=1e-10)
    np.testing.assert_allclose(runs[0][1], runs[1][1], rtol=1e-10)  # the losses are without the penalty
