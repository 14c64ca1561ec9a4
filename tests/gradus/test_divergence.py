"""Divergence: what fit says when numbers are no longer finite, and what it leaves of the network."""

import numpy as np
import pytest
from gradus import Function, Variable, no_grad
from gradus import functions as F
from gradus.clipping import clip_by_global_norm, clip_by_value
from gradus.layers import MLP, Activation, BatchNorm, Dropout, Layer, Linear, Sequential
from gradus.optimizers import Adam, GradientDescent
from gradus.training import Divergence, fit
from training_problems import blobs


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("clip", [None, lambda grads: clip_by_value(grads, 1e300)], ids=["", "with clipping"])
def test_divergence_ends_training_and_says_where(rng, clip):
    X, y = blobs(rng)
    net = MLP([2, 8, 8, 3], rng=rng)
    history = fit(net, 10 * X, y, optimizer=GradientDescent(net, 1e30), epochs=50, batch=20, rng=rng, clip=clip)
    where = history.diverged
    assert where.epoch * 3 + where.step + 1 == len(history.steps) < 150
    assert len(history["train_loss"]) == where.epoch
    number, kind = where.layer.split()
    with no_grad(), np.errstate(all="ignore"):
        outputs = [a for _, a in net.outputs(10 * X)]
    assert not np.isfinite(outputs[int(number)]).all() and type(net.layers[int(number)]).__name__ == kind
    assert f"epoch {where.epoch}, step {where.step}" in str(where) and f"layer {where.layer}" in str(where)


def test_divergence_in_the_last_step_is_seen_in_the_parameters(rng):
    X, y = blobs(rng, N=4)
    net = MLP([2, 8, 3], rng=rng)
    history = fit(net, 1e200 * X, y, optimizer=GradientDescent(net, 1e200), epochs=1, batch=4, rng=rng)
    assert np.isfinite(history.steps).all() and history.diverged.step == 0 and history["train_loss"] == []


class Own(Layer):
    """A network of a reader's own: a dense layer and a function after it."""

    def __init__(self, function, fan_out=3):
        self.linear = Linear(2, fan_out, rng=np.random.default_rng(0))
        self.function = function

    def forward(self, x):
        return self.function(self.linear(x))


def test_no_step_is_taken_where_the_loss_is_not_finite(rng):
    net = Own(lambda z: z * np.inf)
    before = net.flat.copy()
    where = fit(net, *blobs(rng), optimizer=Adam(net), epochs=3, rng=rng).diverged
    assert (where.epoch, where.step, where.layer) == (0, 0, "Own")
    np.testing.assert_array_equal(net.flat, before)


def test_gradients_that_are_not_finite_are_not_clipped_but_reported(rng):
    class Steep(Function):
        def forward(self, x):
            return 1.0 * x

        def backward(self, gy):
            return gy * np.inf

    net = Own(lambda z: Steep()(z))
    with pytest.raises(ValueError, match=r"grads.* must be finite"):
        clip_by_global_norm([np.array([np.inf])], 1.0)
    history = fit(
        net, *blobs(rng), optimizer=Adam(net), epochs=3, rng=rng, clip=lambda g: clip_by_global_norm(g, 1.0)[0]
    )
    assert (history.diverged.epoch, history.diverged.step) == (0, 0) and np.isfinite(history.steps).all()


def test_a_gradient_that_is_not_finite_is_named_and_no_step_is_taken(rng):
    class Steep(Function):
        def forward(self, x):
            return 1.0 * x

        def backward(self, gy):
            return gy * np.inf

    class SteepLayer(Layer):
        def forward(self, x):
            return Steep()(x)

    X, y = blobs(rng)
    inner = Sequential(BatchNorm(4), SteepLayer())
    net = Sequential(Linear(2, 4, rng=rng), inner, Linear(4, 3, rng=rng))
    before = net.state_dict()
    where = fit(net, X, y, optimizer=Adam(net), epochs=3, rng=rng).diverged
    assert (where.epoch, where.step, where.layer, where.parameter) == (0, 0, "1.0 BatchNorm", "1.0.beta")
    assert np.isfinite(where.loss) and "the gradient of 1.0.beta, layer 1.0 BatchNorm, is not" in str(where)
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_a_huge_gradient_whose_square_overflows_is_no_divergence(rng):
    X, y = blobs(rng)
    net = MLP([2, 3], rng=rng, dtype=np.float32)
    history = fit(net, X, y, optimizer=GradientDescent(net, 1e-30), loss=huge, epochs=1, rng=rng)
    assert history.diverged is None and np.linalg.norm(net.params()[0].grad.astype(float)) > 1e20


def huge(outputs, y):
    return 1e25 * F.softmax_cross_entropy(outputs, y)


def test_the_layer_that_overflows_is_named_within_its_sequential(rng):
    class Blow(Layer):
        def forward(self, x):
            return x * 1e308 * 10.0

    X, y = blobs(rng)
    inner = Sequential(Linear(4, 4, rng=rng), Sequential(Activation("tanh"), Blow()), Activation("relu"))
    net = Sequential(Linear(2, 4, rng=rng), BatchNorm(4), inner, Linear(4, 3, rng=rng))
    before = net.state_dict()
    where = fit(net, X, y, optimizer=Adam(net), epochs=2, rng=rng).diverged
    assert where.layer == "2.1.1 Blow" and str(where).endswith("come out of layer 2.1.1 Blow")
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)  # running statistics, too


def test_a_layer_that_stands_in_two_places_has_the_name_of_the_first(rng):
    X, y = blobs(rng)
    shared = Own(lambda z: z * np.inf, fan_out=2)
    net = Sequential(Activation("tanh"), shared, shared, Linear(2, 3, rng=rng))
    assert fit(net, X, y, optimizer=Adam(net), epochs=1, rng=rng).diverged.layer == "1 Own"


def test_what_overflows_with_one_mask_only_is_found_with_that_mask(rng):
    class Fragile(Layer):
        def forward(self, x):
            return x * np.inf if x.data[0, 0] == 0 else x

    X, y = blobs(rng)
    net = Sequential(
        Linear(2, 8, rng=rng), Dropout(0.05, rng=np.random.default_rng(3)), Fragile(), Linear(8, 3, rng=rng)
    )
    masks = []
    net.layers[1].rng = generator = np.random.default_rng(3)
    history = fit(
        net,
        X,
        y,
        optimizer=Adam(net),
        epochs=50,
        batch=10,
        rng=rng,
        callbacks=[lambda net, optimizer, history: masks.append(generator.bit_generator.state)],
    )
    assert history.diverged.layer == "2 Fragile" and len(history.steps) > 1
    assert generator.bit_generator.state == masks[-1]  # as before the step that failed


def test_a_loss_that_is_not_finite_after_finite_outputs_is_named(rng):
    net = MLP([2, 3], rng=rng)
    history = fit(net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, loss=lambda out, y: F.sum(out) * np.inf)
    assert history.diverged.layer == "loss" and not history.diverged.parameter
    history = fit(
        net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, penalty=lambda net: Variable(np.array(np.inf))
    )
    assert history.diverged.layer == "loss" and np.isfinite(history.steps).all()


def test_parameters_that_overflow_behind_finite_outputs_are_named(rng):
    net = Own(lambda z: F.tanh(z))

    def spoil(net, optimizer, history):
        net.linear.b.data[0] = np.inf

    history = fit(net, *blobs(rng), optimizer=Adam(net), epochs=2, rng=rng, callbacks=[spoil], batch=60)
    assert history.diverged == Divergence(0, 0, "linear Linear", history.steps[0])
