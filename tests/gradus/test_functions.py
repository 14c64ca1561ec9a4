"""Functions on Variables: values and gradients against PyTorch, and along random directions."""

import numpy as np
import pytest
from gradus import Variable, activations, gradcheck, network, no_grad, normalization
from gradus import functions as F
from record_golden import expected, recorded

LABELS = np.array([2, 0, 4, 4, 1, 3])
MEAN, VAR = np.array([0.5, -1.0, 2.0]), np.array([0.5, 4.0, 1e-3])

CASES = {
    "add": lambda x, y: x + y,
    "add_number": lambda x: 2.5 + x,
    "sub": lambda x, y: x - y,
    "number_sub": lambda x: 2.5 - x,
    "mul": lambda x, y: x * y,
    "mul_number": lambda x: x * -3,
    "div": lambda x, y: x / y,
    "number_div": lambda x: 2.5 / x,
    "neg": lambda x: -x,
    "power_0": lambda x: x**0,
    "power_1": lambda x: x**1,
    "power_2": lambda x: x**2,
    "power_3": lambda x: x**3,
    "power_4": lambda x: x**4,
    "power_5": lambda x: x**5,
    "power_half": lambda x: x**0.5,
    "power_minus": lambda x: x**-1.5,
    "exp": F.exp,
    "log": F.log,
    "sqrt": F.sqrt,
    "matmul": lambda x, y: x @ y,
    "matmul_batched": lambda x, y: x @ y,
    "matmul_vectors": lambda x, y: x @ y,
    "matmul_matrix_vector": lambda x, y: x @ y,
    "matmul_vector_matrix": lambda x, y: x @ y,
    "matmul_vector_batch": lambda x, y: x @ y,
    "matmul_batch_vector": lambda x, y: x @ y,
    "sum": lambda x: x.sum(),
    "sum_axis": lambda x: x.sum(0),
    "sum_axes": lambda x: x.sum(axis=(0, -1), keepdims=True),
    "sum_last_axes": lambda x: x.sum(axis=(-1, 1)),
    "mean": lambda x: x.mean(),
    "mean_axis": lambda x: x.mean(axis=1),
    "reshape": lambda x: x.reshape((2, -1)),
    "transpose": lambda x: x.T,
    "transpose_axes": lambda x: x.transpose((1, 2, 0)),
    "getitem_slice": lambda x: x[1:, ::2],
    "getitem_number": lambda x: x[1],
    "getitem_repeated": lambda x: x[[0, 2, 0, 0], [1, 3, 1, 2]],
    "getitem_mask": lambda x: x[np.array([True, False, True])],
    "linear": F.linear,
    "linear_without_bias": F.linear,
    "identity": F.identity,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "leaky_relu_steep": lambda x: F.leaky_relu(x, alpha=2.0),
    "elu": F.elu,
    "elu_half": lambda x: F.elu(x, alpha=0.5),
    "selu": F.selu,
    "batch_norm_training": lambda x, gamma, beta: F.batch_norm(x, gamma, beta, MEAN, VAR, training=True)[0],
    "batch_norm_in_use": lambda x, gamma, beta: F.batch_norm(x, gamma, beta, MEAN, VAR, training=False)[0],
    "softmax_cross_entropy": lambda x: F.softmax_cross_entropy(x, LABELS),
    "softmax_cross_entropy_large": lambda x: F.softmax_cross_entropy(1000 * x, LABELS),
    "mean_squared_error": F.mean_squared_error,
}
every_case = pytest.mark.parametrize("name", CASES)


@pytest.fixture(scope="module")
def oracle():
    return expected("functions")


def variables(entry, dtype=np.float64):
    return [Variable(entry[f"x{i}"].astype(dtype)) for i in range(3) if f"x{i}" in entry]


def test_every_case_has_its_oracle(oracle):
    assert list(oracle) == list(CASES)


@every_case
def test_value_and_gradients_are_those_of_pytorch(name, oracle):
    entry = oracle[name]
    xs = variables(entry)
    y = CASES[name](*xs)
    np.testing.assert_allclose(y.data, entry["y"], rtol=1e-10, atol=1e-15)
    assert y.shape == entry["y"].shape
    (y * entry["c"]).sum().backward()
    for i, x in enumerate(xs):
        largest = np.abs(entry[f"g{i}"]).max()
        np.testing.assert_allclose(x.grad, entry[f"g{i}"], rtol=1e-10, atol=1e-13 * largest, err_msg=f"input {i}")


@every_case
def test_gradients_agree_with_differences_along_random_directions(name, oracle):
    eps = 1e-8 if name == "softmax_cross_entropy_large" else 1e-5  # its logits are a thousand times as steep
    gradcheck(CASES[name], *variables(oracle[name]), rng=np.random.default_rng(0), eps=eps, rtol=1e-6)


