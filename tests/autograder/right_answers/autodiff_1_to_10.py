"""Right answers to `autodiff_1_to_10` that are written differently from the reference: slopes, checks, and the mended run.

The engines stand in `_autodiff_1_to_10_engines` and `_autodiff_1_to_10_loops`.
"""

from __future__ import annotations

import copy

import numpy as np
from gradus.steps.step07 import Function, Square, Variable

from right_answers._autodiff_1_to_10_engines import ENGINES
from right_answers._autodiff_1_to_10_loops import LOOPS

RIGHT: dict[str, dict[str, tuple]] = {**ENGINES, "steps_08_09": LOOPS}

# ---------------------------------------------------------------- numerical_diff, best_step


class Box:
    def __init__(self, data):
        self.data = data


class Slotted:
    __slots__ = ("_data",)

    def __init__(self, data):
        self._data = np.asarray(data)

    @property
    def data(self):
        return self._data

    @data.setter
    def data(self, value):
        self._data = value


def diff_of_its_class(f, x, eps=1e-4):
    make = type(x)
    total = f(make(np.asarray(x.data + eps))).data - f(make(np.asarray(x.data - eps))).data
    return total / eps / 2


def diff_in_place(f, x, eps=1e-4):
    """x itself is moved, and put back."""
    kept = x.data
    x.data = kept + eps
    up = f(x).data
    x.data = kept - eps
    down = f(x).data
    x.data = kept
    return 0.5 * (up - down) / eps


def diff_with_signs(f, x, eps=1e-4):
    return sum(sign * f(Box(x.data + sign * eps)).data for sign in (1, -1)) / (2 * eps)


def diff_of_slotted(f, x, eps=1e-4):
    moved = [f(Slotted(x.data + step)).data for step in (-eps, eps)]
    return np.subtract(moved[1], moved[0]) / (eps + eps)


def best_by_min(f, x, slope, steps):
    def error(eps):
        return np.abs(diff_of_its_class(f, x, eps) / slope - 1).max()

    return min(steps, key=error)


def best_by_loop(f, x, slope, steps):
    best, smallest = None, float("inf")
    for eps in steps:
        worst = 0.0
        for measured, true in zip(np.ravel(diff_in_place(f, x, eps)), np.ravel(slope), strict=True):
            worst = max(worst, abs(float(measured) - float(true)) / abs(float(true)))
        if worst < smallest:
            best, smallest = eps, worst
    return best


def best_by_table(f, x, slope, steps):
    table = np.array([diff_with_signs(f, x, float(eps)) for eps in np.array(steps)])
    return np.array(steps)[np.argmin(np.max(np.abs(table - slope) / np.abs(slope), axis=1))]


def best_by_sorting(f, x, slope, steps):
    return sorted((float(np.linalg.norm((diff_of_slotted(f, x, e) - slope) / slope, np.inf)), e) for e in steps)[0][1]


RIGHT["numerical_diff"] = {
    "of its class": (diff_of_its_class, best_by_min, Box), "x moved and put back": (diff_in_place, best_by_loop, Box),
    "signs": (diff_with_signs, best_by_table, Box), "slots and properties": (diff_of_slotted, best_by_sorting, Slotted),
}  # fmt: skip

# ---------------------------------------------------------------- gradcheck


def check_by_assertions(f, x, eps=1e-5, rtol=1e-6):
    if x.data.dtype != "float64":
        raise TypeError
    y = f(x)
    y.grad = np.ones_like(y.data)
    y.backward()
    slope = diff_of_its_class(f, x, eps)
    np.testing.assert_allclose(x.grad, slope, rtol=rtol, atol=0)


def check_by_entries(f, x, eps=1e-5, rtol=1e-6):
    """One entry after the other, as for functions that mix them; the slope of the sum of all results."""
    if not x.data.dtype == np.float64:
        raise TypeError("float64!")
    make = type(x)
    start = make(x.data.copy())
    f(start).backward()
    for i in np.ndindex(x.data.shape):
        ends = []
        for sign in (1, -1):
            moved = x.data.copy()
            moved[i] += sign * eps
            ends.append(np.sum(f(make(moved)).data))
        n, a = (ends[0] - ends[1]) / (2 * eps), start.grad[i]
        assert a == n or abs(a - n) / max(abs(a), abs(n)) <= rtol, f"entry {i}: {a} and {n}"


