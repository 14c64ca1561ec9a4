"""The test problems: gradients against differences, minima, and the claims for which they were made."""

from math import ceil, log, pi, sqrt

import numpy as np
import pytest
from gradus.optimizers import (
    adagrad_step,
    adam_step,
    gd_step,
    momentum_step,
    nesterov_step,
    rmsprop_step,
)
from gradus.problems import (
    hessian_fd,
    noisy_quadratic,
    plateau,
    quadratic,
    rosenbrock,
    saddle,
    sparse_logreg,
    terminal_velocity,
    wilson_data,
)
from scipy import integrate, optimize, special, stats
from sklearn.linear_model import LogisticRegression

PROBLEMS = {
    "quadratic": lambda: quadratic(30),
    "turned": lambda: quadratic(30, 0.4),
    "noisy": lambda: noisy_quadratic(30, 0.0, np.random.default_rng(0)),
    "plateau": plateau,
    "rosenbrock": rosenbrock,
    "saddle": saddle,
    "sparse_logreg": lambda: sparse_logreg(40, 5, np.random.default_rng(0)),
}
every_problem = pytest.mark.parametrize("make", PROBLEMS.values(), ids=PROBLEMS)


@every_problem
def test_the_gradient_is_the_slope(make):
    problem, rng = make(), np.random.default_rng(0)
    for w in (problem.start, *(problem.start + rng.standard_normal((5, len(problem.start))))):
        slopes = optimize.approx_fprime(w, problem.f, 1e-7)
        np.testing.assert_allclose(problem.grad(w), slopes, rtol=1e-4, atol=1e-4)
        assert type(problem.f(w)) is float


@every_problem
def test_the_minimum_is_where_scipy_finds_it(make):
    problem = make()
    found = optimize.minimize(problem.f, problem.start + 0.1, jac=problem.grad, tol=1e-10).x
    if problem.minimum is not None:
        np.testing.assert_allclose(found, problem.minimum, atol=1e-4)
        np.testing.assert_allclose(problem.grad(problem.minimum), 0, atol=1e-12)
    assert problem.f(found) < problem.f(problem.start)


@pytest.mark.parametrize("angle", [0.0, 0.3, -2.0])
def test_the_quadratic_has_the_condition_number_and_the_angle(angle):
    problem = quadratic(50, angle)
    H = hessian_fd(problem.f, np.array([0.3, 0.1]))
    values, vectors = np.linalg.eigh(H)
    np.testing.assert_allclose(values, [1, 50], rtol=1e-5)
    assert abs(vectors[:, 0] @ [np.cos(angle), np.sin(angle)]) == pytest.approx(1, abs=1e-8)
    assert problem.f(problem.start) == pytest.approx(25.5)
    np.testing.assert_allclose(problem.start, [np.cos(angle) - np.sin(angle), np.sin(angle) + np.cos(angle)])
    np.testing.assert_array_equal(problem.minimum, 0)


def test_the_quadratic_lies_along_the_axes_if_not_told_otherwise():
    np.testing.assert_array_equal(quadratic(100).grad(np.ones(2)), [1, 100])
    assert quadratic(1).f(np.array([3.0, 4.0])) == 12.5


def test_adagrad_points_to_the_optimum_of_a_bowl_along_the_axes_only():
    def cosine(step, problem):
        w, _ = step(problem.start, problem.grad(problem.start), {}, lr=1e-3)
        moved, way = w - problem.start, problem.minimum - problem.start
        return moved @ way / np.linalg.norm(moved) / np.linalg.norm(way)

    gd = 101 / sqrt(2 * 10001)
    for angle, adagrad in ((0.0, 1.0), (pi / 4, sqrt(0.5))):
        assert cosine(gd_step, quadratic(100, angle)) == pytest.approx(gd, rel=1e-9)
        assert cosine(adagrad_step, quadratic(100, angle)) == pytest.approx(adagrad, rel=1e-6)