@every_case
def test_float32_stays_float32_and_inputs_stay_as_they_are(name, oracle):
    xs = variables(oracle[name], np.float32)
    before = [x.data.copy() for x in xs]
    if name.startswith("batch_norm"):
        running = MEAN.astype(np.float32), VAR.astype(np.float32)
        y, *statistics = F.batch_norm(*xs, *running, training=name.endswith("training"))
        assert [s.dtype for s in statistics] == [np.float32, np.float32]
    else:
        y = CASES[name](*xs)
    y.backward()
    assert y.dtype == np.float32
    for x, copy in zip(xs, before, strict=True):
        assert x.grad.dtype == np.float32 and x.grad.__class__ is np.ndarray and x.grad.shape == x.shape
        np.testing.assert_array_equal(x.data, copy)


def test_the_recorded_oracle_is_what_pytorch_computes(torch):
    for topic in ("functions", "networks", "optimizers", "training"):
        live, stored = expected(topic), recorded(topic)
        assert list(live) == list(stored)
        for name, entry in live.items():
            assert list(entry) == list(stored[name])
            for key, value in entry.items():
                message = f"{topic} {name} {key}: run tests/gradus/record_golden.py"
                np.testing.assert_allclose(stored[name][key], value, rtol=1e-9, atol=1e-12, err_msg=message)


def test_without_pytorch_the_recorded_oracle_serves_unless_ci_says_that_it_must_be_there(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)  # importing it fails now
    monkeypatch.delenv("CI", raising=False)
    np.testing.assert_array_equal(expected("functions")["exp"]["y"], recorded("functions")["exp"]["y"])
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="PyTorch is not installed"):
        expected("functions")


def test_linear_is_the_dense_layer_by_hand():
    rng = np.random.default_rng(0)
    X, W, b, dz = (rng.standard_normal(shape) for shape in [(6, 3), (3, 4), (4,), (6, 4)])
    xs = [Variable(a) for a in (X, W, b)]
    z = F.linear(*xs)
    (z * dz).sum().backward()
    z_by_hand, cache = network.dense_forward(X, W, b)
    np.testing.assert_allclose(z.data, z_by_hand, rtol=1e-13)
    for x, gradient in zip(xs, network.dense_backward(dz, cache), strict=True):
        np.testing.assert_allclose(x.grad, gradient, rtol=1e-13)


@pytest.mark.parametrize("name", F.ACTIVATIONS)
def test_activations_are_the_formulas_on_arrays(name):
    z = np.array([-1000.0, -3.0, -1e-9, 0.0, 1e-9, 0.5, 3.0, 1000.0])
    x = Variable(z)
    with np.errstate(all="raise", under="ignore"):
        y = F.ACTIVATIONS[name](x)
        y.backward()
    f, f_derivative = activations.ACTIVATIONS[name]
    np.testing.assert_array_equal(y.data, f(z))
    np.testing.assert_allclose(x.grad, f_derivative(z), rtol=1e-12, atol=1e-15)


