"""Gradient clipping: shorten a gradient that is too long (Pascanu et al. 2013; Mikolov 2012).

Gradients come as a list, tuple or dict of arrays (one array also counts, as a list of one) and go back in the same form,
as new arrays. A gradient that holds NaN or infinities is refused: no factor makes a step out of it.

Where long gradients come from, a recurrent network by hand shows: ``recurrence.rnn_bptt``, which can be had from here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import (
    as_float_array,
    as_float_arrays,
    describe,
    fail,
    fail_type,
    in_form_of,
    require_finite,
    require_in_range,
)
from .recurrence import rnn_bptt

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value", "cosine", "global_norm", "rnn_bptt"]

Array = np.ndarray
LONG = 2.0**64  # a power of two: dividing by it rounds nothing
Gradients = Array | list[Array] | tuple[Array, ...] | dict[str, Array]


def global_norm(grads: Gradients) -> float:
    """Length of all gradients taken as one vector.

        ‖g‖ = √(Σ_arrays Σ_entries g²)

    The largest entry is taken out of the root, so that squares neither overflow nor vanish; the sum is one of
    float64 numbers. Without entries it is 0. Where the length itself has no room in float64, it is inf.

    Args:
        grads: array, or list, tuple or dict of arrays of any shapes.

    Raises:
        TypeError: grads is something else, or holds something else (None, for instance).
        ValueError: an entry is NaN or infinite.
    """
    return norm_of(_arrays(grads))


def norm_of(arrays: list[Array]) -> float:
    """global_norm of float arrays that are not checked: with NaN in one it is NaN, with an infinity it is inf."""
    largest = float(np.max([np.abs(g).max() for g in arrays if g.size], initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    with np.errstate(under="ignore"):
        squares = sum(float(np.sum(np.square(np.divide(g, largest, dtype=np.float64)))) for g in arrays)
    return largest * math.sqrt(squares)


def clip_by_value(grads: Gradients, c: float) -> Gradients:
    """Limit every entry to [−c, c]: g ← min(max(g, −c), c).

    This changes the direction: [0.9, 100] becomes [0.9, 1] for c = 1.

    Args:
        grads: array, or list, tuple or dict of arrays.
        c: threshold, positive.

    Returns:
        New arrays in the form of grads.

    Raises:
        TypeError, ValueError: as global_norm; c is not a positive number.
    """
    require_in_range(c=(c, 0, math.inf), low_open=True)
    c = float(c)
    clipped: Gradients = in_form_of(grads, [np.clip(g, -c, c) for g in _arrays(grads)])
    return clipped


def clip_by_norm(g: Array, c: float) -> Array:
    """Shorten one array to length c where it is longer: g ← min(1, c / ‖g‖) g.

    Applied to each of several arrays this changes the direction of the whole; clip_by_global_norm does not.

    Args:
        g: array of any shape.
        c: threshold, positive.

    Returns:
        A new array like g, equal to it bit for bit where ‖g‖ ≤ c.

    Raises:
        TypeError, ValueError: as global_norm; c is not a positive number.
    """
    if isinstance(g, list | tuple | dict):
        fail_type(f"g must be one array, got {describe(g)}; use clip_by_global_norm")
    g = as_float_array(g=g)
    require_finite(g=g)
    clipped: Any = clip_by_global_norm(g, c)[0]
    return np.asarray(clipped)


def clip_by_global_norm(grads: Gradients, c: float) -> tuple[Gradients, float]:
    """Shorten all gradients by one factor, so that together they are no longer than c (Pascanu et al. 2013, alg. 1).

        g ← min(1, c / ‖g‖) g      for every array, ‖g‖ the global norm

    The direction stays. Below the threshold, and for ‖g‖ = 0, nothing changes.

    Libraries differ: Keras' global_clipnorm is this function, its clipnorm is clip_by_norm for each variable by itself,
    which changes the direction of the whole. PyTorch's clip_grad_norm_ is this function with the factor
    min(1, c / (‖g‖ + 1e-6)).

    Args:
        grads: array, or list, tuple or dict of arrays.
        c: threshold, positive.

    Returns:
        New arrays in the form of grads, and the norm before clipping.

    Raises:
        TypeError, ValueError: as global_norm; c is not a positive number.
    """
    require_in_range(c=(c, 0, math.inf), low_open=True)
    norm = global_norm(grads)
    arrays = _arrays(grads)
    if norm <= c:
        return in_form_of(grads, [g.copy() for g in arrays]), norm
    if norm > LONG:  # the norm may be inf, c / norm may have no digits left: a part of the gradient has both
        arrays = [g / LONG for g in arrays]
        factor = float(c) / norm_of(arrays)
    else:
        factor = float(c) / norm
    with np.errstate(under="ignore"):
        return in_form_of(grads, [factor * g for g in arrays]), norm


def cosine(a: Gradients, b: Gradients) -> float:
    """Cosine of the angle between two gradients, all arrays of each taken as one vector.

        cos(a, b) = a · b / (‖a‖ ‖b‖)

    1 for the same direction, 0 for a right angle, −1 for opposite directions. Rounding never takes it out of [−1, 1],
    so ``math.degrees(math.acos(cosine(a, b)))`` is always an angle. What clipping did to the direction of a step is
    the cosine of the gradients before and after.

    Args:
        a: array, or list, tuple or dict of arrays of any shapes.
        b: arrays of the same shapes.

    Raises:
        TypeError: a or b is something else, or holds something else.
        ValueError: the shapes differ, an entry is NaN or infinite, or one of the vectors is 0 and has no direction.
    """
    arrays_a, arrays_b = as_float_arrays(a=a), as_float_arrays(b=b)
    require_finite(**arrays_a)
    require_finite(**arrays_b)
    shapes_a, shapes_b = ({name[1:]: g.shape for name, g in arrays.items()} for arrays in (arrays_a, arrays_b))
    if shapes_a != shapes_b:
        fail(f"b must hold arrays of the shapes of those in a, {shapes_a}, got {shapes_b}")
    for name, arrays in (("a", arrays_a), ("b", arrays_b)):
        if not any(g.any() for g in arrays.values()):
            fail(f"{name} must not be 0 everywhere (that has no direction), got {shapes_a}")
    unit_a = _unit(list(arrays_a.values()))
    unit_b = _unit([arrays_b[f"b{key}"] for key in shapes_a])  # dicts may be in another order
    with np.errstate(under="ignore"):
        cos = float(unit_a @ unit_b)
    return max(-1.0, min(1.0, cos))


def _arrays(grads: Any) -> list[Array]:
    """The arrays in grads, checked."""
    named = as_float_arrays(grads=grads)
    require_finite(**named)
    return list(named.values())


def _unit(arrays: list[Array]) -> Array:
    """All entries in one float64 vector of length 1; the largest entry is taken out first, as in global_norm."""
    flat: Array = np.concatenate([g.astype(np.float64).reshape(-1) for g in arrays])
    with np.errstate(under="ignore"):
        flat /= np.abs(flat).max()
        flat /= math.sqrt(flat @ flat)
    return flat