def test_the_noise_of_the_quadratic_is_normal_and_drawn_anew():
    problem = noisy_quadratic(3, 0.5, np.random.default_rng(0))
    w = np.array([2.0, -1.0])
    noise = np.array([problem.grad(w) for _ in range(4000)]) - [2.0, -3.0]
    for column in noise.T:
        assert stats.kstest(column, stats.norm(0, 0.5).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(noise.T)[0, 1]) < 5 / sqrt(4000)
    assert problem.f(w) == quadratic(3).f(w) == 3.5
    np.testing.assert_array_equal(problem.start, [1, 1])
    np.testing.assert_array_equal(
        noisy_quadratic(3, 0.5, np.random.default_rng(1)).grad(w),
        [2, -3] + 0.5 * np.random.default_rng(1).standard_normal(2),
    )


def test_with_a_constant_rate_gradient_descent_wanders_as_widely_as_said():
    eta, sigma, h = 0.1, 0.5, 4
    problem, w, path = noisy_quadratic(h, sigma, np.random.default_rng(0)), np.zeros(2), []
    for _ in range(20_000):
        w, _ = gd_step(w, problem.grad(w), {}, lr=eta)
        path.append(w)
    expected = [eta * sigma**2 / (curvature * (2 - eta * curvature)) for curvature in (1, h)]
    np.testing.assert_allclose(np.var(path, axis=0), expected, rtol=0.15)


def test_momentum_leaves_the_plateau_six_times_as_fast():
    problem = plateau()

    def steps_until_below_1(step, second_argument):
        w, state, t = problem.start, {}, 0
        while w[0] >= 1:
            w, state = step(w, second_argument(w), state, lr=0.5)
            t += 1
        return t

    assert steps_until_below_1(gd_step, problem.grad) == 443  # counted in another program
    assert steps_until_below_1(momentum_step, problem.grad) == 73
    assert steps_until_below_1(nesterov_step, lambda w: problem.grad) == 71
    assert problem.grad(problem.start)[0] == pytest.approx(4 * np.exp(-8), rel=1e-12)
    assert problem.f(np.zeros(1)) == -1


def test_without_momentum_the_plateau_takes_as_long_as_the_differential_equation_says():
    problem = plateau()
    time, _ = integrate.quad(lambda x: 1 / problem.grad(np.array([x]))[0], 1, 4)  # dx/dt = −f′(x)
    assert time == pytest.approx((special.expi(8) - special.expi(0.5)) / 2, rel=1e-10)  # ∫ exp(x²/2)/x dx
    assert time / 0.5 == pytest.approx(443, rel=0.02)


def test_rosenbrock_is_scipys():
    rng, problem = np.random.default_rng(0), rosenbrock()
    for w in rng.standard_normal((5, 2)):
        assert problem.f(w) == pytest.approx(optimize.rosen(w), rel=1e-12)
        np.testing.assert_allclose(problem.grad(w), optimize.rosen_der(w), rtol=1e-10)
    assert problem.f(problem.start) == pytest.approx(24.2)


def test_the_saddle_is_one_and_lies_between_two_minima():
    problem = saddle()
    np.testing.assert_allclose(hessian_fd(problem.f, np.zeros(2)), [[1, 0], [0, -1]], atol=1e-6)
    for y in (-1.0, 1.0):
        np.testing.assert_array_equal(problem.grad(np.array([0.0, y])), 0)
        np.testing.assert_allclose(hessian_fd(problem.f, np.array([0.0, y])), [[1, 0], [0, 2]], atol=1e-6)
        assert problem.f(np.array([0.0, y])) == -0.25
    np.testing.assert_array_equal(problem.start, [1, 1e-6])
    np.testing.assert_array_equal(problem.minimum, [0, 1])


def test_gradient_descent_lingers_at_the_saddle():
    problem = saddle()
    w, t = problem.start, 0
    while w[1] < 0.1:
        w, t = gd_step(w, problem.grad(w), {}, lr=0.1)[0], t + 1
    assert t == pytest.approx(log(1e5) / log(1.1), abs=2)  # y grows by 1 + η a step


# Sparse logistic regression and Wilson's counter-example.


def test_sparse_logistic_regression_has_scikit_learns_minimum():
    n, d = 300, 8
    problem = sparse_logreg(n, d, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    X = (rng.random((n, d)) < 0.5 / np.arange(1, d + 1)).astype(float)
    w_true = 2 * rng.standard_normal(d)
    y = rng.random(n) < 1 / (1 + np.exp(-X @ w_true))
    theirs = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=1000).fit(X, y).coef_[0]
    found = optimize.minimize(problem.f, problem.start, jac=problem.grad, tol=1e-10).x
    np.testing.assert_allclose(found, theirs, atol=1e-5)


