"""Penalties, proximal step and max-norm against PyTorch, Keras, SciPy and scikit-learn."""

import math

import numpy as np
import pytest
from gradus import calibration, dropout, dropout_ensemble, early_stopping, quantization, regularizers
from gradus.regularizers import (
    elastic_net,
    elastic_net_grad,
    l1_grad,
    l1_penalty,
    l2_grad,
    l2_penalty,
    lp_norm,
    max_norm,
    proximal_step,
    soft_threshold,
)
from scipy import linalg, optimize

W = np.array([[1.0, -2.0, 0.0], [0.5, 3.0, -0.25]])


def weights(seed=0):
    rng = np.random.default_rng(seed)
    return {"W1": rng.standard_normal((5, 3)), "W2": rng.standard_normal((3, 2))}


def test_dropout_and_the_others_can_be_had_from_here():
    for module in (calibration, dropout, dropout_ensemble, early_stopping, quantization):
        for name in module.__all__:
            if name != "ALPHA_PRIME":
                assert getattr(regularizers, name) is getattr(module, name)
                assert name in regularizers.__all__


# --- norms


@pytest.mark.parametrize("p", [1, 1.5, 2, 3, 10, math.inf])
def test_norm_equals_scipys_and_pytorchs(torch, p):
    w = weights()["W1"]
    assert lp_norm(w, p) == pytest.approx(linalg.norm(w.ravel(), p), rel=1e-13)
    assert lp_norm(w, p) == pytest.approx(float(torch.linalg.vector_norm(torch.tensor(w), p)), rel=1e-13)


def test_norm_by_hand():
    w = np.array([[3.0, -4.0]])
    assert (lp_norm(w, 1), lp_norm(w, 2), lp_norm(w, math.inf)) == (7, 5, 4)
    assert lp_norm(w, np.inf) == 4
    assert lp_norm(np.zeros(3), 2) == lp_norm(np.zeros(0), 2) == lp_norm(np.zeros(0), math.inf) == 0
    assert lp_norm(np.array([1.0, -math.inf]), 2) == math.inf
    assert math.isnan(lp_norm(np.array([1.0, math.nan]), 2))


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_norm_neither_overflows_nor_vanishes(size):
    with np.errstate(all="raise"):
        assert lp_norm(np.array([3 * size, 4 * size, 0]), 2) == pytest.approx(5 * size, rel=1e-14)
    assert lp_norm(np.full(10**5, 0.1, np.float32), 1) == pytest.approx(10**5 * float(np.float32(0.1)), rel=1e-12)


def test_norm_of_float32_is_computed_in_float64_and_entries_that_vanish_raise_no_alarm():
    w = np.random.default_rng(8).standard_normal(1000).astype(np.float32)
    assert lp_norm(w, 3) == pytest.approx(linalg.norm(w.astype(float), 3), rel=1e-13)
    with np.errstate(all="raise"):
        assert lp_norm(np.array([1e10, 1e-200]), 2) == 1e10


@pytest.mark.parametrize("p", [0.99, 0, -1, math.nan, -math.inf])
def test_below_one_it_is_no_norm(p):
    with pytest.raises(ValueError, match=r"^lp_norm: p must be in \[1, inf\)"):
        lp_norm(W, p)


# --- penalties


def test_penalties_by_hand():
    assert l2_penalty(W, 0.1) == pytest.approx(0.05 * 14.3125, rel=1e-15)
    assert l1_penalty(W, 0.1) == pytest.approx(0.1 * 6.75, rel=1e-15)
    assert elastic_net(W, 0.1, 0.2) == pytest.approx(0.1 * 6.75 + 0.1 * 14.3125, rel=1e-15)
    np.testing.assert_allclose(l2_grad(W, 0.1), 0.1 * W, rtol=1e-15)
    np.testing.assert_array_equal(l1_grad(W, 0.5), [[0.5, -0.5, 0], [0.5, 0.5, -0.5]])
    np.testing.assert_allclose(elastic_net_grad(W, 0.1, 1), [[1.1, -2.1, 0], [0.6, 3.1, -0.35]], rtol=1e-14)


