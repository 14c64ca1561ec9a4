"""Regularizers: penalties on weights and their gradients, the proximal step, max-norm.

Weights come as an array, or as a list, tuple or dict of arrays. Which of a network's parameters are weights is the
caller's choice: biases, and the γ and β of batch normalization, are left out as a rule. A penalty is added once to the
loss of a batch, not once for each sample.

What ``calibration``, ``dropout``, ``dropout_ensemble``, ``early_stopping`` and ``quantization`` define can be had from
here as well.
"""

from __future__ import annotations

import math

import numpy as np

from .arguments import (
    as_float_array,
    as_float_arrays,
    fail,
    in_form_of,
    require_finite,
    require_in_range,
    require_int,
    require_same_shape,
)
from .calibration import (
    accuracy,
    brier,
    ece,
    mutual_information,
    nll,
    predictive_entropy,
    reliability_bins,
)
from .dropout import (
    alpha_dropout,
    alpha_dropout_backward,
    alpha_dropout_constants,
    dropout_backward,
    dropout_forward,
)
from .dropout_ensemble import (
    enumerate_masks,
    geometric_mean_prediction,
    mask_probabilities,
    mc_dropout_predict,
)
from .early_stopping import EarlyStopping
from .quantization import dequantize, quantize

__all__ = [
    "EarlyStopping",
    "accuracy",
    "alpha_dropout",
    "alpha_dropout_backward",
    "alpha_dropout_constants",
    "brier",
    "dequantize",
    "dropout_backward",
    "dropout_forward",
    "ece",
    "elastic_net",
    "elastic_net_grad",
    "enumerate_masks",
    "geometric_mean_prediction",
    "l1_grad",
    "l1_penalty",
    "l2_grad",
    "l2_penalty",
    "lp_norm",
    "mask_probabilities",
    "max_norm",
    "mc_dropout_predict",
    "mutual_information",
    "nll",
    "predictive_entropy",
    "proximal_step",
    "quantize",
    "reliability_bins",
    "soft_threshold",
]

Array = np.ndarray
Weights = Array | list[Array] | tuple[Array, ...] | dict[str, Array]


def lp_norm(w: Array, p: float) -> float:
    """The ℓp norm of all entries: ‖w‖_p = (Σ_i |w_i|^p)^(1/p), and max_i |w_i| for p = ∞.

    The largest entry is taken out of the root, so that powers neither overflow nor vanish. Without entries it is 0.

    Args:
        w: any shape.
        p: at least 1 (below, it is no norm), or math.inf.

    Raises:
        TypeError: w is not an array of real numbers, or p is not a number.
        ValueError: p < 1.
    """
    w = as_float_array(w=w)
    if p != math.inf:
        require_in_range(p=(p, 1, math.inf))
    largest = float(np.abs(w).max(initial=0))
    if p == math.inf or largest == 0 or not math.isfinite(largest):
        return largest
    with np.errstate(under="ignore"):
        powers = np.divide(np.abs(w), largest, dtype=np.float64) ** float(p)
    return largest * math.pow(powers.sum(), 1 / float(p))


def l2_penalty(ws: Weights, lam: float) -> float:
    """The ℓ2 penalty (ridge, weight decay): λ/2 Σ w².

    Libraries differ: Keras' l2(λ) is λ Σ w², with the gradient 2 λ w. PyTorch's weight_decay=λ adds λ w to the
    gradient, as this penalty does; AdamW subtracts η λ w from the weights instead (Loshchilov & Hutter 2019).

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam: λ, not negative.

    Raises:
        TypeError: ws is something else or holds something else, or lam is not a number.
        ValueError: lam is negative or not finite.
    """
    require_in_range(lam=(lam, 0, math.inf))
    return float(lam) / 2 * sum(float(np.square(w, dtype=np.float64).sum()) for w in as_float_arrays(ws=ws).values())


def l2_grad(ws: Weights, lam: float) -> Weights:
    """Gradient of l2_penalty: λ w.

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam: λ, not negative.

    Returns:
        New arrays in the form of ws.

    Raises:
        TypeError, ValueError: as l2_penalty.
    """
    require_in_range(lam=(lam, 0, math.inf))
    grads: Weights = in_form_of(ws, [float(lam) * w for w in as_float_arrays(ws=ws).values()])
    return grads


def l1_penalty(ws: Weights, lam: float) -> float:
    """The ℓ1 penalty (lasso; Tibshirani 1996): λ Σ |w|. There is no ½ in it.

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam: λ, not negative.

    Raises:
        TypeError, ValueError: as l2_penalty.
    """
    require_in_range(lam=(lam, 0, math.inf))
    return float(lam) * sum(float(np.sum(np.abs(w), dtype=np.float64)) for w in as_float_arrays(ws=ws).values())


def l1_grad(ws: Weights, lam: float) -> Weights:
    """Subgradient of l1_penalty: λ sign(w), and 0 at w = 0.

    Steps along it make weights hover around 0; for zeros that are exact take proximal_step.

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam: λ, not negative.

    Returns:
        New arrays in the form of ws.

    Raises:
        TypeError, ValueError: as l2_penalty.
    """
    require_in_range(lam=(lam, 0, math.inf))
    grads: Weights = in_form_of(ws, [float(lam) * np.sign(w) for w in as_float_arrays(ws=ws).values()])
    return grads


