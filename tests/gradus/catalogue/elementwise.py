"""gradus.elementwise"""

import numpy as np
from gradus import elementwise as e

from . import ELEMENTWISE, Entry

RECORDED = "test_functions.py::test_value_and_gradients_are_those_of_pytorch"
LIVE = "test_operations.py::test_value_and_gradients_are_those_of_pytorch"
DIFFERENCES = "test_operations.py::test_gradients_agree_with_differences_along_random_directions"
ORACLES = {"PyTorch": LIVE, "difference quotients": DIFFERENCES}
OLDER = {
    "PyTorch": RECORDED,
    "difference quotients": "test_functions.py::test_gradients_agree_with_differences_along_random_directions",
}


STRETCHED = {"NaN": ELEMENTWISE["NaN"], "shape": "is broadcast"}


def positive(rng, dtype):
    return (0.5 + rng.random((3, 4))).astype(dtype)


def one(function, oracles):
    return Entry(
        function,
        lambda rng, dtype: {"x": positive(rng, dtype)},
        oracles=oracles,
        bad={"x": [[1.0], {}]},
        fine={"x": ELEMENTWISE},
    )


def two(function):
    return Entry(
        function,
        lambda rng, dtype: {"x0": positive(rng, dtype), "x1": positive(rng, dtype)[:1]},
        oracles=ORACLES | {"by hand": "test_operations.py::test_of_two_equal_numbers_each_gets_half"},
        fine={"x0": ELEMENTWISE, "x1": STRETCHED},
    )


ENTRIES = [
    one(e.exp, OLDER),
    one(e.log, OLDER),
    one(e.sqrt, OLDER),
    one(e.square, ORACLES | {"by hand": "test_operations.py::test_the_square_is_the_second_power"}),
    one(e.sin, ORACLES),
    one(e.cos, ORACLES),
    one(e.abs, ORACLES | {"by hand": "test_operations.py::test_the_derivative_of_the_absolute_value_is_the_sign"}),
    two(e.maximum),
    two(e.minimum),
    Entry(
        e.clip,
        lambda rng, dtype: {"x": positive(rng, dtype), "low": -0.7, "high": 0.8},
        oracles=ORACLES
        | {"by hand": "test_operations.py::test_clip_passes_the_gradient_inside_and_on_the_bounds"},
        bad={"low": [0.9], "high": [-0.8]},
        fine={"x": ELEMENTWISE, "low": {"negative": "0.7, still below 0.8"}},
    ),
    Entry(
        e.where,
        lambda rng, dtype: {
            "mask": rng.random((3, 4)) < 0.5, "x0": positive(rng, dtype), "x1": positive(rng, dtype)[:1]
        },
        oracles=ORACLES
        | {"by hand": "test_operations.py::test_what_where_does_not_choose_gets_no_gradient_even_if_it_is_nan"},
        bad={"mask": [np.ones(3, bool), True]},
        fine={
            "mask": {"shape": "is broadcast"},
            "x0": STRETCHED,
            "x1": STRETCHED,
        },
    ),
]  # fmt: skip
