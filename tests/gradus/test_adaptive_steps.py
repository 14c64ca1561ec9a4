"""AdaGrad, RMSProp and the family of Adam: first steps by hand, limits, what is the same as what."""

from functools import partial
from math import sqrt

import numpy as np
import pytest
from gradus.optimizers import adagrad_step, adam_step, adamax_step, adamw_step, nadam_step, rmsprop_step
from optimizer_support import PROBLEMS, STEPS, follow

G = np.array([3.0, -0.5])


@pytest.mark.parametrize(
    ("step", "hyper", "lengths"),
    [
        (adagrad_step, {}, [1, 1]),
        (adagrad_step, {"init_acc": 16.0}, [3 / 5, 0.5 / sqrt(16.25)]),
        (rmsprop_step, {}, [sqrt(10), sqrt(10)]),
        (adam_step, {}, [1, 1]),
        (adamw_step, {}, [1, 1]),
        (adamax_step, {}, [1, 1]),
        (nadam_step, {}, [0.9 / 1.9 + 1, 0.9 / 1.9 + 1]),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_the_first_step_by_hand(step, hyper, lengths):
    w, _ = step(np.zeros(2), G, {}, lr=0.1, **hyper)
    np.testing.assert_allclose(w, -0.1 * np.sign(G) * lengths, rtol=1e-7)


def test_adagrad_under_a_constant_gradient_slows_down_like_the_root_of_t():
    path, state = follow(partial(adagrad_step, lr=0.1), lambda w: G, np.zeros(2), 40)
    expected = -0.1 * np.sign(G) * np.cumsum(1 / np.sqrt(np.arange(1, 41)))[:, np.newaxis]
    np.testing.assert_allclose(path, expected, rtol=1e-8)
    np.testing.assert_allclose(state["s"], 40 * G**2)


@pytest.mark.parametrize(("mode", "length"), [("outside", 3 / (3 + 16)), ("inside", 3 / 5)])
def test_epsilon_inside_the_root_or_outside(mode, length):
    w, _ = adagrad_step(np.zeros(1), np.array([3.0]), {}, lr=1, eps=16, eps_mode=mode)
    np.testing.assert_allclose(w, [-length])
    w, _ = rmsprop_step(np.zeros(1), np.array([3.0]), {}, lr=1, eps=16, rho=0, eps_mode=mode)
    np.testing.assert_allclose(w, [-length])


@pytest.mark.parametrize("eps", [1e-8, 0.1])
def test_rmsprop_is_adam_without_mean_and_corrections(eps):
    long_ago = {"m": np.zeros(6), "s": np.zeros(6), "t": 10**6}  # both corrections are 1
    adam, _ = follow(partial(adam_step, lr=0.02, beta1=0, beta2=0.9, eps=eps), state=long_ago)
    rmsprop, _ = follow(partial(rmsprop_step, lr=0.02, eps=eps))
    np.testing.assert_allclose(rmsprop, adam, rtol=1e-10, atol=1e-13)


def test_rmsprop_remembers_an_impulse_for_its_window():
    _, state = rmsprop_step(np.zeros(1), np.ones(1), {}, lr=0.1, rho=0.8)
    for k in range(1, 20):
        _, state = rmsprop_step(np.zeros(1), np.zeros(1), state, lr=0.1, rho=0.8)
        np.testing.assert_allclose(state["s"], 0.2 * 0.8**k)


def test_adams_first_step_has_length_lr_whatever_the_gradient():
    g = np.array([1e-4, -1.0, 3e5])
    w, state = adam_step(np.zeros(3), g, {}, lr=0.01)
    np.testing.assert_allclose(w, [-0.01, 0.01, -0.01], rtol=2e-4)  # ε is a ten-thousandth of the smallest gradient
    assert state["t"] == 1
    np.testing.assert_allclose(state["m"], 0.1 * g, rtol=1e-14)
    np.testing.assert_allclose(state["s"], 0.001 * g * g, rtol=1e-12)


@pytest.mark.parametrize(
    ("mode", "eps", "length"),
    [
        ("paper", 1e-8, [1, 1]),
        ("paper", 0.5, [3 / 3.5, 0.5 / 1]),
        ("inside", 16.0, [3 / 5, 0.5 / sqrt(16.25)]),
    ],
)
def test_under_a_constant_gradient_every_step_of_adam_is_the_same(mode, eps, length):
    path, _ = follow(partial(adam_step, lr=0.1, eps=eps, eps_mode=mode), lambda w: G, np.zeros(2), 30)
    expected = -0.1 * np.sign(G) * length * np.arange(1, 31)[:, np.newaxis]
    np.testing.assert_allclose(path, expected, rtol=1e-7)  # corrections undo what is missing in m and s


def test_epsilon_hat_is_added_before_the_correction():
    w, _ = adam_step(np.zeros(1), np.array([3.0]), {}, lr=1, eps=sqrt(0.001), eps_mode="hat")
    np.testing.assert_allclose(w, [-0.75])  # s = .001 g², so that √s + ε̂ = √.001 (3 + 1)


@pytest.mark.parametrize(("g", "lengths"), [(1.0, [1, 1, 1]), (1e-8, [0.5, 1e-4, 1 / (1 + 1000**0.5)])])
def test_where_adams_epsilon_stands_matters_for_small_gradients_only(g, lengths):
    for mode, length in zip(("paper", "inside", "hat"), lengths, strict=True):
        w, _ = adam_step(np.zeros(1), np.array([g]), {}, lr=1, eps_mode=mode)
        np.testing.assert_allclose(w, [-length], rtol=1e-4, err_msg=mode)


def test_adamw_without_decay_is_adam():
    for mode in ("paper", "inside", "hat"):
        ours, _ = follow(partial(adamw_step, lr=0.05, weight_decay=0, eps_mode=mode, beta1=0.7, beta2=0.9, eps=0.2))
        adam, _ = follow(partial(adam_step, lr=0.05, eps_mode=mode, beta1=0.7, beta2=0.9, eps=0.2))
        np.testing.assert_array_equal(ours, adam)


def test_adamw_only_decays_where_the_gradient_is_zero():
    path, state = follow(partial(adamw_step, lr=0.1, weight_decay=0.5), np.zeros_like, np.array([2.0, -1.0]), 20)
    np.testing.assert_allclose(path[-1], 0.95**20 * np.array([2.0, -1.0]))
    np.testing.assert_array_equal(state["m"], 0)


def test_adamax_never_steps_further_than_its_bound():
    rng = np.random.default_rng(0)
    w, state = np.zeros(50), {}
    for t in range(300):
        g = 10 ** rng.uniform(-3, 3, 50) * rng.choice([-1, 1, 1], 50)
        if t < 60:
            g = np.full(50, 0.999**t)  # falls as fast as u: the worst case
        before = w
        w, state = adamax_step(w, g, state, lr=0.1, eps=1e-30)
        longest = np.abs(w - before).max()
        assert longest <= 0.1 * (1 - 0.9) / (1 - 0.9 / 0.999) * (1 + 1e-9)
        if t == 59:
            assert longest > 1.008 * 0.1


def test_adamax_under_a_constant_gradient_steps_by_lr():
    path, state = follow(partial(adamax_step, lr=0.1), lambda w: G, np.zeros(2), 30)
    np.testing.assert_allclose(path, -0.1 * np.sign(G) * np.arange(1, 31)[:, np.newaxis], rtol=1e-7)
    np.testing.assert_array_equal(state["u"], np.abs(G))


def test_nadams_second_step_by_hand():
    w, state = nadam_step(np.zeros(1), np.array([1.0]), {}, lr=1, eps=1e-12)
    w_next, state = nadam_step(w, np.array([2.0]), state, lr=1, eps=1e-12)
    m, s = 0.9 * 0.1 + 0.1 * 2, 0.999 * 0.001 + 0.001 * 4
    m_hat = 0.9 * m / (1 - 0.9**3) + 0.1 * 2 / (1 - 0.9**2)
    np.testing.assert_allclose(w - w_next, m_hat / np.sqrt(s / (1 - 0.999**2)), rtol=1e-10)
    assert state["t"] == 2
    assert state["p"] == pytest.approx(0.81, rel=1e-14)


def test_nadam_with_constant_momentum_is_that_which_has_grown_at_once():
    ours, _ = follow(partial(nadam_step, lr=0.05))
    np.testing.assert_allclose(ours, follow(partial(nadam_step, lr=0.05, psi=1e6))[0], rtol=1e-10, atol=1e-13)


def test_nadam_without_mean_is_adam_without_mean():
    ours, _ = follow(partial(nadam_step, lr=0.05, beta1=0))
    np.testing.assert_allclose(ours, follow(partial(adam_step, lr=0.05, beta1=0))[0], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "lr"), [("momentum", 4e-4), ("nesterov_shifted", 4e-4), ("adam", 0.02), ("adamax", 0.02), ("nadam", 0.02)]
)
def test_the_end_of_rosenbrocks_valley_is_found(name, lr):
    path, _ = follow(partial(STEPS[name], lr=lr), *PROBLEMS["Rosenbrock"], steps=8000)
    np.testing.assert_allclose(path[-1], [1.0, 1.0], atol=1e-2)
