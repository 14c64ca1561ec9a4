"""Optimizers: whole trajectories against PyTorch, first steps by hand, and what they must leave alone."""

import numpy as np
import pytest
from gradus.layers import MLP, Linear
from gradus.optimizers import Adam, GradientDescent, Momentum, adam_step, gd_step, momentum_step
from record_golden import expected

STEPS = {
    "gd": lambda w, g, state: gd_step(w, g, state, lr=0.009),
    "momentum": lambda w, g, state: momentum_step(w, g, state, lr=0.002, beta=0.9),
    "momentum_light": lambda w, g, state: momentum_step(w, g, state, lr=0.002, beta=0.5),
    "adam": lambda w, g, state: adam_step(w, g, state, lr=0.05),
    "adam_other": lambda w, g, state: adam_step(w, g, state, lr=0.05, beta1=0.5, beta2=0.9, eps=0.1),
}
CLASSES = {
    "gd": lambda net: GradientDescent(net, 0.009),
    "momentum": lambda net: Momentum(net, 0.002),
    "momentum_light": lambda net: Momentum(net, 0.002, beta=0.5),
    "adam": lambda net: Adam(net, 0.05),
    "adam_other": lambda net: Adam(net, 0.05, beta1=0.5, beta2=0.9, eps=0.1),
}
every_optimizer = pytest.mark.parametrize("name", STEPS)


@pytest.fixture(scope="module")
def oracle():
    return expected("optimizers")


@every_optimizer
def test_sixty_steps_are_those_of_pytorch(name, oracle):
    A, w = oracle["problem"]["A"], oracle["problem"]["start"]
    state = {}
    for t, w_torch in enumerate(oracle[name]["trajectory"]):
        w, state = STEPS[name](w, A @ w + np.sin(w), state)
        np.testing.assert_allclose(w, w_torch, rtol=1e-10, atol=1e-13, err_msg=f"step {t + 1}")


@every_optimizer
def test_the_class_takes_the_steps_of_the_formula(name):
    rng = np.random.default_rng(0)
    net = MLP([3, 4, 2], rng=rng)
    optimizer, w, state = CLASSES[name](net), net.flat.copy(), {}
    for _ in range(20):
        for p in net.params():
            p.grad = rng.standard_normal(p.shape)
        w, state = STEPS[name](w, net.flat_grad, state)
        optimizer.step()
        np.testing.assert_array_equal(net.flat, w)
    np.testing.assert_array_equal(net.layers[0].W.data, w[:12].reshape(3, 4))
    for key, value in state.items():
        np.testing.assert_array_equal(optimizer.state[key], value)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays_and_inputs_are_not_changed(name, dtype):
    w, g, state = np.linspace(-1, 1, 6, dtype=dtype).reshape(2, 3), np.full((2, 3), 0.5, dtype), {}
    for _ in range(3):
        w_before, state_before = w.copy(), {key: np.copy(value) for key, value in state.items()}
        w_new, state_new = STEPS[name](w, g, state)
        assert w_new.dtype == dtype and w_new.shape == w.shape
        assert all(v.dtype == dtype for v in state_new.values() if isinstance(v, np.ndarray))
        np.testing.assert_array_equal(w, w_before)
        assert list(state) == list(state_before)
        for key, value in state_before.items():
            np.testing.assert_array_equal(state[key], value)
        w, state = w_new, state_new
    np.testing.assert_array_equal(g, np.full((2, 3), 0.5, dtype))


def test_a_numpy_number_as_learning_rate_leaves_float32():
    w = g = np.ones(3, np.float32)
    for step in (gd_step, momentum_step, adam_step):
        assert step(w, g, {}, lr=np.float64(0.1))[0].dtype == np.float32


def test_integers_are_computed_in_float64():
    for step in (gd_step, momentum_step, adam_step):
        w, _ = step(np.array([1, 2]), np.array([1, -1]), {}, lr=0.5)
        assert w.dtype == np.float64
        np.testing.assert_allclose(w, [0.5, 2.5], rtol=1e-7)


def test_momentum_approaches_its_terminal_velocity():
    w, state, g = np.zeros(3), {}, np.array([1.0, -2.0, 0.5])
    for t in range(1, 50):
        w, state = momentum_step(w, g, state, lr=0.1, beta=0.9)
        np.testing.assert_allclose(state["m"], -0.1 * g * (1 - 0.9**t) / (1 - 0.9), rtol=1e-12)  # geometric series


def test_momentum_remembers_steps_and_not_gradients():
    g = np.ones(1)
    w, state = momentum_step(np.zeros(1), g, {}, lr=1.0, beta=0.5)
    w, state = momentum_step(w, g, state, lr=0.1, beta=0.5)
    np.testing.assert_allclose(w, [-1.6])  # −1 − (.5 · 1 + .1); PyTorch's form gives −1 − .1 · 1.5 = −1.15


def test_momentum_without_momentum_is_gradient_descent():
    w, g = np.array([1.0, -2.0]), np.array([0.3, 4.0])
    np.testing.assert_array_equal(momentum_step(w, g, {}, lr=0.1, beta=0)[0], gd_step(w, g, {}, lr=0.1)[0])


def test_adams_first_step_has_length_lr_whatever_the_gradient():
    g = np.array([1e-4, -1.0, 3e5])
    w, state = adam_step(np.zeros(3), g, {}, lr=0.01)
    np.testing.assert_allclose(w, [-0.01, 0.01, -0.01], rtol=2e-4)  # ε is a ten-thousandth of the smallest gradient
    assert state["t"] == 1
    np.testing.assert_allclose(state["m"], 0.1 * g, rtol=1e-14)
    np.testing.assert_allclose(state["s"], 0.001 * g * g, rtol=1e-12)


