"""Learning-rate schedules: the rate as a function of the step t, the rate that waits for the loss, and the range test.

Steps are counted from 0; t is the number of steps (or epochs) taken so far, a number or an array. A schedule keeps no
state, so that it can be plotted, and asked for any step at any time:

    optimizer.lr = exponential(len(history.steps), 0.1, 1000)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, pi
from typing import Any

import numpy as np

from .arguments import as_float_array, describe, fail, fail_type, require_in_range, require_int
from .range_test import lr_range_test, suggest_lr

__all__ = [
    "PerformanceSchedule",
    "exponential",
    "lr_range_test",
    "one_cycle",
    "one_cycle_momentum",
    "piecewise",
    "power",
    "suggest_lr",
    "warmup_cosine",
]

Array = np.ndarray


def power(t: Any, lr0: float, s: float, c: float = 1.0) -> Any:
    """Power scheduling: fast at first, then ever more slowly.

        η(t) = η0 / (1 + t/s)^c

    With c = 1 the rate is η0/2 after s steps, η0/3 after 2 s, η0/4 after 3 s.

    Libraries differ: Keras' InverseTimeDecay has c = 1, and rounds t/s down if ``staircase`` is set; PyTorch leaves it to
    LambdaLR.

    Args:
        t: step, a number or an array, >= 0.
        lr0: rate η0 > 0 at t = 0.
        s: steps until the rate is first halved (for c = 1), > 0.
        c: exponent, >= 0.

    Returns:
        η(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: t is negative or NaN, or a number is out of its range.
    """
    t = _steps(t)
    require_in_range(lr0=(lr0, 0, inf), s=(s, 0, inf), low_open=True)
    require_in_range(c=(c, 0, inf))
    return _like(t, float(lr0) / (1 + t / float(s)) ** float(c))


def exponential(t: Any, lr0: float, s: float) -> Any:
    """Exponential scheduling: by a factor of ten every s steps.

        η(t) = η0 · 0.1^(t/s)

    Libraries differ in the parameters: PyTorch's ExponentialLR multiplies by γ at every step, γ = 0.1^(1/s); Keras'
    ExponentialDecay has the factor for ``decay_steps``, and rounds t/s down if ``staircase`` is set.

    Args:
        t: step, a number or an array, >= 0.
        lr0: rate η0 > 0 at t = 0.
        s: steps for a factor of ten, > 0.

    Returns:
        η(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError, ValueError: as power.
    """
    t = _steps(t)
    require_in_range(lr0=(lr0, 0, inf), s=(s, 0, inf), low_open=True)
    return _like(t, float(lr0) * 0.1 ** (t / float(s)))


def piecewise(t: Any, boundaries: Sequence[float], values: Sequence[float]) -> Any:
    """Piecewise constant scheduling.

        η(t) = values[k]        k = number of boundaries ≤ t

    ``piecewise(epoch, [5], [0.1, 0.001])``: epochs 0 to 4 at 0.1, from epoch 5 on at 0.001.

    Libraries differ: at a boundary PyTorch's MultiStepLR already has the new value, as here; Keras'
    PiecewiseConstantDecay still has the old one.

    Args:
        t: step, a number or an array, >= 0.
        boundaries: increasing; where the rate changes.
        values: the rates, one more than boundaries, each > 0.

    Returns:
        η(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: t is negative or NaN; boundaries are not increasing; there is not one value more than there are
            boundaries, or one is not positive.
    """
    t = _steps(t)
    boundaries, values = _numbers(boundaries=boundaries), _numbers(values=values)
    if not all(low < high for low, high in pairwise(boundaries)):
        fail(f"boundaries must increase, got {boundaries}")
    if len(values) != len(boundaries) + 1:
        fail(f"values must be one more than the {len(boundaries)} boundaries, got {len(values)}")
    for i, value in enumerate(values):
        require_in_range(low_open=True, high_open=True, **{f"values[{i}]": (value, 0, inf)})
    return _like(t, np.asarray(values)[np.searchsorted(boundaries, t, side="right")])


def one_cycle(
    t: Any,
    T: int,
    lr_max: float,
    lr0: float | None = None,
    lr_last: float | None = None,
    last_frac: float = 0.1,
) -> Any:
    """The rate of 1cycle scheduling: up, down again, and at the end far down (Smith 2018; Smith & Topin 2019).

        t:     0     f T − 1     2 f T − 2     T − 1        f = (1 − last_frac) / 2
        η(t):  η0    η_max       η0            η_last       straight lines in between

    After T − 1 it stays at η_last.

    Libraries differ: PyTorch's OneCycleLR has by default cosines instead of lines, a rise of 30 % of the steps with one
    long fall after it, η0 = η_max/25 and η_last = η0/10⁴. With three_phase=True, anneal_strategy="linear" and
    pct_start=0.45 it is this schedule. Keras has none.

    Args:
        t: step, a number or an array, >= 0.
        T: steps in all, more than 2/(1 − last_frac).
        lr_max: the highest rate η_max > 0.
        lr0: rate η0 > 0 at the start; None for lr_max / 10.
        lr_last: rate η_last > 0 at the end; None for lr0 / 1000.
        last_frac: share of the steps in the last phase, in [0, 1).

    Returns:
        η(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: t is negative or NaN, T is too small, or a number is out of its range.
    """
    t = _steps(t)
    knots = _cycle(T, last_frac)
    require_in_range(lr_max=(lr_max, 0, inf), low_open=True)
    lr0 = lr_max / 10 if lr0 is None else lr0
    require_in_range(lr0=(lr0, 0, inf), low_open=True)
    lr_last = lr0 / 1000 if lr_last is None else lr_last
    require_in_range(lr_last=(lr_last, 0, inf), low_open=True)
    return _like(t, np.interp(t, knots, [lr0, lr_max, lr0, lr_last]))


def one_cycle_momentum(t: Any, T: int, beta_max: float = 0.95, beta_min: float = 0.85, last_frac: float = 0.1) -> Any:
    """The momentum of 1cycle scheduling: the mirror image of the rate (Smith 2018).

        t:     0        f T − 1     2 f T − 2     T − 1        f = (1 − last_frac) / 2
        β(t):  β_max    β_min       β_max         β_max        straight lines in between

    Set ``optimizer.momentum`` to it where ``optimizer.lr`` is set to one_cycle.

    Args:
        t: step, a number or an array, >= 0.
        T: steps in all, more than 2/(1 − last_frac).
        beta_max: momentum at the start and the end, in [0, 1).
        beta_min: momentum where the rate is highest, in [0, 1).
        last_frac: share of the steps in the last phase, in [0, 1).

    Returns:
        β(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError, ValueError: as one_cycle.
    """
    t = _steps(t)
    knots = _cycle(T, last_frac)
    require_in_range(beta_max=(beta_max, 0, 1), beta_min=(beta_min, 0, 1))
    return _like(t, np.interp(t, knots, [beta_max, beta_min, beta_max, beta_max]))


def warmup_cosine(
    t: Any, T: int, lr_max: float, warmup: int, lr0: float | None = None, lr_last: float | None = None
) -> Any:
    """A linear rise, then half a cosine down (Loshchilov & Hutter 2017, without their restarts).

        η(t) = η0 + (η_max − η0) t / warmup                                   t < warmup
        η(t) = η_last + (η_max − η_last) (1 + cos(π (t − warmup)/(T − warmup))) / 2       then

    From t = T on it stays at η_last.

    Libraries differ: Keras' CosineDecay has this form with decay_steps = T − warmup and alpha = η_last/η_max; it warms up
    only where warmup_target names η_max (initial_learning_rate is η₀ then), and ends at 0 by default. PyTorch
    chains LinearLR and CosineAnnealingLR, which ends at 0. A rate of 0 trains nothing, so that here the ends are a
    hundredth and a thousandth of the highest rate.

    Args:
        t: step, a number or an array, >= 0.
        T: steps in all, more than warmup.
        lr_max: the highest rate η_max > 0, reached at t = warmup.
        warmup: steps of the rise, >= 0.
        lr0: rate η0 > 0 at the start; None for lr_max / 100.
        lr_last: rate η_last > 0 at the end; None for lr_max / 1000.

    Returns:
        η(t), a Python float for a number t, else an array like t.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: t is negative or NaN, T is not more than warmup, or a number is out of its range.
    """
    t = _steps(t)
    require_int(warmup=(warmup, 0))
    require_int(T=(T, warmup + 1))
    require_in_range(lr_max=(lr_max, 0, inf), low_open=True)
    lr0 = lr_max / 100 if lr0 is None else lr0
    lr_last = lr_max / 1000 if lr_last is None else lr_last
    require_in_range(lr0=(lr0, 0, inf), lr_last=(lr_last, 0, inf), low_open=True)
    rise = np.interp(t, [0, warmup or 1], [lr0, lr_max])
    fall = lr_last + (lr_max - lr_last) * (1 + np.cos(pi * np.clip((t - warmup) / (T - warmup), 0, 1))) / 2
    return _like(t, np.where(t < warmup, rise, fall))


class PerformanceSchedule:
    """A rate that is reduced when the validation loss has stopped falling.

        loss < best − min_delta |best|:   best ← loss, bad ← 0
        else:                             bad ← bad + 1
        bad > patience:                   η ← factor · η, bad ← 0

    Libraries differ: PyTorch's ReduceLROnPlateau is this for positive losses (with eps=0; it also ignores reductions
    smaller than that), Keras' reduces one epoch earlier, at bad >= patience, and takes min_delta as an absolute number.

    For what should grow, the accuracy, give its complement, the error rate.

    Args:
        lr0: first rate, > 0.
        factor: what the rate is multiplied by, in (0, 1).
        patience: measurements without improvement that are borne.
        min_delta: share of the best loss by which a loss must be smaller to count as better, in [0, 1).

    Attributes:
        lr: the present rate.
        best: the smallest loss so far that counted as better; infinity at first.
        bad: measurements since then, or since the last reduction.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: a number is out of its range.
    """

    def __init__(self, lr0: float, factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4) -> None:
        require_in_range(lr0=(lr0, 0, inf), low_open=True)
        require_in_range(factor=(factor, 0, 1), low_open=True)
        require_int(patience=(patience, 0))
        require_in_range(min_delta=(min_delta, 0, 1))
        self.lr0 = float(lr0)
        self.factor, self.patience, self.min_delta = float(factor), int(patience), float(min_delta)
        self.reset()

    def reset(self) -> None:
        """Go back to the first rate and forget all losses, as if new: for another run of training."""
        self.lr = self.lr0
        self.best, self.bad = inf, 0

    def step(self, val_loss: float) -> float:
        """Take note of a validation loss, and return the rate to go on with.

        Raises:
            TypeError: val_loss is no number.
            ValueError: it is not finite.
        """
        require_in_range(val_loss=(val_loss, -inf, inf))
        if self.best == inf or val_loss < self.best - self.min_delta * abs(self.best):
            self.best, self.bad = float(val_loss), 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            self.lr, self.bad = self.factor * self.lr, 0
        return self.lr


def _steps(t: Any) -> Array:
    """Steps as an array of floating-point numbers, none negative or NaN."""
    t = as_float_array(t=t)
    if not (t >= 0).all():
        fail(f"t must hold steps of at least 0, got {describe(t) if t.ndim else t.item()}")
    array: Array = t
    return array


def _like(t: Array, values: Any) -> Any:
    """Values in the dtype of an array t; a Python float for a number t."""
    return float(values) if t.ndim == 0 else np.asarray(values).astype(t.dtype, copy=False)


def _cycle(T: int, last_frac: float) -> list[float]:
    """The steps at which the straight lines of 1cycle meet."""
    require_int(T=(T, 1))
    require_in_range(last_frac=(last_frac, 0, 1))
    f = (1 - float(last_frac)) / 2
    if f * T <= 1:
        fail(f"T must be more than 2 / (1 - last_frac) = {1 / f:g}, got {T}")
    return [0, f * T - 1, 2 * f * T - 2, T - 1]


def _numbers(**named: Any) -> list[float]:
    """One argument, a list, tuple or vector of numbers, as Python floats."""
    ((name, given),) = named.items()
    if not isinstance(given, list | tuple | np.ndarray):
        fail_type(f"{name} must be a list of numbers, got {describe(given)}")
    array = as_float_array(**named)
    if array.ndim != 1 or np.isnan(array).any():
        fail(f"{name} must be a list of numbers, got {describe(given)}")
    numbers: list[float] = array.tolist()
    return numbers
