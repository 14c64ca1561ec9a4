"""Batch normalization against PyTorch, SciPy, difference quotients and cases by hand."""

import numpy as np
import pytest
from gradus import layer_normalization, normalization
from gradus.normalization import (
    batchnorm_backward,
    batchnorm_conv_backward,
    batchnorm_conv_forward,
    batchnorm_forward,
    ema_update,
)
from scipy import stats

N, D = 7, 4


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    return {
        "X": rng.normal(2, 3, (N, D)),
        "gamma": rng.normal(1, 0.5, D),
        "beta": rng.normal(0, 1, D),
        "running_mean": rng.normal(0, 1, D),
        "running_var": rng.uniform(0.5, 2, D),
    }


def forward_and_gradients(torch, case, dout, training):
    """PyTorch's output, gradients and running statistics; its momentum is 1 − ours."""
    t = {name: torch.tensor(array, dtype=torch.float64) for name, array in case.items()}
    for name in ("X", "gamma", "beta"):
        t[name].requires_grad_()
    out = torch.nn.functional.batch_norm(
        t["X"], t["running_mean"], t["running_var"], t["gamma"], t["beta"], training, momentum=0.1, eps=1e-5
    )
    out.backward(torch.tensor(dout))
    grads = [t[name].grad.numpy() for name in ("X", "gamma", "beta")]
    return out.detach().numpy(), grads, t["running_mean"].numpy(), t["running_var"].numpy()


@pytest.mark.parametrize("training", [True, False])
def test_output_and_gradients_equal_pytorch(torch, case, training):
    dout = np.random.default_rng(6).standard_normal((N, D))
    out, cache, _, _ = batchnorm_forward(**case, training=training)
    expected, expected_grads, _, _ = forward_and_gradients(torch, case, dout, training)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-13)
    for ours, theirs in zip(batchnorm_backward(dout, cache), expected_grads, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_running_statistics_equal_pytorch_up_to_its_unbiased_variance(torch, case):
    _, _, mean, var = batchnorm_forward(**case, training=True, momentum=0.9)
    _, _, expected_mean, expected_var = forward_and_gradients(torch, case, np.ones((N, D)), True)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-12)
    unbiased = 0.9 * case["running_var"] + (var - 0.9 * case["running_var"]) * N / (N - 1)
    np.testing.assert_allclose(unbiased, expected_var, rtol=1e-12)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("wrt", ["X", "gamma", "beta"])
def test_gradients_equal_difference_quotients(case, training, wrt):
    rng = np.random.default_rng(8)
    dout, direction = rng.standard_normal((N, D)), rng.standard_normal(case[wrt].shape)

    def loss(h):
        moved = {**case, wrt: case[wrt] + h * direction}
        return np.sum(dout * batchnorm_forward(**moved, training=training)[0])

    _, cache, _, _ = batchnorm_forward(**case, training=training)
    grad = dict(zip(("X", "gamma", "beta"), batchnorm_backward(dout, cache), strict=True))[wrt]
    h = 1e-5
    assert np.sum(grad * direction) == pytest.approx((loss(h) - loss(-h)) / (2 * h), rel=1e-8)


def test_training_output_is_scipys_z_score_scaled_and_shifted(case):
    out, _, _, _ = batchnorm_forward(**case, training=True, eps=1e-300)
    np.testing.assert_allclose(out, case["gamma"] * stats.zscore(case["X"], axis=0) + case["beta"], rtol=1e-12)


def test_two_samples_by_hand():
    # mean 1, variance 1, so x̂ = ∓1/√(1 + ε); γ = 2, β = 10
    X, one = np.array([[0.0], [2.0]]), np.ones(1)
    out, _, mean, var = batchnorm_forward(X, 2 * one, 10 * one, 5 * one, 3 * one, training=True, momentum=0.75, eps=3.0)
    np.testing.assert_allclose(out, [[9.0], [11.0]], rtol=1e-15)
    np.testing.assert_allclose([mean, var], [[0.75 * 5 + 0.25 * 1], [0.75 * 3 + 0.25 * 1]], rtol=1e-15)


def test_constant_column_and_single_sample_give_beta(case):
    case["X"][:, 1] = 0.1
    out, _, _, _ = batchnorm_forward(**case, training=True)
    np.testing.assert_allclose(out[:, 1], case["beta"][1], rtol=1e-12)
    single, _, _, _ = batchnorm_forward(**{**case, "X": case["X"][:1]}, training=True)
    np.testing.assert_allclose(single[0], case["beta"], rtol=1e-12)