def test_under_a_constant_gradient_every_step_of_adam_has_length_lr():
    w, state = np.zeros(2), {}
    for t in range(1, 30):
        w, state = adam_step(w, np.array([2.0, -300.0]), state, lr=0.01)
        np.testing.assert_allclose(w, [-0.01 * t, 0.01 * t], rtol=1e-8)  # corrections undo what is missing in m and s


def test_adams_epsilon_stands_outside_the_root_of_the_corrected_moment():
    w, _ = adam_step(np.zeros(1), np.array([1e-8]), {}, lr=1.0, eps=1e-8)
    np.testing.assert_allclose(
        w, [-0.5], rtol=1e-6
    )  # g / (g + ε); inside the root, or before the correction, it is less


@every_optimizer
def test_every_optimizer_goes_down_a_parabola(name):
    w, state = np.array([1.0]), {}
    for _ in range(2000):
        w, state = STEPS[name](w, w, state)
    assert abs(w[0]) < 1e-3


def test_adam_and_momentum_find_the_minimum_of_rosenbrocks_valley():
    def gradient(w):
        x, y = w
        return np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])

    for step in (
        lambda w, g, s: momentum_step(w, g, s, lr=2e-4, beta=0.95),
        lambda w, g, s: adam_step(w, g, s, lr=0.02),
    ):
        w, state = np.array([-1.2, 1.0]), {}
        for _ in range(8000):
            w, state = step(w, gradient(w), state)
        np.testing.assert_allclose(w, [1.0, 1.0], atol=1e-2)


def test_the_learning_rate_may_change_between_steps():
    net = Linear(1, 1, rng=np.random.default_rng(0), bias=False)
    for optimizer in (GradientDescent(net, 0.5), Momentum(net, 0.5, beta=0), Adam(net, 0.5)):
        net.W.data[...] = 1
        for lr in (0.5, np.float64(0.25)):
            optimizer.lr = lr
            assert type(optimizer.lr) is float
            net.W.grad = np.ones((1, 1))
            optimizer.step()
        np.testing.assert_allclose(net.W.data, [[0.25]], rtol=1e-7)
        with pytest.raises(ValueError, match=r"Optimizer.lr: lr must be in \(0, inf\), got 0"):
            optimizer.lr = 0.0


def test_a_parameter_without_gradient_counts_as_gradient_0():
    net = Linear(1, 2, rng=np.random.default_rng(0))
    net.W.grad = np.ones((1, 2))
    before = net.W.data.copy()
    GradientDescent(net, 0.5).step()
    np.testing.assert_allclose(net.W.data, before - 0.5)
    np.testing.assert_array_equal(net.b.data, 0)


W = np.ones(3)
NET = MLP([2, 2], rng=np.random.default_rng(0))


@pytest.mark.parametrize("step", [gd_step, momentum_step, adam_step], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"g": np.ones(2)}, ValueError, r"g must have the shape of w, \(3,\), got \(2,\)"),
        ({"w": "a"}, TypeError, "w must be an array of real numbers"),
        ({"g": None}, TypeError, "g must be an array of real numbers"),
        ({"lr": 0}, ValueError, r"lr must be in \(0, inf\), got 0"),
        ({"lr": -0.1}, ValueError, r"lr must be in \(0, inf\), got -0.1"),
        ({"lr": np.nan}, ValueError, "lr must be in .* got nan"),
        ({"lr": "a"}, TypeError, "lr must be a number, got 'a'"),
        ({"state": None}, TypeError, "state must be a dict"),
    ],
)
def test_bad_input_of_a_step_is_named(step, given, error, message):
    arguments = {"w": W, "g": W, "state": {}, "lr": 0.1} | given
    with pytest.raises(error, match=f"{step.__name__}: {message}"):
        step(**arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: momentum_step(W, W, {}, lr=1, beta=1.2),
            ValueError,
            r"momentum_step: beta must be in \[0, 1\), got 1.2",
        ),
        (
            lambda: momentum_step(W, W, {"m": np.ones(2)}, lr=1),
            ValueError,
            r'momentum_step: state\["m"\] must have the',
        ),
        (lambda: adam_step(W, W, {}, lr=1, beta1=1), ValueError, r"adam_step: beta1 must be in \[0, 1\), got 1"),
        (lambda: adam_step(W, W, {}, lr=1, beta2=-0.1), ValueError, r"adam_step: beta2 must be in \[0, 1\), got -0.1"),
        (lambda: adam_step(W, W, {}, lr=1, eps=0), ValueError, r"adam_step: eps must be in \(0, inf\), got 0"),
        (lambda: GradientDescent(NET, 0), ValueError, r"lr must be in \(0, inf\), got 0"),
        (lambda: Momentum(NET, 0.1, beta=1), ValueError, r"beta must be in \[0, 1\), got 1"),
        (lambda: Adam(NET, eps=-1), ValueError, r"eps must be in \(0, inf\), got -1"),
        (lambda: Adam([1.0]), TypeError, r"Adam: net must be a Layer, got \[1.0\]"),
        (
            lambda: GradientDescent(NET, 0.1).step(),
            ValueError,
            r"there are no gradients: call backward\(\) on a loss first",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
