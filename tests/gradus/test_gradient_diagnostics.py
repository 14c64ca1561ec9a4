"""Sizes, signs and paths of gradients: cases by hand, NumPy's and SciPy's own measures, networks whose answer is known."""

import math
from itertools import pairwise

import numpy as np
import pytest
from gradus.activations import sigmoid
from gradus.gradient_diagnostics import (
    condition_number,
    grad_check,
    gradient_ratios,
    path_ratio,
    sign_agreement,
    update_ratio,
)
from gradus.network import dense_backward, dense_forward, softmax_cross_entropy
from scipy import linalg, optimize


def test_update_ratio_by_hand():
    w = np.array([[3.0, 0.0], [0.0, 4.0]])
    assert update_ratio(w, w + 0.0025) == pytest.approx(1e-3, rel=1e-12)  # ‖Δ‖ = .005, ‖w‖ = 5
    assert update_ratio(w, w) == 0 == update_ratio(np.zeros(2), np.zeros(2))
    assert update_ratio(np.zeros(2), np.ones(2)) == math.inf
    assert all(
        math.isnan(update_ratio(*pair)) for pair in [([math.nan], [1.0]), ([1.0], [math.nan]), ([0.0], [math.nan])]
    )
    assert math.isnan(update_ratio([math.inf], [1.0]))


def test_gradient_ratios_by_hand_and_of_gradient_descent():
    weights = [np.array([[3.0], [4.0]]), np.full((2, 2), 2.0), np.zeros(3)]
    grads = [np.array([[0.6], [0.8]]), np.zeros((2, 2)), np.ones(3)]
    np.testing.assert_allclose(gradient_ratios(weights, grads), [0.2, 0, math.inf], rtol=1e-15)
    steps = [update_ratio(W, W - 0.1 * dW) for W, dW in zip(weights[:2], grads[:2], strict=True)]
    np.testing.assert_allclose(steps, 0.1 * gradient_ratios(weights[:2], grads[:2]), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ratios_equal_those_of_pytorchs_norms(torch, dtype):
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape).astype(dtype) for shape in [(4, 3), (3,), (2, 3, 4)]]
    grads = [rng.standard_normal(W.shape).astype(dtype) for W in weights]
    norm = lambda a: torch.linalg.vector_norm(torch.tensor(a, dtype=torch.float64)).item()  # noqa: E731
    expected = [norm(dW) / norm(W) for W, dW in zip(weights, grads, strict=True)]
    np.testing.assert_allclose(gradient_ratios(weights, grads), expected, rtol=1e-12)
    steps = [update_ratio(W, W + dW) for W, dW in zip(weights, grads, strict=True)]
    np.testing.assert_allclose(steps, expected, rtol=1e-6 if dtype == np.float32 else 1e-12)  # W + dW is rounded


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ratios_survive_squares_that_leave_the_numbers(dtype):
    tiny, huge = 1e-37 if dtype == np.float32 else 1e-300, 1e37 if dtype == np.float32 else 1e300
    with np.errstate(all="raise"):
        for size in (tiny, huge):
            w = np.full((2, 2), size, dtype)
            assert update_ratio(w, 3 * w) == pytest.approx(2, rel=1e-6)
            assert path_ratio(np.stack([0 * w, w, 3 * w])) == pytest.approx(1, rel=1e-6)
            assert path_ratio(np.stack([0 * w, w, 0 * w])) == math.inf
        one, small = np.ones(4, dtype), np.full(4, tiny, dtype)
        np.testing.assert_allclose(gradient_ratios([one], [small]), [tiny], rtol=1e-6)
        np.testing.assert_allclose(gradient_ratios([small], [one]), [1 / tiny], rtol=1e-6)
    assert update_ratio(np.full(2, -huge), np.full(2, huge)) == pytest.approx(2, rel=1e-6)
    largest = np.full(2, np.finfo(dtype).max, dtype)
    assert update_ratio(largest, -largest) == pytest.approx(2, rel=1e-6)  # the difference has no room in the dtype
    assert path_ratio(np.stack([largest, -largest, 0 * largest])) == pytest.approx(3, rel=1e-6)


def test_sign_agreement_by_hand():
    G = np.array([[1.0, -1.0, 0.0, 1.0, 0.0], [2.0, -3.0, 5.0, -1.0, 0.0]])
    assert sign_agreement(G) == 3 / 5  # +, −, 0 with +; mixed and empty do not count
    assert sign_agreement(-G) == 3 / 5
    assert sign_agreement(G.T) == 0  # the units are the columns