def elastic_net(ws: Weights, lam1: float, lam2: float) -> float:
    """Both penalties together (Zou & Hastie 2005): λ₁ Σ |w| + λ₂/2 Σ w².

    Libraries differ: scikit-learn's ElasticNet has λ₁ = alpha · l1_ratio and λ₂ = alpha · (1 − l1_ratio); Keras'
    l1_l2(l1, l2) has no ½: λ₂ = 2 · l2.

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam1: λ₁, not negative.
        lam2: λ₂, not negative.

    Raises:
        TypeError, ValueError: as l2_penalty.
    """
    require_in_range(lam1=(lam1, 0, math.inf), lam2=(lam2, 0, math.inf))
    return l1_penalty(ws, lam1) + l2_penalty(ws, lam2)


def elastic_net_grad(ws: Weights, lam1: float, lam2: float) -> Weights:
    """Subgradient of elastic_net: λ₁ sign(w) + λ₂ w.

    Args:
        ws: array, or list, tuple or dict of arrays.
        lam1: λ₁, not negative.
        lam2: λ₂, not negative.

    Returns:
        New arrays in the form of ws.

    Raises:
        TypeError, ValueError: as l2_penalty.
    """
    require_in_range(lam1=(lam1, 0, math.inf), lam2=(lam2, 0, math.inf))
    grads: Weights = in_form_of(
        ws, [float(lam1) * np.sign(w) + float(lam2) * w for w in as_float_arrays(ws=ws).values()]
    )
    return grads


def soft_threshold(w: Array, t: float) -> Array:
    """Move every entry towards 0 by t, and those that are nearer to 0 than that: sign(w) max(|w| − t, 0).

    It is the proximal operator of the ℓ1 norm, argmin_v ½ (v − w)² + t |v|.

    Args:
        w: any shape.
        t: threshold, not negative.

    Returns:
        A new array like w, exactly 0 where |w| ≤ t.

    Raises:
        TypeError: w is not an array of real numbers, or t is not a number.
        ValueError: t is negative or not finite.
    """
    w = as_float_array(w=w)
    require_in_range(t=(t, 0, math.inf))
    return np.asarray(np.sign(w) * np.maximum(np.abs(w) - float(t), 0))


def proximal_step(w: Array, g: Array, lr: float, lam: float) -> Array:
    """One step of proximal gradient descent on loss + λ Σ |w| (ISTA; Daubechies et al. 2004).

        w ← soft_threshold(w − η g, η λ)

    The penalty acts through the threshold, not through g, and makes weights exactly 0.

    Args:
        w: weights, any shape. Not changed.
        g: gradient of the loss without the penalty, shaped like w.
        lr: learning rate η > 0.
        lam: λ, not negative.

    Returns:
        The new weights.

    Raises:
        TypeError: w or g is not an array of real numbers, lr or lam is not a number.
        ValueError: g is not shaped like w, lr <= 0, or lam is negative.
    """
    w, g = as_float_array(w=w, g=g)
    require_same_shape(w=w, g=g)
    require_in_range(lr=(lr, 0, math.inf), low_open=True)
    require_in_range(lam=(lam, 0, math.inf))
    return soft_threshold(w - float(lr) * g, float(lr) * float(lam))


def max_norm(W: Array, r: float, axis: int | tuple[int, ...] = 0) -> Array:
    """Shorten the weight vectors that are longer than r, to length r (Srebro et al. 2005; Srivastava et al. 2014).

        W ← W min(1, r / ‖W‖)      for every vector, ‖W‖ its norm along axis

    Vectors that are short enough stay as they are, bit for bit, and zero stays zero. It is applied after each step of
    the optimizer.

    Libraries differ: Keras' MaxNorm divides by 1e-7 + ‖W‖, which shrinks short vectors, too, by 1e-7; its axis is 0, as
    here. PyTorch's renorm takes the axis that is KEPT (the number of the unit) where axis here is the one summed over.

    Args:
        W: weights; (fan_in, fan_out) has the incoming weights of a unit in a column, axis 0.
        r: greatest length, positive; 3 or 4 is usual.
        axis: axis of the vectors; several for kernels (kh, kw, C_in, C_out): (0, 1, 2).

    Returns:
        A new array like W.

    Raises:
        TypeError: W is not an array of real numbers, r is not a number, or axis holds no integers.
        ValueError: W is not finite, r <= 0, or W has no such axis.
    """
    W = as_float_array(W=W)
    require_finite(W=W)
    require_in_range(r=(r, 0, math.inf), low_open=True)
    axes = axis if isinstance(axis, tuple) else (axis,)
    for number in axes:
        require_int(axis=(number, -W.ndim))
        if number >= W.ndim:
            fail(f"axis must be less than the {W.ndim} axes of W, got {number}")
    largest = np.abs(W).max(axis=axes, keepdims=True, initial=0).astype(np.float64)
    largest[largest == 0] = 1
    with np.errstate(under="ignore"):
        norm = largest * np.sqrt(np.square(W / largest).sum(axis=axes, keepdims=True))  # no square overflows
        factor = float(r) / np.maximum(norm, float(r))  # min(1, r / ‖W‖), without a division by 0
        return np.asarray(W * factor.astype(W.dtype))
