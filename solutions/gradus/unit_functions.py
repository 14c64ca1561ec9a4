"""Activations with parameters, dropout and normalization, on Variables.

The formulas are those of ``activations_with_parameters``, ``dropout``, ``normalization`` and ``layer_normalization``;
here they become Functions, so that ``backward`` passes through them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import activations_with_parameters, layer_normalization, normalization
from . import dropout as dropout_formulas
from .arguments import fail
from .operations import as_data_for
from .variable import Function, Variable

__all__ = ["alpha_dropout", "batch_norm", "dropout", "layer_norm", "maxout", "prelu", "rrelu"]

Array = np.ndarray


class PReLU(Function):
    def forward(self, x: Array, a: Array) -> Array:
        y, self.cache = activations_with_parameters.prelu_forward(x, a)
        return y

    def backward(self, gy: Array) -> tuple[Array, Array]:
        return activations_with_parameters.prelu_backward(gy, self.cache)


class RReLU(Function):
    """activations_with_parameters.rrelu; the slopes stay on the object."""

    def __init__(self, *drawn: Any) -> None:
        self.drawn = drawn

    def forward(self, x: Array) -> Array:
        y, self.slopes = activations_with_parameters.rrelu(x, *self.drawn)
        self.x = x
        return y

    def backward(self, gy: Array) -> Array:
        gx: Array = gy * activations_with_parameters.rrelu_derivative(self.x, self.slopes)
        return gx


class Maxout(Function):
    def forward(self, x: Array, W: Array, b: Array) -> Array:
        y, self.cache = activations_with_parameters.maxout_forward(x, W, b)
        return y

    def backward(self, gy: Array) -> tuple[Array, Array, Array]:
        return activations_with_parameters.maxout_backward(gy, self.cache)


class Dropout(Function):
    """dropout.dropout_forward; the mask, its derivative, stays on the object."""

    formula: Callable[..., tuple[Array, Array]] = staticmethod(dropout_formulas.dropout_forward)

    def __init__(self, *drawn: Any) -> None:
        self.drawn = drawn

    def forward(self, x: Array) -> Array:
        y, self.mask = self.formula(x, *self.drawn)
        return y

    def backward(self, gy: Array) -> Array:
        gx: Array = gy * self.mask
        return gx


class AlphaDropout(Dropout):
    """dropout.alpha_dropout, likewise."""

    formula = staticmethod(dropout_formulas.alpha_dropout)


class BatchNorm(Function):
    """normalization.batchnorm_forward and batchnorm_backward; the new running statistics stay on the object.

    Images (N, C, H, W) go through with their channels moved to the end.
    """

    def __init__(self, running_mean: Array, running_var: Array, **hyper: Any) -> None:
        self.statistics, self.hyper = (running_mean, running_var), hyper

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        if x.ndim not in (2, 4):
            fail(f"x must have shape (N, D) or (N, C, H, W), got {x.shape}")
        self.images = x.ndim == 4
        formula = normalization.batchnorm_conv_forward if self.images else normalization.batchnorm_forward
        y, self.cache, *moved = formula(channels_last(x), gamma, beta, *self.statistics, **self.hyper)
        self.statistics = (moved[0], moved[1])
        return channels_second(y)

    def backward(self, gy: Array) -> tuple[Array, Array, Array]:
        formula = normalization.batchnorm_conv_backward if self.images else normalization.batchnorm_backward
        dX, dgamma, dbeta = formula(channels_last(gy), self.cache)
        return channels_second(dX), dgamma, dbeta


def channels_last(x: Array) -> Array:
    """(N, C, H, W) as a view (N, H, W, C); (N, D) as it is."""
    return x.transpose(0, 2, 3, 1) if x.ndim == 4 else x


def channels_second(x: Array) -> Array:
    """(N, H, W, C) as an array (N, C, H, W), row after row in memory as convolutions want it; (N, D) as it is."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if x.ndim == 4 else x