def test_positive_inputs_give_gradients_of_one_sign():
    rng = np.random.default_rng(0)
    W, b = 0.1 * rng.standard_normal((40, 10)), np.zeros(10)
    shares = {}
    for name, f in {"logistic": sigmoid, "tanh": np.tanh}.items():
        for N in (1, 32):
            found = []
            for _ in range(20):
                a = f(rng.standard_normal((N, 40)))
                _, dlogits = softmax_cross_entropy(dense_forward(a, W, b)[0], rng.integers(0, 10, N))
                found.append(sign_agreement(dense_backward(dlogits, dense_forward(a, W, b)[1])[1]))
            shares[name, N] = np.mean(found)
    assert shares["logistic", 1] == 1  # ACT-05
    assert shares["logistic", 32] < 0.9
    assert shares["tanh", 1] < 0.1


def test_path_ratio_by_hand():
    assert path_ratio(np.array([[0.0, 0.0], [3.0, 4.0]])) == 1
    assert path_ratio([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]) == pytest.approx(7 / 5, rel=1e-15)
    assert path_ratio(np.array([0.0, 2.0, 1.0])) == 3
    assert path_ratio([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]) == math.inf == path_ratio([0.0, 1e-3, 0.0])
    assert math.isnan(path_ratio(np.zeros((3, 2))))
    w = np.random.default_rng(0).standard_normal((6, 2, 3))  # parameters of any shape
    flat = w.reshape(6, 6)
    steps = sum(math.dist(p, q) for p, q in pairwise(flat))
    assert path_ratio(w) == pytest.approx(steps / math.dist(flat[0], flat[-1]), rel=1e-14)


def test_a_zigzag_along_two_axes_is_longer():
    stairs = np.repeat(np.arange(51.0), 2)[1:-1]
    traj = np.stack([np.repeat(np.arange(51.0), 2)[:-2], stairs], axis=1)
    assert path_ratio(traj) == pytest.approx(99 / math.hypot(49, 50), rel=1e-14)


def test_condition_number_is_numpys():
    A = np.random.default_rng(0).standard_normal((7, 4))
    assert condition_number(A) == pytest.approx(np.linalg.cond(A), rel=1e-12)


def test_condition_number_is_that_of_the_eigenvalues():
    A = np.random.default_rng(0).standard_normal((7, 4))
    eigenvalues = linalg.eigvalsh(A.T @ A)
    assert condition_number(A.T @ A) == pytest.approx(eigenvalues[-1] / eigenvalues[0], rel=1e-10)
    assert condition_number(A) ** 2 == pytest.approx(condition_number(A.T @ A), rel=1e-10)
    assert condition_number(np.diag([-3.0, 1.0, 0.5])) == pytest.approx(6, rel=1e-14)


def test_directions_without_anything_are_left_out_on_demand():
    A = np.diag([8.0, 2.0, 1e-12, 0.0])
    assert condition_number(A) == math.inf
    assert condition_number(A, tol=1e-13) == pytest.approx(8e12, rel=1e-12)
    assert condition_number(A, tol=1e-9) == pytest.approx(4, rel=1e-12)
    assert condition_number(A, tol=0.25) == pytest.approx(4, rel=1e-12)  # at the threshold: kept
    assert condition_number(A, tol=1.0) == 1
    assert condition_number(np.zeros((2, 2))) == math.inf


def rosen(x):
    return float(optimize.rosen(x))


def test_a_right_gradient_passes_and_a_wrong_one_is_measured():
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    g = optimize.rosen_der(x)
    assert grad_check(rosen, x, g) < 1e-7
    assert grad_check(rosen, x, 1.01 * g) == pytest.approx(0.01 / 1.01, rel=1e-4)  # over the larger of the two
    assert grad_check(rosen, x, 0.5 * g) == pytest.approx(0.5, rel=1e-4)
    assert grad_check(rosen, x, -g) == pytest.approx(2, rel=1e-4)
    wrong = g.copy()
    wrong[3] *= 1.1  # one entry is enough
    assert grad_check(rosen, x, wrong) == pytest.approx(0.1 / 1.1, rel=1e-4)


