"""How observations are held against expectations: type, shape, dtype, values; NaN never passes by accident."""

import numpy as np
import pytest

from autograder.comparison import between, exactly, told, values
from autograder.diagnosis import explain
from autograder.wording import pair_text

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


LARGE = np.linspace(0.1, 5.0, 50).reshape(5, 10)


def large(*changes):
    """LARGE with other values at some places: (row, column, value)."""
    changed = LARGE.copy()
    for row, column, value in changes:
        changed[row, column] = value
    return changed


@pytest.mark.parametrize(
    "given, expected",
    [
        (2.568050833375483 * (1 + 2e-11), 2.568050833375483),
        (np.nextafter(3.0, 4.0), 3.0),
        (3 + 1e-11, 3),
        (X + 1e-9, X),
        (np.where(X == 3, np.nextafter(3.0, 0.0), X), X),
        (X.astype(np.float32) / np.float32(3), X / 3),
        (large((2, 7, 2.8 + 1e-8)), LARGE),
        (large((2, 7, np.nan)), LARGE),
        (np.full(13, -np.inf), np.full(13, np.inf)),
        ([1.0] * 11 + [2.0], [1.0] * 12),
        ({"a": 1 + 1e-9}, {"a": 1.0}),
    ],
    ids=lambda v: type(v).__name__,
)
def test_two_texts_beside_each_other_differ_wherever_the_values_do(given, expected):
    texts = pair_text(expected, given)
    assert texts[0] != texts[1]
    assert pair_text(expected, expected)[0] == pair_text(expected, expected)[1]


def test_as_many_digits_are_shown_as_differ_and_not_more():
    assert pair_text(2.0, 4.0) == ("2", "4")
    assert pair_text(2.5, 2.5 + 3e-9) == ("2.5", "2.500000003")
    shown = pair_text(LARGE, large((2, 7, 9.0)))
    assert shown[0].endswith("at [2, 7]: 2.8") and shown[1].endswith("at [2, 7]: 9")


@pytest.mark.parametrize("off", [1e-6, 1e-9, 1e-12])
def test_no_comparison_prints_equal_texts_for_different_values(off):
    exact = values(off / 10, 0.0)
    for given, expected in ((3 + off, 3.0), (X * (1 + off), X), (LARGE * (1 + off), LARGE)):
        difference = exact(given, expected, 1.0)
        assert difference.expected != difference.given
    ranged = between()({"spread": 2 - off}, {"spread": (2.0, 3.0)}, 1.0)
    assert ranged.expected == "spread between 2 and 3" and ranged.given.startswith("1.9999")
    ranged = between()({"spread": 3 + off}, {"spread": (2.0, 3.0)}, 1.0)
    assert ranged.expected == "spread between 2 and 3" and ranged.given.startswith("3.0000")
    fact = told({})({"best": 0.1 + off}, {"best": 0.1}, 1.0)
    assert fact.expected != fact.given


def test_the_first_place_that_differs_is_told_with_as_many_digits_as_it_takes():
    near = large((2, 7, 2.8 * (1 + 1.5e-6)), (4, 0, 9.0))
    assert "the first at [2, 7]: expected 2.8, yours is 2.800004." in explain(near, LARGE, show=True)
    assert "the first at [0, 3]: expected 0.4, yours is 9." in explain(large((0, 3, 9.0)), LARGE, show=True)
