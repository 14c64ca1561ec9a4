"""Errors name the function, the argument, what came and what was expected. Every function: test_catalogue.py."""

from math import inf, nan

import numpy as np
import pytest
from gradus import arguments, initializers

RNG = np.random.default_rng(0)
V, M = np.ones(3), np.ones((4, 3))


def momentum_step(**named):
    arguments.require_in_range(**named)


@pytest.mark.parametrize(
    ("check", "arguments_of_it", "error", "message"),
    [
        ("require_in_range", {"beta": (1.2, 0, 1)}, ValueError, "beta must be in [0, 1), got 1.2"),
        ("require_in_range", {"beta": (1, 0, 1)}, ValueError, "beta must be in [0, 1), got 1"),
        ("require_in_range", {"beta": (0, 0, 1), "low_open": True}, ValueError, "beta must be in (0, 1), got 0"),
        ("require_in_range", {"beta": (2, 0, 1), "high_open": False}, ValueError, "beta must be in [0, 1], got 2"),
        ("require_in_range", {"beta": (nan, 0, 1)}, ValueError, "beta must be in [0, 1), got nan"),
        ("require_in_range", {"c": (inf, 0, inf), "high_open": False}, ValueError, "c must be in [0, inf), got inf"),
        ("require_in_range", {"c": ("1", 0, 1)}, TypeError, "c must be a number, got '1' (str)"),
        ("require_in_range", {"c": (True, 0, 1)}, TypeError, "c must be a number, got True (bool)"),
        ("require_int", {"n": (0, 1)}, ValueError, "n must be at least 1, got 0"),
        ("require_int", {"n": (2.0, 1)}, TypeError, "n must be an integer, got 2.0 (float)"),
        ("require_int", {"n": (True, 1)}, TypeError, "n must be an integer, got True (bool)"),
        ("require_choice", {"mode": ("b", ("z", "a"))}, ValueError, "mode must be one of a, z, got 'b' (str)"),
        ("require_choice", {"mode": ([], ("z", "a"))}, ValueError, "mode must be one of a, z, got [] (list)"),
        ("require_text", {"name": 3}, TypeError, "name must be text, got 3 (int)"),
        ("require_text", {"name": " "}, ValueError, "name must not be blank, got ' '"),
        ("require_bool", {"on": 1}, TypeError, "on must be True or False, got 1 (int)"),
        ("require_callable", {"f": 3}, TypeError, "f must be a function, got 3 (int)"),
        ("require_rng", {"rng": 0}, TypeError, "rng must be a numpy.random.Generator"),
        ("require_ndim", {"X": (V, 2)}, ValueError, "X must have 2 axes, got shape (3,)"),
        ("require_shape", {"b": (V, (4,))}, ValueError, "b must have shape (4,), got (3,)"),
        ("require_shape", {"X": (M, (None, 4))}, ValueError, "X must have shape (any, 4), got (4, 3)"),
        ("require_same_shape", {"w": V, "g": M}, ValueError, "g must have the shape of w, (3,), got (4, 3)"),
        ("require_finite", {"g": [1, nan, inf]}, ValueError, "g must be finite, got 2 NaN or infinite values of 3"),
        ("as_float_array", {"X": "abc"}, TypeError, "X must be an array of real numbers, got 'abc' (str)"),
        ("as_float_array", {"X": [[1], [2, 3]]}, TypeError, "X must be an array of numbers, got [[1], [2, 3]] (list)"),
        ("as_float_array", {"X": 1j * V}, TypeError, "X must be an array of real numbers, got an array of shape (3,)"),
        ("as_float_dtype", {"dtype": int}, TypeError, "dtype must be a floating-point dtype, got <class 'int'>"),
        ("as_float_dtype", {"dtype": "nonsense"}, TypeError, "dtype must be a floating-point dtype, got 'nonsense'"),
        ("as_float_dtype", {"dtype": None}, TypeError, "dtype must be a floating-point dtype, got None"),
        ("as_labels", {"y": V}, TypeError, "y must hold integer labels, got an array of shape (3,)"),
        ("as_labels", {"y": [[1]]}, ValueError, "y must have shape (N,), got (1, 1)"),
        ("as_labels", {"y": [-1]}, ValueError, "y must hold labels of at least 0, got values from -1 to -1"),
        ("as_labels", {"y": [0, 3], "n_classes": 3}, ValueError, "at least 0 and at most 2, got values from 0 to 3"),
    ],
)
def test_a_check_that_fails_says_argument_expectation_and_value(check, arguments_of_it, error, message):
    with pytest.raises(error) as raised:
        getattr(arguments, check)(**arguments_of_it)
    assert message in str(raised.value)
    assert str(raised.value).startswith("test_a_check_that_fails_says_argument_expectation_and_value: ")


def test_checks_that_pass_return_what_they_convert():
    assert arguments.as_float_array(X=V) is V
    assert arguments.as_float_array(X=[1, 2]).dtype == np.float64
    assert arguments.as_float_array(X=np.float32([1])).dtype == np.float32
    first, second = arguments.as_float_array(X=[True], y=2)
    assert (first.tolist(), second.shape) == ([1.0], ())
    assert arguments.as_float_dtype(dtype="float32") == np.float32
    assert arguments.as_labels(y=[0, 1], n_classes=2).tolist() == [0, 1]
    arguments.require_in_range(low=(0, 0, 1), high=(np.float64(0.999), 0, 1))
    arguments.require_in_range(anything=(-1e300, -inf, inf))
    arguments.require_int(n=(np.int64(3), 3))
    arguments.require_shape(X=(M, (None, 3)))


class Momentum:
    def __init__(self, beta):
        arguments.require_in_range(beta=(beta, 0, 1))

    def step(self, lr):
        self._check(lr)

    def _check(self, lr):
        [arguments.require_in_range(lr=(value, 0, inf)) for value in (lr,)]


def test_the_error_names_whoever_was_called():
    def inner():
        arguments.fail("no")

    for call, name in [
        (lambda: momentum_step(beta=(2, 0, 1)), "momentum_step"),
        (lambda: Momentum(2), "Momentum"),
        (lambda: Momentum(0).step(-1), "Momentum.step"),
        (inner, "inner"),
        (lambda: initializers.he_normal((3,), RNG), "he_normal"),  # raised two functions deeper
    ]:
        with pytest.raises(ValueError, match=f"^{name}: "):
            call()


def test_long_values_are_cut_short_in_messages():
    with pytest.raises(TypeError) as raised:
        arguments.require_callable(f="x" * 1000)
    assert len(str(raised.value)) < 160
