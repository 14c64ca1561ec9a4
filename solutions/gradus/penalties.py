"""Penalties on the weights of a network, ready for training: ``fit(…, penalty=l2(1e-4))``.

They are those of ``regularizers``, on Variables. Weights are the parameters of two or more axes: biases, and the γ and β
of batch normalization, are left out, and so is what is frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from . import functions
from .arguments import require_in_range
from .callbacks import Hook, trained_params
from .history import History
from .layer import Layer
from .optimizers import Optimizer
from .regularizers import soft_threshold
from .variable import Variable

__all__ = ["elastic_net", "l1", "l2", "proximal_l1"]

Penalty = Callable[[Layer], Variable]


def l2(lam: float) -> Penalty:
    """A penalty that pulls weights towards 0 in proportion to their size (ridge): λ/2 Σ w².

    With plain gradient descent it is weight decay. With Adam it is not, as the gradient λ w is rescaled like all else:
    take AdamW there (Loshchilov & Hutter 2019).

    Libraries differ: Keras' l2(λ) is λ Σ w², without the ½.

    Args:
        lam: λ, not negative.

    Returns:
        penalty(net) -> the penalty, a Variable of one number.

    Raises:
        TypeError, ValueError: lam is not a number of at least 0; or, when it is used, the net has no weights.
    """
    require_in_range(lam=(lam, 0, inf))

    def penalty(net: Layer) -> Variable:
        return _total([functions.sum(w * w) for w in _weights("l2", net)]) * (float(lam) / 2)

    return penalty


def l1(lam: float) -> Penalty:
    """A penalty that pulls all weights towards 0 alike (lasso; Tibshirani 1996): λ Σ |w|.

    Steps along its gradient make small weights hover around 0; for zeros that are exact take proximal_l1.

    Args:
        lam: λ, not negative.

    Returns:
        penalty(net) -> the penalty, a Variable of one number.

    Raises:
        TypeError, ValueError: as l2.
    """
    require_in_range(lam=(lam, 0, inf))

    def penalty(net: Layer) -> Variable:
        return _total([functions.sum(functions.abs(w)) for w in _weights("l1", net)]) * float(lam)

    return penalty


def elastic_net(lam1: float, lam2: float) -> Penalty:
    """Both penalties together (Zou & Hastie 2005): λ₁ Σ |w| + λ₂/2 Σ w².

    Args:
        lam1: λ₁, not negative.
        lam2: λ₂, not negative.

    Returns:
        penalty(net) -> the penalty, a Variable of one number.

    Raises:
        TypeError, ValueError: lam1 or lam2 is not a number of at least 0; or, when it is used, the net has no weights.
    """
    require_in_range(lam1=(lam1, 0, inf), lam2=(lam2, 0, inf))
    first, second = l1(lam1), l2(lam2)

    def penalty(net: Layer) -> Variable:
        _weights("elastic_net", net)
        return first(net) + second(net)

    return penalty


def proximal_l1(lam: float) -> Hook:
    """A callback that puts the ℓ1 penalty into the weights themselves, after each step, and makes many exactly 0.

        w ← sign(w) max(|w| − η λ, 0)

    With GradientDescent each step is then one of proximal gradient descent on loss + λ Σ |w| (ISTA; Daubechies et al.
    2004). Other optimizers move each weight at a rate of its own, which the threshold does not follow. η is
    optimizer.lr, the rate of the parameters in no group.

    Args:
        lam: λ, not negative.

    Returns:
        callback(net, optimizer, history), for fit's callbacks; not for its penalty.

    Raises:
        TypeError, ValueError: as l2.
    """
    require_in_range(lam=(lam, 0, inf))

    def shrink(net: Layer, optimizer: Optimizer, history: History) -> None:
        for w in _weights("proximal_l1", net):
            w.data[...] = soft_threshold(w.data, optimizer.lr * float(lam))

    return shrink


def _weights(function: str, net: Layer) -> list[Variable]:
    weights = [p for p in trained_params(net) if p.ndim > 1]
    if not weights:
        raise ValueError(f"{function}: net must have weights, parameters of two or more axes, that are not frozen")
    return weights


def _total(terms: list[Variable]) -> Variable:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
