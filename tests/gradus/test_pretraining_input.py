"""Pretraining: what wrong input is told."""

import numpy as np
import pytest
from gradus.layers import Linear
from gradus.pretraining import (
    Autoencoder,
    PairNet,
    denoising_gradients,
    gaussian_noise,
    linear_optimum,
    make_pairs,
    make_rotation_task,
    mask_patches,
    masking_noise,
)

RNG = np.random.default_rng(0)
X, Y, IMAGES = np.ones((6, 4)), np.array([0, 0, 1, 1, 2, 2]), np.ones((6, 4, 5))
PARAMS = {"W1": np.ones((4, 3)), "b1": np.ones(3), "W2": np.ones((3, 4)), "b2": np.ones(4)}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Autoencoder(0, 3, rng=RNG), ValueError, "Autoencoder: D must be at least 1, got 0"),
        (lambda: Autoencoder(4, 0, rng=RNG), ValueError, "Autoencoder: H must be at least 1, got 0"),
        (lambda: Autoencoder(4, [3, 0], rng=RNG), ValueError, r"Autoencoder: H\[1\] must be at least 1, got 0"),
        (lambda: Autoencoder(4, [], rng=RNG), ValueError, "Autoencoder: H must hold at least one width"),
        (lambda: Autoencoder(4, 2.5, rng=RNG), TypeError, "Autoencoder: H must be an integer"),
        (lambda: Autoencoder(4, 3, rng=0), TypeError, "Autoencoder: rng must be"),
        (lambda: Autoencoder(4, 3, rng=RNG, activation="a"), ValueError, "Autoencoder: activation must be one of"),
        (lambda: Autoencoder(4, 3, rng=RNG, noise=0.3), TypeError, "Autoencoder: noise must be a function"),
        (lambda: Autoencoder(4, 3, rng=RNG, init=0.3), TypeError, "Autoencoder: init must be a function"),
        (lambda: gaussian_noise(X, RNG, -0.1), ValueError, r"gaussian_noise: std must be in \[0, inf\)"),
        (lambda: gaussian_noise(X, 0, 0.1), TypeError, "gaussian_noise: rng must be"),
        (lambda: masking_noise(X, RNG, 1.1), ValueError, r"masking_noise: rate must be in \[0, 1\], got 1.1"),
        (lambda: masking_noise(X, RNG, -0.1), ValueError, r"masking_noise: rate must be in \[0, 1\]"),
        (lambda: linear_optimum(X, 0), ValueError, "linear_optimum: H must be at least 1"),
        (lambda: linear_optimum(X[0], 1), ValueError, "linear_optimum: X must have 2 axes"),
        (lambda: linear_optimum(X[:0], 1), ValueError, "linear_optimum: X must have at least one entry"),
        (lambda: denoising_gradients([], X, X), TypeError, "denoising_gradients: params must be a dict"),
        (lambda: denoising_gradients({"W": X}, X, X), ValueError, "params must have the keys W1, b1, W2, b2, got W"),
        (lambda: denoising_gradients({}, X, X), ValueError, "params must have the keys W1, b1, W2, b2, got none"),
        (lambda: denoising_gradients(PARAMS, X, X[:3]), ValueError, "X_noisy must have the shape of X"),
        (lambda: denoising_gradients(PARAMS, X[:0], X[:0]), ValueError, "X must have at least one entry"),
        (
            lambda: denoising_gradients(PARAMS | {"b2": np.ones(3)}, X, X),
            ValueError,
            r"denoising_gradients: params\['b2'\] must have shape \(4,\), got \(3,\)",
        ),
        (lambda: make_pairs(X, Y[1:], 4, RNG), ValueError, "make_pairs: X and y must hold as many samples"),
        (lambda: make_pairs(X, Y * 0, 4, RNG), ValueError, "make_pairs: y must hold two classes at least"),
        (lambda: make_pairs(X, np.arange(6), 4, RNG), ValueError, "make_pairs: y must hold .* two samples of one"),
        (lambda: make_pairs(X, Y, 0, RNG), ValueError, "make_pairs: n must be at least 1"),
        (lambda: make_pairs(X, Y, 4, 0), TypeError, "make_pairs: rng must be"),
        (lambda: PairNet(max, 3, rng=RNG), TypeError, "PairNet: encoder must be a Layer"),
        (lambda: PairNet(Linear(4, 3, rng=RNG), 0, rng=RNG), ValueError, "PairNet: H must be at least 1"),
        (lambda: PairNet(Linear(4, 3, rng=RNG), 3, rng=0), TypeError, "PairNet: rng must be"),
        (
            lambda: PairNet(Linear(4, 3, rng=RNG), 3, rng=RNG)(X),
            ValueError,
            r"PairNet.forward: x must hold pairs, \(N, 2, …\), got shape \(6, 4\)",
        ),
        (lambda: make_rotation_task(X), ValueError, "make_rotation_task: images must be square, .* got shape"),
        (lambda: make_rotation_task(IMAGES), ValueError, "make_rotation_task: images must be square"),
        (lambda: make_rotation_task(IMAGES[:, :, :4], 0), TypeError, "make_rotation_task: rng must be"),
        (lambda: mask_patches(X, 2, RNG), ValueError, "mask_patches: X must hold images"),
        (lambda: mask_patches(IMAGES, 0, RNG), ValueError, "mask_patches: size must be at least 1"),
        (lambda: mask_patches(IMAGES, 5, RNG), ValueError, "mask_patches: size must be at most 4, .* got 5"),
        (lambda: mask_patches(IMAGES, 2, 0), TypeError, "mask_patches: rng must be"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