def test_batch_norm_returns_the_running_statistics_of_the_formula():
    rng = np.random.default_rng(0)
    X, gamma, beta = rng.standard_normal((6, 3)), np.ones(3), np.zeros(3)
    _, mean, var = F.batch_norm(X, Variable(gamma), beta, MEAN, VAR, training=True, momentum=0.8)
    np.testing.assert_allclose(mean, 0.8 * MEAN + 0.2 * X.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(var, 0.8 * VAR + 0.2 * X.var(axis=0), rtol=1e-13)
    np.testing.assert_array_equal(MEAN, [0.5, -1.0, 2.0])
    out, *_ = normalization.batchnorm_forward(X, gamma, beta, MEAN, VAR, training=True)
    assert out.shape == X.shape


def test_softmax_cross_entropy_is_the_one_by_hand_and_scales_its_gradient():
    logits = np.random.default_rng(0).standard_normal((6, 5))
    loss_by_hand, dlogits = network.softmax_cross_entropy(logits, LABELS)
    x = Variable(logits)
    loss = F.softmax_cross_entropy(x, LABELS)
    (loss * 3).backward()
    assert loss.data == loss_by_hand and loss.shape == ()
    np.testing.assert_allclose(x.grad, 3 * dlogits, rtol=1e-14)


def test_no_gradient_is_computed_for_data():
    X, W = np.ones((2, 3)), Variable(np.ones((3, 4)))
    y = F.linear(X, W)
    gx, gW = y.creator.backward(np.ones((2, 4)))
    assert gx is None and gW.shape == (3, 4)
    y = X @ W
    gx, gW = y.creator.backward(np.ones((2, 4)))
    assert gx is None and gW.shape == (3, 4)


def test_the_gradient_of_x_to_the_0_is_0_even_at_0():
    x = Variable(np.array([0.0, 2.0]))
    with np.errstate(all="raise"):
        (x**0).backward()
    np.testing.assert_array_equal(x.grad, [0, 0])


def test_mean_gives_every_entry_its_share():
    x = Variable(np.ones((2, 3, 4)))
    x.mean(axis=(0, 2)).backward()
    np.testing.assert_allclose(x.grad, np.full((2, 3, 4), 1 / 8), rtol=1e-15)


V = Variable(np.ones((3, 4)))
TABLE = [
    (lambda: F.add(V, [1, 2]), TypeError, r"Add: x1 must be a Variable, an array or a number, got \[1, 2\] \(list\)"),
    (lambda: "a" * V, TypeError, r"Mul: x0 must be .* got 'a' \(str\)"),
    (lambda: V / None, TypeError, "Div: x1 must be .* got None"),
    (lambda: V - np.array(["a"]), TypeError, "Sub: x1 must be .* got an array of shape"),
    (lambda: V + np.ones(3), ValueError, r"Add with x0 of shape \(3, 4\), x1 of shape \(3,\): .*broadcast"),
    (lambda: V @ V, ValueError, r"MatMul with x0 of shape \(3, 4\), x1 of shape \(3, 4\)"),
    (lambda: V @ 2.0, ValueError, r"MatMul with x0 of shape \(3, 4\), x1 of shape \(\)"),
    (lambda: V**V, TypeError, "power: c must be a number, got Variable"),
    (lambda: F.exp("a"), TypeError, "Exp: x must be"),
    (lambda: F.log([1.0]), TypeError, "Log: x must be"),
    (lambda: F.sum(2.0), TypeError, r"Sum with x of shape \(\)"),
    (lambda: V.sum(axis=2), ValueError, r"Sum with x of shape \(3, 4\), axis = 2, .*: axis 2 is out of bounds"),
    (lambda: V.mean(axis=5), ValueError, "Mean with x of shape .*axis 5"),
    (
        lambda: Variable(np.ones((0, 3))).mean(axis=0),
        ValueError,
        r"Mean with x of shape \(0, 3\), axis = 0, .*there must be entries",
    ),
    (lambda: V.reshape((5, 5)), ValueError, r"Reshape with x of shape \(3, 4\), shape = \(5, 5\): cannot reshape"),
    (lambda: V.transpose((0, 0)), ValueError, r"Transpose with x of shape \(3, 4\), axes = \(0, 0\): repeated axis"),
    (lambda: V[7], IndexError, r"GetItem with x of shape \(3, 4\), index = 7: index 7 is out of bounds"),
    (
        lambda: F.linear(V, Variable(np.ones((3, 4)))),
        ValueError,
        r"Linear with x of shape \(3, 4\), W of shape \(3, 4\)",
    ),
    (lambda: F.linear(np.ones(4), Variable(np.ones((4, 2)))), ValueError, "Linear .*x and W must have 2 axes"),
    (
        lambda: F.linear(V, V.T, np.ones((3, 1))),
        ValueError,
        r"Linear .*b of shape \(3, 1\): b must have shape \(fan_out,\)",
    ),
    (lambda: F.linear(2.0, V), TypeError, r"Linear with x of shape \(\)"),
    (lambda: F.relu("a"), TypeError, "ReLU: z must be"),
    (lambda: F.tanh([1]), TypeError, "Tanh: z must be"),
    (lambda: F.sigmoid(None), TypeError, "Sigmoid: z must be"),
    (lambda: F.elu(V, alpha="a"), TypeError, "elu: alpha must be a number"),
    (lambda: F.leaky_relu(V, alpha=np.nan), ValueError, "leaky_relu: alpha"),
    (lambda: F.batch_norm(V, np.ones(3), np.ones(4), MEAN, VAR, training=True), ValueError, "gamma must have shape"),
    (lambda: F.batch_norm(V, np.ones(4), np.ones(4), MEAN, VAR, training=True), ValueError, "running_mean must have"),
    (lambda: F.softmax_cross_entropy(V, [0, 1]), ValueError, "y must hold one label for each of the 3 rows"),
    (lambda: F.softmax_cross_entropy(V, [0, 1, 4]), ValueError, "y must hold labels of at least 0 and at most 3"),
    (lambda: F.softmax_cross_entropy(V, [0.0, 1.0, 2.0]), TypeError, "y must hold integer labels"),
    (lambda: F.softmax_cross_entropy(V[0], [0]), ValueError, r"logits must have shape \(N, C\)"),
    (lambda: F.mean_squared_error(V, np.ones((3, 1))), ValueError, "MeanSquaredError .*x and y must have one shape"),
]


@pytest.mark.parametrize(("call", "error", "message"), TABLE, ids=[message[:40] for *_, message in TABLE])
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
    with no_grad(), pytest.raises(error, match=message):
        call()