def test_penalties_equal_those_of_keras_up_to_its_missing_half(keras):
    def value(regularizer):
        return float(keras.ops.convert_to_numpy(regularizer(W)))

    assert l1_penalty(W, 0.3) == pytest.approx(value(keras.regularizers.L1(0.3)), rel=1e-12)
    assert l2_penalty(W, 0.3) == pytest.approx(value(keras.regularizers.L2(0.3)) / 2, rel=1e-12)
    assert elastic_net(W, 0.3, 0.4) == pytest.approx(value(keras.regularizers.L1L2(0.3, 0.2)), rel=1e-12)


def test_gradients_equal_those_of_pytorch_also_at_zero(torch):
    t = torch.tensor(W, requires_grad=True)
    for penalty, ours in [
        (0.3 * t.abs().sum(), l1_grad(W, 0.3)),
        (0.3 / 2 * (t**2).sum(), l2_grad(W, 0.3)),
        (0.3 * t.abs().sum() + 0.4 / 2 * (t**2).sum(), elastic_net_grad(W, 0.3, 0.4)),
    ]:
        (expected,) = torch.autograd.grad(penalty, t)
        np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-14)
    assert not np.signbit(l1_grad(np.zeros(1), 1.0))


@pytest.mark.parametrize(
    ("penalty", "grad", "lams"),
    [(l1_penalty, l1_grad, [0.3]), (l2_penalty, l2_grad, [0.3]), (elastic_net, elastic_net_grad, [0.3, 0.7])],
)
def test_gradients_are_derivatives_of_the_penalties(penalty, grad, lams):
    ws, direction, h = weights(), weights(1), 1e-6
    ahead, behind = ({k: w + s * direction[k] for k, w in ws.items()} for s in (h, -h))
    slope = (penalty(ahead, *lams) - penalty(behind, *lams)) / (2 * h)
    assert slope == pytest.approx(sum(np.sum(grad(ws, *lams)[k] * direction[k]) for k in ws), rel=1e-8)


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_weights_may_come_in_any_form(penalty):
    ws = weights()
    expected = penalty(np.concatenate([ws["W1"].ravel(), ws["W2"].ravel()]), 0.1)
    for form in (ws, list(ws.values()), tuple(ws.values())):
        assert penalty(form, 0.1) == pytest.approx(expected, rel=1e-14)
    assert penalty([], 0.1) == penalty({}, 0.1) == 0
    assert type(penalty(ws, np.float64(0.1))) is float


@pytest.mark.parametrize("grad", [l1_grad, l2_grad, lambda ws, lam: elastic_net_grad(ws, lam, lam)])
def test_gradients_have_the_form_and_dtype_of_the_weights(grad):
    ws = {k: w.astype(np.float32) for k, w in weights().items()}
    for form in (ws, list(ws.values()), tuple(ws.values()), ws["W1"]):
        grads = grad(form, np.float64(0.1))
        assert type(grads) is type(form)
        arrays = [grads] if isinstance(grads, np.ndarray) else list(grads.values() if grads is ws else grads)
        assert len(arrays) == (1 if form is ws["W1"] else 2)
    assert list(grad(ws, 0.1)) == ["W1", "W2"]
    assert {g.dtype for g in grad(ws, np.float64(0.1)).values()} == {np.dtype(np.float32)}


def test_float32_penalties_are_summed_in_float64():
    w = np.full(10**6, 0.1, np.float32)
    x = float(np.float32(0.1))
    assert l2_penalty(w, 2.0) == pytest.approx(1e6 * x * x, rel=1e-12)
    assert l1_penalty(w, 1.0) == pytest.approx(1e6 * x, rel=1e-12)


def test_no_penalty_costs_nothing():
    assert l1_penalty(W, 0) == l2_penalty(W, 0) == elastic_net(W, 0, 0) == 0
    assert elastic_net(W, 0, 0.5) == l2_penalty(W, 0.5)
    assert elastic_net(W, 0.5, 0) == l1_penalty(W, 0.5)


