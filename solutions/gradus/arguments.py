"""Checks of arguments, shared by every module: one way to say what is wrong with an input.

Every function here takes the arguments by name, and raises an error that names the calling function, the argument,
what came and what was expected: ``momentum_step: beta must be in [0, 1), got 1.2``. The caller's name is looked up
only when an error is raised, so a check that passes costs next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from math import inf, isnan
from numbers import Integral, Real
from types import FrameType
from typing import Any

import numpy as np

__all__ = [
    "as_float_array",
    "as_float_arrays",
    "as_float_dtype",
    "as_labels",
    "as_like_first",
    "as_pair",
    "as_state",
    "fail",
    "fail_type",
    "in_form_of",
    "require_bool",
    "require_callable",
    "require_choice",
    "require_finite",
    "require_in_range",
    "require_int",
    "require_ndim",
    "require_rng",
    "require_same_shape",
    "require_shape",
    "require_text",
]


def caller_name() -> str:
    """Name of the function whose argument is wrong: ``f``, ``C`` for ``C.__init__``, ``C.f`` for other methods.

    It is the nearest function outside this module. Helpers speak for the one that was called: a private function or
    a comprehension for whoever used it, and a function of this package for the function of the same file that passed
    its arguments on (he_normal calls variance_scaling, which calls compute_fans).
    """
    callers = [caller for caller in _callers() if caller[0] != __name__]
    module, qualname = callers[0]
    for module_above, above in callers[1:]:
        name = qualname.rpartition(".")[2]
        private = name.startswith("<") or (name.startswith("_") and not name.startswith("__"))
        passed_on = module.startswith(f"{__package__}.") and "." not in qualname + above
        if module_above != module or above == "<module>" or not (private or passed_on):
            break
        qualname = above
    return qualname.rpartition("<locals>.")[2].removesuffix(".__init__")


def _callers() -> Iterator[tuple[str, str]]:
    """Module and qualified name of every function on the stack, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame.f_globals.get("__name__", ""), frame.f_code.co_qualname
        frame = frame.f_back


def fail(text: str) -> None:
    """Raise ValueError with the caller's name before the text."""
    raise ValueError(f"{caller_name()}: {text}")


def fail_type(text: str) -> None:
    """Raise TypeError with the caller's name before the text."""
    raise TypeError(f"{caller_name()}: {text}")