def test_at_0_the_loss_of_logistic_regression_is_that_of_a_coin():
    problem = sparse_logreg(50, 4, np.random.default_rng(0))
    assert problem.f(problem.start) == pytest.approx(log(2), rel=1e-14)
    assert problem.start.shape == (4,)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(problem.f(np.full(4, 1e4))) and np.isfinite(problem.grad(np.full(4, 1e4))).all()


def test_adagrad_is_ahead_of_gradient_descent_on_rare_words():
    def loss_after_200_steps(step, problem, lr):
        w, state = problem.start, {}
        for _ in range(200):
            w, state = step(w, problem.grad(w), state, lr=lr)
        return problem.f(w)

    for seed in range(2):
        problem = sparse_logreg(500, 50, np.random.default_rng(seed))
        best = {
            step: min(loss_after_200_steps(step, problem, lr) for lr in 4.0 ** np.arange(-1, 3))
            for step in (gd_step, adagrad_step)
        }
        minimum = optimize.minimize(problem.f, problem.start, jac=problem.grad, tol=1e-10).fun
        assert best[adagrad_step] - minimum < 0.5 * (best[gd_step] - minimum)


def test_wilsons_data_by_hand():
    rng = np.random.default_rng(0)
    X, y = wilson_data(6, 0.6, rng)
    assert X.shape == (6, 33)
    np.testing.assert_array_equal(X[:, 0], y)
    np.testing.assert_array_equal(X[:, 1:3], 1)
    own = X[:, 3:].reshape(6, 6, 5)
    for i in range(6):
        np.testing.assert_array_equal(own[i, i], [1, 0, 0, 0, 0] if y[i] == 1 else [1, 1, 1, 1, 1])
        own[i, i] = 0
    assert not own.any()
    assert set(y) == {-1.0, 1.0}


@pytest.mark.parametrize("p", [0.6, 0.9])
def test_the_share_of_wilsons_positive_labels_is_p(p):
    _, y = wilson_data(400, p, np.random.default_rng(0))
    assert stats.binomtest(int((y == 1).sum()), 400, p).pvalue > 1e-4


def test_adaptive_methods_fit_wilsons_data_and_learn_nothing():
    n = 100
    X, y = wilson_data(2 * n, 0.6, np.random.default_rng(0))
    X, y, X_test, y_test = X[:n], y[:n], X[n:], y[n:]
    steps = {gd_step: 0.1, momentum_step: 0.05, adagrad_step: 0.1, rmsprop_step: 0.001, adam_step: 0.001}
    for step, lr in steps.items():
        w, state = np.zeros(X.shape[1]), {}
        for _ in range(1500):
            w, state = step(w, X.T @ (X @ w - y) / n, state, lr=lr)
        assert np.mean((X @ w - y) ** 2) < 1e-4
        accuracy = np.mean(np.sign(X_test @ w) == y_test)
        assert accuracy == (1 if step in (gd_step, momentum_step) else np.mean(y_test == 1))


# Terminal velocity and the Hessian.


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_momentum_ends_at_its_terminal_velocity(beta):
    g, w, state = np.array([1.0, -2.0, 0.0]), np.zeros(3), {}
    for _ in range(2000):
        before = w
        w, state = momentum_step(w, g, state, lr=0.1, beta=beta)
    v = terminal_velocity(0.1, g, beta)
    np.testing.assert_allclose(before - w, v, rtol=1e-6)
    np.testing.assert_allclose(v, 0.1 * g * np.sum(beta ** np.arange(5000.0)), rtol=1e-12)


@pytest.mark.parametrize(("beta", "steps"), [(0.5, 4), (0.9, 22), (0.99, 230)])
def test_nine_tenths_of_the_terminal_velocity_take_as_many_steps_as_said(beta, steps):
    v, state, t = terminal_velocity(0.1, np.ones(1), beta), {}, 0
    while t == 0 or -state["m"][0] < 0.9 * v[0]:
        _, state = momentum_step(np.zeros(1), np.ones(1), state, lr=0.1, beta=beta)
        t += 1
    assert t == steps == ceil(log(0.1) / log(beta))


