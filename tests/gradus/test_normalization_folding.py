"""Batch normalization folded into the layer before it: against the two layers, PyTorch's fusion and the identity."""

import numpy as np
import pytest
from gradus.normalization import batchnorm_forward, fold_batchnorm


def folding_case(shape, seed=2):
    rng = np.random.default_rng(seed)
    H = shape[-1]
    return {
        "W": rng.standard_normal(shape),
        "b": rng.standard_normal(H),
        "gamma": rng.normal(1, 0.5, H),
        "beta": rng.standard_normal(H),
        "mean": rng.standard_normal(H),
        "var": rng.uniform(0.1, 3, H),
    }


@pytest.mark.parametrize("bias", [True, False])
def test_a_folded_layer_computes_what_the_two_did(bias):
    given = folding_case((4, 3))
    if not bias:
        given["b"] = None
    X = np.random.default_rng(5).normal(2, 3, (7, 4))
    W, b = fold_batchnorm(**given, eps=0.01)
    z = X @ given["W"] + (given["b"] if bias else 0)
    two, _, _, _ = batchnorm_forward(
        z, given["gamma"], given["beta"], given["mean"], given["var"], training=False, eps=0.01
    )
    np.testing.assert_allclose(X @ W + b, two, rtol=1e-11, atol=1e-12)


def test_folding_equals_pytorchs_also_for_kernels(torch):
    from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

    for shape, fuse, axes in (
        ((4, 3), fuse_linear_bn_weights, (1, 0)),
        ((3, 3, 2, 5), fuse_conv_bn_weights, (3, 2, 0, 1)),
    ):
        given = folding_case(shape)
        t = {name: torch.tensor(a) for name, a in given.items()}
        theirs = fuse(t["W"].permute(axes), t["b"], t["mean"], t["var"], 1e-5, t["gamma"], t["beta"])
        W, b = fold_batchnorm(**given)
        np.testing.assert_allclose(W.transpose(axes), theirs[0].detach().numpy(), rtol=1e-12)
        np.testing.assert_allclose(b, theirs[1].detach().numpy(), rtol=1e-12)


def test_folding_the_statistics_themselves_gives_the_layer_back():
    given = folding_case((4, 3))
    given["gamma"], given["beta"] = np.sqrt(given["var"] + 1e-5), given["mean"]  # the identity: BN-31
    W, b = fold_batchnorm(**given)
    np.testing.assert_allclose(W, given["W"], rtol=1e-14)
    np.testing.assert_allclose(b, given["b"], rtol=1e-13)


def test_a_variance_of_zero_can_be_folded():
    given = folding_case((4, 3)) | {"var": np.zeros(3)}
    W, _ = fold_batchnorm(**given, eps=0.25)
    np.testing.assert_allclose(W, given["W"] * given["gamma"] / 0.5, rtol=1e-14)


def test_folding_keeps_float32():
    given = {name: a.astype(np.float32) for name, a in folding_case((4, 3)).items()}
    assert {a.dtype for a in fold_batchnorm(**given)} == {np.dtype(np.float32)}
    assert {a.dtype for a in fold_batchnorm(**{**given, "b": None})} == {np.dtype(np.float32)}


X2 = np.ones((3, 2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: fold_batchnorm(X2[0], None, *[np.ones(2)] * 4),
            ValueError,
            "fold_batchnorm: W must have at least 2 axes",
        ),
        (lambda: fold_batchnorm(X2, np.ones(3), *[np.ones(2)] * 4), ValueError, r"b must have shape \(2,\)"),
        (lambda: fold_batchnorm(X2, None, *[np.ones(2)] * 3, np.ones(3)), ValueError, r"var must have shape \(2,\)"),
        (lambda: fold_batchnorm(X2, None, *[np.ones(2)] * 3, -np.ones(2)), ValueError, "var must not be negative"),
        (lambda: fold_batchnorm(X2, None, *[np.ones(2)] * 4, eps=0.0), ValueError, r"eps must be in \(0, inf\)"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
