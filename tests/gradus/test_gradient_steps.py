"""Gradient descent, momentum and Nesterov: first steps by hand, limits, what is the same as what."""

from functools import partial

import numpy as np
import pytest
from gradus.optimizers import gd_step, momentum_step, momentum_torch_step, nesterov_shifted_step, nesterov_step
from optimizer_support import PROBLEMS, follow, quadratic_gradient

G = np.array([3.0, -0.5])
W = np.ones(3)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (gd_step, [-0.3, 0.05]),
        (momentum_step, [-0.3, 0.05]),
        (momentum_torch_step, [-0.3, 0.05]),
        (nesterov_shifted_step, [-0.57, 0.095]),  # −η g (1 + β)
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_first_step_by_hand(step, expected):
    w, _ = step(np.zeros(2), G, {}, lr=0.1)
    np.testing.assert_allclose(w, expected)


def test_the_first_step_of_nesterov_looking_ahead_is_gradient_descent():
    w, state = nesterov_step(np.ones(2), lambda w: G * w, {}, lr=0.1)
    np.testing.assert_allclose(w, 1 - 0.1 * G)
    w_next, _ = nesterov_step(w, lambda w: G * w, state, lr=0.1, beta=0.5)
    m = -0.5 * 0.1 * G
    np.testing.assert_allclose(w_next, w + m - 0.1 * G * (w + m))


def test_nesterov_asks_for_one_gradient_and_that_ahead():
    asked = []
    state = {"m": np.array([1.0, -2.0])}
    nesterov_step(np.array([5.0, 5.0]), lambda w: asked.append(w.copy()) or w, state, lr=0.1)
    np.testing.assert_allclose(asked, [[5.9, 3.2]])


def test_nesterov_shifted_is_nesterov_seen_from_ahead():
    v, v_state = PROBLEMS["quadratic"][1], {}
    w, w_state = v, {}
    for _ in range(60):
        v, v_state = nesterov_step(v, quadratic_gradient, v_state, lr=0.05)
        w, w_state = nesterov_shifted_step(w, quadratic_gradient(w), w_state, lr=0.05)
        np.testing.assert_allclose(w, v + 0.9 * v_state["m"], rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(w_state["m"], v_state["m"], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("step", [momentum_step, momentum_torch_step, nesterov_shifted_step], ids=lambda f: f.__name__)
def test_without_momentum_it_is_gradient_descent(step):
    ours, _ = follow(partial(step, lr=0.05, beta=0))
    np.testing.assert_array_equal(ours, follow(partial(gd_step, lr=0.05))[0])


def test_nesterov_without_momentum_is_gradient_descent():
    w, _ = nesterov_step(np.ones(6), quadratic_gradient, {"m": np.ones(6)}, lr=0.05, beta=0)
    np.testing.assert_array_equal(w, gd_step(np.ones(6), quadratic_gradient(np.ones(6)), {}, lr=0.05)[0])


def test_both_forms_of_momentum_are_one_while_the_rate_is_constant():
    ours, state = follow(partial(momentum_step, lr=0.02))
    theirs, their_state = follow(partial(momentum_torch_step, lr=0.02))
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(state["m"], -0.02 * their_state["b"], rtol=1e-10, atol=1e-13)


def test_momentum_remembers_steps_and_pytorchs_form_gradients():
    g = np.ones(1)
    for step, expected in ((momentum_step, -1 - (0.5 + 0.1)), (momentum_torch_step, -1 - 0.1 * 1.5)):
        w, state = step(np.zeros(1), g, {}, lr=1.0, beta=0.5)
        w, _ = step(w, g, state, lr=0.1, beta=0.5)
        np.testing.assert_allclose(w, [expected])


def test_momentum_approaches_its_terminal_velocity():
    w, state, g = np.zeros(3), {}, np.array([1.0, -2.0, 0.5])
    for t in range(1, 50):
        w, state = momentum_step(w, g, state, lr=0.1, beta=0.9)
        np.testing.assert_allclose(state["m"], -0.1 * g * (1 - 0.9**t) / (1 - 0.9), rtol=1e-12)  # geometric series


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"w": "a"}, TypeError, "w must be an array of real numbers"),
        ({"grad_fn": 1}, TypeError, "grad_fn must be a function, got 1"),
        ({"grad_fn": lambda w: w[:2]}, ValueError, r"grad_fn\(w\) must have the shape of w, \(3,\), got \(2,\)"),
        ({"grad_fn": lambda w: None}, TypeError, r"grad_fn\(w\) must be an array of real numbers, got None"),
        ({"lr": 0}, ValueError, r"lr must be in \(0, inf\), got 0"),
        ({"beta": 1}, ValueError, r"beta must be in \[0, 1\), got 1"),
        ({"beta": -0.1}, ValueError, r"beta must be in \[0, 1\), got -0.1"),
        ({"state": {"b": W}}, ValueError, "state must be {} before the first step and hold m after it, got b"),
    ],
)
def test_bad_input_of_nesterov_is_named(given, error, message):
    with pytest.raises(error, match=f"^nesterov_step: {message}"):
        nesterov_step(**{"w": W, "grad_fn": lambda w: w, "state": {}, "lr": 0.1} | given)


def test_nesterov_keeps_dtype_and_inputs():
    w, m = np.ones(3, np.float32), np.ones(3, np.float32)

    def careless(ahead):
        ahead *= 2
        return ahead

    w_new, state = nesterov_step(w, careless, {"m": m}, lr=np.float64(0.1), beta=np.float64(0.5))
    assert w_new.dtype == state["m"].dtype == np.float32
    np.testing.assert_array_equal(w, 1)
    np.testing.assert_array_equal(m, 1)
    np.testing.assert_allclose(w_new, 1 + 0.5 - 0.1 * 2 * 1.5, rtol=1e-6)
    w_new, _ = nesterov_step(w, lambda w: w.astype(np.float64), {}, lr=0.1)
    assert w_new.dtype == np.float32
