"""Pretraining without labels, or with labels that cost nothing: autoencoders, pairs, rotations, hidden patches.

A network is trained on a task made from the data alone; its lower layers then start another network (``transfer``).

    autoencoder = Autoencoder(64, 50, rng=rng, noise=partial(masking_noise, rate=0.3))
    fit(autoencoder, X, X, loss=functions.mean_squared_error, …)
    copy_layers(autoencoder.encoder, net, 2)

Tasks with labels are in ``pretext_tasks``, and can be had from here as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from typing import Any

import numpy as np

from . import functions
from .arguments import (
    as_float_array,
    as_float_dtype,
    describe,
    fail,
    fail_type,
    require_callable,
    require_choice,
    require_finite,
    require_in_range,
    require_int,
    require_ndim,
    require_rng,
    require_same_shape,
    require_shape,
)
from .initializers import INIT_FOR_ACTIVATION
from .layer import Layer
from .layers import Activation, Linear, Sequential
from .pretext_tasks import PairNet, make_pairs, make_rotation_task, mask_patches
from .variable import Variable

__all__ = [
    "Autoencoder",
    "PairNet",
    "denoising_gradients",
    "gaussian_noise",
    "linear_optimum",
    "make_pairs",
    "make_rotation_task",
    "mask_patches",
    "masking_noise",
]

Array = np.ndarray
Init = Callable[[tuple[int, ...], np.random.Generator], Array]
Noise = Callable[[Array, np.random.Generator], Array]


class Autoencoder(Layer):
    """A network that gives back its input, squeezed through narrow hidden layers (Hinton & Salakhutdinov 2006).

        h = f(x W + b) …        encoder: a dense layer and an activation for each width in H
        x̂ = … h W′ + b′         decoder: the widths in reverse; the last layer is linear

    With noise it is a denoising autoencoder (Vincent et al. 2008): in training the encoder sees a corrupted input, while
    the target, which is given to the loss, stays clean. Without it, a hidden layer as wide as the input may learn to
    copy, which teaches nothing.

    Args:
        D: number of inputs and outputs.
        H: width of the hidden layer, or the list of widths of the encoder.
        rng: source of the first weights, and of the noise.
        activation: name of f; "identity" makes the linear autoencoder, which can do what PCA does (linear_optimum).
        noise: noise(X, rng) -> corrupted copy, applied in training mode to arrays: ``partial(gaussian_noise, std=0.5)``.
        init: init(shape, rng) -> W for all dense layers; None for the one that is customary with the activation.
        dtype: of the parameters.

    Attributes:
        encoder, decoder: Sequentials, to be used and copied from by themselves.

    Raises:
        TypeError: an argument is of the wrong type; a Variable is put into a network with noise while it trains.
        ValueError: a width is less than 1, or the activation is unknown.
    """

    def __init__(
        self,
        D: int,
        H: int | Sequence[int],
        *,
        rng: np.random.Generator,
        activation: str = "relu",
        noise: Noise | None = None,
        init: Init | None = None,
        dtype: Any = np.float64,
    ) -> None:
        widths: list[Any] = list(H) if isinstance(H, list | tuple) else [H]
        if not widths:
            fail("H must hold at least one width")
        require_int(D=(D, 1), **{f"H[{i}]" if len(widths) > 1 else "H": (n, 1) for i, n in enumerate(widths)})
        require_rng(rng=rng)
        require_choice(activation=(activation, functions.ACTIVATIONS))
        if noise is not None:
            require_callable(noise=noise)
        if init is None:
            init = INIT_FOR_ACTIVATION[activation]
        require_callable(init=init)
        dtype = as_float_dtype(dtype=dtype)
        up = [Linear(n, m, rng=rng, init=init, dtype=dtype) for n, m in pairwise([D, *widths])]
        down = [Linear(n, m, rng=rng, init=init, dtype=dtype) for n, m in pairwise([*reversed(widths), D])]
        self.encoder = Sequential(*[layer for dense in up for layer in (dense, Activation(activation))])
        between = [layer for dense in down[:-1] for layer in (dense, Activation(activation))]
        self.decoder = Sequential(*between, down[-1])
        self.noise = noise
        self.rng = rng
        self.flatten()

    def forward(self, x: Any) -> Variable:
        if self.noise is not None and self.training:
            if isinstance(x, Variable):
                fail_type("x must be an array in training with noise, which has no gradient, got a Variable")
            x = self.noise(x, self.rng)
        return self.decoder(self.encoder(x))


def gaussian_noise(X: Array, rng: np.random.Generator, std: float) -> Array:
    """Corrupt data by adding a number to every entry: X̃ = X + std · z, z ~ N(0, 1).

    Args:
        X: any shape. Not changed.
        rng: source of the noise.
        std: standard deviation, at least 0.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: std is negative or not finite.
    """
    X = as_float_array(X=X)
    require_rng(rng=rng)
    require_in_range(std=(std, 0, inf))
    return np.asarray(X + (float(std) * rng.standard_normal(X.shape)).astype(X.dtype))


def masking_noise(X: Array, rng: np.random.Generator, rate: float) -> Array:
    """Corrupt data by setting each entry to 0 with probability rate, and leaving the others as they are.

        X̃ = X · kept,   kept = 1 with probability 1 − rate, else 0        (Vincent et al. 2008, section 2.3)

    Unlike dropout it does not make the others larger.

    Args:
        X: any shape. Not changed.
        rng: source of the noise.
        rate: share of entries to hide, in [0, 1].

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: rate is outside [0, 1].
    """
    X = as_float_array(X=X)
    require_rng(rng=rng)
    require_in_range(rate=(rate, 0, 1), high_open=False)
    return np.asarray(np.where(rng.random(X.shape) >= rate, X, 0).astype(X.dtype, copy=False))


def linear_optimum(X: Array, H: int) -> float:
    """Least mean squared error of a linear autoencoder with H hidden units: that of PCA (Baldi & Hornik 1989).

        Σ_{k > H} s_k² / (N D)        s_k: singular values of X minus its column means, in descending order

    Args:
        X: data (N, D).
        H: number of hidden units; from min(N, D) on the error is 0.

    Raises:
        TypeError: X does not hold real numbers, or H is not an integer.
        ValueError: X has not two axes, is empty or not finite, or H is less than 1.
    """
    X = as_float_array(X=X)
    require_ndim(X=(X, 2))
    require_finite(X=X)
    require_int(H=(H, 1))
    if X.size == 0:
        fail(f"X must have at least one entry, got shape {X.shape}")
    s = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    return float(np.sum(np.square(s[H:])) / X.size)


def denoising_gradients(params: dict[str, Array], X: Array, X_noisy: Array) -> tuple[float, dict[str, Array]]:
    """Loss and gradients of a denoising autoencoder with one tanh layer, by hand.

        h = tanh(X̃ W1 + b1)
        R = h W2 + b2
        loss = 1/(N D) Σ (R − X)²             the target is the clean X
        dR = 2/(N D) (R − X)
        dW2 = hᵀ dR,   db2 = Σ_n dR_n
        dz = (dR W2ᵀ) (1 − h²)
        dW1 = X̃ᵀ dz,   db1 = Σ_n dz_n

    Args:
        params: {"W1": (D, H), "b1": (H,), "W2": (H, D), "b2": (D,)}.
        X: clean data (N, D).
        X_noisy: the same, corrupted; X itself for a plain autoencoder.

    Returns:
        The loss as a Python float, and the gradients by the names of the parameters.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a parameter is missing or too many, shapes do not fit, or there are no samples.
    """
    if not isinstance(params, dict):
        fail_type(f"params must be a dict of arrays, got {describe(params)}")
    if set(params) != {"W1", "b1", "W2", "b2"}:
        fail(f"params must have the keys W1, b1, W2, b2, got {', '.join(map(str, params)) or 'none'}")
    X, X_noisy = as_float_array(X=X, X_noisy=X_noisy)
    W1, b1, W2, b2 = (as_float_array(**{f"params[{k!r}]": params[k]}) for k in ("W1", "b1", "W2", "b2"))
    require_ndim(X=(X, 2), **{"params['W1']": (W1, 2)})
    require_same_shape(X=X, X_noisy=X_noisy)
    D, H = X.shape[1], W1.shape[1]
    for key, w, shape in (("W1", W1, (D, H)), ("b1", b1, (H,)), ("W2", W2, (H, D)), ("b2", b2, (D,))):
        require_shape(**{f"params[{key!r}]": (w, shape)})
    if X.size == 0:
        fail(f"X must have at least one entry, got shape {X.shape}")
    h = np.tanh(X_noisy @ W1 + b1)
    R = h @ W2 + b2
    loss = float(np.mean(np.square(R - X)))
    dR = (2 / X.size) * (R - X)
    dz = (dR @ W2.T) * (1 - h * h)
    return loss, {"W1": X_noisy.T @ dz, "b1": dz.sum(axis=0), "W2": h.T @ dR, "b2": dR.sum(axis=0)}