def test_terminal_velocity_keeps_float32():
    assert terminal_velocity(np.float64(0.1), np.ones(2, np.float32), np.float64(0.5)).dtype == np.float32
    assert terminal_velocity(1, [1, 2], 0.5).dtype == np.float64


def test_the_hessian_of_a_polynomial_by_hand():
    H = hessian_fd(lambda w: w[0] ** 3 * w[1] + np.sin(w[2]), np.array([2.0, 3.0, 1.0]))
    expected = [[6 * 2 * 3, 3 * 4, 0], [12, 0, 0], [0, 0, -np.sin(1)]]
    np.testing.assert_allclose(H, expected, atol=2e-6)
    np.testing.assert_array_equal(H, H.T)


def test_the_hessian_is_pytorchs(torch):
    def f(w, lib):
        return lib.exp(w[0] * w[1]) + lib.tanh(w[2]) * w[3] ** 2 + w[1] * w[3]

    w = np.array([0.5, -1.0, 0.3, 20.0])
    theirs = torch.autograd.functional.hessian(lambda w: f(w, torch), torch.tensor(w)).numpy()
    np.testing.assert_allclose(hessian_fd(lambda w: f(w, np), w), theirs, rtol=1e-4, atol=2e-5)


def test_the_hessian_of_float32_and_integer_places_is_computed_in_float64():
    for w in (np.array([1, 2], np.float32), [1, 2]):
        H = hessian_fd(lambda w: float(w @ w), w)
        assert H.dtype == np.float64
        np.testing.assert_allclose(H, 2 * np.eye(2), atol=1e-6)
    assert hessian_fd(lambda w: 0, np.zeros(0)).shape == (0, 0)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quadratic(0.5), r"quadratic: kappa must be in \[1, inf\), got 0.5"),
        (lambda: quadratic(1, np.inf), r"quadratic: angle must be in \(-inf, inf\), got inf"),
        (lambda: noisy_quadratic(0.5, 1, RNG), r"noisy_quadratic: kappa must be in \[1, inf\), got 0.5"),
        (lambda: noisy_quadratic(1, -1, RNG), r"noisy_quadratic: sigma must be in \[0, inf\), got -1"),
        (lambda: noisy_quadratic(1, 1, 0), "noisy_quadratic: rng must be a numpy.random.Generator"),
        (lambda: sparse_logreg(0, 1, RNG), "sparse_logreg: n must be at least 1, got 0"),
        (lambda: sparse_logreg(1, 0, RNG), "sparse_logreg: d must be at least 1, got 0"),
        (lambda: sparse_logreg(1, 1, 0), "sparse_logreg: rng must be a numpy.random.Generator"),
        (lambda: wilson_data(0, 0.6, RNG), "wilson_data: n must be at least 1, got 0"),
        (lambda: wilson_data(1, 0.5, RNG), r"wilson_data: p must be in \(0.5, 1\), got 0.5"),
        (lambda: wilson_data(1, 1, RNG), r"wilson_data: p must be in \(0.5, 1\), got 1"),
        (lambda: wilson_data(1, 0.6, 0), "wilson_data: rng must be a numpy.random.Generator"),
        (lambda: terminal_velocity(0, 1, 0.5), r"terminal_velocity: eta must be in \(0, inf\), got 0"),
        (lambda: terminal_velocity(1, 1, 1), r"terminal_velocity: beta must be in \[0, 1\), got 1"),
        (lambda: terminal_velocity(1, 1, -0.1), r"terminal_velocity: beta must be in \[0, 1\), got -0.1"),
        (lambda: terminal_velocity(1, "a", 0), "terminal_velocity: g must be an array of real numbers"),
        (lambda: hessian_fd(1, np.zeros(2)), "hessian_fd: f must be a function, got 1"),
        (lambda: hessian_fd(sum, np.zeros((2, 2))), r"hessian_fd: w must have shape \(any,\), got \(2, 2\)"),
        (lambda: hessian_fd(sum, np.array([np.nan])), "hessian_fd: w must be finite"),
        (lambda: hessian_fd(lambda w: w, np.zeros(2)), "hessian_fd: f must return a finite number, got array"),
        (lambda: hessian_fd(lambda w: np.inf, np.zeros(2)), "hessian_fd: f must return a finite number"),
        (lambda: hessian_fd(lambda w: "a", np.zeros(2)), "hessian_fd: f must return a finite number"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
