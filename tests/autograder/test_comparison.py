"""How observations are held against expectations: type, shape, dtype, values; NaN never passes by accident."""

import numpy as np
import pytest

from autograder.comparison import exactly, values

X = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])


@pytest.mark.parametrize(
    "given, expected",
    [
        (X + 1e-10, X),
        (3, 3.0),
        (np.float64(3.0), 3.0),
        (np.array(3.0), 3.0),
        ([1.0, X], (1.0, X)),
        (np.array([784, 10]), (784, 10)),
        ({"a": X}, {"a": X}),
        (np.array([np.nan, 1.0]), np.array([np.nan, 1.0])),
        (np.array([np.inf, -np.inf]), np.array([np.inf, -np.inf])),
        (X.astype(np.float32) * np.float32(1 + 1e-6), X),
        (np.empty(0), np.empty(0)),
        (None, None),
        ("a", "a"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_as_expected_passes(given, expected):
    assert values()(given, expected, 1.0) is None


@pytest.mark.parametrize(
    "given, expected, kind",
    [
        (X * (1 + 1e-5), X, "values"),
        (X.T, X, "shape"),
        (X[0], X, "shape"),
        (np.empty(0), X, "shape"),
        (np.full_like(X, np.nan), X, "values"),
        (np.where(X > 4, np.nan, X), X, "values"),
        (np.full_like(X, np.inf), X, "values"),
        (np.nan, 1.0, "values"),
        (1e300, np.inf, "values"),
        (X, np.full_like(X, np.inf), "values"),
        (np.full_like(X, -np.inf), np.full_like(X, np.inf), "values"),
        (X.astype(int), X, "dtype"),
        (X.astype(complex), X, "dtype"),
        (X.tolist(), X, "type"),
        (None, X, "type"),
        (X, 1.0, "type"),
        (1.0, X, "type"),
        ((1.0,), (1.0, 2.0), "type"),
        ({"a": 1}, {"b": 1}, "type"),
        ("b", "a", "values"),
        (1, True, "values"),
    ],
    ids=lambda v: str(v)[:12],
)
def test_what_is_not_as_expected_is_refused_for_the_right_reason(given, expected, kind):
    difference = values()(given, expected, 1.0)
    assert difference is not None and difference.kind == kind


def test_the_part_of_a_compound_value_is_named():
    difference = values(parts=("dX", "dW", "db"))((X, X, X), (X, X + 1, X), 1.0)
    assert difference.part == "dW"


def test_tolerance_is_absolute_plus_relative():
    compare = values(rtol=1e-3, atol=1e-6)
    assert compare(1000.9, 1000.0, 1.0) is None and compare(1001.1, 1000.0, 1.0) is not None
    assert compare(9e-7, 0.0, 1.0) is None and compare(1.1e-6, 0.0, 1.0) is not None


def test_exactly_forgives_nothing():
    assert exactly(X.copy(), X) is None
    assert exactly(X + 1e-15, X) is not None