class LayerNorm(Function):
    def __init__(self, eps: float) -> None:
        self.eps = eps

    def forward(self, x: Array, gamma: Array, beta: Array) -> Array:
        y, self.cache = layer_normalization.layernorm_forward(x, gamma, beta, self.eps)
        return y

    def backward(self, gy: Array) -> tuple[Array, Array, Array]:
        return layer_normalization.layernorm_backward(gy, self.cache)


def _data_for(W: Any, x: Any) -> Any:
    return as_data_for(W, x) if isinstance(x, np.ndarray) else x


def prelu(x: Any, a: Any) -> Variable:
    """Leaky ReLU with a slope that is trained: max(x, 0) + a min(x, 0).

    Args:
        x: any shape.
        a: any shape that broadcasts to that of x: (), (D,) for x (N, D), (C, 1, 1) for x (N, C, H, W).

    Raises:
        TypeError, ValueError: as activations_with_parameters.prelu_forward.
    """
    y: Variable = PReLU()(x, a)
    return y


def rrelu(
    x: Any,
    rng: np.random.Generator | None,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = True,
    slopes: Array | None = None,
) -> Variable:
    """Randomized leaky ReLU: max(x, 0) + slopes min(x, 0), the slopes drawn anew in each call.

    Args:
        x: any shape.
        rng, lower, upper, training, slopes: as for activations_with_parameters.rrelu.

    Raises:
        TypeError, ValueError: as activations_with_parameters.rrelu.
    """
    y: Variable = RReLU(rng, lower, upper, training, slopes)(x)
    return y


def maxout(x: Any, W: Any, b: Any) -> Variable:
    """Units that send on the largest of k linear functions: max_i (x W_i + b_i).

    Args:
        x: (N, D).
        W: (D, k, H).
        b: (k, H).

    Raises:
        TypeError, ValueError: as activations_with_parameters.maxout_forward.
    """
    y: Variable = Maxout()(_data_for(W, x), W, b)
    return y


def dropout(
    x: Any,
    rate: float,
    rng: np.random.Generator | None,
    training: bool = True,
    mask: Array | None = None,
    inverted: bool = True,
) -> Variable:
    """In training each entry becomes 0 with probability rate, and the others are divided by 1 − rate.

    Args:
        x: any shape.
        rate, rng, training, mask, inverted: as for dropout.dropout_forward.

    Raises:
        TypeError, ValueError: as dropout.dropout_forward.
    """
    y: Variable = Dropout(rate, rng, training, mask, inverted)(x)
    return y


def alpha_dropout(
    x: Any, rate: float, rng: np.random.Generator | None, training: bool = True, mask: Array | None = None
) -> Variable:
    """Dropout for SELU networks: dropped entries become −λα, and mean 0 and variance 1 are restored.

    Args:
        x: any shape.
        rate, rng, training, mask: as for dropout.alpha_dropout.

    Raises:
        TypeError, ValueError: as dropout.alpha_dropout.
    """
    y: Variable = AlphaDropout(rate, rng, training, mask)(x)
    return y


def batch_norm(
    x: Any,
    gamma: Any,
    beta: Any,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Variable, Array, Array]:
    """Batch normalization of the columns of x (N, D), or of the channels of images x (N, C, H, W).

    Args:
        x: (N, D) or (N, C, H, W).
        gamma, beta, running_mean, running_var: (D,) or (C,).
        training, momentum, eps: as for normalization.batchnorm_forward.

    Returns:
        The normalized Variable, and the new running mean and variance as arrays.

    Raises:
        TypeError, ValueError: as normalization.batchnorm_forward.
    """
    function = BatchNorm(running_mean, running_var, training=training, momentum=momentum, eps=eps)
    return function(_data_for(gamma, x), gamma, beta), *function.statistics


def layer_norm(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Variable:
    """Normalize each sample over the last axis, then scale and shift it.

    Args:
        x: (…, D).
        gamma, beta: (D,).
        eps: ε inside the root.

    Raises:
        TypeError, ValueError: as layer_normalization.layernorm_forward.
    """
    y: Variable = LayerNorm(eps)(_data_for(gamma, x), gamma, beta)
    return y