@pytest.mark.parametrize("lam", ["lam1", "lam2"])
@pytest.mark.parametrize("function", [elastic_net, elastic_net_grad])
def test_each_lambda_of_the_elastic_net_is_checked_by_its_name(function, lam):
    with pytest.raises(ValueError, match=rf"^{function.__name__}: {lam} must be in \[0, inf\), got -1"):
        function(W, **{"lam1": 0.1, "lam2": 0.1, lam: -1.0})


# --- soft threshold and proximal step


@pytest.mark.parametrize("t", [0.0, 0.25, 0.7])
def test_soft_threshold_equals_pytorchs_softshrink(torch, t):
    w = np.concatenate([np.random.default_rng(1).standard_normal(100), [t, -t, 0.0, 1e300]])
    np.testing.assert_array_equal(soft_threshold(w, t), torch.nn.functional.softshrink(torch.tensor(w), t).numpy())


@pytest.mark.parametrize("w", [-1.3, -0.2, 0.0, 0.4, 2.0])
def test_soft_threshold_minimizes_what_it_says(w):
    found = optimize.minimize_scalar(lambda v: (v - w) ** 2 / 2 + 0.4 * abs(v), bounds=(-3, 3), options={"xatol": 1e-9})
    assert soft_threshold(w, 0.4) == pytest.approx(found.x, abs=1e-6)


def test_soft_threshold_by_hand():
    np.testing.assert_allclose(soft_threshold(W, 0.5), [[0.5, -1.5, 0], [0, 2.5, 0]], rtol=1e-15)
    assert np.isnan(soft_threshold(np.array([np.nan, 1]), 0.5)).tolist() == [True, False]
    assert soft_threshold(np.zeros((0, 2)), 1.0).shape == (0, 2)
    assert soft_threshold(np.float32([1, 2]), np.float64(0.1)).dtype == np.float32


