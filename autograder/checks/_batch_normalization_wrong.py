"""Wrong versions of one layer of batch normalization, as students write them. Their sentences stand with the exercises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gradus import normalization as ref

Array = np.ndarray
F = Callable[..., Any]

# ---------------------------------------------------------------- batchnorm_forward


def column_mean(X: Array) -> Array:
    return X.mean(axis=0)


def column_var(X: Array) -> Array:
    return X.var(axis=0)


def unbiased(X: Array) -> Array:
    return X.var(axis=0, ddof=1)


def root(var: Array, eps: float) -> Array:
    return np.sqrt(var + eps)


def moved(old: Array, new: Array, momentum: float) -> Array:
    return momentum * old + (1 - momentum) * new


def forward_with(
    *,
    mean: F = column_mean,
    var: F = column_var,
    divisor: F = root,
    scaled: F = lambda x_hat, gamma, beta: gamma * x_hat + beta,
    in_training: F = lambda of_batch, running: of_batch,
    moved: F = moved,
    averaged: F = column_var,
    in_evaluation: F = lambda of_batch, running: running,
    evaluation_divisor: F | None = None,
    evaluation_scaled: F | None = None,
    moves_in_evaluation: bool = False,
) -> F:
    """Batch normalization with one line replaced."""

    def batchnorm_forward(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
        of_batch, running = (mean(X), var(X)), (running_mean, running_var)
        new = moved(running_mean, X.mean(axis=0), momentum), moved(running_var, averaged(X), momentum)
        if training:
            mu, v = in_training(of_batch, running)
            divide, scale = divisor, scaled
        else:
            mu, v = in_evaluation(of_batch, running)
            divide, scale = evaluation_divisor or divisor, evaluation_scaled or scaled
            new = new if moves_in_evaluation else running
        with np.errstate(all="ignore"):
            out = scale((X - mu) / divide(v, eps), gamma, beta)
        return out, None, *new

    return batchnorm_forward


def over_the_row(statistic: F) -> F:
    return lambda X: statistic(X, axis=1, keepdims=True)


def without_shift_of_the_mean(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    out = gamma * X / np.sqrt(X.var(axis=0) + eps) + beta
    return out, None, running_mean, running_var


def changes_X(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    X -= X.mean(axis=0)
    X /= np.sqrt((X * X).mean(axis=0) + eps)
    return gamma * X + beta, (X, gamma), running_mean, running_var


def changes_running(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        running_mean *= momentum
        running_mean += (1 - momentum) * X.mean(axis=0)
        running_var *= momentum
        running_var += (1 - momentum) * X.var(axis=0)
        mu, v = X.mean(axis=0), X.var(axis=0)
    else:
        mu, v = running_mean, running_var
    return gamma * (X - mu) / np.sqrt(v + eps) + beta, None, running_mean, running_var


def moved_to_std(X, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    """Keeps the average of standard deviations under the name of a variance, and divides by it later."""
    if not training:
        out = gamma * (X - running_mean) / (running_var + eps) + beta
        return out, None, running_mean, running_var
    out = ref.batchnorm_forward(X, gamma, beta, running_mean, running_var, training=True, eps=eps)[0]
    return out, None, moved(running_mean, X.mean(axis=0), momentum), moved(running_var, X.std(axis=0), momentum)


# ---------------------------------------------------------------- ema_update


def changes_old(old, new, momentum):
    old *= momentum
    old += (1 - momentum) * new
    return old


# ---------------------------------------------------------------- batchnorm_backward


def backward_with(
    dX: F = lambda dout, x_hat, inv_std, gamma: (
        gamma * inv_std * (dout - dout.mean(axis=0) - x_hat * (dout * x_hat).mean(axis=0))
    ),
    dgamma: F = lambda dout, x_hat: (dout * x_hat).sum(axis=0),
    dbeta: F = lambda dout, x_hat: dout.sum(axis=0),
    order: tuple[int, int, int] = (0, 1, 2),
) -> F:
    """The way back with one gradient replaced, or their order."""

    def batchnorm_backward(dout, cache):
        x_hat, inv_std, gamma = cache
        found = dX(dout, x_hat, inv_std, gamma), dgamma(dout, x_hat), dbeta(dout, x_hat)
        return tuple(found[i] for i in order)

    return batchnorm_backward


def changes_dout(dout, cache):
    x_hat, inv_std, gamma = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dout *= gamma
    dout -= dout.mean(axis=0) + x_hat * (dout * x_hat).mean(axis=0)
    return dout * inv_std, dgamma, dbeta


def dX_of(bracket: F, scale: F = lambda inv_std, gamma: gamma * inv_std) -> F:
    """A dX: scale times what stands in the bracket, which gets dout, x̂ and N."""
    return backward_with(dX=lambda dout, x_hat, inv_std, gamma: scale(inv_std, gamma) * bracket(dout, x_hat, len(dout)))


def centred(dout: Array, x_hat: Array, N: int) -> Array:
    """The right bracket."""
    return dout - dout.sum(axis=0) / N - x_hat * (dout * x_hat).sum(axis=0) / N


# ---------------------------------------------------------------- identity_parameters


def identity_with(gamma: F, beta: F = column_mean) -> F:
    def identity_parameters(X, eps=1e-5):
        return gamma(X, eps), beta(X)

    return identity_parameters


# ---------------------------------------------------------------- fold_batchnorm


def fold_with(
    scale: F = lambda gamma, var, eps: gamma / np.sqrt(var + eps),
    weights: F = lambda W, s: W * s,
    bias: F = lambda b, s, beta, mean: (b - mean) * s + beta,
) -> F:
    """The folded layer with one line replaced."""

    def fold_batchnorm(W, b, gamma, beta, mean, var, eps=1e-5):
        s = scale(gamma, var, eps)
        return weights(W, s), bias(b, s, beta, mean)

    return fold_batchnorm


def changes_W(W, b, gamma, beta, mean, var, eps=1e-5):
    s = gamma / np.sqrt(var + eps)
    W *= s
    return W, (b - mean) * s + beta
