"""What every optimizer step keeps to: dtypes, shapes, inputs, defaults, and what it says about bad input."""

from copy import deepcopy
from functools import partial
from inspect import signature

import numpy as np
import pytest
from gradus.adam_steps import BLOCK
from gradus.optimizers import (
    adagrad_step,
    adam_step,
    adamax_step,
    adamw_step,
    gd_step,
    momentum_step,
    momentum_torch_step,
    nadam_step,
    nesterov_shifted_step,
    nesterov_step,
    rmsprop_step,
)
from optimizer_support import PROBLEMS, every_step, follow

ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


@pytest.mark.parametrize(
    ("step", "defaults"),
    [
        (gd_step, {}),
        (momentum_step, {"beta": 0.9}),
        (momentum_torch_step, {"beta": 0.9}),
        (nesterov_step, {"beta": 0.9}),
        (nesterov_shifted_step, {"beta": 0.9}),
        (adagrad_step, {"eps": 1e-10, "init_acc": 0.0, "eps_mode": "outside"}),
        (rmsprop_step, {"rho": 0.9, "eps": 1e-8, "eps_mode": "outside"}),
        (adam_step, {"lr": 0.001, **ADAM, "eps_mode": "paper"}),
        (adamw_step, {"lr": 0.001, **ADAM, "weight_decay": 0.01, "eps_mode": "paper"}),
        (adamax_step, {"lr": 0.002, **ADAM}),
        (nadam_step, {"lr": 0.002, **ADAM, "psi": None}),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_defaults_are_those_of_the_papers(step, defaults):
    parameters = signature(step).parameters.values()
    assert {p.name: p.default for p in parameters if p.default is not p.empty} == defaults

    def two_steps(**hyper):
        w, state = np.ones(3), {}
        for g in np.array([[0.1, -2.0, 1e-9], [-1.0, 0.3, 1e-8]]):
            second = (lambda w, g=g: g) if step is nesterov_step else g
            w, state = step(w, second, state, **hyper)
        return w

    lr = {"lr": defaults.get("lr", 0.1)}
    np.testing.assert_array_equal(two_steps(**({} if "lr" in defaults else lr)), two_steps(**lr | defaults))


@every_step
def test_every_step_goes_down_a_parabola(step):
    w, state = np.array([1.0]), {}
    for _ in range(2000):
        w, state = step(w, w, state, lr=0.03)
    assert abs(w[0]) < 0.05


@every_step
def test_a_float32_trajectory_stays_float32_and_close(step):
    gradient, start = PROBLEMS["Rosenbrock"]
    path, _ = follow(partial(step, lr=1e-3 if step is adam_step else 2e-4), gradient, start)
    hyper = {n: np.float64(p.default) for n, p in signature(step).parameters.items() if isinstance(p.default, float)}
    w, state = start.astype(np.float32), {}
    for expected in path:
        g = gradient(w.astype(np.float64)).astype(np.float32)
        w, state = step(w, g, state, **hyper | {"lr": np.float64(1e-3 if step is adam_step else 2e-4)})
        assert w.dtype == np.float32
        assert all(
            x.dtype == np.float32 if isinstance(x, np.ndarray) else type(x) in (int, float) for x in state.values()
        )
        np.testing.assert_allclose(w, expected, rtol=1e-4)


@every_step
def test_inputs_are_not_changed(step):
    w, g, state = np.linspace(-1, 1, 6).reshape(2, 3), np.full((2, 3), 0.5), {}
    for _ in range(3):
        w_before, state_before = w.copy(), deepcopy(state)
        w_new, state_new = step(w, g, state, lr=0.1)
        np.testing.assert_array_equal(w, w_before)
        np.testing.assert_array_equal(g, 0.5)
        np.testing.assert_equal(state, state_before)
        assert not any(np.shares_memory(a, b) for a in state_new.values() for b in (w, g, w_new))
        w, state = w_new, state_new


@every_step
def test_the_shape_and_the_order_in_memory_make_no_difference(step):
    w, g = np.random.default_rng(0).standard_normal((2, 3, 4))
    expected, state = step(w, g, {}, lr=0.1)
    expected, _ = step(expected, g, state, lr=0.1)
    for change in (np.asfortranarray, np.ravel, lambda a: a[:, ::-1]):
        first, state = step(change(w), change(g), {}, lr=0.1)
        ours, _ = step(first, change(g), state, lr=0.1)
        assert ours.shape == change(w).shape
        np.testing.assert_array_equal(ours, change(expected))
    one, _ = step(np.array(2.0), np.array(1.0), {}, lr=0.1)
    np.testing.assert_array_equal(one, step(np.array([2.0]), np.array([1.0]), {}, lr=0.1)[0][0])


@every_step
def test_empty_arrays_and_nan_pass_through(step):
    w, _ = step(np.zeros((0, 2)), np.zeros((0, 2)), {}, lr=0.1)
    assert w.shape == (0, 2)
    w, _ = step(np.zeros(2), np.array([np.nan, 1.0]), {}, lr=0.1)
    assert np.isnan(w[0]) and w[1] < 0


@every_step
def test_no_gradient_no_step(step):
    w, _ = step(np.ones(2), np.zeros(2), {}, lr=0.1)
    np.testing.assert_array_equal(w, 1 - 0.1 * 0.01 if step is adamw_step else 1)


@every_step
def test_integers_are_computed_in_float64_and_gradients_in_the_dtype_of_the_parameters(step):
    w, _ = step(np.array([1, 2]), [1, -1], {}, lr=1)
    assert w.dtype == np.float64
    np.testing.assert_array_equal(w, step(np.array([1.0, 2.0]), np.array([1.0, -1.0]), {}, lr=1)[0])
    for g in (np.ones(2), np.ones(2, int)):
        w, state = step(np.ones(2, np.float32), g, {}, lr=0.1)
        w, _ = step(w, g, {key: np.asarray(x, float) if np.ndim(x) else x for key, x in state.items()}, lr=0.1)
        assert w.dtype == np.float32


@pytest.mark.parametrize("step", [adam_step, adamw_step], ids=lambda f: f.__name__)
@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 17])
def test_a_step_in_blocks_is_the_step_of_each_part(step, size):
    rng = np.random.default_rng(0)
    w, state = rng.standard_normal(size), {}
    parts = [slice(0, 100), slice(100, BLOCK + 5), slice(BLOCK + 5, size)]
    by_part = [(w[part], {}) for part in parts]
    for _ in range(3):
        g = rng.standard_normal(size)
        w, state = step(w, g, state, lr=0.1)
        by_part = [step(v, g[part], s, lr=0.1) for (v, s), part in zip(by_part, parts, strict=True)]
        np.testing.assert_array_equal(w, np.concatenate([v for v, _ in by_part]))
    for key in "ms":
        np.testing.assert_array_equal(state[key], np.concatenate([s[key] for _, s in by_part]))