def test_proximal_step_by_hand_and_without_a_penalty():
    g = np.array([[1.0, -1.0, 0.5], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(proximal_step(W, g, 0.5, 0.4), [[0.3, -1.3, -0.05], [0.3, 2.8, -0.05]], rtol=1e-14)
    np.testing.assert_array_equal(proximal_step(W, g, 0.5, 0), W - 0.5 * g)
    assert proximal_step(np.float32(W), np.float32(g), np.float64(0.1), np.float64(0.1)).dtype == np.float32


def sparse_regression():
    """50 features, 5 of which count."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((100, 50))
    truth = np.zeros(50)
    truth[:5] = [3, -2, 1.5, 1, -1]
    return X, X @ truth + 0.1 * rng.standard_normal(100)


def test_proximal_steps_end_at_scikit_learns_lasso_with_exact_zeros():
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, y = sparse_regression()
    expected = linear_model.Lasso(alpha=0.1, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(X, y).coef_
    w, v, lr = np.zeros(50), np.full(50, 0.01), 0.2
    for _ in range(3000):
        w = proximal_step(w, X.T @ (X @ w - y) / 100, lr, 0.1)
        v = v - lr / 20 * (X.T @ (X @ v - y) / 100 + l1_grad(v, 0.1))
    np.testing.assert_allclose(w, expected, atol=1e-8)
    assert (w == 0).sum() == (expected == 0).sum() >= 40
    assert (v == 0).sum() == 0  # subgradient steps only hover around 0


# --- max-norm


def test_max_norm_by_hand_and_only_where_it_is_exceeded():
    W = np.array([[3.0, 0.1, 0.0, 0.6], [4.0, 0.0, 0.0, 0.8]])
    with np.errstate(all="raise"):
        out = max_norm(W, 1.0)
    np.testing.assert_allclose(out, [[0.6, 0.1, 0, 0.6], [0.8, 0, 0, 0.8]], rtol=1e-15)
    np.testing.assert_array_equal(out[:, 1:], W[:, 1:])
    np.testing.assert_allclose(max_norm(W, 0.5, axis=1)[0], W[0] * 0.5 / linalg.norm(W[0]), rtol=1e-15)


@pytest.mark.parametrize("r", [0.1, 1.0, 2.0, 3.0, 1e9, 1e300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_short_vectors_stay_bit_for_bit_and_no_vector_is_longer(r, dtype):
    W = (np.random.default_rng(4).standard_normal((7, 30)) * np.geomspace(1e-12, 10, 30)).astype(dtype)
    out = max_norm(W, r)
    norms = linalg.norm(W.astype(float), axis=0)
    np.testing.assert_array_equal(out[:, norms <= r], W[:, norms <= r])
    assert (linalg.norm(out.astype(float), axis=0) <= r * (1 + 4 * float(np.finfo(dtype).eps))).all()
    np.testing.assert_allclose(linalg.norm(out[:, norms > r].astype(float), axis=0), r, rtol=1e-6)
    assert out.dtype == dtype
    assert not np.shares_memory(out, W)


def test_max_norm_equals_pytorchs_renorm_and_keras_max_norm(torch, keras):
    W = 2 * np.random.default_rng(5).standard_normal((6, 9))
    # renorm takes the axis that is kept, and divides by norm + 1e-7
    np.testing.assert_allclose(max_norm(W, 3.0), torch.renorm(torch.tensor(W), 2, 1, 3.0).numpy(), rtol=2e-7)
    expected = keras.ops.convert_to_numpy(keras.constraints.MaxNorm(3.0, axis=0)(W))
    np.testing.assert_allclose(max_norm(W, 3.0), expected, rtol=2e-7)
    unit = keras.ops.convert_to_numpy(keras.constraints.UnitNorm(axis=0)(W))  # all norms exceed 1
    assert (linalg.norm(W, axis=0) > 1).all()
    np.testing.assert_allclose(max_norm(W, 1.0), unit, rtol=2e-7)


def test_max_norm_over_several_axes_is_that_of_the_flattened_kernels(keras):
    K = np.random.default_rng(6).standard_normal((3, 3, 4, 5))
    out = max_norm(K, 2.0, axis=(0, 1, 2))
    np.testing.assert_allclose(out.reshape(36, 5), max_norm(K.reshape(36, 5), 2.0), rtol=1e-14)
    np.testing.assert_array_equal(out, max_norm(K, 2.0, axis=(-4, -3, -2)))
    expected = keras.ops.convert_to_numpy(keras.constraints.MaxNorm(2.0, axis=[0, 1, 2])(K))
    np.testing.assert_allclose(out, expected, rtol=2e-7)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_max_norm_of_huge_and_of_tiny_weights(size):
    W = np.array([[3.0], [4.0]]) * size
    with np.errstate(all="raise"):
        np.testing.assert_allclose(max_norm(W, size), [[0.6 * size], [0.8 * size]], rtol=1e-14)
        np.testing.assert_array_equal(max_norm(W, 6 * size), W)


def test_vectors_of_very_different_sizes_do_not_spoil_each_other():
    W = np.array([[3e200, 3e-100, 1.0], [4e200, 4e-100, 1e-300]])
    with np.errstate(all="raise"):
        out = max_norm(W, 1e-100)
    np.testing.assert_allclose(out, [[0.6e-100, 0.6e-100, 1e-100], [0.8e-100, 0.8e-100, 0]], rtol=1e-13)


@pytest.mark.parametrize("axis", [2, -3, (0, 2)])
def test_an_axis_that_is_not_there_is_refused(axis):
    with pytest.raises(ValueError, match=r"^max_norm: axis must be"):
        max_norm(W, 1.0, axis)


def test_the_axis_of_the_inputs_is_the_default():
    np.testing.assert_array_equal(max_norm(W, 1.0), max_norm(W, 1.0, 0))
    assert (max_norm(W, 1.0) != max_norm(W, 1.0, 1)).any()
    assert max_norm(np.zeros((0, 3)), 1.0).shape == (0, 3)
