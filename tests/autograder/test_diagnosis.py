"""An unknown mistake gets a simple relation told, or the first place where the arrays part."""

import numpy as np
import pytest

from autograder.diagnosis import explain, explain_shape

E = np.array([[1.0, 2.0, 4.0], [8.0, 3.0, 7.0]])
SQUARE = np.array([[1.0, 2.0], [5.0, 3.0]])


@pytest.mark.parametrize(
    "given, expected, words",
    [
        (-E, E, "wrong sign"),
        (2 * E, E, "2 times"),
        (E / 32, E, "1/32 times"),
        (E + 0.5, E, "off by +0.5"),
        (SQUARE.T, SQUARE, "transpose"),
        (E[::-1], E, "reverse order"),
        (E**2, E, "a root is missing"),
        (np.sqrt(E), E, "roots"),
        (np.where(E > 3, np.nan, E), E, "3 of 6 values are NaN"),
        (np.zeros_like(E), E, "All your values are 0"),
        (np.where(E == 4, 9, E), E, "the first at [0, 2]: expected 4, yours is 9"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_relation_is_recognised(given, expected, words):
    assert words in explain(given, expected, show=True)


def test_a_hidden_difference_is_told_without_values():
    text = explain(np.where(E == 4, 9, E), E, show=False)
    assert "1 of 6 values differ" in text and "9" not in text and "[0, 2]" not in text


@pytest.mark.parametrize(
    "given, expected, words",
    [
        ((3, 2), (2, 3), "swapped"),
        ((5,), (3,), "another axis, or an entry too many"),
        ((4,), (4, 1), "keepdims"),
        ((4, 1), (4,), "too many"),
        ((7, 3), (3,), "a sum forgotten"),
        ((), (3,), "not one number"),
    ],
    ids=str,
)
def test_a_wrong_shape_suggests_its_cause(given, expected, words):
    assert words in explain_shape(given, expected)
