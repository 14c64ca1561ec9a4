"""Dropout (Hinton et al. 2012; Srivastava et al. 2014) and alpha dropout (Klambauer et al. 2017).

Everywhere rate is the probability of DROPPING an entry, and keep = 1 − rate that of keeping it. A forward function
returns its output and a mask; the mask is the derivative of the output with respect to x, entry by entry, so the
backward pass is a product with it, in training as in evaluation. To use one mask twice, in a gradient check for
instance, pass it in again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .activations import SELU_ALPHA, SELU_LAMBDA
from .arguments import (
    as_float_array,
    fail,
    require_bool,
    require_in_range,
    require_rng,
    require_same_shape,
)

__all__ = [
    "ALPHA_PRIME",
    "alpha_dropout",
    "alpha_dropout_backward",
    "alpha_dropout_constants",
    "dropout_backward",
    "dropout_forward",
]

Array = np.ndarray

ALPHA_PRIME = -SELU_LAMBDA * SELU_ALPHA
"""α′ = −λα ≈ −1.7581, the limit of SELU for z → −∞: what alpha dropout puts in the place of a dropped entry."""


def dropout_forward(
    x: Array,
    rate: float,
    rng: np.random.Generator | None,
    training: bool,
    mask: Array | None = None,
    inverted: bool = True,
) -> tuple[Array, Array]:
    """Dropout: in training each entry becomes 0 with probability rate, by a draw of its own (Srivastava et al. 2014).

        keep = 1 − rate
        kept = 1 with probability keep, else 0      for every entry of every example
        out  = x kept / keep                        inverted, in training
        out  = x                                    inverted, in evaluation
        out  = x kept                               original form, in training
        out  = keep x                               original form, in evaluation

    In both forms the expected output in training is the output in evaluation. The original paper scales the weights
    behind the layer by keep instead of the output, which is the same.

    Libraries differ: rate is the probability of dropping, as in Keras and in PyTorch (there called p); in Srivastava et
    al. and in the CS231n notes p is the probability of keeping. Both libraries use the inverted form.

    Args:
        x: any shape, examples on axis 0. Not changed.
        rate: probability of dropping an entry, in [0, 1).
        rng: draws the mask. May be None where no mask is drawn: in evaluation, or where mask is given.
        training: False for evaluation, where nothing is dropped.
        mask: None, or the mask to use in training: an array like x that is 0 or False where an entry is dropped, and
            True or one positive number where it is kept. A mask that this function returned will do.
        inverted: False for the original form.

    Returns:
        out, a new array like x, and mask, by which x was multiplied: kept / keep or kept in training, 1 or keep in
        evaluation.

    Raises:
        TypeError: x or mask is not an array of numbers, training or inverted is not a bool, rng is no Generator.
        ValueError: rate is outside [0, 1), or mask has another shape than x or other values.
    """
    x = as_float_array(x=x)
    require_in_range(rate=(rate, 0, 1))
    require_bool(training=training, inverted=inverted)
    keep = 1 - float(rate)
    kept = _kept(x, keep, rng, training, mask)
    if inverted:
        mask = kept / keep if training else kept
    else:
        mask = kept if training else kept * keep
    return x * mask, mask


def dropout_backward(dout: Array, mask: Array) -> Array:
    """Gradient of dropout_forward with respect to x, for the same mask.

        dx = dout mask

    Args:
        dout: gradient of the loss with respect to out.
        mask: what dropout_forward returned; it holds the factor 1 / keep.

    Returns:
        dx, a new array like dout.

    Raises:
        TypeError: dout or mask is not an array of real numbers.
        ValueError: mask is not shaped like dout.
    """
    return _times_mask(dout, mask)


def alpha_dropout_constants(rate: float) -> tuple[float, float]:
    """The affine map of alpha dropout that restores mean 0 and variance 1 (Klambauer et al. 2017).

        keep = 1 − rate
        a = 1 / √(keep (1 + rate α′²))
        b = −a rate α′

    Of entries with mean 0 and variance 1, those dropped set to α′, the mean is rate α′ and the variance
    keep + keep rate α′².

    Args:
        rate: probability of dropping an entry, in [0, 1).

    Returns:
        (a, b).

    Raises:
        TypeError: rate is not a number.
        ValueError: rate is outside [0, 1).
    """
    require_in_range(rate=(rate, 0, 1))
    rate = float(rate)
    keep = 1 - rate
    a = 1 / math.sqrt(keep * (1 + rate * ALPHA_PRIME**2))
    b = -a * rate * ALPHA_PRIME
    return a, b


def alpha_dropout(
    x: Array, rate: float, rng: np.random.Generator | None, training: bool, mask: Array | None = None
) -> tuple[Array, Array]:
    """Alpha dropout, for networks of SELU units: keeps mean 0 and variance 1 (Klambauer et al. 2017).

        kept = 1 with probability 1 − rate, else 0      for every entry
        out  = a (kept x + (1 − kept) α′) + b           in training, a and b from alpha_dropout_constants
        out  = x                                        in evaluation

    A dropped entry becomes α′ = −λα, the value at which SELU saturates, instead of 0.

    Args:
        x: any shape, examples on axis 0. Not changed.
        rate: probability of dropping an entry, in [0, 1).
        rng: draws the mask. May be None where no mask is drawn: in evaluation, or where mask is given.
        training: False for evaluation, where nothing is dropped.
        mask: None, or the mask to use in training, as for dropout_forward.

    Returns:
        out, a new array like x, and mask for alpha_dropout_backward: a kept in training, 1 in evaluation.

    Raises:
        TypeError, ValueError: as dropout_forward.
    """
    x = as_float_array(x=x)
    require_in_range(rate=(rate, 0, 1))
    require_bool(training=training)
    kept = _kept(x, 1 - float(rate), rng, training, mask)
    if not training:
        return x.copy(), kept
    a, b = alpha_dropout_constants(rate)
    return a * (kept * x + (1 - kept) * ALPHA_PRIME) + b, a * kept


def alpha_dropout_backward(dout: Array, mask: Array) -> Array:
    """Gradient of alpha_dropout with respect to x, for the same mask.

        dx = dout mask      mask = a kept

    Args:
        dout: gradient of the loss with respect to out.
        mask: what alpha_dropout returned; it holds the factor a.

    Returns:
        dx, a new array like dout.

    Raises:
        TypeError: dout or mask is not an array of real numbers.
        ValueError: mask is not shaped like dout.
    """
    return _times_mask(dout, mask)


def _kept(x: Array, keep: float, rng: Any, training: bool, mask: Any) -> Array:
    """1 where an entry of x is kept, else 0, in the dtype of x: all 1 in evaluation, mask if given, else drawn."""
    if rng is not None or (training and mask is None):
        require_rng(rng=rng)
    if mask is not None:
        mask = as_float_array(mask=mask)
        require_same_shape(x=x, mask=mask)
        largest = mask.max(initial=0)
        if not (mask == largest * (mask != 0)).all():
            fail("mask must hold 0 where an entry is dropped and one positive number elsewhere")
    if not training:
        return np.ones_like(x)
    kept = rng.random(x.shape) < keep if mask is None else mask != 0
    return np.asarray(kept).astype(x.dtype)


def _times_mask(dout: Any, mask: Any) -> Array:
    """dout mask, in the dtype of dout."""
    dout, mask = as_float_array(dout=dout, mask=mask)
    require_same_shape(dout=dout, mask=mask)
    dx: Array = dout * mask.astype(dout.dtype)
    return dx
