"""Normalization as layers: batch normalization of columns or channels, and layer normalization."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from . import unit_functions
from .arguments import as_float_dtype, require_in_range, require_int
from .layer import Layer
from .variable import Variable, is_recording

__all__ = ["BatchNorm", "LayerNorm"]

Array = np.ndarray


class BatchNorm(Layer):
    """Batch normalization of D columns, or of D channels of images (gradus.normalization).

    In training it normalizes with the statistics of the batch and moves its running statistics; under ``no_grad`` they
    stay as they are, so that looking at a network does not change it (in PyTorch they move then, too). A frozen layer
    behaves as in evaluation.

    Args:
        D: number of columns of (N, D), or of channels of (N, D, H, W).
        momentum: weight of the old running value, in [0, 1].
        eps: ε inside the root.
        dtype: of the parameters.

    Attributes:
        gamma, beta: Variables (D,), ones and zeros at first.
        running_mean, running_var: arrays (D,), zeros and ones at first; not trained.

    Raises:
        TypeError: D is not an integer, momentum or eps no number, dtype not one of floating-point numbers.
        ValueError: D, momentum or eps is out of range.
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, D: int, momentum: float = 0.9, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        require_int(D=(D, 1))
        require_in_range(momentum=(momentum, 0, 1), high_open=False)
        require_in_range(eps=(eps, 0, inf), low_open=True)
        dtype = as_float_dtype(dtype=dtype)
        self.gamma = Variable(np.ones(D, dtype))
        self.beta = Variable(np.zeros(D, dtype))
        self.running_mean = np.zeros(D, dtype)
        self.running_var = np.ones(D, dtype)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Any) -> Variable:
        of_the_batch = self.training and not self.frozen
        y, mean, var = unit_functions.batch_norm(
            x,
            self.gamma,
            self.beta,
            self.running_mean,
            self.running_var,
            training=of_the_batch,
            momentum=self.momentum,
            eps=self.eps,
        )
        if of_the_batch and is_recording():
            self.running_mean, self.running_var = mean, var
        return y


class LayerNorm(Layer):
    """Layer normalization of D features, on the last axis (gradus.layer_normalization).

    Args:
        D: number of features.
        eps: ε inside the root.
        dtype: of the parameters.

    Attributes:
        gamma, beta: Variables (D,), ones and zeros at first.

    Raises:
        TypeError: D is not an integer, eps no number, dtype not one of floating-point numbers.
        ValueError: D or eps is out of range.
    """

    def __init__(self, D: int, eps: float = 1e-5, dtype: Any = np.float64) -> None:
        require_int(D=(D, 1))
        require_in_range(eps=(eps, 0, inf), low_open=True)
        dtype = as_float_dtype(dtype=dtype)
        self.gamma = Variable(np.ones(D, dtype))
        self.beta = Variable(np.zeros(D, dtype))
        self.eps = eps

    def forward(self, x: Any) -> Variable:
        return unit_functions.layer_norm(x, self.gamma, self.beta, self.eps)
