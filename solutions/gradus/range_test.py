"""The learning-rate range test: train with a rate that grows, and look where the loss falls and where it breaks out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from math import inf, isfinite
from typing import Any

import numpy as np

from . import functions
from .arguments import (
    as_float_array,
    describe,
    fail,
    fail_type,
    require_callable,
    require_finite,
    require_in_range,
    require_int,
    require_rng,
    require_same_shape,
    require_shape,
)
from .layer import Layer
from .network import iterate_minibatches
from .optimizer import Optimizer
from .optimizers import GradientDescent
from .variable import Variable

__all__ = ["lr_range_test", "suggest_lr"]

Array = np.ndarray


def lr_range_test(
    net: Layer,
    X: Array,
    y: Array,
    *,
    rng: np.random.Generator,
    lr_min: float = 1e-6,
    lr_max: float = 10.0,
    steps: int = 100,
    batch: int = 32,
    optimizer: Callable[[Layer, float], Optimizer] = GradientDescent,
    loss: Callable[[Any, Array], Variable] = functions.softmax_cross_entropy,
    beta: float = 0.9,
    stop: float = 4.0,
) -> tuple[Array, Array]:
    """Train for a few steps with a rate that grows from lr_min to lr_max, and record the loss (Smith 2017).

        η_k = lr_min (lr_max/lr_min)^(k/(steps − 1))        k = 0 … steps − 1
        a ← β a + (1 − β) loss_k,   â_k = a / (1 − β^(k+1))

    Where â begins to fall the rate begins to be of use, where it turns up the rate is too large. The test ends when â is
    more than ``stop`` times its smallest value so far, or the loss is no longer finite. It trains a copy: the network and
    the numbers its layers draw stay as they are.

    Args:
        net: maps a minibatch to what the loss takes.
        X, y: inputs (N, …) and targets (N, …). X is converted to the dtype of the parameters.
        rng: draws the order of the samples. When all have been seen, a new order is drawn.
        lr_min, lr_max: first and last rate, 0 < lr_min < lr_max.
        steps: minibatches, at least 2.
        batch: samples in a minibatch, at most N.
        optimizer: optimizer(net, lr) -> the Optimizer to try, such as the class Adam.
        loss: loss(net(X_batch), y_batch) -> a Variable with one number.
        beta: smoothing β in [0, 1); 0 for the losses as they are.
        stop: what is taken for divergence, > 1.

    Returns:
        The rates η_k and the smoothed losses â_k, (K,) each with K <= steps, float64.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is out of its range, X and y do not fit, or the first loss is not finite.
    """
    if not isinstance(net, Layer):
        fail_type(f"net must be a Layer, got {describe(net)}")
    require_rng(rng=rng)
    require_in_range(lr_min=(lr_min, 0, inf), low_open=True)
    require_in_range(lr_max=(lr_max, lr_min, inf), stop=(stop, 1, inf), low_open=True)
    require_in_range(beta=(beta, 0, 1))
    require_int(steps=(steps, 2), batch=(batch, 1))
    require_callable(optimizer=optimizer, loss=loss)
    X, y = as_float_array(X=X), np.asarray(y)
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y):
        fail(f"y must have as many rows as X, which has shape {X.shape}, got shape {y.shape}")
    require_finite(X=X)
    if batch > len(X):
        fail(f"batch must be at most the number of samples, {len(X)}, got {batch}")

    net = deepcopy(net)
    net.cleargrads()
    net.train()
    X = X.astype(net.flat.dtype, copy=False)
    trained = optimizer(net, lr_min)
    if not isinstance(trained, Optimizer):
        fail_type(f"optimizer must return an Optimizer, got {describe(trained)}")
    rates = np.geomspace(lr_min, lr_max, steps)
    averages: list[float] = []
    average = lowest = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for k, (X_batch, y_batch) in zip(range(steps), _minibatches(X, y, batch, rng), strict=False):
            net.cleargrads()
            try:
                result = loss(net(X_batch), y_batch)
            except (TypeError, ValueError) as error:
                raise type(error)(f"lr_range_test: net and loss do not fit X and y: {error}") from error
            if not isfinite(result.data):
                break
            average = beta * average + (1 - beta) * float(result.data)
            averages.append(average / (1 - beta ** (k + 1)))
            lowest = min(averages[-1], lowest) if k else averages[-1]
            if averages[-1] > lowest + (stop - 1) * abs(lowest):
                break
            trained.lr = rates[k]
            result.backward()
            trained.step()
    if not averages:
        fail(f"the loss of the first minibatch is not finite: {result.data}")
    return rates[: len(averages)], np.array(averages)


def _minibatches(X: Array, y: Array, batch: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Minibatches without end, epoch after epoch."""
    while True:
        yield from iterate_minibatches(X, y, batch, rng)


def suggest_lr(lrs: Array, losses: Array, divisor: float = 10.0) -> float:
    """A learning rate from a range test: a tenth of the rate at which the loss was smallest (Géron 2019).

        η = lrs[argmin losses] / divisor

    At that rate the loss has stopped falling; on the way to divergence it is too large already. For one_cycle it is a
    choice for lr_max.

    Args:
        lrs, losses: (K,), as lr_range_test returns them.
        divisor: > 0.

    Returns:
        The rate, a Python float.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: lrs and losses are empty, not finite or of different shapes; divisor <= 0.
    """
    lrs, losses = as_float_array(lrs=lrs, losses=losses)
    require_shape(lrs=(lrs, (None,)))
    require_same_shape(lrs=lrs, losses=losses)
    require_in_range(divisor=(divisor, 0, inf), low_open=True)
    if lrs.size == 0:
        fail("lrs and losses must hold at least one number")
    require_finite(lrs=lrs, losses=losses)
    return float(lrs[losses.argmin()]) / float(divisor)