def describe(value: Any) -> str:
    """A value as an error message shows it: short, with shape and dtype for arrays."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"


def as_float_array(**named: Any) -> Any:
    """Each argument as a floating-point array: float32 and float64 as they are, integers and booleans as float64.

    Returns one array for one argument, a list for several. Nothing is copied where the dtype already fits.

    Raises:
        TypeError: an argument is not numeric (text, objects, None) or complex.
    """
    arrays = []
    for name, value in named.items():
        try:
            array = np.asarray(value)
        except ValueError:  # ragged nested lists
            fail_type(f"{name} must be an array of numbers, got {describe(value)}")
        if array.dtype.kind in "biu":
            array = array.astype(np.float64)
        elif array.dtype.kind != "f":
            fail_type(f"{name} must be an array of real numbers, got {describe(value)}")
        arrays.append(array)
    return arrays[0] if len(arrays) == 1 else arrays


def as_float_arrays(**named: Any) -> dict[str, Any]:
    """The arrays in an argument that is an array, or a list, tuple or dict of arrays; each as by as_float_array.

    Returns the arrays by the names that error messages give them: ``grads``, ``grads[1]`` or ``grads['W']``.

    Raises:
        TypeError: the argument, or an entry of it, is something else.
    """
    ((name, value),) = named.items()
    if isinstance(value, np.ndarray):
        entries = {name: value}
    elif isinstance(value, dict):
        entries = {f"{name}[{key!r}]": entry for key, entry in value.items()}
    elif isinstance(value, list | tuple):
        entries = {f"{name}[{i}]": entry for i, entry in enumerate(value)}
    else:
        fail_type(f"{name} must be an array or a list, tuple or dict of arrays, got {describe(value)}")
    return {entry_name: as_float_array(**{entry_name: entry}) for entry_name, entry in entries.items()}


def in_form_of(value: Any, arrays: list[Any]) -> Any:
    """One array for each of those that as_float_arrays found in value, put together as value is."""
    if isinstance(value, np.ndarray):
        return arrays[0]
    if isinstance(value, dict):
        return dict(zip(value, arrays, strict=True))
    return tuple(arrays) if isinstance(value, tuple) else arrays


def as_float_dtype(**named: Any) -> Any:
    """Each argument as a NumPy dtype of floating-point numbers: ``dtype=np.float32``, ``dtype="float64"``.

    Returns one dtype for one argument, a list for several.

    Raises:
        TypeError: an argument names no dtype, or one that is not of floating-point numbers.
    """
    dtypes = []
    for name, value in named.items():
        try:
            dtype = np.dtype(value)
        except TypeError:
            dtype = None
        if value is None or dtype is None or dtype.kind != "f":
            fail_type(f"{name} must be a floating-point dtype, got {value!r}")
        dtypes.append(dtype)
    return dtypes[0] if len(dtypes) == 1 else dtypes


def as_labels(n_classes: int | None = None, **named: Any) -> Any:
    """Each argument as a vector of integer class labels in [0, n_classes).

    Raises:
        TypeError: the labels are not integers.
        ValueError: they are not one-dimensional, or one is outside the range.
    """
    arrays = []
    for name, value in named.items():
        labels = np.asarray(value)
        if labels.dtype.kind not in "iu":
            fail_type(f"{name} must hold integer labels, got {describe(value)}")
        if labels.ndim != 1:
            fail(f"{name} must have shape (N,), got {labels.shape}")
        if labels.size and (labels.min() < 0 or (n_classes is not None and labels.max() >= n_classes)):
            top = "" if n_classes is None else f" and at most {n_classes - 1}"
            fail(f"{name} must hold labels of at least 0{top}, got values from {labels.min()} to {labels.max()}")
        arrays.append(labels)
    return arrays[0] if len(arrays) == 1 else arrays


def as_like_first(**named: Any) -> list[Any]:
    """Each of several arguments as a floating-point array of the shape and dtype of the first: parameters and gradient.

    Raises:
        TypeError: an argument is not numeric.
        ValueError: it has another shape than the first.
    """
    arrays = as_float_array(**named)
    require_same_shape(**named)
    return [array.astype(arrays[0].dtype, copy=False) for array in arrays]


def as_pair(least: int, **named: Any) -> tuple[int, int]:
    """One argument, an integer or a pair of them, of at least that size each, as a pair: rows and columns.

    Raises:
        TypeError: it is neither an integer nor a pair of integers.
        ValueError: an integer is too small.
    """
    ((name, value),) = named.items()
    if not isinstance(value, tuple | list):
        require_int(**{name: (value, least)})
        return int(value), int(value)
    if len(value) != 2:
        fail_type(f"{name} must be an integer or a pair of integers, got {describe(value)}")
    require_int(**{f"{name}[{i}]": (v, least) for i, v in enumerate(value)})
    return int(value[0]), int(value[1])


def as_state(w: Any, state: Any, *names: str, **numbers: float) -> list[Any]:
    """What an optimizer kept from its last step: arrays like w by these names, then the numbers by theirs.

    Before the first step the state is {}; then the arrays are zeros, and each ``name=number`` is as given. An integer
    there stands for a count.

    Raises:
        TypeError: the state is not a dict, or an entry is of the wrong type.
        ValueError: entries are missing or unknown, an array has not the shape of w, a number is negative.
    """
    if not isinstance(state, dict):
        fail_type(f"state must be a dict, {{}} before the first step, got {describe(state)}")
    if not state:
        return [np.zeros_like(w) for _ in names] + list(numbers.values())
    if set(state) != {*names, *numbers}:
        wanted, given = ", ".join([*names, *numbers]) or "nothing", ", ".join(map(str, state))
        fail(f"state must be {{}} before the first step and hold {wanted} after it, got {given}")
    for name, start in numbers.items():
        if isinstance(start, int):
            require_int(**{f'state["{name}"]': (state[name], 0)})
        else:
            require_in_range(low_open=False, high_open=True, **{f'state["{name}"]': (state[name], 0, inf)})
    arrays = [as_float_array(**{f'state["{name}"]': state[name]}) for name in names]
    for name, array in zip(names, arrays, strict=True):
        if array.shape != w.shape:
            fail(f'state["{name}"] must have the shape of w, {w.shape}, got {array.shape}')
    return [a.astype(w.dtype, copy=False) for a in arrays] + [type(x)(state[name]) for name, x in numbers.items()]


def require_same_shape(**named: Any) -> None:
    """All arguments have the shape of the first."""
    first, *others = named
    for name in others:
        if np.shape(named[name]) != np.shape(named[first]):
            fail(f"{name} must have the shape of {first}, {np.shape(named[first])}, got {np.shape(named[name])}")


def require_shape(**named: tuple[Any, tuple[int | None, ...]]) -> None:
    """Each ``name=(array, expected)``: the array has the expected shape; None in it stands for any length."""
    for name, (array, expected) in named.items():
        shape = np.shape(array)
        if len(shape) != len(expected) or any(e is not None and e != n for n, e in zip(shape, expected, strict=True)):
            wanted = ", ".join("any" if e is None else str(e) for e in expected)
            fail(f"{name} must have shape ({wanted}{',' if len(expected) == 1 else ''}), got {shape}")


def require_ndim(**named: tuple[Any, int]) -> None:
    """Each ``name=(array, ndim)``: the array has that many axes."""
    for name, (array, ndim) in named.items():
        if np.ndim(array) != ndim:
            fail(f"{name} must have {ndim} axes, got shape {np.shape(array)}")


def require_in_range(*, low_open: bool = False, high_open: bool = True, **named: tuple[Any, float, float]) -> None:
    """Each ``name=(value, low, high)``: a real number in [low, high); the two switches open or close the ends.

    NaN is in no range. An infinite bound is always open.
    """
    for name, (value, low, high) in named.items():
        if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
            fail_type(f"{name} must be a number, got {describe(value)}")
        above = value > low if low_open or low == -inf else value >= low
        below = value < high if high_open or high == inf else value <= high
        if isnan(value) or not (above and below):
            left = "(" if low_open or low == -inf else "["
            right = ")" if high_open or high == inf else "]"
            fail(f"{name} must be in {left}{low:g}, {high:g}{right}, got {value:g}")


def require_int(**named: tuple[Any, int]) -> None:
    """Each ``name=(value, least)``: an integer of at least that size."""
    for name, (value, least) in named.items():
        if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
            fail_type(f"{name} must be an integer, got {describe(value)}")
        if value < least:
            fail(f"{name} must be at least {least}, got {value}")


def require_bool(**named: Any) -> None:
    """Each argument is True or False."""
    for name, value in named.items():
        if not isinstance(value, bool | np.bool_):
            fail_type(f"{name} must be True or False, got {describe(value)}")


def require_callable(**named: Any) -> None:
    """Each argument is a function, or another object that can be called."""
    for name, value in named.items():
        if not callable(value):
            fail_type(f"{name} must be a function, got {describe(value)}")


def require_text(*, empty: bool = False, **named: Any) -> None:
    """Each argument is text, and not blank unless ``empty`` allows it."""
    for name, value in named.items():
        if not isinstance(value, str):
            fail_type(f"{name} must be text, got {describe(value)}")
        if not (empty or value.strip()):
            fail(f"{name} must not be blank, got {value!r}")


def require_choice(**named: tuple[Any, Collection[str]]) -> None:
    """Each ``name=(value, choices)``: the value is one of the choices."""
    for name, (value, choices) in named.items():
        if not isinstance(value, str) or value not in choices:
            fail(f"{name} must be one of {', '.join(sorted(choices))}, got {describe(value)}")


def require_rng(**named: Any) -> None:
    """Each argument is a ``numpy.random.Generator``."""
    for name, value in named.items():
        if not isinstance(value, np.random.Generator):
            fail_type(f"{name} must be a numpy.random.Generator (np.random.default_rng(seed)), got {describe(value)}")


def require_finite(**named: Any) -> None:
    """Each array holds finite numbers only."""
    for name, value in named.items():
        array = np.asarray(value)
        if not np.isfinite(array).all():
            bad = int(array.size - np.isfinite(array).sum())
            fail(f"{name} must be finite, got {bad} NaN or infinite values of {array.size}")
