"""Dropout as layers. In evaluation they are the identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import unit_functions
from .arguments import require_in_range, require_rng
from .layer import Layer
from .variable import Variable

__all__ = ["AlphaDropout", "Dropout"]


class Dropout(Layer):
    """In training, set each entry to 0 with probability rate and divide the others by 1 − rate (gradus.dropout).

    Args:
        rate: probability of dropping an entry, in [0, 1).
        rng: draws the masks, a new one in each call.

    Raises:
        TypeError: rate is not a number, or rng no Generator.
        ValueError: rate is outside [0, 1).
    """

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        self.rate, self.rng = _checked(rate, rng)

    def forward(self, x: Any) -> Variable:
        return unit_functions.dropout(x, self.rate, self.rng, self.training)


class AlphaDropout(Layer):
    """Dropout for networks of SELU units, which keeps mean 0 and variance 1 (gradus.dropout).

    Args:
        rate: probability of dropping an entry, in [0, 1).
        rng: draws the masks, a new one in each call.

    Raises:
        TypeError: rate is not a number, or rng no Generator.
        ValueError: rate is outside [0, 1).
    """

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        self.rate, self.rng = _checked(rate, rng)

    def forward(self, x: Any) -> Variable:
        return unit_functions.alpha_dropout(x, self.rate, self.rng, self.training)


def _checked(rate: float, rng: np.random.Generator) -> tuple[float, np.random.Generator]:
    require_in_range(rate=(rate, 0, 1))
    require_rng(rng=rng)
    return float(rate), rng