def check_in_place(f, x, eps=1e-5, rtol=1e-6):
    kept = x.data
    if kept.dtype.name != "float64":
        raise TypeError(f"{kept.dtype} is not precise enough")
    f(x).backward()
    a = np.array(x.grad)
    try:
        n = diff_in_place(f, x, eps)
    finally:
        x.data = kept
    size = np.maximum(abs(a), abs(n))
    error = np.divide(abs(a - n), size, out=np.zeros_like(a), where=size != 0)
    if error.max() <= rtol:
        return True
    raise AssertionError(f"largest relative error {error.max()}")


def check_with_a_sum(f, x, eps=1e-5, rtol=1e-6):
    """The error relative to the sum of the two sizes, as some courses have it, with half the tolerance."""
    if x.data.dtype.str[1:] != "f8":
        raise TypeError(str(x.data.dtype))
    v = copy.deepcopy(x)
    f(v).backward()
    n = diff_of_its_class(f, x, eps)
    fine = np.abs(v.grad - n) <= rtol / 2 * (np.abs(v.grad) + np.abs(n))
    assert fine.all()


class OwnVariable:
    """The variable of an engine of one's own."""

    def __init__(self, data):
        if not isinstance(data, np.ndarray):
            raise TypeError
        self.data, self.grad, self.creator = data, None, None


def check_with_own_variables(f, x, eps=1e-5, rtol=1e-6):
    if x.data.dtype != np.dtype(float):
        raise TypeError
    v = OwnVariable(x.data)
    y = f(v)
    y.backward()
    n = (f(OwnVariable(np.array(x.data + eps))).data - f(OwnVariable(np.array(x.data - eps))).data) / (2 * eps)
    for a, b in zip(v.grad.flat, n.flat, strict=True):
        if not (abs(a - b) <= rtol * max(abs(a), abs(b))):
            raise AssertionError((a, b))


RIGHT["gradcheck"] = {
    "NumPy's assertion": (check_by_assertions,), "entry by entry": (check_by_entries,), "in place": (check_in_place,),
    "a sum of sizes": (check_with_a_sum,), "variables of her own": (check_with_own_variables,),
}  # fmt: skip

# ---------------------------------------------------------------- debug_autodiff_1_to_10


class Grown(Function):
    def forward(self, x):
        return np.exp(x)

    def backward(self, gy):
        return np.exp(self.input.data) * gy


class Less(Function):
    def __init__(self, by):
        self.by = by

    def forward(self, x):
        return x - self.by

    def backward(self, gy):
        return gy


def one_after_the_other(points):
    """The same three objects for all points, each way back before the next way there."""
    square, less, exp = Square(), Less(2), Grown()
    values, slopes = [], []
    for p in points:
        x = Variable(np.array(float(p)))
        y = square(less(exp(x)))
        y.grad = np.array(1.0)
        y.backward()
        values.append(float(y.data))
        slopes.append(float(x.grad))
    return values, slopes


def as_arrays(points):
    """All points in one array: the functions treat each entry by itself."""
    x = Variable(np.array(points, dtype=float))
    y = Square()(Less(2.0)(Grown()(x)))
    y.grad = np.ones_like(y.data)
    y.backward()
    return y.data, x.grad


def without_an_engine(points):
    p = np.exp(np.asarray(points, dtype=float))
    return ((p - 2) ** 2).tolist(), (2 * (p - 2) * p).tolist()


RIGHT["debug_autodiff_1_to_10"] = {
    "one after the other": ("one_object", one_after_the_other), "arrays": ("one_object", as_arrays),
    "by hand": ("one_object", without_an_engine),
}  # fmt: skip