def test_a_small_wrong_gradient_is_no_less_wrong():
    x = np.array([0.3, -0.4])
    assert grad_check(lambda x: 1e-6 * float(x @ x), x, 2e-6 * x) < 1e-6
    assert grad_check(lambda x: 1e-6 * float(x @ x), x, 3e-6 * x) == pytest.approx(1 / 3, rel=1e-4)
    assert grad_check(lambda x: 0.0, x, np.full(2, 1e-10)) == pytest.approx(0.01, rel=1e-9)  # 1e-10 / 1e-8


def test_the_step_and_the_shape_are_as_asked():
    cube = lambda x: float(np.sum(x * x * x))  # noqa: E731
    x = np.full((2, 3), 2.0)
    assert grad_check(cube, x, 3 * x * x, h=0.1) == pytest.approx(0.01 / 12.01, rel=1e-9)  # error h² f‴/6 = h²
    tried = []
    grad_check(lambda x: tried.append(x - 2.0) or cube(x), x, 3 * x * x)
    steps = np.array(tried).reshape(12, 6)
    np.testing.assert_allclose(steps, np.kron(np.eye(6), [[1e-5], [-1e-5]]), atol=1e-15)
    np.testing.assert_array_equal(x, 2.0)


def test_a_function_that_leaves_the_finite_numbers_does_not_pass():
    for value in (math.nan, math.inf):
        assert grad_check(lambda x, value=value: value if x[0] > 0 else 0.0, np.zeros(1), np.zeros(1)) == math.inf


def test_a_kink_between_the_points_shows():
    assert grad_check(lambda x: float(np.abs(x).sum()), np.array([1e-6]), np.array([1.0])) > 0.5


def test_looking_changes_nothing():
    a = np.array([[0.5, -1.0], [2.0, 3.0]])
    kept = a.copy()
    update_ratio(a, 2 * a)
    gradient_ratios([a], [a])
    for measure in (sign_agreement, path_ratio, condition_number):
        measure(a)
    np.testing.assert_array_equal(a, kept)


A = np.ones((2, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gradient_ratios([A], []), ValueError, "gradient_ratios: grads must have as many arrays as weights, 1"),
        (lambda: gradient_ratios(3, [A]), TypeError, "gradient_ratios: weights must be a list of arrays, got 3"),
        (lambda: gradient_ratios([A], "A"), TypeError, "gradient_ratios: grads must be a list of arrays, got 'A'"),
        (lambda: grad_check(rosen, A[0], A[0] * np.nan), ValueError, "grad_check: analytic must be finite"),
        (lambda: gradient_ratios([A], [A[0]]), ValueError, r"gradient_ratios: grads\[0\] must have the shape of"),
        (lambda: update_ratio(A, A[0]), ValueError, "update_ratio: w_new must have the shape of w_old"),
        (lambda: sign_agreement(A[0]), ValueError, "sign_agreement: G must have 2 axes"),
        (lambda: sign_agreement(A[:0]), ValueError, "sign_agreement: G must have at least one entry"),
        (lambda: sign_agreement(A * np.nan), ValueError, "sign_agreement: G must be finite"),
        (lambda: path_ratio(A[:1]), ValueError, r"path_ratio: traj must hold at least two points, got shape \(1, 2\)"),
        (lambda: path_ratio(1.0), ValueError, "path_ratio: traj must hold at least two points"),
        (lambda: path_ratio(A[:, :0]), ValueError, "path_ratio: traj must hold at least two points"),
        (lambda: condition_number(A[0]), ValueError, "condition_number: A must have 2 axes"),
        (lambda: condition_number(A[:0]), ValueError, "condition_number: A must have at least one entry"),
        (lambda: condition_number(A, tol=1.1), ValueError, r"condition_number: tol must be in \[0, 1\], got 1.1"),
        (lambda: grad_check(rosen, A, A[0]), ValueError, "grad_check: analytic must have the shape of x"),
        (lambda: grad_check(rosen, A[:0], A[:0]), ValueError, "grad_check: x must have at least one entry"),
        (lambda: grad_check(rosen, A.astype(np.float32), A), TypeError, "grad_check: x must be float64, got float32"),
        (lambda: grad_check(rosen, A[0], A[0], h=0), ValueError, r"grad_check: h must be in \(0, inf\), got 0"),
        (lambda: grad_check(lambda x: x, A[0], A[0]), TypeError, "grad_check: f must return a number, got an array of"),
        (lambda: grad_check(lambda x: "a", A[0], A[0]), TypeError, "grad_check: f must return a number"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
