"""Gradient clipping: shorten a gradient that is too long (Pascanu et al. 2013; Mikolov 2012).

Gradients come as a list, tuple or dict of arrays (one array also counts, as a list of one) and go back in the same form,
as new arrays. A gradient that holds NaN or infinities is refused: no factor makes a step out of it.

Where libraries differ: Keras' ``clipnorm`` is clip_by_norm for each variable by itself and changes the direction of the
whole, its ``global_clipnorm`` is clip_by_global_norm. PyTorch's ``clip_grad_norm_`` is clip_by_global_norm with the
factor min(1, c / (norm + 1e-6)).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arguments import as_float_array, describe, fail_type, require_finite, require_in_range

__all__ = ["clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm"]

Array = np.ndarray
Gradients = Array | list[Array] | tuple[Array, ...] | dict[str, Array]


def global_norm(grads: Gradients) -> float:
    """Length of all gradients taken as one vector.

        ‖g‖ = √(Σ_arrays Σ_entries g²)

    The largest entry is taken out of the root, so that squares neither overflow nor vanish; the sum is one of
    float64 numbers. Without entries it is 0.

    Args:
        grads: array, or list, tuple or dict of arrays of any shapes.

    Raises:
        TypeError: grads is something else, or holds something else (None, for instance).
        ValueError: an entry is NaN or infinite.
    """
    arrays = _arrays(grads)
    largest = max((float(np.abs(g).max()) for g in arrays if g.size), default=0.0)
    if largest == 0:
        return 0.0
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
    return _in_form_of(grads, [np.clip(g, -c, c) for g in _arrays(grads)])


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
    clipped, _ = clip_by_global_norm(g, c)
    return clipped


def clip_by_global_norm(grads: Gradients, c: float) -> tuple[Gradients, float]:
    """Shorten all gradients by one factor, so that together they are no longer than c (Pascanu et al. 2013, alg. 1).

        g ← min(1, c / ‖g‖) g      for every array, ‖g‖ the global norm

    The direction stays. Below the threshold, and for ‖g‖ = 0, nothing changes.

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
        return _in_form_of(grads, [g.copy() for g in arrays]), norm
    factor = float(c) / norm
    with np.errstate(under="ignore"):
        return _in_form_of(grads, [factor * g for g in arrays]), norm


def _arrays(grads: Any) -> list[Array]:
    """The arrays in grads, checked."""
    if isinstance(grads, dict):
        named = {f"grads[{key!r}]": g for key, g in grads.items()}
    elif isinstance(grads, list | tuple):
        named = {f"grads[{i}]": g for i, g in enumerate(grads)}
    elif isinstance(grads, np.ndarray):
        named = {"grads": grads}
    else:
        fail_type(f"grads must be an array or a list, tuple or dict of arrays, got {describe(grads)}")
    arrays = [as_float_array(**{name: g}) for name, g in named.items()]
    require_finite(**dict(zip(named, arrays, strict=True)))
    return arrays


def _in_form_of(grads: Any, arrays: list[Array]) -> Any:
    """Arrays put together as grads is: dict, tuple, list or a single array."""
    if isinstance(grads, dict):
        return dict(zip(grads, arrays, strict=True))
    if isinstance(grads, np.ndarray):
        return arrays[0]
    return tuple(arrays) if isinstance(grads, tuple) else arrays