W = np.ones(3)


@every_step
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"g": np.ones(2)}, ValueError, r"g must have the shape of w, \(3,\), got \(2,\)"),
        ({"w": "a"}, TypeError, "w must be an array of real numbers"),
        ({"g": None}, TypeError, "g must be an array of real numbers"),
        ({"lr": 0}, ValueError, r"lr must be in \(0, inf\), got 0"),
        ({"lr": -0.1}, ValueError, r"lr must be in \(0, inf\), got -0.1"),
        ({"lr": np.inf}, ValueError, r"lr must be in \(0, inf\), got inf"),
        ({"lr": np.nan}, ValueError, "lr must be in .* got nan"),
        ({"lr": "a"}, TypeError, "lr must be a number, got 'a'"),
        ({"state": None}, TypeError, "state must be a dict, {} before the first step, got None"),
        ({"state": {"x": W}}, ValueError, "state must be {} before the first step and hold .* after it, got x"),
    ],
)
def test_bad_input_of_a_step_is_named(step, given, error, message):
    arguments = {"w": W, "g": W, "state": {}, "lr": 0.1} | given
    name = getattr(step, "func", step).__name__
    with pytest.raises(error, match=f"^{name}: {message}"):
        step(**arguments)


@pytest.mark.parametrize(
    ("step", "name", "values"),
    [
        (momentum_step, "beta", [-0.1, 1, 1.2]),
        (momentum_torch_step, "beta", [-0.1, 1]),
        (nesterov_shifted_step, "beta", [-0.1, 1]),
        (adagrad_step, "eps", [0, -1]),
        (adagrad_step, "init_acc", [-0.1, np.inf]),
        (adagrad_step, "eps_mode", ["paper", "hat"]),
        (rmsprop_step, "rho", [-0.1, 1]),
        (rmsprop_step, "eps", [0]),
        (rmsprop_step, "eps_mode", ["paper"]),
        *[(step, "eps_mode", ["outside", 1]) for step in (adam_step, adamw_step)],
        *[
            (step, name, values)
            for step in (adam_step, adamw_step, adamax_step, nadam_step)
            for name, values in (("beta1", [-0.1, 1]), ("beta2", [-0.1, 1]), ("eps", [0, -1]))
        ],
        (adamw_step, "weight_decay", [-0.1, np.inf]),
        (nadam_step, "psi", [0, -1, np.inf]),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_hyperparameter_out_of_its_range_is_named(step, name, values):
    for value in values:
        with pytest.raises(ValueError, match=f"^{step.__name__}: {name} must be .*, got '?{value}"):
            step(W, W, {}, lr=0.1, **{name: value})


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"m": W, "s": W}, ValueError, "state must be {} before the first step and hold m, s, t after it, got m, s"),
        ({"m": W, "s": np.ones(2), "t": 1}, ValueError, r'state\["s"\] must have the shape of w, \(3,\), got \(2,\)'),
        ({"m": None, "s": W, "t": 1}, TypeError, r'state\["m"\] must be an array of real numbers'),
        ({"m": W, "s": W, "t": 1.5}, TypeError, r'state\["t"\] must be an integer, got 1.5'),
        ({"m": W, "s": W, "t": -1}, ValueError, r'state\["t"\] must be at least 0, got -1'),
    ],
)
def test_a_state_that_is_none_is_named(state, error, message):
    with pytest.raises(error, match=f"^adam_step: {message}"):
        adam_step(W, W, state)


def test_a_product_that_is_negative_is_named():
    with pytest.raises(ValueError, match=r'^nadam_step: state\["p"\] must be in \[0, inf\), got -1'):
        nadam_step(W, W, {"m": W, "s": W, "t": 1, "p": -1})
