"""The network by hand, against worked cases, SciPy, complex-step derivatives and PyTorch's trajectory."""

import numpy as np
import pytest
from gradus.layers import MLP
from gradus.network import dense_backward, dense_forward, iterate_minibatches, softmax_cross_entropy, train_step
from gradus.optimizers import GradientDescent
from gradus.training import fit
from scipy.special import log_softmax, softmax


def complex_step(f, x, h=1e-30):
    """Exact derivative of a real-valued f at x, entry by entry, without differences."""
    gradient = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[i] += 1j * h
        gradient[i] = np.imag(f(moved)) / h
    return gradient


def problem(N=6, D=5, H=4, C=3, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    params = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return params, rng.standard_normal((N, D)), rng.integers(0, C, N)


def test_dense_layer_by_hand():
    X, W, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [3.0, 1.0, 0.0]]), np.array([0.5, 0.0, 2.0])
    z, cache = dense_forward(X, W, b)
    np.testing.assert_array_equal(z, [[7.5, 2.0, 1.0]])
    dX, dW, db = dense_backward(np.array([[1.0, 10.0, 100.0]]), cache)
    np.testing.assert_array_equal(dX, [[-99.0, 13.0]])
    np.testing.assert_array_equal(dW, [[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    np.testing.assert_array_equal(db, [1.0, 10.0, 100.0])


def test_dense_gradients_are_the_complex_step_derivatives():
    rng = np.random.default_rng(0)
    X, W, b, dz = (rng.standard_normal(shape) for shape in [(6, 5), (5, 4), (4,), (6, 4)])
    dX, dW, db = dense_backward(dz, dense_forward(X, W, b)[1])
    np.testing.assert_allclose(dX, complex_step(lambda x: np.sum((x @ W + b) * dz), X), rtol=1e-12)
    np.testing.assert_allclose(dW, complex_step(lambda w: np.sum((X @ w + b) * dz), W), rtol=1e-12)
    np.testing.assert_allclose(db, complex_step(lambda c: np.sum((X @ W + c) * dz), b), rtol=1e-12)


def test_dense_layer_is_pytorchs(torch):
    rng = np.random.default_rng(0)
    X, W, b, dz = (torch.tensor(rng.standard_normal(shape)) for shape in [(6, 5), (5, 4), (4,), (6, 4)])
    for tensor in (X, W, b):
        tensor.requires_grad_()
    theirs = torch.nn.functional.linear(X, W.T, b)
    theirs.backward(dz)
    z, cache = dense_forward(*(tensor.detach().numpy() for tensor in (X, W, b)))
    np.testing.assert_allclose(z, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)
    for ours, tensor in zip(dense_backward(dz.numpy(), cache), (X, W, b), strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


def test_cross_entropy_is_scipys():
    rng = np.random.default_rng(0)
    logits, y = 5 * rng.standard_normal((7, 4)), rng.integers(0, 4, 7)
    loss, dlogits = softmax_cross_entropy(logits, y)
    assert loss == pytest.approx(-log_softmax(logits, axis=1)[np.arange(7), y].mean(), rel=1e-13)
    np.testing.assert_allclose(dlogits, (softmax(logits, axis=1) - np.eye(4)[y]) / 7, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(dlogits.sum(axis=1), 0, atol=1e-16)


def test_cross_entropy_is_pytorchs(torch):
    rng = np.random.default_rng(1)
    logits, y = 5 * rng.standard_normal((7, 4)), rng.integers(0, 4, 7)
    loss, dlogits = softmax_cross_entropy(logits, y)
    theirs = torch.tensor(logits, requires_grad=True)
    cross_entropy = torch.nn.functional.cross_entropy(theirs, torch.tensor(y))
    cross_entropy.backward()
    assert loss == pytest.approx(cross_entropy.item(), rel=1e-13)
    np.testing.assert_allclose(dlogits, theirs.grad.numpy(), rtol=1e-11, atol=1e-16)


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    loss, dlogits = softmax_cross_entropy(np.full((5, 10), 3.0), np.arange(5))
    assert loss == pytest.approx(np.log(10), rel=1e-14) and type(loss) is float
    np.testing.assert_allclose(dlogits[0], (0.1 - np.eye(10)[0]) / 5, rtol=1e-14)


def test_huge_logits_neither_overflow_nor_give_log_0():
    logits = np.array([[1000.0, 0.0, -1000.0], [-1000.0, 1000.0, 0.0]])
    with np.errstate(all="raise"):
        loss, dlogits = softmax_cross_entropy(logits, np.array([2, 1]))
    assert loss == 1000.0
    np.testing.assert_array_equal(dlogits, [[0.5, 0.0, -0.5], [0.0, 0.0, 0.0]])
    shifted, _ = softmax_cross_entropy(logits + 1e6, np.array([2, 1]))
    assert shifted == 1000.0
    apart = np.array([[0.0, 0.0], [-2000.0, -2000.0]])  # no row may vanish beside another
    assert softmax_cross_entropy(apart, np.array([0, 1]))[0] == pytest.approx(np.log(2), rel=1e-14)


def test_minibatches_hold_every_sample_once_with_its_label():
    X, y = np.arange(23.0)[:, None] * [1, 10], np.arange(23)
    batches = list(iterate_minibatches(X, y, 5, np.random.default_rng(0), drop_last=False))
    assert [len(yb) for _, yb in batches] == [5, 5, 5, 5, 3]
    for Xb, yb in batches:
        np.testing.assert_array_equal(Xb, X[yb])
    assert sorted(np.concatenate([yb for _, yb in batches])) == list(range(23))


def test_the_last_minibatch_is_dropped_only_where_it_is_not_full():
    X, y, rng = np.zeros((20, 2)), np.arange(20), np.random.default_rng(0)
    assert [len(yb) for _, yb in iterate_minibatches(X, y, 6, rng)] == [6, 6, 6]
    assert [len(yb) for _, yb in iterate_minibatches(X, y, 5, rng)] == [5, 5, 5, 5]
    assert list(iterate_minibatches(X, y, 21, rng)) == []
    assert [len(yb) for _, yb in iterate_minibatches(X, y, 21, rng, drop_last=False)] == [20]


def test_each_epoch_has_its_own_order_and_rng_alone_decides_on_it():
    X, y = np.zeros((50, 1)), np.arange(50)

    def order(rng):
        return np.concatenate([yb for _, yb in iterate_minibatches(X, y, 10, rng)]).tolist()

    rng = np.random.default_rng(1)
    first, second = order(rng), order(rng)
    assert first != second and first != sorted(first)
    assert order(np.random.default_rng(1)) == first


def test_minibatches_are_copies():
    X, y = np.zeros((4, 2)), np.arange(4)
    for Xb, yb in iterate_minibatches(X, y, 4, np.random.default_rng(0)):
        Xb += 1
        yb += 1
    assert not X.any() and y.tolist() == [0, 1, 2, 3]


def test_a_training_step_goes_down_the_complex_step_gradient():
    params, X, y = problem()

    def loss(p):
        logits = np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y])

    new, before = train_step(params, X, y, lr=0.1)
    assert before == pytest.approx(float(loss(params)), rel=1e-13) and type(before) is float
    for name, w in params.items():
        gradient = complex_step(lambda v, name=name: loss(params | {name: v}), w)
        np.testing.assert_allclose(new[name], w - 0.1 * gradient, rtol=1e-12, atol=1e-15)


def test_steps_by_hand_and_steps_of_the_engine_are_the_same():
    params, X, y = problem()
    net = MLP([5, 4, 3], "tanh", rng=np.random.default_rng(0))
    for p, w in zip(net.params(), params.values(), strict=True):
        p.data[...] = w
    optimizer, rng = GradientDescent(net, 0.2), np.random.default_rng(1)
    history = fit(net, X, y, optimizer=optimizer, epochs=30, batch=6, rng=rng)
    losses = []
    for _ in range(30):
        params, loss = train_step(params, X, y, lr=0.2)
        losses.append(loss)
    np.testing.assert_allclose(history.steps, losses, rtol=1e-10)
    np.testing.assert_allclose(net.flat, np.concatenate([w.ravel() for w in params.values()]), rtol=1e-10)


def test_steps_by_hand_are_pytorchs(torch):
    params, X, y = problem()
    theirs = {name: torch.tensor(w, requires_grad=True) for name, w in params.items()}
    optimizer = torch.optim.SGD(theirs.values(), lr=0.2)
    for _ in range(60):
        optimizer.zero_grad()
        a = torch.tanh(torch.tensor(X) @ theirs["W1"] + theirs["b1"])
        torch.nn.functional.cross_entropy(a @ theirs["W2"] + theirs["b2"], torch.tensor(y)).backward()
        optimizer.step()
        params, _ = train_step(params, X, y, lr=0.2)
    for name, w in params.items():
        np.testing.assert_allclose(w, theirs[name].detach().numpy(), rtol=1e-10, atol=1e-13)


def test_float32_stays_and_nothing_is_changed():
    params, X, y = problem()
    params = {name: w.astype(np.float32) for name, w in params.items()}
    X = X.astype(np.float32)
    copies = {name: w.copy() for name, w in params.items()}
    new, _ = train_step(params, X, y, lr=0.1)
    assert {w.dtype for w in new.values()} == {np.dtype(np.float32)} and list(new) == ["W1", "b1", "W2", "b2"]
    z, cache = dense_forward(X, params["W1"], params["b1"])
    assert {z.dtype, *(g.dtype for g in dense_backward(z, cache))} == {np.dtype(np.float32)}
    logits = z.copy()
    assert softmax_cross_entropy(z, y)[1].dtype == np.float32
    np.testing.assert_array_equal(z, logits)
    for name, w in params.items():
        np.testing.assert_array_equal(w, copies[name])


def test_integers_are_computed_in_float64():
    z, _ = dense_forward([[1, 2]], [[1], [1]], [0])
    loss, dlogits = softmax_cross_entropy([[1, 2]], [0])
    assert (z.dtype, dlogits.dtype) == (np.float64, np.float64) and loss == pytest.approx(np.log(1 + np.e))


PARAMS, X, Y = problem()
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: dense_forward(X, X, [0.0]),
            ValueError,
            r"dense_forward: X and W must fit, \(N, D\) and \(D, H\), got shapes \(6, 5\) and \(6, 5\)",
        ),
        (lambda: dense_forward(X[0], X, [0.0]), ValueError, "dense_forward: X must have 2 axes"),
        (lambda: dense_forward(X, X[0], [0.0]), ValueError, "dense_forward: W must have 2 axes"),
        (
            lambda: dense_forward(X, PARAMS["W1"], np.zeros((4, 1))),
            ValueError,
            r"dense_forward: b must have shape \(4,\)",
        ),
        (lambda: dense_forward("a", X, 0), TypeError, "dense_forward: X must be an array of real numbers"),
        (lambda: dense_backward(X, X), TypeError, "dense_backward: cache must be the pair"),
        (lambda: dense_backward(X, (X, PARAMS["W1"])), ValueError, r"dense_backward: dz must have shape \(6, 4\)"),
        (
            lambda: softmax_cross_entropy(X[0], Y),
            ValueError,
            r"softmax_cross_entropy: logits must have shape \(N, C\), at least \(1, 1\), got \(5,\)",
        ),
        (
            lambda: softmax_cross_entropy(X[:0], Y[:0]),
            ValueError,
            r"softmax_cross_entropy: logits must have shape .* got \(0, 5\)",
        ),
        (lambda: softmax_cross_entropy(X, Y[:2]), ValueError, "softmax_cross_entropy: y must hold one label for each"),
        (lambda: softmax_cross_entropy(X, Y[:, None]), ValueError, r"softmax_cross_entropy: y must have shape \(N,\)"),
        (
            lambda: softmax_cross_entropy(X, Y - 3),
            ValueError,
            "softmax_cross_entropy: y must hold labels of at least 0",
        ),
        (lambda: softmax_cross_entropy(X, Y + 5), ValueError, "softmax_cross_entropy: y must hold labels .* at most 4"),
        (lambda: softmax_cross_entropy(X, Y * 1.0), TypeError, "softmax_cross_entropy: y must hold integer labels"),
        (lambda: softmax_cross_entropy(None, Y), TypeError, "softmax_cross_entropy: logits must be an array"),
        (
            lambda: iterate_minibatches(X, Y[:3], 2, RNG),
            ValueError,
            "iterate_minibatches: y must have as many rows as X",
        ),
        (lambda: iterate_minibatches(X, Y, 0, RNG), ValueError, "iterate_minibatches: batch must be at least 1, got 0"),
        (lambda: iterate_minibatches(X, Y, 2.5, RNG), TypeError, "iterate_minibatches: batch must be an integer"),
        (
            lambda: iterate_minibatches(X, Y, 2, 0),
            TypeError,
            "iterate_minibatches: rng must be a numpy.random.Generator",
        ),
        (lambda: train_step([], X, Y, lr=0.1), TypeError, "train_step: params must be a dict"),
        (
            lambda: train_step({"W1": X}, X, Y, lr=0.1),
            ValueError,
            "train_step: params must have the keys W1, b1, W2, b2",
        ),
        (lambda: train_step(PARAMS, X, Y, lr=0), ValueError, r"train_step: lr must be in \(0, inf\), got 0"),
        (lambda: train_step(PARAMS, X, Y, lr="a"), TypeError, "train_step: lr must be a number"),
        (lambda: train_step(PARAMS, X[:, :2], Y, lr=0.1), ValueError, "train_step: X and W must fit"),
        (lambda: train_step(PARAMS, X[0], Y, lr=0.1), ValueError, r"train_step: X must have shape \(N, D\)"),
        (lambda: train_step(PARAMS, X[:0], Y, lr=0.1), ValueError, r"train_step: X must have shape .* got \(0, 5\)"),
        (lambda: train_step(PARAMS, X, Y[1:], lr=0.1), ValueError, r"train_step: y must have shape \(6,\), got \(5,\)"),
        (lambda: train_step(PARAMS, X, Y + 9, lr=0.1), ValueError, "train_step: y must hold labels .* at most 2"),
        (lambda: dense_backward(X, ("a", "b")), TypeError, r"dense_backward: cache\[0\] must be an array"),
        (lambda: dense_backward(X, (X, "b")), TypeError, r"dense_backward: cache\[1\] must be an array"),
        (lambda: dense_backward(X, (X[0], X)), ValueError, r"dense_backward: cache\[0\] must have 2 axes"),
        (lambda: dense_backward(X, (X, X[0])), ValueError, r"dense_backward: cache\[1\] must have 2 axes"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