def test_shifting_or_scaling_a_column_earns_no_gradient(case):
    dout = np.random.default_rng(6).standard_normal((N, D))
    out, cache, _, _ = batchnorm_forward(**case, training=True, eps=1e-300)
    dX, _, _ = batchnorm_backward(dout, cache)
    np.testing.assert_allclose(dX.sum(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose((dX * (out - case["beta"])).sum(axis=0), 0, atol=1e-13)


def test_scale_of_the_input_does_not_matter_in_training(case):
    out, _, _, _ = batchnorm_forward(**case, training=True, eps=1e-12)
    scaled, _, _, _ = batchnorm_forward(**{**case, "X": 37 * case["X"] + 5}, training=True, eps=1e-12)
    np.testing.assert_allclose(scaled, out, rtol=1e-9, atol=1e-11)


def test_outside_of_training_a_row_depends_on_itself_only_and_statistics_rest(case):
    out, _, mean, var = batchnorm_forward(**case, training=False)
    for n in range(N):
        row, _, _, _ = batchnorm_forward(**{**case, "X": case["X"][n : n + 1]}, training=False)
        np.testing.assert_allclose(row[0], out[n], rtol=1e-14)
    np.testing.assert_array_equal(mean, case["running_mean"])
    np.testing.assert_array_equal(var, case["running_var"])


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_mutated_or_aliased(case, training):
    before = {name: array.copy() for name, array in case.items()}
    dout = np.ones((N, D))
    out, cache, mean, var = batchnorm_forward(**case, training=training)
    first = batchnorm_backward(dout, cache)
    for ours, again in zip(first, batchnorm_backward(dout, cache), strict=True):
        np.testing.assert_array_equal(ours, again)
    np.testing.assert_array_equal(dout, 1)
    for name, array in before.items():
        np.testing.assert_array_equal(case[name], array, err_msg=name)
        assert not any(np.shares_memory(case[name], result) for result in (out, mean, var, *first))


@pytest.mark.parametrize("training", [True, False])
def test_float32_stays_float32_and_agrees_with_float64(case, training):
    single = {name: array.astype(np.float32) for name, array in case.items()}
    out, cache, mean, var = batchnorm_forward(**single, training=training, momentum=np.float64(0.9))
    grads = batchnorm_backward(np.ones((N, D), dtype=np.float32), cache)
    assert {array.dtype for array in (out, mean, var, *grads)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(out, batchnorm_forward(**case, training=training)[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_inputs_raise_no_floating_point_event(case, dtype):
    case["X"] = np.array([[-1e4, 1e4, 0, 1]] * 3 + [[1e4, 1e4, 0, 1]] * 4)
    arrays = {name: array.astype(dtype) for name, array in case.items()}
    with np.errstate(all="raise"):
        for training in (True, False):
            out, cache, _, _ = batchnorm_forward(**arrays, training=training)
            assert np.isfinite(out).all()
            assert all(np.isfinite(grad).all() for grad in batchnorm_backward(arrays["X"], cache))


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.9, 1.0])
def test_moving_average_follows_its_closed_form(momentum):
    average, new = np.array([5.0, -1.0]), np.array([3.0, 2.0])
    for k in range(1, 51):
        average = ema_update(average, new, momentum)
        np.testing.assert_allclose(average, new + momentum**k * (np.array([5.0, -1.0]) - new), rtol=1e-12)


def test_moving_average_equals_pytorchs_lerp(torch):
    old, new = np.random.default_rng(0).standard_normal((2, 5))
    expected = torch.lerp(torch.tensor(old), torch.tensor(new), 1 - 0.9).numpy()
    np.testing.assert_allclose(ema_update(old, new, 0.9), expected, rtol=1e-12)
    assert ema_update(old.astype(np.float32), new.astype(np.float32), 0.9).dtype == np.float32


def test_a_variance_of_zero_is_allowed_outside_of_training(case):
    case["running_var"][:] = 0
    out, _, _, _ = batchnorm_forward(**case, training=False, eps=0.25)
    np.testing.assert_allclose(out, case["gamma"] * (case["X"] - case["running_mean"]) / 0.5 + case["beta"], rtol=1e-12)


def test_default_momentum_and_eps_are_nine_tenths_and_a_hundred_thousandth(case):
    for training in (True, False):
        default = batchnorm_forward(**case, training=training)
        explicit = batchnorm_forward(**case, training=training, momentum=0.9, eps=1e-5)
        for i in (0, 2, 3):
            np.testing.assert_array_equal(default[i], explicit[i])


def test_output_and_running_statistics_equal_keras(keras, case):
    layer = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, dtype="float64")
    layer.build((None, D))
    layer.set_weights([case[name] for name in ("gamma", "beta", "running_mean", "running_var")])
    for training in (True, False):
        expected = layer(keras.ops.convert_to_tensor(case["X"]), training=training)
        out, _, mean, var = batchnorm_forward(**case, training=training)
        single = {"rtol": 2e-6, "atol": 1e-6}  # Keras computes this layer in float32, whatever its dtype
        np.testing.assert_allclose(out, expected.detach().numpy(), **single)
        case["running_mean"], case["running_var"] = mean, var
        np.testing.assert_allclose(mean, layer.get_weights()[2], **single)
        np.testing.assert_allclose(var, layer.get_weights()[3], **single)


def test_layer_normalization_can_be_had_from_here():
    for name in layer_normalization.__all__:
        assert getattr(normalization, name) is getattr(layer_normalization, name) and name in normalization.__all__


# Images


@pytest.fixture
def images(case):
    return {**case, "X": np.random.default_rng(9).normal(1, 2, (3, 5, 2, D))}


@pytest.mark.parametrize("training", [True, False])
def test_channels_of_images_equal_pytorchs(torch, images, training):
    dout = np.random.default_rng(6).standard_normal(images["X"].shape)
    out, cache, mean, _ = batchnorm_conv_forward(**images, training=training)
    dX, dgamma, dbeta = batchnorm_conv_backward(dout, cache)
    first = {**images, "X": images["X"].transpose(0, 3, 1, 2)}
    theirs, (gX, ggamma, gbeta), their_mean, _ = forward_and_gradients(
        torch, first, dout.transpose(0, 3, 1, 2), training
    )
    np.testing.assert_allclose(out, theirs.transpose(0, 2, 3, 1), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dX, gX.transpose(0, 2, 3, 1), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(dgamma, ggamma, rtol=1e-11)
    np.testing.assert_allclose(dbeta, gbeta, rtol=1e-11)
    np.testing.assert_allclose(mean, their_mean, rtol=1e-12)


def test_a_channel_has_one_mean_and_moving_the_images_moves_the_output(images):
    out, _, mean, var = batchnorm_conv_forward(**images, training=True, momentum=0.0)
    np.testing.assert_allclose(mean, images["X"].mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(var, images["X"].var(axis=(0, 1, 2)), rtol=1e-12)
    moved, _, _, _ = batchnorm_conv_forward(**{**images, "X": np.roll(images["X"], 2, axis=1)}, training=True)
    np.testing.assert_allclose(moved, np.roll(out, 2, axis=1), rtol=1e-11)


def test_images_of_one_place_are_rows(case):
    one = {**case, "X": case["X"][:, None, None]}
    out, cache, _, _ = batchnorm_conv_forward(**one, training=True)
    flat, flat_cache, _, _ = batchnorm_forward(**case, training=True)
    np.testing.assert_array_equal(out[:, 0, 0], flat)
    dout = np.random.default_rng(1).standard_normal((N, D))
    dX = batchnorm_conv_backward(dout[:, None, None], cache)[0]
    np.testing.assert_array_equal(dX[:, 0, 0], batchnorm_backward(dout, flat_cache)[0])


ONES = dict.fromkeys(("gamma", "beta", "running_mean", "running_var"), np.ones(2))
X2 = np.ones((3, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: batchnorm_forward(X2[0], **ONES, training=True), ValueError, "batchnorm_forward: X must have 2 axes"),
        (lambda: batchnorm_forward(X2[:0], **ONES, training=False), ValueError, "X must hold at least one sample"),
        (lambda: batchnorm_forward(X2[:, :1], **ONES, training=True), ValueError, r"gamma must have shape \(1,\)"),
        (lambda: batchnorm_forward(X2, **ONES, training=1), TypeError, "training must be True or False"),
        (
            lambda: batchnorm_forward(X2, **ONES, training=True, momentum=1.1),
            ValueError,
            r"momentum must be in \[0, 1\]",
        ),
        (lambda: batchnorm_forward(X2, **ONES, training=True, eps=0), ValueError, r"eps must be in \(0, inf\)"),
        (
            lambda: batchnorm_forward(X2, **{**ONES, "running_var": np.array([1, -0.1])}, training=False),
            ValueError,
            "running_var must not be negative, got -0.1",
        ),
        (lambda: batchnorm_backward(X2, None), TypeError, "batchnorm_backward: cache must be the cache"),
        (
            lambda: batchnorm_backward(X2[:2], batchnorm_forward(X2, **ONES, training=True)[1]),
            ValueError,
            "batchnorm_backward: dout must have the shape of out",
        ),
        (
            lambda: batchnorm_conv_forward(X2, **ONES, training=True),
            ValueError,
            "batchnorm_conv_forward: X must have 4",
        ),
        (
            lambda: batchnorm_conv_forward(np.ones((2, 0, 3, 2)), **ONES, training=True),
            ValueError,
            "batchnorm_conv_forward: X must hold at least one sample",
        ),
        (lambda: batchnorm_conv_backward(X2, None), ValueError, "batchnorm_conv_backward: dout must have 4 axes"),
        (
            lambda: batchnorm_conv_backward(X2[None, None], None),
            TypeError,
            "batchnorm_conv_backward: cache must be the cache",
        ),
        (lambda: ema_update(1.0, np.ones(2), 0.9), ValueError, "ema_update: new must have the shape of old"),
        (lambda: ema_update(1.0, 1.0, -0.1), ValueError, r"ema_update: momentum must be in \[0, 1\], got -0.1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
